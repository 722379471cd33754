"""What a websocket promises: the protocol to the letter, bounds on everything, and nothing left when it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
import structlog

from schema import websocket_messages
from schema.websocket import SocketLimits
from schema.websocket_messages import Close
from server import clock
from server.model.viewer import VISITOR
from tests.schema.sockets import (
    COMPLETE,
    QUICK,
    SECRET,
    Fakes,
    House,
    a_house,
    eventually,
    following,
    subscribe,
    talking,
    tasks,
)


@pytest_asyncio.fixture(scope="module")
async def house() -> AsyncIterator[House]:
    async with a_house() as made:
        yield made


@pytest_asyncio.fixture
async def fakes(house: House) -> AsyncIterator[Fakes]:
    """After every test: no stream and no task is left."""
    before, made = tasks(), Fakes()
    yield made
    own = asyncio.current_task()
    assert await eventually(lambda: tasks() - before <= {own}), tasks() - before
    assert made.running == 0


async def test_answers_come_in_order_and_the_id_is_free_afterwards(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes) as talk:
        await talk.ready()
        for query, numbers in (("count", [0, 1]), ("one", [1])):
            await talk.say(subscribe(query, variables={"x": 1}, operationName=None, extensions={}))
            assert [await talk.hear() for _ in numbers] == [following(one) for one in numbers]
            assert await talk.hear() == COMPLETE
    assert fakes.viewers == [VISITOR, VISITOR]


async def test_operations_may_follow_without_waiting_for_the_acknowledgement(
    house: House, fakes: Fakes
) -> None:
    async with talking(house, fakes) as talk:
        await talk.say({"type": "connection_init"}, subscribe("one"))
        heard = [await talk.hear() for _ in range(3)]
    assert heard == [{"type": "connection_ack"}, following(1), COMPLETE]


@pytest.mark.parametrize(
    ("query", "before", "code"),
    [("refuse", 0, "OPERATION_TOO_LARGE"), ("mistrust", 0, "UNAUTHENTICATED"), ("count then refuse", 2, "FORBIDDEN")],
)  # fmt: skip
async def test_a_refusal_ends_the_operation_alone(
    house: House, fakes: Fakes, query: str, before: int, code: str
) -> None:
    async with talking(house, fakes) as talk:
        await talk.ready()
        await talk.say(subscribe(query))
        assert [await talk.hear() for _ in range(before)] == [following(one) for one in range(before)]
        end = await talk.hear()
        assert end["type"] == "error" and end["payload"][0]["extensions"]["code"] == code
        await talk.say(subscribe("one"))
        assert await talk.hear() == following(1)


async def test_an_answer_without_data_is_an_error(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes) as talk:
        await talk.ready()
        await talk.say(subscribe("invalid"))
        assert await talk.hear() == {"id": "a", "type": "error", "payload": [{"message": "No such field."}]}


@pytest.mark.parametrize(("query", "error"), [("count then break", "ValueError"), ("strange", "TypeError")])
async def test_a_bug_is_masked_and_found_by_its_id(
    house: House, fakes: Fakes, query: str, error: str
) -> None:
    with structlog.testing.capture_logs([structlog.contextvars.merge_contextvars]) as events:
        async with talking(house, fakes) as talk:
            await talk.ready(authorization="Bearer good")
            await talk.say(subscribe(query))
            while (end := await talk.hear())["type"] == "next":
                pass
    assert end["type"] == "error" and end["payload"][0]["extensions"]["code"] == "INTERNAL"
    found = [one for one in events if one["event"] == "resolver_failed"]
    assert [one["error"] for one in found] == [error]
    assert found[0]["trace_id"] == end["payload"][0]["extensions"]["correlationId"]
    assert all(one["trace"] == one["trace_id"] for one in events if "trace" in one)
    for secret in (SECRET, "driver text", "Bearer", "good"):
        assert secret not in json.dumps([end, events])


HOSTILE: dict[str, tuple[object, Close]] = {
    "no json": (f"{{{SECRET}", websocket_messages.NOT_JSON),
    "empty": ("", websocket_messages.NOT_JSON),
    "nested": ("[" * 2_000, websocket_messages.NOT_JSON),
    "not a number": ('{"type": NaN}', websocket_messages.NOT_JSON),
    "half a character": ('{"type": "\\ud800"}', websocket_messages.NOT_JSON),
    "binary": (b'{"type":"ping"}', websocket_messages.NOT_TEXT),
    "list": ([1], websocket_messages.NOT_OBJECT),
    "text": ('"x"', websocket_messages.NOT_OBJECT),
    "null": ("null", websocket_messages.NOT_OBJECT),
    "no type": ({}, websocket_messages.UNKNOWN_TYPE),
    "unknown type": ({"type": SECRET * 30}, websocket_messages.UNKNOWN_TYPE),
    "type is a list": ({"type": [SECRET]}, websocket_messages.UNKNOWN_TYPE),
    "server's type": ({"type": "connection_ack"}, websocket_messages.UNKNOWN_TYPE),
    "older protocol": ({"type": "start", "id": "1"}, websocket_messages.UNKNOWN_TYPE),
    "no id": ({"type": "subscribe", "payload": {"query": "one"}}, websocket_messages.BAD_ID),
    "empty id": (subscribe("one", ""), websocket_messages.BAD_ID),
    "long id": (subscribe("one", SECRET * 8), websocket_messages.BAD_ID),
    "list for an id": ({"type": "complete", "id": [1]}, websocket_messages.BAD_ID),
    "number for an id": ({"type": "complete", "id": 7}, websocket_messages.BAD_ID),
    "no payload": ({"type": "subscribe", "id": "1"}, websocket_messages.BAD_PAYLOAD),
    "list payload": ({"type": "subscribe", "id": "1", "payload": []}, websocket_messages.BAD_PAYLOAD),
    "no query": ({"type": "subscribe", "id": "1", "payload": {}}, Close(4400, "query must be a text.")),
    "variables": (subscribe("one", variables=[SECRET]), Close(4400, "variables must be an object.")),
    "operation": (subscribe("one", operationName=[SECRET]), Close(4400, "operationName must be a text.")),
    "init again": ({"type": "connection_init"}, websocket_messages.MANY_INITS),
    "init payload": ({"type": "connection_init", "payload": SECRET}, websocket_messages.BAD_PAYLOAD),
    "too big": ('{"type":"ping","payload":{"a":"' + "孔" * 2_000 + '"}}', websocket_messages.TOO_BIG),
    "too big for the server": ("x" * 70_000, Close(1009, "frame with 70000 bytes exceeds limit of 65536 bytes")),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_outside_the_protocol_closes_the_socket(house: House, fakes: Fakes, name: str) -> None:
    said, close = HOSTILE[name]
    with structlog.testing.capture_logs() as events:
        async with talking(house, fakes) as talk:
            await talk.ready()
            await talk.say(subscribe("endless", "running"), said)
            assert await talk.closed() == close
    assert not [one for one in events if one["log_level"] == "error"]


def test_every_reason_fits_its_frame() -> None:
    closes = [one for one in vars(websocket_messages).values() if isinstance(one, Close)]
    assert len(closes) > 15
    assert all(len(one.reason.encode()) <= websocket_messages.REASON_MOST for one in closes)


async def test_an_operation_before_the_beginning_is_unauthorized(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes) as talk:
        await talk.say({"type": "ping"}, {"type": "pong"}, {"type": "complete", "id": "b"})
        await talk.say(subscribe("one"), {"type": "connection_init"})
        assert await talk.closed() == (4401, "Unauthorized")
    assert not fakes.viewers


async def test_two_operations_cannot_have_one_id(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes) as talk:
        await talk.ready()
        await talk.say(subscribe("quiet", SECRET), subscribe("quiet", SECRET))
        assert await talk.closed() == (4409, "Subscriber for this id already exists")


async def test_who_does_not_begin_is_shown_out(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes, SocketLimits(init_seconds=0.1)) as talk:
        assert await talk.closed() == (4408, "Connection initialisation timeout")
    async with talking(house, fakes, SocketLimits(init_seconds=0.1)) as talk:
        await talk.ready()
        await asyncio.sleep(0.2)
        await talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}


async def test_too_many_operations_are_refused_one_by_one(house: House, fakes: Fakes) -> None:
    limits = SocketLimits(operations=2)
    async with talking(house, fakes, limits) as talk:
        await talk.ready()
        await talk.say(subscribe("quiet", "a"), subscribe("quiet", "b"))
        assert [await talk.hear(), await talk.hear()] == [following(0, "a"), following(0, "b")]
        await talk.say(subscribe("quiet", "c"))
        refused = await talk.hear()
        assert (refused["id"], refused["type"]) == ("c", "error")
        assert refused["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS"}
        await talk.say(COMPLETE, subscribe("one", "c"))
        assert [await talk.hear(), await talk.hear()] == [following(1, "c"), {"id": "c", "type": "complete"}]


async def test_a_completed_operation_is_cleaned_up_before_anything_else(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes) as talk:
        await talk.ready()
        for query in ("quiet", "stubborn"):
            await talk.say(subscribe(query))
            await talk.hear()
            await talk.say(COMPLETE, {"type": "complete", "id": "unknown"}, {"type": "ping"})
            while (heard := await talk.hear())["type"] == "next":
                pass  # sent before the caller's message arrived
            assert heard == {"type": "pong"}
            assert fakes.running == 0
        await talk.say(subscribe("quiet"), COMPLETE, {"type": "ping"})
        assert (await talk.hear())["type"] in ("pong", "next")


async def test_a_caller_who_goes_takes_everything_along(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes) as talk:
        await talk.ready()
        await talk.say(
            *(subscribe("endless", str(number)) for number in range(6)), subscribe("stubborn", "s")
        )
        assert await eventually(lambda: fakes.running == 7)
        talk.connection.transport.abort()  # without a word
        assert await eventually(lambda: fakes.running == 0)


async def test_a_server_that_stops_takes_everything_along(fakes: Fakes) -> None:
    async with a_house() as house:
        async with talking(house, fakes) as talk:
            await talk.ready()
            await talk.say(subscribe("endless"), subscribe("quiet", "b"))
            assert await eventually(lambda: fakes.running == 2)
            house.server.should_exit = True
            assert (await talk.closed()).code == 1012
        assert await eventually(lambda: fakes.running == 0)


@pytest.mark.parametrize(
    ("given", "back"),
    [({"a": [1]}, {"a": [1]}), ({}, {}), (None, None), ("x", None), ([1], None), ({"a": "x" * 1_024}, None)],
)
async def test_a_ping_is_answered_and_only_a_small_object_comes_back(
    house: House, fakes: Fakes, given: object, back: object
) -> None:
    async with talking(house, fakes) as talk:
        await talk.say({"type": "ping", "payload": given})
        assert await talk.hear() == {"type": "pong"} | ({} if back is None else {"payload": back})


async def test_silence_ends_the_socket_and_a_pong_keeps_it(house: House, fakes: Fakes) -> None:
    limits = replace(QUICK, ping_seconds=0.05)
    async with talking(house, fakes, limits) as talk:
        await talk.ready()
        for _ in range(6):
            assert await talk.hear() == {"type": "ping"}
            await talk.say({"type": "pong"})
        assert [await talk.hear() for _ in range(2)] == [{"type": "ping"}] * 2
        assert await talk.closed() == (4408, "No message for three pings")


@pytest.mark.parametrize(
    ("header", "payload", "ends"),
    [
        (["Bearer good"], {}, None),
        ([], {"authorization": "Bearer good"}, None),
        ([], {"Authorization": "Bearer good", "other": 1}, None),
        (["Bearer good"], {"authorization": None}, None),
        (["Bearer good"], {"authorization": "Bearer good"}, websocket_messages.MANY_AUTHORIZATIONS),
        ([], {"authorization": "Bearer good", "Authorization": "x"}, websocket_messages.MANY_AUTHORIZATIONS),
        (["Bearer good", "Bearer good"], {}, websocket_messages.MANY_AUTHORIZATIONS),
        ([], {"authorization": ["Bearer good"]}, websocket_messages.BAD_AUTHORIZATION),
        ([], {"authorization": ""}, websocket_messages.FORBIDDEN),
        ([], {"authorization": f"Bearer {SECRET}"}, websocket_messages.FORBIDDEN),
        (["Basic Z29vZA=="], {}, websocket_messages.FORBIDDEN),
    ],
)
async def test_a_token_is_given_once(
    house: House, fakes: Fakes, header: list[str], payload: dict[str, Any], ends: Close | None
) -> None:
    headers = [("Authorization", one) for one in header]
    async with talking(house, fakes, additional_headers=headers) as talk:
        if ends is None:
            await talk.ready(**payload)
            await talk.say(subscribe("one"))
            assert await talk.hear() == following(1)
            assert [one.id for one in fakes.viewers] == ["agency"]
        else:
            await talk.say({"type": "connection_init", "payload": payload}, subscribe("one"))
            assert await talk.closed() == ends
            assert not fakes.viewers


@pytest.mark.parametrize("queries", [[], ["quiet"], ["endless"]])
async def test_a_token_that_expires_ends_the_socket(house: House, fakes: Fakes, queries: list[str]) -> None:
    fakes.expires = clock.now() + timedelta(seconds=0.2)
    async with talking(house, fakes) as talk:
        await talk.ready(authorization="Bearer good")
        await talk.say(*(subscribe(one) for one in queries))
        assert await talk.closed() == (4403, "Forbidden")
        assert clock.now() >= fakes.expires


async def test_nothing_is_sent_once_the_clock_says_that_the_token_has_expired(
    house: House, fakes: Fakes
) -> None:
    """Timers run behind when a machine sleeps; the clock is asked before every message."""
    async with talking(house, fakes) as talk:
        await talk.ready(authorization="Bearer good")
        fakes.ahead = timedelta(hours=2)
        await talk.say({"type": "ping"})
        assert await talk.closed() == (4403, "Forbidden")
        assert not talk.unheard


async def test_trust_withdrawn_ends_the_socket_before_the_next_payload(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes) as talk:
        await talk.ready(authorization="Bearer good")
        await talk.say(subscribe("endless"), subscribe("quiet", "b"))
        assert await eventually(lambda: fakes.given > 2)
        fakes.revoked.add("Bearer good")
        given = fakes.given
        assert await talk.closed() == (4403, "Forbidden")
        assert fakes.given == given


async def test_trust_withdrawn_ends_an_idle_socket_at_the_next_ping(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes, replace(QUICK, ping_seconds=0.1)) as talk:
        await talk.ready(authorization="Bearer good")
        fakes.revoked.add("Bearer good")
        assert await talk.closed() == (4403, "Forbidden")


@pytest.mark.parametrize("query", ["endless", "stubborn"])
async def test_a_socket_grows_old(house: House, fakes: Fakes, query: str) -> None:
    async with talking(house, fakes, replace(QUICK, lifetime_seconds=0.1)) as talk:
        await talk.ready()
        await talk.say(subscribe(query))
        assert (await talk.closed()).code == 1001
        assert fakes.running == 0


async def test_a_bug_outside_every_operation_closes_without_a_word_of_it(
    house: House, fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError(f"driver text with {SECRET}")

    monkeypatch.setattr(fakes, "identify", broken)
    with structlog.testing.capture_logs() as events:
        async with talking(house, fakes) as talk:
            await talk.say({"type": "connection_init"})
            assert await talk.closed() == (4500, "Internal server error")
    assert events == [{"event": "socket_failed", "error": "ValueError", "log_level": "error"}]


async def test_a_text_that_is_not_utf_8_ends_everything(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes) as talk:
        await talk.ready()
        await talk.say(subscribe("endless"))
        await talk.connection.send(b'{"type":"\xff"}', text=True)
        assert (await talk.closed()).code == 1007
