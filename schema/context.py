"""What resolvers get: the operation, and the walk over what was selected."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql.language import FieldNode

from schema.selection import Selected
from server.actions.operation import Operation
from server.actions.views import Chosen

Info = strawberry.Info[Any, Any]


def operation_of(info: Info) -> Operation:
    """The operation of this request."""
    operation: Operation = info.context.operation
    return operation


def nodes_of(info: Info) -> list[FieldNode]:
    """The field nodes being resolved."""
    return list(info._raw_info.field_nodes)


def chosen(info: Info, *paths: tuple[str, ...]) -> Chosen:
    """What is selected of records below the current field, along any of ``paths``."""
    selected = Selected(info._raw_info, info.context.record_fields)
    nodes = [node for path in paths for node in selected.below(nodes_of(info), *path)]
    return Chosen(wanted=selected.records(nodes), named=selected.named(nodes))


def selects(info: Info, name: str) -> bool:
    """Whether ``name`` is selected directly below the current field."""
    return Selected(info._raw_info, info.context.record_fields).has(nodes_of(info), name)
