"""What every record carries besides its own fields, declared in the same terms so that one decision serves both.

Classes follow the common envelope of the record types: dates of publicity are public, the reason of a change
belongs to the subject (Art. 55), who made and checked a filing stays inside (Art. 23).
"""

from __future__ import annotations

from collections.abc import Mapping

from server.catalogue.kind import NEVER, DisclosureClass, Field, Label, ValueType

_P, _AG, _A, _I = (
    DisclosureClass.PUBLIC,
    DisclosureClass.SHARED,
    DisclosureClass.AUTHORISED,
    DisclosureClass.INTERNAL,
)


def _field(
    name: str, kind: ValueType, disclosure: DisclosureClass, zh: str, en: str, text_zh: str, text_en: str
) -> Field:
    return Field(
        name=name,
        code=None,
        label=Label(zh=zh, en=en),
        description=Label(zh=text_zh, en=text_en),
        type=kind,
        many=False,
        length=None,
        required=NEVER,
        options=(),
        disclosure=disclosure,
        person_disclosure=_AG if disclosure is _P else disclosure,
        mask=None,
        entity=True,
        review=False,
    )


_TEXT, _DATE, _INT = ValueType.text, ValueType.date, ValueType.integer

ENVELOPE: tuple[Field, ...] = (
    _field(
        "datedOn",
        _DATE,
        _P,
        "记录日期",
        "Date of the record",
        "记录所载行为的日期",
        "The day the record is dated",
    ),
    _field(
        "sourceUnit",
        _TEXT,
        _P,
        "来源单位",
        "Source unit",
        "提供该记录的单位名称",
        "Name of the providing unit",
    ),
    _field(
        "sourceUnitCode",
        ValueType.uscc,
        _P,
        "来源单位代码",
        "Source unit code",
        "来源单位的统一社会信用代码",
        "Unified social credit code of the providing unit",
    ),
    _field(
        "sourceRecordNo",
        _TEXT,
        _P,
        "来源记录编号",
        "Source record number",
        "来源单位对该记录的编号",
        "The providing unit's own number of the record",
    ),
    _field(
        "lastUpdated",
        _TEXT,
        _P,
        "最后更新时间",
        "Last updated",
        "该版本生效的时间",
        "When this version took effect",
    ),
    _field(
        "catalogueItem",
        _TEXT,
        _P,
        "目录事项",
        "Catalogue item",
        "数据清单中的事项编码",
        "Item of the data catalogue",
    ),
    _field(
        "catalogueVersion",
        _INT,
        _P,
        "目录版本",
        "Catalogue version",
        "归集所依据的清单版本",
        "Version of the catalogue it was filed under",
    ),
    _field(
        "recordVersion",
        _INT,
        _P,
        "记录版本",
        "Record version",
        "该记录的版本号",
        "Version number of the record",
    ),
    _field(
        "publicityFrom", _DATE, _P, "公示起始日", "Publicity from", "公示的第一日", "First day of publicity"
    ),
    _field("publicityTo", _DATE, _P, "公示截止日", "Publicity to", "公示的最后一日", "Last day of publicity"),
    _field(
        "earliestEnd",
        _DATE,
        _P,
        "最早可申请终止公示日",
        "Earliest early-end application",
        "可申请提前终止公示的第一日",
        "First day on which an early end may be applied for",
    ),
    _field(
        "submittedAt", _TEXT, _AG, "报送时间", "Submitted at", "首次报送的时间", "When it was first filed"
    ),
    _field(
        "ruleSet",
        _TEXT,
        _P,
        "公示依据",
        "Rule set",
        "计算公示期所用的规则及条款",
        "Rule set and article its publicity comes from",
    ),
    _field(
        "publicityProvisional",
        ValueType.boolean,
        _P,
        "公示截止日待定",
        "Publicity provisional",
        "公示截止日超出已公布的工作日历，公布后重新计算",
        "The end of publicity counts working days not yet announced, and is computed again when they are",
    ),
    _field(
        "publicityFromBasis",
        _TEXT,
        _P,
        "公示起始日依据",
        "Basis of the first day",
        "公示起始日所依据的规则及条款",
        "Rule set and article of the first day of publicity",
    ),
    _field(
        "earliestEndBasis",
        _TEXT,
        _P,
        "最短公示期依据",
        "Basis of the earliest end",
        "最短公示期所依据的规则及条款",
        "Rule set and article of the least publicity",
    ),
    _field(
        "disclosureBasis",
        _TEXT,
        _AG,
        "披露期限依据",
        "Basis of the end of disclosure",
        "披露期限所依据的规则及条款",
        "Rule set and article of the end of disclosure",
    ),
    _field(
        "retentionBasis",
        _TEXT,
        _A,
        "保存期限依据",
        "Basis of retention",
        "保存期限所依据的规则及条款",
        "Rule set and article of the end of retention",
    ),
    _field(
        "contentHash",
        _TEXT,
        _I,
        "内容摘要",
        "Content hash",
        "该版本内容的摘要值，涵盖内部字段，故不披露",
        "Digest of this version; it covers internal fields, so it stays inside",
    ),
    _field(
        "disclosureEnd",
        _DATE,
        _AG,
        "披露截止日",
        "End of disclosure",
        "一切披露的最后一日",
        "Last day of disclosure of every kind",
    ),
    _field(
        "stage", _TEXT, _AG, "披露阶段", "Stage", "记录当前所处的披露阶段", "Where the record stands in time"
    ),
    _field(
        "retentionEnd", _DATE, _A, "保存截止日", "End of retention", "保存的最后一日", "Last day of retention"
    ),
    _field(
        "changeReason",
        _TEXT,
        _A,
        "变动理由",
        "Reason of change",
        "该版本变动的理由",
        "Why this version was made",
    ),
    _field("submittedBy", _TEXT, _I, "报送人", "Submitted by", "报送人员", "The maker of the filing"),
    _field("reviewedBy", _TEXT, _I, "审核人", "Reviewed by", "审核人员", "The checker of the filing"),
)
"""Ordered as they are shown; stored under ``envelope`` names by ``server.store.records``."""

COMPOSED: Mapping[str, tuple[str, ...]] = {
    "publicity": (
        "publicityFrom",
        "publicityTo",
        "earliestEnd",
        "ruleSet",
        "publicityFromBasis",
        "earliestEndBasis",
        "publicityProvisional",
    ),
    "retention": ("disclosureEnd", "disclosureBasis", "retentionEnd", "retentionBasis"),
}
"""Fields of the interface that put several of the envelope together."""

COMPOSED_ONLY = frozenset(
    {
        "publicityProvisional",
        "publicityFromBasis",
        "earliestEndBasis",
        "disclosureBasis",
        "retentionBasis",
    }
)
"""Fields of the envelope that are read through those alone."""

ENVELOPE_NAMES: frozenset[str] = frozenset(field.name for field in ENVELOPE)
