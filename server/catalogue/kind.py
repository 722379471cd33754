"""The vocabulary of the data catalogue: what a kind of record is and what each of its fields may be.

Every element the measure asks of a catalogue item (Art. 21) and the provincial regulation adds (Shandong
Art. 10) has its place here. Nothing in this file reads, checks or stores anything.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Label:
    """One text in the city's language and in English."""

    zh: str
    en: str


class DisclosureClass(StrEnum):
    """How far one field may travel (Art. 30): publicity, authorised query, government sharing, or not at
    all."""

    PUBLIC = "P"
    SHARED = "AG"
    AUTHORISED = "A"
    GOVERNMENT = "G"
    INTERNAL = "I"


class Audience(StrEnum):
    """Who stands before the record; `internal` is the centre or the provider on duty."""

    public = "public"
    subject = "subject"
    third_party = "third_party"
    government = "government"
    internal = "internal"


_NOT_PUBLIC = frozenset({Audience.subject, Audience.third_party, Audience.government, Audience.internal})

AUDIENCES: Mapping[DisclosureClass, frozenset[Audience]] = MappingProxyType(
    {
        DisclosureClass.PUBLIC: frozenset(Audience),
        DisclosureClass.SHARED: _NOT_PUBLIC,
        DisclosureClass.AUTHORISED: _NOT_PUBLIC - {Audience.government},
        DisclosureClass.GOVERNMENT: frozenset({Audience.government, Audience.internal}),
        DisclosureClass.INTERNAL: frozenset({Audience.internal}),
    }
)
"""The audiences each class reaches, before time, consent and purpose narrow them."""


class SubjectKind(StrEnum):
    """Whom a record may be about (Art. 3, 11); institutions and social organisations are one of the first two
    kinds of organisation, `government_unit` is an organ or committee in its own government integrity file."""

    natural_person = "natural_person"
    legal_person = "legal_person"
    unincorporated = "unincorporated"
    individual_business = "individual_business"
    government_unit = "government_unit"


ENTITIES: frozenset[SubjectKind] = frozenset(SubjectKind) - {SubjectKind.natural_person}


class Category(StrEnum):
    """The four categories of credit information; every kind has exactly one (Art. 10)."""

    basic = "basic"
    trustworthy = "trustworthy"
    dishonest = "dishonest"
    other = "other"


class Family(StrEnum):
    """Public information comes from provider units, market information from collectors (Art. 9)."""

    public = "public"
    market = "market"


class BasisRank(StrEnum):
    """The rank of a legal basis, highest first; what only the city ordered grounds no adverse measure (Art.
    45)."""

    law = "law"
    administrative_regulation = "administrative_regulation"
    local_regulation = "local_regulation"
    national_policy = "national_policy"
    province = "province"
    city = "city"


class Frequency(StrEnum):
    """How often the source unit brings a kind up to date (Art. 21)."""

    realtime = "realtime"
    daily = "daily"
    weekly = "weekly"
    monthly = "monthly"
    yearly = "yearly"
    on_event = "on_event"


class Channel(StrEnum):
    """The way a kind usually arrives (Art. 21): a form, a file, the exchange with other systems, the
    subject."""

    form = "form"
    file = "file"
    exchange = "exchange"
    declaration = "declaration"


class ValueType(StrEnum):
    """What a field holds; `values.py` gives the stored shape of each."""

    text = "text"
    uscc = "uscc"
    organisation_code = "organisation_code"
    citizen_id = "citizen_id"
    document_number = "document_number"
    date = "date"
    money = "money"
    integer = "integer"
    decimal = "decimal"
    boolean = "boolean"
    choice = "choice"
    area_code = "area_code"
    responsible_person = "responsible_person"


class MaskName(StrEnum):
    """The forms in which part of a value may be shown; `masks.py` draws them (Art. 64)."""

    name = "name"
    ends = "ends"
    phone = "phone"
    street = "street"
    year = "year"


@dataclass(frozen=True, slots=True)
class Mask:
    """A mask and the audiences that get the masked form instead of the value."""

    name: MaskName
    audiences: frozenset[Audience]


@dataclass(frozen=True, slots=True)
class Option:
    """One admissible value of a choice; `aliases` are older or official codes accepted on the way in."""

    code: str
    label: Label
    aliases: tuple[str, ...] = ()


class RequiredRule(StrEnum):
    """When a field must be filled."""

    never = "never"
    always = "always"
    entity = "entity"
    person = "person"
    when = "when"


@dataclass(frozen=True, slots=True)
class Required:
    """The condition under which a field must be filled; `field` and `one_of` only speak for the rule
    `when`."""

    rule: RequiredRule
    field: str | None = None
    one_of: tuple[str, ...] = ()


NEVER = Required(RequiredRule.never)
ALWAYS = Required(RequiredRule.always)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind with everything that decides who may fill and who may see it.

    `disclosure` is the class for organisations, `person_disclosure` the one for natural persons (None: the
    field does not exist for them). `entity` is False for a field that exists for natural persons only, and
    `subjects` narrows the kinds of subject further. `document_type` names the field telling which identity
    document a `citizen_id` field holds, so that a passport is not measured as a citizen number.
    """

    name: str
    code: str | None
    label: Label
    description: Label
    type: ValueType
    many: bool
    length: int | None
    required: Required
    options: tuple[Option, ...]
    disclosure: DisclosureClass
    person_disclosure: DisclosureClass | None
    mask: Mask | None
    entity: bool
    review: bool
    subjects: frozenset[SubjectKind] = frozenset(SubjectKind)
    document_type: str | None = None

    def class_for(self, subject: SubjectKind) -> DisclosureClass | None:
        """The class of this field when the record is about such a subject; None where it does not exist."""
        if subject not in self.subjects:
            return None
        if subject is SubjectKind.natural_person:
            return self.person_disclosure
        return self.disclosure if self.entity else None


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis: the document, the article in it, and its rank."""

    document: str
    article: str
    rank: BasisRank


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record, as its catalogue item describes it (Art. 21).

    `purposes` narrows government sharing to some of the nine purposes (Art. 37; empty: all of them).
    `published_when` makes publicity depend on a choice of the record (None: the classes alone decide).
    `published_for` follows: the kinds of subject for which some field of the kind is public at all.
    """

    code: str
    type_name: str
    item: str
    name: Label
    description: Label
    category: Category
    family: Family
    subjects: frozenset[SubjectKind]
    sources: tuple[Label, ...]
    basis: tuple[Basis, ...]
    frequency: Frequency
    sharing: Label
    channel: Channel
    dated_by: str | None
    valid_from: str | None
    valid_to: str | None
    conduct_ended_by: str | None
    fields: tuple[Field, ...]
    purposes: frozenset[str] = frozenset()
    published_when: Required | None = None
    published_for: frozenset[SubjectKind] = dataclasses.field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, Field] = dataclasses.field(init=False, repr=False, compare=False)
    _by_key: Mapping[str, Field] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", MappingProxyType({one.name: one for one in self.fields}))
        public = DisclosureClass.PUBLIC
        published = (k for k in self.subjects if any(one.class_for(k) is public for one in self.fields))
        object.__setattr__(self, "published_for", frozenset(published))
        keys = {key: one for one in self.fields for key in (one.label.zh, one.code, one.name) if key}
        object.__setattr__(self, "_by_key", MappingProxyType(keys))

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when the kind has none."""
        return self._by_name[name]

    def meant_by(self, key: str) -> Field | None:
        """The field a key of a filing means: its name, standard code or Chinese label; None for no field."""
        return self._by_key.get(key) or self._by_key.get(key.upper())


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Every kind of one catalogue version; two versions are never equal, so it may key a cache (Art. 22)."""

    version: int
    kinds: Mapping[str, Kind]
    _by_type: Mapping[str, Kind] = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_type", MappingProxyType({k.type_name: k for k in self.kinds.values()}))

    def kind(self, code: str) -> Kind:
        """The kind of that code, such as `administrative_penalty`; KeyError when there is none."""
        return self.kinds[code]

    def by_type(self, type_name: str) -> Kind:
        """The kind of that GraphQL type name, such as `AdministrativePenalty`; KeyError when none."""
        return self._by_type[type_name]
