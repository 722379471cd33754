"""The public feed, page by page, is exactly what a look at every record would give (Art. 31, 34)."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from server.catalogue.kind import ENTITIES
from server.catalogue.load import load
from server.model.ids import new_id
from server.rules import relation
from server.rules.access import see
from server.rules.planner import Planner
from server.store.models import make_indexes
from server.store.mongo import Mongo
from server.store.record_pages import Where
from server.store.records import Records

DAY = date(2026, 6, 30)
KINDS = ("administrative_licence", "administrative_penalty")
UNITS = ("11370881MB2Q01043L", "11370881MB2Q01203U")


def _record(chance: random.Random, spread: int) -> dict[str, Any]:
    identifier, kind = new_id("rec"), chance.choice(KINDS)
    dated = (DAY - timedelta(days=int(chance.random() ** 3 * spread))).isoformat()
    return {
        "_id": identifier,
        "kind": kind,
        "subject_kind": chance.choice(("legal_person", "individual_business", "natural_person")),
        "unit": chance.choice(UNITS),
        "source_no": identifier,
        "state": chance.choice(("active", "active", "active", "shielded")),
        "order": f"{dated}~{identifier}",
        "pub_from": dated,
        "pub_to": chance.choice(("9999-12-31", "2026-06-29")),
        "disc_to": "9999-12-31",
        "keep_to": "9999-12-31",
        "body": {kind: {"documentNumber": identifier}},
    }


@pytest.mark.parametrize("spread", [3, 400, 9_000])
async def test_pages_of_the_feed_are_complete_and_in_order(mongo: Mongo, spread: int) -> None:
    await make_indexes(mongo)
    chance = random.Random(spread)
    stored = [_record(chance, spread) for _ in range(300)]
    await mongo.db["records"].insert_many(stored)
    records, planner, scope = Records(mongo), Planner(load()), relation.public(DAY)
    clauses = [one for kind in KINDS for one in planner.reach(scope, sorted(ENTITIES), (kind,))]
    since, until = DAY - timedelta(days=spread // 2), DAY - timedelta(days=spread // 9)
    for where in (Where(), Where(unit=UNITS[0]), Where(since=since, until=until)):
        expected = sorted(
            (
                one["order"]
                for one in stored
                if any(see(one, clause, None) for clause in clauses)
                and where.unit in (None, one["unit"])
                and (where.since is None or one["order"][:10] >= where.since.isoformat())
                and (where.until is None or one["order"][:10] <= where.until.isoformat())
            ),
            reverse=True,
        )
        found: list[str] = []
        below: str | None = None
        while True:
            placed = Where(unit=where.unit, below=below, since=where.since, until=where.until)
            page = await records.page(clauses, placed, 11)
            found += [raw["order"] for raw, _ in page]
            if len(page) < 11:
                break
            below = found[-1]
        assert found == expected
        assert await records.count(clauses, where, 500) == len(expected)


async def test_a_feed_that_begins_before_its_first_day_is_empty(mongo: Mongo) -> None:
    records, planner = Records(mongo), Planner(load())
    clauses = planner.reach(relation.public(DAY), sorted(ENTITIES), KINDS)
    assert await records.page(clauses, Where(until=date(1, 1, 1)), 10) == []
    assert await records.page(clauses, Where(since=DAY, until=DAY - timedelta(days=1)), 10) == []
