"""Maker and checker, versions, idempotency: how a record comes into force and changes (Art. 23, 55)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from server.actions.check_filings import approve, give_back
from server.actions.file_records import file_records
from server.actions.filing import Attestation, FilingReport, ReceiptState
from server.errors import BadInput, Conflict, Refused, Unavailable
from tests.makers import COMPANY, COOPERATIVE, OTHER_UNIT, PERSON, a_penalty, a_record
from tests.platforms import World
from tests.viewers import CHECKER, EVERYONE, MACHINE, OWNER_AGENT, PROVIDER, VISITOR, Caller

COLLECTIONS = ("records", "record_versions", "subjects", "filings")


async def counted(world: World) -> dict[str, int]:
    """How many documents each collection of the register holds."""
    db = world.platform.mongo.db
    return {name: await db[name].count_documents({}) for name in COLLECTIONS}


def rules(report: FilingReport) -> list[list[str]]:
    """The rules each refused filing breaks."""
    return [[fault.rule for fault in one.faults] for one in report.refused]


async def submit(world: World, *filings: Any, by: Caller = PROVIDER) -> FilingReport:
    """File interactively."""
    return await file_records(world.operation(by), filings)


async def test_a_filing_waits_for_the_checker_and_shows_nothing_before(world: World) -> None:
    """Art. 23: one person makes, another checks."""
    report = await submit(world, a_penalty())
    [receipt] = report.accepted
    assert receipt.state is ReceiptState.PENDING
    assert await counted(world) == {"records": 0, "record_versions": 0, "subjects": 0, "filings": 1}
    assert (await world.data(VISITOR, f'{{ entity(uscc: "{COMPANY.key}") {{ name }} }}'))["entity"] is None
    accepted, refused = await approve(world.operation(CHECKER), [receipt.id])
    assert not refused
    assert [(one.state, one.version) for one in accepted] == [(ReceiptState.IN_FORCE, 1)]
    assert await counted(world) == {"records": 1, "record_versions": 0, "subjects": 1, "filings": 1}
    data = await world.data(
        VISITOR, f'{{ entity(uscc: "{COMPANY.key}") {{ name records {{ totalCount }} }} }}'
    )
    assert data["entity"] == {"name": COMPANY.name, "records": {"totalCount": 1}}
    record = await world.platform.mongo.db["records"].find_one({})
    assert record is not None
    assert (record["maker"], record["checker"]) == (PROVIDER.officer, CHECKER.officer)


async def test_the_checker_is_not_the_maker(world: World) -> None:
    [receipt] = (await submit(world, a_penalty())).accepted
    same = CHECKER.but(officer=PROVIDER.officer)
    accepted, refused = await approve(world.operation(same), [receipt.id])
    assert not accepted
    assert [one.faults[0].rule for one in refused] == ["maker_is_checker"]
    assert (await counted(world))["records"] == 0


@pytest.mark.parametrize("caller", EVERYONE, ids=lambda one: one.name)
async def test_only_a_checker_of_the_same_unit_decides(world: World, caller: Caller) -> None:
    [receipt] = (await submit(world, a_penalty())).accepted
    if caller is CHECKER:
        foreign = await approve(world.operation(CHECKER.but(unit=OTHER_UNIT)), [receipt.id])
        assert [one.faults[0].rule for one in foreign[1]] == ["unknown_filing"]
        return
    for deed in (
        approve(world.operation(caller), [receipt.id]),
        give_back(world.operation(caller), receipt.id, "x"),
    ):
        with pytest.raises(Refused):
            await deed
    assert (await counted(world))["records"] == 0


async def test_a_returned_filing_is_over_and_may_be_filed_anew(world: World) -> None:
    [receipt] = (await submit(world, a_penalty())).accepted
    accepted, _ = await give_back(world.operation(CHECKER), receipt.id, "请补充依据")
    assert accepted[0].state is ReceiptState.RETURNED
    _, refused = await approve(world.operation(CHECKER), [receipt.id])
    assert refused[0].faults[0].rule == "not_pending"
    [again] = (await submit(world, a_penalty(content="罚款五千元"))).accepted
    assert again.state is ReceiptState.PENDING
    assert again.id != receipt.id


async def test_two_checkers_at_the_same_moment_decide_once(world: World) -> None:
    [receipt] = (await submit(world, a_penalty())).accepted
    other = CHECKER.but(officer="冉求")
    deeds = [approve(world.operation(one), [receipt.id]) for one in (CHECKER, other)]
    results = await asyncio.gather(*deeds, return_exceptions=True)
    done = [one for one in results if isinstance(one, tuple) and one[0]]
    assert len(done) == 1
    assert all(isinstance(one, tuple | Conflict) for one in results)
    assert (await counted(world))["records"] == 1


async def test_filing_the_same_again_changes_nothing(world: World) -> None:
    await world.filed(a_penalty(), a_record("person_basic", PERSON))
    before = await world.everything()
    report = await world.file(a_penalty(), a_record("person_basic", PERSON))
    assert {one.state for one in report.accepted} == {ReceiptState.UNCHANGED}
    after = await world.everything()
    assert {name: after[name] for name in COLLECTIONS if name in after} == {
        name: before[name] for name in COLLECTIONS if name in before
    }


async def test_a_change_makes_a_version_with_its_reason_and_keeps_the_old(world: World) -> None:
    """Art. 55."""
    [identifier] = await world.filed(a_penalty())
    changed = a_penalty(content="罚款减至三千元")
    assert rules(await world.file(changed)) == [["required"]]
    report = await world.file(replace(changed, change_reason="复议变更"))
    assert [(one.id, one.version) for one in report.accepted] == [(identifier, 2)]
    [old] = await world.platform.mongo.db["record_versions"].find({}).to_list()
    assert old["document"]["version"] == 1
    assert old["document"]["body"]["administrative_penalty"]["content"] != "罚款减至三千元"
    data = await world.data(
        OWNER_AGENT,
        "{ me { records { nodes { recordVersion changeReason ... on AdministrativePenalty { content } } } } }",
    )
    assert data["me"]["records"]["nodes"] == [
        {"recordVersion": 2, "changeReason": "复议变更", "content": "罚款减至三千元"}
    ]


SEEN = "records { nodes { recordVersion lastUpdated } }"


async def test_a_change_inside_shows_to_nobody_outside(world: World) -> None:
    """A derived field is as strict as its inputs: version, time and reason do not tell of an internal remark."""
    await world.filed(a_penalty())
    public = f'{{ entity(uscc: "{COMPANY.key}") {{ {SEEN} }} }}'
    own = "{ me { records { nodes { recordVersion lastUpdated changeReason } } } }"
    before = await world.data(VISITOR, public), await world.data(OWNER_AGENT, own)
    report = await world.file(replace(a_penalty(remarks="归档盒号已更正"), change_reason="更正备注"))
    assert [one.version for one in report.accepted] == [2]
    assert (await world.data(VISITOR, public), await world.data(OWNER_AGENT, own)) == before
    await world.file(replace(a_penalty(content="罚款减至一千元"), change_reason="复议变更"))
    [seen] = (await world.data(VISITOR, public))["entity"]["records"]["nodes"]
    assert seen["recordVersion"] == 2
    [held] = (await world.data(OWNER_AGENT, own))["me"]["records"]["nodes"]
    assert (held["recordVersion"], held["changeReason"]) == (2, "复议变更")


async def test_a_change_for_the_subject_alone_does_not_show_to_the_public(world: World) -> None:
    """Art. 30: each audience has its own mark of change."""
    await world.filed(a_penalty())
    public = f'{{ entity(uscc: "{COMPANY.key}") {{ {SEEN} }} }}'
    before = await world.data(VISITOR, public)
    await world.file(replace(a_penalty(intent="过失"), change_reason="补充认定"))
    assert await world.data(VISITOR, public) == before
    [held] = (await world.data(OWNER_AGENT, "{ me { records { nodes { recordVersion } } } }"))["me"][
        "records"
    ]["nodes"]
    assert held["recordVersion"] == 2


@pytest.mark.parametrize("checker", ["贾 祥凯", "贾祥凯 ", "\u3000贾祥凯"])
async def test_spaces_do_not_make_the_checker_another_person(world: World, checker: str) -> None:
    """Art. 23."""
    with pytest.raises(Refused):
        await file_records(
            world.operation(MACHINE), [a_penalty()], attestation=Attestation("贾祥凯", checker)
        )
    assert (await counted(world))["records"] == 0


async def test_a_record_never_moves_to_another_subject(world: World) -> None:
    await world.filed(a_penalty())
    moved = replace(a_penalty(COOPERATIVE), source_no=a_penalty().source_no, change_reason="更正")
    assert rules(await world.file(moved)) == [["subject_changed"]]


async def test_one_source_number_stands_once_in_a_batch(world: World) -> None:
    report = await world.file(a_penalty(), a_penalty())
    assert len(report.accepted) == 1
    assert rules(report) == [["duplicate_in_batch"]]


@pytest.mark.parametrize("all_or_nothing", [True, False])
async def test_good_ones_are_kept_or_none(world: World, all_or_nothing: bool) -> None:
    bad = a_penalty(number="bad", procedure="simple")
    report = await world.file(a_penalty(), bad, all_or_nothing=all_or_nothing)
    assert len(report.accepted) == (0 if all_or_nothing else 1)
    assert rules(report) == [["simple_procedure"]]
    assert (await counted(world))["records"] == len(report.accepted)


async def test_a_dry_run_writes_nothing(world: World) -> None:
    before = await counted(world)
    report = await world.file(a_penalty(), dry_run=True)
    assert not report.refused
    assert await counted(world) == before


async def test_nothing_is_half_written_when_the_log_cannot_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records, subjects and the entry are one transaction."""
    from server.actions.audit_log import Writing

    async def append(_writing: object, _entries: object) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Writing, "append", append)
        with pytest.raises(Unavailable):
            await world.file(a_penalty(), a_record("entity_basic", COMPANY))
    assert await counted(world) == dict.fromkeys(COLLECTIONS, 0)
    await world.filed(a_penalty(), a_record("entity_basic", COMPANY))
    assert (await counted(world))["records"] == 2


async def test_an_attestation_is_for_machines_and_names_two_people(world: World) -> None:
    members = Attestation("宰予", "闵损")
    with pytest.raises(BadInput):
        await file_records(world.operation(PROVIDER), [a_penalty()], attestation=members)
    with pytest.raises(Refused):
        await file_records(world.operation(MACHINE), [a_penalty()], attestation=Attestation("宰予", "宰予 "))
    assert (await counted(world))["records"] == 0


async def test_a_unit_files_its_own_items_only(world: World) -> None:
    by = MACHINE.but(unit=OTHER_UNIT)
    report = await world.file(a_record("honour", COMPANY), by=by)
    assert rules(report) == [["item_not_of_unit"]]


async def test_a_record_is_held_under_the_kind_of_its_subject(world: World) -> None:
    """A code leaves the kind open; what is already held decides, so that the file of the subject is whole."""
    await world.filed(a_record("entity_basic", COOPERATIVE))
    unsaid = a_penalty(COOPERATIVE)
    await world.filed(replace(unsaid, subject=replace(unsaid.subject, kind=None)))
    kinds = {one["subject_kind"] for one in await world.platform.mongo.db["records"].find({}).to_list()}
    assert kinds == {COOPERATIVE.kind.value}
    data = await world.data(
        VISITOR, f'{{ entity(uscc: "{COOPERATIVE.key}") {{ records {{ totalCount }} }} }}'
    )
    assert data["entity"]["records"]["totalCount"] == 2
