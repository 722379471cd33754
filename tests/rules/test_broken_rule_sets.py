"""A rule set that says something impossible is refused by file and key, and what it said is not repeated (Art. 86)."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import ConfigError
from server.rules import ruleset
from server.rules.parameters import PARAMETERS, Unit, classes_of
from server.rules.ruleset import TEXT_MOST, from_plain, parse, plain
from tests.rules.makers import CITY

SECRET = "zzsecretzz"
"""Stands in every value that is refused: it must not come back."""

GOOD = """\
id: test-set
name: {zh: 试验, en: A test}
issuer: 试验机关
document: 试验文件
rank: city
effective_from: 2024-01-01
effective_to: 2024-12-31
note: {zh: 无, en: None of it}
parameters:
  validity_is_publicity: {value: true, article: Art. 1}
  penalty_not_published: {value: [warning], article: Art. 2}
  disclosure_max_months: {value: 60, article: Art. 3}
  opt_out_working_days: {value: 2, article: Art. 4}
  severe_retention_effect: {value: shield, article: Art. 5}
  penalty_classes: {value: [{class: a, types: [x], min_months: 3, max_months: 12}], article: Art. 6}
replaces: [older]
"""
MONTHS, DAYS = "disclosure_max_months: {value: 60", "opt_out_working_days: {value: 2"
CLASS = "{class: a, types: [x], min_months: 3, max_months: 12}"


def refusal(text: str | bytes, origin: str = "broken.yaml") -> str:
    """What a text is refused with."""
    with pytest.raises(ConfigError) as error:
        parse(text.encode() if isinstance(text, str) else text, origin)
    assert error.value.__cause__ is None
    return error.value.sentence


def test_the_text_the_table_breaks_is_whole() -> None:
    found = parse(GOOD.encode(), "good.yaml")
    assert (found.id, found.replaces, len(found.parameters)) == ("test-set", frozenset({"older"}), 6)
    assert (
        parse(GOOD.replace("effective_to: 2024-12-31", "effective_to: null").encode(), "").effective_to
        is None
    )
    without = GOOD.replace("replaces: [older]\n", "")
    assert parse(without.encode(), "good.yaml").replaces == frozenset()


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("effective_to: 2024-01-01", "effective_to: 2024-12-31"),
        (f"issuer: {'z' * 500}", "issuer: 试验机关"),
        (f"id: {'z' * 40}", "id: test-set"),
        ("id: abcdefghijklmnopqrstuvwxyz-0123456789", "id: test-set"),
        ("types: [x], published: true, min_months: 3", "types: [x], min_months: 3"),
        ("disclosure_max_months: {value: 1", "disclosure_max_months: {value: 60"),
        ("disclosure_max_months: {value: 1200", "disclosure_max_months: {value: 60"),
        ("opt_out_working_days: {value: 250", "opt_out_working_days: {value: 2"),
        ("min_months: 12, max_months: 12", "min_months: 3, max_months: 12"),
        ("min_months: 1, max_months: 1200", "min_months: 3, max_months: 12"),
    ],
)
def test_what_is_just_within_the_bounds_is_taken(new: str, old: str) -> None:
    """A term of one day, the longest texts, the least and the greatest numbers."""
    assert GOOD.count(old) == 1
    assert parse(GOOD.replace(old, new).encode(), "good.yaml").parameters


KEYS = "id", "name", "issuer", "document", "rank", "effective_from", "effective_to", "note", "parameters"


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_key_is_refused(key: str) -> None:
    raw = plain(CITY)
    del raw[key]
    with pytest.raises(ConfigError, match=rf"broken\.yaml.*\b{key}\b"):
        from_plain(raw, "broken.yaml")


@pytest.mark.parametrize("value", [{}, [], None, SECRET, [{"value": 1, "article": SECRET}]])
def test_a_rule_set_that_sets_no_period_is_none(value: Any) -> None:
    with pytest.raises(ConfigError, match=r"broken\.yaml: parameters is missing or of the wrong kind"):
        from_plain(plain(CITY) | {"parameters": value}, "broken.yaml")


BROKEN = [
    (f"{SECRET}: 1\nid: test-set", "id: test-set", "keys"),
    (f"id: {SECRET}_Upper", "id: test-set", "id"),
    (f"id: {'z' * 41}", "id: test-set", "id"),
    ('id: ""', "id: test-set", "id"),
    ("id: 7", "id: test-set", "id"),
    ("id: [test-set]", "id: test-set", "id"),
    (f"name: {SECRET}", "name: {zh: 试验, en: A test}", "name"),
    ("name: [zh, en]", "name: {zh: 试验, en: A test}", "name"),
    (f"name: {{zh: {SECRET}}}", "name: {zh: 试验, en: A test}", "name"),
    (f"name: {{zh: {SECRET}, en: b, fr: c}}", "name: {zh: 试验, en: A test}", "name"),
    ("name: {zh: 试验, en: 5}", "name: {zh: 试验, en: A test}", "name"),
    ("name: {zh: 试验, en: '  '}", "name: {zh: 试验, en: A test}", "name"),
    (f'issuer: "{SECRET}\\n"', "issuer: 试验机关", "issuer"),
    (f"issuer: {SECRET * 51}", "issuer: 试验机关", "issuer"),
    ("issuer: null", "issuer: 试验机关", "issuer"),
    ("document: 8", "document: 试验文件", "document"),
    ("document: 2024-01-01", "document: 试验文件", "document"),
    (f"rank: {SECRET}", "rank: city", "rank"),
    ("rank: 1", "rank: city", "rank"),
    ("rank: null", "rank: city", "rank"),
    (f"effective_from: {SECRET}", "effective_from: 2024-01-01", "effective_from"),
    ("effective_from: null", "effective_from: 2024-01-01", "effective_from"),
    ('effective_from: "2024-01-01"', "effective_from: 2024-01-01", "effective_from"),
    ("effective_from: 2024-01-01 10:00:00", "effective_from: 2024-01-01", "effective_from"),
    ("effective_to: 20241231", "effective_to: 2024-12-31", "effective_to"),
    ("effective_to: 2023-12-31", "effective_to: 2024-12-31", "effective_to lies before effective_from"),
    (f"note: [{SECRET}]", "note: {zh: 无, en: None of it}", "note"),
    (f"replaces: {SECRET}", "replaces: [older]", "replaces"),
    (f"replaces: [{SECRET.upper()}]", "replaces: [older]", "replaces"),
    ("replaces: [7]", "replaces: [older]", "replaces"),
    (f"id: {SECRET}\nid: test-set", "id: test-set", "id is given twice"),
    (f"name: {{zh: {SECRET}, zh: b, en: c}}", "name: {zh: 试验, en: A test}", "zh is given twice"),
    (f"  {SECRET}: {{value: 1, article: a}}", "  opt_out_working_days: {value: 2, article: Art. 4}", "parameters"),
    ("  7: {value: 1, article: a}", "  opt_out_working_days: {value: 2, article: Art. 4}", "parameters"),
    (f"{MONTHS}, more: {SECRET}", MONTHS, "parameters.disclosure_max_months"),
    (f"disclosure_max_months: {{valu: {SECRET}", MONTHS, "parameters.disclosure_max_months"),
    ("opt_out_working_days: [value, article]", "opt_out_working_days: {value: 2, article: Art. 4}", "opt_out_working_days"),
    (f"issuer: {'z' * 501}", "issuer: 试验机关", "issuer"),
    (f"opt_out_working_days: {SECRET}", "opt_out_working_days: {value: 2, article: Art. 4}", "opt_out_working_days"),
    ("value: 2, article: ' '", "value: 2, article: Art. 4", "parameters.opt_out_working_days"),
    ("value: 2, article: 61", "value: 2, article: Art. 4", "parameters.opt_out_working_days"),
    (f"  disclosure_max_months: {{value: 1, article: a}}\n  {MONTHS}", f"  {MONTHS}", "disclosure_max_months is given twice"),
    *((f"disclosure_max_months: {{value: {one}", MONTHS, "parameters.disclosure_max_months")
      for one in ("0", "-60", "1201", "60.0", '"60"', "true", "null", "[60]", ".inf", SECRET)),
    *((f"opt_out_working_days: {{value: {one}", DAYS, "parameters.opt_out_working_days")
      for one in ("0", "251", "2.5", "false", SECRET)),
    *((f"value: {one}, article: Art. 1", "value: true, article: Art. 1", "parameters.validity_is_publicity")
      for one in ("false", "1", '"true"', "null", SECRET)),
    *((f"value: {one}, article: Art. 2", "value: [warning], article: Art. 2", "parameters.penalty_not_published")
      for one in ("[]", SECRET, f"[{SECRET}, 7]", "{warning: 1}", f"[[{SECRET}]]", "null")),
    *((f"value: {one}, article: Art. 5", "value: shield, article: Art. 5", "parameters.severe_retention_effect")
      for one in (SECRET, "true", "1", "null")),
    *((f"value: {one}", f"value: [{CLASS}]", "parameters.penalty_classes")
      for one in (
          SECRET, "[]", "null", f"[{SECRET}]", f"[{CLASS}, 7]",
          f"[{{class: {SECRET}, types: [x], min_months: 3}}]",
          f"[{{class: {SECRET}, types: [x], max_months: 12}}]",
          f"[{{class: {SECRET}, types: [x], min_months: 13, max_months: 12}}]",
          f"[{{class: {SECRET}, types: [x], min_months: 0, max_months: 12}}]",
          f"[{{class: {SECRET}, types: [x], min_months: 3, max_months: 1201}}]",
          f"[{{class: {SECRET}, types: [x], min_months: true, max_months: 12}}]",
          f"[{{class: {SECRET}, types: [x]}}]",
          f"[{{class: {SECRET}, types: [], published: false}}]",
          f"[{{class: {SECRET}, types: x, published: false}}]",
          f"[{{class: {SECRET}, types: [7], published: false}}]",
          f"[{{class: {SECRET}, published: false}}]",
          f"[{{class: 7, types: [{SECRET}], published: false}}]",
          f"[{{types: [{SECRET}], published: false}}]",
          f"[{{class: a, types: [x], published: {SECRET}}}]",
          "[{class: a, types: [x], published: null}]",
          f"[{{class: a, types: [x], published: false, {SECRET}: 1}}]",
          f"[{CLASS}, {{class: b, types: [{SECRET}, x], published: false}}]",
          f"[{{class: a, types: [{SECRET}, {SECRET}], published: false}}, {{class: b, types: [{SECRET}], published: false}}]",
      )),
]  # fmt: skip


@pytest.mark.parametrize(("new", "old", "key"), BROKEN, ids=[f"{n} {one[2]}" for n, one in enumerate(BROKEN)])
def test_what_cannot_be_is_refused_by_file_and_key_and_not_repeated(new: str, old: str, key: str) -> None:
    assert GOOD.count(old) == 1
    sentence = refusal(GOOD.replace(old, new))
    assert "broken.yaml" in sentence
    assert key in sentence
    assert SECRET not in sentence.lower()


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "7", "id: x", "id: [1", "id: x\nname: 1\nissuer: a\ndocument: b\nrank: city\neffective_from: 1",
        f"{SECRET}", f"{SECRET}: [", f"{GOOD}---\n{GOOD}", f"{GOOD}\t{SECRET}", f"{GOOD}\0", "&a [*a]", "&a {id: *a}",
        f'{GOOD}x: !!python/object/apply:os.system ["{SECRET}"]', f"{GOOD}x: *{SECRET}", f"{GOOD}? [a, b]\n: c\n",
        GOOD.encode("utf-16"), GOOD.encode("gb18030"), b"\xff\xfe\x00", "{a: " * 500, "[" * 800,
        "[" * 800 + "]" * 800, f"parameters: {'{a: ' * 800}1{'}' * 800}",
    ],
)  # fmt: skip
def test_what_is_no_rule_set_at_all_is_refused(text: str | bytes) -> None:
    """Broken YAML, many documents, foreign tags, other encodings, mirrors of themselves, deep nesting."""
    sentence = refusal(text)
    assert sentence.startswith("Rule set broken.yaml")
    assert SECRET not in sentence


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("effective_from: 2023-13-45", "effective_from: 2024-01-01"),
        ("effective_to: 2024-02-30", "effective_to: 2024-12-31"),
        (f"disclosure_max_months: {{value: {'1' * 5_000}", MONTHS),
        (f"disclosure_max_months: {{value: !!int {SECRET}", MONTHS),
        (f"disclosure_max_months: {{value: !!float {SECRET}", MONTHS),
        (f"value: !!bool {SECRET}, article: Art. 1", "value: true, article: Art. 1"),
        (f"effective_from: !!timestamp {SECRET}", "effective_from: 2024-01-01"),
        (f"issuer: !!binary {SECRET}", "issuer: 试验机关"),
        (f"issuer: &{SECRET} 机关", "issuer: 试验机关"),
    ],
)
def test_a_value_that_cannot_even_be_read_is_refused_and_not_repeated(new: str, old: str) -> None:
    """A day no calendar has, a number too long, a tag that asks for another reading."""
    assert GOOD.count(old) == 1
    sentence = refusal(GOOD.replace(old, new))
    assert sentence.startswith("Rule set broken.yaml")
    assert SECRET not in sentence


def test_nesting_that_fills_the_whole_text_does_not_end_the_process() -> None:
    """The builder is C and recursive: it must not be reached. Judged in a process of its own."""
    work = """
from server.errors import ConfigError
from server.rules.ruleset import parse
for text in ("[" * 60_000, "- " * 30_000, "{a: " * 15_000, "? " * 30_000):
    try:
        parse(text.encode(), "deep.yaml")
    except ConfigError:
        print("refused")
"""
    done = subprocess.run(
        [sys.executable, "-c", work], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.split()) == (0, ["refused"] * 4)


def test_a_text_too_large_is_refused_before_it_is_read() -> None:
    whole = GOOD.encode()
    assert TEXT_MOST == 65_536
    padded = whole + b"#" * (TEXT_MOST - len(whole))
    assert parse(padded, "full.yaml").id == "test-set"
    assert str(TEXT_MOST) in refusal(padded + b"#")


def test_aliases_of_aliases_do_not_unfold() -> None:
    """Nine of nine of nine: refused before anything is built from it."""
    names = "abcdefghij"
    bomb = f"a: &a [{', '.join(['x'] * 9)}]\n" + "".join(
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in pairwise(names)
    )
    assert "aliases" in refusal(bomb)
    nested = "&a [x, x]"
    for old, new in pairwise("abcdefghi"):
        nested = f"&{new} [{nested}, {', '.join([f'*{old}'] * 8)}]"
    assert "aliases" in refusal(GOOD.replace("value: [warning]", f"value: {nested}"))
    merged = GOOD.replace("note: {zh: 无, en: None of it}", "note: &a {zh: 无, en: None}") + "<<: *a\n"
    assert "aliases" in refusal(merged)


@pytest.mark.parametrize("text", ["[]", "id: x", "id: [1"])
def test_a_broken_rule_set_does_not_boot(tmp_path: Path, text: str) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        ruleset.shipped(tmp_path)


def test_a_folder_of_rule_sets_is_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(GOOD.replace("test-set", "second"), encoding="utf-8")
    (tmp_path / "a.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no rule set")
    assert [one.id for one in ruleset.shipped(tmp_path)] == ["test-set", "second"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
COUNTING = sorted(name for name, one in PARAMETERS.items() if one.unit in (Unit.MONTHS, Unit.WORKING_DAYS))


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(COUNTING), value=anything)
def test_a_number_is_a_whole_number_within_its_bounds(name: str, value: Any) -> None:
    most = 1_200 if PARAMETERS[name].unit is Unit.MONTHS else 250
    assert PARAMETERS[name].fits(value) is (type(value) is int and 1 <= value <= most)


@settings(max_examples=150, deadline=None)
@given(value=anything)
def test_whatever_a_class_table_is_it_is_classes_or_refused(value: Any) -> None:
    """Order 36: nothing else than ValueError, and never a class without a period that is published."""
    try:
        made = classes_of(value)
    except ValueError:
        assert not PARAMETERS["penalty_classes"].fits(value)
    else:
        assert all(one.types and (one.min_months <= one.max_months) for one in made)
