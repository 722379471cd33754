"""One filing against one kind: required rules, subjects, cross rules, and silence about values."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.catalogue.check import AGREEMENT, Checked, Fault, check, name_of
from server.catalogue.kind import Kind, RequiredRule, SubjectKind
from tests.catalogue.makers import (
    CATALOGUE,
    CITIZEN,
    COMPANY,
    GOVERNMENT,
    SHOP,
    TODAY,
    a_field,
    a_kind,
    a_penalty,
    a_personal_penalty,
)

PENALTY = CATALOGUE.kind("administrative_penalty")
LEGAL, PERSON = SubjectKind.legal_person, SubjectKind.natural_person


def accepted(filing: dict[str, Any], subject: SubjectKind = LEGAL, kind: Kind = PENALTY) -> Checked:
    result = check(kind, subject, filing, today=TODAY)
    assert isinstance(result, Checked), result
    return result


def refused(
    filing: dict[Any, Any], subject: SubjectKind = LEGAL, kind: Kind = PENALTY
) -> set[tuple[str, str]]:
    result = check(kind, subject, filing, today=TODAY)
    assert isinstance(result, tuple)
    assert all(isinstance(fault, Fault) for fault in result)
    return {(fault.field, fault.rule) for fault in result}


def test_a_good_penalty_is_stored_clean() -> None:
    checked = accepted(a_penalty(uscc=COMPANY.lower(), decidedOn="20230815", remarks="  "))
    assert checked.values["uscc"] == COMPANY
    assert checked.values["decidedOn"] == "2023-08-15"
    assert checked.values["fineAmount"] == 500_000
    assert "remarks" not in checked.values
    assert checked.masked == {}
    assert checked.dropped == ()


def test_codes_and_labels_of_the_standard_name_the_same_fields() -> None:
    by_name = a_penalty()
    by_code = {PENALTY.field(key).code or key: value for key, value in by_name.items()}
    by_label = {PENALTY.field(key).label.zh: value for key, value in by_name.items()}
    assert accepted(by_code) == accepted(by_label) == accepted(by_name)
    assert name_of(PENALTY, " cf_wsh ") == "documentNumber"
    assert name_of(PENALTY, "行政处罚决定书文号") == "documentNumber"
    assert name_of(PENALTY, "文号") is None


def test_masked_forms_are_made_for_every_masked_field() -> None:
    assert accepted(a_personal_penalty(), PERSON).masked == {"partyIdNumber": "3****************0"}
    kind = CATALOGUE.kind("severe_list_entry")
    entry = {
        "partyName": "曲阜市杏坛食品有限公司",
        "uscc": COMPANY,
        "listName": "食品安全严重违法名单",
        "groundType": "statute",
        "groundArticle": "第十条",
        "facts": "生产不符合标准的食品",
        "decisionNumber": "1号",
        "decidedOn": "2024-01-02",
        "listingAuthority": "曲阜市市场监督管理局",
        "listedOn": "2024-01-03",
        "exitConditions": "改正",
        "remedies": "行政复议",
        "responsiblePersons": "法定代表人：孔文",
        "responsiblePersonIds": [CITIZEN],
    }
    assert accepted(entry, kind=kind).masked == {"responsiblePersonIds": ["3****************0"]}
    assert ("responsiblePersons", "required") in refused(entry | {"responsiblePersons": []}, kind=kind)


ALWAYS = [one.name for one in PENALTY.fields if one.required.rule is RequiredRule.always]


@pytest.mark.parametrize("name", ALWAYS)
@pytest.mark.parametrize("subject", [LEGAL, PERSON])
def test_what_is_always_required_is_missed(name: str, subject: SubjectKind) -> None:
    filing = a_penalty(**{name: None}) if subject is LEGAL else a_personal_penalty(**{name: None})
    assert (name, "required") in refused(filing, subject)


@pytest.mark.parametrize(
    ("filing", "subject", "missing"),
    [
        (a_penalty(uscc=None), LEGAL, "uscc"),
        (a_penalty(legalRepresentative=None), LEGAL, "legalRepresentative"),
        (a_personal_penalty(partyIdNumber=None), PERSON, "partyIdNumber"),
        (a_personal_penalty(partyDocumentType=None), PERSON, "partyDocumentType"),
        (a_penalty(fineAmount=None), LEGAL, "fineAmount"),
        (a_penalty(penaltyTypes="罚款、没收", confiscatedAmount=" "), LEGAL, "confiscatedAmount"),
        (a_penalty(penaltyTypes=["fine", "revocation"]), LEGAL, "suspendedLicence"),
        (a_penalty(penaltyTypes=["fine", "suspension"]), LEGAL, "suspendedLicence"),
    ],
)
def test_what_is_required_of_some_is_missed(
    filing: dict[str, Any], subject: SubjectKind, missing: str
) -> None:
    assert refused(filing, subject) == {(missing, "required")}


def test_a_faulty_field_is_not_called_missing_as_well() -> None:
    assert refused(a_penalty(decidedOn="gestern")) == {("decidedOn", "date")}


def test_conditions_on_a_single_choice() -> None:
    kind = a_kind(a_field("why", required={"when": "state", "one_of": ["shut"]}))
    assert refused({"state": "shut"}, kind=kind) == {("why", "required")}
    assert accepted({"state": "open"}, kind=kind)
    assert accepted({}, kind=kind)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"fineAmount": "0.5", "penaltyTypes": ["warning"]}, ("fineAmount", "only_when")),
        ({"confiscatedAmount": 1}, ("confiscatedAmount", "only_when")),
        ({"decidedOn": TODAY + timedelta(1)}, ("decidedOn", "future")),
        ({"conductEndedOn": TODAY + timedelta(1)}, ("conductEndedOn", "future")),
        ({"validTo": "2023-08-14"}, ("validTo", "order")),
        ({"partyCategory": "natural_person"}, ("partyCategory", "category")),
        ({"partyCategory": "individual_business"}, ("partyCategory", "category")),
        ({"uscc": SHOP}, ("uscc", "uscc_kind")),
        ({"organisationCode": "004339597"}, ("organisationCode", "organisation_code_differs")),
        ({"documentNumber": "长" * 129}, ("documentNumber", "length")),
        ({"facts": "经理王某，身份证" + CITIZEN}, ("facts", "personal_id")),
        ({"content": "联系13812345678"}, ("content", "personal_phone")),
        ({"content": "账号4111111111111111"}, ("content", "personal_card")),
        ({"remarks": CITIZEN}, ("remarks", "personal_id")),
        ({"remarks": "患有高血压"}, ("remarks", "forbidden_illness")),
        ({"remarks": {"note": ["信仰佛教"]}}, ("remarks", "forbidden_religion")),
        ({"remarks": {"note": "无"}}, ("remarks", "text")),
        ({"officerNames": ["孔文", "血型A"]}, ("officerNames", "forbidden_blood_type")),
        (
            {"legalRepresentativeIdNumber": "370881197003070011"},
            ("legalRepresentativeIdNumber", "citizen_id_check"),
        ),
        ({"CF_WSH": "2号"}, ("documentNumber", "twice")),
        ({"surprise": 1}, ("surprise", "unknown_field")),
        ({"未知的列": 1}, ("未知的列", "unknown_field")),
        ({CITIZEN: 1}, ("", "unknown_field")),
        ({"x" * 60: 1}, ("", "unknown_field")),
        ({7: 1}, ("", "unknown_field")),
        ({"bloodType": 1}, ("", "forbidden_blood_type")),
        ({"患有高血压": 1}, ("", "forbidden_illness")),
    ],
)
def test_a_penalty_is_refused_for_exactly_its_fault(changes: dict[Any, Any], fault: tuple[str, str]) -> None:
    filing = {key: value for key, value in (a_penalty() | changes).items() if value is not None}
    assert refused(filing) == {fault}


@pytest.mark.parametrize(
    "changes",
    [
        {"fineAmount": "0", "penaltyTypes": "警告"},
        {"decidedOn": TODAY},
        {"validTo": "2023-08-15"},
        {"organisationCode": COMPANY[8:17]},
        {"remarks": "电话13812345678"},
        {"legalRepresentativeIdNumber": CITIZEN},
        {"legalRepresentativeIdNumber": CITIZEN, "legalRepresentativeDocumentType": "01"},
        {"legalRepresentativeIdNumber": "E1234567", "legalRepresentativeDocumentType": "护照"},
        {"severity": "严重失信"},
        {"publicityEndAsSent": "2026-08-15"},
    ],
)
def test_a_penalty_with_lawful_changes_is_accepted(changes: dict[str, Any]) -> None:
    assert accepted(a_penalty(**changes))


def test_a_passport_needs_its_document_type() -> None:
    filing = a_penalty(legalRepresentativeIdNumber="E1234567", legalRepresentativeDocumentType="驾照")
    assert refused(filing) == {
        ("legalRepresentativeDocumentType", "choice"),
        ("legalRepresentativeIdNumber", "citizen_id"),
    }


@pytest.mark.parametrize("subject", list(SubjectKind))
def test_severity_is_refused_for_all_but_organisations(subject: SubjectKind) -> None:
    """Art. 14."""
    filing = a_penalty(severity="general")
    if subject is PERSON:
        filing = a_personal_penalty(severity="general")
    if subject is SubjectKind.individual_business:
        filing |= {"uscc": SHOP, "partyCategory": "individual_business", "legalRepresentative": None}
    if subject in (LEGAL, SubjectKind.unincorporated):
        assert accepted(filing, subject).values["severity"] == "general"
    else:
        assert refused(filing, subject) == {("severity", "not_for_subject")}


def test_columns_of_the_standard_that_do_not_apply_are_dropped() -> None:
    """Art. 7: the operator of a business is not stored as a legal representative."""
    shop = a_penalty(uscc=SHOP, partyCategory="个体工商户", legalRepresentative=None, CF_FRDB="孔文")
    checked = accepted(shop, SubjectKind.individual_business)
    assert checked.dropped == ("legalRepresentative",)
    assert "legalRepresentative" not in checked.values
    person = accepted(a_personal_penalty(CF_XDR_SHXYM="无"), PERSON)
    assert person.dropped == ("uscc",)
    assert refused(a_penalty(uscc=COMPANY, partyCategory="个体工商户"), SubjectKind.individual_business) == {
        ("uscc", "uscc_kind")
    }


@pytest.mark.parametrize("kind", list(CATALOGUE.kinds.values()), ids=lambda kind: kind.code)
@pytest.mark.parametrize("subject", list(SubjectKind))
def test_only_admissible_subjects_have_records_of_a_kind(kind: Kind, subject: SubjectKind) -> None:
    inadmissible = (kind.code, "subject_kind") in refused({}, subject, kind)
    assert inadmissible == (subject not in kind.subjects)


def test_a_licence_is_valid_from_before_it_is_valid_to() -> None:
    kind = CATALOGUE.kind("administrative_licence")
    filing = {
        "validFrom": "2024-01-02",
        "validTo": "2024-01-01",
        "decidedOn": "2023-01-01",
        "dataSourceCode": GOVERNMENT,
    }
    assert ("validTo", "order") in refused(filing, kind=kind)
    assert ("validTo", "order") not in refused(filing | {"validTo": "2099-12-31"}, kind=kind)


def a_market_record(**changes: Any) -> dict[str, Any]:
    return {
        "partyName": "孔文",
        "item": "收支情况说明",
        "content": "年收入12万",
        "collector": "曲阜市某商会",
        "collectedOn": "2025-01-01",
        "publicationBasis": "none",
        "terms": "仅供贷款审批",
        **dict.fromkeys(AGREEMENT, "书面约定"),
    } | changes


def test_income_is_market_information_with_a_written_agreement_only() -> None:
    """Art. 63; worked example 41."""
    kind = CATALOGUE.kind("market_record")
    assert accepted(a_market_record(), PERSON, kind)
    for name in AGREEMENT:
        assert refused(a_market_record(**{name: ""}), PERSON, kind) == {("content", "forbidden_income")}
    assert refused(a_market_record(content="有高血压病史"), PERSON, kind) == {
        ("content", "forbidden_illness")
    }
    assert refused(a_market_record(content="名下房产两套"), PERSON, kind) == {
        ("content", "forbidden_real_estate")
    }


def test_a_public_unit_cannot_claim_an_agreement() -> None:
    kind = a_kind(*(a_field(name) for name in AGREEMENT), a_field("content"))
    filing = {"content": "年收入12万", **dict.fromkeys(AGREEMENT, "书面约定")}
    assert refused(filing, PERSON, kind) == {("content", "forbidden_income")}


def test_personal_numbers_are_searched_only_where_a_field_is_public_for_the_subject() -> None:
    text = "联系电话13812345678"
    assert refused(a_penalty(content=text)) == {("content", "personal_phone")}
    assert accepted(a_personal_penalty(content=text), PERSON)


@given(
    st.dictionaries(
        st.sampled_from([one.name for one in PENALTY.fields]),
        st.integers(10**8, 10**12).map(lambda secret: f"甲{secret}\x01乙"),
        min_size=1,
    ),
    st.sampled_from(list(SubjectKind)),
)
def test_faults_never_hold_what_was_sent(filing: dict[str, str], subject: SubjectKind) -> None:
    faults = check(PENALTY, subject, filing, today=TODAY)
    assert isinstance(faults, tuple)
    for value in filing.values():
        assert value.split("\x01")[0][1:] not in repr(faults)
