"""Who may see what, written a second time from the law's own tables and the YAML files, without the rules' code.

The classes are those of the record types: P everyone, AG the subject, its authorised third parties and government,
A without government, G government only, I nobody outside. For natural persons P becomes AG (Shandong Art. 20(3)).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

import server.catalogue

FOLDER = Path(server.catalogue.__file__).parent / "kinds"
KINDS: dict[str, dict[str, Any]] = {
    made["code"]: made
    for made in (yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml")))
}
REACHES = {
    "P": {"public", "subject", "third_party", "government", "internal"},
    "AG": {"subject", "third_party", "government", "internal"},
    "A": {"subject", "third_party", "internal"},
    "G": {"government", "internal"},
    "I": {"internal"},
}
PERSON, SHOP = "natural_person", "individual_business"
ENVELOPE = {
    **dict.fromkeys(
        [
            "datedOn",
            "sourceUnit",
            "sourceUnitCode",
            "sourceRecordNo",
            "lastUpdated",
            "catalogueItem",
            "catalogueVersion",
            "recordVersion",
            "publicityFrom",
            "publicityTo",
            "earliestEnd",
            "ruleSet",
            "publicityProvisional",
            "publicityFromBasis",
            "earliestEndBasis",
        ],
        "P",
    ),
    **dict.fromkeys(["submittedAt", "disclosureEnd", "disclosureBasis", "stage"], "AG"),
    **dict.fromkeys(["retentionEnd", "retentionBasis", "changeReason"], "A"),
    **dict.fromkeys(["submittedBy", "reviewedBy", "contentHash"], "I"),
}
"""Classes of the common envelope. The hash covers internal fields, so it stays inside."""

HELD = {"stage", "retentionEnd", "retentionBasis", "catalogueItem", "sourceUnit", "sourceUnitCode"}
"""All that the subject may know of a record whose disclosure has ended: that it is held."""

AUDIENCE = {
    "none": "public",
    "self": "subject",
    "agent": "subject",
    "window": "subject",
    "consented": "third_party",
    "government": "government",
    "filing_unit": "internal",
    "centre": "internal",
}


def fields_of(code: str) -> dict[str, dict[str, Any]]:
    """The YAML of every field of a kind, by name."""
    return {one["name"]: one for one in KINDS[code]["fields"]}


def class_of(code: str, name: str, subject_kind: str) -> str | None:
    """The class of a field for such a subject; None where it does not exist."""
    if subject_kind not in KINDS[code]["subjects"]:
        return None
    if name in ENVELOPE:
        found = ENVELOPE[name]
        return "AG" if subject_kind == PERSON and found == "P" else found
    field = fields_of(code)[name]
    if subject_kind not in field.get("subjects", [subject_kind]):
        return None
    if subject_kind == PERSON:
        person = field.get("person", "AG" if field["class"] == "P" else field["class"])
        return None if person == "none" else str(person)
    return str(field["class"]) if field.get("entity", True) else None


def stage_of(record: Mapping[str, Any], day: date) -> str:
    """Where a stored record stands on a day, read off its clocks."""
    now = str(day)
    if record["state"] != "active" or now > record["keep_to"]:
        return "SHIELDED"
    if now > record["disc_to"]:
        return "DISCLOSURE_ENDED"
    published = record["pub_from"] is not None and record["pub_from"] <= now <= record["pub_to"]
    return "PUBLIC" if published else "NOT_PUBLIC"


def state_of(
    audience: str,
    code: str,
    name: str,
    subject_kind: str,
    stage: str,
    *,
    purpose: str | None = None,
    consented: bool = False,
) -> str:
    """SHOWN, MASKED or WITHHELD. ``consented``: the consent names the field."""
    kind, letter = KINDS[code], class_of(code, name, subject_kind)
    if letter is None or audience not in REACHES[letter]:
        return "WITHHELD"
    if audience != "internal":
        held = audience == "subject" and name in HELD
        if stage == "SHIELDED" or (stage == "DISCLOSURE_ENDED" and not held):
            return "WITHHELD"
    if audience == "public" and (
        stage != "PUBLIC" or (subject_kind == SHOP and kind["category"] == "dishonest")
    ):
        return "WITHHELD"
    beyond = kind["family"] == "market" or (kind.get("purposes") and purpose not in kind["purposes"])
    if audience == "government" and beyond:
        return "WITHHELD"
    if audience == "third_party" and name not in ENVELOPE and not consented:
        return "WITHHELD"
    if audience == "third_party" and name == "changeReason":
        return "WITHHELD"
    mask = {} if name in ENVELOPE else fields_of(code)[name].get("mask", {})
    return "MASKED" if audience in mask.get("audiences", []) else "SHOWN"
