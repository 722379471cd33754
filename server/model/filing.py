"""Where an interactive filing stands (Art. 23)."""

from __future__ import annotations

from enum import StrEnum


class FilingState(StrEnum):
    """Waiting for the checker, approved into force, or returned to the maker."""

    PENDING = "pending"
    APPROVED = "approved"
    RETURNED = "returned"
