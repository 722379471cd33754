"""The queries about time itself: rule sets, the calendar, what was visible on a past day, reports under a term."""

from __future__ import annotations

from typing import Annotated, Any

from schema.arguments import After, First, Matter, SubjectKey
from schema.calendar import WorkCalendarYearView, calendar_view
from schema.context import Info, operation_of
from schema.duties import DutyConnection, DutyReading, ReportCount, count_view
from schema.look_back import PastRecordView, past_view
from schema.pages import Connection
from schema.rule_sets import RuleSet, rule_set_view
from schema.scalars import Date
from schema.text import arg, plain
from server.actions import look_back, read_duties
from server.actions import rule_sets as rule_sets_action


async def report_duties(
    info: Info,
    unit: Annotated[
        str | None, arg("Code of the unit; the own one without it.", "单位代码；空为本单位。")
    ] = None,
    first: First = 20,
    after: After = None,
) -> DutyConnection:  # type: ignore[valid-type]
    page = await read_duties.reports(operation_of(info), unit, first, after)
    return Connection([DutyReading(one) for one in page.views], page.has_next, page.has_previous)


async def report_counts(
    info: Info,
    since: Annotated[Date, arg("Reported on or after this day.", "报送日不早于。")],
    until: Annotated[Date, arg("Reported on or before this day.", "报送日不晚于。")],
    unit: Annotated[
        str | None, arg("Only this unit; all for an auditor without it.", "仅限该单位；审计可查全部。")
    ] = None,
) -> list[ReportCount]:
    found = await read_duties.counts(operation_of(info), unit, since, until)  # type: ignore[arg-type]
    return [count_view(one) for one in found]


async def visible_on(
    info: Info,
    subject: SubjectKey,
    day: Annotated[Date, arg("A day that has passed, or today.", "不晚于当日的日期。")],
    matter: Matter,
) -> list[PastRecordView]:
    found = await look_back.visible_on(operation_of(info), subject, day, matter)  # type: ignore[arg-type]
    return [past_view(one) for one in found]


async def rule_sets(
    info: Info,
    versions: Annotated[
        bool, arg("Every version, not only the newest and the active.", "包含全部版本。")
    ] = False,
) -> list[RuleSet]:
    found = await rule_sets_action.rule_sets(operation_of(info), every_version=versions)
    return [rule_set_view(one) for one in found]


def calendar(
    info: Info, year: Annotated[int, arg("Calendar year.", "公历年份。")]
) -> WorkCalendarYearView | None:
    return calendar_view(operation_of(info).regime.calendar, year)


TIME_QUERIES: dict[str, Any] = {
    "visible_on": plain(
        "For auditors: what of a subject was visible to whom on a past day, and why.",
        "审计：某主体的记录在某日对谁可见及理由。",
        resolver=visible_on,
        name="visibleOn",
    ),
    "report_duties": plain(
        "A unit's reports under Art. 57 and 58, newest first.",
        "单位依第五十七、五十八条的报送，按时间倒序。",
        resolver=report_duties,
        name="reportDuties",
    ),
    "report_counts": plain(
        "How many reports came late, by unit.",
        "各单位报送及逾期统计。",
        resolver=report_counts,
        name="reportCounts",
    ),
    "rule_sets": plain(
        "The rule sets periods are computed by (Art. 86, 87).",
        "计算期限所用的规则集（第八十六、八十七条）。",
        resolver=rule_sets,
        name="ruleSets",
    ),
    "calendar": plain(
        "The working days of a year, as the State Council arranged them.",
        "国务院办公厅公布的年度工作日安排。",
        resolver=calendar,
    ),
}
"""Fields of the root type, by their names inside."""
