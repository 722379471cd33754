"""The access log in GraphQL: typed entries with a rule on every field (Art. 38, 55)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry

from schema.directives import data
from schema.pages import make_connection
from schema.scalars import DateTime
from schema.selection import ResolveInfo
from schema.text import both
from server.actions.read_log import LogView
from server.catalogue.kind import DisclosureClass

_A, _I = DisclosureClass.AUTHORISED, DisclosureClass.INTERNAL


@dataclass(frozen=True, slots=True)
class FieldsSeen:
    """The fields of one kind in an entry of the log."""

    kind: str
    shown: list[str]
    masked: list[str]
    withheld: list[str]
    rows: int


@strawberry.type(
    name="LoggedKind",
    description=both("What of one kind of record an entry tells of.", "访问记录所涉某类信息的字段。"),
)
class LoggedKind:
    kind: str = data("Type of record.", "信息类型。", _A)
    shown: list[str] = data("Fields shown.", "展示的字段。", _A)
    masked: list[str] = data("Fields shown masked.", "脱敏展示的字段。", _A)
    withheld: list[str] = data("Fields withheld.", "未披露的字段。", _A)
    rows: int = data("Records concerned.", "涉及记录数。", _A)

    @classmethod
    def is_type_of(cls, obj: Any, _info: ResolveInfo) -> bool:
        return isinstance(obj, FieldsSeen)


@strawberry.type(
    name="LogEntry",
    description=both(
        "One entry of the log: who looked, when, for what, on which ground.",
        "一条访问记录：何人、何时、因何事由、依据何种理由查询。",
    ),
)
class LogEntry:
    id: strawberry.ID = data("Id of the entry.", "记录编号。", _A)
    at: DateTime = data("When.", "时间。", _A)
    action: str = data("What happened.", "行为。", _A)
    outcome: str = data("Allowed or refused.", "准许或拒绝。", _A)
    channel: str = data("The door it came by.", "渠道。", _A)
    viewer_class: str = data("Role of who looked.", "查询者角色。", _A, name="viewerClass")
    unit: str | None = data("Code of the unit.", "单位代码。", _A)
    unit_name: str | None = data("Name of the unit.", "单位名称。", _A, name="unitName")
    system: str | None = data("The unit's system.", "单位系统。", _A)
    purpose: str | None = data("Purpose stated.", "查询用途。", _A)
    matter: str | None = data("Matter stated.", "事项编号。", _A)
    ground: str = data("Legal ground.", "法律依据。", _A)
    consent: str | None = data("Consent used.", "所用授权。", _A)
    kinds: list[LoggedKind] = data("Fields by kind.", "涉及字段。", _A)
    officer: str | None = data("The officer; for auditors only.", "经办人，仅供审计。", _I)

    @classmethod
    def is_type_of(cls, obj: Any, _info: ResolveInfo) -> bool:
        return isinstance(obj, LogReading)


class LogReading:
    """One entry of the log for one reader."""

    __slots__ = ("_log", "cursor")

    def __init__(self, log: LogView) -> None:
        self._log = log
        self.cursor = log.cursor

    @property
    def action(self) -> str:
        return self._log.entry.tag.value

    @property
    def outcome(self) -> str:
        return self._log.entry.outcome.value

    @property
    def channel(self) -> str:
        return self._log.entry.channel.value

    @property
    def unit(self) -> str | None:
        return self._log.entry.actor_unit

    @property
    def unit_name(self) -> str | None:
        return self._log.unit_name

    @property
    def system(self) -> str | None:
        return self._log.entry.actor_client

    @property
    def officer(self) -> str | None:
        return self._log.officer

    @property
    def kinds(self) -> list[FieldsSeen]:
        return [
            FieldsSeen(one.kind, list(one.shown), list(one.masked), list(one.withheld), one.rows)
            for one in self._log.entry.kinds
        ]

    def __getattr__(self, name: str) -> Any:
        """``id``, ``at``, ``viewer_class``, ``purpose``, ``matter``, ``ground`` and ``consent`` as logged."""
        return getattr(self._log.entry, name)


LogConnection = make_connection("Log", LogEntry, "Entries of the log", "访问记录")
