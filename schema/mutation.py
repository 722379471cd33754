"""The mutations: filing and checking. Expected refusals are members of the result, not errors."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Any

import strawberry

from schema.arguments import make_enum
from schema.context import Info, operation_of
from schema.filing_inputs import (
    AttestationInput,
    filing_of,
    make_filing_input,
    make_withdrawal_input,
    withdrawal_of,
)
from schema.scalars import Date
from schema.text import arg, both, plain
from server.actions import check_filings
from server.actions.file_records import file_records
from server.actions.filing import (
    Attestation,
    FilingReport,
    Receipt,
    ReceiptState,
    RefusedFiling,
)
from server.actions.withdraw import withdraw_records
from server.catalogue.kind import Label
from server.errors import BadInput, Conflict, CreditError, Refused

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


@strawberry.type(description=both("An accepted filing.", "已受理的报送。"))
class FilingReceipt:
    index: int = plain("Place in the request, from 0.", "请求中的序号，从0起。")
    source_no: str = plain("Source record number.", "来源记录编号。", name="sourceRecordNo")
    id: strawberry.ID = plain("Id of the record, or of the filing that waits.", "记录或待审报送的标识。")
    version: int = plain("Version of the record.", "记录版本。")
    state: ReceiptStateEnum = plain("What became of it.", "结果。")  # type: ignore[valid-type]
    due_on: Date | None = plain(
        "By when a correction was to be reported (Art. 57, 58).",
        "更正报送的截止日（第五十七、五十八条）。",
        name="dueOn",
    )
    late: bool | None = plain("It was reported late.", "逾期报送。")


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
        due_on=one.judged.due if one.judged is not None else None,  # type: ignore[arg-type]
        late=one.judged.late if one.judged is not None else None,
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
    filing_input = make_filing_input(kinds)

    async def file(info: Info, filings: Any, attestation: Any = None, all_or_nothing: bool = False) -> Any:
        try:
            report: FilingReport = await file_records(
                operation_of(info),
                [filing_of(one) for one in filings],
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

    withdrawal_input = make_withdrawal_input(kinds)

    async def withdraw(info: Info, withdrawals: Any, attestation: Any = None) -> Any:
        try:
            report: FilingReport = await withdraw_records(
                operation_of(info),
                [withdrawal_of(one) for one in withdrawals],
                attestation=Attestation(attestation.maker, attestation.checker) if attestation else None,
            )
        except (Refused, BadInput, Conflict) as error:
            return refusal_of(error)
        return report_view(report.accepted, report.refused)

    withdraw.__annotations__ |= {
        "info": Info,
        "withdrawals": Annotated[list[withdrawal_input], arg("1 to 500 records.", "1至500条记录。")],  # type: ignore[valid-type]
        "attestation": Annotated[AttestationInput | None, arg("For machine clients.", "仅限接口报送。")],
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
        "withdraw_records": plain(
            "Withdraw records of the own unit that were wrong, or whose document was revoked (Art. 57, 58).",
            "撤回本单位有误或者据以认定的文书已撤销的记录（第五十七、五十八条）。",
            resolver=withdraw,
            name="withdrawRecords",
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
