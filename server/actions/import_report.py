"""The report of an import: one line for each fault, naming row, column, rule and label, never a value."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from server.actions.import_rows import unusable
from server.catalogue.fault import Fault

HEADINGS = ("row", "column", "heading", "field", "label", "rule", "message")

_BOM = "\ufeff"


def default_path(path: Path) -> Path:
    """Where the report of a file goes when nobody says: beside it, with `.report.csv` added."""
    return path.with_name(f"{path.name}.report.csv")


class ReportFile:
    """A CSV file in UTF-8 with byte order mark, which spreadsheets recognise; in place when the block ends.

    An earlier report of the same name is replaced, anything else is not touched.
    """

    def __init__(self, path: Path, source: Path) -> None:
        """Raises BadInput when the report cannot or must not be written there."""
        self.path = path
        self._draft = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            if path.exists() and (path.samefile(source) or not _is_report(path)):
                raise unusable(
                    "The report must not replace the import file or anything that is not a report; "
                    "name another file with --report.",
                    "report",
                )
            self._file = self._draft.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise unusable(
                f"The report cannot be written: {error.strerror or 'the path is not usable'}.", "report"
            ) from None
        self._file.write(_BOM)
        self._csv = csv.writer(self._file)
        self._csv.writerow(HEADINGS)

    def add(self, number: int, column: str, heading: str, fault: Fault) -> None:
        """One fault of row ``number``; ``column`` and ``heading`` are empty where it concerns no column."""
        line = (column, heading, fault.field, fault.label, fault.rule, fault.message)
        self._csv.writerow([number, *(_harmless(text) for text in line)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was found before an interruption is worth keeping, so the report is put in place either way.
        self._file.close()
        self._draft.replace(self.path)


def _is_report(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(256).startswith(f"{_BOM}{','.join(HEADINGS)}\r\n".encode())


def _harmless(text: str) -> str:
    """A spreadsheet would run a text that begins like a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
