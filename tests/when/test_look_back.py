"""An auditor asks what was visible on a past day and why (Art. 38); nobody else may, and no value is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.actions import change_rules
from server.actions.recompute import recompute
from tests.makers import COMPANY, PERSON, UNHEARD_PERSON, a_record, years_ago
from tests.platforms import World
from tests.viewers import (
    AGENCY,
    AUDITOR,
    CHECKER,
    CITIZEN,
    CLERK,
    INQUIRER,
    OWNER_AGENT,
    PROVIDER,
    VISITOR,
    Caller,
)
from tests.when.conftest import at_midnight, swept

BACK = """query($s: String!, $d: Date!, $m: String! = "JC-2026-1") { visibleOn(subject: $s, day: $d, matter: $m) {
  id kind version stage publicityFrom publicityTo disclosureEnd retentionEnd deletedAt ruleSets basis { of ruleSet article }
  audiences { audience visible shown masked rule article } } }"""


async def back(world: World, day: str, subject: str = COMPANY.key) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.data(AUDITOR, BACK, {"s": subject, "d": day}))["visibleOn"]
    return found


def visible(one: dict[str, Any]) -> set[str]:
    return {each["audience"] for each in one["audiences"] if each["visible"]}


async def test_each_day_has_the_version_and_the_rules_it_had(world: World) -> None:
    at_midnight(world, date(2026, 11, 26))
    filing = a_record("administrative_penalty", COMPANY, day=date(2024, 8, 15))
    [penalty] = await world.filed(filing)
    at_midnight(world, date(2026, 12, 1))
    changed = replace(
        filing, values={**filing.values, "conductEndedOn": "2024-08-15"}, change_reason="补充终止日期"
    )
    await world.filed(changed)
    at_midnight(world, date(2026, 12, 10))
    await change_rules.activate(
        world.platform, "ndrc-36", None, beyond_term=False, by="仲由", at=world.clock[0]
    )
    await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    at_midnight(world, date(2026, 12, 20))
    assert await back(world, "2026-11-25") == [], "it was not filed yet"
    [first] = await back(world, "2026-11-30")
    assert (first["id"], first["version"], first["stage"]) == (penalty, 1, "PUBLIC")
    assert (first["publicityTo"], first["disclosureEnd"]) == ("2027-08-15", None)
    assert visible(first) == {"PUBLIC", "SUBJECT", "THIRD_PARTY", "GOVERNMENT"}
    [second] = await back(world, "2026-12-09")
    assert (second["version"], second["stage"], second["disclosureEnd"]) == (2, "PUBLIC", "2029-08-15")
    assert second["ruleSets"] == ["shandong-2020/1", "qufu-2023-8/1"]
    [third] = await back(world, "2026-12-10")
    assert (third["version"], third["stage"], third["publicityTo"]) == (2, "NOT_PUBLIC", "2025-08-15")
    assert third["ruleSets"] == ["shandong-2020/1", "ndrc-36/1", "qufu-2023-8/1"]
    assert visible(third) == {"SUBJECT", "THIRD_PARTY", "GOVERNMENT"}
    [public] = [one for one in third["audiences"] if one["audience"] == "PUBLIC"]
    assert (public["rule"], public["shown"]) == ("not_in_publicity", [])


async def test_what_was_told_then_is_what_is_said_now(world: World) -> None:
    """The public's own answer on each day agrees with the auditor's about that day."""
    at_midnight(world, date(2026, 11, 26))
    [penalty] = await world.filed(a_record("administrative_penalty", COMPANY, day=date(2023, 12, 1)))
    seen = {}
    for day in (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)):
        at_midnight(world, day)
        node = await world.data(VISITOR, "query($id: ID!) { node(id: $id) { id } }", {"id": penalty})
        seen[day.isoformat()] = node["node"] is not None
    assert seen == {"2026-11-30": True, "2026-12-01": True, "2026-12-02": False}
    at_midnight(world, date(2027, 1, 15))
    for text, public in seen.items():
        [past] = await back(world, text)
        assert ("PUBLIC" in visible(past)) == public, text


async def test_of_a_deleted_record_only_its_stage_is_left(world: World) -> None:
    """Art. 36: deleted is deleted, for the auditor too."""
    at_midnight(world, date(2026, 11, 26))
    then = years_ago(4)
    [penalty] = await world.filed(
        a_record("administrative_penalty", PERSON, day=then, conductEndedOn=then.isoformat())
    )
    at_midnight(world, date(2028, 1, 10))
    assert (await swept(world)).deleted == 1
    [past] = await back(world, "2026-12-01", PERSON.key)
    assert (past["id"], past["stage"], past["audiences"], past["publicityTo"]) == (
        penalty,
        "NOT_PUBLIC",
        [],
        None,
    )
    assert past["deletedAt"] == "2028-01-10T00:00:00+08:00"
    assert await back(world, "2028-01-10", PERSON.key) == []


async def test_it_is_logged_and_holds_no_value(world: World) -> None:
    at_midnight(world, date(2026, 11, 26))
    await world.filed(a_record("administrative_penalty", PERSON))
    answer = await world.ask(AUDITOR, BACK, {"s": PERSON.key, "d": "2026-11-26"})
    for secret in (PERSON.key, PERSON.name, "12.5"):
        assert secret not in answer.text
    entries = [one for one in await world.log() if one["tag"] == "access:explain"]
    assert [(one["matter"], one["row_count"]) for one in entries] == [("JC-2026-1", 1)]
    assert await back(world, "2026-11-26", UNHEARD_PERSON.key) == []


@pytest.mark.parametrize(
    "caller",
    [VISITOR, CITIZEN, OWNER_AGENT, AGENCY, INQUIRER, PROVIDER, CHECKER, CLERK],
    ids=lambda one: one.name,
)
async def test_only_an_auditor_looks_back(world: World, caller: Caller) -> None:
    refused = (await world.ask(caller, BACK, {"s": COMPANY.key, "d": "2026-11-01"})).json()
    assert refused["errors"][0]["extensions"]["rule"] == "role_not_entitled"


@pytest.mark.parametrize(
    ("given", "rule"),
    [({"d": "2026-11-24"}, "future_date"), ({"m": " "}, "matter_required"), ({"s": "garbage"}, None)],
)
async def test_a_question_back_is_whole(world: World, given: dict[str, str], rule: str | None) -> None:
    refused = (await world.ask(AUDITOR, BACK, {"s": COMPANY.key, "d": "2026-11-01"} | given)).json()
    assert refused["data"] is None
    if rule is not None:
        assert refused["errors"][0]["extensions"]["rule"] == rule
