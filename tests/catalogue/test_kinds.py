"""The shipped catalogue: what every kind must have, and the classes of those that matter most."""

from __future__ import annotations

import re

import pytest

from server.catalogue.envelope import ENVELOPE
from server.catalogue.kind import (
    AUDIENCES,
    Audience,
    Category,
    DisclosureClass,
    Family,
    Field,
    Kind,
    SubjectKind,
    ValueType,
)
from tests.catalogue.makers import CATALOGUE

P, AG, A, G, I = DisclosureClass  # noqa: E741  the letters of the law's own table
PERSON, COMPANY, SHOP = SubjectKind.natural_person, SubjectKind.legal_person, SubjectKind.individual_business
KINDS = list(CATALOGUE.kinds.values())
FIELDS = [pytest.param(kind, one, id=f"{kind.code}.{one.name}") for kind in KINDS for one in kind.fields]
NUMBERS = [
    pytest.param(kind, one, id=f"{kind.code}.{one.name}")
    for kind in KINDS
    for one in kind.fields
    if one.type is ValueType.citizen_id
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]{2}")

EXPECTED = [
    "person_basic",
    "entity_basic",
    "individual_business",
    "administrative_licence",
    "administrative_penalty",
    "penalty_excluded",
    "compulsory_enforcement",
    "judgment_defaulter",
    "arrears",
    "false_material",
    "severe_list_entry",
    "abnormal_list",
    "red_list_entry",
    "honour",
    "social_contribution",
    "volunteer_activity",
    "self_declaration",
    "commitment",
    "commitment_breach",
    "supervision",
    "bankruptcy_exit",
    "government_integrity",
    "civil_servant_file",
    "student_credit",
    "market_record",
    "evaluation",
    "member_credit",
    "finding_notice",
    "rectification_order",
]
CF = [
    "XDR_MC",
    "XDR_LB",
    "XDR_SHXYM",
    "XDR_GSZC",
    "XDR_ZZJG",
    "XDR_SWDJ",
    "XDR_SYDW",
    "XDR_SHZZ",
    "FRDB",
    "FR_ZJLX",
    "FR_ZJHM",
    "XDR_ZJLX",
    "XDR_ZJHM",
    "WSH",
    "WFXW",
    "SY",
    "YJ",
    "CFLB",
    "NR",
    "NR_FK",
    "NR_WFFF",
    "NR_ZKDX",
    "JDRQ",
    "YXQ",
    "GSJZQ",
    "CFJG",
    "CFJGDM",
    "SJLY",
    "SJLYDM",
]
XK = [
    "XDR_MC",
    "XDR_LB",
    "XDR_SHXYM",
    "XDR_GSZC",
    "XDR_ZZJG",
    "XDR_SWDJ",
    "XDR_SYDW",
    "XDR_SHZZ",
    "FRDB",
    "FR_ZJLX",
    "FR_ZJHM",
    "XDR_ZJLX",
    "XDR_ZJHM",
    "XKWS",
    "WSH",
    "XKLB",
    "XKZS",
    "XKBH",
    "NR",
    "JDRQ",
    "YXQZ",
    "YXQZI",
    "XKJG",
    "XKJGDM",
    "ZT",
    "LYDW",
    "LYDWDM",
]
PENALTY_CLASSES = {
    "partyName": (P, AG),
    "uscc": (P, None),
    "registrationNumber": (AG, None),
    "organisationCode": (AG, None),
    "taxNumber": (G, None),
    "legalRepresentative": (P, None),
    "legalRepresentativeDocumentType": (I, None),
    "legalRepresentativeIdNumber": (G, None),
    "partyDocumentType": (None, AG),
    "partyIdNumber": (None, AG),
    "documentNumber": (P, AG),
    "facts": (P, AG),
    "penaltyTypes": (P, AG),
    "fineAmount": (P, AG),
    "decidedOn": (P, AG),
    "publicityEndAsSent": (I, I),
    "severity": (AG, None),
    "domain": (P, AG),
    "procedure": (AG, AG),
    "minorAndRemedied": (AG, AG),
    "conductEndedOn": (AG, AG),
    "procedureEvidence": (G, G),
    "officerNames": (I, I),
    "remarks": (I, I),
}


def test_all_record_kinds_are_there() -> None:
    assert set(CATALOGUE.kinds) == set(EXPECTED)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_kind_is_complete_and_bilingual(kind: Kind) -> None:
    """Art. 21: item, attribute, scope, source, channel, frequency; the type name follows the code."""
    assert kind.type_name == "".join(word.capitalize() for word in kind.code.split("_"))
    assert kind.sources
    assert kind.basis
    for label in (kind.name, kind.description, kind.sharing, *kind.sources):
        assert CHINESE.search(label.zh)
        assert LATIN.search(label.en)


@pytest.mark.parametrize(("kind", "one"), FIELDS)
def test_every_field_is_bilingual(kind: Kind, one: Field) -> None:
    for label in (one.label, one.description, *(option.label for option in one.options)):
        assert CHINESE.search(label.zh)
        assert LATIN.search(label.en)
        assert not CHINESE.search(label.en)
    assert one.label.zh != one.description.zh or one.label.en != one.description.en
    assert kind.meant_by(one.name) is one
    assert kind.meant_by(one.label.zh) is one


@pytest.mark.parametrize(("kind", "one"), FIELDS)
def test_nothing_about_a_natural_person_is_public(kind: Kind, one: Field) -> None:
    """Shandong Art. 20 (3): honours included."""
    own = one.class_for(PERSON)
    assert own is None or Audience.public not in AUDIENCES[own]


@pytest.mark.parametrize(("kind", "one"), NUMBERS)
def test_no_identity_number_leaves_unmasked(kind: Kind, one: Field) -> None:
    """Art. 64: only the subject itself and those on duty see the number."""
    masked = one.mask.audiences if one.mask else frozenset()
    for subject in kind.subjects:
        own = one.class_for(subject)
        raw = (AUDIENCES[own] if own else frozenset()) - masked
        assert raw <= {Audience.subject, Audience.internal}


@pytest.mark.parametrize("subject", list(SubjectKind))
@pytest.mark.parametrize("audience", list(Audience))
def test_the_classes_of_a_penalty(subject: SubjectKind, audience: Audience) -> None:
    kind = CATALOGUE.kind("administrative_penalty")
    for name, (entity, person) in PENALTY_CLASSES.items():
        one = kind.field(name)
        wanted = person if subject is PERSON else entity
        if subject not in one.subjects:
            wanted = None
        own = one.class_for(subject)
        assert own is wanted, name
        assert (own is not None and audience in AUDIENCES[own]) == (
            wanted is not None and audience in AUDIENCES[wanted]
        )


def test_each_class_reaches_the_audiences_of_article_30() -> None:
    everyone = {"public", "subject", "third_party", "government", "internal"}
    assert {
        P: everyone,
        AG: everyone - {"public"},
        A: {"subject", "third_party", "internal"},
        G: {"government", "internal"},
        I: {"internal"},
    } == AUDIENCES


@pytest.mark.parametrize(
    ("code", "prefix", "columns"),
    [("administrative_penalty", "CF_", CF), ("administrative_licence", "XK_", XK)],
)
def test_every_column_of_the_exchange_standard_is_there(code: str, prefix: str, columns: list[str]) -> None:
    kind = CATALOGUE.kind(code)
    assert {one.code for one in kind.fields if one.code} == {prefix + column for column in columns} | {"BZ"}
    for column in columns:
        one = kind.meant_by(prefix.lower() + column.lower())
        assert one is not None
        assert one.code == prefix + column


def test_the_excluded_penalty_is_internal_whole() -> None:
    """Art. 15: it is no credit fact."""
    kind = CATALOGUE.kind("penalty_excluded")
    assert {one.disclosure for one in kind.fields} | {one.person_disclosure for one in kind.fields} <= {
        I,
        None,
    }
    assert kind.category is Category.other


def test_severity_is_for_organisations_only() -> None:
    """Art. 14."""
    severity = CATALOGUE.kind("administrative_penalty").field("severity")
    assert severity.subjects == {SubjectKind.legal_person, SubjectKind.unincorporated}
    assert [option.code for option in severity.options] == ["general", "serious", "specific_serious"]


def test_the_operator_of_a_business_is_not_public() -> None:
    kind = CATALOGUE.kind("individual_business")
    public = {one.name for one in kind.fields if one.class_for(SHOP) is P}
    assert public.isdisjoint({"operatorName", "premises", "operatorIdNumber", "contactPhone"})
    for code in ("administrative_penalty", "administrative_licence"):
        assert CATALOGUE.kind(code).field("legalRepresentative").class_for(SHOP) is None


def test_persons_behind_a_severe_entry_are_named_but_not_published() -> None:
    """Art. 46."""
    kind = CATALOGUE.kind("severe_list_entry")
    names, ids = kind.field("responsiblePersons"), kind.field("responsiblePersonIds")
    assert (names.class_for(COMPANY), names.class_for(PERSON)) == (AG, None)
    assert (ids.class_for(COMPANY), ids.class_for(PERSON)) == (G, None)


def test_files_of_civil_servants_and_students_serve_one_purpose() -> None:
    """Art. 50, 76."""
    assert CATALOGUE.kind("civil_servant_file").purposes == {"public_service_appointment"}
    assert CATALOGUE.kind("student_credit").purposes == {"commendation"}
    for code in ("civil_servant_file", "student_credit", "person_basic"):
        kind = CATALOGUE.kind(code)
        assert kind.subjects == {PERSON}
        assert not any(one.entity for one in kind.fields)


def test_dishonesty_has_a_date_and_a_clock() -> None:
    """Art. 35, 36; Shandong Art. 38."""
    for kind in KINDS:
        if kind.category is Category.dishonest:
            assert kind.dated_by is not None
            assert kind.conduct_ended_by is not None


def test_market_information_is_kept_apart() -> None:
    """Art. 9."""
    assert {kind.code for kind in KINDS if kind.family is Family.market} == {"market_record", "member_credit"}


def test_unknown_names_are_key_errors() -> None:
    with pytest.raises(KeyError):
        CATALOGUE.kind("nothing")
    with pytest.raises(KeyError):
        CATALOGUE.by_type("Nothing")
    with pytest.raises(KeyError):
        KINDS[0].field("nothing")
    assert KINDS[0].meant_by("nothing") is None


def test_the_envelope_of_a_record_is_bilingual_and_not_public_for_persons() -> None:
    """Shandong Art. 20 (3); no field of a kind has the name of an envelope field, whose rule would replace its own."""
    for one in ENVELOPE:
        assert CHINESE.search(one.label.zh)
        assert LATIN.search(one.label.en)
        assert one.class_for(PERSON) is not P
    shared = {one.name for one in ENVELOPE} & {one.name for kind in KINDS for one in kind.fields}
    assert not shared
