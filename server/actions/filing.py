"""What a unit sends and what it gets back: the shapes of filing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from server.catalogue.fault import Fault
from server.catalogue.kind import SubjectKind
from server.rules.duties import Duty, Judged

BATCH_MOST = 500
SOURCE_NO_MOST = 64
REASON_MOST = 500
SECRECY = ("commercial_secret", "privacy", "state_secret")


class ReceiptState(StrEnum):
    """What became of an accepted filing."""

    IN_FORCE = "IN_FORCE"
    PENDING = "PENDING"
    UNCHANGED = "UNCHANGED"
    RETURNED = "RETURNED"


@dataclass(frozen=True, slots=True)
class FilingSubject:
    """Whom a filing is about: a code or an ID number, a name, and the kind where the code leaves it open."""

    code: str | None = None
    id_number: str | None = field(default=None, repr=False)
    name: str | None = None
    kind: SubjectKind | None = None
    self_supporting: bool = False
    declared_lacking: bool = False


@dataclass(frozen=True, slots=True)
class Correction:
    """Why a record is changed or withdrawn where the unit owes a report: since when (Art. 57, 58)."""

    duty: Duty
    began: date


@dataclass(frozen=True, slots=True)
class Filing:
    """One record as a unit sends it. ``values`` keys are field names, standard codes or Chinese labels."""

    kind: str
    source_no: str
    subject: FilingSubject
    values: Mapping[str, object] = field(repr=False)
    change_reason: str | None = None
    secrecy: tuple[str, ...] = ()
    agreement: bool = False
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """An accepted filing: its place in the request, the record's (or pending filing's) id and version.

    ``judged`` says by when a correction was to be reported and whether it came late.
    """

    index: int
    source_no: str
    id: str
    version: int
    state: ReceiptState
    judged: Judged | None = None


@dataclass(frozen=True, slots=True)
class RefusedFiling:
    """A refused filing: every fault names field, label and rule, never the value."""

    index: int
    source_no: str
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class FilingReport:
    """What became of a batch; with ``all_or_nothing`` any refusal means that nothing was accepted."""

    accepted: tuple[Receipt, ...]
    refused: tuple[RefusedFiling, ...]


@dataclass(frozen=True, slots=True)
class Attestation:
    """Maker and checker by name, as a machine filing carries them (Art. 23)."""

    maker: str
    checker: str
