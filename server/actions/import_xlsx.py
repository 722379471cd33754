"""Workbooks as rows: the first sheet, cell by cell, with the dates and numbers it holds.

A workbook is a compressed archive of XML written by strangers, so its size is judged before it is opened, and
whatever the reader makes of a damaged one is one refusal.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl

from server.actions.import_rows import Row, cannot_read, headings_of, is_blank, table_row, unusable
from server.catalogue.fault import Fault
from server.errors import BadInput

UNPACKED_MOST = 2 * 1024**3
"""The most bytes a workbook may unfold to; a full sheet of a million rows stays below."""

STRINGS_MOST = 256 * 1024**2
"""The most bytes of shared texts, which the reader keeps in memory."""

RATIO_MOST = 200
"""How many times its size a large part may unfold to; sheets of repeated rows reach some 60."""

ROWS_MOST = 1_048_576
"""The most rows a sheet can have."""

_SMALL = 10 * 1024**2
_ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class XlsxFile:
    """The first sheet of a workbook: the first row that is not blank holds the headings."""

    def __init__(self, path: Path) -> None:
        """Judge size and read the headings. Raises BadInput."""
        self._path = path
        _check_archive(path)
        first: Sequence[Any] = ()
        # What a stranger's rows look like matters little here; only the first one with content is read.
        for _, cells in self._records():
            first = cells
            break
        if any(_refused(cell) for cell in first):
            raise unusable("The heading row holds a formula or an error value.", "heading")
        self._headings = headings_of([cell.value for cell in first])
        if not self._headings:
            raise unusable("The first sheet of the workbook is empty.", "empty")

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings in column order."""
        return self._headings

    def rows(self) -> Iterator[Row]:
        """Every row below the headings that is not blank; formulas and error values are faults of their cell."""
        for number, cells in islice(self._records(), 1, None):
            row = table_row(number, self._headings, [_value(cell) for cell in cells], padded=True)
            if row is None:
                continue
            found = [
                (heading, fault)
                for heading, cell in zip(self._headings, cells, strict=False)
                if (fault := _refused(cell)) is not None
            ]
            yield Row(row.number, row.cells, (*row.faults, *found))

    def _records(self) -> Iterator[tuple[int, Sequence[Any]]]:
        """Rows that are not blank, with their number in the sheet."""
        try:
            # The reader leaves a file it opened itself open when it fails.
            with self._path.open("rb") as file, closing(_book(file)) as book:
                if not book.worksheets:
                    raise unusable("The workbook has no sheet.", "empty")
                sheet: Any = book.worksheets[0]
                # The stated dimensions may be wrong in both directions; the rows themselves count.
                sheet.reset_dimensions()
                rows = iter(sheet.iter_rows())
                number = 0
                while (cells := _next(rows)) is not None:
                    number += 1
                    if number > ROWS_MOST:
                        raise unusable(f"The sheet has more than {ROWS_MOST} rows.", "rows")
                    if not all(is_blank(cell.value) for cell in cells):
                        yield number, cells
        except OSError as error:
            raise cannot_read(error) from None
        except BadInput:
            raise
        except Exception:
            # Damaged archives and XML raise a dozen unrelated types in the reader; none is worth a trace.
            raise unusable("The file is not a workbook that can be read (XLSX).", "xlsx") from None


def _book(file: BinaryIO) -> Any:
    # The reader warns about styles and validations it does not know, which say nothing of the values.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)


def _next(rows: Iterator[Sequence[Any]]) -> Sequence[Any] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return next(rows, None)


def _check_archive(path: Path) -> None:
    try:
        with path.open("rb") as file:
            if file.read(8) == _ENCRYPTED:
                raise unusable(
                    "The workbook is encrypted or in the old XLS format; save it as XLSX without a password.",
                    "encrypted",
                )
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except OSError as error:
        raise cannot_read(error) from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise unusable("The file is not a workbook that can be read (XLSX).", "xlsx") from None
    if any(part.flag_bits & 1 for part in parts):
        raise unusable("The workbook is encrypted; save it as XLSX without a password.", "encrypted")
    # The reader of the archive stops at the stated sizes, so they can be relied on.
    unpacked = sum(part.file_size for part in parts)
    swollen = any(part.file_size > max(_SMALL, RATIO_MOST * max(part.compress_size, 1)) for part in parts)
    strings = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    if unpacked > UNPACKED_MOST or swollen or strings > STRINGS_MOST:
        raise unusable("The workbook unfolds to more than can be read; save it as CSV in UTF-8.", "xlsx_size")


def _refused(cell: Any) -> Fault | None:
    """The fault of a cell whose value is computed elsewhere: what it shows is not what the file says."""
    if is_blank(cell.value):
        return None
    if cell.data_type == "f":
        return Fault("cell", "单元格", "formula", "cell (单元格) must hold a value, not a formula.")
    if cell.data_type == "e":
        return Fault("cell", "单元格", "error_value", "cell (单元格) holds an error value.")
    return None


def _value(cell: Any) -> object:
    value = cell.value
    if isinstance(value, float):
        # A spreadsheet keeps 15 digits; what stands behind them is the dust of binary fractions.
        return float(f"{value:.15g}")
    return value
