"""Who may open a websocket, how many there are, and how long the server waits for those who do not read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import pytest_asyncio
import structlog
from starlette.applications import Starlette
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus

from schema.websocket import Socket, SocketLimits
from server.errors import ConfigError
from tests.schema.sockets import PROTOCOL, QUICK, Fakes, House, a_house, eventually, subscribe, talking, tasks

APP = Starlette()
APP.state.platform = object()


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


@dataclass
class Wire:
    """A connection by hand, which can get stuck."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    coming: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    sent: list[dict[str, Any]] = field(default_factory=list)
    stuck: bool = False
    closed: bool = False

    def __post_init__(self) -> None:
        self.coming.put_nowait({"type": "websocket.connect"})

    def say(self, *said: object) -> None:
        for one in said:
            self.coming.put_nowait({"type": "websocket.receive", "text": json.dumps(one)})

    async def send(self, message: Any) -> None:
        if self.stuck and message["type"] == "websocket.send":
            await asyncio.Event().wait()
        if self.closed:
            raise RuntimeError("Unexpected message after the server has closed by itself")
        self.sent.append(message)

    async def meet(self, door: Socket) -> None:
        headers = [(name.encode(), value.encode("latin-1")) for name, value in self.headers]
        scope = {"type": "websocket", "headers": headers, "subprotocols": [PROTOCOL], "app": APP}
        async with asyncio.timeout(5):
            await door(WebSocket(scope, self.coming.get, self.send))


SAME = "https://credit.example"
ORIGINS: list[tuple[list[str], list[str], bool]] = [
    ([], ["credit.example"], True),  # no browser
    ([SAME], ["credit.example"], True),
    ([SAME], ["credit.example:443"], True),
    (["http://credit.example"], ["credit.example"], True),  # TLS may end before us
    (["HTTPS://Credit.Example"], ["CREDIT.example"], True),
    (["http://127.0.0.1:8000"], ["127.0.0.1:8000"], True),
    (["http://[::1]:8000"], ["[::1]:8000"], True),
    (["https://desk.example"], ["credit.example"], True),  # listed
    (["https://desk.example:443"], ["credit.example"], True),
    (["http://desk.example"], ["credit.example"], False),  # listed with another scheme
    (["https://desk.example:444"], ["credit.example"], False),
    (["https://credit.example:8443"], ["credit.example"], False),
    (["https://credit.example.evil.example"], ["credit.example"], False),
    (["https://evil.example"], ["credit.example"], False),
    (["https://sub.credit.example"], ["credit.example"], False),
    (["https://credit.example@evil.example"], ["credit.example"], False),
    (["null"], ["null"], False),
    ([""], ["credit.example"], False),
    (["*"], ["credit.example"], False),
    (["https://["], ["["], False),
    (["https://credit.example:x"], ["credit.example:x"], False),
    ([SAME], [], False),
    ([SAME], [""], False),
    ([SAME, "https://evil.example"], ["credit.example"], False),
    ([SAME], ["credit.example", "evil.example"], False),
]


@pytest.mark.parametrize(("origin", "host", "welcome"), ORIGINS)
async def test_only_our_own_and_listed_pages_open_a_socket(
    fakes: Fakes, origin: list[str], host: list[str], welcome: bool
) -> None:
    wire = Wire([("origin", one) for one in origin] + [("host", one) for one in host])
    wire.coming.put_nowait({"type": "websocket.disconnect", "code": 1001})
    listed = frozenset({"https://Desk.example/"})
    await wire.meet(Socket(fakes, fakes.identify, fakes.now, QUICK, listed))
    assert [one["type"] for one in wire.sent] == ["websocket.accept" if welcome else "websocket.close"]


async def test_a_foreign_page_gets_a_403_and_our_own_an_answer(house: House, fakes: Fakes) -> None:
    for origin in ("https://evil.example", "null"):
        with pytest.raises(InvalidStatus) as refusal:
            await talking(house, fakes, origin=origin).__aenter__()
        assert refusal.value.response.status_code == 403
    async with talking(house, fakes, origin=f"http://127.0.0.1:{house.port}") as talk:
        await talk.ready()


@pytest.mark.parametrize("origin", ["*", "https://", "desk.example", "https://desk.example/path", "null"])
async def test_an_origin_that_is_none_cannot_be_listed(fakes: Fakes, origin: str) -> None:
    with pytest.raises(ConfigError):
        Socket(fakes, fakes.identify, fakes.now, QUICK, frozenset({origin}))


@pytest.mark.parametrize("offered", [None, ["graphql-ws"], ["GraphQL-Transport-WS"]])
async def test_another_protocol_is_not_spoken(house: House, fakes: Fakes, offered: Any) -> None:
    async with talking(house, fakes, subprotocols=offered) as talk:
        assert await talk.closed() == (4406, "Subprotocol not acceptable")
        assert talk.connection.subprotocol is None
    async with talking(house, fakes, subprotocols=["graphql-ws", PROTOCOL]) as talk:
        assert talk.connection.subprotocol == PROTOCOL


async def test_a_process_holds_so_many_sockets_and_no_more(house: House, fakes: Fakes) -> None:
    url = house.door(fakes, replace(QUICK, connections=1))
    async with talking(house, fakes, url=url) as talk:
        await talk.ready()
        async with talking(house, fakes, url=url) as other:
            assert (await other.closed()).code == 1013
    await asyncio.sleep(0.05)
    async with talking(house, fakes, url=url) as talk:
        await talk.ready()


async def test_who_does_not_read_is_left_and_nothing_piles_up(fakes: Fakes) -> None:
    wire = Wire()
    door = Socket(fakes, fakes.identify, fakes.now, SocketLimits(send_seconds=0.2), frozenset())
    meeting = asyncio.create_task(wire.meet(door))
    wire.say({"type": "connection_init"}, subscribe("endless"), subscribe("endless", "b"))
    assert await eventually(lambda: fakes.given > 4)
    wire.stuck = True
    await asyncio.sleep(0.1)
    given = fakes.given
    await meeting
    assert fakes.given == given
    assert (wire.sent[-1]["type"], wire.sent[-1]["code"]) == ("websocket.close", 1013)


async def test_last_messages_that_are_not_read_count_as_operations(fakes: Fakes) -> None:
    wire = Wire()
    limits = SocketLimits(send_seconds=0.4, operations=3)
    door = Socket(fakes, fakes.identify, fakes.now, limits, frozenset())
    meeting = asyncio.create_task(wire.meet(door))
    wire.say({"type": "connection_init"})
    assert await eventually(lambda: len(wire.sent) == 2)
    wire.stuck = True
    for number in range(4 * limits.operations):
        wire.say(subscribe("refuse", str(number)))
        await asyncio.sleep(0.02)  # the stream is over; its last message waits to be taken
    await meeting
    assert len(fakes.viewers) == limits.operations
    assert wire.sent[-1]["code"] == 1013


async def test_a_full_wire_stops_the_stream_and_then_the_socket(house: House, fakes: Fakes) -> None:
    async with talking(house, fakes, replace(QUICK, send_seconds=0.3), max_queue=1) as talk:
        await talk.ready()
        await talk.say(subscribe("flood"))
        assert await eventually(lambda: fakes.given > 0)
        assert await eventually(lambda: fakes.running == 0)
        assert fakes.given < 100  # of 256 KiB: what the buffers of two sockets take
        talk.connection.transport.abort()


async def test_a_server_that_has_closed_by_itself_is_no_bug(fakes: Fakes) -> None:
    """So uvicorn answers between a frame too big and the news of it."""
    wire = Wire()
    door = Socket(fakes, fakes.identify, fakes.now, QUICK, frozenset())
    with structlog.testing.capture_logs() as events:
        meeting = asyncio.create_task(wire.meet(door))
        wire.say({"type": "connection_init"}, subscribe("endless"))
        assert await eventually(lambda: fakes.given > 2)
        wire.closed = True
        await meeting
    assert events == []
