"""The change of rules: from activating a rule set to the last record computed again, and reads meanwhile.

Half of the bare update runs before the recomputation and half after it, so that both see the same machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from bench import stage as stages
from bench.copies import APART, add_subjects, copied, copied_subject, filed, shifted, subject_of
from bench.loopback import Connection
from bench.mirror import Mirror, batches, moment, written
from bench.questions import FEED, PENALTY, ask, common_search
from bench.reader import PAUSE, Reader
from bench.report import Sample
from seed.party import Party, entity_party
from server import clock
from server.actions import change_rules
from server.actions.announce import renewal
from server.actions.platform import Platform
from server.actions.recompute import recompute
from server.actions.regimes import FRESH_SECONDS
from server.catalogue.kind import SubjectKind
from server.rules import lifecycle, regime, ruleset
from server.rules.access import Stage, stage_of
from server.rules.lifecycle import CLOCK_KEYS
from server.rules.regime import SEVERE, Regime
from server.rules.ruleset import RuleSets

T = TypeVar("T")

RULES = "ndrc-36"
PENALISED = ("recent", "safety", "warning", "open")
"""What happened to the companies whose penalties are copied, four of each; every fifth copy is a severe listing."""

COMPANIES = 6
_CHUNK = 1_000
_SPAN_DAYS = 1_000
_WATCHED_DAYS = 100
_READS_LEAST, _READS_MOST = 3, 25
_AWARE_SECONDS = 15.0
_PENALTY_KIND = "administrative_penalty"


@dataclass(slots=True)
class Transition:
    """What was seen of a change of rules over ``rows`` records, of which ``changed`` got other dates.

    ``before`` and ``during`` are the latencies of reads, the first of them here, the others of another process.
    """

    mirror: Mirror
    rows: int = 0
    changed: int = 0
    activated: float = 0.0
    """Seconds until the rule set was active and this process worked by it."""
    here: float = 0.0
    """Seconds from the call to the end of the first read here, which was right."""
    elsewhere: float = 0.0
    """Seconds from the call to the end of the first right read of the process that learns of it last."""
    before: dict[str, Sample] = field(default_factory=dict)
    during: dict[str, Sample] = field(default_factory=dict)


async def measure(stage: stages.Stage, records: int, tell: Callable[[str], None]) -> Transition:
    """Activate a rule set over so many records it affects; raises RuntimeError unless all of it comes out right."""
    platform, seen = stage.platform, Transition(Mirror(stage.mongo))
    coming = _with_rules(platform)
    identifiers, watched = await _filled(stage, seen.mirror, records, coming, tell)
    seen.rows, at, half = len(identifiers), moment(), len(identifiers) // 2
    changed = await _bare(platform, seen.mirror, identifiers[:half], coming, at)
    calm = asyncio.sleep(max(_READS_LEAST, min(_READS_MOST, seen.rows // 100)) * PAUSE)
    seen.before = (await _read_while(stage, watched, watched["pub_to"], calm))[1]
    until = renewal(platform, coming, watched, at)["pub_to"]
    await _activate(stage, seen, watched["_id"], until)
    if platform.regimes.current.number != coming.number or until == watched["pub_to"]:
        raise RuntimeError("another regime came into force than the bench meant to activate")
    tell("  activated; computing again ...")

    async def work() -> tuple[int, int]:
        with seen.mirror.ours.spent(seen.rows):
            report = await recompute(platform, now=lambda: at, grace_seconds=0)
        return report.done, report.changed

    done, seen.during = await _read_while(stage, watched, until, work())
    changed += await _bare(platform, seen.mirror, identifiers[half:], coming, at)
    seen.changed = changed
    if done != (seen.rows, changed) or not platform.regimes.current.settled:
        raise RuntimeError(f"the recomputation did {done}, expected {seen.rows} and {changed}")
    await seen.mirror.tell(identifiers, at)
    if await seen.mirror.differing(identifiers):
        raise RuntimeError("the recomputation and the bare writes ended with different records")
    return seen


def _with_rules(platform: Platform) -> Regime:
    """The regime that follows when the rule set is activated."""
    now = platform.regimes.current
    coming = next(one for one in ruleset.shipped() if one.id == RULES)
    return regime.after(platform.catalogue, now, RuleSets.of([*now.rules.sets, coming]), now.calendar)


@dataclass(frozen=True, slots=True)
class _Filed:
    """Penalties and severe listings filed through the actions, and their subjects."""

    penalties: list[dict[str, Any]]
    listings: list[dict[str, Any]]
    subjects: dict[str, dict[str, Any]]

    @classmethod
    async def of(cls, platform: Platform) -> _Filed:
        """File them."""
        stories = [(one, _PENALTY_KIND, story) for one in _companies(0) for story in PENALISED]
        stories += [(one, SEVERE, "listed") for one in _companies(500)]
        made = await filed(platform, stories)
        subjects = {one["subject"]: await subject_of(platform, one) for one in made}
        return cls(made[:-COMPANIES], made[-COMPANIES:], subjects)

    def at(self, place: int) -> tuple[dict[str, Any], bool]:
        """The record to copy at a place, and whether another subject begins with it."""
        turn, which = divmod(place, len(PENALISED) + 1)
        if which == len(PENALISED):
            return self.listings[turn % COMPANIES], True
        return self.penalties[turn % COMPANIES * len(PENALISED) + which], which == 0


async def _filled(
    stage: stages.Stage, mirror: Mirror, records: int, coming: Regime, tell: Callable[[str], None]
) -> tuple[list[str], dict[str, Any]]:
    """Insert copies until so many records are affected; the ids of all that are, and one that is read all the time."""
    platform, templates = stage.platform, await _Filed.of(stage.platform)
    held = await stage.mongo.db["records"].find({"kind": {"$in": [_PENALTY_KIND, SEVERE]}}).to_list()
    await mirror.copy(held)
    identifiers = [one["_id"] for one in held]
    watched: dict[str, Any] = {}
    place = 0
    while len(identifiers) < records or not watched:
        chunk: list[dict[str, Any]] = []
        fresh: list[dict[str, Any]] = []
        for _ in range(min(_CHUNK, max(1, records - len(identifiers)))):
            template, begins = templates.at(place)
            if begins or not fresh:
                fresh.append(copied_subject(templates.subjects[template["subject"]], place))
            back = timedelta(days=place * 37 % _SPAN_DAYS if watched else _WATCHED_DAYS)
            days = (clock.today() - back - date.fromisoformat(template["dated_on"])).days
            facts = shifted(template["facts"], days)
            chunk.append(copied(platform, template, fresh[-1]["_id"], place, facts, clock.now()))
            if not watched and _moves(platform, chunk[-1], coming):
                watched = chunk[-1]
            place += 1
        await add_subjects(platform, fresh, chunk)
        await mirror.insert(chunk)
        identifiers.extend(one["_id"] for one in chunk)
        if place % (10 * _CHUNK) == 0:
            tell(f"  {len(identifiers):,} records affected")
    return identifiers, watched


def _moves(platform: Platform, record: dict[str, Any], coming: Regime) -> bool:
    """Whether a penalty is published under both rules, and not until the same day."""
    new = {**record, **lifecycle.renewed(record, platform.catalogue, coming)}
    public = all(stage_of(one, clock.today()) is Stage.PUBLIC for one in (record, new))
    return public and record["kind"] == _PENALTY_KIND and record["pub_to"] != new["pub_to"]


def _companies(first: int) -> list[Party]:
    parties = (entity_party(APART + index) for index in range(first, first + 40 * COMPANIES))
    chosen = [one for one in parties if one.kind is SubjectKind.legal_person and one.form == "enterprise"]
    return chosen[:COMPANIES]


async def _bare(
    platform: Platform, mirror: Mirror, identifiers: Sequence[str], coming: Regime, at: datetime
) -> int:
    """Let the copy follow by bare writes of what the rules make of it; returns how many dates come out different."""
    changed = 0
    for part in batches(identifiers):
        writes = []
        for old in (await mirror.read(part, raw=True)).values():
            new = {**old, **renewal(platform, coming, old, at)}
            changed += any(old.get(key) != new.get(key) for key in CLOCK_KEYS)
            writes.append(written(old, new))
        await mirror.write(writes)
    return changed


async def _activate(stage: stages.Stage, seen: Transition, identifier: str, until: str) -> None:
    """Activate the rule set and read a penalty, here and over HTTP, until both answer by it."""
    sent, wanted = ask(PENALTY, {"id": identifier}).bytes(), f'"publicityTo":"{until}"'.encode()
    await asyncio.sleep(FRESH_SECONDS + 0.1)
    await _sent(stage, sent)  # it has just looked which rules are in force: nobody learns of others later
    started = time.perf_counter()
    await change_rules.activate(stage.platform, RULES, None, beyond_term=False, by="bench", at=clock.now())
    seen.activated = time.perf_counter() - started
    await _read_here(stage, identifier, until)
    seen.here = time.perf_counter() - started
    while wanted not in await _sent(stage, sent):
        if time.perf_counter() - started > seen.activated + _AWARE_SECONDS:
            raise RuntimeError("the other process never learned of the rules")
        await asyncio.sleep(0.01)
    seen.elsewhere = time.perf_counter() - started


async def _sent(stage: stages.Stage, request: bytes) -> bytes:
    """The answer of the other process, on a connection of its own: an idle one is closed."""
    connection = await Connection.open(stage.port)
    answer = (await connection.send(request))[1]
    await connection.close()
    return answer


async def _read_here(stage: stages.Stage, identifier: str, until: str) -> float:
    """Milliseconds of one read of the penalty in this process; raises RuntimeError unless it is right."""
    started = time.perf_counter()
    data = await stage.ask(PENALTY, {"id": identifier})
    if data["node"]["publicityTo"] != until:
        raise RuntimeError(f"the penalty was shown until {data['node']['publicityTo']}, not {until}")
    return (time.perf_counter() - started) * 1000


async def _read_while(
    stage: stages.Stage, watched: dict[str, Any], until: str, work: Awaitable[T]
) -> tuple[T, dict[str, Sample]]:
    """Do ``work`` while others read, here and over HTTP; what it returned, and the latencies of the reads."""
    here: list[float] = []
    ended = asyncio.Event()

    async def read() -> None:
        while not ended.is_set():
            here.append(await _read_here(stage, watched["_id"], until))
            await asyncio.sleep(PAUSE)

    asks = {
        "a penalty, another process": (ask(PENALTY, {"id": watched["_id"]}), f'"publicityTo":"{until}"'),
        "feed, first page, another process": (ask(FEED, {"first": 20}), '"node"'),
        "search of 20 hits, another process": (ask(*common_search()), '"node"'),
    }
    with Reader(stage.folder / "reader.json", stage.port, asks) as reader:
        task = asyncio.create_task(read())
        try:
            result = await work
        finally:
            ended.set()
        await task
    return result, {"a penalty, the same process": Sample(tuple(here), 0.0), **reader.samples}
