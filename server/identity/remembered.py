"""Tokens already verified, so that a busy client pays for its signature once (0.15 to 0.3 ms each)."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from server.model.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Remembered:
    """A verified viewer with what bounds the memory of it.

    `starts` and `ends` are seconds since the epoch (valid from `starts` to before `ends`); `generation` is
    the state of the issuer's key set under which the signature was checked.
    """

    viewer: Viewer
    issuer: str
    generation: int
    starts: float
    ends: float


class Memory:
    """A bounded memory, least recently used out first; keyed by digest, so that it holds no token."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._held: OrderedDict[bytes, Remembered] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def recall(self, token: str, at: float) -> Remembered | None:
        """What is known of `token` at the moment `at`; nothing once it has expired."""
        digest = _digest(token)
        known = self._held.get(digest)
        if known is None:
            return None
        if at >= known.ends:
            del self._held[digest]
            return None
        if at < known.starts:
            return None
        self._held.move_to_end(digest)
        return known

    def keep(self, token: str, known: Remembered) -> None:
        """Remember `token`, forgetting the longest unused one when full."""
        if self._size < 1:
            return
        digest = _digest(token)
        self._held[digest] = known
        self._held.move_to_end(digest)
        while len(self._held) > self._size:
            self._held.popitem(last=False)

    def forget(self, token: str) -> None:
        """Drop what is known of `token`."""
        self._held.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
