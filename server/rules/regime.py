"""What periods are computed by at one time: the rule sets applied together and the calendar, as one numbered value.

Each change of either makes a new regime. A record carries the number of the regime its clocks were computed under;
``since`` says with which number the clocks of a kind last changed, so that a record computed before is known to be
stale, and is judged anew wherever it is read until it has been computed again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.catalogue.kind import Catalogue, Category, Kind
from server.rules.ruleset import RuleSets
from server.rules.workdays import WorkCalendar

_ALWAYS = ("natural_person_never_public", "validity_is_publicity")
_DISHONEST = ("disclosure_max_months", "person_retention_months")
_PENALTY = (
    "penalty_not_published",
    "penalty_publicity_min_months",
    "penalty_publicity_min_months_safety",
    "penalty_publicity_max_months",
    "safety_domains",
    "penalty_classes",
)
_SEVERE = (
    "severe_unpublish_working_days",
    "severe_publicity_min_months",
    "severe_publicity_max_months",
    "severe_retention_months",
)
PENALTY, SEVERE = "administrative_penalty", "severe_list_entry"
COUNTS_WORKING_DAYS = frozenset({SEVERE})
"""Kinds whose clocks depend on the calendar."""


@dataclass(frozen=True, slots=True)
class Regime:
    """The rule sets and the calendar of one time. ``settled`` is False while some records are stale."""

    number: int
    rules: RuleSets
    calendar: WorkCalendar
    since: Mapping[str, int] = field(default_factory=dict)
    settled: bool = True

    def stale(self, record: Mapping[str, Any]) -> bool:
        """Whether the clocks of a stored record (its ``kind`` and ``regime``) are not those of this regime."""
        number: int = record["regime"]
        return number > self.number or number < self.since.get(record["kind"], 0)


def depends(kind: Kind) -> tuple[str, ...]:
    """The parameters the clocks of a kind may depend on."""
    names: tuple[str, ...] = _ALWAYS
    if kind.category is Category.dishonest:
        names += _DISHONEST
    if kind.code == PENALTY:
        names += _PENALTY
    if kind.code == SEVERE:
        names += _SEVERE
    return names


def affected(
    catalogue: Catalogue, old: Regime | None, rules: RuleSets, calendar: WorkCalendar
) -> frozenset[str]:
    """The kinds whose clocks may change when ``old`` gives way to these rule sets and this calendar.

    A rule set that only words the same parameter anew under another name or article counts: each date names both.
    """
    if old is None:
        return frozenset(catalogue.kinds)  # whatever an earlier release wrote was computed under none
    kinds = {
        kind.code
        for kind in catalogue.kinds.values()
        if any(_changed(name, old.rules, rules) for name in depends(kind))
    }
    if old.calendar.years != calendar.years:
        kinds |= COUNTS_WORKING_DAYS & set(catalogue.kinds)
    return frozenset(kinds)


def _changed(name: str, before: RuleSets, after: RuleSets) -> bool:
    return before.find(name) != after.find(name) or _place(name, before) != _place(name, after)


def _place(name: str, rules: RuleSets) -> tuple[str, ...]:
    """The rule sets that have the parameter, superior first: which of two parameters prevails depends on it."""
    return tuple(one.id for one in rules.sets if name in one.parameters)


def after(catalogue: Catalogue, old: Regime | None, rules: RuleSets, calendar: WorkCalendar) -> Regime:
    """The regime that follows ``old``: one number higher, stale for the kinds it affects."""
    number = 1 if old is None else old.number + 1
    changed = affected(catalogue, old, rules, calendar)
    kept: dict[str, int] = dict(old.since) if old is not None else {}
    since = kept | dict.fromkeys(changed, number)
    return Regime(number, rules, calendar, since, settled=not changed and old is not None and old.settled)


def first(rules: RuleSets, calendar: WorkCalendar) -> Regime:
    """A regime by itself, for computing without a database."""
    return Regime(1, rules, calendar)


def calendar_versions(calendar: WorkCalendar) -> dict[str, int]:
    """Year -> version of the notices in a calendar, by which two calendars are told apart."""
    return {str(year): notice.version for year, notice in sorted(calendar.years.items())}


def ids(rules: RuleSets, versions: Mapping[str, int]) -> list[str]:
    """``id/version`` of the applied rule sets, superior first."""
    return [f"{one.id}/{versions[one.id]}" for one in rules.sets]
