"""`rules`, `calendar` and `sweep` as an operator runs them: what they print, what they refuse, what they leave behind."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from server import clock
from server.actions.file_records import file_records
from server.actions.filing import Attestation
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.cli import app
from server.cli.database import on_platform
from server.errors import BadInput, ConfigError
from server.settings import Settings
from server.store.mongo import Mongo
from tests.makers import COMPANY, a_record
from tests.platforms import UNITS
from tests.viewers import MACHINE

RUN = CliRunner()
NOTICE = """
year: 2027
notice: 国务院办公厅关于2027年部分节假日安排的通知（试）
holidays:
  - {name: 元旦, from: 2027-01-01, to: 2027-01-03}
workdays:
  - {name: 春节, on: 2027-02-14}
"""
SHORTER = """
id: qufu-2026-test
name: {zh: 缩短公示期, en: Shorter publicity}
issuer: 曲阜市人民政府
document: 曲政发〔2026〕1号
rank: city
effective_from: 2026-01-01
effective_to: null
note: {zh: 测试, en: For a test}
parameters:
  penalty_publicity_max_months: {value: 12, article: Art. 34}
"""


@pytest.fixture
def surroundings(mongo: Mongo, mongo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The environment of a development server on the test's database."""
    settings = Settings.of(mongo_url=mongo_url, mongo_database=mongo.db.name, data_dir=tmp_path, sample=False)
    for name in ("mongo_url", "mongo_database", "data_dir"):
        monkeypatch.setenv(f"CREDIT_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("CREDIT_SAMPLE", "false")
    monkeypatch.setattr("server.actions.recompute.recompute.__kwdefaults__", _no_grace())
    return settings


def _no_grace() -> dict[str, object]:
    from server.actions.recompute import recompute

    return {**(recompute.__kwdefaults__ or {}), "grace_seconds": 0}


def said(*arguments: str) -> str:
    """What a command prints; it must succeed."""
    outcome = RUN.invoke(app, list(arguments))
    assert outcome.exit_code == 0, outcome.output
    return outcome.output


def file_penalty(settings: Settings, day: date) -> None:
    """A penalty of that day in the register."""

    async def work(platform: Platform) -> None:
        await platform.units.put([dict(one) for one in UNITS])
        operation = Operation(platform, MACHINE.viewer(), clock.now(), "trace")
        report = await file_records(
            operation,
            [a_record("administrative_penalty", COMPANY, day=day)],
            attestation=Attestation("宰予", "闵损"),
        )
        assert not report.refused

    assert settings.mongo_url is not None
    asyncio.run(on_platform(settings, settings.mongo_url, work))


def test_a_rule_set_is_loaded_activated_followed_and_retired(surroundings: Settings, tmp_path: Path) -> None:
    """Art. 86: versions are kept, an operator activates, and the status says how far the stored dates are."""
    file_penalty(surroundings, clock.today())
    listed = said("rules", "list")
    assert "ndrc-36" in listed.replace("…", "")[:10_000]
    assert "Every stored date is computed by it." in said("rules", "status")
    path = tmp_path / "shorter.yaml"
    path.write_text(SHORTER, "utf-8")
    assert said("rules", "load", str(path), "--by", "仲由") == "qufu-2026-test version 1 is kept.\n"
    assert said("rules", "load", str(path), "--by", "仲由") == "qufu-2026-test version 1 is there already.\n"
    path.write_text(SHORTER.replace("value: 12", "value: 6"), "utf-8")
    assert "version 2 is kept" in said("rules", "load", str(path), "--by", "仲由")
    active = said("rules", "activate", "qufu-2026-test", "--version", "1", "--by", "仲由")
    assert active == "Regime 2 is in force: shandong-2020/1, qufu-2026-test/1, qufu-2023-8/1.\n"
    assert "has not begun; reads are right meanwhile" in said("rules", "status")
    assert "Regime 2: 1 records computed again, 1 with other dates." in said("rules", "recompute")
    assert "Every stored date" in said("rules", "status")
    assert said("rules", "retire", "qufu-2026-test", "--by", "仲由").startswith("Regime 3 is in force")
    entries = said("audit", "verify")
    assert "Intact" in entries


def test_the_calendar_is_loaded_from_a_notice_and_shown(surroundings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "2027.yaml"
    path.write_text(NOTICE, "utf-8")
    assert said("calendar", "load", str(path), "--by", "仲由") == (
        "2027 version 1 is kept; the calendar is known through 2027-12-21.\n"
    )
    assert "there already" in said("calendar", "load", str(path), "--by", "仲由")
    shown = said("calendar", "show", "2027")
    assert "2027-01-01\tholiday\t元旦" in shown
    assert "2027-02-14\tmakeup\t春节" in shown
    assert "2026-10-01\tholiday\t国庆节" in said("calendar", "show", "2026")


def test_the_sweep_tells_what_is_due_and_does_it(surroundings: Settings) -> None:
    today = clock.today()
    file_penalty(surroundings, date(today.year - 2, today.month, min(today.day, 28)))
    ahead = f"{today.year + 2}-01-01"
    told = said("sweep", "--dry-run", "--on", ahead)
    assert f"{ahead}: publicity of 1 and disclosure of 0 records would end" in told
    assert "publicity of 0" in said("sweep")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sweep", "--on", "2999-01-01"], "on (日期): only a dry run"),
        (["sweep", "--on", "yesterday"], "on (日期): a day is written"),
        (["rules", "activate", "nothing", "--by", "仲由"], "id (规则集): no such rule set"),
        (["rules", "activate", "ndrc-36", "--version", "9", "--by", "仲由"], "id (规则集): no such rule set"),
        (["rules", "activate", "qufu-2023-8", "--by", "仲由"], "id (规则集): its own term has ended"),
        (["rules", "activate", "ndrc-36", "--by", " "], "by (操作人)"),
        (["rules", "activate", "ndrc-36", "--by", "11010519491231002X"], "by (操作人)"),
        (["rules", "retire", "ndrc-36", "--by", "仲由"], "id (规则集): no version of it is active"),
        (["rules", "load", "no-such-file", "--by", "仲由"], "The file cannot be read."),
        (["calendar", "load", "no-such-file", "--by", "仲由"], "The file cannot be read"),
        (["calendar", "show", "2199"], "year (年份)"),
    ],
)
def test_a_wrong_command_is_one_sentence(surroundings: Settings, arguments: list[str], sentence: str) -> None:
    outcome = RUN.invoke(app, arguments)
    assert isinstance(outcome.exception, BadInput | ConfigError), outcome.output
    assert sentence in outcome.exception.sentence


@pytest.mark.parametrize("text", ["", "id: x", "[" * 70_000, SHORTER.replace("value: 12", "value: many")])
def test_a_broken_rule_set_is_refused_without_its_content(
    surroundings: Settings, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, "utf-8")
    outcome = RUN.invoke(app, ["rules", "load", str(path), "--by", "仲由"])
    assert isinstance(outcome.exception, ConfigError), outcome.output
    assert "many" not in outcome.exception.sentence
