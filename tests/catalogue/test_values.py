"""One table per type of value, and the properties that hold for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.areas import QUFU_AREAS
from server.catalogue.kind import Field
from server.catalogue.values import (
    OPEN_ENDED,
    Fault,
    blank,
    clean,
    clean_date,
    clean_money,
    money_text,
)
from tests.catalogue.makers import CATALOGUE, CITIZEN, TODAY, a_field, a_kind

PENALTY_TYPES = CATALOGUE.kind("administrative_penalty").field("penaltyTypes")


def field(type_: str, **changes: Any) -> Field:
    return a_kind(a_field("value", type=type_, **({"class": "I"} | changes))).field("value")


def cleaned(type_: str, raw: object, **changes: Any) -> object:
    return clean(field(type_, **changes), raw, today=TODAY)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("2024-02-29", "2024-02-29"),
        ("20240229", "2024-02-29"),
        (20240229, "2024-02-29"),
        ("2024/02/29", "2024-02-29"),
        ("2024/2/9", "2024-02-09"),
        ("2024年2月29日", "2024-02-29"),
        (" 2024-02-29 ", "2024-02-29"),
        ("2024-02-29T00:00:00", "2024-02-29"),
        ("2024-02-29 00:00:00.000", "2024-02-29"),
        (date(2024, 2, 29), "2024-02-29"),
        (datetime(2024, 2, 29, 13, 5), "2024-02-29"),
        (datetime(2024, 2, 28, 17, tzinfo=UTC), "2024-02-29"),
        ("2099-12-31", OPEN_ENDED),
        ("1900-01-01", "1900-01-01"),
    ],
)
def test_dates_in_every_usual_form(raw: object, stored: str) -> None:
    assert clean_date(raw) == stored


@pytest.mark.parametrize(
    "raw",
    [
        "2023-02-29",
        "20230230",
        "2024-13-01",
        "2024-2-9",
        "1899-12-31",
        "2100-01-01",
        "2024-02-29T13:05:00",
        "昨天",
        None,
        True,
        45350.0,
        10**40,
        "٢٠٢٤-٠٢-٢٩x",
        [2024],
    ],
)
def test_impossible_dates_are_refused(raw: object) -> None:
    fault = clean_date(raw)
    assert isinstance(fault, Fault)
    assert fault.rule == "date"


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_every_day_reads_the_same_in_all_forms(day: date) -> None:
    forms = (day, day.isoformat(), f"{day:%Y%m%d}", f"{day:%Y/%m/%d}", f"{day.year}/{day.month}/{day.day}")
    assert {clean_date(form) for form in forms} == {day.isoformat()}


@pytest.mark.parametrize(
    ("raw", "units"),
    [
        ("12.5", 12_500_000),
        ("0", 0),
        (3, 3_000_000),
        (0.1, 100_000),
        (1e-06, 1),
        (0.3, 300_000),
        (Decimal("0.000001"), 1),
        ("0.5000000", 500_000),
        ("1,234.5", 1_234_500_000),
        ("１２．５", 12_500_000),
        ("999999999999.999999", 999_999_999_999_999_999),
    ],
)
def test_money_is_exact(raw: object, units: int) -> None:
    assert clean_money(raw) == units


@pytest.mark.parametrize(
    "raw",
    [
        "-1",
        "1.0000001",
        "1000000000000",
        "1e3",
        "五万",
        "5万元",
        "1,23",
        "",
        None,
        True,
        float("nan"),
        float("inf"),
        Decimal("1E+1000000"),
        Decimal("1E-1000000"),
        Decimal("NaN"),
        [1],
        10**30,
        "1.5.5",
    ],
)
def test_money_that_is_not_an_amount_is_refused(raw: object) -> None:
    fault = clean_money(raw)
    assert isinstance(fault, Fault)
    assert fault.rule == "money"


@given(st.integers(0, 10**18 - 1))
def test_money_comes_back_as_it_went_in(units: int) -> None:
    assert clean_money(money_text(units)) == units
    assert clean_money(Decimal(money_text(units))) == units


def test_money_text_has_six_decimals() -> None:
    assert [money_text(units) for units in (12_500_000, 1, 0, -1)] == [
        "12.500000",
        "0.000001",
        "0.000000",
        "-0.000001",
    ]


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("12.50", "12.5"),
        ("-3", "-3"),
        (7, "7"),
        ("007.10", "7.1"),
        ("-0.0", "0"),
        ("0.05", "0.05"),
        (2.5, "2.5"),
    ],
)
def test_decimals_are_kept_as_plain_text(raw: object, stored: str) -> None:
    assert cleaned("decimal", raw) == stored


@pytest.mark.parametrize("raw", ["1.1234567", "abc", True, [1], float("nan")])
def test_decimals_refuse_other_things(raw: object) -> None:
    assert isinstance(cleaned("decimal", raw), Fault)


@pytest.mark.parametrize(("raw", "stored"), [("12", 12), (-5, -5), (2**31 - 1, 2**31 - 1)])
def test_integers(raw: object, stored: int) -> None:
    assert cleaned("integer", raw) == stored


@pytest.mark.parametrize("raw", ["1.5", 2**31, True, None, 1.5, "一"])
def test_integers_refuse_other_things(raw: object) -> None:
    assert isinstance(cleaned("integer", raw), Fault)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (True, True),
        (False, False),
        ("是", True),
        ("否", False),
        (1, True),
        ("0", False),
        ("TRUE", True),
        ("n", False),
    ],
)
def test_booleans(raw: object, stored: bool) -> None:
    assert cleaned("boolean", raw) is stored


@pytest.mark.parametrize("raw", ["也许", 2, None, [True]])
def test_booleans_refuse_other_things(raw: object) -> None:
    assert isinstance(cleaned("boolean", raw), Fault)


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("  食品 ", "食品"),
        ("e\u0301", "é"),
        (101, "101"),
        ("血\u200b型", "血型"),
        ("一\r\n二", "一\n二"),
        ("\ufeff孔", "孔"),
    ],
)
def test_text_is_trimmed_composed_and_visible(raw: object, stored: str) -> None:
    assert cleaned("text", raw) == stored


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("长" * 11, "length"),
        ("a\x00b", "text"),
        (chr(0xD800), "text"),
        ("\u200b", "text"),
        ({"a": 1}, "text"),
        (True, "text"),
        (1.5, "text"),
    ],
)
def test_text_refuses_what_cannot_be_stored(raw: object, rule: str) -> None:
    fault = cleaned("text", raw, length=10)
    assert isinstance(fault, Fault)
    assert fault.rule == rule


def test_document_numbers_stay_on_one_line() -> None:
    assert cleaned("document_number", "曲市监处罚 \n〔2023〕12号") == "曲市监处罚 〔2023〕12号"


@pytest.mark.parametrize("code", [*QUFU_AREAS, "110105", "370800"])
def test_areas_of_the_city_and_divisions_elsewhere(code: str) -> None:
    assert cleaned("area_code", code) == code
    assert cleaned("area_code", int(code)) == code


def test_qufu_has_four_streets_and_eight_towns() -> None:
    names = [label.zh for label in QUFU_AREAS.values()]
    assert len(names) == 13
    assert sum(name.endswith("街道") for name in names) == 4
    assert sum(name.endswith("镇") for name in names) == 8


@pytest.mark.parametrize("raw", ["370881999", "990000", "37088", "曲阜", None, 3.7])
def test_areas_refuse_unknown_places(raw: object) -> None:
    assert isinstance(cleaned("area_code", raw), Fault)


def test_every_option_is_accepted_by_code_label_and_alias() -> None:
    for kind in CATALOGUE.kinds.values():
        for one in kind.fields:
            for option in one.options:
                for word in (option.code, option.label.zh, *option.aliases):
                    wanted = [option.code] if one.many else option.code
                    assert clean(one, word, today=TODAY) == wanted


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("罚款", ["fine"]),
        ("罚款、没收违法所得、没收非法财物", ["fine", "confiscation"]),
        ("警告；罚款", ["warning", "fine"]),
        ("警告;通报批评,罚款", ["warning", "criticism", "fine"]),
        ("罚款｜吊销许可证件", ["fine", "revocation"]),
        (["罚款", "没收违法所得"], ["fine", "confiscation"]),
        (["罚款、警告", "fine"], ["fine", "warning"]),
        ("0", ["warning"]),
        (1, ["fine"]),
        ("1,2,3", ["fine", "confiscation", "order_stop"]),
        ("4", ["suspension"]),
        ("5；6", ["detention", "other"]),
        ("罚款、法律、行政法规规定的其他行政处罚", ["fine", "other"]),
    ],
)
def test_penalty_types_of_the_law_and_of_the_older_code_set(raw: object, stored: list[str]) -> None:
    assert clean(PENALTY_TYPES, raw, today=TODAY) == stored


@pytest.mark.parametrize("raw", ["罚金", "7", "罚款、坐牢", True, {"fine": 1}, "罚款和警告"])
def test_penalty_types_refuse_other_words(raw: object) -> None:
    fault = clean(PENALTY_TYPES, raw, today=TODAY)
    assert isinstance(fault, Fault)
    assert fault.rule == "choice"


def test_lists_are_split_only_where_their_type_allows() -> None:
    assert cleaned("text", "甲、乙；丙", many=True) == ["甲、乙", "丙"]
    mask = {"form": "ends", "audiences": ["government"]}
    ids = cleaned("citizen_id", f"{CITIZEN}、{CITIZEN}", many=True, **{"class": "G", "mask": mask})
    assert ids == [CITIZEN]


def test_lists_have_an_end() -> None:
    fault = cleaned("text", [str(number) for number in range(201)], many=True)
    assert isinstance(fault, Fault)
    assert fault.rule == "many"


@pytest.mark.parametrize(
    "raw",
    [
        [{"role": "法定代表人", "name": "孔文"}, {"role": "actual_controller", "name": "颜武"}],
        "法定代表人：孔文；实际控制人：颜武",
    ],
)
def test_responsible_persons_have_role_and_name(raw: object) -> None:
    """Art. 46 names the roles."""
    assert cleaned("responsible_person", raw, many=True) == [
        {"role": "legal_representative", "name": "孔文"},
        {"role": "actual_controller", "name": "颜武"},
    ]


@pytest.mark.parametrize(
    "raw", ["孔文", {"role": "principal"}, {"role": "chef", "name": "孔"}, 3, {"role": [], "name": "孔"}]
)
def test_responsible_persons_refuse_other_shapes(raw: object) -> None:
    assert isinstance(cleaned("responsible_person", raw), Fault)


@pytest.mark.parametrize(
    ("raw", "nothing"), [(None, True), ("  ", True), ([], True), ((), True), (0, False), (False, False)]
)
def test_blank_is_what_was_not_sent(raw: object, nothing: bool) -> None:
    assert blank(raw) is nothing


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.decimals()
    | st.binary()
    | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
ALL_FIELDS = [one for kind in CATALOGUE.kinds.values() for one in kind.fields]


@given(st.sampled_from(ALL_FIELDS), ANYTHING)
def test_nothing_sent_makes_a_value_reader_fail(one: Field, raw: object) -> None:
    result = clean(one, raw, today=TODAY)
    assert isinstance(result, Fault | str | int | list | dict)


@given(st.sampled_from(ALL_FIELDS), st.integers(10**7, 10**12))
def test_a_fault_never_holds_the_value(one: Field, secret: int) -> None:
    for raw in (f"甲{secret}\x00", [f"甲{secret}\x00"], {"role": f"甲{secret}"}):
        fault = clean(one, raw, today=TODAY)
        assert isinstance(fault, Fault)
        assert str(secret) not in repr(fault)
        assert fault.field == one.name
        assert one.label.zh in fault.message
