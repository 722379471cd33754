"""The collection ``subjects``: who the records are about, and the search over their names.

A subject carries a copy of its basic record under ``basic``, written in the same transaction as the record, so
that an entity page needs one read. Natural persons have no searchable part at all: no grams, no code.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

import pymongo
from beanie import Document
from bson.binary import Binary
from pydantic import Field
from pymongo import ASCENDING, IndexModel

from server.catalogue.kind import SubjectKind
from server.model.subject import Subject
from server.store.mongo import Mongo, Session, first_come, translating
from server.store.paging import pipeline, widening

HEAD = {"kind": 1, "code": 1, "name": 1, "area": 1, "industry": 1, "listed_to": 1}


Listing = Callable[[Sequence[Mapping[str, Any]]], Awaitable[set[str]]]
"""Which of these heads are listed."""


class SubjectDocument(Document):
    """One subject. ``id_cipher`` is the encrypted citizen ID number; ``grams`` index an entity's name and
    ``seq`` numbers the entities densely in the order they came, so that a search can read narrow ranges.
    ``listed_to`` is the last day on which a record of it is published: as long it exists for the public. ``severe``
    says that it stands or stood in a severe list, so that new dishonest conduct lets retention begin anew (Art. 35)."""

    id: str  # type: ignore[assignment]
    version: int = 1
    kind: SubjectKind
    code: str | None = None
    id_cipher: Any | None = None
    name: str
    grams: list[str] = Field(default_factory=list)
    seq: int | None = None
    listed_to: str | None = None
    area: str | None = None
    industry: str | None = None
    basic: dict[str, Any] | None = None
    severe: bool = False
    created_at: datetime

    class Settings:
        name = "subjects"
        indexes: ClassVar = [
            # Sparse, not partial: the embedded server never reads by a partial index.
            IndexModel([("code", ASCENDING)], name="code", unique=True, sparse=True),
            IndexModel([("id_cipher", ASCENDING)], name="id_cipher", unique=True, sparse=True),
            IndexModel([("grams", ASCENDING), ("seq", ASCENDING)], name="grams"),
            IndexModel([("area", ASCENDING), ("seq", ASCENDING)], name="area"),
            IndexModel([("industry", ASCENDING), ("seq", ASCENDING)], name="industry"),
            IndexModel([("seq", ASCENDING)], name="seq"),
        ]


@dataclass(frozen=True, slots=True)
class Search:
    """What an entity search asks for. ``gram`` is the index key taken from ``fragment`` (see ``gram_of``); found
    is what is listed on ``day``."""

    kinds: frozenset[SubjectKind]
    day: date
    fragment: str | None = None
    gram: str | None = None
    area: str | None = None
    industry: str | None = None


GRAM = 3
"""Names are indexed by every substring of two and three characters; a search has at least two."""


def grams_of(name: str) -> list[str]:
    """The index keys of an entity's name."""
    return sorted({name[i : i + n] for n in (GRAM - 1, GRAM) for i in range(len(name) - n + 1)})


def gram_of(fragment: str) -> str:
    """The one index key a search for ``fragment`` reads: the piece furthest from the usual beginnings and ends.

    Company names begin with a place and end with a legal form, so the middle of a longer fragment is its rarest.
    """
    start = max(0, (len(fragment) - GRAM) // 2)
    return fragment[start : start + GRAM]


class Subjects:
    """Reads and writes of one database's subjects."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["subjects"]
        self._counters = mongo.db["counters"]

    async def by_code(
        self, code: str, extra: Mapping[str, int] | None = None, session: Session | None = None
    ) -> dict[str, Any] | None:
        """The entity with that unified social credit code, projected to its head and ``extra``."""
        with translating():
            return await self._collection.find_one({"code": code}, {**HEAD, **(extra or {})}, session=session)

    async def by_id(self, identifier: str, extra: Mapping[str, int] | None = None) -> dict[str, Any] | None:
        """The subject with our own id, persons included."""
        with translating():
            return await self._collection.find_one({"_id": identifier}, {**HEAD, **(extra or {})})

    async def by_cipher(
        self, cipher: Binary, extra: Mapping[str, int] | None = None
    ) -> dict[str, Any] | None:
        """The person with that encrypted ID number."""
        with translating():
            return await self._collection.find_one({"id_cipher": cipher}, {**HEAD, **(extra or {})})

    async def any(self) -> bool:
        """Whether any subject is held at all."""
        with translating():
            return await self._collection.find_one({}, {"_id": 1}) is not None

    async def entities_by_id(self, identifiers: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Heads of the named subjects that are no natural persons."""
        query = {"_id": {"$in": list(identifiers)}, "kind": {"$ne": SubjectKind.natural_person.value}}
        with translating():
            return {one["_id"]: one async for one in self._collection.find(query, HEAD)}

    async def search(
        self,
        wanted: Search,
        after: int,
        limit: int,
        extra: Mapping[str, int] | None = None,
        listing: Listing | None = None,
    ) -> list[dict[str, Any]]:
        """At most ``limit`` entities after position ``after``, by position, projected to head and ``extra``.

        ``listing`` tells which subjects are listed while ``listed_to`` cannot be relied on.
        """
        rest: dict[str, Any] = {"kind": {"$in": sorted(wanted.kinds)}}
        if listing is None:
            rest["listed_to"] = {"$gte": wanted.day.isoformat()}
        key: dict[str, Any] = {}
        for name, value in (("grams", wanted.gram), ("area", wanted.area), ("industry", wanted.industry)):
            if value is not None:
                (key if not key else rest)[name] = value
        if wanted.fragment is not None and wanted.fragment != wanted.gram:
            rest["name"] = {"$regex": re.escape(wanted.fragment)}
        projection = {**HEAD, "seq": 1, **(extra or {})}

        async def fetch(offset: int, width: int, wanted_rows: int) -> list[dict[str, Any]]:
            start = after + offset
            match = {**key, "seq": {"$gt": start, "$lte": start + width}}
            most = wanted_rows if listing is None else None
            cursor = await self._collection.aggregate(pipeline(match, rest, {"seq": 1}, most, projection))
            rows = await cursor.to_list(most)
            if listing is None:
                return rows
            shown = await listing(rows)
            return [one for one in rows if one["_id"] in shown][:wanted_rows]

        async def positions() -> int:
            counter = await self._counters.find_one({"_id": "subjects"})
            return (counter["value"] if counter else 0) - after

        with translating():
            return await widening(fetch, positions, limit, limit)

    async def next_seq(self, count: int) -> int:
        """Reserve ``count`` positions; returns the first. Gaps of abandoned filings do no harm."""
        with translating():
            counter = await self._counters.find_one_and_update(
                {"_id": "subjects"},
                {"$inc": {"value": count}},
                upsert=True,
                return_document=pymongo.ReturnDocument.AFTER,
            )
        return int((counter or {"value": count})["value"]) - count + 1

    async def known(
        self, codes: Iterable[str], ciphers: Iterable[Binary], session: Session | None = None
    ) -> list[dict[str, Any]]:
        """Heads (with ``id_cipher`` and ``version``) of every subject already known under these keys."""
        found: list[dict[str, Any]] = []
        with translating():
            for key, values in (("code", list(codes)), ("id_cipher", list(ciphers))):
                if values:
                    cursor = self._collection.find(
                        {key: {"$in": values}},
                        {**HEAD, "id_cipher": 1, "version": 1, "severe": 1},
                        session=session,
                    )
                    found.extend([one async for one in cursor])
        return found

    async def add(self, documents: Sequence[dict[str, Any]], session: Session) -> None:
        """Insert new subjects."""
        with translating(), first_come():
            await self._collection.insert_many(documents, ordered=True, session=session)

    async def change(self, changes: Sequence[tuple[str, Mapping[str, Any]]], session: Session) -> None:
        """Set fields of subjects and count their versions up."""
        if changes:
            operations = [
                pymongo.UpdateOne({"_id": identifier}, {"$set": dict(values), "$inc": {"version": 1}})
                for identifier, values in changes
            ]
            with translating():
                await self._collection.bulk_write(operations, session=session)

    async def list_longer(self, days: Mapping[str, str], session: Session) -> None:
        """Let subjects exist for the public until these days at least."""
        operations = [
            pymongo.UpdateOne({"_id": identifier}, {"$max": {"listed_to": day}})
            for identifier, day in days.items()
        ]
        if operations:
            with translating():
                await self._collection.bulk_write(operations, session=session)


def listed(document: Mapping[str, Any], day: date) -> bool:
    """Whether a subject's head tells of an entity that exists for the public on that day."""
    person = document["kind"] == SubjectKind.natural_person
    return not person and (document.get("listed_to") or "") >= day.isoformat()


def subject_of(document: Mapping[str, Any]) -> Subject:
    """The model value of a subject's head."""
    return Subject(
        id=document["_id"],
        kind=SubjectKind(document["kind"]),
        name=document["name"],
        code=document.get("code"),
    )
