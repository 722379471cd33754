"""How a page is fetched so that no query is ever wider than it must be.

Each page is a pipeline whose first ``$match`` holds exactly what an index answers (equalities and one range) and
whose second holds the row rule. MongoDB joins the two into one; the embedded server plans by the first alone and
would scan the collection for a joined one (measured at 30,000 documents: 193 ms joined, 5.7 ms apart). It also
reads a whole range before it sorts and limits, so ranges start narrow and widen with the density met.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Row = dict[str, Any]
Fetch = Callable[[int, int, int], Awaitable[list[Any]]]

WIDEN = 8
"""How much wider the next range is when nothing was found: an empty answer over 10^6 positions takes 7 reads."""


def pipeline(
    key: Mapping[str, Any],
    rest: Mapping[str, Any],
    sort: Mapping[str, int],
    limit: int | None,
    projection: Mapping[str, int],
) -> list[dict[str, Any]]:
    """The stages of one page: indexed match, residual match, sort, limit (None: all), projection."""
    stages: list[dict[str, Any]] = [{"$match": dict(key)}]
    if rest:
        stages.append({"$match": dict(rest)})
    stages.append({"$sort": dict(sort)})
    if limit is not None:
        stages.append({"$limit": limit})
    return [*stages, {"$project": dict(projection)}]


async def widening(
    fetch: Fetch, positions: Callable[[], Awaitable[int]], limit: int, first: int
) -> list[Any]:
    """Up to ``limit`` rows, read in ranges that adapt to the density of hits.

    ``fetch(offset, width, limit)`` returns the rows at positions ``offset`` to ``offset + width`` in order, and
    ``positions`` says how many there are; it is not asked when the first range holds enough.
    """
    width = max(1, first)
    rows = await fetch(0, width, limit)
    if len(rows) >= limit:
        return rows
    offset, total, fresh = width, await positions(), rows
    while offset < total and len(rows) < limit:
        if fresh:
            width = max(1, (limit - len(rows)) * offset * 3 // (len(rows) * 2) + 1)
        else:
            # Also after hits: twenty at the beginning say nothing of where a last one may be.
            width *= WIDEN
        width = min(width, total - offset)
        fresh = await fetch(offset, width, limit - len(rows))
        rows.extend(fresh)
        offset += width
    return rows
