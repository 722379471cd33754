"""What holds for the clocks of every record under every regime (Art. 31 to 36; Shandong Art. 20, 38).

Records, days, restarts, rule sets and calendars are made at random (see ``tests/rules/makers.py``).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.catalogue.kind import Category, SubjectKind
from server.rules import lifecycle
from server.rules.access import OPEN, Stage
from server.rules.lifecycle import NO_RULE, Clocks, add_months
from server.rules.regime import PENALTY, SEVERE, Regime, first
from server.rules.ruleset import RuleSets
from tests.makers import CATALOGUE, REGIME
from tests.rules.makers import (
    CALENDARS,
    CITY,
    DAY,
    FIRM,
    HUMAN,
    KINDS,
    LAWFUL,
    ORDER,
    PROVINCE,
    REGIMES,
    SMALL,
    Case,
    cases,
    changed,
    day,
    regimes,
    stage_on,
    together,
)

many = settings(max_examples=200, deadline=None)
some = settings(max_examples=100, deadline=None)
UNPUBLISHED = "qufu-2023-8, Art. 35"


def around(found: Clocks) -> list[date]:
    """The days on which something may change, with those beside them."""
    named = {found.pub_from, found.pub_to, found.disc_to, found.keep_to} - {None, OPEN}
    return [day(str(one)) + step * DAY for one in sorted(map(str, named)) for step in (-1, 0, 1)]


@many
@given(case=cases(), under=regimes, more=st.lists(st.dates(date(1990, 1, 1), date(2130, 1, 1)), max_size=5))
def test_no_record_is_public_or_disclosed_after_its_last_day(
    case: Case, under: Regime, more: list[date]
) -> None:
    """Art. 34, 35, Shandong Art. 38: not a day later, whatever day is asked for."""
    found = case.under(under)
    for on in [*around(found), *more]:
        stage, now = stage_on(found, on), on.isoformat()
        assert (stage is Stage.SHIELDED) == (now > found.keep_to)
        assert (stage is Stage.DISCLOSURE_ENDED) == (found.disc_to < now <= found.keep_to)
        public = found.pub_from is not None and found.pub_from <= now <= found.pub_to
        assert (stage is Stage.PUBLIC) == public


@many
@given(case=cases(), under=regimes)
def test_clocks_never_cross(case: Case, under: Regime) -> None:
    """Publicity lies within disclosure, disclosure within retention (Art. 35, 36; Shandong Art. 38)."""
    found = case.under(under)
    assert found.pub_to <= found.disc_to or found.pub_from is None
    assert found.disc_to <= found.keep_to
    assert (found.early_end is None) == (found.early_rule is None)
    assert found.pub_from is None or found.pub_from <= found.pub_to
    if found.early_end is not None:
        assert found.pub_from is not None and case.facts["dated"] < found.early_end <= found.pub_to


@many
@given(case=cases(), under=regimes)
def test_only_what_the_measure_lets_be_public_ever_is(case: Case, under: Regime) -> None:
    """Art. 7, 34, 36, D2; Shandong Art. 20(3): no person, no secret, no dishonesty of an individual business."""
    found = case.under(under)
    dishonest = case.kind.category is Category.dishonest
    if found.pub_from is not None:
        assert case.on is not HUMAN and not case.facts["secret"] and not case.facts["closed"]
        assert not (dishonest and case.on is SMALL)
        assert case.on in case.kind.published_for
        assert under.rules.find("validity_is_publicity", "penalty_classes")
    if not dishonest:
        assert (found.disc_to, found.keep_to, found.provisional) == (OPEN, OPEN, False)
    assert under.rules.sets or found.rule_set == NO_RULE


@many
@given(case=cases([PENALTY]), under=st.sampled_from(LAWFUL))
def test_no_penalty_is_public_longer_than_three_years_or_five_after_the_conduct(
    case: Case, under: Regime
) -> None:
    """Art. 34, Order 36, Shandong Art. 38; warnings and criticism alone never are."""
    found = case.under(under)
    slight = {*case.facts["types"]} <= {"warning", "criticism"}
    published = case.on in (FIRM, SubjectKind.unincorporated, SubjectKind.government_unit)
    assert (found.pub_from is None) == (slight or not published or case.facts["secret"])
    if found.pub_from is not None:
        assert found.pub_from == case.facts["dated"]
        assert found.pub_to <= str(add_months(day(found.pub_from), 36))
    if case.facts["ended"] is not None:
        assert found.disc_to <= str(add_months(day(case.facts["ended"]), 60))


@many
@given(case=cases(), under=regimes)
def test_every_date_names_its_rule_set_and_article(case: Case, under: Regime) -> None:
    """Art. 86; design 5: the answer names both, of a rule set that is applied."""
    found, applied = case.under(under), {one.id for one in under.rules.sets}
    for value, basis in (
        (found.pub_from or OPEN, found.from_rule),
        (found.pub_to, found.rule_set if found.pub_from else None),
        (found.early_end or OPEN, found.early_rule),
        (found.disc_to, found.disc_rule),
        (found.keep_to, found.keep_rule),
    ):
        assert value == OPEN or basis is not None or found.pub_from is None
        assert basis is None or basis.partition(", ")[0] in applied
    assert (found.from_rule is None) == (found.pub_from is None)


@many
@given(
    case=cases(),
    under=regimes,
    fact=st.sampled_from(["dated", "ended", "removed", "to"]),
    later=st.none() | st.integers(1, 4_000),
)
def test_a_later_day_never_gives_an_earlier_end(
    case: Case, under: Regime, fact: str, later: int | None
) -> None:
    """Civil Code Art. 202: of the decision, the end of the conduct, the removal; none yet is the latest of all."""
    assume(case.facts.get(fact) is not None and (later is not None or fact != "dated"))
    moved = None if later is None else str(day(case.facts[fact]) + later * DAY)
    before, after = case.under(under), case.but(**{fact: moved}).under(under)
    # A decision may come so late that all disclosure has ended by then (Shandong Art. 38): nothing is published then.
    assert before.pub_from is None or after.pub_from is not None or fact == "dated"
    if before.pub_from is not None and after.pub_from is not None:
        assert after.pub_to >= before.pub_to
    assert after.disc_to >= before.disc_to
    assert after.keep_to >= before.keep_to
    if fact == "dated" and before.early_end is not None and after.early_end is not None:
        assert after.early_end >= before.early_end


NUMBERS = sorted(
    {(one.id, name) for one in (CITY, PROVINCE, ORDER) for name, p in one.parameters.items() if type(p.value) is int}
)  # fmt: skip


@many
@given(
    case=cases(),
    parameter=st.sampled_from(NUMBERS),
    longer=st.integers(1, 60),
    calendar=st.integers(0, len(CALENDARS) - 1),
)
def test_a_longer_parameter_never_gives_a_shorter_period(
    case: Case, parameter: tuple[str, str], longer: int, calendar: int
) -> None:
    """Art. 34 to 36, Order 36, Shandong Art. 38; the taken-away parameter of a most ends nothing."""
    owner, name = parameter
    shipped = {one.id: one for one in (CITY, PROVINCE, ORDER)}
    value = shipped[owner].parameters[name].value

    def under(number: int | None) -> Clocks:
        new: dict[str, Any] = {name: number}
        sets = [changed(one, **new) if one.id == owner else one for one in shipped.values()]
        return case.under(together(*sets, calendar=CALENDARS[calendar]))

    before, after = under(value), under(value + longer)
    assert after.pub_from == before.pub_from
    for ends in ("pub_to", "disc_to", "keep_to"):
        assert getattr(after, ends) >= getattr(before, ends)
    if before.early_end and after.early_end:
        assert after.early_end >= before.early_end
    elif before.early_end:
        assert "min" in name, "only a longer minimum leaves no room for an early end"
    elif after.early_end:
        assert after.pub_to > before.pub_to
    if "max" in name or "retention" in name:
        without = under(None)
        assert without.keep_to >= after.keep_to and without.disc_to >= after.disc_to


@some
@given(case=cases([PENALTY], [FIRM]), longer=st.integers(1, 24), place=st.sampled_from([1, 2]))
def test_a_longer_class_never_gives_a_shorter_publicity(case: Case, longer: int, place: int) -> None:
    """Order 36: of several penalties in one decision the longest publicity governs."""
    classes = [dict(one) for one in ORDER.parameters["penalty_classes"].value]
    classes[place]["max_months"] += longer
    before = case.under(together(CITY, PROVINCE, ORDER))
    after = case.under(together(CITY, PROVINCE, changed(ORDER, penalty_classes=classes)))
    assert after.pub_from == before.pub_from
    assert after.pub_to >= before.pub_to


@many
@given(case=cases(), one=regimes, other=regimes, numbers=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_computing_again_is_computing_from_scratch(
    case: Case, one: Regime, other: Regime, numbers: tuple[int, int]
) -> None:
    """Art. 86: a record written under A and computed again under B is one written under B, and back again."""
    a, b = replace(one, number=numbers[0]), replace(other, number=numbers[1])
    original = case.stored(a)
    again = {**original, **lifecycle.renewed(original, CATALOGUE, b)}
    assert again == case.stored(b)
    assert again["regime"] == b.number
    assert {name: again[name] for name in lifecycle.CLOCK_KEYS} == case.under(b).stored()
    assert {**again, **lifecycle.renewed(again, CATALOGUE, a)} == original
    assert {**again, **lifecycle.renewed(again, CATALOGUE, b)} == again


@some
@given(case=cases(), under=st.sampled_from(REGIMES), order=st.permutations(range(3)))
def test_the_order_in_which_rule_sets_are_named_is_of_no_account(
    case: Case, under: Regime, order: list[int]
) -> None:
    """Art. 86: rank and date of a rule set decide, not who loaded it when."""
    sets = under.rules.sets
    shuffled = RuleSets.of(sets[place] for place in order if place < len(sets))
    assert shuffled == under.rules
    assert case.under(first(shuffled, under.calendar)) == case.under(under)


@many
@given(case=cases(), under=regimes, since=st.integers(0, 5_000))
def test_the_next_change_is_the_first_day_on_which_the_stage_is_another(
    case: Case, under: Regime, since: int
) -> None:
    """Art. 34 to 36: the sweep is due then, and not before. No record is dated after the day it is filed on."""
    record, found = case.stored(under), case.under(under)
    start = max(day(case.facts["dated"]), day(found.pub_from or case.facts["dated"])) + since * DAY
    stage, due = stage_on(found, start), lifecycle.next_change(record, start)
    assert due > start.isoformat()
    if due == OPEN:
        assert all(stage_on(found, on) is stage for on in around(found) if on >= start)
        assert all(stage_on(found, start + timedelta(step)) is stage for step in range(0, 20_000, 97))
    else:
        assert all(stage_on(found, start + n * DAY) is stage for n in range((day(due) - start).days))
        assert stage_on(found, due) is not stage


@some
@given(case=cases(), under=regimes, on=st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_withdrawn_record_is_due_when_its_retention_has_ended_and_a_shielded_one_never(
    case: Case, under: Regime, on: date
) -> None:
    """Art. 35, 36: what was withdrawn is still deleted in time."""
    record = case.stored(under, "withdrawn")
    due, kept = lifecycle.next_change(record, on), record["keep_to"]
    if kept == OPEN:
        assert due == OPEN
    else:
        assert due == str(max(day(kept), on) + DAY)
    assert lifecycle.next_change({**record, "state": "shielded"}, on) == OPEN


@many
@given(case=cases([SEVERE]), under=regimes)
def test_a_date_is_provisional_exactly_when_its_end_counted_days_not_known(case: Case, under: Regime) -> None:
    """Art. 35; design 5: only a severe entry counts working days, and only while they are what ends it."""
    found, removed = case.under(under), case.facts["removed"]
    counted = found.pub_from is not None and found.rule_set == UNPUBLISHED and removed is not None
    unknown = False
    if counted:
        span = (day(found.pub_to) - day(removed)).days
        unknown = any(not under.calendar.known(day(removed) + n * DAY) for n in range(1, span + 1))
    assert found.provisional is unknown


@some
@given(case=cases([code for code in KINDS if code != SEVERE]), under=regimes)
def test_only_a_severe_entry_is_ever_provisional(case: Case, under: Regime) -> None:
    """Art. 35: no other clock counts working days."""
    assert not case.under(under).provisional


@some
@given(case=cases(), under=regimes)
def test_clocks_follow_from_facts_that_can_be_stored(case: Case, under: Regime) -> None:
    """Design 5: what comes back from the database gives the same dates; the calendar matters to severe entries only."""
    restored = replace(case, facts=orjson.loads(orjson.dumps(case.facts)))
    assert restored.under(under) == case.under(under)
    if case.kind.code != SEVERE:
        assert case.under(replace(under, calendar=CALENDARS[-1])) == case.under(under)


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_has_clocks_from_the_least_facts(code: str) -> None:
    """A new kind of the catalogue joins by itself."""
    kind = CATALOGUE.kind(code)
    facts = lifecycle.facts_of(kind, {}, date(2026, 5, 6), secret=False)
    for on in kind.subjects:
        found = lifecycle.clocks(kind, on, facts, REGIME)
        assert (found.keep_to, found.disc_to) == (OPEN, OPEN)
        assert found.pub_from in (None, "2026-05-06")
