"""Hash chains: one per writer, each entry bound to the one before it, the last one bound by a signed head.

Hashes follow RFC 6962: SHA-256 over 0x00 and the data for a leaf, over 0x01 and two hashes for a node, so
that one can never be passed off as the other. An entry's hash is its leaf hash, the same in the chain and in
the Merkle trees of the checkpoints.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from server.audit.entry import Entry, Malformed, body, dumps, instant, moment, wrapped
from server.audit.signing import PublicKeys, SigningKey, verified

START = bytes(32)
"""What stands for the previous hash in a chain's first entry."""

_LEAF = b"\x00"
_NODE = b"\x01"
_HEAD = b"qufu-credit audit head 1\n"


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of a leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of an inner node (RFC 6962, 2.1)."""
    return hashlib.sha256(_NODE + left + right).digest()


def entry_hash(canonical: bytes) -> bytes:
    """The hash of an entry's canonical bytes: its leaf hash."""
    return leaf_hash(canonical)


@dataclass(frozen=True, slots=True)
class Link:
    """An entry at its place in a chain. `entry` is None, with a `fault`, when what is stored is no entry."""

    chain: str
    seq: int
    previous: bytes
    hash: bytes
    entry: Entry | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The signed statement that a chain has reached `seq` with `hash`; `at` is when it was written."""

    chain: str
    seq: int
    hash: bytes
    at: datetime
    key: str
    signature: bytes

    def statement(self) -> bytes:
        """The bytes that are signed."""
        return _statement(self.chain, self.seq, self.hash, self.at, self.key)

    def signed(self, keys: PublicKeys) -> bool:
        """True when one of `keys` signed this head."""
        return verified(keys, self.key, self.statement(), self.signature)


def sign_head(key: SigningKey, chain: str, seq: int, hash: bytes, at: datetime) -> Head:
    """The signed head of a chain."""
    at = moment(at)
    signature = key.sign(_statement(chain, seq, hash, at, key.id))
    return Head(chain, seq, hash, at, key.id, signature)


def _statement(chain: str, seq: int, hash: bytes, at: datetime, key: str) -> bytes:
    return _HEAD + dumps({"at": instant(at), "chain": chain, "hash": hash.hex(), "key": key, "seq": seq})


def link(entry: Entry, chain: str, seq: int, previous: bytes, ready: bytes | None = None) -> Link:
    """Bind `entry` to its place; `ready` is its body where that was made before."""
    data = wrapped(body(entry) if ready is None else ready, chain, seq, previous)
    return Link(chain, seq, previous, entry_hash(data), entry)


@dataclass(frozen=True, slots=True)
class Intact:
    """A chain without a fault, up to `seq` (-1: no entries) with `hash`."""

    chain: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """The first position of a chain that does not hold, and why; never what an entry says."""

    chain: str
    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a trusted statement outside the entries says: position `seq` has `hash`. `source` names it."""

    seq: int
    hash: bytes
    source: str


class ChainCheck:
    """Checks one chain link by link in constant memory; stays at the first fault it finds."""

    __slots__ = ("_anchors", "broken", "chain", "hash", "next_seq")

    def __init__(self, chain: str, anchors: Iterable[Anchor] = ()) -> None:
        self.chain = chain
        self.next_seq = 0
        self.hash = START
        self.broken: Broken | None = None
        self._anchors: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self.expect(anchor)

    def expect(self, anchor: Anchor) -> None:
        """Hold the chain to `anchor` when it gets there; at once if it is there now."""
        if anchor.seq == self.next_seq - 1:
            self._hold(anchor)
        elif anchor.seq >= self.next_seq:
            self._anchors.setdefault(anchor.seq, []).append(anchor)

    def feed(self, link: Link) -> Broken | None:
        """Check the next link; links come in the order of their positions."""
        if self.broken is None:
            fault = self._fault(link)
            if fault is not None:
                self.broken = fault
            else:
                self.hash = link.hash
                self.next_seq += 1
                for anchor in self._anchors.pop(link.seq, ()):
                    self._hold(anchor)
        return self.broken

    def finish(self) -> Intact | Broken:
        """The verdict once there are no more links: every anchor must have been reached."""
        if self.broken is None and self._anchors:
            anchor = self._anchors[min(self._anchors)][0]
            self.broken = Broken(
                self.chain,
                self.next_seq,
                f"entries are missing up to {anchor.seq}, which {anchor.source} names",
            )
        return self.broken or Intact(self.chain, self.next_seq - 1, self.hash)

    def _hold(self, anchor: Anchor) -> None:
        if anchor.hash != self.hash and self.broken is None:
            why = f"entries up to here were rewritten and linked again: {anchor.source} names another hash"
            self.broken = Broken(self.chain, anchor.seq, why)

    def _fault(self, link: Link) -> Broken | None:
        seq = self.next_seq
        if link.chain != self.chain:
            return Broken(self.chain, seq, "an entry of another chain stands here")
        if link.seq > seq:
            return Broken(self.chain, seq, "the entry is missing")
        if link.seq < seq:
            return Broken(self.chain, max(link.seq, 0), "a second entry claims this position")
        if link.entry is None:
            return Broken(self.chain, seq, f"the entry is damaged: {link.fault}")
        if link.previous != self.hash:
            return Broken(self.chain, seq, "it is not linked to the entry before it")
        try:
            data = wrapped(body(link.entry), link.chain, link.seq, link.previous)
        except Malformed as fault:
            return Broken(self.chain, seq, f"the entry is damaged: {fault}")
        if entry_hash(data) != link.hash:
            return Broken(self.chain, seq, "the entry was changed: its hash is another")
        return None


def verify_chain(
    chain: str, links: Iterable[Link], *, head: Head | None = None, keys: PublicKeys | None = None
) -> Intact | Broken:
    """Check a whole chain, against its signed head if one is given: without it a cut tail goes unseen."""
    check = ChainCheck(chain)
    if head is not None:
        if head.chain != chain or (keys is not None and not head.signed(keys)):
            return Broken(chain, head.seq, "the head is not signed by a known key for this chain")
        check.expect(Anchor(head.seq, head.hash, "the signed head"))
    for item in links:
        if check.feed(item) is not None:
            break
    verdict = check.finish()
    if head is not None and isinstance(verdict, Intact) and verdict.seq > head.seq:
        return Broken(chain, head.seq + 1, "an entry stands after the signed head")
    return verdict
