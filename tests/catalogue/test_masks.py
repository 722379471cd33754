"""Masked forms (Art. 64): what is left to see."""

from __future__ import annotations

import pytest
from hypothesis import given

from server.catalogue.masks import mask
from tests.catalogue.makers import citizens


@pytest.mark.parametrize(
    ("name", "value", "masked"),
    [
        ("name", "张三", "张*"),
        ("name", "欧阳娜娜", "欧阳**"),
        ("name", "欧阳", "欧*"),
        ("name", "张", "*"),
        ("name", "", ""),
        ("name", {"role": "principal", "name": "孔文"}, "孔*"),
        ("ends", "370881197003070010", "3****************0"),
        ("ends", "E1234567", "E******7"),
        ("ends", "abc", "***"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "138 1234 5678", "138****5678"),
        ("phone", "0537-4412345", "*********45"),
        ("phone", "12345", "*****"),
        ("street", "曲阜市鲁城街道鼓楼大街12号", "曲阜市鲁城街道***"),
        ("street", "山东省济宁市曲阜市息陬镇某村5号", "山东省济宁市曲阜市息陬镇***"),
        ("street", "曲阜市春秋路5号桃源小镇3栋", "曲阜市***"),
        ("street", "春秋路5号", "***"),
        ("street", "", ""),
        ("year", "1970-03-07", "1970-**-**"),
        ("year", "七十年代", "****"),
    ],
)
def test_masks_keep_only_what_the_policy_says(name: str, value: object, masked: str) -> None:
    assert mask(name, value) == masked


@given(citizens)
def test_a_masked_number_shows_neither_birth_nor_area(number: str) -> None:
    shown = mask("ends", number)
    assert len(shown) == 18
    assert shown.strip("*") == shown
    assert set(shown[1:-1]) == {"*"}


def test_an_unknown_mask_is_an_error() -> None:
    with pytest.raises(ValueError, match="blur"):
        mask("blur", "孔文")
