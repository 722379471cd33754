"""Loading the sample city through the actions, as its units would file: in batches, never round them.

Filing is idempotent by source number, so a load that was interrupted is simply done again. Two things are not
and are looked up first: a record that was corrected since, and a filing the checker has sent back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from seed.city import UNITS, Unit
from seed.party import Party, entity_party, person_party
from seed.plan import Planned, Way, plan
from server import clock
from server.actions import check_filings
from server.actions.file_records import file_records
from server.actions.filing import BATCH_MOST, Attestation, Filing, FilingReport, ReceiptState
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.audit.entry import Channel
from server.errors import CreditError
from server.model.filing import FilingState
from server.model.viewer import Role, Viewer

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the subjects done and the subjects in all."""

CHUNK = 1_000
"""Subjects made and filed together; bounds the memory of a load of any size."""

WORKERS = 2
"""Batches on the way at the same time, so that the database works while the next batch is checked."""

RETURN_REASON = "检查结果表述不清，请补充后重新报送"
_DESK = 1_000


class SampleRefused(CreditError):
    """The platform refused a record of the sample city: the generator and the rules have grown apart."""

    default_code = "SAMPLE_REFUSED"
    default_status = 500


@dataclass(slots=True)
class CitySummary:
    """What a load did. ``unchanged`` counts what was there before."""

    units: int = 0
    entities: int = 0
    persons: int = 0
    filed: int = 0
    unchanged: int = 0
    corrected: int = 0
    waiting: int = 0
    returned: int = 0


def persons_for(entities: int) -> int:
    """Two persons for every three entities."""
    return -(-entities * 2 // 3)


async def load_city(
    platform: Platform,
    *,
    entities: int = 600,
    persons: int | None = None,
    reference: date,
    progress: Progress | None = None,
) -> CitySummary:
    """File the whole city as of ``reference`` (city time, not after today); what is there already stays as it is.

    ``persons`` defaults to two for every three entities. The first subjects of a larger city are those of a
    smaller one. Raises SampleRefused when a rule refuses a record, Unavailable.
    """
    persons = persons_for(entities) if persons is None else persons
    await platform.units.put([one.document() for one in UNITS.values()])
    summary = CitySummary(units=len(UNITS), entities=entities, persons=persons)
    total = entities + persons
    for start in range(0, total, CHUNK):
        parties = [_party(place, entities, persons) for place in range(start, min(start + CHUNK, total))]
        await _Loading(platform, reference, summary, progress, start, total).chunk(parties)
    return summary


def _party(place: int, entities: int, persons: int) -> Party:
    """Entities and persons in turn, so that every chunk has its share of both."""
    total = entities + persons
    before = place * entities // total
    if (place + 1) * entities // total > before:
        return entity_party(before)
    return person_party(place - before)


@dataclass(slots=True)
class _Loading:
    platform: Platform
    reference: date
    summary: CitySummary
    progress: Progress | None
    start: int
    total: int
    done: int = 0
    planned: int = 0
    subjects: int = 0

    async def chunk(self, parties: Sequence[Party]) -> None:
        self.subjects = len(parties)
        filings = [one for party in parties for one in plan(party, self.reference, self.platform.catalogue)]
        self.planned = len(filings)
        superseded = await self._superseded(filings)
        decided = await self._returned({one.unit.code for one in filings if one.way is Way.RETURNED})
        for way in Way:
            wanted = [one for one in filings if one.way is way]
            if way in (Way.FIRST, Way.MORE):
                wanted = [one for one in wanted if _key(one) not in superseded]
            elif way is Way.RETURNED:
                wanted = [one for one in wanted if _key(one) not in decided]
            await self._file_all(way, wanted)
        self._tell(self.planned)

    async def _superseded(self, filings: Iterable[Planned]) -> set[tuple[str, str, str]]:
        """The records of this chunk that have been corrected already."""
        corrected = [_key(one) for one in filings if one.way is Way.CORRECTED]
        held = await self.platform.records.by_source(corrected)
        return {key for key, record in held.items() if record["version"] > 1}

    async def _returned(self, units: Iterable[str]) -> set[tuple[str, str, str]]:
        """What the checkers of these units have sent back already."""
        found = set()
        for unit in sorted(units):
            for one in await self.platform.filings.page(unit, FilingState.RETURNED, None, _DESK):
                found.add((unit, one["kind"], one["source_no"]))
        return found

    async def _file_all(self, way: Way, planned: Sequence[Planned]) -> None:
        by_unit: dict[str, list[Filing]] = {}
        for one in planned:
            by_unit.setdefault(one.unit.key, []).append(one.filing)
        batches = iter(
            [
                (UNITS[key], filings[place : place + BATCH_MOST])
                for key, filings in by_unit.items()
                for place in range(0, len(filings), BATCH_MOST)
            ]
        )

        async def work() -> None:
            for unit, batch in batches:
                await self._file(way, unit, batch)
                self._tell(self.done + len(batch))

        tasks = [asyncio.create_task(work()) for _ in range(WORKERS)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _file(self, way: Way, unit: Unit, batch: Sequence[Filing]) -> None:
        by_hand = way in (Way.WAITING, Way.RETURNED)
        viewer = Viewer(
            Role.PROVIDER,
            id=f"sample-{unit.key}",
            unit=unit.code,
            officer=unit.maker if by_hand else None,
            machine=not by_hand,
        )
        operation = _operation(self.platform, viewer)
        attestation = None if by_hand else Attestation(unit.maker, unit.checker)
        report = await file_records(operation, batch, attestation=attestation)
        _hold(report)
        fresh = [one for one in report.accepted if one.state is not ReceiptState.UNCHANGED]
        self.summary.unchanged += len(report.accepted) - len(fresh)
        if way is Way.CORRECTED:
            self.summary.corrected += len(fresh)
        elif way is Way.WAITING:
            self.summary.waiting += len(fresh)
        elif way is Way.RETURNED:
            await self._send_back(unit, [one.id for one in fresh])
            self.summary.returned += len(fresh)
        else:
            self.summary.filed += len(fresh)

    async def _send_back(self, unit: Unit, identifiers: Iterable[str]) -> None:
        viewer = Viewer(Role.CHECKER, id=f"sample-{unit.key}-checker", unit=unit.code, officer=unit.checker)
        for identifier in identifiers:
            await check_filings.give_back(_operation(self.platform, viewer), identifier, RETURN_REASON)

    def _tell(self, done: int) -> None:
        self.done = done
        if self.progress is not None:
            share = done / self.planned if self.planned else 1.0
            self.progress(self.start + int(self.subjects * min(share, 1.0)), self.total)


def _key(one: Planned) -> tuple[str, str, str]:
    return one.unit.code, one.filing.kind, one.filing.source_no


def _operation(platform: Platform, viewer: Viewer) -> Operation:
    return Operation(platform, viewer, clock.now(), "sample-city", Channel.CLI, "SampleCity")


def _hold(report: FilingReport) -> None:
    if report.refused:
        first = report.refused[0]
        fault = first.faults[0]
        raise SampleRefused(
            f"The sample record {first.source_no} was refused: {fault.field} ({fault.label}), {fault.rule}."
        )
