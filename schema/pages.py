"""Relay connections: edges, nodes, page information and totals that are bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import strawberry

from schema.text import both, plain
from server.actions.look_up import COUNT_MOST


@strawberry.type(description=both("Where a page stands.", "分页信息。"))
class PageInfo:
    has_next_page: bool = plain("More entries follow.", "后面还有。", name="hasNextPage")
    has_previous_page: bool = plain("Entries come before.", "前面还有。", name="hasPreviousPage")
    start_cursor: str | None = plain("Cursor of the first entry.", "首条游标。", name="startCursor")
    end_cursor: str | None = plain("Cursor of the last entry.", "末条游标。", name="endCursor")


class Edge:
    """An entry with its cursor; entries carry their cursors themselves."""

    __slots__ = ("node",)

    def __init__(self, node: Any) -> None:
        self.node = node

    @property
    def cursor(self) -> str:
        cursor: str = self.node.cursor
        return cursor


class Place:
    """Where a page stands; makes the cursors that are asked for."""

    __slots__ = ("_views", "has_next_page", "has_previous_page")

    def __init__(self, views: Sequence[Any], has_next: bool, has_previous: bool) -> None:
        self._views = views
        self.has_next_page = has_next
        self.has_previous_page = has_previous

    @property
    def start_cursor(self) -> str | None:
        return self._views[0].cursor if self._views else None

    @property
    def end_cursor(self) -> str | None:
        return self._views[-1].cursor if self._views else None


class Connection:
    """One page as the resolvers hand it out; ``total`` is given only when it was asked for."""

    __slots__ = ("page_info", "total", "views")

    def __init__(
        self, views: Sequence[Any], has_next: bool, has_previous: bool, total: int | None = None
    ) -> None:
        self.views = views
        self.total = total
        self.page_info = Place(views, has_next, has_previous)

    @property
    def edges(self) -> list[Edge]:
        return [Edge(view) for view in self.views]

    @property
    def nodes(self) -> Sequence[Any]:
        return self.views

    @property
    def total_count(self) -> int | None:
        return self.total

    @property
    def total_count_capped(self) -> bool | None:
        return None if self.total is None else self.total >= COUNT_MOST


def make_connection(name: str, node: Any, en: str, zh: str, *, counted: bool = True) -> type:
    """The GraphQL types ``<name>Connection`` and ``<name>Edge`` over ``node``."""
    edge: Any = strawberry.type(
        type(
            f"{name}Edge",
            (),
            {
                "__annotations__": {"node": node, "cursor": str},
                "__module__": __name__,
                "node": plain(f"{en}.", f"{zh}。"),
                "cursor": plain("Its cursor.", "游标。"),
                "is_type_of": classmethod(lambda cls, obj, _info: isinstance(obj, Edge)),
            },
        ),
        description=both(f"{en} with its cursor.", f"{zh}及其游标。"),
    )
    space: dict[str, Any] = {
        "__annotations__": {
            "edges": list[edge],
            "nodes": list[node],
            "page_info": PageInfo,
        },
        "__module__": __name__,
        "edges": plain("Entries with cursors.", "条目及游标。"),
        "nodes": plain("Entries.", "条目。"),
        "page_info": plain("Where the page stands.", "分页信息。", name="pageInfo"),
        "is_type_of": classmethod(lambda cls, obj, _info: not isinstance(obj, Edge)),
    }
    if counted:
        space["__annotations__"] |= {"total_count": int | None, "total_count_capped": bool | None}
        space["total_count"] = plain(
            f"How many there are, counted up to {COUNT_MOST}.",
            f"总数，最多计至{COUNT_MOST}。",
            name="totalCount",
        )
        space["total_count_capped"] = plain(
            "The count stopped at its bound.", "总数已达计数上限。", name="totalCountCapped"
        )
    return strawberry.type(
        type(f"{name}Connection", (), space), description=both(f"A page: {en.lower()}.", f"一页{zh}。")
    )
