"""Operations are weighed once for each size they are asked for, and never by the size of another request."""

from __future__ import annotations

from typing import Any

import pytest

from schema.build import build
from schema.execution import Executor, Request
from server import clock
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.catalogue.load import load
from server.model.viewer import VISITOR
from server.settings import Settings
from server.store.mongo import Mongo

_SEARCH = 'entities(search: "曲阜", first: $n) { edges { node { id name records(first: 5) { edges { node { id kind } } } } } }'
HEAVY = "query($n: Int = 100) {" + " ".join(f"a{place}: {_SEARCH}" for place in range(4)) + "}"
"""Four searches whose every hit has its records: light for few hits, too much for a hundred."""


@pytest.fixture(scope="module")
def executor() -> Executor:
    return Executor(build(load()))


async def _code(
    executor: Executor, mongo: Mongo, settings: Settings, variables: dict[str, Any]
) -> str | None:
    platform = await Platform.open(settings, mongo)
    try:
        operation = Operation(platform, VISITOR, clock.now(), "test")
        answer = await executor.run(Request(HEAVY, variables, None), operation)
    finally:
        await platform.close()
    errors = answer.body.get("errors")
    return None if errors is None else errors[0]["extensions"]["code"]


async def test_a_light_request_does_not_open_the_door_for_a_heavy_one(
    executor: Executor, mongo: Mongo, settings: Settings
) -> None:
    for _ in range(2):
        assert await _code(executor, mongo, settings, {"n": 2}) is None
        assert await _code(executor, mongo, settings, {"n": 20}) is None
        assert await _code(executor, mongo, settings, {"n": 100}) == "OPERATION_TOO_LARGE"
        assert await _code(executor, mongo, settings, {}) == "OPERATION_TOO_LARGE"
