"""Somebody who reads while something else goes on: `python -m bench.reader CONFIG`, in a process of its own, so that
what it waits for is the server alone. Ends when its standard input closes, and prints what it saw.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from bench.loopback import ROOT, Ask, Connection, write_config
from bench.report import Sample

PAUSE = 0.5
"""Seconds between two rounds of reads: who reads must not be what slows the other work down."""


class Reader:
    """The process that reads, for the block; ``samples`` are there when it has ended."""

    def __init__(self, config: Path, port: int, asks: Mapping[str, tuple[Ask, str]]) -> None:
        read = [
            [name, one.path, one.body.decode(), dict(one.headers), text] for name, (one, text) in asks.items()
        ]
        self._config = write_config(config, port=port, asks=json.dumps(read))
        self.samples: dict[str, Sample] = {}

    def __enter__(self) -> Reader:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.reader", str(self._config)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError("the reader did not start")
        return self

    def __exit__(self, *_: object) -> None:
        out = self._process.communicate()[0]
        if self._process.returncode:
            raise RuntimeError("the reader ended early")
        self.samples = {name: Sample(tuple(found), 0.0) for name, found in orjson.loads(out).items()}


async def _read(config: Mapping[str, Any], ended: threading.Event) -> dict[str, list[float]]:
    asks: Sequence[Sequence[Any]] = json.loads(config["asks"])
    found: dict[str, list[float]] = {name: [] for name, *_ in asks}
    connection = await Connection.open(int(config["port"]))
    print("{}", flush=True)
    while not ended.is_set() or not all(found.values()):
        for name, path, body, headers, wanted in asks:
            started = time.perf_counter()
            status, answer = await connection.send(Ask(path, body.encode(), headers).bytes())
            found[name].append((time.perf_counter() - started) * 1000)
            if status != 200 or b'"errors"' in answer or wanted.encode() not in answer:
                raise RuntimeError(f"{name}: a wrong answer with {status}: {answer[:300]!r}")
        await asyncio.sleep(PAUSE)
    await connection.close()
    return found


def _watch(over: threading.Event) -> None:
    sys.stdin.buffer.read()
    over.set()


if __name__ == "__main__":
    over = threading.Event()
    threading.Thread(target=_watch, args=(over,), daemon=True).start()
    print(json.dumps(asyncio.run(_read(json.loads(Path(sys.argv[1]).read_text("utf-8")), over))), flush=True)
