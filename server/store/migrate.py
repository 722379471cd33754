"""Runs the files of `migrations/` once each, in the order of their names, one process at a time.

Beanie has a runner, and it fits badly here: it opens its own client (without our write concern and time
limits) and keeps it in a class attribute, has no lock between workers that start together, and remembers
one current position instead of what was applied, so a file merged late with an earlier time never runs.
"""

from __future__ import annotations

import asyncio
import importlib.util
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

from server.clock import now
from server.errors import ConfigError
from server.store.leases import Lease
from server.store.mongo import Database, Mongo, patiently, translating

_NAME = re.compile(r"^\d{14}_[a-z0-9_]+$")
_LOCK = "lock"
LEASE = timedelta(seconds=60)
WAIT_SECONDS = 180.0
MIGRATION_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name without `.py`, and its `up`."""

    name: str
    up: Callable[[Database], Awaitable[None]]


def find_migrations(folder: Path | None = None) -> tuple[Migration, ...]:
    """The migrations of a folder in running order; raises ConfigError for a file that is not one."""
    folder = Path(str(files("migrations"))) if folder is None else folder
    return tuple(_load(path) for path in sorted(folder.glob("*.py")) if not path.name.startswith("_"))


async def migrate(mongo: Mongo, folder: Path | None = None) -> tuple[str, ...]:
    """Run what has not run yet; returns the names of what was run.

    Workers that start together wait for the one that migrates. Raises ConfigError when that takes too long.
    """
    migrations = find_migrations(folder)
    ran: list[str] = []
    with translating(), patiently(MIGRATION_SECONDS):
        if not await _missing(mongo.db, migrations):
            return ()
        async with _alone(mongo.db):
            for migration in await _missing(mongo.db, migrations):
                await migration.up(mongo.db)
                await mongo.db.migrations.insert_one({"_id": migration.name, "applied_at": now()})
                ran.append(migration.name)
    return tuple(ran)


async def _missing(db: Database, migrations: tuple[Migration, ...]) -> list[Migration]:
    applied = {found["_id"] async for found in db.migrations.find({}, {"_id": 1})}
    return [migration for migration in migrations if migration.name not in applied]


@asynccontextmanager
async def _alone(db: Database) -> AsyncIterator[None]:
    lease = Lease(db.migrations, _LOCK, LEASE)
    deadline = asyncio.get_running_loop().time() + WAIT_SECONDS
    while not await lease.take():
        if asyncio.get_running_loop().time() > deadline:
            raise ConfigError("Another process has been migrating the database for too long.")
        await asyncio.sleep(0.2)
    try:
        async with lease.renewed():
            yield
    finally:
        await lease.release()


def _load(path: Path) -> Migration:
    if not _NAME.match(path.stem):
        raise ConfigError(f"migrations/{path.name} is not named YYYYMMDDHHMMSS_name.py.")
    spec = importlib.util.spec_from_file_location(f"migrations.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    up = getattr(module, "up", None)
    if up is None:
        raise ConfigError(f"migrations/{path.name} has no `async def up(db)`.")
    return Migration(path.stem, up)
