"""Promise 4: what the log says and what left the server agree, field by field, on every path; unwritten means unsaid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from server.audit.entry import Entry
from server.errors import Unavailable
from tests.access.conftest import City
from tests.makers import COMPANY, OTHER_PERSON, PERSON
from tests.viewers import (
    AGENCY,
    AUDITOR,
    CITIZEN,
    CLERK,
    INQUIRER,
    OTHER_INQUIRER,
    OWNER_AGENT,
    PROVIDER,
    VISITOR,
    Caller,
)

PENALTY = "AdministrativePenalty"
FOUR = "fineAmount severity legalRepresentativeIdNumber officerNames"
FILE = '(subject: $s, purpose: INSPECTION, matter: "M-7")'


async def entries(city: City, answer: httpx.Response) -> list[dict[str, Any]]:
    """The log entries of one request."""
    found = city.world.platform.mongo.db["audit_entries"].find({"trace_id": answer.headers["x-request-id"]})
    return await found.sort("_id", 1).to_list()


async def kinds(city: City, answer: httpx.Response) -> dict[str, dict[str, Any]]:
    """What the one entry of a request says of each kind."""
    [entry] = await entries(city, answer)
    return {one["kind"]: {k: v for k, v in one.items() if k != "kind"} for one in entry["kinds"]}


def said(shown: str = "", masked: str = "", withheld: str = "", rows: int = 0) -> dict[str, Any]:
    """What an entry should say of a kind."""
    return {
        "shown": sorted(shown.split()),
        "masked": sorted(masked.split()),
        "withheld": sorted(withheld.split()),
        "rows": rows,
    }


FULL = said("fineAmount severity", "legalRepresentativeIdNumber", "officerNames")
PATHS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": (f"nodes {{ ... on {PENALTY} {{ {FOUR} }} }}", FULL),
    "edges": (f"edges {{ node {{ ... on {PENALTY} {{ {FOUR} }} }} }}", FULL),
    "alias": (f"nodes {{ ... on {PENALTY} {{ a: fineAmount b: fineAmount c: severity }} }}", said("fineAmount severity")),
    "aliased list": (f"x: nodes {{ ... on {PENALTY} {{ severity }} }}", said("severity")),
    "fragment": ("nodes { ...F }", FULL),
    "nested fragment": ("nodes { ...G }", FULL),
    "fragment on the interface": ("nodes { ...I }", said("sourceUnit ruleSet", withheld="submittedBy changeReason")),
    "interface field": ("nodes { ruleSet changeReason }", said("ruleSet", withheld="changeReason")),
    "interface field by its type": (f"nodes {{ ... on {PENALTY} {{ ruleSet changeReason }} }}", said("ruleSet", withheld="changeReason")),
    "both ways": (f"nodes {{ ruleSet ... on {PENALTY} {{ ruleSet fineAmount }} }}", said("ruleSet fineAmount")),
    "included": (f"nodes {{ ... on {PENALTY} {{ severity @include(if: $yes) fineAmount @include(if: $no) }} }}", said("severity")),
    "skipped": (f"nodes {{ ... on {PENALTY} @skip(if: $no) {{ severity }} ...F @skip(if: $yes) }}", said("severity")),
    "two depths": (f"nodes {{ ... on {PENALTY} {{ severity }} }} edges {{ node {{ ... on {PENALTY} {{ fineAmount }} }} }}", said("severity fineAmount")),
    "states only": ("nodes { fields { code state reason { rule } } }", said()),
    "ids only": ("nodes { __typename id kind }", said()),
    "another type": ("nodes { ... on Honour { title } }", said()),
}  # fmt: skip
FRAGMENTS = f"""
fragment F on {PENALTY} {{ {FOUR} }}
fragment G on CreditRecord {{ ... on {PENALTY} {{ ...H }} }}
fragment H on {PENALTY} {{ fineAmount ...F }}
fragment I on CreditRecord {{ sourceUnit ruleSet submittedBy changeReason }}
"""
USED = {"fragment": "F", "nested fragment": "GHF", "fragment on the interface": "I", "skipped": "F"}


def with_fragments(path: str) -> str:
    """The fragments a path uses, and no other: unused ones are not valid."""
    lines = FRAGMENTS.strip().splitlines()
    return "\n".join(one for one in lines if one.split()[1] in USED.get(path, ""))


@pytest.mark.parametrize("path", PATHS)
async def test_the_entry_says_what_left_on_every_path(city: City, path: str) -> None:
    selection, expected = PATHS[path]
    conditions = "included" in path or "skipped" in path
    head = "($s: String!, $yes: Boolean!, $no: Boolean!)" if conditions else "($s: String!)"
    text = f"query Look{head} {{ subjectFile{FILE} {{ records(kinds: [ADMINISTRATIVE_PENALTY]) {{ {selection} totalCount }} }} }}"
    variables = {"s": COMPANY.key} | ({"yes": True, "no": False} if conditions else {})
    answer = await city.world.ask(AGENCY, text + with_fragments(path), variables)
    page = answer.json()["data"]["subjectFile"]["records"]
    # That records exist is told even where no field of them is: the rows are in the entry all the same.
    assert await kinds(city, answer) == {PENALTY: {**expected, "rows": page["totalCount"]}}


@pytest.mark.parametrize("selection", ["totalCount", "pageInfo { hasNextPage }", "totalCountCapped"])
async def test_that_records_exist_is_logged_even_when_nothing_of_them_is_read(
    city: City, selection: str
) -> None:
    """What an agency learns from a count or a page's end is a disclosure too (Art. 37, 38)."""
    text = f"query($s: String!) {{ subjectFile{FILE} {{ records {{ {selection} }} }} }}"
    answer = await city.world.ask(AGENCY, text, {"s": PERSON.key})
    [entry] = await entries(city, answer)
    assert entry["row_count"] > 0
    assert entry["subject_token"]


async def test_the_head_of_a_file_is_logged(city: City) -> None:
    text = f"query($s: String!) {{ subjectFile{FILE} {{ subject {{ kind name }} }} }}"
    answer = await city.world.ask(AGENCY, text, {"s": COMPANY.key})
    assert (await kinds(city, answer))["FileSubject"]["shown"] == ["kind", "name"]


async def test_reading_the_own_log_is_logged(city: City) -> None:
    """Art. 38."""
    answer = await city.world.ask(OWNER_AGENT, "{ me { accessLog(first: 1) { nodes { at } } } }")
    tags = [one["tag"] for one in await entries(city, answer)]
    assert tags == ["log:entries:read"]


@pytest.mark.parametrize(
    ("caller", "root", "subject", "ground"),
    [
        (OWNER_AGENT, "me", COMPANY, "agent"),
        (CITIZEN, "me", PERSON, "self"),
        (
            AGENCY,
            'subjectFile(subject: $s, purpose: INSPECTION, matter: "M-7")',
            PERSON,
            "share",
        ),
        (CLERK, 'windowFile(subject: $s, proof: ID_CARD, matter: "W-7")', PERSON, "duty"),
        (INQUIRER, "authorisedFile(subject: $s, consent: $c)", PERSON, "consent:Art. 32"),
    ],
    ids=["agent", "citizen", "agency", "clerk", "inquirer"],
)
async def test_the_generic_fields_are_logged_as_they_left(
    city: City, caller: Caller, root: str, subject: Any, ground: str
) -> None:
    """Every field of the answer stands in the entry in its state, and the entry names nothing else."""
    declared = [name for name in ("$s: String!", "$c: ID!") if name[:2] in root]
    head = f"({', '.join(declared)})" if declared else ""
    text = f"query{head} {{ file: {root} {{ records(first: 30) {{ nodes {{ __typename id stage fields {{ code value state }} }} }} }} }}"
    given = {"s": subject.key, "c": city.consents[subject.key]}
    answer = await city.world.ask(caller, text, {k: v for k, v in given.items() if f"${k}:" in head})
    expected: dict[str, dict[str, Any]] = {}
    nodes = answer.json()["data"]["file"]["records"]["nodes"]
    assert nodes
    for one in nodes:
        kind = expected.setdefault(
            one["__typename"], {"SHOWN": {"stage"}, "MASKED": set(), "WITHHELD": set(), "ids": set()}
        )
        kind["ids"].add(one["id"])
        for field in one["fields"]:
            assert field["state"] != "WITHHELD" or field["value"] is None
            kind[field["state"]].add(field["code"])
    got = await kinds(city, answer)
    assert set(got) == set(expected)
    for name, one in expected.items():
        assert set(got[name]["shown"]) == one["SHOWN"], name
        assert set(got[name]["masked"]) == one["MASKED"], name
        assert set(got[name]["withheld"]) == one["WITHHELD"], name
        assert got[name]["rows"] == len(one["ids"])
    [entry] = await entries(city, answer)
    assert entry["ground"] == ground


async def test_a_persons_name_in_the_head_of_a_file_is_read_and_logged_like_the_field_it_is(
    city: City,
) -> None:
    """It belongs to the basic record, whether or not that is selected as well."""
    for basic in ("", "basic { id }", "basic { ... on PersonBasic { education } }"):
        answer = await city.world.ask(CITIZEN, f"{{ me {{ subject {{ name }} {basic} }} }}")
        assert answer.json()["data"]["me"]["subject"]["name"] == PERSON.name
        assert "name" in (await kinds(city, answer))["PersonBasic"]["shown"]


async def test_a_basic_record_is_there_whatever_is_selected_of_it(city: City) -> None:
    data = await city.world.data(OWNER_AGENT, "{ me { basic { __typename } } }")
    assert data["me"]["basic"] == {"__typename": "EntityBasic"}
    data = await city.world.data(VISITOR, f'{{ entity(uscc: "{COMPANY.key}") {{ basic {{ id }} }} }}')
    assert data["entity"]["basic"]["id"].startswith("rec_")


async def test_an_own_record_by_its_id_is_logged(city: City) -> None:
    found = await city.world.data(
        CITIZEN, "{ me { records(kinds: [ADMINISTRATIVE_PENALTY], first: 1) { nodes { id } } } }"
    )
    identifier = found["me"]["records"]["nodes"][0]["id"]
    answer = await city.world.ask(
        CITIZEN,
        "query($i: ID!) { node(id: $i) { ... on AdministrativePenalty { fineAmount officerNames } } }",
        {"i": identifier},
    )
    assert answer.json()["data"]["node"]["fineAmount"] is not None
    assert await kinds(city, answer) == {PENALTY: said("fineAmount", withheld="officerNames", rows=1)}


async def test_public_reading_leaves_no_entry(city: City) -> None:
    """Art. 31: everybody may look at what is published, with a token or without."""
    text = f'{{ entity(uscc: "{COMPANY.key}") {{ name records {{ nodes {{ fields {{ value }} }} }} }} records {{ totalCount }} }}'
    for caller in (VISITOR, AGENCY, CITIZEN):
        assert not await entries(city, await city.world.ask(caller, text))


REFUSED: Mapping[str, tuple[Caller, str, str]] = {
    "me as a visitor": (VISITOR, "{ me { subject { id } } }", "real_name_required"),
    "a file as a citizen": (CITIZEN, '{ subjectFile(subject: "$S", purpose: INSPECTION, matter: "M") { subject { id } } }', "government_unit_required"),
    "a file for a matter that is an ID number": (AGENCY, '{ subjectFile(subject: "$S", purpose: INSPECTION, matter: "$S") { subject { id } } }', "matter_required"),
    "a file for no matter": (AGENCY, '{ subjectFile(subject: "$S", purpose: INSPECTION, matter: " ") { subject { id } } }', "matter_required"),
    "a consent of another client": (OTHER_INQUIRER, '{ authorisedFile(subject: "$S", consent: "$C") { subject { id } } }', "consent_invalid"),
    "a consent as a citizen": (CITIZEN, '{ authorisedFile(subject: "$S", consent: "$C") { subject { id } } }', "inquirer_required"),
    "the window as an agency": (AGENCY, '{ windowFile(subject: "$S", proof: ID_CARD, matter: "M") { subject { id } } }', "window_clerk_required"),
    "the desk as an agency": (AGENCY, "{ filings { nodes { id } } }", "role_not_entitled"),
    "the log as a provider": (PROVIDER, '{ auditEntries(subject: "$S", matter: "M") { nodes { id } } }', "role_not_entitled"),
    "the log for no matter": (AUDITOR, '{ auditEntries(subject: "$S", matter: "") { nodes { id } } }', "matter_required"),
    "approving as a provider": (PROVIDER, 'mutation { approveFilings(ids: ["fil_1"]) { ... on Refusal { rule } } }', "role_not_entitled"),
    "returning as an auditor": (AUDITOR, 'mutation { returnFiling(id: "fil_1", reason: "no") { ... on Refusal { rule } } }', "role_not_entitled"),
    "filing as a visitor": (VISITOR, "mutation { fileRecords(filings: []) { ... on Refusal { rule } } }", "role_not_entitled"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_every_refusal_is_logged_with_its_reason(city: City, case: str) -> None:
    caller, text, reason = REFUSED[case]
    text = text.replace("$S", PERSON.key).replace("$C", city.consents[PERSON.key])
    answer = await city.world.ask(caller, text)
    assert reason in answer.text
    [entry] = await entries(city, answer)
    assert (entry["outcome"], entry["reason"], entry["kinds"]) == ("refused", reason, [])
    assert PERSON.key not in str(entry)


DISCLOSING: tuple[tuple[Caller, str], ...] = (
    (CITIZEN, "{ me { subject { name } basic { ... on PersonBasic { idNumber } } } }"),
    (OWNER_AGENT, "{ me { records { nodes { fields { value } } } accessLog { nodes { at unit } } } }"),
    (AGENCY, f'{{ subjectFile(subject: "{OTHER_PERSON.key}", purpose: INSPECTION, matter: "M") {{ basic {{ fields {{ value }} }} }} }}'),
    (CLERK, f'{{ windowFile(subject: "{PERSON.key}", proof: ID_CARD, matter: "M") {{ subject {{ name }} }} }}'),
    (AUDITOR, f'{{ auditEntries(subject: "{COMPANY.key}", matter: "M") {{ nodes {{ at unit }} }} }}'),
    (PROVIDER, "{ filings(state: PENDING) { nodes { record { id } } } }"),
    (VISITOR, "{ me { subject { id } } }"),
)  # fmt: skip


@pytest.mark.parametrize(("caller", "text"), DISCLOSING, ids=lambda one: getattr(one, "name", ""))
async def test_nothing_is_disclosed_when_the_log_cannot_be_written(
    city: City, monkeypatch: pytest.MonkeyPatch, caller: Caller, text: str
) -> None:
    told = await city.world.ask(caller, text)
    assert told.status_code in (200, 403)

    async def append(_log: object, _entries: list[Entry]) -> None:
        raise Unavailable("The log could not be written, so nothing is disclosed.")

    with monkeypatch.context() as patch:
        patch.setattr(type(city.world.platform.log), "append", append)
        answer = await city.world.ask(caller, text)
    assert answer.status_code == 503
    body = answer.json()
    assert set(body) == {"errors"}
    assert body["errors"][0]["extensions"]["code"] == "DATABASE_UNAVAILABLE"
    again = await city.world.ask(caller, text)
    assert again.status_code == told.status_code


async def test_the_subject_reads_who_looked_without_the_officer(city: City) -> None:
    """Art. 55; the officer's name is for the auditor alone."""
    text = f'query {{ subjectFile(subject: "{COMPANY.key}", purpose: COMMENDATION, matter: "M-55") {{ basic {{ lastUpdated }} }} }}'
    await city.world.data(AGENCY, text)
    data = await city.world.data(
        OWNER_AGENT,
        "{ me { accessLog(first: 100) { nodes { unit matter purpose ground officer kinds { kind shown } } } } }",
    )
    seen = [one for one in data["me"]["accessLog"]["nodes"] if one["matter"] == "M-55"]
    assert seen
    assert seen[0] | {"unit": ""} == {
        "unit": "",
        "matter": "M-55",
        "purpose": "commendation",
        "ground": "share",
        "officer": None,
        "kinds": [{"kind": "EntityBasic", "shown": ["lastUpdated"]}],
    }
    audited = await city.world.data(
        AUDITOR,
        f'{{ auditEntries(subject: "{COMPANY.key}", matter: "A-1", first: 100) {{ nodes {{ matter officer }} }} }}',
    )
    assert {"matter": "M-55", "officer": AGENCY.officer} in audited["auditEntries"]["nodes"]


async def test_an_id_number_never_reaches_the_log_in_the_name_of_an_operation(city: City) -> None:
    number = f"Look{PERSON.key}"
    text = f'query {number} {{ subjectFile(subject: "{PERSON.key}", purpose: INSPECTION, matter: "M") {{ basic {{ lastUpdated }} }} }}'
    answer = await city.world.ask(AGENCY, text)
    [entry] = await entries(city, answer)
    assert entry["operation"] == ""
    assert PERSON.key not in str(entry)
    [named] = await entries(city, await city.world.ask(AGENCY, text.replace(number, "LookUp")))
    assert named["operation"] == "LookUp"


@pytest.mark.parametrize("selection", ["__typename", "id", "kind"])
async def test_that_a_basic_record_is_held_is_logged(city: City, selection: str) -> None:
    """Art. 38: its existence, kind and id are told even where no field of it is read."""
    text = f"query($s: String!) {{ subjectFile{FILE} {{ basic {{ {selection} }} }} }}"
    answer = await city.world.ask(AGENCY, text, {"s": PERSON.key})
    assert await kinds(city, answer) == {"PersonBasic": said(rows=1)}
    own = await city.world.ask(CITIZEN, f"{{ me {{ basic {{ {selection} }} }} }}")
    assert await kinds(city, own) == {"PersonBasic": said(rows=1)}
