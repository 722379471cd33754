"""Reading what is public, and the records of a subject on whatever footing it is approached (Art. 30, 31)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from server.actions.existence import existing, exists
from server.actions.open_file import own_file
from server.actions.operation import Operation
from server.actions.views import (
    BASIC_KINDS,
    NOTHING,
    Chosen,
    Page,
    SubjectView,
    basic_projection,
    basics,
    explain,
    opened,
    subject_view,
)
from server.catalogue import values
from server.catalogue.fault import Fault
from server.catalogue.kind import ENTITIES, SubjectKind
from server.errors import BadInput
from server.model.ids import well_formed
from server.model.view import Exposure, RecordView
from server.model.viewer import Role
from server.rules import relation
from server.rules.access import Clause, Scope, see
from server.store.record_pages import Where
from server.store.subjects import Search, gram_of

PAGE_MOST = 100
COUNT_MOST = 500
NODES_MOST = 50
FEED_KINDS = ("administrative_licence", "administrative_penalty")
NAME_MOST = 60


@dataclass(frozen=True, slots=True)
class EntitySearch:
    """The closed arguments of a search."""

    search: str | None = None
    kind: SubjectKind | None = None
    area: str | None = None
    industry: str | None = None
    first: int = 20
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """The closed arguments of a list of records. ``count`` asks for the bounded total."""

    kinds: tuple[str, ...] | None = None
    unit: str | None = None
    since: date | None = None
    until: date | None = None
    first: int = 20
    after: str | None = None
    chosen: Chosen = NOTHING


def checked_first(first: int) -> int:
    """A page size within bounds. Raises BadInput."""
    if not 1 <= first <= PAGE_MOST:
        raise BadInput(
            f"first (每页条数): a page has 1 to {PAGE_MOST} entries.", field="first", rule="page_size"
        )
    return first


async def entity(operation: Operation, uscc: str, chosen: Chosen) -> SubjectView | None:
    """The market entity or institution with that code, as the public sees it (Art. 31); None for any other text."""
    code = values.clean_uscc(uscc)
    if isinstance(code, Fault):
        return None
    scope = relation.public(operation.today)
    clauses = basics(operation, scope, ENTITIES)
    explain(operation, scope, ENTITIES, chosen.named, BASIC_KINDS)
    found = await operation.platform.subjects.by_code(code, basic_projection(operation, clauses, chosen))
    if found is None or not await exists(operation, found):
        return None
    return await subject_view(operation, found, scope, clauses, None)


async def entities(operation: Operation, asked: EntitySearch, chosen: Chosen) -> Page:
    """Anonymous search by name fragment or code; natural persons are not in its index at all (Art. 36)."""
    platform, scope = operation.platform, relation.public(operation.today)
    first = checked_first(asked.first)
    clauses = basics(operation, scope, ENTITIES)
    text = (asked.search or "").strip()
    if asked.search is not None and not 2 <= len(text) <= NAME_MOST:
        raise BadInput(f"search (检索词): 2 to {NAME_MOST} characters.", field="search", rule="search_length")
    bound = ("entities", text, asked.kind or "", asked.area or "", asked.industry or "")
    after = int(platform.cursors.open(asked.after, *bound)) if asked.after is not None else 0
    code = values.clean_uscc(text)
    projection = basic_projection(operation, clauses, chosen)
    explain(operation, scope, ENTITIES, chosen.named, BASIC_KINDS)
    if text and not isinstance(code, Fault):
        exact = await platform.subjects.by_code(code, {"seq": 1, **projection})
        shown = exact is not None and _fits(exact, asked) and await exists(operation, exact)
        found = [exact] if exact is not None and shown and not after else []
    else:
        fragment = text or None
        search = Search(
            kinds=frozenset({asked.kind}) & ENTITIES if asked.kind else ENTITIES,
            day=operation.today,
            fragment=fragment,
            gram=gram_of(fragment) if fragment else None,
            area=asked.area,
            industry=asked.industry,
        )
        listing = None if operation.judge is None else partial(existing, operation)
        found = await platform.subjects.search(search, after, first + 1, projection, listing)
    views = [
        await subject_view(
            operation,
            one,
            scope,
            clauses,
            None,
            sealed=partial(platform.cursors.seal, str(one["seq"]), *bound),
        )
        for one in found[:first]
    ]
    return Page(views, len(found) > first, after > 0)


def _fits(found: Mapping[str, Any], asked: EntitySearch) -> bool:
    pairs = (("kind", asked.kind), ("area", asked.area), ("industry", asked.industry))
    return all(value is None or found.get(name) == value for name, value in pairs)


async def feed(operation: Operation, asked: RecordQuery) -> Page:
    """The public feed of licences and penalties over all entities (Art. 31, 34)."""
    kinds = FEED_KINDS if asked.kinds is None else asked.kinds
    if not set(kinds) <= set(FEED_KINDS):
        raise BadInput(
            f"kind (信息类别): the feed holds {' and '.join(FEED_KINDS)}.", field="kind", rule="feed_kind"
        )
    if asked.unit is not None and isinstance(values.clean_uscc(asked.unit), Fault):
        raise BadInput(
            "sourceUnit (来源单位): a unified social credit code, as sourceUnitCode shows it.",
            field="sourceUnit",
            rule="uscc",
        )
    scope = relation.public(operation.today)
    clauses = _feed_clauses(operation, scope, kinds)
    explain(operation, scope, ENTITIES, asked.chosen.named, kinds)
    bound = ("feed", *kinds, asked.unit or "", str(asked.since or ""), str(asked.until or ""))
    where = Where(unit=asked.unit, since=asked.since, until=asked.until)
    return await _page(operation, clauses, where, asked, None, bound)


async def feed_count(operation: Operation, asked: RecordQuery) -> int:
    """The size of a feed, counted up to ``COUNT_MOST``."""
    kinds = FEED_KINDS if asked.kinds is None else asked.kinds
    clauses = _feed_clauses(operation, relation.public(operation.today), kinds)
    where = Where(unit=asked.unit, since=asked.since, until=asked.until)
    return await operation.platform.records.count(clauses, where, COUNT_MOST, operation.judge)


def _feed_clauses(operation: Operation, scope: Scope, kinds: Iterable[str]) -> tuple[Clause, ...]:
    """Kind by kind, so that kinds of subject share a read wherever this one kind is the same for them."""
    planner, subjects = operation.platform.planner, sorted(ENTITIES)
    return tuple(clause for kind in kinds for clause in planner.reach(scope, subjects, (kind,)))


async def records_of(operation: Operation, view: SubjectView, asked: RecordQuery) -> Page:
    """The records of one subject on the footing of ``view``, newest first."""
    clauses, where, bound = _of(operation, view, asked)
    explain(operation, view.scope, (view.subject.kind,), asked.chosen.named, asked.kinds)
    return await _page(operation, clauses, where, asked, view.file, bound)


async def count_of(operation: Operation, view: SubjectView, asked: RecordQuery) -> int:
    """How many records ``records_of`` lists in all, counted up to ``COUNT_MOST``."""
    clauses, where, _ = _of(operation, view, asked)
    counted = await operation.platform.records.count(clauses, where, COUNT_MOST, operation.judge)
    if view.file is not None:
        view.file.counted = max(view.file.counted, counted)
    return counted


def _of(
    operation: Operation, view: SubjectView, asked: RecordQuery
) -> tuple[tuple[Clause, ...], Where, tuple[str, ...]]:
    clauses = operation.platform.planner.reach(view.scope, (view.subject.kind,), asked.kinds)
    consent = view.scope.consent.id if view.scope.consent else ""
    kinds = ",".join(asked.kinds) if asked.kinds is not None else "*"
    bound = ("records", view.scope.relation, view.scope.purpose or "", consent, view.subject.id, kinds)
    return clauses, Where(subject=view.subject.id), bound


async def _page(
    operation: Operation,
    clauses: Sequence[Clause],
    where: Where,
    asked: RecordQuery,
    exposure: Exposure | None,
    bound: tuple[str, ...],
) -> Page:
    platform = operation.platform
    first = checked_first(asked.first)
    below = platform.cursors.open(asked.after, *bound) if asked.after is not None else None
    placed = replace(where, below=below)
    found = await platform.records.page(clauses, placed, first + 1, asked.chosen.wanted, operation.judge)
    views = []
    for raw, clause in found[:first]:
        view = see(
            await opened(operation, raw),
            clause,
            exposure,
            partial(platform.cursors.seal, raw["order"], *bound),
        )
        if view is not None:
            views.append(view)
            if exposure is not None:
                exposure.met(view)
    return Page(views, len(found) > first, below is not None)


async def node(operation: Operation, identifier: str, chosen: Chosen) -> RecordView | SubjectView | None:
    """Whatever our own id names, as far as this viewer may see it without stating a purpose; otherwise None.

    Hidden, missing and malformed ids give one and the same answer.
    """
    platform, scope = operation.platform, relation.public(operation.today)
    if not well_formed(identifier):
        return None
    if identifier.startswith("sub_"):
        explain(operation, scope, ENTITIES, chosen.named, BASIC_KINDS)
        clauses = basics(operation, scope, ENTITIES)
        found = await platform.subjects.by_id(identifier, basic_projection(operation, clauses, chosen))
        if found is None or not await exists(operation, found):
            return None
        return await subject_view(operation, found, scope, clauses, None)
    asked = RecordQuery(first=1, chosen=chosen)
    if operation.viewer.role in (Role.CITIZEN, Role.AGENT):
        mine = await own_file(operation, NOTHING)
        if mine is not None:
            where = Where(identifiers=(identifier,), subject=mine.subject.id)
            clauses = platform.planner.reach(mine.scope, (mine.subject.kind,))
            page = await _page(operation, clauses, where, asked, mine.file, ("node",))
            if page.views:
                explain(operation, mine.scope, (mine.subject.kind,), chosen.named)
                own: RecordView = page.views[0]
                return own
    explain(operation, scope, ENTITIES, chosen.named)
    clauses = platform.planner.reach(scope, sorted(ENTITIES))
    page = await _page(operation, clauses, Where(identifiers=(identifier,)), asked, None, ("node",))
    return page.views[0] if page.views else None


async def nodes(
    operation: Operation, identifiers: Sequence[str], chosen: Chosen
) -> list[RecordView | SubjectView | None]:
    """``node`` for several ids, in their order. Raises BadInput for too many."""
    if len(identifiers) > NODES_MOST:
        raise BadInput(f"ids (标识): at most {NODES_MOST} ids.", field="ids", rule="nodes_most")
    return [await node(operation, one, chosen) for one in identifiers]
