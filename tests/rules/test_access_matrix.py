"""Every kind, field, kind of subject, relation and stage against a second reading of the law (Art. 30 to 37, 64)."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest

from server.catalogue.envelope import ENVELOPE
from server.catalogue.kind import SubjectKind
from server.model.purpose import Purpose
from server.rules.access import Relation, Scope, Stage, decide
from server.rules.decision import Decision, FieldState
from server.rules.relation import sample_consent
from tests.access import oracle
from tests.makers import CATALOGUE

DAY = date(2026, 11, 23)
PURPOSES = (Purpose.INSPECTION, Purpose.COMMENDATION, Purpose.PUBLIC_SERVICE_APPOINTMENT, None)


def test_the_oracle_knows_the_same_kinds_and_fields() -> None:
    assert set(oracle.KINDS) == set(CATALOGUE.kinds)
    assert set(oracle.ENVELOPE) == {one.name for one in ENVELOPE}
    for code, kind in CATALOGUE.kinds.items():
        assert set(oracle.fields_of(code)) == {one.name for one in kind.fields}


@pytest.mark.parametrize("relation", [one for one in Relation if one is not Relation.CONSENTED])
@pytest.mark.parametrize("code", sorted(CATALOGUE.kinds))
def test_every_field_is_decided_as_its_class_says(code: str, relation: Relation) -> None:
    kind, audience = CATALOGUE.kind(code), oracle.AUDIENCE[relation]
    purposes = PURPOSES if relation is Relation.GOVERNMENT else (None,)
    for purpose, subject_kind, stage in product(purposes, SubjectKind, Stage):
        scope = Scope(relation, DAY, purpose=purpose)
        for field in (*kind.fields, *ENVELOPE):
            got = decide(scope, kind, field, subject_kind, stage)
            said = oracle.state_of(audience, code, field.name, subject_kind, stage, purpose=purpose)
            assert got.state == said, (code, field.name, subject_kind, relation, stage, purpose)


@pytest.mark.parametrize("code", sorted(CATALOGUE.kinds))
def test_a_third_party_gets_what_the_consent_names_and_nothing_else(code: str) -> None:
    """Art. 32, 33: a consent that names a field opens it as far as its class reaches; another opens nothing."""
    kind = CATALOGUE.kind(code)
    for subject_kind, stage in product(SubjectKind, Stage):
        for field in kind.fields:
            naming = Scope(Relation.CONSENTED, DAY, consent=sample_consent(kind.type_name, field.name, DAY))
            other = Scope(Relation.CONSENTED, DAY, consent=sample_consent("Elsewhere", field.name, DAY))
            bare = Scope(Relation.CONSENTED, DAY)
            said = oracle.state_of("third_party", code, field.name, subject_kind, stage, consented=True)
            assert decide(naming, kind, field, subject_kind, stage).state == said
            for scope in (other, bare):
                assert decide(scope, kind, field, subject_kind, stage).state is FieldState.WITHHELD


@pytest.mark.parametrize("code", sorted(CATALOGUE.kinds))
def test_nothing_about_a_natural_person_is_public(code: str) -> None:
    """Shandong Art. 20(3), Art. 36, 64: in no stage, not even the envelope."""
    kind = CATALOGUE.kind(code)
    for field, stage in product((*kind.fields, *ENVELOPE), Stage):
        got = decide(Scope(Relation.NONE, DAY), kind, field, SubjectKind.natural_person, stage)
        assert got.state is FieldState.WITHHELD


@pytest.mark.parametrize("code", sorted(CATALOGUE.kinds))
def test_market_information_needs_an_authorisation(code: str) -> None:
    """Art. 33: whatever the purpose, a government unit gets none of it."""
    kind = CATALOGUE.kind(code)
    for purpose, subject_kind in product(Purpose, kind.subjects):
        scope = Scope(Relation.GOVERNMENT, DAY, purpose=purpose)
        seen = [
            one.name
            for one in kind.fields
            if decide(scope, kind, one, subject_kind, Stage.PUBLIC).state is not FieldState.WITHHELD
        ]
        if kind.family == "market":
            assert not seen
        elif not kind.purposes:
            assert bool(seen) == any(
                oracle.class_of(code, one.name, subject_kind) in ("P", "AG", "G") for one in kind.fields
            )


def test_every_decision_names_its_rule_article_and_need() -> None:
    """A refusal that could be lifted says by what; a mask names its form."""
    seen: set[Decision] = set()
    for kind, relation, stage in product(CATALOGUE.kinds.values(), Relation, Stage):
        for field, subject_kind in product(kind.fields, SubjectKind):
            seen.add(decide(Scope(relation, DAY), kind, field, subject_kind, stage))
    for one in seen:
        assert one.rule.article and one.rule.sentence.zh and one.rule.sentence.en
        assert (one.mask is not None) == (one.state is FieldState.MASKED)
    liftable = {one.rule.code for one in seen if one.state is FieldState.WITHHELD and one.rule.needs}
    assert {"not_public_class", "outside_consent", "not_in_publicity", "natural_person"} <= liftable
