"""The change of rules: from activating a rule set to the last record computed again, and reads meanwhile.

Half of the bare update runs before the recomputation and half after it, so that both see the same machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from bench.copies import add_subjects, copied, copied_subject, filed, shifted, subject_of
from bench.loopback import Connection
from bench.mirror import Mirror, batches, moment, written
from bench.questions import FEED, PENALTY, ask, common_search
from bench.report import Sample
from bench.stage import Stage
from seed.party import entity_party
from server import clock
from server.actions import change_rules
from server.actions.announce import renewal
from server.actions.recompute import recompute
from server.catalogue.kind import SubjectKind
from server.rules import regime, ruleset
from server.rules.lifecycle import CLOCK_KEYS
from server.rules.regime import PENALTY as PENALTY_KIND
from server.rules.regime import SEVERE, Regime
from server.rules.ruleset import RuleSets
from server.store.mongo import patiently

RULES = "ndrc-36"
STORIES = (
    (PENALTY_KIND, "recent"),
    (PENALTY_KIND, "safety"),
    (PENALTY_KIND, "warning"),
    (PENALTY_KIND, "open"),
    (SEVERE, "listed"),
)
"""The records of each pair of companies that are copied: penalties of one, the listing of the other."""

PAIRS = 6
PAUSE = 0.1
"""Seconds between reads, before the transition and during it."""

READS = 30
_CHUNK = 1_000
_SPAN_DAYS = 1_000
_WATCHED_DAYS = 100
_PATIENCE = 60.0
_LONG = 10.0


@dataclass(slots=True)
class Transition:
    """What was seen of a change of rules."""

    mirror: Mirror
    rows: int
    changed: int = 0
    activated: float = 0.0
    """Seconds until the rule set was active and this process worked by it."""
    here: float = 0.0
    """Seconds from the call to the end of the first read here."""
    elsewhere: float = 0.0
    """Seconds from the call to the end of the first right read of another process, which had not been told."""
    before: dict[str, Sample] = field(default_factory=dict)
    during: dict[str, Sample] = field(default_factory=dict)


async def measure(stage: Stage, records: int, tell: Callable[[str], None]) -> Transition:
    """Activate a rule set over so many records it affects; raises RuntimeError unless all of it comes out right."""
    platform, mirror = stage.platform, Mirror(stage.mongo)
    coming = _coming(platform.regimes.current, stage)
    identifiers, watched = await _filled(stage, mirror, records, coming, tell)
    at, half = moment(), len(identifiers) // 2
    seen = Transition(mirror, len(identifiers))
    changed = await _bare(stage, mirror, identifiers[:half], coming, at)
    connection = await Connection.open(stage.port)
    readers = _readers(stage, connection, watched["_id"])
    expected = await stage.ask(PENALTY, {"id": watched["_id"]})
    seen.before = await _sampled(readers, _Times(READS))
    expected["node"] |= {"publicityTo": renewal(platform, coming, watched, at)["pub_to"]}
    await _activate(stage, connection, seen, watched["_id"], expected["node"]["publicityTo"])
    if platform.regimes.current.number != coming.number:
        raise RuntimeError("another regime came into force than the one the bench activated")
    tell("  activated; computing again ...")
    done = asyncio.Event()
    reading = asyncio.create_task(_sampled(readers, done))
    try:
        with mirror.ours.spent():
            report = await recompute(platform, now=lambda: at, grace_seconds=0)
    finally:
        done.set()
    seen.during = await reading
    await connection.close()
    changed += await _bare(stage, mirror, identifiers[half:], coming, at)
    if (report.done, report.changed) != (len(identifiers), changed) or not platform.regimes.current.settled:
        raise RuntimeError(f"the recomputation did {report}, expected {len(identifiers)} and {changed}")
    await mirror.tell(identifiers, at)
    if await mirror.differing(identifiers):
        raise RuntimeError("the recomputation and the bare writes ended with different records")
    seen.changed = changed
    return seen
