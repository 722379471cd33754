"""The commands around the log, the keys and the contract, as a person runs them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner

from server import clock
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.audit.entry import Tag
from server.cli import app
from server.cli.audit import BROKEN
from server.cli.database import on_platform
from server.errors import ConfigError
from server.model.viewer import Role, Viewer
from server.settings import Settings
from server.store.mongo import Mongo

RUN = CliRunner()


@pytest.fixture
def surroundings(mongo: Mongo, mongo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The environment of a development server on the test's database."""
    settings = Settings.of(mongo_url=mongo_url, mongo_database=mongo.db.name, data_dir=tmp_path, sample=False)
    for name in ("mongo_url", "mongo_database", "data_dir"):
        monkeypatch.setenv(f"CREDIT_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("CREDIT_SAMPLE", "false")
    return settings


def write_entries(settings: Settings, count: int) -> list[str]:
    """Entries of an auditor's visit, anchored in a checkpoint; their ids."""

    async def work(platform: Platform) -> list[str]:
        viewer = Viewer(Role.AUDITOR, id="auditor")
        operation = Operation(platform, viewer, clock.now(), "trace")
        entries = [operation.entry(Tag.LOG_ENTRIES_READ, ground="duty") for _ in range(count)]
        for entry in entries:
            await platform.log.append([entry])
        return [entry.id for entry in entries]

    assert settings.mongo_url is not None
    url = settings.mongo_url
    return asyncio.run(on_platform(settings, url, work))


def test_a_whole_log_verifies_and_an_edited_entry_is_named(surroundings: Settings) -> None:
    """Art. 38: the log can be proved, and tampering with it is found."""
    identifiers = write_entries(surroundings, 5)
    whole = RUN.invoke(app, ["audit", "verify"])
    assert whole.exit_code == 0, whole.output
    client: MongoClient[dict[str, object]] = MongoClient(surroundings.mongo_url)
    with client:
        entries = client[surroundings.mongo_database]["audit_entries"]
        entries.update_one({"_id": identifiers[2]}, {"$set": {"purpose": "inspection"}})
    broken = RUN.invoke(app, ["audit", "verify"])
    assert broken.exit_code == BROKEN
    assert "2" in broken.output


def test_a_proof_holds_offline_and_a_changed_one_does_not(surroundings: Settings, tmp_path: Path) -> None:
    identifier = write_entries(surroundings, 3)[1]
    proved = RUN.invoke(app, ["audit", "prove", identifier])
    assert proved.exit_code == 0, proved.output
    path = tmp_path / "proof.json"
    path.write_text(proved.output)
    assert RUN.invoke(app, ["audit", "check", str(path)]).exit_code == 0
    path.write_text(proved.output.replace(identifier, identifier[::-1]))
    assert RUN.invoke(app, ["audit", "check", str(path)]).exit_code == BROKEN


def test_the_public_key_is_printed_and_the_private_one_never(surroundings: Settings) -> None:
    write_entries(surroundings, 1)
    shown = RUN.invoke(app, ["audit", "key"])
    assert "BEGIN PUBLIC KEY" in shown.output
    assert "PRIVATE" not in shown.output


def test_keys_are_made_once(surroundings: Settings) -> None:
    assert "Made" in RUN.invoke(app, ["keys", "create"]).output
    before = (surroundings.keys_dir / "keyring.json").read_bytes()
    assert "Kept" in RUN.invoke(app, ["keys", "create"]).output
    assert (surroundings.keys_dir / "keyring.json").read_bytes() == before


def test_production_does_not_start_without_keys(surroundings: Settings) -> None:
    settings = surroundings.but(profile="production", sample=False)

    async def work(platform: Platform) -> None:
        raise AssertionError("not reached")

    assert settings.mongo_url is not None
    with pytest.raises(ConfigError, match="keys create"):
        asyncio.run(on_platform(settings, settings.mongo_url, work))


def test_the_schema_command_prints_the_contract(surroundings: Settings) -> None:
    printed = RUN.invoke(app, ["schema"])
    assert printed.exit_code == 0
    assert "type AdministrativePenalty implements CreditRecord & Node" in printed.output


def test_every_command_explains_itself() -> None:
    for path in (
        [],
        ["audit"],
        ["keys"],
        ["catalogue"],
        ["consent"],
        ["import"],
        ["sample"],
        ["seed"],
        ["serve"],
        ["token"],
    ):
        shown = RUN.invoke(app, [*path, "--help"])
        assert shown.exit_code == 0, path
        assert "Usage" in shown.output


def test_a_proof_that_is_no_proof_is_one_sentence(surroundings: Settings, tmp_path: Path) -> None:
    write_entries(surroundings, 1)
    path = tmp_path / "proof.json"
    path.write_text(json.dumps({"entry": "nothing"}))
    assert RUN.invoke(app, ["audit", "check", str(path)]).exit_code == BROKEN
