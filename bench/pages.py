"""The entity page and the name search over HTTP, each against the bare handler, turn by turn."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

import bson
import orjson

from bench.bare import deed
from bench.loopback import Ask, Connection, serving, write_config
from bench.questions import ENTITY_PAGE, SHARED_PAGE, ask, common_search
from bench.report import Sample, ratio, table
from bench.stage import Stage


@dataclass(frozen=True, slots=True)
class Case:
    """One page as the platform and as the bare handler answer it."""

    name: str
    request: Ask
    bare: Ask
    commands: tuple[str, ...]
    size: int


async def measure(stage: Stage, rounds: int, requests: int) -> str:
    """The table of pages."""
    cases, deeds = await _cases(stage)
    path = stage.folder / "deeds.bson"
    path.write_bytes(bson.encode(deeds))
    config = write_config(
        stage.folder / "bare.json", url=stage.settings.mongo_url, database=stage.mongo.db.name, deeds=path
    )
    with serving("bare", config) as bare_port:
        platform, bare = await Connection.open(stage.port), await Connection.open(bare_port)
        samples: dict[str, tuple[list[Sample], list[Sample]]] = {case.name: ([], []) for case in cases}
        for turn in range(rounds + 1):
            for case in cases:
                pair = await _run(platform, case.request, requests), await _run(bare, case.bare, requests)
                if turn:  # the first round warms both up
                    for taken, one in zip(samples[case.name], pair, strict=True):
                        taken.append(one)
        await platform.close()
        await bare.close()
    rows = []
    for case in cases:
        ours, theirs = (_joined(one) for one in samples[case.name])
        rows.append(
            (
                case.name,
                ours.cpu,
                theirs.cpu,
                ratio(ours.cpu, theirs.cpu),
                ours.median,
                theirs.median,
                ratio(ours.median, theirs.median),
                ours.p95,
                theirs.p95,
                len(case.commands),
                case.size,
            )
        )
    heads = (
        "case",
        "CPU ms",
        "bare",
        "ratio",
        "median ms",
        "bare",
        "ratio",
        "p95 ms",
        "bare",
        "commands",
        "bytes",
    )
    return table("Pages over HTTP, one request at a time (server CPU and latency)", heads, rows)


async def _cases(stage: Stage) -> tuple[list[Case], dict[str, Any]]:
    code = (await stage.some_codes(3))[1]
    token = stage.token()
    page, search = {"code": code}, common_search()
    cases: list[Case] = []
    deeds: dict[str, Any] = {}
    for name, path, query, variables, with_token in (
        ("entity page, anonymous", "/page", ENTITY_PAGE, page, None),
        ("entity page, agency, logged", "/shared", SHARED_PAGE, page, token),
        ("search of 20 hits, anonymous", "/search", *search, None),
        ("search of 20 hits, agency", "/search", *search, token),
    ):
        request = ask(query, variables, with_token)
        # Asked twice: whom a record was given to is noted once for each record (see server.store.deliveries).
        await stage.watch(query, variables, with_token)
        data, commands = await stage.watch(query, variables, with_token)
        size = len(orjson.dumps({"data": data}))
        deeds[path] = deed(commands, size)
        seen = tuple(one.name for one in commands)
        cases.append(Case(name, request, Ask(path, request.body, request.headers), seen, size))
    return cases, deeds


async def _run(connection: Connection, request: Ask, count: int) -> Sample:
    sent = request.bytes()
    before = await connection.cpu()
    latencies = tuple([await connection.timed(sent) for _ in range(count)])
    return Sample(latencies, (await connection.cpu() - before) * 1000 / count)


def _joined(samples: list[Sample]) -> Sample:
    latencies = tuple(latency for one in samples for latency in one.latencies)
    return Sample(latencies, median(one.cpu for one in samples))
