"""The collections ``records`` (what is in force) and ``record_versions`` (what it was before).

The body of a record lies under its kind's code, so that a projection can name the fields of each kind exactly.
``order`` is the record's date followed by its id: one flat key that sorts and pages. Dates are ISO texts.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, ClassVar

from beanie import Document
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from server.catalogue.kind import SubjectKind
from server.errors import Conflict
from server.rules.access import Clause, Window
from server.store.mongo import Mongo, Session, first_come, translating
from server.store.paging import pipeline, widening

FIRST_DAY = date(1990, 1, 1)
"""No record of the platform is dated earlier; the feed looks back no further."""

FEED_DAYS = 7
"""The days the feed's first read spans while nothing is known of how many records a day has."""

FEEDS_MOST = 1_024
"""Feeds whose density is remembered: callers choose the unit."""

ROW = {
    "kind": 1,
    "subject_kind": 1,
    "state": 1,
    "pub_from": 1,
    "pub_to": 1,
    "disc_to": 1,
    "keep_to": 1,
    "order": 1,
}
"""What the row rule needs; never leaves the platform by itself."""


class RecordDocument(Document):
    """One record in force. ``pub_from`` to ``keep_to`` are its clocks (see ``server.rules.lifecycle``)."""

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
    pub_from: str | None
    pub_to: str
    early_end: str | None
    disc_to: str
    keep_to: str
    rule_set: str
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


@dataclass(frozen=True, slots=True)
class Where:
    """Which records a page is about, besides what the clauses allow.

    Exactly one of ``identifier``, ``subject`` or none (the feed over all subjects). ``below`` and ``since``
    bound ``order``: the cursor (exclusive) and the earliest day (inclusive); ``until`` is the latest day.
    """

    subject: str | None = None
    identifier: str | None = None
    unit: str | None = None
    below: str | None = None
    since: date | None = None
    until: date | None = None


def row_rule(clause: Clause) -> dict[str, Any]:
    """The row rule of a clause as a filter: kinds of subject, state and clocks."""
    day = clause.day.isoformat()
    rest: dict[str, Any] = {"subject_kind": {"$in": sorted(clause.subject_kinds)}}
    if clause.window is Window.PUBLISHED:
        rest |= {"state": "active", "pub_from": {"$lte": day}, "pub_to": {"$gte": day}}
        rest |= {"disc_to": {"$gte": day}, "keep_to": {"$gte": day}}
    elif clause.window is Window.LIVE:
        rest |= {"state": "active", "disc_to": {"$gte": day}, "keep_to": {"$gte": day}}
    elif clause.window is Window.HELD:
        rest |= {"state": "active", "disc_to": {"$lt": day}, "keep_to": {"$gte": day}}
    return rest


def projection_of(
    clause: Clause, wanted: Mapping[str, frozenset[str]] | None, prefix: str = ""
) -> dict[str, int]:
    """The fields to fetch: those the clause shows, narrowed to ``wanted`` (type name -> field names)."""
    fields = {f"{prefix}{name}": 1 for name in ROW}
    if prefix:
        fields[f"{prefix}_id"] = 1
    for code, plan in clause.plans.items():
        names = None if wanted is None else wanted.get(plan.type_name, frozenset())
        if names is not None and not names:
            continue
        for name in plan.shown:
            if names is None or name in names:
                fields[f"{prefix}body.{code}.{name}"] = 1
        for name in plan.masked:
            if names is None or name in names:
                fields[f"{prefix}masked.{code}.{name}"] = 1
        for name, key in plan.keys.items():
            if key is not None and (names is None or name in names):
                fields[f"{prefix}{key}"] = 1
    return fields


def _newest(
    found: Sequence[list[tuple[dict[str, Any], Clause]]], limit: int
) -> list[tuple[dict[str, Any], Clause]]:
    """The newest rows of several lists that are each newest first."""
    if len(found) == 1:
        return found[0]
    merged = heapq.merge(*found, key=lambda pair: pair[0]["order"], reverse=True)
    return [pair for pair, _ in zip(merged, range(limit), strict=False)]


class Records:
    """Reads and writes of one database's records."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["records"]
        self._versions = mongo.db["record_versions"]
        self._a_day: dict[tuple[str | None, ...], float] = {}

    async def page(
        self,
        clauses: Sequence[Clause],
        where: Where,
        limit: int,
        wanted: Mapping[str, frozenset[str]] | None = None,
    ) -> list[tuple[dict[str, Any], Clause]]:
        """At most ``limit`` raw records, newest ``order`` first, each with the clause it was found by.

        One projected read for each clause (and kind, in the feed); they are disjoint, so merging is all that
        is left.
        """
        found = []
        with translating():
            if where.subject is None and where.identifier is None:
                return await self._feed(clauses, where, limit, wanted)
            for clause in clauses:
                match = self._match(clause, where)
                rows = await self._read(*match, limit, projection_of(clause, wanted))
                found.append([(one, clause) for one in rows])
        return _newest(found, limit)

    async def _read(
        self, key: dict[str, Any], rest: dict[str, Any], limit: int, projection: dict[str, int]
    ) -> list[dict[str, Any]]:
        cursor = await self._collection.aggregate(pipeline(key, rest, {"order": -1}, limit, projection))
        return await cursor.to_list(limit)

    def _match(self, clause: Clause, where: Where) -> tuple[dict[str, Any], dict[str, Any]]:
        rest = row_rule(clause)
        codes = list(clause.plans)
        rest["kind"] = codes[0] if len(codes) == 1 else {"$in": codes}
        if where.identifier is not None:
            if where.subject is not None:
                rest["subject"] = where.subject
            return {"_id": where.identifier}, rest
        key: dict[str, Any] = {"subject": where.subject}
        if where.below is not None:
            key["order"] = {"$lt": where.below}
        return key, rest

    async def _feed(
        self,
        clauses: Sequence[Clause],
        where: Where,
        limit: int,
        wanted: Mapping[str, frozenset[str]] | None,
    ) -> list[tuple[dict[str, Any], Clause]]:
        """All kinds by the same days, so that none is read further than the page reaches."""
        sources = [
            (clause, code, row_rule(clause), projection_of(clause, wanted))
            for clause in clauses
            for code in clause.plans
        ]
        newest = min(where.until or date.max, *[clause.day for clause in clauses], date.max)
        if where.below is not None:
            newest = min(newest, date.fromisoformat(where.below[:10]))
        oldest = max(where.since or FIRST_DAY, FIRST_DAY)
        days = (newest - oldest).days + 1
        if not sources or days < 1:
            return []

        async def positions() -> int:
            return days

        async def fetch(offset: int, width: int, most: int) -> list[tuple[dict[str, Any], Clause]]:
            top = newest - timedelta(days=offset)
            bottom = top - timedelta(days=min(width, days - offset) - 1)
            bound = (top + timedelta(days=1)).isoformat()
            if where.below is not None:
                bound = min(bound, where.below)
            found = []
            for clause, code, rest, projection in sources:
                key: dict[str, Any] = {"kind": code}
                if where.unit is not None:
                    key["unit"] = where.unit
                key["order"] = {"$gte": bottom.isoformat(), "$lt": bound}
                found.append([(one, clause) for one in await self._read(key, rest, most, projection)])
            return _newest(found, most)

        feed = (where.unit, *[code for _, code, _, _ in sources])
        a_day = self._a_day.get(feed)
        rows = await widening(fetch, positions, limit, FEED_DAYS if a_day is None else ceil(limit / a_day))
        if rows:
            last = date.fromisoformat(rows[-1][0]["order"][:10])
            if len(self._a_day) >= FEEDS_MOST:
                self._a_day.clear()
            self._a_day[feed] = len(rows) / ((newest - last).days + 1)
        return rows

    async def count(self, clauses: Sequence[Clause], where: Where, bound: int) -> int:
        """How many records the clauses hold, counted up to ``bound``; ``below`` is ignored."""
        rows = await self.page(clauses, replace(where, below=None), bound, {})
        return len(rows)

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

    async def replace(
        self, old: Mapping[str, Any], new: dict[str, Any], at: datetime, session: Session
    ) -> None:
        """Put ``new`` in the place of ``old`` and keep ``old``. Raises Conflict when somebody was faster."""
        with translating():
            done = await self._collection.replace_one(
                {"_id": old["_id"], "version": old["version"]}, new, session=session
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
