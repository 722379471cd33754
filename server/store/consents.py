"""The collection ``consents``: written authorisations, read again on every use (Art. 32, 33, 62)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel

from server.model.consent import Consent, ConsentState
from server.store.mongo import Mongo, Session, translating


class ConsentDocument(Document):
    """One consent. ``valid_from`` and ``valid_to`` are ISO days in city time, the last one included."""

    id: str  # type: ignore[assignment]
    version: int = 1
    grantor: str
    grantee: str
    purpose: str
    purpose_text: str
    fields: list[str]
    valid_from: str
    valid_to: str
    max_uses: int
    uses: int = 0
    state: ConsentState
    notice: str
    proof: str
    created_at: datetime

    class Settings:
        name = "consents"
        indexes: ClassVar = [
            IndexModel([("grantor", ASCENDING), ("_id", DESCENDING)], name="grantor"),
            IndexModel([("grantee", ASCENDING), ("_id", DESCENDING)], name="grantee"),
        ]


class Consents:
    """Reads and writes of one database's consents."""

    def __init__(self, mongo: Mongo) -> None:
        self._collection = mongo.db["consents"]

    async def get(self, identifier: str) -> Consent | None:
        """The consent as it stands now."""
        with translating():
            found = await self._collection.find_one({"_id": identifier})
        return None if found is None else _consent(found)

    async def add(self, document: dict[str, Any], session: Session) -> None:
        """Insert a new consent."""
        with translating():
            await self._collection.insert_one(document, session=session)

    async def use(self, consent: Consent, day: date) -> bool:
        """Count one use; False when it was revoked, used up or has ended meanwhile, even concurrently."""
        query = {
            "_id": consent.id,
            "state": ConsentState.ACTIVE.value,
            "valid_from": {"$lte": day.isoformat()},
            "valid_to": {"$gte": day.isoformat()},
            "uses": {"$lt": consent.max_uses},
        }
        with translating():
            done = await self._collection.update_one(query, {"$inc": {"uses": 1, "version": 1}})
        return done.modified_count == 1

    async def revoke(self, identifier: str, grantor: str, session: Session) -> bool:
        """End an active consent of this grantor at once; False when there is none."""
        query = {"_id": identifier, "grantor": grantor, "state": ConsentState.ACTIVE.value}
        with translating():
            done = await self._collection.update_one(
                query,
                {"$set": {"state": ConsentState.REVOKED.value}, "$inc": {"version": 1}},
                session=session,
            )
        return done.modified_count == 1


def _consent(raw: dict[str, Any]) -> Consent:
    return Consent(
        id=raw["_id"],
        grantor=raw["grantor"],
        grantee=raw["grantee"],
        purpose=raw["purpose"],
        purpose_text=raw["purpose_text"],
        fields=frozenset(raw["fields"]),
        valid_from=date.fromisoformat(raw["valid_from"]),
        valid_to=date.fromisoformat(raw["valid_to"]),
        max_uses=raw["max_uses"],
        uses=raw["uses"],
        state=ConsentState(raw["state"]),
        version=raw["version"],
    )
