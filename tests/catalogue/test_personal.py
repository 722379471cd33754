"""Personal numbers in free text (Art. 64; worked example: a manager's number inside the facts)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.personal import find
from tests.catalogue.makers import CITIZEN, citizens


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"经理王某，身份证{CITIZEN}", "personal_id"),
        ("身份证号3708 8119 7003 0700 10", "personal_id"),
        ("370881-19700307-0010", "personal_id"),
        ("３７０８８１１９７００３０７００１０", "personal_id"),
        ("370881\u200b197003070010", "personal_id"),
        ("三七〇八八一一九七〇〇三〇七〇〇一〇", "personal_id"),
        ("2023-01-05 370881197003070010", "personal_id"),
        ("370881197003070019", "personal_id"),
        ("11010519491231002x", "personal_id"),
        ("身份证号码为370881700307001", "personal_id"),
        ("电话13812345678", "personal_phone"),
        ("手机138-1234-5678", "personal_phone"),
        ("+86 138 1234 5678", "personal_phone"),
        ("2024-01-01 13812345678", "personal_phone"),
        ("138,1234,5678", "personal_phone"),
        ("卡号6222021234567890128", "personal_card"),
        ("卡号 6222 0212 3456 7890 128 ", "personal_card"),
        ("4111111111111111", "personal_card"),
        (["无", {"name": "4111 1111 1111 1111", "more": ("甲",)}], "personal_card"),
    ],
)
def test_personal_numbers_are_found_in_published_text(text: object, rule: str) -> None:
    assert find(text, published=True) == rule


@pytest.mark.parametrize(
    "text",
    [
        "罚款5000元，没收违法所得1234567.89元",
        "货值13,812,345,678元",
        "统一社会信用代码11370881004339597L",
        "曲市监处罚〔2023〕12号",
        "条码6901234567892",
        "370881********0010",
        "138****5678",
        "0537-4412345",
        "4111111111111112",
        "2023年8月15日至2024年8月15日",
        "990881197003070010",
        "370881197013070010",
        "370881178003070010",
        "",
        7,
        None,
    ],
)
def test_ordinary_text_passes(text: object) -> None:
    assert find(text, published=True) is None


def test_an_identity_number_is_refused_even_where_nothing_is_published() -> None:
    assert find(CITIZEN, published=False) == "personal_id"
    assert find("13812345678 4111111111111111", published=False) is None


@given(citizens, st.sampled_from(["", " ", "-", "·", ".", "\u200b", "、"]), st.text("当事人经查", max_size=9))
def test_no_separator_hides_an_identity_number(number: str, gap: str, around: str) -> None:
    assert find(f"{around}{gap.join(number)}{around}", published=True) == "personal_id"


@pytest.mark.parametrize(
    "text",
    [
        "经理王某370881197003070010二〇二六年到案",
        "编号370881197003070010202601011234",
        "00370881197003070010",
    ],
    ids=["Chinese digits follow", "digits follow", "digits before"],
)
def test_a_number_written_on_without_a_space_is_still_found(text: str) -> None:
    """Art. 64."""
    assert find(text, published=True) == "personal_id"


def test_a_long_reference_is_no_number_of_a_person() -> None:
    for serial in range(200):
        assert find(f"承诺编码37088120240101{serial:06}", published=True) is None
