"""Which regime is in force: one value per worker, read again often enough that a change is everywhere in seconds.

A regime follows from the active rule sets, the day and the calendar. Whoever changes one of these, and whoever sees
the day change, makes the next regime; its number is unique, so it is made once. A worker that has not looked for
``FRESH_SECONDS`` looks before it answers, and the recomputation begins only when every worker has looked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from server.actions.calendar_seed import library_notices
from server.catalogue.kind import Catalogue
from server.errors import Conflict
from server.rules import regime as regimes
from server.rules import ruleset
from server.rules.regime import Regime
from server.rules.ruleset import RuleSets
from server.rules.workdays import WorkCalendar
from server.store.calendar import Calendars
from server.store.mongo import Mongo, Session
from server.store.records import Records
from server.store.rule_sets import SHIPPED, RuleBook, rule_set_of

FRESH_SECONDS = 2.0
"""How old a worker's knowledge of the regime may be when it answers."""

GRACE_SECONDS = 5.0
"""How long a regime is in force before records are computed again: no worker still writes under the one before."""

DEFAULT_SETS = ("qufu-2023-8", "shandong-2020")
"""Active in a new installation; other shipped rule sets wait for an operator."""

BEYOND_TERM = frozenset({"qufu-2023-8"})
"""Applied after its own term until a successor is loaded (Art. 87); an operator may end that."""

_ATTEMPTS = 5


class Regimes:
    """The regime in force as one worker knows it."""

    def __init__(self, mongo: Mongo, catalogue: Catalogue) -> None:
        self.book = RuleBook(mongo)
        self.calendars = Calendars(mongo)
        self._records = Records(mongo)
        self._mongo = mongo
        self._catalogue = catalogue
        self._current: Regime | None = None
        self._document: dict[str, Any] = {}
        self._checked = 0.0
        self._day = date.min
        self._looking = asyncio.Lock()

    @property
    def current(self) -> Regime:
        """The regime as it was last read."""
        assert self._current is not None
        return self._current

    @property
    def ids(self) -> tuple[str, ...]:
        """``id/version`` of the applied rule sets, superior first."""
        return tuple(self._document["rule_sets"])

    @property
    def since(self) -> datetime:
        """When the regime came into force."""
        at: datetime = self._document["at"]
        return at

    async def open(self, at: datetime) -> None:
        """Read the regime in force; make the first one, with the shipped rule sets and calendar, where there is none.

        Shipped rule sets this database does not know yet are kept as new versions, not active.
        """
        fresh = await self.book.latest() is None
        await self.calendars.seed(library_notices(), at)
        await self._keep_shipped(at, activate=fresh)
        await self.look(at)

    async def fresh(self, at: datetime) -> Regime:
        """The regime in force at ``at``, read again when that was long ago or a new day has begun."""
        if time.monotonic() - self._checked > FRESH_SECONDS or at.date() > self._day:
            await self.look(at)
        return self.current

    async def look(self, at: datetime) -> Regime:
        """Read the regime in force now, and make the one that follows from what changed."""
        async with self._looking:
            started = time.monotonic()
            document = await self.book.latest()
            if document is None or at.date() > self._day:
                document = await self._brought_up_to_date(at)
            await self._take(document)
            self._checked, self._day = started, max(self._day, at.date())
        return self.current

    async def _repeated(self, attempt: Callable[[Session], Awaitable[None]]) -> None:
        """In one transaction, again when another worker made the next regime meanwhile."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._mongo.transact(attempt)
            except Conflict:
                continue
        await self._mongo.transact(attempt)

    async def _brought_up_to_date(self, at: datetime) -> dict[str, Any]:
        await self._repeated(lambda session: self.follow(at, "system", session))
        found = await self.book.latest()
        assert found is not None
        return found

    async def follow(self, at: datetime, by: str, session: Session) -> None:
        """Make the next regime when rule sets, day or calendar ask for another than the newest; days never go back.

        Raises Conflict when another worker made it meanwhile.
        """
        newest = await self.book.latest(session)
        day = at.date() if newest is None else max(at.date(), date.fromisoformat(newest["day"]))
        stored = in_turn([one for one in await self.book.all(session) if one["active"]], day)
        versions = {one["rule_set"]: one["version"] for one in stored}
        beyond = frozenset(one["rule_set"] for one in stored if one["beyond_term"])
        rules = ruleset.applied(map(rule_set_of, stored), day, beyond)
        calendar = await self.calendars.current(session)
        wanted = {
            "rule_sets": regimes.ids(rules, versions),
            "calendar": regimes.calendar_versions(calendar),
        }
        if newest is not None and all(newest[name] == value for name, value in wanted.items()):
            return
        old = None if newest is None else await self._regime(newest)
        made = regimes.after(self._catalogue, old, rules, calendar)
        await self.book.put(
            {
                "_id": made.number,
                **wanted,
                "beyond_term": sorted(beyond),
                "day": day.isoformat(),
                "at": at,
                "by": by,
                "since": dict(made.since),
                "total": None,
                "done": 0,
                "finished_at": at if made.settled or not await self._records.any(session) else None,
            },
            session,
        )

    async def _take(self, document: dict[str, Any]) -> None:
        if self._current is None or document["_id"] != self._document["_id"]:
            self._current = await self._regime(document)
        elif document["finished_at"] != self._document["finished_at"]:
            self._current = _settled(self._current, document)
        self._document = document

    async def _regime(self, document: Mapping[str, Any]) -> Regime:
        """The regime a stored document describes."""
        kept = {one["_id"]: one for one in await self.book.all()}
        rules = RuleSets(tuple(rule_set_of(kept[name]) for name in document["rule_sets"]))
        versions = document["calendar"]
        notices = [one for one in await self.calendars.all() if versions.get(str(one.year)) == one.version]
        return _settled(
            Regime(document["_id"], rules, WorkCalendar.of(notices), dict(document["since"])), document
        )

    async def on(self, day: date) -> tuple[Regime, Mapping[str, Any]] | None:
        """The regime that was in force at the end of a past day, with its document; None before the first one."""
        found = None
        for document in await self.book.regimes():
            if document["day"] <= day.isoformat():
                found = document
        return None if found is None else (await self._regime(found), found)

    async def _keep_shipped(self, at: datetime, *, activate: bool) -> None:
        stored = await self.book.all()
        known = {one["digest"] for one in stored}
        for one in ruleset.shipped():
            if ruleset.digest(one) in known:
                continue
            try:
                await self.book.add(one, next_version(stored, one.id), at, SHIPPED)
            except Conflict:
                continue  # another worker keeps the same

        async def work(session: Session) -> None:
            for name in DEFAULT_SETS:
                await self.book.activate(
                    name, 1, beyond_term=name in BEYOND_TERM, at=at, by=SHIPPED, session=session
                )

        if activate and not any(one["active"] for one in stored):
            await self._mongo.transact(work)


def in_turn(active: Sequence[Mapping[str, Any]], day: date) -> list[Mapping[str, Any]]:
    """One version of each rule set: the newest active one whose term has begun, so that a later one waits its turn."""
    begun: dict[str, Mapping[str, Any]] = {}
    for one in sorted(active, key=lambda each: each["version"]):
        if rule_set_of(one).effective_from <= day:
            begun[one["rule_set"]] = one
    return list(begun.values())


def next_version(stored: Iterable[Mapping[str, Any]], name: str) -> int:
    """The version number a rule set's next version gets."""
    return 1 + max((one["version"] for one in stored if one["rule_set"] == name), default=0)


def _settled(one: Regime, document: Mapping[str, Any]) -> Regime:
    return Regime(one.number, one.rules, one.calendar, one.since, settled=document["finished_at"] is not None)
