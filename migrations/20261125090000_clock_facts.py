"""Records carry the facts their clocks follow from, and what the sweep needs; their dates are then computed anew.

Old shape: clocks (``pub_from`` to ``keep_to``, ``rule_set``) without facts. New shape: besides ``facts``, ``regime`` 0
(older than any regime, so that the first recomputation takes it), ``announced``, ``due``, ``tick`` and ``slot``. Code
of before this migration reads what it leaves: nothing it knows is taken away.
"""

from __future__ import annotations

from typing import Any

from pymongo import UpdateOne

OPEN, OPEN_ENDED, NEVER_YET = "9999-12-31", "2099-12-31", "1990-01-01"
BATCH = 200
VALID_FROM = {"administrative_licence": "validFrom"}
VALID_TO = {
    "abnormal_list": "removedOn",
    "administrative_licence": "validTo",
    "administrative_penalty": "validTo",
    "commitment": "validTo",
    "evaluation": "validTo",
    "honour": "validTo",
    "red_list_entry": "validTo",
}
CONDUCT_ENDED = {
    "administrative_penalty": "conductEndedOn",
    "arrears": "endedOn",
    "commitment_breach": "conductEndedOn",
    "compulsory_enforcement": "conductEndedOn",
    "false_material": "conductEndedOn",
    "judgment_defaulter": "conductEndedOn",
    "severe_list_entry": "conductEndedOn",
}
PUBLISHED_WHEN = {
    "commitment": ("publicityScope", ("public",)),
    "evaluation": ("publicityAttribute", ("public",)),
    "market_record": ("publicationBasis", ("law", "contract")),
    "supervision": ("publication", ("law",)),
}
SEVERE, PENALTY = "severe_list_entry", "administrative_penalty"


async def up(db: Any) -> None:
    """Give every record without facts its own, a batch at a time; safe to run again."""
    changes: list[UpdateOne] = []
    listed: set[str] = set()
    async for record in db["records"].find({"facts": {"$exists": False}}):
        changes.append(UpdateOne({"_id": record["_id"]}, {"$set": _added(record)}))
        if record["kind"] == SEVERE:
            listed.add(record["subject"])
        if len(changes) == BATCH:
            await db["records"].bulk_write(changes, ordered=False)
            changes.clear()
    if changes:
        await db["records"].bulk_write(changes, ordered=False)
    if listed:
        await db["subjects"].update_many({"_id": {"$in": sorted(listed)}}, {"$set": {"severe": True}})
    for subject in sorted(listed):
        await _restarts(db, subject)
    await _copies(db)
    await _filings(db)


def _added(record: dict[str, Any]) -> dict[str, Any]:
    """What the new shape adds. The stage is announced as the old dates had it; the first sweep corrects it."""
    published = record["state"] == "active" and record["pub_from"] is not None
    return {
        "facts": _facts(record),
        "regime": 0,
        "announced": "PUBLIC" if published else "NOT_PUBLIC" if record["state"] == "active" else "SHIELDED",
        "due": NEVER_YET if record["state"] == "active" else OPEN,
        "tick": 0,
        "slot": record["_id"][-3:],
        "from_rule": None,
        "early_rule": None,
        "disc_rule": None,
        "keep_rule": None,
        "provisional": False,
    }


def _facts(record: dict[str, Any]) -> dict[str, Any]:
    kind = record["kind"]
    body = record["body"].get(kind, {})
    field, values = PUBLISHED_WHEN.get(kind, ("", ()))
    facts: dict[str, Any] = {
        "dated": record["dated_on"],
        "secret": bool(record["secrecy"]),
        "closed": kind in PUBLISHED_WHEN and body.get(field) not in values,
        "from": _day(body.get(VALID_FROM.get(kind, ""))),
        "to": _day(body.get(VALID_TO.get(kind, ""))),
        "ended": _day(body.get(CONDUCT_ENDED.get(kind, ""))),
    }
    if kind == PENALTY:
        facts |= {"types": sorted(body.get("penaltyTypes", ())), "domain": body.get("domain")}
    if kind == SEVERE:
        facts |= {"removed": _day(body.get("removedOn")), "restarts": []}
    return facts


async def _restarts(db: Any, subject: str) -> None:
    """Let a subject's listings know of its other dishonest conduct (Art. 35)."""
    found = await db["records"].find({"subject": subject, "state": "active"}).to_list()
    dishonest = [one for one in found if one["kind"] in CONDUCT_ENDED]
    for listing in (one for one in dishonest if one["kind"] == SEVERE):
        restarts = sorted(
            (
                {"on": one["facts"]["ended"] or one["facts"]["dated"], "record": one["_id"]}
                for one in dishonest
                if one["_id"] != listing["_id"]
            ),
            key=lambda one: (one["on"], one["record"]),
        )
        await db["records"].update_one({"_id": listing["_id"]}, {"$set": {"facts.restarts": restarts}})


async def _copies(db: Any) -> None:
    """The copies subjects carry of their basic records get the same."""
    async for subject in db["subjects"].find(
        {"basic._id": {"$exists": True}, "basic.facts": {"$exists": False}}
    ):
        added = {f"basic.{name}": value for name, value in _added(subject["basic"]).items()}
        await db["subjects"].update_one({"_id": subject["_id"]}, {"$set": added})


async def _filings(db: Any) -> None:
    """Filings that wait hold the record as it would come into force."""
    async for filing in db["filings"].find({"record.facts": {"$exists": False}}):
        added = {f"record.{name}": value for name, value in _added(filing["record"]).items()}
        added |= {"deed": "file", "report": None}
        await db["filings"].update_one({"_id": filing["_id"]}, {"$set": added})


def _day(value: Any) -> str | None:
    return value if isinstance(value, str) and value < OPEN_ENDED else None
