"""create_app(): routes, lifespan and error handlers; and `prepare`, what must be true before serving."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.errors import ConfigError, CreditError
from server.settings import Settings
from server.store.migrate import migrate
from server.store.mongo import Mongo


async def prepare(settings: Settings, url: str) -> None:
    """Bring the database up to date before the server accepts requests. Safe to run again and again.

    Raises ConfigError or Unavailable with one sentence.
    """
    mongo = await Mongo.connect(url, settings.mongo_database, query_timeout_ms=settings.query_timeout_ms)
    try:
        await migrate(mongo)
    finally:
        await mongo.close()


def create_app(settings: Settings) -> Starlette:
    """The ASGI application for these settings; `settings.mongo_url` names a database that is prepared."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if settings.mongo_url is None:
            raise ConfigError("CREDIT_MONGO_URL is not set; `qufu-credit serve` starts a database by itself.")
        mongo = await Mongo.connect(
            settings.mongo_url, settings.mongo_database, query_timeout_ms=settings.query_timeout_ms
        )
        app.state.mongo = mongo
        try:
            yield
        finally:
            await mongo.close()

    return Starlette(
        routes=[Route("/healthz", healthz), Route("/readyz", readyz)],
        lifespan=lifespan,
    )


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
