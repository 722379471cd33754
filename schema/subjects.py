"""Entities as everyone sees them, and the files of subjects by the three ways of disclosure (Art. 30)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import strawberry

from schema.arguments import After, First, SubjectKindEnum
from schema.context import Info, chosen, operation_of, selects
from schema.directives import data
from schema.log import LogConnection, LogReading
from schema.pages import Connection, make_connection
from schema.records import Node
from schema.scalars import Date
from schema.selection import ResolveInfo
from schema.text import arg, both, plain
from server.actions import look_up, read_log
from server.actions.look_up import RecordQuery
from server.actions.views import SubjectView
from server.catalogue.kind import DisclosureClass

_P, _AG = DisclosureClass.PUBLIC, DisclosureClass.SHARED


@strawberry.type(
    name="FileSubject",
    description=both("The subject a file is about.", "档案所属的信用主体。"),
)
class FileSubject:
    id: strawberry.ID = data("Id of this platform.", "平台标识。", _AG)
    kind: SubjectKindEnum = data("Kind of subject.", "主体类别。", _AG)
    uscc: str | None = data(
        "Unified social credit code; null for a person.", "统一社会信用代码；自然人为空。", _AG
    )
    name: str | None = data(
        "Name, as far as the basic record shows it.", "名称或姓名，以基础信息可见为限。", _AG
    )

    @classmethod
    def is_type_of(cls, obj: Any, _info: ResolveInfo) -> bool:
        return isinstance(obj, SubjectHead)


class SubjectHead:
    """The head of a file's subject, noted like any field; a person's name is read from the basic record."""

    __slots__ = ("_view",)

    def __init__(self, view: SubjectView) -> None:
        self._view = view

    @property
    def id(self) -> str:
        self._noted("id")
        return self._view.subject.id

    @property
    def kind(self) -> str:
        self._noted("kind")
        return self._view.subject.kind.value

    @property
    def uscc(self) -> str | None:
        self._noted("uscc")
        return self._view.subject.code

    @property
    def name(self) -> str | None:
        if not self._view.subject.is_person:
            self._noted("name")
            return self._view.subject.name
        basic = self._view.basic
        name: str | None = basic.read("name") if basic is not None else None
        return name

    def _noted(self, name: str) -> None:
        if self._view.file is not None:
            self._view.file.head("FileSubject", name)


async def log_connection(info: Info, view: SubjectView, first: int, after: str | None) -> Connection:
    """A page of a subject's own access log."""
    operation = operation_of(info)
    page = await read_log.access_log(operation, view, first, after)
    total = await read_log.access_log_count(operation, view) if _counted(info) else None
    return Connection([LogReading(one) for one in page.views], page.has_next, page.has_previous, total)


def _counted(info: Info) -> bool:
    return selects(info, "totalCount") or selects(info, "totalCountCapped")


async def records_connection(
    info: Info, view: SubjectView, kinds: Any, first: int, after: str | None
) -> Connection:
    """A page of a subject's records on the footing of ``view``."""
    operation = operation_of(info)
    asked = RecordQuery(
        kinds=tuple(kind.value for kind in kinds) if kinds is not None else None,
        first=first,
        after=after,
        chosen=chosen(info, ("edges", "node"), ("nodes",)),
    )
    page = await look_up.records_of(operation, view, asked)
    total = await look_up.count_of(operation, view, asked) if _counted(info) else None
    return Connection(page.views, page.has_next, page.has_previous, total)


@dataclass(frozen=True, slots=True)
class SubjectTypes:
    """The types made for one catalogue."""

    entity: Any
    own_file: Any
    shared_file: Any
    authorised_file: Any
    window_file: Any
    entities: Any
    records: Any


def make_subject_types(interface: type, kinds: type[Enum]) -> SubjectTypes:
    """Entity, the three files and their connections over the interface ``CreditRecord``."""
    records_of = make_connection("Record", interface, "Records", "信用记录")

    async def records(
        root: Any, info: Info, kinds: Any = None, first: int = 20, after: str | None = None
    ) -> Any:
        return await records_connection(info, root, kinds, first, after)

    records.__annotations__ = {
        "root": Any,
        "info": Info,
        "kinds": _kinds_argument(kinds),
        "first": First,
        "after": After,
        "return": records_of,
    }

    def basic(root: Any) -> Any:
        if root.basic is not None and root.file is not None:
            root.file.met(root.basic)
        return root.basic

    basic.__annotations__ = {"root": Any, "return": interface | None}

    def subject(root: Any) -> Any:
        return SubjectHead(root)

    subject.__annotations__ = {"root": Any, "return": FileSubject}

    async def access_log(root: Any, info: Info, first: int = 20, after: str | None = None) -> Any:
        return await log_connection(info, root, first, after)

    access_log.__annotations__ = {
        "root": Any,
        "info": Info,
        "first": First,
        "after": After,
        "return": LogConnection,
    }

    def common(records_text: tuple[str, str]) -> dict[str, Any]:
        return {
            "__annotations__": {},
            "__module__": __name__,
            "basic": plain("The basic record.", "基础信息记录。", resolver=basic),
            "records": plain(*records_text, resolver=records),
            "is_type_of": classmethod(lambda cls, obj, _info: isinstance(obj, SubjectView)),
        }

    newest = ("Records of every kind, newest first.", "各类信用记录，按日期倒序。")

    def entity_field(
        name: str, of: Any, en: str, zh: str, read: Any, disclosure: DisclosureClass = _P
    ) -> Any:
        def resolve(root: Any) -> Any:
            return read(root)

        resolve.__annotations__ = {"root": Any, "return": of}
        resolve.__name__ = name
        return data(en, zh, disclosure, resolver=resolve)

    entity_space = common(newest) | {
        "id": entity_field("id", strawberry.ID, "Id of this platform.", "平台标识。", lambda v: v.subject.id),
        "uscc": entity_field(
            "uscc", str, "Unified social credit code.", "统一社会信用代码。", lambda v: v.subject.code
        ),
        "name": entity_field("name", str, "Name.", "名称。", lambda v: v.subject.name),
        "kind": entity_field(
            "kind", SubjectKindEnum, "Kind of entity.", "主体类别。", lambda v: v.subject.kind.value
        ),
        "area": entity_field("area", str | None, "Area code.", "行政区划代码。", lambda v: v.area),
        "industry": entity_field(
            "industry", str | None, "Industry section (GB/T 4754).", "行业门类。", lambda v: v.industry
        ),
    }
    entity = strawberry.type(
        type("Entity", (Node,), entity_space),
        description=both(
            "A market entity or institution as the public sees it.", "公众可见的市场主体或机构。"
        ),
    )
    file_subject = {"subject": plain("Whom the file is about.", "档案主体。", resolver=subject)}
    own = strawberry.type(
        type(
            "OwnFile",
            (),
            common(newest)
            | file_subject
            | {
                "access_log": plain(
                    "Who looked at this file, newest first.",
                    "谁查询过本档案，按时间倒序。",
                    resolver=access_log,
                    name="accessLog",
                )
            },
        ),
        description=both(
            "The caller's own file (Art. 32, 55).", "本人（本单位）档案（第三十二条、第五十五条）。"
        ),
    )
    shared = strawberry.type(
        type("SharedFile", (), common(newest) | file_subject | _stated()),
        description=both(
            "A file opened by a government unit for a purpose (Art. 37).",
            "有关部门履职查询的档案（第三十七条）。",
        ),
    )
    authorised = strawberry.type(
        type("AuthorisedFile", (), common(newest) | file_subject | _consented()),
        description=both(
            "A file opened inside a written authorisation (Art. 32, 33).",
            "经书面授权查询的档案（第三十二、三十三条）。",
        ),
    )
    window = strawberry.type(
        type("WindowFile", (), common(newest) | file_subject | _at_window()),
        description=both(
            "A file opened at the query window for its subject (Art. 32).",
            "服务窗口为主体查询的档案（第三十二条）。",
        ),
    )
    entities = make_connection("Entity", entity, "Entities", "主体", counted=False)
    return SubjectTypes(entity, own, shared, authorised, window, entities, records_of)


def _kinds_argument(kinds: type[Enum]) -> Any:
    return Annotated[list[kinds] | None, arg("Only these kinds.", "仅限这些类别。")]  # type: ignore[valid-type]


def _stated() -> dict[str, Any]:
    def purpose(root: Any) -> str:
        return str(root.purpose.value)

    def matter(root: Any) -> str:
        return str(root.matter)

    return {
        "purpose": plain("The purpose stated.", "查询用途。", resolver=purpose),
        "matter": plain("The matter stated.", "事项编号。", resolver=matter),
    }


def _at_window() -> dict[str, Any]:
    def matter(root: Any) -> str:
        return str(root.matter)

    return {"matter": plain("The matter stated.", "事项编号。", resolver=matter)}


def _consented() -> dict[str, Any]:
    def consent(root: Any) -> strawberry.ID:
        return strawberry.ID(root.consent)

    def valid_to(root: Any) -> Date:
        return Date(root.scope.consent.valid_to.isoformat())

    def uses_left(root: Any) -> int:
        return int(root.scope.consent.max_uses - root.scope.consent.uses - 1)

    return {
        "consent": plain("The consent used.", "所用授权。", resolver=consent),
        "valid_to": plain("Its last day.", "授权截止日。", resolver=valid_to, name="validTo"),
        "uses_left": plain(
            "Uses left after this one.", "剩余使用次数。", resolver=uses_left, name="usesLeft"
        ),
    }
