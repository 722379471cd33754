"""A third party inside a written authorisation: never beyond its subject, client, fields, days and uses (Art. 32, 33, 62)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest

from server.clock import CITY
from tests.access.conftest import City
from tests.makers import COMPANY, NOW, OTHER_BANK, OTHER_COMPANY, PERSON
from tests.platforms import consented
from tests.viewers import CITIZEN, INQUIRER, OTHER_INQUIRER, Caller

FILE = """query($s: String!, $c: ID!) { authorisedFile(subject: $s, consent: $c) { usesLeft records(first: 50) { totalCount nodes {
  __typename ... on AdministrativePenalty { fineAmount severity documentNumber } ... on SevereListEntry { listName } } } } }"""


async def ask(
    city: City, consent: str, caller: Caller = INQUIRER, subject: str = COMPANY.key
) -> dict[str, Any]:
    """The answer of the consented file."""
    answer: dict[str, Any] = (await city.world.ask(caller, FILE, {"s": subject, "c": consent})).json()
    return answer


def refused(answer: dict[str, Any]) -> bool:
    """Whether the one refusal for every unfit consent was given, and nothing else."""
    if "errors" not in answer:
        return False
    [error] = answer["errors"]
    assert error["extensions"]["rule"] == "consent_invalid"
    assert answer["data"] == {"authorisedFile": None}
    assert "extensions" not in answer
    return True


async def test_the_named_fields_are_given_and_no_others(city: City) -> None:
    """Worked example 39: {penalties} is not {the severe list}; a field left out stays out."""
    answer = await ask(city, city.consents[COMPANY.key])
    nodes = answer["data"]["authorisedFile"]["records"]["nodes"]
    penalties = [one for one in nodes if one["__typename"] == "AdministrativePenalty"]
    assert penalties
    assert all(one["fineAmount"] or one["severity"] for one in penalties)
    assert all(one["documentNumber"] is None for one in penalties)
    assert not [one for one in nodes if one["__typename"] == "SevereListEntry"]
    why = {one["coordinate"]: one["rule"] for one in answer["extensions"]["access"]}
    assert why["AdministrativePenalty.documentNumber"] == "outside_consent"
    assert why["SevereListEntry.listName"] == "outside_consent"


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "revoked"},
        {"state": "requested"},
        {"state": "refused"},
        {"state": "expired"},
        {"grantee": OTHER_BANK},
        {"valid_to": "2026-11-22"},
        {"valid_from": "2026-11-24"},
        {"uses": 5, "max_uses": 5},
    ],
    ids=str,
)
async def test_a_consent_that_does_not_fit_gives_one_and_the_same_refusal(
    city: City, changes: dict[str, Any]
) -> None:
    assert refused(await ask(city, await consented(city.world, COMPANY, **changes)))


async def test_a_consent_is_of_one_subject_to_one_client(city: City) -> None:
    mine = city.consents[COMPANY.key]
    assert refused(await ask(city, mine, subject=OTHER_COMPANY.key))
    assert refused(await ask(city, mine, subject=PERSON.key))
    assert refused(await ask(city, mine, OTHER_INQUIRER))
    assert refused(await ask(city, city.consents[PERSON.key]))
    for unknown in ("con_" + "0" * 20, "garbage", "", "\x00"):
        assert refused(await ask(city, unknown))
    narrowed = INQUIRER.but(purposes=("tenancy",))
    assert refused(await ask(city, mine, narrowed))
    assert not refused(await ask(city, mine, INQUIRER.but(purposes=("loan_approval",))))


@pytest.mark.parametrize(
    ("day", "valid"),
    [((2026, 10, 31), False), ((2026, 11, 1), True), ((2026, 12, 1), True), ((2026, 12, 2), False)],
)
async def test_it_holds_through_its_last_day(city: City, day: tuple[int, int, int], valid: bool) -> None:
    """Worked example 39: 30 days from 2026-11-01 end with 2026-12-01 (the first day is not counted)."""
    identifier = await consented(city.world, COMPANY)
    city.world.clock[0] = datetime(*day, 23, 59, tzinfo=CITY)
    city.world.headers.clear()
    # The token has its own times: it is minted for the tests' moment, so the platform is asked below HTTP.
    from server.actions.open_file import authorised_file
    from server.actions.views import NOTHING
    from server.errors import Refused

    try:
        operation = city.world.operation(INQUIRER)
        if valid:
            assert await authorised_file(operation, COMPANY.key, identifier, NOTHING) is not None
        else:
            with pytest.raises(Refused):
                await authorised_file(operation, COMPANY.key, identifier, NOTHING)
            assert [one.reason for one in operation.entries()] == ["consent_invalid"]
    finally:
        city.world.clock[0] = NOW


async def test_a_one_time_consent_is_used_once_even_at_the_same_moment(city: City) -> None:
    """Eight requests at once: exactly one is served."""
    identifier = await consented(city.world, COMPANY, max_uses=1)
    answers = await asyncio.gather(*(ask(city, identifier) for _ in range(8)))
    assert sorted(refused(one) for one in answers) == [False] + [True] * 7
    stored = await city.world.platform.consents.get(identifier)
    assert stored is not None
    assert stored.uses == 1


async def test_withdrawal_works_from_the_next_read(city: City) -> None:
    identifier = await consented(city.world, COMPANY)
    assert not refused(await ask(city, identifier))

    async def work(writing: Any) -> None:
        assert await city.world.platform.consents.revoke(
            identifier, await city.world.subject_id(COMPANY), writing.session
        )

    await city.world.platform.log.transact(work)
    assert refused(await ask(city, identifier))


async def test_the_subject_sees_the_uses_and_no_one_elses_consent_shows_more(city: City) -> None:
    """Art. 55: each use stands in the subject's own log with the consent it rests on."""
    identifier = await consented(city.world, PERSON)
    text = "query($s: String!, $c: ID!) { authorisedFile(subject: $s, consent: $c) { subject { name } basic { ... on PersonBasic { idNumber } } } }"
    answer = (await city.world.ask(INQUIRER, text, {"s": PERSON.key, "c": identifier})).json()
    basic = answer["data"]["authorisedFile"]["basic"]
    assert basic["idNumber"] == PERSON.key[0] + "*" * 16 + PERSON.key[-1]
    log = await city.world.data(
        CITIZEN, "{ me { accessLog(first: 100) { nodes { consent ground kinds { kind shown masked } } } } }"
    )
    [entry] = [one for one in log["me"]["accessLog"]["nodes"] if one["consent"] == identifier]
    assert entry["ground"] == "consent:Art. 32"
    assert entry["kinds"] == [{"kind": "PersonBasic", "shown": ["name"], "masked": ["idNumber"]}]
