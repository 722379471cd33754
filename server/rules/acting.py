"""Who may do what: filing, checking, and the rules of Art. 3, 14, 15 and 23 that stand before every filing."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from server.catalogue.kind import Family, Kind, Label
from server.model.subject import age_on
from server.model.viewer import Role, Viewer


class Verb(StrEnum):
    """The deeds a role may be entitled to."""

    FILE = "file"
    CHECK = "check"
    READ_QUEUE = "read_queue"
    READ_LOG = "read_log"


MAY: Mapping[Role, frozenset[Verb]] = {
    Role.VISITOR: frozenset(),
    Role.CITIZEN: frozenset(),
    Role.AGENT: frozenset(),
    Role.AGENCY: frozenset(),
    Role.INQUIRER: frozenset(),
    Role.PROVIDER: frozenset({Verb.FILE, Verb.READ_QUEUE}),
    Role.CHECKER: frozenset({Verb.CHECK, Verb.READ_QUEUE}),
    Role.CLERK: frozenset(),
    Role.AUDITOR: frozenset({Verb.READ_LOG}),
}
"""The whole matrix on one screen; a maker never checks (Art. 23)."""


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a deed is refused: a stable code, its article, the field concerned if any, a bilingual sentence."""

    code: str
    article: str
    sentence: Label
    field: str | None = None


NOT_OWN_UNIT = Objection(
    "not_own_unit",
    "Art. 38",
    Label(zh="仅限本单位", en="Only the own unit's"),
    "unit",
)


def may(viewer: Viewer, verb: Verb) -> Objection | None:
    """None when the viewer's role is entitled to the deed and it names its unit."""
    if verb in MAY[viewer.role] and (viewer.unit or verb is Verb.READ_LOG):
        return None
    return Objection(
        "role_not_entitled",
        "Art. 23, 38",
        Label(zh="当前角色无权办理", en="This role is not entitled to do that"),
    )


def unit_files(unit: Mapping[str, Any] | None, kind: Kind) -> Objection | None:
    """A unit files only its own catalogue items, and a collector no public records (Art. 9, 23)."""
    if unit is None:
        return Objection(
            "unit_unknown",
            "Art. 23",
            Label(zh="该单位未登记为提供单位", en="The unit is not registered as a provider"),
        )
    if kind.code not in unit["items"]:
        return Objection(
            "item_not_of_unit",
            "Art. 23",
            Label(
                zh="该事项不属于本单位归集范围", en="The item is not one of the unit's own catalogue items"
            ),
            "kind",
        )
    if unit["family"] == Family.market and kind.family is Family.public:
        return Objection(
            "collector_files_public",
            "Art. 9",
            Label(
                zh="市场采集单位不得报送公共信用信息", en="A market collector may not file public information"
            ),
            "kind",
        )
    return None


PERSON_NAME_MOST = 50


def two_people(maker: str, checker: str) -> Objection | None:
    """Maker and checker are two people (Art. 23)."""
    # Spaces within and the width of characters do not make a name another one.
    names = {"".join(unicodedata.normalize("NFKC", one).split()).casefold() for one in (maker, checker)}
    if len(names) == 2 and all(0 < len(one) <= PERSON_NAME_MOST and one.isprintable() for one in names):
        return None
    return Objection(
        "maker_is_checker",
        "Art. 23",
        Label(zh="报送人与审核人须为两人", en="Maker and checker must be two named people"),
        "attestation",
    )


def admissible_penalty(unit: str, values: Mapping[str, Any]) -> Objection | None:
    """Art. 15 keeps simple-procedure and minor, remedied penalties out; Art. 14 gives severity to the penaliser."""
    if values.get("procedure") == "simple":
        return Objection(
            "simple_procedure",
            "Art. 15",
            Label(
                zh="适用简易程序的行政处罚不纳入信用记录",
                en="Simple-procedure penalties stay out of the record",
            ),
            "procedure",
        )
    if values.get("minorAndRemedied") is True:
        return Objection(
            "minor_and_remedied",
            "Art. 15",
            Label(
                zh="违法行为轻微且已主动消除后果的不纳入信用记录",
                en="Minor conduct whose consequences were remedied stays out of the record",
            ),
            "minorAndRemedied",
        )
    if values.get("severity") is not None and values.get("authorityCode") != unit:
        return Objection(
            "severity_by_penalising_unit",
            "Art. 14",
            Label(zh="失信严重程度由作出处罚的机关认定", en="Only the penalising unit may set the severity"),
            "severity",
        )
    return None


ADULT = 18
SELF_SUPPORTING = 16


def full_capacity(
    birth: date, day: date, *, self_supporting: bool, declared_lacking: bool
) -> Objection | None:
    """Only persons with full civil capacity are credit subjects (Art. 3; Civil Code Art. 17, 18).

    ``self_supporting`` is the source unit's statement that a person of 16 or 17 lives on own labour;
    ``declared_lacking`` that a court declared the person without full capacity.
    """
    age = age_on(birth, day)
    if not declared_lacking and (age >= ADULT or (age >= SELF_SUPPORTING and self_supporting)):
        return None
    return Objection(
        "no_full_civil_capacity",
        "Art. 3",
        Label(zh="信用主体须具有完全民事行为能力", en="The person lacks full civil capacity"),
        "subject",
    )
