"""Reads the catalogue from its YAML files and refuses to boot on anything it does not understand.

A catalogue is the law's own list of what may be held (Art. 21, 22), so a slip in it is a fault of the
platform, not a warning: unknown or repeated keys, a field without a disclosure class, a date that some reader
could not see and a personal number nobody masked all raise ConfigError with the file and the key.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import yaml

from server.catalogue import kind as k
from server.catalogue.prove import prove_catalogue, prove_kind
from server.errors import ConfigError

KINDS = Path(__file__).parent / "kinds"
VERSION = 1

_ABSENT = object()
_Enum = TypeVar("_Enum", bound=StrEnum)
_Out = TypeVar("_Out")

_KIND_KEYS = frozenset(
    [
        "code",
        "type",
        "item",
        "name",
        "description",
        "category",
        "family",
        "subjects",
        "sources",
        "basis",
        "frequency",
        "sharing",
        "channel",
        "dated_by",
        "valid_from",
        "valid_to",
        "conduct_ended_by",
        "fields",
        "purposes",
        "published_when",
    ]
)
_FIELD_KEYS = frozenset(
    [
        "name",
        "code",
        "label",
        "about",
        "type",
        "many",
        "length",
        "required",
        "options",
        "class",
        "person",
        "mask",
        "entity",
        "review",
        "subjects",
        "document_type",
    ]
)


class StrictLoader(yaml.CSafeLoader):
    """YAML 1.1 keeps the last of two equal keys without a word; a catalogue must not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise ConfigError(f"the key {key.value} is given twice")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def load(folder: Path = KINDS) -> k.Catalogue:
    """The catalogue of all YAML files in a folder, in the order of their item codes.

    Raises ConfigError naming file and key when a file cannot be read or says something impossible.
    """
    kinds = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)
        except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
            raise ConfigError(f"Catalogue file {path.name} is not readable YAML.") from error
        except ConfigError as error:
            raise ConfigError(f"Catalogue file {path.name}: {error}.") from None
        one = parse_kind(data, path.name)
        if one.code != path.stem:
            raise ConfigError(f"Catalogue file {path.name}: code must be the name of the file.")
        kinds.append(one)
    return assemble(VERSION, kinds)


def assemble(version: int, kinds: list[k.Kind]) -> k.Catalogue:
    """One catalogue of these kinds; ConfigError when two share a code, a type or an item, or for no kind."""
    prove_catalogue(kinds)
    ordered = sorted(kinds, key=lambda one: one.item)
    return k.Catalogue(version, MappingProxyType({one.code: one for one in ordered}))


def parse_kind(data: object, origin: str) -> k.Kind:
    """One kind from the mapping that a YAML file or a stored catalogue version holds (Art. 22).

    `origin` is named in every ConfigError.
    """
    node = _Node(data, origin, "", _KIND_KEYS)
    subjects = node.enums("subjects", k.SubjectKind)
    made = k.Kind(
        code=node.text("code"),
        type_name=node.text("type"),
        item=node.text("item"),
        name=node.label("name"),
        description=node.label("description"),
        category=node.enum("category", k.Category),
        family=node.enum("family", k.Family),
        subjects=subjects,
        sources=node.each("sources", lambda one: one.as_label()),
        basis=node.each("basis", _basis),
        frequency=node.enum("frequency", k.Frequency),
        sharing=node.label("sharing"),
        channel=node.enum("channel", k.Channel),
        dated_by=node.optional_text("dated_by"),
        valid_from=node.optional_text("valid_from"),
        valid_to=node.optional_text("valid_to"),
        conduct_ended_by=node.optional_text("conduct_ended_by"),
        fields=node.each("fields", lambda one: _field(one, subjects)),
        purposes=frozenset(node.texts("purposes")),
        published_when=_when(node, "published_when") if "published_when" in node.data else None,
    )
    prove_kind(made, origin)
    return made


class _Node:
    """One mapping of the file, read key by key; every complaint carries file and key."""

    def __init__(self, data: object, origin: str, path: str, allowed: frozenset[str]) -> None:
        self.origin, self.path = origin, path
        if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
            raise self.fault(path or "the file", "must be a mapping")
        self.data: Mapping[str, Any] = data
        unknown = sorted(set(data) - allowed)
        if unknown:
            raise self.fault(self.at(unknown[0]), "is unknown")

    def fault(self, key: str, rule: str) -> ConfigError:
        return ConfigError(f"Catalogue file {self.origin}: {key} {rule}.")

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str, wanted: type[_Out], rule: str, default: object = _ABSENT) -> _Out:
        value = self.data.get(key, default)
        if value is _ABSENT:
            raise self.fault(self.at(key), "is missing")
        if type(value) is not wanted:
            raise self.fault(self.at(key), rule)
        return value

    def text(self, key: str) -> str:
        value = self.get(key, str, "must be a text")
        if not value.strip():
            raise self.fault(self.at(key), "is empty")
        return value

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if key in self.data else None

    def flag(self, key: str, default: bool) -> bool:
        return self.get(key, bool, "must be true or false", default)

    def label(self, key: str) -> k.Label:
        return _Node(self.get(key, dict, "must have zh and en"), self.origin, self.at(key), _LABEL).as_label()

    def as_label(self) -> k.Label:
        return k.Label(self.text("zh"), self.text("en"))

    def enum(self, key: str, of: type[_Enum]) -> _Enum:
        return self.member(self.at(key), self.text(key), of)

    def enums(self, key: str, of: type[_Enum]) -> frozenset[_Enum]:
        values = self.get(key, list, "must be a list")
        found = [self.member(self.at(key), value, of) for value in values]
        if not found or len(set(found)) < len(found):
            raise self.fault(self.at(key), "is empty or repeats itself")
        return frozenset(found)

    def member(self, at: str, value: object, of: type[_Enum]) -> _Enum:
        if not isinstance(value, str) or value not in {one.value for one in of}:
            raise self.fault(at, f"must be one of {', '.join(one.value for one in of)}")
        return of(value)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.get(key, list, "must be a list of texts", [])
        if not all(isinstance(value, str) and value for value in values):
            raise self.fault(self.at(key), "must be a list of texts")
        return tuple(values)

    def each(self, key: str, make: Callable[[_Node], _Out], default: object = _ABSENT) -> tuple[_Out, ...]:
        values = self.get(key, list, "must be a list", default)
        if not values and default is _ABSENT:
            raise self.fault(self.at(key), "is empty")
        allowed = _ITEM_KEYS[key]
        return tuple(make(self.child(value, key, place, allowed)) for place, value in enumerate(values))

    def child(self, value: object, key: str, place: int, allowed: frozenset[str]) -> _Node:
        named = value.get("name", value.get("code")) if isinstance(value, dict) else None
        return _Node(
            value, self.origin, self.at(f"{key}[{named if isinstance(named, str) else place}]"), allowed
        )


_LABEL = frozenset({"zh", "en"})
_ITEM_KEYS = {
    "sources": _LABEL,
    "basis": frozenset({"document", "article", "rank"}),
    "fields": _FIELD_KEYS,
    "options": frozenset({"code", "zh", "en", "aliases"}),
}


def _basis(node: _Node) -> k.Basis:
    return k.Basis(node.text("document"), node.text("article"), node.enum("rank", k.BasisRank))


def _option(node: _Node) -> k.Option:
    return k.Option(node.text("code"), node.as_label(), node.texts("aliases"))


def _field(node: _Node, subjects: frozenset[k.SubjectKind]) -> k.Field:
    disclosure = node.enum("class", k.DisclosureClass)
    only = node.enums("subjects", k.SubjectKind) if "subjects" in node.data else frozenset(k.SubjectKind)
    if not only & subjects:
        raise node.fault(node.at("subjects"), "admits no subject of the kind")
    of_type = node.enum("type", k.ValueType)
    length = node.get("length", int, "must be a whole number") if "length" in node.data else None
    if length is not None and length < 1:
        raise node.fault(node.at("length"), "must be positive")
    return k.Field(
        name=node.text("name"),
        code=node.optional_text("code"),
        label=node.label("label"),
        description=node.label("about"),
        type=of_type,
        many=node.flag("many", False),
        length=length,
        required=_required(node),
        options=node.each("options", _option, []),
        disclosure=disclosure,
        person_disclosure=_person_class(node, disclosure),
        mask=_mask(node),
        entity=node.flag("entity", True),
        review=node.flag("review", disclosure is k.DisclosureClass.PUBLIC and of_type is k.ValueType.text),
        subjects=only,
        document_type=node.optional_text("document_type"),
    )


def _person_class(node: _Node, disclosure: k.DisclosureClass) -> k.DisclosureClass | None:
    """What is public for an organisation is shared at most for a person (Art. 36, 64; Shandong Art. 20)."""
    if "person" not in node.data:
        return k.DisclosureClass.SHARED if disclosure is k.DisclosureClass.PUBLIC else disclosure
    if node.data["person"] == "none":
        return None
    return node.enum("person", k.DisclosureClass)


def _required(node: _Node) -> k.Required:
    value = node.data.get("required", "never")
    if not isinstance(value, dict):
        rule = node.member(node.at("required"), value, k.RequiredRule)
        if rule is k.RequiredRule.when:
            raise node.fault(node.at("required"), "needs a field and its values")
        return k.Required(rule)
    return _when(node, "required")


def _when(node: _Node, key: str) -> k.Required:
    value = node.get(key, dict, "must have when and one_of")
    inner = _Node(value, node.origin, node.at(key), frozenset({"when", "one_of"}))
    one_of = inner.texts("one_of")
    if not one_of:
        raise inner.fault(inner.at("one_of"), "is empty")
    return k.Required(k.RequiredRule.when, inner.text("when"), one_of)


def _mask(node: _Node) -> k.Mask | None:
    if "mask" not in node.data:
        return None
    value = node.get("mask", dict, "must have form and audiences")
    inner = _Node(value, node.origin, node.at("mask"), frozenset({"form", "audiences"}))
    return k.Mask(inner.enum("form", k.MaskName), inner.enums("audiences", k.Audience))
