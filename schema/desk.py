"""The checker's desk in GraphQL: filings with the record as it would come into force."""

from __future__ import annotations

from typing import Any

import strawberry

from schema.arguments import FilingStateArgument, make_enum
from schema.pages import make_connection
from schema.scalars import Date, DateTime
from schema.text import both, plain
from server.actions.check_filings import FilingView
from server.catalogue.kind import Label
from server.model.filing import Deed

DeedEnum = make_enum(
    "Deed",
    {
        "FILE": (Deed.FILE.value, Label("报送", "Put a record in force")),
        "WITHDRAW": (Deed.WITHDRAW.value, Label("撤回", "Withdraw a record")),
    },
    "What a filing does.",
    "报送办理内容。",
)


class DeskReading:
    """One filing for its own unit."""

    __slots__ = ("_filing", "cursor")

    def __init__(self, filing: FilingView) -> None:
        self._filing = filing
        self.cursor = filing.cursor

    @property
    def state(self) -> str:
        return self._filing.state.value

    @property
    def deed(self) -> str:
        return self._filing.deed.value

    @property
    def due_on(self) -> Any:
        return self._filing.judged.due if self._filing.judged is not None else None

    @property
    def late(self) -> bool | None:
        return self._filing.judged.late if self._filing.judged is not None else None

    def __getattr__(self, name: str) -> Any:
        """The filing's own attributes."""
        return getattr(self._filing, name)


def make_desk_types(interface: type) -> type:
    """The connection over filings."""
    space = {
        "__annotations__": {
            "id": strawberry.ID,
            "source_no": str,
            "state": FilingStateArgument,
            "maker": str,
            "checker": str | None,
            "reason": str | None,
            "submitted_at": DateTime,
            "decided_at": DateTime | None,
            "record": interface | None,
            "deed": DeedEnum,
            "due_on": Date | None,
            "late": bool | None,
        },
        "__module__": __name__,
        "id": plain("Id of the filing.", "报送编号。"),
        "source_no": plain("The unit's own number of the record.", "来源记录编号。", name="sourceRecordNo"),
        "state": plain("Where it stands.", "状态。"),
        "maker": plain("Who filed it.", "报送人。"),
        "checker": plain("Who decided it.", "审核人。"),
        "reason": plain("Why it was returned.", "退回理由。"),
        "submitted_at": plain("When it was filed.", "报送时间。", name="submittedAt"),
        "decided_at": plain("When it was decided.", "审核时间。", name="decidedAt"),
        "deed": plain("What it does.", "办理内容。"),
        "due_on": plain(
            "By when the correction was to be reported (Art. 57, 58).", "更正报送的截止日。", name="dueOn"
        ),
        "late": plain("It was reported late.", "逾期报送。"),
        "record": plain("The record as it would come into force.", "拟生效的记录。"),
        "is_type_of": classmethod(lambda cls, obj, _info: isinstance(obj, DeskReading)),
    }
    filing = strawberry.type(
        type("Filing", (), space),
        description=both("A filing of the own unit (Art. 23).", "本单位的一条报送（第二十三条）。"),
    )
    return make_connection("Filing", filing, "Filings", "报送记录", counted=False)
