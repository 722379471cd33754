"""Entries of the log for what the platform itself and its operators do."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime

from server.actions.platform import Platform
from server.audit.entry import Channel, Entry, KindAccess, Outcome, Tag, ordered_id

SYSTEM, OPERATOR = "system", "operator"


def noted(
    platform: Platform,
    tag: Tag,
    at: datetime,
    *,
    subject: str | None = None,
    rows: Mapping[str, int] | None = None,
    reason: str = "",
    by: str | None = None,
) -> Entry:
    """An entry by the platform, or by the operator ``by``; ``rows`` counts records by the type of their kind."""
    kinds = tuple(KindAccess(name, rows=count) for name, count in sorted((rows or {}).items()))
    return Entry(
        id=ordered_id(at, secrets.token_bytes(10)),
        at=at,
        tag=tag,
        outcome=Outcome.ALLOWED,
        channel=Channel.SYSTEM if by is None else Channel.CLI,
        viewer_class=SYSTEM if by is None else OPERATOR,
        actor_officer=by,
        officer_salt=secrets.token_hex(16) if by is not None else "",
        subject_token=None if subject is None else token_of(platform, subject),
        ground="law" if by is None else "duty",
        kinds=kinds,
        row_count=sum((rows or {}).values()),
        catalogue_version=platform.catalogue.version,
        rule_sets=platform.regimes.ids,
        reason=reason,
    )


def token_of(platform: Platform, subject: str) -> str:
    """The keyed token under which a subject stands in the log."""
    return hmac.new(platform.keys.subject, subject.encode(), hashlib.sha256).hexdigest()[:40]
