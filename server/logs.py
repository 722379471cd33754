"""What the program says about itself: events with a name and a few facts, never bodies or stored values.

Nothing of a request's body or of a record is logged on purpose; two processors are the net below that:
keys that carry secrets or personal numbers are dropped, and anything that looks like a citizen ID number
is blotted out wherever it stands.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

BLOT = "[withheld]"

_SECRET = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|cookie|credential|api_?key|private_?key"
    r"|id_?number|citizen_?id|id_?card|phone|mobile|address$|^body$|^query$|^variables$|mongo_?url",
    re.IGNORECASE,
)
_CITIZEN_ID = re.compile(r"(?<!\d)[1-9]\d{16}[0-9Xx](?!\d)")
_URL_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_BEARER = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*")


def configure(*, level: str = "info", console: bool | None = None, stream: TextIO | None = None) -> None:
    """Send every log of this process, ours and the libraries', through the same processors.

    `console` chooses lines for people over JSON lines; by default a terminal gets the former.
    """
    stream = sys.stderr if stream is None else stream
    console = stream.isatty() if console is None else console
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        withhold,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Below this, drivers describe commands with what they carry and the HTTP server its own life.
    for name in ("pymongo", "httpx", "httpcore", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a room: `logger("store").info("records_filed", count=3)`."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


@contextmanager
def traced(trace_id: str, **facts: str) -> Iterator[None]:
    """Every event inside the block carries this trace id (and these facts)."""
    with bound_contextvars(trace_id=trace_id, **facts):
        yield


def withhold(_logger: WrappedLogger, _method: str, event: EventDict) -> Mapping[str, Any]:
    """Drop secret keys and blot out personal numbers, tokens and credentials in everything that is left."""
    return {key: _clean(value) for key, value in event.items() if not _is_secret(key)}


def _is_secret(key: object) -> bool:
    return isinstance(key, str) and _SECRET.search(key) is not None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _blot(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return BLOT if _CITIZEN_ID.fullmatch(str(value)) else value
    if isinstance(value, MutableMapping):
        return {_clean(key): _clean(inner) for key, inner in value.items() if not _is_secret(key)}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(inner) for inner in value]
    if isinstance(value, bytes):
        return BLOT
    return value


def _blot(text: str) -> str:
    text = _CITIZEN_ID.sub(BLOT, text)
    text = _BEARER.sub(BLOT, text)
    return _URL_CREDENTIALS.sub("", text)
