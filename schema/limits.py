"""One linear pass over a document: depth, aliases and cost, each fragment weighed once.

Cost estimates work before any of it is done: a field costs 1, a field that reads the database costs ``READ``, and
what lies below a list counts once for each entry the page may have. Nothing is executed above the bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql.language import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    Visitor,
    visit,
)

from server.errors import BadInput

TOKENS_MOST = 4_000
DEPTH_MOST = 14
FIELDS_MOST = 2_000
ROOTS_MOST = 20
COST_MOST = 20_000
READ = 20
PAGE_DEFAULT = 20
PAGE_MOST = 100
_SIZES = ("first", "ids", "kinds")
"""Arguments that say how many entries a field may have."""

_READS = frozenset(
    {
        "entity",
        "entities",
        "records",
        "node",
        "me",
        "subjectFile",
        "authorisedFile",
        "windowFile",
        "accessLog",
        "filings",
        "auditEntries",
        "ruleSets",
        "changes",
        "reportDuties",
        "reportCounts",
        "visibleOn",
    }
)
_ENTRIES = {
    **dict.fromkeys(
        ("entities", "records", "accessLog", "filings", "auditEntries", "reportDuties"), PAGE_DEFAULT
    ),
    "changes": 50,
    "reportCounts": 50,
    "visibleOn": 100,
    "audiences": 4,
    "fields": 24,
    "ruleSets": 8,
    "parameters": 20,
    "days": 366,
    "basis": 3,
    "items": 29,
    "options": 4,
    "access": 430,
    "others": 3,
}
"""How many entries a list has where no argument says so: pages, and what the shipped catalogue holds."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What an operation would cost: selection depth, fields written out, and estimated cost."""

    depth: int = 0
    fields: int = 0
    cost: int = 0


class _Scale:
    def __init__(self, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._weighed: dict[str, Weight] = {}

    def weigh(self, selections: SelectionSetNode | None) -> Weight:
        depth = fields = cost = 0
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                below = self.weigh(one.selection_set)
                own = READ if one.name.value in _READS else 1
                entries = self._entries(one)
                if one.name.value == "nodes" and one.arguments:
                    own = READ * entries  # the root field: each id is looked up by itself
                part = Weight(below.depth + 1, below.fields + 1, own + below.cost * entries)
            elif isinstance(one, InlineFragmentNode):
                part = self.weigh(one.selection_set)
            elif isinstance(one, FragmentSpreadNode):
                part = self._fragment(one.name.value)
            else:
                continue
            depth, fields, cost = max(depth, part.depth), fields + part.fields, cost + part.cost
        return Weight(depth, fields, cost)

    def weigh_events(self, selections: SelectionSetNode) -> Weight:
        """The weight of one event: what lies below the root counts once, whatever the page of a query holds."""
        found = Weight(1, 1, READ)
        for one in selections.selections:
            if isinstance(one, FieldNode):
                below = self.weigh(one.selection_set)
                found = Weight(below.depth + 1, below.fields + 1, READ + below.cost)
        return found

    def _fragment(self, name: str) -> Weight:
        found = self._weighed.get(name)
        if found is None:
            self._weighed[name] = Weight()  # a cycle weighs nothing here; validation refuses it
            found = self._weighed[name] = self.weigh(self._fragments[name].selection_set)
        return found

    def _entries(self, field: FieldNode) -> int:
        name = field.name.value
        for argument in field.arguments or ():
            value = argument.value
            if argument.name.value == "first":
                if isinstance(value, IntValueNode):
                    return _bounded(int(value.value))
                if isinstance(value, VariableNode):
                    return _bounded(self._variables.get(value.name.value))
            if argument.name.value == "ids" or (argument.name.value == "kinds" and name == "access"):
                given = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
                sized = value.values if isinstance(value, ListValueNode) else given
                if name == "access":
                    return (
                        len(sized) * _ENTRIES["fields"] if isinstance(sized, list | tuple) else _ENTRIES[name]
                    )
                return _bounded(len(sized) if isinstance(sized, list | tuple) else None)
        return _ENTRIES.get(name, 1)


def sizes(document: DocumentNode) -> tuple[str, ...]:
    """The variables on which the weight of an operation of this document depends."""
    found = _Sizes()
    visit(document, found)
    return tuple(sorted(found.names))


class _Sizes(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        if node.name.value in _SIZES and isinstance(node.value, VariableNode):
            self.names.add(node.value.name.value)


def size_of(value: Any) -> int:
    """All that the weight takes from the value of such a variable."""
    return _bounded(len(value) if isinstance(value, list | tuple) else value)


def _bounded(first: Any) -> int:
    if isinstance(first, int | float) and not isinstance(first, bool):
        return max(1, int(min(first, PAGE_MOST)))
    return PAGE_DEFAULT


def _defaults(operation: OperationDefinitionNode) -> dict[str, Any]:
    """The numbers that variables stand for when they are not sent."""
    return {
        one.variable.name.value: int(one.default_value.value)
        for one in operation.variable_definitions or ()
        if isinstance(one.default_value, IntValueNode)
    }


def weigh(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Weight:
    """The weight of an operation. Raises BadInput naming the bound it breaks."""
    scale = _Scale(document, {**_defaults(operation), **variables})
    if operation.operation is OperationType.SUBSCRIPTION:
        found = scale.weigh_events(operation.selection_set)
    else:
        found = scale.weigh(operation.selection_set)
    roots = len(operation.selection_set.selections)
    for name, value, most in (
        ("depth", found.depth, DEPTH_MOST),
        ("fields", found.fields, FIELDS_MOST),
        ("root fields", roots, ROOTS_MOST),
        ("cost", found.cost, COST_MOST),
    ):
        if value > most:
            raise BadInput(
                f"The operation's {name} is {value}; at most {most} are allowed.",
                code="OPERATION_TOO_LARGE",
                rule=name.replace(" ", "_"),
            )
    return found
