"""The collection ``changes``: what happened to records, numbered in the order in which feeds tell of it.

An event is written in the transaction of the change it tells of, without a number, and numbered afterwards: numbers
are given in a transaction of their own that moves one counter, so that whoever has read up to a number has read
everything up to it, and writers never wait for each other. Events hold no value of a record, only names of fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import DuplicateKeyError, OperationFailure

from server.errors import Conflict
from server.store.mongo import Mongo, Session, translating
from server.store.paging import WIDEN, widening

PENDING = "pending"
PUBLIC = "public"
"""Whom an event is for, besides what ``of_subject``, ``of_unit`` and ``received_by`` name."""

NUMBER_MOST = 2_000
"""Events numbered by one call: a reader never waits for the numbering of a whole import or sweep."""

_COUNTER = "changes"
_BATCH = 500
_FIRST_WIDTH = 200


def about(subject: str) -> str:
    """The address of everyone who follows one subject on a ground of its own."""
    return f"about:{subject}"


def own(unit: str) -> str:
    """The address of the unit that filed the record."""
    return f"own:{unit}"


def received(unit: str) -> str:
    """The address of a unit that was given the record."""
    return f"received:{unit}"


class ChangeDocument(Document):
    """One event. ``to`` holds its addresses; ``was`` and ``now`` are stages, None before and after the record's life.

    ``fields`` and ``masked`` name what changed in full and in masked form; both are None for a record that is new.
    """

    id: str  # type: ignore[assignment]
    seq: int
    to: list[str]
    at: datetime
    record: str
    version: int
    kind: str
    subject: str
    subject_kind: str
    unit: str
    cause: str
    was: str | None
    now: str | None
    fields: list[str] | None
    masked: list[str] | None

    class Settings:
        name = "changes"
        indexes: ClassVar = [
            IndexModel([("to", ASCENDING), ("seq", ASCENDING)], name="to"),
            IndexModel([("record", ASCENDING)], name="record"),
        ]


class Changes:
    """Reads and writes of one database's events."""

    def __init__(self, mongo: Mongo) -> None:
        self._mongo = mongo
        self._collection = mongo.db["changes"]
        self._counters = mongo.db["counters"]

    async def add(self, documents: Sequence[dict[str, Any]], session: Session) -> None:
        """Write events along with the changes they tell of."""
        if documents:
            with translating():
                await self._collection.insert_many(documents, session=session)

    async def last(self) -> int:
        """The highest number given so far."""
        with translating():
            found = await self._counters.find_one({"_id": _COUNTER})
        return int(found["value"]) if found else 0

    async def number(self, most: int = NUMBER_MOST) -> int:
        """Number at most so many events that wait, and return the highest number given.

        Workers may do so at the same time; what is left waits for the next call.
        """
        while True:
            with translating():
                query = {"to": PENDING, "seq": 0}
                waiting = await self._collection.find(query, {"_id": 1}).limit(most).to_list()
            names = sorted(one["_id"] for one in waiting)
            try:
                for start in range(0, len(names), _BATCH):
                    await self._number(names[start : start + _BATCH])
            except (Conflict, DuplicateKeyError):
                continue  # another worker was faster
            except OperationFailure as error:
                if not error.has_error_label("TransientTransactionError"):
                    raise
                continue
            return await self.last()

    async def waiting(self) -> bool:
        """Whether any event waits for its number."""
        with translating():
            return await self._collection.find_one({"to": PENDING, "seq": 0}, {"_id": 1}) is not None

    async def _number(self, batch: Sequence[str]) -> None:
        last = await self.last()
        async with self._mongo.transaction() as session:
            if last == 0:
                await self._counters.update_one(
                    {"_id": _COUNTER}, {"$setOnInsert": {"value": 0}}, upsert=True, session=session
                )
            moved = await self._counters.update_one(
                {"_id": _COUNTER, "value": last}, {"$inc": {"value": len(batch)}}, session=session
            )
            if moved.matched_count != 1:
                raise Conflict("Another worker numbers the events.")
            operations = [
                UpdateOne(
                    {"_id": identifier, "seq": 0},
                    {"$set": {"seq": last + place}, "$pull": {"to": PENDING}},
                )
                for place, identifier in enumerate(batch, 1)
            ]
            done = await self._collection.bulk_write(operations, session=session)
            if done.matched_count != len(batch):
                raise Conflict("Another worker numbered these events.")

    async def last_for(self, address: str, after: int, until: int) -> int:
        """The highest number above ``after`` and not above ``until`` for an address; ``after`` when there is none."""
        top, width = until, _FIRST_WIDTH
        while top > after:
            low = max(after, top - width)
            query = {"to": address, "seq": {"$gt": low, "$lte": top}}
            with translating():
                found = await self._collection.find(query, {"seq": 1, "_id": 0}).to_list()
            if found:
                return max(int(one["seq"]) for one in found)
            top, width = low, width * WIDEN
        return after

    async def of_records(self, records: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """Record -> its numbered events in order, as far as ``now`` and ``seq`` go."""
        query = {"record": {"$in": sorted(records)}}
        found: dict[str, list[dict[str, Any]]] = {}
        with translating():
            async for one in self._collection.find(query, {"record": 1, "seq": 1, "now": 1}):
                if one["seq"]:
                    found.setdefault(one["record"], []).append(one)
        for events in found.values():
            events.sort(key=lambda one: one["seq"])
        return found

    async def page(self, address: str, after: int, until: int, limit: int) -> list[dict[str, Any]]:
        """At most ``limit`` events for an address with numbers above ``after`` and not above ``until``, in order."""

        async def fetch(offset: int, width: int, most: int) -> list[dict[str, Any]]:
            query = {"to": address, "seq": {"$gt": after + offset, "$lte": after + offset + width}}
            found = await self._collection.find(query).to_list()
            return sorted(found, key=lambda one: one["seq"])[:most]

        async def positions() -> int:
            return max(0, until - after)

        with translating():
            return await widening(fetch, positions, limit, min(_FIRST_WIDTH, max(1, until - after)))
