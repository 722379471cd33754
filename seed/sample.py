"""The sample city as an installation has it: loaded once, finished when it was interrupted, and easy to point at.

A mark in the database says as of which day the city was made and how far it is. Dates in it are relative to that
day, so a load that is finished or extended later uses the same one. The mark names what README shows; the sample
person's ID number is no part of it and follows from the generator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from seed.city import UNITS
from seed.load import CitySummary, Progress, load_city
from seed.party import SHOWCASE, entity_party, person_party
from seed.plan import SHOWCASE_UNIT, showcase_penalty
from server import clock
from server.actions.grant_consent import grant_consent
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.audit.entry import Channel
from server.catalogue.kind import AUDIENCES, Audience, Catalogue, SubjectKind
from server.errors import NotFoundError
from server.model.purpose import Purpose
from server.model.viewer import Role, Viewer
from server.store.marks import Marks

MARK = "sample_city"
LOADING, LOADED = "loading", "loaded"

AGENCY = UNITS["emergency"]
AGENCY_PURPOSE = Purpose.INSPECTION
AGENCY_MATTER = "QFYJ-JC-0012"

GRANTEE = UNITS["bank"]
CONSENT_DAYS = 365
CONSENT_USES = 1_000
RENEW_DAYS = 30
"""So many days before its end the sample consent is given anew."""

_CONSENTED = ("entity_basic", "administrative_licence", "administrative_penalty", "evaluation")
_LEFT_OUT = frozenset({"AdministrativePenalty.consequences", "Evaluation.indicatorValues"})
"""What the sample consent leaves out, to show that a consent is a bound."""


@dataclass(frozen=True, slots=True)
class SampleCard:
    """What to try the platform with. ``penalty`` is public, ``expired`` past its publicity and not yet its
    disclosure; both are records of ``entity``, whose consent to ``GRANTEE`` is ``consent``."""

    entity: str
    entity_name: str
    penalty: str
    expired: str
    consent: str
    id_number: str = field(repr=False)

    def plain(self) -> dict[str, Any]:
        """The card as `qufu-credit sample --json` prints it, without tokens."""
        return {
            "entity": {"uscc": self.entity, "name": self.entity_name},
            "penalty": {"id": self.penalty},
            "expired": {"id": self.expired},
            "person": {"idNumber": self.id_number},
            "agency": {
                "unit": AGENCY.code,
                "purpose": AGENCY_PURPOSE.name,
                "matter": AGENCY_MATTER,
            },
            "consent": {"id": self.consent, "subject": self.entity},
        }


async def ensure_sample(platform: Platform, progress: Progress | None = None) -> CitySummary | None:
    """Load the sample city into an empty database, or finish one begun; None when there was nothing to do.

    Costs one read when the city is there. Raises SampleRefused, Unavailable.
    """
    mark = await Marks(platform.mongo).get(MARK)
    if mark is None and await platform.subjects.any():
        return None
    if mark is not None and mark["state"] == LOADED and not _consent_ends(mark, clock.today()):
        return None
    entities = mark["entities"] if mark is not None else platform.settings.seed_entities
    return await seed_city(platform, entities, progress)


async def seed_city(
    platform: Platform, entities: int, progress: Progress | None = None
) -> CitySummary | None:
    """Load a city of that many entities, or let the one that is there grow to them; None when it is as large."""
    marks, today = Marks(platform.mongo), clock.today()
    mark = await marks.get(MARK) or {"state": LOADING, "reference": today.isoformat(), "entities": 0}
    summary = None
    if mark["state"] != LOADED or mark["entities"] < entities:
        mark |= {"state": LOADING, "entities": max(entities, mark["entities"])}
        await marks.put(MARK, mark)
        reference = date.fromisoformat(mark["reference"])
        summary = await load_city(platform, entities=mark["entities"], reference=reference, progress=progress)
        mark |= await _showcase(platform, reference)
    if "consent" not in mark or _consent_ends(mark, today):
        mark["consent"] = await _consent(platform, mark["entity"])
        mark["consent_to"] = (today + timedelta(days=CONSENT_DAYS)).isoformat()
    await marks.put(MARK, mark | {"state": LOADED})
    return summary


async def sample_card(marks: Marks) -> SampleCard:
    """The card of the city in this database. Raises NotFoundError when none was loaded."""
    mark = await marks.get(MARK)
    if mark is None or mark["state"] != LOADED:
        raise NotFoundError("There is no sample city in this database; `qufu-credit seed` loads it.")
    return SampleCard(
        entity=mark["entity"],
        entity_name=mark["entity_name"],
        penalty=mark["penalty"],
        expired=mark["expired"],
        consent=mark["consent"],
        id_number=person_party(SHOWCASE).head.number,
    )


def sample_defaults(role: Role) -> Mapping[str, str]:
    """What a token of that role says by default: the sample's people and units; needs no database."""
    market, entity = SHOWCASE_UNIT, entity_party(SHOWCASE)
    given: Mapping[Role, Mapping[str, str]] = {
        Role.CITIZEN: {"id_number": person_party(SHOWCASE).head.number},
        Role.AGENT: {"entity": entity.code or "", "subject": "sample-agent"},
        Role.AGENCY: {"unit": AGENCY.code, "officer": AGENCY.maker},
        Role.INQUIRER: {"unit": GRANTEE.code, "officer": GRANTEE.maker},
        Role.PROVIDER: {"unit": market.code, "officer": market.maker},
        Role.CHECKER: {"unit": market.code, "officer": market.checker},
        Role.CLERK: {"unit": UNITS["credit_centre"].code, "officer": UNITS["credit_centre"].maker},
        Role.AUDITOR: {"unit": UNITS["development"].code, "officer": UNITS["development"].checker},
    }
    return given.get(role, {})


def sample_fields(catalogue: Catalogue) -> list[str]:
    """The coordinates of the sample consent: what a third party may be shown of four kinds, but for two fields."""
    coordinates = []
    for code in _CONSENTED:
        kind = catalogue.kind(code)
        for one in kind.fields:
            disclosure = one.class_for(SubjectKind.legal_person)
            if disclosure is not None and Audience.third_party in AUDIENCES[disclosure]:
                coordinates.append(f"{kind.type_name}.{one.name}")
    return [one for one in coordinates if one not in _LEFT_OUT]


async def _showcase(platform: Platform, reference: date) -> dict[str, Any]:
    party = entity_party(SHOWCASE)
    unit = SHOWCASE_UNIT.code
    shown, ended = (showcase_penalty(story, party, reference) for story in ("shown", "ended"))
    keys = [(unit, one.kind, one.source_no) for one in (shown, ended)]
    held = await platform.records.by_source(keys)
    return {
        "entity": party.code,
        "entity_name": party.name,
        "penalty": held[keys[0]]["_id"],
        "expired": held[keys[1]]["_id"],
    }


async def _consent(platform: Platform, entity: str) -> str:
    clerk = Viewer(Role.CLERK, id="sample-clerk", unit=UNITS["credit_centre"].code)
    operation = Operation(platform, clerk, clock.now(), "sample-city", Channel.CLI, "SampleCity")
    return await grant_consent(
        operation,
        grantor=entity,
        grantee=GRANTEE.code,
        purpose="loan_management",
        purpose_text="流动资金贷款贷后管理",
        fields=sample_fields(platform.catalogue),
        days=CONSENT_DAYS,
        max_uses=CONSENT_USES,
        notice="已告知查询单位、用途、字段、期限、次数以及撤回授权的权利。",
        proof="样本授权书 2026-001",
    )


def _consent_ends(mark: Mapping[str, Any], today: date) -> bool:
    return bool(mark["consent_to"] < (today + timedelta(days=RENEW_DAYS)).isoformat())
