"""What resolvers get: the operation, and the walk over what was selected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import strawberry
from graphql.language import FieldNode

from schema.selection import Selected
from server.actions.operation import Operation
from server.actions.views import Chosen

Info = strawberry.Info[Any, Any]
T = TypeVar("T")


def operation_of(info: Info) -> Operation:
    """The operation of this request."""
    operation: Operation = info.context.operation
    return operation


def nodes_of(info: Info) -> list[FieldNode]:
    """The field nodes being resolved."""
    return list(info._raw_info.field_nodes)


def chosen(info: Info, *paths: tuple[str, ...]) -> Chosen:
    """What is selected of records below the current field, along any of ``paths``."""

    def walk(selected: Selected) -> Chosen:
        nodes = [node for path in paths for node in selected.below(nodes_of(info), *path)]
        return Chosen(wanted=selected.records(nodes), named=selected.named(nodes), asked=bool(nodes))

    return _walked(info, walk, ("chosen", *paths))


def chosen_of_file(info: Info) -> Chosen:
    """What is selected of a file's basic record, and whether its head is asked for the name."""

    def walk(selected: Selected) -> bool:
        return bool(selected.below(nodes_of(info), "subject", "name"))

    return replace(chosen(info, ("basic",)), person_name=_walked(info, walk, ("head",)))


def selects(info: Info, name: str) -> bool:
    """Whether ``name`` is selected directly below the current field."""
    return _walked(info, lambda selected: selected.has(nodes_of(info), name), ("has", name))


def _walked(info: Info, walk: Callable[[Selected], T], question: object) -> T:
    """The outcome of a walk; made once per document where no condition stands in it."""
    selected = Selected(info._raw_info, info.context.record_fields)
    merged = info.context.merged
    if merged is None:
        return walk(selected)
    key = (question, *[id(node) for node in info._raw_info.field_nodes])
    if key not in merged:
        merged[key] = walk(selected)
    outcome: T = merged[key]
    return outcome
