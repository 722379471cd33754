"""The collection ``units``: provider units, agencies, collectors and inquirers with what each may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel

from server.store.mongo import Mongo, translating


class UnitDocument(Document):
    """One unit; ``id`` is its unified social credit code.

    ``items`` are the catalogue items (kind codes) it may file (Art. 23), ``family`` whether it provides public
    or collects market information (Art. 9). ``may_withhold_log`` names units whose queries may stay hidden
    from the subject's access log for a stated time, by law.
    """

    id: str  # type: ignore[assignment]
    version: int = 1
    name: str
    family: str
    items: list[str]
    may_withhold_log: bool = False

    class Settings:
        name = "units"
        indexes: ClassVar = [IndexModel([("items", ASCENDING)], name="items")]


class Units:
    """Reads and writes of one database's units."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["units"]

    async def get(self, code: str) -> dict[str, Any] | None:
        """The unit with that code."""
        with translating():
            return await self._collection.find_one({"_id": code})

    async def put(self, units: Sequence[dict[str, Any]]) -> None:
        """Insert or replace units by their code."""
        with translating():
            for unit in units:
                await self._collection.replace_one({"_id": unit["_id"]}, unit, upsert=True)

    async def all(self) -> list[dict[str, Any]]:
        """Every unit, by code."""
        with translating():
            return await self._collection.find({}).sort("_id", ASCENDING).to_list()

    async def names(self, codes: set[str]) -> dict[str, str]:
        """Names of the units under these codes."""
        if not codes:
            return {}
        with translating():
            cursor = self._collection.find({"_id": {"$in": sorted(codes)}}, {"name": 1})
            return {one["_id"]: one["name"] async for one in cursor}
