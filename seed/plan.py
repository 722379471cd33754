"""Which records a subject has: every story for somebody in the first few dozen, and a likely handful for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import TypeAlias

from seed.city import UNITS, Unit
from seed.names import rng
from seed.party import SHOWCASE, Party
from seed.records import corrected, filing
from server.actions.filing import Filing
from server.catalogue.kind import Catalogue, SubjectKind

Story: TypeAlias = tuple[str, str]
"""A kind and what happened."""


class Way(IntEnum):
    """How a filing comes in, in the order in which they are filed."""

    FIRST = 0
    """The first record of a subject, in force at once."""
    MORE = 1
    """A further one."""
    CORRECTED = 2
    """A changed refiling of one that is in force."""
    WAITING = 3
    """Filed by hand; waits for the checker (Art. 23)."""
    RETURNED = 4
    """Filed by hand and sent back by the checker (Art. 23)."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One filing of the city, by its unit."""

    way: Way
    unit: Unit
    filing: Filing


ENTITY_STORIES: tuple[Story, ...] = (
    ("administrative_penalty", "recent"),
    ("administrative_licence", "valid"),
    ("administrative_penalty", "publicity_ended"),
    ("administrative_licence", "expired"),
    ("administrative_penalty", "disclosure_ended"),
    ("administrative_licence", "long"),
    ("administrative_penalty", "warning"),
    ("red_list_entry", "valid"),
    ("administrative_penalty", "secret"),
    ("honour", "valid"),
    ("administrative_penalty", "corrected"),
    ("honour", "expired"),
    ("administrative_penalty", "open"),
    ("social_contribution", ""),
    ("administrative_penalty", "safety"),
    ("volunteer_activity", ""),
    ("severe_list_entry", "listed"),
    ("supervision", "law"),
    ("severe_list_entry", "removed"),
    ("supervision", "none"),
    ("supervision", "interview"),
    ("severe_list_entry", "corrected"),
    ("commitment", "public"),
    ("judgment_defaulter", "open"),
    ("commitment", "limited"),
    ("judgment_defaulter", "long_ago"),
    ("commitment", "closed"),
    ("arrears", "open"),
    ("evaluation", "public"),
    ("arrears", "corrected"),
    ("evaluation", "limited"),
    ("compulsory_enforcement", ""),
    ("market_record", "law"),
    ("false_material", ""),
    ("market_record", "contract"),
    ("commitment_breach", ""),
    ("market_record", "none"),
    ("penalty_excluded", ""),
    ("member_credit", ""),
    ("abnormal_list", "listed"),
    ("self_declaration", "verified"),
    ("abnormal_list", "removed"),
    ("self_declaration", "pending"),
    ("bankruptcy_exit", ""),
    ("finding_notice", ""),
    ("administrative_penalty", "waiting"),
    ("rectification_order", ""),
    ("administrative_licence", "waiting"),
    ("supervision", "returned"),
)
PERSON_STORIES: tuple[Story, ...] = (
    ("administrative_penalty", "open"),
    ("volunteer_activity", ""),
    ("administrative_penalty", "recent"),
    ("social_contribution", ""),
    ("administrative_licence", "valid"),
    ("judgment_defaulter", "open"),
    ("honour", "valid"),
    ("red_list_entry", "valid"),
    ("arrears", "open"),
    ("civil_servant_file", ""),
    ("severe_list_entry", "listed"),
    ("student_credit", ""),
    ("false_material", ""),
    ("market_record", "none"),
    ("commitment_breach", ""),
    ("commitment", "public"),
    ("compulsory_enforcement", ""),
    ("supervision", "law"),
    ("penalty_excluded", ""),
    ("self_declaration", "verified"),
    ("finding_notice", ""),
    ("rectification_order", ""),
    ("administrative_penalty", "waiting"),
)
ORGAN_STORIES: tuple[Story, ...] = (
    ("government_integrity", ""),
    ("honour", "valid"),
    ("government_integrity", ""),
    ("administrative_licence", "valid"),
)

_CALM: tuple[Story, ...] = (
    *(("administrative_licence", "valid"),) * 4,
    *(("administrative_licence", "long"), ("administrative_licence", "expired")),
    *(("supervision", "law"),) * 3,
    *(("supervision", "none"),) * 2,
    *(("commitment", "public"),) * 3,
    *(("commitment", "limited"), ("evaluation", "limited")),
    *(("evaluation", "public"),) * 3,
    *(
        ("honour", "valid"),
        ("red_list_entry", "valid"),
        ("social_contribution", ""),
        ("volunteer_activity", ""),
    ),
    *(("market_record", "none"), ("member_credit", ""), ("self_declaration", "verified")),
)
_TROUBLED: tuple[Story, ...] = (
    *(("administrative_penalty", "recent"),) * 4,
    *(("administrative_penalty", "safety"),) * 2,
    *(("administrative_penalty", "publicity_ended"), ("administrative_penalty", "disclosure_ended")),
    *(("administrative_penalty", "warning"), ("administrative_penalty", "corrected")),
    *(("penalty_excluded", ""), ("arrears", "open"), ("arrears", "cleared"), ("judgment_defaulter", "open")),
    *(("abnormal_list", "listed"), ("abnormal_list", "removed"), ("rectification_order", "")),
    *(
        ("finding_notice", ""),
        ("commitment_breach", ""),
        ("false_material", ""),
        ("compulsory_enforcement", ""),
    ),
)
_CALM_PERSON: tuple[Story, ...] = (
    *(("volunteer_activity", ""),) * 5,
    *(("social_contribution", ""),) * 3,
    *(("honour", "valid"), ("red_list_entry", "valid"), ("administrative_licence", "valid")),
    *(("self_declaration", "verified"), ("commitment", "public"), ("market_record", "none")),
)
_TROUBLED_PERSON: tuple[Story, ...] = (
    *(("administrative_penalty", "recent"), ("administrative_penalty", "open")),
    *(
        ("judgment_defaulter", "open"),
        ("arrears", "open"),
        ("rectification_order", ""),
        ("finding_notice", ""),
    ),
)

_ENTITY = (ENTITY_STORIES, _CALM, _TROUBLED)
_PERSON = (PERSON_STORIES, _CALM_PERSON, _TROUBLED_PERSON)

_ROUND = 200
_CORE = 60
"""Of every 200 subjects the first 60 carry the stories in turn, so that a small city has them all."""

_NAMELESS = 41
"""One entity in so many has no basic record: only its other records tell of it."""

_TROUBLE = 0.35
"""The share of subjects that have records of dishonesty beyond the stories."""

SHOWCASE_UNIT = UNITS["market"]
SHOWCASE_NUMBERS = {"shown": 90, "ended": 91}
"""The places of the showcase's two penalties, one public and one past its publicity, among its records."""


def plan(party: Party, day: date, catalogue: Catalogue) -> Iterator[Planned]:
    """Every filing about one subject, its basic record first (a few have none), as of the reference ``day``."""
    first = True
    for number, (kind, story) in enumerate(_stories(party)):
        if party.kind not in catalogue.kind(kind).subjects:
            continue
        unit, made = filing(kind, story, party, number, day)
        if story in ("waiting", "returned"):
            yield Planned(Way.WAITING if story == "waiting" else Way.RETURNED, unit, made)
            continue
        yield Planned(Way.FIRST if first else Way.MORE, unit, made)
        first = False
        if story == "corrected":
            yield Planned(Way.CORRECTED, unit, corrected(made))
    if party.index == SHOWCASE and not party.is_person:
        for story in SHOWCASE_NUMBERS:
            yield Planned(Way.MORE, SHOWCASE_UNIT, showcase_penalty(story, party, day))


def showcase_penalty(story: str, party: Party, day: date) -> Filing:
    """The showcase's penalty of that story (a key of ``SHOWCASE_NUMBERS``)."""
    number = SHOWCASE_NUMBERS[story]
    return filing("administrative_penalty", story, party, number, day, SHOWCASE_UNIT)[1]


def _stories(party: Party) -> list[Story]:
    if party.kind is SubjectKind.government_unit:
        told = ORGAN_STORIES[: rng("organ", party.serial).randint(2, len(ORGAN_STORIES))]
        return [*_basic(party), *told]
    told, calm, trouble = _PERSON if party.is_person else _ENTITY
    stories = _basic(party)
    place = party.index % _ROUND
    if place < _CORE:
        # Two turns through the list, half a list apart: what a shop cannot have is left to a company.
        stories += [told[place % len(told)], told[(place + len(told) // 2) % len(told)]]
    random = rng("stories", party.serial)
    stories += random.choices(calm, k=random.randint(1, 5 if party.is_person else 8))
    if random.random() < _TROUBLE:
        stories += random.choices(trouble, k=random.randint(1, 3 if party.is_person else 6))
    return stories


def _basic(party: Party) -> list[Story]:
    if party.is_person:
        return [("person_basic", "")]
    if party.index % _NAMELESS == _NAMELESS - 1:
        return []
    shop = party.kind is SubjectKind.individual_business
    return [
        ("individual_business" if shop else "entity_basic", "corrected" if party.index % 37 == 30 else "")
    ]
