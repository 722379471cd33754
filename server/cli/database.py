"""What commands that need the register share: the database of the settings and an open platform."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from server import clock
from server.actions.platform import Platform
from server.app import prepare
from server.settings import Settings
from server.store.embedded import attach_or_start
from server.store.mongo import Mongo

T = TypeVar("T")


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The URL of a given database, of a running server's, or of one started for the block."""
    if settings.mongo_url is not None:
        yield settings.mongo_url
        return
    with attach_or_start(settings.ready_data_dir()) as url:
        yield url


async def on_mongo(settings: Settings, url: str, work: Callable[[Mongo], Awaitable[T]]) -> T:
    """Run ``work`` with a connection, without preparing anything."""
    mongo = await Mongo.connect(url, settings.mongo_database, query_timeout_ms=settings.query_timeout_ms)
    try:
        return await work(mongo)
    finally:
        await mongo.close()


async def on_platform(settings: Settings, url: str, work: Callable[[Platform], Awaitable[T]]) -> T:
    """Prepare the database, run ``work`` with an open platform, and anchor what it wrote to the log."""
    await prepare(settings.but(sample=False), url)

    async def inner(mongo: Mongo) -> T:
        platform = await Platform.open(settings.but(mongo_url=url), mongo)
        try:
            return await work(platform)
        finally:
            await platform.close()
            await platform.log.checkpoint(clock.now())

    return await on_mongo(settings, url, inner)


def run_on_platform(settings: Settings, work: Callable[[Platform], Awaitable[T]]) -> T:
    """``on_platform`` from a command."""
    with database(settings) as url:
        return asyncio.run(on_platform(settings, url, work))


def run_on_mongo(settings: Settings, work: Callable[[Mongo], Awaitable[T]]) -> T:
    """``on_mongo`` from a command."""
    with database(settings) as url:
        return asyncio.run(on_mongo(settings, url, work))
