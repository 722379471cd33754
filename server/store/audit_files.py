"""The copies of heads and checkpoints that lie outside the database, so that a cut there shows.

Under one folder: `heads/<chain>.json`, replaced with every append, and `checkpoints.jsonl`, one checkpoint a
line, only ever added to. The folder belongs to one database; several processes may share it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from server.audit.chain import Broken, Head
from server.audit.entry import Malformed, dumps, instant
from server.audit.proof import Checkpoint, checkpoint_from_plain

_CHAIN = re.compile(r"[0-9A-Za-z_-]{1,64}\Z")
_TAIL = 1 << 20


class AuditFiles:
    """The published copies in `folder`, which is made with the first one. Raises OSError."""

    def __init__(self, folder: Path) -> None:
        self._heads = folder / "heads"
        self._checkpoints = folder / "checkpoints.jsonl"

    def write_head(self, head: Head) -> None:
        """Replace a chain's copy, whole or not at all. Not synced: the next append writes it again."""
        draft = self._heads / f".{head.chain}-{os.getpid()}"
        data = dumps(
            {
                "chain": head.chain,
                "seq": head.seq,
                "hash": head.hash.hex(),
                "at": instant(head.at),
                "key": head.key,
                "signature": head.signature.hex(),
            }
        )
        try:
            draft.write_bytes(data)
        except FileNotFoundError:
            self._heads.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(data)
        draft.replace(self._heads / f"{head.chain}.json")

    def heads(self) -> Iterator[Head | Broken]:
        """Every head that was published; a file that cannot be read is given as its fault."""
        for path in sorted(self._heads.glob("*.json")):
            try:
                head = _head(path)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                yield Broken(path.stem, 0, "it cannot be read")
            else:
                yield head

    def add_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Publish a checkpoint, synced to disk, unless this number is published already.

        Raises Malformed when the one before it is not: `published` says where to go on.
        """
        self._checkpoints.parent.mkdir(parents=True, exist_ok=True)
        with self._checkpoints.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = _last(file)
            if checkpoint.number > (-1 if last is None else last) + 1:
                raise Malformed("the published copy lacks an earlier checkpoint")
            if checkpoint.number == (-1 if last is None else last) + 1:
                file.write(dumps(checkpoint.plain()) + b"\n")
                file.flush()
                os.fsync(file.fileno())

    def published(self) -> int:
        """The number of the last published checkpoint, -1 for none. Raises Malformed when it is damaged."""
        try:
            with self._checkpoints.open("rb") as file:
                last = _last(file)
        except FileNotFoundError:
            return -1
        return -1 if last is None else last

    def checkpoints(self) -> Iterator[Checkpoint]:
        """What was published when this was called, in order, line by line. Raises Malformed.

        A last line without its end is one that is being written, or was cut short by a crash: no line yet.
        """
        try:
            end = self._checkpoints.stat().st_size
        except FileNotFoundError:
            return
        with self._checkpoints.open("rb") as file:
            while file.tell() < end and (line := file.readline()).endswith(b"\n"):
                yield _checkpoint(line)


def _head(path: Path) -> Head:
    data = json.loads(path.read_bytes())
    head = Head(
        chain=data["chain"],
        seq=data["seq"],
        hash=bytes.fromhex(data["hash"]),
        at=datetime.fromisoformat(data["at"]),
        key=data["key"],
        signature=bytes.fromhex(data["signature"]),
    )
    if head.chain != path.stem or not _CHAIN.match(head.chain) or type(head.seq) is not int:
        raise ValueError
    return head


def _checkpoint(line: bytes) -> Checkpoint:
    try:
        return checkpoint_from_plain(json.loads(line))
    except ValueError:
        raise Malformed("the published copy of the checkpoints is damaged") from None


def _last(file: IO[bytes]) -> int | None:
    """The number in the last whole line; a line cut short by a crash is no line, and a writer removes it."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return None
    window = _TAIL
    while True:
        start = file.seek(max(0, size - window))
        lines = file.read(size - start).split(b"\n")
        if file.writable() and lines[-1]:
            file.truncate(size - len(lines[-1]))
        whole = lines[:-1] if start == 0 else lines[1:-1]
        if whole:
            return _checkpoint(whole[-1]).number
        if start == 0:
            return None
        window *= 4
