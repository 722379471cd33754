"""Makers of what a subject is and what it was allowed, or praised for: basic and trustworthy records."""

from __future__ import annotations

from seed.case import OPEN_ENDED, YEAR, Case, Values, later
from seed.party import staff_name
from server.catalogue.kind import SubjectKind

_LICENCES = {
    "approval": (
        ("准予行政许可决定书", "人力资源服务许可证", "曲行审许字", "人力资源服务许可"),
        ("准予行政许可决定书", "民办学校办学许可证", "曲行审教许字", "民办教育机构设立许可"),
        ("准予行政许可决定书", "城镇污水排入排水管网许可证", "曲行审排许字", "污水排入排水管网许可"),
    ),
    "market": (
        ("食品经营许可决定书", "食品经营许可证", "曲市监食许", "热食类食品制售；预包装食品销售"),
        ("特种设备使用登记决定书", "特种设备使用登记证", "曲市监特许", "电梯使用登记"),
    ),
    "fire": (("公众聚集场所消防安全检查意见书", "消防安全检查合格证", "曲消安检字", "营业前消防安全检查"),),
    "transport": (("道路运输经营行政许可决定书", "道路运输经营许可证", "曲交运许字", "道路普通货物运输"),),
    "health": (("卫生行政许可决定书", "公共场所卫生许可证", "曲卫许字", "住宿场所、美容美发场所经营"),),
    "agriculture": (("农药经营许可决定书", "农药经营许可证", "曲农药许", "农药经营（限制使用农药除外）"),),
    "culture": (("营业性演出许可决定书", "营业性演出许可证", "曲文旅演许", "举办营业性演出"),),
    "water": (("取水许可决定书", "取水许可证", "曲水许字", "地下水取水许可"),),
    "environment": (("排污许可决定书", "排污许可证", "济环曲许字", "排放水污染物、大气污染物"),),
    "labour": (("劳务派遣经营许可决定书", "劳务派遣经营许可证", "曲人社派许", "劳务派遣业务"),),
    "justice": (("律师执业许可决定书", "律师执业证", "曲司许字", "在律师事务所从事专职执业"),),
}


def entity_basic(case: Case) -> Values:
    """The register entry of an organisation, some with an older name (Art. 11)."""
    party, founded = case.party, case.ago(2 * YEAR, 22 * YEAR)
    values: Values = {
        "entityKind": party.form,
        "legalRepresentative": party.head.name,
        "establishedOn": founded.isoformat(),
        "address": party.address,
        "status": "active" if case.party.index < 40 or case.chance(0.93) else case.pick(_ENDED),
        "industry": party.trade.industry,
        "authority": case.unit.name,
        "businessScope": party.trade.scope,
        "area": party.area,
        "legalRepresentativeIdNumber": party.head.number,
    }
    if party.form in ("enterprise", "cooperative"):
        values["registeredCapital"] = str(case.pick((10, 50, 100, 200, 500, 1000, 3000)))
        values["contactPhone"] = f"0537-440{case.random.randint(1000, 9999)}"
    if party.form == "enterprise" and case.chance(0.15):
        values["historicalNames"] = [party.name.replace("有限公司", "商行").replace("曲阜市", "曲阜")]
        values["actualController"] = party.head.name
    return values


_ENDED = ("suspended", "revoked", "deregistered", "moved_out")


def individual_business(case: Case) -> Values:
    """The register entry of a shop; its operator is never public (D2)."""
    party = case.party
    return {
        "establishedOn": case.ago(YEAR, 12 * YEAR).isoformat(),
        "status": "active" if case.chance(0.9) else case.pick(_ENDED),
        "industry": party.trade.industry,
        "authority": "曲阜市市场监督管理局",
        "businessScope": party.trade.scope,
        "area": party.area,
        "operatorName": party.head.name,
        "premises": party.address,
        "operatorIdNumber": party.head.number,
        "contactPhone": f"1380537{case.random.randint(1000, 9999)}",
    }


def person_basic(case: Case) -> Values:
    """What is held of a citizen: never public (Art. 36)."""
    head = case.party.head
    values: Values = {
        "employment": case.pick(("在职", "灵活就业", "个体经营", "退休", "待业")),
        "education": case.pick(("初中", "高中", "中等专科", "大学专科", "大学本科", "硕士研究生")),
        "householdRegistration": head.address,
        "phone": f"1390537{case.random.randint(1000, 9999)}",
        "birthDate": head.birth.isoformat(),
    }
    if case.chance(0.3):
        values["qualifications"] = [case.pick(("二级建造师", "会计师（中级）", "电工（高级）", "导游资格"))]
    if case.chance(0.1):
        values["practisingLicence"] = [case.pick(("律师执业证", "注册安全工程师执业证"))]
    return values


def administrative_licence(case: Case) -> Values:
    """A licence: in force, without end, run out, or corrected to run out (Art. 31)."""
    party = case.party
    name, certificate, letters, content = case.pick(_LICENCES[case.unit.key])
    decided = case.ago(6 * YEAR, 8 * YEAR) if case.story == "expired" else case.ago(20, 3 * YEAR)
    until = OPEN_ENDED if case.story == "long" else later(decided, 5 * YEAR - 1)
    values: Values = {
        "partyCategory": category(party.kind),
        "documentName": name,
        "documentNumber": case.document(letters, decided),
        "licenceKind": case.pick(("ordinary", "ordinary", "approval", "recognition")),
        "certificateName": certificate,
        "licenceNumber": f"JY{case.random.randint(10**11, 10**12 - 1)}",
        "content": content,
        "decidedOn": decided.isoformat(),
        "validFrom": decided.isoformat(),
        "validTo": until,
        "state": "invalid" if case.story == "expired" else "valid",
        **case.from_unit,
    }
    return values | party_columns(case)


def category(kind: SubjectKind) -> str:
    """The party category of the licence and penalty standard."""
    if kind is SubjectKind.natural_person:
        return "natural_person"
    return "individual_business" if kind is SubjectKind.individual_business else "organisation"


def party_columns(case: Case) -> Values:
    """The columns of the standard that differ between persons, organisations and shops."""
    party = case.party
    if party.is_person:
        return {"partyDocumentType": "id_card"}
    if party.kind is SubjectKind.individual_business:
        return {}
    return {
        "legalRepresentative": party.head.name,
        "legalRepresentativeDocumentType": "id_card",
        "legalRepresentativeIdNumber": party.head.number,
        "organisationCode": (party.code or "")[8:17],
    }


_TITLES = {
    "red_list_entry": ("A级纳税人", "诚信经营示范单位", "守合同重信用企业", "劳动关系和谐企业"),
    "honour": ("曲阜市诚信单位", "山东省文明单位", "曲阜市五一劳动奖状", "尼山诚信奖", "济宁市先进集体"),
}


def red_list_entry(case: Case) -> Values:
    """A red list entry, in force or run out (Art. 12)."""
    return _praise(case, "red_list_entry")


def honour(case: Case) -> Values:
    """An honour, in force or run out (Art. 12, 79)."""
    return _praise(case, "honour")


def _praise(case: Case, kind: str) -> Values:
    granted = case.ago(4 * YEAR, 6 * YEAR) if case.story == "expired" else case.ago(15, 2 * YEAR)
    values: Values = {
        "title": case.pick(_TITLES[kind]),
        "level": case.pick(("provincial", "municipal", "county", "county", "town")),
        "granter": case.unit.name,
        "documentNumber": case.document("曲发", granted),
        "grantedOn": granted.isoformat(),
        "evidence": "表彰决定原件存档备查。",
    }
    if case.story == "expired" or case.chance(0.6):
        values["validTo"] = later(granted, 3 * YEAR)
    return values


def social_contribution(case: Case) -> Values:
    """Charity, rescue and other service to the public (Art. 12, 27)."""
    acts = ("charity", "charity", "other") if not case.party.is_person else tuple(_ACTS)
    act = case.pick(acts)
    values: Values = {
        "act": act,
        "description": _ACTS[act],
        "actedOn": case.ago(5, 4 * YEAR).isoformat(),
        "verifier": case.unit.name,
    }
    if act == "charity":
        values["amount"] = case.yuan(500, 50_000)
        values["beneficiary"] = case.pick(("曲阜市慈善总会", "石门山镇敬老院", "尼山镇希望小学"))
        values["beneficiaryIdentity"] = staff_name(case.serial)
    return values


_ACTS = {
    "charity": "向助学助困项目捐赠。",
    "return_property": "拾到他人财物后主动交还失主。",
    "rescue": "在沂河边救起落水人员。",
    "blood_donation": "参加年度无偿献血活动。",
    "other": "参与社区公益服务。",
}


def volunteer_activity(case: Case) -> Values:
    """Voluntary service with its hours (Art. 12)."""
    served = case.ago(3, 3 * YEAR)
    return {
        "organisation": case.pick(("曲阜市文明实践志愿服务总队", "尼山义工服务队", "杏坛志愿讲解队")),
        "hours": str(case.random.randint(2, 80) / 2),
        "servedOn": served.isoformat(),
        "location": case.pick(("孔庙景区", "市图书馆", "沂河公园", "鲁城街道社区服务中心")),
    }
