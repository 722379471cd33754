"""What a change of a record means to a viewer: that it appeared, changed or ended, or nothing at all.

An event reaches a viewer only when something it may read changed: that anything hidden changed, even that something
did, must not be told. A third party and a government unit are told by the same plans that decide what they read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from server.catalogue.kind import Kind
from server.rules.access import ENVELOPE_SOURCE, STAGES, WINDOWS, KindPlan, Scope, Stage
from server.rules.decision import FieldState

STAGE = "stage"
_QUIET = frozenset(
    {"contentHash", "submittedBy", "reviewedBy", "catalogueVersion", "submittedAt", "changeReason"}
)
"""Fields of the envelope that follow a change instead of being one."""


class Cause(StrEnum):
    """Why a record changed."""

    FILED = "filed"
    """A unit filed it, or a new version of it."""
    WITHDRAWN = "withdrawn"
    """The unit withdrew it (Art. 57, 58)."""
    PERIOD_ENDED = "period_ended"
    """A period ended."""
    RECOMPUTED = "recomputed"
    """Its dates follow from other rules, another calendar or another record now."""
    DELETED = "deleted"
    """Its retention ended and it was deleted (Art. 36)."""


class Meaning(StrEnum):
    """What an event is to one viewer."""

    APPEARED = "APPEARED"
    CHANGED = "CHANGED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Difference:
    """Names of what differs between two states of a record: in full, and in masked form. None: it is new."""

    fields: frozenset[str]
    masked: frozenset[str]


def difference(kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    """What differs between two stored states of a record, by the names of fields."""
    names = {
        name for name, key in ENVELOPE_SOURCE.items() if name not in _QUIET and old.get(key) != new.get(key)
    }
    if old.get("announced") != new.get("announced"):
        names.add(STAGE)
    parts = []
    for part in ("body", "masked"):
        before, after = (one.get(part, {}).get(kind.code, {}) for one in (old, new))
        parts.append({name for name in before.keys() | after.keys() if before.get(name) != after.get(name)})
    return Difference(frozenset(names | parts[0]), frozenset(parts[1]))


def meaning(
    scope: Scope,
    plan: KindPlan,
    was: Stage | None,
    now: Stage | None,
    changed: Difference | None,
    stages: Sequence[Stage] | None = None,
) -> Meaning | None:
    """What an event that moves a record from one stage to another means on a footing; None: nothing.

    ``plan`` is that of the first window of the footing; ``changed`` is None for a record that is new; ``stages`` are
    those in which a record counts as visible, by default those of that window.
    """
    if not plan.visible:
        return None
    stages = stages or STAGES[WINDOWS[scope.audience][0]]
    before, after = was in stages, now in stages
    if not before:
        return Meaning.APPEARED if after else None
    if not after:
        return Meaning.ENDED
    if changed is None or readable(plan, changed):
        return Meaning.CHANGED
    return None


def readable(plan: KindPlan, changed: Difference) -> bool:
    """Whether something of what changed is shown by the plan, in the form in which it changed."""
    states = plan.states
    return any(states.get(name) == FieldState.SHOWN for name in changed.fields) or any(
        states.get(name) == FieldState.MASKED for name in changed.masked
    )
