"""Tokens really signed, good by default, with any part replaced."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from server.clock import CITY
from server.errors import Unauthenticated
from server.identity import jose
from server.identity.verify import Verifier
from server.model.viewer import Role

ISSUER = "https://issuer.example.invalid/"
REAL_NAME_ISSUER = "https://real-name.example.invalid"
AUDIENCE = "qufu-credit-test"
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=CITY)
AT = int(NOW.timestamp())
HOUR = 3600

CITIZEN_ID = "370881197003070010"  # a Qufu number of a birth year before 1989
UNIT = "11370881004339597L"
ENTITY = "N2370881MF200005XG"  # a village collective

KEYS: dict[str, Key] = {
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
}
STRANGERS: dict[str, Key] = {
    "ES256": ECKey.generate_key("P-256", {"kid": "ec"}),
    "RS256": RSAKey.generate_key(2048, {"kid": "rsa"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "ed"}),
}
"""Another issuer's keys under the same ids."""

OF_ROLE: dict[Role, dict[str, object]] = {
    Role.CITIZEN: {"id_number": CITIZEN_ID, "acr": "loa3"},
    Role.AGENT: {"entity": ENTITY, "acr": "loa3"},
    **{
        role: {"unit": UNIT}
        for role in (
            Role.AGENCY,
            Role.INQUIRER,
            Role.PROVIDER,
            Role.CHECKER,
            Role.CLERK,
            Role.AUDITOR,
        )
    },
}
"""What each role's token must carry besides the claims every token has."""

ABSENT = object()
"""In place of a claim or header: left out."""


def jwks(keys: Sequence[Key], **extra: object) -> bytes:
    """A published key set of the public halves."""
    return json.dumps({"keys": [{**key.as_dict(private=False), **extra} for key in keys]}).encode()


def write_keys(path: Path, keys: Sequence[Key] | None = None) -> None:
    """Publish a key set as a file, replaced in one step."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(jwks(list(KEYS.values()) if keys is None else keys))
    fresh.replace(path)


def claims(role: Role = Role.AGENCY, /, **changed: object) -> dict[str, object]:
    """The claims of a good token issued at NOW for an hour."""
    good: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "someone",
        "client_id": "a-client",
        "jti": "token-1",
        "iat": AT,
        "exp": AT + HOUR,
        "role": role.value,
        **OF_ROLE[role],
    }
    return {name: value for name, value in (good | changed).items() if value is not ABSENT}


def token(
    body: Mapping[str, object] | None = None,
    *,
    algorithm: str = "ES256",
    key: Key | None = None,
    **header: Any,
) -> str:
    """A signed token of these claims; header members are replaced or added by name, ABSENT leaves one out."""
    key = KEYS[algorithm] if key is None else key
    head = {"typ": "at+jwt", "alg": algorithm, "kid": key.kid} | header
    present = {name: value for name, value in head.items() if value is not ABSENT}
    return signed(
        json.dumps(present).encode(), json.dumps(claims() if body is None else body).encode(), algorithm, key
    )


def signed(head: bytes, body: bytes, algorithm: str, key: Key) -> str:
    """A compact JWS of any two texts, truly signed: what a careless or hostile key holder could send."""
    start = f"{b64(head)}.{b64(body)}"
    made = jose._REGISTRY.get_alg(algorithm).sign(start.encode(), key)
    return f"{start}.{b64(made)}"


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


async def refusal(verifier: Verifier, header: str, now: datetime = NOW) -> Unauthenticated:
    """The refusal a header meets; fails when it is let in."""
    try:
        viewer = await verifier.viewer(header, now)
    except Unauthenticated as met:
        return met
    raise AssertionError(f"let in as {viewer.role}")


async def reason(verifier: Verifier, text: str, now: datetime = NOW) -> str:
    """The reason code a bearer token is refused with."""
    return str((await refusal(verifier, f"Bearer {text}", now)).extra["reason"])


def later(**passed: float) -> datetime:
    """NOW plus a timedelta."""
    return NOW + timedelta(**passed)
