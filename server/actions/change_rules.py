"""What an operator changes of rules and calendar: loading, activating, retiring; each in the log, each in versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.actions.audit_log import Writing
from server.actions.platform import Platform
from server.actions.regimes import next_version
from server.actions.system_log import noted
from server.audit.entry import Tag
from server.catalogue import forbidden, personal
from server.errors import BadInput
from server.rules import ruleset
from server.rules.notices import parse_notice
from server.rules.parameters import PARAMETERS
from server.rules.regime import Regime
from server.rules.ruleset import RuleSets
from server.store.rule_sets import rule_set_of

NAME_MOST = 60
ESSENTIAL = (
    ("natural_person_never_public",),
    ("disclosure_max_months",),
    ("validity_is_publicity",),
    ("penalty_publicity_max_months", "penalty_classes"),
    ("person_retention_months",),
)
"""What must never be without a rule: a register that knows no end, or publishes nothing, is no register."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did: the version that holds the content now, and whether it is new."""

    name: str
    version: int
    fresh: bool


def checked_name(by: str) -> str:
    """The operator's name for the log. Raises BadInput."""
    name = by.strip()
    if not 1 <= len(name) <= NAME_MOST or not name.isprintable() or personal.find(name, published=True):
        raise BadInput(f"by (操作人): a name of 1 to {NAME_MOST} characters.", field="by", rule="name")
    return name


def _hold_no_person(text: str) -> None:
    """What is loaded is published: no number of a person may stand in it (Art. 64). Raises BadInput."""
    if any(
        personal.find(line, published=True) or forbidden.find(line, path="file") for line in text.splitlines()
    ):
        raise BadInput(
            "file (文件): holds personal or forbidden data, and would be published (Art. 63, 64).",
            field="file",
            rule="personal_data",
        )


async def load_rule_set(platform: Platform, text: bytes, origin: str, by: str, at: datetime) -> Loaded:
    """Keep a rule set from a YAML text as a new version, not active yet. Raises ConfigError, BadInput."""
    content, name = ruleset.parse(text, origin), checked_name(by)
    _hold_no_person(text.decode("utf-8"))
    stored = [one for one in await platform.regimes.book.all() if one["rule_set"] == content.id]
    for one in stored:
        if one["digest"] == ruleset.digest(content):
            return Loaded(content.id, one["version"], fresh=False)
    version = next_version(stored, content.id)

    async def work(writing: Writing) -> None:
        await platform.regimes.book.add(content, version, at, name, writing.session)
        await writing.append(
            [noted(platform, Tag.RULES_SET_LOAD, at, by=name, reason=f"{content.id}/{version}")]
        )

    await platform.log.transact(work)
    return Loaded(content.id, version, fresh=True)


async def activate(
    platform: Platform, identifier: str, version: int | None, *, beyond_term: bool, by: str, at: datetime
) -> Regime:
    """Make a version (the newest without one) the active one of its rule set; the regime that follows is in force.

    A rule set whose term has not begun is applied from its first day on, and its former version until then; one
    whose term has ended only with
    ``beyond_term`` (Art. 87). Raises BadInput.
    """
    name = checked_name(by)
    found = [one for one in await platform.regimes.book.all() if one["rule_set"] == identifier]
    if version is None and found:
        version = found[-1]["version"]
    chosen = next((one for one in found if one["version"] == version), None)
    if chosen is None:
        raise BadInput(
            "id (规则集): no such rule set or version is loaded.", field="id", rule="unknown_rule_set"
        )
    content = rule_set_of(chosen)
    if not beyond_term and content.effective_to is not None and content.effective_to < at.date():
        raise BadInput(
            "id (规则集): its own term has ended; --beyond-term keeps it applied (Art. 87).",
            field="id",
            rule="term_ended",
        )

    async def work(writing: Writing) -> None:
        await platform.regimes.book.activate(
            identifier,
            version,
            beyond_term=beyond_term,
            at=at,
            by=name,
            session=writing.session,
            beside=content.effective_from > at.date(),
        )
        reason = f"{identifier}/{version}"
        await writing.append([noted(platform, Tag.RULES_SET_ACTIVATE, at, by=name, reason=reason)])

    return await _changed(platform, at, name, work)


async def retire(platform: Platform, identifier: str, *, by: str, at: datetime) -> Regime:
    """Let no version of a rule set be active. Raises BadInput, also where dates would then follow from no rule at all."""
    name = checked_name(by)
    left = [one for one in platform.regimes.current.rules.sets if one.id != identifier]
    without = [one for one in ESSENTIAL if RuleSets.of(left).find(*one) is None]
    if without and platform.regimes.current.rules.find(*without[0]) is not None:
        raise BadInput(
            f"id (规则集): without it nothing says {PARAMETERS[without[0][0]].label.en}; activate what takes its place first.",
            field="id",
            rule="nothing_in_its_place",
        )
    active = [
        one for one in await platform.regimes.book.all() if one["rule_set"] == identifier and one["active"]
    ]
    if not active:
        raise BadInput("id (规则集): no version of it is active.", field="id", rule="not_active")

    async def work(writing: Writing) -> None:
        await platform.regimes.book.activate(
            identifier, None, beyond_term=False, at=at, by=name, session=writing.session
        )
        await writing.append([noted(platform, Tag.RULES_SET_RETIRE, at, by=name, reason=identifier)])

    return await _changed(platform, at, name, work)


async def load_calendar(platform: Platform, text: str, by: str, at: datetime) -> Loaded:
    """Keep a year's working days from a YAML text; every deadline they move is computed again. Raises BadInput."""
    notice, name = parse_notice(text), checked_name(by)
    _hold_no_person(text)
    kept: list[Any] = []
    before = platform.regimes.current.calendar.years.get(notice.year)

    async def work(writing: Writing) -> None:
        kept[:] = [await platform.regimes.calendars.put(notice, at, name, writing.session)]
        if before is None or kept[0].version != before.version:
            reason = f"{notice.year}/{kept[0].version}"
            await writing.append([noted(platform, Tag.CALENDAR_YEAR_LOAD, at, by=name, reason=reason)])

    await _changed(platform, at, name, work)
    return Loaded(str(notice.year), kept[0].version, before is None or kept[0].version != before.version)


async def _changed(
    platform: Platform, at: datetime, by: str, work: Callable[[Writing], Awaitable[None]]
) -> Regime:
    """Do ``work`` and make the regime that follows from it, all in one transaction with its entry in the log."""

    async def both(writing: Writing) -> None:
        await work(writing)
        await platform.regimes.follow(at, by, writing.session)

    await platform.log.transact(both)
    return await platform.regimes.look(at)
