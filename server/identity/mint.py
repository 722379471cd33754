"""Access tokens of the development issuer, for trying the platform as any caller."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial

from server.catalogue import identifiers
from server.catalogue.fault import Invalid
from server.clock import CITY
from server.errors import BadInput, Unauthenticated
from server.identity import claims as checked
from server.identity import jose
from server.identity.development import DEV_ISSUER, DevelopmentKeys
from server.model.viewer import Role

CLIENT = "qufu-credit-cli"
ASSURANCE = "real-name"


def mint(
    keys: DevelopmentKeys,
    role: Role,
    *,
    audience: str,
    now: datetime,
    subject: str | None = None,
    unit: str | None = None,
    client: str | None = None,
    id_number: str | None = None,
    entity: str | None = None,
    officer: str | None = None,
    machine: bool = False,
    ttl_seconds: int = 8 * 3600,
    purposes: Iterable[str] = (),
    matters: Iterable[str] = (),
    algorithm: str = "ES256",
) -> str:
    """A signed access token for `role`, valid from the aware moment `now` for `ttl_seconds`.

    `unit` and `entity` are unified social credit codes, `id_number` a citizen ID number. Without `subject`
    the same caller always gets the same opaque one. The token is one the verifier accepts: raises
    BadInput with one sentence when a needed input is missing or an input is not acceptable.
    """
    if algorithm not in keys.signing:
        raise BadInput(f"The algorithm must be one of {', '.join(sorted(keys.signing))}.", field="algorithm")
    if not 1 <= ttl_seconds <= checked.MAX_LIFETIME_SECONDS:
        raise BadInput("The lifetime must be between one second and 24 hours.", field="ttl")
    if id_number is not None:
        day = now.astimezone(CITY).date()
        id_number = _clean("id_number", _ID_NUMBER, partial(identifiers.citizen_id, id_number, today=day))
    if entity is not None:
        entity = _clean("entity", _ENTITY, partial(identifiers.uscc, entity))
    if unit is not None:
        unit = _clean("unit", _UNIT, partial(identifiers.uscc, unit))
    issued = int(now.timestamp())
    claims: dict[str, object] = {
        "iss": DEV_ISSUER,
        "aud": audience,
        "sub": subject or _opaque(keys, role, unit, id_number, entity, officer),
        "client_id": client or CLIENT,
        "jti": secrets.token_urlsafe(16),
        "iat": issued,
        "exp": issued + ttl_seconds,
        "role": role.value,
    }
    given = {"unit": unit, "id_number": id_number, "entity": entity, "officer": officer}
    claims |= {name: value for name, value in given.items() if value is not None}
    if role in checked.REAL_NAME:
        claims["acr"] = ASSURANCE
    if machine:
        claims["machine"] = True
    narrowing = {"purposes": sorted(set(purposes)), "matters": sorted(set(matters))}
    if any(narrowing.values()):
        narrowed = {name: values for name, values in narrowing.items() if values}
        claims["authorization_details"] = [{"type": checked.CREDIT_QUERY, **narrowed}]
    _check(claims, role, audience, now)
    key = keys.signing[algorithm]
    return jose.sign({"typ": "at+jwt", "alg": algorithm, "kid": key.kid}, claims, key)


def _check(claims: dict[str, object], role: Role, audience: str, now: datetime) -> None:
    expected = checked.Expected(audience, frozenset(Role) - {Role.VISITOR}, 0, frozenset())
    try:
        valid = checked.period(claims, 0, int(now.timestamp()))
        checked.viewer(claims, expected, valid, now.astimezone(CITY).date())
    except Unauthenticated as refusal:
        name = str(refusal.extra.get("claim", "role"))
        raise BadInput(_SENTENCES.get(name, f"The value for {name} is not acceptable."), field=name) from None


def _opaque(keys: DevelopmentKeys, role: Role, *parts: str | None) -> str:
    """A stable subject that gives nothing away: keyed, since ID numbers are few enough to try out."""
    secret = str(keys.signing["EdDSA"].as_dict(private=True)["d"]).encode()
    text = "\x00".join([role.value, *(part or "" for part in parts)])
    keyed = hmac.new(secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return f"{role.value}-{keyed.hexdigest()[:24]}"


def _clean(field: str, label: str, check: Callable[[], str]) -> str:
    try:
        return check()
    except Invalid as fault:
        raise BadInput(f"{label} {fault.sentence}.", field=field, rule=fault.rule) from None


_ID_NUMBER = "The citizen ID number (公民身份号码)"
_ENTITY = "The entity's unified social credit code (统一社会信用代码)"
_UNIT = "The unit's unified social credit code (统一社会信用代码)"

_SENTENCES = {
    "id_number": f"{_ID_NUMBER} is needed for a citizen.",
    "entity": f"{_ENTITY} is needed for an agent.",
    "unit": f"{_UNIT} is needed for this caller.",
    "machine": "Only an agency, an inquirer or a provider can be a machine client (Art. 23).",
    "officer": "The officer's name (经办人) must be plain text of at most 60 characters.",
    "sub": "The subject must be plain text of at most 255 characters.",
    "client_id": "The client must be plain text of at most 255 characters.",
    "authorization_details": "Purposes and matters must be plain texts, at most 50 of each.",
    "role": "A visitor has no token.",
}
