"""An application with its units and a clock to be moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime

import pytest_asyncio

from server.actions.sweep import SweepReport, sweep
from server.clock import CITY
from server.settings import Settings
from tests.platforms import UNITS, World, running


@pytest_asyncio.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    async with running(settings) as made:
        await made.platform.units.put([dict(one) for one in UNITS])
        yield made


def at_midnight(world: World, day: date) -> None:
    """Let it be 00:00 of that day in the city, with tokens made anew."""
    world.clock[0] = datetime(day.year, day.month, day.day, tzinfo=CITY)


async def swept(world: World, day: date | None = None, *, dry_run: bool = False) -> SweepReport:
    """Sweep as of the world's day, or another."""
    return await sweep(world.platform, day or world.clock[0].date(), world.clock[0], dry_run=dry_run)


async def until(holds: Callable[[], bool]) -> None:
    """Return when something has come about elsewhere; fail when it does not within five seconds."""
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come about")
