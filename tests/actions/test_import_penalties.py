"""Importing the sample file of penalties: what is kept, what is refused and why (Art. 14, 15, 21, 23, 63)."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pytest

from server.actions.platform import Platform
from server.errors import BadInput, Refused
from server.settings import Settings
from server.store.mongo import Mongo
from tests.actions.import_tools import (
    GOOD,
    OTHER,
    PENALTY,
    SAMPLE,
    UNIT,
    bring,
    faults_of,
    open_platform,
    rows_of,
    stored,
    write_csv,
)

EXPECTED = [
    (5, "CF_XDR_SHXYM", "统一社会信用代码", "uscc_check"),
    (6, "CF_NR_FK", "罚款金额（万元）", "required"),
    (8, "处罚程序", "处罚程序", "simple_procedure"),
    (9, "BZ", "备注", "forbidden_income"),
    (11, "CF_WSH", "来源记录编号", "duplicate_in_file"),
    (12, "CF_JDRQ", "处罚决定日期", "date"),
    (13, "失信严重程度", "失信严重程度", "severity_by_penalising_unit"),
    (14, "轻微并已主动纠正", "轻微并已主动纠正", "minor_and_remedied"),
]


async def numbers(platform: Platform, mongo: Mongo) -> dict[str, int]:
    return {one["source_no"]: one["version"] async for one in mongo.db["records"].find({})}


async def test_good_rows_are_kept_and_each_refused_row_is_named(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo) as platform:
        result = await bring(platform, SAMPLE, tmp_path)
        assert (result.tally.rows, result.tally.accepted, result.tally.refused) == (13, 5, 8)
        assert faults_of(result) == EXPECTED
        kept = [101, 102, 103, 108, 112]
        assert await numbers(platform, mongo) == {f"{UNIT}/曲市监处罚〔2025〕{no}号": 1 for no in kept}
        one = await mongo.db["records"].find_one({"source_no": f"{UNIT}/曲市监处罚〔2025〕112号"})
        assert one is not None
        body = one["body"][PENALTY]
        assert (body["fineAmount"], body["confiscatedAmount"]) == (1_250_000, 34_000)
        assert (one["maker"], one["checker"], one["unit"]) == ("颜回路", "端木赐安", UNIT)
        assert "Art. 15" in result.report.read_text("utf-8-sig")


async def test_the_report_holds_no_value_of_the_file(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo) as platform:
        report = (await bring(platform, SAMPLE, tmp_path)).report.read_text("utf-8-sig")
        values = {value for row in rows_of(SAMPLE) for value in row.values() if len(value) > 5}
        # The rule for dates names the last day there is.
        assert [value for value in values - {"2099-12-31"} if value in report] == []
        assert not re.search(r"[0-9]{17}[0-9X]", report)


async def test_all_or_nothing_leaves_nothing(settings: Settings, mongo: Mongo, tmp_path: Path) -> None:
    async with open_platform(settings, mongo) as platform:
        refused = await bring(platform, SAMPLE, tmp_path, all_or_nothing=True)
        assert not refused.written
        assert refused.tally.refused == 8
        assert len(faults_of(refused)) == 8
        for name in ("records", "subjects", "record_versions", "filings"):
            assert await mongo.db[name].count_documents({}) == 0
        good = await bring(platform, GOOD, tmp_path, all_or_nothing=True)
        assert good.written
        assert (good.tally.accepted, good.tally.refused) == (5, 0)
        assert await mongo.db["records"].count_documents({}) == 5


async def test_a_dry_run_writes_nothing_and_reports_the_same(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo) as platform:
        dry = await bring(platform, SAMPLE, tmp_path, dry_run=True)
        assert (dry.written, dry.tally.accepted, dry.tally.refused) == (False, 5, 8)
        assert await mongo.db["records"].count_documents({}) == 0
        found = faults_of(dry)
        assert found == faults_of(await bring(platform, SAMPLE, tmp_path))


async def test_the_same_file_again_changes_nothing(settings: Settings, mongo: Mongo, tmp_path: Path) -> None:
    async with open_platform(settings, mongo) as platform:
        await bring(platform, SAMPLE, tmp_path)
        before = await mongo.db["records"].find({}).sort("_id").to_list()
        again = await bring(platform, SAMPLE, tmp_path)
        assert (again.tally.accepted, again.tally.unchanged, again.tally.refused) == (0, 5, 8)
        assert await mongo.db["records"].find({}).sort("_id").to_list() == before


async def test_a_changed_row_needs_a_reason_and_makes_a_second_version(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo) as platform:
        await bring(platform, GOOD, tmp_path)
        rows = rows_of(GOOD)
        rows[0]["CF_NR_FK"] = "0.6"
        changed = write_csv(tmp_path / "changed.csv", rows)
        refused = await bring(platform, changed, tmp_path)
        assert faults_of(refused) == [(2, "", "变动理由", "required")]
        assert refused.tally.unchanged == 4
        explained = write_csv(
            tmp_path / "explained.csv", [{**row, "变动理由": "金额录入有误"} for row in rows]
        )
        done = await bring(platform, explained, tmp_path)
        assert (done.tally.accepted, done.tally.new_versions, done.tally.unchanged) == (1, 1, 4)
        one = await mongo.db["records"].find_one({"version": 2})
        assert one is not None
        assert (one["change_reason"], one["body"][PENALTY]["fineAmount"]) == ("金额录入有误", 600_000)
        old = await mongo.db["record_versions"].find_one({"record": one["_id"]})
        assert old is not None
        assert old["document"]["body"][PENALTY]["fineAmount"] == 500_000
        rows[0]["CF_NR_FK"] = "0.7"
        by_option = await bring(
            platform, write_csv(tmp_path / "option.csv", rows), tmp_path, reason="复核后更正"
        )
        assert by_option.tally.new_versions == 1


async def test_a_unit_cannot_import_what_another_unit_files(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo) as platform:
        for unit in (OTHER, "11370881MB2Q01999X", ""):
            with pytest.raises(Refused) as refusal:
                await bring(platform, GOOD, tmp_path, unit=unit)
            assert refusal.value.extra["article"] == "Art. 23"
        assert await mongo.db["records"].count_documents({}) == 0
        assert not (tmp_path / f"{GOOD.name}.report.csv").exists()
        # A refusal is in the log, too.
        reasons = [one async for one in mongo.db["audit_entries"].find({})]
        assert len(reasons) == 3


async def test_forbidden_data_are_stored_logged_and_reported_nowhere(
    settings: Settings, mongo: Mongo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    allowed, forbidden = "卷宗编号鲁曲甲柒", "其家庭年收入叁拾万圆整"
    rows = rows_of(GOOD)[:2]
    rows[0]["BZ"], rows[1]["BZ"] = allowed, forbidden
    with caplog.at_level(logging.DEBUG):
        async with open_platform(settings, mongo) as platform:
            result = await bring(platform, write_csv(tmp_path / "remarks.csv", rows), tmp_path)
    assert [(row, rule) for row, _, _, rule in faults_of(result)] == [(3, "forbidden_income")]
    raw = await stored(mongo)
    assert allowed.encode() in raw
    assert forbidden.encode() not in raw
    written = result.report.read_text("utf-8-sig") + caplog.text
    assert forbidden not in written
    audit = [path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file()]
    assert not any(forbidden.encode() in content for content in audit)


async def test_identity_numbers_never_reach_the_database_in_plain(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo) as platform:
        await bring(platform, GOOD, tmp_path)
    raw = await stored(mongo)
    rows = rows_of(GOOD)
    given = {row[name] for row in rows for name in ("CF_FR_ZJHM", "CF_XDR_ZJHM") if row[name]}
    assert len(given) == 2
    assert [number for number in given if number.encode() in raw] == []
    assert rows[0]["CF_XDR_SHXYM"].encode() in raw


UNUSABLE: list[tuple[dict[str, Any], str]] = [
    ({"maker": None}, "required"),
    ({"checker": "  "}, "required"),
    ({"maker": "371081197001011234颜"}, "personal_data"),
    ({"maker": "颜" * 51}, "length"),
    ({"kind": "no_such_kind"}, "unknown_kind"),
]


async def test_an_unusable_request_is_refused_before_anything_is_written(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    async with open_platform(settings, mongo) as platform:
        for given, rule in UNUSABLE:
            with pytest.raises(BadInput) as refusal:
                await bring(platform, GOOD, tmp_path, **given)
            assert refusal.value.rule == rule
        assert await mongo.db["records"].count_documents({}) == 0


async def test_maker_and_checker_are_two_people(settings: Settings, mongo: Mongo, tmp_path: Path) -> None:
    async with open_platform(settings, mongo) as platform:
        with pytest.raises(Refused) as refusal:
            await bring(platform, GOOD, tmp_path, maker="颜回路", checker=" 颜回路 ")
        assert refusal.value.extra["article"] == "Art. 23"
        people = [("甲一", "乙二"), ("丙三", "丙三"), ("", "乙二"), ("丁四", "乙二"), ("甲一", "乙二")]
        rows = [
            {**row, "报送人": maker, "审核人": checker}
            for row, (maker, checker) in zip(rows_of(GOOD), people, strict=True)
        ]
        path = write_csv(tmp_path / "people.csv", rows)
        result = await bring(platform, path, tmp_path, maker=None, checker=None)
        found = {(row, rule) for row, _, _, rule in faults_of(result)}
        assert found == {(3, "maker_is_checker"), (4, "required"), (4, "maker_is_checker")}
        kept = [one["maker"] async for one in mongo.db["records"].find({})]
        assert sorted(kept) == ["丁四", "甲一", "甲一"]
