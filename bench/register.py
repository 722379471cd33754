"""A register of any size. The first subjects are filed through the actions; the rest are copies of them.

The embedded database takes about 1,000 documents a second, so copies go in by the hundred, with ids, codes,
names, dates and search keys of their own, and exactly the shape the platform wrote.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from pymongo.errors import BulkWriteError

from seed.city import UNITS
from seed.party import Party, entity_party
from seed.records import filing
from server import clock
from server.actions.file_records import file_records
from server.actions.filing import Attestation, Filing
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.catalogue.kind import SubjectKind
from server.model.ids import new_id
from server.model.viewer import Role, Viewer
from server.store.mongo import DUPLICATE_KEY, Mongo, patiently
from server.store.subjects import grams_of

STORIES = (
    ("administrative_penalty", "recent"),
    ("administrative_licence", "valid"),
    ("honour", "valid"),
    ("red_list_entry", "valid"),
    ("evaluation", "public"),
)
"""The five records of every entity, besides its basic record."""

TEMPLATES = 24
COMMON = "有限公司"
"""In the name of every entity."""

RARE = "麟凤阁"
"""In the names of so many entities as there are ``RARE_HITS``, all among the first, whatever the size."""

RARE_HITS = 20
HIDDEN_EVERY = 10
"""Every tenth copy of a feed record is past its publicity."""

_SPAN_DAYS = 1_000
_BATCH = 200
_TELL_EVERY = 2_000
_PATIENCE = 120.0


class Register:
    """Grows the register of one platform; knows how many entities it holds."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._templates: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
        self._next = 0
        self.size = 0

    async def start(self) -> None:
        """File the first entities through the actions, as their units would."""
        platform, day = self._platform, clock.today()
        await platform.units.put([one.document() for one in UNITS.values()])
        parties = [self._party() for _ in range(TEMPLATES)]
        by_unit: dict[str, list[Filing]] = {}
        for party in parties:
            for number, (kind, story) in enumerate((("entity_basic", ""), *STORIES)):
                unit, made = filing(kind, story, party, number, day)
                by_unit.setdefault(unit.key, []).append(made)
        for key, filings in by_unit.items():
            unit = UNITS[key]
            viewer = Viewer(Role.PROVIDER, id="bench", unit=unit.code, machine=True)
            operation = Operation(platform, viewer, clock.now(), "bench")
            report = await file_records(operation, filings, attestation=Attestation(unit.maker, unit.checker))
            if report.refused:
                raise RuntimeError(f"a record of the bench was refused: {report.refused[0].faults[0].rule}")
        database = platform.mongo.db
        for party in parties:
            subject = await database["subjects"].find_one({"code": party.code})
            assert subject is not None
            records = await database["records"].find({"subject": subject["_id"]}).to_list(None)
            self._templates.append((subject, records))
        self.size = len(parties)

    async def grow(self, size: int, tell: Callable[[int], None] = lambda _: None) -> None:
        """Add copies until the register holds ``size`` entities; ``tell`` hears how many it holds."""
        while self.size < size:
            subjects, records = [], []
            for place in range(self.size, min(self.size + _BATCH, size)):
                subject, own = self._copy(place)
                subjects.append(subject)
                records.extend(own)
            first = await self._platform.subjects.next_seq(len(subjects))
            for offset, one in enumerate(subjects):
                one["seq"] = first + offset
            await insert(self._platform.mongo, "subjects", subjects)
            await insert(self._platform.mongo, "records", records)
            self.size += len(subjects)
            if self.size % _TELL_EVERY < _BATCH:
                tell(self.size)

    def _party(self) -> Party:
        """The next company of the sample city."""
        while True:
            party = entity_party(self._next)
            self._next += 1
            if party.kind is SubjectKind.legal_person and party.name.endswith(COMMON):
                return party

    def _copy(self, place: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        subject, records = self._templates[place % TEMPLATES]
        party = self._party()
        name = party.name
        if place < TEMPLATES + RARE_HITS:
            name = f"曲阜市{RARE}{party.trade.word}{COMMON}"
        subject = copy.deepcopy(subject)
        subject |= {"_id": new_id("sub"), "code": party.code, "name": name, "grams": grams_of(name)}
        own = [self._record(one, subject["_id"], place, turn) for turn, one in enumerate(records)]
        subject["basic"] = copy.deepcopy(next(one for one in own if one["kind"] == "entity_basic"))
        return subject, own

    def _record(self, template: dict[str, Any], subject: str, place: int, turn: int) -> dict[str, Any]:
        made = copy.deepcopy(template)
        identifier = new_id("rec")
        day = (clock.today() - timedelta(days=(place * 37 + turn * 211) % _SPAN_DAYS)).isoformat()
        made |= {"_id": identifier, "subject": subject, "source_no": f"{template['source_no']}/{place}"}
        made |= {"dated_on": day, "order": f"{day}~{identifier}"}
        if place % HIDDEN_EVERY == HIDDEN_EVERY - 1 and made["pub_from"] is not None:
            made["pub_to"] = (date.fromisoformat(made["pub_from"]) + timedelta(days=1)).isoformat()
        return made


async def insert(mongo: Mongo, collection: str, documents: list[dict[str, Any]]) -> None:
    """Bulk insertion in batches the embedded server stays responsive under."""
    with patiently(_PATIENCE):
        for start in range(0, len(documents), _BATCH):
            try:
                await mongo.db[collection].insert_many(documents[start : start + _BATCH], ordered=False)
            except BulkWriteError as error:
                # The ids are fresh: where they are taken, the driver repeated a batch whose answer was lost.
                if any(one["code"] != DUPLICATE_KEY for one in error.details["writeErrors"]):
                    raise
