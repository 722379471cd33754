"""The embedded database: SecantusDB in its own process, for newcomers, tests and CI.

Layout under the data directory: `mongo/` (the data), `mongo.json` (address and process of the running
server), `mongo.log` (what the server said) and `lock`, held by the owner and its database process for as
long as either lives, so a file left behind by a crash never matters.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from server.errors import ConfigError

START_SECONDS = 30.0
STOP_SECONDS = 12.0
HANDOVER_SECONDS = 15.0
"""How long a new owner waits for the database process of a dead one to finish."""

RESPAWN_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Running:
    """What `mongo.json` says: `owner` is the process that started the database, `pid` the database itself."""

    url: str
    pid: int
    owner: int


@contextmanager
def embedded(data_dir: Path, *, port: int = 0) -> Iterator[str]:
    """Own the embedded database of this directory for the block; yields its URL.

    `port` 0 takes a free one. If the database process dies meanwhile it is started again on the same
    port. Raises ConfigError when the directory is in use by another process or the server cannot start.
    """
    data_dir = data_dir.resolve()
    with _lock(data_dir) as lock:
        keeper = _Keeper(data_dir, lock)
        try:
            yield keeper.start(port)
        finally:
            keeper.stop()


@contextmanager
def attach_or_start(data_dir: Path) -> Iterator[str]:
    """The URL of the database already serving this directory, or of one started for the block."""
    running = find_running(data_dir)
    if running is not None:
        yield running.url
        return
    with embedded(data_dir) as url:
        yield url


def find_running(data_dir: Path) -> Running | None:
    """The live database process serving this directory, if one answers."""
    try:
        raw = json.loads((data_dir / "mongo.json").read_text("utf-8"))
        running = Running(url=str(raw["url"]), pid=int(raw["pid"]), owner=int(raw["owner"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return running if _alive(running.pid) and _answers(running.url, seconds=1.0) else None


@contextmanager
def _lock(data_dir: Path) -> Iterator[int]:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as fault:
        raise ConfigError(f"The data directory {data_dir} cannot be used: {fault.strerror}.") from None
    try:
        _take(handle, data_dir)
        yield handle
    finally:
        os.close(handle)


def _take(handle: int, data_dir: Path) -> None:
    deadline = time.monotonic() + HANDOVER_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            owner = _owner(data_dir)
            if owner is None or _alive(owner) or time.monotonic() > deadline:
                raise ConfigError(
                    f"The data directory {data_dir} is in use by another running copy; stop it first or "
                    "set CREDIT_DATA_DIR to a different directory."
                ) from None
            # The owner is gone and its database process is still writing its last checkpoint.
            time.sleep(0.05)


def _owner(data_dir: Path) -> int | None:
    try:
        return int(json.loads((data_dir / "mongo.json").read_text("utf-8"))["owner"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answers(url: str, *, seconds: float) -> bool:
    limit = max(1, int(seconds * 1000))
    client: MongoClient[dict[str, object]] = MongoClient(
        url, serverSelectionTimeoutMS=limit, connectTimeoutMS=limit, socketTimeoutMS=limit
    )
    try:
        client.admin.command("ping")
    except PyMongoError:
        return False
    else:
        return True
    finally:
        client.close()


class _Keeper:
    """Starts the database process, starts it again when it dies, and ends it."""

    def __init__(self, data_dir: Path, lock: int) -> None:
        self._data_dir = data_dir
        self._lock = lock
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, port: int) -> str:
        self._port = port
        url = self._spawn()
        self._watcher = threading.Thread(target=self._watch, name="embedded-database", daemon=True)
        self._watcher.start()
        return url

    def stop(self) -> None:
        self._stopping.set()
        with self._guard:
            if self._process is not None:
                _end(self._process)
        if self._watcher is not None:
            self._watcher.join(STOP_SECONDS)
        (self._data_dir / "mongo.json").unlink(missing_ok=True)

    def _watch(self) -> None:
        while not self._stopping.is_set():
            process = self._process
            assert process is not None
            process.wait()
            if self._stopping.wait(RESPAWN_SECONDS):
                return
            with self._guard, contextlib.suppress(ConfigError):
                if not self._stopping.is_set():
                    _end(process)
                    self._spawn()

    def _spawn(self) -> str:
        log_path = self._data_dir / "mongo.log"
        with log_path.open("ab") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "server.store.embedded_process",
                    "--path",
                    str(self._data_dir / "mongo"),
                    "--port",
                    str(self._port),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                pass_fds=(self._lock,),
                # A signal to our process group is for us; closing its standard input is what stops it.
                start_new_session=True,
                cwd=Path(__file__).resolve().parents[2],
            )
        self._process = process
        try:
            self._port = _announced_port(process)
        except ConfigError:
            _end(process)
            raise ConfigError(f"The embedded database did not start; {log_path} says why.") from None
        url = f"mongodb://127.0.0.1:{self._port}/?directConnection=true"
        _write(self._data_dir / "mongo.json", {"url": url, "pid": process.pid, "owner": os.getpid()})
        return url


def _announced_port(process: subprocess.Popen[bytes]) -> int:
    out: IO[bytes] | None = process.stdout
    assert out is not None
    ready, _, _ = select.select([out], [], [], START_SECONDS)
    line = out.readline() if ready else b""
    out.close()
    try:
        return int(json.loads(line)["port"])
    except (ValueError, KeyError, TypeError):
        raise ConfigError("The embedded database did not announce its port.") from None


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _write(path: Path, content: dict[str, object]) -> None:
    fresh = path.with_suffix(f".{os.getpid()}.tmp")
    fresh.write_text(json.dumps(content), "utf-8")
    fresh.replace(path)
