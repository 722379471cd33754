"""A trusted issuer with real keys, and the verifier that trusts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.identity.verify import Verifier
from server.settings import Issuer, Settings
from tests.identity.makers import AUDIENCE, ISSUER, REAL_NAME_ISSUER, write_keys


@pytest.fixture
def keys_file(tmp_path: Path) -> Path:
    """The issuers' published key set: one key per algorithm."""
    path = tmp_path / "jwks.json"
    write_keys(path)
    return path


@pytest.fixture
def production(keys_file: Path, tmp_path: Path) -> Settings:
    """A production installation with two issuers: one for every role, one for real-name callers only."""
    every = ("citizen", "agent", "agency", "inquirer", "provider", "checker", "clerk", "auditor")
    return Settings.of(
        profile="production",
        audience=AUDIENCE,
        keys_dir=tmp_path / "keys",
        issuers=(
            Issuer(iss=ISSUER, jwks=str(keys_file), roles=frozenset(every)),
            Issuer(
                iss=REAL_NAME_ISSUER,
                jwks=str(keys_file),
                roles=frozenset({"citizen", "agent"}),
                algorithms=("ES256",),
                assurance=frozenset({"loa3"}),
                audience="real-name-audience",
                leeway_seconds=0,
            ),
        ),
    )


@pytest.fixture
def development(tmp_path: Path) -> Settings:
    """A development installation without configured issuers."""
    return Settings.of(audience=AUDIENCE, keys_dir=tmp_path / "keys")


@pytest.fixture
def verifier(production: Settings) -> Verifier:
    """The verifier of the production installation."""
    return Verifier.of(production)
