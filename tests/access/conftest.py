"""Two applications on twin databases, and one small city that tests only read."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from bson.binary import Binary
from pymongo.monitoring import CommandListener, CommandStartedEvent

import server.actions.operation
from server.settings import Settings
from tests.access import twins
from tests.access.walk import Walker
from tests.makers import COMPANY, OTHER_PERSON, OTHER_UNIT, PERSON, SHOP, Party
from tests.platforms import FADED_COMPANY, HIDDEN_COMPANY, VEILED_COMPANY, World, consented, populate, running


class Commands(CommandListener):
    """Every command that went to the database, since it was last emptied."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def started(self, event: CommandStartedEvent) -> None:
        self.seen.append((event.command_name, dict(event.command)))

    def succeeded(self, event: Any) -> None:
        """Nothing to note."""

    def failed(self, event: Any) -> None:
        """Nothing to note."""


class Noise:
    """Random bytes that repeat for twin questions, so that ids of log entries do not differ by chance."""

    def __init__(self) -> None:
        self.question = self.drawn = 0

    def token_bytes(self, count: int) -> bytes:
        self.drawn += 1
        return (self.question << 16 | self.drawn).to_bytes(count, "big")

    def token_hex(self, count: int) -> str:
        return self.token_bytes(count).hex()


def settings_on(url: str, folder: Path, *, keys: Path | None = None) -> Settings:
    """Settings of a server on a fresh database."""
    return Settings.of(
        mongo_url=url,
        mongo_database=f"test_{secrets.token_hex(6)}",
        data_dir=folder,
        keys_dir=keys or folder / "keys",
        sample=False,
        sweep_seconds=0,
        checkpoint_seconds=3_600,
    )


@dataclass(slots=True)
class Twins:
    """Two worlds, what they hold before anybody looks, and the names the tests know things by."""

    one: World
    other: World
    commands: Commands
    noise: Noise
    base: twins.Documents
    consents: dict[str, str]
    owners: dict[str, str]
    ciphers: dict[str, Binary] = field(default_factory=dict)

    @property
    def walker(self) -> Walker:
        contract = self.one.app.state.executor.contract
        return Walker(contract.graphql, self.arguments)

    @property
    def arguments(self) -> dict[str, list[Any]]:
        """What the walk sends for each argument; the usual value first."""
        records = sorted(one["_id"] for one in self.base["records"])
        subjects = sorted(self.owners)
        ids = [*records, *subjects, "rec_" + "0" * 20, "garbage"]
        keys = [one.key for one in (PERSON, COMPANY, OTHER_PERSON, HIDDEN_COMPANY)]
        return {
            "uscc": [
                one.key for one in (COMPANY, SHOP, PERSON, HIDDEN_COMPANY, FADED_COMPANY, VEILED_COMPANY)
            ],
            "search": [None, "杏坛食品", COMPANY.key, PERSON.key, PERSON.name, "舞雩信息", "弦歌物流"],
            "kind": [None],
            "entities.kind": [None, "INDIVIDUAL_BUSINESS", "GOVERNMENT_UNIT"],
            "records.kind": [None, "ADMINISTRATIVE_PENALTY"],
            "area": [None, "370881"],
            "industry": [None],
            "sourceUnit": [None, OTHER_UNIT],
            "decidedFrom": [None],
            "decidedTo": [None, "2025-01-01"],
            "id": [records[0], subjects[0]],
            "ids": [ids[start : start + 50] for start in range(0, len(ids), 50)],
            "code": ["entity_basic"],
            "subject": [*keys, "garbage"],
            "access.subject": [None, *keys, *subjects],
            "purpose": ["PUBLIC_SERVICE_APPOINTMENT", "COMMENDATION"],
            "access.purpose": [None, "INSPECTION"],
            "matter": ["M-2026-1"],
            "logHiddenUntil": [None],
            "consent": [*self.consents.values(), "con_" + "0" * 20],
            "proof": ["ID_CARD"],
            "access.kinds": [["ADMINISTRATIVE_PENALTY", "PERSON_BASIC"]],
            "state": ["PENDING", "APPROVED"],
            "versions": [False, True],
            "year": [2026],
            "reportCounts.since": ["2026-01-01"],
            "until": ["2026-12-31"],
            "unit": [None],
            "own": [False, True],
            "day": ["2026-11-20"],
            "changes.consent": [None, *self.consents.values()],
            "changes.subject": [None],
            "changes.purpose": [None],
            "changes.matter": [None],
        }


@pytest.fixture(scope="session")
def noise() -> Iterator[Noise]:
    """Deterministic ids of log entries while the twins are compared."""
    made = Noise()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.actions.operation, "secrets", made)
        yield made


@dataclass(slots=True)
class City:
    """The small city, the commands its application sends, and the consents by grantor."""

    world: World
    commands: Commands
    consents: dict[str, str]


@pytest_asyncio.fixture(scope="session")
async def city(mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[City]:
    """One small city for all tests that only read."""
    commands = Commands()
    async with running(
        settings_on(mongo_url, tmp_path_factory.mktemp("city")), listeners=[commands]
    ) as world:
        await populate(world)
        yield City(world, commands, await consents_of(world))


async def consents_of(world: World) -> dict[str, str]:
    """A consent of the company and one of the person, to the inquirer's bank."""
    parties: tuple[Party, ...] = (COMPANY, PERSON)
    return {one.key: await consented(world, one) for one in parties}
