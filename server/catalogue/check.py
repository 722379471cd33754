"""One filing against one kind: everything a record must be before anybody may accept it.

All faults of a filing are found at once, so that a unit corrects its file in one go. A fault names the field,
its label and the rule; what was sent appears nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from server.catalogue import forbidden, personal
from server.catalogue.fault import Fault, Invalid
from server.catalogue.kind import (
    DisclosureClass,
    Family,
    Field,
    Kind,
    Required,
    RequiredRule,
    SubjectKind,
    ValueType,
)
from server.catalogue.masks import mask
from server.catalogue.values import Value, blank, clean

__all__ = ["Checked", "Fault", "check", "name_of"]

AGREEMENT = ("agreementUse", "agreementTerm", "agreementConsequence")
"""What a written agreement must name before a market collector may hold otherwise forbidden data (Art.
63)."""

_PARTY = {
    SubjectKind.natural_person: "natural_person",
    SubjectKind.individual_business: "individual_business",
}
_FREE = frozenset({ValueType.text, ValueType.document_number, ValueType.responsible_person})
_ECHOED = re.compile(r"(?!(?:.*[0-9]){3})[A-Za-z\u4e00-\u9fff][0-9A-Za-z_\u4e00-\u9fff]{0,39}")


@dataclass(frozen=True, slots=True)
class Checked:
    """What may be stored: the clean values by field name, and the masked form of each masked one.

    `dropped` names the columns of the exchange standard that were filled although the catalogue holds nothing
    there for such a subject, as the legal representative of an individual business: not stored (Art. 7).
    """

    values: dict[str, Value]
    masked: dict[str, str | list[str]]
    dropped: tuple[str, ...] = ()


def name_of(kind: Kind, key: str) -> str | None:
    """The field a key of a filing or a column of a file means: its name, standard code or Chinese label."""
    one = kind.meant_by(key.strip())
    return one.name if one else None


def check(
    kind: Kind,
    subject_kind: SubjectKind,
    raw: Mapping[str, object],
    *,
    today: date,
) -> Checked | tuple[Fault, ...]:
    """The clean values of a filing, or every fault found in it.

    `raw` maps field names, standard codes or Chinese labels to what was sent; blank values count as not sent.
    `today` is the day in the city's time zone. The rules are those of the catalogue (Art. 21), severity (Art.
    14), forbidden data (Art. 63) and personal data in what is published (Art. 64).
    """
    if subject_kind not in kind.subjects:
        sentence = f"must not be about a subject of the kind {subject_kind.value}"
        return (Invalid("subject_kind", sentence).at(kind.code, kind.name.zh),)
    sent, faults = _resolve(kind, raw)
    agreement = kind.family is Family.market and all(name in sent for name in AGREEMENT)
    values: dict[str, Value] = {}
    dropped = tuple(name for name in sent if _surplus(kind.field(name), subject_kind))
    for name, value in sent.items():
        if name in dropped:
            continue
        one = kind.field(name)
        result = _admit(one, subject_kind, value, sent, kind, today, agreement)
        if isinstance(result, Fault):
            faults.append(result)
        else:
            values[name] = result
    faulty = {fault.field for fault in faults}
    faults += _missing(kind, subject_kind, values, faulty)
    faults += _across(kind, subject_kind, values, today)
    if faults:
        return tuple(faults)
    return Checked(values, _masked(kind, values), dropped)


def _resolve(kind: Kind, raw: Mapping[str, object]) -> tuple[dict[str, object], list[Fault]]:
    sent: dict[str, object] = {}
    faults: list[Fault] = []
    for key, value in raw.items():
        name = name_of(kind, key) if isinstance(key, str) else None
        if name is None:
            faults.append(_unknown(key))
        elif not blank(value):
            if name in sent:
                one = kind.field(name)
                faults.append(Invalid("twice", "is given twice").at(name, one.label.zh))
            sent[name] = value
    return sent, faults


def _unknown(key: object) -> Fault:
    """An unknown key is named only if it is a plain word: a key can hide data just as a value can."""
    refused = forbidden.find({key: None}, path="")
    if refused is not None:
        return refused
    plain = key if isinstance(key, str) and _ECHOED.fullmatch(key) else ""
    return Invalid("unknown_field", "is not a field of this kind of record").at(plain)


def _surplus(one: Field, subject_kind: SubjectKind) -> bool:
    """A column of the standard, filled for a subject of which it is not held; our own fields are faults."""
    return one.code is not None and one.class_for(subject_kind) is None


def _admit(
    one: Field,
    subject_kind: SubjectKind,
    raw: object,
    sent: Mapping[str, object],
    kind: Kind,
    today: date,
    agreement: bool,
) -> Value | Fault:
    zh = one.label.zh
    disclosure = one.class_for(subject_kind)
    if disclosure is None:
        sentence = f"must not be given for a subject of the kind {subject_kind.value}"
        return Invalid("not_for_subject", sentence).at(one.name, zh)
    document = _document(kind, one, sent, today)
    value = clean(one, raw, today=today, document_type=document)
    if one.type in _FREE:
        # What is refused for its form may still be named for what it hides; clean values are shorter.
        refused = forbidden.find(raw if _nested(raw) else value, path=one.name, agreement=agreement)
        if refused is not None:
            return Invalid(refused.rule, forbidden.SENTENCE).at(one.name, zh)
    if isinstance(value, Fault):
        return value
    if one.type in _FREE:
        published = one.review and disclosure is DisclosureClass.PUBLIC
        found = personal.find(value, published=published)
        if found is not None:
            return Invalid(found, personal.SENTENCES[found]).at(one.name, zh)
    return value


def _nested(raw: object) -> bool:
    return isinstance(raw, Mapping | list | tuple)


def _document(kind: Kind, one: Field, sent: Mapping[str, object], today: date) -> str | None:
    """Which identity document a number is of; an unreadable choice is that field's own fault."""
    if one.document_type is None or one.document_type not in sent:
        return None
    chosen = clean(kind.field(one.document_type), sent[one.document_type], today=today)
    return chosen if isinstance(chosen, str) else None


def _missing(
    kind: Kind, subject_kind: SubjectKind, values: Mapping[str, Value], faulty: set[str]
) -> list[Fault]:
    faults = []
    for one in kind.fields:
        if one.name in values or one.name in faulty or one.class_for(subject_kind) is None:
            continue
        if _asked(one.required, subject_kind, values):
            faults.append(Invalid("required", "is required").at(one.name, one.label.zh))
    return faults


def _asked(required: Required, subject_kind: SubjectKind, values: Mapping[str, Value]) -> bool:
    match required.rule:
        case RequiredRule.never:
            return False
        case RequiredRule.always:
            return True
        case RequiredRule.entity:
            return subject_kind is not SubjectKind.natural_person
        case RequiredRule.person:
            return subject_kind is SubjectKind.natural_person
        case RequiredRule.when:
            return _chosen(values.get(required.field or ""), required.one_of)


def _chosen(value: Value | None, one_of: tuple[str, ...]) -> bool:
    chosen = value if isinstance(value, list) else [value]
    return any(one in one_of for one in chosen)


def _across(kind: Kind, subject_kind: SubjectKind, values: Mapping[str, Value], today: date) -> list[Fault]:
    """What two fields, or a field and the subject, say of each other."""
    faults = []

    def hold(holds: bool, name: str, rule: str, sentence: str) -> None:
        if not holds:
            faults.append(Invalid(rule, sentence).at(name, kind.field(name).label.zh))

    for name in (kind.dated_by, kind.conduct_ended_by):
        if name is not None and name in values:
            hold(str(values[name]) <= today.isoformat(), name, "future", "must not lie in the future")
    start = kind.valid_from if kind.valid_from in values else kind.dated_by
    end = kind.valid_to
    if start is not None and end is not None and start in values and end in values:
        hold(str(values[start]) <= str(values[end]), end, "order", f"must not lie before {start}")
    if "partyCategory" in values:
        fits = values["partyCategory"] == _PARTY.get(subject_kind, "organisation")
        hold(fits, "partyCategory", "category", "does not fit the kind of the subject")
    if "uscc" in values:
        business = str(values["uscc"]).startswith("92")
        fits = business == (subject_kind is SubjectKind.individual_business)
        hold(fits, "uscc", "uscc_kind", "must begin with 92 for an individual business and only for one")
        same = values.get("organisationCode", str(values["uscc"])[8:17]) == str(values["uscc"])[8:17]
        hold(same, "organisationCode", "organisation_code_differs", "differs from the code inside the uscc")
    for one in kind.fields:
        if one.type is ValueType.money and values.get(one.name) and one.required.rule is RequiredRule.when:
            chosen = _chosen(values.get(one.required.field or ""), one.required.one_of)
            rule = f"must be empty unless {one.required.field} says {' or '.join(one.required.one_of)}"
            hold(chosen, one.name, "only_when", rule)
    return faults


def _masked(kind: Kind, values: Mapping[str, Value]) -> dict[str, str | list[str]]:
    masked: dict[str, str | list[str]] = {}
    for one in kind.fields:
        if one.mask and one.name in values:
            value = values[one.name]
            form = one.mask.name
            masked[one.name] = (
                [mask(form, each) for each in value] if isinstance(value, list) else mask(form, value)
            )
    return masked
