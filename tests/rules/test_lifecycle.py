"""The clocks of a record by civil counting, with the worked examples' exact days (Art. 34 to 36; Shandong Art. 38)."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.kind import Category, DisclosureClass, SubjectKind
from server.rules.access import OPEN, Stage, stage_of
from server.rules.lifecycle import Clocks, add_months
from tests.makers import CATALOGUE, COMPANY, ORGAN, PERSON, SHOP, clocks_of, values_of

ENTITY, HUMAN = SubjectKind.legal_person, SubjectKind.natural_person
KINDS = sorted(CATALOGUE.kinds)
days = st.dates(date(1990, 1, 1), date(2090, 12, 31))


def penalty(
    decided: str,
    *types: str,
    domain: str = "none",
    on: SubjectKind = ENTITY,
    secret: bool = False,
    **more: Any,
) -> Clocks:
    """The clocks of a penalty decided on that day."""
    values = {"penaltyTypes": list(types), "domain": domain, "decidedOn": decided} | more
    kind = CATALOGUE.kind("administrative_penalty")
    return clocks_of(kind, on, values, date.fromisoformat(decided), secret=secret)


@pytest.mark.parametrize(
    ("number", "decided", "types", "domain", "apply_from", "last"),
    [
        (1, "2023-08-15", ["fine"], "none", "2023-11-16", "2026-08-15"),
        (5, "2024-08-31", ["warning", "fine"], "none", "2024-12-01", "2027-08-31"),
        (7, "2024-02-29", ["fine"], "drugs", "2025-03-01", "2027-02-28"),
    ],
)
def test_a_penalty_is_public_from_the_decision_to_its_last_day(
    number: int, decided: str, types: list[str], domain: str, apply_from: str, last: str
) -> None:
    """Worked examples 1, 5, 7: Art. 34."""
    got = penalty(decided, *types, domain=domain)
    assert (got.pub_from, got.early_end, got.pub_to) == (decided, apply_from, last), number
    assert got.rule_set == "qufu-2023-8, Art. 34"


@pytest.mark.parametrize("domain", ["food", "drugs", "special_equipment", "work_safety", "fire", "none"])
@pytest.mark.parametrize("types", [["warning"], ["criticism"], ["warning", "criticism"]])
def test_warnings_and_criticism_are_never_public(types: list[str], domain: str) -> None:
    """Worked examples 3 and 55: the minimum of a domain is for what is published at all."""
    got = penalty("2025-03-01", *types, domain=domain)
    assert (got.pub_from, got.early_end) == (None, None)


@pytest.mark.parametrize(("domain", "months"), [("food", 12), ("fire", 12), ("work_safety", 12), ("none", 3)])
def test_five_domains_of_safety_have_the_longer_minimum(domain: str, months: int) -> None:
    got = penalty("2024-01-10", "fine", domain=domain)
    assert got.early_end == str(add_months(date(2024, 1, 10), months) + timedelta(days=1))


def test_all_disclosure_ends_five_years_after_the_conduct() -> None:
    """Worked example 19, Shandong Art. 38: publicity never outlasts it; the file is kept, but for nobody to see."""
    got = penalty("2026-01-10", "fine", conductEndedOn="2022-06-30")
    assert (got.disc_to, got.pub_to, got.keep_to) == ("2027-06-30", "2027-06-30", OPEN)
    stored = {
        "state": "active",
        "pub_from": got.pub_from,
        "pub_to": got.pub_to,
        "disc_to": got.disc_to,
        "keep_to": got.keep_to,
    }
    assert stage_of(stored, date(2027, 6, 30)) is Stage.PUBLIC
    assert stage_of(stored, date(2027, 7, 1)) is Stage.DISCLOSURE_ENDED


def severe(removed: str | None, ended: str | None) -> Clocks:
    """The clocks of an entry in a severe list, listed on 2020-01-08."""
    values = (
        {"listedOn": "2020-01-08"}
        | ({"removedOn": removed} if removed else {})
        | ({"conductEndedOn": ended} if ended else {})
    )
    return clocks_of(CATALOGUE.kind("severe_list_entry"), ENTITY, values, date(2020, 1, 8))


def test_a_severe_entry_is_kept_ten_years_from_its_removal() -> None:
    """Art. 35, worked example 19: publicity ends three working days after the removal, disclosure with Shandong Art. 38."""
    got = severe("2023-07-15", "2023-06-30")
    assert (got.pub_from, got.pub_to, got.disc_to, got.keep_to) == (
        "2020-01-08",
        "2023-07-19",
        "2028-06-30",
        "2033-07-15",
    )


def test_a_removed_severe_entry_is_not_kept_for_ever_because_no_end_of_conduct_was_filed() -> None:
    """Art. 35: ten years from the removal, whatever else is known; nothing is disclosed after that."""
    got = severe("2023-07-15", None)
    assert (got.keep_to, got.disc_to) == ("2033-07-15", "2033-07-15")


def test_a_severe_entry_in_force_is_public_without_end() -> None:
    got = severe(None, None)
    assert (got.pub_to, got.disc_to, got.keep_to) == (OPEN, OPEN, OPEN)


def test_a_persons_retention_does_not_start_before_the_conduct_ended() -> None:
    """Worked example 21, Art. 36: arrears unpaid since 2019."""
    kind = CATALOGUE.kind("arrears")
    owing = clocks_of(kind, HUMAN, {"foundOn": "2019-05-01"}, date(2019, 5, 1))
    assert (owing.pub_from, owing.disc_to, owing.keep_to) == (None, OPEN, OPEN)
    paid = clocks_of(kind, HUMAN, {"endedOn": "2021-02-28"}, date(2019, 5, 1))
    assert (paid.pub_from, paid.disc_to, paid.keep_to) == (None, "2026-02-28", "2026-02-28")


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("secret", [True, False])
def test_no_record_of_a_person_and_no_secret_is_ever_public(code: str, secret: bool) -> None:
    """Worked example 11; Art. 7, 36; Shandong Art. 20(3)."""
    kind = CATALOGUE.kind(code)
    for party in (PERSON, COMPANY, SHOP, ORGAN):
        if party.kind not in kind.subjects or not (secret or party.is_person):
            continue
        got = clocks_of(kind, party.kind, values_of(kind, party), date(2026, 5, 6), secret=secret)
        assert got.pub_from is None
        assert got.early_end is None


@pytest.mark.parametrize("code", KINDS)
def test_an_individual_business_is_not_published_for_dishonesty(code: str) -> None:
    """Decision D2: its entity records are, its dishonesty is not."""
    kind = CATALOGUE.kind(code)
    if SHOP.kind in kind.subjects:
        got = clocks_of(kind, SHOP.kind, values_of(kind, SHOP), date(2026, 5, 6))
        public = any(one.class_for(SHOP.kind) is DisclosureClass.PUBLIC for one in kind.fields)
        assert (got.pub_from is not None) == (public and kind.category is not Category.dishonest)


@given(start=days, months=st.integers(0, 600))
def test_months_end_on_the_corresponding_day_or_the_last(start: date, months: int) -> None:
    """Civil Code Art. 202."""
    end = add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    last = calendar.monthrange(end.year, end.month)[1]
    assert end.day == start.day or (end.day == last < start.day)


@given(start=days, other=days, months=st.integers(0, 600))
def test_a_later_start_never_ends_earlier(start: date, other: date, months: int) -> None:
    early, late = sorted((start, other))
    assert add_months(early, months) <= add_months(late, months)


@given(
    code=st.sampled_from(KINDS),
    on=st.sampled_from(sorted(SubjectKind)),
    dated=days,
    ended=st.none() | days,
    removed=st.none() | days,
    valid_to=st.none() | days,
    types=st.lists(st.sampled_from(["warning", "fine", "revocation"]), max_size=2),
    secret=st.booleans(),
)
def test_publicity_lies_within_disclosure_and_disclosure_within_retention(
    code: str,
    on: SubjectKind,
    dated: date,
    ended: date | None,
    removed: date | None,
    valid_to: date | None,
    types: list[str],
    secret: bool,
) -> None:
    kind = CATALOGUE.kind(code)
    values: dict[str, Any] = {"penaltyTypes": types, "domain": "food", "publicityScope": "public"}
    for name, day in ((kind.conduct_ended_by, ended), ("removedOn", removed), (kind.valid_to, valid_to)):
        if name and day:
            values[name] = day.isoformat()
    got = clocks_of(kind, on, values, dated, secret=secret)
    assert got.disc_to <= got.keep_to
    if got.pub_from is not None:
        assert got.pub_to <= got.disc_to
        assert on is not HUMAN and not secret
    if kind.category is not Category.dishonest:
        assert got.disc_to == got.keep_to == OPEN
    if kind.category is Category.dishonest and kind.conduct_ended_by and ended:
        assert got.disc_to <= add_months(ended, 60).isoformat()
