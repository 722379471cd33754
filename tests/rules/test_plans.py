"""What is remembered of plans, and views of records that hold less than their kind could."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from server.catalogue.kind import ENTITIES, SubjectKind
from server.model.purpose import Purpose
from server.rules import planner, relation
from server.rules.access import OPEN, WINDOWS, Relation, Scope, Window, see
from server.rules.planner import Planner
from server.rules.regime import PENALTY
from tests.makers import CATALOGUE, PERSON, TODAY
from tests.rules.makers import FIRM

OWN = Scope(Relation.AGENT, TODAY)


def test_an_answer_is_worked_out_once_for_relation_purpose_and_question() -> None:
    """Never for the day: another day must not get yesterday's answer, nor another footing another's."""
    made, asked = Planner(CATALOGUE), []

    def answer(value: str) -> Any:
        asked.append(value)
        return value

    inspecting, commending = (
        Scope(Relation.GOVERNMENT, TODAY, purpose=one) for one in (Purpose.INSPECTION, Purpose.COMMENDATION)
    )
    for scope, said in ((OWN, "own"), (inspecting, "inspecting"), (commending, "commending")):
        for _ in range(3):
            assert made.remembered(scope, ("question",), partial(answer, said)) == said
    assert made.remembered(OWN, ("another",), partial(answer, "another")) == "another"
    assert asked == ["own", "inspecting", "commending", "another"]


def test_under_a_consent_every_question_is_answered_anew() -> None:
    """Art. 32: a consent is read on every use, and may say something else each time."""
    made = Planner(CATALOGUE)
    consent = relation.sample_consent("AdministrativePenalty", "fineAmount", TODAY)
    scope = Scope(Relation.CONSENTED, TODAY, consent=consent)
    assert [made.remembered(scope, ("question",), partial(int, n)) for n in range(3)] == [0, 1, 2]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers choose their questions: the memory of them does not grow with their inventiveness."""
    monkeypatch.setattr(planner, "REMEMBERED_MOST", 4)
    made = Planner(CATALOGUE)
    for number in range(40):
        assert made.remembered(OWN, (number,), partial(int, number)) == number
        assert len(made._remembered) <= 4


def test_everyone_has_one_footing_with_no_purpose_and_no_consent() -> None:
    """Art. 31: with a token or without."""
    assert relation.public(TODAY) == Scope(Relation.NONE, TODAY)


@pytest.mark.parametrize("one", Relation)
def test_a_footing_is_explained_by_its_ordinary_window(one: Relation) -> None:
    scope = Scope(one, TODAY)
    assert Planner(CATALOGUE).first_window(scope) is WINDOWS[scope.audience][0]
    assert Planner(CATALOGUE).first_window(scope) is not Window.HELD


def test_a_view_holds_no_more_than_the_record() -> None:
    """A field without a value is no value; a kind whose body was not fetched is an envelope."""
    record: dict[str, Any] = {
        "_id": "rec_1", "kind": PENALTY, "subject_kind": "natural_person", "state": "active", "pub_from": None,
        "pub_to": OPEN, "disc_to": OPEN, "keep_to": OPEN, "dated_on": "2026-05-06",
    }  # fmt: skip
    [clause] = [
        one
        for one in Planner(CATALOGUE).reach(Scope(Relation.SELF, TODAY), [SubjectKind.natural_person])
        if one.window is Window.LIVE
    ]

    def values(**more: Any) -> set[str]:
        view = see({**record, **more}, clause, None)
        assert view is not None
        return set(view.values) - {"stage", "datedOn", "publicityProvisional"}

    assert values() == set()
    assert values(body={}, masked={}) == set()
    assert values(body={PENALTY: {"fineAmount": 1}}) == {"fineAmount"}
    assert values(masked={PENALTY: {"partyIdNumber": "****0010"}}) == {"partyIdNumber"}
    assert values(masked={PENALTY: {"fineAmount": "****"}}) == set(), "a mask nobody asked for"
    assert values(body={PENALTY: {"partyIdNumber": "cipher"}}) == set(), "never in full"


def test_clauses_hold_the_kinds_of_subject_that_read_alike() -> None:
    """A query per way of reading, not one per kind of subject."""
    clauses = Planner(CATALOGUE).reach(Scope(Relation.CENTRE, TODAY), sorted(ENTITIES), ["honour"])
    assert [one.window for one in clauses] == [Window.ALL]
    assert clauses[0].subject_kinds <= ENTITIES
    assert FIRM in clauses[0].subject_kinds


@pytest.mark.parametrize(
    ("matter", "stated"),
    [
        ("曲采〔2026〕7号", True),
        ("M-1", True),
        ("", False),
        ("   ", False),
        ("M\n1", False),
        ("事" * (relation.MATTER_LENGTH + 1), False),
        ("事" * relation.MATTER_LENGTH, True),
        (PERSON.key, False),
    ],
)
def test_a_matter_is_a_number_of_a_file_and_not_of_a_person(matter: str, stated: bool) -> None:
    """Art. 37, 38; Art. 64: what is logged as a matter must not be somebody's identity number."""
    assert relation.matter_stated(matter) is stated
