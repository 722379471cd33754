"""The clocks of a record in plain sentences, in Chinese and English, from what a viewer may read of them alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from server.catalogue.kind import Label

Dates = Mapping[str, Any]
"""Envelope field -> its value as the viewer got it; absent or None where it is withheld or not set."""

Names = Mapping[str, Label]
"""Rule set -> its name; one that is missing is called by its id."""

_NOBODY: Names = {}
_ARTICLE = re.compile(r"(?:Shandong )?Art\. (\d+(?:, \d+)*)(?:\((\d+)\))?")

_PROVISIONAL = Label(
    "该日期超出已公布的工作日历，新的放假安排公布后重新计算。",
    "That day lies beyond the announced working-day calendar and is computed again when the next one is announced.",
)


def basis_of(text: str) -> tuple[str | None, str]:
    """Rule set and article of a stored basis; no rule set where the text names none."""
    rule_set, comma, article = text.partition(", ")
    return (rule_set, article) if comma else (None, text)


def publicity(dates: Dates, names: Names = _NOBODY, today: str | None = None) -> Label | None:
    """The publicity of a record in a sentence; None where nothing of it may be read."""
    start, end, basis = (dates.get(name) for name in ("publicityFrom", "publicityTo", "ruleSet"))
    if basis is None:
        return None
    zh_basis, en_basis = _cited(basis, names)
    if start is None:
        return Label(f"该记录不对外公示（{zh_basis}）。", f"The record is not published ({en_basis}).")
    if end is None:
        zh, en = (
            f"该记录自{start}起公示，无截止日（{zh_basis}）。",
            f"Public from {start} without an end ({en_basis}).",
        )
    else:
        zh = f"该记录自{start}起公示，至{end}止，次日零时起不再公示（{zh_basis}）。"
        en = (
            f"Public from {start} to {end}; from midnight after that day it is no longer public ({en_basis})."
        )
    if today is not None and end is not None and end < today:
        return Label(
            f"该记录曾自{start}起公示，已于{end}终止公示（{zh_basis}）。",
            f"It was public from {start} to {end} and is no longer ({en_basis}).",
        )
    early = dates.get("earliestEnd")
    if early is not None and (end is None or early <= end):
        zh += f"自{early}起可以申请提前终止公示。"
        en += f" From {early} an early end may be applied for."
    if dates.get("publicityProvisional"):
        zh, en = zh + _PROVISIONAL.zh, f"{en} {_PROVISIONAL.en}"
    return Label(zh, en)


def retention(dates: Dates, names: Names = _NOBODY) -> Label | None:
    """How long a record is disclosed and kept, in a sentence; None where nothing of it may be read."""
    disclosed, kept = dates.get("disclosureEnd"), dates.get("retentionEnd")
    disclosed_by, kept_by = dates.get("disclosureBasis"), dates.get("retentionBasis")
    zh, en = [], []
    if disclosed is not None and disclosed_by is not None:
        zh_basis, en_basis = _cited(disclosed_by, names)
        zh.append(f"披露至{disclosed}止，此后不再提供任何查询（{zh_basis}）。")
        en.append(f"Disclosed until {disclosed}; after that no query is answered ({en_basis}).")
    elif disclosed_by is not None:
        zh_basis, en_basis = _cited(disclosed_by, names)
        zh.append(f"失信行为尚未终止，披露期限尚未起算（{zh_basis}）。")
        en.append(f"The conduct has not ended, so the end of disclosure is not counted yet ({en_basis}).")
    if kept is not None and kept_by is not None:
        zh_basis, en_basis = _cited(kept_by, names)
        zh.append(f"保存至{kept}止，期满屏蔽或者删除（{zh_basis}）。")
        en.append(f"Kept until {kept}, then shielded or deleted ({en_basis}).")
    elif kept_by is not None:
        zh_basis, en_basis = _cited(kept_by, names)
        zh.append(f"保存期限尚未起算（{zh_basis}）。")
        en.append(f"The end of retention is not counted yet ({en_basis}).")
    return Label("".join(zh), " ".join(en)) if zh else None


def article_zh(article: str) -> str:
    """An article as Chinese law cites it: ``Art. 20(3)`` is 第20条第3项."""

    def cited(found: re.Match[str]) -> str:
        item = f"第{found[2]}项" if found[2] else ""
        return f"第{found[1].replace(', ', '、')}条{item}"

    return _ARTICLE.sub(cited, article)


def _cited(text: str, names: Names) -> tuple[str, str]:
    rule_set, article = basis_of(text)
    if rule_set is None:
        return "无适用规则", "no rule set is applied"
    name = names.get(rule_set, Label(rule_set, rule_set))
    return f"依据《{name.zh}》{article_zh(article)}", f"{name.en}, {article}"
