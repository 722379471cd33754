"""A small city through the actions: every kind, every state, once and for ever the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from seed.city import UNITS, Unit
from seed.load import SampleRefused, load_city, persons_for
from seed.party import person_party
from seed.records import filing
from server.actions.filing import Filing
from server.catalogue.load import load
from server.catalogue.values import clean_uscc
from server.rules.access import OPEN
from server.store.cipher import Ciphertext
from tests.seed.conftest import ENTITIES, REFERENCE, City, Fresh

Record = dict[str, Any]
DAY = REFERENCE.isoformat()
PERSON = "natural_person"


def body(record: Record) -> Record:
    made: Record = record["body"][record["kind"]]
    return made


def is_penalty(record: Record) -> bool:
    return bool(record["kind"] == "administrative_penalty")


STATES: dict[str, Callable[[Record], bool]] = {
    "public": lambda one: is_penalty(one) and one["pub_from"] is not None and one["pub_to"] >= DAY,
    "publicity ended": lambda one: (
        is_penalty(one) and one["pub_from"] is not None and one["pub_to"] < DAY <= one["disc_to"]
    ),
    "never public (warning only)": lambda one: (
        is_penalty(one)
        and one["pub_from"] is None
        and body(one)["penaltyTypes"] == ["warning"]
        and one["subject_kind"] == "legal_person"
    ),
    "disclosure ended, still held": lambda one: one["disc_to"] < DAY <= one["keep_to"],
    "retention of a person's record runs": lambda one: (
        one["subject_kind"] == PERSON and DAY <= one["keep_to"] < OPEN
    ),
    "severe, listed": lambda one: one["kind"] == "severe_list_entry" and "removedOn" not in body(one),
    "severe, removed": lambda one: (
        one["kind"] == "severe_list_entry" and "removedOn" in body(one) and one["keep_to"] >= DAY
    ),
    "person, conduct not ended": lambda one: (
        is_penalty(one) and one["subject_kind"] == PERSON and "conductEndedOn" not in body(one)
    ),
    "corrected": lambda one: one["version"] > 1 and bool(one["change_reason"]),
    "secret": lambda one: "commercial_secret" in one["secrecy"] and one["pub_from"] is None,
    "masked": lambda one: "*" in str(one["masked"][one["kind"]].get("legalRepresentativeIdNumber", "")),
    "individual business, never public": lambda one: (
        is_penalty(one) and one["subject_kind"] == "individual_business" and one["pub_from"] is None
    ),
    "licence run out": lambda one: one["kind"] == "administrative_licence" and body(one)["validTo"] < DAY,
    "licence without end": lambda one: (
        one["kind"] == "administrative_licence" and body(one)["validTo"] == "2099-12-31"
    ),
}
CONDITIONAL = ("commitment", "supervision", "evaluation", "market_record")
"""Kinds that are published only when the record says so."""


async def test_every_kind_of_the_catalogue_occurs(city: City) -> None:
    assert {one["kind"] for one in await city.documents("records")} == set(load().kinds)


@pytest.mark.parametrize("state", STATES)
async def test_every_state_occurs(city: City, state: str) -> None:
    assert any(STATES[state](one) for one in await city.documents("records"))


@pytest.mark.parametrize("kind", CONDITIONAL)
async def test_conditional_publicity_occurs_both_ways(city: City, kind: str) -> None:
    records = [one for one in await city.documents("records") if one["kind"] == kind]
    about_entities = [one for one in records if one["subject_kind"] != PERSON]
    assert {one["pub_from"] is None for one in about_entities} == {True, False}


async def test_no_record_of_a_person_is_public(city: City) -> None:
    persons = [one for one in await city.documents("records") if one["subject_kind"] == PERSON]
    assert persons
    assert all(one["pub_from"] is None for one in persons)


async def test_filings_wait_for_a_checker_and_some_were_sent_back(city: City) -> None:
    filings = await city.documents("filings")
    assert {one["state"] for one in filings} == {"pending", "returned"}
    assert all(one["reason"] for one in filings if one["state"] == "returned")
    assert all(one["checker"] != one["maker"] for one in filings)
    assert city.summary.waiting == sum(one["state"] == "pending" for one in filings)
    assert city.summary.returned == sum(one["state"] == "returned" for one in filings)


async def test_superseded_versions_are_kept(city: City) -> None:
    versions = await city.documents("record_versions")
    assert len(versions) == city.summary.corrected > 0
    current = {one["_id"]: one for one in await city.documents("records")}
    for one in versions:
        assert current[one["record"]]["version"] == one["version"] + 1
        assert current[one["record"]]["content_hash"] != one["document"]["content_hash"]


async def test_subjects_are_of_every_kind_with_valid_codes_and_mostly_a_basic_record(city: City) -> None:
    subjects = await city.documents("subjects")
    assert {one["kind"] for one in subjects} == {
        *("legal_person", "unincorporated", "individual_business", "government_unit", PERSON)
    }
    assert len(subjects) == ENTITIES + persons_for(ENTITIES)
    entities = [one for one in subjects if one["kind"] != PERSON]
    assert all(clean_uscc(one["code"]) == one["code"] for one in entities)
    assert sum("basic" in one for one in subjects) >= 0.95 * len(subjects)


async def test_no_plain_id_number_is_stored(city: City) -> None:
    numbers = [person_party(index).head.number for index in range(persons_for(ENTITIES))]
    for name in ("subjects", "records", "record_versions", "filings", "audit_entries"):
        text = str(await city.documents(name))
        assert not any(number in text for number in numbers)


async def test_units_are_held_with_what_they_file(city: City) -> None:
    assert {one["name"]: set(one["items"]) for one in await city.documents("units")} == {
        one.name: set(one.items) for one in UNITS.values()
    }


async def test_loading_again_changes_nothing(city: City) -> None:
    names = ("subjects", "records", "record_versions", "filings", "audit_entries")
    before = {name: await city.documents(name) for name in names}
    again = await load_city(city.platform, entities=ENTITIES, reference=REFERENCE)
    assert {name: await city.documents(name) for name in names} == before
    assert (again.filed, again.corrected, again.returned) == (0, 0, 0)


def told(record: Record) -> tuple[object, ...]:
    """What a record says, without what differs between databases."""
    values = {name: value for name, value in body(record).items() if not encrypted(value)}
    names = ("unit", "kind", "source_no", "version", "pub_from", "pub_to", "disc_to", "keep_to", "maker")
    return (*(record[name] for name in names), str(sorted(values.items())))


def encrypted(value: object) -> bool:
    return isinstance(value, Ciphertext) or (isinstance(value, list) and any(map(encrypted, value)))


async def test_a_smaller_city_is_the_beginning_of_a_larger_one(city: City, fresh: Fresh) -> None:
    async with fresh() as platform:
        await load_city(platform, entities=5, reference=REFERENCE)
        small = {told(one) for one in await City(platform, city.summary).documents("records")}
    assert small
    assert small <= {told(one) for one in await city.documents("records")}


async def test_progress_goes_forward_to_the_end(city: City) -> None:
    assert list(city.steps) == sorted(city.steps)
    assert city.steps[-1] == (ENTITIES + persons_for(ENTITIES), ENTITIES + persons_for(ENTITIES))


async def test_a_refused_record_ends_the_load_with_one_sentence(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any) -> tuple[Unit, Filing]:
        unit, made = filing(*given)
        return unit, replace(made, values={})

    monkeypatch.setattr("seed.plan.filing", broken)
    before = await city.documents("records")
    with pytest.raises(SampleRefused, match="required"):
        await load_city(city.platform, entities=1, persons=0, reference=REFERENCE)
    assert await city.documents("records") == before


async def test_the_city_can_be_told_as_of_a_leap_day(fresh: Fresh) -> None:
    async with fresh() as platform:
        summary = await load_city(platform, entities=1, persons=0, reference=date(2024, 2, 29))
    assert summary.filed > 0
