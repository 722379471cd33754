"""Putting records in force: subjects, records, restarts of retention (Art. 35), events, all in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.actions.announce import Transition, announce, dishonest_kinds, placed, renewal
from server.actions.audit_log import Writing
from server.actions.listing import basic_fields, last_public_days, relist
from server.actions.operation import Operation
from server.model.ids import new_id
from server.rules import lifecycle
from server.rules.duties import Report, judge
from server.rules.regime import SEVERE, Regime
from server.rules.restart import noted
from server.rules.visibility import Cause
from server.store.mongo import Session

BASICS = ("entity_basic", "individual_business", "person_basic")

NO_REPORTS: Mapping[str, Report] = {}

Change = tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]
"""Subject, record, superseded record."""


async def put_in_force(
    operation: Operation,
    changed: Sequence[Change],
    writing: Writing,
    reports: Mapping[str, Report] = NO_REPORTS,
) -> None:
    """Write (subject, record, superseded record) triples: subjects that are new, records, and basic copies.

    ``reports`` holds what units report of these records by Art. 57 and 58, under the records' ids.

    Raises Conflict when a record, or the rules its dates were computed by, changed meanwhile.
    """
    platform, session = operation.platform, writing.session
    await platform.regimes.book.expect(operation.regime.number, session)
    subjects: dict[str, dict[str, Any]] = {}
    for subject, _, _ in changed:
        subjects.setdefault(subject["_id"], subject)
    codes = [one["code"] for one in subjects.values() if "code" in one]
    ciphers = [one["id_cipher"] for one in subjects.values() if "id_cipher" in one]
    known = {one["_id"]: one for one in await platform.subjects.known(codes, ciphers, session)}
    held = set(known)
    restarts = await _restarts(operation, changed, known, session)
    basics: dict[str, dict[str, Any]] = {}
    severe: set[str] = set()
    for _, record, _ in changed:
        if record["kind"] in BASICS:
            basics[record["subject"]] = record
        elif record["kind"] == SEVERE:
            severe.add(record["subject"])
    fresh = [one for identifier, one in subjects.items() if identifier not in held]
    if fresh:
        entities = [one for one in fresh if "code" in one]
        seq = await platform.subjects.next_seq(len(entities)) if entities else 0
        for offset, one in enumerate(entities):
            one["seq"] = seq + offset
        listed = last_public_days(changed)
        for one in fresh:
            one |= {"listed_to": listed.get(one["_id"]), "severe": one["_id"] in severe}
            one |= basic_fields(basics.get(one["_id"]))
        await platform.subjects.add(fresh, session)
    changes = [(i, basic_fields(record)) for i, record in basics.items() if i in held]
    changes += [(i, {"severe": True}) for i in sorted(severe & held) if not known[i].get("severe")]
    await platform.subjects.change(changes, session)
    await platform.records.add([record for _, record, old in changed if old is None], session)
    for _, record, old in changed:
        if old is not None:
            await platform.records.replace(old, record, operation.at, session)
    await platform.records.touch([only_new(one) for one in restarts], session)
    await relist(platform, changed, held, writing)
    await platform.duties.add(
        [_duty(operation, record, reports) for _, record, _ in changed if record["_id"] in reports], session
    )
    filed = [Transition(old, record, _cause(record)) for _, record, old in changed]
    await announce(platform, [*filed, *restarts], operation.at, session)


def _duty(operation: Operation, record: Mapping[str, Any], reports: Mapping[str, Report]) -> dict[str, Any]:
    report = reports[record["_id"]]
    return {
        "_id": new_id("dut"),
        "unit": record["unit"],
        "duty": report.duty.value,
        "kind": record["kind"],
        "record": record["_id"],
        "version": record["version"],
        "began_on": report.began.isoformat(),
        "reported_on": report.reported.isoformat(),
        "at": operation.at,
        **judged_fields(report, operation.regime),
    }


def judged_fields(report: Report, regime: Regime) -> dict[str, Any]:
    """How a report is judged, under the keys it is stored by."""
    judged = judge(report, regime)
    return {
        "due_on": judged.due.isoformat() if judged.due is not None else None,
        "days": judged.days,
        "regime": regime.number,
        "basis": judged.basis,
        "provisional": judged.provisional,
        "late": judged.late,
    }


def _cause(record: Mapping[str, Any]) -> Cause:
    return Cause.FILED if record["state"] == "active" else Cause.WITHDRAWN


def only_new(one: Transition) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """A record that goes on, and what of it is to be written."""
    assert one.old is not None
    assert one.new is not None
    return one.old, {name: value for name, value in one.new.items() if one.old.get(name) != value}


async def _restarts(
    operation: Operation,
    changed: Sequence[Change],
    known: Mapping[str, Mapping[str, Any]],
    session: Session,
) -> list[Transition]:
    """Severe listings already held whose retention the batch lets begin anew, or no longer (Art. 35).

    Listings of the batch itself are brought up to date in place.
    """
    platform, dishonest = operation.platform, dishonest_kinds(operation.platform)
    batch: dict[str, list[dict[str, Any]]] = {}
    for _, record, _ in changed:
        if record["kind"] in dishonest:
            batch.setdefault(record["subject"], []).append(record)
    new_listings = {one for one, found in batch.items() if any(r["kind"] == SEVERE for r in found)}
    flagged = {one for one in batch if known.get(one, {}).get("severe")}
    # Also one that is shielded already: conduct within its ten years may become known late.
    states = ("active", "shielded")
    stored = await platform.records.of_subjects(flagged, (SEVERE,), session, states) if flagged else []
    others = (
        await platform.records.of_subjects(new_listings & set(known), dishonest, session)
        if new_listings & set(known)
        else []
    )
    inside = {record["_id"] for _, record, _ in changed}
    for subject in new_listings:
        beside = [one for one in others if one["subject"] == subject and one["_id"] not in inside]
        for listing in batch[subject]:
            if listing["kind"] == SEVERE:
                _brought_up_to_date(listing, [*beside, *batch[subject]])
                listing |= lifecycle.renewed(listing, platform.catalogue, operation.regime)
                listing |= placed(listing, operation.at)
    transitions = []
    for listing in stored:
        if listing["_id"] in inside:
            continue
        new = dict(listing)
        if _brought_up_to_date(new, batch[listing["subject"]]):
            kept = lifecycle.renewed(new, platform.catalogue, operation.regime)["keep_to"]
            new["state"] = "active" if kept >= operation.today.isoformat() else listing["state"]
            new |= renewal(platform, operation.regime, new, operation.at)
            transitions.append(Transition(listing, new, Cause.RECOMPUTED))
    return transitions


def _brought_up_to_date(listing: dict[str, Any], others: Sequence[Mapping[str, Any]]) -> bool:
    """Let a listing know the conducts that other records tell of; True when that is news."""
    known = before = listing["facts"]["restarts"]
    for one in others:
        if one["_id"] != listing["_id"]:
            active = one["state"] == "active"
            known = noted(known, one["_id"], lifecycle.conduct_of(one["facts"]) if active else None)
    listing["facts"] = {**listing["facts"], "restarts": known}
    return bool(known != before)
