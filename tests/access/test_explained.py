"""Promise 3: what is withheld or masked is null or masked, and says why; the why never depends on what is held."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access import oracle
from tests.access.conftest import City
from tests.makers import COMPANY, OTHER_COMPANY, OTHER_PERSON, PERSON, a_company
from tests.viewers import AGENCY, CITIZEN, CLERK, INQUIRER, OWNER_AGENT, VISITOR, Caller

NAMED = {code: " ".join(oracle.fields_of(code)) for code in oracle.KINDS}


def roots(city: City, subject: str) -> dict[str, tuple[Caller, str, str]]:
    """Every way to a file, with its caller and audience."""
    consent = city.consents[COMPANY.key]
    return {
        "entity": (VISITOR, f'entity(uscc: "{subject}")', "public"),
        "me": (OWNER_AGENT, "me", "subject"),
        "share": (
            AGENCY,
            f'subjectFile(subject: "{subject}", purpose: INSPECTION, matter: "M")',
            "government",
        ),
        "window": (
            CLERK,
            f'windowFile(subject: "{subject}", proof: POWER_OF_ATTORNEY, matter: "M")',
            "subject",
        ),
        "consent": (INQUIRER, f'authorisedFile(subject: "{subject}", consent: "{consent}")', "third_party"),
    }


WAYS = ("entity", "me", "share", "window", "consent")


async def ask(city: City, way: str, code: str, subject: str = COMPANY.key) -> dict[str, Any]:
    caller, root, _ = roots(city, subject)[way]
    if way == "window":
        proofs = city.world.app.state.executor.contract.graphql.type_map["IdentityProof"].values
        root = root.replace("POWER_OF_ATTORNEY", next(iter(proofs)))
    kind = oracle.KINDS[code]
    text = f"{{ {root} {{ records(kinds: [{code.upper()}]) {{ nodes {{ fields {{ code value state reason {{ rule }} }} ... on {kind['type']} {{ {NAMED[code].replace('responsiblePersons', 'responsiblePersons { name }', 1)} }} }} }} }} }}"
    answer: dict[str, Any] = (await city.world.ask(caller, text)).json()
    assert "errors" not in answer, answer
    return answer


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "code", ["administrative_penalty", "severe_list_entry", "market_record", "finding_notice", "commitment"]
)
async def test_withheld_is_null_and_listed_and_shown_is_not_listed(city: City, way: str, code: str) -> None:
    _, _, audience = roots(city, COMPANY.key)[way]
    answer = await ask(city, way, code)
    listed = {one["coordinate"]: one for one in answer.get("extensions", {}).get("access", [])}
    type_name = oracle.KINDS[code]["type"]
    from tests.platforms import CONSENTED

    for name in oracle.fields_of(code):
        coordinate = f"{type_name}.{name}"
        said = oracle.state_of(
            audience,
            code,
            name,
            "legal_person",
            "PUBLIC",
            purpose="inspection",
            consented=coordinate in CONSENTED,
        )
        entry = listed.get(coordinate)
        assert (entry["state"] if entry else "SHOWN") == said, coordinate
        if entry:
            assert entry["rule"] and entry["article"] and entry["sentence"] and entry["sentenceZh"]
            assert ("mask" in entry) == (said == "MASKED")
    nodes = next(iter(answer["data"].values()))["records"]["nodes"]
    for node in nodes:
        for field in node["fields"]:
            if field["state"] == "WITHHELD":
                assert field["value"] is None
                assert node[field["code"]] is None
            assert field["reason"]["rule"]


@pytest.mark.parametrize("way", ["entity", "share"])
@pytest.mark.parametrize("code", sorted(oracle.KINDS))
async def test_explanations_are_the_same_for_a_full_file_and_an_almost_empty_one(
    city: City, way: str, code: str
) -> None:
    """The other company has three records, this one has one of every kind and stage."""
    full, empty = [await ask(city, way, code, one.key) for one in (COMPANY, OTHER_COMPANY)]
    assert full.get("extensions") == empty.get("extensions")


async def test_access_explains_alike_whether_or_not_anything_is_held(city: City) -> None:
    text = "query($s: String!) { access(subject: $s) { coordinate state mask reason { rule article needs } others { audience state } } }"
    for caller in (VISITOR, AGENCY, CITIZEN):
        unknown = await city.world.data(caller, text, {"s": a_company("x", 999).key})
        assert await city.world.data(caller, text, {"s": COMPANY.key}) == unknown
        held = await city.world.data(caller, text, {"s": OTHER_PERSON.key})
        for rule in held["access"]:
            assert rule["others"] == []


async def test_a_subject_learns_who_else_may_see_what(city: City) -> None:
    """Art. 55: for its own file, each field with the answer of the public, a third party and government."""
    text = "{ access(kinds: [ADMINISTRATIVE_PENALTY]) { field state others { audience state } } }"
    for caller, kind in ((CITIZEN, "natural_person"), (OWNER_AGENT, "legal_person")):
        for rule in (await city.world.data(caller, text))["access"]:
            got = {one["audience"]: one["state"] for one in rule["others"]}
            assert set(got) == {"public", "third_party", "government"}
            for audience, state in got.items():
                said = oracle.state_of(
                    audience,
                    "administrative_penalty",
                    rule["field"],
                    kind,
                    "PUBLIC",
                    purpose="administrative_act",
                    consented=True,
                )
                assert state == said, (audience, rule["field"])


async def test_masked_values_are_masks(city: City) -> None:
    """Art. 64: of an identity number the ends stay."""
    text = f'{{ subjectFile(subject: "{PERSON.key}", purpose: INSPECTION, matter: "M") {{ basic {{ ... on PersonBasic {{ idNumber }} }} }} }}'
    answer = (await city.world.ask(AGENCY, text)).json()
    assert answer["data"]["subjectFile"]["basic"]["idNumber"] == PERSON.key[0] + "*" * 16 + PERSON.key[-1]
    [entry] = answer["extensions"]["access"]
    assert (entry["coordinate"], entry["state"], entry["mask"]) == ("PersonBasic.idNumber", "MASKED", "ends")
    own = await city.world.data(CITIZEN, "{ me { basic { ... on PersonBasic { idNumber } } } }")
    assert own["me"]["basic"]["idNumber"] == PERSON.key


async def test_an_own_record_by_its_id_is_explained_as_own(city: City) -> None:
    """What is shown is not called withheld: the footing explained is the one the answer was read on."""
    found = await city.world.data(
        OWNER_AGENT, "{ me { records(kinds: [ADMINISTRATIVE_PENALTY], first: 1) { nodes { id } } } }"
    )
    text = "query($i: ID!) { node(id: $i) { ... on AdministrativePenalty { severity officerNames } } }"
    answer = (await city.world.ask(OWNER_AGENT, text, {"i": found["me"]["records"]["nodes"][0]["id"]})).json()
    assert answer["data"]["node"]["severity"] is not None
    assert [one["coordinate"] for one in answer["extensions"]["access"]] == [
        "AdministrativePenalty.officerNames"
    ]
