"""What both measured servers have in common: uvicorn as the platform runs it, and a count of their CPU time."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

import uvicorn

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def with_cpu(app: App) -> App:
    """``app`` that also tells, under ``/cpu``, how many seconds of CPU time its process has used."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/cpu":
            await app(scope, receive, send)
            return
        body = repr(time.process_time()).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return counted


def serve(app: App, lifespan: Literal["on", "off"]) -> None:
    """Serve on loopback until standard input closes; the first line out is the port."""
    server = uvicorn.Server(
        uvicorn.Config(
            with_cpu(app),
            loop="uvloop",
            http="httptools",
            lifespan=lifespan,
            access_log=False,
            log_config=None,
            server_header=False,
        )
    )
    bound = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"port": bound.getsockname()[1]}), flush=True)

    def watch() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=watch, daemon=True).start()
    server.run(sockets=[bound])
