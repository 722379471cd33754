"""The working-day calendar as everyone may read it: deadlines of the measure are counted by it (Art. 57 to 61)."""

from __future__ import annotations

import strawberry

from schema.arguments import make_enum
from schema.scalars import Date
from schema.text import both, plain
from server.catalogue.kind import Label
from server.rules.workdays import CalendarDay, DayKind, WorkCalendar

_KINDS = {
    DayKind.WORKDAY: Label("工作日", "Ordinary working day"),
    DayKind.WEEKEND: Label("周末休息日", "Weekend"),
    DayKind.HOLIDAY: Label("节假日放假", "Day off by the notice, also a weekday that was moved"),
    DayKind.MAKEUP: Label("调休上班日", "Weekend day worked in return for a day off"),
}

DayKindEnum = make_enum(
    "DayKind",
    {kind.name: (kind.value, label) for kind, label in _KINDS.items()},
    "Kinds of day; work is done on working and make-up days.",
    "日期类别；工作日与调休上班日均计为工作日。",
)


@strawberry.type(name="CalendarDay", description=both("One day of the calendar.", "日历中的一天。"))
class CalendarDayView:
    date: Date = plain("The day.", "日期。")
    kind: DayKindEnum = plain("Kind of day.", "日期类别。")  # type: ignore[valid-type]
    name: str | None = plain(
        "Holiday that a day off or a make-up day belongs to.", "放假日或调休上班日所属节日。"
    )


@strawberry.type(
    name="WorkCalendarYear",
    description=both("The working days of one year, by the State Council's notice.", "一年的工作日历。"),
)
class WorkCalendarYearView:
    year: int = plain("Year.", "年份。")
    notice: str = plain("Document that arranges the year.", "节假日安排文件。")
    source: str | None = plain("Where the data came from.", "数据来源。")
    version: int = plain("Version of the year's data.", "数据版本。")
    valid_through: Date = plain(
        "Last day the calendar knows without a gap; later deadlines are provisional.",
        "日历连续有效的最后一日，此后期限为暂定。",
        name="validThrough",
    )
    workdays: int = plain("Working days of the year.", "全年工作日数。")
    days: list[CalendarDayView] = plain("Every day of the year.", "全年各日。")


def calendar_view(calendar: WorkCalendar, year: int) -> WorkCalendarYearView | None:
    """One year of the calendar; None when its notice is not known."""
    notice = calendar.years.get(year)
    if notice is None:
        return None
    days = calendar.days_of(year)
    return WorkCalendarYearView(
        year=year,
        notice=notice.notice,
        source=notice.source or None,
        version=notice.version,
        valid_through=calendar.valid_through,  # type: ignore[arg-type]
        workdays=sum(one.worked for one in days),
        days=[_day_view(one) for one in days],
    )


def _day_view(day: CalendarDay) -> CalendarDayView:
    return CalendarDayView(date=day.day, kind=day.kind.value, name=day.name)  # type: ignore[arg-type]
