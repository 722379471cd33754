"""The keys of ``subjects`` are unique and sparse instead of unique and partial.

Old shape: indexes ``code`` and ``id_cipher`` with a ``partialFilterExpression``, which the embedded server never
looks anything up by. New shape: the same names, ``sparse``. An index cannot change its options, so the old ones are
dropped; they are made anew right after the migrations. Yesterday's code works with either.
"""

from __future__ import annotations

from typing import Any


async def up(db: Any) -> None:
    """Drop the partial indexes where they stand; nothing to do on a new database."""
    if "subjects" not in await db.list_collection_names():
        return
    for name, index in (await db["subjects"].index_information()).items():
        if name in ("code", "id_cipher") and "partialFilterExpression" in index:
            await db["subjects"].drop_index(name)
