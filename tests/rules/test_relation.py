"""On what footing each role approaches a subject, and everything that is refused on the way (Art. 32, 33, 37)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.model.consent import Consent, ConsentState
from server.model.purpose import Purpose
from server.model.subject import Subject
from server.model.viewer import Role, Viewer
from server.rules import relation
from server.rules.access import Relation, Scope
from server.rules.relation import Refusal
from tests.makers import BANK, COMPANY, OTHER_BANK, TODAY
from tests.viewers import AGENCY, CLERK, EVERYONE, INQUIRER, Caller

SUBJECT = Subject(id="sub_1", kind=COMPANY.kind, name=COMPANY.name, code=COMPANY.key)
CONSENT = Consent(
    id="con_1",
    grantor="sub_1",
    grantee=BANK,
    purpose="loan_approval",
    purpose_text="贷款审批",
    fields=frozenset({"AdministrativePenalty.fineAmount"}),
    valid_from=date(2026, 11, 1),
    valid_to=date(2026, 12, 1),
    max_uses=3,
    uses=0,
    state=ConsentState.ACTIVE,
    version=1,
)
WAYS: dict[Relation, Callable[[Viewer], Scope | Refusal]] = {
    Relation.SELF: lambda one: relation.own(one, TODAY),
    Relation.GOVERNMENT: lambda one: relation.share(one, Purpose.INSPECTION, "M-1", TODAY),
    Relation.CONSENTED: lambda one: relation.authorised(one, SUBJECT, CONSENT, TODAY),
    Relation.WINDOW: lambda one: relation.window(one, "M-1", TODAY),
}
ENTITLED = {
    (Role.CITIZEN, Relation.SELF): Relation.SELF,
    (Role.AGENT, Relation.SELF): Relation.AGENT,
    (Role.AGENCY, Relation.GOVERNMENT): Relation.GOVERNMENT,
    (Role.INQUIRER, Relation.CONSENTED): Relation.CONSENTED,
    (Role.CLERK, Relation.WINDOW): Relation.WINDOW,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("caller", EVERYONE, ids=lambda one: one.name)
def test_each_role_has_its_one_way(caller: Caller, way: Relation) -> None:
    got = WAYS[way](caller.viewer())
    expected = ENTITLED.get((caller.role, way))
    if expected is Relation.CONSENTED and caller.unit != BANK:
        expected = None
    assert (got.relation if isinstance(got, Scope) else None) == expected


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", Role)
def test_a_role_without_its_claim_has_no_way(role: Role, way: Relation) -> None:
    """Never "no claim, no check"."""
    assert isinstance(WAYS[way](Viewer(role=role, id="x")), Refusal)


@pytest.mark.parametrize(
    "matter",
    ["", " ", "x" * 65, "a\nb", "M\x00", f"案{COMPANY.key[:0]}370881197003070010", "370881700307001"],
)
def test_a_matter_is_stated_and_never_an_id_number(matter: str) -> None:
    """Art. 37: the number would stand in the log."""
    assert not relation.matter_stated(matter)
    assert isinstance(relation.share(AGENCY.viewer(), Purpose.INSPECTION, matter, TODAY), Refusal)
    assert isinstance(relation.window(CLERK.viewer(), matter, TODAY), Refusal)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_is_the_upper_bound_of_purposes_and_matters(purpose: Purpose) -> None:
    """Worked example 47: a request can only narrow."""
    bound = AGENCY.but(purposes=("inspection",), matters=("M-1", "M-2")).viewer()
    for matter in ("M-1", "M-2", "M-3"):
        got = relation.share(bound, purpose, matter, TODAY)
        fits = purpose is Purpose.INSPECTION and matter != "M-3"
        assert isinstance(got, Scope) == fits
        if isinstance(got, Refusal):
            assert got.code == "purpose_outside_token"
    free = relation.share(AGENCY.viewer(), purpose, "M-9", TODAY)
    assert isinstance(free, Scope)
    assert free.purpose is purpose


@given(
    state=st.sampled_from(ConsentState),
    grantor=st.sampled_from(["sub_1", "sub_2"]),
    grantee=st.sampled_from([BANK, OTHER_BANK]),
    start=st.integers(-2, 2),
    end=st.integers(-2, 2),
    uses=st.integers(0, 3),
    most=st.integers(0, 3),
    narrowed=st.sampled_from([(), ("loan_approval",), ("tenancy",)]),
)
def test_a_consent_fits_in_every_respect_or_not_at_all(
    state: ConsentState,
    grantor: str,
    grantee: str,
    start: int,
    end: int,
    uses: int,
    most: int,
    narrowed: tuple[str, ...],
) -> None:
    consent = replace(
        CONSENT,
        state=state,
        grantor=grantor,
        grantee=grantee,
        valid_from=TODAY + timedelta(days=start),
        valid_to=TODAY + timedelta(days=end),
        uses=uses,
        max_uses=most,
    )
    got = relation.authorised(INQUIRER.but(purposes=narrowed).viewer(), SUBJECT, consent, TODAY)
    fits = (
        state is ConsentState.ACTIVE
        and grantor == "sub_1"
        and grantee == BANK
        and start <= 0 <= end
        and uses < most
    )
    if fits and narrowed != ("tenancy",):
        assert got == Scope(Relation.CONSENTED, TODAY, consent=consent)
    else:
        assert got is relation.CONSENT_INVALID


def test_an_unknown_subject_and_an_unknown_consent_are_refused_alike() -> None:
    for subject, consent in ((None, CONSENT), (SUBJECT, None), (None, None)):
        assert relation.authorised(INQUIRER.viewer(), subject, consent, TODAY) is relation.CONSENT_INVALID
