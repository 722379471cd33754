"""Rule sets in GraphQL: the law's numbers as data, open to everyone (Art. 86, 87)."""

from __future__ import annotations

import strawberry

from schema.arguments import make_enum
from schema.scalars import Date, DateTime, FieldValue
from schema.text import both, plain
from server.actions.rule_sets import RuleSetView
from server.catalogue.kind import Label
from server.rules.parameters import PARAMETERS, Unit

ParameterUnit = make_enum(
    "ParameterUnit",
    {
        "MONTHS": (Unit.MONTHS.value, Label("月", "Months")),
        "WORKING_DAYS": (Unit.WORKING_DAYS.value, Label("工作日", "Working days")),
        "NONE": (Unit.NONE.value, Label("非期限", "No period")),
    },
    "What a parameter counts.",
    "参数的单位。",
)


@strawberry.type(description=both("One parameter of a rule set.", "规则集的一个参数。"))
class RuleParameter:
    name: str = plain("Name.", "参数名。")
    label: str = plain("What it says.", "含义（英文）。")
    label_zh: str = plain("What it says, in Chinese.", "含义（中文）。", name="labelZh")
    value: FieldValue = plain("Its value.", "参数值。")
    unit: ParameterUnit = plain("What it counts.", "单位。")  # type: ignore[valid-type]
    article: str = plain("The article it comes from.", "依据条款。")


@strawberry.type(
    description=both(
        "A text of law as far as it sets periods. Superior rank prevails (Art. 86).",
        "规定期限的一份规范；上位规定优先适用（第八十六条）。",
    )
)
class RuleSet:
    id: strawberry.ID = plain("Id, as the dates of records cite it.", "标识，记录日期依据所引用。")
    version: int = plain("Version.", "版本。")
    name: str = plain("Name in English.", "英文名称。")
    name_zh: str = plain("Name.", "名称。", name="nameZh")
    issuer: str = plain("Issuing body.", "制定机关。")
    document: str = plain("Document number.", "文号。")
    rank: str = plain("Rank: law, local_regulation, national_policy, city and so on.", "效力层级。")
    effective_from: Date = plain("First day of its own term.", "施行日期。", name="effectiveFrom")
    effective_to: Date | None = plain("Last day of its own term.", "有效期至。", name="effectiveTo")
    note: str = plain("What to know about it.", "说明（英文）。")
    note_zh: str = plain("What to know about it, in Chinese.", "说明。", name="noteZh")
    active: bool = plain("An operator made this version active.", "该版本已启用。")
    applied: bool = plain("Dates are computed by it today.", "当前用于计算期限。")
    beyond_term: bool = plain(
        "It is applied although its own term has ended (Art. 87).",
        "有效期届满后继续适用（第八十七条）。",
        name="beyondTerm",
    )
    replaces: list[str] = plain("Rule sets it succeeds.", "所替代的规则集。")
    activated_at: DateTime | None = plain("When it was made active.", "启用时间。", name="activatedAt")
    parameters: list[RuleParameter] = plain("Its parameters.", "参数。")


def rule_set_view(one: RuleSetView) -> RuleSet:
    """The GraphQL form of a rule set."""
    content = one.content
    return RuleSet(
        id=strawberry.ID(content.id),
        version=one.version,
        name=content.name.en,
        name_zh=content.name.zh,
        issuer=content.issuer,
        document=content.document,
        rank=content.rank.value,
        effective_from=content.effective_from,  # type: ignore[arg-type]
        effective_to=content.effective_to,  # type: ignore[arg-type]
        note=content.note.en,
        note_zh=content.note.zh,
        active=one.active,
        applied=one.applied,
        beyond_term=one.beyond_term,
        replaces=sorted(content.replaces),
        activated_at=one.activated_at,  # type: ignore[arg-type]
        parameters=[
            RuleParameter(
                name=name,
                label=spec.label.en,
                label_zh=spec.label.zh,
                value=content.parameters[name].value,
                unit=spec.unit.value,
                article=content.parameters[name].article,
            )
            for name, spec in PARAMETERS.items()
            if name in content.parameters
        ],
    )
