"""The import of a file against raw insertion of the very documents it wrote, turn by turn."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import orjson

from bench.copies import insert
from bench.report import ratio, table
from bench.stage import AGENCY_UNIT, Stage
from seed.party import entity_party
from seed.records import filing
from server import clock
from server.actions.import_file import ImportRequest, import_file
from server.store.mongo import Mongo, patiently

KIND = "administrative_penalty"
_FAR = 200_000
"""Where in the sample city's endless row of entities the imported parties begin."""


async def measure(stage: Stage, rounds: int, rows: int) -> str:
    """The table of imports."""
    raw = Mongo(stage.mongo.client, f"{stage.mongo.db.name}_raw")
    imported: list[float] = []
    inserted: list[float] = []
    cpu: list[float] = []
    documents = 0
    for turn in range(rounds):
        path = _file(stage, turn, rows)
        request = ImportRequest(
            path, AGENCY_UNIT.code, KIND, maker=AGENCY_UNIT.maker, checker=AGENCY_UNIT.checker
        )
        started, used = time.perf_counter(), time.process_time()
        result = await import_file(stage.platform, request)
        imported.append(time.perf_counter() - started)
        cpu.append(time.process_time() - used)
        if result.tally.accepted != rows:
            raise RuntimeError(f"the import took {result.tally.accepted} of {rows} rows")
        written = await _written(stage, turn, rows)
        documents = sum(len(one) for one in written.values())
        started = time.perf_counter()
        for collection, found in written.items():
            await insert(raw.db, collection, found)
        inserted.append(time.perf_counter() - started)
    ours, theirs = median(imported), median(inserted)
    body = [
        (
            "import of a JSONL file",
            rows / ours,
            ours * 1000 / rows,
            median(cpu) * 1000 / rows,
            ratio(ours, theirs),
        ),
        ("raw insert_many of its documents", rows / theirs, theirs * 1000 / rows, "-", "1.00x"),
    ]
    title = f"Import of {rows} penalties ({documents} documents) at a time"
    return table(title, ("case", "rows/s", "ms a row", "CPU ms a row", "ratio"), body)


def _file(stage: Stage, turn: int, rows: int) -> Any:
    """Penalties about entities the register does not know yet."""
    path = stage.folder / f"penalties-{turn}.jsonl"
    day = clock.today()
    lines = []
    for place in range(turn * rows, (turn + 1) * rows):
        party = entity_party(_FAR + place * 20)
        made = filing(KIND, "recent", party, 0, day, AGENCY_UNIT)[1]
        own = {"sourceRecordNo": _number(place), "subjectCode": party.code, "subjectName": party.name}
        lines.append(orjson.dumps(own | dict(made.values)))
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def _number(place: int) -> str:
    return f"BENCH-{place:07}"


async def _written(stage: Stage, turn: int, rows: int) -> dict[str, list[dict[str, Any]]]:
    numbers = [_number(place) for place in range(turn * rows, (turn + 1) * rows)]
    with patiently(60):
        records = await stage.platform.records.by_source((AGENCY_UNIT.code, KIND, one) for one in numbers)
        subjects = [one["subject"] for one in records.values()]
        found = await stage.mongo.db["subjects"].find({"_id": {"$in": subjects}}).to_list(None)
    return {"subjects": found, "records": list(records.values())}
