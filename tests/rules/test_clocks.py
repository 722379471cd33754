"""Publicity, disclosure and retention: the worked examples with their exact dates, and what always holds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.kind import SubjectKind
from server.catalogue.load import load as load_catalogue
from server.errors import ConfigError
from server.rules import ruleset
from server.rules.access import OPEN, Stage, stage_of
from server.rules.lifecycle import Clocks, add_months
from tests.makers import RULES, clocks_of

CATALOGUE = load_catalogue()
FIRM, PERSON, SHOP = (
    SubjectKind.legal_person,
    SubjectKind.natural_person,
    SubjectKind.individual_business,
)
DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


def penalty(
    decided: str, types: tuple[str, ...], domain: str = "none", subject: SubjectKind = FIRM, **more: Any
) -> Clocks:
    values = {"penaltyTypes": list(types), "domain": domain, "decidedOn": decided, **more}
    kind = CATALOGUE.kind("administrative_penalty")
    return clocks_of(kind, subject, values, date.fromisoformat(decided))


def stage_on(found: Clocks, day: str) -> Stage:
    record = {
        "state": "active",
        "pub_from": found.pub_from,
        "pub_to": found.pub_to,
        "disc_to": found.disc_to,
        "keep_to": found.keep_to,
    }
    return stage_of(record, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("decided", "types", "domain", "apply_from", "last_day"),
    [
        ("2023-08-15", ("fine",), "none", "2023-11-16", "2026-08-15"),
        ("2024-08-31", ("warning", "fine"), "none", "2024-12-01", "2027-08-31"),
        ("2024-02-29", ("fine",), "drugs", "2025-03-01", "2027-02-28"),
        ("2023-11-30", ("confiscation",), "none", "2024-03-01", "2026-11-30"),
        ("2024-05-01", ("order_stop",), "work_safety", "2025-05-02", "2027-05-01"),
    ],
    ids=["example 1", "example 5", "example 7", "end of a short month", "safety domain"],
)
def test_a_penalty_is_public_for_three_years_and_an_early_end_waits_for_the_minimum(
    decided: str, types: tuple[str, ...], domain: str, apply_from: str, last_day: str
) -> None:
    """Art. 34; Civil Code Art. 201, 202."""
    found = penalty(decided, types, domain)
    assert (found.pub_from, found.early_end, found.pub_to) == (decided, apply_from, last_day)
    assert found.rule_set == "qufu-2023-8, Art. 34"
    assert stage_on(found, last_day) is Stage.PUBLIC
    after = (date.fromisoformat(last_day) + timedelta(days=1)).isoformat()
    assert stage_on(found, after) is Stage.NOT_PUBLIC


@pytest.mark.parametrize("types", [("warning",), ("criticism",), ("warning", "criticism")])
@pytest.mark.parametrize("domain", ["none", "food"])
def test_warnings_and_criticism_alone_are_never_public(types: tuple[str, ...], domain: str) -> None:
    """Art. 34; example 3: the domain's minimum applies only to what is published."""
    assert penalty("2024-01-01", types, domain).pub_from is None


@pytest.mark.parametrize("subject", [PERSON, SHOP])
def test_a_persons_penalty_is_never_public(subject: SubjectKind) -> None:
    """Art. 36, Shandong Art. 20(3); individual businesses by decision D2; example 11."""
    assert penalty("2024-01-01", ("fine",), "food", subject).pub_from is None


def test_all_disclosure_ends_five_years_after_the_conduct() -> None:
    """Shandong Art. 38; example 19."""
    found = penalty("2026-05-01", ("fine",), conductEndedOn="2023-06-30")
    assert (found.disc_to, found.pub_to) == ("2028-06-30", "2028-06-30")
    assert stage_on(found, "2028-06-30") is Stage.PUBLIC
    assert stage_on(found, "2028-07-01") is Stage.DISCLOSURE_ENDED


def test_a_severe_entry_stops_within_three_working_days_of_its_removal_and_is_kept_ten_years() -> None:
    """Art. 35."""
    kind = CATALOGUE.kind("severe_list_entry")
    listed = date(2022, 1, 10)
    standing = clocks_of(kind, FIRM, {"listedOn": "2022-01-10"}, listed)
    assert (standing.pub_from, standing.pub_to, standing.keep_to) == ("2022-01-10", OPEN, OPEN)
    removed = {"listedOn": "2022-01-10", "removedOn": "2023-07-10", "conductEndedOn": "2021-12-31"}
    ended = clocks_of(kind, FIRM, removed, listed)
    assert (ended.pub_to, ended.disc_to, ended.keep_to) == ("2023-07-13", "2026-12-31", "2033-07-10")
    assert stage_on(ended, "2027-01-01") is Stage.DISCLOSURE_ENDED
    assert stage_on(ended, "2033-07-11") is Stage.SHIELDED


def test_no_clock_runs_for_a_person_while_the_conduct_lasts() -> None:
    """Art. 36; example 21."""
    kind = CATALOGUE.kind("arrears")
    lasting = clocks_of(kind, PERSON, {"foundOn": "2019-03-01"}, date(2019, 3, 1))
    assert (lasting.pub_from, lasting.disc_to, lasting.keep_to) == (None, OPEN, OPEN)
    ended = clocks_of(
        kind,
        PERSON,
        {"foundOn": "2019-03-01", "endedOn": "2020-02-29"},
        date(2019, 3, 1),
    )
    assert (ended.disc_to, ended.keep_to) == ("2025-02-28", "2025-02-28")


def test_a_licence_is_public_as_long_as_it_is_valid() -> None:
    """Art. 31; 2099-12-31 is what source systems write for no end."""
    kind = CATALOGUE.kind("administrative_licence")
    values = {"decidedOn": "2024-01-05", "validFrom": "2024-01-10", "validTo": "2026-01-09"}
    bounded = clocks_of(kind, FIRM, values, date(2024, 1, 5))
    assert (bounded.pub_from, bounded.pub_to) == ("2024-01-05", "2026-01-09")
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
    one, day = CATALOGUE.kind(kind), date(2025, 1, 1)
    assert clocks_of(one, FIRM, {field: public}, day).pub_from == "2025-01-01"
    assert clocks_of(one, FIRM, {field: closed}, day).pub_from is None
    assert clocks_of(one, FIRM, {}, day).pub_from is None


def test_what_is_flagged_as_secret_is_never_public() -> None:
    """Art. 7."""
    kind = CATALOGUE.kind("honour")
    assert clocks_of(kind, FIRM, {}, date(2025, 1, 1), secret=True).pub_from is None
    assert clocks_of(kind, FIRM, {}, date(2025, 1, 1)).pub_from == "2025-01-01"


@given(
    decided=DAYS,
    types=st.sets(st.sampled_from(["warning", "criticism", "fine", "revocation", "order_close"]), min_size=1),
    domain=st.sampled_from(["none", "food", "fire"]),
    ended=st.none() | DAYS,
    subject=st.sampled_from([FIRM, PERSON, SHOP]),
)
def test_no_penalty_is_shown_after_its_last_day_and_clocks_never_cross(
    decided: date, types: set[str], domain: str, ended: date | None, subject: SubjectKind
) -> None:
    """Art. 34, 36, Shandong Art. 38."""
    more = {"conductEndedOn": ended.isoformat()} if ended else {}
    found = penalty(decided.isoformat(), tuple(sorted(types)), domain, subject, **more)
    if found.pub_from is not None:
        assert found.pub_to <= found.disc_to
        assert found.pub_to <= add_months(decided, 36).isoformat()
        assert found.early_end is not None
        assert found.early_end > found.pub_from
    assert found.disc_to <= found.keep_to
    assert (found.pub_from is None) == (types <= {"warning", "criticism"} or subject is not FIRM)


@given(start=DAYS, months=st.integers(0, 240))
def test_months_end_on_the_corresponding_day_or_the_last_of_the_month(start: date, months: int) -> None:
    """Civil Code Art. 202."""
    end = add_months(start, months)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end + timedelta(days=1)).day == 1
    assert end.day <= start.day


def test_the_superior_rule_set_comes_first_and_names_its_article() -> None:
    """Art. 86."""
    assert [one.id for one in RULES.sets] == ["shandong-2020", "qufu-2023-8"]
    assert RULES.parameter("disclosure_max_months").basis == "shandong-2020, Shandong Art. 38"
    with pytest.raises(KeyError):
        RULES.parameter("nothing")


def test_the_measure_says_openly_that_its_own_term_has_ended() -> None:
    """Art. 87."""
    city = RULES.sets[-1]
    assert city.effective_to == date(2025, 6, 30)
    assert "2025-06-30" in city.note.en


@pytest.mark.parametrize(
    "text", ["[]", "id: x", "id: [1", "id: x\nname: 1\nissuer: a\ndocument: b\nrank: city\neffective_from: 1"]
)
def test_a_broken_rule_set_does_not_boot(tmp_path: Any, text: str) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        ruleset.shipped(tmp_path)
