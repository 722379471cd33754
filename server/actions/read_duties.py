"""How units fulfil their duties to report (Art. 57, 58): their own reports, and counts for those who supervise (Art. 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from server.actions.look_up import checked_first
from server.actions.operation import Operation
from server.actions.views import Page
from server.audit.entry import Tag
from server.catalogue import values
from server.catalogue.fault import Fault
from server.errors import BadInput
from server.rules import acting
from server.rules.acting import Verb
from server.rules.duties import Duty


@dataclass(frozen=True, slots=True)
class DutyView:
    """One report of a unit: what for, since when, when it came, by when it was due, and whether it came late."""

    id: str
    duty: Duty
    kind: str
    record: str
    began_on: date
    reported_on: date
    due_on: date | None
    provisional: bool
    late: bool
    basis: str | None
    cursor: str


@dataclass(frozen=True, slots=True)
class DutyCount:
    """Reports of one unit and duty in a span of days; the provisional ones may still turn out otherwise."""

    unit: str
    unit_name: str | None
    duty: Duty
    reports: int
    late: int
    provisional: int


async def reports(operation: Operation, unit: str | None, first: int, after: str | None) -> Page:
    """A unit's reports, newest first: its own, or any for an auditor. Raises Refused, BadInput."""
    platform, chosen = operation.platform, _unit(operation, unit)
    if chosen is None:
        raise BadInput("unit (单位): name the unit.", field="unit", rule="required")
    first = checked_first(first)
    bound = ("duties", chosen)
    below = platform.cursors.open(after, *bound) if after is not None else None
    found = await platform.duties.page(chosen, below, first + 1)
    views = [
        DutyView(
            id=one["_id"],
            duty=Duty(one["duty"]),
            kind=one["kind"],
            record=one["record"],
            began_on=date.fromisoformat(one["began_on"]),
            reported_on=date.fromisoformat(one["reported_on"]),
            due_on=date.fromisoformat(one["due_on"]) if one["due_on"] else None,
            provisional=one["provisional"],
            late=one["late"],
            basis=one["basis"],
            cursor=platform.cursors.seal(one["_id"], *bound),
        )
        for one in found[:first]
    ]
    return Page(views, len(found) > first, below is not None)


async def counts(operation: Operation, unit: str | None, since: date, until: date) -> list[DutyCount]:
    """Reports and late reports by unit and duty, reported on these days: the own unit's, or all for an auditor."""
    platform, chosen = operation.platform, _unit(operation, unit)
    found = await platform.duties.counts(since, until, chosen)
    names = await platform.units.names({one["unit"] for one in found})
    return [
        DutyCount(
            unit=one["unit"],
            unit_name=names.get(one["unit"]),
            duty=Duty(one["duty"]),
            reports=one["reports"],
            late=one["late"],
            provisional=one["provisional"],
        )
        for one in found
    ]


def _unit(operation: Operation, asked: str | None) -> str | None:
    """The unit asked about; None for all, which only an auditor may ask for."""
    if asked is not None and isinstance(values.clean_uscc(asked), Fault):
        raise BadInput("unit (单位): a unified social credit code.", field="unit", rule="uscc")
    if acting.may(operation.viewer, Verb.READ_LOG) is None:
        operation.notes.append(operation.entry(Tag.LOG_ENTRIES_READ, ground="duty", reason="report_duties"))
        return asked
    objection = acting.may(operation.viewer, Verb.READ_QUEUE)
    if objection is not None or (asked is not None and asked != operation.viewer.unit):
        raise operation.objected(objection or acting.NOT_OWN_UNIT)
    return operation.viewer.unit
