"""The subscription ``changes``: the feed as it happens, each event authorised, logged and executed by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import strawberry

from schema.changes import ChangeTypes, SinceCursor
from schema.context import Info
from schema.text import both

NAME = "changes"
NOTHING: tuple[Any, ...] = ()


def make_subscription(types: ChangeTypes) -> type:
    """The root type of all subscriptions for one catalogue."""

    async def changes(
        info: Info,
        since: Any = None,
        consent: Any = None,
        subject: Any = None,
        purpose: Any = None,
        matter: Any = None,
        own: bool = False,
    ) -> Any:
        # Events come from schema.streaming, which asks for each anew; this only declares their shape.
        for event in NOTHING:
            yield event

    changes.__annotations__ = {
        "info": Info,
        "since": SinceCursor,
        **types.arguments,
        "return": AsyncIterator[types.change],  # type: ignore[name-defined]
    }
    space = {
        "__annotations__": {},
        "__module__": __name__,
        NAME: strawberry.subscription(
            resolver=changes,
            description=both(
                "What changes for a unit, one event at a time, re-authorised each time; without `since` from now on.",
                "单位可见记录的变动，逐条推送并逐条重新核验授权；未给游标时自当前开始。",
            ),
        ),
    }
    return strawberry.type(
        type("Subscription", (), space),
        description=both("Everything that can be subscribed to.", "全部订阅。"),
    )
