"""What the tests of periods are made of: facts, rule sets, calendars and regimes, by hand and at random."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from typing import Any

from hypothesis import strategies as st

from server.actions.calendar_seed import library_notices
from server.catalogue.kind import BasisRank, Kind, Label, SubjectKind
from server.rules import lifecycle
from server.rules.access import Stage
from server.rules.lifecycle import Clocks
from server.rules.regime import PENALTY, SEVERE, Regime
from server.rules.ruleset import Parameter, RuleSet, RuleSets
from server.rules.workdays import WorkCalendar, YearNotice
from tests.makers import CALENDAR, CATALOGUE, REGIME, SHIPPED, clocks_of

DAY = timedelta(days=1)
FIRM, HUMAN, SMALL = (
    SubjectKind.legal_person,
    SubjectKind.natural_person,
    SubjectKind.individual_business,
)
KINDS = sorted(CATALOGUE.kinds)
NOTICES = library_notices()
CITY = SHIPPED["qufu-2023-8"]
PROVINCE = SHIPPED["shandong-2020"]
ORDER = SHIPPED["ndrc-36"]

days = st.dates(date(1995, 1, 1), date(2085, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


def penalty(
    decided: str,
    *types: str,
    domain: str = "none",
    on: SubjectKind = FIRM,
    secret: bool = False,
    under: Regime = REGIME,
    **more: Any,
) -> Clocks:
    """The clocks of a penalty decided on that day."""
    values = {"penaltyTypes": list(types), "domain": domain, "decidedOn": decided} | more
    return clocks_of(CATALOGUE.kind(PENALTY), on, values, day(decided), secret=secret, under=under)


def severe(
    removed: str | None,
    ended: str | None = None,
    *,
    listed: str = "2020-01-08",
    on: SubjectKind = FIRM,
    conducts: Sequence[str] = (),
    under: Regime = REGIME,
) -> Clocks:
    """The clocks of an entry in a severe list, with new conduct on some days."""
    values = {"listedOn": listed, "removedOn": removed, "conductEndedOn": ended}
    restarts = [{"on": one, "record": f"rec_{place}"} for place, one in enumerate(conducts)]
    return clocks_of(CATALOGUE.kind(SEVERE), on, values, day(listed), under=under, restarts=restarts)


def stage_on(found: Clocks, on: str | date) -> Stage:
    """The stage of an active record with these clocks."""
    return lifecycle.stage_under(found, day(on) if isinstance(on, str) else on)


def a_rule_set(
    name: str = "test-set",
    rank: BasisRank = BasisRank.city,
    begins: str = "2020-01-01",
    ends: str | None = None,
    replaces: Iterable[str] = (),
    **parameters: Any,
) -> RuleSet:
    """A rule set with these parameters, each under the article ``Art. 1``."""
    return RuleSet(
        id=name,
        name=Label("试验规则", "Rules for a test"),
        issuer="试验机关",
        document="试验文件",
        rank=rank,
        effective_from=day(begins),
        effective_to=day(ends) if ends else None,
        note=Label("无", "None"),
        parameters={key: Parameter(value, name, "Art. 1") for key, value in parameters.items()},
        replaces=frozenset(replaces),
    )


def changed(one: RuleSet, article: str | None = None, **values: Any) -> RuleSet:
    """The rule set with other values of some parameters; None takes one away."""
    made = dict(one.parameters)
    for name, value in values.items():
        known = made.pop(name, Parameter(None, one.id, "Art. 1"))
        if value is not None:
            made[name] = replace(known, value=value, article=article or known.article)
    return replace(one, parameters=made)


class Told(Regime):
    """A regime that a failing example names in one line; whole calendars would hide what failed."""

    __slots__ = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        known = self.calendar.valid_through
        printer.text(f"Regime({', '.join(one.id for one in self.rules.sets)}; known to {known})")


def together(*sets: RuleSet, calendar: WorkCalendar = CALENDAR) -> Regime:
    """A regime of these rule sets."""
    return Told(1, RuleSets.of(sets), calendar)


@cache
def calendar_to(year: int) -> WorkCalendar:
    """The shipped calendar with its last notices missing."""
    return WorkCalendar.of(one for one in NOTICES if one.year <= year)


def without_makeups() -> WorkCalendar:
    """A calendar that knows the holidays but no weekend day worked in return (调休)."""
    return WorkCalendar.of(replace(one, makeups={}) for one in NOTICES)


def a_notice(year: int, *off: str, version: int = 1) -> YearNotice:
    return YearNotice(year, version, f"notice of {year}", "", {day(one): "元旦" for one in off}, {})


CALENDARS = (
    CALENDAR,
    calendar_to(2022),
    calendar_to(2010),
    WorkCalendar.of(one for one in NOTICES if one.year not in (2015, 2021)),
    WorkCalendar.of(()),
)
REGIMES = tuple(
    together(*chosen, calendar=calendar)
    for count in range(len(SHIPPED) + 1)
    for chosen in combinations(SHIPPED.values(), count)
    for calendar in CALENDARS
)
"""Every combination of shipped rule sets, none among them, with every calendar."""
LAWFUL = tuple(one for one in REGIMES if {"qufu-2023-8", "shandong-2020"} <= {s.id for s in one.rules.sets})

regimes = st.sampled_from(REGIMES)


@dataclass(frozen=True, slots=True)
class Case:
    """A record as far as its clocks go: a kind, a kind of subject and the facts."""

    kind: Kind
    on: SubjectKind
    facts: Mapping[str, Any]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"Case({self.kind.code}, {self.on.value}, {dict(self.facts)})")

    def under(self, one: Regime) -> Clocks:
        """Its clocks."""
        return lifecycle.clocks(self.kind, self.on, self.facts, one)

    def but(self, **facts: Any) -> Case:
        """The same record with other facts."""
        return replace(self, facts={**self.facts, **facts})

    def stored(self, one: Regime, state: str = "active") -> dict[str, Any]:
        """The record as it is stored under a regime."""
        record = {"kind": self.kind.code, "subject_kind": self.on.value, "facts": self.facts, "state": state}
        return {**record, **lifecycle.renewed(record, CATALOGUE, one)}


TYPES = sorted(one.code for one in CATALOGUE.kind(PENALTY).field("penaltyTypes").options)
_DOMAINS = ["none", "food", "fire"]


@st.composite
def cases(draw: st.DrawFn, codes: Sequence[str] = KINDS, ons: Sequence[SubjectKind] = ()) -> Case:
    """A record of any kind about any of its subjects; severe listings and penalties come up more often."""
    dated, near = draw(days), st.integers(-40, 4_500)
    later = near.map(lambda count: dated + count * DAY)
    if codes is KINDS:
        codes = draw(st.sampled_from([(PENALTY,), (SEVERE,), KINDS]))
    kind = CATALOGUE.kind(draw(st.sampled_from(codes)))
    on = draw(st.sampled_from(ons or [*sorted(kind.subjects), FIRM]))
    values: dict[str, Any] = {
        "penaltyTypes": draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique=True)),
        "domain": draw(st.sampled_from(_DOMAINS)),
    }
    if kind.published_when is not None:
        values[kind.published_when.field or ""] = draw(st.sampled_from([*kind.published_when.one_of, "none"]))
    for name in (kind.valid_from, kind.valid_to, kind.conduct_ended_by, "removedOn"):
        found = draw(st.none() | later) if name else None
        if name and found:
            values[name] = found.isoformat()
    secret = draw(st.sampled_from([False, False, False, True]))
    facts = lifecycle.facts_of(kind, values, dated, secret=secret)
    if kind.code == SEVERE:
        conducts = draw(st.lists(later, max_size=3))
        facts["restarts"] = [{"on": one.isoformat(), "record": f"rec_{n}"} for n, one in enumerate(conducts)]
    return Case(kind, on, facts)
