"""The parts of a request that are remembered: what the first time costs, and what every further time does."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from statistics import median

from bench.questions import ENTITY_PAGE
from bench.report import ratio, table
from bench.stage import Stage
from server import clock
from server.identity.verify import Verifier


async def measure(stage: Stage, count: int) -> str:
    """The table of parts, in microseconds."""
    verifier, now = Verifier.of(stage.settings), clock.now()
    tokens = [f"Bearer {stage.token(number)}" for number in range(count)]
    await verifier.viewer(f"Bearer {stage.token(count)}", now)  # the key set is loaded with the first token

    async def verify(number: int) -> None:
        await verifier.viewer(tokens[number], now)

    async def read(number: int) -> None:
        stage.executor._document(f"{ENTITY_PAGE}\n# {number}")

    rows = []
    for name, work in (("token verification", verify), ("parse and validate", read)):
        first, again = await _twice(work, count)
        rows.append((name, first, again, ratio(first, again)))
    return table("Remembered parts, microseconds", ("part", "first", "remembered", "ratio"), rows)


async def _twice(work: Callable[[int], Awaitable[None]], count: int) -> tuple[float, float]:
    first: list[float] = []
    again: list[float] = []
    for number in range(count):
        for taken in (first, again):
            start = time.perf_counter()
            await work(number)
            taken.append((time.perf_counter() - start) * 1_000_000)
    return median(first), median(again)
