"""The clocks of records: computed, swept when they end, and computed again when the rules change."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import date
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from bench import recomputing, sweeping
from bench.copies import shifted
from bench.mirror import HEADS
from bench.recomputing import RULES, Transition
from bench.report import ratio, table
from bench.stage import stage
from seed.party import Party, entity_party, person_party
from seed.records import filing
from server import clock
from server.actions.calendar_seed import library_notices
from server.actions.regimes import DEFAULT_SETS
from server.catalogue.kind import Catalogue, Kind, SubjectKind
from server.catalogue.load import load
from server.rules import lifecycle, regime, ruleset
from server.rules.regime import Regime
from server.rules.ruleset import RuleSets
from server.rules.workdays import WorkCalendar

DATABASES = ("sweep", "rules")
"""What is added to the bench's database name for the databases of this part."""

CASES = (
    ("penalty of a company", "company", "administrative_penalty", "recent"),
    ("penalty of a person", "person", "administrative_penalty", "recent"),
    ("severe listing, standing", "company", "severe_list_entry", "listed"),
    ("severe listing, removed", "company", "severe_list_entry", "removed"),
    ("arrears of a company", "company", "arrears", ""),
    ("licence of a company", "company", "administrative_licence", "valid"),
    ("honour of a person", "person", "honour", "valid"),
)
_SPREAD = 40
"""So many records of each case, each dated otherwise."""

_ROUNDS = 7
Call = tuple[Kind, SubjectKind, dict[str, Any]]


async def measure(
    url: str, name: str, folder: Path, records: int, tell: Callable[[str], None]
) -> AsyncIterator[str]:
    """The tables of clocks as they are made, sweep and change of rules each measured on a database of its own."""
    how = "--only clocks --records 100000 for the large run"
    async with stage(url, f"{name}_{DATABASES[0]}", folder / DATABASES[0]) as one:
        swept = await sweeping.measure(one, records, tell)
    yield table(f"Sweep of {records:,} due records ({how})", HEADS, swept.table_rows("sweep"))
    yield table("Clocks computed, one core", _PURE_HEADS, _pure(swept.plain.ms))
    tell("Preparing a change of rules ...")
    async with stage(url, f"{name}_{DATABASES[1]}", folder / DATABASES[1]) as one:
        seen = await recomputing.measure(one, records, tell)
    title = f"Activation of {RULES} over {seen.rows:,} records, {seen.changed:,} with other dates ({how})"
    yield table(title, HEADS, seen.mirror.table_rows("recomputation, others reading"))
    yield _reads(seen)
    yield (
        f"Active after {seen.activated * 1000:.0f} ms. First right read: here after {seen.here * 1000:.0f} ms, "
        f"in the process that learns of it last after {seen.elsewhere * 1000:.0f} ms. No read here was ever wrong."
    )


def _reads(seen: Transition) -> str:
    rows = [
        (
            case,
            len(before.latencies),
            before.median,
            before.p95,
            len(seen.during[case].latencies),
            seen.during[case].median,
            seen.during[case].p95,
            max(seen.during[case].latencies),
            ratio(seen.during[case].median, before.median),
        )
        for case, before in seen.before.items()
    ]
    heads = ("read", "before", "median ms", "p95 ms", "during", "median ms", "p95 ms", "most ms", "ratio")
    return table("Reads before the recomputation and while it runs", heads, rows)


_PURE_HEADS = ("record", "default /s", "us", f"{RULES} /s", "us", "of a bare update")


def _pure(bare_ms: float) -> list[tuple[object, ...]]:
    """Clocks by kind of record under the default rule sets and the further one, turn by turn."""
    shipped = {one.id: one for one in ruleset.shipped()}
    default = [shipped[name] for name in DEFAULT_SETS]
    calendar = WorkCalendar.of(library_notices())
    regimes = [regime.first(RuleSets.of(sets), calendar) for sets in (default, [*default, shipped[RULES]])]
    catalogue = load()
    calls = {name: _calls(catalogue, who, kind, story) for name, who, kind, story in CASES}
    calls["all of these"] = [call for found in calls.values() for call in found]
    rows: list[tuple[object, ...]] = []
    for name, found in calls.items():
        taken: list[list[float]] = [[], []]
        for _ in range(_ROUNDS):
            for place, one in enumerate(regimes):
                taken[place].append(_seconds(found, one))
        ours, other = median(taken[0]), median(taken[1])
        rows.append((name, 1 / ours, ours * 1e6, 1 / other, other * 1e6, f"{ours * 1e5 / bare_ms:.2f} %"))
    return rows


def _parties(who: str) -> Iterator[Party]:
    """Persons, or companies, without end."""
    if who == "person":
        return map(person_party, count())
    return (one for one in map(entity_party, count()) if one.kind is SubjectKind.legal_person)


def _seconds(calls: Sequence[Call], one: Regime) -> float:
    """Seconds of one computation."""
    started, turns = time.perf_counter(), max(1, 2_000 // len(calls))
    for _ in range(turns):
        for kind, subject_kind, facts in calls:
            lifecycle.clocks(kind, subject_kind, facts, one)
    return (time.perf_counter() - started) / (turns * len(calls))


def _calls(catalogue: Catalogue, who: str, code: str, story: str) -> list[Call]:
    """The arguments for records of a kind and story about companies or persons, spread over the years."""
    kind = catalogue.kind(code)
    made = []
    for place, party in zip(range(_SPREAD), _parties(who), strict=False):
        values = filing(code, story, party, place, clock.today())[1].values
        assert kind.dated_by is not None
        dated = date.fromisoformat(str(values[kind.dated_by]))
        facts = lifecycle.facts_of(kind, values, dated, secret=False)
        made.append((kind, party.kind, shifted(facts, -place * 41)))
    return made
