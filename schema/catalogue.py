"""The data catalogue as everyone may read it: the law itself orders its publication (Art. 22)."""

from __future__ import annotations

import strawberry

from schema.text import both, plain
from server.catalogue.kind import Catalogue, Field, Kind, RequiredRule


@strawberry.type(description=both("One admissible value of a choice.", "选项。"))
class CatalogueOption:
    code: str = plain("Code.", "代码。")
    label: str = plain("Label in English.", "英文标签。")
    label_zh: str = plain("Label in Chinese.", "中文标签。", name="labelZh")


@strawberry.type(description=both("A legal basis.", "依据。"))
class CatalogueBasis:
    document: str = plain("Document.", "文件。")
    article: str = plain("Article.", "条款。")
    rank: str = plain("Rank of the document.", "效力位阶。")


@strawberry.type(description=both("One field of a catalogue item and its rule.", "事项的一个字段及其规则。"))
class CatalogueField:
    name: str = plain("Name in this interface.", "接口字段名。")
    standard_code: str | None = plain("Code in the data standard.", "数据标准代码。", name="standardCode")
    label: str = plain("Label in English.", "英文标签。")
    label_zh: str = plain("Label in Chinese.", "中文标签。", name="labelZh")
    type: str = plain("Type of value.", "值类型。")
    many: bool = plain("Several values.", "可多值。")
    length: int | None = plain("Most characters.", "最大长度。")
    required: str = plain("When it must be filled.", "必填规则。")
    disclosure: str = plain("Disclosure class for entities.", "披露类别（单位）。")
    person_disclosure: str | None = plain(
        "Disclosure class for natural persons; null where the field does not exist for them.",
        "披露类别（自然人）；无此字段时为空。",
        name="personDisclosure",
    )
    mask: str | None = plain("Mask, if part of it is shown.", "脱敏方式。")
    masked_for: list[str] = plain("Who gets the masked form.", "适用脱敏的对象。", name="maskedFor")
    options: list[CatalogueOption] = plain("Admissible values of a choice.", "选项。")


@strawberry.type(
    description=both("One item of the data catalogue (Art. 21).", "数据清单事项（第二十一条）。")
)
class CatalogueItem:
    code: str = plain("Item code.", "事项编码。")
    kind: str = plain("Kind of record.", "信息类别代码。")
    type: str = plain("Type of record in this interface.", "接口类型名。")
    name: str = plain("Name in English.", "英文名称。")
    name_zh: str = plain("Name in Chinese.", "中文名称。", name="nameZh")
    category: str = plain("Category (Art. 10).", "信息分类（第十条）。")
    family: str = plain("Public or market information (Art. 9).", "公共或市场信用信息（第九条）。")
    subjects: list[str] = plain("Kinds of subject.", "主体类别。")
    sources: list[str] = plain("Source units.", "归集来源。")
    basis: list[CatalogueBasis] = plain("Legal bases.", "依据。")
    frequency: str = plain("Update frequency.", "更新频次。")
    sharing: str = plain("Sharing scope.", "共享范围。")
    channel: str = plain("Channel of collection.", "归集渠道。")
    fields: list[CatalogueField] = plain("Fields.", "字段。")


@strawberry.type(
    name="Catalogue", description=both("One version of the data catalogue.", "数据清单的一个版本。")
)
class CatalogueView:
    version: int = plain("Version.", "版本。")
    items: list[CatalogueItem] = plain("Items.", "事项。")


def catalogue_view(catalogue: Catalogue) -> CatalogueView:
    """The whole catalogue."""
    return CatalogueView(
        version=catalogue.version, items=[item_view(kind) for kind in catalogue.kinds.values()]
    )


def item_view(kind: Kind) -> CatalogueItem:
    """One item."""
    return CatalogueItem(
        code=kind.item,
        kind=kind.code,
        type=kind.type_name,
        name=kind.name.en,
        name_zh=kind.name.zh,
        category=kind.category.value,
        family=kind.family.value,
        subjects=sorted(one.value for one in kind.subjects),
        sources=[one.zh for one in kind.sources],
        basis=[CatalogueBasis(document=b.document, article=b.article, rank=b.rank.value) for b in kind.basis],
        frequency=kind.frequency.value,
        sharing=kind.sharing.zh,
        channel=kind.channel.value,
        fields=[_field_view(field) for field in kind.fields],
    )


def _field_view(field: Field) -> CatalogueField:
    return CatalogueField(
        name=field.name,
        standard_code=field.code,
        label=field.label.en,
        label_zh=field.label.zh,
        type=field.type.value,
        many=field.many,
        length=field.length,
        required=_required(field),
        disclosure=field.disclosure.value,
        person_disclosure=field.person_disclosure.value if field.person_disclosure else None,
        mask=field.mask.name.value if field.mask else None,
        masked_for=sorted(one.value for one in field.mask.audiences) if field.mask else [],
        options=[
            CatalogueOption(code=one.code, label=one.label.en, label_zh=one.label.zh) for one in field.options
        ],
    )


def _required(field: Field) -> str:
    if field.required.rule is RequiredRule.when:
        return f"when {field.required.field} is one of {', '.join(field.required.one_of)}"
    return field.required.rule.value
