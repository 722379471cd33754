"""New dishonest conduct lets the retention of a severe listing begin anew, and its revocation undoes that (Art. 35, D3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rules.access import OPEN, Stage
from server.rules.lifecycle import add_months
from server.rules.regime import SEVERE, Regime
from server.rules.restart import Restart, noted, restarted
from tests.rules.makers import DAY, HUMAN, Case, cases, day, regimes, severe, stage_on

many = settings(max_examples=200, deadline=None)
TEN_YEARS = 120
near = st.dates(date(2010, 1, 1), date(2070, 12, 31))


def kept_after(removed: date, conducts: Sequence[date], months: int = TEN_YEARS) -> date:
    """The last day of retention with conduct on these days."""
    known = [Restart(one.isoformat(), f"rec_{place}") for place, one in enumerate(conducts)]
    return restarted(removed, known, lambda start: add_months(start, months))


@pytest.mark.parametrize(
    ("conducts", "kept"),
    [
        ((), "2033-07-10"),
        (("2023-07-09",), "2033-07-10"),
        (("2023-07-10",), "2033-07-10"),
        (("2023-07-11",), "2033-07-11"),
        (("2028-02-29",), "2038-02-28"),
        (("2033-07-10",), "2043-07-10"),
        (("2033-07-11",), "2033-07-10"),
        (("2033-07-10", "2043-07-10"), "2053-07-10"),
        (("2043-07-10", "2033-07-10"), "2053-07-10"),
        (("2033-07-10", "2043-07-11"), "2043-07-10"),
        (("2025-01-01", "2035-01-01", "2044-12-31"), "2054-12-31"),
        (("2035-01-01", "2045-01-01"), "2033-07-10"),
        (("2025-01-01", "2025-01-01"), "2035-01-01"),
    ],
    ids=[
        "none", "before the removal", "on the day of the removal", "the day after", "leap day", "on the last day",
        "the day after the end", "in the period begun anew", "known in another order", "after the period begun anew",
        "a chain of three", "a chain whose first link is missing", "twice on a day",
    ],
)  # fmt: skip
def test_conduct_within_the_period_so_far_begins_it_anew(conducts: Sequence[str], kept: str) -> None:
    """Art. 35: the last day included; conduct after the end does not wake what has ended."""
    found = severe("2023-07-10", conducts=conducts)
    assert (found.keep_to, found.keep_rule) == (kept, "qufu-2023-8, Art. 35")
    assert stage_on(found, kept) is not Stage.SHIELDED
    assert stage_on(found, day(kept) + DAY) is Stage.SHIELDED


def test_conduct_beside_an_entry_that_stands_begins_nothing() -> None:
    """Art. 35: the ten years have not begun before the removal."""
    assert severe(None, conducts=["2024-01-01"]).keep_to == OPEN


def test_a_person_s_entry_is_kept_by_its_own_rule() -> None:
    """Art. 36: five years from the end of the conduct, whatever else the person did."""
    found = severe("2021-07-10", "2020-06-30", on=HUMAN, conducts=["2022-01-01"])
    assert (found.keep_to, found.keep_rule) == ("2025-06-30", "qufu-2023-8, Art. 36")


@many
@given(removed=near, conducts=st.lists(near, max_size=6), months=st.integers(1, 240))
def test_a_restart_never_keeps_an_entry_shorter_and_never_beyond_the_last_conduct_s_period(
    removed: date, conducts: list[date], months: int
) -> None:
    """Art. 35: with every further conduct the retention is the same or longer."""
    kept = [kept_after(removed, conducts[:count], months) for count in range(len(conducts) + 1)]
    assert kept == sorted(kept)
    assert kept[0] == add_months(removed, months)
    assert kept[-1] <= add_months(max([removed, *conducts]), months)


@many
@given(removed=near, conducts=st.lists(near, max_size=6), months=st.integers(1, 240))
def test_retention_is_what_a_chain_of_conducts_reaches_and_no_more(
    removed: date, conducts: list[date], months: int
) -> None:
    """Art. 35, said a second time: begin anew as often as some conduct lies in the period so far."""
    kept, before = add_months(removed, months), None
    while kept != before:
        before = kept
        for one in conducts:
            if removed < one <= kept:
                kept = max(kept, add_months(one, months))
    assert kept_after(removed, conducts, months) == kept


@many
@given(case=cases([SEVERE]), under=regimes, later=st.integers(0, 4_000))
def test_under_every_regime_a_restart_lengthens_retention_and_nothing_else(
    case: Case, under: Regime, later: int
) -> None:
    """Art. 35: an entry back in its retention is not back on the site; disclosure has its own end."""
    alone, beside = case.but(restarts=[]).under(under), case.under(under)
    assert beside.keep_to >= alone.keep_to
    assert (beside.pub_from, beside.pub_to, beside.early_end) == (
        alone.pub_from,
        alone.pub_to,
        alone.early_end,
    )
    if case.facts["ended"] is not None and under.rules.find("disclosure_max_months"):
        assert beside.disc_to >= alone.disc_to
        assert beside.disc_to <= str(add_months(day(case.facts["ended"]), 60))
    more = [*case.facts["restarts"], {"on": str(day(case.facts["dated"]) + later * DAY), "record": "rec_new"}]
    assert case.but(restarts=more).under(under).keep_to >= beside.keep_to


records = st.sampled_from(["rec_a", "rec_b", "rec_c", "rec_d"])
telling = st.lists(st.tuples(records, st.none() | near.map(date.isoformat)), max_size=10)


def after_all(told: Sequence[tuple[str, str | None]]) -> list[dict[str, Any]]:
    """What a listing knows once each of these was noted in turn."""
    known: list[dict[str, Any]] = []
    for record, on in told:
        known = noted(known, record, on)
    return known


@many
@given(told=telling, revoked=records, on=near.map(date.isoformat), place=st.integers(0, 10), removed=near)
def test_revoking_gives_what_would_hold_had_the_conduct_never_been_noted(
    told: list[tuple[str, str | None]], revoked: str, on: str, place: int, removed: date
) -> None:
    """Art. 35, D3: whenever it became known, and whatever became known before and after."""
    others = [one for one in told if one[0] != revoked]
    with_it = after_all([*others[:place], (revoked, on), *others[place:], (revoked, None)])
    without = after_all(others)
    assert with_it == without

    def kept(known: list[dict[str, Any]]) -> date:
        return restarted(
            removed, [Restart(**one) for one in known], lambda start: add_months(start, TEN_YEARS)
        )

    assert kept(with_it) == kept(without)


@many
@given(told=telling, data=st.data())
def test_what_is_known_does_not_depend_on_the_order_of_noting(
    told: list[tuple[str, str | None]], data: st.DataObject
) -> None:
    """Art. 35, D3: of each record its last word counts, and noting it twice says no more."""
    last = dict(told)
    shuffled = data.draw(st.permutations(list(last.items())))
    known = after_all(told)
    assert known == after_all(shuffled) == after_all([*shuffled, *shuffled])
    assert {one["record"]: one["on"] for one in known} == {k: on for k, on in last.items() if on is not None}


def test_noting_leaves_what_was_known_alone() -> None:
    """The old state of a listing is still needed to tell what changed."""
    known = [{"on": "2024-01-01", "record": "rec_a"}]
    assert noted(known, "rec_a", "2025-01-01") == [{"on": "2025-01-01", "record": "rec_a"}]
    assert noted(known, "rec_b", "2023-01-01")[0]["record"] == "rec_b"
    assert noted(known, "rec_a", None) == []
    assert known == [{"on": "2024-01-01", "record": "rec_a"}]
