"""`qufu-credit import`: a unit's file of records into the register, with a progress bar and a report."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from server import logs
from server.actions.import_file import ImportRequest, ImportResult, Tally, import_file
from server.actions.import_rows import check_file
from server.actions.platform import Platform
from server.cli.database import run_on_platform
from server.settings import Settings

SOME_REFUSED = 3
"""Exit status: good rows are in force, the report names the others."""

NOTHING_WRITTEN = 4
"""Exit status: refused as a whole, because of --all-or-nothing."""

INTERRUPTED = 130


def import_records(
    file: Annotated[
        Path, typer.Argument(help="CSV, TSV, XLSX or JSONL; headings are codes, labels or names.")
    ],
    unit: Annotated[str, typer.Option(help="Code of the providing unit (统一社会信用代码).")],
    kind: Annotated[str, typer.Option(help="Kind of record, such as administrative_penalty.")],
    maker: Annotated[
        str | None, typer.Option(help="Who made the file (报送人); else a column of it.")
    ] = None,
    checker: Annotated[str | None, typer.Option(help="Who checked it (审核人), another person.")] = None,
    all_or_nothing: Annotated[
        bool, typer.Option("--all-or-nothing", help="Write nothing if any row is refused.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and write nothing.")] = False,
    report: Annotated[Path | None, typer.Option(help="Where the report goes; else FILE.report.csv.")] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why records changed (变动理由), for rows that do not say.")
    ] = None,
) -> None:
    """File the records of a file for a unit.

    Exit status: 0 all rows are in force, 1 unusable file or setting, 3 some rows were refused, 4 rows were
    refused and with --all-or-nothing nothing was written. Running the same import again changes nothing.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    settings = Settings.from_env()
    logs.configure(level=settings.log_level)
    request = ImportRequest(file, unit, kind, maker, checker, reason, all_or_nothing, dry_run, report)
    # A mistyped path should not cost the start of a database.
    check_file(file)

    async def work(platform: Platform) -> ImportResult:
        with _bar() as progress:
            return await import_file(platform, request, progress=progress)

    try:
        result = run_on_platform(settings, work)
    except KeyboardInterrupt:
        print("Interrupted; run the same import again to finish it.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    print(summary(result, dry_run=dry_run))
    if result.tally.refused:
        raise typer.Exit(SOME_REFUSED if result.written or not all_or_nothing else NOTHING_WRITTEN)


def summary(result: ImportResult, *, dry_run: bool) -> str:
    """The last lines of an import: counts, speed, and where the report lies."""
    tally = result.tally
    pace = tally.rows / result.seconds if result.seconds else 0.0
    if result.written:
        what = (
            f"{tally.accepted} accepted ({tally.new_versions} new versions), {tally.unchanged} unchanged, "
            f"{tally.refused} refused"
        )
    else:
        what = f"{tally.accepted} acceptable, {tally.refused} refused; nothing was written"
        what += " (dry run)" if dry_run else " (all or nothing)"
    counts = f"{tally.rows} rows: {what}; {result.seconds:.1f} s, {pace:.0f} rows/s."
    return f"{counts}\nReport: {result.report}" if tally.refused else counts


@contextmanager
def _bar() -> Iterator[Callable[[Tally], None]]:
    """A progress bar on standard error, and the function that moves it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task("Reading", total=None, counts="")

        def move(tally: Tally) -> None:
            counts = f"accepted {tally.accepted}, unchanged {tally.unchanged}, refused {tally.refused}"
            name = "Checking" if tally.checking else "Filing"
            bar.update(task, description=name, completed=tally.rows, total=tally.total, counts=counts)

        yield move


def _interrupt(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
