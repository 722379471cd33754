"""The working days a new installation begins with: what the package chinesecalendar holds of the notices."""

from __future__ import annotations

from datetime import date

import chinese_calendar

from server.rules.workdays import YearNotice


def library_notices() -> tuple[YearNotice, ...]:
    """One notice for each year of the package, with the holidays' Chinese names, and open about its origin."""
    holidays = _by_notice(chinese_calendar.holidays)
    makeups = _by_notice(chinese_calendar.workdays)
    return tuple(
        YearNotice(
            year=year,
            version=0,
            notice=f"国务院办公厅关于{year}年部分节假日安排的通知",
            source=f"chinesecalendar {chinese_calendar.__version__}（第三方整理，含当年调整）",
            holidays=holidays[year],
            makeups=makeups.get(year, {}),
        )
        for year in sorted(holidays)
    )


def _by_notice(days: dict[date, str]) -> dict[int, dict[date, str]]:
    """The days by the year whose notice names them: New Year's days of December stand in the next year's."""
    new_year = chinese_calendar.Holiday.new_years_day.value
    found: dict[int, dict[date, str]] = {}
    for day, name in days.items():
        year = day.year + 1 if day.month == 12 and name == new_year else day.year
        found.setdefault(year, {})[day] = chinese_calendar.Holiday(name).chinese
    return found
