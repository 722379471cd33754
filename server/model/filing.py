"""Where an interactive filing stands (Art. 23)."""

from __future__ import annotations

from enum import StrEnum


class FilingState(StrEnum):
    """Waiting for the checker, approved into force, or returned to the maker."""

    PENDING = "pending"
    APPROVED = "approved"
    RETURNED = "returned"


class Deed(StrEnum):
    """What a filing does: put a record (or a new version of one) in force, or withdraw one (Art. 57, 58)."""

    FILE = "file"
    WITHDRAW = "withdraw"
