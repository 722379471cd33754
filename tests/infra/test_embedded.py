"""The embedded database: it keeps what it acknowledged, belongs to one owner and never outlives it."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from server.errors import ConfigError
from server.store.embedded import attach_or_start, embedded, find_running
from server.store.mongo import Mongo, Session
from tests.infra.processes import alive, database_of, eventually, started


async def fill(url: str) -> None:
    """Acknowledged writes: single, many, and inside a transaction."""
    mongo = await Mongo.connect(url, "kept")

    async def work(session: Session) -> None:
        await mongo.db.things.insert_one({"_id": "transaction"}, session=session)

    try:
        await mongo.db.things.insert_one({"_id": "one"})
        await mongo.db.things.insert_many([{"_id": "two"}, {"_id": "three"}])
        await mongo.transact(work)
    finally:
        await mongo.close()


async def kept(url: str) -> set[str]:
    mongo = await Mongo.connect(url, "kept")
    try:
        return {found["_id"] async for found in mongo.db.things.find()}
    finally:
        await mongo.close()


EVERYTHING = {"one", "two", "three", "transaction"}


async def test_data_survives_a_restart(tmp_path: Path) -> None:
    with embedded(tmp_path) as url:
        await fill(url)
        database = database_of(tmp_path)
    assert not alive(database)
    assert find_running(tmp_path) is None
    with embedded(tmp_path) as url:
        assert await kept(url) == EVERYTHING


async def test_acknowledged_writes_survive_a_killed_database_and_the_client_recovers(tmp_path: Path) -> None:
    with embedded(tmp_path) as url:
        await fill(url)
        mongo = await Mongo.connect(url, "kept")
        try:
            before = database_of(tmp_path)
            os.kill(before, signal.SIGKILL)
            assert eventually(lambda: (tmp_path / "mongo.json").exists() and database_of(tmp_path) != before)
            await mongo.ping()
            assert {found["_id"] async for found in mongo.db.things.find()} == EVERYTHING
        finally:
            await mongo.close()


async def test_a_command_uses_the_database_that_already_runs(tmp_path: Path) -> None:
    with embedded(tmp_path) as url:
        await fill(url)
        with attach_or_start(tmp_path) as again:
            assert again == url
            assert await kept(again) == EVERYTHING
        assert alive(database_of(tmp_path)), "leaving ends only what it started"
    with attach_or_start(tmp_path) as own:
        assert await kept(own) == EVERYTHING
        database = database_of(tmp_path)
    assert not alive(database)


def test_one_directory_has_one_owner(tmp_path: Path) -> None:
    with (
        embedded(tmp_path),
        pytest.raises(ConfigError, match="in use by another running copy"),
        embedded(tmp_path),
    ):
        pass


@pytest.mark.parametrize(
    "left_behind",
    ["", "not json", "[]", "{}", json.dumps({"url": "mongodb://127.0.0.1:1/", "pid": 1, "owner": 1})],
)
def test_a_stale_file_does_not_matter(tmp_path: Path, left_behind: str) -> None:
    (tmp_path / "mongo.json").write_text(left_behind)
    assert find_running(tmp_path) is None
    with attach_or_start(tmp_path):
        found = find_running(tmp_path)
        assert found is not None
        assert found.owner == os.getpid()


def test_damaged_data_is_one_sentence_that_names_the_log(tmp_path: Path) -> None:
    (tmp_path / "mongo").write_text("not a directory")
    with pytest.raises(ConfigError, match=r"did not start; .*mongo\.log says why"), embedded(tmp_path):
        pass
    assert (tmp_path / "mongo.log").stat().st_size > 0


OWNER = """
import sys
from pathlib import Path
from server.store.embedded import embedded
with embedded(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
    import time; time.sleep(600)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_database_ends_with_its_owner_however_that_dies(tmp_path: Path, how: signal.Signals) -> None:
    with started(["-c", OWNER, str(tmp_path)]) as owner:
        assert owner.stdout is not None
        url = owner.stdout.readline().strip()
        await fill(url)
        database = database_of(tmp_path)
        owner.send_signal(how)
        owner.wait()
        # Started while the orphan may still be writing: the new owner waits for it.
        with embedded(tmp_path) as again:
            assert not alive(database)
            assert await kept(again) == EVERYTHING


def test_the_terminals_interrupt_does_not_reach_the_database(tmp_path: Path) -> None:
    with embedded(tmp_path):
        database = database_of(tmp_path)
        os.kill(database, signal.SIGINT)
        assert os.getpgid(database) != os.getpgid(0)
        assert find_running(tmp_path) is not None
