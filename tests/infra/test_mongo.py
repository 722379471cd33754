"""The client: durable, bounded in time, transactions that rerun, and one error for a lost database."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pymongo.errors import (
    AutoReconnect,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from server.errors import ConfigError, Unavailable
from server.store.mongo import Mongo, Session, patiently, translating, unavailable


class Overheard(CommandListener):
    def __init__(self) -> None:
        self.commands: list[dict[str, Any]] = []

    def started(self, event: CommandStartedEvent) -> None:
        if event.command_name != "endSessions":
            self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        pass

    def failed(self, event: CommandFailedEvent) -> None:
        pass


@pytest.mark.parametrize(
    "error",
    [
        AutoReconnect("host:1"),
        NotPrimaryError("host:1"),
        ServerSelectionTimeoutError("host:1"),
        NetworkTimeout("host:1"),
        ExecutionTimeout("host:1", 50),
        WaitQueueTimeoutError("host:1"),
        OperationFailure("host:1", 11600),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_way_of_being_away_is_one_refusal_without_the_drivers_words(error: PyMongoError) -> None:
    with pytest.raises(Unavailable) as refusal, translating():
        raise error
    assert (refusal.value.code, refusal.value.status) == ("DATABASE_UNAVAILABLE", 503)
    assert "host" not in refusal.value.sentence


@pytest.mark.parametrize("error", [DuplicateKeyError("k"), OperationFailure("bad", 2), ValueError("bug")])
def test_other_errors_pass_unchanged(error: Exception) -> None:
    assert unavailable(error) is None
    with pytest.raises(type(error)) as passed, translating():
        raise error
    assert passed.value is error


async def test_an_unusable_address_is_a_bad_setting() -> None:
    with pytest.raises(ConfigError, match="CREDIT_MONGO_URL is not a usable MongoDB address"):
        await Mongo.connect("mongodb://user:hunter2@/?bad", "x")


async def test_nobody_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await Mongo.connect("mongodb://127.0.0.1:1/?directConnection=true", "x", query_timeout_ms=300)


async def test_writes_are_journalled_by_the_majority_and_everything_is_bounded(
    mongo: Mongo, mongo_url: str
) -> None:
    overheard = Overheard()
    other = await Mongo.connect(mongo_url, mongo.db.name, listeners=[overheard])
    try:
        overheard.commands.clear()
        await other.db.things.insert_one({"_id": 1})
        await other.db.things.update_one({"_id": 1}, {"$set": {"a": 1}})
        await other.db.things.find_one({"_id": 1})
        await other.db.things.find({"a": 1}).to_list()
        await other.db.things.count_documents({})
    finally:
        await other.close()
    writes = [command for command in overheard.commands if {"insert", "update"} & command.keys()]
    assert [command["writeConcern"] for command in writes] == [{"w": "majority", "j": True}] * 2
    assert len(overheard.commands) == 5
    assert all(0 < command["maxTimeMS"] <= 3_000 for command in overheard.commands)


async def test_a_slow_query_is_stopped_and_the_server_is_free_again(mongo: Mongo) -> None:
    with patiently(30):
        await mongo.db.things.insert_many([{"_id": i, "text": "x" * 200} for i in range(5_000)])
    with pytest.raises(Unavailable), translating(), patiently(0.02):
        await mongo.db.things.find({"text": {"$regex": "y$"}}).to_list()
    assert await mongo.db.things.find_one({"_id": 5}) is not None


async def test_a_transaction_is_all_or_nothing(mongo: Mongo) -> None:
    await mongo.db.things.insert_one({"_id": "before"})

    async def both(*, fail: bool) -> None:
        async with mongo.transaction() as session:
            await mongo.db.things.insert_one({"_id": "a"}, session=session)
            await mongo.db.others.insert_one({"_id": "b"}, session=session)
            if fail:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        await both(fail=True)
    assert await mongo.db.things.count_documents({}) == 1
    assert await mongo.db.others.count_documents({}) == 0
    await both(fail=False)
    assert await mongo.db.things.count_documents({}) == 2
    assert await mongo.db.others.count_documents({}) == 1


async def test_work_that_collides_is_run_again_and_no_change_is_lost(mongo: Mongo) -> None:
    await mongo.db.counters.insert_one({"_id": "c", "n": 0})
    runs = 0

    async def add(session: Session) -> None:
        nonlocal runs
        runs += 1
        found = await mongo.db.counters.find_one({"_id": "c"}, session=session)
        assert found is not None
        await asyncio.sleep(0)
        changed = await mongo.db.counters.update_one(
            {"_id": "c", "n": found["n"]}, {"$set": {"n": found["n"] + 1}}, session=session
        )
        if not changed.matched_count:
            collision = OperationFailure("another writer was first", 112)
            collision._add_error_label("TransientTransactionError")
            raise collision

    await asyncio.gather(*(mongo.transact(add) for _ in range(6)))
    final = await mongo.db.counters.find_one({"_id": "c"})
    assert final == {"_id": "c", "n": 6}
    assert runs >= 6
