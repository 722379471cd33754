"""GraphQL over HTTP: POST with JSON, answered as JSON; no body ever leads to a 500."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from schema.errors import refusal
from schema.execution import Answer, Executor, Request
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.errors import BadInput, CreditError, Unauthenticated
from server.logs import traced
from server.model.viewer import Viewer

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
PUBLIC_SECONDS = 30

Identify = Callable[[HTTPRequest, datetime], Awaitable[Viewer]]
Now = Callable[[], datetime]


class Endpoint:
    """The one GraphQL endpoint. ``identify`` turns a request into a viewer; ``now`` gives the city's time."""

    def __init__(self, executor: Executor, identify: Identify, now: Now, max_body_bytes: int) -> None:
        self._executor = executor
        self._identify = identify
        self._now = now
        self._most = max_body_bytes

    async def __call__(self, http: HTTPRequest) -> Response:
        """Answer one request."""
        trace_id = secrets.token_hex(8)
        media = _accepted(http.headers.get("accept"))
        with traced(trace_id):
            try:
                if media is None:
                    raise BadInput(
                        f"Accept must admit {GRAPHQL_RESPONSE} or {JSON}.", code="NOT_ACCEPTABLE", status=406
                    )
                request = await self._read(http)
                at = self._now()
                viewer = await self._identify(http, at)
                platform: Platform = http.app.state.platform
                await platform.regimes.fresh(at)
                operation = Operation(platform, viewer, at, trace_id)
                answer = await self._executor.run(request, operation)
            except CreditError as error:
                answer = Answer({"errors": [refusal(error)]}, error.status, public=False)
                return self._respond(answer, media or JSON, trace_id, _challenge(error), forced=True)
            except ClientDisconnect:
                return Response(status_code=400)
        return self._respond(answer, media, trace_id, {})

    async def _read(self, http: HTTPRequest) -> Request:
        kind = http.headers.get("content-type", "")
        media, _, parameters = kind.partition(";")
        if media.strip().lower() != JSON or not _is_utf8(parameters):
            raise BadInput(
                f"Content-Type must be {JSON} in UTF-8.", code="UNSUPPORTED_MEDIA_TYPE", status=415
            )
        body = bytearray()
        async for chunk in http.stream():
            body += chunk
            if len(body) > self._most:
                raise BadInput(
                    f"The body has more than {self._most} bytes.", code="BODY_TOO_LARGE", status=413
                )
        try:
            raw = orjson.loads(bytes(body))
        except orjson.JSONDecodeError:
            raise BadInput("The body is not valid JSON.", code="BAD_JSON") from None
        return read_request(raw)

    def _respond(
        self, answer: Answer, media: str, trace_id: str, headers: dict[str, str], *, forced: bool = False
    ) -> Response:
        status = answer.status
        if media == JSON and status == 400 and not forced:
            status = 200  # GraphQL over HTTP: application/json says 200 for a well-formed request
        cache = (
            f"public, max-age={PUBLIC_SECONDS}" if answer.public and status == 200 else "private, no-store"
        )
        return Response(
            orjson.dumps(answer.body),
            status_code=status,
            media_type=f"{media}; charset=utf-8",
            headers={
                "Cache-Control": cache,
                "Vary": "Authorization, Accept",
                "X-Request-Id": trace_id,
                "X-Content-Type-Options": "nosniff",
                **headers,
            },
        )


def read_request(raw: Any) -> Request:
    """The request in a decoded body. Raises BadInput naming the member that is wrong."""
    if not isinstance(raw, dict):
        raise BadInput("The body must be one JSON object; batches are not accepted.", code="BAD_REQUEST")
    query, variables, name = raw.get("query"), raw.get("variables"), raw.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadInput("query must be a text.", field="query", rule="text", code="BAD_REQUEST")
    if variables is not None and not isinstance(variables, dict):
        raise BadInput("variables must be an object.", field="variables", rule="object", code="BAD_REQUEST")
    if name is not None and not isinstance(name, str):
        raise BadInput(
            "operationName must be a text.", field="operationName", rule="text", code="BAD_REQUEST"
        )
    if raw.get("extensions") is not None and not isinstance(raw["extensions"], dict):
        raise BadInput("extensions must be an object.", field="extensions", rule="object", code="BAD_REQUEST")
    return Request(query, variables or {}, name or None)


def _accepted(accept: str | None) -> str | None:
    """The media type to answer with: what the caller lists first of the two; JSON where it does not say."""
    if not accept or not accept.strip():
        return JSON
    for part in accept.split(","):
        media = part.partition(";")[0].strip().lower()
        if media in (GRAPHQL_RESPONSE, JSON):
            return media
        if media in ("*/*", "application/*"):
            return JSON
    return None


def _is_utf8(parameters: str) -> bool:
    for part in parameters.split(";"):
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            return False
    return True


def _challenge(error: CreditError) -> dict[str, str]:
    return {"WWW-Authenticate": 'Bearer error="invalid_token"'} if isinstance(error, Unauthenticated) else {}
