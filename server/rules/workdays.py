"""Which days are worked, as the State Council's yearly notices say, and deadlines counted in working days.

A notice names the days off and the weekend days worked in return (调休). It appears in the autumn before its year,
so days to come are not known: a deadline that reaches them assumes ordinary weeks and says that it does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Self

from server.catalogue.fault import Invalid

YEARS = range(2004, 2101)
"""The years there may be a notice for; the data the platform ships begin with the first."""

SPILL_FROM = (12, 22)
"""The month and day from which a notice may name days of the year before (元旦 of 2019 and 2023 did)."""

_END = date.max.toordinal()


class DayKind(StrEnum):
    """What kind of day it is; work is done on a ``WORKDAY`` and on a ``MAKEUP`` day (调休)."""

    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKEUP = "makeup"


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day. ``name`` is the holiday a day off or a make-up day belongs to, as far as the notice names it."""

    day: date
    kind: DayKind
    name: str | None = None

    @property
    def worked(self) -> bool:
        """Whether it counts as a working day."""
        return self.kind is DayKind.WORKDAY or self.kind is DayKind.MAKEUP


class Deadline(NamedTuple):
    """The last day of a term. While ``provisional``, a notice not yet loaded may move it."""

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class YearNotice:
    """One version of a year's arrangement: day off -> holiday, weekend day worked -> holiday it belongs to.

    ``notice`` is the document behind it, ``source`` where the data came from, ``version`` 0 until it is stored.
    Raises Invalid (a ValueError) for what no notice can say.
    """

    year: int
    version: int
    notice: str
    source: str
    holidays: Mapping[date, str]
    makeups: Mapping[date, str]

    def __post_init__(self) -> None:
        check_year(self.year)
        for day in self.holidays:
            check_day(self.year, day, makeup=False)
        for day in self.makeups:
            check_day(self.year, day, makeup=True)
            if day in self.holidays:
                raise both_kinds()
        for name in ("holidays", "makeups"):
            days = getattr(self, name)
            object.__setattr__(self, name, MappingProxyType(dict(sorted(days.items()))))


def final_day(year: int) -> date:
    """The last day of a year that the next year's notice cannot move any more."""
    return date(year, *SPILL_FROM) - timedelta(days=1)


def check_year(year: int) -> None:
    """Raise Invalid unless there may be a notice for that year."""
    if year not in YEARS:
        raise Invalid("year", f"must be a year from {YEARS[0]} to {YEARS[-1]}")


def check_day(year: int, day: date, *, makeup: bool) -> None:
    """Raise Invalid unless that year's notice may name the day, as a day off or as one worked in return."""
    # A moment is a date to Python, and would never be found again among the days.
    if type(day) is not date:
        raise Invalid("date", "must be a calendar day")
    if not date(year - 1, *SPILL_FROM) <= day <= date(year, 12, 31):
        raise Invalid("outside_year", "must lie in the notice's year or in the last ten days before it")
    if makeup and day.weekday() < 5:
        raise Invalid("weekend", "must be a Saturday or Sunday")


def both_kinds() -> Invalid:
    """The refusal of a day that is off and worked at once."""
    return Invalid("both_kinds", "must not be a day off as well")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class WorkCalendar:
    """Answers which days are worked and when terms end; made by ``of``.

    ``years`` holds the notice in force of each known year. ``first`` is the first day of the known years that follow
    each other without a gap, ``valid_through`` the last one that no later notice may move; None when none is known.
    """

    years: Mapping[int, YearNotice]
    first: date | None
    valid_through: date | None
    _named: Mapping[int, CalendarDay]
    """Ordinal -> day, for the days a notice names."""
    _known_until: Mapping[int, int]
    """Known year -> the last of the known years that follow it without a gap."""
    _low: int
    _high: int
    """First and last ordinal of the stretch whose working days are written out."""
    _worked: tuple[int, ...]
    """Ordinals of the working days of that stretch; outside it, and in its gaps, weeks are ordinary."""
    _before: int
    """Working days before that stretch."""

    @classmethod
    def of(cls, notices: Iterable[YearNotice]) -> Self:
        """The calendar by the highest version of each year.

        A later year's word on a day of December overrides that December's own year.
        """
        newest: dict[int, YearNotice] = {}
        for one in notices:
            if one.year not in newest or one.version >= newest[one.year].version:
                newest[one.year] = one
        years = dict(sorted(newest.items()))
        named: dict[int, CalendarDay] = {}
        for notice in years.values():
            for kind, days in ((DayKind.HOLIDAY, notice.holidays), (DayKind.MAKEUP, notice.makeups)):
                for day, name in days.items():
                    named[day.toordinal()] = CalendarDay(day, kind, name or None)
        known_until: dict[int, int] = {}
        for year in reversed(years):
            known_until[year] = known_until.get(year + 1, year)
        low, high = 1, 0
        first = valid_through = None
        if years:
            first = date(min(years), 1, 1)
            valid_through = final_day(known_until[first.year])
            low, high = min((first.toordinal(), *named)), date(max(years), 12, 31).toordinal()
        worked = tuple(n for n in range(low, high + 1) if (named[n].worked if n in named else _weekday(n)))
        return cls(
            MappingProxyType(years),
            first,
            valid_through,
            named,
            known_until,
            low,
            high,
            worked,
            _weekdays(low - 1),
        )

    def known(self, day: date) -> bool:
        """Whether the notice of that day's year is there, and no later one may move the day any more; otherwise weekdays
        are taken to be worked."""
        return day.year in self.years and (day.year + 1 in self.years or _plain(day) <= final_day(day.year))

    def is_workday(self, day: date) -> bool:
        """Whether the day is worked."""
        return self.kind_of(day).worked

    def kind_of(self, day: date) -> CalendarDay:
        """The day with its kind, by the notices or, for a day they do not name, by its place in the week."""
        ordinal = day.toordinal()
        named = self._named.get(ordinal)
        if named is not None:
            return named
        kind = DayKind.WORKDAY if _weekday(ordinal) else DayKind.WEEKEND
        return CalendarDay(date.fromordinal(ordinal), kind)

    def days_of(self, year: int) -> tuple[CalendarDay, ...]:
        """Every day of a known year in order; KeyError for another."""
        last = date(self.years[year].year, 12, 31).toordinal()
        return tuple(self.kind_of(date.fromordinal(n)) for n in range(date(year, 1, 1).toordinal(), last + 1))

    def after(self, start: date, days: int) -> Deadline:
        """The last of so many working days after ``start``, which is not counted itself (Civil Code Art. 201).

        Provisional when a day between them lies in a year without its notice, or may still be moved by the notice of
        the next one. Ends with the calendar in 9999.
        ValueError for less than one day.
        """
        if days < 1:
            raise ValueError("A term in working days has at least one.")
        ordinal = self._nth(self._until(start.toordinal()) + days)
        if ordinal > _END:
            return Deadline(date.max, True)
        end = date.fromordinal(ordinal)
        first_counted = start.year + 1 if (start.month, start.day) == (12, 31) else start.year
        known = self._known_until.get(first_counted, 0)
        return Deadline(end, known < end.year or (known == end.year and end > final_day(known)))

    def _until(self, ordinal: int) -> int:
        """Working days since the calendar's beginning up to and including this day."""
        if ordinal < self._low:
            return _weekdays(ordinal)
        if ordinal <= self._high:
            return self._before + bisect_right(self._worked, ordinal)
        return self._before + len(self._worked) + _weekdays(ordinal) - _weekdays(self._high)

    def _nth(self, count: int) -> int:
        """The ordinal of the working day with that number; the inverse of ``_until``."""
        within = count - self._before
        if within <= 0:
            return _nth_weekday(count)
        if within <= len(self._worked):
            return self._worked[within - 1]
        return _nth_weekday(within - len(self._worked) + _weekdays(self._high))


def _plain(day: date) -> date:
    """The day of a moment that was passed in its place."""
    return date(day.year, day.month, day.day)


def _weekday(ordinal: int) -> bool:
    """Whether it is a Monday to Friday; day 1 is a Monday."""
    return 1 <= ordinal % 7 <= 5


def _weekdays(ordinal: int) -> int:
    """Weekdays from day 1 to this day."""
    weeks, rest = divmod(ordinal, 7)
    return 5 * weeks + min(rest, 5)


def _nth_weekday(count: int) -> int:
    weeks, rest = divmod(count - 1, 5)
    return 7 * weeks + rest + 1
