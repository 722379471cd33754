"""Looking back: what of a subject was visible to whom on a past day, and why (Art. 38); for auditors, without values.

Every version of a record is kept with its facts, and every regime with its rule sets and calendar, so the dates of a
past day are computed as they were then. Of records deleted since only their stages are left, as the feed told them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from server.actions.open_file import find
from server.actions.operation import Operation
from server.actions.subject_key import read_key
from server.audit.entry import KindAccess, Tag
from server.catalogue.kind import Audience, Kind, SubjectKind
from server.clock import CITY
from server.errors import BadInput
from server.model.purpose import Purpose
from server.rules import acting, lifecycle, relation
from server.rules.access import Relation, Scope, Stage, decide, stage_of
from server.rules.acting import Verb
from server.rules.decision import Decision, FieldState, Rule
from server.rules.lifecycle import Clocks
from server.rules.regime import Regime
from server.store.changes import about

EVENTS_MOST = 5_000
AUDIENCES = (Audience.public, Audience.subject, Audience.third_party, Audience.government)


@dataclass(frozen=True, slots=True)
class PastAudience:
    """What one audience could have been shown of a record: names of fields, and the rule that decided."""

    audience: Audience
    shown: tuple[str, ...]
    masked: tuple[str, ...]
    rule: Rule

    @property
    def visible(self) -> bool:
        """Whether anything of it could be seen."""
        return bool(self.shown or self.masked)


@dataclass(frozen=True, slots=True)
class PastRecord:
    """A record as it stood on a past day. ``clocks`` and ``audiences`` are empty for one deleted since."""

    record: str
    kind: str
    version: int
    stage: Stage
    clocks: Clocks | None
    audiences: tuple[PastAudience, ...]
    rule_sets: tuple[str, ...]
    deleted_at: datetime | None = None


async def visible_on(operation: Operation, subject: str, day: date, matter: str) -> list[PastRecord]:
    """The records of a subject as they stood at the end of ``day`` (city time). Raises Refused, BadInput."""
    objection = acting.may(operation.viewer, Verb.READ_LOG)
    if objection is not None:
        raise operation.objected(objection)
    if not relation.matter_stated(matter):
        raise operation.refuse(relation.MATTER_MISSING)
    if day > operation.today:
        raise BadInput("day (日期): must not lie in the future.", field="day", rule="future_date")
    found = await find(operation, read_key(subject, operation.today), {})
    past = await operation.platform.regimes.on(day)
    made: list[PastRecord] = []
    if found is not None and past is not None:
        regime, document = past
        made = await _records(operation, found["_id"], day, regime, tuple(document["rule_sets"]))
    _note(operation, matter, found["_id"] if found else None, made)
    return sorted(made, key=lambda one: (one.kind, one.record))


def _note(operation: Operation, matter: str, subject: str | None, made: Sequence[PastRecord]) -> None:
    rows: dict[str, int] = {}
    for one in made:
        name = operation.platform.catalogue.kind(one.kind).type_name
        rows[name] = rows.get(name, 0) + 1
    kinds = tuple(KindAccess(name, rows=count) for name, count in sorted(rows.items()))
    operation.notes.append(
        operation.entry(
            Tag.ACCESS_EXPLAIN, ground="duty", matter=matter, subject=subject, kinds=kinds, rows=len(made)
        )
    )


async def _records(
    operation: Operation, subject: str, day: date, regime: Regime, rule_sets: tuple[str, ...]
) -> list[PastRecord]:
    platform = operation.platform
    after = datetime(day.year, day.month, day.day, tzinfo=CITY) + timedelta(days=1)
    states = ("active", "withdrawn", "shielded")
    held = await platform.records.of_subjects([subject], platform.catalogue.kinds, states=states)
    versions = await platform.records.versions(one["_id"] for one in held)
    made = []
    for current in held:
        past = _in_force(current, versions.get(current["_id"], ()), after)
        if past is not None:
            made.append(_judged(operation, past, day, regime, rule_sets))
    gone = await _deleted(operation, subject, after)
    return [*made, *gone]


def _in_force(
    current: Mapping[str, Any], versions: Sequence[Mapping[str, Any]], after: datetime
) -> Mapping[str, Any] | None:
    """The version that was in force just before ``after``; None where the record was not there yet."""
    if current["filed_at"] >= after:
        return None
    for one in versions:
        if one["superseded_at"] >= after:
            document: Mapping[str, Any] = one["document"]
            return document
    return current


def _judged(
    operation: Operation, past: Mapping[str, Any], day: date, regime: Regime, rule_sets: tuple[str, ...]
) -> PastRecord:
    kind = operation.platform.catalogue.kind(past["kind"])
    subject_kind = SubjectKind(past["subject_kind"])
    clocks = lifecycle.clocks(kind, subject_kind, past["facts"], regime)
    # A record shielded since was in force then as far as its dates said so.
    state = past["state"] if past["state"] == "withdrawn" else "active"
    stage = stage_of({"state": state, **clocks.stored()}, day)
    audiences = tuple(_audience(one, kind, subject_kind, stage, day) for one in AUDIENCES)
    return PastRecord(past["_id"], kind.code, past["version"], stage, clocks, audiences, rule_sets)


def _audience(
    audience: Audience, kind: Kind, subject_kind: SubjectKind, stage: Stage, day: date
) -> PastAudience:
    decisions: dict[str, Decision] = {}
    for field in kind.fields:
        scope = _scope(audience, kind, field.name, day)
        decisions[field.name] = decide(scope, kind, field, subject_kind, stage)
    states = {name: one.state for name, one in decisions.items()}
    shown = tuple(name for name, state in states.items() if state is FieldState.SHOWN)
    masked = tuple(name for name, state in states.items() if state is FieldState.MASKED)
    told = next(iter([*shown, *masked, *states]))
    return PastAudience(audience, shown, masked, decisions[told].rule)


def _scope(audience: Audience, kind: Kind, field: str, day: date) -> Scope:
    """The footing of an audience at its widest: with a consent that names the field, with a purpose that covers it."""
    if audience is Audience.subject:
        return Scope(Relation.SELF, day)
    if audience is Audience.third_party:
        return Scope(Relation.CONSENTED, day, consent=relation.sample_consent(kind.type_name, field, day))
    if audience is Audience.government:
        purpose = Purpose(min(kind.purposes)) if kind.purposes else Purpose.ADMINISTRATIVE_ACT
        return Scope(Relation.GOVERNMENT, day, purpose=purpose)
    return relation.public(day)


async def _deleted(operation: Operation, subject: str, after: datetime) -> list[PastRecord]:
    """Records deleted since: the stage they were last announced in before that day's end."""
    changes = operation.platform.changes
    events = await changes.page(about(subject), 0, await changes.number(), EVENTS_MOST)
    deleted = {one["record"]: one["at"] for one in events if one["now"] is None}
    made = {}
    for one in events:
        if (
            one["record"] in deleted
            and one["at"] < after <= deleted[one["record"]]
            and one["now"] is not None
        ):
            made[one["record"]] = PastRecord(
                one["record"],
                one["kind"],
                one["version"],
                Stage(one["now"]),
                None,
                (),
                (),
                deleted[one["record"]],
            )
    return list(made.values())
