"""Bulk import: a file of one unit's records of one kind, filed batch by batch as a machine filing (Art. 23).

An import can be repeated at any time: filing is idempotent by unit and source record number, so what is in
force already stays as it is, and an import that was interrupted is simply run again.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from server import clock
from server.actions.file_records import file_records
from server.actions.filing import Attestation, FilingReport, ReceiptState
from server.actions.import_columns import Columns, Defaults, Prepared, name_fault
from server.actions.import_report import ReportFile, default_path
from server.actions.import_rows import Row, Source, check_file, unusable
from server.actions.import_text import CsvFile, JsonLinesFile
from server.actions.import_xlsx import XlsxFile
from server.actions.operation import Operation, refused_by
from server.actions.platform import Platform
from server.audit.entry import Channel, Outcome, Tag
from server.catalogue.fault import Fault
from server.catalogue.kind import Kind
from server.errors import BadInput, Conflict, Unavailable
from server.model.viewer import Role, Viewer
from server.rules import acting

BATCH = 400
"""Rows filed in one transaction: large enough to spread its cost, small enough for a slow machine."""

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before a batch is tried again when the database was away or another writer was faster."""

FORMATS: dict[str, Callable[[Path], Source]] = {
    ".csv": CsvFile,
    ".tsv": CsvFile,
    ".txt": CsvFile,
    ".xlsx": XlsxFile,
    ".jsonl": JsonLinesFile,
    ".ndjson": JsonLinesFile,
}
"""The reader for each extension."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to import. ``unit`` is the code of the providing unit, ``kind`` the code of the kind of record.

    ``maker`` and ``checker`` are two people; without them every row names its own. ``reason`` is the reason of
    change for rows that state none. ``all_or_nothing`` checks every row before the first one is written;
    ``dry_run`` writes nothing. ``report`` is where the faults go (beside the file when None).
    """

    path: Path
    unit: str
    kind: str
    maker: str | None = field(default=None, repr=False)
    checker: str | None = field(default=None, repr=False)
    reason: str | None = None
    all_or_nothing: bool = False
    dry_run: bool = False
    report: Path | None = None


@dataclass(slots=True)
class Tally:
    """How far an import is: ``total`` rows in the file, ``rows`` done, and what became of them.

    ``accepted`` rows are in force; ``new_versions`` of them replaced an earlier version. In a check nothing is
    written, and ``accepted`` are those that would be, or are in force already.
    """

    total: int
    checking: bool = False
    rows: int = 0
    accepted: int = 0
    new_versions: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of the file. ``written`` is False when nothing was, because of a refusal or a dry run."""

    tally: Tally
    report: Path
    seconds: float
    written: bool


async def import_file(
    platform: Platform,
    request: ImportRequest,
    *,
    progress: Callable[[Tally], None] = lambda _: None,
    now: Callable[[], datetime] = clock.now,
) -> ImportResult:
    """Import a file; good rows come into force, refused ones stand in the report.

    Raises BadInput for an unusable file or request and Refused when the unit may not file such records, both
    before anything is written; Unavailable when the database went away for longer than a moment.
    """
    started = time.monotonic()
    run = await _Run.open(platform, request, now, progress)
    with ReportFile(request.report or default_path(request.path), request.path) as report:
        tally = Tally(run.total)
        written = not request.dry_run
        if request.all_or_nothing or request.dry_run:
            tally = await run.through(report, Tally(run.total, checking=True), dry=True)
            written = not request.dry_run and not tally.refused
        if written:
            tally = await run.through(report, Tally(run.total), dry=False)
    return ImportResult(tally, report.path, time.monotonic() - started, written)


@dataclass(slots=True)
class _Done:
    """What became of one batch; a fault of a single cell carries its heading."""

    rows: int
    faults: list[tuple[Row, str | None, Fault]] = field(default_factory=list)
    accepted: int = 0
    new_versions: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class _Run:
    """One import on its way."""

    platform: Platform
    request: ImportRequest
    kind: Kind
    viewer: Viewer
    source: Source
    columns: Columns
    total: int
    now: Callable[[], datetime]
    progress: Callable[[Tally], None]
    trace: str = field(default_factory=lambda: secrets.token_hex(16))
    mark: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    async def open(
        cls,
        platform: Platform,
        request: ImportRequest,
        now: Callable[[], datetime],
        progress: Callable[[Tally], None],
    ) -> _Run:
        """Everything that can be refused before the first row is looked at."""
        kind = platform.catalogue.kinds.get(request.kind)
        if kind is None:
            raise BadInput(
                "kind (信息类别) is not a kind of the catalogue.", field="kind", rule="unknown_kind"
            )
        check_file(request.path)
        reader = FORMATS.get(request.path.suffix.lower())
        if reader is None:
            raise unusable(f"The file must be one of {', '.join(FORMATS)}.", "format")
        mark = _mark(request.path)
        source = reader(request.path)
        defaults = Defaults(_said(request.maker), _said(request.checker), _said(request.reason))
        columns = Columns(kind, defaults, source.headings)
        _check_names(defaults, source, columns)
        unit = request.unit.strip().upper()
        viewer = Viewer(
            Role.PROVIDER,
            id=f"import:{unit}",
            unit=unit,
            client="qufu-credit-import",
            officer=defaults.maker,
            machine=True,
        )
        run = cls(platform, request, kind, viewer, source, columns, 0, now, progress, mark=mark)
        objection = acting.unit_files(await platform.units.get(unit), kind)
        if objection is not None:
            refusal = run.operation().entry(
                Tag.RECORD_FILING_REFUSE, outcome=Outcome.REFUSED, reason=objection.code, ground="duty"
            )
            await platform.log.append([refusal])
            raise refused_by(objection)
        run.total = await asyncio.to_thread(_count, source)
        if run.total == 0:
            raise unusable("The file holds no rows.", "empty")
        return run

    def operation(self) -> Operation:
        """The context of one batch; a long import may pass midnight."""
        return Operation(
            self.platform, self.viewer, self.now(), self.trace, channel=Channel.CLI, name="import"
        )

    async def through(self, report: ReportFile, tally: Tally, *, dry: bool) -> Tally:
        """Check or file every row; while one batch is written the next one is read and checked.

        With ``all_or_nothing`` the first refusal while filing ends the import.
        """
        seen: set[int] = set()
        turn = asyncio.Lock()
        rows = self.source.rows()
        ahead: asyncio.Task[_Done] | None = None
        self.progress(tally)
        try:
            while batch := await asyncio.to_thread(lambda: tuple(islice(rows, BATCH))):
                if _mark(self.request.path) != self.mark:
                    raise unusable(_CHANGED, "changed")
                following = asyncio.create_task(self._batch(batch, seen, turn, dry=dry))
                ahead, done = following, ahead
                if done is not None:
                    self._note(await done, report, tally, dry=dry)
            if ahead is not None:
                self._note(await ahead, report, tally, dry=dry)
        finally:
            if ahead is not None:
                ahead.cancel()
                await asyncio.gather(ahead, return_exceptions=True)
        return tally

    async def _batch(self, batch: Sequence[Row], seen: set[int], turn: asyncio.Lock, *, dry: bool) -> _Done:
        operation = self.operation()
        done = _Done(len(batch))
        groups: dict[tuple[str, str], list[Prepared]] = {}
        for row in batch:
            if row.faults:
                done.faults += [(row, heading, fault) for heading, fault in row.faults]
                continue
            made = self.columns.filing(row, operation.today)
            if not isinstance(made, Prepared):
                done.faults += [(row, None, fault) for fault in made]
                continue
            number = _fingerprint(made.filing.source_no.strip())
            if number in seen:
                done.faults.append((row, None, _TWICE))
                continue
            seen.add(number)
            groups.setdefault((made.maker, made.checker), []).append(made)
        for (maker, checker), prepared in groups.items():
            filed = await self._file(operation, prepared, Attestation(maker, checker), turn, dry=dry)
            for refusal in filed.refused:
                done.faults += [(prepared[refusal.index].row, None, fault) for fault in refusal.faults]
            for receipt in filed.accepted:
                unchanged = receipt.state is ReceiptState.UNCHANGED
                done.unchanged += unchanged
                done.accepted += not unchanged
                done.new_versions += not unchanged and receipt.version > 1
            if dry:
                done.accepted += len(prepared) - len(filed.refused)
        return done

    def _note(self, done: _Done, report: ReportFile, tally: Tally, *, dry: bool) -> None:
        """Write a batch's faults into the report and count it."""
        for row, heading, fault in sorted(done.faults, key=lambda one: one[0].number):
            place = (self.columns.place(heading), heading) if heading else None
            report.add(row.number, *(place or self.columns.place_of(row, fault.field)), fault)
        tally.rows += done.rows
        tally.accepted += done.accepted
        tally.new_versions += done.new_versions
        tally.unchanged += done.unchanged
        tally.refused += len({row.number for row, _, _ in done.faults})
        self.progress(tally)
        if tally.refused and self.request.all_or_nothing and not dry:
            raise Conflict(
                f"The register changed while the file was imported: {tally.accepted} records had been filed when "
                "a row was refused. Correct what the report names and import the file again."
            )

    async def _file(
        self,
        operation: Operation,
        prepared: Sequence[Prepared],
        attestation: Attestation,
        turn: asyncio.Lock,
        *,
        dry: bool,
    ) -> FilingReport:
        """File one batch, patiently: doing so twice changes nothing."""
        filings = [one.filing for one in prepared]
        whole = self.request.all_or_nothing
        for pause in (*PAUSES, None):
            try:
                return await file_records(
                    operation,
                    filings,
                    attestation=attestation,
                    all_or_nothing=whole,
                    dry_run=dry,
                    turn=turn,
                )
            except (Unavailable, Conflict):
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")


_CHANGED = "The file was changed while it was imported; import it again."
_TWICE = Fault(
    "sourceRecordNo",
    "来源记录编号",
    "duplicate_in_file",
    "sourceRecordNo (来源记录编号) stands twice in this file; the first row counts.",
)


def _count(source: Source) -> int:
    """Read the file from end to end, which refuses what cannot be read; the number of its rows."""
    return sum(1 for _ in source.rows())


def _mark(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        raise unusable(_CHANGED, "changed") from None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _said(text: str | None) -> str | None:
    return (text or "").strip() or None


def _check_names(defaults: Defaults, source: Source, columns: Columns) -> None:
    """Both names must be given once for all or have their column, and be two people (Art. 23)."""
    present = {columns.meaning(heading) for heading in source.headings}
    for name, given in (("maker", defaults.maker), ("checker", defaults.checker)):
        if given is not None:
            fault = name_fault(name, given)
            if fault is not None:
                raise BadInput(fault.message, field=name, rule=fault.rule)
        elif source.headings and name not in present:
            label = {"maker": "报送人", "checker": "审核人"}[name]
            raise BadInput(
                f"{name} ({label}) is required (Art. 23): name it with --{name} or in a column {label}.",
                field=name,
                rule="required",
            )
    if defaults.maker is not None and defaults.checker is not None:
        objection = acting.two_people(defaults.maker, defaults.checker)
        if objection is not None:
            raise refused_by(objection)


def _fingerprint(number: str) -> int:
    """Eight bytes that stand for a source record number: a million of them take some 70 MB."""
    return int.from_bytes(hashlib.blake2b(number.encode(), digest_size=8).digest())
