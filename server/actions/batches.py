"""Changes of many records that no unit asked for: sweeps and recomputations, a batch and its events at a time.

Each batch is one transaction with its entries in the log, and compares what it changes with what it read: whoever was
faster wins, and the batch is read again. So a process that dies at any point leaves whole batches behind, and doing it
again does nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.actions.announce import Transition, announce
from server.actions.audit_log import Writing
from server.actions.going_on import go_on
from server.actions.listing import published_to
from server.actions.platform import Platform
from server.actions.put_in_force import BASICS, only_new
from server.actions.system_log import noted
from server.audit.entry import Tag
from server.errors import Unavailable

BATCH = 300
"""Records changed in one transaction: about a quarter of a second on the embedded database."""


PAUSES = (1.0, 2.0, 4.0)
"""Seconds to wait for a database that does not answer, before a batch is given up."""


@dataclass(frozen=True, slots=True)
class Step:
    """One record's change and what the log says of it; ``tag`` None where nothing is said."""

    transition: Transition
    tag: Tag | None


async def carry_out(platform: Platform, steps: Sequence[Step], at: datetime) -> None:
    """Write a batch: records, events, and an entry for each subject and deed. Raises Conflict, and nothing is written."""

    async def work(writing: Writing) -> None:
        session = writing.session
        gone = [one.transition for one in steps if one.transition.new is None]
        kept = [one.transition for one in steps if one.transition.new is not None]
        await platform.records.touch([only_new(one) for one in kept], session)
        copies = [
            (one.record["subject"], {f"basic.{name}": value for name, value in only_new(one)[1].items()})
            for one in kept
            if one.record["kind"] in BASICS
        ]
        await platform.subjects.change(copies, session)
        moved = {one.record["subject"] for one in kept if _listing_moves(one)}
        if moved:
            days = await platform.records.last_public_days(moved, session)
            await platform.subjects.change(
                [(one, {"listed_to": days.get(one)}) for one in sorted(moved)], session
            )
        await announce(platform, [one.transition for one in steps], at, session)
        if gone:
            identifiers = [one.record["_id"] for one in gone]
            await platform.records.remove([one.old for one in gone if one.old is not None], session)
            await platform.filings.remove(identifiers, session)
            await platform.deliveries.forget(identifiers, session)
        await writing.append(_entries(platform, steps, at))

    await platform.log.transact(work)


async def patiently_carry_out(platform: Platform, steps: Sequence[Step], at: datetime) -> None:
    """``carry_out``, again after a while when the database does not answer: whoever sweeps waits, and loses nothing.

    A batch whose answer was lost may have been written; it is then found changed. Raises Conflict, Unavailable.
    """
    for pause in PAUSES:
        try:
            return await carry_out(platform, steps, at)
        except Unavailable:
            go_on()
            await asyncio.sleep(pause)
    await carry_out(platform, steps, at)


def _entries(platform: Platform, steps: Sequence[Step], at: datetime) -> list[Any]:
    grouped: dict[tuple[str, Tag], dict[str, int]] = {}
    for one in steps:
        if one.tag is not None:
            record = one.transition.record
            rows = grouped.setdefault((record["subject"], one.tag), {})
            name = platform.catalogue.kind(record["kind"]).type_name
            rows[name] = rows.get(name, 0) + 1
    return [noted(platform, tag, at, subject=subject, rows=rows) for (subject, tag), rows in grouped.items()]


def _listing_moves(one: Transition) -> bool:
    """Whether the change may alter until when the subject is listed for the public."""
    old, new = one.old, one.new
    assert old is not None
    assert new is not None
    return published_to(old) != published_to(new)
