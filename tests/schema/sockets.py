"""A real server with doors for websockets, callers who talk to it, and streams that do what they are named."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from schema.execution import Answer, Request
from schema.websocket import Caller, Socket, SocketLimits
from schema.websocket_messages import Close
from server import clock
from server.errors import BadInput, Refused, Unauthenticated
from server.logs import logger
from server.model.viewer import VISITOR, Role, Viewer

SECRET = "370881199001011234"
PROTOCOL = "graphql-transport-ws"
QUICK = SocketLimits(init_seconds=5, ping_seconds=60, send_seconds=5, message_bytes=4_096)
BIG = "x" * 262_144


def data(value: object) -> Answer:
    return Answer({"data": {"n": value}}, 200, public=False)


@dataclass
class Fakes:
    """Streams named by the text of the query, tokens by their own, and a clock."""

    running: int = 0
    given: int = 0
    viewers: list[Viewer] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    ahead: timedelta = timedelta()
    expires: datetime = field(default_factory=lambda: clock.now() + timedelta(hours=1))

    def now(self) -> datetime:
        return clock.now() + self.ahead

    async def identify(self, authorization: str | None, at: datetime) -> Viewer:
        if authorization is None:
            return VISITOR
        if authorization != "Bearer good" or authorization in self.revoked or at >= self.expires:
            raise Unauthenticated("The token is not one we trust.")
        return Viewer(Role.AGENCY, id="agency", expires_at=self.expires)

    async def stream(self, request: Request, caller: Caller) -> AsyncIterator[Answer]:
        self.running += 1
        try:
            self.viewers.append(await caller.viewer(self.now()))
            match request.query:
                case "count" | "count then refuse" | "count then break" | "count then mistrust":
                    for number in range(2):
                        self.given += 1
                        yield data(number)
                    if request.query.endswith("refuse"):
                        raise Refused("No more of this.", extra={"rule": "enough"})
                    if request.query.endswith("break"):
                        logger("test").info("about_to_break", trace=caller.trace_id)
                        raise ValueError(f"driver text with {SECRET}")
                    if request.query.endswith("mistrust"):
                        raise Unauthenticated("The token is not one we trust.")
                case "one":
                    yield data(1)
                case "refuse":
                    raise BadInput("The operation's cost is 7.", code="OPERATION_TOO_LARGE")
                case "mistrust":
                    raise Unauthenticated("A token is needed.")
                case "invalid":
                    yield Answer({"errors": [{"message": "No such field."}]}, 400, public=False)
                case "strange":
                    yield data(object())
                case "endless" | "flood" | "stubborn":
                    while True:
                        await caller.viewer(self.now())
                        self.given += 1
                        yield data(BIG if request.query == "flood" else 1)
                        try:
                            await asyncio.sleep(0 if request.query == "flood" else 0.02)
                        except asyncio.CancelledError:
                            if request.query != "stubborn":
                                raise
                case "quiet":
                    yield data(0)
                    await asyncio.sleep(60)
        finally:
            try:
                await asyncio.sleep(0.01)  # what cleans up may wait itself
            finally:
                self.running -= 1


async def eventually(holds: Callable[[], bool], seconds: float = 3) -> bool:
    """Whether it comes to hold in time."""
    for _ in range(int(seconds / 0.01)):
        if holds():
            return True
        await asyncio.sleep(0.01)
    return False


class Server(uvicorn.Server):
    """uvicorn that leaves the signals to the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class House:
    """A real server; every conversation gets a door of its own."""

    app: Starlette
    server: Server
    port: int
    doors: int = 0

    def door(self, fakes: Fakes, limits: SocketLimits, origins: frozenset[str] = frozenset()) -> str:
        self.doors += 1
        endpoint = Socket(fakes, fakes.identify, fakes.now, limits, origins)
        self.app.router.routes.append(WebSocketRoute(f"/{self.doors}", endpoint.__call__))
        return f"ws://127.0.0.1:{self.port}/{self.doors}"


@asynccontextmanager
async def a_house() -> AsyncIterator[House]:
    app = Starlette()
    app.state.platform = object()
    config = uvicorn.Config(app, lifespan="off", log_config=None, ws_max_size=65_536)
    server = Server(config)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        assert await eventually(lambda: server.started)
        yield House(app, server, bound.getsockname()[1])
        server.should_exit = True
        await serving


class Talk:
    """The caller's side of one socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.unheard: list[Any] = []

    async def say(self, *said: object) -> None:
        for one in said:
            await self.connection.send(one if isinstance(one, str | bytes) else json.dumps(one))

    async def hear(self) -> Any:
        async with asyncio.timeout(3):
            return json.loads(await self.connection.recv())

    async def ready(self, **payload: object) -> Talk:
        await self.say({"type": "connection_init", "payload": payload})
        assert await self.hear() == {"type": "connection_ack"}
        return self

    async def closed(self) -> Close:
        """How the socket closes; what is said before is kept in ``unheard``."""
        async with asyncio.timeout(3):
            with suppress(ConnectionClosed):
                async for text in self.connection:
                    self.unheard.append(json.loads(text))
        return Close(self.connection.close_code or 0, self.connection.close_reason or "")


@asynccontextmanager
async def talking(
    house: House, fakes: Fakes, limits: SocketLimits = QUICK, url: str | None = None, **more: Any
) -> AsyncIterator[Talk]:
    options = {"subprotocols": [PROTOCOL], "compression": None, "proxy": None, **more}
    async with connect(url or house.door(fakes, limits), **options) as connection:
        yield Talk(connection)


def subscribe(query: str, id_: str = "a", **more: object) -> dict[str, object]:
    return {"id": id_, "type": "subscribe", "payload": {"query": query, **more}}


def following(number: int, id_: str = "a") -> dict[str, object]:
    return {"id": id_, "type": "next", "payload": {"data": {"n": number}}}


COMPLETE = {"id": "a", "type": "complete"}


def tasks() -> set[asyncio.Task[Any]]:
    """The tasks under way, without those the database driver starts and ends by its own clock."""
    return {one for one in asyncio.all_tasks() if "pymongo" not in _home(one)}


def _home(task: asyncio.Task[Any]) -> str:
    """The file a task's coroutine comes from."""
    code = getattr(task.get_coro(), "cr_code", None)
    return str(getattr(code, "co_filename", ""))
