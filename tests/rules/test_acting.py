"""Who may do what, and what stands before every filing (Art. 3, 9, 14, 15, 23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.kind import Family
from server.model.viewer import Role
from server.rules import acting
from server.rules.acting import Verb
from tests.makers import CATALOGUE, OTHER_UNIT, UNIT
from tests.viewers import EVERYONE, Caller

MAY = {
    Role.PROVIDER: {Verb.FILE, Verb.READ_QUEUE},
    Role.CHECKER: {Verb.CHECK, Verb.READ_QUEUE},
    Role.AUDITOR: {Verb.READ_LOG},
}


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("caller", EVERYONE, ids=lambda one: one.name)
def test_the_matrix_of_roles_and_deeds(caller: Caller, verb: Verb) -> None:
    """Nobody both makes and checks (Art. 23)."""
    assert (acting.may(caller.viewer(), verb) is None) == (verb in MAY.get(caller.role, set()))


@pytest.mark.parametrize("caller", EVERYONE, ids=lambda one: one.name)
def test_a_unit_deed_needs_a_unit(caller: Caller) -> None:
    nowhere = replace(caller.viewer(), unit=None)
    for verb in (Verb.FILE, Verb.CHECK, Verb.READ_QUEUE):
        assert acting.may(nowhere, verb) is not None


@pytest.mark.parametrize("code", sorted(CATALOGUE.kinds))
def test_a_unit_files_its_own_items_and_a_collector_no_public_ones(code: str) -> None:
    """Art. 9, 23."""
    kind = CATALOGUE.kind(code)

    def rule(unit: dict[str, Any] | None) -> str | None:
        objection = acting.unit_files(unit, kind)
        return objection.code if objection else None

    assert rule(None) == "unit_unknown"
    assert rule({"items": [], "family": "public"}) == "item_not_of_unit"
    assert rule({"items": [code], "family": "public"}) is None
    collector = None if kind.family is Family.market else "collector_files_public"
    assert rule({"items": [code], "family": "market"}) == collector


_names = st.text("宰予闵损 ", max_size=3)


@given(_names, _names)
def test_maker_and_checker_are_two_named_people(maker: str, checker: str) -> None:
    """Art. 23: spaces do not make a name another one."""
    two = acting.two_people(maker, checker) is None
    one, other = maker.replace(" ", ""), checker.replace(" ", "")
    assert two == (bool(one) and bool(other) and one != other)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"procedure": "simple"}, "simple_procedure"),
        ({"procedure": "ordinary", "minorAndRemedied": True}, "minor_and_remedied"),
        (
            {"procedure": "ordinary", "severity": "serious", "authorityCode": OTHER_UNIT},
            "severity_by_penalising_unit",
        ),
        ({"procedure": "ordinary", "severity": "serious", "authorityCode": UNIT}, None),
        ({"procedure": "ordinary", "authorityCode": OTHER_UNIT, "minorAndRemedied": False}, None),
    ],
)
def test_what_stays_out_of_the_credit_record(values: dict[str, Any], rule: str | None) -> None:
    """Worked examples 9 and 43; Art. 14, 15."""
    objection = acting.admissible_penalty(UNIT, values)
    assert (objection.code if objection else None) == rule


DAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("birth", "self_supporting", "declared", "capable"),
    [
        (date(2008, 11, 23), False, False, True),
        (date(2008, 11, 24), False, False, False),
        (date(2010, 11, 23), True, False, True),
        (date(2010, 11, 24), True, False, False),
        (date(2009, 1, 1), False, False, False),
        (date(1970, 1, 1), False, True, False),
        (date(2009, 1, 1), True, True, False),
    ],
)
def test_only_full_capacity_is_a_credit_subject(
    birth: date, self_supporting: bool, declared: bool, capable: bool
) -> None:
    """Art. 3; Civil Code Art. 17, 18: eighteen, or sixteen and living on own labour."""
    got = acting.full_capacity(birth, DAY, self_supporting=self_supporting, declared_lacking=declared)
    assert (got is None) == capable


@given(st.integers(0, 40_000))
def test_capacity_is_never_lost_by_growing_older(age_days: int) -> None:
    birth = DAY - timedelta(days=age_days)
    if acting.full_capacity(birth, DAY, self_supporting=False, declared_lacking=False) is None:
        later = DAY + timedelta(days=400)
        assert acting.full_capacity(birth, later, self_supporting=False, declared_lacking=False) is None
