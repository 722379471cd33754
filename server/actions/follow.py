"""The feed of changes: what appeared, changed or ended for one unit on one footing, as views or tombstones.

The footings are those of files: what is published, a written consent, or a purpose and matter about one subject; each
is asked for again with every page. A unit is also told, whatever ground it once had, when a record it was given must
no longer be used, or is no longer what it was given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.actions.look_up import checked_first
from server.actions.open_file import find, held_unit
from server.actions.operation import Operation
from server.actions.subject_key import read_key
from server.actions.views import Chosen, explain, opened
from server.catalogue.kind import ENTITIES, SubjectKind
from server.errors import BadInput
from server.model.ids import well_formed
from server.model.purpose import Purpose
from server.model.view import Exposure, RecordView
from server.model.viewer import Role
from server.rules import relation
from server.rules.access import Relation, Scope, Stage, see
from server.rules.relation import Refusal
from server.rules.visibility import Cause, Difference, Meaning, meaning
from server.store.changes import PUBLIC, about, own, received
from server.store.record_pages import Where
from server.store.subjects import subject_of

SCAN_MOST = 1_000
"""Events looked at for one page; a page may be short of entries when most concern what is no longer there."""

UNITS = frozenset({Role.AGENCY, Role.INQUIRER, Role.PROVIDER, Role.CHECKER})


@dataclass(frozen=True, slots=True)
class FollowQuery:
    """On which footing a unit follows: inside a consent; about a subject for a purpose and matter; its own records;
    or, with none of these, what is published."""

    consent: str | None = None
    subject: str | None = None
    purpose: Purpose | None = None
    matter: str | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One change for one unit: a ``view`` of the record as it is now, or (without one) a tombstone.

    ``received``: the unit was given the record on a ground of its own, and what it holds must no longer be used.
    """

    meaning: Meaning
    at: datetime
    record: str
    kind: str
    cause: Cause
    view: RecordView | None
    received: bool
    cursor: str


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes in order, whether more follow, and the cursor to go on from, also where there are none."""

    views: Sequence[ChangeView]
    has_next: bool
    has_previous: bool
    end: str


@dataclass(frozen=True, slots=True)
class Footing:
    """A unit's footing, the addresses its events bear, and what its cursors are bound to."""

    scope: Scope
    addresses: tuple[str, ...]
    bound: tuple[str, ...]
    kinds: frozenset[SubjectKind]
    where: Where
    exposure: Exposure | None = None
    mine: str | None = None


async def changes(
    operation: Operation, asked: FollowQuery, since: str | None, first: int, chosen: Chosen
) -> ChangePage:
    """A page of changes after the cursor ``since`` (None: from the beginning). Raises Refused, BadInput.

    A page that discloses something inside a consent is one use of it.
    """
    platform = operation.platform
    footing = await _footing(operation, asked)
    first = checked_first(first)
    start = int(platform.cursors.open(since, *footing.bound)) if since is not None else 0
    if footing.scope.relation is not Relation.FILING_UNIT:
        explain(operation, footing.scope, sorted(footing.kinds), chosen.named)
    until = await platform.changes.number() if footing.addresses else start
    made: list[tuple[int, ChangeView]] = []
    place, scanned, more = start, 0, True
    while more and len(made) <= first and scanned < SCAN_MOST:
        events = await _events(operation, footing, place, until, first + 1)
        more = len(events) > first
        if events:
            place = events[-1]["seq"]
            scanned += len(events)
            made += await _told(operation, footing, events, chosen)
    page = [view for _, view in made[:first]]
    cut = len(made) > first
    last = made[first - 1][0] if cut else place if more else made[-1][0] if made else start
    consent = footing.scope.consent
    used = consent is not None and any(one.view is not None for one in page)
    if used and consent is not None and not await platform.consents.use(consent, operation.today):
        raise operation.refuse(relation.CONSENT_INVALID)
    _note(footing, page)
    end = platform.cursors.seal(str(last), *footing.bound)
    return ChangePage(page, cut or more, since is not None, end)


async def now(operation: Operation, asked: FollowQuery) -> str:
    """The cursor after which everything is new on this footing. Raises Refused, BadInput."""
    footing = await _footing(operation, asked)
    last = await operation.platform.changes.number()
    return operation.platform.cursors.seal(str(last), *footing.bound)


async def _footing(operation: Operation, asked: FollowQuery) -> Footing:
    viewer = operation.viewer
    if viewer.role not in UNITS or not viewer.unit:
        raise operation.refuse(relation.NOT_A_UNIT)
    stated = (asked.subject, asked.purpose, asked.matter)
    grounds = [asked.consent is not None, any(one is not None for one in stated), asked.own]
    if sum(grounds) > 1:
        raise BadInput(
            "consent (授权), subject (主体) and own (本单位): at most one footing at a time.",
            field="consent",
            rule="one_footing",
        )
    if asked.consent is not None:
        return await _consented(operation, asked.consent)
    if any(one is not None for one in stated):
        if asked.subject is None or asked.purpose is None or asked.matter is None:
            raise BadInput(
                "subject (主体), purpose (用途), matter (事项): all three are needed (Art. 37).",
                field="purpose",
                rule="purpose_and_matter",
            )
        return await _shared(operation, asked.subject, asked.purpose, asked.matter)
    if asked.own:
        if viewer.role not in (Role.PROVIDER, Role.CHECKER):
            raise operation.refuse(relation.NOT_A_PROVIDER)
        scope = Scope(Relation.FILING_UNIT, operation.today)
        exposure = operation.expose(Exposure(viewer.unit, scope.relation, "duty"))
        return Footing(
            scope,
            (own(viewer.unit),),
            ("changes", "own", viewer.unit),
            frozenset(SubjectKind),
            Where(unit=viewer.unit),
            exposure,
        )
    scope = relation.public(operation.today)
    addresses = (PUBLIC, received(viewer.unit))
    return Footing(
        scope, addresses, ("changes", "unit", viewer.unit), ENTITIES, Where(), mine=received(viewer.unit)
    )


async def _consented(operation: Operation, identifier: str) -> Footing:
    if operation.viewer.role is not Role.INQUIRER:
        raise operation.refuse(relation.NOT_INQUIRER)
    consent = await operation.platform.consents.get(identifier) if well_formed(identifier) else None
    found = None if consent is None else await operation.platform.subjects.by_id(consent.grantor)
    subject = None if found is None else subject_of(found)
    scope = relation.authorised(operation.viewer, subject, consent, operation.today)
    if isinstance(scope, Refusal):
        raise operation.refuse(scope)
    assert subject is not None
    assert consent is not None
    exposure = operation.expose(
        Exposure(subject.id, scope.relation, "consent:Art. 32", purpose=consent.purpose, consent=consent.id)
    )
    return Footing(
        scope,
        (about(subject.id),),
        ("changes", "consent", consent.id),
        frozenset({subject.kind}),
        Where(subject=subject.id),
        exposure,
    )


async def _shared(operation: Operation, subject: str, purpose: Purpose, matter: str) -> Footing:
    scope = relation.share(operation.viewer, purpose, matter, operation.today)
    if isinstance(scope, Refusal):
        raise operation.refuse(scope, purpose=purpose.value, matter=matter)
    await held_unit(operation, purpose, matter)
    found = await find(operation, read_key(subject, operation.today), {})
    identifier = found["_id"] if found is not None else ""
    exposure = operation.expose(
        Exposure(identifier, scope.relation, "share", purpose=purpose.value, matter=matter)
    )
    kinds = frozenset(SubjectKind) if found is None else frozenset({SubjectKind(found["kind"])})
    return Footing(
        scope,
        (about(identifier),) if found is not None else (),
        ("changes", "share", operation.viewer.unit or "", purpose.value, matter, identifier),
        kinds,
        Where(subject=identifier),
        exposure,
    )


async def _events(
    operation: Operation, footing: Footing, after: int, until: int, limit: int
) -> list[dict[str, Any]]:
    """The next events for any of the addresses, each once, in order."""
    found: dict[int, dict[str, Any]] = {}
    for address in footing.addresses:
        for one in await operation.platform.changes.page(address, after, until, limit):
            found[one["seq"]] = one
    return [found[seq] for seq in sorted(found)][:limit]


async def _told(
    operation: Operation, footing: Footing, events: Sequence[Mapping[str, Any]], chosen: Chosen
) -> list[tuple[int, ChangeView]]:
    """What these events are to the unit, with the records as they are now."""
    views = await _views(operation, footing, {one["record"] for one in events}, chosen)
    told = []
    for one in events:
        view = views.get(one["record"])
        meant = _meaning(operation, footing, one)
        mine = footing.mine is not None and footing.mine in one["to"]
        if view is None and meant is not Meaning.ENDED and not mine:
            continue  # ended since: its own event says so, or will
        if view is not None and meant is Meaning.ENDED:
            meant = None  # back again since: another event says so
        if meant is None and not mine:
            continue
        ended = view is None and (meant is Meaning.ENDED or one["now"] is None or one["now"] in _OVER)
        shown = view if meant in (Meaning.APPEARED, Meaning.CHANGED) else None
        told.append(
            (
                one["seq"],
                ChangeView(
                    meaning=Meaning.ENDED if ended else meant or Meaning.CHANGED,
                    at=one["at"],
                    record=one["record"],
                    kind=one["kind"],
                    cause=Cause(one["cause"]),
                    view=shown,
                    received=mine,
                    cursor=operation.platform.cursors.seal(str(one["seq"]), *footing.bound),
                ),
            )
        )
    return told


_OVER = frozenset({Stage.SHIELDED.value, Stage.DISCLOSURE_ENDED.value})


def _meaning(operation: Operation, footing: Footing, event: Mapping[str, Any]) -> Meaning | None:
    subject_kind = SubjectKind(event["subject_kind"])
    if subject_kind not in footing.kinds or event["kind"] not in operation.platform.catalogue.kinds:
        return None
    planner = operation.platform.planner
    plan = planner.plan(footing.scope, event["kind"], subject_kind, planner.first_window(footing.scope))
    changed = (
        None
        if event["fields"] is None
        else Difference(frozenset(event["fields"]), frozenset(event["masked"] or ()))
    )
    return meaning(footing.scope, plan, _stage(event["was"]), _stage(event["now"]), changed)


def _stage(text: str | None) -> Stage | None:
    return None if text is None else Stage(text)


async def _views(
    operation: Operation, footing: Footing, records: set[str], chosen: Chosen
) -> dict[str, RecordView]:
    platform = operation.platform
    clauses = platform.planner.reach(footing.scope, sorted(footing.kinds))
    where = Where(subject=footing.where.subject, unit=footing.where.unit, identifiers=tuple(sorted(records)))
    found = await platform.records.page(clauses, where, len(records), chosen.wanted, operation.judge)
    views = {}
    for raw, clause in found:
        view = see(await opened(operation, raw), clause, footing.exposure)
        if view is not None:
            views[view.id] = view
    return views


def _note(footing: Footing, page: Sequence[ChangeView]) -> None:
    """That something happened to a record is told even if no field of it is read."""
    if footing.exposure is not None:
        for one in page:
            if one.view is not None:
                footing.exposure.met(one.view)
        footing.exposure.counted = max(footing.exposure.counted, len(page))
