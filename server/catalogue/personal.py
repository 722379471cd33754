"""Personal numbers inside text that will be published: the place where identity numbers really leak (Art.
64).

Numbers are looked for with their usual separators, in full-width and in Chinese digits. A number of which a
part is starred out is no number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from server.catalogue.identifiers import CITIZEN_AREAS, birth_date, citizen_check

SENTENCES = {
    "personal_id": "must not hold a citizen identity number: such numbers have their own field (Art. 64)",
    "personal_phone": "must not hold a telephone number: it is published (Art. 64)",
    "personal_card": "must not hold a bank card number: it is published (Art. 64)",
}
"""What a fault of each rule says."""

_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")
_GROUPED = re.compile(r"(?<![0-9])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])")
_GAP = r"[\s\-_.,、·•—–‐~/\\|()]{0,2}"


def _digits(count: str) -> str:
    return rf"(?:[0-9]{_GAP}){count}"


_IDENTITY = re.compile(rf"(?<![0-9]){_digits('{17}')}[0-9X](?![0-9])")
_OLD_IDENTITY = re.compile(rf"身份证.{{0,12}}?(?<![0-9]){_digits('{14}')}[0-9](?![0-9])")
REFERENCES_SINCE = 2010
_OLD_NUMBER = re.compile(r"(?<![0-9A-Z])[0-9]{15}(?![0-9A-Z])")
_RUN = re.compile(r"[0-9]{18,60}X?")
_PHONE = re.compile(rf"(?<![0-9])(?:\+?86{_GAP})?(1{_GAP}[3-9]{_GAP}{_digits('{8}')}[0-9])(?![0-9])")
_CARDS = tuple(
    re.compile(rf"(?<![0-9A-Z])[3-6]{_GAP}{_digits(f'{{{length - 2}}}')}[0-9](?![0-9A-Z])")
    for length in range(16, 20)
)


def find(value: object, *, published: bool) -> str | None:
    """The rule of `SENTENCES` that a text, or a text in a list or mapping, breaks; None when clean.

    An identity number is refused in every text, because only its own field is stored encrypted; telephone and
    bank card numbers only in what will be published.
    """
    for text in _texts(value):
        folded = unicodedata.normalize("NFKC", text).upper()
        shown = "".join(char for char in folded if unicodedata.category(char) != "Cf")
        # Chinese digits may write a number, and may as well follow one: both readings are looked at.
        for seen in {shown, shown.translate(_CHINESE_DIGITS)}:
            rule = _found_in(_GROUPED.sub("#", seen), published)
            if rule is not None:
                return rule
    return None


def _found_in(seen: str, published: bool) -> str | None:
    if _OLD_IDENTITY.search(seen) or any(map(_is_identity, _numbers(_IDENTITY, seen))):
        return "personal_id"
    if any(map(_is_whole_identity, _inside(seen))):
        return "personal_id"
    if published and any(_is_old_identity(number) for number in _OLD_NUMBER.findall(seen)):
        return "personal_id"
    if published and _PHONE.search(seen):
        return "personal_phone"
    if published and any(_is_card(number) for card in _CARDS for number in _numbers(card, seen)):
        return "personal_card"
    return None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts(one)


def _numbers(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """Every match without its separators, overlapping ones too: a date before a number must not hide it."""
    place = 0
    while found := pattern.search(text, place):
        yield re.sub(r"[^0-9X]", "", found.group())
        place = found.start() + 1


def _inside(text: str) -> Iterator[str]:
    """Every 18 characters inside a longer run of digits: what was written on without a space."""
    for run in _RUN.findall(text):
        for place in range(len(run) - 17):
            yield run[place : place + 18]


def _is_whole_identity(number: str) -> bool:
    """Inside a longer run only the right check character, and a birth before references were made of area, day and
    serial number, tell a number of a person from any other."""
    born = birth_date(number)
    return (
        born is not None
        and born.year < REFERENCES_SINCE
        and _is_identity(number)
        and citizen_check(number[:17]) == number[17]
    )


def _is_old_identity(number: str) -> bool:
    """A first-generation number (15 digits): a province, then a date of birth of the twentieth century."""
    return number[:2] in CITIZEN_AREAS and birth_date(f"{number[:6]}19{number[6:]}0") is not None


def _is_identity(number: str) -> bool:
    """A possible area and date of birth; the check character may well be mistyped."""
    born = birth_date(number)
    return number[:2] in CITIZEN_AREAS and born is not None and 1900 <= born.year < 2100


def _is_card(number: str) -> bool:
    """The Luhn sum every bank card number carries (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
