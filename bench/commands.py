"""What the platform really asks of the database for one operation, and how much the database looks at for it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.monitoring import (
    CommandFailedEvent,
    CommandListener,
    CommandStartedEvent,
    CommandSucceededEvent,
)

READS = ("find", "aggregate")


@dataclass(frozen=True, slots=True)
class Command:
    """One command with the fields that matter: its name, its collection and what it carries."""

    name: str
    collection: str
    content: dict[str, Any]

    @property
    def key(self) -> dict[str, Any]:
        """What an index has to answer: the filter of a find, the first stage of a pipeline."""
        if self.name == "find":
            return dict(self.content["filter"])
        return dict(self.content["pipeline"][0]["$match"])


class Recorder(CommandListener):
    """Keeps the commands of the operation that is watched; for one operation at a time."""

    def __init__(self) -> None:
        self._kept: list[Command] | None = None

    @contextmanager
    def recording(self) -> Iterator[list[Command]]:
        """The commands of the block. Outside of one nothing is copied, so nobody else's measure is spoilt."""
        kept: list[Command] = []
        self._kept = kept
        try:
            yield kept
        finally:
            self._kept = None

    def started(self, event: CommandStartedEvent) -> None:
        """Keep a copy: the driver goes on using its own."""
        if self._kept is None:
            return
        name = event.command_name
        collection = event.command.get(name)
        self._kept.append(Command(name, str(collection), copy.deepcopy(dict(event.command))))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""


async def examined(database: AsyncDatabase[dict[str, Any]], commands: list[Command]) -> int:
    """Documents the database examines for these reads, as ``explain`` counts them on the indexed part.

    The rest of a filter never widens what is examined, so this holds for every server; one that stops at the
    limit examines fewer.
    """
    total = 0
    for one in commands:
        if one.name in READS:
            query = {"find": one.collection, "filter": one.key}
            if one.name == "find" and "limit" in one.content:
                query["limit"] = one.content["limit"]
            plan = await database.command({"explain": query, "verbosity": "executionStats"})
            total += int(plan["executionStats"]["totalDocsExamined"])
    return total
