"""The worked examples of the domain notes that a rule of this tree answers, with their exact dates.

A bracketed answer of a naive calendar (holidays without the weekend days worked in return) is asserted not to be given.

Here: 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 29, 31, 33 (too early), 35, 39, 43, 47 (no matter), 51, 55.
Elsewhere: 39 at the door in ``tests/access/test_consents_over_http.py``, 41 in ``tests/catalogue/test_check.py`` and
``tests/actions/test_filing_limits.py``. Of casework not built yet: 27 (opting out of a penalty), 33's duty and fee,
37 (a repaired record), 45 (measures not carried out), 47's bidder and bulk, 49 (a query kept from the access log),
53 (the range of a special report).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.catalogue.check import Checked, check
from server.catalogue.fault import Fault
from server.catalogue.kind import Category, DisclosureClass, SubjectKind
from server.catalogue.values import clean_uscc
from server.model.consent import Consent, ConsentState
from server.model.purpose import Purpose
from server.model.subject import Subject
from server.rules import acting, relation, ruleset
from server.rules.access import OPEN, Relation, Scope, Stage, decide, within
from server.rules.consent_terms import Terms, check_terms, ends_on
from server.rules.deadlines import Due, deadline
from server.rules.decision import FieldState
from server.rules.duties import Duty, Report, judge
from server.rules.lifecycle import Clocks
from server.rules.planner import Planner
from server.rules.regime import PENALTY, SEVERE, Regime, first
from tests.catalogue import makers as filings
from tests.makers import BANK, BEYOND, CALENDAR, CATALOGUE, COMPANY, REGIME, REGIME_36, SHIPPED, clocks_of
from tests.rules.makers import DAY, FIRM, HUMAN, day, penalty, severe, stage_on, without_makeups
from tests.viewers import AGENCY, INQUIRER

PLANNER = Planner(CATALOGUE)
TODAY = date(2026, 11, 23)
NAIVE, NAIVE_36 = (first(one.rules, without_makeups()) for one in (REGIME, REGIME_36))


def example(number: int, *row: Any, part: str = "") -> Any:
    """A row of a table, named after its example."""
    return pytest.param(*row, id=f"example {number}{f', {part}' if part else ''}")


@pytest.mark.parametrize(
    ("under", "decided", "types", "domain", "apply_from", "last", "hidden"),
    [
        example(1, REGIME, "2023-08-15", ("fine",), "none", "2023-11-16", "2026-08-15", "2026-08-16"),
        example(5, REGIME, "2024-08-31", ("warning", "fine"), "none", "2024-12-01", "2027-08-31", "2027-09-01"),
        example(7, REGIME, "2024-02-29", ("fine",), "drugs", "2025-03-01", "2027-02-28", "2027-03-01"),
        example(35, REGIME_36, "2026-05-20", ("suspension",), "none", "2026-08-21", "2027-05-20", "2027-05-21"),
    ],
)  # fmt: skip
def test_a_penalty_is_public_to_its_last_day_and_its_early_end_waits_for_the_minimum(
    under: Regime, decided: str, types: tuple[str, ...], domain: str, apply_from: str, last: str, hidden: str
) -> None:
    """Art. 34, Order 36; D8: from the day after the minimum."""
    found = penalty(decided, *types, domain=domain, under=under)
    assert (found.pub_from, found.early_end, found.pub_to) == (decided, apply_from, last)
    assert stage_on(found, decided) is Stage.PUBLIC
    assert stage_on(found, last) is Stage.PUBLIC
    assert stage_on(found, hidden) is Stage.NOT_PUBLIC
    basis = "qufu-2023-8, Art. 34" if under is REGIME else "ndrc-36, Order 36"
    assert (found.rule_set, found.early_rule) == (basis, basis)


def test_example_7_a_naive_minimum_of_365_days_is_not_what_ends_it() -> None:
    """Art. 34; Civil Code Art. 202: 29 February has no corresponding day, so the month's last is the end."""
    found = penalty("2024-02-29", "fine", domain="drugs")
    assert found.early_end == str(day("2025-02-28") + DAY) != str(day("2024-02-29") + 365 * DAY)


def test_example_33_a_request_on_the_last_day_of_the_minimum_is_too_early() -> None:
    """Art. 60, D8: on 2023-11-15 it is, on 2023-11-16 it is not."""
    earliest = penalty("2023-08-15", "fine").early_end
    assert earliest is not None
    assert "2023-11-15" < earliest <= "2023-11-16"


@pytest.mark.parametrize(
    ("decided", "types", "domain", "under"),
    [
        example(3, "2025-03-01", ("warning",), "food", REGIME),
        example(55, "2025-06-15", ("warning",), "none", REGIME, part="under the city's measure"),
        example(55, "2025-06-15", ("warning",), "none", REGIME_36, part="under Order 36"),
    ],
)
def test_a_warning_is_never_public(decided: str, types: tuple[str, ...], domain: str, under: Regime) -> None:
    """Art. 34: the minimum of a domain is for what is published at all; Order 36: slight dishonesty is not."""
    found = penalty(decided, *types, domain=domain, under=under)
    assert (found.pub_from, found.early_end) == (None, None)
    assert stage_on(found, decided) is Stage.NOT_PUBLIC


def test_example_55_nothing_changes_for_a_warning_on_the_first_of_april_2026() -> None:
    """Order 36 is in force from that day; a stored warning is seen by the same people as before."""
    days = (date(2026, 3, 31), date(2026, 4, 1))
    before, after = (
        penalty(
            "2025-06-15", "warning", under=first(ruleset.applied(SHIPPED.values(), one, BEYOND), CALENDAR)
        )
        for one in days
    )
    assert (before.rule_set, after.rule_set) == ("qufu-2023-8, Art. 34", "ndrc-36, Order 36")
    assert replace(before, rule_set="") == replace(after, rule_set="")
    assert [stage_on(before, days[0]), stage_on(after, days[1])] == [Stage.NOT_PUBLIC] * 2


@pytest.mark.parametrize(
    ("values", "code"),
    [
        example(9, {"procedure": "simple", "penaltyTypes": ["fine"]}, "simple_procedure"),
        example(43, {"severity": "serious", "authorityCode": filings.GOVERNMENT}, "severity_by_penalising_unit"),
    ],
)  # fmt: skip
def test_what_stays_out_of_the_credit_record_is_refused(values: dict[str, Any], code: str) -> None:
    """Art. 14, 15."""
    objection = acting.admissible_penalty(filings.COMPANY, values)
    assert objection is not None
    assert objection.code == code


def test_example_9_what_is_kept_out_is_held_for_nobody_to_see() -> None:
    """Art. 15: it is no dishonesty, so no evaluation and no measure rests on it."""
    kind = CATALOGUE.kind("penalty_excluded")
    assert kind.category is Category.other
    assert {one.disclosure for one in kind.fields} == {DisclosureClass.INTERNAL}


def test_example_11_a_persons_penalty_exists_for_the_person_and_a_government_purpose_alone() -> None:
    """Art. 36, 37; Shandong Art. 20(3)."""
    found = penalty("2026-05-06", "fine", domain="food", on=HUMAN)
    assert found.pub_from is None
    record = {"kind": PENALTY, "subject_kind": HUMAN.value, "state": "active", **found.stored()}

    def reaches(relation_: Relation, purpose: Purpose | None = None) -> bool:
        scope = Scope(relation_, TODAY, purpose=purpose)
        return any(within(record, clause) for clause in PLANNER.reach(scope, SubjectKind))

    assert not reaches(Relation.NONE)
    assert reaches(Relation.SELF)
    assert reaches(Relation.GOVERNMENT, Purpose.INSPECTION)


def test_example_13_a_manager_s_identity_number_in_the_facts_is_refused_before_it_is_stored() -> None:
    """Art. 64."""
    kind = CATALOGUE.kind(PENALTY)
    found = check(kind, FIRM, filings.a_penalty(facts=f"经理王某，身份证{filings.CITIZEN}"), today=TODAY)
    assert isinstance(found, tuple)
    assert [(one.field, one.rule) for one in found] == [("facts", "personal_id")]
    assert filings.CITIZEN not in repr(found)
    assert isinstance(check(kind, FIRM, filings.a_penalty(), today=TODAY), Checked)


def test_example_15_a_severe_entry_leaves_the_site_by_the_third_working_day() -> None:
    """Art. 35: Saturday 7 and Sunday 8 October 2023 are worked."""
    found = severe("2023-09-28")
    assert (found.pub_to, found.provisional) == ("2023-10-09", False)
    assert found.rule_set == "qufu-2023-8, Art. 35"
    assert (stage_on(found, "2023-10-09"), stage_on(found, "2023-10-10")) == (Stage.PUBLIC, Stage.NOT_PUBLIC)
    assert severe("2023-09-28", under=NAIVE).pub_to == "2023-10-11" != found.pub_to


@pytest.mark.parametrize(
    ("conduct", "kept"),
    [example(17, "2033-07-10", "2043-07-10")],
)
def test_new_conduct_on_the_last_day_of_retention_lets_it_begin_anew(conduct: str, kept: str) -> None:
    """Art. 35, D3: the last day lies within the ten years."""
    assert severe("2023-07-10").keep_to == "2033-07-10"
    found = severe("2023-07-10", conducts=[conduct])
    assert (found.keep_to, found.keep_rule) == (kept, "qufu-2023-8, Art. 35")
    assert stage_on(found, kept) is not Stage.SHIELDED
    assert stage_on(found, day(kept) + DAY) is Stage.SHIELDED


def test_example_19_all_disclosure_ends_five_years_after_the_conduct_and_the_entry_is_kept_inside() -> None:
    """Shandong Art. 38: publicity, authorised queries and government sharing alike."""
    found = severe("2023-07-10", "2023-06-30", conducts=["2033-07-10"])
    assert (found.disc_to, found.keep_to) == ("2028-06-30", "2043-07-10")
    assert found.disc_rule == "shandong-2020, Shandong Art. 38"
    assert stage_on(found, "2028-06-30") is Stage.NOT_PUBLIC
    assert stage_on(found, "2028-07-01") is Stage.DISCLOSURE_ENDED
    record = {"kind": SEVERE, "subject_kind": FIRM.value, "state": "active", **found.stored()}

    def readers(on: date) -> set[Relation]:
        scopes = [Scope(one, on, purpose=Purpose.INSPECTION) for one in Relation]
        return {
            one.relation
            for one in scopes
            if any(within(record, clause) and _shows(clause, SEVERE) for clause in PLANNER.reach(one, [FIRM]))
        }

    inside = {Relation.FILING_UNIT, Relation.CENTRE}
    assert readers(date(2028, 6, 30)) >= {Relation.SELF, Relation.AGENT, Relation.GOVERNMENT} | inside
    assert readers(date(2028, 7, 1)) == inside


def _shows(clause: Any, code: str) -> bool:
    return bool(clause.plans[code].shown or clause.plans[code].masked)


def test_example_19_publicity_ends_with_all_disclosure() -> None:
    """Shandong Art. 38 is superior (Art. 86): a penalty's three years do not outlast the five."""
    found = penalty("2026-05-01", "fine", conductEndedOn="2023-06-30")
    assert (found.pub_to, found.disc_to, found.rule_set) == (
        "2028-06-30",
        "2028-06-30",
        "shandong-2020, Shandong Art. 38",
    )
    assert (stage_on(found, "2028-06-30"), stage_on(found, "2028-07-01")) == (
        Stage.PUBLIC,
        Stage.DISCLOSURE_ENDED,
    )


def test_example_21_no_retention_runs_for_a_person_while_the_conduct_lasts() -> None:
    """Art. 36: arrears unpaid since 2019."""
    kind, found_on = CATALOGUE.kind("arrears"), date(2019, 5, 1)
    owing = clocks_of(kind, HUMAN, {"foundOn": "2019-05-01"}, found_on)
    assert (owing.pub_from, owing.disc_to, owing.keep_to) == (None, OPEN, OPEN)
    assert owing.keep_rule == "qufu-2023-8, Art. 36"
    paid = clocks_of(kind, HUMAN, {"foundOn": "2019-05-01", "endedOn": "2020-02-29"}, found_on)
    assert (paid.pub_from, paid.disc_to, paid.keep_to) == (None, "2025-02-28", "2025-02-28")


@pytest.mark.parametrize(
    ("name", "start", "due", "naive"),
    [
        example(23, "objection_own_working_days", "2025-09-28", "2025-10-09", None, part="own scope"),
        example(23, "objection_assist_working_days", "2025-09-28", "2025-10-14", "2025-10-15", part="others"),
        example(23, "objection_fix_working_days", "2025-10-09", "2025-10-11", "2025-10-13", part="fix"),
        example(25, "objection_own_working_days", "2023-10-06", "2023-10-09", "2023-10-11"),
        example(29, "correction_report_working_days", "2024-09-29", "2024-10-09", None),
        example(31, "repair_acceptance_working_days", "2026-09-24", "2026-09-30", None, part="acceptance"),
        example(31, "repair_result_working_days", "2026-09-24", "2026-10-15", "2026-10-16", part="result"),
    ],
)
def test_a_term_in_working_days_counts_make_up_days(
    name: str, start: str, due: str, naive: str | None
) -> None:
    """Art. 57, 59, Order 36; Civil Code Art. 201: the first day is not counted."""
    basis = REGIME_36.rules.parameter(name).basis
    assert deadline(name, day(start), REGIME_36) == Due(day(due), False, basis)
    if naive is not None:
        assert str(deadline(name, day(start), NAIVE_36).day) == naive != due


def test_example_29_a_correction_made_on_a_make_up_sunday_is_reported_in_time() -> None:
    """Art. 57, D4: three working days from the correction."""
    corrected = day("2024-09-29")
    judged = [judge(Report(Duty.CORRECTION, corrected, day(f"2024-10-{n}")), REGIME) for n in ("09", "10")]
    assert [one.due for one in judged] == [day("2024-10-09")] * 2
    assert [one.late for one in judged] == [False, True]


def test_example_39_thirty_days_end_with_the_first_of_december() -> None:
    """Art. 32, 33, 62; Civil Code Art. 201: the first day is not counted."""
    start = date(2026, 11, 1)
    fields = ("AdministrativePenalty.fineAmount", "AdministrativeLicence.content")
    terms = Terms("loan_approval", "贷款审批", fields, 30, 10, "已告知", "授权书 1")
    assert check_terms(terms, FIRM, CATALOGUE, start) is None
    assert ends_on(start, 30) == date(2026, 12, 1)
    consent = Consent(
        "con_1", "sub_1", BANK, terms.purpose, "贷款审批", frozenset(fields), start, ends_on(start, 30), 10, 0,
        ConsentState.ACTIVE, 1,
    )  # fmt: skip
    subject = Subject(id="sub_1", kind=COMPANY.kind, name=COMPANY.name, code=COMPANY.key)

    def carried(on: date, given: Consent = consent) -> bool:
        return isinstance(relation.authorised(INQUIRER.viewer(), subject, given, on), Scope)

    assert carried(date(2026, 12, 1))
    assert not carried(date(2026, 12, 2))
    assert carried(date(2026, 11, 10))
    assert not carried(date(2026, 11, 10), replace(consent, state=ConsentState.REVOKED))
    scope = Scope(Relation.CONSENTED, date(2026, 11, 10), consent=consent)
    listing = CATALOGUE.kind(SEVERE)
    for field in listing.fields:
        assert decide(scope, listing, field, FIRM, Stage.PUBLIC).state is FieldState.WITHHELD


@pytest.mark.parametrize("severity", ["specific_serious", "特定严重"])
def test_example_43_nobody_sets_a_severity_on_a_natural_person(severity: str) -> None:
    """Art. 14: legal persons and unincorporated organisations only."""
    found = check(CATALOGUE.kind(PENALTY), HUMAN, filings.a_personal_penalty(severity=severity), today=TODAY)
    assert isinstance(found, tuple)
    assert [(one.field, one.rule) for one in found] == [("severity", "not_for_subject")]


def test_example_47_a_government_unit_names_its_matter() -> None:
    """Art. 37, 38: the purpose is an argument nobody can leave out; the matter must be one."""
    viewer = AGENCY.viewer()
    assert isinstance(relation.share(viewer, Purpose.PUBLIC_RESOURCES, "", TODAY), relation.Refusal)
    assert isinstance(relation.share(viewer, Purpose.PUBLIC_RESOURCES, "曲采〔2026〕7号", TODAY), Scope)
    for kind in CATALOGUE.kinds.values():
        for field in kind.fields if kind.purposes else ():
            without = decide(Scope(Relation.GOVERNMENT, TODAY), kind, field, FIRM, Stage.PUBLIC)
            assert without.state is FieldState.WITHHELD


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        example(51, "11370881004339597L", "11370881004339597L"),
        example(51, "11370881004339597l", "11370881004339597L", part="lower-case"),
        example(51, "N2370881MF200005XG", "N2370881MF200005XG", part="village collective"),
        example(51, "91370881MA3C000112", "uscc_check", part="check character"),
        example(51, "91370881IA3C00011X", "uscc", part="a letter not allowed"),
    ],
)
def test_a_unified_code_is_accepted_in_capitals_or_refused(sent: str, answer: str) -> None:
    """GB 32100: the check character of the fourth must be 1, and the fifth holds an I."""
    found = clean_uscc(sent)
    assert (found.rule if isinstance(found, Fault) else found) == answer


def test_the_clocks_of_the_examples_are_final() -> None:
    """Design 5: only a day beyond the announced calendar is provisional, and no example reaches one."""
    made: list[Clocks] = [
        severe("2023-09-28"),
        severe("2023-07-10", "2023-06-30"),
        penalty("2024-02-29", "fine"),
    ]
    assert not any(one.provisional for one in made)
