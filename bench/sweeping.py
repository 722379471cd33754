"""The sweep of many due records, round by round beside bare writes of the same documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bench.copies import APART, add_subjects, copied, copied_subject, filed, insert, shifted, subject_of
from bench.mirror import Mirror, moment
from bench.stage import Stage
from seed.party import entity_party, person_party
from server import clock
from server.actions.platform import Platform
from server.actions.sweep import sweep
from server.catalogue.kind import SubjectKind
from server.clock import CITY

ROUNDS = 5
ROUND_DAYS = 14
"""Each round's records are due within the first days of its fortnight; the sweep is for the last one."""

DUE_DAYS = 4
GIVEN_EVERY = 10
"""Every tenth record was given to a unit, which the sweep has to tell."""

_CHUNK = 1_000
_BEFORE = timedelta(days=20)
"""How long before it is due a copy is as it was stored and announced."""

ENDS = (
    ("company", "administrative_penalty", "recent", "pub_to", "publicity_ended"),
    ("company", "administrative_licence", "valid", "pub_to", "publicity_ended"),
    ("company", "administrative_penalty", "safety", "disc_to", "disclosure_ended"),
    ("listed company", "severe_list_entry", "removed", "keep_to", "shielded"),
    ("person", "administrative_penalty", "recent", "keep_to", "deleted"),
)
"""About whom, kind, story, the clock that ends, and what the sweep has to make of it (Art. 31, 34 to 36)."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """A record filed through the actions that is copied so that one of its clocks has just ended."""

    template: dict[str, Any]
    subject: dict[str, Any]
    clock: str
    outcome: str

    def copy(self, platform: Platform, subject: str, number: int, due: date) -> dict[str, Any]:
        """A copy due on that day, or a day or two beside it where months are of different length."""
        last = date.fromisoformat(self.template[self.clock])
        facts = shifted(self.template["facts"], (due - timedelta(days=1) - last).days)
        before = datetime(due.year, due.month, due.day, tzinfo=CITY) - _BEFORE
        return copied(platform, self.template, subject, number, facts, before)


async def measure(stage: Stage, records: int, tell: Callable[[str], None]) -> Mirror:
    """Sweep so many records; raises RuntimeError unless each came to the end it had to come to."""
    endings = await _endings(stage.platform)
    mirror = Mirror(stage.mongo)
    first = clock.today() - timedelta(days=ROUNDS * ROUND_DAYS)
    placed: list[tuple[date, list[str], Counter[str]]] = []
    for turn in range(ROUNDS):
        begin = first + timedelta(days=turn * ROUND_DAYS)
        until = begin + timedelta(days=ROUND_DAYS - 1)
        places = range(turn * records // ROUNDS, (turn + 1) * records // ROUNDS)
        placed.append((until, *await _filled(stage, mirror, endings, places, begin, until)))
        tell(f"  {places.stop:,} due records")
    for until, identifiers, expected in placed:
        at = moment()
        with mirror.ours.spent(len(identifiers)):
            report = await sweep(stage.platform, until, at)
        done = Counter({name: getattr(report, name) for *_, name in ENDS})
        if done != expected or report.total != len(identifiers) or report.left:
            raise RuntimeError(f"the sweep did {report}, expected {dict(expected)}")
        await mirror.follow(identifiers)
        await mirror.tell(identifiers, at)
        if await mirror.differing(identifiers):
            raise RuntimeError("the sweep and the bare writes ended with different records")
        tell(f"  swept until {until}: {report.total:,}")
    again = await sweep(stage.platform, clock.today(), moment())
    if again.total:
        raise RuntimeError(f"a second sweep found {again.total} more records")
    return mirror


async def _endings(platform: Platform) -> list[_Ending]:
    parties = {
        "company": entity_party(APART),
        "listed company": entity_party(APART + 5),
        "person": person_party(APART),
    }
    if any(parties[one].kind is not SubjectKind.legal_person for one in ("company", "listed company")):
        raise RuntimeError("the sample city has no company where the bench looks for one")
    made = await filed(platform, [(parties[who], kind, story) for who, kind, story, *_ in ENDS])
    return [
        _Ending(one, await subject_of(platform, one), end, outcome)
        for one, (*_, end, outcome) in zip(made, ENDS, strict=True)
    ]


async def _filled(
    stage: Stage, mirror: Mirror, endings: list[_Ending], places: range, begin: date, until: date
) -> tuple[list[str], Counter[str]]:
    """Insert the records of one round; their ids and how many come to which end."""
    identifiers: list[str] = []
    expected: Counter[str] = Counter()
    for start in range(places.start, places.stop, _CHUNK):
        subjects: list[dict[str, Any]] = []
        held: list[dict[str, Any]] = []
        own: dict[str, str] = {}
        for place in range(start, min(start + _CHUNK, places.stop)):
            ending = endings[place % len(endings)]
            if place % len(endings) == 0:
                own = {}
            key = ending.subject["_id"]
            if key not in own:
                subjects.append(copied_subject(ending.subject, place))
                own[key] = subjects[-1]["_id"]
            due = begin + timedelta(days=2 + place // len(endings) % DUE_DAYS)
            held.append(_checked(ending.copy(stage.platform, own[key], place, due), begin, until))
            expected[ending.outcome] += 1
        await add_subjects(stage.platform, subjects, held)
        await mirror.insert(held)
        await insert(stage.mongo.db, "deliveries", [_given(one) for one in held[::GIVEN_EVERY]])
        identifiers.extend(one["_id"] for one in held)
    return identifiers, expected


def _checked(made: dict[str, Any], begin: date, until: date) -> dict[str, Any]:
    if not begin.isoformat() <= made["due"] <= until.isoformat():
        raise RuntimeError(f"a copy is due on {made['due']}, not between {begin} and {until}")
    return made


def _given(record: Mapping[str, Any]) -> dict[str, Any]:
    unit = "11370881004300000X"
    return {
        "_id": f"{unit}/{record['_id']}",
        "unit": unit,
        "record": record["_id"],
        "fields": ["stage"],
        "first_at": record["filed_at"],
    }
