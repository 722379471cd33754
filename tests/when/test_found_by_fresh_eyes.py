"""Faults that were found by trying to break it, each as it was found."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from server.actions import change_rules
from server.actions.recompute import recompute
from server.errors import BadInput
from server.rules.ruleset import FOLDER
from tests.makers import COMPANY, PERSON, TODAY, UNHEARD_PERSON, a_penalty, a_person, a_record, years_ago
from tests.platforms import World, consented
from tests.viewers import AGENCY, CHECKER, INQUIRER, OTHER_AGENCY, PROVIDER, VISITOR
from tests.when.conftest import at_midnight, swept
from tests.when.test_corrections import withdrawal, withdrawn
from tests.when.test_feed_of_changes import FEED, read, told

ABOUT = {"purpose": "INSPECTION", "matter": "M-1"}


async def test_a_newcomer_is_not_told_of_what_ended_before_it_asked(world: World) -> None:
    """Shandong Art. 38, Art. 36: a tombstone is for those who were given the record; the control is given it."""
    then = years_ago(5) + timedelta(days=10)
    [penalty] = await world.filed(
        a_record("administrative_penalty", PERSON, day=then, conductEndedOn=str(then))
    )
    seen, cursor = await read(world, AGENCY, subject=PERSON.key, **ABOUT)
    assert told(seen) == [("APPEARED", penalty, True)]
    at_midnight(world, TODAY + timedelta(days=60))
    assert (await swept(world)).deleted == 1
    nodes, _ = await read(world, AGENCY, cursor, subject=PERSON.key, **ABOUT)
    assert told(nodes) == [("ENDED", penalty, False)]
    await world.filed(a_record("person_basic", PERSON))
    nodes, _ = await read(world, OTHER_AGENCY, subject=PERSON.key, **ABOUT)
    assert penalty not in str(nodes)
    consent = await consented(
        world,
        PERSON,
        fields=["AdministrativePenalty.fineAmount"],
        valid_from="2027-01-01",
        valid_to="2027-12-31",
    )
    nodes, _ = await read(world, INQUIRER, consent=consent)
    assert nodes == []


async def test_what_was_filed_and_withdrawn_between_two_looks_is_told_to_nobody(world: World) -> None:
    _, cursor = await read(world, AGENCY)
    filing = a_penalty(COMPANY)
    await world.filed(filing)
    await withdrawn(world, withdrawal(filing.source_no))
    nodes, _ = await read(world, AGENCY, cursor)
    assert nodes == []


async def test_a_unit_loses_its_own_records_when_everybody_does(world: World) -> None:
    """Art. 36, 58: withdrawn or past their retention they are gone for their unit too, before any sweep."""
    filing = a_penalty(COMPANY)
    then = years_ago(5) + timedelta(days=10)
    ids = await world.filed(
        filing, a_record("administrative_penalty", PERSON, "old", day=then, conductEndedOn=str(then))
    )
    nodes, cursor = await read(world, PROVIDER, own=True)
    assert {one[1] for one in told(nodes)} == set(ids)
    await withdrawn(world, withdrawal(filing.source_no))
    nodes, cursor = await read(world, PROVIDER, cursor, own=True)
    assert told(nodes) == [("ENDED", ids[0], False)]
    at_midnight(world, TODAY + timedelta(days=60))
    nodes, _ = await read(world, CHECKER, own=True)
    assert [one for one in nodes if one["record"] is not None] == []


async def test_a_withdrawn_record_of_a_person_is_not_kept_for_ever(world: World) -> None:
    """Art. 36: where no end of the conduct was filed, it counts as ended with the withdrawal."""
    filing = a_penalty(PERSON)
    [penalty] = await world.filed(filing)
    await withdrawn(world, withdrawal(filing.source_no))
    at_midnight(world, TODAY.replace(year=TODAY.year + 5) + timedelta(days=1))
    assert (await swept(world)).deleted == 1
    assert await world.platform.mongo.db["record_versions"].count_documents({"record": penalty}) == 0


async def test_what_waited_too_long_is_neither_shown_nor_approved(world: World) -> None:
    """Art. 36: what may no longer be kept is not put in force either."""
    then = years_ago(5) + timedelta(days=10)
    filing = a_record("administrative_penalty", PERSON, day=then, conductEndedOn=str(then))
    text = "mutation($f: [FilingInput!]!) { fileRecords(filings: $f) { ... on FilingReport { accepted { id } refused { faults { message } } } } }"
    fields = [{"code": name, "value": value} for name, value in filing.values.items()]
    sent = {
        "kind": "ADMINISTRATIVE_PENALTY",
        "sourceRecordNo": "W-1",
        "subject": {"idNumber": PERSON.key, "name": PERSON.name},
        "fields": fields,
    }
    [receipt] = (await world.data(PROVIDER, text, {"f": [sent]}))["fileRecords"]["accepted"]
    desk = "{ filings { nodes { id record { id } } } }"
    assert (await world.data(CHECKER, desk))["filings"]["nodes"][0]["record"] is not None, "the control"
    at_midnight(world, TODAY + timedelta(days=60))
    assert (await world.data(CHECKER, desk))["filings"]["nodes"] == [{"id": receipt["id"], "record": None}]
    approve = "mutation($ids: [ID!]!) { approveFilings(ids: $ids) { ... on FilingReport { accepted { id } refused { faults { rule } } } } }"
    done = (await world.data(CHECKER, approve, {"ids": [receipt["id"]]}))["approveFilings"]
    assert done == {"accepted": [], "refused": [{"faults": [{"rule": "retention_ended"}]}]}
    report = await swept(world)
    assert report.filings == 1
    assert PERSON.name not in str((await world.everything())["filings"])


async def test_a_cursor_does_not_tell_whether_anybody_is_held(world: World) -> None:
    """A follower of a subject not held yet keeps its place when it comes; another's cursor is refused either way."""
    stranger = a_person("冉耕文", 31)
    _, cursor = await read(world, AGENCY, subject=UNHEARD_PERSON.key, **ABOUT)
    await world.filed(a_record("penalty_excluded", stranger))
    for other in (stranger, a_person("闵子文", 32)):
        refused = (await world.ask(AGENCY, FEED, {"since": cursor, "subject": other.key, **ABOUT})).json()
        assert refused["errors"][0]["extensions"] == {
            "code": "BAD_INPUT",
            "field": "since",
            "rule": "cursor_of_this_query",
        }
    [penalty] = await world.filed(a_penalty(UNHEARD_PERSON))
    nodes, _ = await read(world, AGENCY, cursor, subject=UNHEARD_PERSON.key, **ABOUT)
    assert told(nodes) == [("APPEARED", penalty, True)]


async def test_a_later_version_of_a_rule_set_waits_while_the_former_is_applied(world: World) -> None:
    """Art. 86, 87: activating next year's text takes nothing away today."""
    text = (FOLDER / "qufu-2023-8.yaml").read_text("utf-8")
    later = text.replace("effective_from: 2023-07-01", "effective_from: 2027-01-01").replace(
        "effective_to: 2025-06-30", "effective_to: null"
    )
    platform, at = world.platform, world.clock[0]
    loaded = await change_rules.load_rule_set(platform, later.encode(), "later", "仲由", at)
    regime = await change_rules.activate(
        platform, "qufu-2023-8", loaded.version, beyond_term=False, by="仲由", at=at
    )
    assert platform.regimes.ids == ("shandong-2020/1", "qufu-2023-8/1")
    assert regime.rules.find("penalty_publicity_max_months") is not None
    at_midnight(world, date(2027, 1, 1))
    await platform.regimes.fresh(world.clock[0])
    assert platform.regimes.ids == ("shandong-2020/1", "qufu-2023-8/2")


async def test_the_last_rule_on_something_is_not_retired(world: World) -> None:
    for name in ("shandong-2020", "qufu-2023-8"):
        with pytest.raises(BadInput, match="nothing says"):
            await change_rules.retire(world.platform, name, by="仲由", at=world.clock[0])


async def test_no_number_of_a_person_is_published_with_a_rule_set_or_a_notice(world: World) -> None:
    """Art. 64; and what was never activated is a draft that nobody but operators sees."""
    text = (FOLDER / "ndrc-36.yaml").read_text("utf-8")
    bad = text.replace("issuer: 国家发展和改革委员会", f"issuer: 张三{PERSON.key}")
    with pytest.raises(BadInput, match="file \\(文件\\)"):
        await change_rules.load_rule_set(world.platform, bad.encode(), "bad", "仲由", world.clock[0])
    draft = text.replace("id: ndrc-36", "id: draft-1")
    await change_rules.load_rule_set(world.platform, draft.encode(), "draft", "仲由", world.clock[0])
    for versions in ("", "(versions: true)"):
        shown = await world.data(VISITOR, f"{{ ruleSets{versions} {{ id }} }}")
        assert "draft-1" not in str(shown)
        assert "ndrc-36" in str(shown)


async def test_a_notice_that_moves_past_december_judges_reports_again(world: World) -> None:
    """Never silently final: the last ten days of the last known year may still be moved."""
    filing = a_record("administrative_penalty", COMPANY, day=date(2026, 12, 1))
    at_midnight(world, date(2027, 1, 4))
    await world.filed(filing)
    [receipt] = (await withdrawn(world, withdrawal(filing.source_no, on="2026-12-28")))["accepted"]
    assert (receipt["dueOn"], receipt["late"]) == ("2026-12-31", True)
    duties = "{ reportDuties { nodes { dueOn late provisional } } }"
    [before] = (await world.data(PROVIDER, duties))["reportDuties"]["nodes"]
    assert before["provisional"] is True
    notice = "year: 2027\nnotice: 试\nholidays:\n  - {name: 元旦, from: 2026-12-31, to: 2027-01-03}\nworkdays: []\n"
    await change_rules.load_calendar(world.platform, notice, "仲由", world.clock[0])
    await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    [after] = (await world.data(PROVIDER, duties))["reportDuties"]["nodes"]
    assert after == {"dueOn": "2027-01-04", "late": False, "provisional": False}


async def test_a_revocation_does_not_come_before_its_record(world: World) -> None:
    filing = a_penalty(COMPANY)
    await world.filed(filing)
    answer: dict[str, Any] = await withdrawn(world, withdrawal(filing.source_no, on="0001-01-01"))
    assert answer["refused"][0]["faults"][0]["rule"] == "before_record"
