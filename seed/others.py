"""Makers of all other records: lists, supervision, commitments, evaluations, notices and market information."""

from __future__ import annotations

from seed.case import YEAR, Case, Values, later
from seed.dishonest import commitment_code
from seed.party import staff_name


def abnormal_list(case: Case) -> Values:
    """A listing among the abnormal, standing or removed (Art. 17)."""
    removed = case.story == "removed"
    listed = case.ago(YEAR, 4 * YEAR) if removed else case.ago(20, 2 * YEAR)
    values: Values = {
        "cause": case.pick(("通过登记的住所无法联系", "未在规定期限内公示年度报告", "公示信息隐瞒真实情况")),
        "authority": case.unit.name,
        "listedOn": listed.isoformat(),
    }
    return values | ({"removedOn": later(listed, case.random.randint(20, 300))} if removed else {})


def self_declaration(case: Case) -> Values:
    """What a subject declares of itself (Art. 26, 27)."""
    values: Values = {
        "item": case.pick(("获得行业标兵称号", "参与公益捐赠", "取得职业技能等级")),
        "commitment": "本人（单位）承诺所申报信息真实、准确、完整。",
        "declaredOn": case.ago(5, 3 * YEAR).isoformat(),
        "verification": case.story if case.story in ("verified", "pending", "rejected") else "verified",
        "reviewerUnit": case.unit.name,
        "reviewerName": case.unit.checker,
    }
    if case.party.is_person or case.chance(0.4):
        values["evidence"] = "证书复印件一份。"
    return values


def commitment(case: Case) -> Values:
    """A commitment; only those meant for the public are published (Art. 18, 26)."""
    made = case.ago(10, 2 * YEAR)
    values: Values = {
        "commitmentCode": commitment_code(case, made),
        "commitmentKind": case.pick(("approval_substitute", "tolerant_acceptance", "proof", "voluntary")),
        "matter": case.pick(("办理经营许可告知承诺", "容缺受理补正材料", "主动承诺诚信经营")),
        "content": "承诺符合法定条件，如实提交材料，自觉接受监督。",
        "liability": "如有违背，愿意承担相应责任并接受处理。",
        "madeOn": made.isoformat(),
        "validTo": later(made, 3 * YEAR),
        "acceptor": case.unit.name,
        "acceptorCode": case.unit.code,
        "state": case.pick(("full", "full", "partial")),
        "publicityScope": case.story if case.story in ("public", "limited", "closed") else "public",
        "signerIdNumber": case.party.head.number,
    }
    if values["state"] == "partial":
        values |= {"unperformedPart": "补正材料尚未全部提交。", "foundOn": later(made, 5)}
        values["findingUnit"] = case.unit.name
    return values


def supervision(case: Case) -> Values:
    """An inspection whose result law orders to be published or not, or an interview (Art. 17, 19)."""
    held = case.ago(5, 3 * YEAR)
    values: Values = {
        "supervisionKind": "interview"
        if case.story == "interview"
        else case.pick(("inspection", "spot_check")),
        "authority": case.unit.name,
        "heldOn": held.isoformat(),
        "publication": "law" if case.story == "law" else "none",
        "participants": [staff_name(case.serial, 1), staff_name(case.serial, 2)],
    }
    if case.story == "interview":
        values |= {
            "interviewKind": case.pick(("reminder", "warning")),
            "requirement": "限期完善内部管理制度并提交书面报告。",
            "deadline": later(held, 30),
            "minutes": "约谈对象对指出的问题无异议，表示将按期整改。",
        }
    else:
        values |= {
            "name": f"{held.year}年度双随机抽查",
            "result": case.pick(("未发现问题", "未发现问题", "发现问题已责令改正", "不配合检查情节严重")),
            "outcome": "按期完成整改。",
        }
    return values


def bankruptcy_exit(case: Case) -> Values:
    """A step of a bankruptcy case (Art. 17)."""
    decided = case.ago(30, 3 * YEAR)
    return {
        "caseNumber": f"（{decided.year}）鲁0881破{case.random.randint(1, 60)}号",
        "court": case.unit.name,
        "proceedingStage": case.pick(
            ("accepted", "reorganisation", "settlement", "liquidation", "concluded")
        ),
        "administrator": "山东砚池律师事务所",
        "decidedOn": decided.isoformat(),
        "planExtract": "普通债权分三期清偿。",
        "creditors": ["曲阜沂澜村镇银行股份有限公司"],
    }


def government_integrity(case: Case) -> Values:
    """How a public body keeps a contract or a promise (Art. 76, 77)."""
    values: Values = {
        "matter": case.pick(("招商引资协议", "农村道路建设合同", "惠企政策兑现")),
        "promise": "按照约定时限支付款项并落实承诺事项。",
        "state": case.pick(("kept", "kept", "in_progress", "broken")),
        "promisedOn": case.ago(30, 4 * YEAR).isoformat(),
    }
    if values["state"] == "broken":
        values |= {
            "complaintDetail": "有关单位反映款项逾期，正在核实。",
            "complainant": staff_name(case.serial),
        }
    return values


def civil_servant_file(case: Case) -> Values:
    """An entry in a public servant's own file (Art. 76)."""
    return {
        "employer": case.pick(("曲阜市财政局", "曲阜市水务局", "曲阜市尼山镇人民政府")),
        "position": case.pick(("科员", "副主任科员", "主任科员")),
        "event": case.pick(("年度诚信承诺履行良好", "按时报告有关事项", "窗口服务获群众表扬")),
        "assessment": case.pick(("优秀", "称职")),
        "recordedOn": case.ago(20, 4 * YEAR).isoformat(),
        "caseNotes": "年度考核归档材料。",
    }


def student_credit(case: Case) -> Values:
    """An entry in an adult student's file, shared for commendation only (Art. 50)."""
    return {
        "event": case.pick(("按期归还助学贷款", "考试诚信承诺履行良好", "参加诚信主题实践")),
        "recordedOn": case.ago(20, 3 * YEAR).isoformat(),
        "school": "曲阜市杏林职业中等专业学校",
        "programme": case.pick(("旅游服务与管理（成人班）", "机电技术应用（成人班）")),
        "studentNumber": f"{case.random.randint(10**7, 10**8 - 1)}",
    }


def market_record(case: Case) -> Values:
    """What a collector holds with consent; published only where law or contract says so (Art. 24, 33)."""
    basis = case.story if case.story in ("law", "contract", "none") else "none"
    values: Values = {
        "item": case.pick(("供用电合同履约", "供水费用缴纳", "商务合同履约评价")),
        "content": case.pick(("连续十二个月按期履约", "合同期内发生一次逾期，已补足", "履约情况良好")),
        "collector": case.unit.name,
        "collectedOn": case.ago(10, 2 * YEAR).isoformat(),
        "publicationBasis": basis,
        "terms": "经信息主体书面同意采集，仅用于约定用途。",
        "contractDocuments": [f"HT-{case.serial}"],
    }
    if basis == "none":
        values |= {
            "agreementUse": "商务合作前的履约能力了解",
            "agreementTerm": "一年",
            "agreementConsequence": "可能影响合作条件",
        }
    return values


def evaluation(case: Case) -> Values:
    """An evaluation under a published standard, public or not as the standard says (Art. 48, 49)."""
    on = case.ago(10, YEAR)
    grade, risk, ratio = case.pick(
        (("A", "low", 1), ("B", "medium", 3), ("C", "elevated", 10), ("D", "high", 20))
    )
    return {
        "evaluationKind": "public" if case.unit.key == "credit_centre" else "industry",
        "grade": grade,
        "standardVersion": "曲阜市信用评价标准（2024年版）",
        "evaluatedOn": on.isoformat(),
        "validTo": later(on, YEAR),
        "indicatorFamilies": ["守法合规", "合同履约", "社会责任"],
        "publicityAttribute": "limited" if case.story == "limited" else "public",
        "indicatorValues": f"守法合规{case.random.randint(60, 99)}分；合同履约{case.random.randint(60, 99)}分。",
        "appeal": "对评价结果有异议的，可以自公布之日起三十日内申请复核。",
        "riskClass": risk,
        "inspectionRatio": str(ratio),
        "modelParameters": "权重表 2024-3",
    }


def member_credit(case: Case) -> Values:
    """A member's standing in its association (Art. 51)."""
    return {
        "association": case.unit.name,
        "state": case.pick(("good", "good", "good", "warned", "sanctioned")),
        "event": case.pick(("遵守行业自律公约", "参与行业诚信倡议", "未按期提交自律报告")),
        "recordedOn": case.ago(10, 3 * YEAR).isoformat(),
    }


def finding_notice(case: Case) -> Values:
    """The notice served on a subject (Art. 55, 56)."""
    served = case.ago(5, 3 * YEAR)
    return {
        "noticeKind": case.pick(("finding", "prior", "repair_guide")),
        "issuingUnit": case.unit.name,
        "facts": "经检查发现你单位（你）存在应当认定的情形。",
        "basis": "《曲阜市社会信用管理办法（试行）》第五十五条、第五十六条",
        "intendedFinding": "拟认定为一般失信。",
        "listInConditions": "逾期未改正且情节严重的，列入相应名单。",
        "listOutConditions": "改正后经核实，移出相应名单。",
        "rights": "可以自收到之日起五日内陈述、申辩。",
        "repairGuide": "改正后可以向认定单位申请信用修复。",
        "servedOn": served.isoformat(),
        "responseDueOn": later(served, 7),
        "serviceProof": f"送达回证 {case.serial}",
    }


def rectification_order(case: Case) -> Values:
    """An order to put something right within a time limit (Art. 19)."""
    issued = case.ago(5, 3 * YEAR)
    return {
        "issuingUnit": case.unit.name,
        "issuedOn": issued.isoformat(),
        "deadline": later(issued, 30),
        "state": case.pick(("met", "met", "open", "unmet")),
        "findingReference": case.document("曲责改", issued),
        "requirement": "在期限内完成整改并书面报告整改情况。",
    }
