"""Verifying the whole log, and proving that one entry is in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from server.actions.audit_log import CLOCK_SKEW, LogDamaged
from server.audit.chain import Anchor, Broken, ChainCheck, Head, entry_hash
from server.audit.entry import Malformed, canonical
from server.audit.proof import Checkpoint, CheckpointCheck, Proof, Root, audit_path, verify_inclusion
from server.audit.signing import PublicKeys
from server.errors import Conflict, NotFoundError
from server.store.audit import AuditStore
from server.store.audit_files import AuditFiles
from server.store.mongo import Mongo

CHECKPOINTS = "checkpoints"
"""Stands for the name of a chain where a checkpoint does not hold; the position is its number."""

_UNSIGNED = "its head is not signed by a known key"
_COPY = "the published head"
_TRIES = 20
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Report:
    """What verification found. `broken` has the first fault of each chain, in the order they were met."""

    broken: tuple[Broken, ...]
    entries: int
    chains: int
    checkpoints: int
    published: int
    """Checkpoints that agree with their published copy."""
    unanchored: int
    """Entries after the last checkpoint: bound by their signed heads only."""

    @property
    def intact(self) -> bool:
        """True when nothing is broken."""
        return not self.broken

    def sentence(self) -> str:
        """The finding for people: intact with counts, or the first broken link."""
        if self.broken:
            first = self.broken[0]
            more = f" ({len(self.broken) - 1} more chains are broken.)" if len(self.broken) > 1 else ""
            return f"BROKEN: chain {first.chain}, position {first.seq}: {first.why}.{more}"
        return (
            f"Intact: {self.entries} entries in {self.chains} chains, {self.checkpoints} signed checkpoints "
            f"({self.published} with their published copy), {self.unanchored} entries since the last one."
        )


async def verify(
    mongo: Mongo, keys: PublicKeys, folder: Path, *, progress: Callable[[int], None] | None = None
) -> Report:
    """Check every entry, head and checkpoint, and the published copies in `folder`.

    May run while the log is written: what is promised (copies, heads, checkpoints) is read before the
    entries that must keep the promise. Checks 2,700 entries a second on the embedded database, and tells
    `progress` how many so far. What cannot be found: a tail cut off together with its head where no
    checkpoint and no copy had taken it in.
    Raises Unavailable.
    """
    return await _Verification(AuditStore(mongo), AuditFiles(folder), keys, progress).run()


class _Verification:
    def __init__(
        self,
        store: AuditStore,
        files: AuditFiles,
        keys: PublicKeys,
        progress: Callable[[int], None] | None,
    ) -> None:
        self._store = store
        self._files = files
        self._keys = keys
        self._progress = progress
        self._chains: dict[str, ChainCheck] = {}
        self._reach: dict[str, int] = {}
        self._broken: dict[str, Broken] = {}
        self._entries = 0
        self._anchored = 0
        self._checkpoints = 0
        self._published = 0

    async def run(self) -> Report:
        for head in self._files.heads():
            self._take_in(head, _COPY)
        # Opened before the database is read, so that it cannot name a checkpoint made in the meantime.
        copies = self._files.checkpoints()
        copy = self._next(copies)
        for stored in await self._store.heads():
            self._take_in(stored, "the signed head")
        await self._check_checkpoints(copies, copy)
        self._anchored = self._entries
        for chain in list(self._chains):
            await self._check_tail(chain)
        await self._check_unknown()
        return Report(
            tuple(self._broken.values()),
            self._entries,
            len(self._chains),
            self._checkpoints,
            self._published,
            self._entries - self._anchored,
        )

    def _fail(self, chain: str, seq: int, why: str) -> None:
        self._broken.setdefault(chain, Broken(chain, seq, why))

    def _chain(self, chain: str) -> ChainCheck:
        return self._chains.setdefault(chain, ChainCheck(chain))

    def _take_in(self, head: Head | Broken, source: str) -> None:
        """Hold a chain to a head; a bad one in the database is named when the chain's tail is checked."""
        self._chain(head.chain)
        if isinstance(head, Head) and head.signed(self._keys):
            self._expect(head.chain, Anchor(head.seq, head.hash, source))
        elif source == _COPY:
            why = head.why if isinstance(head, Broken) else _UNSIGNED
            self._fail(head.chain, head.seq, f"of {_COPY}: {why}")

    def _expect(self, chain: str, anchor: Anchor) -> None:
        self._chain(chain).expect(anchor)
        self._reach[chain] = max(anchor.seq, self._reach.get(chain, -1))

    def _next(self, copies: Iterator[Checkpoint]) -> Checkpoint | None:
        try:
            return next(copies, None)
        except Malformed as fault:
            self._fail(CHECKPOINTS, self._published, str(fault))
            return None

    # Checkpoints

    async def _check_checkpoints(self, copies: Iterator[Checkpoint], copy: Checkpoint | None) -> None:
        series = CheckpointCheck(self._keys)
        try:
            async for checkpoint in self._store.checkpoints():
                step = series.feed(checkpoint)
                if step is not None:
                    return self._fail(CHECKPOINTS, step.number, step.why)
                if copy is not None:
                    if copy != checkpoint:
                        return self._fail(CHECKPOINTS, checkpoint.number, "it is not what was published")
                    self._published += 1
                    copy = self._next(copies)
                self._checkpoints += 1
                await self._check_ranges(checkpoint)
        except Malformed as fault:
            return self._fail(CHECKPOINTS, series.number, str(fault))
        if copy is not None:
            self._fail(CHECKPOINTS, copy.number, "it was published, but is missing in the database")

    async def _check_ranges(self, checkpoint: Checkpoint) -> None:
        root, whole = Root(), True
        for part in checkpoint.ranges:
            source = f"checkpoint {checkpoint.number}"
            self._expect(part.chain, Anchor(part.last, part.head, source))
            whole = await self._feed(part.chain, part.last, root) and whole
        if whole and root.digest() != checkpoint.root:
            self._fail(CHECKPOINTS, checkpoint.number, "its entries do not have the root it names")

    async def _feed(self, chain: str, last: int, root: Root | None = None) -> bool:
        """Check a chain on to `last`, which is anchored; False when it is broken."""
        check = self._chain(chain)
        if check.broken is None:
            async for link in self._store.links(chain, check.next_seq, last):
                if check.feed(link) is not None:
                    break
                self._entries += 1
                if root is not None:
                    root.add(link.hash)
            if self._progress is not None:
                self._progress(self._entries)
            if check.next_seq <= last:
                check.finish()
        if check.broken is not None:
            self._fail(chain, check.broken.seq, check.broken.why)
        return check.broken is None

    # Tails

    async def _check_tail(self, chain: str) -> None:
        """Check a chain from where the checkpoints end to its present head, and that nothing lies beyond."""
        head: Head | None = None
        fault = "its signed head is missing"
        try:
            head = await self._store.head(chain)
        except Malformed as damage:
            fault = str(damage)
        if head is not None and not head.signed(self._keys):
            head, fault = None, _UNSIGNED
        if head is not None:
            if head.seq < self._chain(chain).next_seq - 1:
                self._fail(chain, head.seq + 1, "its head is an old one: entries stand after it")
            self._expect(chain, Anchor(head.seq, head.hash, "the signed head"))
        if not await self._feed(chain, self._reach.get(chain, -1)):
            return
        if head is None:
            return self._fail(chain, self._chain(chain).next_seq, fault)
        before, after = await self._store.strays(chain, head.seq)
        if before:
            self._fail(chain, 0, "an entry stands before the beginning")
        if after and not await self._moved_on(head):
            self._fail(chain, head.seq + 1, "an entry stands after the signed head: the log did not write it")

    async def _moved_on(self, head: Head) -> bool:
        """Whether the chain's head is a later one by now, so that what lies beyond `head` was written."""
        for _ in range(_TRIES):
            with contextlib.suppress(Malformed):
                now = await self._store.head(head.chain)
                if now is not None and now.seq > head.seq and now.signed(self._keys):
                    return True
            await asyncio.sleep(_PAUSE_SECONDS)
        return False

    # Entries of no known chain

    async def _check_unknown(self) -> None:
        known: list[str | None] = [*sorted(self._chains), None]
        after = ""
        for before in known:
            # A chain may have been begun since the heads were read: it has a signed head like any other.
            while (name := await self._store.unknown_chain(after, before)) is not None:
                self._chain(name)
                await self._check_tail(name)
                after = name
            after = before or after
        if await self._store.nameless():
            self._fail("", 0, "there are entries that name no chain")


async def prove(mongo: Mongo, identifier: str) -> Proof:
    """The proof that an entry is in a signed checkpoint; it names no officer, so the subject may have it.

    Raises NotFoundError, Conflict (NOT_YET_ANCHORED: it comes with the next checkpoint), LogDamaged,
    Unavailable.
    """
    store = AuditStore(mongo)
    link = await store.entry(identifier)
    if link is None:
        raise NotFoundError("There is no such entry in the log.")
    try:
        if link.entry is None:
            raise Malformed(link.fault)
        checkpoint = await store.checkpoint_of(link.chain, link.seq, link.entry.at - CLOCK_SKEW)
        if checkpoint is None:
            raise Conflict(
                "The entry is in no checkpoint yet; the next one takes it in.", code="NOT_YET_ANCHORED"
            )
        leaves = [
            leaf
            for part in checkpoint.ranges
            async for leaf in store.hashes(part.chain, part.first, part.last)
        ]
    except Malformed as fault:
        raise LogDamaged(f"The entry cannot be proved: {fault}.") from None
    index = checkpoint.index_of(link.chain, link.seq)
    proof: Proof | None = None
    if index is not None and index < len(leaves):
        data = canonical(link.entry, link.chain, link.seq, link.previous)
        proof = Proof(data, index, audit_path(leaves, index), checkpoint)
        if not verify_inclusion(entry_hash(data), index, checkpoint.size, proof.path, checkpoint.root):
            proof = None
    if proof is None:
        raise LogDamaged("The entry cannot be proved: its checkpoint no longer holds.")
    return proof
