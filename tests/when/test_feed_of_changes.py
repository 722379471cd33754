"""The feed of changes: complete, once each, resumable, and silent about what a unit may not see."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.makers import (
    BANK,
    COMPANY,
    OTHER_COMPANY,
    PERSON,
    TODAY,
    UNIT,
    a_company,
    a_penalty,
    a_record,
    years_ago,
)
from tests.platforms import World, consented
from tests.viewers import (
    AGENCY,
    AUDITOR,
    CHECKER,
    CITIZEN,
    CLERK,
    INQUIRER,
    MACHINE,
    OTHER_INQUIRER,
    OWNER_AGENT,
    PROVIDER,
    VISITOR,
    Caller,
)
from tests.when.conftest import at_midnight, swept

FEED = """query($since: String, $first: Int! = 50, $consent: ID, $subject: String, $purpose: Purpose, $matter: String, $own: Boolean! = false) {
  changes(since: $since, first: $first, consent: $consent, subject: $subject, purpose: $purpose, matter: $matter, own: $own) {
    endCursor hasNextPage nodes { cursor at meaning cause
      record { id kind ... on AdministrativePenalty { fineAmount severity } publicityTo }
      tombstone { id kind received } } } }"""
SHARED = """query($s: String!) { subjectFile(subject: $s, purpose: INSPECTION, matter: "M-1") {
  records(kinds: [ADMINISTRATIVE_PENALTY]) { nodes { ... on AdministrativePenalty { fineAmount } } } } }"""
Told = list[tuple[str, str, bool]]


async def read(
    world: World, caller: Caller, since: str | None = None, **more: Any
) -> tuple[list[dict[str, Any]], str]:
    """Everything after a cursor, and the cursor to go on from."""
    nodes: list[dict[str, Any]] = []
    while True:
        page = (await world.data(caller, FEED, {"since": since, **more}))["changes"]
        nodes += page["nodes"]
        since = page["endCursor"]
        if not page["hasNextPage"]:
            assert since is not None
            return nodes, since


def told(nodes: list[dict[str, Any]]) -> Told:
    """Meaning, record, and whether it is shown."""
    return [
        (one["meaning"], (one["record"] or one["tombstone"])["id"], one["record"] is not None)
        for one in nodes
    ]


async def test_what_is_published_appears_changes_and_ends(world: World) -> None:
    filing = a_record("administrative_penalty", COMPANY, day=TODAY - timedelta(days=3 * 365))
    [penalty] = await world.filed(filing)
    [honour] = await world.filed(a_record("honour", COMPANY))
    nodes, cursor = await read(world, AGENCY)
    assert told(nodes) == [("APPEARED", penalty, True), ("APPEARED", honour, True)]
    assert nodes[0]["record"]["fineAmount"] == "12.500000"
    assert nodes[0]["record"]["severity"] is None, "on the public footing"
    changed = replace(filing, values={**filing.values, "fineAmount": "11"}, change_reason="更正罚款金额")
    await world.filed(changed)
    nodes, cursor = await read(world, AGENCY, cursor)
    assert told(nodes) == [("CHANGED", penalty, True)]
    assert nodes[0]["record"]["fineAmount"] == "11.000000"
    nodes, same = await read(world, AGENCY, cursor)
    assert (nodes, same) == ([], cursor), "nothing new: the same cursor to go on from"
    at_midnight(world, TODAY + timedelta(days=3))
    await swept(world)
    nodes, cursor = await read(world, AGENCY, cursor)
    assert told(nodes) == [("ENDED", penalty, False)]
    assert nodes[0]["cause"] == "PERIOD_ENDED"


async def test_a_record_past_its_day_is_never_shown_even_before_the_sweep(world: World) -> None:
    """Reads ask the clock: the event is there, the record is not."""
    [penalty] = await world.filed(
        a_record("administrative_penalty", COMPANY, day=TODAY - timedelta(days=3 * 365))
    )
    nodes, cursor = await read(world, AGENCY)
    assert told(nodes) == [("APPEARED", penalty, True)], "the control"
    at_midnight(world, TODAY + timedelta(days=3))
    nodes, fresh = await read(world, AGENCY)
    assert nodes == []
    await swept(world)
    nodes, _ = await read(world, AGENCY, cursor)
    assert told(nodes) == [("ENDED", penalty, False)]
    nodes, _ = await read(world, AGENCY, fresh)
    assert nodes == [], "who was never shown it is not told of its end either"


async def test_what_is_hidden_tells_nothing_not_even_that_something_happened(world: World) -> None:
    hidden = (
        replace(a_penalty(COMPANY, "secret"), secrecy=("privacy",)),
        a_penalty(COMPANY, "warning", penaltyTypes=["warning"], fineAmount=None),
        a_penalty(PERSON),
        a_record("finding_notice", COMPANY),
    )
    ids = await world.filed(*hidden)
    [penalty] = await world.filed(a_penalty(COMPANY))
    filing = a_penalty(COMPANY)
    # A field that is not public changes: severity is for authorised and government readers.
    changed = replace(filing, values={**filing.values, "intent": "过失"}, change_reason="补充主观过错")
    await world.filed(changed)
    nodes, _ = await read(world, AGENCY)
    assert told(nodes) == [("APPEARED", penalty, True)]
    # The control: a unit with a purpose is told of all that it may read, and of the change.
    stated = {"subject": COMPANY.key, "purpose": "INSPECTION", "matter": "M-1"}
    nodes, _ = await read(world, AGENCY, None, **stated)
    assert {one[1] for one in told(nodes)} == {ids[0], ids[1], penalty}
    assert [one for one in told(nodes) if one[1] == penalty] == [
        ("APPEARED", penalty, True),
        ("CHANGED", penalty, True),
    ]


async def test_inside_a_consent_only_what_it_names_is_told(world: World) -> None:
    """Art. 32: a change of a field the consent does not name is no event."""
    filing = a_penalty(COMPANY)
    [penalty] = await world.filed(filing)
    consent = await consented(world, COMPANY, fields=["AdministrativePenalty.fineAmount"])
    nodes, cursor = await read(world, INQUIRER, consent=consent)
    assert told(nodes) == [("APPEARED", penalty, True)]
    assert (nodes[0]["record"]["fineAmount"], nodes[0]["record"]["severity"]) == ("12.500000", None)
    quiet = replace(filing, values={**filing.values, "severity": "serious"}, change_reason="补充严重程度")
    await world.filed(quiet)
    nodes, cursor = await read(world, INQUIRER, cursor, consent=consent)
    assert nodes == []
    await world.filed(replace(quiet, values={**quiet.values, "fineAmount": "9"}, change_reason="更正金额"))
    nodes, cursor = await read(world, INQUIRER, cursor, consent=consent)
    assert told(nodes) == [("CHANGED", penalty, True)]
    uses = await world.platform.consents.get(consent)
    assert uses is not None
    assert uses.uses == 2, "a page that shows something is a use, an empty one is none"
    reads = [
        one for one in await world.log() if one["tag"] == "record:fields:read" and one["consent"] == consent
    ]
    assert sorted(one["row_count"] for one in reads) == [0, 1, 1], "every page is in the log before it leaves"


async def test_a_one_time_consent_burns_with_its_first_page(world: World) -> None:
    await world.filed(a_penalty(COMPANY))
    consent = await consented(world, COMPANY, max_uses=1)
    _, cursor = await read(world, INQUIRER, consent=consent)
    refused = (await world.ask(INQUIRER, FEED, {"consent": consent, "since": cursor})).json()
    assert refused["errors"][0]["extensions"]["rule"] == "consent_invalid"


async def test_a_unit_that_was_given_a_record_is_told_when_it_must_no_longer_be_used(world: World) -> None:
    """Art. 36, Shandong Art. 38: whoever received it learns of its end, also when its own ground is long gone."""
    then = years_ago(5) + timedelta(days=10)
    person = a_record("administrative_penalty", PERSON, day=then, conductEndedOn=then.isoformat())
    [penalty] = await world.filed(person)
    consent = await consented(world, PERSON, fields=["AdministrativePenalty.fineAmount"])
    text = f'{{ authorisedFile(subject: "{PERSON.key}", consent: "{consent}") {{ records {{ nodes {{ ... on AdministrativePenalty {{ fineAmount }} }} }} }} }}'
    given = await world.data(INQUIRER, text)
    assert {"fineAmount": "12.500000"} in given["authorisedFile"]["records"]["nodes"]
    _, cursor = await read(world, INQUIRER)
    _, other = await read(world, OTHER_INQUIRER)
    at_midnight(world, TODAY + timedelta(days=60))
    report = await swept(world)
    assert report.deleted == 1
    nodes, _ = await read(world, INQUIRER, cursor)
    assert told(nodes) == [("ENDED", penalty, False)]
    assert nodes[0]["tombstone"]["received"] is True
    nodes, _ = await read(world, OTHER_INQUIRER, other)
    assert nodes == [], "the control: who was given nothing is told nothing"


async def test_a_unit_is_told_that_what_it_was_given_has_been_corrected(world: World) -> None:
    filing = a_penalty(PERSON)
    [penalty] = await world.filed(filing)
    await world.data(AGENCY, SHARED, {"s": PERSON.key})
    _, cursor = await read(world, AGENCY)
    quiet = replace(filing, values={**filing.values, "intent": "过失"}, change_reason="补充主观过错")
    await world.filed(quiet)
    nodes, cursor = await read(world, AGENCY, cursor)
    assert nodes == [], "the changed field was not among those it was given"
    await world.filed(replace(quiet, values={**quiet.values, "fineAmount": "9"}, change_reason="更正金额"))
    nodes, _ = await read(world, AGENCY, cursor)
    assert told(nodes) == [("CHANGED", penalty, False)]
    assert nodes[0]["tombstone"] == {"id": penalty, "kind": "ADMINISTRATIVE_PENALTY", "received": True}


async def test_a_provider_follows_its_own_records(world: World) -> None:
    [mine] = await world.filed(a_penalty(PERSON))
    nodes, _ = await read(world, PROVIDER, own=True)
    assert told(nodes) == [("APPEARED", mine, True)]
    nodes, _ = await read(world, CHECKER, own=True)
    assert told(nodes) == [("APPEARED", mine, True)]
    refused = (await world.ask(AGENCY, FEED, {"own": True})).json()
    assert refused["errors"][0]["extensions"]["rule"] == "provider_required"


@pytest.mark.parametrize("caller", [VISITOR, CITIZEN, OWNER_AGENT, CLERK, AUDITOR], ids=lambda one: one.name)
async def test_only_units_follow_changes(world: World, caller: Caller) -> None:
    refused = (await world.ask(caller, FEED)).json()
    assert refused["errors"][0]["extensions"]["rule"] == "unit_required"


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"subject": COMPANY.key}, "purpose_and_matter"),
        ({"purpose": "INSPECTION", "matter": "M-1"}, "purpose_and_matter"),
        ({"subject": COMPANY.key, "purpose": "INSPECTION", "matter": "M-1", "own": True}, "one_footing"),
        ({"subject": COMPANY.key, "purpose": "INSPECTION", "matter": " "}, "matter_required"),
        ({"consent": "con_" + "0" * 20}, "inquirer_required"),
        ({"first": 0}, "page_size"),
        ({"first": 101}, "page_size"),
        ({"since": "garbage"}, "cursor_of_this_query"),
    ],
)
async def test_a_footing_is_stated_whole_or_not_at_all(
    world: World, given: dict[str, Any], rule: str
) -> None:
    """Art. 37: no purpose, no answer."""
    refused = (await world.ask(AGENCY, FEED, given)).json()
    assert refused["errors"][0]["extensions"]["rule"] == rule


async def test_a_cursor_of_another_footing_or_unit_is_refused(world: World) -> None:
    await world.filed(a_penalty(COMPANY))
    _, cursor = await read(world, AGENCY)
    for caller, more in (
        (INQUIRER, {}),
        (AGENCY, {"subject": COMPANY.key, "purpose": "INSPECTION", "matter": "M-1"}),
    ):
        refused = (await world.ask(caller, FEED, {"since": cursor, **more})).json()
        assert refused["errors"][0]["extensions"]["rule"] == "cursor_of_this_query"


async def test_nothing_is_lost_and_nothing_told_twice_while_many_write(world: World) -> None:
    """Readers that follow along see each of 120 concurrent filings exactly once, in whatever order they commit."""
    parties = [a_company(f"曲阜市第{n}五金有限公司", 300 + n) for n in range(120)]
    filed: list[str] = []
    done = asyncio.Event()

    async def write(part: list[Any]) -> None:
        for party in part:
            filed.extend(await world.filed(a_penalty(party)))

    async def follow(caller: Caller) -> Told:
        seen: Told = []
        cursor: str | None = None
        while True:
            last = done.is_set()
            nodes, cursor = await read(world, caller, cursor, first=7)
            seen += told(nodes)
            if last:
                return seen

    readers = [asyncio.create_task(follow(caller)) for caller in (AGENCY, INQUIRER, PROVIDER)]
    await asyncio.gather(*(write(parties[n::6]) for n in range(6)))
    done.set()
    for reader in readers:
        seen = await reader
        assert sorted(one[1] for one in seen) == sorted(filed)
        assert all(one[0] == "APPEARED" and one[2] for one in seen)
    numbers = [one["seq"] for one in await world.platform.mongo.db["changes"].find({}).to_list()]
    assert sorted(numbers) == list(range(1, 121)), "each event has its own number, and none is left out"


async def test_numbering_stopped_half_way_is_taken_up_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.filed(*(a_penalty(a_company(f"曲阜市第{n}粮油有限公司", 500 + n)) for n in range(5)))
    monkeypatch.setattr("server.store.changes._BATCH", 2)
    changes = world.platform.changes
    first = sorted(one["_id"] for one in await world.platform.mongo.db["changes"].find({}).to_list())
    await changes._number(first[:2])
    nodes, _ = await read(world, AGENCY)
    assert len(nodes) == 5
    assert await changes.last() == 5


async def test_events_hold_no_value(world: World) -> None:
    await world.filed(a_penalty(PERSON), a_penalty(OTHER_COMPANY))
    for event in await world.platform.mongo.db["changes"].find({}).to_list():
        text = str(event)
        for secret in (PERSON.key, PERSON.name, OTHER_COMPANY.name, "12.5"):
            assert secret not in text
    assert UNIT != BANK
    assert MACHINE.unit == UNIT
