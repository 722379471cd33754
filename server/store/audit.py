"""The collections of the log: `audit_entries`, `audit_heads`, `audit_checkpoints` and `audit_anchors`.

Entries and the head that covers them are always written in one transaction, so whoever reads an entry can
read a head that covers it. Every filter is one flat, bounded range on an index.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

from server.audit.chain import Broken, Head, Link
from server.audit.entry import FORM, Malformed, from_plain, instant, plain
from server.audit.proof import Checkpoint, checkpoint_from_plain
from server.store.mongo import Mongo, Session, translating

PAGE = 500
"""Entries read at a time: about 75 ms on the embedded server, which answers nobody else meanwhile."""

_PLACE = ("chain", "seq", "previous", "hash", "form")


class AuditEntryDocument(Document):
    """One entry at its place. `at` is UTC; `hidden_until` an ISO day or empty; hashes are hex."""

    id: str  # type: ignore[assignment]
    chain: str
    seq: int
    previous: str
    hash: str
    form: int
    at: datetime
    tag: str
    outcome: str
    channel: str
    viewer_class: str
    trace_id: str
    actor_unit: str | None
    actor_client: str | None
    actor_officer: str | None
    officer_salt: str
    subject_token: str | None
    purpose: str | None
    matter: str | None
    ground: str
    consent: str | None
    operation: str
    operation_hash: str
    kinds: list[dict[str, Any]]
    row_count: int
    catalogue_version: int
    rule_sets: list[str]
    reason: str
    hidden_until: str

    class Settings:
        name = "audit_entries"
        indexes: ClassVar = [
            IndexModel([("chain", ASCENDING), ("seq", ASCENDING)], name="place", unique=True),
            IndexModel([("subject_token", ASCENDING), ("_id", DESCENDING)], name="subject"),
            IndexModel([("at", ASCENDING)], name="at"),
        ]


class AuditHeadDocument(Document):
    """The signed head of one chain, replaced with every append. `id` is the chain, `at` the last append."""

    id: str  # type: ignore[assignment]
    seq: int
    hash: str
    at: datetime
    key: str
    signature: str

    class Settings:
        name = "audit_heads"
        indexes: ClassVar = [IndexModel([("at", ASCENDING)], name="at")]


class CheckpointDocument(Document):
    """One signed checkpoint; `id` is its number with twelve digits, which makes numbers unique."""

    id: str  # type: ignore[assignment]
    number: int
    at: datetime
    previous: str
    ranges: list[dict[str, Any]]
    root: str
    key: str
    signature: str

    class Settings:
        name = "audit_checkpoints"
        indexes: ClassVar = [IndexModel([("ranges.chain", ASCENDING), ("at", ASCENDING)], name="range")]


class AuditAnchorDocument(Document):
    """How far a chain is covered by checkpoints, and under `latest` the last number.

    A short cut, not evidence: the signed checkpoints say the same, and a wrong anchor shows as a gap or an
    overlap between them.
    """

    id: str  # type: ignore[assignment]
    seq: int

    class Settings:
        name = "audit_anchors"


DOCUMENTS = (AuditEntryDocument, AuditHeadDocument, CheckpointDocument, AuditAnchorDocument)

_LATEST = "latest"
_MOST = 10**12 - 1


class AuditStore:
    """Reads and writes of one database's log. Raises Unavailable when the database does not answer."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._entries = mongo.db["audit_entries"]
        self._heads = mongo.db["audit_heads"]
        self._checkpoints = mongo.db["audit_checkpoints"]
        self._anchors = mongo.db["audit_anchors"]

    # Writing

    async def append(self, links: Sequence[Link], head: Head, session: Session) -> None:
        """Write links of one chain and the head that covers them; durable when the transaction commits."""
        with translating():
            await self._entries.insert_many([_entry_document(link) for link in links], session=session)
            await self._heads.replace_one(
                {"_id": head.chain}, _head_document(head), upsert=True, session=session
            )

    async def add_checkpoint(self, checkpoint: Checkpoint) -> bool:
        """Store a checkpoint; False, and nothing is stored, when another process took its number first."""
        document = checkpoint.plain() | {"_id": _numbered(checkpoint.number), "at": checkpoint.at}
        try:
            async with self._mongo.transaction() as session:
                await self._checkpoints.insert_one(document, session=session)
                for part in checkpoint.ranges:
                    await self._anchor(part.chain, part.last, session)
                await self._anchor(_LATEST, checkpoint.number, session)
        except DuplicateKeyError:
            return False
        except OperationFailure as fault:
            if fault.has_error_label("TransientTransactionError"):
                return False
            raise
        return True

    async def _anchor(self, name: str, seq: int, session: Session) -> None:
        await self._anchors.replace_one({"_id": name}, {"seq": seq}, upsert=True, session=session)

    # Chains

    async def links(self, chain: str, first: int, last: int) -> AsyncIterator[Link]:
        """The links `first` to `last` in order, whatever is stored there, in bounded memory."""
        for start in range(first, last + 1, PAGE):
            stop = min(start + PAGE, last + 1)
            # One more than fits, so that a second entry at one position shows.
            query = {"chain": chain, "seq": {"$gte": start, "$lt": stop}}
            with translating():
                found = await self._entries.find(query, limit=PAGE + 1).sort("seq", ASCENDING).to_list()
            for document in found:
                yield _link(document)

    async def hashes(self, chain: str, first: int, last: int) -> AsyncIterator[bytes]:
        """The stored hashes of the positions `first` to `last` that exist, in order. Raises Malformed."""
        for start in range(first, last + 1, PAGE):
            stop = min(start + PAGE, last + 1)
            query = {"chain": chain, "seq": {"$gte": start, "$lt": stop}}
            with translating():
                cursor = self._entries.find(query, {"hash": 1, "_id": 0}, limit=PAGE + 1)
                found = await cursor.sort("seq", ASCENDING).to_list()
            for document in found:
                yield _hash(document.get("hash"))

    async def strays(self, chain: str, last: int) -> tuple[bool, bool]:
        """Whether there are entries of `chain` (before position 0, after `last`)."""
        with translating():
            before = await self._entries.find_one({"chain": chain, "seq": {"$lt": 0}}, {"_id": 1})
            after = await self._entries.find_one({"chain": chain, "seq": {"$gt": last}}, {"_id": 1})
        return before is not None, after is not None

    async def unknown_chain(self, after: str, before: str | None) -> str | None:
        """The first chain that has entries and sorts between two others (`before` None: no bound)."""
        gap: dict[str, Any] = {"$gt": after}
        if before is not None:
            gap["$lt"] = before
        with translating():
            found = await self._entries.find_one({"chain": gap}, {"chain": 1}, sort=[("chain", ASCENDING)])
        return None if found is None else str(found["chain"])

    async def nameless(self) -> bool:
        """Whether there are entries that name no chain."""
        with translating():
            return await self._entries.find_one({"chain": {"$in": [None, ""]}}, {"_id": 1}) is not None

    # Heads

    async def head(self, chain: str) -> Head | None:
        """The head of `chain` as it stands now. Raises Malformed."""
        with translating():
            found = await self._heads.find_one({"_id": chain})
        return None if found is None else _head(found)

    async def heads(self, since: datetime | None = None) -> list[Head | Broken]:
        """All heads, or those written since a moment; one that cannot be read is given as its fault."""
        query = {} if since is None else {"at": {"$gte": since}}
        with translating():
            found = await self._heads.find(query).to_list()
        return [_head_or_fault(document) for document in found]

    # Checkpoints

    async def last_checkpoint(self) -> Checkpoint | None:
        """The checkpoint with the highest number. Raises Malformed."""
        with translating():
            latest = await self._anchors.find_one({"_id": _LATEST})
            hint = latest["seq"] if latest is not None and type(latest["seq"]) is int else 0
            for first in (hint, 0):
                query = {"_id": {"$gte": _numbered(first)}}
                found = await self._checkpoints.find(query, limit=1).sort("_id", DESCENDING).to_list()
                if found:
                    return _checkpoint(found[0])
        return None

    async def checkpoints(self, first: int = 0) -> AsyncIterator[Checkpoint]:
        """Checkpoints in the order of their numbers, in bounded memory. Raises Malformed."""
        width = 100
        while True:
            query = {"_id": {"$gte": _numbered(first), "$lt": _numbered(first + width)}}
            with translating():
                found = await self._checkpoints.find(query).sort("_id", ASCENDING).to_list()
                if not found:
                    # Something beyond a gap must not go unseen; the reader misses the numbers between.
                    beyond = self._checkpoints.find({"_id": {"$gte": _numbered(first)}}, limit=1)
                    found = await beyond.sort("_id", ASCENDING).to_list()
            for document in found:
                yield _checkpoint(document)
            if not found or first + width > _MOST:
                return
            first = max(first + width, int(found[-1]["_id"]) + 1)

    async def covered(self, chains: Iterable[str]) -> dict[str, int]:
        """Chain -> the last position a checkpoint covers, for those that are covered at all."""
        with translating():
            found = await self._anchors.find({"_id": {"$in": list(chains)}}).to_list()
        return {document["_id"]: document["seq"] for document in found if isinstance(document["seq"], int)}

    async def checkpoint_of(self, chain: str, seq: int, since: datetime) -> Checkpoint | None:
        """The checkpoint that covers a position, looked for from `since` on. Raises Malformed."""
        latest = await self.last_checkpoint()
        start, width = since, timedelta(minutes=10)
        while latest is not None and start <= latest.at:
            query = {"ranges.chain": chain, "at": {"$gte": start, "$lt": start + width}}
            with translating():
                found = await self._checkpoints.find(query).sort("at", ASCENDING).to_list()
            for document in found:
                checkpoint = _checkpoint(document)
                if checkpoint.index_of(chain, seq) is not None:
                    return checkpoint
            # A chain may have been covered long after it was written (the process was killed): widen.
            start, width = start + width, width * 4
        return None

    # Entries

    async def entry(self, identifier: str) -> Link | None:
        """One entry at its place, or None; a damaged one comes with its fault."""
        with translating():
            found = await self._entries.find_one({"_id": identifier})
        return None if found is None else _link(found)

    async def of_subject(self, token: str, *, day: date, limit: int, before: str | None = None) -> list[Link]:
        """A subject's entries, newest first, without those withheld by law on `day`.

        `before` is the id of the last entry of the page before.
        """
        query: dict[str, Any] = {"subject_token": token, "hidden_until": {"$lt": day.isoformat()}}
        if before is not None:
            query["_id"] = {"$lt": before}
        with translating():
            found = await self._entries.find(query, limit=limit).sort("_id", DESCENDING).to_list()
        return [_link(document) for document in found]

    async def count_of_subject(self, token: str, *, day: date, bound: int) -> int:
        """How many entries `of_subject` would give in all, counted no further than `bound`."""
        query = {"subject_token": token, "hidden_until": {"$lt": day.isoformat()}}
        with translating():
            return await self._entries.count_documents(query, limit=bound)


def _numbered(number: int) -> str:
    return f"{number:012d}"


def _hash(text: object) -> bytes:
    try:
        value = bytes.fromhex(text) if isinstance(text, str) and text == text.lower() else b""
    except ValueError:
        value = b""
    if len(value) != 32:
        raise Malformed("a hash is not 32 bytes in hex")
    return value


def _entry_document(link: Link) -> dict[str, Any]:
    assert link.entry is not None
    data = plain(link.entry)
    data["_id"] = data.pop("id")
    data["at"] = link.entry.at
    place = {"chain": link.chain, "seq": link.seq, "previous": link.previous.hex(), "hash": link.hash.hex()}
    return data | place | {"form": FORM}


def _link(document: Mapping[str, Any]) -> Link:
    data = dict(document)
    place = {name: data.pop(name, None) for name in _PLACE}
    chain, seq = place["chain"], place["seq"]
    whole = isinstance(seq, int) and not isinstance(seq, bool)
    at = int(seq) if isinstance(seq, int | float) else -1
    try:
        if not isinstance(chain, str) or not whole or place["form"] != FORM:
            raise Malformed("its chain, position or form is wrong")
        data["id"] = data.pop("_id", None)
        data["at"] = instant(data["at"]) if isinstance(data.get("at"), datetime) else None
        return Link(chain, at, _hash(place["previous"]), _hash(place["hash"]), from_plain(data))
    except Malformed as fault:
        return Link(str(chain), at, b"", b"", None, str(fault))


def _head_document(head: Head) -> dict[str, Any]:
    return {
        "_id": head.chain,
        "seq": head.seq,
        "hash": head.hash.hex(),
        "at": head.at,
        "key": head.key,
        "signature": head.signature.hex(),
    }


def _head(document: Mapping[str, Any]) -> Head:
    try:
        head = Head(
            chain=document["_id"],
            seq=document["seq"],
            hash=_hash(document["hash"]),
            at=document["at"],
            key=document["key"],
            signature=bytes.fromhex(document["signature"]),
        )
        same = _head_document(head) == document and type(head.at) is datetime and isinstance(head.seq, int)
    except (KeyError, TypeError, ValueError):
        raise Malformed("its head is damaged") from None
    if not same or not isinstance(head.chain, str):
        raise Malformed("its head is damaged")
    return head


def _head_or_fault(document: Mapping[str, Any]) -> Head | Broken:
    try:
        return _head(document)
    except Malformed as fault:
        return Broken(str(document["_id"]), 0, str(fault))


def _checkpoint(document: Mapping[str, Any]) -> Checkpoint:
    data = dict(document)
    name, at = data.pop("_id"), data.get("at")
    data["at"] = instant(at) if isinstance(at, datetime) else None
    checkpoint = checkpoint_from_plain(data)
    if name != _numbered(checkpoint.number):
        raise Malformed("a checkpoint is stored under another number")
    return checkpoint
