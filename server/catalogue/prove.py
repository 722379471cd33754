"""What must hold of a kind as a whole before the platform may boot with it.

The promises of access rest on these: a record list is ordered by a date that every reader of the list may
see, and no personal number leaves the house unmasked (Art. 36, 64; Shandong Art. 20).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from server.catalogue import forbidden
from server.catalogue.envelope import ENVELOPE_NAMES
from server.catalogue.kind import (
    AUDIENCES,
    Audience,
    DisclosureClass,
    Field,
    Kind,
    MaskName,
    RequiredRule,
    SubjectKind,
    ValueType,
)
from server.errors import ConfigError

_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TYPE_NAME = re.compile(r"([A-Z][a-z0-9]*)+")
_FIELD_NAME = re.compile(r"[a-z][a-zA-Z0-9]*")
_ITEM = re.compile(r"QF-[0-9]{4}")
_TAKEN = ENVELOPE_NAMES | {"id", "kind", "fields"}
"""A field of the same name would be decided by the envelope's rule instead of its own."""

_MASKABLE = frozenset(
    {
        ValueType.text,
        ValueType.citizen_id,
        ValueType.document_number,
        ValueType.date,
        ValueType.responsible_person,
    }
)
_OUTSIDERS = frozenset({Audience.third_party, Audience.government})


def prove_catalogue(kinds: list[Kind]) -> None:
    """ConfigError when there is no kind, or two kinds share a code, a type name or an item code."""
    if not kinds:
        raise ConfigError("The catalogue holds no kind.")
    for what, values in (
        ("code", [one.code for one in kinds]),
        ("type", [one.type_name for one in kinds]),
        ("item", [one.item for one in kinds]),
    ):
        twice = _repeated(values)
        if twice:
            raise ConfigError(f"Catalogue: two kinds have the same {what} {twice}.")


def prove_kind(kind: Kind, origin: str) -> None:
    """ConfigError naming file and key for everything about a kind that cannot be or must not be."""
    for key, value, pattern in (
        ("code", kind.code, _CODE),
        ("type", kind.type_name, _TYPE_NAME),
        ("item", kind.item, _ITEM),
    ):
        _hold(pattern.fullmatch(value) is not None, origin, key, "is not of the prescribed form")
    for key, names in (
        ("name", [one.name for one in kind.fields]),
        ("code", [one.code for one in kind.fields if one.code]),
        ("label", [one.label.zh for one in kind.fields]),
    ):
        _hold(not _repeated(names), origin, "fields", f"repeats the {key} {_repeated(names)}")
    for one in kind.fields:
        _hold(one.name not in _TAKEN, origin, f"fields[{one.name}].name", "is taken by the common envelope")
        _prove_field(kind, one, origin)
    for key, name in (
        ("dated_by", kind.dated_by),
        ("valid_from", kind.valid_from),
        ("valid_to", kind.valid_to),
        ("conduct_ended_by", kind.conduct_ended_by),
    ):
        if name is not None:
            dates = {one.name for one in kind.fields if one.type is ValueType.date and not one.many}
            _hold(name in dates, origin, key, "must name a date field of the kind")
    if kind.published_when is not None:
        options = _choices(kind).get(kind.published_when.field or "", frozenset())
        known = bool(options) and options.issuperset(kind.published_when.one_of)
        _hold(known, origin, "published_when", "must name a choice of the kind and its options")
    if kind.dated_by is not None:
        _prove_date(kind, kind.field(kind.dated_by), origin)


def _prove_date(kind: Kind, date: Field, origin: str) -> None:
    """A list is ordered by this date, so whoever sees any field must see it, or the order would tell."""
    for subject in kind.subjects:
        own = date.class_for(subject)
        reached = AUDIENCES[own] if own else frozenset[Audience]()
        for one in kind.fields:
            other = one.class_for(subject)
            if other:
                hidden = AUDIENCES[other] - reached
                _hold(
                    not hidden, origin, "dated_by", f"is hidden from readers of {one.name} ({subject.value})"
                )
    _hold(date.mask is None, origin, "dated_by", "must not be masked")


def _prove_field(kind: Kind, one: Field, origin: str) -> None:
    at = f"fields[{one.name}]"
    _hold(_FIELD_NAME.fullmatch(one.name) is not None, origin, f"{at}.name", "must be camelCase")
    lawful = forbidden.find({one.name: None, one.label.zh: None}, path=at) is None
    _hold(lawful, origin, f"{at}.name", "asks for what may not be collected (Art. 63)")
    _hold(
        bool(one.options) == (one.type is ValueType.choice),
        origin,
        f"{at}.options",
        "belong to choices, each with some",
    )
    words = [word for option in one.options for word in (option.code, option.label.zh, *option.aliases)]
    _hold(not _repeated(words), origin, f"{at}.options", f"repeat {_repeated(words)}")
    _hold(
        one.person_disclosure is not DisclosureClass.PUBLIC,
        origin,
        f"{at}.person",
        "must not be public for a natural person",
    )
    _prove_required(kind, one, origin, at)
    _prove_mask(one, origin, at)
    if one.document_type is not None:
        fits = one.type is ValueType.citizen_id and one.document_type in _choices(kind)
        _hold(fits, origin, f"{at}.document_type", "must name a choice, on an identity number")


def _prove_required(kind: Kind, one: Field, origin: str, at: str) -> None:
    if one.required.rule is RequiredRule.when:
        options = _choices(kind).get(one.required.field or "", frozenset())
        known = options.issuperset(one.required.one_of)
        _hold(
            known and bool(options),
            origin,
            f"{at}.required",
            "must name a choice of the kind and its options",
        )
    needless = one.required.rule is RequiredRule.entity and not one.entity
    _hold(not needless, origin, f"{at}.required", "asks for what entities do not have")
    needless = one.required.rule is RequiredRule.person and one.class_for(SubjectKind.natural_person) is None
    _hold(not needless, origin, f"{at}.required", "asks for what persons do not have")


def _prove_mask(one: Field, origin: str, at: str) -> None:
    """A personal number is internal or masked for everyone but its owner; no mask speaks to who sees
    nothing."""
    classes = {one.disclosure if one.entity else None, one.person_disclosure} - {None}
    reached = frozenset[Audience]().union(*(AUDIENCES[each] for each in classes if each))
    masked = one.mask.audiences if one.mask else frozenset[Audience]()
    _hold(masked <= reached, origin, f"{at}.mask", "names an audience that does not see the field")
    _hold(Audience.internal not in masked, origin, f"{at}.mask", "must leave the value to internal readers")
    if one.mask:
        _hold(one.type in _MASKABLE, origin, f"{at}.mask", "does not fit the type")
        dates = (one.type is ValueType.date) == (one.mask.name is MaskName.year)
        _hold(dates, origin, f"{at}.mask", "must be the year for dates and only for dates")
    if one.type is ValueType.citizen_id:
        _hold(Audience.public not in reached, origin, f"{at}.class", "must not publish an identity number")
        _hold(reached & _OUTSIDERS <= masked, origin, f"{at}.mask", "must cover third parties and government")


def _choices(kind: Kind) -> dict[str, frozenset[str]]:
    return {
        one.name: frozenset(option.code for option in one.options)
        for one in kind.fields
        if one.type is ValueType.choice
    }


def _repeated(values: Iterable[str]) -> str | None:
    return next((value for value, times in Counter(values).items() if times > 1), None)


def _hold(holds: bool, origin: str, key: str, rule: str) -> None:
    if not holds:
        raise ConfigError(f"Catalogue file {origin}: {key} {rule}.")
