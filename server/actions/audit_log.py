"""Writing the log: durable before the answer leaves, chained per writer, anchored in signed checkpoints.

A process owns one chain, and one more for each transaction that writes at the same time: writers never wait
for each other, and never compete for a position. A chain whose last write may or may not have been committed
is abandoned for a new one; entries and their head are one transaction, so the abandoned chain is whole
either way and verifies like any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from server import clock
from server.audit.chain import START, Head, Link, link, sign_head
from server.audit.entry import Entry, Malformed, body, ordered_id
from server.audit.proof import FIRST, Checkpoint, Range, Root, sign_checkpoint
from server.audit.signing import SigningKey
from server.errors import CreditError, Unavailable
from server.logs import logger
from server.store.audit import AuditStore
from server.store.audit_files import AuditFiles
from server.store.mongo import Mongo, Session

T = TypeVar("T")

BATCH = 200
"""Entries written together at most."""

LEAVES = 50_000
"""A checkpoint takes in no further chain once it has so many entries."""

CLOCK_SKEW = timedelta(hours=1)
"""How far the clocks of two workers may differ without a head being overlooked until the next start."""

_LAST_WORD_SECONDS = 5.0


class LogDamaged(CreditError):
    """The log in the database is not what was written; `qufu-credit audit verify` names the place."""

    default_code = "LOG_DAMAGED"
    default_status = 500


@dataclass(slots=True)
class _Lane:
    """The next position of one chain."""

    chain: str
    seq: int = 0
    previous: bytes = START


@dataclass(slots=True)
class Writing:
    """One transaction that writes entries along with other changes; for one task at a time."""

    session: Session
    _store: AuditStore = field(repr=False)
    _key: SigningKey = field(repr=False)
    _lane: _Lane = field(repr=False)
    head: Head | None = None
    attempted: bool = False

    async def append(self, entries: Sequence[Entry]) -> None:
        """Write entries; they are durable when the transaction commits. Raises Malformed, Unavailable."""
        ready = [_ready(entry) for entry in entries]
        await self.write(ready)

    async def write(self, ready: Sequence[tuple[Entry, bytes]]) -> None:
        """As `append`, for entries whose bodies are made."""
        if not ready:
            return
        lane = self._lane
        links: list[Link] = []
        seq, previous = lane.seq, lane.previous
        for entry, made in ready:
            links.append(link(entry, lane.chain, seq, previous, made))
            seq, previous = seq + 1, links[-1].hash
        head = sign_head(self._key, lane.chain, seq - 1, previous, clock.now())
        self.attempted = True
        await self._store.append(links, head, self.session)
        self.head = head
        lane.seq, lane.previous = seq, previous


@dataclass(slots=True)
class _Waiting:
    ready: list[tuple[Entry, bytes]]
    done: asyncio.Future[Unavailable | None]


class AuditLog:
    """The log as one process writes it. `folder` takes the published copies and belongs to this database."""

    def __init__(self, mongo: Mongo, key: SigningKey, folder: Path) -> None:
        self._mongo = mongo
        self._store = AuditStore(mongo)
        self._files = AuditFiles(folder)
        self._key = key
        self._free: list[_Lane] = []
        self._queue: list[_Waiting] = []
        self._drain: asyncio.Task[None] | None = None
        self._checkpointing = asyncio.Lock()
        self._swept = False
        self._log = logger("audit")

    # Entries

    async def append(self, entries: Sequence[Entry]) -> None:
        """Write entries and return when they are durable; only then may what they tell of leave.

        Callers that wait at the same time are written together. Measured on the embedded database: 1,200
        entries a second for 50 callers (0.2 ms of our CPU each), 200 a second for one alone (2 ms). Raises
        Unavailable when they could not be written, Malformed for what is no entry.
        """
        if not entries:
            return
        done: asyncio.Future[Unavailable | None] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting([_ready(entry) for entry in entries], done))
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._write_waiting())
        # Shielded: a caller that goes away must not take the others' entries with it.
        fault = await asyncio.shield(done)
        if fault is not None:
            raise fault

    async def _write_waiting(self) -> None:
        while self._queue:
            batch, size = [self._queue.pop(0)], 0
            while self._queue and (size := size + len(batch[-1].ready)) < BATCH:
                batch.append(self._queue.pop(0))
            fault: Unavailable | None = Unavailable("The log could not be written, so nothing is disclosed.")
            try:
                async with self.transaction() as writing:
                    await writing.write([item for one in batch for item in one.ready])
                fault = None
            except Exception as error:
                self._log.error("audit_entries_not_written", error=type(error).__name__)
            finally:
                for one in batch:
                    one.done.set_result(fault)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Writing]:
        """One transaction for changes and the entries that tell of them: all of it, or none of it.

        Pass `writing.session` to the store and call `writing.append`. `transact` reruns on a conflict.
        """
        lane = self._take()
        writing: Writing | None = None
        try:
            async with self._mongo.transaction() as session:
                writing = self._writing(session, lane)
                yield writing
        except BaseException:
            self._give_back(lane, writing)
            raise
        self._settle(lane, writing)

    async def transact(self, work: Callable[[Writing], Awaitable[T]]) -> T:
        """Run `work` in one transaction, and again when another writer got in between.

        `work` must be safe to repeat. Raises Unavailable, or what `work` raises.
        """
        lane = self._take()
        writing: Writing | None = None
        attempted = False

        async def attempt(session: Session) -> T:
            nonlocal writing, attempted
            attempted = attempted or (writing is not None and writing.attempted)
            writing = self._writing(session, lane)
            return await work(writing)

        try:
            result = await self._mongo.transact(attempt)
        except BaseException:
            if writing is not None and attempted:
                writing.attempted = True
            self._give_back(lane, writing)
            raise
        self._settle(lane, writing)
        return result

    def _take(self) -> _Lane:
        if self._free:
            return self._free.pop()
        return _Lane(ordered_id(clock.now(), secrets.token_bytes(10)))

    def _writing(self, session: Session, lane: _Lane) -> Writing:
        # A copy: an aborted attempt leaves the lane where it was.
        return Writing(session, self._store, self._key, replace(lane))

    def _give_back(self, lane: _Lane, writing: Writing | None) -> None:
        # After an attempted write the outcome may be unknown, or the server may still hold the head until
        # the transaction times out. A new chain costs nothing; a wrong guess would break this one.
        if writing is None or not writing.attempted:
            self._free.append(lane)

    def _settle(self, lane: _Lane, writing: Writing | None) -> None:
        if writing is None or writing.head is None:
            self._free.append(lane)
            return
        head = writing.head
        self._free.append(_Lane(head.chain, head.seq + 1, head.hash))
        try:
            self._files.write_head(head)
        except OSError as error:
            self._log.error("audit_head_not_published", error=type(error).__name__)

    async def entries_of(
        self, token: str, *, day: date, limit: int, before: str | None = None
    ) -> list[Entry]:
        """A subject's entries, newest first; `before` is the id of the last one of the page before.

        Leaves out what is withheld by law on `day` (city time). Raises LogDamaged, Unavailable.
        """
        links = await self._store.of_subject(token, day=day, limit=limit, before=before)
        entries = [item.entry for item in links if item.entry is not None]
        if len(entries) < len(links):
            raise LogDamaged("The log of this subject is damaged.")
        return entries

    async def count_of(self, token: str, *, day: date, bound: int) -> int:
        """How many entries `entries_of` would give in all, counted no further than `bound`."""
        return await self._store.count_of_subject(token, day=day, bound=bound)

    # Checkpoints

    async def checkpoint(self, at: datetime) -> Checkpoint | None:
        """Anchor what every chain gained since the last checkpoint; None when that is nothing.

        Also None when another worker took the number first: what is left is anchored next time. Raises
        LogDamaged when the database has lost checkpoints that were published, Unavailable, and OSError when
        the checkpoint stands but could not be published: the next call does that first.
        """
        async with self._checkpointing:
            try:
                return await self._checkpoint(at)
            except Malformed as fault:
                raise LogDamaged(f"No checkpoint can be made: {fault}.") from None

    async def _checkpoint(self, at: datetime) -> Checkpoint | None:
        # The copy is read first: what is published is in the database already, not the other way round.
        published = await asyncio.to_thread(self._files.published)
        last = await self._store.last_checkpoint()
        if published > (-1 if last is None else last.number):
            raise LogDamaged(f"The published copy names checkpoint {published}, which the database has lost.")
        async for earlier in self._store.checkpoints(published + 1):
            await asyncio.to_thread(self._files.add_checkpoint, earlier)
            last = earlier
        ranges, root, whole = await self._gather(last)
        if not ranges:
            self._swept = self._swept or whole
            return None
        number, previous = (0, FIRST) if last is None else (last.number + 1, last.hash())
        checkpoint = sign_checkpoint(self._key, number, at, previous, ranges, root)
        if not await self._store.add_checkpoint(checkpoint):
            return None
        self._swept = self._swept or whole
        await asyncio.to_thread(self._files.add_checkpoint, checkpoint)
        return checkpoint

    async def _gather(self, last: Checkpoint | None) -> tuple[list[Range], bytes, bool]:
        """What a checkpoint after `last` covers, its root, and whether that is everything there is."""
        since = last.at - CLOCK_SKEW if last is not None and self._swept else None
        heads = [head for head in await self._store.heads(since) if isinstance(head, Head)]
        covered = await self._store.covered([head.chain for head in heads])
        ranges: list[Range] = []
        tree = Root()
        for head in sorted(heads, key=lambda one: one.chain):
            first = covered.get(head.chain, -1) + 1
            if head.seq < first:
                continue
            if tree.size >= LEAVES:
                return ranges, tree.digest(), False
            leaves = [leaf async for leaf in self._store.hashes(head.chain, first, head.seq)]
            if len(leaves) != head.seq - first + 1 or leaves[-1] != head.hash:
                # Never sign what does not hold; verify names the place.
                self._log.error("audit_chain_broken", chain=head.chain)
                continue
            for leaf in leaves:
                tree.add(leaf)
            ranges.append(Range(head.chain, first, head.seq, head.hash))
        return ranges, tree.digest(), True

    async def run_checkpoints(self, every_seconds: float) -> None:
        """Make checkpoints until cancelled; then write what waits and make a last one."""
        task = asyncio.current_task()
        try:
            while True:
                await asyncio.sleep(every_seconds)
                await self._try_checkpoint()
                if task is not None and task.cancelling():
                    # The driver may turn a cancellation into an error of its own, which is caught like any other.
                    raise asyncio.CancelledError
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_WORD_SECONDS):
                    await self.close()
                    await self._try_checkpoint()

    async def _try_checkpoint(self) -> None:
        try:
            made = await self.checkpoint(clock.now())
            while made is not None and made.size >= LEAVES:
                made = await self.checkpoint(clock.now())
        except (CreditError, OSError) as error:
            self._log.error("audit_checkpoint_not_made", error=str(error))
        except Exception as error:
            # The loop outlives a driver's surprise; the driver's text may carry values, so only its type.
            self._log.error("audit_checkpoint_not_made", error=type(error).__name__)

    async def close(self) -> None:
        """Return when everything that waits is written."""
        if self._drain is not None:
            await asyncio.wait([self._drain])


def _ready(entry: Entry) -> tuple[Entry, bytes]:
    """The entry with the salt its officer needs, and its body: made for each caller apart, so that what is
    no entry fails its own caller and not the whole batch."""
    if entry.actor_officer is not None and not entry.officer_salt:
        entry = replace(entry, officer_salt=secrets.token_hex(16))
    return entry, body(entry)


def entry_id(at: datetime) -> str:
    """A new id for an entry made at `at`; ids sort by time."""
    return ordered_id(at, secrets.token_bytes(10))
