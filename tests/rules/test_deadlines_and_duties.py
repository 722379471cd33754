"""Terms in working days and the units' duties to report (Art. 57 to 61; Civil Code Art. 201; decisions D4, D5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rules.deadlines import Due, deadline
from server.rules.duties import Duty, Judged, Report, judge, judge_anew
from server.rules.parameters import PARAMETERS, Unit
from server.rules.regime import Regime
from tests.makers import REGIME, REGIME_36
from tests.rules.makers import CALENDARS, CITY, DAY, ORDER, PROVINCE, calendar_to, changed, day, together

TERMS = sorted(name for name, spec in PARAMETERS.items() if spec.unit is Unit.WORKING_DAYS)
starts = st.dates(date(2008, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("name", "due", "basis"),
    [
        ("correction_report_working_days", "2026-11-26", "qufu-2023-8, Art. 57"),
        ("revocation_report_working_days", "2026-11-26", "qufu-2023-8, Art. 58"),
        ("objection_own_working_days", "2026-11-26", "qufu-2023-8, Art. 59"),
        ("objection_assist_working_days", "2026-12-02", "qufu-2023-8, Art. 59"),
        ("objection_fix_working_days", "2026-11-25", "qufu-2023-8, Art. 59"),
        ("opt_out_working_days", "2026-11-25", "qufu-2023-8, Art. 61"),
        ("severe_unpublish_working_days", "2026-11-26", "qufu-2023-8, Art. 35"),
        ("repair_acceptance_working_days", "2026-11-26", "ndrc-36, State Council Office 2025 No. 22"),
        ("repair_result_working_days", "2026-12-07", "ndrc-36, State Council Office 2025 No. 22"),
    ],
)
def test_each_term_has_its_days_its_rule_set_and_its_article(name: str, due: str, basis: str) -> None:
    """From Monday 2026-11-23, which is not counted; section 12 of the domain notes."""
    assert deadline(name, date(2026, 11, 23), REGIME_36) == Due(day(due), False, basis)


def test_the_table_above_knows_every_term() -> None:
    assert len(TERMS) == 9
    assert all(REGIME_36.rules.find(name) for name in TERMS)


@pytest.mark.parametrize("name", ["repair_acceptance_working_days", "repair_result_working_days"])
def test_a_term_no_applied_rule_set_has_is_refused(name: str) -> None:
    """Order 36 is not applied by default: there is no term to make up."""
    with pytest.raises(KeyError):
        deadline(name, date(2026, 11, 23), REGIME)


@pytest.mark.parametrize("name", sorted(set(PARAMETERS) - set(TERMS)))
def test_what_counts_no_working_days_is_no_term(name: str) -> None:
    with pytest.raises(ValueError, match="working days"):
        deadline(name, date(2026, 11, 23), REGIME_36)


def test_a_term_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError):
        deadline("objection_working_days", date(2026, 11, 23), REGIME_36)


def test_a_term_beyond_the_calendar_is_provisional_until_the_notice_is_there() -> None:
    """Design 5: Friday 2 January 2026 was a holiday, which only the notice of November 2025 said."""
    before = replace(REGIME, calendar=calendar_to(2025))
    received = date(2025, 12, 30)
    guess, final = (deadline("objection_own_working_days", received, one) for one in (before, REGIME))
    assert (guess.day, guess.provisional) == (date(2026, 1, 2), True)
    assert (final.day, final.provisional) == (date(2026, 1, 5), False)
    assert guess.basis == final.basis


def test_the_superior_rule_set_s_term_prevails() -> None:
    """Art. 86; Shandong Art. 40 might name another."""
    superior = changed(PROVINCE, "Shandong Art. 40", correction_report_working_days=2)
    found = deadline("correction_report_working_days", date(2026, 11, 23), together(CITY, superior, ORDER))
    assert (found.day, found.basis) == (date(2026, 11, 25), "shandong-2020, Shandong Art. 40")


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(TERMS),
    start=starts,
    calendar=st.integers(0, len(CALENDARS) - 1),
    later=st.integers(0, 30),
)
def test_a_term_ends_on_a_working_day_after_its_start_and_no_earlier_for_starting_later(
    name: str, start: date, calendar: int, later: int
) -> None:
    """Civil Code Art. 201: exactly so many working days, the first day not among them."""
    under = together(CITY, PROVINCE, ORDER, calendar=CALENDARS[calendar])
    due = deadline(name, start, under)
    span = [start + n * DAY for n in range(1, (due.day - start).days + 1)]
    assert under.calendar.is_workday(due.day)
    assert sum(map(under.calendar.is_workday, span)) == under.rules.parameter(name).value
    assert due.provisional is not all(map(under.calendar.known, span))
    assert deadline(name, start + later * DAY, under).day >= due.day


@pytest.mark.parametrize(
    ("duty", "began", "reported", "due", "late"),
    [
        (Duty.CORRECTION, "2024-09-29", "2024-10-09", "2024-10-09", False),
        (Duty.CORRECTION, "2024-09-29", "2024-10-10", "2024-10-09", True),
        (Duty.CORRECTION, "2026-11-23", "2026-11-23", "2026-11-26", False),
        (Duty.REVOCATION, "2025-09-28", "2025-10-09", "2025-10-09", False),
        (Duty.REVOCATION, "2025-09-28", "2025-10-10", "2025-10-09", True),
        (Duty.REVOCATION, "2023-10-06", "2023-10-09", "2023-10-09", False),
        (Duty.REVOCATION, "2024-01-01", "2026-11-23", "2024-01-04", True),
    ],
)
def test_a_report_is_in_time_to_the_last_day(
    duty: Duty, began: str, reported: str, due: str, late: bool
) -> None:
    """Art. 57 counts from the correction (D4), Art. 58 from the revocation or change."""
    judged = judge(Report(duty, day(began), day(reported)), REGIME)
    article = "Art. 57" if duty is Duty.CORRECTION else "Art. 58"
    assert judged == Judged(day(due), 3, False, late, f"qufu-2023-8, {article}")


@pytest.mark.parametrize("duty", Duty)
def test_without_a_rule_nothing_is_late(duty: Duty) -> None:
    """A duty nobody laid down cannot be failed."""
    report = Report(duty, date(2020, 1, 1), date(2026, 11, 23))
    assert judge(report, together(PROVINCE)) == Judged(None, None, False, False, None)
    other = {Duty.CORRECTION: "revocation", Duty.REVOCATION: "correction"}[duty]
    half = changed(CITY, **{f"{duty.value}_report_working_days": None})
    assert judge(report, together(half)).due is None
    assert f"{other}_report_working_days" in half.parameters


@settings(max_examples=150, deadline=None)
@given(
    duty=st.sampled_from(Duty),
    began=starts,
    after=st.integers(-3, 40),
    under=st.sampled_from([together(CITY, calendar=one) for one in CALENDARS]),
)
def test_a_report_is_late_exactly_after_its_last_day(
    duty: Duty, began: date, after: int, under: Regime
) -> None:
    """Art. 57, 58; provisional while the last day counts days not announced."""
    judged = judge(Report(duty, began, began + after * DAY), under)
    due = deadline(f"{duty.value}_report_working_days", began, under)
    assert (judged.due, judged.provisional, judged.basis) == (due.day, due.provisional, due.basis)
    assert judged.late is (began + after * DAY > due.day)
    later = judge(Report(duty, began, began + (after + 1) * DAY), under)
    assert later.late >= judged.late
    assert judged.days is not None
    anew = judge_anew(began, began + after * DAY, judged.days, under)
    assert anew == (judged.due, judged.provisional, judged.late)


@pytest.mark.parametrize(
    ("reported", "before", "after"),
    [("2026-01-02", False, False), ("2026-01-05", True, False), ("2026-01-06", True, True)],
)
def test_the_next_notice_may_make_a_late_report_timely_and_leaves_the_term_as_it_was(
    reported: str, before: bool, after: bool
) -> None:
    """Art. 57; design 5: Friday 2 January 2026 turned out to be a holiday. A rule set activated since changes nothing."""
    report = Report(Duty.CORRECTION, day("2025-12-30"), day(reported))
    judged = judge(report, replace(REGIME, calendar=calendar_to(2025)))
    assert (judged.due, judged.provisional, judged.late) == (day("2026-01-02"), True, before)
    shorter = together(changed(CITY, correction_report_working_days=1))
    assert judge_anew(report.began, report.reported, 3, shorter) == (day("2026-01-05"), False, after)
