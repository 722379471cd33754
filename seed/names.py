"""People and places of the sample city: word lists, and the same person and brand at every index for ever.

Nobody here exists. Numbers and names follow from the index alone, so that a city of any size begins with the
same people, and an ID number need not be stored anywhere to be found again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from server.catalogue.areas import QUFU, QUFU_AREAS
from server.catalogue.identifiers import citizen_check, organisation_check, uscc_check

SEED = "qufu-sample-city-1"

SURNAMES = tuple(
    "孔孔孔孔孟颜曾王李张刘陈杨赵周徐孙马朱胡郭林何高罗郑梁谢宋唐许韩冯邓曹彭"
    "肖田董袁潘蒋蔡余杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范石廖贾韦夏付方白邹熊秦邱江尹薛"
)
_FIRST = "令德祥庆繁宪兆传继广昭毓文建国志明玉秀海晓春永家立俊慧思子雨欣佳世守仁承弘"
_SECOND = "伟芳敏静磊洋艳勇军杰娟涛超霞平刚桂辉玲华红飞鹏宇浩婷雪琳晨阳峰宁涵萱泽瑞凯悦然"

_BRAND_A = "沐澄朗祺瑾晟煦溪岚汐禾棠檀鸿骏昶钧琮璟衡韵茗芷蕴颐穆翊赫霖榕"
_BRAND_B = "川原野亭舟桥岩峦泉垣屿榭汀麓塬渚庐苑坊塘堰岭洲湾崖畔径圃樾枫"

ROADS = ("春秋路", "静轩路", "大成路", "鲁兴路", "裕隆路", "孔子大道", "逵泉路", "延恩路", "弘道路", "书院路")
VILLAGES = ("杏林", "柳泉", "石桥", "东河", "西岭", "南坡", "槐荫", "苇湖", "青杨", "麦丘", "梨园", "枣沟")

TOWNS = tuple(code for code in QUFU_AREAS if code != QUFU)
"""Area codes of the twelve towns and street offices."""

_FIRST_BIRTH = date(1951, 1, 1)
_BIRTHS = 19_000
_SAME_DAY = 900
_PEOPLE = _BIRTHS * _SAME_DAY
_BRANDS = len(_BRAND_A) * len(_BRAND_B)
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def rng(*parts: object) -> Random:
    """The random numbers that belong to these parts and to nothing else."""
    return Random("/".join([SEED, *map(str, parts)]))


@dataclass(frozen=True, slots=True)
class Person:
    """A fictional person: name, a valid citizen ID number that was given to nobody on purpose, and an address."""

    index: int
    name: str
    number: str = field(repr=False)
    birth: date
    area: str
    address: str


def person(index: int) -> Person:
    """The person at ``index`` (0 to some 17 million); different indexes have different numbers."""
    place = (index * 6_700_417 + 1_234_567) % _PEOPLE
    same_day, day = divmod(place, _BIRTHS)
    birth = _FIRST_BIRTH + timedelta(days=day)
    random = rng("person", index)
    first = f"{QUFU}{birth:%Y%m%d}{same_day + 1:03}"
    area = random.choice(TOWNS)
    return Person(
        index=index,
        name=random.choice(SURNAMES) + given_name(random),
        number=first + citizen_check(first),
        birth=birth,
        area=area,
        address=f"曲阜市{QUFU_AREAS[area].zh}{random.choice(VILLAGES)}村",
    )


def given_name(random: Random) -> str:
    """A given name of one or two characters."""
    second = random.choice(_SECOND)
    return second if random.random() < 0.2 else random.choice(_FIRST) + second


def brand(index: int) -> str:
    """A trade name of two characters, and of three when the pairs are used up."""
    rest, place = divmod(index, _BRANDS)
    place = (place * 389 + 17) % _BRANDS
    first, second = divmod(place, len(_BRAND_B))
    more = _BRAND_B[(rest - 1) % len(_BRAND_B)] if rest else ""
    return _BRAND_A[first] + _BRAND_B[second] + more


def uscc(prefix: str, body: str) -> str:
    """The unified social credit code of a Qufu organisation with this two-character prefix and eight-character body."""
    first = prefix + QUFU + body
    first += organisation_check(body)
    return first + uscc_check(first)


def entity_code(prefix: str, index: int) -> str:
    """A code with a scattered body; different indexes have different codes."""
    size = len(_ALPHABET) ** 5
    place = (index * 7_919_321 + 104_729) % size
    digits = []
    for _ in range(5):
        place, rest = divmod(place, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return uscc(prefix, "MAQ" + "".join(digits))
