"""create_app(): routes, lifespan and error handlers; and `prepare`, what must be true before serving."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from schema.build import build
from schema.execution import Executor
from schema.streaming import Streams
from schema.transport import Endpoint
from schema.websocket import Socket, SocketLimits
from seed.sample import ensure_sample
from server import clock
from server.actions.audit_keys import audit_key
from server.actions.platform import Platform
from server.actions.scheduler import Scheduler
from server.catalogue.load import load
from server.errors import ConfigError, CreditError
from server.identity.verify import Verifier
from server.model.viewer import Viewer
from server.settings import Settings
from server.store import keyring
from server.store.migrate import migrate
from server.store.models import make_indexes
from server.store.mongo import Mongo


async def prepare(settings: Settings, url: str) -> None:
    """Bring the database up to date before the server accepts requests. Safe to run again and again.

    Raises ConfigError or Unavailable with one sentence.
    """
    may_create = settings.profile == "development"
    keyring.load(settings.keys_dir, may_create=may_create)
    audit_key(settings.keys_dir, may_create=may_create)
    Verifier.of(settings)
    mongo = await Mongo.connect(url, settings.mongo_database, query_timeout_ms=settings.query_timeout_ms)
    try:
        await migrate(mongo)
        await make_indexes(mongo)
        if settings.sample:
            await _fill(settings.but(mongo_url=url), mongo)
    finally:
        await mongo.close()


async def _fill(settings: Settings, mongo: Mongo) -> None:
    """Load the sample city into an empty register, or finish loading it."""
    platform = await Platform.open(settings, mongo)
    try:
        await ensure_sample(platform)
    finally:
        await platform.close()
        await platform.log.checkpoint(clock.now())


def create_app(
    settings: Settings, *, listeners: Sequence[Any] = (), now: Callable[[], datetime] = clock.now
) -> Starlette:
    """The ASGI application for these settings; `settings.mongo_url` names a database that is prepared.

    `listeners` are pymongo event listeners; `now` gives the moment requests are judged at (city time).
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if settings.mongo_url is None:
            raise ConfigError("CREDIT_MONGO_URL is not set; `qufu-credit serve` starts a database by itself.")
        mongo = await Mongo.connect(
            settings.mongo_url,
            settings.mongo_database,
            listeners=listeners,
            query_timeout_ms=settings.query_timeout_ms,
        )
        async with AsyncExitStack() as stack:
            stack.push_async_callback(mongo.close)
            platform = await Platform.open(settings, mongo)
            stack.push_async_callback(platform.close)
            app.state.mongo, app.state.platform = mongo, platform
            checkpoints = asyncio.create_task(platform.log.run_checkpoints(settings.checkpoint_seconds))
            stack.push_async_callback(_ended, checkpoints)
            if settings.sweep_seconds:
                scheduler = Scheduler(platform, settings.sweep_seconds, now)
                stack.push_async_callback(_ended, asyncio.create_task(scheduler.run()))
            yield

    verifier = Verifier.of(settings)

    async def identify(request: Request, at: datetime) -> Viewer:
        return await verifier.viewer_from(request.scope["headers"], at)

    executor = Executor(build(load()))
    endpoint = Endpoint(executor, identify, now, settings.max_body_bytes)
    socket = Socket(Streams(executor, now), verifier.viewer, now, SocketLimits(), frozenset())
    app = Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/graphql", endpoint.__call__, methods=["POST"]),
            WebSocketRoute("/graphql", socket.__call__),
        ],
        lifespan=lifespan,
    )
    app.state.executor = executor
    return app


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel what runs by itself and wait for its last word."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def healthz(_request: Request) -> Response:
    """The process lives."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """The process can answer: its database does."""
    try:
        await request.app.state.mongo.ping()
    except CreditError as refusal:
        return JSONResponse({"status": "unavailable", "code": refusal.code}, refusal.status)
    return JSONResponse({"status": "ok"})
