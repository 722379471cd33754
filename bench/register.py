"""A register of any size. The first subjects are filed through the actions; the rest are copies of them.

The embedded database takes about 1,000 documents a second, so copies go in by the hundred, with ids, codes,
names, dates and search keys of their own, and exactly the shape the platform wrote.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from bench.copies import add_subjects, copied, filed, insert, subject_of
from seed.party import Party, entity_party
from server import clock
from server.actions.platform import Platform
from server.catalogue.kind import SubjectKind
from server.model.ids import new_id
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
"""Every tenth copy of a feed record is kept secret (Art. 7)."""

FEED_KINDS = ("administrative_licence", "administrative_penalty")

_SPAN_DAYS = 1_000
_BATCH = 200
_TELL_EVERY = 2_000


class Register:
    """Grows the register of one platform; knows how many entities it holds."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._templates: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
        self._next = 0
        self.size = 0

    async def start(self) -> None:
        """File the first entities through the actions, as their units would."""
        parties = [self._party() for _ in range(TEMPLATES)]
        kinds = (("entity_basic", ""), *STORIES)
        records = await filed(self._platform, [(party, *one) for party in parties for one in kinds])
        for start in range(0, len(records), len(kinds)):
            own = records[start : start + len(kinds)]
            self._templates.append((await subject_of(self._platform, own[0]), own))
        self.size = len(parties)

    async def grow(self, size: int, tell: Callable[[int], None] = lambda _: None) -> None:
        """Add copies until the register holds ``size`` entities; ``tell`` hears how many it holds."""
        while self.size < size:
            subjects, records = [], []
            for place in range(self.size, min(self.size + _BATCH, size)):
                subject, own = self._copy(place)
                subjects.append(subject)
                records.extend(own)
            await add_subjects(self._platform, subjects, records)
            await insert(self._platform.mongo.db, "records", records)
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
        """A copy dated anew, and valid or public as long as its facts let it be from then on."""
        day = clock.today() - timedelta(days=(place * 37 + turn * 211) % _SPAN_DAYS)
        back = day - date.fromisoformat(template["facts"]["dated"])
        facts = template["facts"] | {"dated": day.isoformat()}
        for name in ("from", "ended"):
            if facts[name] is not None:
                facts[name] = (date.fromisoformat(facts[name]) + back).isoformat()
        made = copy.deepcopy(template)
        if place % HIDDEN_EVERY == HIDDEN_EVERY - 1 and template["kind"] in FEED_KINDS:
            facts["secret"], made["secrecy"] = True, ["commercial_secret"]
        return copied(self._platform, made, subject, place, facts, clock.now())
