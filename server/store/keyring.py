"""The installation's own secrets, in one file readable by its owner only.

Made once: by the first start in the development profile, by ``qufu-credit keys create`` in production. Losing it
means losing every stored ID number, so it belongs into the backup, apart from the database.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import os
import secrets
from dataclasses import dataclass, fields
from pathlib import Path

from server.errors import ConfigError

_LENGTHS = {"master": 96, "cursor": 64, "digest": 32, "subject": 32}


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """``master``: 96 bytes, wraps the field encryption key. ``cursor``: 64 bytes, AES-SIV for cursors.
    ``digest``: 32 bytes, keyed content hashes. ``subject``: 32 bytes, subject tokens in the log."""

    master: bytes
    cursor: bytes
    digest: bytes
    subject: bytes


def path_in(keys_dir: Path) -> Path:
    """Where the keyring lies."""
    return keys_dir / "keyring.json"


def create(keys_dir: Path) -> bool:
    """Make a keyring unless there is one; True when this call made it. Safe to race: one file wins whole.

    Raises ConfigError when the directory cannot be written to.
    """
    target = path_in(keys_dir)
    if target.exists():
        return False
    made = {name: base64.b64encode(secrets.token_bytes(size)).decode() for name, size in _LENGTHS.items()}
    draft = keys_dir / f".keyring-{secrets.token_hex(8)}"
    try:
        keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(made, file)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, target)
    except FileExistsError:
        return False
    except OSError as fault:
        raise ConfigError(f"The keys directory cannot be written to: {fault.strerror}.") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
    return True


def load(keys_dir: Path, *, may_create: bool) -> Keyring:
    """The keyring; raises ConfigError when it is missing (and may not be made) or damaged."""
    if may_create:
        create(keys_dir)
    try:
        raw = json.loads(path_in(keys_dir).read_text("utf-8"))
        found = {one.name: base64.b64decode(raw[one.name], validate=True) for one in fields(Keyring)}
    except FileNotFoundError:
        raise ConfigError(
            "There is no keyring in CREDIT_KEYS_DIR; run `qufu-credit keys create` once and keep it safe."
        ) from None
    except (OSError, ValueError, KeyError, TypeError, binascii.Error):
        raise ConfigError("The keyring in CREDIT_KEYS_DIR cannot be read.") from None
    if any(len(found[name]) != size for name, size in _LENGTHS.items()):
        raise ConfigError("The keyring in CREDIT_KEYS_DIR is damaged.")
    return Keyring(**found)
