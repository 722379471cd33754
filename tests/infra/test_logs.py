"""Logs: neither a secret key nor anything like a citizen ID number gets out, whichever library says it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from server import logs

ID = "370881198001011234"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(level="info", console=False, stream=stream)
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_its_trace(written: io.StringIO) -> None:
    with logs.traced("abc123", operation="entity"):
        logs.logger("store").info("records_filed", count=3)
    logs.logger("store").info("later")
    first, second = lines(written)
    assert first["event"] == "records_filed"
    assert (first["trace_id"], first["operation"], first["count"]) == ("abc123", "entity", 3)
    assert first["level"] == "info"
    assert "trace_id" not in second


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "access_token",
        "Authorization",
        "idNumber",
        "id_number",
        "citizenId",
        "phone",
        "body",
        "mongo_url",
    ],
)
def test_secret_keys_are_dropped_at_any_depth(written: io.StringIO, key: str) -> None:
    logs.logger("x").info("e", **{key: "hidden"}, inner={"list": [{key: "hidden", "kept": 1}]})
    assert "hidden" not in written.getvalue()
    assert lines(written)[0]["inner"] == {"list": [{"kept": 1}]}


@pytest.mark.parametrize(
    "value",
    [ID, f"身份证{ID}，不合格", int(ID), [ID], {ID: 1}, {"a": (ID, {ID})}, ID.encode(), ID[:-1] + "X"],
)
def test_what_looks_like_a_citizen_id_is_blotted_out(written: io.StringIO, value: object) -> None:
    logs.logger("x").warning("refused", detail=value)
    assert ID[:-1] not in written.getvalue()


@given(
    before=st.text(alphabet="曲阜aZ_ ,:;\"'=()", max_size=6),
    after=st.text(alphabet="号bY_ ,:;\"'=()", max_size=6),
)
def test_no_neighbouring_text_shelters_a_citizen_id(before: str, after: str) -> None:
    event = dict(logs.withhold(None, "info", {"event": f"{before}{ID}{after}"}))
    assert event == {"event": f"{before}{logs.BLOT}{after}"}


def test_a_credit_code_and_a_long_number_are_left_alone(written: io.StringIO) -> None:
    logs.logger("x").info("filed", code="91370881MA3C5XYZ1K", count=123456789012345678901)
    assert lines(written)[0]["code"] == "91370881MA3C5XYZ1K"
    assert lines(written)[0]["count"] == 123456789012345678901


def test_libraries_and_tracebacks_pass_the_same_net(written: io.StringIO) -> None:
    try:
        raise ValueError(f"no such person {ID}")
    except ValueError:
        logging.getLogger("somebody.else").exception("cannot find %s at mongodb://root:hunter2@db/", ID)
    text = written.getvalue()
    assert "ValueError" in text
    assert ID not in text
    assert "hunter2" not in text


def test_quiet_libraries_stay_quiet(written: io.StringIO) -> None:
    logging.getLogger("pymongo.command").info("find")
    logging.getLogger("httpx").info("GET")
    assert written.getvalue() == ""
