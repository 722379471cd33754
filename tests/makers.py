"""Whole filings for every kind of the catalogue, made from the catalogue itself: a new kind joins by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from server.actions.calendar_seed import library_notices
from server.actions.filing import Filing, FilingSubject
from server.catalogue.kind import Catalogue, Field, Kind, RequiredRule, SubjectKind, ValueType
from server.catalogue.load import load
from server.clock import CITY
from server.rules import lifecycle, regime, ruleset
from server.rules.lifecycle import Clocks
from server.rules.regime import Regime
from server.rules.workdays import WorkCalendar
from tests.catalogue.makers import a_citizen_id, a_uscc

CATALOGUE: Catalogue = load()
CALENDAR = WorkCalendar.of(library_notices())
SHIPPED = {one.id: one for one in ruleset.shipped()}
BEYOND = frozenset({"qufu-2023-8"})
RULES = ruleset.applied((SHIPPED["qufu-2023-8"], SHIPPED["shandong-2020"]), date(2026, 11, 23), BEYOND)
ORDER_36 = ruleset.applied(SHIPPED.values(), date(2026, 11, 23), BEYOND)
"""The rule sets of a new installation, and those with the order on credit repair besides."""
REGIME = regime.first(RULES, CALENDAR)
REGIME_36 = regime.first(ORDER_36, CALENDAR)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=CITY)
"""The moment all requests of these tests are judged at."""
TODAY: date = NOW.date()

UNIT = a_uscc("11370881", "MB280001")
OTHER_UNIT = a_uscc("11370881", "MB280002")
AGENCY_UNIT = a_uscc("11370881", "MB280003")
BANK = a_uscc("91370881", "MA3CB001")
OTHER_BANK = a_uscc("91370881", "MA3CB002")
COLLECTOR = a_uscc("51370881", "MJD00001")


@dataclass(frozen=True, slots=True)
class Party:
    """Whom test records are about. ``key`` is the code, or the ID number of a person."""

    name: str
    kind: SubjectKind
    key: str

    @property
    def is_person(self) -> bool:
        return self.kind is SubjectKind.natural_person

    def subject(self, **changes: Any) -> FilingSubject:
        """The subject of a filing about this party."""
        named = {"id_number": self.key} if self.is_person else {"code": self.key, "kind": self.kind}
        return FilingSubject(**({"name": self.name} | named | changes))


COMPANY = Party("曲阜市杏坛食品有限公司", SubjectKind.legal_person, a_uscc("91370881", "MA3C0001"))
OTHER_COMPANY = Party("曲阜市泗水建材有限公司", SubjectKind.legal_person, a_uscc("91370881", "MA3C0009"))
COOPERATIVE = Party("曲阜市沂河果蔬合作社", SubjectKind.unincorporated, a_uscc("93370881", "MA3C0003"))
SHOP = Party("曲阜市鲁城街道明德面馆", SubjectKind.individual_business, a_uscc("92370881", "MA3D0002"))
ORGAN = Party("曲阜市鼓楼街道办事处", SubjectKind.government_unit, a_uscc("11370881", "MB280077"))
PERSON = Party("孔子言", SubjectKind.natural_person, a_citizen_id(born=date(1970, 3, 7), serial=1))
OTHER_PERSON = Party("颜回文", SubjectKind.natural_person, a_citizen_id(born=date(1981, 5, 9), serial=2))
UNHEARD_PERSON = Party("曾子舆", SubjectKind.natural_person, a_citizen_id(born=date(1990, 1, 2), serial=3))
REPRESENTATIVE = a_citizen_id(born=date(1968, 8, 8), serial=7)
PARTIES = (COMPANY, OTHER_COMPANY, COOPERATIVE, SHOP, ORGAN, PERSON, OTHER_PERSON)

_CATEGORY = {
    SubjectKind.natural_person: "natural_person",
    SubjectKind.individual_business: "individual_business",
}
_CHOICES = {"procedure": "ordinary", "penaltyTypes": "fine", "domain": "none"}
_WORDS = "杏坛春风沂水舞雩洙泗弦歌"


def clocks_of(
    kind: Kind,
    on: SubjectKind,
    values: Mapping[str, Any],
    dated: date,
    *,
    secret: bool = False,
    under: Regime = REGIME,
    restarts: Sequence[Mapping[str, str]] = (),
) -> Clocks:
    """The clocks of a record with these stored values."""
    facts = lifecycle.facts_of(kind, values, dated, secret=secret)
    if restarts:
        facts["restarts"] = list(restarts)
    return lifecycle.clocks(kind, on, facts, under)


def a_value(kind: Kind, field: Field, party: Party, day: date) -> object:
    """A raw value a unit might send for this field; None where nothing should be sent."""
    match field.type:
        case ValueType.uscc:
            value: object = party.key if field.name == "uscc" else UNIT
        case ValueType.organisation_code:
            value = party.key[8:17]
        case ValueType.citizen_id:
            value = party.key if party.is_person else REPRESENTATIVE
        case ValueType.date:
            value = _a_date(kind, field, day)
        case ValueType.money:
            value = "12.5"
        case ValueType.integer:
            value = "3"
        case ValueType.decimal:
            value = "1.5"
        case ValueType.boolean:
            value = False
        case ValueType.choice:
            value = _a_choice(kind, field, party)
        case ValueType.area_code:
            value = "370881"
        case ValueType.responsible_person:
            value = {"role": "legal_representative", "name": "冉有"}
        case ValueType.document_number:
            value = f"曲字〔{day.year}〕{len(field.name)}号"
        case _:
            value = party.name if field.name in ("partyName", "name") else _a_text(kind, field)
    return [value] if field.many and value is not None else value


def _a_text(kind: Kind, field: Field) -> str:
    place = [one.name for one in kind.fields].index(field.name)
    return f"{_WORDS[place % 12]}{_WORDS[(place // 12 + 5) % 12]}{_WORDS[len(kind.code) % 12]}事"


def _a_date(kind: Kind, field: Field, day: date) -> str | None:
    if field.name == kind.valid_to:
        return "2099-12-31"
    if field.name == kind.conduct_ended_by or (
        kind.code == "severe_list_entry" and field.name == "removedOn"
    ):
        return None
    return day.isoformat()


def _a_choice(kind: Kind, field: Field, party: Party) -> str:
    if field.name == "partyCategory":
        return _CATEGORY.get(party.kind, "organisation")
    when = kind.published_when
    if when is not None and when.field == field.name:
        return when.one_of[0]
    return _CHOICES.get(field.name, field.options[0].code)


def values_of(kind: Kind, party: Party, day: date = date(2026, 5, 6)) -> dict[str, object]:
    """A value for every field that exists for such a party."""
    made = {
        one.name: a_value(kind, one, party, day)
        for one in kind.fields
        if one.class_for(party.kind) is not None
    }
    for one in kind.fields:
        rule = one.required
        if rule.rule is RequiredRule.when and one.type is ValueType.money:
            chosen = made.get(rule.field or "")
            if not set(chosen if isinstance(chosen, list) else [chosen]) & set(rule.one_of):
                made.pop(one.name, None)
    return {name: value for name, value in made.items() if value is not None}


def a_record(
    code: str, on: Party, number: str = "1", *, day: date = date(2026, 5, 6), **changes: Any
) -> Filing:
    """A filing of the kind ``code`` about ``on``; None takes a field away."""
    values = values_of(CATALOGUE.kind(code), on, day) | changes
    return Filing(
        kind=code,
        source_no=f"{code}-{on.key[-4:]}-{number}",
        subject=on.subject(),
        values={name: value for name, value in values.items() if value is not None},
    )


def a_penalty(on: Party = COMPANY, number: str = "1", **changes: Any) -> Filing:
    """A penalty in its publicity period."""
    return a_record("administrative_penalty", on, number, **changes)


def a_company(name: str = "曲阜市尼山文具有限公司", serial: int = 1) -> Party:
    """Another company."""
    return Party(name, SubjectKind.legal_person, a_uscc("91370881", f"MA3E{serial:04}"))


def a_person(name: str = "仲由文", serial: int = 11, born: date = date(1985, 6, 7)) -> Party:
    """Another person."""
    return Party(name, SubjectKind.natural_person, a_citizen_id(born=born, serial=serial))


VEILED = a_company("曲阜市泮水印务有限公司", 43)
"""A company of which something is kept secret."""


def years_ago(count: int) -> date:
    """A day that many years before the tests' day."""
    return TODAY - timedelta(days=365 * count + count // 4 + 1)
