"""The pulse of the feed in one process: whoever waits for changes is woken when there are new ones, all by one look."""

from __future__ import annotations

import asyncio
import contextlib

from server.actions.going_on import go_on
from server.errors import CreditError
from server.logs import logger
from server.store.changes import Changes

BEAT_SECONDS = 0.5
"""How often the process looks for new events while anybody waits for them."""

_log = logger("feed")


class Pulse:
    """Looks while somebody waits, and only then."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._last = -1
        self._waiting = 0
        self._moved = asyncio.Condition()
        self._beat: asyncio.Task[None] | None = None

    async def beyond(self, number: int, seconds: float) -> None:
        """Return when an event has a higher number than ``number``, or after so many seconds."""
        self._waiting += 1
        try:
            if self._beat is None or self._beat.done():
                self._beat = asyncio.create_task(self._run())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds), self._moved:
                    await self._moved.wait_for(lambda: self._last > number)
        finally:
            self._waiting -= 1

    async def _run(self) -> None:
        while self._waiting:
            go_on()
            try:
                last = await self._changes.number()
            except CreditError as error:
                _log.error("feed_not_read", error=error.code)
            except Exception as error:
                # The driver's text may carry values, so only its type; the next beat looks again.
                _log.error("feed_not_read", error=type(error).__name__)
            else:
                async with self._moved:
                    self._last = last
                    self._moved.notify_all()
            await asyncio.sleep(BEAT_SECONDS)

    async def close(self) -> None:
        """Stop looking."""
        if self._beat is not None:
            self._beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beat
