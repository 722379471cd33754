"""Filing: a provider unit's records are checked, dated and written, or wait for the unit's checker (Art. 23).

Idempotent by unit, kind and source record number: the same filing again changes nothing; a changed one makes a
new version with its reason and keeps the old one. Each batch is one transaction with its log entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from server.actions.audit_log import Writing
from server.actions.documents import record_document, reported, subject_document, waiting
from server.actions.draft import Draft, draft, fault, held_as, name_in, place_fault
from server.actions.filing import (
    BATCH_MOST,
    SOURCE_NO_MOST,
    Attestation,
    Filing,
    FilingReport,
    Receipt,
    ReceiptState,
    RefusedFiling,
)
from server.actions.operation import Operation, refused_by
from server.actions.put_in_force import put_in_force
from server.audit.entry import Entry, KindAccess, Outcome, Tag
from server.catalogue import personal
from server.catalogue.fault import Fault
from server.catalogue.kind import SubjectKind
from server.errors import BadInput, Conflict
from server.model.ids import new_id
from server.rules import acting
from server.rules.acting import Verb
from server.rules.duties import Report, judge

ATTEMPTS = 3
"""How often a batch is compared and written before a race with other filings is the caller's to see."""


async def file_records(
    operation: Operation,
    filings: Sequence[Filing],
    *,
    attestation: Attestation | None = None,
    all_or_nothing: bool = False,
    dry_run: bool = False,
    turn: AbstractAsyncContextManager[None] | None = None,
) -> FilingReport:
    """File up to ``BATCH_MOST`` records of the viewer's own unit.

    With an ``attestation`` (machine clients and imports only) the records come into force at once; without one
    they wait for the checker. ``dry_run`` checks everything and writes nothing. ``turn`` is held from the first
    look at the register to the last write: a caller with many batches has one checked while another is written.
    Raises Refused when the viewer may not file at all, BadInput for a batch of the wrong size.
    """
    viewer, platform = operation.viewer, operation.platform
    await attested(operation, attestation)
    checked_batch(len(filings), "filings", "报送记录")
    unit = await platform.units.get(viewer.unit or "")
    drafts: list[Draft] = []
    refused: list[RefusedFiling] = []
    seen: set[tuple[str, str]] = set()
    for index, filing in enumerate(filings):
        # Checking takes a millisecond a record: whoever waits for the database meanwhile is let in between.
        await asyncio.sleep(0)
        made = await draft(operation, unit, index, filing)
        if not isinstance(made, Draft):
            refused.append(RefusedFiling(index, _named_by(filing, made), made))
        elif (filing.kind, made.filing.source_no) in seen:
            twice = fault(
                "sourceRecordNo", "来源记录编号", "duplicate_in_batch", "stands twice in this batch"
            )
            refused.append(RefusedFiling(index, made.filing.source_no, (twice,)))
        else:
            seen.add((filing.kind, made.filing.source_no))
            drafts.append(made)
    async with turn or nullcontext():
        return await _register(operation, unit, drafts, refused, attestation, all_or_nothing, dry_run)


async def attested(operation: Operation, attestation: Attestation | None) -> None:
    """Hold that the viewer may file, and that only a machine client carries maker and checker by name (Art. 23).

    Raises Refused, BadInput.
    """
    objection = acting.may(operation.viewer, Verb.FILE)
    if objection is None and attestation is not None:
        objection = acting.two_people(attestation.maker, attestation.checker)
        if any(personal.find(name, published=True) for name in (attestation.maker, attestation.checker)):
            raise BadInput(
                "attestation (报送审核人): names only, no numbers of persons.",
                field="attestation",
                rule="personal_data",
            )
    if objection is not None:
        await _note_refusal(operation, objection.code, 0)
        raise refused_by(objection)
    if attestation is not None and not operation.viewer.machine:
        raise BadInput(
            "attestation (报送审核人): only a machine client may carry maker and checker by name.",
            field="attestation",
            rule="machine_only",
        )


def checked_batch(size: int, name: str, label: str) -> None:
    """Hold that a batch has a size that is taken. Raises BadInput."""
    if not 1 <= size <= BATCH_MOST:
        raise BadInput(
            f"{name} ({label}): a batch has 1 to {BATCH_MOST} records.", field=name, rule="batch_size"
        )


def _named_by(filing: Filing, faults: tuple[Fault, ...]) -> str:
    """The source number to answer with; empty where it was the fault, for it may be what must not be repeated."""
    if any(one.field == "sourceRecordNo" for one in faults):
        return ""
    return filing.source_no[:SOURCE_NO_MOST]


async def _register(
    operation: Operation,
    unit: Mapping[str, Any] | None,
    drafts: list[Draft],
    refused: list[RefusedFiling],
    attestation: Attestation | None,
    all_or_nothing: bool,
    dry_run: bool,
) -> FilingReport:
    """Compare with what is held, then write what may be written; again when somebody filed the same meanwhile."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await _compared(operation, unit, drafts, refused, attestation, all_or_nothing, dry_run)
        except Conflict:
            await operation.again()
    return await _compared(operation, unit, drafts, refused, attestation, all_or_nothing, dry_run)


async def _compared(
    operation: Operation,
    unit: Mapping[str, Any] | None,
    drafts: list[Draft],
    refused: list[RefusedFiling],
    attestation: Attestation | None,
    all_or_nothing: bool,
    dry_run: bool,
) -> FilingReport:
    assert unit is not None or not drafts
    drafts, late = await _placed(operation, unit, drafts)
    refused = sorted([*refused, *late], key=lambda one: one.index)
    if dry_run or (refused and all_or_nothing):
        drafts = []
    if refused:
        rule = refused[0].faults[0].rule
        await _note_refusal(operation, rule, len(refused))
    if not drafts or unit is None:
        return FilingReport((), tuple(refused))
    if attestation is None:
        accepted = await _submit(operation, unit, drafts)
    else:
        accepted = await _put_in_force(operation, unit, drafts, attestation)
    return FilingReport(tuple(accepted), tuple(refused))


async def _note_refusal(operation: Operation, reason: str, rows: int) -> None:
    entry = operation.entry(
        Tag.RECORD_FILING_REFUSE, outcome=Outcome.REFUSED, reason=reason, ground="duty", rows=rows
    )
    await operation.platform.log.append([entry])


async def _placed(
    operation: Operation, by: Mapping[str, Any] | None, drafts: list[Draft]
) -> tuple[list[Draft], list[RefusedFiling]]:
    """Find what is already there: subjects, earlier versions, filings that wait."""
    platform, unit = operation.platform, operation.viewer.unit or ""
    if not drafts:
        return [], []
    codes = {one.subject.code for one in drafts if one.subject.code}
    ciphers = {one.cipher for one in drafts if one.cipher is not None}
    known: dict[Any, dict[str, Any]] = {}
    for found in await platform.subjects.known(sorted(codes), list(ciphers)):
        known[found.get("code") or bytes(found["id_cipher"])] = found
    earlier = await platform.records.by_source((unit, one.kind.code, one.filing.source_no) for one in drafts)
    pending_there: dict[tuple[str, str], dict[str, Any]] = {}
    for code in {one.kind.code for one in drafts}:
        numbers = [one.filing.source_no for one in drafts if one.kind.code == code]
        for number, pending in (await platform.filings.pending(unit, code, numbers)).items():
            pending_there[code, number] = pending
    placed, refused = [], []
    for one in drafts:
        key = one.subject.code or bytes(one.cipher or b"")
        subject = known.get(key)
        if subject is not None and one.subject.kind is None and subject["kind"] != one.subject_kind:
            again = await held_as(operation, by, one, SubjectKind(subject["kind"]))
            if not isinstance(again, Draft):
                refused.append(RefusedFiling(one.index, one.filing.source_no, again))
                continue
            one = again
        one.old = earlier.get((unit, one.kind.code, one.filing.source_no))
        fault = place_fault(one, subject, pending_there.get((one.kind.code, one.filing.source_no)), operation)
        if fault is not None:
            refused.append(RefusedFiling(one.index, one.filing.source_no, (fault,)))
            continue
        if subject is None:
            subject = {
                "_id": new_id("sub"),
                "kind": one.subject_kind.value,
                "new": True,
                "name": name_in(one),
            }
            known[key] = subject
        one.subject_id = subject["_id"]
        placed.append(one)
    return placed, refused


async def _submit(operation: Operation, unit: Mapping[str, Any], drafts: Sequence[Draft]) -> list[Receipt]:
    """Interactive filings: checked now, in force only when the checker approves (Art. 23)."""
    maker = operation.viewer.officer or operation.viewer.id
    receipts, documents = [], []
    for one in drafts:
        if one.old is not None and one.unchanged:
            receipts.append(_receipt(one, one.old["_id"], one.old["version"], ReceiptState.UNCHANGED))
            continue
        pending = await operation.platform.filings.pending(unit["_id"], one.kind.code, [one.filing.source_no])
        if one.filing.source_no in pending:
            same = pending[one.filing.source_no]
            receipts.append(_receipt(one, same["_id"], same["record"]["version"], ReceiptState.PENDING))
            continue
        record = record_document(operation, unit, one, Attestation(maker, ""))
        report = reported(one.filing.correction, operation)
        documents.append(
            waiting(operation, subject_document(operation, one, 0), record, one.filing.source_no, report)
        )
        identifier = documents[-1]["_id"]
        receipts.append(_receipt(one, identifier, record["version"], ReceiptState.PENDING, operation, report))

    async def work(writing: Writing) -> None:
        await operation.platform.filings.add(documents, writing.session)
        await writing.append([_entry(operation, Tag.RECORD_FILING_SUBMIT, drafts)])

    if documents:
        await operation.platform.log.transact(work)
    return receipts


async def _put_in_force(
    operation: Operation, unit: Mapping[str, Any], drafts: Sequence[Draft], attestation: Attestation
) -> list[Receipt]:
    receipts, changed, reports = [], [], {}
    for one in drafts:
        if one.old is not None and one.unchanged:
            receipts.append(_receipt(one, one.old["_id"], one.old["version"], ReceiptState.UNCHANGED))
            continue
        record = record_document(operation, unit, one, attestation)
        changed.append((subject_document(operation, one, 0), record, one.old))
        report = reported(one.filing.correction, operation)
        if report is not None:
            reports[record["_id"]] = report
        receipts.append(
            _receipt(one, record["_id"], record["version"], ReceiptState.IN_FORCE, operation, report)
        )

    async def work(writing: Writing) -> None:
        await put_in_force(operation, changed, writing, reports)
        await writing.append([_entry(operation, Tag.RECORD_FILING_SUBMIT, drafts)])

    if changed:
        await operation.platform.log.transact(work)
    return receipts


def _receipt(
    one: Draft,
    identifier: str,
    version: int,
    state: ReceiptState,
    operation: Operation | None = None,
    report: Report | None = None,
) -> Receipt:
    judged = None if operation is None or report is None else judge(report, operation.regime)
    return Receipt(one.index, one.filing.source_no, identifier, version, state, judged)


def _entry(operation: Operation, tag: Tag, drafts: Sequence[Draft]) -> Entry:
    rows: dict[str, int] = {}
    for one in drafts:
        rows[one.kind.type_name] = rows.get(one.kind.type_name, 0) + 1
    kinds = tuple(KindAccess(name, rows=count) for name, count in sorted(rows.items()))
    return operation.entry(tag, ground="duty", kinds=kinds, rows=len(drafts))
