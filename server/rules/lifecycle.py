"""When a record may be seen: its clocks, computed when it is written and compared when it is read.

Civil counting (Civil Code Art. 201, 202): the first day is not counted, months end on the corresponding day or
the month's last, and the last day is still visible. All dates are calendar days in city time.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from server.catalogue.kind import Category, Kind, SubjectKind
from server.rules.access import OPEN
from server.rules.ruleset import Parameter, RuleSets

OPEN_ENDED = "2099-12-31"
"""What source systems write for no end; stored as sent, but no clock ends on it."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The dates of one record as ISO texts (``OPEN`` where there is no end).

    ``pub_from`` is None for a record that is never public. ``pub_to`` never lies after ``disc_to``, nor that
    after ``keep_to``. ``rule_set`` names the rule set and article behind the publicity dates.
    """

    pub_from: str | None
    pub_to: str
    early_end: str | None
    disc_to: str
    keep_to: str
    rule_set: str


def add_months(start: date, months: int) -> date:
    """The corresponding day ``months`` later, or the last day of that month (Civil Code Art. 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def clocks(
    kind: Kind,
    subject_kind: SubjectKind,
    values: Mapping[str, Any],
    dated_on: date,
    rules: RuleSets,
    *,
    secret: bool,
) -> Clocks:
    """The clocks of a record with these stored ``values``, dated ``dated_on``.

    ``secret`` is True when the source unit flagged a commercial secret or privacy (Art. 7): never public.
    A clock whose start is not known (conduct that has not ended) stays open, as Art. 36 has it.
    """
    ended = _day(values.get(kind.conduct_ended_by)) if kind.conduct_ended_by else None
    dishonest = kind.category is Category.dishonest
    disc_to = OPEN
    if dishonest and ended is not None:
        disc_to = _after(ended, rules.parameter("disclosure_max_months"))
    keep_to = _retention(kind, subject_kind, values, ended, rules) if dishonest else OPEN
    # What is no longer kept is not disclosed either, even where no end of the conduct was ever filed.
    disc_to = min(disc_to, keep_to)
    publicity = _publicity(kind, subject_kind, values, dated_on, rules)
    if publicity is None or secret:
        rule = rules.parameter(
            "natural_person_never_public" if _person(subject_kind) else "penalty_not_published"
        )
        return Clocks(None, OPEN, None, disc_to, keep_to, rule.basis)
    pub_from, pub_to, early_end, basis = publicity
    return Clocks(pub_from, min(pub_to, disc_to), early_end, disc_to, keep_to, basis)


def _publicity(
    kind: Kind, subject_kind: SubjectKind, values: Mapping[str, Any], dated_on: date, rules: RuleSets
) -> tuple[str, str, str | None, str] | None:
    dishonest = kind.category is Category.dishonest
    if _person(subject_kind) or (subject_kind is SubjectKind.individual_business and dishonest):
        return None
    when = kind.published_when
    if when is not None and values.get(when.field or "") not in when.one_of:
        return None
    if kind.code == "administrative_penalty":
        return _penalty(values, dated_on, rules)
    start = _day(values.get(kind.valid_from)) if kind.valid_from else None
    end = _day(values.get(kind.valid_to)) if kind.valid_to else None
    if kind.code == "severe_list_entry":
        end = _day(values.get("removedOn"))
    basis = rules.parameter("penalty_publicity_max_months").rule_set
    return (
        min(start or dated_on, dated_on).isoformat(),
        end.isoformat() if end else OPEN,
        None,
        f"{basis}, Art. 31",
    )


def _penalty(
    values: Mapping[str, Any], decided: date, rules: RuleSets
) -> tuple[str, str, str | None, str] | None:
    types = set(values.get("penaltyTypes", ()))
    if types <= set(rules.parameter("penalty_not_published").value):
        return None
    safety = values.get("domain") in rules.parameter("safety_domains").value
    least = rules.parameter(
        "penalty_publicity_min_months_safety" if safety else "penalty_publicity_min_months"
    )
    most = rules.parameter("penalty_publicity_max_months")
    early_end = add_months(decided, least.value) + timedelta(days=1)
    return decided.isoformat(), _after(decided, most), early_end.isoformat(), most.basis


def _retention(
    kind: Kind, subject_kind: SubjectKind, values: Mapping[str, Any], ended: date | None, rules: RuleSets
) -> str:
    if _person(subject_kind):
        return OPEN if ended is None else _after(ended, rules.parameter("person_retention_months"))
    if kind.code == "severe_list_entry":
        removed = _day(values.get("removedOn"))
        return OPEN if removed is None else _after(removed, rules.parameter("severe_retention_months"))
    return OPEN


def _person(subject_kind: SubjectKind) -> bool:
    return subject_kind is SubjectKind.natural_person


def _after(start: date, period: Parameter) -> str:
    return add_months(start, period.value).isoformat()


def _day(value: Any) -> date | None:
    if not isinstance(value, str) or value >= OPEN_ENDED:
        return None
    return date.fromisoformat(value)
