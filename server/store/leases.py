"""Leases: one process at a time does a thing, and when it dies another one takes over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import DuplicateKeyError

from server import clock
from server.store.mongo import translating


class Lease:
    """The lease ``name`` in a collection, taken and renewed for ``term`` at a time by this object alone.

    Clocks of processes may differ by less than the term; what is done under a lease must bear two holders for a
    moment all the same (a process that was stopped for longer than the term does not know).
    """

    def __init__(
        self,
        collection: AsyncCollection[dict[str, Any]],
        name: str,
        term: timedelta,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._collection = collection
        self._name = name
        self._term = term
        self._now = now
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    async def take(self) -> bool:
        """Take the lease, or keep it; False while another holder's runs."""
        moment = self._now()
        claim = {"$set": {"holder": self.holder, "until": moment + self._term}}
        with translating():
            if (await self._collection.update_one(self._mine(), claim)).matched_count:
                return True
            try:
                # One that has run out belongs to a process that died; a live one makes the upsert collide.
                await self._collection.update_one(
                    {"_id": self._name, "until": {"$lt": moment}}, claim, upsert=True
                )
            except DuplicateKeyError:
                return False
        return True

    async def release(self) -> None:
        """Give the lease back, if it is ours."""
        with translating():
            await self._collection.delete_one(self._mine())

    @asynccontextmanager
    async def renewed(self) -> AsyncIterator[None]:
        """Keep a taken lease for the block."""
        renewal = asyncio.create_task(self._renew())
        try:
            yield
        finally:
            renewal.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await renewal

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._term.total_seconds() / 3)
            with translating():
                await self._collection.update_one(self._mine(), {"$set": {"until": self._now() + self._term}})

    def _mine(self) -> dict[str, Any]:
        return {"_id": self._name, "holder": self.holder}
