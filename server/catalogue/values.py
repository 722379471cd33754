"""From what a unit sends to what is stored: one strict reading per type of value.

Stored shapes: text and codes as str, a date as ISO str (city time zone; 2099-12-31 means open-ended), money
as a whole number of 0.000001 万元 (one fen is 1), a decimal as plain str, a choice as its option code, a
responsible person as {"role", "name"}. Faults name field, label and rule and never the value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeAlias

from server.catalogue import identifiers
from server.catalogue.areas import PROVINCES, QUFU_AREAS
from server.catalogue.fault import Fault, Invalid
from server.catalogue.identifiers import as_text
from server.catalogue.kind import Field, Label, Option, ValueType
from server.clock import CITY

__all__ = ["OPEN_ENDED", "ROLES", "Fault", "Invalid", "Scalar", "Value", "blank", "clean", "clean_citizen_id"]
__all__ += ["clean_date", "clean_money", "clean_uscc", "money_text"]

Scalar: TypeAlias = str | int | bool | dict[str, str]
Value: TypeAlias = Scalar | list[Scalar]

OPEN_ENDED = "2099-12-31"
"""What the exchange standard writes for a validity without an end."""

MONEY_UNIT = 1_000_000
"""How many stored units make 10,000 yuan: the standard's six decimals, so one unit is one fen."""

TEXT_LENGTH = 5000
"""The longest text of a field that states no length of its own."""

LIST_LENGTH = 200
"""The most values one field may hold."""

ROLES = (
    Option("legal_representative", Label("法定代表人", "Legal representative")),
    Option("principal", Label("主要负责人", "Principal"), ("负责人",)),
    Option("actual_controller", Label("实际控制人", "Actual controller")),
)
"""In what role a person answers for an organisation (Art. 46)."""

_EARLIEST = date(1900, 1, 1)
_LATEST = date(2099, 12, 31)
_DATES = (
    re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?"),
    re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})"),
    re.compile(r"([0-9]{4})/([0-9]{1,2})/([0-9]{1,2})"),
    re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日"),
)
_MONEY = re.compile(r"(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,6}0*)?")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6}0*)?")
_INTEGER = re.compile(r"-?[0-9]{1,10}")
_MANY = re.compile(r"[;|\r\n]+")
_MANY_WORDS = re.compile(r"[、,;|\s]+")
_TRUE = frozenset({"true", "是", "1", "y", "yes"})
_FALSE = frozenset({"false", "否", "0", "n", "no"})


def blank(raw: object) -> bool:
    """Whether nothing was sent: None, an empty list or a text of blanks."""
    return raw is None or raw == [] or raw == () or (isinstance(raw, str) and not raw.strip())


def clean(field: Field, raw: object, *, today: date, document_type: str | None = None) -> Value | Fault:
    """The value of a field as it is stored, or the fault why not; `raw` must not be blank.

    `document_type` is the option chosen for the identity document of a citizen number; None or `id_card` ask
    for a citizen number. `today` (city time zone) bounds dates of birth.
    """
    try:
        if not field.many:
            return _one(field, raw, today, document_type)
        return _many(field, raw, today, document_type)
    except Invalid as broken:
        return broken.at(field.name, field.label.zh)


def clean_uscc(raw: object) -> str | Fault:
    """A unified social credit code in capitals (GB 32100), or the fault."""
    return _or_fault(lambda: identifiers.uscc(raw))


def clean_citizen_id(raw: object, *, today: date) -> str | Fault:
    """A citizen identity number (GB 11643), or the fault; `today` (city time zone) bounds the date of
    birth."""
    return _or_fault(lambda: identifiers.citizen_id(raw, today=today))


def clean_date(raw: object) -> str | Fault:
    """An ISO date, or the fault; see `clean` for the forms."""
    return _or_fault(lambda: _date(raw))


def clean_money(raw: object) -> int | Fault:
    """An amount in 万元 as a whole number of 0.000001 万元, or the fault."""
    try:
        return _money(raw)
    except Invalid as broken:
        return broken.at()


def money_text(units: int) -> str:
    """A stored amount in 万元 with all six decimals: 12_500_000 gives "12.500000"."""
    whole, rest = divmod(abs(units), MONEY_UNIT)
    return f"{'-' if units < 0 else ''}{whole}.{rest:06}"


def _or_fault(read: Callable[[], str]) -> str | Fault:
    try:
        return read()
    except Invalid as broken:
        return broken.at()


def _many(field: Field, raw: object, today: date, document_type: str | None) -> list[Scalar]:
    parts = [part for part in _parts(field, raw) if not blank(part)]
    if len(parts) > LIST_LENGTH:
        raise Invalid("many", f"must not hold more than {LIST_LENGTH} values")
    values: list[Scalar] = []
    for part in parts:
        value = _one(field, part, today, document_type)
        if value not in values:
            values.append(value)
    return values


def _parts(field: Field, raw: object) -> list[object]:
    if isinstance(raw, list | tuple):
        return [one for part in raw for one in _parts(field, part)] if field.options else list(raw)
    if not isinstance(raw, str):
        return [raw]
    folded = unicodedata.normalize("NFKC", raw)
    if field.type is ValueType.choice:
        # Some labels hold a separator themselves; they are found first, the longest before its parts.
        for word, code in _words(field.options).items():
            if _MANY_WORDS.search(word):
                folded = folded.replace(word, f";{code};")
        return list(_MANY_WORDS.split(folded))
    if field.type in (ValueType.text, ValueType.responsible_person):
        return list(_MANY.split(raw.replace("；", ";").replace("｜", "|")))
    return list(_MANY_WORDS.split(folded))


def _one(field: Field, raw: object, today: date, document_type: str | None) -> Scalar:
    match field.type:
        case ValueType.text:
            return _text(raw, field.length)
        case ValueType.uscc:
            return identifiers.uscc(raw)
        case ValueType.organisation_code:
            return identifiers.organisation_code(raw)
        case ValueType.citizen_id:
            if document_type in (None, "id_card"):
                return identifiers.citizen_id(raw, today=today)
            return identifiers.identity_document(raw)
        case ValueType.document_number:
            return " ".join(_text(raw, field.length).split())
        case ValueType.date:
            return _date(raw)
        case ValueType.money:
            return _money(raw)
        case ValueType.integer:
            return _integer(raw)
        case ValueType.decimal:
            return _decimal(raw)
        case ValueType.boolean:
            return _boolean(raw)
        case ValueType.choice:
            return _choice(raw, field.options)
        case ValueType.area_code:
            return _area(raw)
        case _:
            return _responsible(raw, field.length)


def _text(raw: object, length: int | None) -> str:
    """NFC, trimmed, without characters that nobody sees; control characters and lone surrogates are
    refused."""
    text = as_text(raw)
    if text is None:
        raise Invalid("text", "must be a text")
    folded = unicodedata.normalize("NFC", text).replace("\r\n", "\n")
    seen = "".join(char for char in folded if unicodedata.category(char) != "Cf").strip()
    if not seen:
        raise Invalid("text", "must not be empty")
    if any(unicodedata.category(char) in ("Cc", "Cs", "Cn") and char not in "\n\t" for char in seen):
        raise Invalid("text", "must not hold control characters")
    if len(seen) > (length or TEXT_LENGTH):
        raise Invalid("length", f"must not be longer than {length or TEXT_LENGTH} characters")
    return seen


def _date(raw: object) -> str:
    day = _day(raw)
    if day is None or not _EARLIEST <= day <= _LATEST:
        raise Invalid("date", "must be a day between 1900-01-01 and 2099-12-31, such as 2024-02-29")
    return day.isoformat()


def _day(raw: object) -> date | None:
    if isinstance(raw, datetime):
        return (raw.astimezone(CITY) if raw.tzinfo else raw).date()
    if isinstance(raw, date):
        return raw
    text = unicodedata.normalize("NFKC", as_text(raw) or "").strip()
    for form in _DATES:
        found = form.fullmatch(text)
        if found:
            try:
                return date(*(int(part) for part in found.groups()))
            except ValueError:
                return None
    return None


def _plain(raw: object) -> str:
    """A number as plain digits; a float counts as what it prints, so nothing is rounded here."""
    if isinstance(raw, float):
        raw = Decimal(repr(raw))
    if isinstance(raw, Decimal):
        # An exponent beyond the admissible range must not be written out: it may stand for a million zeros.
        return f"{raw:f}" if raw.is_finite() and -40 < raw.adjusted() < 40 else ""
    return unicodedata.normalize("NFKC", as_text(raw) or "").strip()


def _money(raw: object) -> int:
    text = _plain(raw)
    if not _MONEY.fullmatch(text):
        raise Invalid(
            "money", "must be an amount in 万元, not negative, with at most 12 digits and six decimals"
        )
    whole, _, rest = text.replace(",", "").partition(".")
    return int(whole) * MONEY_UNIT + int(rest[:6].ljust(6, "0"))


def _decimal(raw: object) -> str:
    text = _plain(raw)
    if not _DECIMAL.fullmatch(text):
        raise Invalid("decimal", "must be a number with at most 12 digits and six decimals")
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    digits = digits.lstrip("0") or "0"
    return (f"{sign}{digits}.{rest}" if rest else f"{sign}{digits}") if rest or digits != "0" else "0"


def _integer(raw: object) -> int:
    text = _plain(raw)
    if not _INTEGER.fullmatch(text) or not -(2**31) <= int(text) < 2**31:
        raise Invalid("integer", "must be a whole number of at most 31 bits")
    return int(text)


def _boolean(raw: object) -> bool:
    word = str(raw) if isinstance(raw, bool) else as_text(raw) or ""
    word = unicodedata.normalize("NFKC", word).strip().lower()
    if word not in _TRUE | _FALSE:
        raise Invalid("boolean", "must be true or false (是 or 否)")
    return word in _TRUE


def _choice(raw: object, options: tuple[Option, ...]) -> str:
    code = _words(options).get(unicodedata.normalize("NFKC", as_text(raw) or "").strip())
    if code is None:
        raise Invalid("choice", f"must be one of {', '.join(option.code for option in options)}")
    return code


@lru_cache(maxsize=512)
def _words(options: tuple[Option, ...]) -> Mapping[str, str]:
    """Every admissible word with its option code, the longest word first."""
    words = {
        unicodedata.normalize("NFKC", word): option.code
        for option in options
        for word in (*option.aliases, option.label.zh, option.code)
    }
    return dict(sorted(words.items(), key=lambda item: -len(item[0])))


def _area(raw: object) -> str:
    code = identifiers.compact(raw, "area_code", "must be an area code")
    known = code in QUFU_AREAS or (re.fullmatch(r"[0-9]{6}", code) and code[:2] in PROVINCES)
    if not known:
        raise Invalid("area_code", "must be a division of six digits or a town or street of Qufu")
    return code


def _responsible(raw: object, length: int | None) -> dict[str, str]:
    if isinstance(raw, str):
        role, _, name = unicodedata.normalize("NFKC", raw).partition(":")
        raw = {"role": role, "name": name}
    if not isinstance(raw, Mapping) or set(raw) != {"role", "name"}:
        raise Invalid("responsible_person", "must hold a role and a name and nothing else")
    return {"role": _choice(raw["role"], ROLES), "name": _text(raw["name"], length or 50)}
