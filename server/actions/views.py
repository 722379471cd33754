"""What readers get: pages and subjects as one viewer may see them, and why the rest is withheld."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.actions.operation import Operation
from server.catalogue.envelope import ENVELOPE_NAMES
from server.catalogue.kind import SubjectKind
from server.model.purpose import Purpose
from server.model.subject import Subject
from server.model.view import Cursor, Exposure, RecordView
from server.rules.access import Clause, Scope, see
from server.rules.decision import Decision, FieldState
from server.rules.planner import Planner
from server.store.cipher import Ciphertext
from server.store.record_pages import projection_of
from server.store.subjects import subject_of

BASIC_KINDS = ("entity_basic", "individual_business", "person_basic")
ANY_RECORD = "CreditRecord"
PERSON_BASIC = "PersonBasic"

Wanted = Mapping[str, frozenset[str]]
"""Type name -> names of fields."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a caller selected of records: ``wanted`` is fetched, ``named`` (the fields selected by name, those of
    the interface under ``CreditRecord``) is explained. What is not selected is neither fetched nor logged.
    ``asked`` is True when records are selected at all, be it only for their ids; ``person_name`` when the head of
    a file is asked for the name, which for a natural person is a field of the basic record."""

    wanted: Wanted = field(default_factory=dict)
    named: Wanted = field(default_factory=dict)
    asked: bool = False
    person_name: bool = False


NOTHING = Chosen()

_KIND_ORDER = tuple(SubjectKind)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of views, newest first, and whether more follow."""

    views: Sequence[Any]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject as a viewer approaches it: its head, its footing, and the basic record where one may be seen.

    ``file`` is the exposure every disclosure of this file is noted in; None on the public footing.
    """

    subject: Subject
    scope: Scope
    area: str | None
    industry: str | None
    basic: RecordView | None
    file: Exposure | None
    sealed: Cursor = ""
    matter: str | None = None
    purpose: Purpose | None = None
    consent: str | None = None

    @property
    def cursor(self) -> str:
        """Where the subject stands in the search it was found by."""
        return self.sealed if isinstance(self.sealed, str) else self.sealed()


async def opened(operation: Operation, raw: dict[str, Any]) -> dict[str, Any]:
    """The record with its encrypted values (ID numbers) made plain; only what was fetched is there to open."""
    for body in raw.get("body", {}).values():
        for name, value in body.items():
            if isinstance(value, Ciphertext):
                body[name] = await operation.platform.cipher.decrypt(value)
            elif isinstance(value, list) and value and isinstance(value[0], Ciphertext):
                body[name] = [await operation.platform.cipher.decrypt(one) for one in value]
    return raw


def basics(operation: Operation, scope: Scope, kinds: Iterable[SubjectKind]) -> tuple[Clause, ...]:
    """The clauses under which basic records may be seen."""
    return operation.platform.planner.reach(scope, sorted(kinds), BASIC_KINDS)


def basic_projection(operation: Operation, clauses: Iterable[Clause], chosen: Chosen) -> dict[str, int]:
    """What to fetch of the copy a subject carries of its basic record."""
    wanted = dict(chosen.wanted)
    if chosen.person_name:
        wanted[PERSON_BASIC] = wanted.get(PERSON_BASIC, frozenset()) | {"name"}
    fields: dict[str, int] = {}
    if chosen.asked or chosen.person_name:
        for clause in clauses:
            fields |= projection_of(clause, wanted, "basic.", judged=operation.judge is not None)
    return fields


async def subject_view(
    operation: Operation,
    found: dict[str, Any],
    scope: Scope,
    clauses: Iterable[Clause],
    exposure: Exposure | None,
    **more: Any,
) -> SubjectView:
    """The subject with its basic record, if any clause shows it."""
    basic: RecordView | None = None
    if found.get("basic"):
        raw = await opened(operation, found["basic"])
        if operation.judge is not None:
            raw = dict(operation.judge(raw))
        for clause in clauses:
            basic = basic or see(raw, clause, exposure)
    return SubjectView(
        subject=subject_of(found),
        scope=scope,
        area=found.get("area"),
        industry=found.get("industry"),
        basic=basic,
        file=exposure,
        **more,
    )


def explain(
    operation: Operation,
    scope: Scope,
    subject_kinds: Iterable[SubjectKind],
    named: Wanted,
    codes: Iterable[str] | None = None,
) -> None:
    """Note why selected fields are withheld or masked: from the question alone, never from what was found.

    A field of several kinds, or about several kinds of subject, is explained when none of them shows it.
    """
    if not named:
        return
    planner = operation.platform.planner
    kinds = tuple(sorted(subject_kinds, key=_KIND_ORDER.index))
    asked = None if codes is None else tuple(dict.fromkeys(codes))
    question = ("explain", kinds, asked, *named.items())
    for coordinate, decision in planner.remembered(
        scope, question, lambda: tuple(_withheld(planner, scope, kinds, named, asked))
    ):
        operation.explain(coordinate, decision)


def _withheld(
    planner: Planner,
    scope: Scope,
    kinds: Sequence[SubjectKind],
    named: Wanted,
    codes: Iterable[str] | None,
) -> Iterator[tuple[str, Decision]]:
    """The coordinates among ``named`` that are not shown, each with its decision."""
    window = planner.first_window(scope)
    known = planner.catalogue.kinds
    within = [known[code] for code in (known if codes is None else codes) if code in known]
    for type_name, names in named.items():
        concerned = [kind for kind in within if type_name in (kind.type_name, ANY_RECORD)]
        plans = [
            planner.plan(scope, kind.code, subject_kind, window)
            for kind in concerned
            for subject_kind in ([one for one in kinds if one in kind.subjects] or kinds[:1])
        ]
        for name in names if plans else ():
            if type_name == ANY_RECORD and name not in ENVELOPE_NAMES:
                continue
            decisions = [plan.decisions[name] for plan in plans]
            if all(one.state is not FieldState.SHOWN for one in decisions):
                yield f"{type_name}.{name}", decisions[0]
