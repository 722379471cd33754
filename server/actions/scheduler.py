"""What runs by itself inside the servers: one of them at a time sweeps and recomputes, the others stand by."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from server.actions.going_on import go_on
from server.actions.platform import Platform
from server.actions.recompute import recompute
from server.actions.sweep import sweep
from server.errors import CreditError
from server.logs import logger
from server.store.leases import Lease

TERM = timedelta(seconds=20)
"""How long a leader that died keeps the others waiting."""

BEAT_SECONDS = 5.0
"""How often the leader renews its lease and looks for changed rules, and the others try to take it."""

_log = logger("scheduler")


class Scheduler:
    """Leads while it holds the lease: computes stale dates again as soon as rules change, and sweeps every so often.

    ``every_seconds`` is the time between sweeps; ``now`` is the moment it judges by.
    """

    def __init__(
        self,
        platform: Platform,
        every_seconds: float,
        now: Callable[[], datetime],
        *,
        term: timedelta = TERM,
        beat_seconds: float = BEAT_SECONDS,
    ) -> None:
        self._platform = platform
        self._every = every_seconds
        self._beat = min(beat_seconds, every_seconds)
        self._now = now
        self._swept = float("-inf")
        self.lease = Lease(platform.mongo.db["leases"], "scheduler", term)
        self.leading = False

    async def run(self) -> None:
        """Work until cancelled; then let another server lead at once."""
        try:
            while True:
                go_on()
                await self._try_turn()
                await asyncio.sleep(self._beat)
        finally:
            with contextlib.suppress(CreditError, TimeoutError):
                async with asyncio.timeout(2.0):
                    await self.lease.release()

    async def turn(self) -> bool:
        """Do what is due, if this server leads; False where another one does."""
        self.leading = await self.lease.take()
        if not self.leading:
            return False
        async with self.lease.renewed():
            moment = self._now()
            sweeping = time.monotonic() - self._swept >= self._every
            if sweeping or not (await self._platform.regimes.fresh(moment)).settled:
                await self._recompute()
            if sweeping:
                await self._sweep(moment)
                self._swept = time.monotonic()
        return True

    async def _recompute(self) -> None:
        # Also when all is settled: a record written at the very moment of a change may have been left behind.
        computed = await recompute(self._platform, now=self._now, wait=False)
        if computed.done:
            _log.info("records_recomputed", regime=computed.regime, rows=computed.done)
        while await self._platform.changes.waiting():
            await self._platform.changes.number()

    async def _sweep(self, moment: datetime) -> None:
        swept = await sweep(self._platform, moment.date(), moment)
        if swept.total:
            _log.info(
                "records_swept",
                publicity_ended=swept.publicity_ended,
                disclosure_ended=swept.disclosure_ended,
                shielded=swept.shielded,
                deleted=swept.deleted,
            )

    async def _try_turn(self) -> None:
        try:
            await self.turn()
        except CreditError as error:
            _log.error("scheduler_turn_failed", error=error.code)
        except Exception as error:
            # The driver's text may carry values, so only its type; the next turn tries again.
            _log.error("scheduler_turn_failed", error=type(error).__name__)
