"""What a consent may say (Art. 32, 33, 62; decision D6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.kind import AUDIENCES, Audience, SubjectKind
from server.catalogue.load import load
from server.model.viewer import Role, Viewer
from server.rules.consent_terms import (
    CONSENT_PURPOSES,
    Terms,
    check_terms,
    ends_on,
    may_enter,
)
from server.rules.lifecycle import add_months

CATALOGUE = load()
COMPANY, PERSON = SubjectKind.legal_person, SubjectKind.natural_person
START = date(2026, 11, 1)
GOOD = Terms(
    purpose="loan_management",
    purpose_text="贷后管理",
    fields=("AdministrativePenalty.fineAmount", "AdministrativeLicence.content"),
    days=365,
    max_uses=12,
    notice="已告知",
    proof="授权书 1",
)


def rule(terms: Terms, kind: SubjectKind = COMPANY, start: date = START) -> str | None:
    objection = check_terms(terms, kind, CATALOGUE, start)
    return None if objection is None else objection.code


def test_thirty_days_from_the_first_of_november_end_on_the_first_of_december() -> None:
    """Worked example 39: the first day is not counted (Civil Code Art. 201)."""
    assert ends_on(START, 30) == date(2026, 12, 1)


def test_public_and_shared_fields_may_be_consented_to() -> None:
    assert rule(GOOD) is None
    assert rule(replace(GOOD, fields=("AdministrativePenalty.severity",))) is None


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"purpose": "whatever"}, "purpose_unknown", "purpose"),
        ({"purpose": ""}, "purpose_unknown", "purpose"),
        ({"purpose": "employment", "days": 10, "max_uses": 1}, "purpose_not_for_subject", "purpose"),
        ({"days": 0}, "end_required", "days"),
        ({"days": -1}, "end_required", "days"),
        ({"days": 366}, "recurring_term", "days"),
        ({"days": 367}, "purpose_term", "days"),
        ({"days": 26_724}, "purpose_term", "days"),
        ({"days": 31, "max_uses": 1}, "one_time_term", "days"),
        ({"purpose": "loan_approval", "days": 91, "max_uses": 10}, "purpose_term", "days"),
        ({"max_uses": 0}, "uses_bound", "max_uses"),
        ({"max_uses": -3}, "uses_bound", "max_uses"),
        ({"max_uses": 1_001}, "uses_bound", "max_uses"),
        ({"purpose": "loan_approval", "days": 30, "max_uses": 11}, "uses_bound", "max_uses"),
        ({"purpose_text": "  "}, "text_required", "purpose_text"),
        ({"notice": ""}, "text_required", "notice"),
        ({"proof": "证" * 501}, "text_required", "proof"),
        ({"fields": ()}, "fields_bound", "fields"),
        ({"fields": ("AdministrativePenalty.fineAmount",) * 2}, "fields_bound", "fields"),
        ({"fields": ("AdministrativePenalty.nothing",)}, "field_unknown", "fields"),
        ({"fields": ("Nothing.fineAmount",)}, "field_unknown", "fields"),
        ({"fields": ("fineAmount",)}, "field_unknown", "fields"),
        ({"fields": ("AdministrativePenalty.*",)}, "field_unknown", "fields"),
        ({"fields": ("PersonBasic.name",)}, "field_not_for_subject", "fields"),
        ({"fields": ("AdministrativePenalty.partyIdNumber",)}, "field_not_for_subject", "fields"),
        ({"fields": ("AdministrativePenalty.legalRepresentativeIdNumber",)}, "field_not_grantable", "fields"),
        ({"fields": ("AdministrativePenalty.remarks",)}, "field_not_grantable", "fields"),
    ],
)
def test_terms_nobody_may_consent_to_are_refused(changes: dict[str, object], code: str, field: str) -> None:
    objection = check_terms(replace(GOOD, **changes), COMPANY, CATALOGUE, START)  # type: ignore[arg-type]
    assert objection is not None
    assert (objection.code, objection.field) == (code, field)
    assert objection.sentence.zh
    assert objection.sentence.en


def test_one_time_use_may_last_thirty_days() -> None:
    assert rule(replace(GOOD, days=30, max_uses=1)) is None


def test_twelve_months_over_a_leap_day_have_366_days() -> None:
    assert rule(replace(GOOD, days=366), start=date(2027, 11, 1)) is None


def test_a_person_may_consent_to_what_is_masked_for_third_parties() -> None:
    assert rule(replace(GOOD, fields=("PersonBasic.idNumber", "PersonBasic.name")), PERSON) is None


@given(
    purpose=st.sampled_from(sorted(CONSENT_PURPOSES)),
    days=st.integers(-10, 500),
    uses=st.integers(-2, 1_200),
    kind=st.sampled_from(sorted(SubjectKind)),
    start=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
)
def test_every_accepted_consent_is_bounded(
    purpose: str, days: int, uses: int, kind: SubjectKind, start: date
) -> None:
    terms = replace(GOOD, purpose=purpose, days=days, max_uses=uses)
    objection = check_terms(terms, kind, CATALOGUE, start)
    bounds = CONSENT_PURPOSES[purpose]
    held = (
        kind in bounds.subjects
        and 1 <= days <= bounds.days
        and 1 <= uses <= bounds.uses
        and (uses > 1 or days <= 30)
        and ends_on(start, days) <= add_months(start, 12)
    )
    fields_fit = all(kind in CATALOGUE.by_type(one.split(".")[0]).subjects for one in GOOD.fields)
    reaches = fields_fit and all(
        CATALOGUE.by_type(one.split(".")[0]).field(one.split(".")[1]).class_for(kind) for one in GOOD.fields
    )
    assert (objection is None) == (held and reaches)


@pytest.mark.parametrize("kind", sorted(SubjectKind))
def test_a_field_is_grantable_exactly_when_its_class_reaches_third_parties(kind: SubjectKind) -> None:
    """The whole catalogue, for every kind of subject (Art. 33)."""
    for one in CATALOGUE.kinds.values():
        for field in one.fields:
            disclosure = field.class_for(kind) if kind in one.subjects else None
            grantable = disclosure is not None and Audience.third_party in AUDIENCES[disclosure]
            found = rule(replace(GOOD, fields=(f"{one.type_name}.{field.name}",)), kind)
            assert (found is None) == grantable, f"{one.type_name}.{field.name}"


@pytest.mark.parametrize("role", sorted(Role))
@pytest.mark.parametrize("own", [True, False])
def test_only_the_subject_and_the_window_enter_consents(role: Role, own: bool) -> None:
    allowed = role is Role.CLERK or (own and role in (Role.CITIZEN, Role.AGENT))
    assert (may_enter(Viewer(role), own=own) is None) == allowed
