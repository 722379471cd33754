"""Scalars: dates and instants as ISO text, exact money, and the display value of a generic field."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, Undefined, ValueNode
from graphql.language import StringValueNode
from strawberry.types.scalar import ScalarDefinition

from schema.text import both
from server.catalogue.values import money_text
from server.clock import CITY

Date = NewType("Date", str)
DateTime = NewType("DateTime", str)
Money = NewType("Money", str)
FieldValue = NewType("FieldValue", object)


_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _parse_date(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise GraphQLError(
        "Date cannot represent this value: an ISO calendar date such as 2024-02-29 is expected."
    )


def _parse_literal(node: ValueNode, _variables: Any = None) -> Any:
    return _parse_date(node.value) if isinstance(node, StringValueNode) else _parse_date(None)


def _serialize_instant(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(CITY).isoformat(timespec="seconds")
    return str(value)


def _input_only(_value: Any) -> Any:
    return Undefined


SCALARS: dict[object, ScalarDefinition] = {
    Date: strawberry.scalar(
        name="Date",
        description=both("A calendar day in city time, ISO 8601.", "公历日期（北京时间），ISO 8601 格式。"),
        serialize=str,
        parse_value=_parse_date,
        parse_literal=_parse_literal,
    ),
    DateTime: strawberry.scalar(
        name="DateTime",
        description=both("An instant with offset, ISO 8601.", "带时区的时刻，ISO 8601 格式。"),
        serialize=_serialize_instant,
        parse_value=_input_only,
    ),
    Money: strawberry.scalar(
        name="Money",
        description=both(
            "An exact amount in units of 10,000 yuan with six decimals, as text.",
            "金额（万元），六位小数，文本精确表示。",
        ),
        serialize=money_text,
        parse_value=_input_only,
    ),
    FieldValue: strawberry.scalar(
        name="FieldValue",
        description=both(
            "The value of a field: text, number, boolean, list or object.",
            "字段值：文本、数字、布尔、列表或对象。",
        ),
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}
