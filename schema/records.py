"""``CreditRecord`` and one typed object for every kind, made from the catalogue: one declaration serves all."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry
from graphql import GraphQLAbstractType

from schema.arguments import make_enum
from schema.context import Info, operation_of
from schema.directives import data, disclosure_of
from schema.periods import Publicity, PublicityReading, Retention, RetentionReading
from schema.scalars import Date, DateTime, FieldValue, Money
from schema.selection import ResolveInfo
from schema.text import both, plain
from server.catalogue.envelope import COMPOSED_ONLY, ENVELOPE
from server.catalogue.kind import Catalogue, DisclosureClass, Field, Kind, Label, ValueType
from server.catalogue.values import money_text
from server.model.view import RecordView
from server.rules.decision import Decision, FieldState

GRAPHQL_TYPE: Mapping[ValueType, Any] = {
    ValueType.date: Date,
    ValueType.money: Money,
    ValueType.integer: int,
    ValueType.boolean: bool,
}
"""Everything else is text; a choice is its option's code, whose label ``fields`` and the catalogue give."""

DateTimeFields = frozenset({"lastUpdated", "submittedAt"})

FieldStateEnum = make_enum(
    "FieldState",
    {
        "SHOWN": (FieldState.SHOWN.value, Label("展示", "Shown in full")),
        "MASKED": (FieldState.MASKED.value, Label("脱敏", "Shown in masked form")),
        "WITHHELD": (FieldState.WITHHELD.value, Label("不予披露", "Withheld")),
    },
    "What the viewer gets of a field.",
    "查看者得到的字段状态。",
)


@strawberry.type(
    description=both("Why a field is shown, masked or withheld.", "字段展示、脱敏或不予披露的理由。")
)
class Reason:
    rule: str = plain("Stable code of the rule.", "规则代码。")
    article: str = plain("The article it rests on.", "依据条款。")
    sentence: str = plain("The reason in English.", "理由（英文）。")
    sentence_zh: str = plain("The reason in Chinese.", "理由（中文）。", name="sentenceZh")
    needs: str | None = plain("What would be needed to see it.", "查看所需的条件。")


def reason_of(decision: Decision) -> Reason:
    """The reason of a decision."""
    rule = decision.rule
    return Reason(
        rule=rule.code,
        article=rule.article,
        sentence=rule.sentence.en,
        sentence_zh=rule.sentence.zh,
        needs=rule.needs,
    )


@strawberry.type(description=both("The person who answers for a firm.", "责任人员。"))
class ResponsiblePerson:
    role: str = plain(
        "Legal representative, principal or actual controller.", "法定代表人、主要负责人或实际控制人。"
    )
    name: str = plain("Name.", "姓名。")


class FieldReading:
    """One field of a record as a page may show it without knowing the kind; reads its value when asked."""

    __slots__ = ("_field", "_view")

    def __init__(self, view: RecordView, field: Field) -> None:
        self._view = view
        self._field = field

    @property
    def code(self) -> str:
        return self._field.name

    @property
    def standard_code(self) -> str | None:
        return self._field.code

    @property
    def label(self) -> str:
        return self._field.label.en

    @property
    def label_zh(self) -> str:
        return self._field.label.zh

    @property
    def value(self) -> Any:
        return display(self._field, self._view.read(self._field.name))

    @property
    def state(self) -> Any:
        return self._decision.state.value

    @property
    def reason(self) -> Reason:
        return reason_of(self._decision)

    @property
    def _decision(self) -> Decision:
        decisions: Mapping[str, Decision] = self._view.plan.decisions  # type: ignore[attr-defined]
        return decisions[self._field.name]


def display(field: Field, value: Any) -> Any:
    """A stored value as people read it: labels for choices, exact text for money."""
    if value is None:
        return None
    if isinstance(value, list):
        return [display(field, one) for one in value]
    if field.type is ValueType.money:
        return money_text(value)
    if field.type is ValueType.choice:
        return next((one.label.zh for one in field.options if one.code == value), value)
    return value


@strawberry.type(
    name="RecordField",
    description=both(
        "One field of a record with its label, state and reason, for pages that show any kind.",
        "记录的一个字段，含标签、状态与理由，供通用页面展示。",
    ),
)
class RecordField:
    code: str = plain("Name of the field.", "字段名。")
    standard_code: str | None = plain("Code in the data standard.", "数据标准代码。", name="standardCode")
    label: str = plain("Label in English.", "英文标签。")
    label_zh: str = plain("Label in Chinese.", "中文标签。", name="labelZh")
    value: FieldValue | None = plain("The value, or null.", "字段值；不予披露时为空。")
    state: FieldStateEnum = plain("Shown, masked or withheld.", "展示、脱敏或不予披露。")  # type: ignore[valid-type]
    reason: Reason = plain("Why.", "理由。")

    @classmethod
    def is_type_of(cls, obj: Any, _info: ResolveInfo) -> bool:
        """Readings are made by the resolver of ``fields``."""
        return isinstance(obj, FieldReading)


@strawberry.interface(description=both("Anything with an id of this platform.", "平台内具有标识的对象。"))
class Node:
    id: strawberry.ID = plain("Id of this platform.", "平台标识。")

    @classmethod
    def resolve_type(cls, obj: Any, _info: ResolveInfo, _type: GraphQLAbstractType) -> str:
        """A record view names its own type; everything else with an id is an entity."""
        return obj.type_name if isinstance(obj, RecordView) else "Entity"


def _annotation(field: Field) -> Any:
    if field.name in DateTimeFields:
        return DateTime | None
    base = (
        ResponsiblePerson if field.type is ValueType.responsible_person else GRAPHQL_TYPE.get(field.type, str)
    )
    return list[base] | None if field.many else base | None  # type: ignore[valid-type]


def _strawberry_field(field: Field) -> Any:
    text = f"{field.label.en}: {field.description.en}\n{field.label.zh}：{field.description.zh}"
    if field.options:
        text += "\n" + "; ".join(f"{one.code} = {one.label.en} / {one.label.zh}" for one in field.options)
    return strawberry.field(name=field.name, description=text, directives=[disclosure_of(field)])


def _fields(root: Any) -> list[FieldReading]:
    view: RecordView = root
    return [FieldReading(view, field) for field in view.plan.kind.fields]  # type: ignore[attr-defined]


def _namespace(fields: tuple[Field, ...]) -> dict[str, Any]:
    space: dict[str, Any] = {"__annotations__": {}, "__module__": __name__}
    for field in fields:
        space["__annotations__"][field.name] = _annotation(field)
        space[field.name] = _strawberry_field(field)
    return space


def make_kind_enum(catalogue: Catalogue) -> type[Enum]:
    """The enum ``RecordKind`` of every kind's code."""
    members = {code.upper(): (code, kind.name) for code, kind in catalogue.kinds.items()}
    made: type[Enum] = make_enum(
        "RecordKind", members, "The kinds of record of the catalogue.", "数据清单中的信息类别。"
    )
    return made


def make_interface(kinds: type[Enum]) -> type:
    """The interface ``CreditRecord``: the envelope, the kind and the generic fields."""
    space = _namespace(tuple(one for one in ENVELOPE if one.name not in COMPOSED_ONLY))
    space["__annotations__"] |= {
        "kind": kinds,
        "fields": list[RecordField],
        "publicity": Publicity | None,
        "retention": Retention | None,
    }
    space["publicity"] = data(
        "From when to when it is public, and why.",
        "公示期限及依据。",
        DisclosureClass.PUBLIC,
        resolver=_composed(PublicityReading, Publicity | None),
    )
    space["retention"] = data(
        "Until when it is disclosed and kept, and why.",
        "披露和保存期限及依据。",
        DisclosureClass.SHARED,
        resolver=_composed(RetentionReading, Retention | None),
    )
    space["kind"] = plain("Kind of record.", "信息类别。", resolver=_kind_resolver(kinds))
    space["fields"] = strawberry.field(
        resolver=_fields_resolver(),
        description=both("Every field of the kind.", "该类信息的全部字段。"),
    )
    space["resolve_type"] = classmethod(lambda cls, obj, _info, _type: obj.type_name)
    space["__doc__"] = None
    return strawberry.interface(
        type("CreditRecord", (Node,), space),
        description=both("One credit record as the viewer may see it.", "查看者可见的一条信用记录。"),
    )


def _kind_resolver(kinds: type[Enum]) -> Any:
    members = {member.value: member for member in kinds}

    def kind(root: Any) -> kinds:  # type: ignore[valid-type]
        return members[root.kind]

    kind.__annotations__ = {"root": Any, "return": kinds}
    return kind


def _composed(reading: Any, returns: Any) -> Any:
    def composed(root: Any, info: Info) -> Any:
        operation = operation_of(info)
        names = {one.id: one.name for one in operation.regime.rules.sets}
        return reading(root, names, operation.today.isoformat())

    composed.__annotations__ = {"root": Any, "info": Info, "return": returns}
    return composed


def _fields_resolver() -> Any:
    def fields(root: Any) -> list[RecordField]:
        return _fields(root)  # type: ignore[return-value]

    fields.__annotations__ = {"root": Any, "return": list[RecordField]}
    return fields


def make_type(kind: Kind, interface: type) -> type:
    """The GraphQL object of one kind."""
    space = _namespace(kind.fields)
    space["is_type_of"] = classmethod(lambda cls, obj, _info: isinstance(obj, RecordView))
    bases = ", ".join(f"{one.document} {one.article}" for one in kind.basis)
    return strawberry.type(
        type(kind.type_name, (interface,), space),
        description=both(
            f"{kind.name.en}: {kind.description.en}", f"{kind.name.zh}：{kind.description.zh}（{bases}）"
        ),
    )


def record_fields(catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """Type name -> names of the kind's own fields, as the selection walk needs them."""
    return {
        kind.type_name: frozenset(field.name for field in kind.fields) for kind in catalogue.kinds.values()
    }
