"""The clocks of a record as people read them: from when to when, by which rule set and article, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import strawberry

from schema.directives import data
from schema.scalars import Date
from schema.selection import ResolveInfo
from schema.text import both, plain
from server.catalogue.kind import DisclosureClass
from server.model.view import RecordView
from server.rules import explain
from server.rules.explain import Dates, Names

_P, _AG, _A = DisclosureClass.PUBLIC, DisclosureClass.SHARED, DisclosureClass.AUTHORISED


@strawberry.type(
    name="PeriodBasis",
    description=both("What a date of a record comes from.", "记录某一日期的计算依据。"),
)
class PeriodBasis:
    of: str = plain("The date: from, to, earliestEnd, disclosureEnd or end.", "所依据的日期名称。")
    rule_set: str | None = plain("Id of the rule set.", "规则集标识。", name="ruleSet")
    article: str = plain("Article.", "条款。")


@strawberry.type(
    name="Publicity",
    description=both(
        "When a record is public: the last day is still visible (Art. 34, 35).",
        "公示期限：截止日当日仍可见（第三十四、三十五条）。",
    ),
)
class Publicity:
    from_: Date | None = data("First day.", "起始日。", _P, name="from")
    to: Date | None = data("Last day; null: no end, or never public.", "截止日；空为无截止或不公示。", _P)
    earliest_end: Date | None = data(
        "First day on which an early end may be applied for.",
        "可申请提前终止公示的第一日。",
        _P,
        name="earliestEnd",
    )
    provisional: bool | None = data(
        "The last day counts working days not announced yet.", "截止日超出已公布的工作日历，待重新计算。", _P
    )
    basis: list[PeriodBasis] = data("Rule set and article of each date.", "各日期的依据。", _P)
    sentence: str | None = data("The same in a sentence.", "英文说明。", _P)
    sentence_zh: str | None = data("The same in Chinese.", "中文说明。", _P, name="sentenceZh")

    @classmethod
    def is_type_of(cls, obj: Any, _info: ResolveInfo) -> bool:
        return isinstance(obj, PublicityReading)


@strawberry.type(
    name="Retention",
    description=both(
        "How long a record is disclosed and kept (Art. 35, 36; Shandong Art. 38).",
        "披露和保存期限（第三十五、三十六条；省条例第三十八条）。",
    ),
)
class Retention:
    disclosure_end: Date | None = data(
        "Last day of disclosure of every kind; null: no end yet.",
        "一切披露的截止日；空为尚无截止。",
        _AG,
        name="disclosureEnd",
    )
    end: Date | None = data("Last day it is kept; null: no end yet.", "保存截止日；空为尚无截止。", _A)
    basis: list[PeriodBasis] = data("Rule set and article of each date.", "各日期的依据。", _AG)
    sentence: str | None = data("The same in a sentence, for the subject.", "英文说明（本人可见）。", _A)
    sentence_zh: str | None = data("The same in Chinese.", "中文说明（本人可见）。", _A, name="sentenceZh")

    @classmethod
    def is_type_of(cls, obj: Any, _info: ResolveInfo) -> bool:
        return isinstance(obj, RetentionReading)


class _Reading:
    """Reads the clocks through the view, so that the log knows what was read."""

    __slots__ = ("_names", "_today", "_view")

    NAMES: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Date -> the view's fields of it and of its basis."""

    def __init__(self, view: RecordView, names: Names, today: str) -> None:
        self._view = view
        self._names = names
        self._today = today

    @property
    def basis(self) -> list[PeriodBasis]:
        made = []
        for name, (_, source) in self.NAMES.items():
            text = self._view.read(source)
            if text is not None:
                rule_set, article = explain.basis_of(text)
                made.append(PeriodBasis(of=name, rule_set=rule_set, article=article))
        return made

    def _dates(self, *names: str) -> Dates:
        return {name: self._view.read(name) for name in names}


class PublicityReading(_Reading):
    """The publicity of one record as its viewer may see it."""

    NAMES: ClassVar = {
        "from": ("publicityFrom", "publicityFromBasis"),
        "to": ("publicityTo", "ruleSet"),
        "earliestEnd": ("earliestEnd", "earliestEndBasis"),
    }

    @property
    def from_(self) -> Any:
        return self._view.read("publicityFrom")

    @property
    def to(self) -> Any:
        return self._view.read("publicityTo")

    @property
    def earliest_end(self) -> Any:
        return self._view.read("earliestEnd")

    @property
    def provisional(self) -> Any:
        return self._view.read("publicityProvisional")

    @property
    def sentence(self) -> str | None:
        found = explain.publicity(self._all(), self._names, self._today)
        return found.en if found else None

    @property
    def sentence_zh(self) -> str | None:
        found = explain.publicity(self._all(), self._names, self._today)
        return found.zh if found else None

    def _all(self) -> Dates:
        return self._dates("publicityFrom", "publicityTo", "earliestEnd", "ruleSet", "publicityProvisional")


class RetentionReading(_Reading):
    """The retention of one record as its viewer may see it."""

    NAMES: ClassVar = {
        "disclosureEnd": ("disclosureEnd", "disclosureBasis"),
        "end": ("retentionEnd", "retentionBasis"),
    }

    @property
    def disclosure_end(self) -> Any:
        return self._view.read("disclosureEnd")

    @property
    def end(self) -> Any:
        return self._view.read("retentionEnd")

    @property
    def sentence(self) -> str | None:
        found = explain.retention(self._all(), self._names)
        return found.en if found else None

    @property
    def sentence_zh(self) -> str | None:
        found = explain.retention(self._all(), self._names)
        return found.zh if found else None

    def _all(self) -> Dates:
        return self._dates("disclosureEnd", "disclosureBasis", "retentionEnd", "retentionBasis")
