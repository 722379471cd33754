"""Headings and subjects: what a column means, whom a row is about, which number a record bears (Art. 21)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import pytest

from server.actions.filing import Filing
from server.actions.import_columns import EXTRAS, Columns, Defaults, Prepared
from server.actions.import_report import HEADINGS, ReportFile
from server.actions.import_rows import Row, column_name
from server.catalogue.fault import Fault
from server.catalogue.kind import Kind, SubjectKind
from server.catalogue.load import load
from server.cli.catalogue import Vocabulary, headings_of
from server.errors import BadInput
from server.settings import Settings
from server.store.mongo import Mongo
from tests.actions.import_tools import PENALTY, bring, faults_of, open_platform, stored, write_csv

CATALOGUE = load()
TODAY = dt.date(2025, 9, 1)
CODE, BUSINESS, PERSON = "91370881MA7T000147", "92370881MA7T00022Y", "370881198803050020"
AUTHORITY = "11370881MB2Q01027Y"
KEY = {"authorityCode": AUTHORITY, "documentNumber": "曲罚  1号"}


def columns(kind: str, *headings: str) -> Columns:
    return Columns(CATALOGUE.kind(kind), Defaults("甲", "乙", None), headings)


def made(kind: str, cells: Mapping[str, object]) -> Filing:
    prepared = columns(kind).filing(Row(2, cells), TODAY)
    assert isinstance(prepared, Prepared), prepared
    return prepared.filing


def faults(kind: str, cells: Mapping[str, object]) -> set[tuple[str, str]]:
    found = columns(kind).filing(Row(2, cells), TODAY)
    assert isinstance(found, tuple)
    return {(one.field, one.rule) for one in found}


@pytest.mark.parametrize("vocabulary", ["labels", "codes", "names"])
@pytest.mark.parametrize("kind", CATALOGUE.kinds.values(), ids=lambda kind: kind.code)
def test_the_template_of_every_kind_is_understood_whole(kind: Kind, vocabulary: Vocabulary) -> None:
    headings = headings_of(kind, vocabulary)
    found = columns(kind.code, *headings)
    names = {one.name for one in kind.fields}
    assert {found.meaning(heading) for heading in headings} >= names
    assert not names & set(EXTRAS)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("CF_WSH", "documentNumber"),
        ("cf_wsh", "documentNumber"),
        (" 行政处罚决定书文号 ", "documentNumber"),
        ("*行政处罚决定书文号", "documentNumber"),
        ("罚款金额(万元)", "fineAmount"),
        ("罚款金额（万元）", "fineAmount"),
        ("documentNumber", "documentNumber"),
        ("来源记录编号", "sourceRecordNo"),
        ("罚款金额", None),
        ("", None),
    ],
)
def test_a_heading_is_a_code_a_label_or_a_name(heading: str, name: str | None) -> None:
    assert columns(PENALTY).meaning(heading) == name


@pytest.mark.parametrize(
    ("headings", "rule", "says"),
    [
        (("CF_WSH", "BZ", "罚款"), "unknown_heading", "C (3) “罚款”"),
        (("CF_WSH", "BZ", "370881198803050020"), "unknown_heading", "C (3)"),
        (("曾若水", "罚款"), "unknown_heading", "A (1), B (2)"),
        (("CF_WSH", "BZ", "行政处罚决定书文号"), "duplicate_heading", "A (1) “CF_WSH” and C (3)"),
        (("BZ", "BZ"), "duplicate_heading", "A (1) “BZ” and B (2) “BZ”"),
    ],
)
def test_unknown_and_repeated_headings_are_named_by_their_column(
    headings: tuple[str, ...], rule: str, says: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        columns(PENALTY, *headings)
    assert refusal.value.rule == rule
    assert says in refusal.value.sentence
    assert "370881" not in refusal.value.sentence
    assert "曾若水" not in refusal.value.sentence


def test_columns_are_named_as_in_a_spreadsheet() -> None:
    assert [column_name(index) for index in (0, 25, 26, 701, 702)] == [
        "A (1)",
        "Z (26)",
        "AA (27)",
        "ZZ (702)",
        "AAA (703)",
    ]


@pytest.mark.parametrize(
    ("kind", "cells", "code", "number", "subject_kind"),
    [
        (PENALTY, {**KEY, "uscc": CODE, "partyCategory": "法人及非法人组织"}, CODE, None, None),
        (
            PENALTY,
            {**KEY, "uscc": BUSINESS, "partyCategory": "个体工商户"},
            BUSINESS,
            None,
            SubjectKind.individual_business,
        ),
        (
            PENALTY,
            {**KEY, "CF_XDR_ZJHM": PERSON, "partyCategory": "自然人"},
            None,
            PERSON,
            SubjectKind.natural_person,
        ),
        ("honour", {"sourceRecordNo": "1", "partyIdNumber": PERSON}, None, PERSON, None),
        ("person_basic", {"sourceRecordNo": "1", "公民身份号码": PERSON}, None, PERSON, None),
        ("student_credit", {"sourceRecordNo": "1", "公民身份号码": PERSON}, None, PERSON, None),
        (
            "finding_notice",
            {"sourceRecordNo": "1", "主体代码": CODE, "主体类别": "非法人组织"},
            CODE,
            None,
            SubjectKind.unincorporated,
        ),
    ],
)
def test_the_subject_comes_from_the_kinds_own_fields_or_the_extra_columns(
    kind: str,
    cells: dict[str, object],
    code: str | None,
    number: str | None,
    subject_kind: SubjectKind | None,
) -> None:
    subject = made(kind, cells).subject
    assert (subject.code, subject.id_number, subject.kind) == (code, number, subject_kind)


def test_a_licence_or_penalty_without_a_number_is_known_by_its_document_and_authority() -> None:
    assert made(PENALTY, {**KEY, "uscc": CODE}).source_no == f"{AUTHORITY}/曲罚 1号"
    assert made(PENALTY, {**KEY, "uscc": CODE, "sourceRecordNo": "7"}).source_no == "7"
    long = "号" * 64
    assert made(PENALTY, {**KEY, "documentNumber": long, "uscc": CODE}).source_no == long
    assert faults(PENALTY, {**KEY, "documentNumber": long + "号", "uscc": CODE}) == {
        ("sourceRecordNo", "required")
    }
    assert faults(PENALTY, {"authorityCode": CODE[:-1], "uscc": CODE}) == {
        ("authorityCode", "uscc"),
        ("documentNumber", "required"),
    }
    assert faults("honour", {"uscc": CODE}) == {("sourceRecordNo", "required")}


def test_the_columns_of_the_frame_reach_the_filing() -> None:
    filing = made(
        "honour",
        {
            "来源记录编号": 17,
            "uscc": CODE,
            "变动理由": "更正",
            "涉密标识": "商业秘密、隐私",
            "视为完全民事行为能力": "是",
        },
    )
    assert (filing.source_no, filing.change_reason) == ("17", "更正")
    assert filing.secrecy == ("commercial_secret", "privacy")
    assert filing.subject.self_supporting
    assert not filing.subject.declared_lacking
    assert made("honour", {"sourceRecordNo": "1", "uscc": CODE, "secrecy": "否"}).secrecy == ()


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"subjectKind": "外星人"}, ("subjectKind", "choice")),
        ({"declaredLacking": "也许"}, ("declaredLacking", "boolean")),
        ({"uscc": CODE, "统一社会信用代码": CODE}, ("uscc", "twice")),
    ],
)
def test_a_frame_that_cannot_be_read_is_a_fault(cells: dict[str, object], fault: tuple[str, str]) -> None:
    assert fault in faults("honour", {"sourceRecordNo": "1", **cells})


async def test_kinds_without_a_party_take_it_from_extra_columns(
    settings: Settings, mongo: Mongo, tmp_path: Path
) -> None:
    row = {
        "来源记录编号": "S1",
        "公民身份号码": PERSON,
        "姓名": "曾若水",
        "event": "考试作弊",
        "recordedOn": "2025-06-01",
        "school": "曲阜市杏林职业中等专业学校",
    }
    child = {**row, "来源记录编号": "S2", "公民身份号码": "370881201001010017"}
    async with open_platform(settings, mongo, "student_credit") as platform:
        path = write_csv(tmp_path / "students.csv", [row, child])
        result = await bring(platform, path, tmp_path, kind="student_credit")
        found = faults_of(result)
        assert [(number, heading) for number, heading, _, _ in found] == [(3, "公民身份号码")]
        assert result.tally.accepted == 1
    raw = await stored(mongo)
    assert PERSON.encode() not in raw
    assert b"S1" in raw


def test_a_report_replaces_only_a_report(tmp_path: Path) -> None:
    source, report = tmp_path / "a.csv", tmp_path / "a.csv.report.csv"
    source.write_text("CF_WSH\n1\n", "utf-8")
    for _ in range(2):
        with ReportFile(report, source) as made_report:
            made_report.add(
                2, "A (1)", "=HYPERLINK()", Fault("uscc", "代码", "uscc", "uscc (代码) is wrong.")
            )
    lines = report.read_text("utf-8-sig").splitlines()
    assert lines == [",".join(HEADINGS), "2,A (1),'=HYPERLINK(),uscc,代码,uscc,uscc (代码) is wrong."]
    other = tmp_path / "other.csv"
    other.write_text("mine", "utf-8")
    link = tmp_path / "link.csv"
    link.symlink_to(source)
    for path in (source, other, link, tmp_path, tmp_path / "absent" / "r.csv"):
        with pytest.raises(BadInput) as refusal:
            ReportFile(path, source)
        assert refusal.value.rule == "report"
    assert (source.read_text(), other.read_text()) == ("CF_WSH\n1\n", "mine")
