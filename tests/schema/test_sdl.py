"""The SDL is a reviewed file, every data field of it carries its rule, and it speaks two languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from schema.build import Contract, build
from server.catalogue.envelope import COMPOSED, COMPOSED_ONLY, ENVELOPE
from server.catalogue.load import load

REVIEWED = Path(__file__).parents[2] / "schema" / "schema.graphql"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2}")
CATALOGUE = load()
FLAT = tuple(field for field in ENVELOPE if field.name not in COMPOSED_ONLY)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return build(CATALOGUE)


@pytest.fixture(scope="module")
def reviewed() -> GraphQLSchema:
    return build_schema(REVIEWED.read_text("utf-8"))


def test_the_reviewed_sdl_is_the_one_that_is_served(contract: Contract) -> None:
    """A change of the contract is a change of schema/schema.graphql; `make schema` writes it."""
    assert REVIEWED.read_text("utf-8") == contract.sdl


def test_the_contract_is_the_same_each_time_it_is_built(contract: Contract) -> None:
    assert build(CATALOGUE).sdl == contract.sdl


def _described(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for name, one in schema.type_map.items():
        if name.startswith("__") or name in {"String", "Int", "Boolean", "ID", "Float"}:
            continue
        yield name, one.description
        if isinstance(one, GraphQLEnumType):
            yield from ((f"{name}.{key}", value.description) for key, value in one.values.items())
        if isinstance(one, GraphQLObjectType | GraphQLInterfaceType):
            for key, field in one.fields.items():
                yield f"{name}.{key}", field.description
                yield from ((f"{name}.{key}({a})", arg.description) for a, arg in field.args.items())
        if isinstance(one, GraphQLInputObjectType):
            yield from ((f"{name}.{key}", field.description) for key, field in one.fields.items())


def test_every_type_field_and_argument_is_described_in_both_languages(reviewed: GraphQLSchema) -> None:
    without = [
        place
        for place, text in _described(reviewed)
        if not text or not CHINESE.search(text) or not LATIN.search(text)
    ]
    assert without == []


def test_every_kind_is_a_type_that_implements_the_interface(reviewed: GraphQLSchema) -> None:
    interface = reviewed.type_map["CreditRecord"]
    assert isinstance(interface, GraphQLInterfaceType)
    kinds = {one.name for one in reviewed.get_implementations(interface).objects}
    assert kinds == {kind.type_name for kind in CATALOGUE.kinds.values()}


def _rules(schema: GraphQLSchema, type_name: str) -> dict[str, str]:
    found = schema.type_map[type_name]
    assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType)
    rules = {}
    for key, field in found.fields.items():
        assert field.ast_node is not None
        for directive in field.ast_node.directives or ():
            if directive.name.value == "disclosure":
                rules[key] = "|".join(
                    f"{a.name.value}={getattr(a.value, 'value', a.value)}" for a in directive.arguments or ()
                )
    return rules


def test_every_field_of_a_record_carries_its_rule_and_may_be_null(reviewed: GraphQLSchema) -> None:
    for kind in CATALOGUE.kinds.values():
        rules = _rules(reviewed, kind.type_name)
        found = reviewed.type_map[kind.type_name]
        assert isinstance(found, GraphQLObjectType)
        for field in (*kind.fields, *FLAT):
            assert rules[field.name].startswith(f"class={field.disclosure.value}|person="), field.name
            assert not isinstance(found.fields[field.name].type, GraphQLNonNull), field.name


def test_no_type_has_another_rule_than_its_interface(reviewed: GraphQLSchema) -> None:
    """Re-declared interface fields are where other systems lose their rules."""
    shared = _rules(reviewed, "CreditRecord")
    assert set(shared) == {field.name for field in FLAT} | set(COMPOSED)
    for kind in CATALOGUE.kinds.values():
        rules = _rules(reviewed, kind.type_name)
        assert {name: rules[name] for name in shared} == shared


@pytest.mark.parametrize(
    "type_name", ["Entity", "FileSubject", "LogEntry", "LoggedKind", "Publicity", "Retention"]
)
def test_every_data_field_outside_the_kinds_carries_its_rule(reviewed: GraphQLSchema, type_name: str) -> None:
    found = reviewed.type_map[type_name]
    assert isinstance(found, GraphQLObjectType)
    assert set(found.fields) - set(_rules(reviewed, type_name)) <= {"basic", "records"}
