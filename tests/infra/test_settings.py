"""Settings: every bad value is one sentence naming the variable, and no value is repeated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server.errors import ConfigError
from server.settings import Settings


def test_a_newcomer_needs_no_setting() -> None:
    settings = Settings.from_env()
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.mongo_url is None
    assert settings.sample is True
    assert settings.keys_dir == Path(".data/keys")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CREDIT_PORT", "abc"),
        ("CREDIT_PORT", "0"),
        ("CREDIT_PORT", "65536"),
        ("CREDIT_PORT", "8000.5"),
        ("CREDIT_PROFILE", "staging-secret"),
        ("CREDIT_MONGO_URL", "http://user:hunter2@db/"),
        ("CREDIT_MONGO_DATABASE", "a b$secret"),
        ("CREDIT_LOG_LEVEL", "loudest"),
        ("CREDIT_SAMPLE", "perhaps"),
        ("CREDIT_SEED_ENTITIES", "-1"),
        ("CREDIT_QUERY_TIMEOUT_MS", "soon"),
        ("CREDIT_MAX_BODY_BYTES", "999"),
        ("CREDIT_ISSUERS", "not json"),
        ("CREDIT_ISSUERS", '[{"iss": "https://id.example"}]'),
        ("CREDIT_ISSUERS", '[{"iss": "a", "jwks": "b", "roles": ["citizen"], "algorithms": ["none"]}]'),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as refusal:
        Settings.from_env()
    assert variable in refusal.value.sentence
    assert value not in refusal.value.sentence
    assert "\n" not in refusal.value.sentence
    assert refusal.value.sentence.endswith(".")


def test_a_mistyped_name_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_PROT", "9000")
    with pytest.raises(ConfigError, match=r"CREDIT_PROT is not a setting.*Did you mean CREDIT_PORT\?"):
        Settings.from_env()


def test_values_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer = {"iss": "https://id.example", "jwks": "https://id.example/jwks", "roles": ["citizen", "agent"]}
    for name, value in {
        "CREDIT_PORT": " 9000 ",
        "CREDIT_DATA_DIR": "elsewhere",
        "CREDIT_PROFILE": "production",
        "CREDIT_LOG_LEVEL": "WARNING",
        "CREDIT_MONGO_URL": "",
        "CREDIT_ISSUERS": json.dumps([issuer]),
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_env()
    assert settings.port == 9000
    assert settings.keys_dir == Path("elsewhere/keys")
    assert settings.sample is False, "the sample city is for development"
    assert settings.log_level == "warning"
    assert settings.mongo_url is None, "an empty variable is an unset one"
    assert settings.issuers[0].roles == {"citizen", "agent"}
    assert "none" not in settings.issuers[0].algorithms


def test_settings_do_not_change_and_do_not_look_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_PORT", "9000")
    settings = Settings.of(port=7000)
    assert Settings.of().port == 8000
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1  # type: ignore[misc]
    assert settings.but(port=None, host="::1").port == 7000
    with pytest.raises(ConfigError, match="CREDIT_PORT"):
        settings.but(port=-1)


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_an_unusable_data_directory_is_one_sentence(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"CREDIT_DATA_DIR .* cannot be written to"):
        Settings.of(data_dir=tmp_path / below).ready_data_dir()


def test_a_usable_data_directory_is_left_empty(tmp_path: Path) -> None:
    directory = Settings.of(data_dir=tmp_path / "a" / "b").ready_data_dir()
    assert list(directory.iterdir()) == []
