"""Promise 2: no command to the database names a field that the viewer may not see, whatever it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.access import oracle
from tests.access.conftest import City
from tests.access.walk import Walker
from tests.makers import COMPANY, ORGAN, PERSON, SHOP, Party
from tests.platforms import CONSENTED
from tests.viewers import (
    AGENCY,
    AUDITOR,
    CITIZEN,
    CLERK,
    EVERYONE,
    INQUIRER,
    OWNER_AGENT,
    PROVIDER,
    VISITOR,
    Caller,
)

PATH = re.compile(r"(?:basic\.)?(body|masked)\.([a-z_]+)\.([A-Za-z]+)")
FILES = {
    "subjectFile": (AGENCY, "government"),
    "windowFile": (CLERK, "subject"),
    "authorisedFile": (INQUIRER, "third_party"),
}
ENVELOPE_KEYS = {"maker": "submittedBy", "checker": "reviewedBy", "content_hash": "contentHash"}
ENVELOPE_KEYS |= {"change_reason": "changeReason", "filed_at": "submittedAt"}
ENVELOPE_KEYS |= {"disc_rule": "disclosureBasis", "keep_rule": "retentionBasis"}
"""Stored keys of the envelope that are not for everyone, without those the row rule itself needs."""


def names_in(value: Any) -> Iterator[str]:
    """Every key and every field reference anywhere in a command."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key)
            yield from names_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from names_in(inner)
    elif isinstance(value, str) and value.startswith("$"):
        yield value[1:]


def reads(city: City) -> list[dict[str, Any]]:
    """What was read from records and subjects since the listener was last emptied."""
    return [
        command
        for name, command in city.commands.seen
        if name in ("find", "aggregate", "count", "distinct") and command[name] in ("records", "subjects")
    ]


def projected(command: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The projection of a read; None for whole documents."""
    if "pipeline" in command:
        return next((stage["$project"] for stage in command["pipeline"] if "$project" in stage), None)
    found: Mapping[str, Any] | None = command.get("projection")
    return found


def allowed(
    audience: str, part: str, code: str, name: str, kinds: tuple[str, ...], purpose: str | None
) -> bool:
    """Whether some subject of these kinds has this field in this form for the audience."""
    wanted = "SHOWN" if part == "body" else "MASKED"
    coordinate = f"{oracle.KINDS[code]['type']}.{name}"
    return any(
        oracle.state_of(
            audience, code, name, kind, "PUBLIC", purpose=purpose, consented=coordinate in CONSENTED
        )
        == wanted
        for kind in kinds
    )


def check(city: City, audience: str, kinds: tuple[str, ...], purpose: str | None = None) -> set[str]:
    """Every read is projected and names nothing beyond the audience; returns the paths that were named."""
    named: set[str] = set()
    for command in reads(city):
        projection = projected(command)
        assert projection, f"whole documents are read: {command}"
        assert not {"body", "masked", "basic", "$$ROOT"} & set(projection), "whole bodies are read"
        for path in names_in(command):
            found = PATH.fullmatch(path)
            if found is not None:
                named.add(path.removeprefix("basic."))
                assert allowed(audience, found[1], found[2], found[3], kinds, purpose), (
                    f"{audience} must not fetch {path}"
                )
            key = ENVELOPE_KEYS.get(path.removeprefix("basic."))
            if key is not None and audience != "internal":
                assert audience in oracle.REACHES[oracle.ENVELOPE[key]], f"{audience} must not fetch {path}"
    return named


ENTITY_KINDS = ("legal_person", "unincorporated", "individual_business", "government_unit")


def walker(city: City, subject: Party) -> Walker:
    """A walk with one candidate for each argument."""
    world = city.world
    arguments: dict[str, list[Any]] = {
        "uscc": [COMPANY.key],
        "search": ["曲阜"],
        "kind": [None],
        "area": ["370881"],
        "industry": [None],
        "sourceUnit": [None],
        "decidedFrom": [None],
        "decidedTo": [None],
        "id": ["rec_" + "0" * 20],
        "ids": [["rec_" + "0" * 20, "sub_" + "0" * 20]],
        "code": ["entity_basic"],
        "subject": [subject.key],
        "purpose": ["COMMENDATION"],
        "matter": ["M-1"],
        "logHiddenUntil": [None],
        "consent": [city.consents.get(subject.key, "con_" + "0" * 20)],
        "proof": ["ID_CARD"],
        "kinds": [None],
        "state": ["PENDING"],
    }
    return Walker(world.app.state.executor.contract.graphql, arguments)


async def ask(city: City, caller: Caller, root: str, subject: Party = COMPANY) -> None:
    """One answer's commands, and nothing else, are in the listener afterwards."""
    city.commands.seen.clear()
    for question in walker(city, subject).questions(root):
        variables = {**question.variables, **({"first": 1} if question.pages else {})}
        answer = await city.world.ask(caller, question.text, variables)
        assert b"INTERNAL" not in answer.content


PUBLIC_ROOTS = ("entity", "entities", "records", "node", "nodes", "catalogue", "catalogueItem", "access")


@pytest.mark.parametrize(
    "caller", [VISITOR, CLERK, PROVIDER, AUDITOR, AGENCY, INQUIRER], ids=lambda one: one.name
)
async def test_public_questions_name_public_fields_only(city: City, caller: Caller) -> None:
    named = set()
    for root in PUBLIC_ROOTS:
        await ask(city, caller, root)
        named |= check(city, "public", ENTITY_KINDS)
    assert "body.administrative_penalty.fineAmount" in named


@pytest.mark.parametrize("caller", EVERYONE, ids=lambda one: one.name)
async def test_a_refused_root_reads_neither_records_nor_subjects(city: City, caller: Caller) -> None:
    """The wrong role is told so before anything about the subject is looked up."""
    able = {"me": ("citizen", "agent"), "filings": ("provider", "checker"), "auditEntries": ("auditor",)}
    able |= {root: (right.role.value,) for root, (right, _) in FILES.items()}
    for root, roles in able.items():
        if caller.role.value not in roles:
            await ask(city, caller, root, PERSON)
            assert not reads(city), root


@pytest.mark.parametrize("subject", [COMPANY, SHOP, ORGAN, PERSON], ids=lambda one: one.kind.value)
@pytest.mark.parametrize("root", FILES)
async def test_a_file_is_read_within_its_footing(city: City, root: str, subject: Party) -> None:
    """Its page of records names nothing of another footing, and nothing of another kind of subject."""
    caller, audience = FILES[root]
    await ask(city, caller, root, subject)
    paged = [one for one in city.commands.seen if one[0] == "aggregate"]
    # The head is found before the kind of subject is known; what follows is as narrow as that kind.
    every = (*ENTITY_KINDS, "natural_person")
    named = check(city, audience, every, "commendation")
    city.commands.seen = paged
    named_in_page = check(city, audience, (subject.kind.value,), "commendation")
    if root != "authorisedFile" or subject.key in city.consents:
        assert named and named_in_page


@pytest.mark.parametrize(
    ("caller", "subject"), [(CITIZEN, PERSON), (OWNER_AGENT, COMPANY)], ids=["citizen", "agent"]
)
async def test_the_own_file_is_read_as_its_subject(city: City, caller: Caller, subject: Party) -> None:
    await ask(city, caller, "me")
    assert "body.administrative_penalty.fineAmount" in check(
        city, "subject", (*ENTITY_KINDS, "natural_person")
    )


async def test_what_is_not_selected_is_not_fetched(city: City) -> None:
    city.commands.seen.clear()
    query = "{ me { records(first: 3) { nodes { ... on AdministrativePenalty { fineAmount } } } } }"
    await city.world.data(OWNER_AGENT, query)
    assert check(city, "subject", ("legal_person",)) == {"body.administrative_penalty.fineAmount"}


async def test_the_control_an_allowed_viewer_does_fetch_what_others_may_not(city: City) -> None:
    """The check itself would see a forbidden field: each of these is named for one audience and refused to another."""
    everyone = (*ENTITY_KINDS, "natural_person")
    await ask(city, AGENCY, "subjectFile", COMPANY)
    assert "body.administrative_penalty.procedureEvidence" in check(
        city, "government", everyone, "commendation"
    )
    with pytest.raises(AssertionError, match="must not fetch"):
        check(city, "public", ENTITY_KINDS)
    await ask(city, OWNER_AGENT, "me")
    with pytest.raises(AssertionError, match="must not fetch"):
        check(city, "government", everyone, "commendation")
