"""The short way gives the library's own answers: same values, same order, same errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import pytest
import strawberry
from graphql import ExecutionResult, GraphQLSchema, execute, parse
from strawberry.schema.config import StrawberryConfig

from schema.lean import LeanExecutor, is_coroutine, shorten


@strawberry.enum
class Colour(Enum):
    RED = "red"
    GREEN = "green"


@strawberry.interface
class Thing:
    name: str

    @classmethod
    def resolve_type(cls, obj: Any, _info: Any, _type: Any) -> str:
        return "Lamp" if isinstance(obj, Bulb) else "Shelf"


def _shout(root: Any) -> str:
    return str(root.name).upper()


async def _later(root: Any) -> str:
    return f"{root.name} later"


@strawberry.type
class Lamp(Thing):
    colour: Colour | None
    watts: int
    broken: str | None
    gone: str | None
    tags: list[str]
    shout: str = strawberry.field(resolver=_shout)
    later: str = strawberry.field(resolver=_later)

    @strawberry.field
    def scaled(self, by: int = 2) -> int:
        return self.watts * by

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, Bulb)


@strawberry.type
class Shelf(Thing):
    lamps: list[Lamp]
    things: list[Thing]
    must: str

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        return isinstance(obj, Case)


class Bulb:
    """A source whose attributes may raise."""

    def __init__(self, name: str, watts: Any = 40) -> None:
        self.name, self.watts, self.colour, self.gone, self.tags = name, watts, "red", None, ["a", "b"]

    @property
    def broken(self) -> str:
        raise ValueError("broken")


class Case:
    def __init__(self, must: str | None = "here") -> None:
        self.name, self.must = "case", must
        self.lamps = [Bulb("one"), Bulb("two")]
        self.things = [self.lamps[0], self]


@strawberry.type
class Query:
    @strawberry.field
    async def shelf(self, empty: bool = False) -> Shelf | None:
        return Case(None if empty else "here")  # type: ignore[return-value]

    @strawberry.field
    def lamp(self, watts: str = "40") -> Lamp | None:
        return Bulb("odd", watts if watts == "many" else int(watts))  # type: ignore[return-value]


def _schema() -> GraphQLSchema:
    return strawberry.Schema(Query, config=StrawberryConfig(default_resolver=getattr))._schema


@dataclass
class Context:
    merged: dict[Any, Any] | None = field(default_factory=dict)


SHORT, LONG = _schema(), _schema()
shorten(SHORT, getattr)

DOCUMENTS = (
    "{ shelf { name must lamps { name watts colour gone tags } } }",
    "{ shelf { lamps { colour later name } __typename name } }",
    "{ shelf { lamps { scaled name shout ten: scaled(by: 10) } must } lamp { shout } }",
    "{ shelf { things { name __typename ... on Lamp { watts } ... on Shelf { must } } } }",
    "{ lamp { watts name broken gone } }",
    "{ shelf(empty: true) { name must } lamp { name } }",
    '{ lamp(watts: "many") { name watts } shelf { name } }',
    "{ a: lamp { n: name } ...more } fragment more on Query { a: lamp { watts ...deep } } "
    "fragment deep on Lamp { colour t: __typename }",
    '{ __schema { queryType { name fields { name } } } __type(name: "Lamp") { kind } }',
)


async def _answer(schema: GraphQLSchema, text: str, **more: Any) -> ExecutionResult:
    result = execute(schema, parse(text), **more)
    if isinstance(result, ExecutionResult):
        return result
    return await result


@pytest.mark.parametrize("text", DOCUMENTS)
async def test_values_order_and_errors_are_the_library_s(text: str) -> None:
    document, context = parse(text), Context()
    expected = await _answer(LONG, text)
    assert expected.data is not None
    assert any(expected.data.values()) or expected.errors
    for _ in range(2):  # the second time with the remembered selections
        made: Any = execute(
            SHORT, document, context_value=context, executor_class=LeanExecutor, is_awaitable=is_coroutine
        )
        found: ExecutionResult = await made if is_coroutine(made) else made
        assert repr(found.data) == repr(expected.data)
        assert [(e.message, e.path, e.locations) for e in found.errors or ()] == [
            (e.message, e.path, e.locations) for e in expected.errors or ()
        ]


@pytest.mark.parametrize("wanted", [True, False])
async def test_conditions_are_looked_at_every_time(wanted: bool) -> None:
    text = "query($w: Boolean!) { lamp { name watts @include(if: $w) ... @skip(if: $w) { colour } } }"
    found = await _answer(
        SHORT,
        text,
        variable_values={"w": wanted},
        context_value=Context(merged=None),
        executor_class=LeanExecutor,
    )
    assert found.data is not None
    assert list(found.data["lamp"]) == (["name", "watts"] if wanted else ["name", "colour"])
