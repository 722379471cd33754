"""The collection ``filings``: interactive filings that wait for the checker (Art. 23), and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

import pymongo
from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel

from server.catalogue.kind import SubjectKind
from server.errors import Conflict
from server.model.filing import Deed, FilingState
from server.store.mongo import Mongo, Session, first_come, translating


class FilingDocument(Document):
    """One filing: the record document as it would come into force, its subject, and its state.

    ``maker_id`` is the subject of the maker's token: a name alone does not tell two people apart.
    """

    id: str  # type: ignore[assignment]
    version: int = 1
    unit: str
    kind: str
    source_no: str
    maker: str
    maker_id: str
    checker: str | None = None
    state: FilingState
    reason: str | None = None
    submitted_at: datetime
    decided_at: datetime | None = None
    subject: dict[str, Any]
    record: dict[str, Any]
    deed: Deed = Deed.FILE
    report: dict[str, str] | None = None

    class Settings:
        name = "filings"
        indexes: ClassVar = [
            IndexModel([("unit", ASCENDING), ("state", ASCENDING), ("_id", DESCENDING)], name="queue"),
            IndexModel([("record._id", ASCENDING)], name="record"),
            IndexModel([("record.keep_to", ASCENDING)], name="kept"),
            # The embedded server looks nothing up by a partial index: one to look up by, one to be unique.
            IndexModel([("unit", ASCENDING), ("kind", ASCENDING), ("source_no", ASCENDING)], name="source"),
            IndexModel(
                [("unit", ASCENDING), ("kind", ASCENDING), ("source_no", ASCENDING), ("state", ASCENDING)],
                name="pending",
                unique=True,
                partialFilterExpression={"state": FilingState.PENDING.value},
            ),
        ]


class Filings:
    """Reads and writes of one database's filings."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["filings"]

    async def add(self, documents: Sequence[dict[str, Any]], session: Session) -> None:
        """Insert new filings."""
        if documents:
            with translating(), first_come():
                await self._collection.insert_many(documents, session=session)

    async def pending(self, unit: str, kind: str, numbers: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Pending filings of a unit under these source numbers."""
        query = {"unit": unit, "kind": kind, "source_no": {"$in": list(numbers)}}
        with translating():
            found = await self._collection.find(query).to_list()
        # Decided filings under the same number are few; the state is no part of the index looked up by.
        return {one["source_no"]: one for one in found if one["state"] == FilingState.PENDING.value}

    async def get(self, identifiers: Sequence[str], unit: str) -> dict[str, dict[str, Any]]:
        """The named filings as far as they belong to the unit."""
        with translating():
            cursor = self._collection.find({"_id": {"$in": list(identifiers)}, "unit": unit})
            return {one["_id"]: one async for one in cursor}

    async def page(
        self, unit: str, state: FilingState, below: str | None, limit: int
    ) -> list[dict[str, Any]]:
        """A unit's filings in one state, newest first."""
        query: dict[str, Any] = {"unit": unit, "state": state.value}
        if below is not None:
            query["_id"] = {"$lt": below}
        with translating():
            return (
                await self._collection.find(query).sort("_id", pymongo.DESCENDING).limit(limit).to_list(limit)
            )

    async def past(self, day: date, limit: int) -> list[dict[str, Any]]:
        """Filings about persons whose record, as it was filed, may be kept until an earlier day; without what it says."""
        query = {
            "record.keep_to": {"$lt": day.isoformat()},
            "record.subject_kind": SubjectKind.natural_person.value,
        }
        hidden = {"record.body": 0, "record.masked": 0, "subject": 0}
        with translating():
            return await self._collection.find(query, hidden).limit(limit).to_list(limit)

    async def drop(self, identifiers: Sequence[str], session: Session) -> None:
        """Delete filings."""
        with translating():
            await self._collection.delete_many({"_id": {"$in": list(identifiers)}}, session=session)

    async def remove(self, records: Sequence[str], session: Session) -> None:
        """Delete every filing of these records, which are deleted themselves."""
        with translating():
            await self._collection.delete_many({"record._id": {"$in": list(records)}}, session=session)

    async def decide(self, filing: Mapping[str, Any], changes: Mapping[str, Any], session: Session) -> None:
        """Move a pending filing on. Raises Conflict when somebody was faster."""
        query = {"_id": filing["_id"], "version": filing["version"], "state": FilingState.PENDING.value}
        with translating():
            done = await self._collection.update_one(
                query, {"$set": dict(changes), "$inc": {"version": 1}}, session=session
            )
        if done.matched_count != 1:
            raise Conflict("The filing was decided meanwhile.")
