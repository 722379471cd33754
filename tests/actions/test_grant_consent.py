"""Entering, showing and ending consents: what is written, what is logged, what is refused (Art. 32, 33, 62)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from seed.city import UNITS
from seed.load import load_city
from seed.party import entity_party, person_party
from server import clock
from server.actions.grant_consent import grant_consent, revoke_consent, show_consent
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.errors import BadInput, NotFoundError, Refused
from server.model.consent import ConsentState
from server.model.ids import new_id
from server.model.subject import Subject
from server.model.viewer import Role, Viewer
from server.rules import relation
from server.rules.access import Scope
from server.settings import Settings
from server.store.models import make_indexes
from server.store.mongo import Mongo, patiently

COMPANY = entity_party(0)
PERSON = person_party(0).head
BANK = UNITS["bank"].code
CLERK = Viewer(Role.CLERK, id="clerk", officer="颜回")
CITIZEN = Viewer(Role.CITIZEN, id="citizen", id_number=PERSON.number)
AGENT = Viewer(Role.AGENT, id="agent", entity=COMPANY.code)
TERMS: dict[str, Any] = {
    "grantor": COMPANY.code,
    "grantee": BANK,
    "purpose": "loan_approval",
    "purpose_text": "贷款审批",
    "fields": ["AdministrativePenalty.fineAmount", "AdministrativeLicence.content"],
    "days": 30,
    "max_uses": 5,
    "notice": "已告知用途、期限和撤回权利",
    "proof": "授权书 7",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A platform that holds one company, one person and every unit."""

    platform: Platform

    def operation(self, viewer: Viewer = CLERK) -> Operation:
        return Operation(self.platform, viewer, clock.now(), "test-trace")

    async def grant(self, viewer: Viewer = CLERK, **changes: Any) -> str:
        return await grant_consent(self.operation(viewer), **(TERMS | changes))

    async def written(self) -> tuple[int, int]:
        """Consents and log entries in the database."""
        db = self.platform.mongo.db
        return await db["consents"].count_documents({}), await db["audit_entries"].count_documents({})


@pytest_asyncio.fixture(scope="session")
async def desk(
    mongo_server: Mongo, mongo_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    mongo = Mongo(mongo_server.client, f"test_{new_id('req')[4:]}")
    await make_indexes(mongo)
    settings = Settings.of(
        mongo_url=mongo_url, mongo_database=mongo.db.name, data_dir=tmp_path_factory.mktemp("desk")
    )
    platform = await Platform.open(settings, mongo)
    await load_city(platform, entities=1, persons=1, reference=clock.today())
    yield Desk(platform)
    await platform.close()
    with patiently(30):
        await mongo_server.client.drop_database(mongo.db.name)


async def test_a_consent_is_written_with_its_end_and_its_log_entry(desk: Desk) -> None:
    """Worked example 39: thirty days, the first not counted."""
    before = await desk.written()
    consent = await desk.platform.consents.get(await desk.grant())
    assert consent is not None
    assert consent.valid_to - consent.valid_from == timedelta(days=30)
    assert consent.valid_from == clock.today()
    assert (consent.state, consent.uses, consent.max_uses) == (ConsentState.ACTIVE, 0, 5)
    assert consent.allows("AdministrativePenalty", "fineAmount")
    assert not consent.allows("AdministrativePenalty", "severity")
    assert await desk.written() == (before[0] + 1, before[1] + 1)
    entries = await desk.platform.mongo.db["audit_entries"].find({}).to_list()
    (entry,) = [one for one in entries if consent.id in str(one)]
    assert "consent:document:create" in str(entry)


async def test_a_query_inside_it_is_possible_until_its_last_day(desk: Desk) -> None:
    consent = await desk.platform.consents.get(await desk.grant())
    assert consent is not None
    subject = Subject(consent.grantor, COMPANY.kind, COMPANY.name, COMPANY.code)
    bank = Viewer(Role.INQUIRER, id="bank", unit=BANK)
    last = clock.today() + timedelta(days=30)
    assert isinstance(relation.authorised(bank, subject, consent, last), Scope)
    after = relation.authorised(bank, subject, consent, last + timedelta(days=1))
    assert after is relation.CONSENT_INVALID


async def test_the_subject_itself_can_consent(desk: Desk) -> None:
    assert await desk.grant(AGENT)
    fields = ["PersonBasic.name", "PersonBasic.idNumber"]
    assert await desk.grant(CITIZEN, grantor=PERSON.number, fields=fields)


@pytest.mark.parametrize(
    "viewer",
    [
        Viewer(Role.VISITOR),
        Viewer(Role.INQUIRER, id="bank", unit=BANK),
        Viewer(Role.AGENCY, id="agency", unit=UNITS["tax"].code),
        Viewer(Role.AGENT, id="other", entity=entity_party(1).code),
        CITIZEN,
    ],
    ids=lambda one: one.role.value,
)
async def test_nobody_consents_for_another(desk: Desk, viewer: Viewer) -> None:
    before = await desk.written()
    with pytest.raises(Refused):
        await desk.grant(viewer)
    assert await desk.written() == before


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"grantor": "nobody"}, "subject", "subject_key"),
        ({"grantee": COMPANY.code}, "grantee", "unit_unknown"),
        ({"purpose": "curiosity"}, "purpose", "purpose_unknown"),
        ({"days": 91}, "days", "purpose_term"),
        ({"days": 31, "max_uses": 1}, "days", "one_time_term"),
        ({"max_uses": 0}, "max_uses", "uses_bound"),
        ({"fields": ["AdministrativePenalty.remarks"]}, "fields", "field_not_grantable"),
        ({"fields": ["Rubbish.rubbish"]}, "fields", "field_unknown"),
        ({"notice": f"告知 {PERSON.number}"}, "notice", "personal_data"),
        ({"proof": f"身份证 {PERSON.number}"}, "proof", "personal_data"),
    ],
)
async def test_unlawful_terms_are_refused_by_field_and_rule_and_nothing_is_written(
    desk: Desk, changes: dict[str, Any], field: str, rule: str
) -> None:
    before = await desk.written()
    with pytest.raises(BadInput) as refusal:
        await desk.grant(**changes)
    assert (refusal.value.extra["field"], refusal.value.extra["rule"]) == (field, rule)
    assert PERSON.number not in refusal.value.sentence
    assert "Rubbish" not in refusal.value.sentence
    assert await desk.written() == before


async def test_an_unknown_subject_cannot_consent(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        await desk.grant(grantor=entity_party(5).code)


async def test_a_revoked_consent_is_ended_and_logged(desk: Desk) -> None:
    identifier = await desk.grant()
    before = await desk.written()
    await revoke_consent(desk.operation(AGENT), identifier, COMPANY.code or "")
    consent = await show_consent(desk.operation(), identifier)
    assert consent.state is ConsentState.REVOKED
    assert await desk.written() == (before[0], before[1] + 1)
    assert not await desk.platform.consents.use(consent, clock.today())


@pytest.mark.parametrize("case", ["twice", "unknown", "malformed", "of another"])
async def test_a_consent_that_is_not_in_force_cannot_be_revoked(desk: Desk, case: str) -> None:
    """One answer for all of them: it tells nothing about other people's consents."""
    identifier, grantor = await desk.grant(), COMPANY.code or ""
    if case == "twice":
        await revoke_consent(desk.operation(), identifier, grantor)
    elif case == "of another":
        grantor = PERSON.number
    else:
        identifier = new_id("con") if case == "unknown" else "garbage"
    before = await desk.written()
    with pytest.raises(NotFoundError) as refusal:
        await revoke_consent(desk.operation(), identifier, grantor)
    assert refusal.value.sentence == "consent (授权): this subject has no such consent in force."
    assert await desk.written() == before


async def test_only_the_window_shows_a_consent_by_its_id(desk: Desk) -> None:
    identifier = await desk.grant()
    with pytest.raises(Refused):
        await show_consent(desk.operation(AGENT), identifier)
    with pytest.raises(NotFoundError):
        await show_consent(desk.operation(), "garbage")
