"""Art. 35: new dishonest conduct within the retention of a severe listing lets its retention begin anew.

Decision D3: it begins on the day of the new conduct, of whatever severity. When the record of that conduct is
revoked, the restart is undone: the retention is what it would be had the conduct never been recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Restart:
    """Dishonest conduct known beside a severe listing: the day it fell on and the record that tells of it."""

    on: str
    record: str


def restarted(removed: date, conducts: Iterable[Restart], period: Callable[[date], date]) -> date:
    """The last day of retention of a listing removed on ``removed``; ``period`` gives the last day from a start.

    Conduct after the removal and not after the last day so far begins the period anew, the last day included.
    """
    kept = period(removed)
    for day in sorted(date.fromisoformat(one.on) for one in conducts):
        if removed < day <= kept:
            kept = max(kept, period(day))
    return kept


def noted(known: Sequence[Mapping[str, Any]], record: str, on: str | None) -> list[dict[str, Any]]:
    """The conducts beside a listing once ``record`` tells of conduct on that day; None: no longer of any."""
    kept = [dict(one) for one in known if one["record"] != record]
    if on is not None:
        kept.append({"on": on, "record": record})
    return sorted(kept, key=lambda one: (one["on"], one["record"]))
