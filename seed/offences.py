"""What units of the sample city punish: the act, its facts, the provision, the usual fine and the safety domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Offence:
    """One typical offence; ``fine`` is the usual range in yuan, ``letters`` stand in the document number."""

    letters: str
    act: str
    facts: str
    basis: str
    domain: str
    fine: tuple[int, int]
    types: tuple[str, ...] = ("fine",)


OFFENCES: Mapping[str, tuple[Offence, ...]] = MappingProxyType(
    {
        "market": (
            Offence(
                "曲市监处罚",
                "经营超过保质期的食品",
                "执法人员在现场检查时发现货架上有超过保质期的预包装食品待售。",
                "《中华人民共和国食品安全法》第一百二十四条第一款第五项",
                "food",
                (5_000, 50_000),
                ("fine", "confiscation"),
            ),
            Offence(
                "曲市监处罚",
                "销售侵犯注册商标专用权的商品",
                "当事人购进并销售标有他人注册商标的商品，未能提供合法来源。",
                "《中华人民共和国商标法》第六十条第二款",
                "none",
                (3_000, 80_000),
                ("fine", "confiscation"),
            ),
            Offence(
                "曲市监处罚",
                "使用未经检验的电梯",
                "当事人使用的乘客电梯超过下次检验日期仍投入使用。",
                "《中华人民共和国特种设备安全法》第八十四条第一项",
                "special_equipment",
                (30_000, 120_000),
            ),
            Offence(
                "曲市监处罚",
                "未凭处方销售处方药",
                "当事人在未查验处方的情况下销售处方药。",
                "《药品经营和使用质量监督管理办法》第七十二条",
                "drugs",
                (5_000, 30_000),
                ("warning", "fine"),
            ),
            Offence(
                "曲市监处罚",
                "发布虚假广告",
                "当事人在店堂广告中使用不能证实的评比名次。",
                "《中华人民共和国广告法》第五十五条第一款",
                "none",
                (10_000, 60_000),
            ),
        ),
        "emergency": (
            Offence(
                "曲应急罚",
                "未按规定对从业人员进行安全生产教育和培训",
                "当事人不能提供新入职人员的三级安全教育记录。",
                "《中华人民共和国安全生产法》第九十七条第三项",
                "work_safety",
                (10_000, 90_000),
            ),
            Offence(
                "曲应急罚",
                "未在有较大危险因素的设备上设置明显的安全警示标志",
                "检查发现车间两台压力机未设置安全警示标志。",
                "《中华人民共和国安全生产法》第九十九条第一项",
                "work_safety",
                (5_000, 50_000),
            ),
        ),
        "fire": (
            Offence(
                "曲消行罚决字",
                "占用、堵塞疏散通道",
                "二层疏散通道堆放货物，宽度不足。",
                "《中华人民共和国消防法》第六十条第一款第三项",
                "fire",
                (5_000, 50_000),
            ),
            Offence(
                "曲消行罚决字",
                "消防设施未保持完好有效",
                "室内消火栓系统无水，火灾自动报警系统处于故障状态。",
                "《中华人民共和国消防法》第六十条第一款第一项",
                "fire",
                (5_000, 40_000),
                ("fine", "suspension"),
            ),
        ),
        "environment": (
            Offence(
                "济环曲罚字",
                "未采取有效措施防治扬尘污染",
                "物料露天堆放，未采取覆盖措施。",
                "《中华人民共和国大气污染防治法》第一百一十七条",
                "none",
                (10_000, 100_000),
            ),
        ),
        "construction": (
            Offence(
                "曲住建罚字",
                "未取得施工许可证擅自施工",
                "当事人在未取得建筑工程施工许可证的情况下开工建设。",
                "《建设工程质量管理条例》第五十七条",
                "none",
                (20_000, 200_000),
                ("fine", "order_stop"),
            ),
        ),
        "enforcement": (
            Offence(
                "曲综执罚字",
                "擅自设置户外广告设施",
                "当事人未经批准在临街立面设置大型户外广告。",
                "《山东省城镇容貌和环境卫生管理办法》第三十一条",
                "none",
                (1_000, 20_000),
            ),
        ),
        "transport": (
            Offence(
                "曲交罚字",
                "未取得道路运输经营许可擅自从事道路运输经营",
                "车辆被查获时正在从事货物运输，未能出示道路运输证。",
                "《中华人民共和国道路运输条例》第六十三条",
                "none",
                (3_000, 30_000),
            ),
        ),
        "health": (
            Offence(
                "曲卫公罚",
                "公共场所未取得卫生许可证擅自营业",
                "当事人在未取得卫生许可证的情况下营业。",
                "《公共场所卫生管理条例实施细则》第三十五条",
                "none",
                (500, 30_000),
                ("warning", "fine"),
            ),
        ),
        "agriculture": (
            Offence(
                "曲农罚字",
                "经营标签不符合规定的农药",
                "当事人销售的农药标签残缺，未标注登记证号。",
                "《农药管理条例》第五十七条第三项",
                "none",
                (2_000, 20_000),
                ("fine", "confiscation"),
            ),
        ),
        "culture": (
            Offence(
                "曲文旅罚字",
                "未经许可经营旅行社业务",
                "当事人招徕、组织旅游者前往景区游览并收取费用。",
                "《中华人民共和国旅游法》第九十五条",
                "none",
                (10_000, 60_000),
            ),
        ),
        "labour": (
            Offence(
                "曲人社监罚字",
                "拒不支付劳动报酬经责令改正仍不改正",
                "当事人经责令限期支付劳动报酬后逾期未支付。",
                "《劳动保障监察条例》第三十条",
                "none",
                (2_000, 20_000),
            ),
        ),
    }
)
"""The offences of each punishing unit."""
