"""From a request's `Authorization` header to its `Viewer`: the one door through which a caller gets a role.

RFC 9068 access tokens of configured issuers only. Everything else is refused with a reason code, logged by
that code, and never quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from server.clock import CITY
from server.errors import ConfigError, Unauthenticated
from server.identity import claims, jose
from server.identity.claims import Expected
from server.identity.development import DEV_ISSUER, development_keys
from server.identity.keys import KeysNotLoaded, KeySource, KeysUnavailable, from_file, from_url, read_keys
from server.identity.refusals import Reason, refused
from server.identity.remembered import Memory, Remembered
from server.logs import logger
from server.model.viewer import VISITOR, Role, Viewer
from server.settings import Issuer, Settings

MAX_AUTHORIZATION = 8 * 1024

_TYPES = frozenset({"at+jwt", "application/at+jwt"})
# Headers that bring their own key, name one elsewhere, or change what is signed. Never followed, so refused.
_REFUSED_HEADERS = frozenset({"crit", "b64", "jku", "jwk", "x5u", "x5c", "cty", "enc", "zip"})
_LONGEST_KID = 255

_log = logger("identity")


@dataclass(frozen=True, slots=True)
class Trusted:
    """One issuer whose tokens are believed: within `expected`, under `algorithms`, by the keys of `keys`."""

    name: str
    expected: Expected
    algorithms: frozenset[str]
    keys: KeySource


class Verifier:
    """Turns headers into viewers. One per process and event loop; holds key sets and verified tokens."""

    def __init__(self, trusted: Iterable[Trusted], *, remembered: int = 4096) -> None:
        self._trusted: dict[str, Trusted] = {}
        for issuer in trusted:
            if issuer.name in self._trusted:
                raise ConfigError("CREDIT_ISSUERS names the same issuer twice.")
            self._trusted[issuer.name] = issuer
        self._memory = Memory(remembered)

    @classmethod
    def of(cls, settings: Settings) -> Verifier:
        """The verifier `settings` describe; with the development issuer in the development profile only.

        Raises ConfigError with one sentence when an issuer's entry cannot work.
        """
        return cls(trusted_issuers(settings))

    async def viewer_from(self, headers: Iterable[tuple[bytes, bytes]], now: datetime) -> Viewer:
        """The viewer of an ASGI request's raw `headers`; as `viewer`, and refuses a repeated header."""
        found = [value for name, value in headers if name.lower() == b"authorization"]
        if len(found) > 1:
            raise self._logged(refused(Reason.AUTHORIZATION_REPEATED), None)
        return await self.viewer(found[0].decode("latin-1") if found else None, now)

    async def viewer(self, authorization: str | None, now: datetime) -> Viewer:
        """The viewer of one `Authorization` header at the aware moment `now`; without a header VISITOR.

        Raises Unauthenticated; its `extra["reason"]` is a `Reason`, and nothing of the token is in it.
        """
        if authorization is None:
            return VISITOR
        issuer: Trusted | None = None
        try:
            text = _bearer(authorization)
            known = self._recalled(text, now)
            if known is not None:
                return known.viewer
            token = _opened(text)
            issuer = self._issuer(token)
            return await self._verified(token, issuer, now)
        except Unauthenticated as refusal:
            raise self._logged(refusal, issuer) from None

    def _recalled(self, text: str, now: datetime) -> Remembered | None:
        known = self._memory.recall(text, now.timestamp())
        if known is None:
            return None
        keys = self._trusted[known.issuer].keys
        # A key set that changed or has to be asked for again may no longer hold the key: look properly.
        if not keys.fresh(now) or keys.generation != known.generation:
            self._memory.forget(text)
            return None
        return known

    def _issuer(self, token: jose.Unverified) -> Trusted:
        name = token.claims.get("iss")
        issuer = self._trusted.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise refused(Reason.ISSUER_UNKNOWN)
        return issuer

    async def _verified(self, token: jose.Unverified, issuer: Trusted, now: datetime) -> Viewer:
        algorithm = str(token.header["alg"])
        if algorithm not in issuer.algorithms:
            raise refused(Reason.ALGORITHM_REFUSED)
        try:
            key = await issuer.keys.find(_kid(token.header), algorithm, now)
        except KeysUnavailable:
            raise refused(Reason.KEYS_UNAVAILABLE) from None
        if key is None:
            raise refused(Reason.KEY_UNKNOWN)
        generation = issuer.keys.generation
        if not jose.signature_holds(token, key.key, algorithm):
            raise refused(Reason.SIGNATURE_WRONG)
        valid = claims.period(token.claims, issuer.expected.leeway, now.timestamp())
        viewer = claims.viewer(token.claims, issuer.expected, valid, now.astimezone(CITY).date())
        self._memory.keep(token.text, Remembered(viewer, issuer.name, generation, valid.starts, valid.ends))
        return viewer

    @staticmethod
    def _logged(refusal: Unauthenticated, issuer: Trusted | None) -> Unauthenticated:
        _log.warning(
            "authentication_refused", **refusal.extra, issuer=issuer.name if issuer is not None else None
        )
        return refusal


def trusted_issuers(settings: Settings) -> tuple[Trusted, ...]:
    """The issuers of `settings`, and the development issuer in the development profile.

    Raises ConfigError: an unknown role, plain http in production, a key file without a usable key, or the
    development issuer's name in the configuration.
    """
    issuers = [_configured(issuer, settings) for issuer in settings.issuers]
    if settings.profile == "development":
        issuers.append(_development(settings))
    return tuple(issuers)


def _development(settings: Settings) -> Trusted:
    development_keys(settings)

    def load() -> bytes:
        try:
            return development_keys(settings).public()
        except ConfigError as fault:
            raise KeysNotLoaded(fault.sentence) from None

    return Trusted(
        name=DEV_ISSUER,
        expected=Expected(settings.audience, frozenset(Role) - {Role.VISITOR}, 60, frozenset()),
        algorithms=jose.ALGORITHMS,
        keys=KeySource(DEV_ISSUER, load, max_age=timedelta(minutes=1), min_interval=timedelta(seconds=1)),
    )


def _configured(issuer: Issuer, settings: Settings) -> Trusted:
    if issuer.iss == DEV_ISSUER:
        raise ConfigError("CREDIT_ISSUERS must not name the development issuer; only its profile brings it.")
    known = {role.value for role in Role} - {Role.VISITOR.value}
    if not issuer.roles <= known:
        raise ConfigError(f"CREDIT_ISSUERS may give an issuer these roles only: {', '.join(sorted(known))}.")
    return Trusted(
        name=issuer.iss,
        expected=Expected(
            audience=issuer.audience or settings.audience,
            roles=frozenset(Role(role) for role in issuer.roles),
            leeway=issuer.leeway_seconds,
            assurance=issuer.assurance,
        ),
        algorithms=frozenset(issuer.algorithms) & jose.ALGORITHMS,
        keys=_source(issuer, settings),
    )


def _source(issuer: Issuer, settings: Settings) -> KeySource:
    if "://" not in issuer.jwks:
        load = from_file(Path(issuer.jwks))
        try:
            usable = read_keys(load())
        except KeysNotLoaded as fault:
            raise ConfigError(f"CREDIT_ISSUERS names a key file that cannot be used: {fault}.") from None
        if not usable:
            raise ConfigError("CREDIT_ISSUERS names a key file without a usable public signature key.")
        return KeySource(issuer.iss, load, max_age=timedelta(seconds=10), min_interval=timedelta(seconds=2))
    try:
        address = urlsplit(issuer.jwks)
        usable_address = address.scheme in ("https", "http") and bool(address.hostname)
    except ValueError:
        usable_address = False
    if not usable_address:
        raise ConfigError("CREDIT_ISSUERS names a key address that is neither an https URL nor a file.")
    if address.scheme == "http" and settings.profile == "production":
        raise ConfigError("CREDIT_ISSUERS must give key addresses with https in the production profile.")
    return KeySource(
        issuer.iss,
        from_url(issuer.jwks),
        max_age=timedelta(minutes=10),
        min_interval=timedelta(seconds=30),
    )


def _bearer(authorization: str) -> str:
    if len(authorization) > MAX_AUTHORIZATION:
        raise refused(Reason.AUTHORIZATION_TOO_LARGE)
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise refused(Reason.SCHEME_REFUSED)
    return text


def _opened(text: str) -> jose.Unverified:
    """The token taken apart, its header acceptable: algorithm, type, and no header that leads elsewhere."""
    token = jose.parse(text)
    if token is None:
        raise refused(Reason.TOKEN_MALFORMED)
    algorithm, kind = token.header.get("alg"), token.header.get("typ")
    if not isinstance(algorithm, str) or algorithm not in jose.ALGORITHMS:
        raise refused(Reason.ALGORITHM_REFUSED)
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise refused(Reason.TYPE_WRONG)
    if not _REFUSED_HEADERS.isdisjoint(token.header):
        raise refused(Reason.HEADER_REFUSED)
    return token


def _kid(header: Mapping[str, object]) -> str | None:
    kid = header.get("kid")
    if kid is None:
        return None
    if not isinstance(kid, str) or not 0 < len(kid) <= _LONGEST_KID:
        raise refused(Reason.KEY_UNKNOWN)
    return kid
