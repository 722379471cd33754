"""Periods as data: the rule sets that are applied, loaded from ``rulesets/*.yaml`` (Art. 86, 87)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from server.catalogue.kind import BasisRank, Label
from server.errors import ConfigError

FOLDER = Path(__file__).parent / "rulesets"
_KEYS = {"id", "name", "issuer", "document", "rank", "effective_from", "effective_to", "note", "parameters"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or list of a rule set, with the rule set's id and the article it comes from."""

    value: Any
    rule_set: str
    article: str

    @property
    def basis(self) -> str:
        """``rule set, article`` as shown to people."""
        return f"{self.rule_set}, {self.article}"


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One text of law as far as it sets periods. ``effective_to`` is its last day, None when open."""

    id: str
    name: Label
    issuer: str
    document: str
    rank: BasisRank
    effective_from: date
    effective_to: date | None
    note: Label
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True, slots=True)
class RuleSets:
    """The rule sets applied together, superior rank first, so that the superior parameter wins (Art. 86)."""

    sets: tuple[RuleSet, ...]

    def parameter(self, name: str) -> Parameter:
        """The prevailing parameter of that name; KeyError when no applied rule set has it."""
        for one in self.sets:
            if name in one.parameters:
                return one.parameters[name]
        raise KeyError(name)


def load(folder: Path = FOLDER) -> RuleSets:
    """Every shipped rule set, superior first. Raises ConfigError naming the file and key that is wrong."""
    ranks = list(BasisRank)
    sets = [_read(path) for path in sorted(folder.glob("*.yaml"))]
    return RuleSets(tuple(sorted(sets, key=lambda one: ranks.index(one.rank))))


def _read(path: Path) -> RuleSet:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError(f"Rule set {path.name} is not readable YAML.") from None
    if not isinstance(raw, dict) or set(raw) != _KEYS:
        raise ConfigError(f"Rule set {path.name}: its keys must be exactly {', '.join(sorted(_KEYS))}.")
    try:
        return RuleSet(
            id=raw["id"],
            name=Label(**raw["name"]),
            issuer=raw["issuer"],
            document=raw["document"],
            rank=BasisRank(raw["rank"]),
            effective_from=raw["effective_from"],
            effective_to=raw["effective_to"],
            note=Label(**raw["note"]),
            parameters={
                name: Parameter(one["value"], raw["id"], one["article"])
                for name, one in raw["parameters"].items()
            },
        )
    except (KeyError, TypeError, ValueError) as fault:
        raise ConfigError(f"Rule set {path.name}: {type(fault).__name__} in its entries.") from None
