"""Written consents: entered as the subject signed them, ended when it says so (Art. 32, 33, 62)."""

from __future__ import annotations

from collections.abc import Sequence

from server.actions.audit_log import Writing
from server.actions.open_file import find
from server.actions.operation import Operation
from server.actions.subject_key import SubjectKey, read_key
from server.audit.entry import Tag
from server.catalogue import personal
from server.catalogue.kind import SubjectKind
from server.errors import BadInput, NotFoundError, Refused
from server.model.consent import Consent, ConsentState
from server.model.ids import new_id, well_formed
from server.rules import consent_terms
from server.rules.acting import Objection
from server.rules.consent_terms import Terms

GROUND = "consent:Art. 32"

_LABELS = {
    "grantee": "被授权单位",
    "purpose": "用途",
    "purpose_text": "用途说明",
    "fields": "授权字段",
    "days": "期限",
    "max_uses": "使用次数",
    "notice": "告知内容",
    "proof": "授权凭证",
}


async def grant_consent(
    operation: Operation,
    *,
    grantor: str,
    grantee: str,
    purpose: str,
    purpose_text: str,
    fields: Sequence[str],
    days: int,
    max_uses: int,
    notice: str,
    proof: str,
) -> str:
    """Enter a consent that is valid from today for so many days, the first not counted; returns its id.

    ``grantor`` is a subject key, ``grantee`` the code of a registered unit, ``fields`` SDL coordinates;
    ``notice`` is what the subject was told and ``proof`` where its signature is kept. Raises Refused for a
    viewer that is neither the subject nor a clerk at the window, NotFoundError for an unknown subject, and
    BadInput naming field and rule for terms nobody may consent to.
    """
    platform, start = operation.platform, operation.today
    key = read_key(grantor, start)
    _hold_may(operation, key)
    subject = await find(operation, key, {})
    if subject is None:
        raise NotFoundError("grantor (授权人): no such subject is held.")
    unit = await platform.units.get(grantee)
    if unit is None:
        raise _bad("grantee", "unit_unknown", "is not a registered unit")
    terms = Terms(purpose, purpose_text, tuple(fields), days, max_uses, notice, proof)
    objection = consent_terms.check_terms(terms, SubjectKind(subject["kind"]), platform.catalogue, start)
    if objection is not None:
        raise _objected(objection)
    for name, text in (("purpose_text", purpose_text), ("notice", notice), ("proof", proof)):
        if personal.find(text, published=True) is not None:
            raise _bad(name, "personal_data", "holds a personal number (Art. 64)")
    identifier = new_id("con")
    document = {
        "_id": identifier,
        "version": 1,
        "grantor": subject["_id"],
        "grantee": unit["_id"],
        "purpose": purpose,
        "purpose_text": purpose_text.strip(),
        "fields": sorted(fields),
        "valid_from": start.isoformat(),
        "valid_to": consent_terms.ends_on(start, days).isoformat(),
        "max_uses": max_uses,
        "uses": 0,
        "state": ConsentState.ACTIVE.value,
        "notice": notice.strip(),
        "proof": proof.strip(),
        "created_at": operation.at,
    }
    entry = operation.entry(
        Tag.CONSENT_DOCUMENT_CREATE,
        subject=subject["_id"],
        ground=GROUND,
        purpose=purpose,
        consent=identifier,
    )

    async def work(writing: Writing) -> None:
        await platform.consents.add(dict(document), writing.session)
        await writing.append([entry])

    await platform.log.transact(work)
    return identifier


async def revoke_consent(operation: Operation, consent_id: str, grantor: str) -> None:
    """End an active consent of this subject; the next query under it is refused (Art. 33).

    Raises Refused for a viewer that is neither the subject nor a clerk at the window, and NotFoundError, always
    the same, when the subject has no such consent in force.
    """
    platform = operation.platform
    key = read_key(grantor, operation.today)
    _hold_may(operation, key)
    subject = await find(operation, key, {})
    consent = await _of(operation, consent_id)
    if subject is None or consent is None or consent.grantor != subject["_id"]:
        raise _no_consent()
    entry = operation.entry(
        Tag.CONSENT_DOCUMENT_REVOKE,
        subject=subject["_id"],
        ground=GROUND,
        purpose=consent.purpose,
        consent=consent.id,
    )

    async def work(writing: Writing) -> bool:
        done = await platform.consents.revoke(consent.id, consent.grantor, writing.session)
        if done:
            await writing.append([entry])
        return done

    if not await platform.log.transact(work):
        raise _no_consent()


async def show_consent(operation: Operation, consent_id: str) -> Consent:
    """A consent as it stands, for the window (Art. 32). Raises Refused for others, NotFoundError."""
    objection = consent_terms.may_enter(operation.viewer, own=False)
    if objection is not None:
        raise _refused(objection)
    consent = await _of(operation, consent_id)
    if consent is None:
        raise _no_consent()
    return consent


async def _of(operation: Operation, consent_id: str) -> Consent | None:
    return await operation.platform.consents.get(consent_id) if well_formed(consent_id) else None


def _hold_may(operation: Operation, key: SubjectKey) -> None:
    viewer = operation.viewer
    own = key.value in (viewer.id_number, viewer.entity)
    objection = consent_terms.may_enter(viewer, own=own)
    if objection is not None:
        raise _refused(objection)


def _refused(objection: Objection) -> Refused:
    return Refused(
        f"{objection.sentence.en}（{objection.sentence.zh}）.",
        extra={"rule": objection.code, "article": objection.article},
    )


def _objected(objection: Objection) -> BadInput:
    name = objection.field or ""
    return BadInput(
        f"{name} ({_LABELS[name]}): {objection.sentence.en}（{objection.sentence.zh}）, {objection.article}.",
        field=name,
        rule=objection.code,
    )


def _bad(name: str, rule: str, sentence: str) -> BadInput:
    return BadInput(f"{name} ({_LABELS[name]}) {sentence}.", field=name, rule=rule)


def _no_consent() -> NotFoundError:
    return NotFoundError("consent (授权): this subject has no such consent in force.")
