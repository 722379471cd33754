"""What a change of rules or of the calendar touches, and which stored dates are stale after it (Art. 86, 87)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.catalogue.kind import BasisRank, Category
from server.rules import regime
from server.rules.parameters import PARAMETERS
from server.rules.regime import PENALTY, SEVERE, Regime, affected, after, depends
from server.rules.ruleset import RuleSet, RuleSets, from_plain, plain
from server.rules.workdays import WorkCalendar
from tests.makers import CALENDAR, CATALOGUE, ORDER_36, REGIME, REGIME_36, RULES
from tests.rules.makers import (
    CITY,
    NOTICES,
    ORDER,
    PROVINCE,
    REGIMES,
    Case,
    a_notice,
    a_rule_set,
    calendar_to,
    cases,
    changed,
    together,
)

ALL = frozenset(CATALOGUE.kinds)
DISHONEST = frozenset(one.code for one in CATALOGUE.kinds.values() if one.category is Category.dishonest)
TOUCHED: dict[str, frozenset[str]] = {
    "validity_is_publicity": ALL,
    "natural_person_never_public": ALL,
    "penalty_not_published": frozenset({PENALTY}),
    "penalty_publicity_min_months": frozenset({PENALTY}),
    "penalty_publicity_min_months_safety": frozenset({PENALTY}),
    "penalty_publicity_max_months": frozenset({PENALTY}),
    "safety_domains": frozenset({PENALTY}),
    "penalty_classes": frozenset({PENALTY}),
    "severe_unpublish_working_days": frozenset({SEVERE}),
    "severe_publicity_min_months": frozenset({SEVERE}),
    "severe_publicity_max_months": frozenset({SEVERE}),
    "severe_retention_months": frozenset({SEVERE}),
    "person_retention_months": DISHONEST,
    "disclosure_max_months": DISHONEST,
}
"""Parameter -> the kinds whose dates follow from it; the terms of the units and the effects touch no date."""

SETS = {one.id: one for one in (CITY, PROVINCE, ORDER)}
OF_A_SET = [(one.id, name) for one in SETS.values() for name in sorted(one.parameters)]


def other_value(name: str, value: Any) -> Any:
    """Another value the parameter may have."""
    match value:
        case bool():
            return value
        case int():
            return value + 1
        case "shield":
            return "delete"
        case "delete":
            return "shield"
        case _:
            return value[:-1]


def rules_with(changed_set: RuleSet) -> RuleSets:
    return RuleSets.of((SETS | {changed_set.id: changed_set}).values())


@pytest.mark.parametrize("name", sorted(PARAMETERS))
def test_every_parameter_touches_the_kinds_that_depend_on_it(name: str) -> None:
    """Art. 86: neither more, which would compute for nothing, nor fewer, which would leave wrong dates."""
    kinds = {one.code for one in CATALOGUE.kinds.values() if name in depends(one)}
    assert kinds == TOUCHED.get(name, frozenset())


@pytest.mark.parametrize(("owner", "name"), OF_A_SET, ids=[name for _, name in OF_A_SET])
def test_a_change_of_a_parameter_affects_exactly_its_kinds(owner: str, name: str) -> None:
    """Art. 86: of the value, of the article alone, or of whether it is there at all."""
    touched, one = TOUCHED.get(name, frozenset()), SETS[owner]
    value = one.parameters[name].value
    for new in (
        changed(one, "Art. 99", **{name: other_value(name, value)}),
        changed(one, "Art. 99", **{name: value}),
        changed(one, **{name: None}),
    ):
        assert affected(CATALOGUE, REGIME_36, rules_with(new), CALENDAR) == touched


def test_a_change_of_the_calendar_affects_severe_entries_only() -> None:
    """Art. 35: no other clock counts working days."""
    for calendar in (calendar_to(2025), WorkCalendar.of([*NOTICES, a_notice(2027)]), WorkCalendar.of(())):
        assert affected(CATALOGUE, REGIME, RULES, calendar) == {SEVERE}
    corrected = [*NOTICES, replace(NOTICES[-1], version=1)]
    assert affected(CATALOGUE, REGIME, RULES, WorkCalendar.of(corrected)) == {SEVERE}


def test_activating_the_order_on_credit_repair_affects_penalties_and_severe_entries() -> None:
    """Order 36 knows two kinds."""
    assert affected(CATALOGUE, REGIME, ORDER_36, CALENDAR) == {PENALTY, SEVERE}
    assert affected(CATALOGUE, REGIME_36, RULES, CALENDAR) == {PENALTY, SEVERE}


def test_the_first_regime_affects_everything() -> None:
    """Whatever an earlier release wrote was computed under none."""
    assert affected(CATALOGUE, None, RULES, CALENDAR) == ALL
    begun = after(CATALOGUE, None, RULES, CALENDAR)
    assert (begun.number, begun.settled, begun.since) == (1, False, dict.fromkeys(ALL, 1))


def test_activating_the_same_content_again_changes_nothing() -> None:
    """Not the objects but what they say is compared."""
    again = RuleSets.of(from_plain(plain(one), "again") for one in reversed(ORDER_36.sets))
    calendar = WorkCalendar.of(reversed(NOTICES))
    assert affected(CATALOGUE, REGIME_36, again, calendar) == frozenset()
    settled = after(CATALOGUE, REGIME_36, again, calendar)
    assert (settled.number, settled.settled, settled.since) == (2, True, {})
    unsettled = after(CATALOGUE, replace(REGIME_36, settled=False), again, calendar)
    assert not unsettled.settled, "what was left to compute is still to be computed"


def test_what_does_not_touch_a_date_affects_nothing() -> None:
    """Another name, issuer, note or own term of a rule set is read where it is shown, not computed into dates."""
    new = replace(CITY, issuer="别的机关", note=CITY.name, effective_to=None, replaces=frozenset({"older"}))
    assert affected(CATALOGUE, REGIME_36, rules_with(new), CALENDAR) == frozenset()


def test_a_rule_set_under_another_name_counts_although_its_numbers_are_the_same() -> None:
    """Art. 87: a successor that repeats the measure; each date names its rule set."""
    parameters = {
        name: replace(one, rule_set="qufu-2027", article="第三十五条")
        for name, one in CITY.parameters.items()
    }
    successor = replace(CITY, id="qufu-2027", parameters=parameters)
    assert affected(CATALOGUE, REGIME, RuleSets.of([PROVINCE, successor]), CALENDAR) == ALL


@pytest.mark.parametrize(
    ("first", "second"),
    [(BasisRank.province, BasisRank.city), (BasisRank.city, BasisRank.province)],
)
def test_which_of_two_rule_sets_with_a_parameter_is_superior_counts(
    first: BasisRank, second: BasisRank
) -> None:
    """Art. 86: also where both say the same number now."""
    old, new = (
        RuleSets.of(
            a_rule_set(name, rank, disclosure_max_months=60) for name, rank in zip("ab", ranks, strict=True)
        )
        for ranks in ((first, second), (second, first))
    )
    assert affected(CATALOGUE, regime.first(old, CALENDAR), new, CALENDAR) == DISHONEST
    assert affected(CATALOGUE, regime.first(old, CALENDAR), old, CALENDAR) == frozenset()


def test_a_newer_date_that_turns_two_rule_sets_round_counts() -> None:
    """Within a rank the newer text prevails."""
    a, b = (
        a_rule_set(name, begins=day, severe_retention_months=120)
        for name, day in (("a", "2020-01-01"), ("b", "2021-01-01"))
    )
    newer = replace(a, effective_from=b.effective_from)
    before = together(a, b)
    assert before.rules.parameter("severe_retention_months").rule_set == "b"
    assert affected(CATALOGUE, before, RuleSets.of([newer, b]), CALENDAR) == {SEVERE}


def test_an_inferior_rule_set_with_the_same_parameter_counts_when_it_comes_and_goes() -> None:
    """What would prevail next is part of the order."""
    low = a_rule_set("low", begins="2019-01-01", severe_retention_months=12)
    for old, new in (((CITY, PROVINCE), (CITY, PROVINCE, low)), ((CITY, PROVINCE, low), (CITY, PROVINCE))):
        assert affected(CATALOGUE, together(*old), RuleSets.of(new), CALENDAR) == {SEVERE}


@settings(max_examples=200, deadline=None)
@given(case=cases(), one=st.sampled_from(REGIMES), other=st.sampled_from(REGIMES))
def test_what_is_not_affected_has_the_same_dates(case: Case, one: Regime, other: Regime) -> None:
    """Art. 86: a record left alone is right; all combinations of shipped rule sets and calendars."""
    if case.kind.code not in affected(CATALOGUE, one, other.rules, other.calendar):
        assert case.under(one) == case.under(other)


@settings(max_examples=200, deadline=None)
@given(
    case=cases(),
    parameter=st.sampled_from(OF_A_SET),
    gone=st.booleans(),
    sets=st.sampled_from([(CITY, PROVINCE), (CITY, PROVINCE, ORDER)]),
)
def test_a_change_of_one_parameter_leaves_the_dates_of_other_kinds(
    case: Case, parameter: tuple[str, str], gone: bool, sets: tuple[RuleSet, ...]
) -> None:
    """Art. 86, one parameter at a time: another value, or none at all."""
    owner, name = parameter
    value = None if gone else other_value(name, SETS[owner].parameters[name].value)
    new = [changed(one, "Art. 99", **{name: value}) if one.id == owner else one for one in sets]
    old = together(*sets)
    if case.kind.code not in affected(CATALOGUE, old, RuleSets.of(new), CALENDAR):
        assert case.under(old) == case.under(together(*new))


def stored(kind: str, number: int) -> dict[str, Any]:
    return {"kind": kind, "regime": number}


def test_a_record_is_stale_from_the_change_of_its_kind_on() -> None:
    """Reads judge a stale record anew until it has been computed again."""
    second = after(CATALOGUE, REGIME, ORDER_36, CALENDAR)
    assert (second.number, second.settled) == (2, False)
    assert second.since == {PENALTY: 2, SEVERE: 2}
    assert second.stale(stored(PENALTY, 1)) and second.stale(stored(SEVERE, 1))
    assert not second.stale(stored(PENALTY, 2))
    assert not second.stale(stored("honour", 1)), "nothing changed for this kind"


def test_a_record_of_a_newer_regime_is_stale_for_a_worker_that_has_not_heard_of_it() -> None:
    """A worker answers by the regime it knows, for every kind: what it does not know it cannot call unaffected."""
    second = after(CATALOGUE, REGIME, ORDER_36, CALENDAR)
    for kind in (PENALTY, "honour"):
        assert REGIME.stale(stored(kind, 2))
        assert second.stale(stored(kind, 3))
    assert not REGIME.stale(stored(PENALTY, 1))


def test_numbers_go_up_and_a_kind_keeps_the_number_of_its_last_change() -> None:
    """Each change is a regime of its own; a settled one stays settled while nothing is left to compute."""
    chain = [after(CATALOGUE, None, RULES, CALENDAR)]
    steps = [
        (ORDER_36, CALENDAR),
        (ORDER_36, calendar_to(2025)),
        (ORDER_36, calendar_to(2025)),
        (RULES, CALENDAR),
    ]
    for rules, calendar in steps:
        chain.append(after(CATALOGUE, chain[-1], rules, calendar))
    assert [one.number for one in chain] == [1, 2, 3, 4, 5]
    assert [one.since[PENALTY] for one in chain] == [1, 2, 2, 2, 5]
    assert [one.since[SEVERE] for one in chain] == [1, 2, 3, 3, 5]
    assert [one.since["honour"] for one in chain] == [1] * 5
    assert not any(one.settled for one in chain)
    again = after(CATALOGUE, replace(chain[-1], settled=True), RULES, CALENDAR)
    assert (again.number, again.settled, again.since) == (6, True, chain[-1].since)
    assert chain[0].since == dict.fromkeys(ALL, 1), "what a regime knows does not change"


def test_a_regime_by_itself_finds_nothing_stale_of_its_own() -> None:
    """For computing without a database."""
    made = regime.first(RULES, CALENDAR)
    assert (made.number, made.settled) == (1, True)
    assert not any(made.stale(stored(kind, number)) for kind in ALL for number in (0, 1))


def test_a_regime_is_told_by_the_versions_of_its_parts() -> None:
    """By which the log and the status page name it."""
    versions = {"shandong-2020": 1, "ndrc-36": 4, "qufu-2023-8": 2, "elsewhere": 9}
    assert regime.ids(ORDER_36, versions) == ["shandong-2020/1", "ndrc-36/4", "qufu-2023-8/2"]
    calendar = WorkCalendar.of([a_notice(2027, version=3), a_notice(2026, "2026-01-01", version=1)])
    assert regime.calendar_versions(calendar) == {"2026": 1, "2027": 3}
