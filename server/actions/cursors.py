"""Cursors that say nothing and cannot be made up: a sort key under AES-SIV (RFC 5297), bound to its query.

The encryption is deterministic, so the same page gives the same bytes; the associated data binds a cursor to the
footing of the viewer and the arguments of the query, so that one made elsewhere is refused.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from server.errors import BadInput

_LENGTH = 256


class Cursors:
    """Seals and opens cursors with the keyring's 64-byte key."""

    def __init__(self, key: bytes) -> None:
        self._siv = AESSIV(key)

    def seal(self, order: str, *bound: str) -> str:
        """The cursor of a sort key for the query described by ``bound``."""
        sealed = self._siv.encrypt(order.encode(), [part.encode() for part in bound])
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, cursor: str, *bound: str, name: str = "after") -> str:
        """The sort key inside. Raises BadInput, which calls the argument ``name``, for anything that was not sealed
        for the same ``bound``."""
        try:
            if len(cursor) > _LENGTH:
                raise ValueError
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            return self._siv.decrypt(raw, [part.encode() for part in bound]).decode()
        except (ValueError, UnicodeError, binascii.Error, InvalidTag):
            raise BadInput(
                f"{name} (游标): the cursor does not belong to this query and viewer.",
                field=name,
                rule="cursor_of_this_query",
            ) from None
