"""The answer of every access question: shown, masked or withheld, always with its rule and article."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from server.catalogue.kind import Label


class FieldState(StrEnum):
    """What a viewer gets of one field."""

    SHOWN = "SHOWN"
    MASKED = "MASKED"
    WITHHELD = "WITHHELD"


@dataclass(frozen=True, slots=True)
class Rule:
    """A named reason: the article it rests on, a bilingual sentence, and what the caller would need."""

    code: str
    article: str
    sentence: Label
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One field for one viewer. ``mask`` names the mask when ``state`` is MASKED."""

    state: FieldState
    rule: Rule
    mask: str | None = None


def _rule(code: str, article: str, zh: str, en: str, needs: str | None = None) -> Rule:
    return Rule(code=code, article=article, sentence=Label(zh=zh, en=en), needs=needs)


PUBLISHED = _rule("published", "Art. 31", "依法公开公示", "Published by law")
OWN = _rule("own_record", "Art. 32", "信用主体查询自身信息", "A subject reads its own information")
CONSENTED = _rule("consented", "Art. 32", "在书面授权范围内", "Within a written authorisation")
SHARED = _rule("shared", "Art. 37", "政务共享，用于法定事项", "Shared within government for a stated purpose")
DUTY = _rule("duty", "Art. 23", "归集职责范围内", "Within the duty of collecting and reviewing")
MASKED = _rule("masked", "Art. 64", "必要脱敏后提供", "Given in masked form only", "the subject itself")
NATURAL_PERSON = _rule(
    "natural_person",
    "Art. 36, 64; Shandong Art. 20(3)",
    "自然人信息不对外公示",
    "Information on natural persons is not public",
    "the person's own token, a consent, or a government purpose",
)
INDIVIDUAL_BUSINESS = _rule(
    "individual_business",
    "Art. 34, 36",
    "个体工商户失信信息不对外公示",
    "Dishonesty records of individual businesses are not public here",
    "the subject's own token, a consent, or a government purpose",
)
NOT_PUBLIC_NOW = _rule(
    "not_in_publicity",
    "Art. 34, 35",
    "不在公示期内",
    "Outside its publicity period",
    "the subject's own token, a consent, or a government purpose",
)
DISCLOSURE_ENDED = _rule(
    "disclosure_ended",
    "Shandong Art. 38",
    "披露期限已届满",
    "All disclosure has ended",
)
SHIELDED = _rule("shielded", "Art. 35, 36", "已屏蔽或撤销", "Shielded or withdrawn")
NOT_FOR_SUBJECT = _rule(
    "not_for_this_subject",
    "Art. 11, 21",
    "该类主体无此字段",
    "The catalogue has no such field for this kind of subject",
)
MARKET = _rule(
    "market_authorisation",
    "Art. 33",
    "市场信用信息须经书面授权",
    "Market information needs the subject's written authorisation",
    "a written authorisation of the subject",
)
PURPOSE = _rule(
    "purpose_does_not_cover",
    "Art. 37, 76",
    "查询用途不涵盖该类信息",
    "The stated purpose does not cover this kind",
    "a purpose that the catalogue names for this kind",
)
OUTSIDE_CONSENT = _rule(
    "outside_consent",
    "Art. 32, 33",
    "不在授权范围内",
    "Not named in the consent",
    "a consent that names this field",
)
CLASS_SHARED = _rule(
    "not_public_class",
    "Art. 30",
    "非公开字段，须授权或政务共享",
    "Not public: by authorisation or government sharing only",
    "the subject's own token, a consent, or a government purpose",
)
CLASS_AUTHORISED = _rule(
    "authorised_class",
    "Art. 30, 32",
    "仅限本人或经授权查询",
    "For the subject and those it authorised only",
    "the subject's own token or a consent",
)
CLASS_GOVERNMENT = _rule(
    "government_class",
    "Art. 30, 37",
    "仅限政务共享",
    "For government sharing only",
    "a government purpose under Art. 37",
)
CLASS_INTERNAL = _rule(
    "internal_class", "Art. 7, 38", "内部字段，不予披露", "Kept inside; never disclosed", None
)

RULES: dict[str, Rule] = {
    rule.code: rule
    for rule in (
        PUBLISHED,
        OWN,
        CONSENTED,
        SHARED,
        DUTY,
        MASKED,
        NATURAL_PERSON,
        INDIVIDUAL_BUSINESS,
        NOT_PUBLIC_NOW,
        DISCLOSURE_ENDED,
        SHIELDED,
        NOT_FOR_SUBJECT,
        MARKET,
        PURPOSE,
        OUTSIDE_CONSENT,
        CLASS_SHARED,
        CLASS_AUTHORISED,
        CLASS_GOVERNMENT,
        CLASS_INTERNAL,
    )
}
