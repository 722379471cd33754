"""When a record may be seen: its clocks, computed when it is written and compared when it is read.

Civil counting (Civil Code Art. 201, 202): the first day is not counted, months end on the corresponding day or
the month's last, and the last day is still visible. All dates are calendar days in city time. Clocks follow from
the record's facts and a regime alone, so computing them again gives what computing them first gave.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from server.catalogue.kind import Catalogue, Category, Kind, SubjectKind
from server.rules.access import OPEN, Stage, stage_of
from server.rules.parameters import PenaltyClass, RetentionEffect, classes_of
from server.rules.regime import PENALTY, SEVERE, Regime
from server.rules.restart import Restart, restarted
from server.rules.ruleset import Parameter, RuleSets

OPEN_ENDED = "2099-12-31"
"""What source systems write for no end; stored as sent, but no clock ends on it."""

NO_PUBLIC_FIELD = "Art. 30"
SECRET = "Art. 7"
INDIVIDUAL_BUSINESS = "Art. 34, 36"
BY_ITS_OWN_WORD = "Art. 18, 33, 48"
"""Why something is not public where no parameter says so: articles of the measure itself."""

NO_RULE = "no rule set applied"
"""The basis of a date that nothing applied governs: such a record is not public."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The dates of one record as ISO texts (``OPEN`` where there is no end), each with its rule set and article.

    ``pub_from`` is None for a record that is never public; ``rule_set`` is then the reason. ``pub_to`` never lies
    after ``disc_to``, nor that after ``keep_to``. ``early_end`` is the first day on which an early end of publicity
    may be applied for. ``provisional``: a date counts working days beyond the calendar's last known day.
    """

    pub_from: str | None
    pub_to: str
    early_end: str | None
    disc_to: str
    keep_to: str
    rule_set: str
    early_rule: str | None = None
    disc_rule: str | None = None
    keep_rule: str | None = None
    provisional: bool = False
    from_rule: str | None = None

    def stored(self) -> dict[str, Any]:
        """The clocks under the keys they are stored by."""
        return {name: getattr(self, name) for name in self.__slots__}


CLOCK_KEYS = tuple(Clocks.__slots__)


@dataclass(frozen=True, slots=True)
class _Publicity:
    start: str
    end: str
    rule: str
    early_end: str | None = None
    early_rule: str | None = None
    provisional: bool = False
    start_rule: str | None = None
    """Where another rule governs the end than the start."""


def add_months(start: date, months: int) -> date:
    """The corresponding day ``months`` later, or the last day of that month (Civil Code Art. 202)."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def facts_of(kind: Kind, values: Mapping[str, Any], dated_on: date, *, secret: bool) -> dict[str, Any]:
    """All that the clocks of a record take from it, as it is stored beside it.

    ``secret`` is True when the source unit flagged a commercial secret or privacy (Art. 7). ``restarts`` is added by
    whoever knows the subject's other records (Art. 35).
    """
    when = kind.published_when
    facts: dict[str, Any] = {
        "dated": dated_on.isoformat(),
        "secret": secret,
        "closed": when is not None and values.get(when.field or "") not in when.one_of,
        "from": _iso(values.get(kind.valid_from)) if kind.valid_from else None,
        "to": _iso(values.get(kind.valid_to)) if kind.valid_to else None,
        "ended": _iso(values.get(kind.conduct_ended_by)) if kind.conduct_ended_by else None,
    }
    if kind.code == PENALTY:
        facts |= {"types": sorted(values.get("penaltyTypes", ())), "domain": values.get("domain")}
    if kind.code == SEVERE:
        facts |= {"removed": _iso(values.get("removedOn")), "restarts": []}
    return facts


def clocks(kind: Kind, subject_kind: SubjectKind, facts: Mapping[str, Any], regime: Regime) -> Clocks:
    """The clocks of a record with these ``facts`` (of ``facts_of``) under a regime.

    A clock whose start is not known (conduct that has not ended) stays open, as Art. 36 has it.
    """
    rules = regime.rules
    ended = _day(facts["ended"])
    dishonest = kind.category is Category.dishonest
    keep_to, keep_rule = _retention(kind, subject_kind, facts, rules) if dishonest else (OPEN, None)
    disc_to, disc_rule = OPEN, None
    longest = rules.find("disclosure_max_months") if dishonest else None
    if longest is not None:
        disc_rule = longest.basis
        if ended is not None:
            disc_to = _after(ended, longest)
    if keep_to < disc_to:
        # What is no longer kept is not disclosed either, even where no end of the conduct was ever filed.
        disc_to, disc_rule = keep_to, keep_rule
    found = _publicity(kind, subject_kind, facts, regime)
    if isinstance(found, str):
        return Clocks(None, OPEN, None, disc_to, keep_to, found, None, disc_rule, keep_rule)
    end, rule = (disc_to, disc_rule or found.rule) if disc_to < found.end else (found.end, found.rule)
    if end < found.start:
        # All disclosure had ended before publicity could begin (Shandong Art. 38).
        return Clocks(None, OPEN, None, disc_to, keep_to, rule, None, disc_rule, keep_rule)
    early = found.early_end is not None and found.early_end <= end
    return Clocks(
        found.start,
        end,
        found.early_end if early else None,
        disc_to,
        keep_to,
        rule,
        found.early_rule if early else None,
        disc_rule,
        keep_rule,
        provisional=found.provisional and end == found.end,
        from_rule=found.start_rule or found.rule,
    )


def _publicity(
    kind: Kind, subject_kind: SubjectKind, facts: Mapping[str, Any], regime: Regime
) -> _Publicity | str:
    """The publicity of a record, or why it is never public."""
    rules = regime.rules
    if _person(subject_kind):
        never = rules.find("natural_person_never_public", "person_retention_months")
        return never.basis if never else NO_RULE
    if subject_kind not in kind.published_for:
        return _of_the_measure(rules, NO_PUBLIC_FIELD)
    if facts["secret"]:
        return _of_the_measure(rules, SECRET)
    if subject_kind is SubjectKind.individual_business and kind.category is Category.dishonest:
        return _of_the_measure(rules, INDIVIDUAL_BUSINESS)
    if facts["closed"]:
        return _of_the_measure(rules, BY_ITS_OWN_WORD)
    if kind.code == PENALTY:
        return _penalty(facts, rules)
    valid = rules.find("validity_is_publicity")
    if valid is None:
        return NO_RULE
    dated, start, end = facts["dated"], facts["from"], facts["to"]
    made = _Publicity(min(start or dated, dated), end or OPEN, valid.basis)
    return _severe(made, facts, regime) if kind.code == SEVERE else made


def _of_the_measure(rules: RuleSets, article: str) -> str:
    valid = rules.find("validity_is_publicity")
    return f"{valid.rule_set}, {article}" if valid else NO_RULE


def _penalty(facts: Mapping[str, Any], rules: RuleSets) -> _Publicity | str:
    governing = rules.find("penalty_classes", "penalty_publicity_max_months")
    if governing is None:
        return NO_RULE
    if isinstance(governing.value, list):
        return _by_class(facts, governing)
    unpublished = rules.find("penalty_not_published")
    if unpublished is not None and set(facts["types"]) <= set(unpublished.value):
        return unpublished.basis
    domains = rules.find("safety_domains")
    safety = domains is not None and facts["domain"] in domains.value
    names = ("penalty_publicity_min_months_safety",) if safety else ("penalty_publicity_min_months",)
    return _period(facts, rules.find(*names, "penalty_publicity_min_months"), governing)


def _by_class(facts: Mapping[str, Any], governing: Parameter) -> _Publicity | str:
    """Several types in one decision: the class with the longest publicity governs, as under Art. 34."""
    classes = [one for one in classes_of(governing.value) if one.types & set(facts["types"])]
    worst = max((one for one in classes if one.published), key=_length, default=None)
    if worst is None:
        return governing.basis
    least, most = (
        Parameter(months, governing.rule_set, governing.article)
        for months in (worst.min_months, worst.max_months)
    )
    return _period(facts, least, most)


def _length(one: PenaltyClass) -> tuple[int, int]:
    return one.max_months, one.min_months


def _period(facts: Mapping[str, Any], least: Parameter | None, most: Parameter) -> _Publicity:
    decided = date.fromisoformat(facts["dated"])
    end = _after(decided, most)
    if least is None:
        return _Publicity(decided.isoformat(), end, most.basis)
    return _Publicity(decided.isoformat(), end, most.basis, _day_after(_after(decided, least)), least.basis)


def _severe(made: _Publicity, facts: Mapping[str, Any], regime: Regime) -> _Publicity:
    """Publicity of a severe listing ends so many working days after its removal (Art. 35), or at its maximum."""
    rules, listed = regime.rules, date.fromisoformat(facts["dated"])
    end, rule, provisional = made.end, made.rule, False
    most = rules.find("severe_publicity_max_months")
    if most is not None and _after(listed, most) < end:
        end, rule = _after(listed, most), most.basis
    removed, term = _day(facts["removed"]), rules.find("severe_unpublish_working_days")
    if removed is not None:
        stop = removed.isoformat()
        stop_rule, guess = made.rule, False
        if term is not None:
            due = regime.calendar.after(removed, term.value)
            stop, stop_rule, guess = due.day.isoformat(), term.basis, due.provisional
        if stop < end:
            end, rule, provisional = stop, stop_rule, guess
    least = rules.find("severe_publicity_min_months")
    early = _day_after(_after(listed, least)) if least is not None and removed is None else None
    early_rule = least.basis if early and least else None
    return _Publicity(made.start, end, rule, early, early_rule, provisional, made.rule)


def _retention(
    kind: Kind, subject_kind: SubjectKind, facts: Mapping[str, Any], rules: RuleSets
) -> tuple[str, str | None]:
    if _person(subject_kind):
        period = rules.find("person_retention_months")
        ended = _day(facts["ended"])
        if period is None:
            return OPEN, None
        return (OPEN if ended is None else _after(ended, period)), period.basis
    period = rules.find("severe_retention_months")
    if kind.code != SEVERE or period is None:
        return OPEN, None
    removed = _day(facts["removed"])
    if removed is None:
        return OPEN, period.basis
    conducts = [Restart(**one) for one in facts["restarts"]]
    kept = restarted(removed, conducts, lambda start: add_months(start, period.value))
    return kept.isoformat(), period.basis


def effect_of(subject_kind: SubjectKind, regime: Regime) -> RetentionEffect:
    """What becomes of a record about such a subject whose retention has ended (Art. 35, 36)."""
    name = "person_retention_effect" if _person(subject_kind) else "severe_retention_effect"
    found = regime.rules.find(name)
    return RetentionEffect(found.value) if found is not None else RetentionEffect.SHIELD


def renewed(record: Mapping[str, Any], catalogue: Catalogue, regime: Regime) -> dict[str, Any]:
    """The clocks of a stored record computed again, under the keys they are stored by, with the regime's number."""
    kind = catalogue.kind(record["kind"])
    made = clocks(kind, SubjectKind(record["subject_kind"]), record["facts"], regime)
    return {**made.stored(), "regime": regime.number}


def next_change(record: Mapping[str, Any], day: date) -> str:
    """The first day after ``day`` on which the stage of a stored record is another; ``OPEN`` when there is none.

    Needs what ``stage_of`` needs. A withdrawn record is due when its retention has ended.
    """
    if record["state"] != "active":
        kept = record["keep_to"]
        return (
            _day_after(max(kept, day.isoformat())) if record["state"] == "withdrawn" and kept < OPEN else OPEN
        )
    stage = stage_of(record, day)
    ends = {_day_after(record[key]) for key in ("pub_to", "disc_to", "keep_to") if record[key] < OPEN}
    for candidate in sorted(one for one in ends if one > day.isoformat()):
        if stage_of(record, date.fromisoformat(candidate)) is not stage:
            return candidate
    return OPEN


def retention_over(found: Clocks, day: date) -> bool:
    """Whether what these clocks belong to may no longer be kept, and so not be collected either (Art. 35, 36)."""
    return found.keep_to < day.isoformat()


def stage_under(found: Clocks, day: date) -> Stage:
    """The stage of an active record with these clocks."""
    return stage_of({"state": "active", **found.stored()}, day)


def conduct_of(facts: Mapping[str, Any]) -> str:
    """The day of the dishonest conduct a record tells of: its end where one was filed, else the record's date."""
    return str(facts["ended"] or facts["dated"])


def _person(subject_kind: SubjectKind) -> bool:
    return subject_kind is SubjectKind.natural_person


def _after(start: date, period: Parameter) -> str:
    return add_months(start, period.value).isoformat()


def _day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _iso(value: Any) -> str | None:
    return value if isinstance(value, str) and value < OPEN_ENDED else None


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
