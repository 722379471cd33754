"""Plans and views: a view holds what its plan shows, a plan is what ``decide`` says, and rows are judged twice."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.envelope import ENVELOPE
from server.catalogue.kind import ENTITIES, SubjectKind
from server.model.purpose import Purpose
from server.model.view import Exposure
from server.rules.access import AUDIENCE_OF, OPEN, Relation, Scope, Stage, Window, decide, see
from server.rules.planner import Planner
from tests.access import oracle
from tests.makers import CATALOGUE, TODAY

PLANNER = Planner(CATALOGUE)
DAY = TODAY.isoformat()
RELATIONS = [one for one in Relation if one is not Relation.CONSENTED]
clock_days = st.sampled_from(["2020-01-01", "2026-11-22", DAY, "2026-11-24", "2030-01-01", OPEN])


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A stored record of any kind about any of its kinds of subject, its clocks around the day."""
    kind = CATALOGUE.kind(draw(st.sampled_from(sorted(CATALOGUE.kinds))))
    keep_to = draw(clock_days)
    disc_to = min(draw(clock_days), keep_to)
    body = {one.name: f"secret-{one.name}" for one in kind.fields}
    return {
        "_id": "rec_1",
        "kind": kind.code,
        "subject_kind": draw(st.sampled_from(sorted(kind.subjects))).value,
        "state": draw(st.sampled_from(["active", "active", "active", "withdrawn"])),
        "pub_from": draw(st.none() | clock_days),
        "pub_to": min(draw(clock_days), disc_to),
        "disc_to": disc_to,
        "keep_to": keep_to,
        "body": {kind.code: body},
        "masked": {kind.code: {name: f"masked-{name}" for name in body}},
        "unit": "U",
        "maker": "M",
        "change_reason": "R",
    }


@given(record=records(), relation=st.sampled_from(RELATIONS), purpose=st.sampled_from([*Purpose]))
def test_a_view_shows_exactly_what_the_law_gives(
    record: dict[str, Any], relation: Relation, purpose: Purpose
) -> None:
    """Whatever record lies under whatever clause: field by field as the oracle says, or not at all."""
    scope = Scope(relation, TODAY, purpose=purpose if relation is Relation.GOVERNMENT else None)
    audience, code, kind = oracle.AUDIENCE[relation], record["kind"], record["subject_kind"]
    views = [see(record, clause, None) for clause in PLANNER.reach(scope, SubjectKind)]
    shown = [one for one in views if one is not None]
    assert len(shown) <= 1, "clauses are disjoint"
    stage = oracle.stage_of(record, TODAY)
    states = {
        name: oracle.state_of(audience, code, name, kind, stage, purpose=purpose)
        for name in (*oracle.fields_of(code), *oracle.ENVELOPE)
    }
    if not shown:
        assert all(states[name] == "WITHHELD" for name in oracle.fields_of(code))
        return
    [view] = shown
    for name in oracle.fields_of(code):
        expected = {"SHOWN": f"secret-{name}", "MASKED": f"masked-{name}", "WITHHELD": None}[states[name]]
        assert view.values.get(name) == expected, name
    assert ("submittedBy" in view.values) == (audience == "internal")
    assert ("changeReason" in view.values) == (states["changeReason"] == "SHOWN")


@given(record=records(), relation=st.sampled_from(RELATIONS))
def test_narrowing_the_kinds_never_shows_more(record: dict[str, Any], relation: Relation) -> None:
    scope = Scope(relation, TODAY, purpose=Purpose.INSPECTION)
    wide = any(see(record, clause, None) for clause in PLANNER.reach(scope, SubjectKind))
    named = any(see(record, clause, None) for clause in PLANNER.reach(scope, SubjectKind, [record["kind"]]))
    other = any(see(record, clause, None) for clause in PLANNER.reach(scope, SubjectKind, ["unknown"]))
    assert (wide, other) == (named, False)
    entities = any(see(record, clause, None) for clause in PLANNER.reach(scope, sorted(ENTITIES)))
    assert entities == (wide and record["subject_kind"] != "natural_person")


@pytest.mark.parametrize("code", sorted(CATALOGUE.kinds))
def test_a_plan_is_what_decide_says(code: str) -> None:
    kind = CATALOGUE.kind(code)
    stages = {
        Window.PUBLISHED: "PUBLIC",
        Window.LIVE: "PUBLIC",
        Window.HELD: "DISCLOSURE_ENDED",
        Window.ALL: "PUBLIC",
    }
    for relation in RELATIONS:
        scope = Scope(relation, TODAY, purpose=Purpose.COMMENDATION)
        for subject_kind in SubjectKind:
            for window, stage in stages.items():
                plan = PLANNER.plan(scope, code, subject_kind, window)
                for field in (*kind.fields, *ENVELOPE):
                    assert plan.decisions[field.name] == decide(
                        scope, kind, field, subject_kind, Stage(stage)
                    )
                assert {*plan.shown, *plan.masked} <= {one.name for one in kind.fields}
                assert not set(plan.shown) & set(plan.masked)


def test_a_plan_under_a_consent_is_never_remembered() -> None:
    """A consent is read anew on every use, and so is what it opens."""
    from server.rules.relation import sample_consent

    consent = sample_consent("AdministrativePenalty", "fineAmount", TODAY)
    scope = Scope(Relation.CONSENTED, TODAY, consent=consent)
    other = Scope(Relation.CONSENTED, TODAY, consent=sample_consent("Honour", "title", TODAY))
    args = ("administrative_penalty", SubjectKind.legal_person, Window.LIVE)
    assert PLANNER.plan(scope, *args).shown == ("fineAmount",)
    assert PLANNER.plan(other, *args).shown == ()


def test_reading_a_view_is_noted_and_a_public_one_is_not() -> None:
    record = {
        "_id": "rec_1", "kind": "honour", "subject_kind": "legal_person", "state": "active", "pub_from": "2026-01-01",
        "pub_to": OPEN, "disc_to": OPEN, "keep_to": OPEN, "body": {"honour": {"title": "T"}}, "masked": {},
    }  # fmt: skip
    exposure = Exposure(subject="sub_1", relation="agent", ground="agent")
    own = PLANNER.reach(Scope(Relation.AGENT, date(2026, 11, 23)), [SubjectKind.legal_person])[0]
    view = see(record, own, exposure)
    assert view is not None
    assert (view.read("title"), view.read("submittedBy")) == ("T", None)
    assert (exposure.kinds["Honour"].shown, exposure.kinds["Honour"].withheld) == ({"title"}, {"submittedBy"})
    assert "T" not in repr(view)
    assert set(AUDIENCE_OF) == set(Relation)
