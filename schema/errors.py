"""Errors as they leave: expected refusals in full, GraphQL's own without the caller's values, bugs masked."""

from __future__ import annotations

import re
from typing import Any

from graphql import GraphQLError

from server.errors import CreditError
from server.logs import logger

_LOG = logger("schema")
_VALUES = (
    (re.compile(r"((?:represent|expected)[^:]{0,60}value: ).*", re.DOTALL), r"\1(not shown)"),
    (re.compile(r"(, found: ).*", re.DOTALL), r"\1(not shown)"),
    (re.compile(r"((?:found|Unexpected) (?:String|BlockString|Int|Float) ).*", re.DOTALL), r"\1(not shown)"),
    (re.compile(r"(Value )(['\"]).*\2(?= does not exist)", re.DOTALL), r"\1(not shown)"),
    (re.compile(r"[0-9]{6,}[0-9Xx]?"), "(not shown)"),
    (re.compile(r"[^\x20-\x7e]+"), "(not shown)"),
    (re.compile(r"(['\"])(?:(?!\1).){40,}\1"), "(not shown)"),
)
"""What stands in for values in the library's messages. The names of types and fields in them are plain ASCII."""


def scrub(message: str) -> str:
    """A message of the GraphQL library without values the caller sent (they may be ID numbers)."""
    for pattern, instead in _VALUES:
        message = pattern.sub(instead, message)
    return message[:300]


def formatted(error: GraphQLError, trace_id: str) -> dict[str, Any]:
    """One entry of ``errors``. A bug is logged by type only and answered with a correlation id."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, CreditError):
        extensions: dict[str, Any] = {"code": cause.code, **cause.extra}
        message = cause.sentence
    elif cause is None:
        extensions, message = {"code": "BAD_REQUEST"}, scrub(error.message)
    else:
        _LOG.error("resolver_failed", error=type(cause).__name__, place=_place(cause))
        extensions = {"code": "INTERNAL", "correlationId": trace_id}
        message = "Something went wrong on our side."
    made: dict[str, Any] = {"message": message, "extensions": extensions}
    if error.locations:
        made["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    if error.path:
        made["path"] = list(error.path)
    return made


def refusal(error: CreditError) -> dict[str, Any]:
    """A request that was refused before or after execution."""
    return {"message": error.sentence, "extensions": {"code": error.code, **error.extra}}


def _place(cause: BaseException) -> str:
    """File and line of a bug: where, never with what."""
    trace = cause.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""


def status_of(error: GraphQLError) -> int | None:
    """The HTTP status an error stands for, None when it says nothing."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause.status if isinstance(cause, CreditError) else None
