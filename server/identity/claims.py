"""What a believed token says, as a `Viewer`: which claims each role needs and how each is checked. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from server.catalogue import identifiers
from server.catalogue.fault import Invalid
from server.clock import CITY
from server.identity.refusals import Reason, refused
from server.model.viewer import Role, Viewer

MAX_LIFETIME_SECONDS = 24 * 3600
"""An access token that lives longer is refused: its holder could not be stopped in time."""

CREDIT_QUERY = "credit_query"
"""The type of `authorization_details` (RFC 9396) that narrows purposes and matters."""

MOST_NARROWINGS = 50

REAL_NAME = frozenset({Role.CITIZEN, Role.AGENT})
"""Callers known by a real-name check, whose strength `acr` states (Art. 32)."""

OF_A_UNIT = frozenset({Role.AGENCY, Role.INQUIRER, Role.PROVIDER, Role.CHECKER, Role.CLERK, Role.AUDITOR})
"""Callers who act for a unit named by its unified social credit code."""

MACHINES = frozenset({Role.AGENCY, Role.INQUIRER, Role.PROVIDER})
"""Roles a machine client may hold; a person checks, serves at the window and audits (Art. 23)."""

_LONGEST = {"sub": 255, "jti": 255, "client_id": 255, "acr": 255, "role": 30}
_LONGEST |= {"officer": 60, "unit": 18, "entity": 18, "id_number": 18}
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LATEST = 253_370_000_000  # in the year 9999, so that every accepted moment is a datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """What one issuer's tokens must say; `leeway` in seconds, an empty `assurance` accepts any level."""

    audience: str
    roles: frozenset[Role]
    leeway: int
    assurance: frozenset[str]


@dataclass(frozen=True, slots=True)
class Period:
    """From when (inclusive) until when (exclusive) a token is valid, in seconds since the epoch."""

    starts: float
    ends: float


def period(claims: Mapping[str, object], leeway: int, now: float) -> Period:
    """The token's period of validity, containing `now` (seconds since the epoch).

    `leeway` seconds are granted to `iat` and `nbf`, none to `exp`. Raises Unauthenticated.
    """
    ends, issued = _moment(claims, "exp"), _moment(claims, "iat")
    starts = max(issued, _moment(claims, "nbf") if "nbf" in claims else issued) - leeway
    if now >= ends:
        raise refused(Reason.TOKEN_EXPIRED)
    if now < starts:
        raise refused(Reason.TOKEN_NOT_YET_VALID)
    if ends - issued > MAX_LIFETIME_SECONDS:
        raise refused(Reason.LIFETIME_EXCESSIVE)
    return Period(starts, ends)


def viewer(claims: Mapping[str, object], expected: Expected, valid: Period, today: date) -> Viewer:
    """The viewer whom `claims` (signature and issuer already proven) name on the city's day `today`.

    A role takes only the claims that belong to it: an agent's own ID number, for instance, is not carried on.
    Raises Unauthenticated with the reason and the claim's name.
    """
    if not _is_for(claims.get("aud"), expected.audience):
        raise refused(Reason.AUDIENCE_WRONG)
    subject, token_id, client = (_text(claims, name) for name in ("sub", "jti", "client_id"))
    role = _role(claims)
    if role not in expected.roles:
        raise refused(Reason.ROLE_REFUSED)
    if role in REAL_NAME:
        level = _text(claims, "acr")
        if expected.assurance and level not in expected.assurance:
            raise refused(Reason.ASSURANCE_INSUFFICIENT)
    purposes, matters = _narrowing(claims)
    return Viewer(
        role=role,
        id=subject,
        unit=_code(claims, "unit") if role in OF_A_UNIT else None,
        client=client,
        officer=_text(claims, "officer") if role in OF_A_UNIT and "officer" in claims else None,
        machine=_machine(claims, role),
        id_number=_id_number(claims, today) if role is Role.CITIZEN else None,
        entity=_code(claims, "entity") if role is Role.AGENT else None,
        purposes=purposes,
        matters=matters,
        token_id=token_id,
        expires_at=datetime.fromtimestamp(valid.ends, CITY),
    )


def _moment(claims: Mapping[str, object], name: str) -> float:
    value = _present(claims, name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LATEST:
        raise refused(Reason.CLAIM_INVALID, name)
    return float(value)


def _present(claims: Mapping[str, object], name: str) -> object:
    if claims.get(name) is None:
        raise refused(Reason.CLAIM_MISSING, name)
    return claims[name]


def _text(claims: Mapping[str, object], name: str) -> str:
    value = _present(claims, name)
    if not isinstance(value, str) or not _is_plain(value, _LONGEST[name]):
        raise refused(Reason.CLAIM_INVALID, name)
    return value


def _is_plain(text: str, longest: int) -> bool:
    """Not empty, trimmed, not too long, and free of control, format and surrogate characters."""
    return (
        0 < len(text) <= longest
        and text == text.strip()
        and not any(unicodedata.category(character) in _UNPRINTABLE for character in text)
    )


def _is_for(audience: object, ours: str) -> bool:
    if isinstance(audience, list):
        return all(isinstance(one, str) for one in audience) and ours in audience
    return audience == ours


def _role(claims: Mapping[str, object]) -> Role:
    named = _text(claims, "role")
    if named == Role.VISITOR or named not in frozenset(Role):
        raise refused(Reason.ROLE_UNKNOWN)
    return Role(named)


def _machine(claims: Mapping[str, object], role: Role) -> bool:
    machine = claims.get("machine", False)
    if not isinstance(machine, bool) or (machine and role not in MACHINES):
        raise refused(Reason.CLAIM_INVALID, "machine")
    return machine


def _narrowing(claims: Mapping[str, object]) -> tuple[frozenset[str], frozenset[str]]:
    """The purposes and matters of `authorization_details` (RFC 9396); empty sets: not narrowed.

    Whatever narrows in a way not understood here is refused, since passing over it would widen the token: an
    item of our type twice, a member of it we do not know, an empty list, details without an item of our type.
    """
    name = "authorization_details"
    if name not in claims:
        return frozenset(), frozenset()
    details = claims[name]
    if not isinstance(details, list) or not all(isinstance(item, dict) for item in details):
        raise refused(Reason.CLAIM_INVALID, name)
    ours = [item for item in details if item.get("type") == CREDIT_QUERY]
    if len(ours) != 1 or not ours[0].keys() <= {"type", "purposes", "matters"}:
        raise refused(Reason.CLAIM_INVALID, name)
    return _bound(ours[0], "purposes"), _bound(ours[0], "matters")


def _bound(item: Mapping[str, object], member: str) -> frozenset[str]:
    if member not in item:
        return frozenset()
    listed = item[member]
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST_NARROWINGS:
        raise refused(Reason.CLAIM_INVALID, "authorization_details")
    if not all(isinstance(one, str) and _is_plain(one, 200) for one in listed):
        raise refused(Reason.CLAIM_INVALID, "authorization_details")
    return frozenset(listed)


def _code(claims: Mapping[str, object], name: str) -> str:
    try:
        return identifiers.uscc(_text(claims, name))
    except Invalid:
        raise refused(Reason.CLAIM_INVALID, name) from None


def _id_number(claims: Mapping[str, object], today: date) -> str:
    try:
        return identifiers.citizen_id(_text(claims, "id_number"), today=today)
    except Invalid:
        raise refused(Reason.CLAIM_INVALID, "id_number") from None
