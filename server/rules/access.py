"""Who may see which field of which record, and which records at all: the heart of the platform.

One declaration, the catalogue's disclosure class, drives every answer. ``decide`` answers for one field;
``KindPlan`` holds the decisions for one kind as made once per operation; ``planner.reach`` turns them into the clauses
a query may fetch (rows and fields alike), and ``see`` makes the ``RecordView``. A record is inside a clause
exactly when ``see`` shows it. Sources: Art. 30 to 37, 64; Shandong Art. 20(3), 38.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from server.catalogue.envelope import ENVELOPE, ENVELOPE_NAMES
from server.catalogue.kind import (
    AUDIENCES,
    ENTITIES,
    Audience,
    Category,
    DisclosureClass,
    Family,
    Field,
    Kind,
    SubjectKind,
)
from server.model.consent import Consent
from server.model.purpose import Purpose
from server.model.view import Cursor, Exposure, RecordView
from server.rules import decision as why
from server.rules.changes import keys_of
from server.rules.decision import Decision, FieldState, Rule

HELD = frozenset({"stage", "retentionEnd", "retentionBasis", "catalogueItem", "sourceUnit", "sourceUnitCode"})
"""What its subject may know of a record whose disclosure has ended: that it is held, by whom, and until when."""

REASON = "changeReason"
"""Told to the subject (Art. 55) and not to third parties: it may speak of a field that their consent does not name."""

OPEN = "9999-12-31"
"""The stored end of a period that has none; sorts after every real date."""


class Relation(StrEnum):
    """What the viewer is to the subject of a record, as ``server.rules.relation`` found it."""

    NONE = "none"
    SELF = "self"
    AGENT = "agent"
    WINDOW = "window"
    CONSENTED = "consented"
    GOVERNMENT = "government"
    FILING_UNIT = "filing_unit"
    CENTRE = "centre"


class Stage(StrEnum):
    """Where a record stands in time on a given day."""

    PUBLIC = "PUBLIC"
    NOT_PUBLIC = "NOT_PUBLIC"
    DISCLOSURE_ENDED = "DISCLOSURE_ENDED"
    SHIELDED = "SHIELDED"


class Window(StrEnum):
    """The span of stages one clause fetches; every stage inside has the same decisions for the relation."""

    PUBLISHED = "published"
    LIVE = "live"
    HELD = "held"
    ALL = "all"


AUDIENCE_OF: Mapping[Relation, Audience] = {
    Relation.NONE: Audience.public,
    Relation.SELF: Audience.subject,
    Relation.AGENT: Audience.subject,
    Relation.WINDOW: Audience.subject,
    Relation.CONSENTED: Audience.third_party,
    Relation.GOVERNMENT: Audience.government,
    Relation.FILING_UNIT: Audience.internal,
    Relation.CENTRE: Audience.internal,
}

STAGES: Mapping[Window, tuple[Stage, ...]] = {
    Window.PUBLISHED: (Stage.PUBLIC,),
    Window.LIVE: (Stage.PUBLIC, Stage.NOT_PUBLIC),
    Window.HELD: (Stage.DISCLOSURE_ENDED,),
    Window.ALL: tuple(Stage),
}

WINDOWS: Mapping[Audience, tuple[Window, ...]] = {
    Audience.public: (Window.PUBLISHED,),
    Audience.subject: (Window.LIVE, Window.HELD),
    Audience.third_party: (Window.LIVE,),
    Audience.government: (Window.LIVE,),
    Audience.internal: (Window.ALL,),
}

_GROUND_RULE: Mapping[Audience, Rule] = {
    Audience.public: why.PUBLISHED,
    Audience.subject: why.OWN,
    Audience.third_party: why.CONSENTED,
    Audience.government: why.SHARED,
    Audience.internal: why.DUTY,
}

_CLASS_RULE: Mapping[DisclosureClass, Rule] = {
    DisclosureClass.PUBLIC: why.CLASS_SHARED,
    DisclosureClass.SHARED: why.CLASS_SHARED,
    DisclosureClass.AUTHORISED: why.CLASS_AUTHORISED,
    DisclosureClass.GOVERNMENT: why.CLASS_GOVERNMENT,
    DisclosureClass.INTERNAL: why.CLASS_INTERNAL,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """On what footing a query runs: relation, the purpose or consent that carries it, and the day (city time)."""

    relation: Relation
    day: date
    purpose: Purpose | None = None
    consent: Consent | None = None

    @property
    def audience(self) -> Audience:
        """The audience the relation belongs to."""
        return AUDIENCE_OF[self.relation]


def stage_of(record: Mapping[str, Any], day: date) -> Stage:
    """The stage of a stored record on ``day``; needs state, pub_from, pub_to, disc_to and keep_to (ISO texts)."""
    now = day.isoformat()
    if record["state"] != "active" or record["keep_to"] < now:
        return Stage.SHIELDED
    if record["disc_to"] < now:
        return Stage.DISCLOSURE_ENDED
    pub_from = record["pub_from"]
    if pub_from is not None and pub_from <= now <= record["pub_to"]:
        return Stage.PUBLIC
    return Stage.NOT_PUBLIC


def decide(scope: Scope, kind: Kind, field: Field, subject_kind: SubjectKind, stage: Stage) -> Decision:
    """What ``scope`` gets of ``field`` in a record of ``kind`` about such a subject, in ``stage``.

    Depends on nothing else: never on a value, nor on whether it exists. Default deny: a field is shown only
    when its class reaches the audience and nothing forbids it.
    """
    refusal = _refusal(scope, kind, field, subject_kind, stage)
    if refusal is not None:
        return Decision(FieldState.WITHHELD, refusal)
    audience = scope.audience
    if field.mask is not None and audience in field.mask.audiences:
        return Decision(FieldState.MASKED, why.MASKED, field.mask.name)
    return Decision(FieldState.SHOWN, _GROUND_RULE[audience])


def _refusal(scope: Scope, kind: Kind, field: Field, subject_kind: SubjectKind, stage: Stage) -> Rule | None:
    audience = scope.audience
    enveloped = field.name in ENVELOPE_NAMES
    disclosure = field.class_for(subject_kind)
    if disclosure is None or subject_kind not in kind.subjects:
        return why.NOT_FOR_SUBJECT
    if audience is Audience.internal:
        return None
    if stage is Stage.SHIELDED:
        return why.SHIELDED
    if stage is Stage.DISCLOSURE_ENDED and not (audience is Audience.subject and field.name in HELD):
        return why.DISCLOSURE_ENDED
    if audience is Audience.public:
        forbidden = _not_public(kind, subject_kind, stage)
        if forbidden is not None:
            return forbidden
    if audience is Audience.government:
        if kind.family is Family.market:
            return why.MARKET
        if kind.purposes and scope.purpose not in kind.purposes:
            return why.PURPOSE
    if audience not in AUDIENCES[disclosure]:
        return _CLASS_RULE[disclosure]
    if audience is Audience.third_party and field.name == REASON:
        return why.OUTSIDE_CONSENT
    if audience is Audience.third_party and not enveloped:
        consent = scope.consent
        if consent is None or not consent.allows(kind.type_name, field.name):
            return why.OUTSIDE_CONSENT
    return None


def _not_public(kind: Kind, subject_kind: SubjectKind, stage: Stage) -> Rule | None:
    if subject_kind not in ENTITIES:
        return why.NATURAL_PERSON
    if subject_kind is SubjectKind.individual_business and kind.category is Category.dishonest:
        return why.INDIVIDUAL_BUSINESS
    if stage is not Stage.PUBLIC:
        return why.NOT_PUBLIC_NOW
    return None


class KindPlan:
    """The decisions for one kind, one kind of subject and one window; made once, read for every record.

    ``shown`` and ``masked`` name the fields (of the record itself) a query may fetch in that form;
    ``envelope`` those of the common envelope. ``visible`` is False when no field of the record itself may be
    seen, in which case the row does not exist for the viewer; a held record is the exception: its subject
    may know that it is held.
    """

    __slots__ = (
        "decisions",
        "envelope",
        "keys",
        "kind",
        "masked",
        "shown",
        "states",
        "type_name",
        "visible",
    )

    def __init__(self, scope: Scope, kind: Kind, subject_kind: SubjectKind, window: Window) -> None:
        stage = STAGES[window][0]
        self.kind = kind
        self.type_name = kind.type_name
        self.decisions: dict[str, Decision] = {
            field.name: decide(scope, kind, field, subject_kind, stage) for field in (*kind.fields, *ENVELOPE)
        }
        self.states: dict[str, str] = {name: one.state.value for name, one in self.decisions.items()}
        self.shown = tuple(f.name for f in kind.fields if self.states[f.name] == FieldState.SHOWN)
        self.masked = tuple(f.name for f in kind.fields if self.states[f.name] == FieldState.MASKED)
        self.envelope = tuple(f.name for f in ENVELOPE if self.states[f.name] == FieldState.SHOWN)
        version, since = keys_of(scope.audience)
        seen = {"recordVersion": version, "lastUpdated": since}
        self.keys: dict[str, str | None] = {n: seen.get(n, ENVELOPE_SOURCE.get(n)) for n in self.envelope}
        held = window is Window.HELD and subject_kind in kind.subjects and _held(kind, subject_kind)
        self.visible = bool(self.shown or self.masked) or held


def _held(kind: Kind, subject_kind: SubjectKind) -> bool:
    """Whether the subject could once see something of such records: only then may it know that one is held."""
    classes = (field.class_for(subject_kind) for field in kind.fields)
    return any(one is not None and Audience.subject in AUDIENCES[one] for one in classes)


@dataclass(frozen=True, slots=True)
class Clause:
    """One query's worth of what may be fetched: kinds with their plans, the window, the kinds of subject, the day."""

    plans: Mapping[str, KindPlan]
    window: Window
    subject_kinds: frozenset[SubjectKind]
    day: date


ENVELOPE_SOURCE: Mapping[str, str] = {
    "datedOn": "dated_on",
    "sourceUnit": "unit_name",
    "sourceUnitCode": "unit",
    "sourceRecordNo": "source_no",
    "catalogueItem": "item",
    "catalogueVersion": "catalogue_version",
    "publicityFrom": "pub_from",
    "publicityTo": "pub_to",
    "earliestEnd": "early_end",
    "submittedAt": "filed_at",
    "ruleSet": "rule_set",
    "publicityProvisional": "provisional",
    "publicityFromBasis": "from_rule",
    "earliestEndBasis": "early_rule",
    "disclosureBasis": "disc_rule",
    "retentionBasis": "keep_rule",
    "contentHash": "content_hash",
    "disclosureEnd": "disc_to",
    "retentionEnd": "keep_to",
    "changeReason": "change_reason",
    "submittedBy": "maker",
    "reviewedBy": "checker",
}
"""Envelope field -> key in the stored record; ``stage`` is computed, version and time of change are the audience's own
(see ``server.rules.changes``)."""


def within(record: Mapping[str, Any], clause: Clause) -> bool:
    """Whether a raw record (kind, kind of subject, state and clocks) lies in a clause."""
    return (
        record["kind"] in clause.plans
        and record["subject_kind"] in clause.subject_kinds
        and stage_of(record, clause.day) in STAGES[clause.window]
    )


def see(
    record: Mapping[str, Any], clause: Clause, exposure: Exposure | None, cursor: Cursor = ""
) -> RecordView | None:
    """The view of a raw record under ``clause``, or None when the record lies outside it.

    The only maker of ``RecordView``. Rows are judged again here, by kind, kind of subject, state and day, so
    that a wrong query can never show more than the rule allows.
    """
    if not within(record, clause):
        return None
    plan = clause.plans[record["kind"]]
    stage = stage_of(record, clause.day)
    values: dict[str, Any] = {}
    body = record.get("body", _EMPTY).get(record["kind"], _EMPTY)
    if body:
        for name in plan.shown:
            if name in body:
                values[name] = body[name]
    masked = record.get("masked", _EMPTY).get(record["kind"], _EMPTY)
    if masked:
        for name in plan.masked:
            if name in masked:
                values[name] = masked[name]
    for name, key in plan.keys.items():
        value = stage.value if key is None else record.get(key)
        if value is not None and value != OPEN:
            values[name] = value
    return RecordView(record["_id"], record["kind"], plan, values, exposure, cursor)


_EMPTY: Mapping[str, Any] = {}
