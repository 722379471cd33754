"""Servers in processes of their own and one keep-alive connection to each: the way real requests arrive."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0


@contextmanager
def serving(which: str, config: Path) -> Iterator[int]:
    """Run the process `bench.<which>` for the block; yields its port. It ends when the block does."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"bench.{which}", str(config)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the {which} server did not start")
        yield int(json.loads(line)["port"])
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@dataclass(frozen=True, slots=True)
class Ask:
    """One request as it goes over the wire."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        """The whole request."""
        lines = [f"POST {self.path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


class Connection:
    """A keep-alive connection; requests go one after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect on loopback."""
        async with asyncio.timeout(_START_SECONDS):
            return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = 0
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        return status, await self._reader.readexactly(length)

    async def timed(self, request: bytes) -> float:
        """Milliseconds from the first byte out to the last byte in. The answer must be a good one."""
        start = time.perf_counter()
        status, body = await self.send(request)
        spent = (time.perf_counter() - start) * 1000
        if status != 200 or b'"errors"' in body:
            raise RuntimeError(f"a request of the bench failed with {status}: {body[:300]!r}")
        return spent

    async def cpu(self) -> float:
        """CPU seconds the server's process has used so far."""
        _, body = await self.send(Ask("/cpu", b"").bytes())
        return float(body)

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


def write_config(path: Path, **values: Any) -> Path:
    """The file a server reads what it needs from."""
    path.write_text(json.dumps({name: str(value) for name, value in values.items()}), "utf-8")
    return path
