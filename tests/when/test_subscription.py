"""The subscription ``changes`` over a real websocket: live, complete, re-authorised and logged event by event."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from server.actions.grant_consent import revoke_consent
from tests.makers import COMPANY, PERSON, a_penalty, a_record
from tests.platforms import World, consented
from tests.viewers import AGENCY, CITIZEN, CLERK, INQUIRER, VISITOR, Caller
from tests.when.conftest import until

CHANGES = """subscription($consent: ID, $since: String, $subject: String, $purpose: Purpose, $matter: String) {
  changes(consent: $consent, since: $since, subject: $subject, purpose: $purpose, matter: $matter) { cursor meaning
    record { id ... on AdministrativePenalty { fineAmount severity } } tombstone { id received } } }"""


@pytest_asyncio.fixture
async def door(world: World) -> AsyncIterator[str]:
    """The address of the application behind a real server."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(world.app, lifespan="off", log_config=None, ws="websockets-sansio")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([bound]))
        await until(lambda: server.started)
        yield f"ws://127.0.0.1:{bound.getsockname()[1]}/graphql"
        server.should_exit = True
        await task


@asynccontextmanager
async def opened(world: World, door: str, caller: Caller) -> AsyncIterator[ClientConnection]:
    """A connection of a caller, initialised."""
    async with connect(door, subprotocols=["graphql-transport-ws"]) as ws:  # type: ignore[list-item]
        headers = caller.headers(world.settings, world.clock[0])
        payload = {"authorization": headers["Authorization"]} if headers else {}
        await ws.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await ws.recv())["type"] == "connection_ack"
        yield ws


async def ask(ws: ClientConnection, query: str = CHANGES, name: str = "1", **variables: Any) -> None:
    payload = {"query": query, "variables": variables}
    await ws.send(json.dumps({"id": name, "type": "subscribe", "payload": payload}))


async def heard(ws: ClientConnection, seconds: float = 5) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(ws.recv(), seconds))
    return message


async def started(world: World, count: int = 1) -> None:
    """Return when so many subscriptions wait for events."""
    await until(lambda: world.platform.pulse._waiting >= count)


async def silent(ws: ClientConnection, seconds: float = 1.2) -> None:
    """Nothing comes for longer than the pulse takes."""
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ws.recv(), seconds)


async def test_changes_arrive_as_they_happen_and_hidden_ones_do_not(world: World, door: str) -> None:
    async with opened(world, door, AGENCY) as ws:
        await ask(ws)
        await started(world)
        await world.filed(a_penalty(PERSON), replace(a_penalty(COMPANY, "s"), secrecy=("privacy",)))
        await silent(ws)
        [penalty] = await world.filed(a_penalty(COMPANY))
        message = await heard(ws)
        change = message["payload"]["data"]["changes"]
        assert (message["type"], change["meaning"], change["record"]["id"]) == ("next", "APPEARED", penalty)
        assert change["record"]["severity"] is None
        assert message["payload"]["extensions"]["access"][0]["coordinate"] == "AdministrativePenalty.severity"
        # What the subscription said can be taken up by a query, and the other way round.
        text = "query($c: String!) { changes(since: $c) { nodes { meaning } } }"
        assert await world.data(AGENCY, text, {"c": change["cursor"]}) == {"changes": {"nodes": []}}
        await ws.send(json.dumps({"id": "1", "type": "complete"}))
    await until(lambda: not world.platform.pulse._waiting)


async def test_a_cursor_takes_up_where_the_connection_was_lost(world: World, door: str) -> None:
    ids = [*await world.filed(a_penalty(COMPANY)), *await world.filed(a_record("honour", COMPANY))]
    everything = await world.data(AGENCY, "{ changes(first: 1) { nodes { cursor } } }")
    cursor = everything["changes"]["nodes"][0]["cursor"]
    async with opened(world, door, AGENCY) as ws:
        await ask(ws, since=cursor)
        assert (await heard(ws))["payload"]["data"]["changes"]["record"]["id"] == ids[1]
        await silent(ws)


async def test_every_event_is_in_the_log_before_it_leaves(world: World, door: str) -> None:
    """Art. 38: the entry counts what the event showed, and each event has its own."""
    await world.filed(a_penalty(COMPANY))
    async with opened(world, door, AGENCY) as ws:
        await ask(ws, subject=COMPANY.key, purpose="INSPECTION", matter="M-7")
        await started(world)
        for number in range(2):
            await world.filed(a_penalty(COMPANY, f"new{number}"))
            change = (await heard(ws))["payload"]["data"]["changes"]
            assert change["record"]["severity"] == "general"
            reads = [one for one in await world.log() if one["matter"] == "M-7" and one["row_count"]]
            assert len(reads) == number + 1
            assert set(reads[-1]["kinds"][0]["shown"]) >= {"fineAmount", "severity"}


async def test_the_stream_ends_before_the_next_payload_when_the_consent_is_withdrawn(
    world: World, door: str
) -> None:
    """Art. 62: withdrawal works at the next database read; the control: before it, the event comes."""
    [penalty] = await world.filed(a_penalty(COMPANY))
    consent = await consented(world, COMPANY, fields=["AdministrativePenalty.fineAmount"])
    async with opened(world, door, INQUIRER) as ws:
        await ask(ws, consent=consent)
        await started(world)
        filing = a_penalty(COMPANY)
        changed = replace(filing, values={**filing.values, "fineAmount": "9"}, change_reason="更正金额")
        await world.filed(changed)
        change = (await heard(ws))["payload"]["data"]["changes"]
        assert (change["record"]["id"], change["record"]["fineAmount"]) == (penalty, "9.000000")
        await started(world)
        await revoke_consent(world.operation(CLERK), consent, COMPANY.key)
        await world.filed(
            replace(changed, values={**changed.values, "fineAmount": "8"}, change_reason="再次更正")
        )
        message = await heard(ws)
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["rule"] == "consent_invalid"
        await silent(ws)
    refusals = [one for one in await world.log() if one["tag"] == "access:refuse"]
    assert refusals[-1]["reason"] == "consent_invalid"


async def test_the_socket_closes_when_the_token_expires(world: World, door: str) -> None:
    async with opened(world, door, AGENCY) as ws:
        await ask(ws)
        await started(world)
        world.clock[0] = world.clock[0].replace(year=2027)
        await world.filed(a_penalty(COMPANY))
        with pytest.raises(ConnectionClosed) as closed:
            await heard(ws)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4403


@pytest.mark.parametrize("caller", [VISITOR, CITIZEN], ids=lambda one: one.name)
async def test_who_may_not_follow_is_refused_before_anything_is_sent(
    world: World, door: str, caller: Caller
) -> None:
    async with opened(world, door, caller) as ws:
        await ask(ws)
        message = await heard(ws)
        assert (message["type"], message["payload"][0]["extensions"]["rule"]) == ("error", "unit_required")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { changes { cursor nothing } }", "BAD_REQUEST"),
        ("subscription { ... { changes { cursor } } }", "BAD_REQUEST"),
        ('subscription { changes(since: "garbage") { cursor } }', "BAD_INPUT"),
        ("subscription($s: String) { changes(since: $s) { cursor } }", "BAD_REQUEST"),
        ("mutation { approveFilings(ids: []) { __typename } }", "METHOD_NOT_ALLOWED"),
        (
            "subscription { changes { record { "
            + " ".join(f"a{n}: datedOn" for n in range(2_100))
            + " } } }",
            "BAD_REQUEST",
        ),
    ],
)
async def test_what_cannot_be_subscribed_to_is_an_error_and_the_socket_lives(
    world: World, door: str, query: str, code: str
) -> None:
    async with opened(world, door, AGENCY) as ws:
        await ask(ws, query, s=7)
        message = await heard(ws)
        assert message["type"] == "error"
        assert message["payload"][0]["extensions"]["code"] in (code, "OPERATION_TOO_LARGE")
        await ask(ws, "{ ruleSets { id } }", "2")
        assert (await heard(ws))["payload"]["data"]["ruleSets"]
        assert (await heard(ws))["type"] == "complete"


async def test_a_subscription_is_not_answered_over_http(world: World) -> None:
    answer = await world.ask(AGENCY, "subscription { changes { cursor } }")
    assert answer.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


async def test_many_followers_each_get_every_change_once(world: World, door: str) -> None:
    async with opened(world, door, AGENCY) as one, opened(world, door, INQUIRER) as other:
        for ws in (one, other):
            await ask(ws)
        await started(world, 2)
        ids = []
        for number in range(6):
            ids += await world.filed(a_penalty(COMPANY, f"n{number}"))
        for ws in (one, other):
            got = [(await heard(ws))["payload"]["data"]["changes"]["record"]["id"] for _ in ids]
            assert sorted(got) == sorted(ids)
            await silent(ws, 0.7)
