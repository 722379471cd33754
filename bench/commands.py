"""What the platform really asks of the database for one operation, and how much the database looks at for it."""

from __future__ import annotations

import copy
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
    """Keeps the commands of the operation that runs; for one operation at a time."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep a copy: the driver goes on using its own."""
        name = event.command_name
        collection = event.command.get(name)
        self.commands.append(Command(name, str(collection), copy.deepcopy(dict(event.command))))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to note."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to note."""

    def taken(self) -> list[Command]:
        """The commands since the last call."""
        taken, self.commands = self.commands, []
        return taken


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
