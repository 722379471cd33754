"""``access``: what the viewer may see of a subject and why; for the subject, who else may see what."""

from __future__ import annotations

import strawberry

from schema.records import FieldStateEnum, Reason, reason_of
from schema.text import both, plain
from server.actions.explain_access import FieldAnswer


@strawberry.type(description=both("What one audience gets of a field.", "某类对象可得的披露。"))
class AudienceRule:
    audience: str = plain("public, third_party or government.", "公众、被授权第三方或政务部门。")
    state: FieldStateEnum = plain("Shown, masked or withheld.", "展示、脱敏或不予披露。")
    reason: Reason = plain("Why.", "理由。")


@strawberry.type(description=both("The rule for one field.", "一个字段的披露规则。"))
class FieldRule:
    coordinate: str = plain("Type and field.", "类型与字段。")
    kind: str = plain("Kind of record.", "信息类别。")
    field: str = plain("Name of the field.", "字段名。")
    label: str = plain("Label in English.", "英文标签。")
    label_zh: str = plain("Label in Chinese.", "中文标签。", name="labelZh")
    state: FieldStateEnum = plain("What the viewer gets.", "查看者可得的状态。")
    mask: str | None = plain("Mask, if masked.", "脱敏方式。")
    reason: Reason = plain("Why.", "理由。")
    others: list[AudienceRule] = plain(
        "For the subject: who else may see it.", "供本人知悉：其他对象可得的披露。"
    )


def rule_view(answer: FieldAnswer) -> FieldRule:
    """The GraphQL form of one answer."""
    return FieldRule(
        coordinate=f"{answer.kind.type_name}.{answer.field.name}",
        kind=answer.kind.code,
        field=answer.field.name,
        label=answer.field.label.en,
        label_zh=answer.field.label.zh,
        state=answer.decision.state.value,
        mask=answer.decision.mask,
        reason=reason_of(answer.decision),
        others=[
            AudienceRule(
                audience=one.audience.value, state=one.decision.state.value, reason=reason_of(one.decision)
            )
            for one in answer.others
        ],
    )
