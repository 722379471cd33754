"""One server process: `python -m bench.servers platform|bare CONFIG`. Ends when its standard input closes."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import bson
import uvicorn

from bench.bare import App, Receive, Scope, Send, bare
from server import logs
from server.app import create_app
from server.settings import Settings


def with_cpu(app: App) -> App:
    """``app`` that also tells, under ``/cpu``, how much CPU time its process has used."""

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/cpu":
            await app(scope, receive, send)
            return
        body = repr(time.process_time()).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return counted


def settings_of(config: dict[str, Any]) -> Settings:
    """The settings of a measured platform."""
    return Settings.of(
        mongo_url=config["url"],
        mongo_database=config["database"],
        data_dir=Path(config["data_dir"]),
        sample=False,
        query_timeout_ms=60_000,
    )


def main(which: str, path: str) -> None:
    """Serve until standard input closes; the first line out is the port."""
    logs.configure(level="warning")
    config = json.loads(Path(path).read_text("utf-8"))
    if which == "platform":
        app: Any = create_app(settings_of(config))
    else:
        deeds = bson.decode(Path(config["deeds"]).read_bytes())
        app = bare(config["url"], config["database"], deeds)
    lifespan: Any = "on" if which == "platform" else "off"
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


if __name__ == "__main__":
    main(*sys.argv[1:3])
