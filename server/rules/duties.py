"""Duties of the units to report: what they corrected (Art. 57) and what was revoked or changed beneath a record (Art. 58).

Decision D4: Art. 57 counts from the correction; Art. 58 says itself that it counts from the revocation or change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from server.rules.deadlines import deadline
from server.rules.regime import Regime


class Duty(StrEnum):
    """What was to be reported."""

    CORRECTION = "correction"
    """An error or omission the unit found and corrected (Art. 57)."""
    REVOCATION = "revocation"
    """The judgment or decision beneath the record was revoked or changed (Art. 58)."""


_PARAMETER = {
    Duty.CORRECTION: "correction_report_working_days",
    Duty.REVOCATION: "revocation_report_working_days",
}


@dataclass(frozen=True, slots=True)
class Report:
    """A report of a unit: on which day the duty began, and on which it was fulfilled (city time)."""

    duty: Duty
    began: date
    reported: date


@dataclass(frozen=True, slots=True)
class Judged:
    """The last day on which the report was in time and whether it came later; both are ``provisional`` while the day
    counts working days not announced yet. ``days`` is the term and ``basis`` names rule set and article."""

    due: date | None
    days: int | None
    provisional: bool
    late: bool
    basis: str | None


def judge(report: Report, regime: Regime) -> Judged:
    """Whether a report came in time. Without a rule there is no last day, and nothing is late."""
    name = _PARAMETER[report.duty]
    if regime.rules.find(name) is None:
        return Judged(None, None, False, False, None)
    due = deadline(name, report.began, regime)
    days = int(regime.rules.parameter(name).value)
    return Judged(due.day, days, due.provisional, report.reported > due.day, due.basis)


def judge_anew(began: date, reported: date, days: int, regime: Regime) -> tuple[date, bool, bool]:
    """Last day, provisional and late of a report whose term had so many days, by the calendar as it is now.

    The term stays what it was when the report came; only which days are worked is learnt later.
    """
    due = regime.calendar.after(began, days)
    return due.day, due.provisional, reported > due.day
