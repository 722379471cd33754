"""Reading the log: a subject learns who looked (Art. 55), an auditor follows what happened (Art. 38)."""

from __future__ import annotations

from dataclasses import dataclass

from server.actions.look_up import COUNT_MOST, checked_first
from server.actions.open_file import find
from server.actions.operation import Operation
from server.actions.subject_key import read_key
from server.actions.views import Page, SubjectView
from server.audit.entry import Entry, Tag
from server.rules import acting, relation
from server.rules.acting import Verb


@dataclass(frozen=True, slots=True)
class LogView:
    """One entry for one reader. ``officer`` and ``client`` are only filled for an auditor, and ``unit_name``
    where the unit is known."""

    id: str
    entry: Entry
    unit_name: str | None
    officer: str | None
    cursor: str


async def access_log(operation: Operation, view: SubjectView, first: int, after: str | None) -> Page:
    """Who looked at the subject's file, newest first; without the officers' names, and without what is
    withheld by law for a stated time. Reading one's own log is itself noted."""
    operation.notes.append(
        operation.entry(
            Tag.LOG_ENTRIES_READ, ground=view.file.ground if view.file else "", subject=view.subject.id
        )
    )
    return await _entries(operation, view.subject.id, first, after, auditor=False)


async def access_log_count(operation: Operation, view: SubjectView) -> int:
    """How many entries ``access_log`` lists, counted up to a bound."""
    token = operation.subject_token(view.subject.id)
    return await operation.platform.log.count_of(token, day=operation.today, bound=COUNT_MOST)


async def audit_entries(
    operation: Operation, subject: str, matter: str, first: int, after: str | None
) -> Page:
    """An auditor's view of the entries about one subject, for a stated matter; logged itself. Raises Refused."""
    objection = acting.may(operation.viewer, Verb.READ_LOG)
    if objection is not None:
        raise operation.objected(objection)
    if not relation.matter_stated(matter):
        raise operation.refuse(relation.MATTER_MISSING)
    found = await find(operation, read_key(subject, operation.today), {})
    operation.notes.append(
        operation.entry(
            Tag.LOG_ENTRIES_READ, ground="duty", matter=matter, subject=found["_id"] if found else None
        )
    )
    if found is None:
        return Page((), False, False)
    return await _entries(operation, found["_id"], first, after, auditor=True)


async def _entries(
    operation: Operation, subject: str, first: int, after: str | None, *, auditor: bool
) -> Page:
    platform, first = operation.platform, checked_first(first)
    token = operation.subject_token(subject)
    bound = ("log", token, operation.viewer.role.value)
    before = platform.cursors.open(after, *bound) if after is not None else None
    found = await platform.log.entries_of(token, day=operation.today, limit=first + 1, before=before)
    units = await platform.units.names({one.actor_unit for one in found if one.actor_unit})
    views = [
        LogView(
            id=one.id,
            entry=one,
            unit_name=units.get(one.actor_unit or ""),
            officer=one.actor_officer if auditor else None,
            cursor=platform.cursors.seal(one.id, *bound),
        )
        for one in found[:first]
    ]
    return Page(views, len(found) > first, before is not None)
