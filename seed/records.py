"""From a kind and a story to a filing: the maker of every kind, and how a record is corrected later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from seed import basics, dishonest, others
from seed.case import Case, Maker, Values
from seed.city import FILED_BY, Unit
from seed.names import rng
from seed.offences import OFFENCES
from seed.party import Party
from server.actions.filing import Filing

MAKERS: Mapping[str, Maker] = MappingProxyType(
    {
        "abnormal_list": others.abnormal_list,
        "administrative_licence": basics.administrative_licence,
        "administrative_penalty": dishonest.administrative_penalty,
        "arrears": dishonest.arrears,
        "bankruptcy_exit": others.bankruptcy_exit,
        "civil_servant_file": others.civil_servant_file,
        "commitment": others.commitment,
        "commitment_breach": dishonest.commitment_breach,
        "compulsory_enforcement": dishonest.compulsory_enforcement,
        "entity_basic": basics.entity_basic,
        "evaluation": others.evaluation,
        "false_material": dishonest.false_material,
        "finding_notice": others.finding_notice,
        "government_integrity": others.government_integrity,
        "honour": basics.honour,
        "individual_business": basics.individual_business,
        "judgment_defaulter": dishonest.judgment_defaulter,
        "market_record": others.market_record,
        "member_credit": others.member_credit,
        "penalty_excluded": dishonest.penalty_excluded,
        "person_basic": basics.person_basic,
        "rectification_order": others.rectification_order,
        "red_list_entry": basics.red_list_entry,
        "self_declaration": others.self_declaration,
        "severe_list_entry": dishonest.severe_list_entry,
        "social_contribution": basics.social_contribution,
        "student_credit": others.student_credit,
        "supervision": others.supervision,
        "volunteer_activity": basics.volunteer_activity,
    }
)
"""The maker of every kind of the catalogue."""

_REGISTRARS = {"organ": "establishment", "institution": "establishment"}
_REGISTRARS |= {"social_organisation": "civil", "committee": "civil"}
_PERSONAL = frozenset({"justice"})
"""Units whose licences go to natural persons."""

SECRET = ("commercial_secret",)


def unit_for(kind: str, story: str, party: Party, number: int) -> Unit:
    """The unit that files this record: fixed by the kind of subject where the law fixes it, drawn otherwise."""
    units = FILED_BY[kind]
    if kind == "entity_basic":
        wanted = _REGISTRARS.get(party.form, "market")
        return next(one for one in units if one.key == wanted)
    if kind == "individual_business":
        return next(one for one in units if one.key == "market")
    if kind in ("administrative_penalty", "penalty_excluded"):
        units = tuple(one for one in units if one.key in OFFENCES)
    if story == "safety":
        units = tuple(one for one in units if any(each.domain != "none" for each in OFFENCES[one.key]))
    if kind == "administrative_licence":
        units = tuple(one for one in units if party.is_person == (one.key in _PERSONAL))
    return rng("unit", kind, party.serial, number).choice(units)


def filing(
    kind: str, story: str, party: Party, number: int, day: date, unit: Unit | None = None
) -> tuple[Unit, Filing]:
    """Record ``number`` of this subject as its unit would file it on the reference ``day`` (city time)."""
    unit = unit or unit_for(kind, story, party, number)
    serial = f"{party.serial}-{number:02}"
    case = Case(party, unit, story, day, rng(kind, story, serial), serial)
    made = Filing(
        kind=kind,
        source_no=f"{kind.upper().replace('_', '-')}-{serial}",
        subject=party.subject,
        values=MAKERS[kind](case),
        secrecy=SECRET if story == "secret" else (),
    )
    return unit, made


def corrected(first: Filing) -> Filing:
    """The same record filed anew with what has changed, and why (Art. 55)."""
    values: Values = dict(first.values)
    match first.kind:
        case "administrative_penalty":
            values |= {"circumstances": "经复核，当事人配合调查并及时改正", "remarks": "更正情节表述"}
            reason = "复核后更正情节"
        case "severe_list_entry":
            values |= dishonest.removal(date.fromisoformat(str(values["listedOn"])))
            reason = "移出严重失信主体名单"
        case "entity_basic" | "individual_business":
            values |= {"status": "suspended"}
            reason = "登记状态变更"
        case "arrears":
            values |= {"endedOn": values["foundOn"]}
            reason = "欠缴款项已缴清"
        case _:
            values |= {"remarks": "数据核对后更正"}
            reason = "数据核对更正"
    return Filing(first.kind, first.source_no, first.subject, values, reason, first.secrecy)
