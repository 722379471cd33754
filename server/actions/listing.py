"""What the public learns of an entity's existence: it is listed as long as one of its records is published.

An entity known here by hidden records alone (secret, never public, past publicity) does not exist for the public, and
what the search takes over from a basic record hides with that record (Art. 7, 31, 34).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from server.actions.audit_log import Writing
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.catalogue.kind import Kind, SubjectKind
from server.rules import changes
from server.store.subjects import grams_of

Change = tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]
"""Subject, record, superseded record."""


def basic_fields(record: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a subject takes over from its basic record: the copy itself and what the search filters by."""
    if record is None:
        return {}
    active = record["state"] == "active"
    made: dict[str, Any] = {"basic": dict(record) if active else None}
    if record["kind"] == "person_basic":
        return made
    if published_to(record) is None:
        return made | {"area": None, "industry": None}
    body = record["body"][record["kind"]]
    return made | {
        "name": body["name"],
        "grams": grams_of(body["name"]),
        "area": body.get("area"),
        "industry": body.get("industry"),
    }


def last_public_days(changed: Sequence[Change]) -> dict[str, str]:
    """Subject -> the last day on which one of the new records is published."""
    days: dict[str, str] = {}
    for _, record, _ in changed:
        last = published_to(record)
        if last is not None:
            days[record["subject"]] = max(last, days.get(record["subject"], ""))
    return days


def published_to(record: Mapping[str, Any]) -> str | None:
    """The last day on which a record is published; None for one that never is, or no longer counts."""
    return record["pub_to"] if record["pub_from"] is not None and record["state"] == "active" else None


async def relist(platform: Platform, changed: Sequence[Change], held: set[str], writing: Writing) -> None:
    """Bring ``listed_to`` of subjects already held up to date; call when the records are written."""
    shortened = {
        record["subject"]
        for _, record, old in changed
        if old is not None and (published_to(record) or "") < (published_to(old) or "")
    }
    longer = {one: day for one, day in last_public_days(changed).items() if one in held - shortened}
    await platform.subjects.list_longer(longer, writing.session)
    if shortened:
        days = await platform.records.last_public_days(shortened, writing.session)
        relisted = [(one, {"listed_to": days.get(one)}) for one in sorted(shortened)]
        await platform.subjects.change(relisted, writing.session)


def seen_by(
    operation: Operation, kind: Kind, old: Mapping[str, Any] | None, new: Mapping[str, Any]
) -> dict[str, Any]:
    """What each audience learns of a change: its own marks, and the reason where the subject sees the change."""
    subject_kind = SubjectKind(new["subject_kind"])
    made = changes.marks(kind, subject_kind, old, new, operation.at)
    if old is not None and not changes.subject_sees(kind, subject_kind, old, new):
        made["change_reason"] = old["change_reason"]
    return made
