"""Working days and terms: the worked examples with their exact days, the library's calendar, and what always holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.actions.calendar_seed import library_notices
from server.rules.workdays import YEARS, CalendarDay, DayKind, Deadline, WorkCalendar, YearNotice

DAY = timedelta(days=1)
LIBRARY = library_notices()
CALENDAR = WorkCalendar.of(LIBRARY)
SHIPPED = [date(2004, 1, 1) + n * DAY for n in range((date(2027, 1, 1) - date(2004, 1, 1)).days)]


def day(text: str) -> date:
    return date.fromisoformat(text)


def notice(
    year: int,
    holidays: Mapping[str, str] | None = None,
    makeups: Mapping[str, str] | None = None,
    version: int = 1,
) -> YearNotice:
    off, worked = ({day(key): name for key, name in (days or {}).items()} for days in (holidays, makeups))
    return YearNotice(year, version, f"notice of {year}", "", off, worked)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2023-09-28", 3, "2023-10-09"),
        ("2025-09-28", 3, "2025-10-09"),
        ("2025-09-28", 7, "2025-10-14"),
        ("2025-10-09", 2, "2025-10-11"),
        ("2023-10-06", 3, "2023-10-09"),
        ("2024-09-29", 3, "2024-10-09"),
        ("2026-09-24", 3, "2026-09-30"),
        ("2026-09-24", 10, "2026-10-15"),
    ],
    ids=[
        "15: a severe entry leaves the site (Art. 35)",
        "23: an objection within one's own scope (Art. 59)",
        "23: an objection that needs others (Art. 59)",
        "23: an error found is put right by a make-up Saturday (Art. 59)",
        "25: an objection filed on a holiday (Art. 59)",
        "29: a correction made on a make-up Sunday is reported (Art. 57)",
        "31: a repair is accepted (Order 36)",
        "31: a repair is decided (Order 36)",
    ],
)
def test_the_worked_examples_end_on_their_day(start: str, days: int, due: str) -> None:
    """Civil Code Art. 201: the first day is not counted."""
    assert CALENDAR.after(day(start), days) == Deadline(day(due), False)


def test_every_shipped_day_is_what_the_library_says_it_is() -> None:
    assert (CALENDAR.first, CALENDAR.valid_through) == (SHIPPED[0], date(2026, 12, 21))
    chinese = {one.value: one.chinese for one in chinese_calendar.Holiday}
    for one in SHIPPED:
        off, name = chinese_calendar.get_holiday_detail(one)
        found = CALENDAR.kind_of(one)
        assert (found.day, found.worked, found.name) == (one, not off, chinese.get(name)), one
        assert CALENDAR.is_workday(one) is chinese_calendar.is_workday(one)
        assert CALENDAR.known(one) is (one <= date(2026, 12, 21))


def test_terms_from_every_shipped_day_end_where_the_library_finds_the_day() -> None:
    terms = (1, 2, 3, 5, 7, 10, 15, 20)
    for place, start in enumerate(SHIPPED[:-40]):
        days = terms[place % len(terms)]
        due = chinese_calendar.find_workday(days - 1, start + DAY)
        assert CALENDAR.after(start, days) == (due, False), (start, days)


def test_new_years_days_of_december_stand_in_the_next_years_notice() -> None:
    """As the notices for 2019 and 2023 put it."""
    assert [one.year for one in LIBRARY] == list(range(2004, 2027))
    own = {one.year: one for one in LIBRARY}
    assert own[2019].holidays[date(2018, 12, 31)] == "元旦"
    assert own[2019].makeups[date(2018, 12, 29)] == "元旦"
    assert own[2023].holidays[date(2022, 12, 31)] == "元旦"
    assert all(one.source.startswith("chinesecalendar ") and "第三方" in one.source for one in LIBRARY)
    assert own[2026].notice == "国务院办公厅关于2026年部分节假日安排的通知"


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """Calendars of a few years, with gaps, whose notices name days at random, some of them in December before."""
    notices = []
    for year in draw(st.sets(st.integers(2020, 2025), max_size=5)):
        days = st.dates(date(year - 1, 12, 22), date(year, 12, 31))
        off = draw(st.sets(days, max_size=30))
        worked = draw(st.sets(days, max_size=40))
        notices.append(
            YearNotice(
                year,
                1,
                "notice",
                "",
                dict.fromkeys(off, "春节"),
                {one: "春节" for one in worked - off if one.weekday() >= 5},
            )
        )
    return WorkCalendar.of(notices)


STARTS = st.dates(date(2018, 12, 1), date(2026, 12, 31))
TERMS = st.integers(1, 300)


@given(calendars(), STARTS, TERMS)
def test_exactly_so_many_working_days_lie_in_a_term_and_its_last_day_is_one(
    calendar: WorkCalendar, start: date, days: int
) -> None:
    due = calendar.after(start, days).day
    within = [start + n * DAY for n in range(1, (due - start).days + 1)]
    assert calendar.is_workday(due)
    assert sum(map(calendar.is_workday, within)) == days


@given(calendars(), STARTS, TERMS)
def test_a_deadline_is_provisional_exactly_when_a_day_not_known_was_needed(
    calendar: WorkCalendar, start: date, days: int
) -> None:
    due, provisional = calendar.after(start, days)
    within = (start + n * DAY for n in range(1, (due - start).days + 1))
    assert provisional is not all(map(calendar.known, within))


@given(calendars(), STARTS, TERMS, st.integers(0, 40), st.integers(0, 40))
def test_a_later_start_or_a_longer_term_never_ends_earlier(
    calendar: WorkCalendar, start: date, days: int, later: int, longer: int
) -> None:
    due = calendar.after(start, days).day
    assert calendar.after(start + later * DAY, days).day >= due
    assert (calendar.after(start, days + longer).day > due) is (longer > 0)


@given(calendars(), st.dates())
def test_a_day_is_worked_by_its_kind_wherever_it_lies(calendar: WorkCalendar, one: date) -> None:
    found = calendar.kind_of(one)
    assert found.day == one
    assert calendar.is_workday(one) is (found.kind in {DayKind.WORKDAY, DayKind.MAKEUP})
    assert found.kind in {DayKind.HOLIDAY, DayKind.MAKEUP} or found.worked is (one.weekday() < 5)


def test_a_make_up_day_is_worked_and_a_weekday_moved_is_not() -> None:
    """2025: Sunday 28 September was worked for Tuesday 7 October."""
    assert CALENDAR.kind_of(date(2025, 9, 28)) == CalendarDay(date(2025, 9, 28), DayKind.MAKEUP, "国庆节")
    assert CALENDAR.kind_of(date(2025, 10, 7)).kind is DayKind.HOLIDAY
    assert CALENDAR.kind_of(date(2025, 10, 9)) == CalendarDay(date(2025, 10, 9), DayKind.WORKDAY)
    assert CALENDAR.kind_of(date(2025, 10, 12)) == CalendarDay(date(2025, 10, 12), DayKind.WEEKEND)
    assert CALENDAR.after(date(2025, 9, 27), 1).day == date(2025, 9, 28)


def test_a_later_notice_has_the_last_word_on_december() -> None:
    by_own = notice(2018, {"2018-12-31": "春节"}, {"2018-12-29": "春节", "2018-12-30": "春节"})
    by_next = notice(
        2019, {"2018-12-30": "元旦", "2018-12-31": "元旦", "2019-01-01": "元旦"}, {"2018-12-29": "元旦"}
    )
    for calendar in (WorkCalendar.of([by_own, by_next]), WorkCalendar.of([by_next, by_own])):
        kinds = [calendar.kind_of(date(2018, 12, n)) for n in (29, 30, 31)]
        assert [one.kind for one in kinds] == [DayKind.MAKEUP, DayKind.HOLIDAY, DayKind.HOLIDAY]
        assert {one.name for one in kinds} == {"元旦"}
        assert calendar.after(date(2018, 12, 29), 1) == Deadline(date(2019, 1, 2), False)
    alone = WorkCalendar.of([by_next])
    assert not alone.is_workday(date(2018, 12, 31))
    assert not alone.known(date(2018, 12, 31))
    assert alone.after(date(2018, 12, 28), 2) == Deadline(date(2019, 1, 2), True)


def test_the_next_notice_makes_a_deadline_final() -> None:
    """A provisional day is the best guess, and the same question has a final answer once the notice is there."""
    start = date(2025, 12, 30)
    before = WorkCalendar.of([one for one in LIBRARY if one.year < 2026])
    assert before.after(start, 1) == Deadline(date(2025, 12, 31), True)
    assert before.after(start, 3) == Deadline(date(2026, 1, 2), True)
    assert CALENDAR.after(start, 3) == Deadline(date(2026, 1, 5), False)
    # The year begins with the very next day, which is not known though the start is.
    assert before.after(date(2025, 12, 31), 1) == Deadline(date(2026, 1, 1), True)


def test_validity_ends_at_the_first_gap_but_later_years_still_count() -> None:
    calendar = WorkCalendar.of([notice(2020), notice(2021), notice(2023, {"2023-01-02": "元旦"})])
    assert (calendar.first, calendar.valid_through) == (date(2020, 1, 1), date(2021, 12, 21))
    assert calendar.after(date(2023, 1, 1), 1) == Deadline(date(2023, 1, 3), False)
    assert calendar.after(date(2021, 12, 31), 1).provisional
    assert calendar.after(date(2021, 12, 30), 300).provisional
    assert calendar.after(date(2020, 12, 30), 3) == Deadline(date(2021, 1, 4), False)


def test_without_any_notice_weeks_are_ordinary_and_every_term_is_provisional() -> None:
    empty = WorkCalendar.of([])
    assert (empty.first, empty.valid_through, dict(empty.years)) == (None, None, {})
    assert empty.is_workday(date(2025, 10, 1))
    assert empty.after(date(2025, 9, 26), 5) == Deadline(date(2025, 10, 3), True)


@pytest.mark.parametrize("calendar", [CALENDAR, WorkCalendar.of([])], ids=["shipped", "empty"])
def test_terms_at_the_ends_of_time_are_answered(calendar: WorkCalendar) -> None:
    assert calendar.after(date.max, 1) == Deadline(date.max, True)
    assert calendar.after(date(9999, 12, 30), 1) == Deadline(date.max, True)
    assert calendar.after(date(9999, 12, 30), 2) == Deadline(date.max, True)
    assert calendar.after(date(2025, 1, 1), 10**18) == Deadline(date.max, True)
    assert calendar.after(date.min, 1) == Deadline(date(1, 1, 2), True)


@pytest.mark.parametrize("days", [0, -1])
def test_a_term_has_at_least_one_day(days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        CALENDAR.after(date(2025, 1, 1), days)


def test_the_highest_version_of_a_year_is_in_force() -> None:
    """As in 2020, when the spring holiday was prolonged while it lasted."""
    first = notice(2020, {"2020-01-30": "春节"})
    second = notice(2020, {"2020-01-30": "春节", "2020-01-31": "春节"}, version=2)
    for versions in ([first, second], [second, first]):
        calendar = WorkCalendar.of(versions)
        assert calendar.years[2020].version == 2
        assert not calendar.is_workday(date(2020, 1, 31))


def test_a_year_is_told_day_by_day() -> None:
    assert [len(CALENDAR.days_of(year)) for year in (2024, 2025)] == [366, 365]
    assert [one.day for one in CALENDAR.days_of(2024)] == [one for one in SHIPPED if one.year == 2024]
    assert sum(one.worked for one in CALENDAR.days_of(2025)) == 248
    for year in (2003, 2027, 0, 10_000):
        with pytest.raises(KeyError):
            CALENDAR.days_of(year)


def test_a_moment_is_judged_by_its_day() -> None:
    assert not CALENDAR.is_workday(datetime(2025, 10, 1, 9, 30))
    assert CALENDAR.kind_of(datetime(2025, 9, 28, 9, 30)).kind is DayKind.MAKEUP
    assert CALENDAR.after(datetime(2025, 9, 28, 23, 59), 3) == Deadline(date(2025, 10, 9), False)


@pytest.mark.parametrize(
    ("year", "holidays", "makeups", "rule"),
    [
        (YEARS[0] - 1, {}, {}, "year"),
        (YEARS[-1] + 1, {}, {}, "year"),
        (2027, {date(2028, 1, 1): "元旦"}, {}, "outside_year"),
        (2027, {date(2026, 12, 21): "元旦"}, {}, "outside_year"),
        (2027, {}, {date(2025, 12, 28): "元旦"}, "outside_year"),
        (2027, {}, {date(2027, 2, 1): "春节"}, "weekend"),
        (2027, {date(2027, 1, 31): "春节"}, {date(2027, 1, 31): "春节"}, "both_kinds"),
        (2027, {datetime(2027, 1, 1): "元旦"}, {}, "date"),
    ],
)
def test_a_notice_cannot_say_the_impossible(
    year: int, holidays: dict[date, str], makeups: dict[date, str], rule: str
) -> None:
    with pytest.raises(ValueError, match="must") as refusal:
        YearNotice(year, 1, "notice", "", holidays, makeups)
    assert getattr(refusal.value, "rule", None) == rule


def test_a_notice_keeps_what_it_was_given() -> None:
    given_days = {date(2027, 1, 2): "元旦", date(2027, 1, 1): "元旦"}
    made = YearNotice(2027, 1, "notice", "", given_days, {})
    given_days.clear()
    assert list(made.holidays) == [date(2027, 1, 1), date(2027, 1, 2)]
    assert made == YearNotice(2027, 1, "notice", "", dict(made.holidays), {})
