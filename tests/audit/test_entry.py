"""An entry is the same bytes wherever it is made, and holds names and codes only."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.audit.chain import START
from server.audit.entry import (
    FIELDS,
    KindAccess,
    Malformed,
    Tag,
    body,
    canonical,
    from_plain,
    ordered_id,
    plain,
)
from tests.vectors.make_chains import an_entry


def test_tags_speak_of_subject_thing_and_action() -> None:
    for tag in Tag:
        assert re.fullmatch(r"[a-z]+(:[a-z]+){1,2}", tag.value)
        assert tag.name == tag.value.replace(":", "_").upper()
    assert [tag.value for tag in Tag] == sorted(tag.value for tag in Tag)


def test_the_same_moment_in_any_time_zone_gives_the_same_bytes() -> None:
    noon = datetime(2026, 5, 4, 12, 0, 0, 123_987, tzinfo=timezone(timedelta(hours=8)))
    here, there = an_entry(at=noon), an_entry(at=noon.astimezone(UTC))
    assert body(here) == body(there)
    assert plain(here)["at"] == "2026-05-04T04:00:00.123Z"


def test_field_names_give_the_same_bytes_in_any_order() -> None:
    first = KindAccess("administrative_penalty", ("b", "a", "b"), ("c",), (), 1)
    second = KindAccess("administrative_penalty", ("a", "b"), ("c",), (), 1)
    assert body(an_entry(kinds=(first,))) == body(an_entry(kinds=(second,)))


def test_the_canonical_bytes_are_sorted_json_and_name_the_place() -> None:
    data = canonical(an_entry(), "chain-a", 7, START)
    told = json.loads(data)
    assert data == json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert (told["chain"], told["seq"], told["previous"], told["form"]) == ("chain-a", 7, "0" * 64, 1)


def test_the_officer_is_in_the_bytes_only_as_a_commitment() -> None:
    named, other = an_entry(), an_entry(actor_officer="颜回")
    assert "孔令仪".encode() not in body(named)
    assert body(named) != body(other)
    assert json.loads(body(an_entry(actor_officer=None, officer_salt="")))["officer"] is None
    assert "孔令仪" not in repr(named)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": datetime(2026, 5, 4)},
        {"subject_token": "370881199001011234"},
        {"subject_token": "37088119900101123X"},
        {"subject_token": "91370881MA3C000000"},
        {"subject_token": "孔令仪"},
        {"reason": "曲阜市静轩西路"},
        {"ground": "因为"},
        {"rule_sets": ("条例",)},
        {"row_count": -1},
        {"row_count": 1.5},
        {"catalogue_version": True},
        {"id": "no blanks in ids"},
        {"officer_salt": "short"},
    ],
)
def test_what_could_be_a_value_or_is_no_fact_is_refused_without_repeating_it(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as fault:
        an_entry(**changes)
    assert not any(isinstance(value, str) and value in str(fault.value) for value in changes.values())


@pytest.mark.parametrize("names", [("15 万元",), ("37088119900101123X",), ("",)])
def test_a_value_in_place_of_a_field_name_is_refused(names: tuple[str, ...]) -> None:
    for part in ("shown", "masked", "withheld"):
        with pytest.raises(Malformed):
            KindAccess("administrative_penalty", **{part: names})  # type: ignore[arg-type]


def test_texts_of_callers_are_cut_and_made_writable() -> None:
    entry = an_entry(operation="x" * 5_000, matter="\ud800" + "y" * 5_000)
    assert len(entry.operation) == 200
    assert entry.matter is not None
    assert len(body(entry)) < 3_000


def test_plain_and_back_is_the_same_entry() -> None:
    for entry in (an_entry(), an_entry(3, hidden_until=date(2026, 12, 31), kinds=(), subject_token=None)):
        assert from_plain(plain(entry)) == entry
        assert plain(entry).keys() == FIELDS


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_missing_an_additional_or_a_mistyped_field_is_malformed(field: str) -> None:
    data = plain(an_entry())
    with pytest.raises(Malformed):
        from_plain({key: value for key, value in data.items() if key != field})
    with pytest.raises(Malformed):
        from_plain(data | {field + "_too": None})
    with pytest.raises(Malformed):
        from_plain(data | {field: {"a": 1.5}})


def test_data_that_only_look_equal_are_malformed() -> None:
    data = plain(an_entry())
    for changes in ({"row_count": 2.0}, {"catalogue_version": True}, {"at": "2026-05-04T04:00:00Z"}):
        with pytest.raises(Malformed):
            from_plain(data | changes)


@given(st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2099, 1, 1)), min_size=2, max_size=2))
def test_ids_sort_by_time(times: list[datetime]) -> None:
    first, second = sorted(time.replace(tzinfo=UTC) for time in times)
    assert ordered_id(first, bytes(10)) <= ordered_id(second, bytes(10))
    assert len(ordered_id(first, b"\xff" * 10)) == 32
