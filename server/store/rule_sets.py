"""The collections ``rule_sets`` (every version of every rule set) and ``regimes`` (what was applied since when)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel

from server.errors import Conflict
from server.rules import ruleset
from server.rules.ruleset import RuleSet
from server.store.mongo import Mongo, Session, first_come, translating

SHIPPED = "shipped"
"""Stands in ``loaded_by`` of what came with the program."""

_DAYS = ("effective_from", "effective_to")


class RulesChanged(Conflict):
    """Another regime came into force while something was computed under the one before."""


class RuleSetDocument(Document):
    """One version of a rule set, under ``<rule set>/<version>``.

    Of several active versions the newest whose term has begun is applied.

    ``beyond_term``: an operator keeps it applied after its own term until a successor is in force (Art. 87).
    """

    id: str  # type: ignore[assignment]
    rule_set: str
    version: int
    content: dict[str, Any]
    digest: str
    active: bool
    beyond_term: bool
    loaded_at: datetime
    loaded_by: str
    activated_at: datetime | None = None
    activated_by: str | None = None

    class Settings:
        name = "rule_sets"
        indexes: ClassVar = [
            IndexModel([("rule_set", ASCENDING), ("version", DESCENDING)], name="version", unique=True)
        ]


class RegimeDocument(Document):
    """One regime; ``id`` is its number. ``calendar`` maps years to versions of their notices.

    ``stale`` maps kinds to how many records were to be computed again, ``done`` counts those that were;
    ``finished_at`` is None while some are left.
    """

    id: int  # type: ignore[assignment]
    rule_sets: list[str]
    beyond_term: list[str]
    calendar: dict[str, int]
    day: str
    at: datetime
    by: str
    since: dict[str, int]
    total: int | None = None
    done: int = 0
    finished_at: datetime | None = None

    class Settings:
        name = "regimes"


class RuleBook:
    """Reads and writes of one database's rule sets and regimes."""

    def __init__(self, mongo: Mongo) -> None:
        self._sets = mongo.db["rule_sets"]
        self._regimes = mongo.db["regimes"]

    async def all(self, session: Session | None = None) -> list[dict[str, Any]]:
        """Every version of every rule set, by name and version."""
        with translating():
            found = await self._sets.find({}, session=session).to_list()
        return sorted(found, key=lambda one: (one["rule_set"], one["version"]))

    async def add(
        self, one: RuleSet, version: int, at: datetime, by: str, session: Session | None = None
    ) -> dict[str, Any]:
        """Keep a version, not active. Raises Conflict when the version was taken meanwhile."""
        document = {
            "_id": f"{one.id}/{version}",
            "rule_set": one.id,
            "version": version,
            "content": _stored(one),
            "digest": ruleset.digest(one),
            "active": False,
            "beyond_term": False,
            "loaded_at": at,
            "loaded_by": by,
            "activated_at": None,
            "activated_by": None,
        }
        with translating(), first_come():
            await self._sets.insert_one(document, session=session)
        return document

    async def activate(
        self,
        name: str,
        version: int | None,
        *,
        beyond_term: bool,
        at: datetime,
        by: str,
        session: Session,
        beside: bool = False,
    ) -> None:
        """Make this version the active one of its rule set; None: no version is. ``beside``: the former stays active
        until the term of this one begins."""
        with translating():
            if not beside:
                await self._sets.update_many(
                    {"rule_set": name, "active": True},
                    {"$set": {"active": False, "beyond_term": False}},
                    session=session,
                )
            if version is not None:
                changes = {
                    "active": True,
                    "beyond_term": beyond_term,
                    "activated_at": at,
                    "activated_by": by,
                }
                await self._sets.update_one({"_id": f"{name}/{version}"}, {"$set": changes}, session=session)

    async def latest(self, session: Session | None = None) -> dict[str, Any] | None:
        """The newest regime."""
        with translating():
            found = await self._regimes.find({}, session=session).sort("_id", DESCENDING).limit(1).to_list()
        return found[0] if found else None

    async def regimes(self) -> list[dict[str, Any]]:
        """Every regime, oldest first."""
        with translating():
            return await self._regimes.find({}).sort("_id", ASCENDING).to_list()

    async def put(self, document: Mapping[str, Any], session: Session) -> None:
        """Add a regime. Raises Conflict when its number was taken meanwhile."""
        with translating(), first_come():
            await self._regimes.insert_one(dict(document), session=session)

    async def expect(self, number: int, session: Session) -> None:
        """Raise Conflict when a newer regime than ``number`` is in force: what was computed under it is stale."""
        newest = await self.latest(session)
        if newest is not None and newest["_id"] != number:
            raise RulesChanged("The rules of publicity changed meanwhile; repeat the filing.")

    async def progress(self, number: int, *, done: int, total: int) -> None:
        """Note how far the recomputation for a regime is."""
        with translating():
            await self._regimes.update_one({"_id": number}, {"$set": {"done": done, "total": total}})

    async def finish(self, number: int, at: datetime) -> None:
        """Note that no record is stale any more."""
        with translating():
            await self._regimes.update_one(
                {"_id": number, "finished_at": None}, {"$set": {"finished_at": at}}
            )


def rule_set_of(document: Mapping[str, Any]) -> RuleSet:
    """The rule set in a stored version. Raises ConfigError when it is none."""
    content = dict(document["content"])
    for name in _DAYS:
        content[name] = date.fromisoformat(content[name]) if content[name] else None
    return ruleset.from_plain(content, document["_id"])


def _stored(one: RuleSet) -> dict[str, Any]:
    content = ruleset.plain(one)
    for name in _DAYS:
        content[name] = content[name].isoformat() if content[name] else None
    return content
