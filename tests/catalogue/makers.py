"""The smallest filings and codes the catalogue's tests need."""

from __future__ import annotations

import copy
from datetime import date
from typing import Any

from hypothesis import strategies as st

from server.catalogue.identifiers import citizen_check, organisation_check, uscc_check
from server.catalogue.kind import Catalogue, Kind
from server.catalogue.load import load, parse_kind

TODAY = date(2026, 11, 23)
CATALOGUE: Catalogue = load()

COMPANY = "91370881MA3C000111"
GOVERNMENT = "11370881004339597L"
COLLECTIVE = "N2370881MF200005XG"
CITIZEN = "370881197003070010"


def a_uscc(first: str = "91370881", organisation: str = "MA3C0001") -> str:
    """A valid code from its first eight and the organisation's eight characters."""
    body = first + organisation + organisation_check(organisation)
    return body + uscc_check(body)


def a_citizen_id(area: str = "370881", born: date = date(1970, 3, 7), serial: int = 1) -> str:
    """A valid number."""
    body = f"{area}{born:%Y%m%d}{serial:03}"
    return body + citizen_check(body)


SHOP = a_uscc("92370881", "MA3D0002")

usccs = st.builds(
    a_uscc,
    st.sampled_from(["91", "92", "93", "11", "12", "51", "N2"]).map(lambda kind: kind + "370881"),
    st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8),
)
citizens = st.builds(
    a_citizen_id,
    st.sampled_from(["370881", "110105", "440300", "830000"]),
    st.dates(date(1900, 1, 1), TODAY),
    st.integers(0, 999),
)


def a_penalty(**changes: Any) -> dict[str, Any]:
    """A penalty on a company as a unit would file it; None takes a field away."""
    filing: dict[str, Any] = {
        "partyName": "曲阜市杏坛食品有限公司",
        "partyCategory": "organisation",
        "uscc": COMPANY,
        "legalRepresentative": "孔文",
        "documentNumber": "曲市监处罚〔2023〕12号",
        "illegalAct": "经营超过保质期的食品",
        "facts": "经查，当事人经营超过保质期的食品，违法所得300元。",
        "basis": "《中华人民共和国食品安全法》第三十四条第十项",
        "penaltyTypes": ["fine"],
        "content": "罚款5000元",
        "fineAmount": "0.5",
        "decidedOn": "2023-08-15",
        "validTo": "2099-12-31",
        "authority": "曲阜市市场监督管理局",
        "authorityCode": GOVERNMENT,
        "dataSource": "曲阜市市场监督管理局",
        "dataSourceCode": GOVERNMENT,
        "domain": "food",
        "procedure": "ordinary",
    }
    filing.update(changes)
    return {key: value for key, value in filing.items() if value is not None}


def a_personal_penalty(**changes: Any) -> dict[str, Any]:
    """The same penalty on a natural person."""
    person = {
        "partyName": "孔文",
        "partyCategory": "natural_person",
        "uscc": None,
        "legalRepresentative": None,
        "partyDocumentType": "id_card",
        "partyIdNumber": CITIZEN,
    }
    return a_penalty(**(person | changes))


_NOTE: dict[str, Any] = {
    "code": "note",
    "type": "Note",
    "item": "QF-0999",
    "name": {"zh": "记录", "en": "Note"},
    "description": {"zh": "试验用", "en": "For tests"},
    "category": "other",
    "family": "public",
    "subjects": ["natural_person", "legal_person"],
    "sources": [{"zh": "单位", "en": "Unit"}],
    "basis": [{"document": "办法", "article": "第十七条", "rank": "city"}],
    "frequency": "on_event",
    "sharing": {"zh": "公示", "en": "Public"},
    "channel": "form",
    "dated_by": "madeOn",
    "fields": [
        {
            "name": "madeOn",
            "type": "date",
            "class": "P",
            "label": {"zh": "日期", "en": "Made on"},
            "about": {"zh": "作出的日期", "en": "The day it was made"},
        },
        {
            "name": "state",
            "type": "choice",
            "class": "P",
            "label": {"zh": "状态", "en": "State"},
            "about": {"zh": "当前状态", "en": "Its state"},
            "options": [
                {"code": "open", "zh": "进行中", "en": "Open"},
                {"code": "shut", "zh": "结束", "en": "Shut"},
            ],
        },
    ],
}


def a_kind_file(**changes: Any) -> dict[str, Any]:
    """The content of a small kind's file; a change of None takes a key away."""
    data = copy.deepcopy(_NOTE) | changes
    return {key: value for key, value in data.items() if value is not None}


def a_field(name: str, **changes: Any) -> dict[str, Any]:
    """One more field for such a file."""
    field = {
        "name": name,
        "type": "text",
        "class": "P",
        "label": {"zh": f"字段{name}", "en": name},
        "about": {"zh": f"说明{name}", "en": f"About {name}"},
    } | changes
    return {key: value for key, value in field.items() if value is not None}


def a_kind(*fields: dict[str, Any], **changes: Any) -> Kind:
    """The small kind with more fields."""
    data = a_kind_file(**changes)
    data["fields"] = [*data["fields"], *fields]
    return parse_kind(data, "note.yaml")
