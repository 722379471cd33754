"""What a written consent may say (Art. 32, 33, 62): for what, for how long, how often, which fields.

Purposes are a closed list, each with its own bounds, because a consent without bounds is none. Decision D6: one-time
use ends after at most 30 days, recurring use after at most twelve months. Civil counting: the first day is not counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from server.catalogue.kind import AUDIENCES, ENTITIES, Audience, Catalogue, Label, SubjectKind
from server.model.viewer import Role, Viewer
from server.rules.acting import Objection
from server.rules.lifecycle import add_months

ONE_TIME_DAYS = 30
RECURRING_MONTHS = 12
FIELDS_MOST = 500
TEXT_MOST = 500
NOTICE_MOST = 5_000

_EVERYBODY = frozenset(SubjectKind)


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """A purpose a subject may consent to, and how far: the longest term, the most uses, whose consent."""

    label: Label
    days: int
    uses: int
    subjects: frozenset[SubjectKind] = _EVERYBODY


CONSENT_PURPOSES: Mapping[str, PurposeTerms] = MappingProxyType(
    {
        "loan_approval": PurposeTerms(Label("贷款审批", "Deciding on a loan"), 90, 10),
        "loan_management": PurposeTerms(Label("贷后管理", "Managing a loan that runs"), 366, 1_000),
        "guarantee": PurposeTerms(Label("担保与融资租赁审查", "Guarantees and leasing"), 90, 10),
        "contract_partner": PurposeTerms(
            Label("商务合作履约能力了解", "Choosing a partner to a contract"), 180, 50
        ),
        "tender": PurposeTerms(Label("招标投标资信审查", "Examining a bidder"), 90, 10, ENTITIES),
        "credit_service": PurposeTerms(
            Label("信用服务机构出具报告", "A credit agency's report"), 366, 100, ENTITIES
        ),
        "employment": PurposeTerms(
            Label("求职背景核实", "Checking an applicant"), 30, 3, frozenset({SubjectKind.natural_person})
        ),
        "tenancy": PurposeTerms(Label("租赁资信核实", "Checking a tenant"), 30, 3),
    }
)
"""The closed list of purposes (Art. 62: no purpose without bounds)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """A consent as it is asked for. ``fields`` are SDL coordinates such as ``AdministrativePenalty.fineAmount``."""

    purpose: str
    purpose_text: str
    fields: Sequence[str]
    days: int
    max_uses: int
    notice: str
    proof: str


def may_enter(viewer: Viewer, *, own: bool) -> Objection | None:
    """A subject consents itself (``own``); at the window a clerk enters what it signed on paper (Art. 32)."""
    if (own and viewer.role in (Role.CITIZEN, Role.AGENT)) or viewer.role is Role.CLERK:
        return None
    return _objection(
        "consent_not_yours", "grantor", "仅限信用主体本人或者窗口代录", "Only the subject itself can consent"
    )


def ends_on(start: date, days: int) -> date:
    """The last day of a consent of so many days: the first day is not counted (Civil Code Art. 201)."""
    return start + timedelta(days=days)


def check_terms(
    terms: Terms, subject_kind: SubjectKind, catalogue: Catalogue, start: date
) -> Objection | None:
    """None when a subject of that kind may consent so from ``start`` (city time), else the first objection."""
    return (
        _purpose(terms, subject_kind)
        or _term(terms, start)
        or _texts(terms)
        or _fields(terms, subject_kind, catalogue)
    )


def _purpose(terms: Terms, subject_kind: SubjectKind) -> Objection | None:
    purpose = CONSENT_PURPOSES.get(terms.purpose)
    if purpose is None:
        return _objection(
            "purpose_unknown",
            "purpose",
            "授权用途不在用途清单内",
            f"The purpose must be one of {', '.join(CONSENT_PURPOSES)}",
        )
    if subject_kind not in purpose.subjects:
        return _objection(
            "purpose_not_for_subject",
            "purpose",
            "该用途不适用于此类主体",
            "This kind of subject has no such purpose",
        )
    return None


def _term(terms: Terms, start: date) -> Objection | None:
    purpose = CONSENT_PURPOSES[terms.purpose]
    if terms.days < 1:
        return _objection(
            "end_required", "days", "授权须有期限", "A consent needs an end of at least one day"
        )
    if not 1 <= terms.max_uses <= purpose.uses:
        return _objection(
            "uses_bound",
            "max_uses",
            f"使用次数为1至{purpose.uses}次",
            f"This purpose allows 1 to {purpose.uses} uses",
        )
    if terms.max_uses == 1 and terms.days > ONE_TIME_DAYS:
        return _objection(
            "one_time_term",
            "days",
            "一次性授权最长三十日",
            f"One-time use ends after at most {ONE_TIME_DAYS} days",
        )
    if terms.days > purpose.days:
        return _objection(
            "purpose_term",
            "days",
            f"该用途最长{purpose.days}日",
            f"This purpose allows at most {purpose.days} days",
        )
    if ends_on(start, terms.days) > add_months(start, RECURRING_MONTHS):
        return _objection(
            "recurring_term",
            "days",
            "重复使用的授权最长十二个月",
            f"Recurring use ends after at most {RECURRING_MONTHS} months",
        )
    return None


def _texts(terms: Terms) -> Objection | None:
    for name, zh, text, most in (
        ("purpose_text", "用途说明", terms.purpose_text, TEXT_MOST),
        ("notice", "告知内容", terms.notice, NOTICE_MOST),
        ("proof", "授权凭证", terms.proof, TEXT_MOST),
    ):
        if not text.strip() or len(text) > most:
            return _objection(
                "text_required", name, f"{zh}须填写", f"A text of 1 to {most} characters is required"
            )
    return None


def _fields(terms: Terms, subject_kind: SubjectKind, catalogue: Catalogue) -> Objection | None:
    if not 1 <= len(terms.fields) <= FIELDS_MOST or len(set(terms.fields)) < len(terms.fields):
        return _objection(
            "fields_bound",
            "fields",
            "授权字段须逐项列明",
            f"1 to {FIELDS_MOST} different fields must be named",
        )
    for coordinate in terms.fields:
        type_name, _, name = coordinate.partition(".")
        kind = next((one for one in catalogue.kinds.values() if one.type_name == type_name), None)
        field = next((one for one in kind.fields if one.name == name), None) if kind else None
        if kind is None or field is None:
            return _objection(
                "field_unknown",
                "fields",
                "字段不在目录内",
                "A field is written Type.field as in the catalogue",
            )
        disclosure = field.class_for(subject_kind) if subject_kind in kind.subjects else None
        if disclosure is None:
            return _objection(
                "field_not_for_subject",
                "fields",
                "该类主体无此字段",
                f"{coordinate} does not exist for this kind of subject",
            )
        if Audience.third_party not in AUDIENCES[disclosure]:
            return _objection(
                "field_not_grantable",
                "fields",
                "该字段不得授权第三方查询",
                f"{coordinate} is not open to third parties, with consent or without",
            )
    return None


def _objection(code: str, field: str, zh: str, en: str) -> Objection:
    return Objection(code, "Art. 32, 33, 62", Label(zh=zh, en=en), field)
