"""The collection ``duties``: every report a unit owed under Art. 57 and 58, and whether it came in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from server.store.mongo import Mongo, Session, translating


class DutyDocument(Document):
    """One report. ``due_on`` is None where no rule names a term; days are ISO texts in city time."""

    id: str  # type: ignore[assignment]
    unit: str
    duty: str
    kind: str
    record: str
    version: int
    began_on: str
    reported_on: str
    due_on: str | None
    days: int | None
    regime: int
    basis: str | None
    provisional: bool
    late: bool
    at: datetime

    class Settings:
        name = "duties"
        indexes: ClassVar = [
            IndexModel([("unit", ASCENDING), ("_id", DESCENDING)], name="unit"),
            IndexModel([("reported_on", ASCENDING)], name="reported"),
            IndexModel([("regime", ASCENDING)], name="regime"),
        ]


class Duties:
    """Reads and writes of one database's duties."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["duties"]

    async def add(self, documents: Sequence[dict[str, Any]], session: Session) -> None:
        """Note reports along with the changes they brought."""
        if documents:
            with translating():
                await self._collection.insert_many(documents, session=session)

    async def page(self, unit: str, below: str | None, limit: int) -> list[dict[str, Any]]:
        """A unit's reports, newest first."""
        query: dict[str, Any] = {"unit": unit}
        if below is not None:
            query["_id"] = {"$lt": below}
        with translating():
            return await self._collection.find(query).sort("_id", DESCENDING).limit(limit).to_list(limit)

    async def counts(self, since: date, until: date, unit: str | None) -> list[dict[str, Any]]:
        """For each unit and duty: reports, late ones and provisional ones, reported on these days."""
        match: dict[str, Any] = {"reported_on": {"$gte": since.isoformat(), "$lte": until.isoformat()}}
        stages: list[dict[str, Any]] = [{"$match": match}]
        if unit is not None:
            stages.append({"$match": {"unit": unit}})
        one_if = {name: {"$sum": {"$cond": [f"${name}", 1, 0]}} for name in ("late", "provisional")}
        group = {"_id": {"unit": "$unit", "duty": "$duty"}, "reports": {"$sum": 1}, **one_if}
        stages.append({"$group": group})
        with translating():
            cursor = await self._collection.aggregate(stages)
            found = await cursor.to_list()
        return sorted(
            ({**one["_id"], **{k: one[k] for k in ("reports", "late", "provisional")}} for one in found),
            key=lambda one: (one["unit"], one["duty"]),
        )

    async def before(self, regime: int) -> list[dict[str, Any]]:
        """Reports that were judged under an earlier regime than that."""
        with translating():
            return await self._collection.find({"regime": {"$lt": regime}}).to_list()

    async def judge_anew(self, changes: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Set last day, lateness and basis of reports."""
        if changes:
            operations = [UpdateOne({"_id": one}, {"$set": dict(values)}) for one, values in changes]
            with translating():
                await self._collection.bulk_write(operations, ordered=False)
