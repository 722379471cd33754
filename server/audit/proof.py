"""Checkpoints over all chains, and proofs that an entry is in one; checkable with the public key alone.

A checkpoint anchors the entries every chain gained since the one before it: the Merkle root (RFC 6962) over
their hashes in the order of its ranges. It is signed, and names the hash of the checkpoint before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.audit.chain import entry_hash, node_hash
from server.audit.entry import Malformed, dumps, instant, moment
from server.audit.signing import PublicKeys, SigningKey, verified

FIRST = bytes(32)
"""What stands for the previous hash in checkpoint 0."""

_CHECKPOINT = b"qufu-credit audit checkpoint 1\n"
_PROOF = "qufu-credit audit proof 1"


class Root:
    """A Merkle root grown leaf by leaf, holding only one hash per level."""

    __slots__ = ("_peaks", "size")

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        """Append one leaf hash."""
        self.size += 1
        level, top = 0, leaf
        while self._peaks and self._peaks[-1][0] == level:
            top = node_hash(self._peaks.pop()[1], top)
            level += 1
        self._peaks.append((level, top))

    def digest(self) -> bytes:
        """The root over all leaves so far; SHA-256 of nothing for none."""
        if not self._peaks:
            return hashlib.sha256().digest()
        top = self._peaks[-1][1]
        for _, peak in reversed(self._peaks[:-1]):
            top = node_hash(peak, top)
        return top


def root(leaves: Iterable[bytes]) -> bytes:
    """The Merkle tree hash over leaf hashes (RFC 6962, 2.1)."""
    tree = Root()
    for leaf in leaves:
        tree.add(leaf)
    return tree.digest()


def audit_path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes that lead from leaf `index` to the root (RFC 6962, 2.1.1). Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    path: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        if index ^ 1 < len(level):
            path.append(level[index ^ 1])
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) & ~1 :]
        index >>= 1
    return tuple(path)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """True when `leaf` is leaf `index` of the tree of `size` leaves with this `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, top = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            top = node_hash(sibling, top)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            top = node_hash(top, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and top == root


@dataclass(frozen=True, slots=True)
class Range:
    """The entries `first` to `last` (both included) of one chain; `head` is the hash of the last."""

    chain: str
    first: int
    last: int
    head: bytes

    @property
    def size(self) -> int:
        """The number of entries in it."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed anchor for all chains; numbers run from 0 without a gap."""

    number: int
    at: datetime
    previous: bytes
    ranges: tuple[Range, ...]
    root: bytes
    key: str
    signature: bytes

    @property
    def size(self) -> int:
        """The number of leaves of its tree."""
        return sum(part.size for part in self.ranges)

    def statement(self) -> bytes:
        """The bytes that are signed."""
        return _statement(self.number, self.at, self.previous, self.ranges, self.root, self.key)

    def hash(self) -> bytes:
        """What the next checkpoint names this one by."""
        return hashlib.sha256(self.statement()).digest()

    def signed(self, keys: PublicKeys) -> bool:
        """True when one of `keys` signed this checkpoint."""
        return verified(keys, self.key, self.statement(), self.signature)

    def index_of(self, chain: str, seq: int) -> int | None:
        """The leaf index of an entry in this checkpoint's tree, or None."""
        before = 0
        for part in self.ranges:
            if part.chain == chain and part.first <= seq <= part.last:
                return before + seq - part.first
            before += part.size
        return None

    def plain(self) -> dict[str, Any]:
        """The checkpoint as JSON data; what `checkpoint_from_plain` takes."""
        parts = [
            {"chain": r.chain, "first": r.first, "last": r.last, "head": r.head.hex()} for r in self.ranges
        ]
        return {
            "number": self.number,
            "at": instant(self.at),
            "previous": self.previous.hex(),
            "ranges": parts,
            "root": self.root.hex(),
            "key": self.key,
            "signature": self.signature.hex(),
        }


def sign_checkpoint(
    key: SigningKey, number: int, at: datetime, previous: bytes, ranges: Sequence[Range], root: bytes
) -> Checkpoint:
    """A signed checkpoint over `ranges`, whose entries' hashes have the Merkle `root`."""
    kept, at = tuple(ranges), moment(at)
    signature = key.sign(_statement(number, at, previous, kept, root, key.id))
    return Checkpoint(number, at, previous, kept, root, key.id, signature)


def _statement(
    number: int, at: datetime, previous: bytes, ranges: tuple[Range, ...], root: bytes, key: str
) -> bytes:
    data = Checkpoint(number, at, previous, ranges, root, key, b"").plain()
    del data["signature"]
    return _CHECKPOINT + dumps(data)


def checkpoint_from_plain(data: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint in `data`; raises Malformed unless `data` is exactly what `plain` would give."""
    try:
        checkpoint = Checkpoint(
            number=data["number"],
            at=datetime.fromisoformat(data["at"]),
            previous=bytes.fromhex(data["previous"]),
            ranges=tuple(
                Range(part["chain"], part["first"], part["last"], bytes.fromhex(part["head"]))
                for part in data["ranges"]
            ),
            root=bytes.fromhex(data["root"]),
            key=data["key"],
            signature=bytes.fromhex(data["signature"]),
        )
        same = dumps(checkpoint.plain()) == dumps(data)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Malformed("this is not a checkpoint") from None
    # A float or a truth value would compare equal to a number that was signed.
    numbers = [checkpoint.number, *(n for part in checkpoint.ranges for n in (part.first, part.last))]
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
    if not (same and whole) or any(part.size < 1 for part in checkpoint.ranges):
        raise Malformed("this checkpoint is not in its canonical form")
    return checkpoint


@dataclass(frozen=True, slots=True)
class Step:
    """The fault of a checkpoint after the one before it: its number and why it does not hold."""

    number: int
    why: str


class CheckpointCheck:
    """Checks checkpoints in the order of their numbers: signature, chaining, and ranges that leave no gap."""

    __slots__ = ("_keys", "covered", "number", "previous")

    def __init__(self, keys: PublicKeys) -> None:
        self._keys = keys
        self.number = 0
        self.previous = FIRST
        self.covered: dict[str, int] = {}
        """Chain -> the last position covered so far."""

    def feed(self, checkpoint: Checkpoint) -> Step | None:
        """The fault of the next checkpoint, or None and it is taken in."""
        if checkpoint.number != self.number:
            return Step(self.number, "the checkpoint is missing")
        if not checkpoint.signed(self._keys):
            return Step(self.number, "it is not signed by a known key")
        if checkpoint.previous != self.previous:
            return Step(self.number, "it does not name the checkpoint before it")
        seen = dict(self.covered)
        for part in checkpoint.ranges:
            if part.first != seen.get(part.chain, -1) + 1:
                return Step(self.number, f"its range of chain {part.chain} does not continue the last one")
            seen[part.chain] = part.last
        self.covered = seen
        self.previous = checkpoint.hash()
        self.number += 1
        return None


def verify_checkpoints(checkpoints: Iterable[Checkpoint], keys: PublicKeys) -> Step | None:
    """The first fault in a series that starts with checkpoint 0, or None."""
    check = CheckpointCheck(keys)
    return next((fault for item in checkpoints if (fault := check.feed(item)) is not None), None)


@dataclass(frozen=True, slots=True)
class Proof:
    """Shows that an entry, as its canonical bytes, is in a signed checkpoint. Names no officer."""

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    def plain(self) -> dict[str, Any]:
        """The proof as JSON data, to be handed out and given to `check_proof`."""
        return {
            "form": _PROOF,
            "entry": self.entry.decode(),
            "index": self.index,
            "path": [node.hex() for node in self.path],
            "checkpoint": self.checkpoint.plain(),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a proof holds, and why (not)."""

    good: bool
    why: str

    def __bool__(self) -> bool:
        return self.good


def check_proof(proof: str | bytes | Mapping[str, Any], keys: PublicKeys) -> Verdict:
    """Check a proof offline: the entry's place, the path to the root, and the signature over the root."""
    try:
        data = json.loads(proof) if isinstance(proof, (str, bytes)) else proof
        if data["form"] != _PROOF:
            return Verdict(False, "this is not a proof of this log")
        entry: bytes = data["entry"].encode()
        told = json.loads(entry)
        chain, seq, index = told["chain"], told["seq"], data["index"]
        path = [bytes.fromhex(node) for node in data["path"]]
        checkpoint = checkpoint_from_plain(data["checkpoint"])
        place = checkpoint.index_of(chain, seq)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return Verdict(False, "this is not a proof of this log")
    if not checkpoint.signed(keys):
        return Verdict(False, f"checkpoint {checkpoint.number} is not signed by the given key")
    if place is None or place != index:
        return Verdict(False, f"checkpoint {checkpoint.number} does not hold the entry at this place")
    if not verify_inclusion(entry_hash(entry), place, checkpoint.size, path, checkpoint.root):
        return Verdict(
            False, f"the entry is not in checkpoint {checkpoint.number}: it was changed or swapped"
        )
    return Verdict(True, f"the entry is in checkpoint {checkpoint.number} of {instant(checkpoint.at)}")
