"""Looking back in GraphQL, for auditors: what was visible to whom on a past day, and why; never a value."""

from __future__ import annotations

import strawberry

from schema.arguments import make_enum
from schema.directives import data
from schema.periods import PeriodBasis
from schema.scalars import Date, DateTime
from schema.text import both, plain
from server.actions.look_back import PastAudience, PastRecord
from server.catalogue.kind import Audience, DisclosureClass, Label
from server.rules import explain
from server.rules.access import OPEN

_I = DisclosureClass.INTERNAL

AudienceEnum = make_enum(
    "PastAudience",
    {
        "PUBLIC": (Audience.public.value, Label("社会公众", "Everyone")),
        "SUBJECT": (Audience.subject.value, Label("信用主体", "The subject")),
        "THIRD_PARTY": (Audience.third_party.value, Label("被授权方", "A third party with a consent")),
        "GOVERNMENT": (Audience.government.value, Label("有关部门", "A government unit with a purpose")),
    },
    "To whom something was visible.",
    "可见对象。",
)


@strawberry.type(
    name="PastVisibility",
    description=both("What one audience could be shown of a record.", "某类对象可见的内容。"),
)
class PastVisibility:
    audience: AudienceEnum = plain("Whom.", "对象。")  # type: ignore[valid-type]
    visible: bool = data("Anything of it could be seen.", "是否可见。", _I)
    shown: list[str] = data("Names of the fields shown.", "可见字段。", _I)
    masked: list[str] = data("Names of the fields shown masked.", "脱敏可见字段。", _I)
    rule: str = data("Code of the rule that decided.", "规则代码。", _I)
    article: str = data("Its article.", "条款。", _I)
    sentence: str = data("The reason in English.", "理由（英文）。", _I)
    sentence_zh: str = data("The reason in Chinese.", "理由（中文）。", _I, name="sentenceZh")


@strawberry.type(
    name="PastRecord",
    description=both("A record as it stood at the end of a past day.", "某日终了时记录的状态。"),
)
class PastRecordView:
    id: strawberry.ID = data("Id of the record.", "记录标识。", _I)
    kind: str = data("Kind of record.", "信息类别代码。", _I)
    version: int = data("Version in force then.", "当时生效的版本。", _I)
    stage: str = data("Where it stood in time.", "所处阶段。", _I)
    publicity_from: Date | None = data("First day of publicity.", "公示起始日。", _I, name="publicityFrom")
    publicity_to: Date | None = data("Last day of publicity.", "公示截止日。", _I, name="publicityTo")
    disclosure_end: Date | None = data("Last day of disclosure.", "披露截止日。", _I, name="disclosureEnd")
    retention_end: Date | None = data("Last day of retention.", "保存截止日。", _I, name="retentionEnd")
    basis: list[PeriodBasis] = data("Rule set and article of each date.", "各日期的依据。", _I)
    rule_sets: list[str] = data("Rule sets applied on that day.", "当日适用的规则集。", _I, name="ruleSets")
    audiences: list[PastVisibility] = data("To whom what was visible.", "对各类对象的可见情况。", _I)
    deleted_at: DateTime | None = data(
        "It was deleted since; only its stage is known.", "此后已删除，仅存当时阶段。", _I, name="deletedAt"
    )


def past_view(one: PastRecord) -> PastRecordView:
    """The GraphQL form of a record on a past day."""
    clocks = one.clocks
    dated = (
        {}
        if clocks is None
        else {"to": clocks.rule_set, "disclosureEnd": clocks.disc_rule, "end": clocks.keep_rule}
    )
    basis = []
    for name, text in dated.items():
        if text is not None:
            rule_set, article = explain.basis_of(text)
            basis.append(PeriodBasis(of=name, rule_set=rule_set, article=article))
    return PastRecordView(
        id=strawberry.ID(one.record),
        kind=one.kind,
        version=one.version,
        stage=one.stage.value,
        publicity_from=_day(clocks.pub_from if clocks else None),
        publicity_to=_day(clocks.pub_to if clocks else None),
        disclosure_end=_day(clocks.disc_to if clocks else None),
        retention_end=_day(clocks.keep_to if clocks else None),
        basis=basis,
        rule_sets=list(one.rule_sets),
        audiences=[_audience(each) for each in one.audiences],
        deleted_at=one.deleted_at,  # type: ignore[arg-type]
    )


def _audience(one: PastAudience) -> PastVisibility:
    return PastVisibility(
        audience=one.audience.value,
        visible=one.visible,
        shown=list(one.shown),
        masked=list(one.masked),
        rule=one.rule.code,
        article=one.rule.article,
        sentence=one.rule.sentence.en,
        sentence_zh=one.rule.sentence.zh,
    )


def _day(text: str | None) -> Date | None:
    return None if text is None or text == OPEN else Date(text)
