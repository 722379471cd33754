"""The log is durable when append returns, and whole whatever happens to a writer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pymongo.errors import OperationFailure

from server.actions.audit_log import AuditLog, LogDamaged, Writing
from server.audit.entry import Entry, Malformed
from server.errors import Refused, Unavailable
from server.store.audit import AuditStore
from server.store.mongo import Mongo
from tests.store.audit_tools import Desk, a_desk, many_at_once, some
from tests.vectors.make_chains import KEY, an_entry


@pytest_asyncio.fixture
async def desk(mongo: Mongo, tmp_path: Path) -> AsyncIterator[Desk]:
    made = await a_desk(mongo, tmp_path / "audit")
    yield made
    await made.log.close()


async def test_an_entry_comes_back_as_it_was_written(desk: Desk) -> None:
    (entry,) = some(1, hidden_until=date(2026, 1, 31))
    await desk.log.append([entry])
    link = await AuditStore(desk.mongo).entry(entry.id)
    assert link is not None
    assert link.entry is not None
    assert link.seq == 0
    assert link.entry.officer_salt != ""
    assert link.entry.kinds == entry.kinds
    assert (link.entry.at, link.entry.actor_officer) == (entry.at, entry.actor_officer)


async def test_callers_at_the_same_time_share_one_chain_without_a_fault(desk: Desk) -> None:
    await many_at_once(desk.log, 120)
    await desk.log.append([])
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.entries, report.chains) == (120, 1)


async def test_two_writers_at_once_are_intact(desk: Desk) -> None:
    other = desk.writer()
    await asyncio.gather(
        many_at_once(desk.log, 40), many_at_once(other, 40), desk.write(5), desk.write(5, other)
    )
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.entries, report.chains) == (90, 2)


async def test_verification_is_intact_while_entries_and_checkpoints_are_written(desk: Desk) -> None:
    other = desk.writer()

    async def writing(log: AuditLog) -> None:
        for entry in some(100):
            await log.append([entry])

    async def anchoring() -> None:
        while True:
            await desk.anchor(other)
            await asyncio.sleep(0.05)

    anchors = asyncio.create_task(anchoring())
    tasks = [asyncio.create_task(writing(log)) for log in (desk.log, other)]
    seen: list[int] = []
    while not all(task.done() for task in tasks):
        report = await desk.verify()
        assert report.intact, report.sentence()
        seen.append(report.entries)
    await asyncio.gather(*tasks)
    anchors.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await anchors
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert report.entries == 200
    assert report.checkpoints > 0
    assert seen == sorted(seen)


async def test_a_change_and_its_entry_are_written_together_or_not_at_all(desk: Desk) -> None:
    things = desk.mongo.db["things"]
    async with desk.log.transaction() as writing:
        await things.insert_one({"_id": "kept"}, session=writing.session)
        await writing.append(some(2))
        await writing.append(some(1))

    async def change_our_mind() -> None:
        async with desk.log.transaction() as writing:
            await things.insert_one({"_id": "lost"}, session=writing.session)
            await writing.append(some(2))
            raise Refused("changed our mind")

    with pytest.raises(Refused):
        await change_our_mind()
    await desk.write(2)
    assert await things.distinct("_id") == ["kept"]
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert report.entries == 5


async def test_a_transaction_without_entries_leaves_the_chain_to_the_next_one(desk: Desk) -> None:
    await desk.write(1)
    async with desk.log.transaction():
        pass
    with pytest.raises(Refused):
        async with desk.log.transaction():
            raise Refused("nothing written")
    await desk.write(1)
    report = await desk.verify()
    assert (report.intact, report.entries, report.chains) == (True, 2, 1)


async def test_an_unknown_outcome_of_a_commit_leaves_every_chain_intact(desk: Desk) -> None:
    await desk.write(2)

    class Lost(Exception):
        pass

    class Forgetful(Mongo):
        """Commits, and then tells the caller that nobody knows."""

        @contextlib.asynccontextmanager
        async def transaction(self):  # type: ignore[no-untyped-def]
            async with super().transaction() as session:
                yield session
            raise Lost

    forgetful = AuditLog(Forgetful(desk.mongo.client, desk.mongo.db.name), KEY, desk.folder)
    with pytest.raises(Lost):
        async with forgetful.transaction() as writing:
            await writing.append(some(2))
    with pytest.raises(Unavailable):
        await forgetful.append(some(1))
    await desk.write(1)
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.entries, report.chains) == (6, 3)


async def test_transactions_that_collide_are_run_again_and_stay_intact(desk: Desk) -> None:
    counters = desk.mongo.db["counters"]
    await counters.insert_one({"_id": "one", "n": 0})

    async def count(writing: Writing) -> int:
        found = await counters.find_one({"_id": "one"}, session=writing.session)
        assert found is not None
        await writing.append(some(1))
        await counters.update_one({"_id": "one"}, {"$inc": {"n": 1}}, session=writing.session)
        return 1

    assert sum(await asyncio.gather(*(desk.log.transact(count) for _ in range(8)))) == 8
    found = await counters.find_one({"_id": "one"})
    assert found is not None
    assert found["n"] == 8
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert report.entries == 8


async def test_a_refusal_inside_a_rerunnable_transaction_writes_nothing(desk: Desk) -> None:
    async def refuse(writing: Writing) -> None:
        await writing.append(some(1))
        raise Refused("no")

    with pytest.raises(Refused):
        await desk.log.transact(refuse)
    assert (await desk.verify()).entries == 0


async def test_if_the_log_cannot_be_written_every_caller_is_told_and_it_recovers(desk: Desk) -> None:
    # A unique index on a field that is the same everywhere stands for a database that refuses the write.
    await desk.write(1)
    await desk.entries.create_index("form", unique=True, name="refusal")
    outcomes = await asyncio.gather(*(desk.log.append(some(2)) for _ in range(5)), return_exceptions=True)
    assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
    await desk.entries.drop_index("refusal")
    await desk.write(1)
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.entries, report.chains) == (2, 2)


async def test_what_is_no_entry_fails_its_own_caller_only(desk: Desk) -> None:
    wrong = an_entry(1, actor_officer=None)
    results = await asyncio.gather(desk.log.append([wrong]), desk.log.append(some(1)), return_exceptions=True)
    assert isinstance(results[0], Malformed)
    assert results[1] is None


async def test_a_caller_that_goes_away_does_not_take_others_entries_along(desk: Desk) -> None:
    tasks = [asyncio.create_task(desk.log.append(some(1))) for _ in range(10)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results].count(asyncio.CancelledError) == 1
    await desk.log.close()
    report = await desk.verify()
    assert (report.intact, report.entries) == (True, 10)


async def test_a_rerun_that_fails_before_it_writes_leaves_the_chain_alone(desk: Desk) -> None:
    await desk.write(1)
    runs = 0

    async def work(writing: Writing) -> None:
        nonlocal runs
        runs += 1
        if runs > 1:
            raise Refused("no longer")
        await writing.append(some(1))
        await writing.append([])
        conflict = OperationFailure("another writer was faster", 112)
        conflict._add_error_label("TransientTransactionError")
        raise conflict

    with pytest.raises(Refused):
        await desk.log.transact(work)
    assert runs == 2
    await desk.write(1)
    report = await desk.verify()
    assert (report.intact, report.entries, report.chains) == (True, 2, 2)


async def test_an_append_that_fails_half_way_leaves_no_gap_behind_it(desk: Desk) -> None:
    async with desk.log.transaction() as writing:
        with pytest.raises(Malformed):
            await writing.append([*some(1), an_entry(1, actor_officer=None)])
        await writing.append(some(2))
    report = await desk.verify()
    assert (report.intact, report.entries) == (True, 2)


async def test_a_folder_that_cannot_be_written_to_stops_no_entry(desk: Desk) -> None:
    desk.folder.write_text("a file where the folder should be")
    await desk.write(2)
    with pytest.raises(OSError, match="audit"):
        await desk.anchor()
    task = asyncio.create_task(desk.log.run_checkpoints(0.01))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    desk.folder.unlink()
    await desk.write(1)
    await desk.anchor()
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.entries, report.unanchored) == (3, 0)
    assert report.published == report.checkpoints > 0


# Reading


async def test_a_subject_reads_its_own_entries_newest_first_in_pages(desk: Desk) -> None:
    day = date(2026, 5, 4)
    for number in range(7):
        await desk.log.append(some(1, subject_token="subject-token-a", operation=f"op{number}"))
    await desk.log.append(some(1, subject_token="subject-token-b"))
    await desk.log.append(some(1, subject_token="subject-token-a", hidden_until=day, operation="hidden"))
    seen: list[Entry] = []
    before: str | None = None
    while page := await desk.log.entries_of("subject-token-a", day=day, limit=3, before=before):
        seen += page
        before = page[-1].id
    assert [entry.operation for entry in seen] == [f"op{number}" for number in reversed(range(7))]
    assert await desk.log.count_of("subject-token-a", day=day, bound=100) == 7
    assert await desk.log.count_of("subject-token-a", day=day, bound=4) == 4
    after = await desk.log.entries_of("subject-token-a", day=day + timedelta(days=1), limit=1)
    assert [entry.operation for entry in after] == ["hidden"]


async def test_a_damaged_entry_is_not_read_as_if_it_were_one(desk: Desk) -> None:
    await desk.write(3, subject_token="subject-token-a")
    await desk.entries.update_one({"seq": 1}, {"$set": {"row_count": "three"}})
    with pytest.raises(LogDamaged):
        await desk.log.entries_of("subject-token-a", day=date(2026, 5, 4), limit=10)
