"""Our own identifiers: short, time ordered, with a prefix that names the noun."""

from __future__ import annotations

import re
import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_FORM = re.compile(r"(rec|sub|fil|con|req|chg|dut)_[0-9a-hjkmnp-tv-z]{20}")


def new_id(prefix: str) -> str:
    """A fresh id: 9 characters of milliseconds (ordered until the year 3084), then 55 random bits."""
    value = (time.time_ns() // 1_000_000 << 55) | secrets.randbits(55)
    digits = []
    for _ in range(20):
        value, rest = divmod(value, 32)
        digits.append(ALPHABET[rest])
    return f"{prefix}_{''.join(reversed(digits))}"


def well_formed(identifier: str) -> bool:
    """Whether a text has the form of one of our ids; says nothing about whether it exists."""
    return _FORM.fullmatch(identifier) is not None
