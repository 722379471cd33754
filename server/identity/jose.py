"""Signed JWTs in compact form: taken apart strictly, checked and made with joserfc (RFC 7515, RFC 7519)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import Key
from joserfc.util import urlsafe_b64decode

ALGORITHMS = frozenset({"RS256", "ES256", "EdDSA"})
"""The only signature algorithms ever accepted; an issuer's setting may narrow them, nothing widens them."""

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


class _Registry(jws.JWSRegistry):
    """joserfc's registry without its notice that RFC 9864 renames EdDSA: providers still use that name."""

    max_header_length = 4096

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]


_REGISTRY = _Registry(algorithms=sorted(ALGORITHMS), strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Unverified:
    """A well-formed token before anything in it may be believed."""

    text: str
    header: Mapping[str, object]
    claims: Mapping[str, object]


def parse(text: str) -> Unverified | None:
    """Take a compact JWS apart; None unless header and claims are JSON objects with each name once."""
    if _COMPACT.fullmatch(text) is None:
        return None
    head, body, _ = text.split(".")
    header, claims = read_object(_decoded(head)), read_object(_decoded(body))
    if header is None or claims is None:
        return None
    return Unverified(text, header, claims)


def signature_holds(token: Unverified, key: Key, algorithm: str) -> bool:
    """Whether `key` made the token's signature. `algorithm` is the header's, already found acceptable."""
    if algorithm not in ALGORITHMS:
        return False
    try:
        jws.deserialize_compact(token.text, key, registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        return False
    return True


def sign(header: Mapping[str, object], claims: Mapping[str, object], key: Key) -> str:
    """The compact token of `claims` signed by the private `key` under `header['alg']`."""
    payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":"))
    return jws.serialize_compact(dict(header), payload, key, registry=_REGISTRY)


def read_object(raw: bytes | None) -> dict[str, object] | None:
    """A JSON object in UTF-8 with no name twice and no NaN or infinity, else None."""
    if raw is None:
        return None
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_each_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _decoded(segment: str) -> bytes | None:
    try:
        return urlsafe_b64decode(segment.encode("ascii"))
    except ValueError:
        return None


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name occurs twice")
    return named


def _refuse(_: str) -> object:
    raise ValueError("not a JSON number")
