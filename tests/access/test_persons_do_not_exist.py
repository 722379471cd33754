"""For an anonymous caller a natural person is what was never heard of (Art. 36, 64; Shandong Art. 20(3))."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access.conftest import City
from tests.makers import COMPANY, PERSON, UNHEARD_PERSON, a_company
from tests.viewers import AGENCY, CITIZEN, CLERK, INQUIRER, PROVIDER, VISITOR, Caller

RECORD = "__typename id kind sourceUnit fields { value }"
STRANGERS = (VISITOR, PROVIDER, CLERK, INQUIRER)
MISSING = "0" * 20


async def pairs(city: City) -> dict[str, tuple[str, Any, Any]]:
    """Questions with an argument that names a held person, and the same with one that names nobody."""
    records = await city.world.platform.mongo.db["records"].find({"subject_kind": "natural_person"}).to_list()
    record = records[0]["_id"]
    subject = await city.world.subject_id(PERSON)
    node = f"... on Entity {{ name }} ... on CreditRecord {{ {RECORD} }}"
    held, unheard = PERSON, UNHEARD_PERSON
    return {
        "entity by ID number": ("query($x: String!) { entity(uscc: $x) { name } }", held.key, unheard.key),
        "search by name": ("query($x: String!) { entities(search: $x) { nodes { name } pageInfo { hasNextPage } } }", held.name, unheard.name),
        "search by ID number": ("query($x: String!) { entities(search: $x) { nodes { name } } }", held.key, unheard.key),
        "record by id": (f"query($x: ID!) {{ node(id: $x) {{ {node} }} }}", record, f"rec_{MISSING}"),
        "subject by id": (f"query($x: ID!) {{ node(id: $x) {{ {node} }} }}", subject, f"sub_{MISSING}"),
        "several by id": (f"query($x: [ID!]!) {{ nodes(ids: $x) {{ {node} }} }}", [record, subject], [f"rec_{MISSING}", f"sub_{MISSING}"]),
        "explanation by ID number": ("query($x: String!) { access(subject: $x) { coordinate state reason { rule } others { state } } }", held.key, unheard.key),
        "explanation by id": ("query($x: String!) { access(subject: $x) { coordinate state others { state } } }", subject, f"sub_{MISSING}"),
    }  # fmt: skip


@pytest.mark.parametrize("caller", STRANGERS, ids=lambda one: one.name)
async def test_a_held_person_and_nobody_are_answered_alike(city: City, caller: Caller) -> None:
    for name, (text, held, unheard) in (await pairs(city)).items():
        one = await city.world.ask(caller, text, {"x": held})
        other = await city.world.ask(caller, text, {"x": unheard})
        assert "errors" not in one.json(), name
        assert one.content == other.content, name
        assert one.status_code == other.status_code == 200


async def test_hidden_missing_and_malformed_ids_are_one_answer(city: City) -> None:
    """No error, nothing: whatever the id is."""
    hidden = await city.world.platform.mongo.db["records"].find_one({"subject_kind": "natural_person"})
    assert hidden is not None
    ids = [
        hidden["_id"],
        f"rec_{MISSING}",
        f"con_{MISSING}",
        "rec_",
        "",
        "x" * 300,
        "rec_'; drop",
        "\x00",
        "🙂",
        "../x",
    ]
    for one in ids:
        answer = await city.world.ask(VISITOR, "query($x: ID!) { node(id: $x) { id } }", {"x": one})
        assert answer.json() == {"data": {"node": None}}, one


async def test_the_control_a_real_entity_is_told_apart_from_an_unknown_one(city: City) -> None:
    unknown = a_company("曲阜市未名有限公司", 77)
    text = "query($x: String!) { entity(uscc: $x) { name } }"
    assert (await city.world.data(VISITOR, text, {"x": COMPANY.key}))["entity"] == {"name": COMPANY.name}
    assert (await city.world.data(VISITOR, text, {"x": unknown.key}))["entity"] is None


async def test_no_person_is_in_any_list_or_count(city: City) -> None:
    """Not in the feed, its total, the search without words, nor anywhere else in what anybody may read."""
    text = "{ records(first: 100) { totalCount nodes { id } } entities(first: 100) { nodes { id name } } }"
    answer = await city.world.ask(VISITOR, text)
    data = answer.json()["data"]
    stored = city.world.platform.mongo.db["records"]
    feed = {"kind": {"$in": ["administrative_licence", "administrative_penalty"]}}
    public = [
        one
        async for one in stored.find(feed)
        if one["subject_kind"] != "natural_person" and one["state"] == "active"
        if one["pub_from"] is not None and one["pub_from"] <= "2026-11-23" <= one["pub_to"]
        if one["subject_kind"] != "individual_business" or one["kind"] == "administrative_licence"
    ]
    assert {one["id"] for one in data["records"]["nodes"]} == {one["_id"] for one in public}
    assert data["records"]["totalCount"] == len(public) > 3
    for secret in (PERSON.key, PERSON.name, await city.world.subject_id(PERSON)):
        assert secret not in answer.text
    assert await stored.count_documents({**feed, "subject_kind": "natural_person"}) > 3


async def test_the_control_the_person_and_a_unit_with_a_purpose_see_the_records(city: City) -> None:
    """Art. 32, 37: hidden from everybody else is not hidden from them."""
    own = await city.world.data(CITIZEN, "{ me { records { totalCount } } }")
    text = 'query($s: String!) { subjectFile(subject: $s, purpose: INSPECTION, matter: "M") { records { totalCount } } }'
    shared = await city.world.data(AGENCY, text, {"s": PERSON.key})
    assert own["me"]["records"]["totalCount"] > 10
    assert shared["subjectFile"]["records"]["totalCount"] > 10


async def test_a_citizen_sees_nobody_elses_file(city: City) -> None:
    """``me`` is bound to the token; no argument widens it."""
    other = await city.world.platform.mongo.db["records"].find_one(
        {"subject": await city.world.subject_id(COMPANY), "pub_from": None}
    )
    assert other is not None
    data = await city.world.data(
        CITIZEN,
        "query($x: ID!) { node(id: $x) { id } me { records(first: 100) { nodes { id } } } }",
        {"x": other["_id"]},
    )
    assert data["node"] is None
    mine = {one["id"] for one in data["me"]["records"]["nodes"]}
    stored = city.world.platform.mongo.db["records"].find({"_id": {"$in": sorted(mine)}})
    assert {one["subject"] async for one in stored} == {await city.world.subject_id(PERSON)}
