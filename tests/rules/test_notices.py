"""A notice file is read as it is meant, or refused with the entry and the rule it breaks."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import BadInput
from server.rules.notices import SIZE_MOST, parse_notice
from server.rules.workdays import WorkCalendar, YearNotice

GOOD = """\
# As announced in the autumn before.
year: 2027
notice: 国办发明电〔2026〕7号
source: 中国政府网
holidays:
  - {name: 元旦, from: 2026-12-31, to: 2027-01-02}
  - {name: 春节, from: 2027-02-05, to: 2027-02-11}
workdays:
  - {name: 春节, on: 2027-01-31}
  - 2027-02-20
"""

FORM: dict[str, Any] = {
    "year": 2027,
    "notice": "国办发明电〔2026〕7号",
    "holidays": [{"name": "元旦", "from": "2027-01-01", "to": "2027-01-03"}],
    "workdays": [{"name": "元旦", "on": "2027-01-09"}],
}
SECRET = "370881199001010011"


def but(**changes: Any) -> str:
    """The good form with these changes, as JSON; None takes a key out."""
    return json.dumps({key: value for key, value in {**FORM, **changes}.items() if value is not None})


def off(start: Any = "2027-05-01", end: Any = "2027-05-05", **more: Any) -> dict[str, Any]:
    return {"name": "劳动节", "from": start, "to": end, **more}


def refusal(text: str) -> BadInput:
    with pytest.raises(BadInput) as refused:
        parse_notice(text)
    return refused.value


def test_a_notice_is_read_with_the_names_of_its_days() -> None:
    read = parse_notice(GOOD)
    assert (read.year, read.version, read.notice, read.source) == (
        2027,
        0,
        "国办发明电〔2026〕7号",
        "中国政府网",
    )
    assert list(read.holidays)[:3] == [date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)]
    assert len(read.holidays) == 10
    assert dict(read.makeups) == {date(2027, 1, 31): "春节", date(2027, 2, 20): ""}
    calendar = WorkCalendar.of([read])
    assert calendar.kind_of(date(2027, 1, 31)).name == "春节"
    assert calendar.kind_of(date(2027, 2, 20)).name is None


def test_json_says_the_same() -> None:
    read = parse_notice(but())
    assert read == YearNotice(
        2027,
        0,
        "国办发明电〔2026〕7号",
        "",
        {date(2027, 1, n): "元旦" for n in (1, 2, 3)},
        {date(2027, 1, 9): "元旦"},
    )
    assert parse_notice(but(workdays=None)).makeups == {}
    assert parse_notice("\ufeff" + but()) == read


@pytest.mark.parametrize(
    ("text", "field", "rule"),
    [
        ("", "file", "type"),
        ("- a", "file", "type"),
        (but(note="x"), "file", "unknown_key"),
        (but(**{SECRET: SECRET}), "file", "unknown_key"),
        ("[" * 30_000, "file", "nesting"),
        ("- " * 30_000, "file", "nesting"),
        ("year: [1", "file", "yaml"),
        ("year: 2027\x00", "file", "yaml"),
        ("year: 0b_", "file", "yaml"),
        ("\ud800", "file", "yaml"),
        ("--- 1\n--- 2", "file", "yaml"),
        ("? [a]\n: b", "file", "yaml"),
        (GOOD + "year: 2027\n", "file", "duplicate_key"),
        ("year: 2027\nnotice: &n x\nsource: *n", "file", "plain_yaml"),
        ("year: !!int 2027", "file", "plain_yaml"),
        ("year: !!python/object/apply:os.getcwd []", "file", "plain_yaml"),
        ("<<: {year: 2027}", "file", "unknown_key"),
        (GOOD + "#" * SIZE_MOST, "file", "size"),
        ("节" * (SIZE_MOST // 3 + 1), "file", "size"),
        (but(year=None), "year", "required"),
        (but(year="2027"), "year", "type"),
        (but(year=2027.0), "year", "type"),
        (but(year=True), "year", "type"),
        (but(year=2003), "year", "year"),
        (but(year=2101), "year", "year"),
        (but(year=10**30), "year", "year"),
        (but(notice=None), "notice", "required"),
        (but(notice=7), "notice", "type"),
        (but(notice="  "), "notice", "length"),
        (but(notice="x" * 201), "notice", "length"),
        (but(notice="a\nb"), "notice", "printable"),
        (but(source=["x"]), "source", "type"),
        (but(source="x" * 501), "source", "length"),
        (but(holidays=None), "holidays", "required"),
        (but(holidays={}), "holidays", "type"),
        (but(holidays=[]), "holidays", "empty"),
        (but(holidays=["2027-01-01"]), "holidays[1]", "type"),
        (but(holidays=[off(on="2027-05-01")]), "holidays[1]", "unknown_key"),
        (but(holidays=[{"name": "元旦", "from": "2027-01-01"}]), "holidays[1].to", "required"),
        (but(holidays=[off(name=1)]), "holidays[1].name", "type"),
        (but(holidays=[off(name="x" * 41)]), "holidays[1].name", "length"),
        (but(holidays=[off(start="2027-02-30")]), "holidays[1].from", "date"),
        (but(holidays=[off(start="20270501")]), "holidays[1].from", "date"),
        (but(holidays=[off(start="２０２７-05-01")]), "holidays[1].from", "date"),
        (but(holidays=[off(end=20270505)]), "holidays[1].to", "date"),
        (
            but(holidays=[off(), off(start="2026-12-21", end="2027-01-01")]),
            "holidays[2].from",
            "outside_year",
        ),
        (but(holidays=[off(end="2028-01-01")]), "holidays[1].to", "outside_year"),
        (but(holidays=[off(end="2027-04-30")]), "holidays[1].to", "order"),
        (but(holidays=[off(end="2027-06-01")]), "holidays[1].to", "too_long"),
        (but(holidays=[off(), off(start="2027-05-05", end="2027-05-06")]), "holidays[2]", "overlap"),
        (but(workdays="2027-01-09"), "workdays", "type"),
        (but(workdays=[20270109]), "workdays[1]", "date"),
        (but(workdays=[{"on": "2027-01-09"}]), "workdays[1].name", "required"),
        (but(workdays=[{"name": "元旦", "on": "2027-01-08"}]), "workdays[1].on", "weekend"),
        (but(workdays=["2027-01-09", "2027-01-11"]), "workdays[2]", "weekend"),
        (but(workdays=["2028-01-08"]), "workdays[1]", "outside_year"),
        (but(workdays=["2027-01-02"]), "workdays[1]", "both_kinds"),
        (but(workdays=["2027-01-09", "2027-01-09"]), "workdays[2]", "overlap"),
    ],
)
def test_what_is_not_understood_is_refused_where_it_stands(text: str, field: str, rule: str) -> None:
    refused = refusal(text)
    assert (refused.field, refused.rule) == (field, rule)
    assert refused.sentence.startswith(f"{field} (")
    assert refused.sentence.endswith(".")


def test_a_range_of_a_month_is_still_a_holiday() -> None:
    assert len(parse_notice(but(holidays=[off(end="2027-05-31")])).holidays) == 31


def test_the_sentence_names_the_field_in_chinese_too_and_the_line_of_broken_yaml() -> None:
    assert refusal(but(holidays=[])).sentence == "holidays (放假安排): must name at least one day off."
    assert (
        refusal(but(workdays=["2027-01-11"])).sentence
        == "workdays[1] (调休上班): must be a Saturday or Sunday."
    )
    assert refusal("year: 2027\nnotice: [").sentence == "file (文件): is not readable YAML at line 3."
    assert "line 11" in refusal(GOOD + "year: 2027\n").sentence


@pytest.mark.parametrize("key", ["year", "notice", "source", "holidays", "workdays"])
def test_a_refusal_never_repeats_what_the_file_says(key: str) -> None:
    for value in ({SECRET: SECRET}, [SECRET], [{"name": SECRET, "from": SECRET, "to": SECRET}], SECRET * 40):
        assert SECRET not in refusal(but(**{key: value})).sentence


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["2027-01-02", "2027-01-09"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "from", "to", "on", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


def outcome(text: str) -> YearNotice | BadInput:
    try:
        return parse_notice(text)
    except BadInput as refused:
        return refused


@given(st.sampled_from(["year", "notice", "source", "holidays", "workdays"]), JSON)
def test_whatever_stands_under_a_key_is_read_or_refused(key: str, value: Any) -> None:
    found = outcome(json.dumps({**FORM, key: value}))
    assert isinstance(found, YearNotice) or found.rule


@given(st.text(alphabet=st.sampled_from("yearno:-[]{}&*!<>|?%@\"'#,. \n\t0123\x85\u2028节"), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse_notice(text)
