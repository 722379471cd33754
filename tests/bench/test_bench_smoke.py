"""The benchmarks run from beginning to end; how fast anything is says nothing here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TINY = ("--least", "30", "--most", "30", "--rounds", "1", "--requests", "1", "--rows", "3", "--records", "60")
TABLES = (
    "Pages over HTTP",
    "Import of 3 penalties",
    "Remembered parts",
    "Growth (documents examined",
    "Clocks computed",
    "Sweep of 60 due records",
    "Activation of ndrc-36 over",
    "Reads before the recomputation",
)
CASES = (
    "entity page, anonymous",
    "entity page, agency, logged",
    "search of 20 hits, anonymous",
    "import of a JSONL file",
    "raw insert_many of its documents",
    "token verification",
    "parse and validate",
    "search, common fragment",
    "search, rare fragment",
    "feed, first page",
    "feed, deep page",
    "severe listing, removed",
    "sweep",
    "recomputation, others reading",
    "bare bulk_write of its records",
    "the same, each in a transaction",
    "a penalty, the same process",
    "search of 20 hits, another process",
)


@pytest.fixture(scope="module")
def printed() -> str:
    outcome = subprocess.run(
        [sys.executable, "-m", "bench", *TINY],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def test_every_table_is_printed(printed: str) -> None:
    assert [title for title in TABLES if title not in printed] == []


def test_every_case_has_a_row(printed: str) -> None:
    rows = [line for line in printed.splitlines() if any(letter.isdigit() for letter in line)]
    assert [case for case in CASES if not any(row.startswith(case) for row in rows)] == []


def test_an_entity_page_takes_two_commands_and_a_search_one(printed: str) -> None:
    commands = {
        line.split("  ")[0]: line.split()[-2] for line in printed.splitlines() if line.startswith(CASES[:3])
    }
    assert commands == {CASES[0]: "2", CASES[1]: "6", CASES[2]: "1"}
