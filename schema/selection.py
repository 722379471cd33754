"""What a query selects of records: type name -> field names, so that nothing else is fetched or logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias

from graphql import GraphQLResolveInfo, GraphQLSchema
from graphql.execution.values import VariableValues, get_directive_values
from graphql.language import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionNode
from graphql.type import GraphQLIncludeDirective, GraphQLObjectType, GraphQLSkipDirective

from server.catalogue.envelope import COMPOSED

Wanted = Mapping[str, frozenset[str]]

ANY_RECORD = "CreditRecord"
ResolveInfo: TypeAlias = "GraphQLResolveInfo[Any]"

NOT_DATA = frozenset({"__typename", "id", "kind"})


class Ground(Protocol):
    """Where a selection stands: a resolver's info, or as much of one."""

    @property
    def schema(self) -> GraphQLSchema: ...

    @property
    def fragments(self) -> Mapping[str, Any]: ...

    @property
    def variable_values(self) -> VariableValues: ...


class Selected:
    """Walks the selection below the field being resolved, fragments and conditions included."""

    def __init__(self, info: Ground, record_types: Mapping[str, frozenset[str]]) -> None:
        self._info = info
        self._types = record_types

    def below(self, nodes: Iterable[FieldNode], *path: str) -> list[FieldNode]:
        """The field nodes reached from ``nodes`` by ``path``."""
        found = list(nodes)
        for name in path:
            found = [child for _, child in self._children(found) if child.name.value == name]
        return found

    def has(self, nodes: Iterable[FieldNode], name: str) -> bool:
        """Whether a field of that name is selected directly below ``nodes``."""
        return bool(self.below(nodes, name))

    def records(self, nodes: Iterable[FieldNode]) -> Wanted:
        """What is selected of records below ``nodes``; ``fields { value }`` selects every field of the kind."""
        wanted: dict[str, set[str]] = {}
        for condition, child in self._children(nodes):
            name = child.name.value
            types = self._concrete(condition)
            if name == "fields":
                if self.has([child], "value"):
                    for one in types:
                        wanted.setdefault(one, set()).update(self._types[one])
            elif name not in NOT_DATA:
                for one in types:
                    wanted.setdefault(one, set()).update(COMPOSED.get(name, (name,)))
        return {name: frozenset(fields) for name, fields in wanted.items()}

    def named(self, nodes: Iterable[FieldNode]) -> Wanted:
        """The fields selected by name, those of the interface under its own name; what only the generic
        ``fields`` reaches explains itself in place."""
        wanted: dict[str, set[str]] = {}
        for condition, child in self._children(nodes):
            name = child.name.value
            if name != "fields" and name not in NOT_DATA:
                wanted.setdefault(self._type(condition), set()).update(COMPOSED.get(name, (name,)))
        return {name: frozenset(fields) for name, fields in wanted.items()}

    def _concrete(self, condition: str | None) -> list[str]:
        return [condition] if condition is not None and condition in self._types else list(self._types)

    def _type(self, condition: str | None) -> str:
        return condition if condition is not None and condition in self._types else ANY_RECORD

    def _children(self, nodes: Iterable[FieldNode]) -> Iterator[tuple[str | None, FieldNode]]:
        for node in nodes:
            if node.selection_set:
                yield from self._flat(node.selection_set.selections, None)

    def _flat(
        self, selections: Iterable[SelectionNode], condition: str | None
    ) -> Iterator[tuple[str | None, FieldNode]]:
        for one in selections:
            if not self._included(one):
                continue
            if isinstance(one, FieldNode):
                yield condition, one
            elif isinstance(one, InlineFragmentNode):
                on = one.type_condition.name.value if one.type_condition else None
                yield from self._flat(one.selection_set.selections, self._narrowed(condition, on))
            elif isinstance(one, FragmentSpreadNode):
                fragment = self._info.fragments[one.name.value]
                definition = getattr(fragment, "definition", fragment)
                on = definition.type_condition.name.value
                yield from self._flat(definition.selection_set.selections, self._narrowed(condition, on))

    def _narrowed(self, outer: str | None, inner: str | None) -> str | None:
        if inner is not None and isinstance(self._info.schema.get_type(inner), GraphQLObjectType):
            return inner
        return outer

    def _included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        variables = self._info.variable_values
        skip = get_directive_values(GraphQLSkipDirective, node, variables)
        include = get_directive_values(GraphQLIncludeDirective, node, variables)
        return not (skip and skip["if"]) and not (include and not include["if"])
