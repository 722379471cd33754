"""Pages of records: what the clauses of ``server.rules.planner`` become as queries, and nothing wider.

While some records are stale (a new rule set was activated, see ``server.rules.regime``) their stored clocks decide
nothing: rows are then read without them, judged by the clocks computed anew, and only what passes is fetched.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import Any

from server.rules.access import Clause, Window, within
from server.store.mongo import Mongo, translating
from server.store.paging import pipeline, widening

Judge = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""The clocks of a raw record (with its facts) as they are under the regime in force."""

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

JUDGED = {"regime": 1, "facts": 1}
"""What it takes besides to judge a record whose stored clocks may be stale."""

CLOCKS = (
    "pub_from",
    "pub_to",
    "early_end",
    "disc_to",
    "keep_to",
    "rule_set",
    "early_rule",
    "disc_rule",
    "keep_rule",
    "provisional",
    "from_rule",
)
"""The keys of the clocks of ``server.rules.lifecycle`` in a stored record."""


@dataclass(frozen=True, slots=True)
class Where:
    """Which records a page is about, besides what the clauses allow.

    ``identifiers`` (with or without a subject), ``subject``, or neither (the feed over all subjects). ``below`` and ``since``
    bound ``order``: the cursor (exclusive) and the earliest day (inclusive); ``until`` is the latest day.
    """

    subject: str | None = None
    identifiers: tuple[str, ...] | None = None
    unit: str | None = None
    below: str | None = None
    since: date | None = None
    until: date | None = None


def row_rule(clause: Clause, *, judged: bool = False) -> dict[str, Any]:
    """The row rule of a clause as a filter: kinds of subject, state and, unless ``judged`` elsewhere, clocks."""
    day = clause.day.isoformat()
    rest: dict[str, Any] = {"subject_kind": {"$in": sorted(clause.subject_kinds)}}
    if judged:
        return rest if clause.window is Window.ALL else rest | {"state": "active"}
    if clause.window is Window.PUBLISHED:
        rest |= {"state": "active", "pub_from": {"$lte": day}, "pub_to": {"$gte": day}}
        rest |= {"disc_to": {"$gte": day}, "keep_to": {"$gte": day}}
    elif clause.window is Window.LIVE:
        rest |= {"state": "active", "disc_to": {"$gte": day}, "keep_to": {"$gte": day}}
    elif clause.window is Window.HELD:
        rest |= {"state": "active", "disc_to": {"$lt": day}, "keep_to": {"$gte": day}}
    return rest


def projection_of(
    clause: Clause,
    wanted: Mapping[str, frozenset[str]] | None,
    prefix: str = "",
    *,
    judged: bool = False,
) -> dict[str, int]:
    """The fields to fetch: those the clause shows, narrowed to ``wanted`` (type name -> field names)."""
    fields = {f"{prefix}{name}": 1 for name in (*ROW, *(JUDGED if judged else ()))}
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


class RecordPages:
    """Reads of one database's records."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["records"]
        self._a_day: dict[tuple[str | None, ...], float] = {}

    async def page(
        self,
        clauses: Sequence[Clause],
        where: Where,
        limit: int,
        wanted: Mapping[str, frozenset[str]] | None = None,
        judge: Judge | None = None,
    ) -> list[tuple[dict[str, Any], Clause]]:
        """At most ``limit`` raw records, newest ``order`` first, each with the clause it was found by.

        One projected read for each clause (and kind, in the feed); they are disjoint, so merging is all that
        is left. ``judge`` is given while stored clocks may be stale; each read is then two.
        """
        found = []
        with translating():
            if where.subject is None and where.identifiers is None:
                return await self._feed(clauses, where, limit, wanted, judge)
            for clause in clauses:
                key, rest = self._match(clause, where, judged=judge is not None)
                rows = await self._read(clause, key, rest, limit, wanted, judge)
                found.append([(one, clause) for one in rows])
        return _newest(found, limit)

    async def _read(
        self,
        clause: Clause,
        key: dict[str, Any],
        rest: dict[str, Any],
        limit: int,
        wanted: Mapping[str, frozenset[str]] | None,
        judge: Judge | None,
    ) -> list[dict[str, Any]]:
        projection = projection_of(clause, wanted)
        if judge is None:
            return await self._rows(pipeline(key, rest, {"order": -1}, limit, projection), limit)
        # No limit: how many of these pass is only known when they are judged. Each range is narrow by itself.
        stages = pipeline(key, rest, {"order": -1}, None, {**ROW, **JUDGED})
        renewed: dict[str, dict[str, Any]] = {}
        chosen: list[str] = []
        for one in await self._rows(stages, None):
            judged = judge(one)
            if within(judged, clause) and len(chosen) < limit:
                chosen.append(one["_id"])
                # One that is not stale is judged as it is: the stored clocks stand, and are read with the rest.
                renewed[one["_id"]] = {} if judged is one else {name: judged[name] for name in CLOCKS}
        if not chosen:
            return []
        stages = pipeline({"_id": {"$in": chosen}}, {}, {"order": -1}, limit, projection)
        return [one | renewed[one["_id"]] for one in await self._rows(stages, limit)]

    async def _rows(self, stages: list[dict[str, Any]], limit: int | None) -> list[dict[str, Any]]:
        cursor = await self._collection.aggregate(stages)
        return await cursor.to_list(limit)

    def _match(self, clause: Clause, where: Where, *, judged: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        rest = row_rule(clause, judged=judged)
        codes = list(clause.plans)
        rest["kind"] = codes[0] if len(codes) == 1 else {"$in": codes}
        if where.identifiers is not None:
            if where.subject is not None:
                rest["subject"] = where.subject
            if where.unit is not None:
                rest["unit"] = where.unit
            one = len(where.identifiers) == 1
            return {"_id": where.identifiers[0] if one else {"$in": list(where.identifiers)}}, rest
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
        judge: Judge | None,
    ) -> list[tuple[dict[str, Any], Clause]]:
        """All kinds by the same days, so that none is read further than the page reaches."""
        sources = [
            (clause, code, row_rule(clause, judged=judge is not None))
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
            for clause, code, rest in sources:
                key: dict[str, Any] = {"kind": code}
                if where.unit is not None:
                    key["unit"] = where.unit
                key["order"] = {"$gte": bottom.isoformat(), "$lt": bound}
                rows = await self._read(clause, key, rest, most, wanted, judge)
                found.append([(one, clause) for one in rows])
            return _newest(found, most)

        feed = (where.unit, *[code for _, code, _ in sources])
        a_day = self._a_day.get(feed)
        rows = await widening(fetch, positions, limit, FEED_DAYS if a_day is None else ceil(limit / a_day))
        if rows:
            last = date.fromisoformat(rows[-1][0]["order"][:10])
            if len(self._a_day) >= FEEDS_MOST:
                self._a_day.clear()
            self._a_day[feed] = len(rows) / ((newest - last).days + 1)
        return rows

    async def count(
        self, clauses: Sequence[Clause], where: Where, bound: int, judge: Judge | None = None
    ) -> int:
        """How many records the clauses hold, counted up to ``bound``; ``below`` is ignored."""
        rows = await self.page(clauses, replace(where, below=None), bound, {}, judge)
        return len(rows)
