"""A record is inside the database's filter exactly when ``see`` shows it: kinds, states, subjects, days around each clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest
import pytest_asyncio

from server.catalogue.kind import ENTITIES, SubjectKind
from server.model.purpose import Purpose
from server.rules.access import OPEN, Relation, Scope, see
from server.rules.planner import Planner
from server.store.mongo import Mongo
from server.store.record_pages import Where
from server.store.records import Records
from tests.access import oracle
from tests.makers import CATALOGUE, TODAY

PLANNER = Planner(CATALOGUE)
BEFORE, DAY, AFTER = "2026-11-22", TODAY.isoformat(), "2026-11-24"
CODES = ("administrative_penalty", "person_basic", "finding_notice")
RELATIONS = [one for one in Relation if one is not Relation.CONSENTED]


def a_row(
    place: int, code: str, kind: SubjectKind, state: str, dates: tuple[str | None, str, str, str]
) -> dict[str, Any]:
    """A stored record with these clocks: publicity from and to, disclosure to, retention to."""
    identifier = f"rec_{place:020}"
    return {
        "_id": identifier,
        "subject": "sub_1",
        "kind": code,
        "subject_kind": kind.value,
        "unit": "U",
        "source_no": identifier,
        "state": state,
        "pub_from": dates[0],
        "pub_to": dates[1],
        "disc_to": dates[2],
        "keep_to": dates[3],
        "order": f"2026-05-06~{identifier}",
        "body": {code: {one["name"]: "x" for one in oracle.KINDS[code]["fields"]}},
        "masked": {code: {one["name"]: "y" for one in oracle.KINDS[code]["fields"] if "mask" in one}},
    }


CLOCKS: list[tuple[str | None, str, str, str]] = [
    (None, OPEN, OPEN, OPEN),
    *((start, end, OPEN, OPEN) for start, end in product((BEFORE, DAY, AFTER), repeat=2)),
    *((BEFORE, end, end, OPEN) for end in (BEFORE, DAY, AFTER)),
    *((BEFORE, keep, keep, keep) for keep in (BEFORE, DAY, AFTER)),
]


@pytest_asyncio.fixture(scope="module")
async def rows(mongo_server: Mongo) -> AsyncIterator[tuple[Records, list[dict[str, Any]]]]:
    """Every combination, in the real database."""
    made = [
        a_row(number, code, kind, state, dates)
        for number, (code, kind, dates, state) in enumerate(
            (code, kind, dates, state)
            for code in CODES
            for kind in sorted(CATALOGUE.kind(code).subjects)
            for place, dates in enumerate(CLOCKS)
            for state in (("active", "withdrawn") if place < 2 else ("active",))
        )
    ]
    mongo = Mongo(mongo_server.client, "test_rows")
    await mongo.db["records"].delete_many({})
    await mongo.db["records"].insert_many(made)
    yield Records(mongo), made
    await mongo.db["records"].delete_many({})


@pytest.mark.parametrize("relation", RELATIONS)
async def test_the_filter_holds_exactly_what_is_seen(
    rows: tuple[Records, list[dict[str, Any]]], relation: Relation
) -> None:
    """The count, the page and the view agree, and the oracle says the same of each row."""
    records, made = rows
    purpose = Purpose.PUBLIC_SERVICE_APPOINTMENT if relation is Relation.GOVERNMENT else None
    scope, where = Scope(relation, TODAY, purpose=purpose), Where(subject="sub_1")
    for kinds in ([SubjectKind.natural_person], sorted(ENTITIES), sorted(SubjectKind)):
        clauses = PLANNER.reach(scope, kinds)
        page = await records.page(clauses, where, 5_000)
        fetched = {raw["_id"] for raw, _ in page}
        seen = {raw["_id"] for raw in made if any(see(raw, clause, None) for clause in clauses)}
        assert fetched == seen
        assert len(page) == len(fetched) == await records.count(clauses, where, 5_000)
        assert all(see(raw, clause, None) is not None for raw, clause in page)
        audience = oracle.AUDIENCE[relation]
        said = {
            raw["_id"]
            for raw in made
            if raw["subject_kind"] in kinds and _visible(audience, raw, "public_service_appointment")
        }
        assert seen == said
    assert await records.count(clauses, where, 5_000) > 0


def _visible(audience: str, raw: dict[str, Any], purpose: str) -> bool:
    stage = oracle.stage_of(raw, TODAY)
    held = audience == "subject" and stage == "DISCLOSURE_ENDED"
    return any(
        oracle.state_of(
            audience, raw["kind"], name, raw["subject_kind"], "PUBLIC" if held else stage, purpose=purpose
        )
        != "WITHHELD"
        for name in oracle.fields_of(raw["kind"])
    )


@pytest.mark.parametrize("relation", [Relation.NONE, Relation.SELF])
@pytest.mark.parametrize("first", [11, 20])
async def test_pages_of_any_size_hold_each_row_once(
    rows: tuple[Records, list[dict[str, Any]]], first: int, relation: Relation
) -> None:
    """Following the order key from page to page loses and repeats nothing."""
    records, _ = rows
    clauses = PLANNER.reach(Scope(relation, TODAY), sorted(SubjectKind), ("administrative_penalty",))
    whole = [raw["_id"] for raw, _ in await records.page(clauses, Where(subject="sub_1"), 5_000)]
    paged: list[str] = []
    below: str | None = None
    while page := await records.page(clauses, Where(subject="sub_1", below=below), first):
        paged += [raw["_id"] for raw, _ in page]
        below = page[-1][0]["order"]
    assert paged == whole == sorted(set(whole), reverse=True)
