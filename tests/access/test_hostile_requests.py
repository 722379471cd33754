"""What callers try: raw operators, foreign cursors, malformed bodies, bombs; and errors that say nothing they were told."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.access.conftest import City
from tests.makers import COMPANY, PERSON, SHOP
from tests.viewers import AGENCY, CITIZEN, OWNER_AGENT, VISITOR

SECRET = PERSON.key
NAME = "孔子言秘密"


@pytest.mark.parametrize(
    "operator", [{"$ne": ""}, {"$regex": "."}, {"$gt": ""}, ["x"], 7, True, {"$where": "1"}]
)
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("query($x: String!) { entity(uscc: $x) { name } }", "x"),
        ("query($x: String) { entities(search: $x) { nodes { name } } }", "x"),
        ("query($x: String) { entities(area: $x) { nodes { name } } }", "x"),
        ("query($x: String) { records(sourceUnit: $x) { nodes { id } } }", "x"),
        ("query($x: ID!) { node(id: $x) { id } }", "x"),
        ("query($x: String) { records(after: $x) { nodes { id } } }", "x"),
        ("query($x: String!) { subjectFile(subject: $x, purpose: INSPECTION, matter: \"M\") { subject { id } } }", "x"),
    ],
)  # fmt: skip
async def test_operators_never_reach_a_filter(city: City, text: str, name: str, operator: Any) -> None:
    city.commands.seen.clear()
    answer = await city.world.ask(AGENCY, text, {name: operator})
    if "ID!" in text and operator == 7:
        assert answer.json() == {"data": {"node": None}}  # an ID may be written as a number
        return
    assert "errors" in answer.json()
    # Which rules are in force is looked up from time to time, whatever is asked.
    read = [given[name] for name, given in city.commands.seen if name in ("find", "aggregate")]
    assert set(read) <= {"regimes"}


@pytest.mark.parametrize(
    "text", [".*", "曲阜.*公司", "^曲", "$where", "杏坛\x00食品", "(((((", "\\", "曲阜|颜回", "[曲]阜"]
)
async def test_a_search_text_is_never_a_pattern(city: City, text: str) -> None:
    query = "query($x: String) { entities(search: $x) { nodes { name } } }"
    answer = await city.world.ask(VISITOR, query, {"x": text})
    body = answer.json()
    assert "INTERNAL" not in answer.text
    assert "errors" in body or body["data"]["entities"]["nodes"] == []


PAGE = "records(first: 2, after: $a) { edges { cursor } pageInfo { endCursor } }"


async def cursors(city: City) -> dict[str, str]:
    """Cursors of several queries and viewers."""
    own = await city.world.data(OWNER_AGENT, "{ me { records(first: 2) { pageInfo { endCursor } } } }")
    feed = await city.world.data(VISITOR, "{ records(first: 2) { pageInfo { endCursor } } }")
    search = await city.world.data(
        VISITOR, '{ entities(search: "曲阜", first: 2) { pageInfo { endCursor } } }'
    )
    text = f'{{ subjectFile(subject: "{COMPANY.key}", purpose: INSPECTION, matter: "M") {{ records(first: 2) {{ pageInfo {{ endCursor }} }} }} }}'
    shared = await city.world.data(AGENCY, text)
    return {
        "me": own["me"]["records"]["pageInfo"]["endCursor"],
        "feed": feed["records"]["pageInfo"]["endCursor"],
        "search": search["entities"]["pageInfo"]["endCursor"],
        "file": shared["subjectFile"]["records"]["pageInfo"]["endCursor"],
    }


async def test_a_cursor_works_for_its_own_query_and_footing_only(city: City) -> None:
    found = await cursors(city)
    queries = {
        "me": (OWNER_AGENT, f"query($a: String) {{ me {{ {PAGE} }} }}"),
        "feed": (VISITOR, f"query($a: String) {{ {PAGE} }}"),
        "search": (VISITOR, 'query($a: String) { entities(search: "曲阜", first: 2, after: $a) { pageInfo { endCursor } } }'),
        "file": (AGENCY, f'query($a: String) {{ subjectFile(subject: "{COMPANY.key}", purpose: INSPECTION, matter: "M") {{ {PAGE} }} }}'),
        "narrower": (VISITOR, f"query($a: String) {{ records(kind: ADMINISTRATIVE_LICENCE, {PAGE.removeprefix('records(')} }}"),
        "someone else": (CITIZEN, f"query($a: String) {{ me {{ {PAGE} }} }}"),
        "another entity": (VISITOR, f'query($a: String) {{ entity(uscc: "{SHOP.key}") {{ {PAGE} }} }}'),
    }  # fmt: skip
    for query, (caller, text) in queries.items():
        for cursor, value in found.items():
            answer = (await city.world.ask(caller, text, {"a": value})).json()
            if cursor == query:
                assert "errors" not in answer, (cursor, query)
            else:
                assert answer["errors"][0]["extensions"]["rule"] == "cursor_of_this_query", (cursor, query)


async def test_a_cursor_says_nothing_and_cannot_be_made_up(city: City) -> None:
    cursor = (await cursors(city))["feed"]
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    assert b"2026" not in raw
    flipped = bytes([raw[0] ^ 1]) + raw[1:]
    text = f"query($a: String) {{ {PAGE} }}"
    for made in (
        base64.urlsafe_b64encode(flipped).decode(),
        cursor[:-2],
        "",
        "x",
        "2026-05-06~rec_1",
        "é",
        "A" * 5000,
    ):
        answer = (await city.world.ask(VISITOR, text, {"a": made})).json()
        assert answer["errors"][0]["extensions"]["rule"] == "cursor_of_this_query"


BODIES: dict[str, bytes] = {
    "a list": b"[1]",
    "a text": b'"x"',
    "null": b"null",
    "nothing": b"",
    "broken": b'{"query":',
    "bad UTF-8": b'{"query": "{ \xff\xfe }"}',
    "a lone surrogate": b'{"query": "{ __typename }", "variables": {"x": "\\ud800"}}',
    "variables as a list": b'{"query": "{ __typename }", "variables": [1]}',
    "a batch": b'[{"query": "{ __typename }"}]',
    "query as a number": b'{"query": 7}',
    "name as a number": b'{"query": "{ __typename }", "operationName": 7}',
    "extensions as a list": b'{"query": "{ __typename }", "extensions": []}',
    "deep": b'{"query": "{ __typename }", "variables": {"x": ' + b"[" * 5000 + b"]" * 5000 + b"}}",
    "huge": b'{"query": "' + b"x" * 1_100_000 + b'"}',
}


@pytest.mark.parametrize("name", BODIES)
async def test_a_malformed_body_gets_a_clear_answer(city: City, name: str) -> None:
    for accept in ("application/json", "application/graphql-response+json"):
        answer = await city.world.client.post(
            "/graphql", content=BODIES[name], headers={"Content-Type": "application/json", "Accept": accept}
        )
        assert answer.status_code == (413 if name == "huge" else 400)
        [error] = answer.json()["errors"]
        assert error["message"]
        assert error["extensions"]["code"] != "INTERNAL"


@pytest.mark.parametrize(
    "content", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
)
async def test_only_json_is_read(city: City, content: str) -> None:
    answer = await city.world.client.post(
        "/graphql", content=b'{"query": "{ __typename }"}', headers={"Content-Type": content}
    )
    assert answer.status_code == 415


async def test_odd_texts_in_arguments_lead_to_no_bug(city: City) -> None:
    """NUL, control characters, texts of any length, deep values: refused or not found."""
    nested: Any = "x"
    for _ in range(900):
        nested = [nested]
    filing = {
        "kind": "HONOUR",
        "sourceRecordNo": "D1",
        "subject": {"uscc": COMPANY.key},
        "fields": [{"code": "title", "value": nested}],
    }
    asked = [
        ("query($x: String!) { entity(uscc: $x) { name } }", {"x": "\x00" * 50}),
        ("query($x: String) { entities(search: $x) { nodes { name } } }", {"x": "\x00\x00"}),
        ("query($x: String) { entities(area: $x) { nodes { name } } }", {"x": "\x00"}),
        ("query($x: String) { records(sourceUnit: $x) { nodes { id } } }", {"x": "x" * 100_000}),
        ("query($x: Int!) { records(first: $x) { nodes { id } } }", {"x": 2**31 - 1}),
        ("query($x: Int!) { records(first: $x) { nodes { id } } }", {"x": -1}),
        ("query($x: Int!) { records(first: $x) { nodes { id } } }", {"x": 10**400}),
        ("query($x: Date) { records(decidedFrom: $x) { nodes { id } } }", {"x": "0001-01-01"}),
        ("query($x: Date) { records(decidedTo: $x) { nodes { id } } }", {"x": "9999-12-31"}),
        ("query($x: Date) { records(decidedFrom: $x, decidedTo: \"0001-01-01\") { nodes { id } } }", {"x": "9999-12-31"}),
        ("query($x: String!) { catalogueItem(code: $x) { code } }", {"x": "\x00"}),
        ("mutation($x: [FilingInput!]!) { fileRecords(filings: $x) { __typename } }", {"x": [filing]}),
    ]  # fmt: skip
    for text, variables in asked:
        content = json.dumps({"query": text, "variables": variables}).encode()
        answer = await city.world.client.post(
            "/graphql", content=content, headers={"Content-Type": "application/json"}
        )
        assert "INTERNAL" not in answer.text, text
        assert answer.status_code in (200, 400), text


BOMBS = {
    "aliases": "{ " + " ".join(f"a{i}: entity(uscc: \"x\") {{ name }}" for i in range(500)) + " }",
    "aliases below": "{ entity(uscc: \"x\") { " + " ".join(f"a{i}: name" for i in range(2500)) + " } }",
    "fragments": "{ ...F0 } " + " ".join(f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(40)) + " fragment F40 on Query { __typename }",
    "cycle": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "own cycle": "{ ...A } fragment A on Query { __typename ...A }",
    "depth": "{ a" + "{ a" * 3000 + "}" * 3000 + " }",
    "brackets": "{ entity(uscc: " + "[" * 3000 + "]" * 3000 + ") { name } }",
    "pages of pages": "{ entities(first: 100) { nodes { records(first: 100) { nodes { fields { value } } } } } }",
    "directives": "{ __typename " + "@include(if: true) " * 3000 + "}",
    "catalogues": "{ " + " ".join(f"c{i}: catalogue {{ items {{ fields {{ options {{ code label labelZh }} }} }} }}" for i in range(20)) + " }",
    "explanations": "{ " + " ".join(f"c{i}: access {{ coordinate reason {{ rule article sentence needs }} others {{ reason {{ sentence }} }} }}" for i in range(20)) + " }",
    "ids": "query($i: [ID!]!) { " + " ".join(f"n{i}: nodes(ids: $i) {{ id }}" for i in range(20)) + " }",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_before_anything_is_read(city: City, name: str) -> None:
    city.commands.seen.clear()
    variables = {"i": ["rec_" + "0" * 20] * 50} if name == "ids" else {}
    answer = await city.world.ask(VISITOR, BOMBS[name], variables)
    body = answer.json()
    assert "data" not in body, name
    assert body["errors"]
    assert "INTERNAL" not in answer.text
    assert not city.commands.seen


@pytest.mark.parametrize("first", ["$f: Int = 100", "$f: Int"])
async def test_a_page_size_is_weighed_however_it_is_given(city: City, first: str) -> None:
    """As a default or as a whole number with a point, it counts like any other."""
    text = f"query({first}) {{ entities(first: $f) {{ nodes {{ records(first: $f) {{ nodes {{ id sourceUnit }} }} }} }} }}"
    answer = await city.world.ask(VISITOR, text, {} if "=" in first else {"f": 100.0})
    assert answer.json()["errors"][0]["extensions"]["code"] == "OPERATION_TOO_LARGE"


async def test_a_kind_asked_for_many_times_is_explained_once(city: City) -> None:
    text = "query($k: [RecordKind!]) { access(kinds: $k) { coordinate } }"
    once, often = [await city.world.data(VISITOR, text, {"k": ["HONOUR"] * count}) for count in (1, 90)]
    assert once == often


async def test_the_control_an_ordinary_page_is_not_refused(city: City) -> None:
    text = 'query($s: String!) { subjectFile(subject: $s, purpose: INSPECTION, matter: "M") { records(first: 100) { nodes { id fields { code label value state } } } } }'
    data = await city.world.data(AGENCY, text, {"s": COMPANY.key})
    assert data["subjectFile"]["records"]["nodes"]
    assert (
        await city.world.data(
            VISITOR, "{ catalogue { version items { code fields { name options { code } } } } }"
        )
    )["catalogue"]["items"]


ECHOES = [
    f'{{ entity(uscc: {SECRET}) {{ name }} }}',
    f'{{ entity(uscc: "{SECRET}) {{ name }} }}',
    f'{{ entity(uscc: {{name: "{NAME}; {SECRET}"}}) {{ name }} }}',
    f'{{ records(kind: "{NAME}") {{ nodes {{ id }} }} }}',
    f'{{ records(kind: A{SECRET}) {{ nodes {{ id }} }} }}',
    f'{{ a{SECRET} }}',
    f'{{ _{SECRET} {{ id }} }}',
    f'{{ entity(a{SECRET}: "x") {{ name }} }}',
    f'{{ entity(uscc: "x") {{ x{SECRET} }} }}',
    f'{{ entity "{NAME} Name" {{ name }} }}',
    f'"{NAME}" "{SECRET}"',
    f'{{ entity(uscc: "x") {{ ... on T{SECRET} {{ name }} }} }}',
    f'{{ ...F{SECRET} }}',
    f'query($a{SECRET}: Nothing{SECRET}) {{ __typename }}',
    f'{{ __typename @d{SECRET} }}',
    f'{{ records(decidedFrom: "{NAME}") {{ nodes {{ id }} }} }}',
    f'{{ records(first: "{SECRET}") {{ nodes {{ id }} }} }}',
    f'{{ 孔{NAME} }}',
    f'{{ subjectFile(subject: "{SECRET[:-1]}X", purpose: INSPECTION, matter: "M") {{ subject {{ id }} }} }}',
    f'{{ entities(search: "{NAME * 20}") {{ nodes {{ id }} }} }}',
]  # fmt: skip


def quiet(text: str) -> bool:
    """Whether an answer repeats nothing of what was sent."""
    return SECRET[:-1] not in text and NAME not in text and "秘密" not in text


@pytest.mark.parametrize("text", ECHOES)
async def test_errors_never_repeat_what_was_sent(city: City, text: str) -> None:
    answer = await city.world.ask(AGENCY, text)
    assert "errors" in answer.json(), answer.text
    assert quiet(answer.text), answer.text


@pytest.mark.parametrize(
    ("declared", "call", "value"),
    [
        ("$x: String!", "entity(uscc: $x) { name }", {"a": f"{NAME}; {SECRET}"}),
        ("$x: String!", "entity(uscc: $x) { name }", int(SECRET)),
        ("$x: RecordKind", "records(kind: $x) { nodes { id } }", SECRET),
        ("$x: RecordKind", "records(kind: $x) { nodes { id } }", NAME),
        ("$x: Int", "records(first: $x) { nodes { id } }", SECRET),
        ("$x: Int", "records(first: $x) { nodes { id } }", f"{NAME}: value: {SECRET}"),
        ("$x: Date", "records(decidedFrom: $x) { nodes { id } }", NAME),
        ("$x: [ID!]!", "nodes(ids: $x) { id }", [{"b": NAME}]),
        ("$x: [FilingInput!]!", "entity(uscc: \"x\") { name }", [{SECRET: NAME, "kind": NAME, f"名{NAME}": 1}]),
        ("$x: Boolean!", "entity(uscc: \"x\") @include(if: $x) { name }", f"{NAME}; at {SECRET}"),
    ],
)  # fmt: skip
async def test_errors_never_repeat_variables(city: City, declared: str, call: str, value: Any) -> None:
    answer = await city.world.ask(VISITOR, f"query({declared}) {{ {call} }}", {"x": value})
    assert "errors" in answer.json(), answer.text
    assert quiet(answer.text), answer.text


async def test_a_number_of_thousands_of_digits_is_a_bad_request(city: City) -> None:
    answer = await city.world.ask(VISITOR, "{ entities(first: " + "9" * 5000 + ") { nodes { name } } }")
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("day", ["2024-W01-1", "20240101", "2024-02-30", "2024-1-1", ""])
async def test_a_day_is_an_iso_calendar_day_and_nothing_else(city: City, day: str) -> None:
    answer = await city.world.ask(VISITOR, f'{{ records(decidedFrom: "{day}") {{ nodes {{ id }} }} }}')
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    control = await city.world.ask(VISITOR, '{ records(decidedFrom: "2024-02-29") { nodes { id } } }')
    assert "errors" not in control.json()


async def test_the_feed_takes_a_units_code_and_no_name(city: City) -> None:
    answer = await city.world.ask(VISITOR, '{ records(sourceUnit: "曲阜市市场监督管理局") { nodes { id } } }')
    assert answer.json()["errors"][0]["extensions"] == {
        "code": "BAD_INPUT",
        "field": "sourceUnit",
        "rule": "uscc",
    }
