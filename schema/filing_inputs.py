"""What a unit sends: the inputs of filing and withdrawing, and how they become what the actions take."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from schema.arguments import SubjectKindEnum, make_enum
from schema.duties import DutyEnum
from schema.scalars import Date, FieldValue
from schema.text import both, plain
from server.actions.filing import Correction, Filing, FilingSubject
from server.actions.withdraw import Withdrawal
from server.catalogue.kind import Label, SubjectKind
from server.errors import BadInput
from server.rules.duties import Duty

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


def make_filing_input(kinds: type[Enum]) -> type:
    """``FilingInput`` over the kinds of one catalogue."""
    space = {
        "__annotations__": {
            "kind": kinds,
            "source_no": str,
            "subject": SubjectInput,
            "fields": list[FieldInput],
            "change_reason": str | None,
            "secrecy": list[SecrecyFlag],  # type: ignore[valid-type]
            "agreement": bool,
            "corrected_on": Date | None,
            "document_changed_on": Date | None,
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
        "corrected_on": plain(
            "The change corrects an error; on this day the unit corrected it (Art. 57).",
            "属错误更正的，填写本单位更正日期（第五十七条）。",
            default=None,
            name="correctedOn",
        ),
        "document_changed_on": plain(
            "The document beneath the record was changed on this day (Art. 58).",
            "据以认定的文书变更日期（第五十八条）。",
            default=None,
            name="documentChangedOn",
        ),
    }
    return strawberry.input(
        type("FilingInput", (), space),
        description=both("One record as a unit files it.", "单位报送的一条记录。"),
    )


def make_withdrawal_input(kinds: type[Enum]) -> type:
    """``WithdrawalInput`` over the kinds of one catalogue."""
    space = {
        "__annotations__": {
            "kind": kinds,
            "source_no": str,
            "ground": DutyEnum,
            "on": Date,
            "reason": str,
        },
        "__module__": __name__,
        "kind": plain("Kind of record.", "信息类别。"),
        "source_no": plain("The unit's own number of the record.", "来源记录编号。", name="sourceRecordNo"),
        "ground": plain(
            "CORRECTION: it was wrong (Art. 57). REVOCATION: its document was revoked (Art. 58).",
            "CORRECTION：信息有误（第五十七条）；REVOCATION：文书被撤销（第五十八条）。",
        ),
        "on": plain(
            "The day on which the unit corrected it, or the document was revoked.",
            "更正日期或者文书撤销日期。",
        ),
        "reason": plain("Why, for the subject (Art. 55).", "撤回理由（第五十五条）。"),
    }
    return strawberry.input(
        type("WithdrawalInput", (), space),
        description=both("A record to be withdrawn.", "拟撤回的记录。"),
    )


def withdrawal_of(one: Any) -> Withdrawal:
    """The withdrawal an input states."""
    return Withdrawal(
        kind=one.kind.value,
        source_no=one.source_no.strip(),
        correction=Correction(Duty(one.ground.value), one.on),
        reason=one.reason,
    )


def _correction(one: Any) -> Correction | None:
    """Why a record is refiled, where a duty to report began. Raises BadInput for two reasons at once."""
    if one.corrected_on is not None and one.document_changed_on is not None:
        raise BadInput(
            "correctedOn (更正日期), documentChangedOn (文书变更日期): one of the two.",
            field="correctedOn",
            rule="one_ground",
        )
    if one.corrected_on is not None:
        return Correction(Duty.CORRECTION, one.corrected_on)
    if one.document_changed_on is not None:
        return Correction(Duty.REVOCATION, one.document_changed_on)
    return None


def filing_of(one: Any) -> Filing:
    """The filing an input states. Raises BadInput for a field given twice."""
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
        correction=_correction(one),
    )
