"""Starting the program the way a person does, and asking what is left of it afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(**settings: object) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CREDIT_")}
    return kept | {f"CREDIT_{name.upper()}": str(value) for name, value in settings.items()}


def run(*arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
    """`qufu-credit …` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "server.cli", *arguments],
        cwd=ROOT,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def started(code: list[str], **settings: object) -> Iterator[subprocess.Popen[str]]:
    """A Python process that is gone when the block ends, whatever happens."""
    process = subprocess.Popen(
        [sys.executable, *code],
        cwd=ROOT,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
        process.kill()
        process.communicate()


@contextmanager
def serving(data_dir: Path, port: int, **settings: object) -> Iterator[subprocess.Popen[str]]:
    """`qufu-credit serve`, ready."""
    with started(
        ["-m", "server.cli", "serve"], data_dir=data_dir, port=port, sample="false", **settings
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert f"http://127.0.0.1:{port}/graphql" in line, line
        yield process


def status(port: int, path: str) -> int:
    """The HTTP status of a GET, 0 when nothing listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code
    except OSError:
        return 0


def database_of(data_dir: Path) -> int:
    """The process id of the embedded database serving this directory."""
    return int(json.loads((data_dir / "mongo.json").read_text("utf-8"))["pid"])


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text("utf-8")
    except OSError:
        return False


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold before patience ends."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False
