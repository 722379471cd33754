"""The development issuer: its own key pairs in one private file, so that a newcomer can be any caller.

It exists in the development profile only. Its name can never resolve (RFC 6761), and no setting can make the
production profile trust it.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey, import_key

from server.errors import ConfigError
from server.identity.jose import ALGORITHMS, read_object
from server.settings import Settings

DEV_ISSUER = "https://dev.issuer.qufu.invalid"
FILE = "dev-issuer.json"


@dataclass(frozen=True, slots=True)
class DevelopmentKeys:
    """The development issuer's private keys, one per algorithm."""

    signing: Mapping[str, Key] = field(repr=False)

    def public(self) -> bytes:
        """The JWK set of the public halves, as an issuer would publish it."""
        keys = [key.as_dict(private=False) for key in self.signing.values()]
        return json.dumps({"keys": keys}).encode()


def development_keys(settings: Settings) -> DevelopmentKeys:
    """The development issuer's keys, made on first use in `settings.keys_dir` (mode 0600).

    Several processes may start at once: all get the same keys. Raises ConfigError in the production profile,
    and when the file cannot be made, is not a key file, or may be read by others.
    """
    if settings.profile != "development":
        raise ConfigError("The development issuer exists in the development profile only.")
    path = settings.keys_dir / FILE
    try:
        if not path.exists():
            _create(path)
        raw = _read_private(path)
    except OSError as fault:
        why = fault.strerror or "it is not usable"
        raise ConfigError(f"The development issuer's key file ({path}) cannot be used: {why}.") from None
    keys = _parse(raw)
    if keys is None:
        raise ConfigError(
            f"The development issuer's key file ({path}) is damaged; remove it to make new keys."
        )
    return keys


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made: dict[str, Key] = {
        "ES256": ECKey.generate_key("P-256"),
        "EdDSA": OKPKey.generate_key("Ed25519"),
        "RS256": RSAKey.generate_key(2048),
    }
    keys = [
        key.as_dict(private=True, alg=name, use="sig", kid=key.thumbprint()) for name, key in made.items()
    ]
    document = json.dumps({"issuer": DEV_ISSUER, "keys": keys}, indent=1).encode()
    handle, temporary = tempfile.mkstemp(prefix=f".{FILE}.", dir=path.parent)  # O_EXCL, mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(document)
            file.flush()
            os.fsync(file.fileno())
        # link, not rename: the first process wins and nobody's keys are replaced under them.
        with contextlib.suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        os.unlink(temporary)


def _read_private(path: Path) -> bytes:
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise ConfigError(
                f"The development issuer's key file ({path}) must be readable by its owner only."
            )
        return file.read(65_536)


def _parse(raw: bytes) -> DevelopmentKeys | None:
    document = read_object(raw)
    listed = document.get("keys") if document is not None else None
    if not isinstance(listed, list):
        return None
    signing: dict[str, Key] = {}
    for jwk in listed:
        try:
            key = import_key(jwk)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        if not key.is_private or key.alg not in ALGORITHMS:
            return None
        signing[str(key.alg)] = key
    return DevelopmentKeys(MappingProxyType(signing)) if set(signing) == ALGORITHMS else None
