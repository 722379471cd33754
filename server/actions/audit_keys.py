"""The key that signs heads and checkpoints, and the public keys the log is verified with."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from server.audit.signing import PublicKeys, SigningKey, key_id, public_from_pem
from server.errors import ConfigError


def audit_key(keys_dir: Path, *, may_create: bool) -> SigningKey:
    """The key in `<keys_dir>/audit.pem`. Raises ConfigError when it is damaged, or missing.

    Workers that start together agree on one key: a draft is linked into place, and the first one stays.
    """
    path = keys_dir / "audit.pem"
    try:
        if may_create and not path.exists():
            _create_key(path)
        return SigningKey.from_pem(path.read_bytes())
    except FileNotFoundError:
        raise ConfigError("There is no audit.pem, the signing key of the log, in CREDIT_KEYS_DIR.") from None
    except OSError as fault:
        raise ConfigError(f"audit.pem in CREDIT_KEYS_DIR cannot be used: {fault.strerror}.") from None
    except ValueError as fault:
        raise ConfigError(f"audit.pem in CREDIT_KEYS_DIR is {fault}.") from None


def _create_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.parent / f".audit-{secrets.token_hex(8)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(SigningKey.from_seed(secrets.token_bytes(32)).pem())
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def public_keys(keys_dir: Path) -> PublicKeys:
    """Every key that may have signed the log: `audit.pem`, and `audit*.pub` (PEM) for the retired ones.

    Raises ConfigError when there is none, or one cannot be read.
    """
    found: list[bytes] = []
    try:
        if (keys_dir / "audit.pem").exists():
            found.append(SigningKey.from_pem((keys_dir / "audit.pem").read_bytes()).public)
        found += [public_from_pem(path.read_bytes()) for path in sorted(keys_dir.glob("audit*.pub"))]
    except (OSError, ValueError):
        raise ConfigError("A key of the log in CREDIT_KEYS_DIR cannot be read.") from None
    if not found:
        raise ConfigError("There is no key of the log in CREDIT_KEYS_DIR.")
    return {key_id(public): public for public in found}
