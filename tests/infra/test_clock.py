"""The clock speaks the city's time."""

from __future__ import annotations

from datetime import timedelta

from server.clock import CITY, now, today


def test_the_city_is_eight_hours_ahead_of_utc() -> None:
    moment = now()
    assert moment.tzinfo is CITY
    assert moment.utcoffset() == timedelta(hours=8)


def test_today_is_the_citys_day() -> None:
    before, day, after = now().date(), today(), now().date()
    assert before <= day <= after
