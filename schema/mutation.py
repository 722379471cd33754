"""The mutations: filing and checking. Expected refusals are members of the result, not errors."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import strawberry

from schema.arguments import SubjectKindEnum, make_enum
from schema.context import Info, operation_of
from schema.scalars import FieldValue
from schema.text import arg, both, plain
from server.actions import check_filings
from server.actions.file_records import file_records
from server.actions.filing import (
    Attestation,
    Filing,
    FilingReport,
    FilingSubject,
    Receipt,
    ReceiptState,
    RefusedFiling,
)
from server.catalogue.kind import Label, SubjectKind
from server.errors import BadInput, Conflict, CreditError, Refused

SecrecyFlag = make_enum(
    "SecrecyFlag",
    {
        "COMMERCIAL_SECRET": ("commercial_secret", Label("商业秘密", "Commercial secret: not published")),
        "PRIVACY": ("privacy", Label("个人隐私", "Privacy: not published")),
        "STATE_SECRET": ("state_secret", Label("国家秘密", "State secret: refused")),
    },
    "Secrecy flags set by the source unit (Art. 7).",
    "来源单位的涉密标识（第七条）。",
)

ReceiptStateEnum = make_enum(
    "ReceiptState",
    {
        ReceiptState.IN_FORCE.value: (ReceiptState.IN_FORCE.value, Label("已生效", "In force")),
        ReceiptState.PENDING.value: (ReceiptState.PENDING.value, Label("待审核", "Waits for the checker")),
        ReceiptState.UNCHANGED.value: (ReceiptState.UNCHANGED.value, Label("无变化", "The same as before")),
        ReceiptState.RETURNED.value: (ReceiptState.RETURNED.value, Label("已退回", "Returned to the maker")),
    },
    "What became of a filing.",
    "报送结果。",
)


@strawberry.input(
    description=both(
        "Whom a filing is about: either a code or an ID number.", "报送对象：代码或身份号码二选一。"
    )
)
class SubjectInput:
    uscc: str | None = plain("Unified social credit code.", "统一社会信用代码。", default=None)
    id_number: str | None = plain("Citizen ID number.", "公民身份号码。", default=None, name="idNumber")
    name: str | None = plain("Name.", "名称或姓名。", default=None)
    kind: SubjectKindEnum | None = plain(
        "Kind of subject, where the code leaves it open.", "主体类别（代码不能确定时）。", default=None
    )
    self_supporting: bool = plain(
        "A person of 16 or 17 who lives on own labour.",
        "十六、十七周岁以自己劳动收入为主要生活来源。",
        default=False,
        name="selfSupporting",
    )
    declared_lacking_capacity: bool = plain(
        "A court declared the person without full capacity.",
        "经法院认定不具有完全民事行为能力。",
        default=False,
        name="declaredLackingCapacity",
    )


@strawberry.input(description=both("One field of a filing.", "报送的一个字段。"))
class FieldInput:
    code: str = plain("Field name, standard code or Chinese label.", "字段名、标准代码或中文标签。")
    value: FieldValue = plain("Its value.", "字段值。")


@strawberry.input(
    description=both(
        "Maker and checker of a machine filing, two people (Art. 23).",
        "接口报送的报送人与审核人（第二十三条）。",
    )
)
class AttestationInput:
    maker: str = plain("Who made the filing.", "报送人。")
    checker: str = plain("Who checked it.", "审核人。")


@strawberry.type(description=both("An accepted filing.", "已受理的报送。"))
class FilingReceipt:
    index: int = plain("Place in the request, from 0.", "请求中的序号，从0起。")
    source_no: str = plain("Source record number.", "来源记录编号。", name="sourceRecordNo")
    id: strawberry.ID = plain("Id of the record, or of the filing that waits.", "记录或待审报送的标识。")
    version: int = plain("Version of the record.", "记录版本。")
    state: ReceiptStateEnum = plain("What became of it.", "结果。")  # type: ignore[valid-type]


@strawberry.type(description=both("One broken rule; never the value.", "一条不符合的规则；不含字段值。"))
class FilingFault:
    field: str = plain("Field.", "字段。")
    label: str = plain("Its Chinese label.", "中文标签。")
    rule: str = plain("Code of the rule.", "规则代码。")
    message: str = plain("What is wrong.", "说明。")


@strawberry.type(description=both("A refused filing with every fault.", "不予受理的报送及全部原因。"))
class FilingRefusal:
    index: int = plain("Place in the request, from 0.", "请求中的序号，从0起。")
    source_no: str = plain("Source record number.", "来源记录编号。", name="sourceRecordNo")
    faults: list[FilingFault] = plain("What is wrong.", "原因。")


@strawberry.type(name="FilingReport", description=both("What became of a batch.", "一批报送的结果。"))
class FilingReportView:
    accepted: list[FilingReceipt] = plain("Accepted.", "已受理。")
    refused: list[FilingRefusal] = plain("Refused.", "不予受理。")


@strawberry.type(description=both("The deed as a whole was refused.", "整体不予办理。"))
class Refusal:
    code: str = plain("Code.", "代码。")
    rule: str | None = plain("Rule.", "规则。")
    article: str | None = plain("Article.", "条款。")
    message: str = plain("Reason.", "理由。")


FilingResult = Annotated[
    FilingReportView | Refusal,
    strawberry.union(
        "FilingResult", description=both("A report, or the refusal of the whole.", "结果或整体不予办理。")
    ),
]


def refusal_of(error: CreditError) -> Refusal:
    """The member of a result that stands for an expected refusal."""
    rule, article = error.extra.get("rule"), error.extra.get("article")
    return Refusal(
        code=error.code,
        rule=str(rule) if rule is not None else None,
        article=str(article) if article is not None else None,
        message=error.sentence,
    )


def report_view(accepted: Any, refused: Any) -> FilingReportView:
    """The GraphQL form of receipts and refusals."""
    return FilingReportView(
        accepted=[_receipt(one) for one in accepted],
        refused=[_refused(one) for one in refused],
    )


def _receipt(one: Receipt) -> FilingReceipt:
    return FilingReceipt(
        index=one.index,
        source_no=one.source_no,
        id=strawberry.ID(one.id),
        version=one.version,
        state=one.state.value,
    )


def _refused(one: RefusedFiling) -> FilingRefusal:
    return FilingRefusal(
        index=one.index,
        source_no=one.source_no,
        faults=[
            FilingFault(field=f.field, label=f.label, rule=f.rule, message=f.message) for f in one.faults
        ],
    )


def make_mutation(kinds: type[Enum]) -> type:
    """The root type of all mutations for one catalogue."""
    filing_input = _filing_input(kinds)

    async def file(info: Info, filings: Any, attestation: Any = None, all_or_nothing: bool = False) -> Any:
        try:
            report: FilingReport = await file_records(
                operation_of(info),
                [_filing(one) for one in filings],
                attestation=Attestation(attestation.maker, attestation.checker) if attestation else None,
                all_or_nothing=all_or_nothing,
            )
        except (Refused, BadInput, Conflict) as error:
            return refusal_of(error)
        return report_view(report.accepted, report.refused)

    file.__annotations__ |= {
        "info": Info,
        "filings": Annotated[list[filing_input], arg("1 to 500 records.", "1至500条记录。")],  # type: ignore[valid-type]
        "attestation": Annotated[AttestationInput | None, arg("For machine clients.", "仅限接口报送。")],
        "all_or_nothing": Annotated[bool, arg("Accept all or none.", "全部受理或全部不受理。")],
        "return": FilingResult,
    }

    async def approve(
        info: Info, ids: Annotated[list[strawberry.ID], arg("Filings, up to 100.", "报送编号，至多100个。")]
    ) -> FilingResult:
        try:
            return report_view(*await check_filings.approve(operation_of(info), ids))
        except (Refused, BadInput, Conflict) as error:
            return refusal_of(error)

    async def give_back(
        info: Info,
        id: Annotated[strawberry.ID, arg("The filing.", "报送编号。")],
        reason: Annotated[str, arg("Why, for the maker.", "退回理由。")],
    ) -> FilingResult:
        try:
            return report_view(*await check_filings.give_back(operation_of(info), id, reason))
        except (Refused, BadInput, Conflict) as error:
            return refusal_of(error)

    space = {
        "__annotations__": {},
        "__module__": __name__,
        "file_records": plain(
            "File records of the own unit; interactive filings wait for the checker (Art. 23).",
            "报送本单位记录；人工报送须经审核（第二十三条）。",
            resolver=file,
            name="fileRecords",
        ),
        "approve_filings": plain(
            "Put filings into force, as another person than their maker.",
            "审核通过（审核人须非报送人）。",
            resolver=approve,
            name="approveFilings",
        ),
        "return_filing": plain(
            "Return a filing to its maker.", "退回报送。", resolver=give_back, name="returnFiling"
        ),
    }
    return strawberry.type(
        type("Mutation", (), space), description=both("Everything that can be done.", "全部办理。")
    )


def _filing_input(kinds: type[Enum]) -> type:
    space = {
        "__annotations__": {
            "kind": kinds,
            "source_no": str,
            "subject": SubjectInput,
            "fields": list[FieldInput],
            "change_reason": str | None,
            "secrecy": list[SecrecyFlag],  # type: ignore[valid-type]
            "agreement": bool,
        },
        "__module__": __name__,
        "kind": plain("Kind of record.", "信息类别。"),
        "source_no": plain("The unit's own number of the record.", "来源记录编号。", name="sourceRecordNo"),
        "subject": plain("Whom it is about.", "信用主体。"),
        "fields": plain("The fields.", "字段。"),
        "change_reason": plain(
            "Why it changes a record already filed (Art. 55).",
            "变动理由（第五十五条）。",
            default=None,
            name="changeReason",
        ),
        "secrecy": plain("Secrecy flags (Art. 7).", "涉密标识（第七条）。", default_factory=list),
        "agreement": plain(
            "For market information: a written agreement with the subject names use and term (Art. 63).",
            "市场信用信息：已就用途、期限书面约定（第六十三条）。",
            default=False,
        ),
    }
    return strawberry.input(
        type("FilingInput", (), space),
        description=both("One record as a unit files it.", "单位报送的一条记录。"),
    )


def _filing(one: Any) -> Filing:
    values: dict[str, object] = {}
    for field in one.fields:
        if field.code in values:
            raise BadInput(
                "fields (字段): a field is given twice in one filing.", field="fields", rule="duplicate_field"
            )
        values[field.code] = field.value
    subject = one.subject
    return Filing(
        kind=one.kind.value,
        source_no=one.source_no,
        subject=FilingSubject(
            code=subject.uscc,
            id_number=subject.id_number,
            name=subject.name,
            kind=SubjectKind(subject.kind.value) if subject.kind else None,
            self_supporting=subject.self_supporting,
            declared_lacking=subject.declared_lacking_capacity,
        ),
        values=values,
        change_reason=one.change_reason,
        secrecy=tuple(flag.value for flag in one.secrecy),
        agreement=one.agreement,
    )
