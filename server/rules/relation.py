"""On what footing a viewer approaches a subject: the three ways of disclosure told apart (Art. 30).

Each function answers with a ``Scope`` or with a ``Refusal`` that carries its reason. A token or a consent is
the upper bound; what a request states can only narrow it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from server.catalogue.kind import Label
from server.model.consent import Consent, ConsentState
from server.model.purpose import Purpose
from server.model.subject import Subject
from server.model.viewer import Role, Viewer
from server.rules.access import Relation, Scope

MATTER_LENGTH = 64
_NUMBER = re.compile(r"\d{15}")
"""A matter number that holds a citizen ID number would carry it into the log."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request may not be made at all: a stable code, the article, a bilingual sentence, what is needed."""

    code: str
    article: str
    sentence: Label
    needs: str


NOT_LOGGED_IN = Refusal(
    "real_name_required",
    "Art. 32",
    Label(zh="查询本人信息须实名认证", en="Reading one's own file needs a real-name token"),
    "a citizen's or entity agent's token",
)
NOT_GOVERNMENT = Refusal(
    "government_unit_required",
    "Art. 37",
    Label(zh="仅限有关部门履职查询", en="Only a government unit may query for a duty"),
    "an agency token",
)
PURPOSE_OUTSIDE_TOKEN = Refusal(
    "purpose_outside_token",
    "Art. 37",
    Label(zh="查询用途超出授权范围", en="The token does not cover this purpose or matter"),
    "a token issued for this purpose and matter",
)
MATTER_MISSING = Refusal(
    "matter_required",
    "Art. 37",
    Label(zh="须填写事项编号", en="A matter number of 1 to 64 characters is required"),
    "the number of the matter in hand",
)
MAY_NOT_WITHHOLD = Refusal(
    "log_withholding_not_allowed",
    "Art. 55",
    Label(zh="无权暂缓告知查询记录", en="This unit may not keep its query from the subject's access log"),
    "a unit entitled by law",
)
NOT_A_UNIT = Refusal(
    "unit_required",
    "Art. 30",
    Label(zh="仅限单位订阅变动信息", en="Only a unit may follow changes"),
    "the token of an agency, an inquirer or a provider unit",
)
NOT_A_PROVIDER = Refusal(
    "provider_required",
    "Art. 23",
    Label(zh="仅限提供单位查看本单位记录变动", en="Only a provider unit may follow its own records"),
    "a provider's or checker's token",
)
NOT_CLERK = Refusal(
    "window_clerk_required",
    "Art. 32",
    Label(zh="仅限服务窗口工作人员", en="Only a clerk of the query window may serve a subject in person"),
    "a window clerk's token",
)
NOT_INQUIRER = Refusal(
    "inquirer_required",
    "Art. 32, 33",
    Label(zh="仅限被授权的查询人", en="Only an authorised inquirer may use a consent"),
    "an inquirer's token",
)
CONSENT_INVALID = Refusal(
    "consent_invalid",
    "Art. 32, 33, 62",
    Label(zh="授权不存在、已失效或与查询不符", en="No valid consent covers this subject, client and day"),
    "a consent of this subject to this unit that is still in force",
)


def matter_stated(matter: str) -> bool:
    """Whether a text can stand as the number of a matter: printable, bounded, and no ID number in disguise."""
    fits = bool(matter.strip()) and len(matter) <= MATTER_LENGTH and matter.isprintable()
    return fits and _NUMBER.search(matter) is None


def public(day: date) -> Scope:
    """The footing of everyone, token or not: what is published (Art. 31)."""
    return Scope(Relation.NONE, day)


def own(viewer: Viewer, day: date) -> Scope | Refusal:
    """The footing of a subject, or of its agent, on its own file (Art. 32)."""
    if viewer.role is Role.CITIZEN and viewer.id_number:
        return Scope(Relation.SELF, day)
    if viewer.role is Role.AGENT and viewer.entity:
        return Scope(Relation.AGENT, day)
    return NOT_LOGGED_IN


def window(viewer: Viewer, matter: str, day: date) -> Scope | Refusal:
    """The footing of a window clerk who serves a subject that proved its identity in person (Art. 32)."""
    if viewer.role is not Role.CLERK or not viewer.unit:
        return NOT_CLERK
    if not matter_stated(matter):
        return MATTER_MISSING
    return Scope(Relation.WINDOW, day)


def share(viewer: Viewer, purpose: Purpose, matter: str, day: date) -> Scope | Refusal:
    """The footing of a government unit with one of the nine purposes and a matter (Art. 37)."""
    if viewer.role is not Role.AGENCY or not viewer.unit:
        return NOT_GOVERNMENT
    if (
        not matter.strip()
        or len(matter) > MATTER_LENGTH
        or not matter.isprintable()
        or _NUMBER.search(matter)
    ):
        return MATTER_MISSING
    if viewer.purposes and purpose.value not in viewer.purposes:
        return PURPOSE_OUTSIDE_TOKEN
    if viewer.matters and matter not in viewer.matters:
        return PURPOSE_OUTSIDE_TOKEN
    return Scope(Relation.GOVERNMENT, day, purpose=purpose)


def authorised(
    viewer: Viewer, subject: Subject | None, consent: Consent | None, day: date
) -> Scope | Refusal:
    """The footing of a third party inside a written authorisation (Art. 32, 33).

    Every way in which the consent does not fit gives one and the same refusal, so that it tells nothing about
    the subject or about other people's consents.
    """
    if viewer.role is not Role.INQUIRER or not viewer.unit:
        return NOT_INQUIRER
    if subject is None or consent is None:
        return CONSENT_INVALID
    fits = (
        consent.state is ConsentState.ACTIVE
        and consent.grantor == subject.id
        and consent.grantee == viewer.unit
        and consent.valid_from <= day <= consent.valid_to
        and consent.uses < consent.max_uses
        and (not viewer.purposes or consent.purpose in viewer.purposes)
    )
    return Scope(Relation.CONSENTED, day, consent=consent) if fits else CONSENT_INVALID


def sample_consent(type_name: str, field: str, day: date) -> Consent:
    """A consent that names one field, to explain what a third party with such a consent would get."""
    return Consent(
        id="",
        grantor="",
        grantee="",
        purpose="",
        purpose_text="",
        fields=frozenset({f"{type_name}.{field}"}),
        valid_from=day,
        valid_to=day,
        max_uses=1,
        uses=0,
        state=ConsentState.ACTIVE,
        version=1,
    )
