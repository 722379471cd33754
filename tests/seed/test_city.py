"""The units, people and companies of the sample city: valid, distinct and the same at every index."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seed.city import FILED_BY, ORGANS, UNITS
from seed.names import brand, person
from seed.party import SHOWCASE, entity_party, person_party
from seed.records import MAKERS
from server.catalogue.identifiers import birth_date
from server.catalogue.kind import Family, SubjectKind
from server.catalogue.load import load
from server.catalogue.values import clean_citizen_id, clean_uscc
from server.model.subject import age_on
from tests.seed.conftest import REFERENCE

CATALOGUE = load()


def test_unit_codes_are_valid_distinct_and_of_the_right_prefix() -> None:
    codes = [one.code for one in UNITS.values()]
    assert len(set(codes)) == len(codes) >= 40
    assert all(clean_uscc(code) == code for code in codes)
    assert all(one.code.startswith("11370881") for one in ORGANS)


def test_every_kind_has_a_unit_that_files_it_and_a_maker() -> None:
    assert set(FILED_BY) == set(MAKERS) == set(CATALOGUE.kinds)


def test_a_market_collector_files_market_information_only() -> None:
    for unit in UNITS.values():
        for kind in unit.items:
            assert unit.family == Family.public or CATALOGUE.kind(kind).family is Family.market


def test_maker_and_checker_of_every_unit_are_two_people() -> None:
    assert all(one.maker != one.checker for one in UNITS.values())


def test_only_the_police_may_withhold_their_queries() -> None:
    assert [one.name for one in UNITS.values() if one.may_withhold_log] == ["曲阜市公安局"]


@given(st.integers(0, 17_000_000))
def test_every_person_is_an_adult_with_a_valid_number(index: int) -> None:
    made = person(index)
    assert clean_citizen_id(made.number, today=REFERENCE) == made.number
    assert birth_date(made.number) == made.birth
    assert age_on(made.birth, REFERENCE) >= 18
    assert person(index) == made


@given(st.integers(0, 1_000_000))
def test_every_entity_has_a_valid_code_that_fits_its_kind(index: int) -> None:
    made = entity_party(index)
    assert made.code is not None
    assert clean_uscc(made.code) == made.code
    assert made.code.startswith("92") == (made.kind is SubjectKind.individual_business)
    assert entity_party(index) == made


def test_no_two_subjects_share_a_key_or_two_entities_a_name() -> None:
    entities = [entity_party(index) for index in range(5_000)]
    assert len({one.code for one in entities}) == len(entities)
    assert len({one.name for one in entities}) == len(entities)
    assert len({person(index).number for index in range(5_000)}) == 5_000


def test_brands_differ_beyond_the_pairs_too() -> None:
    assert len({brand(index) for index in range(3_000)}) == 3_000


def test_the_showcase_is_a_company_and_a_person() -> None:
    assert entity_party(SHOWCASE).kind is SubjectKind.legal_person
    assert person_party(SHOWCASE).kind is SubjectKind.natural_person
