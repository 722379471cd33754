"""The only place that reads the clock. Actions and the edges call it; rules get the time as an argument."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

CITY = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, in the city's time zone."""
    return datetime.now(CITY)


def today() -> date:
    """The present calendar day in the city: the day on which periods and deadlines are judged."""
    return now().date()
