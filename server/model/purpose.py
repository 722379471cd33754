"""The nine purposes for which a government unit may query (Art. 37), and the grounds a disclosure can rest on."""

from __future__ import annotations

from enum import StrEnum

from server.catalogue.kind import Label


class Purpose(StrEnum):
    """Art. 37 (1) to (9), in the article's order."""

    ADMINISTRATIVE_ACT = "administrative_act"
    INSPECTION = "inspection"
    PUBLIC_RESOURCES = "public_resources"
    FUNDS_AND_PROJECTS = "funds_and_projects"
    PUBLIC_SERVICE_APPOINTMENT = "public_service_appointment"
    COMMENDATION = "commendation"
    POLITICAL_QUALIFICATION = "political_qualification"
    PUBLIC_SAFETY_RISK = "public_safety_risk"
    OTHER_PUBLIC_INTEREST = "other_public_interest"


PURPOSE_LABELS: dict[Purpose, Label] = {
    Purpose.ADMINISTRATIVE_ACT: Label(
        zh="行政许可、处罚、强制、给付", en="Licensing, penalty, enforcement or benefit"
    ),
    Purpose.INSPECTION: Label(
        zh="检查抽验与处罚裁量", en="Inspection, spot checks, major penalty discretion"
    ),
    Purpose.PUBLIC_RESOURCES: Label(zh="公共资源交易", en="Procurement, tendering and land transactions"),
    Purpose.FUNDS_AND_PROJECTS: Label(
        zh="资金项目与资质科研", en="Funds, projects, accreditation and research"
    ),
    Purpose.PUBLIC_SERVICE_APPOINTMENT: Label(
        zh="国家工作人员招录任用", en="Recruiting, appointing and promoting public servants"
    ),
    Purpose.COMMENDATION: Label(zh="表彰奖励与评优", en="Commendations and awards"),
    Purpose.POLITICAL_QUALIFICATION: Label(
        zh="党员发展与代表委员资格", en="Party membership and delegate qualification"
    ),
    Purpose.PUBLIC_SAFETY_RISK: Label(zh="公共安全风险评估", en="Risk assessment for public safety"),
    Purpose.OTHER_PUBLIC_INTEREST: Label(
        zh="其他公共利益管理", en="Other administration in the public interest"
    ),
}
"""Bilingual labels; ``OTHER_PUBLIC_INTEREST`` additionally rests on necessity stated in the matter (Art. 37 (9))."""


class IdentityProof(StrEnum):
    """What a subject shows at the query window to prove who it is (Art. 32)."""

    ID_CARD = "id_card"
    PASSPORT = "passport"
    LICENCE_AND_AUTHORITY = "licence_and_authority"
