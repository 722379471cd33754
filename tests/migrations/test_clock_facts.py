"""Records of the former shape get their facts, and the first recomputation and sweep make of them what filing would have."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from server.actions.recompute import recompute
from server.actions.sweep import sweep
from server.rules.lifecycle import CLOCK_KEYS
from server.settings import Settings
from tests.makers import CATALOGUE, COMPANY, PERSON, SHOP, a_record, years_ago
from tests.platforms import UNITS, World, every_kind, penalties_in_every_stage, running

NEW = (
    "facts",
    "regime",
    "announced",
    "due",
    "tick",
    "slot",
    "from_rule",
    "early_rule",
    "disc_rule",
    "keep_rule",
    "provisional",
)
up = importlib.import_module("migrations.20261125090000_clock_facts").up


async def former(world: World) -> None:
    """Take everything away that the migration adds."""
    gone = dict.fromkeys(NEW, "")
    db = world.platform.mongo.db
    await db["records"].update_many({}, {"$unset": gone})
    await db["subjects"].update_many({}, {"$unset": {"severe": "", **{f"basic.{name}": "" for name in NEW}}})


async def everything(world: World) -> list[dict[str, Any]]:
    found = await world.platform.mongo.db["records"].find({}).sort("_id", 1).to_list()
    for one in found:
        for key in ("tick", *(key for key in one if key.startswith("seen_"))):
            one.pop(key)
    return found


@pytest.mark.parametrize("times", [1, 2])
async def test_records_of_the_former_shape_become_what_filing_makes_of_them(
    settings: Settings, times: int
) -> None:
    async with running(settings) as world:
        await world.platform.units.put([dict(one) for one in UNITS])
        for party in (COMPANY, PERSON, SHOP):
            await world.filed(*every_kind(party), *penalties_in_every_stage(party))
        await world.filed(
            a_record("severe_list_entry", COMPANY, "2", day=years_ago(4), removedOn=str(years_ago(3)))
        )
        wanted = await everything(world)
        await former(world)
        for _ in range(times):
            await up(world.platform.mongo.db)
        got = await everything(world)
        assert [one["facts"] for one in got] == [one["facts"] for one in wanted]
        db = world.platform.mongo.db
        await db["regimes"].update_one({"_id": 1}, {"$set": {"finished_at": None}})
        report = await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
        assert report.done == len(wanted)
        await sweep(world.platform, world.clock[0].date(), world.clock[0])
        assert await everything(world) == wanted
        subjects = await db["subjects"].find({"basic._id": {"$exists": True}}).to_list()
        assert subjects
        by_id = {one["_id"]: one for one in wanted}
        for one in subjects:
            for key in CLOCK_KEYS:
                assert one["basic"][key] == by_id[one["basic"]["_id"]][key]


def test_the_migration_knows_every_kind_as_the_catalogue_had_it() -> None:
    migration = importlib.import_module("migrations.20261125090000_clock_facts")
    for kind in CATALOGUE.kinds.values():
        assert migration.VALID_FROM.get(kind.code) == kind.valid_from
        assert migration.VALID_TO.get(kind.code) == kind.valid_to
        assert migration.CONDUCT_ENDED.get(kind.code) == kind.conduct_ended_by
        when = kind.published_when
        assert migration.PUBLISHED_WHEN.get(kind.code) == (
            None if when is None else (when.field, when.one_of)
        )
