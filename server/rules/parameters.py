"""The vocabulary of rule sets: which parameters there are, what each holds, and how people call it.

A rule set names parameters from this table only, so a misspelt one refuses to load instead of never being asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from server.catalogue.kind import Label

LONGEST_MONTHS = 1_200
LONGEST_WORKING_DAYS = 250


class Unit(StrEnum):
    """What a parameter's number counts."""

    MONTHS = "months"
    WORKING_DAYS = "working_days"
    NONE = "none"


class RetentionEffect(StrEnum):
    """What becomes of a record whose retention has ended; Art. 35 and 36 leave the choice."""

    SHIELD = "shield"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Spec:
    """One parameter: its unit, its name for people, and the check of its value."""

    unit: Unit
    label: Label
    fits: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class PenaltyClass:
    """One class of penalties under a rule set that tells classes apart; ``published`` False: never public.

    The months are the least and the most that penalties of the class are public.
    """

    name: str
    types: frozenset[str]
    published: bool
    min_months: int = 0
    max_months: int = 0


def _whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


def _months(zh: str, en: str) -> Spec:
    return Spec(Unit.MONTHS, Label(zh, en), lambda value: _whole(value, LONGEST_MONTHS))


def _working_days(zh: str, en: str) -> Spec:
    return Spec(Unit.WORKING_DAYS, Label(zh, en), lambda value: _whole(value, LONGEST_WORKING_DAYS))


def _flag(zh: str, en: str) -> Spec:
    return Spec(Unit.NONE, Label(zh, en), lambda value: value is True)


def _texts(zh: str, en: str) -> Spec:
    return Spec(Unit.NONE, Label(zh, en), _is_texts)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def _effect(zh: str, en: str) -> Spec:
    return Spec(Unit.NONE, Label(zh, en), lambda value: value in set(RetentionEffect))


def classes_of(value: Any) -> tuple[PenaltyClass, ...]:
    """The classes a ``penalty_classes`` value lists, mildest first. Raises ValueError for anything else."""
    if not isinstance(value, list) or not value:
        raise ValueError("a list of classes")
    made = []
    for one in value:
        if not isinstance(one, dict) or not set(one) <= {"class", "types", "published", *_PERIODS}:
            raise ValueError("keys of a class")
        if not isinstance(one.get("class"), str) or not _is_texts(one.get("types")):
            raise ValueError("name and types of a class")
        published = one.get("published", True)
        if published not in (True, False) or (published and not _periods_fit(one)):
            raise ValueError("periods of a class")
        periods = {key: one[key] for key in _PERIODS} if published else {}
        made.append(PenaltyClass(one["class"], frozenset(one["types"]), published, **periods))
    types = [name for one in made for name in one.types]
    if len(types) != len(set(types)):
        raise ValueError("a type stands in two classes")
    return tuple(made)


_PERIODS = ("min_months", "max_months")


def _periods_fit(one: Mapping[str, Any]) -> bool:
    least, most = one.get("min_months"), one.get("max_months")
    return (
        _whole(least, LONGEST_MONTHS) and _whole(most, LONGEST_MONTHS) and int(least or 0) <= int(most or 0)
    )


def _are_classes(value: Any) -> bool:
    try:
        classes_of(value)
    except ValueError:
        return False
    return True


PARAMETERS: Mapping[str, Spec] = {
    "validity_is_publicity": _flag(
        "许可、荣誉等信息按自身有效期公示", "Licences, honours and the like are public while they are valid"
    ),
    "natural_person_never_public": _flag("自然人信息不对外公示", "Nothing about a natural person is public"),
    "penalty_not_published": _texts("不予公示的处罚种类", "Kinds of penalty that are never published"),
    "penalty_publicity_min_months": _months("处罚最短公示期", "Least publicity of a penalty"),
    "penalty_publicity_min_months_safety": _months(
        "五类安全领域处罚最短公示期", "Least publicity of a penalty in the five domains of safety"
    ),
    "penalty_publicity_max_months": _months("处罚最长公示期", "Most publicity of a penalty"),
    "safety_domains": _texts("适用较长最短公示期的领域", "Domains with the longer least publicity"),
    "penalty_classes": Spec(
        Unit.NONE, Label("按失信程度分类的公示期", "Publicity by class of dishonesty"), _are_classes
    ),
    "severe_unpublish_working_days": _working_days(
        "移出严重失信名单后终止公示的期限", "Publicity ends so long after removal from a severe list"
    ),
    "severe_publicity_min_months": _months("严重失信名单最短公示期", "Least publicity of a severe listing"),
    "severe_publicity_max_months": _months("严重失信名单最长公示期", "Most publicity of a severe listing"),
    "severe_retention_months": _months("严重失信信息保存期", "Retention of severe listings"),
    "severe_retention_effect": _effect(
        "严重失信信息保存期满的处理", "What becomes of a severe listing after its retention"
    ),
    "person_retention_months": _months(
        "自然人失信信息保存期", "Retention of dishonesty records of natural persons"
    ),
    "person_retention_effect": _effect(
        "自然人失信信息保存期满的处理", "What becomes of a person's record after its retention"
    ),
    "disclosure_max_months": _months("失信信息最长披露期", "Longest disclosure of dishonesty"),
    "correction_report_working_days": _working_days(
        "更正信息报送期限", "Reporting a corrected error to the platform"
    ),
    "revocation_report_working_days": _working_days(
        "文书撤销或者变更后的报送期限", "Reporting that the underlying document was revoked or changed"
    ),
    "objection_own_working_days": _working_days("本单位处理异议的期限", "Answering an objection alone"),
    "objection_assist_working_days": _working_days(
        "需协助核查异议的期限", "Answering an objection with another unit's help"
    ),
    "objection_fix_working_days": _working_days("核查有误后的更正期限", "Correcting what was found wrong"),
    "opt_out_working_days": _working_days(
        "停止守信信息对外查询的期限", "Stopping queries of positive information"
    ),
    "repair_acceptance_working_days": _working_days("信用修复受理期限", "Accepting a repair application"),
    "repair_result_working_days": _working_days("信用修复反馈期限", "Answering a repair application"),
}
"""Every parameter there is; the order is that of the articles they come from."""
