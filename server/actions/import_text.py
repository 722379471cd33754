"""Text files as rows: tables with separators (UTF-8 or GB18030) and JSON Lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TextIO

from server.actions.import_rows import (
    CELL_MOST,
    COLUMNS_MOST,
    LINE_MOST,
    Row,
    cannot_read,
    headings_of,
    is_blank,
    table_row,
    unusable,
)
from server.catalogue.fault import Fault

DELIMITERS = (",", "\t", ";")

_CHUNK = 1_048_576
_BOM = b"\xef\xbb\xbf"
_MISNAMED = (
    (b"PK\x03\x04", "is a workbook or an archive, not a text file; a workbook must be named .xlsx"),
    (b"\xd0\xcf\x11\xe0", "is an old or encrypted workbook, not a text file; save it as CSV in UTF-8"),
    (b"\xff\xfe", "is written in UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "is written in UTF-16; save it as UTF-8"),
)


class CsvFile:
    """A table of text: the first row that is not blank holds the headings."""

    def __init__(self, path: Path) -> None:
        """Find out encoding, separator and headings. Raises BadInput."""
        self._path = path
        self._encoding = encoding_of(path)
        readings = [(delimiter, self._first(delimiter)) for delimiter in DELIMITERS]
        # The separator is the one that makes the most of the heading row.
        self._delimiter, first = max(readings, key=lambda one: sum(not is_blank(cell) for cell in one[1]))
        self._headings = headings_of(first)

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings in column order."""
        return self._headings

    def _first(self, delimiter: str) -> list[str]:
        for _, cells in self._records(delimiter):
            return cells
        raise unusable("The file is empty.", "empty")

    def rows(self) -> Iterator[Row]:
        """Every row below the headings that is not blank."""
        records = self._records(self._delimiter)
        next(records, None)
        for number, cells in records:
            row = table_row(number, self._headings, cells, padded=False)
            if row is not None:
                yield row

    def _records(self, delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Rows that are not blank, with the number a spreadsheet would show."""
        number = 0
        try:
            with self._path.open(encoding=self._encoding, newline="") as file:
                reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
                for number, cells in enumerate(reader, 1):
                    if not all(map(is_blank, cells)):
                        yield number, cells
        except csv.Error:
            raise unusable(
                f"Row {number + 1} is no row of a table: a quotation mark stands in the wrong place or is never "
                f"closed, or a cell has more than {CELL_MOST} characters; nothing was imported.",
                "csv",
            ) from None
        except OSError as error:
            raise cannot_read(error) from None
        except UnicodeError:
            raise unusable("The file was changed while it was read.", "changed") from None


class JsonLinesFile:
    """One JSON object a line; its keys are the headings of that row."""

    headings: tuple[str, ...] = ()

    def __init__(self, path: Path) -> None:
        """Find out the encoding. Raises BadInput, also when the first line is no JSON object."""
        self._path = path
        self._encoding = encoding_of(path)
        for row in self.rows():
            if row.faults and row.faults[0][1].rule == "json":
                raise unusable(f"Line {row.number} is not a JSON object: this is no JSON Lines file.", "json")
            break

    def rows(self) -> Iterator[Row]:
        """Every line that is not blank; a line that is no object is a row at fault."""
        try:
            with self._path.open(encoding=self._encoding, newline="\n") as file:
                for number, line in enumerate(_lines(file), 1):
                    if not line.isspace():
                        yield _object(number, line)
        except OSError as error:
            raise cannot_read(error) from None
        except UnicodeError:
            raise unusable("The file was changed while it was read.", "changed") from None


class _Twice(ValueError):
    """A key stands twice in one object."""


def _object(number: int, line: str) -> Row:
    try:
        # Decimal keeps an amount as it is written; a float would round it.
        made = json.loads(line, object_pairs_hook=_pairs, parse_float=Decimal, parse_constant=_no_constant)
    except _Twice:
        return _at_fault(number, "duplicate_key", "names a key twice")
    except (ValueError, RecursionError):
        return _at_fault(number, "json", "is not a JSON object")
    if not isinstance(made, dict):
        return _at_fault(number, "json", "is not a JSON object")
    if len(made) > COLUMNS_MOST:
        return _at_fault(number, "columns", f"has more than {COLUMNS_MOST} keys")
    if _longest(made) > CELL_MOST:
        raise unusable(
            f"Line {number}: a value has more than {CELL_MOST} characters; nothing was imported.", "cell_size"
        )
    return Row(number, {key: value for key, value in made.items() if not is_blank(value)})


def _at_fault(number: int, rule: str, sentence: str) -> Row:
    return Row(number, {}, (("", Fault("row", "行", rule, f"row (行) {sentence}.")),))


def _pairs(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice
    return made


def _no_constant(_name: str) -> object:
    raise ValueError("NaN and Infinity are no JSON")


def _longest(value: object) -> int:
    """The length of the longest text inside; the parser has bounded the depth."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return max((max(len(key), _longest(inner)) for key, inner in value.items()), default=0)
    if isinstance(value, list):
        return max(map(_longest, value), default=0)
    return 0


def _lines(file: TextIO) -> Iterator[str]:
    """Lines of bounded length: a file without line ends must not be read into memory whole."""
    number = 0
    while line := file.readline(LINE_MOST + 1):
        number += 1
        if len(line) > LINE_MOST:
            raise unusable(
                f"Line {number} has more than {LINE_MOST} characters; nothing was imported.", "line_size"
            )
        yield line


def encoding_of(path: Path) -> str:
    """The encoding of a text file: UTF-8 (with or without byte order mark), else GB18030.

    Raises BadInput for what is no text, and for UTF-8 with a broken character in it, which read as GB18030
    would give other characters instead of an error.
    """
    try:
        with path.open("rb") as file:
            head = file.read(4)
        for magic, sentence in _MISNAMED:
            if head.startswith(magic):
                raise unusable(f"The file {sentence}.", "format")
        if _decodes(path, "utf-8"):
            return "utf-8-sig"
        if head.startswith(_BOM) or _has_utf8_line(path):
            raise unusable("The file is written in UTF-8, but parts of it are damaged.", "encoding")
        if _decodes(path, "gb18030"):
            return "gb18030"
    except OSError as error:
        raise cannot_read(error) from None
    raise unusable("The file is no text in UTF-8 or GB18030.", "encoding")


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as file:
            while chunk := file.read(_CHUNK):
                if "\0" in chunk:
                    raise unusable("The file holds NUL bytes: it is no text file.", "binary")
    except UnicodeError:
        return False
    return True


def _has_utf8_line(path: Path) -> bool:
    """Whether some line is Chinese in UTF-8; four such characters in a row are no accident of another encoding."""
    with path.open("rb") as file:
        while line := file.readline(_CHUNK):
            try:
                text = line.decode("utf-8")
            except UnicodeError:
                continue
            if sum("\u4e00" <= char <= "\u9fff" for char in text) >= 4:
                return True
    return False
