"""GraphQL over a websocket: the protocol ``graphql-transport-ws`` and no other.

Own code, since the library's handler (Strawberry 0.341) cannot be kept to our promises. Sent to it: ``[1]``, an id
that is a list, a payload that is one, or an id or type of 120 characters end in an unhandled exception (1006); close
reasons repeat the type, the id and the syntax error; a text that does not parse closes the whole socket; exceptions
are answered and logged with their text. It sends no pings and bounds neither messages, silence, age nor slow
readers. Overriding all that leaves none of it. The comparison of origins is the library's.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin

from schema import websocket_messages as messages
from schema.errors import formatted, refusal
from schema.execution import Answer, Request
from schema.websocket_messages import Close, Complete, Init, Malformed, Ping, Pong, Subscribe
from server.actions.platform import Platform
from server.errors import ConfigError, CreditError, Unauthenticated
from server.logs import logger, traced
from server.model.viewer import Viewer

Identify = Callable[[str | None, datetime], Awaitable[Viewer]]
Now = Callable[[], datetime]

CLOSE_SECONDS = 1.0
"""How long a close frame waits for a caller who does not read."""
SILENT_PERIODS = 3

_LOG = logger("schema")
_TOO_MANY = CreditError(
    "Too many operations run on this connection; complete one first.", code="TOO_MANY_OPERATIONS", status=429
)


class Caller:
    """Who asks for one operation. The token stays in here; the viewer is found anew at every call."""

    def __init__(
        self, platform: Platform, authorization: str | None, identify: Identify, trace_id: str
    ) -> None:
        self.platform = platform
        self.trace_id = trace_id
        self._authorization = authorization
        self._identify = identify

    async def viewer(self, at: datetime) -> Viewer:
        """The viewer at this moment. Raises Unauthenticated once the token is no longer good."""
        return await self._identify(self._authorization, at)


class Streams(Protocol):
    """What answers operations: one answer per event of a subscription, exactly one for a query."""

    def stream(self, request: Request, caller: Caller) -> AsyncIterator[Answer]:
        """The answers, each ready to be sent. Raises CreditError for what is refused."""
        ...


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """The bounds of one socket, and how many of them one process holds."""

    init_seconds: float = 10
    ping_seconds: float = 20
    send_seconds: float = 10
    lifetime_seconds: float = 12 * 3_600
    operations: int = 8
    connections: int = 2_000
    message_bytes: int = 65_536


class Socket:
    """The door for websockets. ``origins`` are the foreign web pages that may open one, like ``https://a.example``."""

    def __init__(
        self,
        streams: Streams,
        identify: Identify,
        now: Now,
        limits: SocketLimits,
        origins: frozenset[str],
    ) -> None:
        self._streams = streams
        self._identify = identify
        self._now = now
        self._limits = limits
        self._origins = _origins(origins)
        self._open = 0

    async def __call__(self, websocket: WebSocket) -> None:
        """Talk with one caller until either of both has enough."""
        if not self._is_welcome(websocket):
            await websocket.close()  # before it is accepted, this is HTTP's 403
            return
        if messages.PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(*messages.BAD_PROTOCOL)
            return
        if self._open >= self._limits.connections:
            await websocket.accept(messages.PROTOCOL)
            await websocket.close(*messages.TOO_MANY)
            return
        self._open += 1
        try:
            await websocket.accept(messages.PROTOCOL)
            await _Conversation(websocket, self._streams, self._identify, self._now, self._limits).hold()
        finally:
            self._open -= 1

    def _is_welcome(self, websocket: WebSocket) -> bool:
        """Browsers let every page open sockets anywhere and only say which page it is (``Origin``)."""
        given, hosts = websocket.headers.getlist("origin"), websocket.headers.getlist("host")
        if not given:
            return True
        if len(given) > 1 or len(hosts) != 1:
            return False
        return is_same_origin(given[0], hosts[0]) or normalize_origin(given[0]) in self._origins


class _Ended(Exception):
    """The conversation is over; it knows itself how it closes."""


class _Conversation:
    """One accepted socket: its reader, its timers and its operations live and end together."""

    def __init__(
        self, websocket: WebSocket, streams: Streams, identify: Identify, now: Now, limits: SocketLimits
    ) -> None:
        self._websocket = websocket
        self._streams = streams
        self._identify = identify
        self._now = now
        self._limits = limits
        self._platform: Platform = websocket.app.state.platform
        self._given: list[str] = websocket.headers.getlist("authorization")
        self._initialised = False
        self._viewer: Viewer | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # also those that have only their last message to send
        self._sending = asyncio.Lock()
        self._heard = 0.0
        self._over = False
        self._close: Close | None = None

    async def hold(self) -> None:
        """Hold the conversation. At the end nothing of it runs any more."""
        self._heard = asyncio.get_running_loop().time()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._after(self._limits.lifetime_seconds, messages.TOO_OLD))
                group.create_task(self._keep_alive())
                await self._read(group)
        except* _Ended:
            pass
        except* Exception as bugs:
            _LOG.error("socket_failed", error=type(bugs.exceptions[0]).__name__)
            self._end(messages.INTERNAL)
        if self._close is not None:
            # The caller may be gone or not reading: then there is nobody to tell.
            with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._websocket.close(*self._close)

    def _end(self, close: Close | None) -> _Ended:
        """End the conversation by raising what this gives; from here on nothing is sent. The first reason stays."""
        if not self._over:
            self._over, self._close = True, close
        return _Ended()

    async def _after(self, seconds: float, close: Close) -> None:
        await asyncio.sleep(seconds)
        raise self._end(close)

    async def _keep_alive(self) -> None:
        period, loop = self._limits.ping_seconds, asyncio.get_running_loop()
        while True:
            await asyncio.sleep(period)
            if loop.time() - self._heard >= SILENT_PERIODS * period:
                raise self._end(messages.SILENT)
            if self._viewer is not None:
                # Keys are withdrawn and clocks are set while nothing happens.
                await self._identified()
            await self._send(messages.ping())

    async def _read(self, group: asyncio.TaskGroup) -> None:
        patience = group.create_task(self._after(self._limits.init_seconds, messages.NO_INIT))
        while True:
            text = await self._receive()
            self._heard = asyncio.get_running_loop().time()
            try:
                message = messages.read_message(text, self._limits.message_bytes)
            except Malformed as fault:
                raise self._end(fault.close) from None
            match message:
                case Init():
                    patience.cancel()
                    await self._initialise(message, group)
                case Ping():
                    await self._send(messages.pong(message.payload))
                case Pong():
                    pass
                case Subscribe():
                    await self._subscribe(message, group)
                case Complete():
                    await self._complete(message)
            # One chunk off the wire holds thousands of small messages. Without a pause between them others
            # waited 170 ms for a flood of pings; what is left, 80 ms, is the server reading the chunk.
            await asyncio.sleep(0)

    async def _receive(self) -> str | None:
        event = await self._websocket.receive()
        if event["type"] == "websocket.disconnect":
            raise self._end(None)
        text: str | None = event.get("text")
        return text

    async def _initialise(self, message: Init, group: asyncio.TaskGroup) -> None:
        if self._initialised:
            raise self._end(messages.MANY_INITS)
        self._initialised = True
        if message.authorization is not None:
            self._given.append(message.authorization)
        if len(self._given) > 1:
            raise self._end(messages.MANY_AUTHORIZATIONS)
        self._viewer = await self._identified()
        if self._viewer.expires_at is not None:
            left = (self._viewer.expires_at - self._now()).total_seconds()
            group.create_task(self._after(max(left, 0.0), messages.FORBIDDEN))
        await self._send(messages.acknowledgement())

    @property
    def _authorization(self) -> str | None:
        return self._given[0] if self._given else None

    async def _identified(self) -> Viewer:
        try:
            return await self._identify(self._authorization, self._now())
        except Unauthenticated:
            raise self._end(messages.FORBIDDEN) from None

    async def _subscribe(self, message: Subscribe, group: asyncio.TaskGroup) -> None:
        if self._viewer is None:
            raise self._end(messages.UNAUTHORIZED)
        if message.id in self._operations:
            raise self._end(messages.DUPLICATE)
        if len(self._tasks) >= self._limits.operations:
            await self._send(messages.failed(message.id, [refusal(_TOO_MANY)]))
            return
        task = group.create_task(self._operate(message.id, message.request))
        self._operations[message.id] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _complete(self, message: Complete) -> None:
        """End an operation. Nothing else is read before it has cleaned up, so such ends cannot pile up."""
        task = self._operations.pop(message.id, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _operate(self, id_: str, request: Request) -> None:
        trace_id = secrets.token_hex(8)
        caller = Caller(self._platform, self._authorization, self._identify, trace_id)
        with traced(trace_id):
            try:
                last = await self._answers(id_, self._streams.stream(request, caller))
            except _Ended:
                raise
            except CreditError as error:
                last = messages.failed(id_, [refusal(error)])
            except Exception as bug:
                masked = formatted(GraphQLError("", original_error=bug), trace_id)
                last = messages.failed(id_, [masked])
            # The caller may use the id again as soon as it reads the last message.
            if self._operations.pop(id_, None) is not None:
                await self._send(last)

    async def _answers(self, id_: str, answers: AsyncIterator[Answer]) -> dict[str, Any]:
        """Send the answers one by one, each asked for when the one before is gone; gives the last message."""
        trusted = self._authorization is not None
        try:
            async for answer in answers:
                if id_ not in self._operations:
                    break  # cancelled, but the stream goes on regardless
                if "data" not in answer.body:
                    return messages.failed(id_, answer.body["errors"])
                await self._send(messages.following(id_, answer.body))
                trusted = True
            return messages.completed(id_)
        except Unauthenticated:
            # Trust is lost for the whole socket. A visitor who asks for too much had none to lose.
            if trusted:
                raise self._end(messages.FORBIDDEN) from None
            raise
        finally:
            if isinstance(answers, AsyncGenerator):
                await answers.aclose()

    async def _send(self, message: dict[str, Any]) -> None:
        """Send one message, in turn. Ends the conversation when it is not taken in time or the token has expired."""
        text = orjson.dumps(message).decode()
        try:
            async with self._sending:
                if self._over:
                    raise _Ended
                if self._has_expired():
                    raise self._end(messages.FORBIDDEN)
                async with asyncio.timeout(self._limits.send_seconds):
                    await self._websocket.send_text(text)
        except TimeoutError:
            raise self._end(messages.TOO_SLOW) from None
        except (WebSocketDisconnect, RuntimeError):
            # The caller is gone; a RuntimeError says so where the server has closed by itself (a frame too big).
            raise self._end(None) from None

    def _has_expired(self) -> bool:
        expires = self._viewer.expires_at if self._viewer is not None else None
        return expires is not None and self._now() >= expires


def _origins(given: frozenset[str]) -> frozenset[str]:
    try:
        known = normalize_allowed_origins(given)
    except ValueError:
        known = frozenset({"*"})
    if "*" in known:
        raise ConfigError("Allowed origins must each be a scheme and a host, such as https://credit.example.")
    return known
