"""Activating a rule set: answers are right from the first moment, and computing again changes none of them (Art. 86)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import pytest_asyncio

from server.actions import change_rules
from server.actions.recompute import recompute
from server.settings import Settings
from tests.makers import COMPANY, COOPERATIVE, OTHER_COMPANY, SHOP, a_company, a_penalty, a_record
from tests.platforms import UNITS, World, running
from tests.viewers import AGENCY, OWNER_AGENT, VISITOR, Caller

FINED = a_company("曲阜市雩坛食品有限公司", 61)
"""Fined in 2024: public for three years by Art. 34, and for one by Order 36, which has passed."""
STOPPED = a_company("曲阜市沂源建筑有限公司", 62)
"""Ordered to stop in 2024: three years either way."""

PAGE = """query($code: String!) { entity(uscc: $code) { name records(first: 20) { totalCount nodes {
  id publicity { from to earliestEnd basis { of ruleSet article } } } } } }"""
FEED = (
    """{ records(kind: ADMINISTRATIVE_PENALTY, first: 50) { totalCount nodes { id publicityTo ruleSet } } }"""
)
SEARCH = '{ entities(search: "曲阜市", first: 50) { nodes { name } } }'
OWN = """{ me { records(first: 50) { totalCount nodes { id stage publicityTo ruleSet retention { disclosureEnd end } } } } }"""
SHARED = """query($code: String!) { subjectFile(subject: $code, purpose: INSPECTION, matter: "M-1") {
  records(first: 50) { totalCount nodes { id stage publicityTo disclosureEnd } } } }"""


@pytest_asyncio.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    async with running(settings) as made:
        await made.platform.units.put([dict(one) for one in UNITS])
        day = date(2024, 8, 15)
        await made.filed(a_record("administrative_penalty", FINED, day=day))
        await made.filed(
            a_record("administrative_penalty", STOPPED, day=day, penaltyTypes=["order_stop"], fineAmount=None)
        )
        await made.filed(
            a_record("entity_basic", COMPANY),
            a_penalty(COMPANY),
            a_record("administrative_penalty", COMPANY, "old", day=day),
            a_record("severe_list_entry", COMPANY, day=date(2023, 3, 1)),
            a_record("honour", COMPANY),
            replace(a_penalty(COMPANY, "secret"), secrecy=("privacy",)),
        )
        await made.filed(a_penalty(SHOP), a_record("individual_business", SHOP))
        await made.filed(a_penalty(COOPERATIVE), a_record("entity_basic", OTHER_COMPANY))
        yield made


async def activated(world: World, name: str = "ndrc-36") -> None:
    platform = world.platform
    await change_rules.activate(platform, name, None, beyond_term=False, by="仲由", at=world.clock[0])
    assert not platform.regimes.current.settled


async def answers(world: World) -> list[dict[str, Any]]:
    """What everybody is told, by every way of asking that depends on time."""
    asked: list[tuple[Caller, str, dict[str, Any]]] = [
        *((VISITOR, PAGE, {"code": one.key}) for one in (FINED, STOPPED, COMPANY, SHOP, COOPERATIVE)),
        (VISITOR, FEED, {}),
        (VISITOR, SEARCH, {}),
        (OWNER_AGENT, OWN, {}),
        *((AGENCY, SHARED, {"code": one.key}) for one in (COMPANY, FINED)),
    ]
    return [await world.data(caller, text, variables) for caller, text, variables in asked]


async def test_a_fine_is_gone_in_the_moment_its_shorter_period_is_activated(world: World) -> None:
    """Order 36: a general penalty is public for a year at most; nothing has been computed again yet."""
    before = await world.data(VISITOR, PAGE, {"code": FINED.key})
    [shown] = before["entity"]["records"]["nodes"]
    assert shown["publicity"]["to"] == "2027-08-15"
    await activated(world)
    after = await world.data(VISITOR, PAGE, {"code": FINED.key})
    assert after == {"entity": None}, "its only record is past its publicity, so it is not listed either"
    node = await world.data(VISITOR, "query($id: ID!) { node(id: $id) { id } }", {"id": shown["id"]})
    assert node == {"node": None}
    feed = await world.data(VISITOR, FEED)
    assert shown["id"] not in {one["id"] for one in feed["records"]["nodes"]}
    assert feed["records"]["totalCount"] == len(feed["records"]["nodes"])
    found = await world.data(VISITOR, SEARCH)
    assert FINED.name not in {one["name"] for one in found["entities"]["nodes"]}
    # The control: a unit with a purpose still sees it, with the dates of the order.
    shared = await world.data(AGENCY, SHARED, {"code": FINED.key})
    [seen] = shared["subjectFile"]["records"]["nodes"]
    assert (seen["id"], seen["publicityTo"], seen["stage"]) == (shown["id"], "2025-08-15", "NOT_PUBLIC")


async def test_a_severe_penalty_keeps_its_three_years_and_cites_the_order(world: World) -> None:
    """Art. 86: the superior rule set is named even where the date is the same."""
    await activated(world)
    page = await world.data(VISITOR, PAGE, {"code": STOPPED.key})
    [shown] = page["entity"]["records"]["nodes"]
    assert shown["publicity"] == {
        "from": "2024-08-15",
        "to": "2027-08-15",
        "earliestEnd": "2025-08-16",
        "basis": [
            {"of": "from", "ruleSet": "ndrc-36", "article": "Order 36"},
            {"of": "to", "ruleSet": "ndrc-36", "article": "Order 36"},
            {"of": "earliestEnd", "ruleSet": "ndrc-36", "article": "Order 36"},
        ],
    }


async def test_computing_again_changes_no_answer(world: World) -> None:
    old = await answers(world)
    await activated(world)
    during = await answers(world)
    assert during != old, "the control: the order does change what is told"
    report = await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    assert report.done > 5
    assert report.changed > 3
    assert world.platform.regimes.current.settled
    assert await answers(world) == during


async def test_retiring_brings_back_exactly_what_was(world: World) -> None:
    """Recomputation equals computation from scratch, there and back."""
    old = await answers(world)
    stored = await world.platform.mongo.db["records"].find({}).sort("_id", 1).to_list()
    await activated(world)
    await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    await change_rules.retire(world.platform, "ndrc-36", by="仲由", at=world.clock[0])
    assert await answers(world) == old
    await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    assert await answers(world) == old
    again = await world.platform.mongo.db["records"].find({}).sort("_id", 1).to_list()
    technical = ("tick", "regime", *(f"seen_{who}_{mark}" for who in WHO for mark in ("version", "at")))
    for one in (*stored, *again):
        for key in technical:
            one.pop(key)
    assert again == stored


WHO = ("public", "subject", "government")


async def test_records_filed_during_the_transition_are_never_stale(world: World) -> None:
    await activated(world)
    [fresh] = await world.filed(a_penalty(STOPPED, "new"))
    stored = await world.platform.mongo.db["records"].find_one({"_id": fresh})
    assert stored is not None
    assert stored["regime"] == world.platform.regimes.current.number
    assert stored["rule_set"] == "ndrc-36, Order 36"


async def test_a_recomputation_that_was_killed_goes_on_where_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await activated(world)
    during = await answers(world)
    monkeypatch.setattr("server.actions.recompute.BATCH", 2)
    done: list[int] = []

    class Killed(Exception):
        pass

    def progress(count: int, total: int) -> None:
        done.append(count)
        raise Killed

    with pytest.raises(Killed):
        await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0, progress=progress)
    assert await answers(world) == during, "half of it computed again, and nobody can tell"
    assert not world.platform.regimes.current.settled
    events = await world.platform.mongo.db["changes"].count_documents({})
    report = await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    assert await answers(world) == during
    again = await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    assert again.done == 0
    changed = await world.platform.mongo.db["changes"].find({"cause": "recomputed"}).to_list()
    assert len({one["record"] for one in changed}) == len(changed), "no record is told of twice"
    assert report.done > 0
    assert len(changed) >= events - await world.platform.mongo.db["changes"].count_documents(
        {"cause": "filed"}
    )


async def test_another_worker_answers_by_the_new_rules_within_seconds(
    world: World, settings: Settings
) -> None:
    async with running(settings) as other:
        assert (await other.data(VISITOR, PAGE, {"code": FINED.key}))["entity"] is not None
        await activated(world)
        other.platform.regimes._checked = 0.0  # as if FRESH_SECONDS had passed
        assert (await other.data(VISITOR, PAGE, {"code": FINED.key}))["entity"] is None


async def test_an_import_under_the_old_rules_is_done_again_under_the_new_ones(
    world: World, settings: Settings
) -> None:
    """What one worker computes while another one activates is not written as it is."""
    async with running(settings) as other:
        await activated(world)
        [fresh] = await other.filed(a_record("administrative_penalty", STOPPED, "late", day=date(2026, 1, 5)))
        stored = await world.platform.mongo.db["records"].find_one({"_id": fresh})
        assert stored is not None
        assert stored["rule_set"] == "ndrc-36, Order 36"
        assert stored["regime"] == world.platform.regimes.current.number


async def test_a_set_whose_term_has_not_begun_waits_for_its_day(world: World) -> None:
    """Activated today, applied from its first day on, without anything having run at midnight."""
    text = (
        "id: qufu-2027\nname: {zh: 后继办法, en: Successor}\nissuer: 曲阜市人民政府\ndocument: 曲政发〔2026〕9号\n"
        "rank: city\neffective_from: 2027-01-01\neffective_to: null\nnote: {zh: 试, en: Trial}\n"
        "replaces: [qufu-2023-8]\nparameters:\n"
        "  validity_is_publicity: {value: true, article: Art. 31}\n"
        "  penalty_not_published: {value: [warning, criticism], article: Art. 34}\n"
        "  penalty_publicity_min_months: {value: 3, article: Art. 34}\n"
        "  penalty_publicity_max_months: {value: 24, article: Art. 34}\n"
    )
    platform, at = world.platform, world.clock[0]
    await change_rules.load_rule_set(platform, text.encode(), "successor", "仲由", at)
    regime = await change_rules.activate(platform, "qufu-2027", None, beyond_term=False, by="仲由", at=at)
    assert "qufu-2027" not in {one.id for one in regime.rules.sets}
    [shown] = (await world.data(VISITOR, PAGE, {"code": FINED.key}))["entity"]["records"]["nodes"]
    assert shown["publicity"]["to"] == "2027-08-15"
    world.clock[0] = world.clock[0].replace(year=2027, month=1, day=1, hour=0, minute=0)
    page = await world.data(VISITOR, PAGE, {"code": FINED.key})
    assert page == {"entity": None}, "two years ended on 2026-08-15"
    sets = await world.data(VISITOR, "{ ruleSets { id applied active beyondTerm } }")
    applied = {one["id"]: one["applied"] for one in sets["ruleSets"]}
    assert (applied["qufu-2027"], applied["qufu-2023-8"]) == (True, False), (
        "a successor ends what Art. 87 kept"
    )
