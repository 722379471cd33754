"""From a checked draft to the documents that are stored: the record with its clocks, its subject, a filing that waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.actions.announce import placed
from server.actions.draft import Draft, name_in
from server.actions.filing import Attestation, Correction
from server.actions.listing import seen_by
from server.actions.operation import Operation
from server.catalogue.kind import SubjectKind
from server.model.filing import Deed, FilingState
from server.model.ids import new_id
from server.rules import lifecycle
from server.rules.duties import Report
from server.store.records import slot_of
from server.store.subjects import grams_of


def record_document(
    operation: Operation, unit: Mapping[str, Any], one: Draft, attestation: Attestation
) -> dict[str, Any]:
    """The record as it will be stored, with its clocks."""
    facts = dict(one.facts)
    if one.old is not None and "restarts" in facts:
        facts["restarts"] = one.old["facts"]["restarts"]
    clocks = lifecycle.clocks(one.kind, one.subject_kind, facts, operation.regime)
    identifier = one.old["_id"] if one.old else new_id("rec")
    day = one.dated_on.isoformat()
    made = {
        "_id": identifier,
        "version": one.old["version"] + 1 if one.old else 1,
        "kind": one.kind.code,
        "subject": one.subject_id,
        "subject_kind": one.subject_kind.value,
        "unit": unit["_id"],
        "unit_name": unit["name"],
        "source_no": one.filing.source_no,
        "item": one.kind.item,
        "catalogue_version": operation.platform.catalogue.version,
        "maker": attestation.maker,
        "checker": attestation.checker,
        "filed_at": one.old["filed_at"] if one.old else operation.at,
        "updated_at": operation.at,
        "change_reason": one.filing.change_reason if one.old else None,
        "state": "active",
        "secrecy": list(one.filing.secrecy),
        "dated_on": day,
        "order": f"{day}~{identifier}",
        "slot": slot_of(identifier),
        **clocks.stored(),
        "facts": facts,
        "regime": operation.regime.number,
        "tick": one.old["tick"] if one.old else 0,
        "body": {one.kind.code: one.values},
        "masked": {one.kind.code: one.masked},
        "content_hash": one.digest,
    }
    made |= placed(made, operation.at)
    return made | seen_by(operation, one.kind, one.old, made)


def subject_document(operation: Operation, one: Draft, seq: int) -> dict[str, Any]:
    person = one.subject_kind is SubjectKind.natural_person
    made: dict[str, Any] = {
        "_id": one.subject_id,
        "version": 1,
        "kind": one.subject_kind.value,
        "name": "" if person else name_in(one),
        "grams": [] if person else grams_of(name_in(one)),
        "created_at": operation.at,
    }
    if person:
        made["id_cipher"] = one.cipher
    else:
        made |= {"code": one.subject.code, "seq": seq}
    return made


def reported(correction: Correction | None, operation: Operation) -> Report | None:
    """The report a correction makes today (Art. 57, 58); None for an ordinary change."""
    if correction is None:
        return None
    return Report(correction.duty, correction.began, operation.today)


def waiting(
    operation: Operation,
    subject: Mapping[str, Any],
    record: Mapping[str, Any],
    source_no: str,
    report: Report | None,
    deed: Deed = Deed.FILE,
) -> dict[str, Any]:
    """A filing by hand that waits for the unit's checker (Art. 23); ``report`` counts from today whenever that is."""
    return {
        "_id": new_id("fil"),
        "version": 1,
        "unit": record["unit"],
        "kind": record["kind"],
        "source_no": source_no,
        "deed": deed.value,
        "maker": operation.viewer.officer or operation.viewer.id,
        "maker_id": operation.viewer.id,
        "checker": None,
        "state": FilingState.PENDING.value,
        "reason": None,
        "submitted_at": operation.at,
        "decided_at": None,
        "subject": dict(subject),
        "record": dict(record),
        "report": None
        if report is None
        else {
            "duty": report.duty.value,
            "began": report.began.isoformat(),
            "reported": report.reported.isoformat(),
        },
    }
