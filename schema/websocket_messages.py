"""The messages of ``graphql-transport-ws``: read strictly into values, and every way in which a socket is closed.

What a caller sent never stands in a reason: reasons are constants, as are the sentences of our refusals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from schema.execution import Request
from schema.transport import read_request
from server.errors import BadInput

PROTOCOL = "graphql-transport-ws"
ID_MOST = 128
ECHO_MOST = 1_024
"""Bytes of a ping's payload that come back in the pong; without it the pong is as good."""
REASON_MOST = 123
"""Bytes a reason may have; the frame of a longer one cannot be sent (RFC 6455, 5.5)."""


class Close(NamedTuple):
    """A close code and its reason."""

    code: int
    reason: str


NOT_TEXT = Close(4400, "Messages must be text")
NOT_JSON = Close(4400, "The message is not valid JSON")
NOT_OBJECT = Close(4400, "The message must be one JSON object")
UNKNOWN_TYPE = Close(4400, "The message has an unknown type")
BAD_ID = Close(4400, f"id must be a text of 1 to {ID_MOST} characters")
BAD_PAYLOAD = Close(4400, "payload must be an object")
BAD_AUTHORIZATION = Close(4400, "authorization must be a text")
MANY_AUTHORIZATIONS = Close(4400, "Authorization is given more than once")
UNAUTHORIZED = Close(4401, "Unauthorized")
FORBIDDEN = Close(4403, "Forbidden")
BAD_PROTOCOL = Close(4406, "Subprotocol not acceptable")
NO_INIT = Close(4408, "Connection initialisation timeout")
SILENT = Close(4408, "No message for three pings")
DUPLICATE = Close(4409, "Subscriber for this id already exists")
MANY_INITS = Close(4429, "Too many initialisation requests")
INTERNAL = Close(4500, "Internal server error")
TOO_OLD = Close(1001, "The connection has reached its age; connect again")
TOO_BIG = Close(1009, "The message is too big")
TOO_SLOW = Close(1013, "Messages are not taken in time")
TOO_MANY = Close(1013, "Too many connections; try again later")


class Malformed(Exception):
    """A message outside the protocol, with the way it closes the socket."""

    def __init__(self, close: Close) -> None:
        super().__init__(close.reason)
        self.close = close


@dataclass(frozen=True, slots=True)
class Init:
    """The caller wants to begin, with a token or without."""

    authorization: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ping:
    """The caller wants a sign of life, and perhaps this payload back."""

    payload: dict[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pong:
    """The caller lives."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """The caller starts an operation under an id."""

    id: str
    request: Request = field(repr=False)


@dataclass(frozen=True, slots=True)
class Complete:
    """The caller wants no more of an operation."""

    id: str


Message = Init | Ping | Pong | Subscribe | Complete


def read_message(text: str | None, most: int) -> Message:
    """The message in a frame, None standing for a binary one. Raises Malformed."""
    if text is None:
        raise Malformed(NOT_TEXT)
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > most:
        raise Malformed(TOO_BIG)
    try:
        message = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Malformed(NOT_JSON) from None
    if not isinstance(message, dict):
        raise Malformed(NOT_OBJECT)
    match message.get("type"):
        case "connection_init":
            return Init(_authorization(message.get("payload")))
        case "ping":
            return Ping(_echo(message.get("payload")))
        case "pong":
            return Pong()
        case "subscribe":
            return Subscribe(_id(message), _request(message.get("payload")))
        case "complete":
            return Complete(_id(message))
        case _:
            raise Malformed(UNKNOWN_TYPE)


def acknowledgement() -> dict[str, Any]:
    """Operations may begin."""
    return {"type": "connection_ack"}


def ping() -> dict[str, Any]:
    """Ask the caller for a sign of life."""
    return {"type": "ping"}


def pong(payload: dict[str, Any] | None) -> dict[str, Any]:
    """The sign of life a caller asked for."""
    return {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}


def following(id_: str, body: dict[str, Any]) -> dict[str, Any]:
    """The next answer of an operation."""
    return {"id": id_, "type": "next", "payload": body}


def failed(id_: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    """The end of an operation that was refused or failed."""
    return {"id": id_, "type": "error", "payload": errors}


def completed(id_: str) -> dict[str, Any]:
    """The end of an operation that has given all its answers."""
    return {"id": id_, "type": "complete"}


def _authorization(payload: Any) -> str | None:
    """The ``Authorization`` of a payload. Two of them could mean two callers, so they are none."""
    if payload is None:
        return None
    if not isinstance(payload, dict):
        raise Malformed(BAD_PAYLOAD)
    given = [one for name, one in payload.items() if name.lower() == "authorization" and one is not None]
    if len(given) > 1:
        raise Malformed(MANY_AUTHORIZATIONS)
    if not given:
        return None
    if not isinstance(given[0], str):
        raise Malformed(BAD_AUTHORIZATION)
    return given[0]


def _echo(payload: Any) -> dict[str, Any] | None:
    return payload if isinstance(payload, dict) and len(orjson.dumps(payload)) <= ECHO_MOST else None


def _id(message: dict[str, Any]) -> str:
    given = message.get("id")
    if not isinstance(given, str) or not 0 < len(given) <= ID_MOST:
        raise Malformed(BAD_ID)
    return given


def _request(payload: Any) -> Request:
    if not isinstance(payload, dict):
        raise Malformed(BAD_PAYLOAD)
    try:
        return read_request(payload)
    except BadInput as error:
        raise Malformed(Close(4400, error.sentence[:REASON_MOST])) from None
