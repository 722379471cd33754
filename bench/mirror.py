"""An identical copy of the records, changed by nothing but the bare database: the yardstick of sweep and recomputation.

Its database has the same indexes, and the same client writes there, acknowledged by the majority and journalled.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import DeleteOne, UpdateOne

from bench.copies import insert
from bench.effort import Effort
from bench.report import ratio
from server import clock
from server.actions.batches import BATCH
from server.store.mongo import Mongo, patiently
from server.store.records import TECHNICAL

HEADS = ("case", "rows/s", "ms a row", "CPU ms a row", "ratio", "in trans.", "to all", "peak MiB", "grown by")
"""Of a table of ``Mirror.table_rows``."""

Write = UpdateOne | DeleteOne
_PATIENCE = 60.0


class Mirror:
    """The copy in ``<database>_raw``, and what it took to change it and, as ``ours``, the platform's own records."""

    def __init__(self, mongo: Mongo) -> None:
        self._client = mongo.client
        self._main = mongo.db
        self._raw = mongo.client[f"{mongo.db.name}_raw"]
        self._told: dict[str, int] = {}
        self.ours, self.events, self.entries = Effort(), Effort(), Effort()
        self.plain, self.whole = Effort(), Effort()
        """The bare update: as one bulk write a batch, and as one in a transaction."""

    async def insert(self, records: Sequence[dict[str, Any]]) -> None:
        """Put records into the register and into the copy."""
        await insert(self._main, "records", records)
        await self.copy(records)

    async def copy(self, records: Sequence[dict[str, Any]]) -> None:
        """Put records the register has already into the copy."""
        await insert(self._raw, "records", records)

    async def read(self, identifiers: Sequence[str], *, raw: bool) -> dict[str, dict[str, Any]]:
        """What a sweep reads of these records, from the copy or from the register."""
        database = self._raw if raw else self._main
        with patiently(_PATIENCE):
            found = await database["records"].find({"_id": {"$in": list(identifiers)}}, TECHNICAL).to_list()
        return {one["_id"]: one for one in found}

    async def write(self, writes: Sequence[Write]) -> None:
        """Change the copy by one bare bulk write, timed; every second one in a transaction, as ours are."""
        records = self._raw["records"]
        with patiently(_PATIENCE):
            if self.plain.rows <= self.whole.rows:
                with self.plain.spent(len(writes)):
                    await records.bulk_write(writes, ordered=False)
                return
            with self.whole.spent(len(writes)):
                async with self._client.start_session() as session, await session.start_transaction():
                    await records.bulk_write(writes, session=session)

    async def follow(self, identifiers: Sequence[str]) -> None:
        """Change these records of the copy as the platform has changed its own, batch by batch."""
        for part in batches(identifiers):
            old, new = await self.read(part, raw=True), await self.read(part, raw=False)
            await self.write([written(old[one], new.get(one)) for one in part])

    async def tell(self, identifiers: Sequence[str], at: datetime) -> None:
        """Write to the copy the events and entries the platform wrote ``at`` a moment about these records, timed."""
        for part in batches(identifiers):
            with patiently(_PATIENCE):
                query = {"record": {"$in": list(part)}, "at": at}
                found = await self._main["changes"].find(query).to_list()
            if found:
                with patiently(_PATIENCE), self.events.spent(len(found)):
                    await self._raw["changes"].insert_many(found)
        async for entries in self._entries(at):
            with patiently(_PATIENCE), self.entries.spent(len(entries)):
                await self._raw["audit_entries"].insert_many(entries)

    async def _entries(self, at: datetime) -> AsyncIterator[list[dict[str, Any]]]:
        """The entries of one moment, a batch at a time; each chain is read on from where it was left."""
        entries = self._main["audit_entries"]
        for head in await self._main["audit_heads"].find({"at": {"$gte": at}}).to_list():
            first, self._told[head["_id"]] = self._told.get(head["_id"], 0), head["seq"] + 1
            for start in range(first, head["seq"] + 1, BATCH):
                query = {"chain": head["_id"], "seq": {"$gte": start, "$lt": start + BATCH}}
                with patiently(_PATIENCE):
                    found = await entries.find(query).to_list()
                chosen = [one for one in found if one["at"] == at]
                if chosen:
                    yield chosen

    async def differing(self, identifiers: Sequence[str]) -> int:
        """How many of these records are not the same in the register and in the copy."""
        count = 0
        for part in batches(identifiers):
            one, other = await self.read(part, raw=True), await self.read(part, raw=False)
            count += sum(one.get(name) != other.get(name) for name in part)
        return count

    def table_rows(self, name: str) -> list[tuple[object, ...]]:
        """What the change of a record took, ours first; the ratios are to the bare update of the record, to that in
        a transaction, and to the bare writes of all that has to be written: the record, its event, its entry."""
        every = self.whole.ms + (self.events.seconds + self.entries.seconds) * 1000 / self.ours.rows
        made: list[tuple[object, ...]] = []
        for case, one in (
            (name, self.ours),
            ("bare bulk_write of its records", self.plain),
            ("the same, each in a transaction", self.whole),
            ("bare insert_many of its events", self.events),
            ("bare insert_many of its entries", self.entries),
        ):
            ratios = (ratio(one.ms, self.plain.ms), ratio(one.ms, self.whole.ms), ratio(one.ms, every))
            memory = (f"{one.peak:.0f}", f"{one.grown:.1f}") if one is self.ours else ("", "")
            made.append(
                (case, one.rows / one.seconds if one.rows else "-", one.ms, one.cpu_ms, *ratios, *memory)
            )
        return made


def written(old: Mapping[str, Any], new: Mapping[str, Any] | None) -> Write:
    """The one write that makes of a record what the platform made of it."""
    if new is None:
        return DeleteOne({"_id": old["_id"]})
    fields = {name: value for name, value in new.items() if name != "tick" and old.get(name) != value}
    return UpdateOne({"_id": old["_id"]}, {"$set": fields, "$inc": {"tick": 1}})


def moment() -> datetime:
    """Now, as precisely as the database keeps it."""
    now = clock.now()
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def batches(identifiers: Sequence[str]) -> list[Sequence[str]]:
    """The batches the platform works in."""
    return [identifiers[start : start + BATCH] for start in range(0, len(identifiers), BATCH)]
