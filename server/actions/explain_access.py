"""Explaining: what a viewer may see of a subject and why; for the subject, who else may see what (Art. 55)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.actions.existence import exists
from server.actions.open_file import find
from server.actions.operation import Operation
from server.actions.subject_key import KeyType, read_key
from server.audit.entry import Tag
from server.catalogue.kind import Audience, Field, Kind, SubjectKind
from server.model.purpose import Purpose
from server.model.viewer import Role, Viewer
from server.rules import relation
from server.rules.access import Relation, Scope, Stage, decide
from server.rules.decision import Decision, FieldState
from server.store.subjects import subject_of


@dataclass(frozen=True, slots=True)
class AudienceAnswer:
    """What one audience gets of a field in the ordinary course."""

    audience: Audience
    decision: Decision


@dataclass(frozen=True, slots=True)
class FieldAnswer:
    """The decision for one field; ``others`` is given to the subject itself."""

    kind: Kind
    field: Field
    decision: Decision
    others: tuple[AudienceAnswer, ...]


async def access(
    operation: Operation, subject: str | None, kinds: Sequence[str] | None, purpose: Purpose | None
) -> list[FieldAnswer]:
    """The rules that would apply, from the question alone: the same whether or not anything is held.

    ``subject`` is a key of any form, or None for the caller's own file; the kind of subject is told by the form
    of the key alone, so that nothing is learnt of what exists.
    """
    viewer, catalogue = operation.viewer, operation.platform.catalogue
    subject_kind, own = await _approached(operation, subject)
    scope = _scope(viewer, own, purpose, operation)
    asked = catalogue.kinds if kinds is None else dict.fromkeys(kinds)
    codes = [code for code in asked if code in catalogue.kinds]
    answers = []
    for code in codes:
        kind = catalogue.kind(code)
        for field in kind.fields:
            stage = Stage.PUBLIC
            decision = decide(scope, kind, field, subject_kind, stage)
            others = _others(operation, kind, field, subject_kind) if own else ()
            answers.append(FieldAnswer(kind, field, decision, others))
    if not viewer.anonymous:
        operation.notes.append(operation.entry(Tag.ACCESS_EXPLAIN, ground="self" if own else ""))
    return answers


async def _approached(operation: Operation, subject: str | None) -> tuple[SubjectKind, bool]:
    """The kind of subject a key speaks of, and whether it is the viewer's own."""
    viewer = operation.viewer
    if subject is None:
        if viewer.role is Role.CITIZEN:
            return SubjectKind.natural_person, True
        if viewer.role is Role.AGENT and viewer.entity:
            return await _entity_kind(operation, viewer.entity), True
        return SubjectKind.legal_person, False
    key = read_key(subject, operation.today)
    if key.type is KeyType.ID_NUMBER:
        return SubjectKind.natural_person, key.value == viewer.id_number
    if key.type is KeyType.CODE:
        return await _entity_kind(operation, key.value), key.value == viewer.entity
    found = await find(operation, key, {})
    if found is None or not await exists(operation, found):
        return SubjectKind.natural_person, False
    head = subject_of(found)
    return head.kind, head.code is not None and head.code == viewer.entity


async def _entity_kind(operation: Operation, code: str) -> SubjectKind:
    found = await operation.platform.subjects.by_code(code)
    known = found is not None and (code == operation.viewer.entity or await exists(operation, found))
    return SubjectKind(found["kind"]) if found is not None and known else SubjectKind.legal_person


def _scope(viewer: Viewer, own: bool, purpose: Purpose | None, operation: Operation) -> Scope:
    day = operation.today
    if own:
        return Scope(Relation.SELF if viewer.role is Role.CITIZEN else Relation.AGENT, day)
    if viewer.role is Role.AGENCY and purpose is not None:
        return Scope(Relation.GOVERNMENT, day, purpose=purpose)
    return relation.public(day)


def _others(
    operation: Operation, kind: Kind, field: Field, subject_kind: SubjectKind
) -> tuple[AudienceAnswer, ...]:
    """What the public, a third party whose consent names the field, and a government unit would get."""
    day, purpose = operation.today, Purpose.ADMINISTRATIVE_ACT
    if kind.purposes:
        purpose = Purpose(min(kind.purposes))
    public = decide(relation.public(day), kind, field, subject_kind, Stage.PUBLIC)
    shared = decide(Scope(Relation.GOVERNMENT, day, purpose=purpose), kind, field, subject_kind, Stage.PUBLIC)
    consented = decide(
        Scope(Relation.CONSENTED, day, consent=relation.sample_consent(kind.type_name, field.name, day)),
        kind,
        field,
        subject_kind,
        Stage.PUBLIC,
    )
    return (
        AudienceAnswer(Audience.public, public),
        AudienceAnswer(Audience.third_party, consented),
        AudienceAnswer(Audience.government, shared),
    )


def visible(answer: FieldAnswer) -> bool:
    """Whether the viewer gets the field in some form."""
    return answer.decision.state is not FieldState.WITHHELD
