"""The clocks of a record by civil counting: publicity, disclosure, retention (Art. 31 to 36; Shandong Art. 20, 38).

The worked examples stand in ``test_worked_examples.py``, what holds for every record in ``test_clock_properties.py``.
"""

from __future__ import annotations

import calendar
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.kind import Category, DisclosureClass, SubjectKind
from server.rules import lifecycle
from server.rules.access import OPEN, Stage
from server.rules.lifecycle import NO_RULE, add_months, effect_of
from server.rules.parameters import RetentionEffect
from server.rules.regime import SEVERE
from tests.makers import CATALOGUE, COMPANY, ORGAN, PERSON, REGIME, REGIME_36, SHOP, clocks_of, values_of
from tests.rules.makers import (
    CITY,
    DAY,
    FIRM,
    HUMAN,
    KINDS,
    ORDER,
    PROVINCE,
    SMALL,
    calendar_to,
    changed,
    day,
    days,
    penalty,
    severe,
    stage_on,
    together,
)


@pytest.mark.parametrize(
    ("decided", "types", "domain", "apply_from", "last_day"),
    [
        ("2023-11-30", ("confiscation",), "none", "2024-03-01", "2026-11-30"),
        ("2024-05-01", ("order_stop",), "work_safety", "2025-05-02", "2027-05-01"),
    ],
    ids=["end of a short month", "safety domain"],
)
def test_a_penalty_is_public_for_three_years_and_an_early_end_waits_for_the_minimum(
    decided: str, types: tuple[str, ...], domain: str, apply_from: str, last_day: str
) -> None:
    """Art. 34; Civil Code Art. 201, 202."""
    found = penalty(decided, *types, domain=domain)
    assert (found.pub_from, found.early_end, found.pub_to) == (decided, apply_from, last_day)
    assert {found.from_rule, found.rule_set, found.early_rule} == {"qufu-2023-8, Art. 34"}
    assert stage_on(found, last_day) is Stage.PUBLIC
    assert stage_on(found, day(last_day) + DAY) is Stage.NOT_PUBLIC


@pytest.mark.parametrize("domain", ["food", "drugs", "special_equipment", "work_safety", "fire", "none"])
@pytest.mark.parametrize("types", [("warning",), ("criticism",), ("warning", "criticism")])
def test_warnings_and_criticism_alone_are_never_public(types: tuple[str, ...], domain: str) -> None:
    """Art. 34: the minimum of a domain is for what is published at all."""
    found = penalty("2025-03-01", *types, domain=domain)
    assert (found.pub_from, found.early_end) == (None, None)


@pytest.mark.parametrize(
    ("domain", "months"),
    [("food", 12), ("drugs", 12), ("special_equipment", 12), ("fire", 12), ("work_safety", 12), ("none", 3)],
)
def test_five_domains_of_safety_have_the_longer_minimum(domain: str, months: int) -> None:
    """Art. 34."""
    found = penalty("2024-01-10", "fine", domain=domain)
    assert found.early_end == str(add_months(date(2024, 1, 10), months) + DAY)


@pytest.mark.parametrize(
    ("types", "least", "most"),
    [
        (("fine",), 3, 12),
        (("warning", "fine"), 3, 12),
        (("revocation",), 12, 36),
        (("fine", "order_close"), 12, 36),
        (("order_stop", "suspension", "warning"), 12, 36),
    ],
)
def test_of_several_penalties_in_one_decision_the_longest_publicity_governs(
    types: tuple[str, ...], least: int, most: int
) -> None:
    """Order 36, as under Art. 34; the domain matters no more."""
    found = penalty("2026-05-20", *types, domain="food", under=REGIME_36)
    assert found.pub_to == str(add_months(date(2026, 5, 20), most))
    assert found.early_end == str(add_months(date(2026, 5, 20), least) + DAY)
    assert (found.rule_set, found.early_rule) == ("ndrc-36, Order 36", "ndrc-36, Order 36")


@pytest.mark.parametrize("types", [("warning",), ("warning", "criticism"), ()])
def test_slight_dishonesty_and_penalties_of_no_class_are_not_published(types: tuple[str, ...]) -> None:
    """Order 36: a type the order does not class is not published on a guess."""
    found = penalty("2026-05-20", *types, under=REGIME_36)
    assert (found.pub_from, found.rule_set) == (None, "ndrc-36, Order 36")


@pytest.mark.parametrize("on", [HUMAN, SMALL])
def test_a_persons_penalty_is_never_public(on: SubjectKind) -> None:
    """Art. 36, Shandong Art. 20(3); individual businesses by decision D2."""
    assert penalty("2024-01-01", "fine", domain="food", on=on).pub_from is None


def test_all_disclosure_ends_five_years_after_the_conduct() -> None:
    """Shandong Art. 38: publicity never outlasts it; the file is kept, but for nobody to see."""
    found = penalty("2026-01-10", "fine", conductEndedOn="2022-06-30")
    assert (found.disc_to, found.pub_to, found.keep_to) == ("2027-06-30", "2027-06-30", OPEN)
    assert (found.from_rule, found.rule_set) == ("qufu-2023-8, Art. 34", "shandong-2020, Shandong Art. 38")
    assert stage_on(found, "2027-06-30") is Stage.PUBLIC
    assert stage_on(found, "2027-07-01") is Stage.DISCLOSURE_ENDED


@pytest.mark.parametrize(
    ("decided", "public", "early"),
    [
        ("2027-03-29", "2027-03-29", "2027-06-30"),
        ("2027-03-30", "2027-03-30", None),
        ("2027-06-30", "2027-06-30", None),
        ("2027-07-01", None, None),
    ],
    ids=["minimum within", "minimum beyond", "on the last day", "the day after"],
)
def test_a_penalty_decided_late_is_public_for_what_is_left_of_the_five_years(
    decided: str, public: str | None, early: str | None
) -> None:
    """Shandong Art. 38 (Art. 86): an early end after the end is not offered, and nothing begins after it."""
    found = penalty(decided, "fine", conductEndedOn="2022-06-30")
    assert (found.pub_from, found.early_end, found.disc_to) == (public, early, "2027-06-30")
    assert (found.early_rule is None) == (early is None)
    assert found.rule_set == "shandong-2020, Shandong Art. 38"
    assert found.pub_to == ("2027-06-30" if public else OPEN)
    assert stage_on(found, decided) is (Stage.PUBLIC if public else Stage.DISCLOSURE_ENDED)


def test_a_severe_entry_in_force_is_public_without_end() -> None:
    """Art. 35: neither publicity nor retention ends before the removal."""
    found = severe(None)
    assert (found.pub_from, found.pub_to, found.disc_to, found.keep_to) == ("2020-01-08", OPEN, OPEN, OPEN)
    assert (found.early_end, found.keep_rule) == (None, "qufu-2023-8, Art. 35")


@pytest.mark.parametrize(
    ("listed", "removed", "ended", "public", "disclosed", "kept"),
    [
        ("2022-01-10", "2023-07-10", "2021-12-31", "2023-07-13", "2026-12-31", "2033-07-10"),
        ("2020-01-08", "2023-07-15", "2023-06-30", "2023-07-19", "2028-06-30", "2033-07-15"),
    ],
)
def test_a_severe_entry_stops_three_working_days_after_its_removal_and_is_kept_ten_years(
    listed: str, removed: str, ended: str, public: str, disclosed: str, kept: str
) -> None:
    """Art. 35; Shandong Art. 38."""
    found = severe(removed, ended, listed=listed)
    assert (found.pub_from, found.pub_to, found.disc_to, found.keep_to) == (listed, public, disclosed, kept)
    assert stage_on(found, day(disclosed) + DAY) is Stage.DISCLOSURE_ENDED
    assert stage_on(found, day(kept) + DAY) is Stage.SHIELDED


def test_a_removed_severe_entry_is_not_kept_for_ever_because_no_end_of_conduct_was_filed() -> None:
    """Art. 35: ten years from the removal, whatever else is known; nothing is disclosed after that."""
    found = severe("2023-07-15")
    assert (found.keep_to, found.disc_to) == ("2033-07-15", "2033-07-15")
    assert found.disc_rule == "qufu-2023-8, Art. 35"


@pytest.mark.parametrize(
    ("removed", "public", "basis", "early"),
    [
        (None, "2023-01-08", "ndrc-36, Order 36", "2021-01-09"),
        ("2021-03-01", "2021-03-04", "qufu-2023-8, Art. 35", None),
        ("2025-03-03", "2023-01-08", "ndrc-36, Order 36", None),
    ],
    ids=["never removed", "removed within", "removed afterwards"],
)
def test_a_severe_entry_has_its_most_under_order_36(
    removed: str | None, public: str, basis: str, early: str | None
) -> None:
    """Order 36: public for three years at most, to be ended early after one while it stands."""
    found = severe(removed, under=REGIME_36)
    assert (found.pub_to, found.rule_set, found.early_end) == (public, basis, early)
    assert found.early_rule == ("ndrc-36, Order 36" if early else None)
    assert found.from_rule == "qufu-2023-8, Art. 31", "its start is still the measure's"


def test_without_a_term_a_severe_entry_leaves_the_site_on_the_day_of_its_removal() -> None:
    """Art. 35 names the days; where no rule set applied names them, there is nothing to add."""
    bare = together(PROVINCE, changed(CITY, severe_unpublish_working_days=None))
    found = severe("2023-07-10", under=bare)
    assert (found.pub_to, found.rule_set, found.provisional) == ("2023-07-10", "qufu-2023-8, Art. 31", False)


def test_an_end_beyond_the_calendar_is_provisional_until_the_notice_is_there() -> None:
    """Art. 35; design 5: over New Year 2026 only the next notice knows which days are worked."""
    before = replace(REGIME, calendar=calendar_to(2025))
    guess, final = severe("2025-12-30", under=before), severe("2025-12-30")
    assert (guess.pub_to, guess.provisional) == ("2026-01-02", True)
    assert (final.pub_to, final.provisional) == ("2026-01-05", False)


def test_no_clock_runs_for_a_person_while_the_conduct_lasts() -> None:
    """Art. 36."""
    kind = CATALOGUE.kind("arrears")
    lasting = clocks_of(kind, HUMAN, {"foundOn": "2019-03-01"}, date(2019, 3, 1))
    assert (lasting.pub_from, lasting.disc_to, lasting.keep_to) == (None, OPEN, OPEN)
    paid = clocks_of(kind, HUMAN, {"foundOn": "2019-03-01", "endedOn": "2021-02-28"}, date(2019, 3, 1))
    assert (paid.disc_to, paid.keep_to) == ("2026-02-28", "2026-02-28")


def test_a_licence_is_public_as_long_as_it_is_valid() -> None:
    """Art. 31; 2099-12-31 is what source systems write for no end."""
    kind = CATALOGUE.kind("administrative_licence")
    values = {"decidedOn": "2024-01-05", "validFrom": "2024-01-10", "validTo": "2026-01-09"}
    bounded = clocks_of(kind, FIRM, values, date(2024, 1, 5))
    assert (bounded.pub_from, bounded.pub_to) == ("2024-01-05", "2026-01-09")
    early = clocks_of(kind, FIRM, values | {"validFrom": "2024-01-01"}, date(2024, 1, 5))
    assert (early.pub_from, early.from_rule) == ("2024-01-01", "qufu-2023-8, Art. 31")
    values["validTo"] = "2099-12-31"
    assert clocks_of(kind, FIRM, values, date(2024, 1, 5)).pub_to == OPEN


@pytest.mark.parametrize(
    ("kind", "field", "public", "closed"),
    [
        ("commitment", "publicityScope", "public", "limited"),
        ("supervision", "publication", "law", "none"),
        ("market_record", "publicationBasis", "contract", "none"),
        ("evaluation", "publicityAttribute", "public", "limited"),
    ],
)
def test_some_kinds_are_public_only_when_they_say_so(kind: str, field: str, public: str, closed: str) -> None:
    """Art. 18, 33, 48: publicity depends on the record."""
    one, on = CATALOGUE.kind(kind), date(2025, 1, 1)
    assert clocks_of(one, FIRM, {field: public}, on).pub_from == "2025-01-01"
    assert clocks_of(one, FIRM, {field: closed}, on).pub_from is None
    assert clocks_of(one, FIRM, {}, on).rule_set == "qufu-2023-8, Art. 18, 33, 48"


def test_what_is_flagged_as_secret_is_never_public() -> None:
    """Art. 7."""
    kind = CATALOGUE.kind("honour")
    hidden = clocks_of(kind, FIRM, {}, date(2025, 1, 1), secret=True)
    assert (hidden.pub_from, hidden.rule_set) == (None, "qufu-2023-8, Art. 7")
    assert clocks_of(kind, FIRM, {}, date(2025, 1, 1)).pub_from == "2025-01-01"


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("secret", [True, False])
def test_no_record_of_a_person_and_no_secret_is_ever_public(code: str, secret: bool) -> None:
    """Art. 7, 36; Shandong Art. 20(3)."""
    kind = CATALOGUE.kind(code)
    for party in (PERSON, COMPANY, SHOP, ORGAN):
        if party.kind in kind.subjects and (secret or party.is_person):
            found = clocks_of(kind, party.kind, values_of(kind, party), date(2026, 5, 6), secret=secret)
            assert (found.pub_from, found.early_end) == (None, None)


@pytest.mark.parametrize("code", KINDS)
def test_an_individual_business_is_not_published_for_dishonesty(code: str) -> None:
    """Decision D2: its entity records are, its dishonesty is not."""
    kind = CATALOGUE.kind(code)
    if SHOP.kind in kind.subjects:
        found = clocks_of(kind, SHOP.kind, values_of(kind, SHOP), date(2026, 5, 6))
        public = any(one.class_for(SHOP.kind) is DisclosureClass.PUBLIC for one in kind.fields)
        assert (found.pub_from is not None) == (public and kind.category is not Category.dishonest)


@pytest.mark.parametrize("on", [FIRM, HUMAN, SMALL])
@pytest.mark.parametrize("code", ["honour", "administrative_penalty", "severe_list_entry", "commitment"])
@pytest.mark.parametrize("secret", [True, False])
def test_what_no_rule_governs_is_not_public(code: str, on: SubjectKind, secret: bool) -> None:
    """Default deny: with no rule set at all nothing is published, nothing ends, and the basis says why."""
    found = clocks_of(CATALOGUE.kind(code), on, {}, date(2025, 1, 1), secret=secret, under=together())
    assert (found.pub_from, found.rule_set) == (None, NO_RULE)
    assert (found.disc_to, found.keep_to, found.disc_rule, found.keep_rule) == (OPEN, OPEN, None, None)


def test_a_penalty_without_a_minimum_cannot_be_ended_early() -> None:
    """Art. 34: a rule set that names a most alone names no day from which an end may be asked for."""
    none = {"penalty_publicity_min_months": None, "penalty_publicity_min_months_safety": None}
    found = penalty("2024-01-10", "fine", domain="food", under=together(changed(CITY, **none)))
    assert (found.pub_to, found.early_end, found.early_rule) == ("2027-01-10", None, None)


def test_a_rule_set_that_spares_no_kind_and_no_domain_treats_all_penalties_alike() -> None:
    """Art. 34: warnings are spared and five domains are set apart only because the measure says so."""
    plain = together(changed(CITY, penalty_not_published=None, safety_domains=None))
    found = penalty("2024-01-10", "warning", domain="food", under=plain)
    assert (found.pub_from, found.early_end, found.pub_to) == ("2024-01-10", "2024-04-11", "2027-01-10")


def test_what_becomes_of_a_record_after_its_retention_is_the_rule_set_s_word() -> None:
    """Art. 35, 36 leave the choice; without a rule it is shielded, which can be undone."""
    assert effect_of(FIRM, REGIME) is RetentionEffect.SHIELD
    assert effect_of(HUMAN, REGIME) is RetentionEffect.DELETE
    assert effect_of(HUMAN, together(ORDER)) is RetentionEffect.SHIELD


def test_what_may_no_longer_be_kept_is_known_from_the_day_after() -> None:
    """Art. 35, 36: the last day is kept."""
    found = severe("2013-07-10")
    assert not lifecycle.retention_over(found, day("2023-07-10"))
    assert lifecycle.retention_over(found, day("2023-07-11"))


@pytest.mark.parametrize(
    ("listed", "removed", "on", "due"),
    [
        ("2020-01-08", "2023-07-10", "2023-07-10", "2023-07-14"),
        ("2020-01-08", "2023-07-10", "2023-07-13", "2023-07-14"),
        ("2020-01-08", "2023-07-10", "2023-07-14", "2028-07-01"),
        ("2020-01-08", "2023-07-10", "2028-07-01", "2033-07-11"),
        ("2020-01-08", "2023-07-10", "2033-07-11", OPEN),
        ("2020-01-08", None, "2026-11-23", "2028-07-01"),
        ("2020-01-08", "2019-12-02", "2019-12-03", "2028-07-01"),
    ],
)
def test_a_record_is_due_on_the_day_after_each_last_day(
    listed: str, removed: str | None, on: str, due: str
) -> None:
    """Art. 35, Shandong Art. 38; the last row was removed before it was listed and never public."""
    found = severe(removed, "2023-06-30", listed=listed)
    assert lifecycle.next_change({"state": "active", **found.stored()}, day(on)) == due


def test_an_end_that_changes_no_stage_is_passed_over() -> None:
    """As an earlier release stored it: publicity that ends before it begins."""
    record = {"state": "active", "pub_from": "2020-01-08", "pub_to": "2019-12-05", "disc_to": "2028-06-30"}
    assert lifecycle.next_change(record | {"keep_to": OPEN}, day("2019-12-03")) == "2028-07-01"


def test_the_day_of_a_conduct_is_its_end_or_else_the_record_s_date() -> None:
    """Art. 35, D3."""
    kind = CATALOGUE.kind(SEVERE)
    values = {"listedOn": "2024-01-10", "conductEndedOn": "2023-11-05"}
    assert (
        lifecycle.conduct_of(lifecycle.facts_of(kind, values, date(2024, 1, 10), secret=False))
        == "2023-11-05"
    )
    assert lifecycle.conduct_of(lifecycle.facts_of(kind, {}, date(2024, 1, 10), secret=False)) == "2024-01-10"


@given(start=days, months=st.integers(0, 600))
def test_months_end_on_the_corresponding_day_or_the_last(start: date, months: int) -> None:
    """Civil Code Art. 202."""
    end = add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    last = calendar.monthrange(end.year, end.month)[1]
    assert end.day == start.day or (end.day == last < start.day)


@given(start=days, other=days, months=st.integers(0, 600))
def test_a_later_start_never_ends_earlier(start: date, other: date, months: int) -> None:
    """Civil Code Art. 202."""
    early, late = sorted((start, other))
    assert add_months(early, months) <= add_months(late, months)
