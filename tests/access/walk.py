"""Queries that select everything: made by walking the schema, so that a new field or root joins by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

PAGE = 20
PAGES_MOST = 12
BASIC_TYPES = ("EntityBasic", "IndividualBusiness", "PersonBasic")
NESTED = ("node", "nodes", "entities")
"""Roots below which whole files would be too large a question."""
STATIC = {
    "fields": ("label", "labelZh", "standardCode"),
    "reason": ("article", "sentence", "sentenceZh", "needs"),
}
"""What follows from the code of a field or rule alone; left out for speed (``access`` asks for all of it)."""
GROUPS = 3
"""All types with all their fields are too much for one document; there they are asked for in so many."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query with its variables; ``pages`` names the way to a connection whose cursor leads on."""

    root: str
    text: str
    variables: Mapping[str, Any]
    pages: tuple[str, ...] | None = None


class Walker:
    """Writes queries over one schema. ``arguments`` gives each argument (by name, or by root and name)
    its candidates, the usual one first."""

    def __init__(self, schema: GraphQLSchema, arguments: Mapping[str, Sequence[Any]]) -> None:
        self._schema = schema
        self._arguments = arguments
        self._group: int | None = None
        assert schema.query_type is not None
        self.roots = schema.query_type.fields

    def questions(self, root: str, only: Mapping[str, Sequence[Any]] | None = None) -> Iterator[Question]:
        """One question for the usual arguments of a root, and one for every other candidate of each."""
        field = self.roots[root]
        names = [name for name in field.args if name not in ("first", _cursor(field))]
        known = {**self._arguments, **(only or {})}
        offered = {name: list(known.get(f"{root}.{name}", known.get(name, ()))) for name in names}
        assert all(offered.values()), f"the walker must be told what to send as arguments of {root}"
        usual = {name: values[0] for name, values in offered.items()}
        varied = [{**usual, name: value} for name, values in offered.items() for value in values[1:]]
        for self._group in range(GROUPS) if root == "node" else (None,):
            for given in (usual, *varied):
                yield self._question(root, field, given)

    def _question(self, root: str, field: GraphQLField, given: Mapping[str, Any]) -> Question:
        sent = {n: v for n, v in given.items() if v is not None or is_required_argument(field.args[n])}
        pages = self._connection(root, field)
        paged = " $first: Int, $after: String" if pages else ""
        declared = ", ".join(f"${name}: {field.args[name].type}" for name in sent) + paged
        passed = ", ".join(f"{name}: ${name}" for name in sent)
        if "first" in field.args:
            passed += f" first: $first, {_cursor(field)}: $after"
        head = f"({declared.strip()})" if declared.strip() else ""
        call = f"({passed.strip()})" if passed.strip() else ""
        text = f"query Walk{head} {{ {root}{call} {self._selection(get_named_type(field.type), (root,))} }}"
        variables = dict(sent) | ({"first": PAGE, "after": None} if pages else {})
        return Question(root, text, variables, pages)

    def _connection(self, root: str, field: GraphQLField) -> tuple[str, ...] | None:
        """Where below a root the connection is whose pages are followed."""
        if "first" in field.args:
            return (root,)
        below = get_named_type(field.type)
        if isinstance(below, GraphQLObjectType) and "records" in below.fields:
            return (root, "records")
        return None

    def _selection(self, named: GraphQLNamedType, path: tuple[str, ...]) -> str:
        if is_leaf_type(named):
            return ""
        if isinstance(named, GraphQLUnionType):
            parts = [f"... on {one.name} {self._fields(one, path, one.name)}" for one in named.types]
            return "{ __typename " + " ".join(parts) + " }"
        if isinstance(named, GraphQLInterfaceType):
            parts = [self._inner(named, path, "")]
            for one in self._possible(named, path):
                new = {name: field for name, field in one.fields.items() if name not in named.fields}
                # Every type in turn re-declares the interface's fields; one is asked for through the type as well.
                again = {name: field for name, field in one.fields.items() if name == "lastUpdated"}
                parts.append(f"... on {one.name} {{ {self._each({**new, **again}, path, one.name)} }}")
            return "{ __typename " + " ".join(parts) + " }"
        assert isinstance(named, GraphQLObjectType)
        return self._fields(named, path, "")

    def _possible(self, named: GraphQLInterfaceType, path: tuple[str, ...]) -> list[GraphQLObjectType]:
        """The types to ask for: below ``basic`` only the basic ones; in a page inside a page the interface does."""
        possible = list(self._schema.get_possible_types(named))
        if path[-1] == "basic":
            return [one for one in possible if one.name in BASIC_TYPES]
        if path[0] == "nodes" or ("records" in path[1:] and path[0] in NESTED):
            return [one for one in possible if one.name == "Entity"]
        if self._group is not None:
            return [one for place, one in enumerate(possible) if place % GROUPS == self._group]
        return possible

    def _fields(self, named: GraphQLObjectType, path: tuple[str, ...], prefix: str) -> str:
        return "{ __typename " + self._inner(named, path, prefix) + " }"

    def _inner(
        self, named: GraphQLObjectType | GraphQLInterfaceType, path: tuple[str, ...], prefix: str
    ) -> str:
        fields = dict(named.fields)
        if "edges" in fields and "nodes" in fields:
            fields.pop("nodes")
        return self._each(fields, path, prefix)

    def _each(self, fields: Mapping[str, GraphQLField], path: tuple[str, ...], prefix: str) -> str:
        parts = []
        for name, field in fields.items():
            if path[0] != "access" and name in STATIC.get(path[-1], ()):
                continue
            if path[0] == "nodes" and name in ("basic", "records"):
                continue  # `node` asks for these
            alias = f"{prefix}_{name}: " if prefix else ""
            call = ""
            if name == "records" and path[0] in NESTED:
                call = "(first: 2)"  # a page inside a page
            elif name == "records":
                call = "(first: $first, after: $after)"
            elif name == "accessLog":
                call = "(first: 40)"
            parts.append(
                f"{alias}{name}{call} {self._selection(get_named_type(field.type), (*path, name))}".strip()
            )
        return " ".join(parts)


def _cursor(field: GraphQLField) -> str:
    """The argument that takes a cursor: feeds go on ``since`` one, pages ``after`` one."""
    return "after" if "after" in field.args or "first" not in field.args else "since"


def next_cursor(answer: Mapping[str, Any], pages: Sequence[str]) -> str | None:
    """The cursor that leads on from an answer, if it says that more follows."""
    place: Any = answer.get("data")
    for name in pages:
        if not isinstance(place, dict):
            return None
        place = place.get(name)
    if not isinstance(place, dict):
        return None
    info = place.get("pageInfo", place)
    cursor: str | None = info["endCursor"] if info["hasNextPage"] else None
    return cursor
