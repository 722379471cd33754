"""What runs by itself inside the servers: one of them at a time sweeps and recomputes, the others stand by."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

from server.actions.platform import Platform
from server.actions.recompute import recompute
from server.actions.sweep import sweep
from server.errors import CreditError
from server.logs import logger
from server.store.leases import Lease

TERM = timedelta(seconds=30)
"""How long a leader that died keeps the others waiting."""

_log = logger("scheduler")


class Scheduler:
    """Takes its turn every ``every_seconds`` while it holds the lease; ``now`` is the moment it judges by."""

    def __init__(
        self,
        platform: Platform,
        every_seconds: float,
        now: Callable[[], datetime],
        *,
        term: timedelta = TERM,
    ) -> None:
        self._platform = platform
        self._every = every_seconds
        self._now = now
        self.lease = Lease(platform.mongo.db["leases"], "scheduler", term)
        self.leading = False

    async def run(self) -> None:
        """Work until cancelled; then let another server lead at once."""
        try:
            while True:
                await self._try_turn()
                await asyncio.sleep(self._every)
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
            # Always: a record written at the very moment a regime came into force may have been left behind.
            computed = await recompute(self._platform, now=self._now)
            if computed.done:
                _log.info("records_recomputed", regime=computed.regime, rows=computed.done)
            while await self._platform.changes.waiting():
                await self._platform.changes.number()
            moment = self._now()
            swept = await sweep(self._platform, moment.date(), moment)
            if swept.total:
                _log.info(
                    "records_swept",
                    publicity_ended=swept.publicity_ended,
                    disclosure_ended=swept.disclosure_ended,
                    shielded=swept.shielded,
                    deleted=swept.deleted,
                )
        return True

    async def _try_turn(self) -> None:
        try:
            await self.turn()
        except CreditError as error:
            _log.error("scheduler_turn_failed", error=error.code)
        except Exception as error:
            # The driver's text may carry values, so only its type; the next turn tries again.
            _log.error("scheduler_turn_failed", error=type(error).__name__)
