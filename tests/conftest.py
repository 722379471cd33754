"""Fixtures every room shares: one database server for the run, one fresh database for each test."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from server.errors import Unavailable
from server.settings import Settings
from server.store.embedded import embedded
from server.store.mongo import Mongo, patiently

GIVEN_URL = os.environ.get("CREDIT_MONGO_URL")
"""A real MongoDB to run the same tests on, instead of the embedded server."""


@pytest.fixture(autouse=True)
def _no_inherited_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own CREDIT_* variables do not change what a test sees."""
    for name in list(os.environ):
        if name.startswith("CREDIT_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def mongo_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the server all tests share."""
    if GIVEN_URL:
        yield GIVEN_URL
        return
    with embedded(tmp_path_factory.mktemp("database")) as url:
        yield url


@pytest_asyncio.fixture(scope="session")
async def mongo_server(mongo_url: str) -> AsyncIterator[Mongo]:
    """One connected client for the whole run: connections and their start-up cost are shared."""
    mongo = await Mongo.connect(mongo_url, "test_shared")
    yield mongo
    await mongo.close()


async def _awake(mongo: Mongo) -> None:
    """Return when the shared client answers twice in a row.

    Tests that start programs block the event loop for seconds; the driver's monitor then takes the server for
    gone and cancels whatever is under way when the loop runs again.
    """
    answered = 0
    for _ in range(50):
        try:
            await mongo.ping()
            answered += 1
        except Unavailable:
            answered = 0
        if answered == 2:
            return
        await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def mongo(mongo_server: Mongo) -> AsyncIterator[Mongo]:
    """An empty database of its own, dropped afterwards where the server outlives the run.

    The embedded server's directory is thrown away as a whole, and dropping is slow there: more than 20 s
    for 36,000 documents with indexes.
    """
    name = f"test_{secrets.token_hex(6)}"
    await _awake(mongo_server)
    yield Mongo(mongo_server.client, name)
    if GIVEN_URL:
        with patiently(30):
            await mongo_server.client.drop_database(name)


@pytest.fixture
def settings(mongo: Mongo, mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a development server on the test's own database, with its own data directory."""
    return Settings.of(
        mongo_url=mongo_url,
        mongo_database=mongo.db.name,
        data_dir=tmp_path_factory.mktemp("data"),
        sample=False,
        sweep_seconds=0,
    )
