"""A log on a fresh database, and the hands of somebody who can write to that database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from beanie import init_beanie

from server import clock
from server.actions.audit_log import AuditLog, entry_id
from server.actions.audit_verify import Report, verify
from server.audit.chain import START, Link, entry_hash
from server.audit.entry import Entry, canonical, from_plain, instant
from server.store.audit import DOCUMENTS
from server.store.mongo import Mongo
from tests.vectors.make_chains import KEY, an_entry

KEYS = {KEY.id: KEY.public}


def some(count: int, **changes: Any) -> list[Entry]:
    """Entries made now."""
    now = clock.now()
    return [
        an_entry(
            number, id=entry_id(now), at=now + timedelta(milliseconds=number), officer_salt="", **changes
        )
        for number in range(count)
    ]


@dataclass(slots=True)
class Desk:
    """One database, its folder of copies, and one writer."""

    mongo: Mongo
    folder: Path
    log: AuditLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.writer()

    def writer(self) -> AuditLog:
        """One more process's log on the same database and folder."""
        return AuditLog(self.mongo, KEY, self.folder)

    async def write(self, count: int, log: AuditLog | None = None, **changes: Any) -> None:
        """Entries, one append after the other in small groups."""
        for entry in some(count, **changes):
            await (log or self.log).append([entry])

    async def verify(self) -> Report:
        """What verification finds."""
        return await verify(self.mongo, KEYS, self.folder)

    async def first_broken(self) -> tuple[str, int]:
        """Chain and position of the first fault, which the sentence must name too."""
        report = await self.verify()
        assert not report.intact, report.sentence()
        first = report.broken[0]
        assert f"BROKEN: chain {first.chain}, position {first.seq}: {first.why}." in report.sentence()
        return first.chain, first.seq

    async def anchor(self, log: AuditLog | None = None) -> int | None:
        """Make a checkpoint; its number."""
        made = await (log or self.log).checkpoint(clock.now())
        return None if made is None else made.number

    @property
    def entries(self) -> Any:
        """The raw collection, for tampering."""
        return self.mongo.db["audit_entries"]

    @property
    def heads(self) -> Any:
        """The raw collection, for tampering."""
        return self.mongo.db["audit_heads"]

    @property
    def checkpoints(self) -> Any:
        """The raw collection, for tampering."""
        return self.mongo.db["audit_checkpoints"]

    async def chain(self) -> str:
        """The name of the only chain."""
        (name,) = await self.entries.distinct("chain")
        return str(name)

    async def at(self, seq: int) -> dict[str, Any]:
        """The stored entry at a position of the only chain."""
        found: dict[str, Any] = await self.entries.find_one({"seq": seq})
        return found

    async def relink(self, first: int) -> None:
        """What a forger with the code can do: make all hashes from `first` on fit again."""
        before = await self.entries.find_one({"seq": first - 1})
        previous = bytes.fromhex(before["hash"]) if before else START
        found = await self.entries.find({"seq": {"$gte": first}}).sort("seq", 1).to_list()
        for seq, document in enumerate(found, first):
            data = {
                k: v for k, v in document.items() if k not in ("chain", "seq", "previous", "hash", "form")
            }
            data |= {"id": data.pop("_id"), "at": instant(data["at"])}
            made = entry_hash(canonical(from_plain(data), document["chain"], seq, previous))
            fitting = {"seq": seq, "previous": previous.hex(), "hash": made.hex()}
            await self.entries.update_one({"_id": document["_id"]}, {"$set": fitting})
            previous = made

    def forget_copies(self) -> None:
        """Another machine: nothing of the published copies is there."""
        for path in self.folder.rglob("*.json*"):
            path.unlink()


async def a_desk(mongo: Mongo, folder: Path) -> Desk:
    """A log with its indexes."""
    await init_beanie(database=mongo.db, document_models=list(DOCUMENTS))
    return Desk(mongo, folder)


async def ten_entries(mongo: Mongo, folder: Path) -> Desk:
    """One chain: 0 to 3 in checkpoint 0, 4 and 5 in checkpoint 1, 6 to 9 bound by the signed head only."""
    desk = await a_desk(mongo, folder)
    await many_at_once(desk.log, 4)
    await desk.anchor()
    await many_at_once(desk.log, 2)
    await desk.anchor()
    await many_at_once(desk.log, 4)
    report = await desk.verify()
    assert report.intact, report.sentence()
    assert (report.entries, report.checkpoints, report.unanchored) == (10, 2, 4)
    return desk


async def many_at_once(log: AuditLog, count: int) -> None:
    """`count` callers that append one entry each at the same time."""
    await asyncio.gather(*(log.append([entry]) for entry in some(count)))


def as_raw(link: Link, entry: dict[str, Any]) -> dict[str, Any]:
    """A forged entry's document, from a genuine one's."""
    place = {"seq": link.seq, "previous": link.previous.hex(), "hash": link.hash.hex()}
    return entry | place | {"_id": link.entry.id if link.entry else "none"}
