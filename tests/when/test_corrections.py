"""Corrections and withdrawals: effect at once, versions kept, the three working days measured (Art. 57, 58)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.actions import change_rules
from server.actions.filing import Correction
from server.actions.recompute import recompute
from server.rules.duties import Duty
from tests.makers import COMPANY, OTHER_UNIT, PERSON, UNIT, a_penalty, a_record
from tests.platforms import World
from tests.viewers import (
    AGENCY,
    AUDITOR,
    CHECKER,
    MACHINE,
    OTHER_PROVIDER,
    OWNER_AGENT,
    PROVIDER,
    VISITOR,
    Caller,
)
from tests.when.conftest import at_midnight

NODE = "query($id: ID!) { node(id: $id) { id } }"
WITHDRAW = """mutation($w: [WithdrawalInput!]!, $a: AttestationInput) { withdrawRecords(withdrawals: $w, attestation: $a) {
  ... on FilingReport { accepted { id state version dueOn late } refused { sourceRecordNo faults { field rule message } } }
  ... on Refusal { code rule } } }"""
BY = {"maker": "宰予", "checker": "闵损"}
DUTIES = "query($u: String) { reportDuties(unit: $u) { nodes { duty beganOn reportedOn dueOn late provisional basis } } }"
COUNTS = 'query($u: String) { reportCounts(since: "2020-01-01", until: "2030-12-31", unit: $u) { unit unitName duty reports late provisional } }'


def withdrawal(
    number: str, *, ground: str = "REVOCATION", on: str = "2026-11-20", **more: Any
) -> dict[str, Any]:
    made = {
        "kind": "ADMINISTRATIVE_PENALTY",
        "sourceRecordNo": number,
        "ground": ground,
        "on": on,
        "reason": "处罚决定经复议撤销",
    }
    return made | more


async def withdrawn(
    world: World, *given: dict[str, Any], by: Caller = MACHINE, **more: Any
) -> dict[str, Any]:
    variables = {"w": list(given), "a": BY if by.machine else None} | more
    answer: dict[str, Any] = (await world.data(by, WITHDRAW, variables))["withdrawRecords"]
    return answer


async def test_a_withdrawn_record_is_gone_at_once_from_every_answer_and_its_versions_stay(
    world: World,
) -> None:
    """Art. 58; the control: everybody who sees it before."""
    filing = a_penalty(COMPANY)
    [penalty] = await world.filed(filing)
    shared = f'{{ subjectFile(subject: "{COMPANY.key}", purpose: INSPECTION, matter: "M-1") {{ records {{ nodes {{ id }} }} }} }}'
    asked: tuple[tuple[Caller, str, dict[str, Any]], ...] = (
        (VISITOR, NODE, {"id": penalty}),
        (VISITOR, "{ records { nodes { id } } }", {}),
        (OWNER_AGENT, "{ me { records { nodes { id } } } }", {}),
        (AGENCY, shared, {}),
    )
    for caller, text, variables in asked:
        assert penalty in str(await world.data(caller, text, variables))
    answer = await withdrawn(world, withdrawal(filing.source_no))
    assert answer["accepted"] == [
        {"id": penalty, "state": "IN_FORCE", "version": 2, "dueOn": "2026-11-25", "late": False}
    ]
    for caller, text, variables in asked:
        assert penalty not in str(await world.data(caller, text, variables))
    found = await world.data(VISITOR, "query($c: String!) { entity(uscc: $c) { name } }", {"c": COMPANY.key})
    assert found == {"entity": None}, "nothing else of it is public"
    kept = await world.platform.mongo.db["record_versions"].find({"record": penalty}).to_list()
    assert [one["version"] for one in kept] == [1]
    assert kept[0]["document"]["state"] == "active"


async def test_a_withdrawal_by_hand_waits_for_the_checker(world: World) -> None:
    """Art. 23: a record does not vanish by the will of one person."""
    filing = a_penalty(COMPANY)
    [penalty] = await world.filed(filing)
    answer = await withdrawn(world, withdrawal(filing.source_no), by=PROVIDER)
    [receipt] = answer["accepted"]
    assert (receipt["state"], receipt["late"]) == ("PENDING", False)
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] is not None
    desk = await world.data(CHECKER, "{ filings { nodes { id deed dueOn late record { id stage } } } }")
    [waiting] = desk["filings"]["nodes"]
    assert (waiting["deed"], waiting["dueOn"], waiting["record"]["id"]) == ("WITHDRAW", "2026-11-25", penalty)
    approve = "mutation($ids: [ID!]!) { approveFilings(ids: $ids) { ... on FilingReport { accepted { state version } refused { faults { rule } } } } }"
    done = await world.data(CHECKER, approve, {"ids": [waiting["id"]]})
    assert done["approveFilings"] == {"accepted": [{"state": "IN_FORCE", "version": 2}], "refused": []}
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] is None
    counted = await world.data(PROVIDER, COUNTS)
    assert [(one["duty"], one["reports"], one["late"]) for one in counted["reportCounts"]] == [
        ("REVOCATION", 1, 0)
    ]


async def test_a_withdrawn_record_may_be_filed_again_as_a_new_version(world: World) -> None:
    filing = a_penalty(COMPANY)
    [penalty] = await world.filed(filing)
    await withdrawn(world, withdrawal(filing.source_no))
    refused = await world.file(filing)
    assert refused.refused[0].faults[0].field == "changeReason", (
        "the same content is not 'unchanged' any more"
    )
    [again] = await world.filed(replace(filing, change_reason="撤回有误，恢复"))
    assert again == penalty
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] == {"id": penalty}


@pytest.mark.parametrize(
    ("given", "field", "rule"),
    [
        ({"sourceRecordNo": "nothing"}, "sourceRecordNo", "not_in_force"),
        ({"on": "2026-11-24"}, "on", "future_date"),
        ({"on": "2026-11-24", "ground": "CORRECTION"}, "on", "future_date"),
        ({"reason": " "}, "reason", "required"),
        ({"reason": "当事人身份证11010519491231002X"}, "reason", "personal_data"),
        ({"reason": "长" * 501}, "reason", "length"),
    ],
)
async def test_a_wrong_withdrawal_names_field_and_rule_and_changes_nothing(
    world: World, given: dict[str, str], field: str, rule: str
) -> None:
    filing = a_penalty(COMPANY)
    [penalty] = await world.filed(filing)
    answer = await withdrawn(world, withdrawal(filing.source_no) | given)
    assert answer["accepted"] == []
    [fault] = answer["refused"][0]["faults"]
    assert (fault["field"], fault["rule"]) == (field, rule)
    assert "11010519491231002X" not in str(answer)
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] == {"id": penalty}


async def test_nobody_withdraws_what_another_unit_filed(world: World) -> None:
    """Art. 23; the same answer as for a number that does not exist."""
    filing = a_penalty(COMPANY)
    [penalty] = await world.filed(filing)
    other = MACHINE.but(unit=OTHER_UNIT)
    theirs = await withdrawn(world, withdrawal(filing.source_no), by=other)
    nothing = await withdrawn(world, withdrawal("nothing"), by=other)
    for answer in (theirs, nothing):
        assert answer["refused"][0]["faults"][0]["rule"] == "not_in_force"
    assert (await world.data(VISITOR, NODE, {"id": penalty}))["node"] == {"id": penalty}
    for caller in (VISITOR, CHECKER, AGENCY, AUDITOR, OWNER_AGENT):
        answer = await withdrawn(world, withdrawal(filing.source_no), by=caller)
        assert answer == {"code": "FORBIDDEN", "rule": "role_not_entitled"}


async def test_two_withdrawals_of_one_record_in_a_batch_are_one(world: World) -> None:
    filing = a_penalty(COMPANY)
    await world.filed(filing)
    answer = await withdrawn(world, withdrawal(filing.source_no), withdrawal(filing.source_no))
    assert len(answer["accepted"]) == 1
    assert answer["refused"][0]["faults"][0]["rule"] == "duplicate_in_batch"
    again = await withdrawn(world, withdrawal(filing.source_no))
    assert again["refused"][0]["faults"][0]["rule"] == "not_in_force"


@pytest.mark.parametrize(
    ("duty", "began", "today", "due", "late"),
    [
        (Duty.CORRECTION, "2024-09-29", "2024-10-09", "2024-10-09", False),
        (Duty.CORRECTION, "2024-09-29", "2024-10-10", "2024-10-09", True),
        (Duty.REVOCATION, "2026-11-20", "2026-11-25", "2026-11-25", False),
        (Duty.REVOCATION, "2026-11-20", "2026-11-26", "2026-11-25", True),
    ],
    ids=["example 29", "example 29, a day late", "in time", "late"],
)
async def test_three_working_days_are_measured_and_late_reports_are_flagged(
    world: World, duty: Duty, began: str, today: str, due: str, late: bool
) -> None:
    """Art. 57 counts from the correction (D4), Art. 58 from the revocation or change; make-up days are worked."""
    filing = a_record("administrative_penalty", COMPANY, day=date(2024, 8, 1))
    await world.filed(filing)
    at_midnight(world, date.fromisoformat(today))
    changed = replace(
        filing,
        values={**filing.values, "fineAmount": "11"},
        change_reason="更正罚款金额",
        correction=Correction(duty, date.fromisoformat(began)),
    )
    report = await world.file(changed)
    [receipt] = report.accepted
    assert receipt.judged is not None
    assert (str(receipt.judged.due), receipt.judged.late) == (due, late)
    found = await world.data(PROVIDER, DUTIES)
    article = "Art. 57" if duty is Duty.CORRECTION else "Art. 58"
    assert found["reportDuties"]["nodes"] == [
        {
            "duty": duty.name,
            "beganOn": began,
            "reportedOn": today,
            "dueOn": due,
            "late": late,
            "provisional": False,
            "basis": f"qufu-2023-8, {article}",
        }
    ]
    counted = await world.data(AUDITOR, COUNTS)
    assert counted["reportCounts"] == [
        {
            "unit": UNIT,
            "unitName": "曲阜市市场监督管理局",
            "duty": duty.name,
            "reports": 1,
            "late": int(late),
            "provisional": 0,
        }
    ]


async def test_a_correction_of_nothing_is_no_report(world: World) -> None:
    filing = a_penalty(COMPANY)
    correction = Correction(Duty.CORRECTION, date(2026, 11, 20))
    refused = (await world.file(replace(filing, correction=correction))).refused
    assert [(one.field, one.rule) for one in refused[0].faults] == [("correctedOn", "nothing_corrected")]
    await world.filed(filing)
    refused = (await world.file(replace(filing, correction=correction))).refused
    assert refused[0].faults[0].rule == "nothing_corrected"
    assert await world.platform.mongo.db["duties"].count_documents({}) == 0


async def test_units_see_their_own_reports_and_an_auditor_all(world: World) -> None:
    """Art. 5, 38."""
    filing = a_penalty(PERSON)
    await world.filed(filing)
    await withdrawn(world, withdrawal(filing.source_no))
    assert (await world.data(OTHER_PROVIDER, COUNTS))["reportCounts"] == []
    refused = (await world.ask(OTHER_PROVIDER, DUTIES, {"u": UNIT})).json()
    assert refused["errors"][0]["extensions"]["rule"] == "not_own_unit"
    assert len((await world.data(AUDITOR, DUTIES, {"u": UNIT}))["reportDuties"]["nodes"]) == 1
    for caller in (VISITOR, AGENCY, OWNER_AGENT):
        refused = (await world.ask(caller, COUNTS)).json()
        assert refused["errors"][0]["extensions"]["rule"] == "role_not_entitled"


NOTICE = """
year: 2027
notice: 国务院办公厅关于2027年部分节假日安排的通知（试）
holidays:
  - {name: 元旦, from: 2027-01-01, to: 2027-01-03}
workdays: []
"""


async def test_a_term_beyond_the_calendar_is_provisional_until_the_next_notice(world: World) -> None:
    """Never silently final: the day and the lateness are judged again when the notice is loaded."""
    filing = a_record("administrative_penalty", COMPANY, day=date(2026, 12, 1))
    world.clock[0] = world.clock[0].replace(year=2027, month=1, day=5)
    await world.filed(filing)
    answer = await withdrawn(world, withdrawal(filing.source_no, on="2026-12-30"))
    [receipt] = answer["accepted"]
    assert (receipt["dueOn"], receipt["late"]) == ("2027-01-04", True), "weekdays are taken for working days"
    [before] = (await world.data(PROVIDER, DUTIES))["reportDuties"]["nodes"]
    assert before["provisional"] is True
    await change_rules.load_calendar(world.platform, NOTICE, "仲由", world.clock[0])
    await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    [after] = (await world.data(PROVIDER, DUTIES))["reportDuties"]["nodes"]
    assert (after["dueOn"], after["provisional"], after["late"]) == ("2027-01-05", False, False)
    year = await world.data(VISITOR, "{ calendar(year: 2027) { validThrough days { date kind } } }")
    assert year["calendar"]["validThrough"] == "2027-12-21"
    assert {"date": "2027-01-01", "kind": "HOLIDAY"} in year["calendar"]["days"]


async def test_the_end_of_a_severe_listing_beyond_the_calendar_is_provisional_too(world: World) -> None:
    """Art. 35: three working days from a removal on the last days of the known calendar."""
    world.clock[0] = world.clock[0].replace(year=2026, month=12, day=30)
    listing = a_record("severe_list_entry", COMPANY, day=date(2024, 3, 1), removedOn="2026-12-30")
    [identifier] = await world.filed(listing)
    text = "query($id: ID!) { node(id: $id) { ... on SevereListEntry { publicity { to provisional sentence } } } }"
    before = (await world.data(VISITOR, text, {"id": identifier}))["node"]["publicity"]
    assert (before["to"], before["provisional"]) == ("2027-01-04", True)
    assert "computed again" in before["sentence"]
    await change_rules.load_calendar(world.platform, NOTICE, "仲由", world.clock[0])
    moved = (await world.data(VISITOR, text, {"id": identifier}))["node"]["publicity"]
    assert (moved["to"], moved["provisional"]) == ("2027-01-05", False), (
        "at once, before anything is computed again"
    )
    report = await recompute(world.platform, now=lambda: world.clock[0], grace_seconds=0)
    assert report.done == 1, "only kinds that count working days are computed again"
    assert (await world.data(VISITOR, text, {"id": identifier}))["node"]["publicity"] == moved
