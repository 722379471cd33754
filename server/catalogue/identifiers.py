"""The numbers that name organisations and people, with their check characters.

Sources: GB 32100-2015 (unified social credit code), GB 11714-1997 (organisation code), GB 11643-1999 (citizen
identity number). The general libraries were measured and refuse real numbers of this city: those of citizens
born before 1989, whose division code was assigned later, and those of village collectives, whose code begins
with N.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from server.catalogue.areas import PROVINCES
from server.catalogue.fault import Invalid

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES = {char: value for value, char in enumerate(_USCC_ALPHABET)}
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC = re.compile(rf"[1-9ANY][1-9ANY][0-9]{{6}}[{_USCC_ALPHABET}]{{10}}")

_ORGANISATION = re.compile(r"[0-9A-Z]{8}[0-9X]")
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_CITIZEN = re.compile(r"[0-9]{17}[0-9X]")
_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_CHECKS = "10X98765432"

_DOCUMENT = re.compile(r"[0-9A-Z()/-]{5,30}")

# A national body carries 100000; residents of Hong Kong, Macao and Taiwan with a residence permit carry 81 to
# 83.
_CODE_AREAS = PROVINCES | {"10"}
CITIZEN_AREAS = PROVINCES | {"83"}

EARLIEST_BIRTH = date(1900, 1, 1)


def uscc(raw: object) -> str:
    """The code in capitals; Invalid unless its form and both of its check characters hold (GB 32100, GB
    11714)."""
    code = compact(raw, "uscc", "must be a unified social credit code")
    if not _USCC.fullmatch(code) or code[2:4] not in _CODE_AREAS:
        raise Invalid("uscc", "must be a unified social credit code of 18 characters (GB 32100)")
    if code[17] != uscc_check(code[:17]) or code[16] != organisation_check(code[8:16]):
        raise Invalid("uscc_check", "has a wrong check character (GB 32100)")
    return code


def uscc_check(first: str) -> str:
    """The eighteenth character that belongs to the first seventeen, modulo 31 (GB 32100)."""
    total = sum(_USCC_VALUES[char] * weight for char, weight in zip(first, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[-total % 31]


def organisation_code(raw: object) -> str:
    """The nine characters without a hyphen; Invalid unless the check digit holds (GB 11714)."""
    code = compact(raw, "organisation_code", "must be an organisation code").replace("-", "")
    if not _ORGANISATION.fullmatch(code):
        raise Invalid("organisation_code", "must be an organisation code of nine characters (GB 11714)")
    if code[8] != organisation_check(code[:8]):
        raise Invalid("organisation_code_check", "has a wrong check digit (GB 11714)")
    return code


def organisation_check(first: str) -> str:
    """The ninth character that belongs to the first eight, modulo 11 (GB 11714)."""
    total = sum(int(char, 36) * weight for char, weight in zip(first, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def citizen_id(raw: object, *, today: date) -> str:
    """The number with a capital X; Invalid unless area, date of birth and check character hold (GB 11643).

    The birth date must be a day between 1900 and `today` (city time zone). The division is not looked up by
    year of birth, because living people were given their numbers later.
    """
    number = compact(raw, "citizen_id", "must be a citizen identity number")
    if not _CITIZEN.fullmatch(number) or number[:2] not in CITIZEN_AREAS:
        raise Invalid("citizen_id", "must be a citizen identity number of 18 characters (GB 11643)")
    born = birth_date(number)
    if born is None or not EARLIEST_BIRTH <= born <= today:
        raise Invalid("citizen_id_birth", "holds no possible date of birth (GB 11643)")
    if number[17] != citizen_check(number[:17]):
        raise Invalid("citizen_id_check", "has a wrong check character (GB 11643)")
    return number


def citizen_check(first: str) -> str:
    """The eighteenth character that belongs to the first seventeen digits, modulo 11 (GB 11643)."""
    total = sum(int(char) * weight for char, weight in zip(first, _CITIZEN_WEIGHTS, strict=True))
    return _CITIZEN_CHECKS[total % 11]


def birth_date(number: str) -> date | None:
    """The date of birth in an identity number of 18 characters, or None when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def identity_document(raw: object) -> str:
    """The number of a passport or permit in capitals; Invalid unless it could be one."""
    number = compact(raw, "identity_document", "must be the number of an identity document")
    if not _DOCUMENT.fullmatch(number):
        raise Invalid(
            "identity_document", "must be the number of an identity document (5 to 30 letters or digits)"
        )
    return number


def as_text(raw: object) -> str | None:
    """A text, or a whole number of ordinary size as text; None for anything else, floats among it: they lose
    digits."""
    if isinstance(raw, str):
        return raw
    return str(raw) if type(raw) is int and abs(raw) < 10**20 else None


def compact(raw: object, rule: str, sentence: str) -> str:
    """A code as one word: full-width forms folded, capitals, no surrounding blanks."""
    text = as_text(raw)
    if text is None:
        raise Invalid(rule, f"{sentence}, given as text")
    return unicodedata.normalize("NFKC", text).strip().upper()
