"""`python -m bench`: measure pages, growth, imports, parts and clocks on a database of its own, and print tables."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench import clocks, growth, imports, pages, parts
from bench.stage import Stage, stage
from server import logs
from server.store.embedded import embedded
from server.store.mongo import Mongo, patiently

PARTS = ("pages", "growth", "imports", "parts", "clocks")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured: sizes of the register, rounds of each comparison, requests of each round, and so on."""

    sizes: tuple[int, ...]
    rounds: int
    requests: int
    rows: int
    records: int
    only: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--most", type=int, default=10_000, help="the largest register (default 10000)")
    parser.add_argument("--least", type=int, default=1_000, help="the smallest register (default 1000)")
    parser.add_argument("--rounds", type=int, default=15, help="rounds of each comparison")
    parser.add_argument("--requests", type=int, default=20, help="requests of each round")
    parser.add_argument("--rows", type=int, default=400, help="rows of each imported file")
    parser.add_argument(
        "--records", type=int, default=10_000, help="records swept, and computed again (default 10000)"
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; may be repeated")
    given = parser.parse_args(arguments)
    sizes = [given.least]
    while sizes[-1] * 10 <= given.most:
        sizes.append(sizes[-1] * 10)
    only = tuple(given.only or PARTS)
    plan = Plan(tuple(sizes), given.rounds, given.requests, given.rows, given.records, only)
    logs.configure(level="error")
    with tempfile.TemporaryDirectory(prefix="qufu-bench-") as folder, _database(Path(folder)) as (url, kept):
        asyncio.run(_measure(plan, url, Path(folder), kept))


@contextmanager
def _database(folder: Path) -> Iterator[tuple[str, bool]]:
    """The URL of the database, and whether it outlives the bench."""
    given = os.environ.get("CREDIT_MONGO_URL")
    if given:
        yield given, True
        return
    with embedded(folder / "database") as url:
        yield url, False


async def _measure(plan: Plan, url: str, folder: Path, kept: bool) -> None:
    started = time.monotonic()
    server = "the database of CREDIT_MONGO_URL" if kept else f"SecantusDB {version('secantusdb')} (embedded)"
    print(f"Python {platform.python_version()}, {os.cpu_count()} CPUs, {server}")
    print("Latencies depend on the machine and its other work; ratios and counts are what to compare.")
    print("The first entities are filed through the actions; the rest are copies of the same shape, in bulk.")
    name = f"bench_{secrets.token_hex(4)}"
    try:
        if set(plan.only) - {"clocks"}:
            async with stage(url, name, folder) as one:
                await _measure_pages(plan, one)
        if "clocks" in plan.only:
            _tell("Preparing due records ...")
            async for shown in clocks.measure(url, name, folder, plan.records, _tell):
                print(shown, flush=True)
    finally:
        if kept:
            await _drop(url, name)
    print(f"\nDone in {time.monotonic() - started:.0f} s.")


async def _measure_pages(plan: Plan, one: Stage) -> None:
    """Everything that is measured on one growing register."""
    _tell("Preparing the smallest register ...")
    await one.register.grow(plan.sizes[0])
    if "pages" in plan.only:
        _tell("Measuring pages ...")
        print(await pages.measure(one, plan.rounds, plan.requests), flush=True)
    if "imports" in plan.only:
        _tell("Measuring imports ...")
        print(await imports.measure(one, max(1, plan.rounds // 3), plan.rows), flush=True)
    if "parts" in plan.only:
        print(await parts.measure(one, plan.rounds * plan.requests), flush=True)
    if "growth" in plan.only:
        _tell("Measuring growth ...")
        print(await growth.measure(one, plan.sizes, plan.rounds * plan.requests, _tell), flush=True)


async def _drop(url: str, name: str) -> None:
    mongo = await Mongo.connect(url, name)
    with patiently(300):
        for base in (name, *(f"{name}_{one}" for one in clocks.DATABASES)):
            for one in (base, f"{base}_bare", f"{base}_raw"):
                await mongo.client.drop_database(one)
    await mongo.close()


def _tell(text: str) -> None:
    """Progress, apart from the tables."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
