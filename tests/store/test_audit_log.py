"""The log is durable when append returns, and whole whatever happens to a writer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import stat
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from server.actions.audit_keys import audit_key, public_keys
from server.actions.audit_log import AuditLog, LogDamaged, Writing
from server.actions.audit_verify import prove
from server.audit.entry import Entry, Malformed
from server.audit.proof import check_proof
from server.audit.signing import public_pem
from server.errors import ConfigError, Conflict, NotFoundError, Refused, Unavailable
from server.store.audit import AuditStore
from server.store.mongo import Mongo
from tests.store.audit_tools import KEYS, Desk, a_desk, many_at_once, some
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


# Checkpoints and proofs


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


# Keys


def test_workers_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: audit_key(keys, may_create=True).id, range(16)))
    assert len(set(found)) == 1
    assert [path.name for path in keys.iterdir()] == ["audit.pem"]
    assert stat.S_IMODE((keys / "audit.pem").stat().st_mode) == 0o600
    assert list(public_keys(keys)) == [found[0]]


def test_production_does_not_make_up_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        audit_key(tmp_path, may_create=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError):
        public_keys(tmp_path)


def test_a_damaged_key_or_one_of_another_kind_is_a_bad_setting(tmp_path: Path) -> None:
    curve = generate_private_key(SECP256R1())
    wrong = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem in (b"nonsense", wrong):
        (tmp_path / "audit.pem").write_bytes(pem)
        with pytest.raises(ConfigError):
            audit_key(tmp_path, may_create=True)
        with pytest.raises(ConfigError):
            public_keys(tmp_path)
    (tmp_path / "audit.pem").unlink()
    public = curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "audit-2026.pub").write_bytes(public)
    with pytest.raises(ConfigError):
        public_keys(tmp_path)
    (tmp_path / "audit.pem").mkdir()
    with pytest.raises(ConfigError):
        audit_key(tmp_path, may_create=True)


def test_retired_keys_stay_known(tmp_path: Path) -> None:
    audit_key(tmp_path, may_create=True)
    (tmp_path / "audit-2025.pub").write_bytes(public_pem(KEY.public))
    assert KEY.id in public_keys(tmp_path)
    assert len(public_keys(tmp_path)) == 2
