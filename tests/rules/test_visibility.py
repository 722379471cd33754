"""What a change of a record means to each reader: an event of what it may read, and silence about the rest (Art. 30, 64)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.catalogue.envelope import ENVELOPE
from server.catalogue.kind import AUDIENCES, Audience, SubjectKind
from server.model.purpose import Purpose
from server.rules.access import ENVELOPE_SOURCE, WINDOWS, KindPlan, Relation, Scope, Stage
from server.rules.planner import Planner
from server.rules.regime import PENALTY
from server.rules.relation import sample_consent
from server.rules.visibility import STAGE, Cause, Difference, Meaning, difference, meaning, readable
from tests.makers import CATALOGUE, TODAY
from tests.rules.makers import FIRM, HUMAN, KINDS

KIND = CATALOGUE.kind(PENALTY)
PLANNER = Planner(CATALOGUE)
NEW = None
NOTHING = Difference(frozenset(), frozenset())
SEEN_IN: Mapping[Audience, frozenset[Stage]] = {
    Audience.public: frozenset({Stage.PUBLIC}),
    Audience.subject: frozenset({Stage.PUBLIC, Stage.NOT_PUBLIC}),
    Audience.third_party: frozenset({Stage.PUBLIC, Stage.NOT_PUBLIC}),
    Audience.government: frozenset({Stage.PUBLIC, Stage.NOT_PUBLIC}),
    Audience.internal: frozenset(Stage),
}
"""In which stages a reader has a record at all, written down a second time."""


def scope_of(relation: Relation, *fields: str) -> Scope:
    consent = None
    if relation is Relation.CONSENTED:
        consent = sample_consent(KIND.type_name, fields[0] if fields else "fineAmount", TODAY)
    return Scope(relation, TODAY, Purpose.INSPECTION if relation is Relation.GOVERNMENT else None, consent)


def plan_of(scope: Scope, on: SubjectKind = FIRM, code: str = PENALTY) -> KindPlan:
    return PLANNER.plan(scope, code, on, WINDOWS[scope.audience][0])


def field_change(name: str, *, masked: bool = False) -> Difference:
    """A field that changed; ``masked``: in its masked form as well."""
    return Difference(frozenset({name}), frozenset({name}) if masked else frozenset())


CHANGES: dict[str, tuple[Difference | None, set[Audience]]] = {
    "a new record": (NEW, set(Audience)),
    "nothing": (NOTHING, set()),
    "a public field": (field_change("fineAmount"), set(Audience)),
    "a shared field": (field_change("severity"), {Audience.subject, Audience.government, Audience.internal}),
    "a field of government": (field_change("taxNumber"), {Audience.government, Audience.internal}),
    "an internal field": (field_change("publicityEndAsSent"), {Audience.internal}),
    "a masked field under the same mask": (
        field_change("legalRepresentativeIdNumber"),
        {Audience.internal},
    ),
    "a masked field under another mask": (
        field_change("legalRepresentativeIdNumber", masked=True),
        {Audience.government, Audience.internal},
    ),
    "the end of publicity": (field_change("publicityTo"), set(Audience)),
    "the end of disclosure": (field_change("disclosureEnd"), set(Audience) - {Audience.public}),
    "the end of retention": (
        field_change("retentionEnd"),
        {Audience.subject, Audience.third_party, Audience.internal},
    ),
}
"""What changed, and the readers who can read that it did; the third party's consent names the amount of the fine, and
the envelope comes with every consent."""


@pytest.mark.parametrize("relation", Relation)
@pytest.mark.parametrize("change", CHANGES)
def test_the_matrix_of_was_now_changed_and_footing(change: str, relation: Relation) -> None:
    """Art. 30: it appeared, it changed in what the reader reads, it ended, or nothing at all."""
    scope = scope_of(relation)
    changed, readers = CHANGES[change]
    seen, told = SEEN_IN[scope.audience], scope.audience in readers
    for was, now in product([None, *Stage], repeat=2):
        expected = None
        if now in seen:
            expected = (Meaning.CHANGED if told else None) if was in seen else Meaning.APPEARED
        elif was in seen:
            expected = Meaning.ENDED
        assert meaning(scope, plan_of(scope), was, now, changed) is expected, (was, now)


@pytest.mark.parametrize("relation", Relation)
def test_a_footing_with_stages_of_its_own_is_told_by_those(relation: Relation) -> None:
    """As a unit follows its own records: for it what is withdrawn or past its retention has ended."""
    scope, own = scope_of(relation), (Stage.PUBLIC, Stage.NOT_PUBLIC, Stage.DISCLOSURE_ENDED)
    for was, now in product([None, *Stage], repeat=2):
        found = meaning(scope, plan_of(scope), was, now, NEW, own)
        if was in own:
            assert found is (Meaning.CHANGED if now in own else Meaning.ENDED)
        else:
            assert found is (Meaning.APPEARED if now in own else None)


@pytest.mark.parametrize("relation", Relation)
def test_a_kind_that_is_not_seen_has_no_events(relation: Relation) -> None:
    """Art. 15: a penalty kept out of the record is nobody's news outside."""
    scope = scope_of(relation)
    plan = plan_of(scope, code="penalty_excluded")
    inside = scope.audience is Audience.internal
    for was, now, changed in product(
        [None, *Stage], [None, *Stage], [NEW, field_change("reason", masked=True)]
    ):
        assert inside or meaning(scope, plan, was, now, changed) is None
    assert (meaning(scope, plan, None, Stage.NOT_PUBLIC, NEW) is Meaning.APPEARED) is inside


@pytest.mark.parametrize("on", [HUMAN, SubjectKind.individual_business])
def test_the_public_has_no_events_of_persons_nor_of_an_individual_business_s_dishonesty(
    on: SubjectKind,
) -> None:
    """Art. 36, D2; Shandong Art. 20(3): not even if its stage said it was public."""
    scope = scope_of(Relation.NONE)
    for was, now in product([None, *Stage], repeat=2):
        assert meaning(scope, plan_of(scope, on), was, now, field_change("fineAmount")) is None


def test_a_consent_opens_the_events_of_its_own_fields_only() -> None:
    """Art. 32, 33."""
    scope = scope_of(Relation.CONSENTED, "severity")
    plan, live = plan_of(scope), (Stage.PUBLIC, Stage.PUBLIC)
    assert meaning(scope, plan, *live, field_change("severity")) is Meaning.CHANGED
    assert meaning(scope, plan, *live, field_change("fineAmount")) is None


def test_a_person_reads_its_own_number_under_a_mask_and_hears_of_another_mask_only() -> None:
    """Art. 64."""
    for relation in (Relation.SELF, Relation.WINDOW, Relation.GOVERNMENT):
        scope = scope_of(relation)
        plan = plan_of(scope, HUMAN)
        assert not readable(plan, field_change("partyIdNumber"))
        assert readable(plan, field_change("partyIdNumber", masked=True))
    inside = plan_of(scope_of(Relation.CENTRE), HUMAN)
    assert readable(inside, field_change("partyIdNumber"))


@pytest.mark.parametrize("code", KINDS)
@pytest.mark.parametrize("relation", [one for one in Relation if one is not Relation.CONSENTED])
def test_of_every_field_a_reader_is_told_exactly_when_it_reads_it(code: str, relation: Relation) -> None:
    """Art. 30, 64: the whole catalogue and the envelope; the classes and the masks decide, nothing else."""
    kind, scope = CATALOGUE.kind(code), scope_of(relation)
    for on in sorted(kind.subjects):
        plan = plan_of(scope, on, code)
        for field in (*kind.fields, *ENVELOPE):
            hidden = plan.states[field.name] == "WITHHELD"
            masked = field.mask is not None and scope.audience in field.mask.audiences
            assert readable(plan, field_change(field.name)) is (not hidden and not masked)
            assert readable(plan, Difference(frozenset(), frozenset({field.name}))) is (not hidden and masked)
            disclosure = field.class_for(on)
            if disclosure is None or scope.audience not in AUDIENCES[disclosure]:
                assert hidden


def a_stored(**changes: Any) -> dict[str, Any]:
    """A stored penalty, in the parts a difference looks at."""
    record: dict[str, Any] = {
        "kind": PENALTY,
        "announced": "PUBLIC",
        "dated_on": "2026-05-06",
        "pub_from": "2026-05-06",
        "pub_to": "2029-05-06",
        "disc_to": "9999-12-31",
        "content_hash": "a",
        "maker": "M",
        "version": 1,
        "regime": 1,
        "due": "2029-05-07",
        "body": {PENALTY: {"fineAmount": 125_000, "partyIdNumber": "cipher-1", "penaltyTypes": ["fine"]}},
        "masked": {PENALTY: {"partyIdNumber": "3708**********0010"}},
    }
    return record | changes


def a_body(**changes: Any) -> dict[str, Any]:
    body = a_stored()["body"][PENALTY] | changes
    return {PENALTY: {name: value for name, value in body.items() if value is not None}}


@pytest.mark.parametrize(
    ("changes", "fields", "masked"),
    [
        ({}, set(), set()),
        ({"pub_to": "2027-05-06"}, {"publicityTo"}, set()),
        ({"disc_to": "2028-06-30", "disc_rule": "b"}, {"disclosureEnd", "disclosureBasis"}, set()),
        ({"announced": "NOT_PUBLIC"}, {STAGE}, set()),
        ({"change_reason": "更正"}, set(), set()),
        ({"content_hash": "b", "maker": "N", "checker": "C", "filed_at": "x", "catalogue_version": 2}, set(), set()),
        ({"version": 2, "regime": 2, "due": "2027-05-07", "updated_at": "x"}, set(), set()),
        ({"body": a_body(fineAmount=1)}, {"fineAmount"}, set()),
        ({"body": a_body(fineAmount=None)}, {"fineAmount"}, set()),
        ({"body": a_body(severity="general", fineAmount=1)}, {"severity", "fineAmount"}, set()),
        ({"body": a_body(penaltyTypes=["fine", "warning"])}, {"penaltyTypes"}, set()),
        ({"body": a_body(partyIdNumber="cipher-2")}, {"partyIdNumber"}, set()),
        (
            {"body": a_body(partyIdNumber="cipher-2"), "masked": {PENALTY: {"partyIdNumber": "3708**********0029"}}},
            {"partyIdNumber"},
            {"partyIdNumber"},
        ),
        ({"masked": {}}, set(), {"partyIdNumber"}),
        ({"body": {"honour": {"title": "T"}}}, {"fineAmount", "partyIdNumber", "penaltyTypes"}, set()),
    ],
)  # fmt: skip
def test_what_differs_is_named_by_field_in_full_and_under_its_mask(
    changes: dict[str, Any], fields: set[str], masked: set[str]
) -> None:
    """What only follows a change (who made it and why, its hash, the catalogue) is none itself."""
    expected = Difference(frozenset(fields), frozenset(masked))
    assert difference(KIND, a_stored(), a_stored(**changes)) == expected
    assert difference(KIND, a_stored(**changes), a_stored()) == expected


def test_records_of_which_only_the_dates_were_read_differ_by_their_dates() -> None:
    """A recomputation reads no bodies."""
    bare = {"pub_to": "2029-05-06", "announced": "PUBLIC"}
    assert difference(KIND, bare, {**bare, "pub_to": "2027-05-06"}).fields == {"publicityTo"}


_ENVELOPE_KEYS = sorted(set(ENVELOPE_SOURCE.values()))


@settings(max_examples=150, deadline=None)
@given(
    relation=st.sampled_from(Relation),
    on=st.sampled_from([FIRM, HUMAN]),
    fields=st.sets(st.sampled_from([one.name for one in KIND.fields]), max_size=4),
    same_mask=st.booleans(),
    keys=st.sets(st.sampled_from(_ENVELOPE_KEYS), max_size=2),
    stages=st.tuples(st.sampled_from(Stage), st.sampled_from(Stage)),
)
def test_two_records_that_read_alike_differ_in_no_event(
    relation: Relation,
    on: SubjectKind,
    fields: set[str],
    same_mask: bool,
    keys: set[str],
    stages: tuple[Stage, Stage],
) -> None:
    """Art. 30, 64: where nothing a reader reads has changed, a change of the hidden is as silent as none."""
    scope = scope_of(relation)
    plan = plan_of(scope, on)
    masked = {} if same_mask else dict.fromkeys(fields, "****2")
    old = a_stored(
        body={PENALTY: dict.fromkeys(fields, "old")}, masked={PENALTY: dict.fromkeys(fields, "****1")}
    )
    new = {
        **old,
        **dict.fromkeys(keys, "new"),
        "body": {PENALTY: dict.fromkeys(fields, "new")},
        "masked": {PENALTY: old["masked"][PENALTY] | masked},
    }
    told = difference(KIND, old, new)

    def reads(record: Mapping[str, Any]) -> dict[str, Any]:
        read = {name: record["body"][PENALTY].get(name) for name in plan.shown}
        read |= {name: record["masked"][PENALTY].get(name) for name in plan.masked}
        quiet = {
            "contentHash",
            "submittedBy",
            "reviewedBy",
            "catalogueVersion",
            "submittedAt",
            "changeReason",
        }
        return read | {n: record.get(key) for n, key in plan.keys.items() if key is not None and n not in quiet
                       and n in ENVELOPE_SOURCE}  # fmt: skip

    if reads(old) == reads(new):
        assert meaning(scope, plan, *stages, told) is meaning(scope, plan, *stages, NOTHING)
    elif set(stages) <= SEEN_IN[scope.audience] and plan.visible:
        assert meaning(scope, plan, *stages, told) is Meaning.CHANGED


def test_every_cause_and_every_meaning_has_its_word() -> None:
    """They stand in the feed and never change their spelling."""
    assert [one.value for one in Meaning] == ["APPEARED", "CHANGED", "ENDED"]
    assert [one.value for one in Cause] == ["filed", "withdrawn", "period_ended", "recomputed", "deleted"]
