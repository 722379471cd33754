"""The places a record may name: Qufu with its twelve towns and street offices, and divisions elsewhere (Art.
2).

The division code 370881 is that of the civil affairs authority (GB/T 2260). The three further digits number
the streets from 001 and the towns from 101, as the statistical codes do; they are this platform's own list.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from server.catalogue.kind import Label

QUFU = "370881"

_STREETS = (
    ("鲁城街道", "Lucheng Street Office"),
    ("书院街道", "Shuyuan Street Office"),
    ("时庄街道", "Shizhuang Street Office"),
    ("小雪街道", "Xiaoxue Street Office"),
)
_TOWNS = (
    ("息陬镇", "Xizou Town"),
    ("石门山镇", "Shimenshan Town"),
    ("吴村镇", "Wucun Town"),
    ("姚村镇", "Yaocun Town"),
    ("陵城镇", "Lingcheng Town"),
    ("尼山镇", "Nishan Town"),
    ("王庄镇", "Wangzhuang Town"),
    ("防山镇", "Fangshan Town"),
)

QUFU_AREAS: Mapping[str, Label] = MappingProxyType(
    {QUFU: Label("曲阜市", "Qufu City")}
    | {f"{QUFU}{number:03}": Label(*names) for number, names in enumerate(_STREETS, 1)}
    | {f"{QUFU}{number:03}": Label(*names) for number, names in enumerate(_TOWNS, 101)}
)
"""Every area code of the city with its name."""

PROVINCES = frozenset(
    f"{region}{number}"
    for region, numbers in enumerate(("12345", "123", "1234567", "123456", "01234", "12345", "1", "12"), 1)
    for number in numbers
)
"""The first two digits of every provincial division (GB/T 2260)."""
