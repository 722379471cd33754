"""Migrations: once, in order, alone, and again after a crash half way."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from server.clock import now
from server.errors import ConfigError
from server.store.migrate import find_migrations, migrate
from server.store.mongo import Mongo

STEP = """
async def up(db):
    await db.steps.insert_one({{"step": "{name}", "order": await db.steps.count_documents({{}})}})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("20270201000000_second", "20270101000000_first"):
        (tmp_path / f"{name}.py").write_text(STEP.format(name=name))
    (tmp_path / "__init__.py").write_text("raise RuntimeError('not a migration')")
    (tmp_path / "_draft.py").write_text("raise RuntimeError('not a migration')")
    return tmp_path


async def steps(mongo: Mongo) -> list[str]:
    return [step["step"] async for step in mongo.db.steps.find().sort("order", 1)]


async def test_they_run_once_in_the_order_of_their_names(mongo: Mongo, folder: Path) -> None:
    assert await migrate(mongo, folder) == ("20270101000000_first", "20270201000000_second")
    assert await migrate(mongo, folder) == ()
    assert await steps(mongo) == ["20270101000000_first", "20270201000000_second"]


async def test_one_that_was_merged_late_still_runs(mongo: Mongo, folder: Path) -> None:
    await migrate(mongo, folder)
    (folder / "20270115000000_late.py").write_text(STEP.format(name="late"))
    assert await migrate(mongo, folder) == ("20270115000000_late",)


async def test_workers_that_start_together_do_it_once(mongo: Mongo, folder: Path) -> None:
    ran = await asyncio.gather(*(migrate(mongo, folder) for _ in range(4)))
    assert sorted(len(names) for names in ran) == [0, 0, 0, 2]
    assert len(await steps(mongo)) == 2


async def test_a_failed_one_is_not_marked_and_runs_again(mongo: Mongo, folder: Path) -> None:
    broken = folder / "20270301000000_third.py"
    broken.write_text("async def up(db):\n    raise RuntimeError('half way')\n")
    with pytest.raises(RuntimeError, match="half way"):
        await migrate(mongo, folder)
    broken.write_text(STEP.format(name="third"))
    assert await migrate(mongo, folder) == ("20270301000000_third",)


async def test_the_lock_of_a_dead_process_runs_out(mongo: Mongo, folder: Path) -> None:
    await mongo.db.migrations.insert_one(
        {"_id": "lock", "holder": "gone", "until": now() - timedelta(seconds=1)}
    )
    assert len(await migrate(mongo, folder)) == 2


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("2027_short.py", "async def up(db): ...", "is not named YYYYMMDDHHMMSS_name.py"),
        ("20270101000000_Upper.py", "async def up(db): ...", "is not named YYYYMMDDHHMMSS_name.py"),
        ("20270101000000_empty.py", "", "has no `async def up"),
    ],
)
def test_a_file_that_is_no_migration_is_named(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=says):
        find_migrations(tmp_path)


def test_the_shipped_migrations_are_well_formed() -> None:
    names = [migration.name for migration in find_migrations()]
    assert names == sorted(set(names))
