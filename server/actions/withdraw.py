"""Withdrawing: a unit takes back a record that was wrong, or whose document was revoked (Art. 57, 58).

It is gone from every answer at once; its versions are kept. By hand a withdrawal waits for the unit's checker, as a
filing does (Art. 23): a record must not vanish by the will of one person either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.actions.announce import placed
from server.actions.audit_log import Writing
from server.actions.documents import reported, waiting
from server.actions.draft import correction_faults, fault, text_faults
from server.actions.file_records import attested, checked_batch
from server.actions.filing import Attestation, Correction, FilingReport, Receipt, ReceiptState, RefusedFiling
from server.actions.listing import seen_by
from server.actions.operation import Operation
from server.actions.put_in_force import put_in_force
from server.audit.entry import KindAccess, Tag
from server.catalogue.fault import Fault
from server.errors import Conflict
from server.model.filing import Deed
from server.rules import lifecycle
from server.rules.duties import Report, judge


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """One record to be withdrawn, by the unit's own key of it, and why."""

    kind: str
    source_no: str
    correction: Correction
    reason: str


Taken = tuple[int, Withdrawal, dict[str, Any], dict[str, Any]]
"""Place in the request, the withdrawal, the record in force and its subject."""


async def withdraw_records(
    operation: Operation, withdrawals: Sequence[Withdrawal], *, attestation: Attestation | None = None
) -> FilingReport:
    """Withdraw records of the viewer's own unit. Raises Refused for other roles, BadInput for a wrong batch.

    With an ``attestation`` (machine clients only) they are gone at once; without one when the checker approves.
    """
    await attested(operation, attestation)
    checked_batch(len(withdrawals), "withdrawals", "撤回记录")
    try:
        return await _withdrawn(operation, withdrawals, attestation)
    except Conflict:
        await operation.again()
        return await _withdrawn(operation, withdrawals, attestation)


async def _withdrawn(
    operation: Operation, withdrawals: Sequence[Withdrawal], attestation: Attestation | None
) -> FilingReport:
    unit = operation.viewer.unit or ""
    held = await operation.platform.records.by_source((unit, one.kind, one.source_no) for one in withdrawals)
    taken: list[Taken] = []
    refused: list[RefusedFiling] = []
    seen: set[tuple[str, str]] = set()
    for index, one in enumerate(withdrawals):
        old = held.get((unit, one.kind, one.source_no))
        faults = await _faults(operation, one, old, twice=(one.kind, one.source_no) in seen)
        if faults or old is None:
            unsafe = any(fault.field == "sourceRecordNo" and fault.rule != "not_in_force" for fault in faults)
            refused.append(RefusedFiling(index, "" if unsafe else one.source_no, tuple(faults)))
            continue
        seen.add((one.kind, one.source_no))
        subject = await operation.platform.subjects.by_id(old["subject"], {"id_cipher": 1})
        assert subject is not None
        taken.append((index, one, old, subject))
    if not taken:
        return FilingReport((), tuple(refused))
    accepted = await (
        _submit(operation, taken) if attestation is None else _at_once(operation, taken, attestation)
    )
    return FilingReport(tuple(accepted), tuple(refused))


async def _faults(
    operation: Operation, one: Withdrawal, old: Mapping[str, Any] | None, *, twice: bool
) -> list[Fault]:
    faults = text_faults(
        (("sourceRecordNo", "来源记录编号", one.source_no), ("reason", "撤回理由", one.reason))
    )
    if correction_faults(one.correction, operation.today):
        faults.append(fault("on", "更正或者撤销日期", "future_date", "must not lie in the future"))
    if old is not None and one.correction.began.isoformat() < old["dated_on"]:
        faults.append(fault("on", "更正或者撤销日期", "before_record", "lies before the date of the record"))
    if not one.reason.strip():
        faults.append(fault("reason", "撤回理由", "required", "is required (Art. 55)"))
    if twice:
        faults.append(
            fault("sourceRecordNo", "来源记录编号", "duplicate_in_batch", "stands twice in this batch")
        )
    if old is None or old["state"] != "active":
        faults.append(
            fault(
                "sourceRecordNo",
                "来源记录编号",
                "not_in_force",
                "names no record of this unit that is in force",
            )
        )
        return faults
    pending = await operation.platform.filings.pending(old["unit"], one.kind, [one.source_no])
    if pending:
        faults.append(
            fault(
                "sourceRecordNo", "来源记录编号", "filing_pending", "has a filing that waits for the checker"
            )
        )
    return faults


def _document(
    operation: Operation, one: Withdrawal, old: Mapping[str, Any], maker: str, checker: str
) -> dict[str, Any]:
    made = {
        **old,
        "version": old["version"] + 1,
        "state": "withdrawn",
        # Conduct that did not happen, or no longer counts, lasts no longer: what is kept of it has an end (Art. 36).
        "facts": {**old["facts"], "ended": old["facts"]["ended"] or operation.today.isoformat()},
        "change_reason": one.reason.strip(),
        "updated_at": operation.at,
        "maker": maker,
        "checker": checker,
    }
    made |= lifecycle.renewed(made, operation.platform.catalogue, operation.regime)
    made |= placed(made, operation.at)
    kind = operation.platform.catalogue.kind(old["kind"])
    return made | {**seen_by(operation, kind, old, made), "change_reason": one.reason.strip()}


async def _at_once(operation: Operation, taken: Sequence[Taken], by: Attestation) -> list[Receipt]:
    changed, receipts, reports = [], [], {}
    for index, one, old, subject in taken:
        record = _document(operation, one, old, by.maker, by.checker)
        report = reported(one.correction, operation)
        assert report is not None
        reports[record["_id"]] = report
        changed.append((subject, record, old))
        receipts.append(_receipt(operation, index, one, record["_id"], record, ReceiptState.IN_FORCE, report))

    async def work(writing: Writing) -> None:
        await put_in_force(operation, changed, writing, reports)
        await writing.append(_entries(operation, taken))

    await operation.platform.log.transact(work)
    return receipts


async def _submit(operation: Operation, taken: Sequence[Taken]) -> list[Receipt]:
    maker = operation.viewer.officer or operation.viewer.id
    documents, receipts = [], []
    for index, one, old, subject in taken:
        record = _document(operation, one, old, maker, "")
        report = reported(one.correction, operation)
        assert report is not None
        made = waiting(operation, subject, record, one.source_no, report, Deed.WITHDRAW)
        documents.append(made)
        receipts.append(_receipt(operation, index, one, made["_id"], record, ReceiptState.PENDING, report))

    async def work(writing: Writing) -> None:
        await operation.platform.filings.add(documents, writing.session)
        await writing.append(_entries(operation, taken))

    await operation.platform.log.transact(work)
    return receipts


def _receipt(
    operation: Operation,
    index: int,
    one: Withdrawal,
    identifier: str,
    record: Mapping[str, Any],
    state: ReceiptState,
    report: Report,
) -> Receipt:
    judged = judge(report, operation.regime)
    return Receipt(index, one.source_no, identifier, record["version"], state, judged)


def _entries(operation: Operation, taken: Sequence[Taken]) -> list[Any]:
    """One entry for each subject: it learns from its own log that a record about it was withdrawn (Art. 55)."""
    kinds = operation.platform.catalogue.kinds
    return [
        operation.entry(
            Tag.RECORD_WITHDRAWAL_SUBMIT,
            ground="duty",
            subject=old["subject"],
            kinds=(KindAccess(kinds[old["kind"]].type_name, rows=1),),
            rows=1,
        )
        for _, _, old, _ in taken
    ]
