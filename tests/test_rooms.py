"""The house itself: who may import whom, how long a file may be, what no file may say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("server", "schema", "seed", "migrations", "tests", "bench")
TOP_FILES = (
    "Dockerfile",
    "Makefile",
    "README.md",
    "compose.yaml",
    "pyproject.toml",
    "requirements.in",
    "requirements-dev.in",
    ".ci/run",
)
LOCKS = ("requirements.txt", "requirements-dev.txt")
LONGEST = 400


def python_files() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def text_files() -> Iterator[Path]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*"):
            if path.suffix in {".py", ".yaml", ".graphql", ".json", ".md", ".txt", ".csv", ".jsonl"}:
                yield path
    yield from (ROOT / name for name in TOP_FILES if (ROOT / name).exists())


def test_every_import_goes_down_the_house() -> None:
    outcome = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_module_of_the_server_has_a_floor() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = set(re.findall(r"server\.(\w+)", " ".join(layers)))
    present = {
        path.stem
        for path in (ROOT / "server").iterdir()
        if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
    }
    assert present <= placed, f"without a floor in pyproject.toml: {present - placed}"


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in python_files()
        if (count := len(path.read_text("utf-8").splitlines())) >= LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("name", LOCKS)
def test_locks_pin_everything_and_name_no_place(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    pins = re.findall(r"^[A-Za-z0-9].*$", text, re.MULTILINE)
    assert len(pins) > 40
    assert all(
        re.match(r"^[A-Za-z0-9._-]+==[^ ]+ ( *;.*)?\\$|^[A-Za-z0-9._-]+==[^ ]+ ;.*\\$", pin) for pin in pins
    )
    assert text.count("--hash=sha256:") >= len(pins)
    for word in ("://", "--index-url", "--extra-index-url", "--find-links", "--trusted-host", " @ "):
        assert word not in text


def test_what_checks_includes_what_runs_at_the_same_versions() -> None:
    running, checking = (
        dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))
        for name in LOCKS
    )
    assert running.items() <= checking.items()


# Written in pieces, so that this file does not contain what it looks for.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
PLACES = re.compile(r"(?<![\w./])/(roo" + r"t|wor" + r"k|home/(?!credit)\w+|Users)/")
INDEXES = re.compile(r"py" + r"pi\.|files\.python" + r"hosted|/simple/?[\"'\s]*$", re.IGNORECASE)


@pytest.mark.parametrize("pattern", [UNFINISHED, PLACES, INDEXES], ids=["unfinished", "places", "indexes"])
def test_no_file_speaks_of_unfinished_work_or_of_one_machine(pattern: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in text_files()
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (UNFINISHED, "# TO" + "DO: later"),
        (PLACES, "open('/roo" + "t/notes')"),
        (INDEXES, "--index https://py" + "pi.example/"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], line: str) -> None:
    assert pattern.search(line)


def test_a_view_is_made_by_the_rule_of_access_alone() -> None:
    """What leaves takes a RecordView, so whoever could make one could go round the decision (Art. 30)."""
    makers = {
        str(path.relative_to(ROOT))
        for path in python_files()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "RecordView"
    }
    assert makers == {"server/rules/access.py"}
