"""Where everything is measured: a database, a register in it, and the platform both beside us and behind HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.commands import Command, Recorder
from bench.loopback import serving, write_config
from bench.platform import settings_of
from bench.register import Register
from schema.build import build
from schema.execution import Executor, Request
from seed.city import UNITS
from server import clock
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.app import prepare
from server.catalogue.load import load
from server.identity.development import development_keys
from server.identity.mint import mint
from server.identity.verify import Verifier
from server.model.viewer import VISITOR, Role, Viewer
from server.settings import Settings
from server.store.mongo import Mongo

AGENCY_UNIT = UNITS["market"]


@dataclass(slots=True)
class Stage:
    """The parts a measurement needs."""

    folder: Path
    settings: Settings
    mongo: Mongo
    platform: Platform
    executor: Executor
    recorder: Recorder
    register: Register
    port: int

    def token(self, number: int = 0) -> str:
        """A token of the agency; another one for every number."""
        return mint(
            development_keys(self.settings),
            Role.AGENCY,
            audience=self.settings.audience,
            now=clock.now(),
            unit=AGENCY_UNIT.code,
            client=f"bench-{number}",
            machine=True,
        )

    async def watch(
        self, query: str, variables: dict[str, Any], token: str | None = None
    ) -> tuple[dict[str, Any], list[Command]]:
        """The data of an operation run here, and the commands it sent."""
        await self.platform.regimes.fresh(clock.now())
        with self.recorder.recording() as commands:
            data = await self.ask(query, variables, token)
        return data, commands

    async def ask(self, query: str, variables: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        """The data of an operation run here, on the platform beside us."""
        viewer: Viewer = VISITOR
        if token is not None:
            viewer = await Verifier.of(self.settings).viewer(f"Bearer {token}", clock.now())
        await self.platform.regimes.fresh(clock.now())
        operation = Operation(self.platform, viewer, clock.now(), "bench")
        answer = await self.executor.run(Request(query, variables, None), operation)
        if "errors" in answer.body:
            raise RuntimeError(f"a query of the bench failed: {answer.body['errors'][0]['message']}")
        data: dict[str, Any] = answer.body["data"]
        return data

    async def some_codes(self, count: int) -> list[str]:
        """Codes of entities spread over the register."""
        step = max(1, self.register.size // count)
        wanted = [1 + place * step for place in range(min(count, self.register.size))]
        found = await self.mongo.db["subjects"].find({"seq": {"$in": wanted}}, {"code": 1}).to_list(None)
        return [one["code"] for one in found]


@asynccontextmanager
async def stage(url: str, database: str, folder: Path) -> AsyncIterator[Stage]:
    """Prepare an empty database and open everything on it."""
    config: dict[str, Any] = {"url": url, "database": database, "data_dir": str(folder / "data")}
    settings = settings_of(config)
    settings.ready_data_dir()
    # The bare handler's log and the raw imports get the same collections and indexes.
    for name in (f"{database}_bare", f"{database}_raw", database):
        await prepare(settings.but(mongo_database=name), url)
    recorder = Recorder()
    mongo = await Mongo.connect(url, database, listeners=[recorder], query_timeout_ms=60_000)
    platform = await Platform.open(settings, mongo)
    try:
        register = Register(platform)
        await register.start()
        with serving("platform", write_config(folder / "platform.json", **config)) as port:
            yield Stage(
                folder=folder,
                settings=settings,
                mongo=mongo,
                platform=platform,
                executor=Executor(build(load())),
                recorder=recorder,
                register=register,
                port=port,
            )
    finally:
        await platform.close()
        await mongo.close()
