"""A small sample city, loaded once for all tests that only read it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import pytest_asyncio

from seed.load import CitySummary, load_city
from seed.sample import ensure_sample
from server import clock
from server.actions.platform import Platform
from server.settings import Settings
from server.store.models import make_indexes
from server.store.mongo import Mongo, patiently

ENTITIES = 40
REFERENCE: date = clock.today()


@dataclass(frozen=True, slots=True)
class City:
    """A loaded city."""

    platform: Platform
    summary: CitySummary
    steps: tuple[tuple[int, int], ...] = ()

    async def documents(self, name: str) -> list[dict[str, Any]]:
        """Every document of a collection, by id."""
        return await self.platform.mongo.db[name].find({}).sort("_id", 1).to_list()


@asynccontextmanager
async def fresh_platform(server: Mongo, url: str, folder: Path, **settings: Any) -> AsyncIterator[Platform]:
    """A platform on an empty database of its own, dropped afterwards."""
    mongo = Mongo(server.client, f"test_{secrets.token_hex(6)}")
    await make_indexes(mongo)
    made = Settings.of(mongo_url=url, mongo_database=mongo.db.name, data_dir=folder, **settings)
    platform = await Platform.open(made, mongo)
    try:
        yield platform
    finally:
        await platform.close()
        with patiently(30):
            await server.client.drop_database(mongo.db.name)


Fresh: TypeAlias = Callable[..., AbstractAsyncContextManager[Platform]]


@pytest.fixture
def fresh(mongo_server: Mongo, mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """Makes platforms on empty databases; keyword arguments are settings."""

    def make(**settings: Any) -> AbstractAsyncContextManager[Platform]:
        return fresh_platform(mongo_server, mongo_url, tmp_path_factory.mktemp("data"), **settings)

    return make


@pytest_asyncio.fixture(scope="session")
async def city(
    mongo_server: Mongo, mongo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """Forty entities and their persons."""
    async with fresh_platform(mongo_server, mongo_url, tmp_path_factory.mktemp("city")) as platform:
        steps: list[tuple[int, int]] = []
        summary = await load_city(
            platform,
            entities=ENTITIES,
            reference=REFERENCE,
            progress=lambda *step: steps.append(step),
        )
        yield City(platform, summary, tuple(steps))


@pytest_asyncio.fixture(scope="session")
async def installed(
    mongo_server: Mongo, mongo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Platform]:
    """An installation that has loaded its sample city, for tests that only read it."""
    folder = tmp_path_factory.mktemp("installed")
    async with fresh_platform(mongo_server, mongo_url, folder, seed_entities=1) as platform:
        assert await ensure_sample(platform) is not None
        yield platform
