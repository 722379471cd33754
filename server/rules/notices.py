"""Reads the file an administrator writes from a year's notice, for ``qufu-credit calendar load``.

Deadlines of every unit rest on it, so whatever is not understood is refused with the entry it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import date, timedelta
from typing import Any

import yaml

from server.catalogue.fault import Invalid
from server.catalogue.plain_yaml import check_shape
from server.errors import BadInput
from server.rules.workdays import YearNotice, both_kinds, check_day, check_year

SIZE_MOST = 64 * 1024
RANGE_MOST = 31
NOTICE_MOST = 200
SOURCE_MOST = 500
NAME_MOST = 40

_LABELS = {
    "file": "文件",
    "year": "年份",
    "notice": "发文字号",
    "source": "数据来源",
    "holidays": "放假安排",
    "workdays": "调休上班",
    "name": "节日名称",
    "from": "起始日",
    "to": "截止日",
    "on": "上班日",
}
_KEYS = ("year", "notice", "source", "holidays", "workdays")
_OPTIONAL = frozenset({"source", "workdays"})
_RANGE = ("name", "from", "to")
_WORKED = ("name", "on")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ENTRY = re.compile(r"\[\d+\]$")
_SCALARS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "int", "float"))


class _Loader(yaml.CSafeLoader):
    """Refuses repeated keys, and reads ``on`` as the key it is meant to be rather than as true."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise Invalid("duplicate_key", f"gives a key twice at line {key.start_mark.line + 1}")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


# Days stay texts: YAML's own reading of an impossible one raises outside its family of errors.
_Loader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] in _SCALARS]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def parse_notice(text: str) -> YearNotice:
    """The notice in a YAML or JSON text, with version 0.

    Raises BadInput with ``field``, ``rule`` and one sentence that never repeats what the text says. A field such
    as ``holidays[2].to`` counts entries from one.
    """
    data = _mapping(_load(text), "file", _KEYS, _OPTIONAL)
    year = data["year"]
    if type(year) is not int:
        raise _refused("year", Invalid("type", "must be a whole number"))
    try:
        check_year(year)
    except Invalid as fault:
        raise _refused("year", fault) from None
    notice = _text(data["notice"], "notice", NOTICE_MOST)
    source = _text(data["source"], "source", SOURCE_MOST) if "source" in data else ""
    holidays = _holidays(year, data["holidays"])
    return YearNotice(year, 0, notice, source, holidays, _makeups(year, data.get("workdays", []), holidays))


def _holidays(year: int, value: object) -> dict[date, str]:
    entries = _list(value, "holidays")
    if not entries:
        raise _refused("holidays", Invalid("empty", "must name at least one day off"))
    found: dict[date, str] = {}
    for number, entry in enumerate(entries, 1):
        at = f"holidays[{number}]"
        data = _mapping(entry, at, _RANGE)
        name = _text(data["name"], f"{at}.name", NAME_MOST)
        start = _day(year, data["from"], f"{at}.from", makeup=False)
        end = _day(year, data["to"], f"{at}.to", makeup=False)
        length = (end - start).days + 1
        if length < 1:
            raise _refused(f"{at}.to", Invalid("order", "must not lie before the first day off"))
        if length > RANGE_MOST:
            raise _refused(f"{at}.to", Invalid("too_long", f"must end within {RANGE_MOST} days"))
        for day in (start + timedelta(days=n) for n in range(length)):
            if day in found:
                raise _refused(at, Invalid("overlap", "must not share a day with another entry"))
            found[day] = name
    return found


def _makeups(year: int, value: object, holidays: dict[date, str]) -> dict[date, str]:
    found: dict[date, str] = {}
    for number, entry in enumerate(_list(value, "workdays"), 1):
        at = f"workdays[{number}]"
        name, on = "", entry
        if isinstance(entry, dict):
            data = _mapping(entry, at, _WORKED)
            name, on = _text(data["name"], f"{at}.name", NAME_MOST), data["on"]
            at = f"{at}.on"
        day = _day(year, on, at, makeup=True)
        if day in holidays:
            raise _refused(at, both_kinds())
        if day in found:
            raise _refused(at, Invalid("overlap", "must not share a day with another entry"))
        found[day] = name
    return found


def _load(text: str) -> object:
    if len(text) > SIZE_MOST or len(text.encode("utf-8", "surrogatepass")) > SIZE_MOST:
        raise _refused("file", Invalid("size", f"must have at most {SIZE_MOST // 1024} KiB"))
    try:
        check_shape(text)
        loaded: object = yaml.load(text, Loader=_Loader)
    except Invalid as fault:
        raise _refused("file", fault) from None
    except (yaml.YAMLError, ValueError) as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise _refused("file", Invalid("yaml", f"is not readable YAML{where}")) from None
    return loaded


def _mapping(
    value: object, at: str, keys: tuple[str, ...], optional: frozenset[str] = frozenset()
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refused(at, Invalid("type", f"must have the keys {', '.join(keys)}"))
    if not value.keys() <= set(keys):
        raise _refused(at, Invalid("unknown_key", f"must have no other keys than {', '.join(keys)}"))
    for key in keys:
        if key not in value and key not in optional:
            raise _refused(key if at == "file" else f"{at}.{key}", Invalid("required", "must be given"))
    return value


def _list(value: object, at: str) -> list[object]:
    if not isinstance(value, list):
        raise _refused(at, Invalid("type", "must be a list"))
    return value


def _text(value: object, at: str, most: int) -> str:
    if not isinstance(value, str):
        raise _refused(at, Invalid("type", "must be a text"))
    text = value.strip()
    if not 1 <= len(text) <= most:
        raise _refused(at, Invalid("length", f"must have 1 to {most} characters"))
    if not text.isprintable():
        raise _refused(at, Invalid("printable", "must stand on one line, without control characters"))
    return text


def _day(year: int, value: object, at: str, *, makeup: bool) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise _refused(at, Invalid("date", "must be a day such as 2027-01-31"))
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _refused(at, Invalid("date", "must be a day such as 2027-01-31")) from None
    try:
        check_day(year, day, makeup=makeup)
    except Invalid as fault:
        raise _refused(at, fault) from None
    return day


def _refused(at: str, fault: Invalid) -> BadInput:
    label = _LABELS[_ENTRY.sub("", at.rpartition(".")[2])]
    return BadInput(f"{at} ({label}): {fault.sentence}.", field=at, rule=fault.rule)
