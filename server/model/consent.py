"""A written authorisation as data (Art. 32, 33, 62): who lets whom see which fields, for what, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ConsentState(StrEnum):
    """Where a consent stands; only ``ACTIVE`` grants anything."""

    REQUESTED = "requested"
    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent document as read from the database at the moment of use.

    ``fields`` holds SDL coordinates (``AdministrativePenalty.fineAmount``). ``valid_to`` is the last day on
    which it may be used, in city time; the first day is not counted (Civil Code Art. 201). ``max_uses`` is 1
    for one-time use. ``grantee`` is the code of the unit it was given to.
    """

    id: str
    grantor: str
    grantee: str
    purpose: str
    purpose_text: str
    fields: frozenset[str]
    valid_from: date
    valid_to: date
    max_uses: int
    uses: int
    state: ConsentState
    version: int

    def allows(self, type_name: str, field: str) -> bool:
        """Whether the coordinate ``type_name.field`` was consented to."""
        return f"{type_name}.{field}" in self.fields
