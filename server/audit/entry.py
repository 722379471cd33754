"""One entry of the log: what happened, and the exact bytes that stand for it.

An entry names fields and kinds, never a stored value: names, codes and references are checked for their
shape when the entry is made, and the subject is a keyed token. The officer's name is in the bytes only as a
salted commitment, so a proof can be handed to the subject, who learns the unit but not the officer, while a
changed name is still found.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

FORM = 1
"""The number of the canonical form; a field added later is a new form, so old entries keep their hash."""

_CLIP = 200
_OFFICER = b"\x03"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_CODE = re.compile(r"[A-Za-z0-9_.:/() -]{0,120}\Z")
_SALT = re.compile(r"(?:[0-9a-f]{32})?\Z")
_ID = re.compile(r"[0-9A-Za-z_-]{8,64}\Z")
_PLAIN_NUMBER = re.compile(r"[0-9A-Z]{15}(?:[0-9A-Z]{3})?\Z")


class Malformed(ValueError):
    """These data are no entry; the text names the field, never its content."""


class Tag(StrEnum):
    """What happened, as `subject:thing:action`."""

    ACCESS_EXPLAIN = "access:explain"
    """A viewer asked what it may see and why."""
    ACCESS_REFUSE = "access:refuse"
    """A request was refused as a whole (role, purpose, matter, consent)."""
    CALENDAR_YEAR_LOAD = "calendar:year:load"
    """A year's working days were loaded."""
    CATALOGUE_VERSION_PUBLISH = "catalogue:version:publish"
    """A catalogue version came into force (Art. 22)."""
    CONSENT_DOCUMENT_CREATE = "consent:document:create"
    """A written consent was entered (Art. 32)."""
    CONSENT_DOCUMENT_REVOKE = "consent:document:revoke"
    """A consent was ended by its grantor (Art. 62)."""
    LOG_CHAIN_VERIFY = "log:chain:verify"
    """Somebody had the log verified."""
    LOG_ENTRIES_READ = "log:entries:read"
    """Somebody read the log of a subject."""
    LOG_ENTRY_PROVE = "log:entry:prove"
    """An inclusion proof was handed out."""
    RECORD_CLOCKS_RECOMPUTE = "record:clocks:recompute"
    """Dates of records were computed again, since rules, calendar or other records changed."""
    RECORD_FIELDS_READ = "record:fields:read"
    """Non-public fields of records left the platform."""
    RECORD_FILING_APPROVE = "record:filing:approve"
    """The checker released a filing (Art. 23)."""
    RECORD_FILING_REFUSE = "record:filing:refuse"
    """A filing was refused by a rule."""
    RECORD_FILING_RETURN = "record:filing:return"
    """The checker sent a filing back to its maker (Art. 23)."""
    RECORD_FILING_SUBMIT = "record:filing:submit"
    """A provider unit filed a record, or a new version of one."""
    RECORD_PERIOD_END = "record:period:end"
    """Publicity or disclosure of records ended with their period (Art. 34, 35; Shandong Art. 38)."""
    RECORD_RETENTION_DELETE = "record:retention:delete"
    """Records were deleted at the end of their retention (Art. 36)."""
    RECORD_RETENTION_SHIELD = "record:retention:shield"
    """Records were shielded at the end of their retention (Art. 35)."""
    RECORD_WITHDRAWAL_SUBMIT = "record:withdrawal:submit"
    """A unit withdrew a record (Art. 57, 58)."""
    RULES_SET_ACTIVATE = "rules:set:activate"
    """An operator made a version of a rule set the active one."""
    RULES_SET_LOAD = "rules:set:load"
    """An operator loaded a version of a rule set."""
    RULES_SET_RETIRE = "rules:set:retire"
    """An operator retired a rule set."""
    SUBJECT_ENTRY_REGISTER = "subject:entry:register"
    """A subject was entered in the register."""
    TOKEN_ISSUE = "token:issue"
    """A token was issued."""
    TOKEN_REFUSE = "token:refuse"
    """A token was not accepted."""


class Channel(StrEnum):
    """The door a request came in by."""

    WEB = "web"
    MACHINE = "machine"
    CLI = "cli"
    WINDOW = "window"
    SYSTEM = "system"


class Outcome(StrEnum):
    """Whether what was asked for was given."""

    ALLOWED = "allowed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class KindAccess:
    """Field names of one record kind by what became of them, and the number of records concerned.

    The names are kept sorted and once each, whatever order they are given in.
    """

    kind: str
    shown: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    rows: int = 0

    def __post_init__(self) -> None:
        _check(bool(_NAME.match(self.kind)), "kind", "a kind is a name")
        for part in ("shown", "masked", "withheld"):
            names = tuple(sorted(set(getattr(self, part))))
            _check(all(_NAME.match(name) for name in names), part, "it holds field names only")
            object.__setattr__(self, part, names)
        _count(self.rows, "rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one viewer did to one subject's data in one operation.

    `at` is aware; it is kept in UTC to the millisecond. `ground` is one of self, agent, consent:<article>,
    share, law, public, duty, or empty for a refusal. `reason` is a code. `hidden_until` is the last day (city
    time) on which the entry is withheld from its subject by law. Texts that come from callers (operation,
    matter, trace, purpose, unit, client, officer) are cut at 200 characters. Raises Malformed.
    """

    id: str
    at: datetime
    tag: Tag
    outcome: Outcome
    channel: Channel
    viewer_class: str
    trace_id: str = ""
    actor_unit: str | None = None
    actor_client: str | None = None
    actor_officer: str | None = field(default=None, repr=False)
    officer_salt: str = field(default="", repr=False)
    subject_token: str | None = None
    purpose: str | None = None
    matter: str | None = None
    ground: str = ""
    consent: str | None = None
    operation: str = ""
    operation_hash: str = ""
    kinds: tuple[KindAccess, ...] = ()
    row_count: int = 0
    catalogue_version: int = 0
    rule_sets: tuple[str, ...] = ()
    reason: str = ""
    hidden_until: date | None = None

    def __post_init__(self) -> None:
        _check(bool(_ID.match(self.id)), "id", "an id has 8 to 64 letters, digits, _ or -")
        _check(self.at.tzinfo is not None, "at", "a time needs its time zone")
        object.__setattr__(self, "at", moment(self.at))
        for name, kind in (("tag", Tag), ("outcome", Outcome), ("channel", Channel)):
            object.__setattr__(self, name, kind(getattr(self, name)))
        for name in (
            "trace_id",
            "actor_unit",
            "actor_client",
            "actor_officer",
            "purpose",
            "matter",
            "operation",
        ):
            object.__setattr__(self, name, _clipped(getattr(self, name)))
        for name in ("viewer_class", "ground", "reason", "operation_hash"):
            _check(bool(_CODE.match(getattr(self, name))), name, "it is a code")
        for text in (self.consent or "", *self.rule_sets):
            _check(bool(_CODE.match(text)), "consent or rule_sets", "it is a code")
        token = self.subject_token
        _check(token is None or bool(_ID.match(token)), "subject_token", "it is a keyed token")
        _check(token is None or not _PLAIN_NUMBER.match(token), "subject_token", "never a plain number")
        _check(bool(_SALT.match(self.officer_salt)), "officer_salt", "it is 16 bytes in hex")
        _count(self.row_count, "row_count")
        _count(self.catalogue_version, "catalogue_version")
        object.__setattr__(self, "kinds", tuple(self.kinds))
        object.__setattr__(self, "rule_sets", tuple(self.rule_sets))


def ordered_id(at: datetime, noise: bytes) -> str:
    """A 32-digit id that sorts by `at` (48 bits of milliseconds); `noise` is 10 random bytes."""
    return f"{int(at.timestamp() * 1000):012x}{noise[:10].hex():0<20}"


def moment(at: datetime) -> datetime:
    """An aware time in UTC and whole milliseconds, which is all that stores and signed bytes keep of it."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def instant(at: datetime) -> str:
    """An aware time as UTC text with milliseconds, as it stands in all signed bytes."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def dumps(value: object) -> bytes:
    """Canonical JSON: sorted keys, no blanks, UTF-8. Only for data without floats."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def plain(entry: Entry) -> dict[str, Any]:
    """The entry as JSON-like data, every field present; what `from_plain` takes."""
    data: dict[str, Any] = {name: getattr(entry, name) for name in _NAMES}
    data["at"] = instant(entry.at)
    data["tag"], data["outcome"], data["channel"] = entry.tag.value, entry.outcome.value, entry.channel.value
    data["rule_sets"] = list(entry.rule_sets)
    data["hidden_until"] = entry.hidden_until.isoformat() if entry.hidden_until else ""
    data["kinds"] = [
        {
            "kind": k.kind,
            "shown": list(k.shown),
            "masked": list(k.masked),
            "withheld": list(k.withheld),
            "rows": k.rows,
        }
        for k in entry.kinds
    ]
    return data


def from_plain(data: Mapping[str, Any]) -> Entry:
    """The entry in `data`; raises Malformed unless `data` is exactly what `plain` would give."""
    missing = FIELDS ^ data.keys()
    if missing:
        raise Malformed(f"{_known(missing)} missing or unknown")
    try:
        until = data["hidden_until"]
        entry = Entry(
            **{
                **data,
                "at": datetime.fromisoformat(data["at"]),
                "kinds": tuple(KindAccess(**kind) for kind in data["kinds"]),
                "rule_sets": tuple(data["rule_sets"]),
                "hidden_until": date.fromisoformat(until) if until else None,
            }
        )
        again = plain(entry)
        changed = [name for name in sorted(FIELDS) if dumps(again[name]) != dumps(data[name])]
    except Malformed:
        raise
    except (TypeError, ValueError, AttributeError):
        raise Malformed("a field has the wrong type or form") from None
    if changed:
        raise Malformed(f"{changed[0]} is not in its canonical form")
    return entry


def body(entry: Entry) -> bytes:
    """The entry's part of the canonical bytes, with the officer's name as a salted commitment."""
    data = plain(entry)
    salt, officer = data.pop("officer_salt"), data.pop("actor_officer")
    data["officer"] = officer_commitment(officer, salt)
    return dumps(data)


def officer_commitment(officer: str | None, salt: str) -> str | None:
    """SHA-256 over 0x03, the salt and the name, in hex; None without an officer. Raises Malformed."""
    if officer is None:
        _check(not salt, "officer_salt", "there is no officer")
        return None
    _check(bool(salt), "officer_salt", "an officer's name needs a salt")
    return hashlib.sha256(_OFFICER + bytes.fromhex(salt) + officer.encode()).hexdigest()


def canonical(entry: Entry, chain: str, seq: int, previous: bytes) -> bytes:
    """The bytes an entry is hashed as: its body, its chain and position, and the hash before it."""
    return wrapped(body(entry), chain, seq, previous)


def wrapped(body: bytes, chain: str, seq: int, previous: bytes) -> bytes:
    """`canonical` for a body made before the position was known (bodies are made outside the writer)."""
    place = dumps({"chain": chain, "form": FORM, "previous": previous.hex(), "seq": seq})
    return b'{"body":' + body + b"," + place[1:]


_NAMES = tuple(f.name for f in fields(Entry))
FIELDS = frozenset(_NAMES)


def _known(names: set[str] | frozenset[str]) -> str:
    known = sorted(names & FIELDS)
    return known[0] if known else "a field that does not belong is"


def _check(holds: bool, name: str, rule: str) -> None:
    if not holds:
        raise Malformed(f"{name}: {rule}")


def _count(value: object, name: str) -> None:
    _check(isinstance(value, int) and not isinstance(value, bool) and value >= 0, name, "a whole number")


def _clipped(text: str | None) -> str | None:
    if text is None:
        return None
    # A lone surrogate (possible in JSON from callers) has no UTF-8 form and would refuse the whole batch.
    return text[:_CLIP].encode("utf-8", "replace").decode()
