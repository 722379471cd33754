"""Reports of the units under Art. 57 and 58 in GraphQL."""

from __future__ import annotations

from typing import Any

import strawberry

from schema.arguments import make_enum
from schema.pages import make_connection
from schema.scalars import Date
from schema.text import both, plain
from server.actions.read_duties import DutyCount, DutyView
from server.catalogue.kind import Label
from server.rules.duties import Duty

DutyEnum = make_enum(
    "Duty",
    {
        "CORRECTION": (
            Duty.CORRECTION.value,
            Label("更正报送（第五十七条）", "Reporting a correction (Art. 57)"),
        ),
        "REVOCATION": (
            Duty.REVOCATION.value,
            Label("撤销变更报送（第五十八条）", "Reporting a revoked or changed document (Art. 58)"),
        ),
    },
    "What a unit had to report.",
    "应报送事项。",
)


class DutyReading:
    """One report."""

    __slots__ = ("_duty", "cursor")

    def __init__(self, duty: DutyView) -> None:
        self._duty = duty
        self.cursor = duty.cursor

    @property
    def duty(self) -> str:
        return self._duty.duty.value

    def __getattr__(self, name: str) -> Any:
        """The report's own attributes."""
        return getattr(self._duty, name)


@strawberry.type(
    name="ReportDuty",
    description=both("One report of a unit and whether it came in time.", "一次报送及是否按期。"),
)
class ReportDuty:
    id: strawberry.ID = plain("Id of the report.", "标识。")
    duty: DutyEnum = plain("What had to be reported.", "应报送事项。")  # type: ignore[valid-type]
    kind: str = plain("Kind of record.", "信息类别代码。")
    record: strawberry.ID = plain("The record.", "记录标识。")
    began_on: Date = plain("When the duty began.", "期限起算日。", name="beganOn")
    reported_on: Date = plain("When it was reported.", "报送日。", name="reportedOn")
    due_on: Date | None = plain("Last day in time.", "截止日。", name="dueOn")
    provisional: bool = plain("The last day may still move.", "截止日待定。")
    late: bool = plain("It came late.", "逾期。")
    basis: str | None = plain("Rule set and article.", "依据。")

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, DutyReading)


@strawberry.type(description=both("Reports of one unit in a span of days.", "某单位一段时间内的报送统计。"))
class ReportCount:
    unit: str = plain("Code of the unit.", "单位代码。")
    unit_name: str | None = plain("Name of the unit.", "单位名称。", name="unitName")
    duty: DutyEnum = plain("What had to be reported.", "应报送事项。")  # type: ignore[valid-type]
    reports: int = plain("Reports in all.", "报送总数。")
    late: int = plain("Late ones.", "逾期数。")
    provisional: int = plain("Ones whose last day may still move.", "截止日待定数。")


def count_view(one: DutyCount) -> ReportCount:
    """The GraphQL form of a count."""
    return ReportCount(
        unit=one.unit,
        unit_name=one.unit_name,
        duty=one.duty.value,
        reports=one.reports,
        late=one.late,
        provisional=one.provisional,
    )


DutyConnection = make_connection("ReportDuty", ReportDuty, "Reports", "报送记录", counted=False)
