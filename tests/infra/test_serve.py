"""`qufu-credit serve` as a person meets it: one sentence when it cannot start, nothing left when it ends."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.infra.processes import alive, database_of, eventually, free_port, run, serving, status


def refused(outcome: object) -> str:
    """The one sentence of a start that failed."""
    assert outcome.returncode == 1, outcome  # type: ignore[attr-defined]
    text = str(outcome.stderr)  # type: ignore[attr-defined]
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1, text
    return text.strip()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("port", "abc", "CREDIT_PORT"),
        ("host", "256.0.0.1", "CREDIT_HOST is not an address of this machine."),
        ("host", "192.0.2.1", "CREDIT_HOST is not an address of this machine."),
        ("mongo_url", "mongodb://user:hunter2@127.0.0.1:1/?nonsense", "CREDIT_MONGO_URL is not a usable"),
        (
            "mongo_url",
            "mongodb://127.0.0.1:1/",
            "CREDIT_MONGO_URL names a database that is not there. The database cannot be reached",
        ),
        ("colour", "red", "CREDIT_COLOUR is not a setting"),
    ],
)
def test_a_bad_setting_is_one_sentence(tmp_path: Path, name: str, value: str, says: str) -> None:
    settings = {"data_dir": tmp_path / "data", "port": free_port(), name: value}
    sentence = refused(run("serve", **settings))
    assert says in sentence
    assert "hunter2" not in sentence


def test_a_data_directory_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    sentence = refused(run("serve", data_dir=tmp_path / "data", port=free_port()))
    assert "CREDIT_DATA_DIR" in sentence


def test_a_taken_port_is_refused_before_a_database_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        sentence = refused(run("serve", data_dir=tmp_path / "data", port=port))
    assert sentence == f"Port {port} is taken by another program; set CREDIT_PORT to a free one."
    assert not (tmp_path / "data" / "mongo").exists()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_asked_stop_leaves_no_process_and_says_nothing(tmp_path: Path, how: signal.Signals) -> None:
    port = free_port()
    with serving(tmp_path, port) as server:
        database = database_of(tmp_path)
        assert status(port, "/healthz") == 200
        assert status(port, "/readyz") == 200
        server.send_signal(how)
        _, said = server.communicate(timeout=60)
        assert server.returncode == 0, said
    assert "Traceback" not in said
    assert not alive(database)
    assert status(port, "/healthz") == 0
    assert not (tmp_path / "mongo.json").exists()


def test_a_killed_server_takes_its_database_along_and_starts_again(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as server:
        database = database_of(tmp_path)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        with serving(tmp_path, port):
            assert not alive(database)
            assert status(port, "/readyz") == 200


def test_a_second_copy_on_the_same_directory_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port):
        sentence = refused(run("serve", data_dir=tmp_path, port=free_port()))
        assert "in use by another running copy" in sentence
        assert status(port, "/readyz") == 200


def test_a_lost_database_is_503_and_comes_back_without_a_restart(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port, query_timeout_ms=500) as server:
        frozen = database_of(tmp_path)
        os.kill(frozen, signal.SIGSTOP)
        try:
            assert status(port, "/readyz") == 503
            assert status(port, "/healthz") == 200
        finally:
            os.kill(frozen, signal.SIGCONT)
        assert eventually(lambda: status(port, "/readyz") == 200)
        os.kill(frozen, signal.SIGKILL)
        assert eventually(lambda: not alive(frozen))
        assert eventually(lambda: status(port, "/readyz") == 200)
        assert database_of(tmp_path) != frozen
        assert server.poll() is None
