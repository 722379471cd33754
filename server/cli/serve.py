"""`qufu-credit serve`: database, migrations, sample city, HTTP server; and nothing left at the end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, NoReturn

import typer
import uvicorn

from schema.websocket import SocketLimits
from server import logs
from server.app import create_app, prepare
from server.errors import ConfigError, Unavailable
from server.settings import Settings
from server.store.embedded import embedded

BACKLOG = 1_024
GRACE_SECONDS = 10
UNREAD_MS = 30_000
"""How long sent data may stay unacknowledged before a connection is given up."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; instead of CREDIT_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; instead of CREDIT_PORT.")] = None,
) -> None:
    """Serve the API until Ctrl-C or SIGTERM; starts the embedded database when CREDIT_MONGO_URL is unset."""
    signal.signal(signal.SIGINT, _leave)
    settings = Settings.from_env().but(host=host, port=port)
    logs.configure(level=settings.log_level)
    settings.ready_data_dir()
    with _bound_socket(settings.host, settings.port) as bound, _database(settings) as url:
        _prepare(settings, url)
        _run(settings.but(mongo_url=url), bound)


def _prepare(settings: Settings, url: str) -> None:
    try:
        asyncio.run(prepare(settings, url))
    except Unavailable as refusal:
        if settings.mongo_url is None:
            raise
        raise ConfigError(
            f"CREDIT_MONGO_URL names a database that is not there. {refusal.sentence}"
        ) from None


def _run(settings: Settings, bound: socket.socket) -> None:
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=GRACE_SECONDS,
        # A larger message is refused before it is buffered; nothing is compressed, secrets least of all.
        ws_max_size=SocketLimits().message_bytes,
        ws_per_message_deflate=False,
    )
    server = _Server(config, f"http://{_shown(settings.host)}:{settings.port}")
    try:
        bound.listen(BACKLOG)
    except OSError as fault:
        raise _cannot_listen(settings.host, settings.port, fault) from None
    server.run(sockets=[bound])
    if not server.started:
        raise ConfigError("The server could not start; the log above says why.")


class _Server(uvicorn.Server):
    """uvicorn, saying once where it listens."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            print(f"Serving {self._url}/graphql (Ctrl-C stops)", flush=True)


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    if settings.mongo_url is not None:
        yield settings.mongo_url
        return
    with embedded(settings.data_dir) as url:
        yield url


@contextmanager
def _bound_socket(host: str, port: int) -> Iterator[socket.socket]:
    """The port, taken before the database starts, so that a refusal costs nothing."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise ConfigError("CREDIT_HOST is not an address of this machine.") from None
    with contextlib.closing(socket.socket(family, kind, protocol)) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Who stopped reading would hold its connection for many minutes otherwise.
            bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
        try:
            bound.bind(address)
        except OSError as fault:
            raise _cannot_listen(host, port, fault) from None
        yield bound


def _cannot_listen(host: str, port: int, fault: OSError) -> ConfigError:
    if fault.errno == errno.EADDRINUSE:
        return ConfigError(f"Port {port} is taken by another program; set CREDIT_PORT to a free one.")
    if fault.errno == errno.EACCES:
        return ConfigError(f"Port {port} may not be used by this account; set CREDIT_PORT to another one.")
    if fault.errno == errno.EADDRNOTAVAIL:
        return ConfigError("CREDIT_HOST is not an address of this machine.")
    return ConfigError(f"Cannot listen on {_shown(host)}:{port}: {fault.strerror}.")


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _leave(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
