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
from server.rules.access import Relation, Scope, Stage, see, stage_of
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
class Run:
    """How far a reader is, and what it may have been shown: it read up to ``origin`` before this run of pages began,
    when ``known`` was the highest number (None: caught up, so that the next page begins a new run)."""

    place: int
    origin: int
    known: int | None

    def at(self, place: int) -> Run:
        """The same run, further on."""
        return Run(place, self.origin, self.known)


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
    stages: tuple[Stage, ...] | None = None
    """The stages in which records are shown, where the footing has its own."""


HELD_BY_UNIT = (Stage.PUBLIC, Stage.NOT_PUBLIC, Stage.DISCLOSURE_ENDED)
"""What a unit is shown of its own records: what is withdrawn or past its retention is gone for it as well."""


async def changes(
    operation: Operation, asked: FollowQuery, since: str | None, first: int, chosen: Chosen
) -> ChangePage:
    """A page of changes after the cursor ``since`` (None: from the beginning). Raises Refused, BadInput.

    A page that discloses something inside a consent is one use of it.
    """
    platform = operation.platform
    footing = await _footing(operation, asked)
    first = checked_first(first)
    until = await platform.changes.number() if footing.addresses else 0
    text = platform.cursors.open(since, *footing.bound, name="since") if since is not None else None
    run = await _run(operation, footing, text, until)
    if footing.scope.relation is not Relation.FILING_UNIT:
        explain(operation, footing.scope, sorted(footing.kinds), chosen.named)
    made: list[tuple[int, ChangeView]] = []
    place, scanned, more = run.place, 0, bool(footing.addresses)
    while more and len(made) <= first and scanned < SCAN_MOST:
        events = await _events(operation, footing, place, until, first + 1)
        more = len(events) > first
        if events:
            place = events[-1]["seq"]
            scanned += len(events)
            made += await _told(operation, footing, run, events, chosen)
    page = [view for _, view in made[:first]]
    cut = len(made) > first
    last = made[first - 1][0] if cut else place if more else made[-1][0] if made else run.place
    consent = footing.scope.consent
    used = consent is not None and any(one.view is not None for one in page)
    if used and consent is not None and not await platform.consents.use(consent, operation.today):
        raise operation.refuse(relation.CONSENT_INVALID)
    _note(operation, footing, page)
    end = _sealed(operation, footing, run.at(last) if cut or more else Run(last, last, None))
    return ChangePage(page, cut or more, since is not None, end)


async def _run(operation: Operation, footing: Footing, text: str | None, until: int) -> Run:
    """The run a cursor belongs to; one that was at the end of what there was begins a new one.

    What is known is counted by the footing's own events: a cursor must not depend on those of others.
    """
    place, origin, known = (int(part) for part in text.split(".")) if text is not None else (0, 0, 0)
    if not known:
        changes = operation.platform.changes
        found = [await changes.last_for(address, place, until) for address in footing.addresses]
        known = max(found, default=place)
    return Run(place, origin, known)


def _sealed(operation: Operation, footing: Footing, run: Run) -> str:
    text = f"{run.place}.{run.origin}.{run.known or 0}"
    return operation.platform.cursors.seal(text, *footing.bound)


async def now(operation: Operation, asked: FollowQuery) -> str:
    """The cursor after which everything is new on this footing. Raises Refused, BadInput."""
    footing = await _footing(operation, asked)
    last = await operation.platform.changes.number()
    return _sealed(operation, footing, Run(last, last, None))


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
            stages=HELD_BY_UNIT,
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
        mine=received(operation.viewer.unit or ""),
    )


async def _shared(operation: Operation, subject: str, purpose: Purpose, matter: str) -> Footing:
    scope = relation.share(operation.viewer, purpose, matter, operation.today)
    if isinstance(scope, Refusal):
        raise operation.refuse(scope, purpose=purpose.value, matter=matter)
    await held_unit(operation, purpose, matter)
    key = read_key(subject, operation.today)
    found = await find(operation, key, {})
    identifier = found["_id"] if found is not None else ""
    exposure = operation.expose(
        Exposure(identifier, scope.relation, "share", purpose=purpose.value, matter=matter)
    )
    kinds = frozenset(SubjectKind) if found is None else frozenset({SubjectKind(found["kind"])})
    return Footing(
        scope,
        (about(identifier),) if found is not None else (),
        # Bound to the key as it was stated: a cursor must not tell whether anybody is held under it.
        ("changes", "share", operation.viewer.unit or "", purpose.value, matter, key.type.value, key.value),
        kinds,
        Where(subject=identifier),
        exposure,
        mine=received(operation.viewer.unit or ""),
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
    operation: Operation, footing: Footing, run: Run, events: Sequence[Mapping[str, Any]], chosen: Chosen
) -> list[tuple[int, ChangeView]]:
    """What these events are to the unit, with the records as they are now."""
    views = await _views(operation, footing, {one["record"] for one in events}, chosen)
    meant = {one["seq"]: _meaning(operation, footing, one) for one in events}
    ended = [one for one in events if meant[one["seq"]] is Meaning.ENDED and one["record"] not in views]
    shown = await _shown_before(operation, footing, run, ended)
    told = []
    for one in events:
        view = views.get(one["record"])
        change = _change(footing, one, meant[one["seq"]], view, before=one["seq"] in shown)
        if change is not None:
            kind, mine = change
            cursor = _sealed(operation, footing, run.at(one["seq"]))
            told.append((one["seq"], _view_of(one, kind, None if mine else view, mine, cursor)))
    return told


def _change(
    footing: Footing, event: Mapping[str, Any], meant: Meaning | None, view: RecordView | None, *, before: bool
) -> tuple[Meaning, bool] | None:
    """What an event is told as, and whether it is so only because the unit was given the record; None: not at all."""
    mine = footing.mine is not None and footing.mine in event["to"]
    gone = view is None and (event["now"] is None or event["now"] in _OVER)
    if meant in (Meaning.APPEARED, Meaning.CHANGED) and view is not None:
        return meant, False
    if mine:
        return (Meaning.ENDED if gone else Meaning.CHANGED), True
    # Back again since, or ended since: another event says so. Who was never shown it is told nothing.
    return (Meaning.ENDED, False) if meant is Meaning.ENDED and view is None and before else None


def _view_of(
    event: Mapping[str, Any], meant: Meaning, view: RecordView | None, mine: bool, cursor: str
) -> ChangeView:
    return ChangeView(
        meaning=meant,
        at=event["at"],
        record=event["record"],
        kind=event["kind"],
        cause=Cause(event["cause"]),
        view=view if meant is not Meaning.ENDED else None,
        received=mine,
        cursor=cursor,
    )


async def _shown_before(
    operation: Operation, footing: Footing, run: Run, ended: Sequence[Mapping[str, Any]]
) -> set[int]:
    """The numbers of those ends of which the reader may have been shown the beginning.

    On a ground about one subject only deliveries count, which the address of the event tells. Elsewhere whatever was
    visible where the run began, or became so and ended while it went on.
    """
    if footing.scope.relation in (Relation.CONSENTED, Relation.GOVERNMENT) or not ended:
        return set()
    history = await operation.platform.changes.of_records({one["record"] for one in ended})
    shown = set()
    for one in ended:
        limit = run.origin if run.known is None or one["seq"] <= run.known else one["seq"] - 1
        earlier = [each for each in history.get(one["record"], ()) if each["seq"] <= limit]
        if earlier and _visible(footing, _stage(earlier[-1]["now"])):
            shown.add(one["seq"])
    return shown


def _visible(footing: Footing, stage: Stage | None) -> bool:
    return stage in (footing.stages or (Stage.PUBLIC,))


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
    was, now = _stage(event["was"]), _stage(event["now"])
    return meaning(footing.scope, plan, was, now, changed, footing.stages)


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
        if footing.stages is not None and stage_of(raw, operation.today) not in footing.stages:
            continue
        view = see(await opened(operation, raw), clause, footing.exposure)
        if view is not None:
            views[view.id] = view
    return views


def _note(operation: Operation, footing: Footing, page: Sequence[ChangeView]) -> None:
    """That something happened to a record is told even if no field of it is read, or nothing is shown of it."""
    if footing.exposure is None:
        return
    for one in page:
        if one.view is not None:
            footing.exposure.met(one.view)
        else:
            footing.exposure.told(operation.platform.catalogue.kind(one.kind).type_name, one.record)
