"""The units of the sample city: who files what (Art. 23), who asks, and who must not be seen asking.

Names of authorities are those every such city has; banks, agencies, associations and their codes are invented.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from seed.names import SURNAMES, given_name, rng, uscc

FINDING = ("finding_notice", "rectification_order", "supervision")
"""What every unit that supervises somebody files."""

PUNISHING = ("administrative_penalty", "penalty_excluded", *FINDING)
LICENSING = ("administrative_licence", "commitment", "commitment_breach", "false_material")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit. ``items`` are the kinds it files; ``maker`` and ``checker`` its two people (Art. 23)."""

    key: str
    code: str
    name: str
    family: str
    items: frozenset[str]
    may_withhold_log: bool
    maker: str
    checker: str

    def document(self) -> dict[str, Any]:
        """The unit as the platform keeps it."""
        return {
            "_id": self.code,
            "version": 1,
            "name": self.name,
            "family": self.family,
            "items": sorted(self.items),
            "may_withhold_log": self.may_withhold_log,
        }


_PUBLIC: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("government", "11", "曲阜市人民政府办公室", ("government_integrity", "honour")),
    (
        "market",
        "11",
        "曲阜市市场监督管理局",
        (
            *("entity_basic", "individual_business", "abnormal_list", "severe_list_entry"),
            *("red_list_entry", "compulsory_enforcement", *PUNISHING, *LICENSING),
        ),
    ),
    ("approval", "11", "曲阜市行政审批服务局", LICENSING),
    ("emergency", "11", "曲阜市应急管理局", ("severe_list_entry", "compulsory_enforcement", *PUNISHING)),
    ("fire", "11", "曲阜市消防救援大队", ("administrative_licence", *PUNISHING)),
    (
        "tax",
        "11",
        "国家税务总局曲阜市税务局",
        ("arrears", "red_list_entry", "severe_list_entry", "compulsory_enforcement", *FINDING),
    ),
    ("court", "11", "曲阜市人民法院", ("judgment_defaulter", "bankruptcy_exit")),
    ("education", "11", "曲阜市教育和体育局", ("student_credit", "honour", "evaluation", *FINDING)),
    (
        "civil",
        "11",
        "曲阜市民政局",
        ("entity_basic", "abnormal_list", "social_contribution", "volunteer_activity", "evaluation"),
    ),
    ("police", "11", "曲阜市公安局", ("person_basic", *PUNISHING)),
    (
        "labour",
        "11",
        "曲阜市人力资源和社会保障局",
        ("arrears", "severe_list_entry", "administrative_licence", "evaluation", *PUNISHING),
    ),
    ("development", "11", "曲阜市发展和改革局", ("red_list_entry", "honour", "government_integrity")),
    ("establishment", "11", "中共曲阜市委机构编制委员会办公室", ("entity_basic",)),
    ("organisation", "11", "中共曲阜市委组织部", ("civil_servant_file", "honour")),
    ("political_legal", "11", "中共曲阜市委政法委员会", ("social_contribution", "honour")),
    ("finance", "11", "曲阜市财政局", ("arrears", "government_integrity", *FINDING)),
    ("construction", "11", "曲阜市住房和城乡建设局", ("evaluation", "red_list_entry", *PUNISHING)),
    ("enforcement", "11", "曲阜市综合行政执法局", ("compulsory_enforcement", *PUNISHING)),
    ("environment", "11", "济宁市生态环境局曲阜市分局", ("evaluation", *PUNISHING, "administrative_licence")),
    ("transport", "11", "曲阜市交通运输局", ("administrative_licence", "evaluation", *PUNISHING)),
    ("health", "11", "曲阜市卫生健康局", ("administrative_licence", *PUNISHING)),
    ("agriculture", "11", "曲阜市农业农村局", ("administrative_licence", *PUNISHING)),
    ("culture", "11", "曲阜市文化和旅游局", ("administrative_licence", "evaluation", *PUNISHING)),
    ("land", "11", "曲阜市自然资源和规划局", ("compulsory_enforcement", "false_material", *PUNISHING)),
    ("water", "11", "曲阜市水务局", ("administrative_licence", *PUNISHING)),
    ("medical_insurance", "11", "曲阜市医疗保障局", ("arrears", "false_material", *FINDING)),
    ("justice", "11", "曲阜市司法局", ("administrative_licence", "evaluation", *FINDING)),
    ("statistics", "11", "曲阜市统计局", PUNISHING),
    ("lucheng", "11", "曲阜市人民政府鲁城街道办事处", ("government_integrity", "honour", *FINDING)),
    ("shuyuan", "11", "曲阜市人民政府书院街道办事处", ("government_integrity", "honour", *FINDING)),
    ("nishan", "11", "曲阜市尼山镇人民政府", ("government_integrity", "honour", *FINDING)),
    ("shimenshan", "11", "曲阜市石门山镇人民政府", ("government_integrity", "honour", *FINDING)),
    (
        "credit_centre",
        "12",
        "曲阜市社会信用中心",
        ("evaluation", "self_declaration", "commitment", "government_integrity", "individual_business"),
    ),
    ("college", "12", "曲阜市杏林职业中等专业学校", ("student_credit",)),
    ("youth_league", "81", "共青团曲阜市委员会", ("volunteer_activity", "honour")),
    ("red_cross", "81", "曲阜市红十字会", ("social_contribution",)),
)

_MARKET: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("bank", "91", "曲阜沂澜村镇银行股份有限公司", ()),
    ("lender", "91", "济宁明汀小额贷款有限公司", ()),
    ("credit_agency", "91", "山东衡岚征信服务有限公司", ("market_record",)),
    ("catering_association", "51", "曲阜市沂河餐饮住宿行业协会", ("member_credit", "market_record")),
    ("building_association", "51", "曲阜市泗水路建筑行业协会", ("member_credit",)),
    ("electricity", "91", "曲阜朗原供电服务有限公司", ("market_record",)),
    ("water_supply", "91", "曲阜溪泉供水有限公司", ("market_record",)),
)


def _unit(number: int, row: tuple[str, str, str, tuple[str, ...]], family: str) -> Unit:
    key, prefix, name, items = row
    random = rng("staff", key)
    maker, checker = (random.choice(SURNAMES) + given_name(random) for _ in range(2))
    if maker == checker:
        checker += "之"
    return Unit(
        key=key,
        code=uscc(prefix, f"MB2Q{number:04}"),
        name=name,
        family=family,
        items=frozenset(items),
        may_withhold_log=key == "police",
        maker=maker,
        checker=checker,
    )


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        row[0]: _unit(number, row, family)
        for number, (row, family) in enumerate(
            [*((row, "public") for row in _PUBLIC), *((row, "market") for row in _MARKET)], 101
        )
    }
)
"""Every unit by its key."""

ORGANS = tuple(one for one in UNITS.values() if one.code.startswith("11"))
"""The government units, which are subjects of the register themselves (Art. 76)."""

FILED_BY: Mapping[str, tuple[Unit, ...]] = MappingProxyType(
    {
        kind: tuple(one for one in UNITS.values() if kind in one.items)
        for kind in sorted({kind for one in UNITS.values() for kind in one.items})
    }
)
"""The units that file each kind."""
