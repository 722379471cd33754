"""Telling of changes: from a record before and after to the event that feeds tell, with the addresses it is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.actions.platform import Platform
from server.catalogue.kind import Category, Kind, SubjectKind
from server.model.ids import new_id
from server.rules import changes, lifecycle, relation
from server.rules.access import Stage, Window, stage_of
from server.rules.regime import Regime
from server.rules.visibility import Cause, Difference, Meaning, difference, meaning
from server.store.changes import PENDING, PUBLIC, about, own, received
from server.store.mongo import Session

TERMINAL = frozenset({Stage.SHIELDED, Stage.DISCLOSURE_ENDED})
"""Stages in which nobody the record was given to may use it any more (Art. 35, 36; Shandong Art. 38)."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A record before (None: it is new) and after (None: it is deleted), and why."""

    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    cause: Cause

    @property
    def record(self) -> Mapping[str, Any]:
        """Whatever is there of it."""
        found = self.new if self.new is not None else self.old
        assert found is not None
        return found


def placed(record: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What a record carries for the sweep: the stage it is announced in, and the day that is no longer right."""
    day = at.date()
    return {"announced": stage_of(record, day).value, "due": lifecycle.next_change(record, day)}


def renewal(platform: Platform, regime: Regime, record: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What changes in a stored record when its clocks are computed again: dates, marks, stage and day due."""
    catalogue = platform.catalogue
    fresh = lifecycle.renewed(record, catalogue, regime)
    fresh |= placed({**record, **fresh}, at)
    kind, subject_kind = catalogue.kind(record["kind"]), SubjectKind(record["subject_kind"])
    return fresh | changes.marks(kind, subject_kind, record, {**record, **fresh}, at)


async def announce(
    platform: Platform, transitions: Sequence[Transition], at: datetime, session: Session
) -> int:
    """Write the events of these transitions in their transaction; returns how many there are.

    Units that were given a record are told when it must no longer be used, and when what they were given of it
    has changed; nobody is told of what it may not read.
    """
    known = [one.record["_id"] for one in transitions if one.old is not None]
    given = await platform.deliveries.of(known, session)
    events = [
        event
        for one in transitions
        if (event := _event(platform, one, given.get(one.record["_id"], {}), at)) is not None
    ]
    await platform.changes.add(events, session)
    return len(events)


def _event(
    platform: Platform, one: Transition, given: Mapping[str, frozenset[str]], at: datetime
) -> dict[str, Any] | None:
    record = one.record
    kind, subject_kind = platform.catalogue.kind(record["kind"]), SubjectKind(record["subject_kind"])
    was, now = _stage(one.old), _stage(one.new)
    changed = difference(kind, one.old, one.new) if one.old is not None and one.new is not None else None
    if changed is not None and not changed.fields and not changed.masked:
        return None
    to = [PENDING, about(record["subject"]), own(record["unit"])]
    if _public(platform, kind, subject_kind, was, now, changed, at) is not None:
        to.append(PUBLIC)
    ended = (now is None or now in TERMINAL) and was not in TERMINAL
    for unit, fields in sorted(given.items()):
        if ended or (changed is not None and fields & (changed.fields | changed.masked)):
            to.append(received(unit))
    return {
        "_id": new_id("chg"),
        "seq": 0,
        "to": to,
        "at": at,
        "record": record["_id"],
        "version": record["version"],
        "kind": kind.code,
        "subject": record["subject"],
        "subject_kind": subject_kind.value,
        "unit": record["unit"],
        "cause": one.cause.value,
        "was": was.value if was is not None else None,
        "now": now.value if now is not None else None,
        "fields": None if changed is None else sorted(changed.fields),
        "masked": None if changed is None else sorted(changed.masked),
    }


def _public(
    platform: Platform,
    kind: Kind,
    subject_kind: SubjectKind,
    was: Stage | None,
    now: Stage | None,
    changed: Difference | None,
    at: datetime,
) -> Meaning | None:
    scope = relation.public(at.date())
    plan = platform.planner.plan(scope, kind.code, subject_kind, Window.PUBLISHED)
    return meaning(scope, plan, was, now, changed)


def _stage(record: Mapping[str, Any] | None) -> Stage | None:
    return None if record is None else Stage(record["announced"])


def dishonest_kinds(platform: Platform) -> frozenset[str]:
    """The kinds that tell of dishonest conduct (Art. 10, 13)."""
    kinds = platform.catalogue.kinds.values()
    return frozenset(kind.code for kind in kinds if kind.category is Category.dishonest)
