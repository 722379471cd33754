"""Who may learn that a record changed: each audience has its own version and time of the last change it can see.

A change of an internal field alone must not show anywhere outside (a derived field is as strict as its inputs).
A third party counts with the public: within a consent it sees no other mark of change than everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from server.catalogue.kind import AUDIENCES, Audience, Kind, SubjectKind

MARKED = (Audience.public, Audience.subject, Audience.government)
MARK_OF: Mapping[Audience, Audience | None] = {
    Audience.public: Audience.public,
    Audience.third_party: Audience.public,
    Audience.subject: Audience.subject,
    Audience.government: Audience.government,
    Audience.internal: None,
}
"""Audience -> whose marks it is shown; None: the record's own ``version`` and ``updated_at``."""

_DATES: Mapping[str, frozenset[Audience]] = {
    "dated_on": frozenset(MARKED),
    "unit_name": frozenset(MARKED),
    "pub_from": frozenset(MARKED),
    "pub_to": frozenset(MARKED),
    "early_end": frozenset(MARKED),
    "rule_set": frozenset(MARKED),
    "early_rule": frozenset(MARKED),
    "from_rule": frozenset(MARKED),
    "provisional": frozenset(MARKED),
    "disc_rule": frozenset({Audience.subject, Audience.government}),
    "keep_rule": frozenset({Audience.subject}),
    "disc_to": frozenset({Audience.subject, Audience.government}),
    "keep_to": frozenset({Audience.subject}),
}


def keys_of(audience: Audience) -> tuple[str, str]:
    """The stored keys of an audience's version and of its time of change."""
    mark = MARK_OF[audience]
    return (
        ("version", "updated_at") if mark is None else (f"seen_{mark.value}_version", f"seen_{mark.value}_at")
    )


def marks(
    kind: Kind,
    subject_kind: SubjectKind,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    at: datetime,
) -> dict[str, Any]:
    """The marks of ``new``, which replaces ``old``: counted on where something changed that the audience sees."""
    made: dict[str, Any] = {}
    touched = frozenset(MARKED) if old is None else frozenset(_touched(kind, subject_kind, old, new))
    for audience in MARKED:
        version, since = keys_of(audience)
        unseen = old is None or (audience is Audience.public and old["pub_from"] is None)
        if old is None or unseen:
            made |= {version: 1, since: at}
        elif audience in touched:
            made |= {version: old[version] + 1, since: at}
        else:
            made |= {version: old[version], since: old[since]}
    return made


def subject_sees(
    kind: Kind, subject_kind: SubjectKind, old: Mapping[str, Any], new: Mapping[str, Any]
) -> bool:
    """Whether the change is one the subject can see, and so its reason belongs to it (Art. 55)."""
    return Audience.subject in set(_touched(kind, subject_kind, old, new))


def _touched(
    kind: Kind, subject_kind: SubjectKind, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterable[Audience]:
    for key, audiences in _DATES.items():
        if old.get(key) != new.get(key):
            yield from audiences
    # Whoever only computes dates again has read no more of the record than these.
    before, after = (one.get("body", {}).get(kind.code, {}) for one in (old, new))
    masked_before, masked_after = (one.get("masked", {}).get(kind.code, {}) for one in (old, new))
    for field in kind.fields:
        disclosure = field.class_for(subject_kind)
        if disclosure is None or before.get(field.name) == after.get(field.name):
            continue
        masked = field.mask.audiences if field.mask else frozenset[Audience]()
        for audience in AUDIENCES[disclosure]:
            if audience not in masked or masked_before.get(field.name) != masked_after.get(field.name):
                yield audience
