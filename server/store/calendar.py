"""The collection ``calendar_years``: every version of every year's working-day arrangement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError

from server.rules.workdays import WorkCalendar, YearNotice
from server.store.mongo import DUPLICATE_KEY, Mongo, Session, first_come, translating

SEEDED_BY = "seed"
"""Stands in ``loaded_by`` where no administrator loaded the year."""


class CalendarYearDocument(Document):
    """One version of a year, under ``<year>/<version>``; written once. Days are ISO texts."""

    id: str  # type: ignore[assignment]
    year: int
    version: int
    notice: str
    source: str
    holidays: dict[str, str]
    makeups: dict[str, str]
    loaded_at: datetime
    loaded_by: str

    class Settings:
        name = "calendar_years"
        indexes: ClassVar = [IndexModel([("year", ASCENDING), ("version", DESCENDING)], name="year")]


class Calendars:
    """Reads and writes of one database's calendar."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["calendar_years"]

    async def all(self, session: Session | None = None) -> list[YearNotice]:
        """Every version of every year, by year, the newest version first."""
        order = [("year", ASCENDING), ("version", DESCENDING)]
        with translating():
            found = await self._collection.find({}, session=session).sort(order).to_list()
        return [_notice(one) for one in found]

    async def current(self, session: Session | None = None) -> WorkCalendar:
        """The calendar by the newest version of each year."""
        return WorkCalendar.of(await self.all(session))

    async def put(
        self, notice: YearNotice, at: datetime, by: str, session: Session | None = None
    ) -> YearNotice:
        """Store it as the next version of its year and return it so; what already stands is returned as it is.

        Raises Conflict when somebody else stored that version meanwhile.
        """
        newest = await self._newest(notice.year, session)
        if newest is not None and _content(newest) == _content(notice):
            return newest
        document = _document(notice, 1 if newest is None else newest.version + 1, at, by)
        with translating(), first_come():
            await self._collection.insert_one(document, session=session)
        return _notice(document)

    async def seed(self, notices: Iterable[YearNotice], at: datetime) -> int:
        """Store version 1 of every year that has none; how many that were. Workers may do so together."""
        first = {f"{one.year}/1": one for one in notices}
        with translating():
            cursor = self._collection.find({"_id": {"$in": sorted(first)}}, {"_id": 1})
            present = {one["_id"] async for one in cursor}
            missing = [_document(first[key], 1, at, SEEDED_BY) for key in sorted(first.keys() - present)]
            if not missing:
                return 0
            try:
                return len((await self._collection.insert_many(missing, ordered=False)).inserted_ids)
            except BulkWriteError as error:
                if any(one.get("code") != DUPLICATE_KEY for one in error.details.get("writeErrors", ())):
                    raise
                return int(error.details["nInserted"])

    async def _newest(self, year: int, session: Session | None) -> YearNotice | None:
        with translating():
            found = (
                await self._collection.find({"year": year}, session=session)
                .sort("version", DESCENDING)
                .limit(1)
                .to_list(1)
            )
        return _notice(found[0]) if found else None


def _content(notice: YearNotice) -> tuple[object, ...]:
    return notice.notice, notice.source, notice.holidays, notice.makeups


def _document(notice: YearNotice, version: int, at: datetime, by: str) -> dict[str, Any]:
    return {
        "_id": f"{notice.year}/{version}",
        "year": notice.year,
        "version": version,
        "notice": notice.notice,
        "source": notice.source,
        "holidays": {day.isoformat(): name for day, name in notice.holidays.items()},
        "makeups": {day.isoformat(): name for day, name in notice.makeups.items()},
        "loaded_at": at,
        "loaded_by": by,
    }


def _notice(raw: Mapping[str, Any]) -> YearNotice:
    return YearNotice(
        year=raw["year"],
        version=raw["version"],
        notice=raw["notice"],
        source=raw["source"],
        holidays={date.fromisoformat(day): name for day, name in raw["holidays"].items()},
        makeups={date.fromisoformat(day): name for day, name in raw["makeups"].items()},
    )
