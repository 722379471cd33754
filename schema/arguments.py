"""The enums and arguments the queries share: closed, typed, described in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any

import strawberry

from schema.scalars import Date
from schema.text import arg, both, of_label
from server.catalogue.kind import ENTITIES, Label, SubjectKind
from server.model.filing import FilingState
from server.model.purpose import PURPOSE_LABELS, IdentityProof, Purpose


def make_enum(name: str, members: Mapping[str, tuple[str, Label]], en: str, zh: str) -> Any:
    """A GraphQL enum: member name -> (value inside, bilingual label)."""
    made = Enum(  # type: ignore[misc]
        name,
        {
            member: strawberry.enum_value(value, description=of_label(label))
            for member, (value, label) in members.items()
        },
    )
    return strawberry.enum(made, name=name, description=both(en, zh))


First = Annotated[int, arg("Entries on a page, 1 to 100.", "每页条数，1至100。")]
After = Annotated[str | None, arg("Cursor to go on after.", "从该游标之后继续。")]
Since = Annotated[Date | None, arg("Decided on or after this day.", "决定日期不早于。")]
Until = Annotated[Date | None, arg("Decided on or before this day.", "决定日期不晚于。")]
Uscc = Annotated[str, arg("Unified social credit code.", "统一社会信用代码。")]
SubjectKey = Annotated[
    str,
    arg(
        "Unified social credit code, citizen ID number or id of this platform.",
        "统一社会信用代码、公民身份号码或平台标识。",
    ),
]
Matter = Annotated[
    str, arg("Number of the matter in hand, 1 to 64 characters.", "办理事项编号，1至64个字符。")
]
Identifier = Annotated[strawberry.ID, arg("Id of this platform.", "平台标识。")]

PurposeArgument = make_enum(
    "Purpose",
    {one.name: (one.value, PURPOSE_LABELS[one]) for one in Purpose},
    "The nine purposes of Art. 37.",
    "第三十七条规定的九类查询用途。",
)

_SUBJECTS = {
    SubjectKind.natural_person: Label("自然人", "Natural person"),
    SubjectKind.legal_person: Label("法人", "Legal person"),
    SubjectKind.unincorporated: Label("非法人组织", "Unincorporated organisation"),
    SubjectKind.individual_business: Label("个体工商户", "Individual business"),
    SubjectKind.government_unit: Label("机关单位", "Government unit"),
}

SubjectKindEnum = make_enum(
    "SubjectKind",
    {kind.name.upper(): (kind.value, label) for kind, label in _SUBJECTS.items()},
    "Kinds of credit subject (Art. 3, 11).",
    "信用主体类别（第三条、第十一条）。",
)

EntityKind = make_enum(
    "EntityKind",
    {kind.name.upper(): (kind.value, label) for kind, label in _SUBJECTS.items() if kind in ENTITIES},
    "Kinds of entity that may be searched.",
    "可检索的主体类别。",
)

IdentityProofArgument = make_enum(
    "IdentityProof",
    {
        "ID_CARD": (IdentityProof.ID_CARD.value, Label("居民身份证", "Resident identity card")),
        "PASSPORT": (IdentityProof.PASSPORT.value, Label("护照", "Passport")),
        "LICENCE_AND_AUTHORITY": (
            IdentityProof.LICENCE_AND_AUTHORITY.value,
            Label("营业执照及授权委托书", "Business licence and power of attorney"),
        ),
    },
    "What proved the subject's identity at the window (Art. 32).",
    "服务窗口查验的身份证明（第三十二条）。",
)

FilingStateArgument = make_enum(
    "FilingState",
    {
        "PENDING": (FilingState.PENDING.value, Label("待审核", "Waits for the checker")),
        "APPROVED": (FilingState.APPROVED.value, Label("已通过", "Approved into force")),
        "RETURNED": (FilingState.RETURNED.value, Label("已退回", "Returned to the maker")),
    },
    "Where a filing stands.",
    "报送记录的状态。",
)
