"""The collection ``deliveries``: which unit was given which record, so that it can be told when that must no longer be used.

It names fields, never values. Without it a partner would keep showing what has long been shielded here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel, UpdateOne

from server.store.mongo import Mongo, Session, translating

REMEMBERED_MOST = 50_000


class DeliveryDocument(Document):
    """One record given to one unit, under ``<unit>/<record>``; ``fields`` are those it was shown in some form."""

    id: str  # type: ignore[assignment]
    unit: str
    record: str
    fields: list[str]
    first_at: datetime

    class Settings:
        name = "deliveries"
        indexes: ClassVar = [IndexModel([("record", ASCENDING)], name="record")]


class Deliveries:
    """Reads and writes of one database's deliveries; remembers what was noted, so that reading again costs nothing."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["deliveries"]
        self._noted: dict[tuple[str, str], frozenset[str]] = {}

    async def note(self, unit: str, given: Mapping[str, frozenset[str]], at: datetime) -> None:
        """Note that these fields of these records are about to be given to a unit."""
        fresh = {
            record: fields
            for record, fields in given.items()
            if not fields <= self._noted.get((unit, record), frozenset()) or (unit, record) not in self._noted
        }
        if not fresh:
            return
        operations = [
            UpdateOne(
                {"_id": f"{unit}/{record}"},
                {
                    "$setOnInsert": {"unit": unit, "record": record, "first_at": at},
                    "$addToSet": {"fields": {"$each": sorted(fields)}},
                },
                upsert=True,
            )
            for record, fields in fresh.items()
        ]
        with translating():
            await self._collection.bulk_write(operations, ordered=False)
        if len(self._noted) >= REMEMBERED_MOST:
            self._noted.clear()
        for record, fields in fresh.items():
            key = (unit, record)
            self._noted[key] = self._noted.get(key, frozenset()) | fields

    async def of(
        self, records: Sequence[str], session: Session | None = None
    ) -> dict[str, dict[str, frozenset[str]]]:
        """Record -> unit it was given to -> the fields it was given."""
        found: dict[str, dict[str, frozenset[str]]] = {}
        if records:
            with translating():
                cursor = self._collection.find({"record": {"$in": list(records)}}, session=session)
                async for one in cursor:
                    found.setdefault(one["record"], {})[one["unit"]] = frozenset(one["fields"])
        return found

    async def forget(self, records: Iterable[str], session: Session) -> None:
        """Drop what is noted of records that are deleted; who had them stands in the events."""
        with translating():
            await self._collection.delete_many({"record": {"$in": list(records)}}, session=session)
