"""Records filed through the actions as their units would, and copies of them as the platform would have stored them.

A copy has an id and slot of its own, and clocks, stage and day due that follow from its facts under the rules in force.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bson.binary import Binary
from pymongo.errors import BulkWriteError

from seed.city import UNITS
from seed.names import entity_code
from seed.party import Party
from seed.records import filing
from server import clock
from server.actions.announce import placed
from server.actions.file_records import file_records
from server.actions.filing import Attestation, Filing
from server.actions.listing import published_to
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.model.ids import new_id
from server.model.viewer import Role, Viewer
from server.rules import lifecycle
from server.store.mongo import DUPLICATE_KEY, Database, patiently
from server.store.records import slot_of

Story = tuple[Party, str, str]
"""About whom, of what kind, and what happened (see ``seed.records``)."""

_DATES = ("dated", "from", "to", "ended", "removed")
_BATCH = 200
_PATIENCE = 120.0
_FAR = 600_000
"""Where in the endless row of unified social credit codes those of copied entities begin."""

APART = 300_000
"""Where in the sample city's endless row begin the parties whose records are copied outside the register."""


async def filed(platform: Platform, stories: Sequence[Story]) -> list[dict[str, Any]]:
    """The stored records of these stories, in their order, once every unit has filed its own."""
    day = clock.today()
    await platform.units.put([one.document() for one in UNITS.values()])
    by_unit: dict[str, list[Filing]] = {}
    keys = []
    for number, (party, kind, story) in enumerate(stories):
        unit, made = filing(kind, story, party, number, day)
        by_unit.setdefault(unit.key, []).append(made)
        keys.append((unit.code, kind, made.source_no))
    for key, filings in by_unit.items():
        unit = UNITS[key]
        viewer = Viewer(Role.PROVIDER, id="bench", unit=unit.code, machine=True)
        operation = Operation(platform, viewer, clock.now(), "bench")
        report = await file_records(operation, filings, attestation=Attestation(unit.maker, unit.checker))
        if report.refused:
            raise RuntimeError(f"a record of the bench was refused: {report.refused[0].faults[0].rule}")
    found = await platform.records.by_source(keys)
    return [found[one] for one in keys]


async def subject_of(platform: Platform, record: Mapping[str, Any]) -> dict[str, Any]:
    """The stored subject of a record."""
    found = await platform.mongo.db["subjects"].find_one({"_id": record["subject"]})
    assert found is not None
    return found


def copied(
    platform: Platform,
    template: Mapping[str, Any],
    subject: str,
    number: int,
    facts: Mapping[str, Any],
    at: datetime,
) -> dict[str, Any]:
    """A copy of a record with these facts about ``subject``, as it was stored and announced ``at`` a moment."""
    identifier, day = new_id("rec"), facts["dated"]
    made = {
        **template,
        "_id": identifier,
        "subject": subject,
        "source_no": f"{template['source_no']}/{number}",
        "dated_on": day,
        "order": f"{day}~{identifier}",
        "slot": slot_of(identifier),
        "facts": dict(facts),
    }
    made |= lifecycle.renewed(made, platform.catalogue, platform.regimes.current)
    return made | placed(made, at)


def shifted(facts: Mapping[str, Any], days: int) -> dict[str, Any]:
    """The facts of the same record so many days later; conducts beside it stay with the subject they are of."""
    made = dict(facts)
    for name in _DATES:
        if made.get(name) is not None:
            made[name] = (date.fromisoformat(made[name]) + timedelta(days=days)).isoformat()
    if "restarts" in made:
        made["restarts"] = []
    return made


def copied_subject(template: Mapping[str, Any], number: int) -> dict[str, Any]:
    """Another subject of the same form without a basic record; its place in the search is the caller's to give."""
    made = {**template, "_id": new_id("sub"), "basic": None}
    if "code" in template:
        return made | {"code": entity_code("91", _FAR + number)}
    cipher = template["id_cipher"]
    return made | {"id_cipher": Binary(secrets.token_bytes(len(cipher)), cipher.subtype)}


async def add_subjects(
    platform: Platform, subjects: Sequence[dict[str, Any]], records: Iterable[Mapping[str, Any]]
) -> None:
    """Insert subjects, each listed until the last day on which one of its records is published."""
    listed: dict[str, str] = {}
    for one in records:
        last = published_to(one)
        if last is not None:
            listed[one["subject"]] = max(last, listed.get(one["subject"], ""))
    entities = [one for one in subjects if "code" in one]
    first = await platform.subjects.next_seq(len(entities)) if entities else 0
    for offset, entity in enumerate(entities):
        entity["seq"] = first + offset
    for one in subjects:
        one["listed_to"] = listed.get(one["_id"])
    await insert(platform.mongo.db, "subjects", subjects)


async def insert(database: Database, collection: str, documents: Sequence[dict[str, Any]]) -> None:
    """Bulk insertion in batches the embedded server stays responsive under."""
    with patiently(_PATIENCE):
        for start in range(0, len(documents), _BATCH):
            try:
                await database[collection].insert_many(documents[start : start + _BATCH], ordered=False)
            except BulkWriteError as error:
                # The ids are fresh: where they are taken, the driver repeated a batch whose answer was lost.
                if any(one["code"] != DUPLICATE_KEY for one in error.details["writeErrors"]):
                    raise
