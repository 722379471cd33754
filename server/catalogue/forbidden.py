"""Data nobody may collect as credit information (Art. 63; Shandong Art. 42), found wherever it hides.

Two groups. Income, deposits, securities, commercial insurance: refused, unless a market collector has the
person's written agreement. Real estate, tax amounts, religion, genes, fingerprints, blood type, illness:
refused always; the provincial regulation, which is superior (Art. 86), knows no agreement for them.

Text is judged as a reader sees it: compatibility forms folded, everything between the characters that is
neither letter nor digit removed, common traditional forms simplified. `forbidden_words.py` holds the words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from string import ascii_lowercase

from server.catalogue.fault import Fault, Invalid
from server.catalogue.forbidden_words import GROUPS, KEY_WORDS, ORGANISATION, PERSONAL_WORDS, TRADITIONAL

SENTENCE = "must not hold data that may not be collected as credit information (Art. 63)"

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[a-z]+")
_BETWEEN = re.compile(r"[\W_]+")
"""Everything that is neither of a letter nor of a number category."""
_DEPTH = 32


def find(value: object, *, path: str, agreement: bool = False) -> Fault | None:
    """The first fault in a value, at any depth, in keys as well as in values; None when it may be held.

    `path` names the field in the fault. `agreement` is True for market information about which the written
    agreement of Art. 63 exists: it opens income, deposits, securities and commercial insurance, nothing else.
    """
    for text, is_key in _texts(value, 0):
        rule = _rule(text, is_key, agreement)
        if rule is not None:
            return Invalid(rule, SENTENCE).at(path)
    return None


def _texts(value: object, depth: int) -> Iterator[tuple[str, bool]]:
    """Every text inside, with whether it is a key; what is nested beyond reason is read as one text."""
    if isinstance(value, bytes):
        yield value.decode("utf-8", "replace"), False
    elif depth > _DEPTH:
        yield str(value), False
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key), True
            yield from _texts(inner, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _texts(inner, depth + 1)
    elif isinstance(value, str):
        yield value, False


@lru_cache(maxsize=4096)
def _rule(text: str, is_key: bool, agreement: bool) -> str | None:
    """Remembered, because a filing is judged as a whole and field by field, and files repeat themselves."""
    seen = _as_seen(text)
    if ORGANISATION.fullmatch(seen) and not PERSONAL_WORDS.search(seen):
        return None
    chars = frozenset(seen)
    latin = not chars.isdisjoint(ascii_lowercase)
    words: frozenset[str] = frozenset()
    if is_key:
        words = frozenset(_WORD.findall(_CAMEL.sub(" ", unicodedata.normalize("NFKC", text)).lower()))
    for group in GROUPS:
        if agreement and group.by_agreement:
            continue
        if (latin or not chars.isdisjoint(group.hints)) and (
            group.always.search(seen) or group.pattern.search(group.excused.sub("□", seen))
        ):
            return group.rule
        if is_key and (words & KEY_WORDS[group.rule] or group.key.search(seen)):
            return group.rule
    return None


def _as_seen(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().translate(TRADITIONAL)
    return _BETWEEN.sub("", folded)
