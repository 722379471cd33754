"""An issuer's public keys: read from a file or fetched, kept a while, asked for again for an unknown key."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError

from joserfc.errors import JoseError
from joserfc.jwk import Key, import_key
from joserfc.util import base64_to_int

from server.identity.jose import read_object
from server.logs import logger

MAX_BYTES = 256 * 1024
MAX_KEYS = 64
FETCH_SECONDS = 5.0
RSA_BITS = range(2048, 8192 + 1)
GIVE_UP = timedelta(hours=24)
"""How long keys stay usable while their source does not answer."""

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_PUBLIC = {"RS256": ("kty", "n", "e"), "ES256": ("kty", "crv", "x", "y"), "EdDSA": ("kty", "crv", "x")}
_SHAPES = {("RSA", None): "RS256", ("EC", "P-256"): "ES256", ("OKP", "Ed25519"): "EdDSA"}

_log = logger("identity")


class KeysNotLoaded(Exception):
    """The key set could not be read; the text is a fixed phrase without any content of the source."""


class KeysUnavailable(Exception):
    """There are no keys that may still be relied on."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """One usable verification key: its id (None when the issuer gives none) and its single algorithm."""

    kid: str | None
    algorithm: str
    members: tuple[tuple[str, str], ...]
    key: Key


def read_keys(raw: bytes) -> tuple[PublicKey, ...]:
    """The usable keys of a JWK set (RFC 7517): public, for signatures; RSA from 2048 bits, P-256, Ed25519.

    A published private key is a leaked one and is skipped like keys of other kinds. Raises KeysNotLoaded when
    the text is no key set.
    """
    if len(raw) > MAX_BYTES:
        raise KeysNotLoaded("the key set is too large")
    document = read_object(raw)
    listed = document.get("keys") if document is not None else None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise KeysNotLoaded("this is not a JSON Web Key Set")
    read = (_public_key(jwk) for jwk in listed if isinstance(jwk, dict))
    return tuple(key for key in read if key is not None)


def _public_key(jwk: Mapping[str, object]) -> PublicKey | None:
    kty = jwk.get("kty")
    shape = (kty, None if kty == "RSA" else jwk.get("crv"))
    algorithm = next((name for known, name in _SHAPES.items() if known == shape), None)
    if algorithm is None or not _PRIVATE.isdisjoint(jwk):
        return None
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        return None
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    kid = jwk.get("kid")
    if kid is not None and not isinstance(kid, str):
        return None
    members: dict[str, str] = {}
    for name in _PUBLIC[algorithm]:
        value = jwk.get(name)
        if not isinstance(value, str):
            return None
        members[name] = value
    try:
        if algorithm == "RS256" and base64_to_int(members["n"]).bit_length() not in RSA_BITS:
            return None
        key = import_key(dict(members))
    except (JoseError, ValueError, TypeError):
        return None
    return PublicKey(kid, algorithm, tuple(members.items()), key)


class KeySource:
    """One issuer's keys over time.

    `load` blocks and returns the JWK set's bytes (or raises KeysNotLoaded); it runs in a thread, one at a
    time. Keys younger than `max_age` are used as they are; older ones are asked for again, at most once every
    `min_interval`, and while that fails they serve until GIVE_UP. A token that names an unknown key causes a
    reload under the same limit. Every moment is an argument.
    """

    def __init__(
        self, name: str, load: Callable[[], bytes], *, max_age: timedelta, min_interval: timedelta
    ) -> None:
        self._name = name
        self._load = load
        self._max_age = max_age
        self._min_interval = min_interval
        self._keys: tuple[PublicKey, ...] = ()
        self._loaded: datetime | None = None
        self._tried: datetime | None = None
        self._loading: asyncio.Task[None] | None = None
        self.generation = 0

    def fresh(self, now: datetime) -> bool:
        """Whether the keys held may be used at `now` without asking again."""
        return self._loaded is not None and self._loaded <= now < self._loaded + self._max_age

    async def find(self, kid: str | None, algorithm: str, now: datetime) -> PublicKey | None:
        """The one key with this id for this algorithm; without an id, the only key for the algorithm.

        Raises KeysUnavailable when the source has not answered for too long.
        """
        if not self.fresh(now):
            await self._reload(now)
        found = self._pick(kid, algorithm)
        if found is None and await self._reload(now):
            found = self._pick(kid, algorithm)
        if self._loaded is None or now - self._loaded >= GIVE_UP:
            raise KeysUnavailable
        return found

    def _pick(self, kid: str | None, algorithm: str) -> PublicKey | None:
        fitting = [key for key in self._keys if key.algorithm == algorithm and kid in (None, key.kid)]
        return fitting[0] if len(fitting) == 1 else None

    async def _reload(self, now: datetime) -> bool:
        if self._loading is None:
            if self._tried is not None and self._tried <= now < self._tried + self._min_interval:
                return False
            self._tried = now
            self._loading = asyncio.create_task(self._take(now))
            self._loading.add_done_callback(self._done)
        # Shielded: a caller that goes away must not take the keys from those who wait with it.
        await asyncio.shield(self._loading)
        return True

    def _done(self, _: asyncio.Task[None]) -> None:
        self._loading = None

    async def _take(self, now: datetime) -> None:
        try:
            raw = await asyncio.wait_for(asyncio.to_thread(self._load), 2 * FETCH_SECONDS)
            keys = read_keys(raw)
        except (KeysNotLoaded, TimeoutError) as fault:
            why = str(fault) or "the source does not answer"
            _log.warning("issuer_keys_not_loaded", issuer=self._name, why=why)
            return
        if [(key.kid, key.members) for key in keys] != [(key.kid, key.members) for key in self._keys]:
            self.generation += 1
        self._keys, self._loaded = keys, now


def from_file(path: Path) -> Callable[[], bytes]:
    """A loader of the JWK set in `path`."""

    def load() -> bytes:
        try:
            with path.open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except OSError as fault:
            raise KeysNotLoaded(fault.strerror or "the file cannot be read") from None

    return load


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect could lead from https to anywhere, so it counts as a failure."""

    def redirect_request(self, *_: object) -> None:
        return None


def from_url(url: str) -> Callable[[], bytes]:
    """A loader that gets the JWK set at `url` (http or https, checked by the caller) within FETCH_SECONDS."""
    opener = urllib.request.build_opener(_NoRedirect)
    request = urllib.request.Request(url, headers={"Accept": "application/jwk-set+json, application/json"})

    def load() -> bytes:
        until = time.monotonic() + FETCH_SECONDS
        try:
            with opener.open(request, timeout=FETCH_SECONDS) as response:
                return read_response(response, until)
        except HTTPError as answer:
            answer.close()  # it is an open response, too
            raise KeysNotLoaded("the address does not answer with a key set") from None
        except (OSError, HTTPException, ValueError):
            raise KeysNotLoaded("the address does not answer with a key set") from None

    return load


def read_response(response: HTTPResponse, until: float) -> bytes:
    """The body of a key address's answer; KeysNotLoaded past MAX_BYTES or the monotonic moment `until`."""
    if response.status != 200:
        raise KeysNotLoaded("the address does not answer with a key set")
    received = bytearray()
    while chunk := response.read1(16_384):
        received += chunk
        if len(received) > MAX_BYTES:
            raise KeysNotLoaded("the key set is too large")
        if time.monotonic() > until:
            raise KeysNotLoaded("the address answers too slowly")
    return bytes(received)
