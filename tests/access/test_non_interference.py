"""Promise 1: databases that differ only in what a viewer may not see answer it byte for byte the same.

The walk asks everything the schema offers, as every caller. A control shows that an allowed viewer is told apart.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.access import twins
from tests.access.conftest import Commands, Noise, Twins, consents_of, settings_on
from tests.access.walk import PAGES_MOST, Question, next_cursor
from tests.makers import COMPANY, OTHER_PERSON, PARTIES, PERSON
from tests.platforms import FADED_COMPANY, HIDDEN_COMPANY, VEILED_COMPANY, populate, running
from tests.viewers import (
    AGENCY,
    AUDITOR,
    CITIZEN,
    CLERK,
    INQUIRER,
    OWNER_AGENT,
    PROVIDER,
    VISITOR,
    Caller,
)

LIGHT: dict[str, Sequence[Any]] = {
    "uscc": [COMPANY.key],
    "search": ["杏坛食品"],
    "entities.kind": [None],
    "records.kind": [None],
    "area": [None],
    "sourceUnit": [None],
    "decidedTo": [None],
    "access.subject": [None, COMPANY.key, PERSON.key],
    "purpose": ["PUBLIC_SERVICE_APPOINTMENT"],
}
"""Public roots as a caller asks them who is there for something else; the visitor asks them in full."""

ALLOWED = {VISITOR: AGENCY, CITIZEN: AGENCY, OWNER_AGENT: AGENCY, INQUIRER: OWNER_AGENT, AGENCY: OWNER_AGENT}
ALLOWED |= {PROVIDER: AGENCY, AUDITOR: AGENCY, CLERK: AGENCY}
OWN_ROOT = {AGENCY: "subjectFile", OWNER_AGENT: "me"}


@pytest_asyncio.fixture(scope="module")
async def twin(
    mongo_url: str, tmp_path_factory: pytest.TempPathFactory, noise: Noise
) -> AsyncIterator[Twins]:
    """Two applications with the same keys, each on its database."""
    commands = Commands()
    one = settings_on(mongo_url, tmp_path_factory.mktemp("one"))
    other = settings_on(mongo_url, tmp_path_factory.mktemp("other"), keys=one.keys_dir)
    async with running(one, listeners=[commands]) as first:
        await populate(first)
        consents = await consents_of(first)
        parties = (*PARTIES, HIDDEN_COMPANY, FADED_COMPANY, VEILED_COMPANY)
        owners = {await first.subject_id(party): party.key for party in parties}
        await first.platform.changes.number()
        base = await twins.read(first)
        # Both read the same ciphertexts, so the data key is there before the second one starts.
        keys = first.platform.mongo.client[other.mongo_database]["encryption_keys"]
        await keys.insert_many(base.pop("encryption_keys"))
        async with running(other) as second:
            yield Twins(first, second, commands, noise, base, consents, owners)


def told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    """Everything an answer tells, apart from the request's own number."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("x-request-id", "date")}
    return answer.status_code, headers, answer.content


async def both(
    twin: Twins, caller: Caller, question: Question, variables: Mapping[str, Any]
) -> list[httpx.Response]:
    """The two databases' answers to one question."""
    twin.noise.question += 1
    answers = []
    for world in (twin.one, twin.other):
        twin.noise.drawn = 0
        answers.append(await world.ask(caller, question.text, variables))
    return answers


async def differ(twin: Twins, caller: Caller) -> twins.Differing:
    """Make the databases differ in what ``caller`` may not see, the log included."""
    made = twins.Differing(caller, twin.owners, lambda _: twin.ciphers["other"])
    twin.ciphers["other"] = await twin.one.platform.cipher.encrypt("other")
    await twins.write(twin.one, twin.base)
    await twins.write(twin.other, made.twin(twin.base))
    for world in (twin.one, twin.other):
        await world.platform.mongo.db["audit_entries"].delete_many({})
    seen = 'query($s: String!, $until: Date) { subjectFile(subject: $s, purpose: INSPECTION, matter: "M-0", '
    seen += "logHiddenUntil: $until) { basic { id lastUpdated } } }"
    await twin.one.data(AGENCY, seen, {"s": OTHER_PERSON.key if caller is not AUDITOR else COMPANY.key})
    for own in (COMPANY, PERSON):
        await twin.one.data(AGENCY, seen, {"s": own.key, "until": "2030-01-01"})
    if caller is AUDITOR:
        await twin.other.data(AGENCY, seen, {"s": COMPANY.key})
        for world in (twin.one, twin.other):
            await world.platform.mongo.db["audit_entries"].delete_many({"hidden_until": ""})
    return made


async def walk(twin: Twins, caller: Caller) -> int:
    """Ask everything as ``caller``; every pair of answers must be the same. Returns the number of questions."""
    asked = 0
    for root in twin.walker.roots:
        for question in twin.walker.questions(root, None if caller is VISITOR else LIGHT):
            variables = dict(question.variables)
            for _ in range(PAGES_MOST):
                asked += 1
                one, other = await both(twin, caller, question, variables)
                where = f"{caller.name} asks {root} {dict(variables)}"
                assert told(one) == told(other), f"{where}\n{difference(one.content, other.content)}"
                assert b'"INTERNAL"' not in one.content, f"{where}\n{one.text[:600]}"
                assert b"OPERATION_TOO_LARGE" not in one.content, f"{where}\n{one.text[:600]}"
                assert b'"BAD_REQUEST"' not in one.content, f"{where}\n{one.text[:600]}"
                cursor = next_cursor(one.json(), question.pages or ("none",))
                if question.pages is None or cursor is None:
                    break
                variables["after"] = cursor
    return asked


def difference(one: bytes, other: bytes) -> str:
    """Where two answers part."""
    at = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    cut = [text[max(0, at - 300) : at + 120].decode("utf-8", "replace") for text in (one, other)]
    return f"one:   {cut[0]}\nother: {cut[1]}"


@pytest.mark.parametrize("caller", ALLOWED, ids=lambda one: one.name)
async def test_what_a_viewer_may_not_see_changes_nothing_in_its_answers(twin: Twins, caller: Caller) -> None:
    changed = await differ(twin, caller)
    assert changed.values > (50 if caller is PROVIDER else 100)
    assert changed.rows > 5 or caller in (AGENCY, CLERK, PROVIDER, AUDITOR)
    assert await walk(twin, caller) >= 25
    await _control(twin, caller)


async def _control(twin: Twins, caller: Caller) -> None:
    """An allowed viewer does see the difference, by the same walk."""
    allowed = ALLOWED[caller]
    root = OWN_ROOT[allowed]
    [question, *_] = twin.walker.questions(root, LIGHT)
    one, other = await both(twin, allowed, question, question.variables)
    assert one.status_code == other.status_code == 200
    assert told(one) != told(other)
