"""The checker's desk: filings that wait, approving one into force, returning one to its maker (Art. 23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.actions.announce import placed
from server.actions.audit_log import Writing
from server.actions.draft import fault
from server.actions.filing import REASON_MOST, Receipt, ReceiptState, RefusedFiling
from server.actions.listing import seen_by
from server.actions.look_up import checked_first
from server.actions.operation import Operation
from server.actions.put_in_force import put_in_force
from server.actions.views import Chosen, opened
from server.audit.entry import Entry, KindAccess, Tag
from server.catalogue.fault import Fault
from server.catalogue.kind import SubjectKind
from server.errors import BadInput, Conflict
from server.model.filing import Deed, FilingState
from server.model.view import Exposure, RecordView
from server.rules import acting, lifecycle
from server.rules.access import Relation, Scope, see
from server.rules.acting import Verb
from server.rules.duties import Duty, Judged, Report, judge
from server.store.rule_sets import RulesChanged

DESK_MOST = 100


class RetentionEnded(Conflict):
    """What waited for its checker may no longer be kept (Art. 35, 36)."""


@dataclass(frozen=True, slots=True)
class FilingView:
    """A filing on the desk, with the record as it would come into force."""

    id: str
    source_no: str
    state: FilingState
    maker: str
    checker: str | None
    reason: str | None
    submitted_at: Any
    decided_at: Any
    record: RecordView | None
    deed: Deed
    judged: Judged | None
    cursor: str


@dataclass(frozen=True, slots=True)
class Desk:
    """One page of filings."""

    views: Sequence[FilingView]
    has_next: bool
    has_previous: bool


async def desk(
    operation: Operation, state: FilingState, first: int, after: str | None, chosen: Chosen
) -> Desk:
    """The unit's own filings in one state, newest first. Raises Refused for other roles."""
    platform, unit = operation.platform, operation.viewer.unit or ""
    objection = acting.may(operation.viewer, Verb.READ_QUEUE)
    if objection is not None:
        raise operation.objected(objection)
    first = checked_first(first)
    bound = ("filings", unit, state.value)
    below = platform.cursors.open(after, *bound) if after is not None else None
    found = await platform.filings.page(unit, state, below, first + 1)
    scope = Scope(Relation.FILING_UNIT, operation.today)
    exposure = operation.expose(Exposure(subject=unit, relation=scope.relation, ground="duty"))
    views = []
    for one in found[:first]:
        record = await opened(operation, narrowed(one["record"], chosen))
        record |= lifecycle.renewed(record, platform.catalogue, operation.regime)
        clauses = platform.planner.reach(scope, (SubjectKind(record["subject_kind"]),), (record["kind"],))
        over = record["keep_to"] < operation.today.isoformat()
        seen = see(record, clauses[0], exposure) if clauses and not over else None
        if seen is not None:
            exposure.met(seen)
        views.append(
            FilingView(
                id=one["_id"],
                source_no=one["source_no"],
                state=FilingState(one["state"]),
                maker=one["maker"],
                checker=one["checker"],
                reason=one["reason"],
                submitted_at=one["submitted_at"],
                decided_at=one["decided_at"],
                record=seen,
                deed=Deed(one["deed"]),
                judged=None if one["report"] is None else judge(_report(one["report"]), operation.regime),
                cursor=platform.cursors.seal(one["_id"], *bound),
            )
        )
    return Desk(views, len(found) > first, after is not None)


def narrowed(record: dict[str, Any], chosen: Chosen) -> dict[str, Any]:
    """The record without the fields of its body that were not selected, so that nothing needless is decrypted."""
    kept: dict[str, Any] = {**record, "body": {}}
    names = frozenset().union(*chosen.wanted.values()) if chosen.wanted else frozenset()
    for code, body in record["body"].items():
        kept["body"][code] = {name: value for name, value in body.items() if name in names}
    return kept


async def approve(
    operation: Operation, identifiers: Sequence[str]
) -> tuple[list[Receipt], list[RefusedFiling]]:
    """Put filings of the own unit into force; the checker is another person than the maker (Art. 23)."""
    found = await _on_desk(operation, identifiers)
    accepted: list[Receipt] = []
    refused: list[RefusedFiling] = []
    for index, identifier in enumerate(identifiers):
        filing = found.get(identifier)
        refusal = _not_decidable(operation, filing)
        if filing is None or refusal is not None:
            refused.append(
                RefusedFiling(index, filing["source_no"] if filing else "", (refusal or _missing(),))
            )
            continue
        try:
            version = await _into_force(operation, filing)
        except RulesChanged:
            await operation.again()
            version = await _into_force(operation, filing)
        except RetentionEnded:
            over = fault(
                "id", "编号", "retention_ended", "names a record of which nothing may be kept any more"
            )
            refused.append(RefusedFiling(index, filing["source_no"], (over,)))
            continue
        except Conflict:
            version = None
        if version is None:
            late = fault(
                "sourceRecordNo", "来源记录编号", "superseded", "was filed anew meanwhile; return the filing"
            )
            refused.append(RefusedFiling(index, filing["source_no"], (late,)))
            continue
        accepted.append(
            Receipt(index, filing["source_no"], filing["record"]["_id"], version, ReceiptState.IN_FORCE)
        )
    return accepted, refused


async def _into_force(operation: Operation, filing: Mapping[str, Any]) -> int | None:
    """Write the record with its checker, judged on the day of approval; None when it no longer fits."""
    platform, checker = operation.platform, _name_of(operation)
    subject, record = dict(filing["subject"]), dict(filing["record"])
    source = (filing["unit"], filing["kind"], filing["source_no"])
    old = (await platform.records.by_source([source])).get(source)
    if (old["version"] + 1 if old else 1) != record["version"]:
        return None
    key = [subject["code"]] if "code" in subject else []
    cipher = [subject["id_cipher"]] if "id_cipher" in subject else []
    known = await platform.subjects.known(key, cipher)
    if known and known[0]["kind"] != record["subject_kind"]:
        return None
    subject["_id"] = known[0]["_id"] if known else subject["_id"]
    record |= {"subject": subject["_id"], "checker": checker, "updated_at": operation.at}
    kind = platform.catalogue.kind(record["kind"])
    if old is not None and "restarts" in record["facts"]:
        record["facts"] = {**record["facts"], "restarts": old["facts"]["restarts"]}
    record |= lifecycle.renewed(record, platform.catalogue, operation.regime)
    record |= {"tick": old["tick"] if old else 0, **placed(record, operation.at)}
    if filing["deed"] == Deed.FILE and record["keep_to"] < operation.today.isoformat():
        raise RetentionEnded("Nothing may be kept of it any more (Art. 35, 36); return the filing.")
    reason = record["change_reason"]
    record |= seen_by(operation, kind, old, record)
    if filing["deed"] == Deed.WITHDRAW:
        record["change_reason"] = reason
    reports = {} if filing["report"] is None else {record["_id"]: _report(filing["report"])}

    async def work(writing: Writing) -> None:
        changes = {
            "state": FilingState.APPROVED.value,
            "checker": checker,
            "decided_at": operation.at,
        }
        await platform.filings.decide(filing, changes, writing.session)
        await put_in_force(operation, [(subject, record, old)], writing, reports)
        await writing.append([_entry(operation, Tag.RECORD_FILING_APPROVE, filing, subject["_id"])])

    await platform.log.transact(work)
    return int(record["version"])


async def give_back(
    operation: Operation, identifier: str, reason: str
) -> tuple[list[Receipt], list[RefusedFiling]]:
    """Return a filing to its maker with a reason (Art. 23). Raises Refused, BadInput."""
    if not 1 <= len(reason.strip()) <= REASON_MOST:
        raise BadInput(f"reason (退回理由): 1 to {REASON_MOST} characters.", field="reason", rule="length")
    filing = (await _on_desk(operation, [identifier])).get(identifier)
    refusal = _not_decidable(operation, filing)
    if filing is None or refusal is not None:
        number = filing["source_no"] if filing else ""
        return [], [RefusedFiling(0, number, (refusal or _missing(),))]

    async def work(writing: Writing) -> None:
        changes = {
            "state": FilingState.RETURNED.value,
            "checker": _name_of(operation),
            "reason": reason.strip(),
            "decided_at": operation.at,
        }
        await operation.platform.filings.decide(filing, changes, writing.session)
        await writing.append([_entry(operation, Tag.RECORD_FILING_RETURN, filing, None)])

    await operation.platform.log.transact(work)
    return [
        Receipt(0, filing["source_no"], identifier, filing["record"]["version"], ReceiptState.RETURNED)
    ], []


async def _on_desk(operation: Operation, identifiers: Sequence[str]) -> dict[str, dict[str, Any]]:
    objection = acting.may(operation.viewer, Verb.CHECK)
    if objection is not None:
        raise operation.objected(objection)
    if not 1 <= len(identifiers) <= DESK_MOST:
        raise BadInput(f"ids (编号): 1 to {DESK_MOST} filings.", field="ids", rule="batch_size")
    return await operation.platform.filings.get(identifiers, operation.viewer.unit or "")


def _not_decidable(operation: Operation, filing: Mapping[str, Any] | None) -> Fault | None:
    if filing is None:
        return _missing()
    if filing["state"] != FilingState.PENDING.value:
        return fault("id", "编号", "not_pending", "names a filing that was decided already")
    same_token = filing["maker_id"] == operation.viewer.id
    if same_token or acting.two_people(filing["maker"], _name_of(operation)) is not None:
        return fault("id", "编号", "maker_is_checker", "names a filing by the same person (Art. 23)")
    return None


def _missing() -> Fault:
    return fault("id", "编号", "unknown_filing", "names no filing of this unit")


def _report(stored: Mapping[str, str]) -> Report:
    began, told = (date.fromisoformat(stored[name]) for name in ("began", "reported"))
    return Report(Duty(stored["duty"]), began, told)


def _name_of(operation: Operation) -> str:
    return operation.viewer.officer or operation.viewer.id


def _entry(operation: Operation, tag: Tag, filing: Mapping[str, Any], subject: str | None) -> Entry:
    kind = operation.platform.catalogue.kind(filing["kind"])
    return operation.entry(
        tag, ground="duty", subject=subject, kinds=(KindAccess(kind.type_name, rows=1),), rows=1
    )
