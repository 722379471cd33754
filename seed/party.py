"""The subjects of the sample city: entity number 7 is the same company whatever the size of the city."""

from __future__ import annotations

from dataclasses import dataclass

from seed.city import ORGANS
from seed.names import (
    ROADS,
    SURNAMES,
    TOWNS,
    VILLAGES,
    Person,
    brand,
    entity_code,
    given_name,
    person,
    rng,
)
from server.actions.filing import FilingSubject
from server.catalogue.areas import QUFU_AREAS
from server.catalogue.kind import SubjectKind

SHOWCASE = 0
"""The entity, and the person, whose file shows everything the README speaks of."""


@dataclass(frozen=True, slots=True)
class Trade:
    """A line of business: its word in a name, its section of GB/T 4754 and its registered scope."""

    word: str
    industry: str
    scope: str


TRADES = (
    Trade("餐饮管理", "H", "餐饮服务；食品销售；外卖递送服务。"),
    Trade("食品", "C", "食品生产；食品销售；糕点制售。"),
    Trade("建筑工程", "E", "房屋建筑工程施工；市政工程施工；建筑材料销售。"),
    Trade("商贸", "F", "日用百货、五金交电、办公用品批发、零售。"),
    Trade("文化传播", "R", "组织文化艺术交流活动；研学旅行策划；工艺品销售。"),
    Trade("机械制造", "C", "通用机械、农业机械及配件制造、销售。"),
    Trade("物流", "G", "道路普通货物运输；仓储服务；货运信息服务。"),
    Trade("农业发展", "A", "蔬菜、果树种植；农产品初加工、销售。"),
    Trade("医药", "F", "药品零售；第二类医疗器械销售；保健用品销售。"),
    Trade("化工", "C", "危险化学品经营；化工产品生产、销售。"),
    Trade("信息科技", "I", "软件开发；信息系统集成服务；数据处理服务。"),
    Trade("旅游", "L", "国内旅游业务；入境旅游业务；景区讲解服务。"),
    Trade("环保科技", "N", "环境监测；污水处理工程施工；环保设备销售。"),
    Trade("电梯服务", "M", "电梯安装、改造、修理、维护保养。"),
    Trade("酒店管理", "H", "住宿服务；餐饮服务；会议服务。"),
    Trade("人力资源", "L", "劳务派遣；职业中介；人力资源外包服务。"),
)

_SHOPS = (
    Trade("小吃店", "H", "小吃服务；预包装食品零售。"),
    Trade("便利店", "F", "日用百货、预包装食品、卷烟零售。"),
    Trade("文房店", "F", "文房用品、工艺品零售。"),
    Trade("理发店", "O", "理发服务。"),
    Trade("汽修部", "O", "机动车修理；汽车配件零售。"),
    Trade("客栈", "H", "住宿服务。"),
    Trade("果蔬摊", "F", "水果、蔬菜零售。"),
)
_INSTITUTIONS = (
    Trade("实验小学", "P", "实施小学义务教育。"),
    Trade("社区卫生服务站", "Q", "提供基本医疗和公共卫生服务。"),
    Trade("文化馆", "R", "组织群众文化活动。"),
)
_SOCIETIES = (
    Trade("志愿者协会", "S", "组织志愿服务活动。"),
    Trade("商会", "S", "行业服务、交流与自律。"),
)


@dataclass(frozen=True, slots=True)
class Party:
    """A subject to be: what every maker of records needs to know of it.

    ``head`` is the legal representative, principal or operator of an entity and the person itself otherwise;
    ``form`` is the option of ``entityKind`` (empty for persons and individual businesses).
    """

    kind: SubjectKind
    index: int
    name: str
    code: str | None
    head: Person
    trade: Trade
    form: str
    area: str
    address: str

    @property
    def is_person(self) -> bool:
        """Whether this is a natural person."""
        return self.kind is SubjectKind.natural_person

    @property
    def subject(self) -> FilingSubject:
        """The subject as a filing names it."""
        if self.is_person:
            return FilingSubject(id_number=self.head.number, name=self.name, kind=self.kind)
        return FilingSubject(code=self.code, name=self.name, kind=self.kind)

    @property
    def serial(self) -> str:
        """What tells this subject apart in source record numbers."""
        return f"{'P' if self.is_person else 'E'}{self.index:06}"


def person_party(index: int) -> Party:
    """The natural person at ``index``."""
    one = person(index)
    return Party(SubjectKind.natural_person, index, one.name, None, one, TRADES[0], "", one.area, one.address)


def entity_party(index: int) -> Party:
    """The entity at ``index``: in every twenty some twelve companies, five shops and one or two of each other form."""
    random = rng("entity", index)
    head = person(index * 3 + (0 if index % 4 else 1))
    area = random.choice(TOWNS)
    town = QUFU_AREAS[area].zh
    address = f"山东省济宁市曲阜市{town}{random.choice(ROADS)}{random.randint(1, 388)}号"
    place = index % 20
    if place == 7 or index == 3:
        number = index // 20
        if number < len(ORGANS) and place == 7:
            organ = ORGANS[number]
            return Party(
                SubjectKind.government_unit,
                index,
                organ.name,
                organ.code,
                head,
                Trade("", "S", "依法履行公共管理职责。"),
                "organ",
                area,
                address,
            )
        name = f"曲阜市{town}{VILLAGES[number % len(VILLAGES)]}{_ordinal(index)}村村民委员会"
        code = entity_code("54", index)
        return Party(
            SubjectKind.government_unit,
            index,
            name,
            code,
            head,
            Trade("", "S", "办理本村公共事务。"),
            "committee",
            area,
            address,
        )
    if place in (2, 6, 11, 15, 18):
        shop = random.choice(_SHOPS)
        name = f"曲阜市{town}{brand(index)}{shop.word}"
        kind, code, trade, form = SubjectKind.individual_business, entity_code("92", index), shop, ""
    elif place == 13:
        trade = random.choice(_INSTITUTIONS)
        name, code = f"曲阜市{brand(index)}{trade.word}", entity_code("12", index)
        kind, form = SubjectKind.legal_person, "institution"
    elif place == 19:
        trade = random.choice(_SOCIETIES)
        name, code = f"曲阜市{brand(index)}{trade.word}", entity_code("51", index)
        kind, form = SubjectKind.legal_person, "social_organisation"
    elif place == 9:
        trade, kind, form = TRADES[7], SubjectKind.legal_person, "cooperative"
        name, code = f"曲阜市{brand(index)}种植专业合作社", entity_code("93", index)
    elif place == 16:
        trade, kind, form = random.choice(TRADES), SubjectKind.unincorporated, "enterprise"
        name, code = f"曲阜市{brand(index)}{trade.word}服务部（普通合伙）", entity_code("91", index)
    else:
        trade, kind, form = TRADES[index % len(TRADES)], SubjectKind.legal_person, "enterprise"
        name, code = f"曲阜市{brand(index)}{trade.word}有限公司", entity_code("91", index)
    return Party(kind, index, name, code, head, trade, form, area, address)


def _ordinal(index: int) -> str:
    """Villages of one name are told apart by a family name and a number."""
    number = index // len(SURNAMES)
    return SURNAMES[index % len(SURNAMES)] + (f"{number}" if number else "")


def staff_name(*parts: object) -> str:
    """The name of somebody who appears once: an officer, an administrator, a beneficiary."""
    random = rng("staff", *parts)
    return random.choice(SURNAMES) + given_name(random)
