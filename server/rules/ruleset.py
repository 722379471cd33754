"""Periods as data: rule sets as their files say them, and the ones applied together (Art. 86, 87).

The shipped files stand in ``rulesets/*.yaml``; an installation keeps its rule sets in versions in its database.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import yaml

from server.catalogue.fault import Invalid
from server.catalogue.kind import BasisRank, Label
from server.catalogue.load import StrictLoader
from server.catalogue.plain_yaml import check_shape
from server.errors import ConfigError
from server.rules.parameters import PARAMETERS

FOLDER = Path(__file__).parent / "rulesets"
TEXT_MOST = 64 * 1024
_REQUIRED = {
    "id",
    "name",
    "issuer",
    "document",
    "rank",
    "effective_from",
    "effective_to",
    "note",
    "parameters",
}
_KEYS = _REQUIRED | {"replaces"}
_RANKS = tuple(BasisRank)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or list of a rule set, with the rule set's id and the article it comes from."""

    value: Any
    rule_set: str
    article: str

    @property
    def basis(self) -> str:
        """``rule set, article`` as stored beside each date."""
        return f"{self.rule_set}, {self.article}"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One text of law as far as it sets periods. ``effective_to`` is its last day, None when open.

    ``replaces`` names the rule sets it succeeds: they are not applied beside it.
    """

    id: str
    name: Label
    issuer: str
    document: str
    rank: BasisRank
    effective_from: date
    effective_to: date | None
    note: Label
    parameters: Mapping[str, Parameter]
    replaces: frozenset[str] = frozenset()

    def in_force(self, day: date) -> bool:
        """Whether its own term contains the day."""
        return self.effective_from <= day and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True, slots=True)
class RuleSets:
    """The rule sets applied together, superior rank first, so that the superior parameter wins (Art. 86)."""

    sets: tuple[RuleSet, ...]

    @classmethod
    def of(cls, sets: Iterable[RuleSet]) -> RuleSets:
        """These rule sets in order: by rank, the newer one first within a rank."""
        ordered = sorted(sets, key=lambda one: one.id)
        ordered.sort(key=lambda one: one.effective_from, reverse=True)
        return cls(tuple(sorted(ordered, key=lambda one: _RANKS.index(one.rank))))

    def find(self, *names: str) -> Parameter | None:
        """The prevailing parameter among these names: that of the superior rule set, the first name within one."""
        for one in self.sets:
            for name in names:
                if name in one.parameters:
                    return one.parameters[name]
        return None

    def parameter(self, name: str) -> Parameter:
        """The prevailing parameter of that name; KeyError when no applied rule set has it."""
        found = self.find(name)
        if found is None:
            raise KeyError(name)
        return found


def applied(sets: Iterable[RuleSet], day: date, beyond_term: frozenset[str] = frozenset()) -> RuleSets:
    """The rule sets among the active ``sets`` that are applied on ``day``.

    One whose term has not begun is not; one whose term has ended is only while ``beyond_term`` names it, and only
    until a successor in force replaces it (Art. 87).
    """
    begun = [one for one in sets if one.effective_from <= day]
    standing = [one for one in begun if one.in_force(day) or one.id in beyond_term]
    replaced = {name for one in standing if one.in_force(day) for name in one.replaces}
    return RuleSets.of(one for one in standing if one.id not in replaced)


def shipped(folder: Path = FOLDER) -> tuple[RuleSet, ...]:
    """Every shipped rule set. Raises ConfigError naming the file and key that is wrong."""
    return tuple(parse(path.read_bytes(), path.name) for path in sorted(folder.glob("*.yaml")))


def parse(text: bytes, origin: str) -> RuleSet:
    """The rule set in a YAML text. Raises ConfigError naming ``origin`` and the key, never a value."""
    if len(text) > TEXT_MOST:
        raise ConfigError(f"Rule set {origin}: more than {TEXT_MOST} bytes.")
    try:
        decoded = text.decode("utf-8")
        check_shape(decoded)
        raw = yaml.load(decoded, Loader=StrictLoader)
    except Invalid as fault:
        raise ConfigError(f"Rule set {origin} {fault.sentence}.") from None
    except (yaml.YAMLError, ValueError):
        raise ConfigError(f"Rule set {origin} is not readable YAML.") from None
    except ConfigError as error:
        raise ConfigError(f"Rule set {origin}: {error}.") from None
    return from_plain(raw, origin)


def from_plain(raw: Any, origin: str) -> RuleSet:
    """The rule set in plain data, as a file or the database holds it. Raises ConfigError like ``parse``."""
    if not isinstance(raw, dict) or not _REQUIRED <= set(raw) <= _KEYS:
        raise ConfigError(f"Rule set {origin}: its keys must be {', '.join(sorted(_REQUIRED))} and replaces.")
    for key, shape in _SHAPES.items():
        if not shape(raw.get(key)):
            raise ConfigError(f"Rule set {origin}: {key} is missing or of the wrong kind.")
    ends = raw["effective_to"]
    if ends is not None and ends < raw["effective_from"]:
        raise ConfigError(f"Rule set {origin}: effective_to lies before effective_from.")
    return RuleSet(
        id=raw["id"],
        name=Label(**raw["name"]),
        issuer=raw["issuer"],
        document=raw["document"],
        rank=BasisRank(raw["rank"]),
        effective_from=raw["effective_from"],
        effective_to=ends,
        note=Label(**raw["note"]),
        parameters=_parameters(raw, origin),
        replaces=frozenset(raw.get("replaces", ())),
    )


def _parameters(raw: Mapping[str, Any], origin: str) -> dict[str, Parameter]:
    made = {}
    for name, one in raw["parameters"].items():
        spec = PARAMETERS.get(name)
        if spec is None:
            raise ConfigError(f"Rule set {origin}: parameters has an unknown name.")
        if not isinstance(one, dict) or set(one) != {"value", "article"} or not _is_text(one["article"]):
            raise ConfigError(f"Rule set {origin}: parameters.{name} must have value and article.")
        if not spec.fits(one["value"]):
            raise ConfigError(f"Rule set {origin}: parameters.{name} has a value that does not fit.")
        made[name] = Parameter(one["value"], raw["id"], one["article"])
    return made


def plain(one: RuleSet) -> dict[str, Any]:
    """The rule set as plain data; what ``from_plain`` takes."""
    return {
        "id": one.id,
        "name": {"zh": one.name.zh, "en": one.name.en},
        "issuer": one.issuer,
        "document": one.document,
        "rank": one.rank.value,
        "effective_from": one.effective_from,
        "effective_to": one.effective_to,
        "note": {"zh": one.note.zh, "en": one.note.en},
        "parameters": {
            name: {"value": made.value, "article": made.article} for name, made in one.parameters.items()
        },
        "replaces": sorted(one.replaces),
    }


def digest(one: RuleSet) -> str:
    """SHA-256 over the content, by which two versions are told apart."""
    return hashlib.sha256(orjson.dumps(plain(one), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= 500 and value.isprintable()


def _is_label(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"zh", "en"} and all(map(_is_text, value.values()))


def _is_id(value: Any) -> bool:
    known = "abcdefghijklmnopqrstuvwxyz0123456789-"
    return isinstance(value, str) and 1 <= len(value) <= 40 and set(value) <= set(known)


def _is_day(value: Any) -> bool:
    return type(value) is date


_SHAPES: Mapping[str, Callable[[Any], bool]] = {
    "id": _is_id,
    "name": _is_label,
    "issuer": _is_text,
    "document": _is_text,
    "rank": lambda value: value in set(BasisRank),
    "effective_from": _is_day,
    "effective_to": lambda value: value is None or _is_day(value),
    "note": _is_label,
    "parameters": lambda value: isinstance(value, dict) and bool(value),
    "replaces": lambda value: value is None or (isinstance(value, list) and all(map(_is_id, value))),
}
