"""Makers of dishonesty records (Art. 13, 14, 16): each story is a stage in the life of such a record."""

from __future__ import annotations

from datetime import date

from seed.basics import category, party_columns
from seed.case import OPEN_ENDED, YEAR, Case, Values, ended, later
from seed.offences import OFFENCES, Offence
from seed.party import staff_name
from server.catalogue.kind import SubjectKind

_SPAN = {
    "publicity_ended": (3 * YEAR + 40, 4 * YEAR + 200),
    "disclosure_ended": (5 * YEAR + 60, 9 * YEAR),
    "shown": (10, 10),
    "ended": (3 * YEAR + 60, 3 * YEAR + 60),
    "long_ago": (5 * YEAR + 60, 9 * YEAR),
}


def _decided(case: Case) -> date:
    return case.ago(*_SPAN.get(case.story, (15, 2 * YEAR + 300)))


def administrative_penalty(case: Case) -> Values:
    """A penalty: public, run out, never public, corrected, or of conduct that goes on (Art. 13, 34)."""
    party, decided = case.party, _decided(case)
    offences = OFFENCES[case.unit.key]
    if case.story == "safety":
        offences = tuple(one for one in offences if one.domain != "none")
    offence = case.pick(offences)
    types = {"warning": ("warning",), "criticism": ("criticism",)}.get(case.story, offence.types)
    values: Values = {
        "partyCategory": category(party.kind),
        "documentNumber": case.document(offence.letters, decided),
        "illegalAct": offence.act,
        "facts": offence.facts,
        "basis": offence.basis,
        "penaltyTypes": list(types),
        "decidedOn": decided.isoformat(),
        "validTo": OPEN_ENDED if case.chance(0.5) else later(decided, YEAR),
        "domain": offence.domain,
        "procedure": "ordinary",
        "intent": case.pick(("过失", "疏于管理", "未发现主观故意")),
        "circumstances": case.pick(("初次违法", "配合调查", "主动消除部分后果")),
        "consequences": case.pick(("未造成危害后果", "危害后果轻微", "造成一定社会影响")),
        "procedureEvidence": f"案卷 {case.serial} 第 3 至 18 页",
        "officerNames": [staff_name(case.serial, 1), staff_name(case.serial, 2)],
        **case.from_unit,
    }
    values |= _penalty_content(case, offence, types) | party_columns(case)
    if case.story != "open":
        values["conductEndedOn"] = ended(case, decided)
    if party.kind in (SubjectKind.legal_person, SubjectKind.unincorporated):
        values["severity"] = case.pick(("general", "general", "general", "serious", "specific_serious"))
        values["taxNumber"] = party.code
    return values


def _penalty_content(case: Case, offence: Offence, types: tuple[str, ...]) -> Values:
    values: Values = {}
    said = []
    if "warning" in types:
        said.append("警告")
    if "criticism" in types:
        said.append("通报批评")
    if "fine" in types:
        values["fineAmount"] = case.yuan(*offence.fine)
        said.append(f"罚款{values['fineAmount']}万元")
    if "confiscation" in types:
        values["confiscatedAmount"] = case.yuan(200, 9_000)
        said.append("没收违法所得")
    if "suspension" in types:
        values["suspendedLicence"] = "消防安全检查合格证"
        said.append("责令停止使用并暂扣证照")
    if "order_stop" in types:
        said.append("责令停止建设")
    return values | {"content": "；".join(said) + "。"}


def penalty_excluded(case: Case) -> Values:
    """A penalty that Art. 15 keeps out of the credit record."""
    decided = case.ago(10, 3 * YEAR)
    offence = case.pick(OFFENCES[case.unit.key])
    fined = case.chance(0.7)
    values: Values = {
        "documentNumber": case.document(offence.letters, decided),
        "reason": case.pick(("simple_procedure", "minor_and_remedied")),
        "illegalAct": offence.act,
        "penaltyTypes": ["fine"] if fined else ["warning"],
        "decidedOn": decided.isoformat(),
        "authority": case.unit.name,
        "authorityCode": case.unit.code,
    }
    if fined:
        values["fineAmount"] = case.yuan(100, 1_000)
    return values


def compulsory_enforcement(case: Case) -> Values:
    """Enforcement of a decision that was not obeyed (Art. 13)."""
    decided = _decided(case)
    values: Values = {
        "decisionNumber": case.document("曲强执", decided),
        "measureKind": case.pick(("added_fine", "transfer", "restore", "substitute")),
        "authority": case.unit.name,
        "decidedOn": decided.isoformat(),
        "content": "当事人逾期不履行行政决定，依法予以强制执行。",
        "amount": case.yuan(2_000, 90_000),
    }
    return values | _end(case, decided)


def _end(case: Case, decided: date, name: str = "conductEndedOn") -> Values:
    return {} if case.story == "open" else {name: ended(case, decided, least=0, most=12)}


def judgment_defaulter(case: Case) -> Values:
    """A listing by the court; a natural person's is never public here (D9)."""
    filed = _decided(case)
    performed = case.story in ("performed", "long_ago")
    values: Values = {
        "court": case.unit.name,
        "province": "山东",
        "basisDocument": f"（{filed.year - 1}）鲁0881民初{case.random.randint(100, 4999)}号",
        "caseNumber": f"（{filed.year}）鲁0881执{case.random.randint(100, 4999)}号",
        "filedOn": filed.isoformat(),
        "publishedOn": min(filed.isoformat(), case.day.isoformat()),
        "obligation": f"支付货款{case.yuan(20_000, 900_000)}万元及利息。",
        "performance": "full" if performed else case.pick(("none", "none", "partial")),
        "behaviour": case.pick(("有履行能力而拒不履行生效法律文书确定义务", "违反财产报告制度")),
    }
    if values["performance"] == "partial":
        values |= {"performedPart": "已支付部分货款。", "unperformedPart": "剩余货款及利息。"}
    if performed:
        values["conductEndedOn"] = filed.isoformat()
    return values


def arrears(case: Case) -> Values:
    """Taxes, contributions or fees not paid (Art. 13); the amount owed, never the tax a person pays."""
    kinds = {"tax": ("tax",), "labour": ("social_insurance",), "medical_insurance": ("social_insurance",)}
    found = _decided(case)
    values: Values = {
        "arrearsKind": case.pick(kinds.get(case.unit.key, ("fee", "fund"))),
        "authority": case.unit.name,
        "period": f"{found.year - 1}年第{case.pick('一二三四')}季度",
        "foundOn": found.isoformat(),
        "amount": case.yuan(1_000, 300_000),
        "accountData": f"征收户{case.random.randint(1000, 9999)}",
    }
    return values if case.story in ("open", "corrected") else values | {"endedOn": found.isoformat()}


def false_material(case: Case) -> Values:
    """False material in an administrative matter (Art. 13)."""
    found = _decided(case)
    values: Values = {
        "actType": case.pick(("提供虚假证明材料", "隐瞒有关情况")),
        "matter": case.pick(("经营场所变更登记", "资质申报", "补贴申领")),
        "authority": case.unit.name,
        "foundOn": found.isoformat(),
        "decisionDocument": case.document("曲虚材认", found),
        "evidence": f"材料卷 {case.serial}",
    }
    return values | _end(case, found)


_LISTS = {
    "market": ("市场监督管理严重违法失信名单", "《市场监督管理严重违法失信名单管理办法》第五条"),
    "emergency": ("安全生产严重失信主体名单", "《安全生产严重失信主体名单管理办法》第七条"),
    "tax": ("重大税收违法失信主体名单", "《重大税收违法失信主体信息公布管理办法》第六条"),
    "labour": (
        "拖欠农民工工资失信联合惩戒对象名单",
        "《拖欠农民工工资失信联合惩戒对象名单管理暂行办法》第五条",
    ),
}


def severe_list_entry(case: Case) -> Values:
    """A severe listing: standing, or removed (Art. 16, 35)."""
    party = case.party
    listed = {
        "removed": case.ago(3 * YEAR, 4 * YEAR),
        "corrected": case.ago(3 * YEAR, 4 * YEAR),
    }.get(case.story, case.ago(30, 2 * YEAR))
    name, article = _LISTS[case.unit.key]
    values: Values = {
        "listName": name,
        "groundType": "national_list",
        "groundArticle": article,
        "facts": "经查证属实，情节严重，经告知和听取陈述申辩后决定列入。",
        "decisionNumber": case.document("曲严列", listed),
        "decidedOn": listed.isoformat(),
        "listingAuthority": case.unit.name,
        "listedOn": listed.isoformat(),
        "measuresWarned": ["限制参加政府采购活动", "不适用告知承诺制", "列为重点监管对象"],
        "exitConditions": "列入满三年且未再发生同类情形，或者经信用修复。",
        "exitProcedure": "向认定单位提出移出申请，由认定单位核实后决定。",
        "remedies": "可以自收到决定之日起六十日内申请行政复议，或者六个月内提起行政诉讼。",
        "priorNoticeReference": case.document("曲严告", listed),
    }
    if case.story == "removed":
        values |= removal(listed)
    if party.kind in (SubjectKind.legal_person, SubjectKind.unincorporated):
        values["responsiblePersons"] = [{"role": "legal_representative", "name": party.head.name}]
        values["responsiblePersonIds"] = [party.head.number]
    return values


def removal(listed: date) -> Values:
    """What a removal from a severe list adds: after the three years it takes at most."""
    removed = later(listed, 3 * YEAR - 30)
    return {"removedOn": removed, "removalReason": "期限届满且符合移出条件。", "conductEndedOn": removed}


def commitment_breach(case: Case) -> Values:
    """A commitment that was not kept (Art. 47)."""
    decided = _decided(case)
    values: Values = {
        "decision": "认定承诺人违背所作信用承诺。",
        "decidedOn": decided.isoformat(),
        "commitmentCode": commitment_code(case, decided),
        "reason": "经核查，承诺的条件未在约定期限内达到。",
    }
    return values | _end(case, decided)


def commitment_code(case: Case, day: date) -> str:
    """The 20 digits of a commitment: area, date, number."""
    return f"370881{day:%Y%m%d}{case.random.randint(1, 999_999):06}"
