"""An application on a fresh database with its units, and nothing filed yet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.access.conftest import settings_on
from tests.platforms import UNITS, World, running

FILED = ("records", "record_versions", "subjects", "filings", "consents", "audit_entries")


@pytest_asyncio.fixture(scope="session")
async def register(mongo_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One application for all; making it costs more than most tests."""
    async with running(settings_on(mongo_url, tmp_path_factory.mktemp("register"))) as made:
        await made.platform.units.put([dict(one) for one in UNITS])
        yield made


@pytest_asyncio.fixture
async def world(register: World) -> World:
    """The register with nothing filed in it."""
    for name in FILED:
        await register.platform.mongo.db[name].delete_many({})
    return register
