"""Checkpoints anchor every chain, and prove what is in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import pytest_asyncio
from pymongo.errors import OperationFailure

from server import clock
from server.actions import audit_log
from server.actions.audit_log import LogDamaged
from server.actions.audit_verify import prove
from server.audit.entry import Malformed
from server.audit.proof import check_proof
from server.errors import Conflict, NotFoundError
from server.store import audit_files
from server.store.audit import AuditStore
from server.store.audit_files import AuditFiles
from server.store.mongo import Mongo
from tests.store.audit_tools import KEYS, Desk, a_desk, many_at_once, some


@pytest_asyncio.fixture
async def desk(mongo: Mongo, tmp_path: Path) -> AsyncIterator[Desk]:
    made = await a_desk(mongo, tmp_path / "audit")
    yield made
    await made.log.close()


async def test_checkpoints_continue_each_other_and_are_published(desk: Desk) -> None:
    assert await desk.anchor() is None
    await desk.write(3)
    assert await desk.anchor() == 0
    assert await desk.anchor() is None
    await desk.write(2)
    other = desk.writer()
    await desk.write(1, other)
    assert await desk.anchor(other) == 1
    lines = (desk.folder / "checkpoints.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["number"] for line in lines] == [0, 1]
    await desk.write(1)
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.checkpoints, report.published, report.unanchored, report.entries) == (2, 2, 1, 7)
    assert "Intact: 7 entries in 2 chains, 2 signed checkpoints" in report.sentence()


async def test_workers_that_make_checkpoints_at_once_do_not_collide(desk: Desk) -> None:
    logs = [desk.log, desk.writer(), desk.writer()]
    for _ in range(4):
        await asyncio.gather(*(desk.write(2, log) for log in logs))
        await asyncio.gather(*(desk.anchor(log) for log in logs))
    await desk.anchor()
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.entries, report.unanchored) == (24, 0)
    assert report.published == report.checkpoints


async def test_a_checkpoint_that_was_not_published_is_published_with_the_next(desk: Desk) -> None:
    for _ in range(3):
        await desk.write(1)
        await desk.anchor()
    copy = desk.folder / "checkpoints.jsonl"
    first, second, _third = copy.read_text("utf-8").splitlines(keepends=True)
    copy.write_text(first + second[: len(second) // 2], "utf-8")
    assert (await desk.verify()).intact
    await desk.write(1)
    assert await desk.anchor() == 3
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.checkpoints, report.published) == (4, 4)


async def test_a_large_backlog_is_anchored_in_several_checkpoints(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_log, "LEAVES", 3)
    logs = [desk.writer() for _ in range(4)]
    for log in logs:
        await desk.write(3, log)
    task = asyncio.create_task(desk.log.run_checkpoints(60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.checkpoints, report.unanchored) == (4, 0)


async def test_a_number_that_is_taken_is_not_taken_again(desk: Desk) -> None:
    await desk.write(1)
    made = await desk.log.checkpoint(clock.now())
    assert made is not None
    assert await AuditStore(desk.mongo).add_checkpoint(made) is False
    files = AuditFiles(desk.folder)
    files.add_checkpoint(made)
    assert [one async for one in AuditStore(desk.mongo).checkpoints()] == list(files.checkpoints()) == [made]
    with pytest.raises(Malformed):
        files.add_checkpoint(replace(made, number=2))


async def test_the_end_of_a_long_copy_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_files, "_TAIL", 10)
    for number in range(3):
        await desk.write(1)
        assert await desk.anchor() == number
        assert AuditFiles(desk.folder).published() == number
    desk.folder.joinpath("checkpoints.jsonl").write_text("cut short")
    assert AuditFiles(desk.folder).published() == -1


async def test_no_checkpoint_covers_a_chain_that_does_not_hold(desk: Desk) -> None:
    await desk.write(3)
    other = desk.writer()
    await desk.write(2, other)
    first = (await desk.entries.find().sort([("chain", 1)]).to_list())[0]["chain"]
    await desk.entries.delete_one({"chain": first, "seq": 1})
    assert await desk.anchor() == 0
    stored = await desk.checkpoints.find_one()
    assert [part["chain"] == first for part in stored["ranges"]] == [False]
    report = await desk.verify()
    assert [(one.chain, one.seq) for one in report.broken] == [(first, 1)]


async def test_no_checkpoint_is_made_where_published_ones_were_lost(desk: Desk) -> None:
    for _ in range(2):
        await desk.write(1)
        await desk.anchor()
    await desk.checkpoints.delete_one({"number": 1})
    await desk.write(1)
    with pytest.raises(LogDamaged):
        await desk.anchor()


async def test_the_background_task_makes_checkpoints_and_a_last_one_when_cancelled(desk: Desk) -> None:
    task = asyncio.create_task(desk.log.run_checkpoints(0.01))
    await desk.write(1)
    async with asyncio.timeout(30):
        while not (desk.folder / "checkpoints.jsonl").exists():  # noqa: ASYNC110 - it is written elsewhere
            await asyncio.sleep(0.01)
    waiting = asyncio.create_task(desk.log.append(some(1)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await waiting
    report = await desk.verify()
    assert (report.intact, report.unanchored, report.entries) == (True, 0, 2)


async def test_the_background_task_outlives_a_damaged_copy(desk: Desk) -> None:
    await desk.write(1)
    desk.folder.joinpath("checkpoints.jsonl").write_text("damaged\n", "utf-8")
    task = asyncio.create_task(desk.log.run_checkpoints(0.01))
    await asyncio.sleep(0.1)
    assert not task.done()
    desk.folder.joinpath("checkpoints.jsonl").unlink()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await desk.verify()).checkpoints == 1


async def test_an_entry_is_proved_once_it_is_in_a_checkpoint(desk: Desk) -> None:
    other = desk.writer()
    await desk.write(3, other)
    await desk.anchor()
    await asyncio.gather(many_at_once(desk.log, 5), many_at_once(other, 6))
    (entry,) = some(1)
    await desk.log.append([entry])
    with pytest.raises(Conflict) as fault:
        await prove(desk.mongo, entry.id)
    assert fault.value.code == "NOT_YET_ANCHORED"
    await desk.anchor()
    await desk.write(2)
    await desk.anchor()
    proof = await prove(desk.mongo, entry.id)
    text = json.dumps(proof.plain(), ensure_ascii=False)
    assert check_proof(text, KEYS)
    assert entry.actor_officer is not None
    assert entry.actor_officer not in text
    assert json.loads(proof.entry)["body"]["id"] == entry.id
    with pytest.raises(NotFoundError):
        await prove(desk.mongo, "no-such-entry")


async def test_a_changed_entry_cannot_be_proved(desk: Desk) -> None:
    entries = some(3)
    await desk.log.append(entries)
    await desk.anchor()
    await desk.entries.update_one({"_id": entries[1].id}, {"$set": {"matter": "none"}})
    await desk.entries.update_one({"_id": entries[2].id}, {"$set": {"matter": 5}})
    for entry in entries[1:]:
        with pytest.raises(LogDamaged):
            await prove(desk.mongo, entry.id)
    assert (await prove(desk.mongo, entries[0].id)).index == 0


async def test_an_entry_is_proved_in_the_one_checkpoint_of_its_chain_that_holds_it(desk: Desk) -> None:
    entries = some(3)
    for number, entry in enumerate(entries):
        await desk.log.append([entry])
        assert await desk.anchor() == number
    assert [(await prove(desk.mongo, entry.id)).checkpoint.number for entry in entries] == [0, 1, 2]


async def test_nothing_is_proved_in_a_checkpoint_whose_entries_are_gone(desk: Desk) -> None:
    entries = some(3)
    await desk.log.append(entries)
    await desk.anchor()
    await desk.entries.delete_one({"_id": entries[0].id})
    with pytest.raises(LogDamaged):
        await prove(desk.mongo, entries[2].id)


async def test_the_background_task_outlives_a_database_that_refuses(desk: Desk) -> None:
    await desk.write(1)
    refusing = {"no_such_field": {"$exists": True}}
    await desk.mongo.db.command("collMod", "audit_checkpoints", validator=refusing)
    with pytest.raises(OperationFailure):
        await desk.anchor()
    task = asyncio.create_task(desk.log.run_checkpoints(0.01))
    await asyncio.sleep(0.1)
    assert not task.done()
    await desk.mongo.db.command("collMod", "audit_checkpoints", validator={})
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await desk.verify()).checkpoints == 1


async def test_a_cancellation_that_the_driver_swallows_still_ends_the_task(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a server that is told to stop would wait for its checkpoints for ever."""
    inside = asyncio.Event()

    async def swallowing(_at: datetime) -> None:
        inside.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            raise OSError from None

    monkeypatch.setattr(desk.log, "checkpoint", swallowing)
    task = asyncio.create_task(desk.log.run_checkpoints(0.001))
    await inside.wait()
    monkeypatch.undo()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 20)
