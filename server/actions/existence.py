"""Whether an entity exists for the public: as long as one of its records is published (Art. 31, 34)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.actions.operation import Operation
from server.store.subjects import listed


async def exists(operation: Operation, found: Mapping[str, Any]) -> bool:
    """Whether the subject with this head is listed today."""
    return found["_id"] in await existing(operation, [found])


async def existing(operation: Operation, heads: Sequence[Mapping[str, Any]]) -> set[str]:
    """Those among the heads that are listed today.

    While stored clocks may be stale, a listing is judged by the clocks of the subject's records as they are now.
    """
    today, judge = operation.today, operation.judge
    if judge is None:
        return {one["_id"] for one in heads if listed(one, today)}
    entities = [one["_id"] for one in heads if listed({**one, "listed_to": today.isoformat()}, today)]
    if not entities:
        return set()
    day, platform = today.isoformat(), operation.platform
    records = map(judge, await platform.records.of_subjects(entities, platform.catalogue.kinds))
    return {one["subject"] for one in records if one["pub_from"] is not None and one["pub_to"] >= day}
