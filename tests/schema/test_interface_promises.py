"""What the contract itself promises: rules on every data field, nullable where withheld, no type weaker than its interface."""

from __future__ import annotations

import re

import pytest
from graphql import GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType

from schema.build import build
from server.catalogue.envelope import COMPOSED_ONLY
from tests.access import oracle
from tests.makers import CATALOGUE

CONTRACT = build(CATALOGUE)
SCHEMA = CONTRACT.graphql
INTERFACE = SCHEMA.type_map["CreditRecord"]
TYPES = [SCHEMA.type_map[kind.type_name] for kind in CATALOGUE.kinds.values()]
PLAIN = {"id", "kind", "fields"}
RULE = re.compile(
    r'^  (\w+)(?:\([^)]*\))?: \S+ @disclosure\(class: "(\w+)"(?:, person: "(\w+)")?(.*)\)$', re.MULTILINE
)


def rules(name: str) -> dict[str, tuple[str, str, str]]:
    """Field -> class, person class and mask as the SDL states them for a type or interface."""
    block = re.search(
        rf"^(?:type|interface) {name}\b[^{{]*\{{(.*?)^\}}", CONTRACT.sdl, re.MULTILINE | re.DOTALL
    )
    assert block is not None
    return {one[0]: one[1:] for one in RULE.findall(block.group(1))}


@pytest.mark.parametrize("made", [INTERFACE, *TYPES], ids=lambda one: one.name)
def test_every_data_field_carries_its_rule_and_may_be_null(
    made: GraphQLObjectType | GraphQLInterfaceType,
) -> None:
    stated = rules(made.name)
    for name, field in made.fields.items():
        if name in PLAIN:
            continue
        assert name in stated, name
        assert not isinstance(field.type, GraphQLNonNull), name


@pytest.mark.parametrize("kind", CATALOGUE.kinds.values(), ids=lambda one: one.code)
def test_the_stated_rule_is_the_catalogues(kind: object) -> None:
    code: str = kind.code  # type: ignore[attr-defined]
    stated = rules(oracle.KINDS[code]["type"])
    for name, field in oracle.fields_of(code).items():
        assert stated[name][0] == field["class"]
        person = oracle.class_of(code, name, "natural_person")
        if person is not None:
            assert stated[name][1] == person
        assert ("mask:" in stated[name][2]) == ("mask" in field)
    for name, letter in oracle.ENVELOPE.items():
        if name not in COMPOSED_ONLY:
            assert stated[name][0] == letter


@pytest.mark.parametrize("made", TYPES, ids=lambda one: one.name)
def test_a_type_never_has_a_weaker_rule_than_its_interface(made: GraphQLObjectType) -> None:
    """The same field through the type and through the interface: one rule."""
    assert isinstance(INTERFACE, GraphQLInterfaceType)
    promised, stated = rules("CreditRecord"), rules(made.name)
    for name in INTERFACE.fields:
        assert stated.get(name) == promised.get(name), name
    assert not set(oracle.ENVELOPE) & set(
        oracle.fields_of(next(k.code for k in CATALOGUE.kinds.values() if k.type_name == made.name))
    )


@pytest.mark.parametrize(
    "name", ["Entity", "FileSubject", "LogEntry", "LoggedKind", "Publicity", "Retention"]
)
def test_data_outside_the_kinds_carries_its_rule_too(name: str) -> None:
    made = SCHEMA.type_map[name]
    assert isinstance(made, GraphQLObjectType)
    structural = {"records", "basic", "kinds"}
    assert {one for one in made.fields if one not in structural} <= set(rules(name))
