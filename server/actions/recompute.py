"""The recomputation: after rules or calendar changed, every record they affect gets its dates anew.

Reads are right from the first moment, since stale records are judged by the rules in force wherever they are read;
this brings the stored dates after, batch by batch, and can be killed and begun again at any point.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from server import clock
from server.actions.announce import Transition, renewal
from server.actions.batches import BATCH, Step, patiently_carry_out
from server.actions.platform import Platform
from server.actions.regimes import GRACE_SECONDS
from server.audit.entry import Tag
from server.errors import Conflict
from server.rules.duties import judge_anew
from server.rules.lifecycle import CLOCK_KEYS
from server.rules.regime import SEVERE, Regime
from server.rules.visibility import Cause
from server.store.leases import Lease

Progress = Callable[[int, int], None]
"""Called with the records done and the records in all."""

PASSES_MOST = 20
LEASE = timedelta(seconds=20)
WAIT_SECONDS = 1.0


@dataclass(slots=True)
class RecomputeReport:
    """What a recomputation did: records computed again, and those whose dates came out different."""

    regime: int
    done: int = 0
    changed: int = 0

    def sentence(self) -> str:
        """The report for people."""
        return f"Regime {self.regime}: {self.done} records computed again, {self.changed} with other dates."


async def recompute(
    platform: Platform,
    *,
    now: Callable[[], datetime] = clock.now,
    progress: Progress | None = None,
    grace_seconds: float = GRACE_SECONDS,
    wait: bool = True,
) -> RecomputeReport:
    """Compute every stale record again and note that the regime is settled. Safe to run again and beside others.

    Waits until the regime has been in force for ``grace_seconds``, so that no worker still writes under the one
    before it. One process does so at a time: another one waits for it, or with ``wait`` False leaves it the work. Ends
    early when yet another regime comes into force. Raises Unavailable when the database stays away.
    """
    lease = Lease(platform.mongo.db["leases"], "recompute", LEASE)
    while not await lease.take():
        if not wait:
            return RecomputeReport(platform.regimes.current.number)
        await _watch(platform, progress)
        await asyncio.sleep(WAIT_SECONDS)
    try:
        async with lease.renewed():
            return await _recomputed(platform, now, progress, grace_seconds)
    finally:
        await lease.release()


async def _watch(platform: Platform, progress: Progress | None) -> None:
    """Tell how far whoever does the work is."""
    newest = await platform.regimes.book.latest()
    if progress is not None and newest is not None and newest["total"]:
        progress(newest["done"], newest["total"])


async def _recomputed(
    platform: Platform,
    now: Callable[[], datetime],
    progress: Progress | None,
    grace_seconds: float,
) -> RecomputeReport:
    regime = await platform.regimes.look(now())
    report = RecomputeReport(regime.number)
    waited = (clock.now() - platform.regimes.since).total_seconds()
    if not regime.settled and waited < grace_seconds:
        await asyncio.sleep(grace_seconds - max(0.0, waited))
    for _ in range(PASSES_MOST):
        left = await _stale(platform, regime)
        total = report.done + sum(left.values())
        if not left:
            await _judge_duties(platform, regime)
            if not regime.settled:
                await platform.regimes.book.finish(regime.number, now())
                await platform.regimes.look(now())
            return report
        await platform.regimes.book.progress(regime.number, done=report.done, total=total)
        for kind, number in left:
            async for found in platform.records.stale(kind, number, BATCH):
                await _batch(platform, regime, found, now(), report)
                await platform.changes.number()
                await platform.regimes.book.progress(regime.number, done=report.done, total=total)
                if progress is not None:
                    progress(report.done, total)
        if (await platform.regimes.fresh(now())).number != regime.number:
            return report
    return report


async def _judge_duties(platform: Platform, regime: Regime) -> None:
    """Reports from before the newest notice are judged again, by the calendar as it is now (Art. 57, 58)."""
    changes: list[tuple[str, dict[str, Any]]] = []
    for one in await platform.duties.before(regime.since.get(SEVERE, 0)):
        if one["days"] is not None:
            began, reported = (date.fromisoformat(one[name]) for name in ("began_on", "reported_on"))
            due, provisional, late = judge_anew(began, reported, one["days"], regime)
            found = {"due_on": due.isoformat(), "provisional": provisional, "late": late}
            changes.append((one["_id"], found | {"regime": regime.number}))
    await platform.duties.judge_anew(changes)


async def _stale(platform: Platform, regime: Regime) -> dict[tuple[str, int], int]:
    """(Kind, number of the regime it was computed under) -> how many records."""
    found = {}
    for kind, since in sorted(regime.since.items()):
        for number, count in (await platform.records.regimes(kind, since)).items():
            found[kind, number] = count
    return found


async def _batch(
    platform: Platform,
    regime: Regime,
    found: Sequence[dict[str, Any]],
    at: datetime,
    report: RecomputeReport,
) -> None:
    for start in range(0, len(found), BATCH):
        steps = []
        for record in found[start : start + BATCH]:
            new = {**record, **renewal(platform, regime, record, at)}
            moved = any(record.get(key) != new.get(key) for key in CLOCK_KEYS)
            tag = Tag.RECORD_CLOCKS_RECOMPUTE if moved else None
            steps.append(Step(Transition(record, new, Cause.RECOMPUTED), tag))
        try:
            await patiently_carry_out(platform, steps, at)
        except Conflict:
            continue  # the next pass reads what somebody else left of it
        report.done += len(steps)
        report.changed += sum(one.tag is not None for one in steps)
