"""Reading: from a footing to views. Every way of disclosure goes through here (Art. 30)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from server.actions.operation import Operation
from server.actions.subject_key import KeyType, SubjectKey, read_key
from server.catalogue import values
from server.catalogue.fault import Fault
from server.catalogue.kind import ENTITIES, SubjectKind
from server.errors import BadInput
from server.model.ids import well_formed
from server.model.purpose import Purpose
from server.model.subject import Subject
from server.model.view import Exposure, RecordView
from server.model.viewer import Role
from server.rules import relation
from server.rules.access import Clause, Relation, Scope, see
from server.rules.decision import FieldState
from server.rules.relation import Refusal
from server.store.cipher import Ciphertext
from server.store.records import Where, projection_of
from server.store.subjects import Search, gram_of, subject_of

PAGE_MOST = 100
COUNT_MOST = 500
FEED_KINDS = ("administrative_licence", "administrative_penalty")
BASIC_KINDS = ("entity_basic", "individual_business", "person_basic")
NAME_MOST = 60

Wanted = Mapping[str, frozenset[str]]
"""Type name -> names of the fields the caller selected; what is not selected is not fetched."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of views, newest first, and whether more follow."""

    views: Sequence[Any]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject as a viewer approaches it: its head, its footing, and the basic record where one may be seen.

    ``file`` is the exposure every disclosure of this file is noted in; None on the public footing.
    """

    subject: Subject
    scope: Scope
    area: str | None
    industry: str | None
    basic: RecordView | None
    file: Exposure | None
    cursor: str = ""
    matter: str | None = None
    purpose: Purpose | None = None
    consent: str | None = None


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
    wanted: Wanted = field(default_factory=dict)


def checked_first(first: int) -> int:
    """A page size within bounds. Raises BadInput."""
    if not 1 <= first <= PAGE_MOST:
        raise BadInput(
            f"first (每页条数): a page has 1 to {PAGE_MOST} entries.", field="first", rule="page_size"
        )
    return first


async def entity(operation: Operation, uscc: str, wanted: Wanted) -> SubjectView | None:
    """The market entity or institution with that code, as the public sees it (Art. 31); None for any other text."""
    code = values.clean_uscc(uscc)
    if isinstance(code, Fault):
        return None
    scope = relation.public(operation.today)
    clauses = _basics(operation, scope, ENTITIES)
    found = await operation.platform.subjects.by_code(code, _basic_projection(clauses, wanted))
    return None if found is None else await _subject_view(operation, found, scope, clauses, None)


async def entities(operation: Operation, asked: EntitySearch, wanted: Wanted) -> Page:
    """Anonymous search by name fragment or code; natural persons are not in its index at all (Art. 36)."""
    platform, scope = operation.platform, relation.public(operation.today)
    first = checked_first(asked.first)
    clauses = _basics(operation, scope, ENTITIES)
    text = (asked.search or "").strip()
    if asked.search is not None and not 1 <= len(text) <= NAME_MOST:
        raise BadInput(f"search (检索词): 1 to {NAME_MOST} characters.", field="search", rule="search_length")
    bound = ("entities", text, asked.kind or "", asked.area or "", asked.industry or "")
    after = int(platform.cursors.open(asked.after, *bound)) if asked.after is not None else 0
    code = values.clean_uscc(text)
    projection = _basic_projection(clauses, wanted)
    if text and not isinstance(code, Fault):
        exact = await platform.subjects.by_code(code, {"seq": 1, **projection})
        found = [exact] if exact is not None and _fits(exact, asked) and not after else []
    else:
        fragment = text or None
        search = Search(
            kinds=frozenset({asked.kind}) & ENTITIES if asked.kind else ENTITIES,
            fragment=fragment,
            gram=gram_of(fragment) if fragment else None,
            area=asked.area,
            industry=asked.industry,
        )
        found = await platform.subjects.search(search, after, first + 1, projection)
    views = [
        await _subject_view(
            operation, one, scope, clauses, None, cursor=platform.cursors.seal(str(one["seq"]), *bound)
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
    scope = relation.public(operation.today)
    clauses = operation.platform.planner.reach(scope, sorted(ENTITIES), kinds)
    _explain(operation, scope, ENTITIES, asked.wanted, kinds)
    bound = ("feed", *kinds, asked.unit or "", str(asked.since or ""), str(asked.until or ""))
    where = Where(unit=asked.unit, since=asked.since, until=asked.until)
    return await _page(operation, clauses, where, asked, None, bound)


async def feed_count(operation: Operation, asked: RecordQuery) -> int:
    """The size of a feed, counted up to ``COUNT_MOST``."""
    kinds = FEED_KINDS if asked.kinds is None else asked.kinds
    clauses = operation.platform.planner.reach(relation.public(operation.today), sorted(ENTITIES), kinds)
    where = Where(unit=asked.unit, since=asked.since, until=asked.until)
    return await operation.platform.records.count(clauses, where, COUNT_MOST)


async def records_of(operation: Operation, view: SubjectView, asked: RecordQuery) -> Page:
    """The records of one subject on the footing of ``view``, newest first."""
    clauses, where, bound = _of(operation, view, asked)
    _explain(operation, view.scope, (view.subject.kind,), asked.wanted, asked.kinds)
    return await _page(operation, clauses, where, asked, view.file, bound)


async def count_of(operation: Operation, view: SubjectView, asked: RecordQuery) -> int:
    """How many records ``records_of`` lists in all, counted up to ``COUNT_MOST``."""
    clauses, where, _ = _of(operation, view, asked)
    return await operation.platform.records.count(clauses, where, COUNT_MOST)


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
    placed = Where(where.subject, where.identifier, where.unit, below, where.since, where.until)
    found = await platform.records.page(clauses, placed, first + 1, asked.wanted)
    views = []
    for raw, clause in found[:first]:
        view = see(
            await opened(operation, raw), clause, exposure, platform.cursors.seal(raw["order"], *bound)
        )
        if view is not None:
            views.append(view)
    return Page(views, len(found) > first, below is not None)


async def opened(operation: Operation, raw: dict[str, Any]) -> dict[str, Any]:
    """The record with its encrypted values (ID numbers) made plain; only what was fetched is there to open."""
    for body in raw.get("body", {}).values():
        for name, value in body.items():
            if isinstance(value, Ciphertext):
                body[name] = await operation.platform.cipher.decrypt(value)
            elif isinstance(value, list) and value and isinstance(value[0], Ciphertext):
                body[name] = [await operation.platform.cipher.decrypt(one) for one in value]
    return raw


async def node(operation: Operation, identifier: str, wanted: Wanted) -> RecordView | SubjectView | None:
    """Whatever our own id names, as far as this viewer may see it without stating a purpose; otherwise None.

    Hidden, missing and malformed ids give one and the same answer.
    """
    platform, scope = operation.platform, relation.public(operation.today)
    if not well_formed(identifier):
        return None
    if identifier.startswith("sub_"):
        basics = _basics(operation, scope, ENTITIES)
        found = await platform.subjects.by_id(identifier, _basic_projection(basics, wanted))
        if found is None or found["kind"] not in ENTITIES:
            return None
        return await _subject_view(operation, found, scope, basics, None)
    _explain(operation, scope, ENTITIES, wanted, None)
    asked = RecordQuery(first=1, wanted=wanted)
    where = Where(identifier=identifier)
    clauses = platform.planner.reach(scope, sorted(ENTITIES))
    page = await _page(operation, clauses, where, asked, None, ("node",))
    if page.views:
        public: RecordView = page.views[0]
        return public
    if operation.viewer.role not in (Role.CITIZEN, Role.AGENT):
        return None
    mine = await own_file(operation, {})
    if mine is None:
        return None
    clauses = platform.planner.reach(mine.scope, (mine.subject.kind,))
    where = Where(identifier=identifier, subject=mine.subject.id)
    page = await _page(operation, clauses, where, asked, mine.file, ("node",))
    return page.views[0] if page.views else None


async def own_file(operation: Operation, wanted: Wanted) -> SubjectView | None:
    """The file of the citizen, or of the entity an agent acts for (Art. 32); None when nothing is held.

    Raises Refused for every other caller.
    """
    scope = relation.own(operation.viewer, operation.today)
    if isinstance(scope, Refusal):
        raise operation.refuse(scope)
    viewer = operation.viewer
    if viewer.role is Role.CITIZEN:
        key = SubjectKey(KeyType.ID_NUMBER, viewer.id_number or "")
    else:
        key = SubjectKey(KeyType.CODE, viewer.entity or "")
    ground = "self" if viewer.role is Role.CITIZEN else "agent"
    return await _file(operation, key, scope, wanted, ground=ground)


async def shared_file(
    operation: Operation,
    subject: str,
    purpose: Purpose,
    matter: str,
    wanted: Wanted,
    hidden_until: date | None = None,
) -> SubjectView | None:
    """A government unit's query with one of the nine purposes and a matter (Art. 37); None when nothing is held.

    ``hidden_until`` keeps the entry from the subject's access log until that day; only units entitled by law.
    Raises Refused, BadInput.
    """
    scope = relation.share(operation.viewer, purpose, matter, operation.today)
    if isinstance(scope, Refusal):
        raise operation.refuse(scope, purpose=purpose.value)
    unit = await operation.platform.units.get(operation.viewer.unit or "")
    if unit is None:
        raise operation.refuse(relation.NOT_GOVERNMENT, purpose=purpose.value)
    if hidden_until is not None and not unit.get("may_withhold_log"):
        raise operation.refuse(relation.MAY_NOT_WITHHOLD, purpose=purpose.value)
    key = read_key(subject, operation.today)
    return await _file(
        operation,
        key,
        scope,
        wanted,
        ground="share",
        purpose=purpose,
        matter=matter,
        hidden_until=hidden_until,
    )


async def authorised_file(
    operation: Operation, subject: str, consent_id: str, wanted: Wanted
) -> SubjectView | None:
    """A third party's query inside a written authorisation, read again for this use (Art. 32, 33, 62).

    Raises Refused (one and the same for every way in which the consent does not fit), BadInput.
    """
    platform = operation.platform
    key = read_key(subject, operation.today)
    consent = await platform.consents.get(consent_id) if well_formed(consent_id) else None
    found = await _find(operation, key, {})
    scope = relation.authorised(
        operation.viewer, None if found is None else subject_of(found), consent, operation.today
    )
    if isinstance(scope, Refusal):
        raise operation.refuse(scope)
    assert consent is not None  # an invalid consent is a Refusal
    if not await platform.consents.use(consent, operation.today):
        raise operation.refuse(relation.CONSENT_INVALID)
    return await _file(operation, key, scope, wanted, ground="consent:Art. 32", consent=consent_id)


async def _file(
    operation: Operation,
    key: SubjectKey,
    scope: Scope,
    wanted: Wanted,
    *,
    ground: str,
    purpose: Purpose | None = None,
    matter: str | None = None,
    consent: str | None = None,
    hidden_until: date | None = None,
) -> SubjectView | None:
    clauses = _basics(operation, scope, SubjectKind)
    found = await _find(operation, key, _basic_projection(clauses, wanted))
    exposure = operation.expose(
        Exposure(
            subject=found["_id"] if found else "",
            relation=scope.relation,
            ground=ground,
            purpose=purpose.value if purpose else None,
            matter=matter,
            consent=consent,
            hidden_until=hidden_until.isoformat() if hidden_until else None,
        )
    )
    if found is None:
        return None
    return await _subject_view(
        operation, found, scope, clauses, exposure, matter=matter, purpose=purpose, consent=consent
    )


async def _find(operation: Operation, key: SubjectKey, extra: Mapping[str, int]) -> dict[str, Any] | None:
    subjects = operation.platform.subjects
    if key.type is KeyType.CODE:
        return await subjects.by_code(key.value, extra)
    if key.type is KeyType.OWN_ID:
        return await subjects.by_id(key.value, extra)
    return await subjects.by_cipher(await operation.platform.cipher.encrypt(key.value), extra)


def _basics(operation: Operation, scope: Scope, kinds: Iterable[SubjectKind]) -> tuple[Clause, ...]:
    return operation.platform.planner.reach(scope, sorted(kinds), BASIC_KINDS)


def _basic_projection(clauses: Iterable[Clause], wanted: Wanted) -> dict[str, int]:
    fields: dict[str, int] = {}
    if wanted:
        for clause in clauses:
            fields |= projection_of(clause, wanted, "basic.")
    return fields


async def _subject_view(
    operation: Operation,
    found: dict[str, Any],
    scope: Scope,
    clauses: Iterable[Clause],
    exposure: Exposure | None,
    **more: Any,
) -> SubjectView:
    basic: RecordView | None = None
    if found.get("basic"):
        raw = await opened(operation, found["basic"])
        for clause in clauses:
            basic = basic or see(raw, clause, exposure)
    return SubjectView(
        subject=subject_of(found),
        scope=scope,
        area=found.get("area"),
        industry=found.get("industry"),
        basic=basic,
        file=exposure,
        **more,
    )


def _explain(
    operation: Operation,
    scope: Scope,
    subject_kinds: Iterable[SubjectKind],
    wanted: Wanted,
    kinds: Iterable[str] | None,
) -> None:
    """Note why selected fields are withheld or masked: from the question alone, never from what was found."""
    platform = operation.platform
    codes = set(platform.catalogue.kinds) if kinds is None else set(kinds)
    window = platform.planner.first_window(scope)
    for type_name, names in wanted.items():
        kind = platform.catalogue.by_type(type_name)
        if kind.code not in codes:
            continue
        plans = [
            platform.planner.plan(scope, kind.code, one, window)
            for one in sorted(subject_kinds, key=list(SubjectKind).index)
            if one in kind.subjects
        ] or [platform.planner.plan(scope, kind.code, next(iter(subject_kinds)), window)]
        for name in names:
            decisions = [plan.decisions[name] for plan in plans]
            if all(one.state is not FieldState.SHOWN for one in decisions):
                operation.explain(f"{type_name}.{name}", decisions[0])


def explain_basic(
    operation: Operation, view_scope: Scope, kinds: Iterable[SubjectKind], wanted: Wanted
) -> None:
    """The explanation for the ``basic`` record of a subject."""
    _explain(operation, view_scope, kinds, wanted, BASIC_KINDS)


def is_public(scope: Scope) -> bool:
    """Whether a footing discloses nothing but what is published."""
    return scope.relation is Relation.NONE
