"""Marks of change: each audience counts what it can see change, and nothing of what it cannot (Art. 30, 55, 64)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.catalogue.kind import AUDIENCES, Audience, SubjectKind
from server.rules.changes import MARK_OF, MARKED, keys_of, marks, subject_sees
from server.rules.regime import PENALTY
from tests.makers import CATALOGUE, NOW
from tests.rules.makers import FIRM, HUMAN

KIND = CATALOGUE.kind(PENALTY)
LATER = NOW + timedelta(days=1)
EVERYONE = set(MARKED)


def a_stored(**changes: Any) -> dict[str, Any]:
    """A stored penalty that was filed at the tests' moment."""
    record: dict[str, Any] = {
        "pub_from": "2026-05-06",
        "pub_to": "2029-05-06",
        "disc_to": "9999-12-31",
        "keep_to": "9999-12-31",
        "rule_set": "qufu-2023-8, Art. 34",
        "provisional": False,
        "body": {PENALTY: {"fineAmount": 125_000, "partyIdNumber": "cipher-1", "legalRepresentativeIdNumber": "c-1"}},
        "masked": {PENALTY: {"partyIdNumber": "****0010", "legalRepresentativeIdNumber": "****0077"}},
    }  # fmt: skip
    record |= changes
    return record


def filed(on: SubjectKind, at: datetime = NOW, **changes: Any) -> dict[str, Any]:
    record = a_stored(**changes)
    return record | marks(KIND, on, None, record, at)


def counted(on: SubjectKind, old: dict[str, Any], new: dict[str, Any]) -> set[Audience]:
    """The audiences whose mark a change counts on; the others keep version and time."""
    made = marks(KIND, on, old, new, LATER)
    found = set()
    for audience in MARKED:
        version, since = keys_of(audience)
        if (made[version], made[since]) == (old[version] + 1, LATER):
            found.add(audience)
        else:
            assert (made[version], made[since]) == (old[version], old[since])
    return found


def test_a_new_record_is_the_first_for_everyone() -> None:
    made = marks(KIND, FIRM, None, a_stored(), NOW)
    assert made == {
        f"seen_{one}_{part}": value
        for one in ("public", "subject", "government")
        for part, value in (("version", 1), ("at", NOW))
    }


@pytest.mark.parametrize("audience", Audience)
def test_each_audience_has_its_marks_and_the_inside_the_record_s_own(audience: Audience) -> None:
    """A third party counts with the public: a consent shows no other mark of change than everyone sees."""
    mark = MARK_OF[audience]
    expected = ("version", "updated_at") if mark is None else (f"seen_{mark}_version", f"seen_{mark}_at")
    assert keys_of(audience) == expected
    assert (mark is None) == (audience is Audience.internal)
    assert MARK_OF[Audience.third_party] is Audience.public


def body(**changes: Any) -> dict[str, Any]:
    return {"body": {PENALTY: a_stored()["body"][PENALTY] | changes}}


def mask(**changes: Any) -> dict[str, Any]:
    return {"masked": {PENALTY: a_stored()["masked"][PENALTY] | changes}}


S, G, P = Audience.subject, Audience.government, Audience.public


@pytest.mark.parametrize(
    ("on", "changes", "audiences"),
    [
        (FIRM, {}, set()),
        (FIRM, body(fineAmount=1), EVERYONE),
        (HUMAN, body(fineAmount=1), {S, G}),
        (FIRM, body(severity="general"), {S, G}),
        (FIRM, body(taxNumber="1"), {G}),
        (HUMAN, body(taxNumber="1"), set()),
        (FIRM, body(publicityEndAsSent="2027-01-01"), set()),
        (FIRM, body(legalRepresentativeIdNumber="c-2"), set()),
        (
            FIRM,
            body(legalRepresentativeIdNumber="c-2") | mask(legalRepresentativeIdNumber="****0088"),
            {G},
        ),
        (HUMAN, body(partyIdNumber="cipher-2"), set()),
        (HUMAN, body(partyIdNumber="cipher-2") | mask(partyIdNumber="****0029"), {S, G}),
        (FIRM, {"pub_to": "2027-05-06"}, EVERYONE),
        (FIRM, {"provisional": True}, EVERYONE),
        (FIRM, {"from_rule": "qufu-2027, Art. 31"}, EVERYONE),
        (FIRM, {"disc_to": "2028-06-30"}, {S, G}),
        (FIRM, {"keep_to": "2033-07-10"}, {S}),
        (FIRM, {"keep_rule": "qufu-2023-8, Art. 35"}, {S}),
        (FIRM, {"unit_name": "另一单位"}, EVERYONE),
        (FIRM, {"maker": "另一人", "content_hash": "x", "regime": 2}, set()),
    ],
)
def test_a_change_counts_for_whoever_sees_it(
    on: SubjectKind, changes: dict[str, Any], audiences: set[Audience]
) -> None:
    """Art. 30, 64: a derived field is as strict as its inputs."""
    old = filed(on)
    new = a_stored(**changes)
    assert counted(on, old, new) == audiences
    assert subject_sees(KIND, on, old, new) is (S in audiences)


def test_what_was_never_public_begins_for_the_public_when_it_is() -> None:
    """Earlier changes happened in the dark: the public's first version is the first it can see."""
    old = filed(FIRM, pub_from=None)
    old |= marks(KIND, FIRM, old, a_stored(pub_from=None, **body(fineAmount=1)), NOW)
    made = marks(KIND, FIRM, old, a_stored(), LATER)
    assert (made["seen_public_version"], made["seen_public_at"]) == (1, LATER)
    assert made["seen_subject_version"] == 3


def test_records_of_which_only_the_dates_were_read_count_by_their_dates() -> None:
    """A recomputation reads no bodies."""
    old = {name: value for name, value in filed(FIRM).items() if name not in ("body", "masked")}
    assert counted(FIRM, old, {**old, "pub_to": "2027-05-06"}) == EVERYONE
    assert counted(FIRM, old, dict(old)) == set()


@settings(max_examples=150, deadline=None)
@given(
    on=st.sampled_from(sorted(KIND.subjects)),
    names=st.sets(st.sampled_from([one.name for one in KIND.fields]), max_size=3),
    same_mask=st.booleans(),
)
def test_of_every_field_the_audiences_of_its_class_are_told_and_no_other(
    on: SubjectKind, names: set[str], same_mask: bool
) -> None:
    """Art. 30, 64: whoever sees a field under a mask is told when the mask is another."""
    old = filed(
        on, body={PENALTY: dict.fromkeys(names, "old")}, masked={PENALTY: dict.fromkeys(names, "**1")}
    )
    new = old | {"body": {PENALTY: dict.fromkeys(names, "new")}}
    if not same_mask:
        new |= {"masked": {PENALTY: dict.fromkeys(names, "**2")}}
    expected = set()
    for name in names:
        field = KIND.field(name)
        disclosure = field.class_for(on)
        for audience in AUDIENCES[disclosure] & EVERYONE if disclosure else ():
            if not (same_mask and field.mask and audience in field.mask.audiences):
                expected.add(audience)
    assert counted(on, old, new) == expected
