"""`qufu-credit catalogue`: what a file of records must look like, printed from the catalogue itself."""

from __future__ import annotations

import csv
import sys
from typing import Annotated, Literal

import typer

from server.actions.import_columns import EXTRAS
from server.catalogue.kind import Field, Kind
from server.catalogue.load import load
from server.errors import BadInput

app = typer.Typer(help="The data catalogue.", no_args_is_help=True)

Vocabulary = Literal["labels", "codes", "names"]


@app.callback()
def root() -> None:
    """The data catalogue: kinds of record and their fields (Art. 21)."""


@app.command("kinds")
def kinds() -> None:
    """List every kind of record: its code, its item in the catalogue and its name."""
    for kind in load().kinds.values():
        print(f"{kind.code}\t{kind.item}\t{kind.name.zh}\t{kind.name.en}")


@app.command("template")
def template(
    code: Annotated[
        str, typer.Argument(metavar="KIND", help="Kind of record, such as administrative_penalty.")
    ],
    headings: Annotated[
        Vocabulary, typer.Option(help="Chinese labels, codes of the exchange standard, or field names.")
    ] = "labels",
) -> None:
    """Print the heading row of an import file in CSV (UTF-8 with byte order mark)."""
    kind = load().kinds.get(code)
    if kind is None:
        raise BadInput(
            "kind (信息类别) is not a kind of the catalogue; `qufu-credit catalogue kinds` lists them.",
            field="kind",
            rule="unknown_kind",
        )
    sys.stdout.write("\ufeff")
    csv.writer(sys.stdout).writerow(headings_of(kind, headings))


def headings_of(kind: Kind, vocabulary: Vocabulary) -> list[str]:
    """The headings of a kind's import file, the columns of the filing's own frame first.

    A kind that names its subject in its own fields needs no subject columns, and one with a document number
    no number of its own.
    """
    names = {one.name for one in kind.fields}
    frame = ["sourceRecordNo"]
    if "uscc" not in names and not names & {"partyIdNumber", "idNumber"}:
        frame += ["subjectCode", "subjectIdNumber", "subjectName", "subjectKind"]
    frame += ["changeReason", "secrecy", "maker", "checker"]
    extras = [name if vocabulary == "names" else EXTRAS[name] for name in frame]
    return [*extras, *(_heading(one, vocabulary) for one in kind.fields)]


def _heading(one: Field, vocabulary: Vocabulary) -> str:
    if vocabulary == "names":
        return one.name
    return one.code if vocabulary == "codes" and one.code else one.label.zh
