"""Data nobody may collect (Art. 63; Shandong Art. 42) is found wherever it hides; lawful text passes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.forbidden import find
from server.catalogue.forbidden_words import GROUPS, KEY_WORDS
from tests.catalogue.samples import DISEASES, FORBIDDEN, LAWFUL

OPENED = ["年收入12万", "个人存款5万元", "名下证券账户", "购买了重疾险"]
CLOSED = ["病史", "信仰佛教", "血型A", "采集指纹", "基因检测结果", "名下房产", "年纳税额50万"]


@pytest.mark.parametrize("text", FORBIDDEN)
def test_forbidden_data_is_found(text: str) -> None:
    fault = find(text, path="remarks")
    assert fault is not None
    assert fault.rule.startswith("forbidden_")
    assert fault.field == "remarks"
    assert text not in fault.message


@pytest.mark.parametrize("text", LAWFUL)
def test_lawful_text_passes(text: str) -> None:
    assert find(text, path="facts") is None


@pytest.mark.parametrize("disease", DISEASES)
@pytest.mark.parametrize("form", ["{}", "患有{}", "张某患{}多年", "其父有{}病史", "被诊断为{}"])
def test_every_named_illness_is_found(disease: str, form: str) -> None:
    fault = find(form.format(disease), path="facts")
    assert fault is not None
    assert fault.rule == "forbidden_illness"


@pytest.mark.parametrize("disease", [word for word in DISEASES if word not in ("HIV", "绝症")])
def test_an_unlawful_advertisement_may_be_described(disease: str) -> None:
    assert find(f"当事人在广告中宣称其产品可以治疗{disease}", path="facts") is None


@pytest.mark.parametrize(
    "value",
    [
        {"note": {"more": [{"deep": "患有高血压"}]}},
        ["无", ("甲", {"乙", "信仰佛教"})],
        {"血型": None},
        {"bloodType": "x"},
        {"monthly_income": 1},
        {"medicalHistory": ""},
        {"annualSalary": 0},
        {"gene": []},
        {"宗教": "无"},
        {"健康状况": "良好"},
        {"zongjiao": "x"},
        {"fangchan": 2},
        {"deposit": 2},
        {"stockHolding": 2},
        {"insurance": 2},
        {"fingerprint_hash": "x"},
        {"taxes": 3},
        "患有高血压".encode(),
    ],
)
def test_nested_values_and_keys_are_searched(value: Any) -> None:
    assert find(value, path="remarks") is not None


def test_nesting_beyond_reason_hides_nothing() -> None:
    value: Any = "患有高血压"
    for _ in range(200):
        value = [value]
    assert find(value, path="remarks") is not None


@pytest.mark.parametrize("value", [None, 3, 2.5, True, [], {}, {"note": None}, {"general": ["甲"]}])
def test_empty_and_plain_values_pass(value: Any) -> None:
    assert find(value, path="remarks") is None


@pytest.mark.parametrize("text", OPENED)
def test_a_written_agreement_opens_the_first_group_only(text: str) -> None:
    """Art. 63, last sentence; worked example: income with an agreement."""
    assert find(text, path="content") is not None
    assert find(text, path="content", agreement=True) is None


@pytest.mark.parametrize("text", CLOSED)
def test_no_agreement_opens_the_second_group(text: str) -> None:
    """Shandong Art. 42 is superior (Art. 86)."""
    assert find(text, path="content", agreement=True) is not None


def test_every_group_has_words_for_keys() -> None:
    assert {group.rule for group in GROUPS} == set(KEY_WORDS)
    for group in GROUPS:
        for word in KEY_WORDS[group.rule]:
            fault = find({word: None}, path="")
            assert fault is not None


@given(
    st.sampled_from(
        [
            "患有高血压",
            "信仰佛教",
            "血型为A型",
            "采集其指纹",
            "年收入12万",
            "个人存款",
            "名下房产",
            "纳税数额",
        ]
    ),
    st.lists(
        st.sampled_from(["", " ", "\u200b", "·", "　", "-", "，", "\n", "_", "*", "\u00ad"]),
        min_size=9,
        max_size=9,
    ),
)
def test_no_filling_hides_a_word(text: str, filling: list[str]) -> None:
    hidden = "".join(char + gap for char, gap in zip(text, filling, strict=False))
    assert find(f"经查{hidden}{text[len(filling) :]}。", path="facts") is not None


@given(st.sampled_from(FORBIDDEN), st.integers(10**7, 10**12))
def test_the_fault_never_holds_the_value(text: str, secret: int) -> None:
    fault = find([{"note": f"{secret}，{text}"}], path="remarks")
    assert fault is not None
    assert str(secret) not in repr(fault)
