"""The credit subject (Art. 3) as far as the rules need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from server.catalogue.kind import SubjectKind


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject by our own id. ``code`` is its unified social credit code (Art. 21); None for a person."""

    id: str
    kind: SubjectKind
    name: str
    code: str | None = None

    @property
    def is_person(self) -> bool:
        """True for a natural person."""
        return self.kind is SubjectKind.natural_person


def age_on(birth: date, day: date) -> int:
    """Completed years of age on ``day``; a birthday on 29 February is reached on 1 March in common years."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
