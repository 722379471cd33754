"""The sample city of an installation: loaded once, finished after an interruption, and pointing at what it says."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from pymongo import monitoring

from seed import sample
from seed.sample import MARK, ensure_sample, sample_card, sample_defaults, seed_city
from server import clock
from server.actions.platform import Platform
from server.cli.seed import tokens, variables
from server.errors import NotFoundError
from server.identity.verify import Verifier
from server.model.subject import Subject
from server.model.viewer import Role
from server.rules import relation
from server.rules.access import Scope
from server.store.marks import Marks
from server.store.mongo import Mongo
from tests.seed.conftest import City, Fresh

ROLES = [one for one in Role if one is not Role.VISITOR]


class Interrupted(Exception):
    """Stands for a process that ends in the middle."""


async def counts(platform: Platform) -> dict[str, int]:
    names = ("subjects", "records", "record_versions", "filings", "consents")
    return {name: await platform.mongo.db[name].count_documents({}) for name in names}


async def test_the_card_points_at_what_it_says(installed: Platform) -> None:
    card = await sample_card(Marks(installed.mongo))
    records, day = installed.mongo.db["records"], clock.today().isoformat()
    subject = await installed.subjects.by_code(card.entity)
    assert subject is not None
    assert subject["name"] == card.entity_name
    shown = await records.find_one({"_id": card.penalty})
    assert shown is not None
    assert shown["subject"] == subject["_id"]
    assert shown["pub_from"] <= day <= shown["pub_to"]
    values, masked = (shown[name]["administrative_penalty"] for name in ("body", "masked"))
    assert values["severity"]
    assert values["fineAmount"]
    assert set(str(masked["legalRepresentativeIdNumber"])[1:-1]) == {"*"}
    ended = await records.find_one({"_id": card.expired})
    assert ended is not None
    assert ended["subject"] == subject["_id"]
    assert ended["pub_from"] is not None
    assert ended["pub_to"] < day <= ended["disc_to"]
    cipher = await installed.cipher.encrypt(card.id_number)
    assert await installed.subjects.by_cipher(cipher) is not None


async def test_the_shown_penalty_is_the_newest_of_its_entity(installed: Platform) -> None:
    card = await sample_card(Marks(installed.mongo))
    subject = await installed.subjects.by_code(card.entity)
    assert subject is not None
    query = {"subject": subject["_id"], "kind": "administrative_penalty"}
    newest = await installed.mongo.db["records"].find(query).sort("order", -1).limit(1).to_list()
    assert [one["_id"] for one in newest] == [card.penalty]


async def test_the_consent_of_the_card_serves_its_inquirer(installed: Platform) -> None:
    card = await sample_card(Marks(installed.mongo))
    subject = await installed.subjects.by_code(card.entity)
    assert subject is not None
    consent = await installed.consents.get(card.consent)
    viewer = (await viewers(installed))[Role.INQUIRER]
    holder = Subject(subject["_id"], subject["kind"], subject["name"], card.entity)
    assert isinstance(relation.authorised(viewer, holder, consent, clock.today()), Scope)


async def viewers(platform: Platform) -> dict[Role, Any]:
    verifier = Verifier.of(platform.settings)
    found = {}
    for name, token in tokens(platform.settings).items():
        headers = [(b"authorization", f"Bearer {token}".encode())]
        found[Role(name)] = await verifier.viewer_from(headers, clock.now())
    return found


async def test_every_caller_has_a_token_the_server_accepts(installed: Platform) -> None:
    found = await viewers(installed)
    assert list(found) == ROLES
    assert found[Role.PROVIDER].unit == found[Role.CHECKER].unit
    assert found[Role.PROVIDER].officer != found[Role.CHECKER].officer


async def test_the_card_reads_as_the_contract_has_it(installed: Platform) -> None:
    card = await sample_card(Marks(installed.mongo))
    mark = await Marks(installed.mongo).get(MARK)
    plain = json.loads(json.dumps(card.plain()))
    assert {name: set(value) for name, value in plain.items()} == {
        "entity": {"uscc", "name"},
        "penalty": {"id"},
        "expired": {"id"},
        "person": {"idNumber"},
        "agency": {"unit", "purpose", "matter"},
        "consent": {"id", "subject"},
    }
    assert plain["agency"]["purpose"] == "INSPECTION"
    assert card.id_number not in str(mark)
    assert card.id_number not in repr(card)
    assert set(variables(card)) >= {"ENTITY", "PENALTY", "PERSON", "CONSENT", "PURPOSE", "MATTER"}


async def test_without_a_city_the_card_says_how_to_get_one(city: City) -> None:
    with pytest.raises(NotFoundError, match="qufu-credit seed"):
        await sample_card(Marks(city.platform.mongo))


async def test_a_second_start_costs_one_read(installed: Platform, mongo_url: str) -> None:
    seen: Counter[str] = Counter()

    class Listener(monitoring.CommandListener):
        def started(self, event: monitoring.CommandStartedEvent) -> None:
            seen[event.command_name] += 1

        def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

        def failed(self, event: monitoring.CommandFailedEvent) -> None: ...

    watched = await Mongo.connect(mongo_url, installed.mongo.db.name, listeners=[Listener()])
    again = await Platform.open(installed.settings, watched)
    seen.clear()
    assert await ensure_sample(again) is None
    found = dict(seen)
    await again.close()
    await watched.close()
    assert found == {"find": 1}


async def test_a_database_with_other_subjects_is_left_alone(city: City) -> None:
    before = await counts(city.platform)
    assert await ensure_sample(city.platform) is None
    assert await counts(city.platform) == before
    assert await Marks(city.platform.mongo).get(MARK) is None


async def test_an_interrupted_load_is_finished_at_the_next_start(fresh: Fresh, installed: Platform) -> None:
    steps = 0

    def interrupt(_done: int, _total: int) -> None:
        nonlocal steps
        steps += 1
        if steps == 2:
            raise Interrupted

    whole = await counts(installed)
    async with fresh(seed_entities=1) as platform:
        with pytest.raises(Interrupted):
            await ensure_sample(platform, interrupt)
        assert (await counts(platform))["records"] < whole["records"]
        assert await ensure_sample(platform) is not None
        assert await counts(platform) | {"consents": 0} == whole | {"consents": 0}
        assert await ensure_sample(platform) is None


async def test_a_city_can_grow_and_keeps_what_it_had(fresh: Fresh) -> None:
    async with fresh() as platform:
        await seed_city(platform, 1)
        before = await sample_card(Marks(platform.mongo))
        grown = await seed_city(platform, 2)
        assert grown is not None
        assert (grown.entities, grown.persons) == (2, 2)
        assert await sample_card(Marks(platform.mongo)) == before
        assert await seed_city(platform, 1) is None


async def test_the_sample_consent_is_given_anew_before_it_ends(
    installed: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await sample_card(Marks(installed.mongo))
    monkeypatch.setattr(sample, "RENEW_DAYS", sample.CONSENT_DAYS + 1)
    assert await ensure_sample(installed) is None
    after = await sample_card(Marks(installed.mongo))
    assert after.consent != before.consent
    assert after.penalty == before.penalty


@pytest.mark.parametrize("role", ROLES)
def test_defaults_of_a_role_need_no_database(role: Role) -> None:
    assert sample_defaults(role) == sample_defaults(role) != {}


def test_a_visitor_has_no_defaults() -> None:
    assert sample_defaults(Role.VISITOR) == {}
