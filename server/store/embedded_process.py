"""The embedded database server as its own process: `python -m server.store.embedded_process`.

It serves on loopback only, prints one JSON line with its port when it accepts connections, and ends
cleanly when its standard input closes, so it never outlives the process that started it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from types import FrameType

from secantus.server import SecantusDBServer

STOP_SECONDS = 8.0
"""After this an orderly stop is given up: the journal makes the next start recover."""


def main(argv: list[str] | None = None) -> None:
    """Serve the data directory until standard input closes or SIGTERM arrives."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--path", required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args(argv)

    # The terminal's Ctrl-C reaches the whole process group; the parent decides when the database stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stopping = threading.Event()

    def on_term(_signum: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, on_term)
    threading.Thread(target=_watch_parent, args=(stopping,), daemon=True).start()

    server = SecantusDBServer(
        host="127.0.0.1",
        port=arguments.port,
        storage_path=arguments.path,
        enable_test_commands=False,
        cache_size="512M",
        # Without it the commit of a transaction is acknowledged before its journal is written, whatever the
        # write concern says, and a killed process loses it.
        sync_on_commit=True,
    )
    server.start()
    print(json.dumps({"port": server.port}), flush=True)
    stopping.wait()
    guard = threading.Timer(STOP_SECONDS, os._exit, args=(1,))
    guard.daemon = True
    guard.start()
    threading.Thread(target=_wake, args=(server.port,), daemon=True).start()
    server.stop()
    guard.cancel()


def _wake(port: int) -> None:
    # Closing a listening socket does not interrupt accept(); one last connection does, and saves two seconds.
    time.sleep(0.02)
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()


def _watch_parent(stopping: threading.Event) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    stopping.set()


if __name__ == "__main__":
    main()
