"""Sweeps: what is due is ended, shielded or deleted, once, whatever happens meanwhile (Art. 34 to 36)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from server.actions import batches
from server.actions.sweep import checked_day
from server.errors import BadInput
from tests.makers import COMPANY, OTHER_COMPANY, PERSON, TODAY, a_company, a_penalty, a_record, years_ago
from tests.platforms import World
from tests.viewers import AGENCY, CITIZEN, OWNER_AGENT, VISITOR
from tests.when.conftest import at_midnight, swept

NODE = "query($id: ID!) { node(id: $id) { id } }"
SHARED = 'query($s: String!) { subjectFile(subject: $s, purpose: INSPECTION, matter: "M-1") { records { nodes { id stage } } } }'
LOG = "{ me { accessLog(first: 50) { nodes { action viewerClass kinds { kind rows } } } } }"


async def stored(world: World, identifier: str) -> dict[str, Any] | None:
    return await world.platform.mongo.db["records"].find_one({"_id": identifier})


async def test_a_penalty_is_gone_at_midnight_although_nothing_has_run(world: World) -> None:
    """Art. 34: visible on its last day, hidden from the next 00:00 in the city."""
    with world.back_then(date(2023, 11, 24)):
        [penalty] = await world.filed(a_record("administrative_penalty", COMPANY, day=date(2023, 11, 24)))
    at_midnight(world, date(2026, 11, 24))
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] == {"id": penalty}
    world.clock[0] += timedelta(hours=23, minutes=59, seconds=59)
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] == {"id": penalty}
    world.clock[0] += timedelta(seconds=1)
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] is None
    found = await world.data(VISITOR, "query($c: String!) { entity(uscc: $c) { name } }", {"c": COMPANY.key})
    assert found == {"entity": None}
    count = await world.data(VISITOR, "{ records { totalCount } entities { nodes { name } } }")
    assert count == {"records": {"totalCount": 0}, "entities": {"nodes": []}}


async def test_the_sweep_ends_publicity_and_says_so_in_the_log(world: World) -> None:
    with world.back_then(date(2023, 11, 23)):
        [penalty] = await world.filed(a_record("administrative_penalty", COMPANY, day=date(2023, 11, 23)))
    before = await swept(world)
    assert before.total == 0, "its last day is today"
    at_midnight(world, TODAY + timedelta(days=1))
    report = await swept(world)
    assert (report.publicity_ended, report.total) == (1, 1)
    kept = await stored(world, penalty)
    assert kept is not None
    assert kept["announced"] == "NOT_PUBLIC"
    told = (await world.data(OWNER_AGENT, LOG))["me"]["accessLog"]["nodes"]
    assert {
        "action": "record:period:end",
        "viewerClass": "system",
        "kinds": [{"kind": "AdministrativePenalty", "rows": 1}],
    } in told
    assert (await swept(world)).total == 0, "a second sweep finds nothing"


async def test_a_persons_record_is_deleted_with_everything_kept_of_it(world: World) -> None:
    """Art. 36: five years from the end of the conduct; versions and filings go as well, the log stays."""
    then = years_ago(6)
    with world.back_then(then):
        [penalty] = await world.filed(a_record("administrative_penalty", PERSON, day=then))
        changed = a_record("administrative_penalty", PERSON, day=then, conductEndedOn=then.isoformat())
        await world.filed(replace(changed, change_reason="补充失信行为终止日期"))
    kept = await stored(world, penalty)
    assert kept is not None
    assert kept["keep_to"] < TODAY.isoformat()
    mine = await world.data(CITIZEN, "{ me { records { nodes { id } } } }")
    assert mine["me"]["records"]["nodes"] == [], "hidden by the clock, before any sweep"
    report = await swept(world)
    assert report.deleted == 1
    everything = await world.everything()
    holding = {
        name
        for name, found in everything.items()
        if any(penalty in str(one) for one in found) and name not in ("changes",)
    }
    assert holding == set(), "the id is left in the feed's tombstone alone"
    entries = [one for one in await world.log() if one["tag"] == "record:retention:delete"]
    assert len(entries) == 1
    assert entries[0]["subject_token"]


async def test_a_severe_listing_is_shielded_after_ten_years(world: World) -> None:
    """Art. 35: kept ten years from the removal, then shielded: nobody outside sees it, nothing is lost."""
    then = date(2016, 11, 10)
    with world.back_then(then):
        [listing] = await world.filed(
            a_record("severe_list_entry", COMPANY, day=date(2014, 3, 1), removedOn=then.isoformat())
        )
    at_midnight(world, date(2026, 11, 10))
    await swept(world)
    kept = await stored(world, listing)
    assert kept is not None
    assert kept["state"] == "active", "the last day of the ten years"
    at_midnight(world, date(2026, 11, 11))
    report = await swept(world)
    assert report.shielded == 1
    kept = await stored(world, listing)
    assert kept is not None
    assert (kept["state"], kept["announced"], kept["due"]) == ("shielded", "SHIELDED", "9999-12-31")
    assert kept["body"]["severe_list_entry"]
    shared = await world.data(AGENCY, SHARED, {"s": COMPANY.key})
    assert shared["subjectFile"]["records"]["nodes"] == []


async def test_a_dry_run_tells_and_changes_nothing(world: World) -> None:
    with world.back_then(years_ago(4)):
        await world.filed(a_record("administrative_penalty", COMPANY, day=years_ago(4)))
    kept = await world.everything()
    report = await swept(world, dry_run=True)
    assert (report.publicity_ended, report.dry_run) == (1, True)
    assert "would be" in report.sentence()
    assert await world.everything() == kept


async def test_only_a_dry_run_may_look_ahead() -> None:
    ahead = TODAY + timedelta(days=1)
    with pytest.raises(BadInput, match="on \\(日期\\)"):
        checked_day(ahead, TODAY, dry_run=False)
    assert checked_day(ahead, TODAY, dry_run=True) == ahead
    assert checked_day(TODAY - timedelta(days=9), TODAY, dry_run=False) == TODAY - timedelta(days=9)
    assert checked_day(None, TODAY, dry_run=False) == TODAY


async def many(world: World, count: int) -> list[str]:
    """Penalties of so many companies whose publicity has ended."""
    then = years_ago(4)
    with world.back_then(then):
        return await world.filed(
            *(
                a_record("administrative_penalty", a_company(f"曲阜市第{n}建材有限公司", 100 + n), day=then)
                for n in range(count)
            )
        )


async def test_a_sweep_that_was_killed_goes_on_and_does_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = await many(world, 12)
    monkeypatch.setattr("server.actions.sweep.BATCH", 3)
    real, calls = batches.carry_out, 0

    async def dying(*given: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        await real(*given)

    monkeypatch.setattr("server.actions.batches.carry_out", dying)
    with pytest.raises(KeyboardInterrupt):
        await swept(world)
    first = await world.platform.mongo.db["changes"].find({"cause": "period_ended"}).to_list()
    assert 0 < len(first) < 12
    await swept(world)
    told = await world.platform.mongo.db["changes"].find({"cause": "period_ended"}).to_list()
    assert sorted(one["record"] for one in told) == sorted(records)
    entries = [one for one in await world.log() if one["tag"] == "record:period:end"]
    assert sum(one["row_count"] for one in entries) == 12


async def test_sweeps_at_the_same_time_do_nothing_twice(world: World) -> None:
    records = await many(world, 12)
    reports = await asyncio.gather(*(swept(world) for _ in range(3)))
    told = await world.platform.mongo.db["changes"].find({"cause": "period_ended"}).to_list()
    assert sorted(one["record"] for one in told) == sorted(records)
    assert sum(one.publicity_ended for one in reports) >= 12
    assert (await swept(world)).total == 0


async def test_a_filing_during_the_sweep_wins_and_is_swept_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read before somebody changed it is not written over."""
    then = years_ago(4)
    filing = a_record("administrative_penalty", COMPANY, day=then)
    with world.back_then(then):
        [penalty] = await world.filed(filing)
    real, refiled = batches.carry_out, False

    async def interrupted(*given: Any) -> None:
        nonlocal refiled
        if not refiled:
            refiled = True
            changed = replace(
                filing,
                values={**filing.values, "content": "罚款十二万五千元。"},
                change_reason="更正处罚内容",
            )
            await world.filed(changed)
        await real(*given)

    monkeypatch.setattr("server.actions.batches.carry_out", interrupted)
    report = await swept(world)
    assert report.left == 0
    kept = await stored(world, penalty)
    assert kept is not None
    assert kept["version"] == 2
    assert kept["body"]["administrative_penalty"]["content"] == "罚款十二万五千元。"
    assert kept["announced"] == "NOT_PUBLIC"


async def test_the_sweep_asks_the_rule_again_and_not_the_day_it_noted(world: World) -> None:
    """A wrong due day, however it came about, hides or deletes nothing."""
    [penalty] = await world.filed(a_penalty(OTHER_COMPANY))
    await world.platform.mongo.db["records"].update_one({"_id": penalty}, {"$set": {"due": "2026-11-01"}})
    report = await swept(world)
    assert (report.moved, report.total) == (1, 1)
    kept = await stored(world, penalty)
    assert kept is not None
    assert (kept["announced"], kept["due"]) == ("PUBLIC", "2029-05-07")
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] == {"id": penalty}


async def test_what_may_no_longer_be_kept_is_not_collected(world: World) -> None:
    """Art. 35, 36: a filing whose retention has ended is refused, and names the date it follows from."""
    old = years_ago(6).isoformat()
    report = await world.file(
        a_record("administrative_penalty", PERSON, day=years_ago(6), conductEndedOn=old),
        a_record("severe_list_entry", COMPANY, day=date(2012, 1, 5), removedOn="2015-01-05"),
        a_record("administrative_penalty", COMPANY, day=years_ago(6), conductEndedOn=old),
    )
    assert [(one.faults[0].field, one.faults[0].rule) for one in report.refused] == [
        ("conductEndedOn", "retention_ended"),
        ("removedOn", "retention_ended"),
    ]
    assert len(report.accepted) == 1, "for an organisation's penalty nothing says how long it is kept"
