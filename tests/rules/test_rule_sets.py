"""Periods as data: the shipped rule sets, which of them are applied on a day, and which prevails (Art. 86, 87)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from server.catalogue.kind import BasisRank, Label
from server.rules import ruleset
from server.rules.parameters import PARAMETERS, RetentionEffect, Unit, classes_of
from server.rules.regime import PENALTY, depends
from server.rules.ruleset import Parameter, RuleSet, RuleSets, applied, digest, from_plain, parse, plain
from tests.makers import CATALOGUE, ORDER_36, RULES, SHIPPED
from tests.rules.makers import CITY, DAY, ORDER, PROVINCE, TYPES, a_rule_set, changed

RANKS = list(BasisRank)
BEYOND = frozenset({"qufu-2023-8"})


def test_the_shipped_rule_sets_load() -> None:
    """Design 5: the city's measure, the provincial regulation, the order on credit repair."""
    assert sorted(SHIPPED) == ["ndrc-36", "qufu-2023-8", "shandong-2020"]
    assert [one.id for one in ORDER_36.sets] == ["shandong-2020", "ndrc-36", "qufu-2023-8"]
    for one in SHIPPED.values():
        assert one.parameters
        assert {made.rule_set for made in one.parameters.values()} == {one.id}


def test_every_parameter_is_named_for_people_and_set_by_a_shipped_rule_set_or_left_to_one() -> None:
    """Section 12 of the domain notes: no number stands in the code."""
    named = {name for one in SHIPPED.values() for name in one.parameters}
    assert named == set(PARAMETERS)
    for spec in PARAMETERS.values():
        assert spec.label.zh and spec.label.en
    used = {name for kind in CATALOGUE.kinds.values() for name in depends(kind)}
    rest = set(PARAMETERS) - used
    assert {name for name in rest if PARAMETERS[name].unit is Unit.MONTHS} == set()
    assert {name for name in rest if PARAMETERS[name].unit is Unit.NONE} == {
        "severe_retention_effect",
        "person_retention_effect",
    }


def test_the_numbers_of_the_measure_are_those_of_its_articles() -> None:
    """Art. 34 to 36, 57 to 61; Shandong Art. 38; section 12 of the domain notes."""
    numbers = {name: made.value for name, made in CITY.parameters.items() if type(made.value) is int}
    assert numbers == {
        "penalty_publicity_min_months": 3,
        "penalty_publicity_min_months_safety": 12,
        "penalty_publicity_max_months": 36,
        "severe_unpublish_working_days": 3,
        "severe_retention_months": 120,
        "person_retention_months": 60,
        "correction_report_working_days": 3,
        "revocation_report_working_days": 3,
        "objection_own_working_days": 3,
        "objection_assist_working_days": 7,
        "objection_fix_working_days": 2,
        "opt_out_working_days": 2,
    }
    assert PROVINCE.parameters["disclosure_max_months"].value == 60
    assert ORDER.parameters["repair_acceptance_working_days"].value == 3
    assert ORDER.parameters["repair_result_working_days"].value == 10


def test_the_order_classes_every_penalty_of_the_catalogue_and_no_other() -> None:
    """Order 36: a type without a class would be hidden, one in two classes would have two ends."""
    classes = classes_of(ORDER.parameters["penalty_classes"].value)
    assert sorted(name for one in classes for name in one.types) == TYPES
    assert [(one.name, one.published, one.min_months, one.max_months) for one in classes] == [
        ("minor", False, 0, 0),
        ("general", True, 3, 12),
        ("severe", True, 12, 36),
    ]
    domains = {one.code for one in CATALOGUE.kind(PENALTY).field("domain").options}
    assert set(CITY.parameters["safety_domains"].value) <= domains
    assert set(CITY.parameters["penalty_not_published"].value) <= set(TYPES)
    assert {one.parameters["person_retention_effect"].value for one in (CITY,)} <= set(RetentionEffect)


def test_the_superior_rule_set_comes_first_and_names_its_article() -> None:
    """Art. 86."""
    assert [one.id for one in RULES.sets] == ["shandong-2020", "qufu-2023-8"]
    assert RULES.parameter("disclosure_max_months").basis == "shandong-2020, Shandong Art. 38"
    with pytest.raises(KeyError):
        RULES.parameter("nothing")
    assert RULES.find("nothing") is None


@pytest.mark.parametrize("place", range(len(RANKS) - 1))
def test_the_superior_rank_wins_even_over_a_newer_text(place: int) -> None:
    """Art. 86."""
    high = a_rule_set("high", RANKS[place], "2010-01-01", disclosure_max_months=60)
    low = a_rule_set(
        "low", RANKS[place + 1], "2025-01-01", disclosure_max_months=12, person_retention_months=24
    )
    rules = RuleSets.of([low, high])
    assert rules.parameter("disclosure_max_months") == Parameter(60, "high", "Art. 1")
    assert rules.parameter("person_retention_months").rule_set == "low"


def test_within_one_rank_the_newer_text_wins_and_of_one_day_the_first_name() -> None:
    """Art. 86 is silent within a rank: the later rule, and never the order of loading."""
    old = a_rule_set("b-old", begins="2020-01-01", disclosure_max_months=12)
    new = a_rule_set("z-new", begins="2024-01-01", disclosure_max_months=24)
    twin = a_rule_set("a-new", begins="2024-01-01", disclosure_max_months=36)
    for order in ([old, new, twin], [twin, old, new], [new, twin, old]):
        assert [one.id for one in RuleSets.of(order).sets] == ["a-new", "z-new", "b-old"]


def test_of_several_names_the_superior_rule_set_s_own_answers() -> None:
    """Art. 86: a class table of a superior text supersedes the months of an inferior one, and the other way round."""
    months = a_rule_set("months", BasisRank.city, penalty_publicity_max_months=36)
    classes = a_rule_set("classes", BasisRank.province, penalty_classes=[])
    names = ("penalty_classes", "penalty_publicity_max_months")
    found = RuleSets.of([months, classes]).find(*names)
    assert found is not None and found.rule_set == "classes"
    found = RuleSets.of([replace(months, rank=BasisRank.law), classes]).find(*names)
    assert found is not None and found.rule_set == "months"
    both = a_rule_set("both", penalty_publicity_max_months=36, penalty_classes=[])
    found = RuleSets.of([both]).find(*names)
    assert found is not None and found.value == []


def test_the_measure_says_openly_that_its_own_term_has_ended() -> None:
    """Art. 87."""
    assert CITY.effective_to == date(2025, 6, 30)
    assert "2025-06-30" in CITY.note.en and "2025-06-30" in CITY.note.zh


SUCCESSOR = a_rule_set("qufu-2027", begins="2027-03-01", ends="2030-02-28", replaces=["qufu-2023-8"])


@pytest.mark.parametrize(
    ("on", "beyond", "names"),
    [
        ("2020-09-30", BEYOND, []),
        ("2020-10-01", BEYOND, ["shandong-2020"]),
        ("2023-06-30", BEYOND, ["shandong-2020"]),
        ("2023-07-01", frozenset(), ["shandong-2020", "qufu-2023-8"]),
        ("2025-06-30", frozenset(), ["shandong-2020", "qufu-2023-8"]),
        ("2025-07-01", frozenset(), ["shandong-2020"]),
        ("2025-07-01", BEYOND, ["shandong-2020", "qufu-2023-8"]),
        ("2025-07-01", frozenset({"another"}), ["shandong-2020"]),
        ("2026-03-31", BEYOND, ["shandong-2020", "qufu-2023-8"]),
        ("2026-04-01", BEYOND, ["shandong-2020", "ndrc-36", "qufu-2023-8"]),
        ("2027-02-28", BEYOND, ["shandong-2020", "ndrc-36", "qufu-2023-8"]),
        ("2027-03-01", BEYOND, ["shandong-2020", "ndrc-36", "qufu-2027"]),
        ("2027-03-01", frozenset(), ["shandong-2020", "ndrc-36", "qufu-2027"]),
        ("2030-02-28", BEYOND, ["shandong-2020", "ndrc-36", "qufu-2027"]),
        ("2030-03-01", frozenset(), ["shandong-2020", "ndrc-36"]),
    ],
)
def test_what_is_applied_on_a_day(on: str, beyond: frozenset[str], names: list[str]) -> None:
    """Art. 87: not before the first day, beyond the term only if named, and no longer once a successor is in force."""
    found = applied([*SHIPPED.values(), SUCCESSOR], date.fromisoformat(on), beyond)
    assert [one.id for one in found.sets] == names


def test_a_successor_that_is_not_active_ends_nothing() -> None:
    """Art. 87: the measure goes on until a successor is loaded and in force."""
    day = date(2028, 1, 1)
    assert CITY in applied(SHIPPED.values(), day, BEYOND).sets
    assert CITY not in applied([*SHIPPED.values(), SUCCESSOR], day, BEYOND).sets
    running = replace(CITY, effective_to=None)
    assert [one.id for one in applied([running, SUCCESSOR], day).sets] == ["qufu-2027"]


@settings(max_examples=150, deadline=None)
@given(
    on=st.dates(date(2020, 1, 1), date(2032, 1, 1)),
    beyond=st.sets(st.sampled_from(["qufu-2023-8", "qufu-2027", "elsewhere"])),
    order=st.permutations([*SHIPPED.values(), SUCCESSOR]),
)
def test_nothing_is_applied_outside_its_time(on: date, beyond: set[str], order: Sequence[RuleSet]) -> None:
    """Art. 86, 87: whatever the order of loading."""
    found = applied(order, on, frozenset(beyond))
    for one in found.sets:
        assert one.effective_from <= on
        assert one.in_force(on) or one.id in beyond
        assert not (one is CITY and SUCCESSOR.in_force(on))
    ranks = [RANKS.index(one.rank) for one in found.sets]
    assert ranks == sorted(ranks)
    assert found == applied(sorted(order, key=lambda one: one.id), on, frozenset(beyond))


@pytest.mark.parametrize(("begins", "ends"), [("2024-02-29", "2024-02-29"), ("2024-01-01", None)])
def test_the_first_and_the_last_day_belong_to_the_term(begins: str, ends: str | None) -> None:
    """Art. 87: in force from the first day, until the last inclusive."""
    one = a_rule_set(begins=begins, ends=ends, disclosure_max_months=1)
    assert one.in_force(one.effective_from)
    assert not one.in_force(one.effective_from - DAY)
    last = one.effective_to or date.max - DAY
    assert one.in_force(last)
    assert one.in_force(last + DAY) is (ends is None)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_rule_set_survives_plain_data_and_a_file(name: str) -> None:
    one = SHIPPED[name]
    assert from_plain(plain(one), "again") == one
    assert parse(yaml.safe_dump(plain(one), allow_unicode=True).encode(), "again") == one
    assert digest(from_plain(plain(one), "elsewhere")) == digest(one)


texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
labels = st.builds(Label, texts, texts)
NUMBERS = {Unit.MONTHS: st.integers(1, 1_200), Unit.WORKING_DAYS: st.integers(1, 250)}


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    counting = sorted(name for name, spec in PARAMETERS.items() if spec.unit in NUMBERS)
    names = draw(st.sets(st.sampled_from(counting), min_size=1, max_size=4))
    values: dict[str, Any] = {name: draw(NUMBERS[PARAMETERS[name].unit]) for name in names}
    begins = draw(st.dates())
    made = a_rule_set(
        draw(st.text("abcxyz019-", min_size=1, max_size=40)), draw(st.sampled_from(RANKS)), **values
    )
    return replace(
        made,
        name=draw(labels),
        issuer=draw(texts),
        document=draw(texts),
        note=draw(labels),
        effective_from=begins,
        effective_to=draw(st.none() | st.dates(begins)),
        replaces=frozenset(draw(st.sets(st.sampled_from(["old-one", "older", "7"])))),
    )


@settings(max_examples=100, deadline=None)
@given(rule_sets(), rule_sets())
def test_any_rule_set_survives_and_two_have_one_digest_only_if_they_say_the_same(
    one: RuleSet, other: RuleSet
) -> None:
    assert from_plain(plain(one), "again") == one
    assert parse(yaml.safe_dump(plain(one)).encode(), "again") == one
    assert (digest(one) == digest(other)) == (one == other)


def test_the_digest_changes_with_content_only() -> None:
    """By it the platform knows that a file loaded again is no new version."""
    text = (ruleset.FOLDER / "qufu-2023-8.yaml").read_text(encoding="utf-8")
    assert digest(parse(f"# a remark\n{text}".encode(), "remarked")) == digest(CITY)
    reordered = yaml.safe_dump(plain(CITY), sort_keys=True, allow_unicode=True)
    assert digest(parse(reordered.encode(), "reordered")) == digest(CITY)
    others: dict[str, Any] = {
        "id": "other",
        "name": Label("别的", "Other"),
        "issuer": "别的机关",
        "document": "别的文件",
        "rank": BasisRank.province,
        "effective_from": date(2023, 7, 2),
        "effective_to": None,
        "note": Label("别的", CITY.note.en),
        "parameters": changed(CITY, opt_out_working_days=3).parameters,
        "replaces": frozenset({"older"}),
    }
    assert set(others) == {one.name for one in fields(RuleSet)}
    digests = {digest(replace(CITY, **{name: value})) for name, value in others.items()}
    digests.add(digest(changed(CITY, article="Art. 99", opt_out_working_days=2)))
    assert len(digests | {digest(CITY)}) == len(others) + 2
