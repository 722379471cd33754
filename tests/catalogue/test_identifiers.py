"""Codes of organisations and people: GB 32100, GB 11714, GB 11643."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.identifiers import citizen_id, identity_document, organisation_code, uscc
from server.catalogue.values import Fault, Invalid, clean_citizen_id, clean_uscc
from tests.catalogue.makers import (
    CITIZEN,
    COLLECTIVE,
    COMPANY,
    GOVERNMENT,
    TODAY,
    a_citizen_id,
    citizens,
    usccs,
)

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        (GOVERNMENT, GOVERNMENT),
        (GOVERNMENT.lower(), GOVERNMENT),
        (COLLECTIVE, COLLECTIVE),
        (COMPANY, COMPANY),
        (f" {COMPANY} ", COMPANY),
        ("９１３７０８８１ＭＡ３Ｃ０００１１１", COMPANY),
    ],
)
def test_uscc_accepts_codes_of_real_shape(raw: str, stored: str) -> None:
    assert clean_uscc(raw) == stored


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("91370881MA3C000112", "uscc_check"),
        ("91370881IA3C00011X", "uscc"),
        ("91990881MA3C000111", "uscc"),
        ("9137088MA3C000111", "uscc"),
        ("", "uscc"),
        (None, "uscc"),
        (True, "uscc"),
        (9.1e17, "uscc"),
        (10**30, "uscc"),
        ("91370881MA3C0001-1", "uscc"),
    ],
)
def test_uscc_refuses_what_breaks_the_standard(raw: object, rule: str) -> None:
    fault = clean_uscc(raw)
    assert isinstance(fault, Fault)
    assert fault.rule == rule


def test_uscc_refuses_a_wrong_organisation_digit_under_a_right_check_character() -> None:
    from server.catalogue.identifiers import uscc_check

    body = COMPANY[:16] + "2"
    with pytest.raises(Invalid):
        uscc(body + uscc_check(body))


@given(usccs)
def test_every_generated_uscc_is_accepted(code: str) -> None:
    assert uscc(code) == code


@given(usccs, st.integers(0, 17), st.sampled_from(USCC_ALPHABET))
def test_one_changed_character_of_a_uscc_is_found(code: str, place: int, char: str) -> None:
    changed = code[:place] + char + code[place + 1 :]
    assert isinstance(clean_uscc(changed), Fault) == (changed != code)


@pytest.mark.parametrize("raw", ["00433959-7", "004339597", "MF200005X", "mf200005x"])
def test_organisation_code_is_kept_without_hyphen(raw: str) -> None:
    assert organisation_code(raw) == raw.replace("-", "").upper()


@pytest.mark.parametrize("raw", ["004339598", "00433959", "0043395977", "孔", None, 4.3])
def test_organisation_code_refuses_wrong_digits(raw: object) -> None:
    with pytest.raises(Invalid):
        organisation_code(raw)


@pytest.mark.parametrize("raw", [CITIZEN, "11010519491231002X", "11010519491231002x", 370881197003070010])
def test_citizen_id_accepts_numbers_of_every_birth_year(raw: object) -> None:
    assert clean_citizen_id(raw, today=TODAY) == str(raw).upper()


@pytest.mark.parametrize("year", range(1900, 2027))
def test_qufu_numbers_of_all_birth_years_are_valid(year: int) -> None:
    number = a_citizen_id(born=date(year, 1, 31))
    assert citizen_id(number, today=TODAY) == number


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("370881197003070011", "citizen_id_check"),
        ("370881700307001", "citizen_id"),
        ("990881197003070010", "citizen_id"),
        (a_citizen_id(born=date(2030, 12, 31)), "citizen_id_birth"),
        (a_citizen_id(born=date(1899, 12, 31)), "citizen_id_birth"),
        ("370881197002300010", "citizen_id_birth"),
        (3.7e17, "citizen_id"),
        (["370881197003070010"], "citizen_id"),
    ],
)
def test_citizen_id_refuses_impossible_numbers(raw: object, rule: str) -> None:
    fault = clean_citizen_id(raw, today=TODAY)
    assert isinstance(fault, Fault)
    assert fault.rule == rule


def test_citizen_id_may_be_born_today_and_not_tomorrow() -> None:
    assert not isinstance(clean_citizen_id(a_citizen_id(born=TODAY), today=TODAY), Fault)
    assert isinstance(clean_citizen_id(a_citizen_id(born=TODAY + timedelta(1)), today=TODAY), Fault)


@given(citizens)
def test_every_generated_citizen_id_is_accepted(number: str) -> None:
    assert citizen_id(number, today=TODAY) == number


@given(citizens, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_changed_character_of_a_citizen_id_is_found(number: str, place: int, char: str) -> None:
    changed = number[:place] + char + number[place + 1 :]
    assert isinstance(clean_citizen_id(changed, today=TODAY), Fault) == (changed != number)


@pytest.mark.parametrize("raw", ["E12345678", "h1234567801", "EA1234567", "0123456789(B)"])
def test_identity_documents_of_other_kinds_are_kept_in_capitals(raw: str) -> None:
    assert identity_document(raw) == raw.upper()


@pytest.mark.parametrize("raw", ["E1", "护照一号", None, "E" * 40])
def test_identity_documents_refuse_what_is_none(raw: object) -> None:
    with pytest.raises(Invalid):
        identity_document(raw)
