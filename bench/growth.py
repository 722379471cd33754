"""What happens to pages, searches and the feed when the register grows tenfold, and again."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from bench.commands import READS, examined
from bench.loopback import Ask, Connection
from bench.questions import ENTITY_PAGE, FEED, ask, common_search, rare_search
from bench.report import Sample, table
from bench.stage import Stage

DEPTH = 1_000
"""How many entries lie before the deep page of the feed, unless the register is smaller."""

_STRIDE = 100
Question = tuple[str, dict[str, Any]]


async def measure(stage: Stage, sizes: Sequence[int], requests: int, tell: Callable[[str], None]) -> str:
    """The table of growth; leaves the register at its largest size."""
    rows: list[tuple[object, ...]] = []
    for size in sizes:
        started, before = time.monotonic(), stage.register.size
        await stage.register.grow(size, lambda held: tell(f"  {held:,} entities"))
        seconds = time.monotonic() - started
        tell(f"  {size:,} entities ({size - before:,} more in {seconds:.0f} s)")
        connection = await Connection.open(stage.port)
        for name, questions, of in await _questions(stage, connection):
            rows.append((name, size, *await _row(stage, connection, questions, of, requests)))
            tell(f"  {name}: {rows[-1][2]:.1f} ms, {rows[-1][-1]} documents examined for one returned")
        await connection.close()
    rows.sort(key=lambda row: _ORDER.index(str(row[0])))
    heads = (
        "case",
        "entities",
        "median ms",
        "p95 ms",
        "CPU ms",
        "reads",
        "examined",
        "returned",
        "per returned",
    )
    return table("Growth (documents examined as the database's explain counts them)", heads, rows)


_ORDER = (
    "entity page",
    "search, common fragment",
    "search, rare fragment",
    "feed, first page",
    "feed, deep page",
)


async def _questions(
    stage: Stage, connection: Connection
) -> list[tuple[str, list[Question], Callable[[Any], int]]]:
    codes = await stage.some_codes(40)
    first: Question = (FEED, {"first": 20})
    deep: Question = (FEED, {"first": 20, "after": await _deep(connection, min(DEPTH, stage.register.size))})
    return [
        ("entity page", [(ENTITY_PAGE, {"code": code}) for code in codes], _page_size),
        ("search, common fragment", [common_search()], lambda data: len(data["entities"]["edges"])),
        ("search, rare fragment", [rare_search()], lambda data: len(data["entities"]["edges"])),
        ("feed, first page", [first], lambda data: len(data["records"]["edges"])),
        ("feed, deep page", [deep], lambda data: len(data["records"]["edges"])),
    ]


async def _deep(connection: Connection, depth: int) -> str:
    """The cursor after so many entries of the feed, reached page by page."""
    after = None
    for _ in range(max(1, depth // _STRIDE)):
        first = min(_STRIDE, depth)
        _, body = await connection.send(ask(FEED, {"first": first, "after": after}).bytes())
        after = orjson.loads(body)["data"]["records"]["pageInfo"]["endCursor"]
    return str(after)


async def _row(
    stage: Stage,
    connection: Connection,
    questions: Sequence[Question],
    count: Callable[[Any], int],
    requests: int,
) -> tuple[object, ...]:
    asks: list[Ask] = [ask(*one) for one in questions]
    for _, one in zip(range(10), itertools.cycle(asks), strict=False):
        await connection.timed(one.bytes())
    before = await connection.cpu()
    latencies = [
        await connection.timed(one.bytes())
        for _, one in zip(range(requests), itertools.cycle(asks), strict=False)
    ]
    cpu = (await connection.cpu() - before) * 1000 / requests
    looked = returned = reads = 0
    for question in questions:
        # Asked twice: the platform remembers how densely a feed is filled, never what is in it.
        await stage.watch(*question)
        data, commands = await stage.watch(*question)
        looked += await examined(stage.mongo.db, commands)
        returned += count(data)
        reads += sum(one.name in READS for one in commands)
    sample = Sample(tuple(latencies), cpu)
    asked = len(questions)
    return (
        sample.median,
        sample.p95,
        cpu,
        reads / asked,
        looked / asked,
        returned / asked,
        f"{looked / returned:.2f}" if returned else "-",
    )


def _page_size(data: Any) -> int:
    """The subject and its records."""
    return 1 + len(data["entity"]["records"]["edges"])
