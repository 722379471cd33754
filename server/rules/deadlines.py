"""Deadlines in working days that rule sets name: one function for all of them, each with its rule set and article.

Civil Code Art. 201: the day on which a term begins is not counted. A deadline beyond the last known working day is
provisional and computed again when the calendar is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from server.rules.parameters import PARAMETERS, Unit
from server.rules.regime import Regime


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a term, whether it is provisional, and the rule set and article it comes from."""

    day: date
    provisional: bool
    basis: str


def deadline(name: str, start: date, regime: Regime) -> Due:
    """The last day of the term ``name`` (a parameter in working days) that begins on ``start``.

    Raises KeyError when no applied rule set has it, ValueError for a parameter that counts something else.
    """
    if PARAMETERS[name].unit is not Unit.WORKING_DAYS:
        raise ValueError("not a term in working days")
    term = regime.rules.parameter(name)
    found = regime.calendar.after(start, term.value)
    return Due(found.day, found.provisional, term.basis)
