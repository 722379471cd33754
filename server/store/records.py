"""The collections ``records`` (what is in force) and ``record_versions`` (what it was before).

The body of a record lies under its kind's code, so that a projection can name the fields of each kind exactly.
``order`` is the record's date followed by its id: one flat key that sorts and pages. Dates are ISO texts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from beanie import Document
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, DeleteOne, IndexModel, UpdateOne

from server.catalogue.kind import SubjectKind
from server.errors import Conflict
from server.model.ids import ALPHABET
from server.rules.access import Stage
from server.store.mongo import Mongo, Session, first_come, patiently, translating
from server.store.paging import WIDEN
from server.store.record_pages import CLOCKS, JUDGED, ROW, RecordPages

TECHNICAL = {
    **dict.fromkeys((*ROW, *JUDGED, *CLOCKS), 1),
    **dict.fromkeys(("version", "tick", "unit", "source_no", "subject", "announced", "due", "filed_at"), 1),
    **{
        f"seen_{audience}_{mark}": 1
        for audience in ("public", "subject", "government")
        for mark in ("version", "at")
    },
}
"""What the sweep and the recomputation read of a record: its clocks, never what it says."""


COUNT_SECONDS = 60.0
"""Counting what a new regime made stale reads an index entry for each such record."""

SLOTS = 32**3
"""How many slots records are spread over, by the last three (random) characters of their id."""


def slot_of(identifier: str) -> str:
    """The slot of a record."""
    return identifier[-3:]


def slot_at(place: int) -> str:
    """The slot at a place from 0; slots sort as their places do."""
    return "".join(ALPHABET[place >> shift & 31] for shift in (10, 5, 0))


class RecordDocument(Document):
    """One record in force. ``pub_from`` to ``keep_to`` are its clocks (see ``server.rules.lifecycle``).

    ``facts`` is what the clocks follow from and ``regime`` the number of the regime they were computed under.
    ``announced`` is the stage that was last told in ``changes`` (and the log), ``due`` the day on which it is no
    longer the right one. ``version`` counts what units filed; ``tick`` counts every other change of the document.
    """

    id: str  # type: ignore[assignment]
    version: int
    kind: str
    subject: str
    subject_kind: SubjectKind
    unit: str
    unit_name: str
    source_no: str
    item: str
    catalogue_version: int
    maker: str
    checker: str
    filed_at: datetime
    updated_at: datetime
    seen_public_version: int
    seen_public_at: datetime
    seen_subject_version: int
    seen_subject_at: datetime
    seen_government_version: int
    seen_government_at: datetime
    change_reason: str | None = None
    state: str
    secrecy: list[str] = Field(default_factory=list)
    dated_on: str
    order: str
    slot: str
    pub_from: str | None
    pub_to: str
    early_end: str | None
    disc_to: str
    keep_to: str
    rule_set: str
    from_rule: str | None = None
    early_rule: str | None = None
    disc_rule: str | None = None
    keep_rule: str | None = None
    provisional: bool = False
    facts: dict[str, Any]
    regime: int
    announced: Stage
    due: str
    tick: int = 0
    body: dict[str, dict[str, Any]]
    masked: dict[str, dict[str, Any]]
    content_hash: str

    class Settings:
        name = "records"
        indexes: ClassVar = [
            IndexModel(
                [("unit", ASCENDING), ("kind", ASCENDING), ("source_no", ASCENDING)],
                name="source",
                unique=True,
            ),
            IndexModel([("subject", ASCENDING), ("order", ASCENDING)], name="subject"),
            IndexModel([("kind", ASCENDING), ("order", ASCENDING)], name="feed"),
            IndexModel([("kind", ASCENDING), ("unit", ASCENDING), ("order", ASCENDING)], name="unit_feed"),
            IndexModel([("due", ASCENDING), ("slot", ASCENDING)], name="due"),
            IndexModel([("kind", ASCENDING), ("regime", ASCENDING), ("slot", ASCENDING)], name="stale"),
        ]


class RecordVersionDocument(Document):
    """A superseded version, whole, under ``<record id>/<version>``."""

    id: str  # type: ignore[assignment]
    record: str
    version: int
    superseded_at: datetime
    document: dict[str, Any]

    class Settings:
        name = "record_versions"
        indexes: ClassVar = [IndexModel([("record", ASCENDING), ("version", DESCENDING)], name="record")]


class Records(RecordPages):
    """Reads and writes of one database's records."""

    def __init__(self, mongo: Mongo) -> None:
        super().__init__(mongo)
        self._versions = mongo.db["record_versions"]

    async def last_public_days(self, subjects: Iterable[str], session: Session) -> dict[str, str]:
        """Subject -> the last day on which any record of it is published; without those that have none."""
        stages: list[dict[str, Any]] = [
            {"$match": {"subject": {"$in": sorted(subjects)}}},
            {"$match": {"state": "active", "pub_from": {"$ne": None}}},
            {"$group": {"_id": "$subject", "last": {"$max": "$pub_to"}}},
        ]
        with translating():
            cursor = await self._collection.aggregate(stages, session=session)
            return {one["_id"]: one["last"] async for one in cursor}

    async def by_source(
        self, keys: Iterable[tuple[str, str, str]], session: Session | None = None
    ) -> dict[tuple[str, str, str], dict[str, Any]]:
        """Whole records under (unit, kind, source number); one find for each unit and kind."""
        grouped: dict[tuple[str, str], list[str]] = {}
        for unit, kind, number in keys:
            grouped.setdefault((unit, kind), []).append(number)
        found: dict[tuple[str, str, str], dict[str, Any]] = {}
        with translating():
            for (unit, kind), numbers in grouped.items():
                query = {"unit": unit, "kind": kind, "source_no": {"$in": numbers}}
                async for one in self._collection.find(query, session=session):
                    found[unit, kind, one["source_no"]] = one
        return found

    async def add(self, documents: Sequence[dict[str, Any]], session: Session) -> None:
        """Insert new records."""
        if documents:
            with translating(), first_come():
                await self._collection.insert_many(documents, ordered=True, session=session)

    async def any(self, session: Session | None = None) -> bool:
        """Whether any record is held at all."""
        with translating():
            return await self._collection.find_one({}, {"_id": 1}, session=session) is not None

    async def of_subjects(
        self,
        subjects: Iterable[str],
        kinds: Iterable[str],
        session: Session | None = None,
        states: Sequence[str] = ("active",),
    ) -> list[dict[str, Any]]:
        """What the sweep reads of the records of these kinds about these subjects, by default those in force."""
        stages: list[dict[str, Any]] = [
            {"$match": {"subject": {"$in": sorted(subjects)}}},
            {"$match": {"kind": {"$in": sorted(kinds)}, "state": {"$in": list(states)}}},
            {"$project": TECHNICAL},
        ]
        with translating():
            cursor = await self._collection.aggregate(stages, session=session)
            return await cursor.to_list()

    def due(self, day: date, batch: int) -> AsyncIterator[list[dict[str, Any]]]:
        """Batches of about ``batch`` records whose announced stage is no longer right since ``day``."""
        return self._by_slot({"due": day.isoformat()}, batch)

    async def earliest_due(self, since: date, until: date) -> date | None:
        """The earliest day within these on which a record is due, looked for in ranges that widen."""
        lower, width = since, 1
        while lower <= until:
            upper = min(until, lower + timedelta(days=width - 1))
            query = {"due": {"$gte": lower.isoformat(), "$lte": upper.isoformat()}}
            with translating():
                days = await self._collection.distinct("due", query)
            if days:
                return date.fromisoformat(min(days))
            lower, width = upper + timedelta(days=1), width * WIDEN
        return None

    def stale(self, kind: str, regime: int, batch: int) -> AsyncIterator[list[dict[str, Any]]]:
        """Batches of about ``batch`` records of a kind computed under the regime of that number."""
        return self._by_slot({"kind": kind, "regime": regime}, batch)

    async def regimes(self, kind: str, below: int) -> dict[int, int]:
        """Number of a regime below ``below`` -> how many records of the kind were computed under it."""
        stages: list[dict[str, Any]] = [
            {"$match": {"kind": kind, "regime": {"$lt": below}}},
            {"$group": {"_id": "$regime", "count": {"$sum": 1}}},
        ]
        with translating(), patiently(COUNT_SECONDS):
            cursor = await self._collection.aggregate(stages)
            return {one["_id"]: one["count"] async for one in cursor}

    async def _by_slot(self, key: Mapping[str, Any], batch: int) -> AsyncIterator[list[dict[str, Any]]]:
        """Walk what an index answers for ``key`` in ranges of ``slot`` that adapt to how much they hold.

        A limit does not stop the embedded server early (measured: 1.3 s for 200 of 50,000 due records, 8 ms for a
        range that holds 200), and no batch is larger than the memory it may take.
        """
        place, width = 0, SLOTS // 256
        while place < SLOTS:
            bound = {"$gte": slot_at(place)} | (
                {"$lt": slot_at(place + width)} if place + width < SLOTS else {}
            )
            with translating():
                found = await self._collection.find({**key, "slot": bound}, TECHNICAL).to_list()
            place += width
            if found:
                yield found
                width = max(1, min(width * 2, width * batch // len(found)))
            else:
                width *= WIDEN
            width = min(width, max(1, SLOTS - place))

    async def touch(
        self, changes: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], session: Session
    ) -> None:
        """Set fields of (record, fields) pairs without a new version. Raises Conflict when somebody was faster."""
        operations = [
            UpdateOne(_same(old), {"$set": dict(values), "$inc": {"tick": 1}}) for old, values in changes
        ]
        if operations:
            with translating():
                done = await self._collection.bulk_write(operations, session=session)
            if done.matched_count != len(operations):
                raise Conflict("A record was changed meanwhile.")

    async def remove(self, gone: Sequence[Mapping[str, Any]], session: Session) -> None:
        """Delete records with all their versions. Raises Conflict when somebody was faster."""
        if gone:
            with translating():
                done = await self._collection.bulk_write(
                    [DeleteOne(_same(one)) for one in gone], session=session
                )
                if done.deleted_count != len(gone):
                    raise Conflict("A record was changed meanwhile.")
                query = {"record": {"$in": [one["_id"] for one in gone]}}
                await self._versions.delete_many(query, session=session)

    async def versions(self, records: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """Record -> its superseded versions (``version``, ``superseded_at``, and of the record what the sweep
        reads), oldest first."""
        wanted = {"record": 1, "version": 1, "superseded_at": 1}
        wanted |= {f"document.{name}": 1 for name in ("_id", *TECHNICAL)}
        found: dict[str, list[dict[str, Any]]] = {}
        with translating():
            cursor = self._versions.find({"record": {"$in": sorted(records)}}, wanted)
            async for one in cursor.sort([("record", ASCENDING), ("version", ASCENDING)]):
                found.setdefault(one["record"], []).append(one)
        return found

    async def replace(
        self, old: Mapping[str, Any], new: dict[str, Any], at: datetime, session: Session
    ) -> None:
        """Put ``new`` in the place of ``old`` and keep ``old``. Raises Conflict when somebody was faster."""
        with translating():
            done = await self._collection.replace_one(
                _same(old), {**new, "tick": old["tick"] + 1}, session=session
            )
            if done.matched_count != 1:
                raise Conflict("The record was changed meanwhile; read it again and repeat the filing.")
            await self._versions.insert_one(
                {
                    "_id": f"{old['_id']}/{old['version']}",
                    "record": old["_id"],
                    "version": old["version"],
                    "superseded_at": at,
                    "document": dict(old),
                },
                session=session,
            )


def _same(old: Mapping[str, Any]) -> dict[str, Any]:
    return {"_id": old["_id"], "version": old["version"], "tick": old["tick"]}
