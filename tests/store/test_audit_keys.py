"""The signing key is made once, agreed on, and never made up in production."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from server.actions.audit_keys import audit_key, public_keys
from server.audit.signing import public_pem
from server.errors import ConfigError
from tests.vectors.make_chains import KEY


def test_workers_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: audit_key(keys, may_create=True).id, range(16)))
    assert len(set(found)) == 1
    assert [path.name for path in keys.iterdir()] == ["audit.pem"]
    assert stat.S_IMODE((keys / "audit.pem").stat().st_mode) == 0o600
    assert list(public_keys(keys)) == [found[0]]


def test_production_does_not_make_up_a_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        audit_key(tmp_path, may_create=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError):
        public_keys(tmp_path)


def test_a_damaged_key_or_one_of_another_kind_is_a_bad_setting(tmp_path: Path) -> None:
    curve = generate_private_key(SECP256R1())
    wrong = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for pem in (b"nonsense", wrong):
        (tmp_path / "audit.pem").write_bytes(pem)
        with pytest.raises(ConfigError):
            audit_key(tmp_path, may_create=True)
        with pytest.raises(ConfigError):
            public_keys(tmp_path)
    (tmp_path / "audit.pem").unlink()
    public = curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "audit-2026.pub").write_bytes(public)
    with pytest.raises(ConfigError):
        public_keys(tmp_path)
    (tmp_path / "audit.pem").mkdir()
    with pytest.raises(ConfigError):
        audit_key(tmp_path, may_create=True)


def test_retired_keys_stay_known(tmp_path: Path) -> None:
    audit_key(tmp_path, may_create=True)
    (tmp_path / "audit-2025.pub").write_bytes(public_pem(KEY.public))
    assert KEY.id in public_keys(tmp_path)
    assert len(public_keys(tmp_path)) == 2
