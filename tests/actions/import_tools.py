"""What the import tests share: a platform with two units, the sample files, and looks behind the scenes."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import bson
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from server import clock
from server.actions.import_file import ImportRequest, ImportResult, import_file
from server.actions.platform import Platform
from server.settings import Settings
from server.store.models import make_indexes
from server.store.mongo import Mongo

DATA = Path(__file__).resolve().parents[1] / "data" / "import"
SAMPLE = DATA / "penalties.csv"
GOOD = DATA / "penalties-good.csv"
UNIT = "11370881MB2Q01027Y"
OTHER = "11370881MB2Q01043L"
PENALTY = "administrative_penalty"
DAY = datetime(2025, 9, 1, 10, tzinfo=clock.CITY)


@asynccontextmanager
async def open_platform(settings: Settings, mongo: Mongo, *items: str) -> AsyncIterator[Platform]:
    """A platform on which UNIT may file `items` (penalties by default) and OTHER student files only."""
    await make_indexes(mongo)
    platform = await Platform.open(settings, mongo)
    units = (
        (UNIT, "曲阜市市场监督管理局", items or (PENALTY,)),
        (OTHER, "曲阜市应急管理局", ("student_credit",)),
    )
    await platform.units.put(
        [
            {
                "_id": code,
                "version": 1,
                "name": name,
                "family": "public",
                "items": list(own),
                "may_withhold_log": False,
            }
            for code, name, own in units
        ]
    )
    try:
        yield platform
    finally:
        await platform.close()


async def bring(platform: Platform, path: Path, tmp_path: Path, **given: Any) -> ImportResult:
    """Import a file as the unit's two people, with the report in the test's own directory."""
    wanted = {"unit": UNIT, "kind": PENALTY, "maker": "颜回路", "checker": "端木赐安"} | given
    request = ImportRequest(path, report=tmp_path / f"{path.name}.report.csv", **wanted)
    return await import_file(platform, request, now=lambda: DAY)


def faults_of(result: ImportResult) -> list[tuple[int, str, str, str]]:
    """Row, heading, label and rule of every line of the report."""
    with result.report.open(encoding="utf-8-sig", newline="") as file:
        return [
            (int(line["row"]), line["heading"], line["label"], line["rule"]) for line in csv.DictReader(file)
        ]


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a sample file, blank ones left out."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row for row in csv.DictReader(file) if any(row.values())]


def write_csv(
    path: Path, rows: Sequence[Mapping[str, Any]], *, encoding: str = "utf-8", delimiter: str = ","
) -> Path:
    """A CSV file of rows that share their keys."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> Path:
    """A JSON Lines file."""
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), "utf-8")
    return path


def first_sheet(book: openpyxl.Workbook) -> Worksheet:
    """The sheet a new workbook has."""
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    return sheet


def write_xlsx(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """A workbook with one sheet of rows that share their keys."""
    book = openpyxl.Workbook()
    sheet = first_sheet(book)
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)
    book.close()
    return path


async def stored(mongo: Mongo) -> bytes:
    """Everything the database holds, as it lies there."""
    found = bytearray()
    for name in await mongo.db.list_collection_names():
        async for document in mongo.db[name].find({}):
            found += bson.encode(document)
    return bytes(found)
