"""The clocks of a record in plain sentences, from what the reader may read of them and nothing else (Art. 34 to 36)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.rules import explain
from server.rules.access import ENVELOPE_SOURCE, OPEN
from server.rules.lifecycle import NO_RULE, Clocks
from tests.makers import CATALOGUE, REGIME, REGIME_36, SHIPPED, clocks_of
from tests.rules.makers import CITY, FIRM, HUMAN, SMALL, Case, cases, day, penalty, regimes, severe, together

SAID = {
    name: ENVELOPE_SOURCE[name]
    for name in (
        "publicityFrom", "publicityTo", "ruleSet", "earliestEnd", "earliestEndBasis", "publicityProvisional",
        "disclosureEnd", "disclosureBasis", "retentionEnd", "retentionBasis",
    )
}  # fmt: skip


NAMES = {one.id: one.name for one in SHIPPED.values()}


def read(found: Clocks, without: Iterable[str] = ()) -> dict[str, Any]:
    """The clocks as a reader gets them who is not shown some fields: no end is no value."""
    stored = found.stored()
    values = {name: stored[key] for name, key in SAID.items() if name not in set(without)}
    return {name: value for name, value in values.items() if value is not None and value != OPEN}


def publicity(found: Clocks, *without: str) -> tuple[str, str]:
    label = explain.publicity(read(found, without), NAMES)
    assert label is not None
    return label.zh, label.en


def retention(found: Clocks, *without: str) -> tuple[str, str]:
    label = explain.retention(read(found, without), NAMES)
    assert label is not None
    return label.zh, label.en


def test_public_with_an_end_and_the_day_of_an_early_one() -> None:
    """Art. 34, D8."""
    assert publicity(penalty("2023-08-15", "fine")) == (
        "该记录自2023-08-15起公示，至2026-08-15止，次日零时起不再公示（依据《曲阜市社会信用管理办法（试行）》第34条）。"
        "自2023-11-16起可以申请提前终止公示。",
        "Public from 2023-08-15 to 2026-08-15; from midnight after that day it is no longer public "
        "(Qufu measure on social credit (trial), Art. 34). From 2023-11-16 an early end may be applied for.",
    )


def test_public_with_an_end_and_no_early_one() -> None:
    """Art. 35."""
    assert publicity(severe("2023-09-28")) == (
        "该记录自2020-01-08起公示，至2023-10-09止，次日零时起不再公示（依据《曲阜市社会信用管理办法（试行）》第35条）。",
        "Public from 2020-01-08 to 2023-10-09; from midnight after that day it is no longer public "
        "(Qufu measure on social credit (trial), Art. 35).",
    )


def test_public_without_an_end() -> None:
    """Art. 31."""
    found = clocks_of(CATALOGUE.kind("honour"), FIRM, {}, date(2025, 1, 1))
    assert publicity(found) == (
        "该记录自2025-01-01起公示，无截止日（依据《曲阜市社会信用管理办法（试行）》第31条）。",
        "Public from 2025-01-01 without an end (Qufu measure on social credit (trial), Art. 31).",
    )


def test_public_without_an_end_that_may_be_ended_early() -> None:
    """Order 36 with its most taken away."""
    under = together(CITY, *(one for one in REGIME_36.rules.sets if one.id == "ndrc-36"))
    dates = read(severe(None, under=under), ["publicityTo"])
    label = explain.publicity(dates, NAMES)
    assert label is not None
    assert (
        label.zh
        == "该记录自2020-01-08起公示，无截止日（依据《信用修复管理办法》Order 36）。自2021-01-09起可以申请提前终止公示。"
    )
    assert label.en == (
        "Public from 2020-01-08 without an end (Measure on the management of credit repair, Order 36). From 2021-01-09 an early end may be applied for."
    )


@pytest.mark.parametrize(
    ("today", "past"), [(None, False), ("2026-08-15", False), ("2026-08-16", True), ("2030-01-01", True)]
)
def test_what_has_ended_is_told_in_the_past(today: str | None, past: bool) -> None:
    """Art. 34: from the day after, and no early end is offered any more."""
    label = explain.publicity(read(penalty("2023-08-15", "fine")), NAMES, today)
    assert label is not None
    if past:
        assert (
            label.zh
            == "该记录曾自2023-08-15起公示，已于2026-08-15终止公示（依据《曲阜市社会信用管理办法（试行）》第34条）。"
        )
        assert label.en == (
            "It was public from 2023-08-15 to 2026-08-15 and is no longer (Qufu measure on social credit (trial), Art. 34)."
        )
    else:
        assert (label.zh, label.en) == publicity(penalty("2023-08-15", "fine"))
    unending = read(clocks_of(CATALOGUE.kind("honour"), FIRM, {}, date(2025, 1, 1)))
    assert explain.publicity(unending, NAMES, today) == explain.publicity(unending, NAMES)
    never = read(penalty("2023-08-15", "warning"))
    assert explain.publicity(never, NAMES, today) == explain.publicity(never, NAMES)


@pytest.mark.parametrize("early", ["2028-06-30", "2028-07-01"])
def test_an_early_end_after_the_end_is_not_offered(early: str) -> None:
    """Shandong Art. 38 may end all before the minimum of Art. 34 has passed."""
    dates = read(penalty("2026-05-01", "fine", conductEndedOn="2023-06-30")) | {"earliestEnd": early}
    label = explain.publicity(dates, NAMES)
    assert label is not None
    assert ("early end" in label.en, "提前终止" in label.zh) == (early == "2028-06-30",) * 2
    assert (
        "Shandong regulation on social credit, Shandong Art. 38" in label.en
        and "依据《山东省社会信用条例》第38条" in label.zh
    )


NEVER = {
    "no public field": (clocks_of(CATALOGUE.kind("penalty_excluded"), FIRM, {}, date(2025, 1, 1)), "qufu-2023-8", "Art. 30", "第30条"),
    "a secret": (clocks_of(CATALOGUE.kind("honour"), FIRM, {}, date(2025, 1, 1), secret=True), "qufu-2023-8", "Art. 7", "第7条"),
    "an individual business": (penalty("2025-01-01", "fine", on=SMALL), "qufu-2023-8", "Art. 34, 36", "第34、36条"),
    "by its own word": (
        clocks_of(CATALOGUE.kind("commitment"), FIRM, {"publicityScope": "limited"}, date(2025, 1, 1)),
        "qufu-2023-8", "Art. 18, 33, 48", "第18、33、48条",
    ),
    "a natural person": (penalty("2025-01-01", "fine", on=HUMAN), "shandong-2020", "Shandong Art. 20(3)", "第20条第3项"),
    "a warning": (penalty("2025-01-01", "warning"), "qufu-2023-8", "Art. 34", "第34条"),
    "slight dishonesty": (penalty("2025-01-01", "warning", under=REGIME_36), "ndrc-36", "Order 36", "Order 36"),
}  # fmt: skip


@pytest.mark.parametrize("reason", NEVER)
def test_never_public_for_each_reason(reason: str) -> None:
    """Art. 7, 18, 30, 33, 34, 36, 48; Shandong Art. 20(3): rule set and article say why."""
    found, rule_set, article, article_zh = NEVER[reason]
    name = NAMES[rule_set]
    assert publicity(found) == (
        f"该记录不对外公示（依据《{name.zh}》{article_zh}）。",
        f"The record is not published ({name.en}, {article}).",
    )


def test_a_rule_set_nobody_named_is_called_by_its_id() -> None:
    """A record computed under a rule set that is loaded no more still says which."""
    label = explain.publicity(read(penalty("2025-01-01", "warning")))
    assert label is not None
    assert label.zh == "该记录不对外公示（依据《qufu-2023-8》第34条）。"
    assert label.en == "The record is not published (qufu-2023-8, Art. 34)."


@pytest.mark.parametrize(
    ("article", "cited"),
    [
        ("Art. 34", "第34条"),
        ("Art. 34, 36", "第34、36条"),
        ("Shandong Art. 20(3)", "第20条第3项"),
        ("Art. 18, 33, 48", "第18、33、48条"),
        ("第三十五条", "第三十五条"),
        ("Order 36", "Order 36"),
    ],
)
def test_an_article_is_cited_as_chinese_law_does(article: str, cited: str) -> None:
    assert explain.article_zh(article) == cited


def test_never_public_because_no_rule_is_applied() -> None:
    """Default deny, told as such."""
    found = penalty("2025-01-01", "fine", under=together())
    assert found.rule_set == NO_RULE
    assert publicity(found) == (
        "该记录不对外公示（无适用规则）。",
        "The record is not published (no rule set is applied).",
    )
    assert explain.retention(read(found)) is None


def test_a_provisional_end_is_told_as_such() -> None:
    """Design 5: removed the day before New Year's Eve 2026, of which no notice speaks yet."""
    zh, en = publicity(severe("2026-12-30"))
    assert "至2027-01-04止" in zh and "to 2027-01-04" in en
    assert zh.endswith("该日期超出已公布的工作日历，新的放假安排公布后重新计算。")
    assert en.endswith(
        " That day lies beyond the announced working-day calendar and is computed again when the next one is announced."
    )
    final = publicity(severe("2023-09-28"))
    assert "工作日历" not in final[0] and "calendar" not in final[1]


def test_retention_and_disclosure_that_have_not_begun() -> None:
    """Art. 36, Shandong Art. 38: arrears unpaid since 2019."""
    owing = clocks_of(CATALOGUE.kind("arrears"), HUMAN, {"foundOn": "2019-05-01"}, date(2019, 5, 1))
    assert retention(owing) == (
        "失信行为尚未终止，披露期限尚未起算（依据《山东省社会信用条例》第38条）。"
        "保存期限尚未起算（依据《曲阜市社会信用管理办法（试行）》第36条）。",
        "The conduct has not ended, so the end of disclosure is not counted yet (Shandong regulation on social credit, Shandong Art. 38). "
        "The end of retention is not counted yet (Qufu measure on social credit (trial), Art. 36).",
    )


def test_retention_and_disclosure_with_their_ends() -> None:
    """Art. 35, Shandong Art. 38."""
    assert retention(severe("2023-07-10", "2023-06-30")) == (
        "披露至2028-06-30止，此后不再提供任何查询（依据《山东省社会信用条例》第38条）。"
        "保存至2033-07-10止，期满屏蔽或者删除（依据《曲阜市社会信用管理办法（试行）》第35条）。",
        "Disclosed until 2028-06-30; after that no query is answered (Shandong regulation on social credit, Shandong Art. 38). "
        "Kept until 2033-07-10, then shielded or deleted (Qufu measure on social credit (trial), Art. 35).",
    )


def test_a_government_unit_reads_the_end_of_disclosure_and_not_of_retention() -> None:
    """Art. 36: how long a file is kept is the subject's to know."""
    zh, en = retention(severe("2023-07-10", "2023-06-30"), "retentionEnd", "retentionBasis")
    assert (zh.count("。"), "2033" in zh + en, "Kept" in en) == (1, False, False)


def test_what_has_no_limit_has_no_sentence() -> None:
    """An honour is disclosed and kept without a limit of law."""
    assert explain.retention(read(clocks_of(CATALOGUE.kind("honour"), FIRM, {}, date(2025, 1, 1)))) is None


@pytest.mark.parametrize(
    "dates", [{}, {"publicityFrom": "2025-01-01"}, {"publicityFrom": "2025-01-01", "ruleSet": None}]
)
def test_nothing_is_said_where_the_basis_is_withheld(dates: dict[str, Any]) -> None:
    """A sentence would tell what the fields do not."""
    assert explain.publicity(dates) is None
    held = {"disclosureEnd": "2028-06-30", "retentionEnd": "2033-07-10"}
    assert explain.retention(dates | held) is None


@settings(max_examples=200, deadline=None)
@given(case=cases(), under=regimes, without=st.sets(st.sampled_from(sorted(SAID))))
def test_a_sentence_holds_no_date_and_no_article_the_reader_was_not_given(
    case: Case, under: Any, without: set[str]
) -> None:
    """Art. 30: each sentence is made of shown fields alone, in both languages alike."""
    dates = read(case.under(under), without)
    hidden = {str(one) for one in read(case.under(under)).values()} - {str(one) for one in dates.values()}
    hidden |= {explain.article_zh(explain.basis_of(one)[1]) for one in hidden if "Art." in one}
    for label in (explain.publicity(dates), explain.retention(dates)):
        if label is not None:
            assert label.zh.endswith("。") and label.en.endswith(".")
            for text in hidden - {"True", "False"}:
                assert not any(text in said for said in (label.zh, label.en)) or _within_another(text, dates)
    assert (explain.publicity(dates) is None) == ("ruleSet" not in dates)
    assert (explain.retention(dates) is None) == (not {"disclosureBasis", "retentionBasis"} & set(dates))


def _within_another(text: str, dates: dict[str, Any]) -> bool:
    """Whether a shown value holds the text itself, as Art. 34, 36 holds Art. 34."""
    return any(text in str(one) for one in dates.values())


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("qufu-2023-8, Art. 34, 36", ("qufu-2023-8", "Art. 34, 36")),
        ("shandong-2020, Shandong Art. 20(3)", ("shandong-2020", "Shandong Art. 20(3)")),
        (NO_RULE, (None, NO_RULE)),
    ],
)
def test_a_basis_is_a_rule_set_and_an_article(text: str, parts: tuple[str | None, str]) -> None:
    assert explain.basis_of(text) == parts


def test_the_dates_of_a_sentence_are_those_of_the_record() -> None:
    found = penalty("2024-02-29", "fine", domain="drugs", under=REGIME)
    zh, en = publicity(found)
    for text in (found.pub_from, found.pub_to, found.early_end):
        assert str(day(str(text))) in zh and str(text) in en
