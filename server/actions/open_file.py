"""Opening a subject's file: by the subject itself, for a government purpose, or inside a consent (Art. 32, 33, 37)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from server.actions.operation import Operation
from server.actions.subject_key import KeyType, SubjectKey, read_key
from server.actions.views import (
    BASIC_KINDS,
    PERSON_BASIC,
    Chosen,
    SubjectView,
    basic_projection,
    basics,
    explain,
    subject_view,
)
from server.audit.entry import Channel
from server.catalogue.kind import Family, SubjectKind
from server.model.ids import well_formed
from server.model.purpose import IdentityProof, Purpose
from server.model.view import Exposure
from server.model.viewer import Role
from server.rules import relation
from server.rules.access import Scope
from server.rules.relation import Refusal
from server.store.subjects import subject_of


async def own_file(operation: Operation, chosen: Chosen) -> SubjectView | None:
    """The file of the citizen, or of the entity an agent acts for (Art. 32); None when nothing is held.

    Raises Refused for every other caller.
    """
    scope = relation.own(operation.viewer, operation.today)
    if isinstance(scope, Refusal):
        raise operation.refuse(scope)
    viewer = operation.viewer
    if viewer.role is Role.CITIZEN:
        key = SubjectKey(KeyType.ID_NUMBER, viewer.id_number or "")
    else:
        key = SubjectKey(KeyType.CODE, viewer.entity or "")
    ground = "self" if viewer.role is Role.CITIZEN else "agent"
    return await _file(operation, key, scope, chosen, ground=ground)


async def shared_file(
    operation: Operation,
    subject: str,
    purpose: Purpose,
    matter: str,
    chosen: Chosen,
    hidden_until: date | None = None,
) -> SubjectView | None:
    """A government unit's query with one of the nine purposes and a matter (Art. 37); None when nothing is held.

    ``hidden_until`` keeps the entry from the subject's access log until that day; only units entitled by law.
    Raises Refused, BadInput.
    """
    scope = relation.share(operation.viewer, purpose, matter, operation.today)
    if isinstance(scope, Refusal):
        raise operation.refuse(scope, purpose=purpose.value, matter=matter)
    unit = await held_unit(operation, purpose, matter)
    if hidden_until is not None and not unit.get("may_withhold_log"):
        raise operation.refuse(relation.MAY_NOT_WITHHOLD, purpose=purpose.value, matter=matter)
    key = read_key(subject, operation.today)
    return await _file(
        operation,
        key,
        scope,
        chosen,
        ground="share",
        purpose=purpose,
        matter=matter,
        hidden_until=hidden_until,
    )


async def held_unit(operation: Operation, purpose: Purpose, matter: str) -> dict[str, Any]:
    """The viewer's unit, which must be a government unit known here (Art. 37). Raises Refused."""
    unit = await operation.platform.units.get(operation.viewer.unit or "")
    if unit is None or unit["family"] != Family.public:
        raise operation.refuse(relation.NOT_GOVERNMENT, purpose=purpose.value, matter=matter)
    return unit


async def window_file(
    operation: Operation, subject: str, proof: IdentityProof, matter: str, chosen: Chosen
) -> SubjectView | None:
    """The file of a subject served at the query window, as the subject itself would see it (Art. 32).

    The clerk states which document proved the identity; it stands in the log as the purpose. Raises Refused,
    BadInput.
    """
    scope = relation.window(operation.viewer, matter, operation.today)
    if isinstance(scope, Refusal):
        raise operation.refuse(scope)
    key = read_key(subject, operation.today)
    operation.channel = Channel.WINDOW
    return await _file(
        operation, key, scope, chosen, ground="duty", matter=matter, stated=f"identity_proof:{proof.value}"
    )


async def authorised_file(
    operation: Operation, subject: str, consent_id: str, chosen: Chosen
) -> SubjectView | None:
    """A third party's query inside a written authorisation, read again for this use (Art. 32, 33, 62).

    Raises Refused (one and the same for every way in which the consent does not fit), BadInput.
    """
    platform = operation.platform
    if operation.viewer.role is not Role.INQUIRER:
        # Nobody else makes the platform look up a subject or a consent.
        raise operation.refuse(relation.NOT_INQUIRER)
    key = read_key(subject, operation.today)
    consent = await platform.consents.get(consent_id) if well_formed(consent_id) else None
    found = await find(operation, key, {})
    scope = relation.authorised(
        operation.viewer, None if found is None else subject_of(found), consent, operation.today
    )
    if isinstance(scope, Refusal):
        raise operation.refuse(scope)
    assert consent is not None  # an invalid consent is a Refusal
    if not await platform.consents.use(consent, operation.today):
        raise operation.refuse(relation.CONSENT_INVALID)
    return await _file(
        operation,
        key,
        scope,
        chosen,
        ground="consent:Art. 32",
        consent=consent_id,
        stated=consent.purpose,
    )


async def _file(
    operation: Operation,
    key: SubjectKey,
    scope: Scope,
    chosen: Chosen,
    *,
    ground: str,
    purpose: Purpose | None = None,
    matter: str | None = None,
    consent: str | None = None,
    hidden_until: date | None = None,
    stated: str | None = None,
) -> SubjectView | None:
    clauses = basics(operation, scope, SubjectKind)
    found = await find(operation, key, basic_projection(operation, clauses, chosen))
    if found is not None:
        kind = SubjectKind(found["kind"])
        explain(operation, scope, (kind,), chosen.named, BASIC_KINDS)
        if chosen.person_name and kind is SubjectKind.natural_person:
            explain(operation, scope, (kind,), {PERSON_BASIC: frozenset({"name"})}, BASIC_KINDS)
    exposure = operation.expose(
        Exposure(
            subject=found["_id"] if found else "",
            relation=scope.relation,
            ground=ground,
            purpose=purpose.value if purpose else stated,
            matter=matter,
            consent=consent,
            hidden_until=hidden_until.isoformat() if hidden_until else None,
        )
    )
    if found is None:
        return None
    return await subject_view(
        operation, found, scope, clauses, exposure, matter=matter, purpose=purpose, consent=consent
    )


async def find(operation: Operation, key: SubjectKey, extra: Mapping[str, int]) -> dict[str, Any] | None:
    """The stored subject under a key, projected to its head and ``extra``."""
    subjects = operation.platform.subjects
    if key.type is KeyType.CODE:
        return await subjects.by_code(key.value, extra)
    if key.type is KeyType.OWN_ID:
        return await subjects.by_id(key.value, extra)
    return await subjects.by_cipher(await operation.platform.cipher.encrypt(key.value), extra)
