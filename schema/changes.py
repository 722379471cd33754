"""The feed of changes in GraphQL: each a view of the record as it is now, or a tombstone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import strawberry

from schema.arguments import Matter, PurposeArgument, SubjectKey, make_enum
from schema.context import Info, chosen, operation_of
from schema.directives import data
from schema.scalars import DateTime
from schema.text import arg, both, plain
from server.actions import follow
from server.actions.follow import ChangePage, ChangeView, FollowQuery
from server.catalogue.kind import DisclosureClass, Label
from server.model.purpose import Purpose
from server.rules.visibility import Cause, Meaning

_P = DisclosureClass.PUBLIC

MeaningEnum = make_enum(
    "ChangeMeaning",
    {
        "APPEARED": (Meaning.APPEARED.value, Label("新增可见", "It became visible")),
        "CHANGED": (Meaning.CHANGED.value, Label("内容变动", "Something readable of it changed")),
        "ENDED": (Meaning.ENDED.value, Label("不再可见", "It is no longer visible")),
    },
    "What a change is to the caller.",
    "变动对调用方的含义。",
)

CauseEnum = make_enum(
    "ChangeCause",
    {
        "FILED": (Cause.FILED.value, Label("报送或更正", "Filed or corrected by its unit")),
        "WITHDRAWN": (Cause.WITHDRAWN.value, Label("撤回", "Withdrawn by its unit")),
        "PERIOD_ENDED": (Cause.PERIOD_ENDED.value, Label("期限届满", "A period ended")),
        "RECOMPUTED": (
            Cause.RECOMPUTED.value,
            Label("规则或日历变动", "Rules, calendar or other records changed"),
        ),
        "DELETED": (Cause.DELETED.value, Label("期满删除", "Deleted at the end of its retention")),
    },
    "Why a record changed.",
    "变动原因。",
)


class ChangeReading:
    """One change as the resolvers read it."""

    __slots__ = ("_change", "cursor")

    def __init__(self, change: ChangeView) -> None:
        self._change = change
        self.cursor = change.cursor

    @property
    def meaning(self) -> str:
        return self._change.meaning.value

    @property
    def cause(self) -> str:
        return self._change.cause.value

    @property
    def record(self) -> Any:
        return self._change.view

    @property
    def tombstone(self) -> Any:
        return None if self._change.view is not None else Stone(self._change)

    @property
    def at(self) -> Any:
        return self._change.at


class Stone:
    """What is left of a record that is not shown."""

    __slots__ = ("_change",)

    def __init__(self, change: ChangeView) -> None:
        self._change = change

    @property
    def id(self) -> str:
        return self._change.record

    @property
    def kind(self) -> str:
        return self._change.kind

    @property
    def received(self) -> bool:
        return self._change.received


class ChangesReading:
    """One page of changes."""

    __slots__ = ("_page",)

    def __init__(self, page: ChangePage) -> None:
        self._page = page

    @property
    def nodes(self) -> list[ChangeReading]:
        return [ChangeReading(one) for one in self._page.views]

    @property
    def end_cursor(self) -> str:
        return self._page.end

    @property
    def has_next_page(self) -> bool:
        return self._page.has_next


@dataclass(frozen=True, slots=True)
class ChangeTypes:
    """The types made for one catalogue, and the root fields over them."""

    change: Any
    page: Any
    query: Any
    arguments: dict[str, Any]


Consent = Annotated[strawberry.ID | None, arg("Inside this consent.", "在该授权范围内。")]
Subject = Annotated[SubjectKey | None, arg("About this subject.", "关于该主体。")]
PurposeGiven = Annotated[PurposeArgument | None, arg("Purpose of Art. 37.", "第三十七条查询用途。")]
MatterGiven = Annotated[Matter | None, arg("Number of the matter.", "办理事项编号。")]
Own = Annotated[bool, arg("The own unit's records, for providers.", "本单位报送的记录（提供单位）。")]
SinceCursor = Annotated[
    str | None,
    arg("Cursor to go on after; from the beginning without one.", "从该游标之后继续；空为从头开始。"),
]
Most = Annotated[int, arg("Changes on a page, 1 to 100.", "每页变动数，1至100。")]


def asked_of(consent: Any, subject: Any, purpose: Any, matter: Any, own: Any) -> FollowQuery:
    """The footing that arguments state."""
    return FollowQuery(
        consent=consent,
        subject=subject,
        purpose=Purpose(purpose.value) if purpose is not None else None,
        matter=matter,
        own=bool(own),
    )


def make_change_types(interface: type, kinds: type[Enum]) -> ChangeTypes:
    """``RecordChange``, its page, and the query over the interface ``CreditRecord``."""
    members = {member.value: member for member in kinds}

    def kind_of(root: Any) -> Any:
        return members[root.kind]

    kind_of.__annotations__ = {"root": Any, "return": kinds}
    stone = strawberry.type(
        type(
            "Tombstone",
            (),
            {
                "__annotations__": {"id": strawberry.ID, "received": bool},
                "__module__": __name__,
                "id": data("Id of the record.", "记录标识。", _P),
                "kind": data("Kind of record.", "信息类别。", _P, resolver=kind_of),
                "received": data(
                    "The caller's unit was given it on a ground of its own: what it holds must no longer be used, "
                    "or be asked for again.",
                    "本单位曾依授权或共享取得该记录：所持内容不得继续使用，或须重新查询。",
                    _P,
                ),
                "is_type_of": classmethod(lambda cls, obj, _info: isinstance(obj, Stone)),
            },
        ),
        description=both(
            "What is told of a record that is not shown, or no longer.", "对不再可见的记录所作的告知。"
        ),
    )
    change = strawberry.type(
        type(
            "RecordChange",
            (),
            {
                "__annotations__": {
                    "cursor": str,
                    "at": DateTime,
                    "meaning": MeaningEnum,
                    "cause": CauseEnum,
                    "record": interface | None,
                    "tombstone": stone | None,
                },
                "__module__": __name__,
                "cursor": plain("Cursor to go on after it.", "游标。"),
                "at": plain("When it happened.", "发生时间。"),
                "meaning": plain("What it is to the caller.", "对调用方的含义。"),
                "cause": plain("Why.", "原因。"),
                "record": plain("The record as it is now.", "记录现状。"),
                "tombstone": plain("Instead of a record that is not shown.", "不可见记录的告知。"),
                "is_type_of": classmethod(lambda cls, obj, _info: isinstance(obj, ChangeReading)),
            },
        ),
        description=both("One change of a record, for one unit.", "一条记录变动。"),
    )
    page = strawberry.type(
        type(
            "RecordChanges",
            (),
            {
                "__annotations__": {"nodes": list[change], "end_cursor": str, "has_next_page": bool},  # type: ignore[valid-type]
                "__module__": __name__,
                "nodes": plain("The changes, oldest first.", "变动，按时间正序。"),
                "end_cursor": plain(
                    "Cursor to go on after, also where there is no change.",
                    "继续查询的游标，无变动时亦返回。",
                    name="endCursor",
                ),
                "has_next_page": plain("More follow.", "后面还有。", name="hasNextPage"),
                "is_type_of": classmethod(lambda cls, obj, _info: isinstance(obj, ChangesReading)),
            },
        ),
        description=both("A page of changes.", "一页变动。"),
    )

    async def changes(
        info: Info,
        since: Any = None,
        first: int = 50,
        consent: Any = None,
        subject: Any = None,
        purpose: Any = None,
        matter: Any = None,
        own: bool = False,
    ) -> Any:
        asked = asked_of(consent, subject, purpose, matter, own)
        selected = chosen(info, ("nodes", "record"))
        return ChangesReading(await follow.changes(operation_of(info), asked, since, first, selected))

    arguments = {
        "consent": Consent,
        "subject": Subject,
        "purpose": PurposeGiven,
        "matter": MatterGiven,
        "own": Own,
    }
    changes.__annotations__ = {
        "info": Info,
        "since": SinceCursor,
        "first": Most,
        **arguments,
        "return": page,
    }
    return ChangeTypes(change, page, changes, arguments)
