"""What callers may name a subject by: a unified social credit code, a citizen ID number, or our own id."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from server.catalogue import values
from server.catalogue.fault import Fault
from server.errors import BadInput
from server.model.ids import well_formed


class KeyType(StrEnum):
    """The three forms of a subject key (Art. 21)."""

    CODE = "code"
    ID_NUMBER = "id_number"
    OWN_ID = "own_id"


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A well-formed key; its value stays out of ``repr``."""

    type: KeyType
    value: str = field(repr=False)


def read_key(raw: str, today: date) -> SubjectKey:
    """The key in ``raw``. Raises BadInput, naming the field and never the value, when it is none of the three."""
    text = raw.strip()
    if well_formed(text) and text.startswith("sub_"):
        return SubjectKey(KeyType.OWN_ID, text)
    code = values.clean_uscc(text)
    if not isinstance(code, Fault):
        return SubjectKey(KeyType.CODE, code)
    number = values.clean_citizen_id(text, today=today)
    if not isinstance(number, Fault):
        return SubjectKey(KeyType.ID_NUMBER, number)
    raise BadInput(
        "subject (信用主体): neither a valid unified social credit code, citizen ID number nor id of this platform.",
        field="subject",
        rule="subject_key",
    )
