"""The formats of an import file: the same records from each, and one clear sentence for what cannot be read."""

from __future__ import annotations

import datetime as dt
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from server.actions import import_xlsx
from server.actions.import_file import FORMATS
from server.actions.import_rows import CELL_MOST, Row, Source, check_file
from server.errors import BadInput
from server.settings import Settings
from server.store.mongo import Mongo
from tests.actions.import_tools import (
    GOOD,
    PENALTY,
    bring,
    faults_of,
    first_sheet,
    open_platform,
    rows_of,
    write_csv,
    write_jsonl,
    write_xlsx,
)

LABELS = {"CF_WSH": "行政处罚决定书文号", "CF_NR_FK": "罚款金额(万元)", "CF_CFLB": "处罚类别", "BZ": "备注"}
NAMES = {
    "CF_XDR_MC": "partyName",
    "CF_JDRQ": "decidedOn",
    "处罚程序": "procedure",
    "CF_WSH": "documentNumber",
}


def read(path: Path) -> tuple[Source, list[Row]]:
    check_file(path)
    source = FORMATS[path.suffix](path)
    return source, list(source.rows())


def renamed(rows: list[dict[str, str]], words: dict[str, str]) -> list[dict[str, str]]:
    return [{words.get(key, key): value for key, value in row.items()} for row in rows]


def as_cells(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """As a person types them into a spreadsheet: dates are dates and amounts are numbers."""
    typed: list[dict[str, Any]] = []
    for row in rows:
        day = dt.datetime.fromisoformat(row["CF_JDRQ"])
        amount = float(row["CF_NR_FK"]) if row["CF_NR_FK"] else None
        typed.append({**row, "CF_JDRQ": day, "CF_NR_FK": amount})
    return typed


def as_objects(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [{**row, "CF_CFLB": row["CF_CFLB"].split(";"), "BZ": row["BZ"] or None} for row in rows]


async def test_every_format_gives_the_same_records(settings: Settings, mongo: Mongo, tmp_path: Path) -> None:
    rows = rows_of(GOOD)
    files = [
        write_csv(tmp_path / "bom.csv", rows, encoding="utf-8-sig"),
        write_csv(tmp_path / "gb.csv", rows, encoding="gb18030"),
        write_csv(tmp_path / "tab.tsv", rows, delimiter="\t"),
        write_csv(tmp_path / "labels.csv", renamed(rows, LABELS), encoding="gb18030"),
        write_csv(tmp_path / "names.csv", renamed(rows, NAMES)),
        write_xlsx(tmp_path / "typed.xlsx", as_cells(rows)),
        write_jsonl(tmp_path / "objects.jsonl", as_objects(rows)),
        write_jsonl(tmp_path / "labels.jsonl", renamed(rows, LABELS)),
    ]
    semicolons = [{k: v.replace(";", "、") for k, v in row.items()} for row in rows]
    files.append(write_csv(tmp_path / "semicolon.csv", semicolons, delimiter=";"))
    async with open_platform(settings, mongo) as platform:
        first = await bring(platform, GOOD, tmp_path)
        assert first.tally.accepted == len(rows)
        for path in files:
            again = await bring(platform, path, tmp_path)
            assert faults_of(again) == [], path.name
            assert again.tally.unchanged == len(rows), path.name


def test_rows_are_numbered_as_a_spreadsheet_numbers_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('CF_WSH,BZ\r\n1,"two\r\nlines"\r\n,\r\n\r\n2,x,,\r\n', "utf-8")
    assert [(row.number, dict(row.cells)) for row in read(path)[1]] == [
        (2, {"CF_WSH": "1", "BZ": "two\r\nlines"}),
        (5, {"CF_WSH": "2", "BZ": "x"}),
    ]
    book = openpyxl.Workbook()
    sheet = first_sheet(book)
    sheet["A2"], sheet["A5"] = "CF_WSH", 7
    book.save(tmp_path / "a.xlsx")
    source, rows = read(tmp_path / "a.xlsx")
    assert (source.headings, [(row.number, dict(row.cells)) for row in rows]) == (
        ("CF_WSH",),
        [(5, {"CF_WSH": 7})],
    )


def test_a_row_of_another_width_is_a_fault_of_that_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("CF_WSH,BZ\n1\n1,2,3\n1,2\n", "utf-8")
    rules = [[fault.rule for _, fault in row.faults] for row in read(path)[1]]
    assert rules == [["row_shape"], ["row_shape"], []]


def test_formulas_and_error_values_are_faults_of_their_cell(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = first_sheet(book)
    sheet.append(["CF_WSH", "CF_NR_FK"])
    sheet.append(["1", "=1+1"])
    sheet.append(["2", "#REF!"])
    sheet.append(["3", 0.1 + 0.2])
    book.save(tmp_path / "a.xlsx")
    rows = read(tmp_path / "a.xlsx")[1]
    assert [[(heading, fault.rule) for heading, fault in row.faults] for row in rows] == [
        [("CF_NR_FK", "formula")],
        [("CF_NR_FK", "error_value")],
        [],
    ]
    assert rows[2].cells["CF_NR_FK"] == 0.3


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("{", "json"),
        ("[1]", "json"),
        ('{"a": NaN}', "json"),
        ('{"a": 1, "a": 2}', "duplicate_key"),
        ('{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "json"),
        ('{"a": ' + "9" * 5_000 + "}", "json"),
        ("{" + ",".join(f'"k{i}": 1' for i in range(300)) + "}", "columns"),
    ],
)
def test_a_line_that_is_no_object_is_a_fault_of_that_line(tmp_path: Path, line: str, rule: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"BZ": "x"}}\n\n{line}\n', "utf-8")
    rows = read(path)[1]
    assert (rows[1].number, [fault.rule for _, fault in rows[1].faults]) == (3, [rule])


def written(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 40_000_000)


def archive_without_sheets(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")


def empty_book(path: Path) -> None:
    openpyxl.Workbook().save(path)


def far_row(path: Path) -> None:
    """A sheet whose only data row claims a number far beyond the last one a sheet has."""
    write_xlsx(path, [{"CF_WSH": "1"}])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'r="2"', b'r="99999999999"').replace(b'r="A2"', b'r="A99999999999"')
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


UNUSABLE: list[tuple[str, Callable[[Path], None], str]] = [
    ("a.csv", written(b""), "empty"),
    ("a.csv", written(b"\r\n , \r\n"), "empty"),
    ("a.csv", written(b"CF_WSH,BZ\n1,\0\n"), "binary"),
    ("a.csv", written(bytes(range(256)) * 9), "encoding"),
    ("a.csv", written("CF_WSH,备注说明文字\n1,".encode() + b"\xff\n"), "encoding"),
    ("a.csv", written(b"\xef\xbb\xbfCF_WSH,BZ\n1,\xb1\xb8\n"), "encoding"),
    ("a.csv", written("CF_WSH,BZ".encode("utf-16")), "format"),
    ("a.csv", archive_without_sheets, "format"),
    ("a.csv", written(b'CF_WSH,BZ\n1,"never closed\n'), "csv"),
    ("a.csv", written(b'CF_WSH,BZ\n1,"x"y\n'), "csv"),
    ("a.csv", written(b"CF_WSH,BZ\n1," + b"x" * (CELL_MOST + 1)), "cell_size"),
    ("a.csv", written(b"CF_WSH,BZ\n1," + b"x" * 200_000), "csv"),
    ("a.csv", written(b"x" * 3_000_000), "line_size"),
    ("a.csv", written(b",".join(b"c%d" % i for i in range(400))), "columns"),
    ("a.csv", written(b"CF_WSH,,BZ\n1,2,3\n"), "heading"),
    ("a.jsonl", written(b"CF_WSH,BZ\n1,2\n"), "json"),
    ("a.jsonl", written(b'{"BZ": "' + b"x" * (CELL_MOST + 1) + b'"}'), "cell_size"),
    ("a.jsonl", written(b'{"BZ": "\0"}'), "binary"),
    ("a.xlsx", written(b"CF_WSH,BZ\n1,2\n"), "xlsx"),
    ("a.xlsx", written(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600), "encrypted"),
    ("a.xlsx", archive_without_sheets, "xlsx"),
    ("a.xlsx", bomb, "xlsx_size"),
    ("a.xlsx", empty_book, "empty"),
]


@pytest.mark.parametrize(("name", "write", "rule"), UNUSABLE)
def test_what_cannot_be_read_is_refused_with_one_sentence(
    tmp_path: Path, name: str, write: Callable[[Path], None], rule: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(BadInput) as refusal:
        read(path)
    assert refusal.value.rule == rule
    assert "\n" not in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")


def test_a_row_number_beyond_the_sheet_does_not_keep_the_reader_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far_row(tmp_path / "a.xlsx")
    monkeypatch.setattr(import_xlsx, "ROWS_MOST", 1_000)
    with pytest.raises(BadInput) as refusal:
        read(tmp_path / "a.xlsx")
    assert refusal.value.rule == "rows"


def test_a_path_that_names_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.csv", tmp_path, Path("a\0b.csv"), Path("/dev/null")):
        with pytest.raises(BadInput):
            check_file(path)


UNFIT: list[tuple[str, bytes, str]] = [
    ("a.pdf", b"%PDF", "format"),
    ("a.csv", b"CF_WSH,BZ\n", "empty"),
    ("a.csv", b"CF_WSH,no_such\n1,2\n", "unknown_heading"),
    ("a.csv", b"CF_WSH,documentNumber\n1,2\n", "duplicate_heading"),
    ("a.csv", b"CF_WSH,BZ\n" + b"1,2\n" * 1_000 + b'1,"', "csv"),
]


async def test_an_unusable_file_leaves_neither_records_nor_a_report(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo, PENALTY) as platform:
        for number, (name, content, rule) in enumerate(UNFIT):
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / name).write_bytes(content)
            with pytest.raises(BadInput) as refusal:
                await bring(platform, folder / name, folder)
            assert refusal.value.rule == rule
            assert os.listdir(folder) == [name]
        assert await mongo.db["records"].count_documents({}) == 0
