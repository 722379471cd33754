"""`qufu-credit import` as a person runs it: what it prints, leaves behind and ends with."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server.cli import app
from server.errors import BadInput
from server.settings import Settings
from server.store.mongo import Mongo
from tests.actions.import_tools import PENALTY, SAMPLE, UNIT, open_platform
from tests.infra.processes import run

GIVEN = ("--unit", UNIT, "--kind", PENALTY, "--maker", "颜回路", "--checker", "端木赐安")


async def test_the_sample_file_through_the_command_line(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo):
        pass
    file = tmp_path / SAMPLE.name
    shutil.copy(SAMPLE, file)
    where = {
        "mongo_url": settings.mongo_url,
        "mongo_database": settings.mongo_database,
        "data_dir": settings.data_dir,
    }
    whole = await asyncio.to_thread(run, "import", str(file), *GIVEN, "--all-or-nothing", **where)
    assert (whole.returncode, whole.stdout.splitlines()[0].split(";")[:2]) == (
        4,
        ["13 rows: 5 acceptable, 8 refused", " nothing was written (all or nothing)"],
    )
    assert await mongo.db["records"].count_documents({}) == 0
    some = await asyncio.to_thread(run, "import", str(file), *GIVEN, **where)
    assert some.returncode == 3
    assert some.stdout.startswith("13 rows: 5 accepted (0 new versions), 0 unchanged, 8 refused;")
    assert "refused 8" in some.stderr
    assert await mongo.db["records"].count_documents({}) == 5
    report = tmp_path / f"{SAMPLE.name}.report.csv"
    assert some.stdout.splitlines()[1] == f"Report: {report}"
    assert len(report.read_text("utf-8-sig").splitlines()) == 9
    assert "Traceback" not in whole.stderr + some.stderr


def test_a_missing_file_is_named_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDIT_DATA_DIR", str(tmp_path / "data"))
    ended = CliRunner().invoke(app, ["import", str(tmp_path / "absent.csv"), *GIVEN])
    assert isinstance(ended.exception, BadInput)
    assert ended.exception.sentence == "There is no such file."
    assert not (tmp_path / "data").exists()


def test_the_template_of_a_kind_is_printed() -> None:
    printed = CliRunner().invoke(app, ["catalogue", "template", PENALTY, "--headings", "codes"])
    assert printed.exit_code == 0
    headings = printed.stdout.removeprefix("\ufeff").strip().split(",")
    assert {"CF_WSH", "CF_CFJGDM", "BZ", "所属领域", "来源记录编号"} <= set(headings)
    unknown = CliRunner().invoke(app, ["catalogue", "template", "no_such_kind"])
    assert isinstance(unknown.exception, BadInput)
