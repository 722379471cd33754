"""The collection ``marks``: small notes of this installation about itself, such as how far the sample city is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.store.mongo import Mongo, translating


class Marks:
    """Reads and writes of one database's marks; the last writer of a mark wins."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["marks"]

    async def get(self, name: str) -> dict[str, Any] | None:
        """The mark of that name."""
        with translating():
            return await self._collection.find_one({"_id": name})

    async def put(self, name: str, values: Mapping[str, Any]) -> None:
        """Write the mark anew."""
        with translating():
            await self._collection.replace_one({"_id": name}, {**values, "_id": name}, upsert=True)
