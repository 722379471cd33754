"""Masked forms of personal values (Art. 64): what a viewer may see when the value itself is too much.

An identity number keeps one character at each end: with six in front and four behind, the check digit leaves
only some 2,400 candidates for the rest. No mask keeps more, whatever the length of the value.
"""

from __future__ import annotations

import re

from server.catalogue.kind import MaskName

STAR = "*"

# The family names of two characters still in common use; without them a mask would keep half of a given name
# or hide half of a family name.
_DOUBLE_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳司马上官诸葛东方皇甫尉迟公孙慕容令狐长孙宇文司徒司空轩辕夏侯端木百里呼延南宫闻人万俟"
        "澹台公冶宗政濮阳淳于单于太叔申屠仲孙钟离鲜于闾丘亓官公羊赫连独孤拓跋西门东郭南门左丘第五漆雕颛孙壤驷",
    )
)

# An address is kept down to the town or street office; the road, the house, the building and the room are
# not. No road or number may stand before the match, or "5号桃源小镇" would be taken for a town.
_STREET = re.compile(r"[^\d路号]*?(?:街道办事处|街道|镇|乡)")
_CITY = re.compile(r"[^\d路号]*?[市区县]")


def mask(name: MaskName | str, value: object) -> str:
    """The masked form of a stored value.

    `value` is what `values.py` stores: a text, or for a responsible person its mapping, of which the name
    counts. An empty value stays empty. Raises ValueError for a mask nobody knows.
    """
    text = str(value["name"]) if isinstance(value, dict) else str(value)
    return _MASKS[MaskName(name)](text.strip())


def _name(text: str) -> str:
    """张三 becomes 张*, 欧阳娜娜 becomes 欧阳**; of a foreign name only the first letter stays."""
    if len(text) < 2:
        return STAR * len(text)
    kept = 2 if len(text) > 2 and text[:2] in _DOUBLE_SURNAMES else 1
    return text[:kept] + STAR * (len(text) - kept)


def _ends(text: str) -> str:
    """First and last character; three characters or fewer are hidden whole."""
    if len(text) < 4:
        return STAR * len(text)
    return text[0] + STAR * (len(text) - 2) + text[-1]


def _phone(text: str) -> str:
    """138****5678 for a mobile number; anything else keeps its last two digits at most."""
    digits = "".join(char for char in text if char.isdigit())
    if len(digits) == 11 and digits.startswith("1"):
        return digits[:3] + STAR * 4 + digits[-4:]
    return STAR * (len(digits) - 2) + digits[-2:] if len(digits) > 6 else STAR * len(digits)


def _street(text: str) -> str:
    """The address down to its town or street office, else to its city; else nothing of it."""
    found = _STREET.match(text) or _CITY.match(text)
    return (found.group() if found else "") + STAR * 3 if text else ""


def _year(text: str) -> str:
    """Only the year of an ISO date."""
    return f"{text[:4]}-**-**" if re.match(r"\d{4}-", text) else STAR * len(text)


_MASKS = {
    MaskName.name: _name,
    MaskName.ends: _ends,
    MaskName.phone: _phone,
    MaskName.street: _street,
    MaskName.year: _year,
}
