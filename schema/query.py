"""The queries: each resolver is one action; everything below a root reads values that are already there."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Annotated, Any

import strawberry

from schema.arguments import (
    After,
    EntityKind,
    FilingStateArgument,
    First,
    Identifier,
    IdentityProofArgument,
    Matter,
    PurposeArgument,
    Since,
    SubjectKey,
    Until,
    Uscc,
)
from schema.catalogue import CatalogueItem, CatalogueView, catalogue_view, item_view
from schema.changes import ChangeTypes
from schema.context import Info, chosen, chosen_of_file, operation_of, selects
from schema.desk import DeskReading, make_desk_types
from schema.explanations import FieldRule, rule_view
from schema.log import LogConnection, LogReading
from schema.pages import Connection
from schema.records import Node
from schema.scalars import Date
from schema.subjects import SubjectTypes
from schema.text import arg, both, plain
from schema.time_queries import TIME_QUERIES
from server.actions import check_filings, explain_access, look_up, open_file, read_log
from server.actions.look_up import NODES_MOST, EntitySearch, RecordQuery
from server.catalogue.kind import SubjectKind
from server.model.filing import FilingState
from server.model.purpose import IdentityProof, Purpose

_FILE = (("basic",),)
_PAGE = (("edges", "node"), ("nodes",))
_PAGE_BASIC = (("edges", "node", "basic"), ("nodes", "basic"))


async def entity(info: Info, uscc: Uscc) -> Any:
    return await look_up.entity(operation_of(info), uscc, chosen(info, *_FILE))


async def entities(
    info: Info,
    search: Annotated[str | None, arg("Part of a name, or a whole code.", "名称片段或完整代码。")] = None,
    kind: Annotated[EntityKind | None, arg("Only this kind of entity.", "仅限该类主体。")] = None,
    area: Annotated[str | None, arg("Only this area code.", "仅限该行政区划代码。")] = None,
    industry: Annotated[str | None, arg("Only this industry section.", "仅限该行业门类。")] = None,
    first: First = 20,
    after: After = None,
) -> Any:
    asked = EntitySearch(
        search=search,
        kind=SubjectKind(kind.value) if kind is not None else None,
        area=area,
        industry=industry,
        first=first,
        after=after,
    )
    page = await look_up.entities(operation_of(info), asked, chosen(info, *_PAGE_BASIC))
    return Connection(page.views, page.has_next, page.has_previous)


def feed_query(
    info: Info,
    kind: Any,
    source_unit: str | None,
    since: date | None,
    until: date | None,
    first: int,
    after: str | None,
) -> RecordQuery:
    """The arguments of the public feed."""
    return RecordQuery(
        kinds=(kind.value,) if kind is not None else None,
        unit=source_unit,
        since=since,
        until=until,
        first=first,
        after=after,
        chosen=chosen(info, *_PAGE),
    )


async def node(info: Info, id: Identifier) -> Node | None:
    found = await look_up.node(operation_of(info), id, chosen(info, (), ("basic",)))
    return found  # type: ignore[return-value]


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], arg(f"Up to {NODES_MOST} ids.", f"至多{NODES_MOST}个标识。")],
) -> list[Node | None]:
    return await look_up.nodes(operation_of(info), ids, chosen(info, (), ("basic",)))  # type: ignore[return-value]


async def me(info: Info) -> Any:
    return await open_file.own_file(operation_of(info), chosen_of_file(info))


async def subject_file(
    info: Info,
    subject: SubjectKey,
    purpose: Annotated[
        PurposeArgument, arg("One of the nine purposes (Art. 37).", "九类查询用途之一（第三十七条）。")
    ],
    matter: Matter,
    log_hidden_until: Annotated[
        Date | None,
        arg(
            "Keep the query from the subject's access log until this day; only units entitled by law.",
            "依法暂缓向主体告知本次查询的截止日，仅限法定单位。",
        ),
    ] = None,
) -> Any:
    return await open_file.shared_file(
        operation_of(info),
        subject,
        Purpose(purpose.value),
        matter,
        chosen_of_file(info),
        log_hidden_until,  # type: ignore[arg-type]
    )


async def window_file(
    info: Info,
    subject: SubjectKey,
    proof: Annotated[IdentityProofArgument, arg("Document that proved the identity.", "已查验的身份证明。")],
    matter: Matter,
) -> Any:
    stated = IdentityProof(proof.value)
    return await open_file.window_file(operation_of(info), subject, stated, matter, chosen_of_file(info))


async def authorised_file(
    info: Info,
    subject: SubjectKey,
    consent: Annotated[strawberry.ID, arg("Id of the consent.", "授权书编号。")],
) -> Any:
    return await open_file.authorised_file(operation_of(info), subject, consent, chosen_of_file(info))


def catalogue(info: Info) -> CatalogueView:
    return catalogue_view(operation_of(info).platform.catalogue)


def catalogue_item(
    info: Info, code: Annotated[str, arg("Item code, or kind of record.", "事项编码或信息类别代码。")]
) -> CatalogueItem | None:
    kinds = operation_of(info).platform.catalogue.kinds.values()
    return next((item_view(kind) for kind in kinds if code in (kind.item, kind.code)), None)


async def audit_entries(
    info: Info, subject: SubjectKey, matter: Matter, first: First = 20, after: After = None
) -> LogConnection:  # type: ignore[valid-type]
    page = await read_log.audit_entries(operation_of(info), subject, matter, first, after)
    return Connection([LogReading(one) for one in page.views], page.has_next, page.has_previous)


def make_query(types: SubjectTypes, changes: ChangeTypes, interface: type, kinds: type[Enum]) -> type:
    """The root type of all queries for one catalogue."""

    async def records(
        info: Info,
        kind: Any = None,
        source_unit: Any = None,
        decided_from: Any = None,
        decided_to: Any = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        asked = feed_query(info, kind, source_unit, decided_from, decided_to, first, after)
        operation = operation_of(info)
        page = await look_up.feed(operation, asked)
        counted = selects(info, "totalCount") or selects(info, "totalCountCapped")
        total = await look_up.feed_count(operation, asked) if counted else None
        return Connection(page.views, page.has_next, page.has_previous, total)

    records.__annotations__ |= {
        "info": Info,
        "kind": Annotated[kinds | None, arg("administrative licences or penalties.", "行政许可或行政处罚。")],
        "source_unit": Annotated[str | None, arg("Code of the source unit.", "来源单位代码。")],
        "decided_from": Since,
        "decided_to": Until,
        "first": First,
        "after": After,
        "return": types.records,
    }

    async def access(info: Info, subject: Any = None, kinds: Any = None, purpose: Any = None) -> Any:
        answers = await explain_access.access(
            operation_of(info),
            subject,
            [kind.value for kind in kinds] if kinds is not None else None,
            Purpose(purpose.value) if purpose is not None else None,
        )
        return [rule_view(one) for one in answers]

    access.__annotations__ |= {
        "info": Info,
        "subject": Annotated[
            str | None, arg("Subject key; the caller's own file without one.", "主体标识；空为本人。")
        ],
        "kinds": Annotated[list[kinds] | None, arg("Only these kinds.", "仅限这些类别。")],  # type: ignore[valid-type]
        "purpose": Annotated[PurposeArgument | None, arg("For government units.", "政务部门查询用途。")],
        "return": list[FieldRule],
    }
    desk_connection = make_desk_types(interface)

    async def filings(info: Info, state: Any = None, first: First = 20, after: After = None) -> Any:
        wanted = FilingState(state.value) if state is not None else FilingState.PENDING
        selected = chosen(info, ("edges", "node", "record"), ("nodes", "record"))
        page = await check_filings.desk(operation_of(info), wanted, first, after, selected)
        return Connection([DeskReading(one) for one in page.views], page.has_next, page.has_previous)

    filings.__annotations__ |= {
        "info": Info,
        "state": Annotated[
            FilingStateArgument | None,
            arg("Only this state; pending by default.", "仅限该状态，默认待审核。"),
        ],
        "first": First,
        "after": After,
        "return": desk_connection,
    }

    def typed(resolver: Any, returns: Any) -> Any:
        resolver.__annotations__ = {**resolver.__annotations__, "return": returns}
        return resolver

    space = {
        "__annotations__": {},
        "__module__": __name__,
        "entity": plain(
            "One entity by its code.", "按代码查询单个主体。", resolver=typed(entity, types.entity | None)
        ),
        "entities": plain(
            "Search market entities and institutions; natural persons are never found.",
            "检索市场主体和机构；不含自然人。",
            resolver=typed(entities, types.entities),
        ),
        "records": plain(
            "The public feed of licences and penalties, newest first.",
            "行政许可和行政处罚公示，按决定日期倒序。",
            resolver=records,
        ),
        "node": plain(
            "Whatever an id names, as far as the viewer may see it.",
            "按标识查询，以可见为限。",
            resolver=node,
        ),
        "nodes": plain("The same for several ids, in order.", "按多个标识依次查询。", resolver=nodes),
        "catalogue": plain("The data catalogue in force.", "现行数据清单。", resolver=catalogue),
        "catalogue_item": plain(
            "One item of the catalogue.",
            "数据清单的一个事项。",
            resolver=catalogue_item,
            name="catalogueItem",
        ),
        "me": plain(
            "The caller's own file: a citizen's, or that of the entity an agent acts for.",
            "本人档案，或经办人所代表单位的档案。",
            resolver=typed(me, types.own_file | None),
        ),
        "subject_file": plain(
            "A subject's file for a government unit's duty.",
            "有关部门履职查询主体档案。",
            resolver=typed(subject_file, types.shared_file | None),
            name="subjectFile",
        ),
        "window_file": plain(
            "A subject's file at the query window, identity proved in person (Art. 32).",
            "服务窗口查验身份后查询主体档案（第三十二条）。",
            resolver=typed(window_file, types.window_file | None),
            name="windowFile",
        ),
        "authorised_file": plain(
            "A subject's file inside a written authorisation.",
            "经书面授权查询主体档案。",
            resolver=typed(authorised_file, types.authorised_file | None),
            name="authorisedFile",
        ),
        "access": plain(
            "What the viewer may see of a subject, and why.",
            "查看者对某主体可见的内容及理由。",
            resolver=access,
        ),
        "filings": plain("The own unit's filings.", "本单位报送记录。", resolver=filings),
        "changes": plain(
            "What became visible, changed or stopped being visible for a unit, oldest first.",
            "单位可见记录的新增、变动与终止，按时间正序。",
            resolver=changes.query,
        ),
        **TIME_QUERIES,
        "audit_entries": plain(
            "For auditors: the entries about one subject, for a stated matter.",
            "审计：某主体的访问记录，须注明事项。",
            resolver=audit_entries,
            name="auditEntries",
        ),
    }
    return strawberry.type(
        type("Query", (), space), description=both("Everything that can be asked.", "全部查询。")
    )
