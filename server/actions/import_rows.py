"""What every import file is read into: numbered rows of cells under headings, whatever the format.

A file is read twice: once from end to end, so that what cannot be read at all is refused before anything is
written, and once for filing. Both times row by row, so memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from server.catalogue.fault import Fault
from server.errors import BadInput

CELL_MOST = 32_767
"""The longest cell in characters, which is also what a spreadsheet can hold."""

LINE_MOST = 2_097_152
"""The longest line of a text file in characters: more than all cells a filing can use."""

COLUMNS_MOST = 256
"""The most columns; the longest kind of record has some forty fields."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that is not blank.

    ``number`` counts from 1 as a spreadsheet does, the heading row and blank rows included. ``cells`` holds what
    stands under each heading, blanks left out; ``faults`` what is wrong with the row itself, by heading.
    """

    number: int
    cells: Mapping[str, object] = field(repr=False)
    faults: tuple[tuple[str, Fault], ...] = ()


class Source(Protocol):
    """A file that can be read from its beginning again and again. Reading raises BadInput when it is unusable."""

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings of a table in column order; empty where every row brings its own."""

    def rows(self) -> Iterator[Row]:
        """Every row that is not blank, in order."""


def unusable(sentence: str, rule: str) -> BadInput:
    """The refusal of a file as a whole."""
    return BadInput(sentence, field="file", rule=rule)


def cannot_read(error: OSError) -> BadInput:
    """The refusal of a file that the system does not let us read."""
    return unusable(f"The file cannot be read: {error.strerror or 'it is not readable'}.", "unreadable")


def check_file(path: Path) -> None:
    """Raise BadInput unless the path names a file that is not empty."""
    try:
        if not path.is_file():
            missing = "There is no such file." if not path.exists() else "The path does not name a file."
            raise unusable(missing, "unreadable")
        if path.stat().st_size == 0:
            raise unusable("The file is empty.", "empty")
        with path.open("rb"):
            pass
    except OSError as error:
        raise cannot_read(error) from None
    except ValueError:
        raise unusable("There is no such file.", "unreadable") from None


def column_name(index: int) -> str:
    """Letter and number of a column: the third is `C (3)`."""
    letters, rest = "", index + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        letters = chr(ord("A") + place) + letters
    return f"{letters} ({index + 1})"


def is_blank(cell: object) -> bool:
    """Whether a cell holds nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def check_length(number: int, index: int, cell: object) -> None:
    """Raise BadInput for a cell no spreadsheet could hold."""
    if isinstance(cell, str) and len(cell) > CELL_MOST:
        raise unusable(
            f"Row {number}, column {column_name(index)}: the cell has more than {CELL_MOST} characters; "
            "nothing was imported.",
            "cell_size",
        )


def headings_of(cells: Sequence[object]) -> tuple[str, ...]:
    """The headings of a table. Raises BadInput when there are none, too many, or a gap between them."""
    texts = ["" if is_blank(cell) else " ".join(str(cell).split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) > COLUMNS_MOST:
        raise unusable(f"The file has more than {COLUMNS_MOST} columns.", "columns")
    if "" in texts:
        raise unusable(f"Column {column_name(texts.index(''))} has no heading.", "heading")
    return tuple(texts)


def table_row(number: int, headings: Sequence[str], cells: Sequence[object], *, padded: bool) -> Row | None:
    """The row of a table, or None for a blank one. ``padded``: a row without its last cells is whole."""
    given: dict[str, object] = {}
    for index, cell in enumerate(cells):
        if is_blank(cell):
            continue
        check_length(number, index, cell)
        if index < len(headings):
            given[headings[index]] = cell
        else:
            return Row(number, given, (("", _shape("has more cells than there are headings")),))
    if not given:
        return None
    if not padded and len(cells) < len(headings):
        return Row(number, given, (("", _shape("has fewer cells than there are headings")),))
    return Row(number, given)


def _shape(sentence: str) -> Fault:
    return Fault("row", "行", "row_shape", f"row (行) {sentence}.")
