"""From a filing as sent to a draft that may be written: every rule that stands before storage (Art. 3, 14, 15, 23)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import orjson

from server.actions.filing import REASON_MOST, SECRECY, SOURCE_NO_MOST, Correction, Filing, FilingSubject
from server.actions.operation import Operation
from server.catalogue import check, forbidden, personal, values
from server.catalogue.fault import Fault, Invalid
from server.catalogue.identifiers import birth_date
from server.catalogue.kind import Family, Kind, SubjectKind, ValueType
from server.rules import acting, lifecycle
from server.rules.acting import Objection
from server.rules.duties import Duty
from server.store.cipher import Ciphertext

_NAMES = ("partyName", "name")
_IDS = ("partyIdNumber", "idNumber")


@dataclass(slots=True)
class Draft:
    """A filing that passed every rule: cleaned, masked, its ID numbers encrypted, its place still open."""

    index: int
    filing: Filing
    kind: Kind
    subject: FilingSubject
    subject_kind: SubjectKind
    cipher: Ciphertext | None
    values: dict[str, Any]
    masked: dict[str, Any]
    dated_on: date
    digest: str
    facts: dict[str, Any]
    subject_id: str = ""
    old: dict[str, Any] | None = None

    @property
    def unchanged(self) -> bool:
        """Whether the very same is in force already."""
        return (
            self.old is not None and self.old["state"] == "active" and self.old["content_hash"] == self.digest
        )


def fault(name: str, label: str, rule: str, sentence: str) -> Fault:
    """A fault of the filing's own frame."""
    return Fault(name, label, rule, f"{name} ({label}) {sentence}.")


_FRAME = {"kind": "信息类别", "subject": "信用主体"}


def _objected(objection: Objection, kind: Kind) -> Fault:
    name = objection.field or "record"
    one = kind.meant_by(name)
    label = one.label.zh if one else _FRAME.get(name, "记录")
    sentence = f"{objection.sentence.en}（{objection.sentence.zh}） ({objection.article})"
    return Fault(name, label, objection.code, f"{name} ({label}): {sentence}.")


async def draft(
    operation: Operation, unit: Mapping[str, Any] | None, index: int, filing: Filing
) -> Draft | tuple[Fault, ...]:
    """The draft of a filing by ``unit`` (its stored document, None when unknown), or every fault found."""
    platform, today = operation.platform, operation.today
    kind = platform.catalogue.kinds.get(filing.kind)
    if kind is None:
        return (fault("kind", "信息类别", "unknown_kind", "is not a kind of the catalogue"),)
    objection = acting.unit_files(unit, kind)
    if objection is not None or unit is None:
        return (_objected(objection, kind),) if objection is not None else ()
    faults = [*_envelope_faults(filing), *correction_faults(filing.correction, today)]
    subject, subject_faults = _clean_subject(filing.subject, kind, today)
    faults += subject_faults
    faults += _forbidden_faults(kind, filing)
    if faults:
        return tuple(faults)
    subject_kind = _subject_kind(subject)
    raw, mismatch = _filled(kind, subject, subject_kind, filing.values)
    if mismatch:
        return tuple(mismatch)
    checked = check.check(kind, subject_kind, raw, today=today)
    if isinstance(checked, tuple):
        return checked
    if kind.code == "administrative_penalty":
        objection = acting.admissible_penalty(unit["_id"], checked.values)
        if objection is not None:
            return (_objected(objection, kind),)
    dated = date.fromisoformat(str(checked.values[kind.dated_by])) if kind.dated_by else today
    if dated > today:
        label = kind.field(kind.dated_by).label.zh if kind.dated_by else ""
        return (fault(kind.dated_by or "", label, "future_date", "must not lie in the future"),)
    digest = _digest(platform.keys.digest, filing, subject, checked.values)
    encrypted = dict(checked.values)
    for one in kind.fields:
        # ID numbers leave for the database as ciphertext only.
        if one.type is ValueType.citizen_id and one.name in encrypted:
            encrypted[one.name] = await _encrypted(operation, encrypted[one.name])
    cipher = await platform.cipher.encrypt(subject.id_number) if subject.id_number else None
    return Draft(
        index=index,
        filing=replace(filing, source_no=filing.source_no.strip()),
        kind=kind,
        subject=subject,
        subject_kind=subject_kind,
        cipher=cipher,
        values=encrypted,
        masked=dict(checked.masked),
        dated_on=dated,
        digest=digest,
        facts=lifecycle.facts_of(kind, checked.values, dated, secret=bool(filing.secrecy)),
    )


async def held_as(
    operation: Operation, unit: Mapping[str, Any] | None, one: Draft, kind: SubjectKind
) -> Draft | tuple[Fault, ...]:
    """The draft judged again under the kind its subject is held as, where the filing leaves the kind open."""
    subject = replace(one.filing.subject, kind=kind)
    return await draft(operation, unit, one.index, replace(one.filing, subject=subject))


async def _encrypted(operation: Operation, value: Any) -> Any:
    if isinstance(value, list):
        return [await operation.platform.cipher.encrypt(one) for one in value]
    return await operation.platform.cipher.encrypt(value)


def _envelope_faults(filing: Filing) -> list[Fault]:
    faults = []
    number = filing.source_no.strip()
    if not 1 <= len(number) <= SOURCE_NO_MOST or not number.isprintable():
        faults.append(
            fault(
                "sourceRecordNo",
                "来源记录编号",
                "length",
                f"must have 1 to {SOURCE_NO_MOST} printable characters",
            )
        )
    faults += text_faults(
        (
            ("sourceRecordNo", "来源记录编号", filing.source_no),
            ("changeReason", "变动理由", filing.change_reason or ""),
            ("subject.name", "主体名称", filing.subject.name or ""),
        )
    )
    if not set(filing.secrecy) <= set(SECRECY):
        faults.append(fault("secrecy", "涉密标识", "unknown_option", "is not one of the known flags"))
    if "state_secret" in filing.secrecy:
        faults.append(
            fault("secrecy", "涉密标识", "state_secret", "state secrets are not collected here (Art. 7)")
        )
    return faults


CORRECTION_FIELDS = {
    Duty.CORRECTION: ("correctedOn", "更正日期"),
    Duty.REVOCATION: ("documentChangedOn", "文书撤销或者变更日期"),
}


def text_faults(texts: Iterable[tuple[str, str, str]]) -> list[Fault]:
    """Texts (name, label, text) of a filing's frame that are too long, or hold what must not be in them."""
    faults = []
    for name, label, text in texts:
        found = forbidden.find(text, path=name)
        if found is not None or personal.find(text, published=True) is not None:
            rule = found.rule if found is not None else "personal_data"
            faults.append(fault(name, label, rule, "holds personal or forbidden data (Art. 63, 64)"))
        elif len(text) > REASON_MOST:
            faults.append(fault(name, label, "length", f"has at most {REASON_MOST} characters"))
    return faults


def correction_faults(correction: Correction | None, today: date) -> list[Fault]:
    """What is wrong with the day on which a duty to report began."""
    if correction is None or correction.began <= today:
        return []
    return [fault(*CORRECTION_FIELDS[correction.duty], "future_date", "must not lie in the future")]


def _forbidden_faults(kind: Kind, filing: Filing) -> list[Fault]:
    """Forbidden data in any value or key, known or not, each by the field it hides in (Art. 63)."""
    faults = []
    agreement = filing.agreement and kind.family is Family.market
    for key, value in filing.values.items():
        found = forbidden.find({key: value}, path="", agreement=agreement)
        if found is not None:
            name = check.name_of(kind, key)
            label = kind.field(name).label.zh if name else ""
            faults.append(Invalid(found.rule, forbidden.SENTENCE).at(name or "fields", label))
    return faults


def _clean_subject(raw: FilingSubject, kind: Kind, today: date) -> tuple[FilingSubject, list[Fault]]:
    if (raw.code is None) == (raw.id_number is None):
        return raw, [fault("subject", "信用主体", "one_key", "needs either a code or an ID number (Art. 21)")]
    if raw.code is not None:
        code = values.clean_uscc(raw.code)
        if isinstance(code, Fault):
            return raw, [
                Fault(
                    "subject.code",
                    "统一社会信用代码",
                    code.rule,
                    _named("subject.code", "统一社会信用代码", code),
                )
            ]
        if raw.kind is SubjectKind.natural_person:
            return raw, [
                fault("subject.kind", "主体类别", "kind_of_key", "a person is named by an ID number")
            ]
        return replace(raw, code=code), []
    number = values.clean_citizen_id(raw.id_number, today=today)
    if isinstance(number, Fault):
        return raw, [
            Fault(
                "subject.idNumber",
                "公民身份号码",
                number.rule,
                _named("subject.idNumber", "公民身份号码", number),
            )
        ]
    if raw.kind not in (None, SubjectKind.natural_person):
        return raw, [fault("subject.kind", "主体类别", "kind_of_key", "an ID number names a natural person")]
    birth = birth_date(number)
    assert birth is not None  # a valid number holds a real date
    objection = acting.full_capacity(
        birth, today, self_supporting=raw.self_supporting, declared_lacking=raw.declared_lacking
    )
    return replace(raw, id_number=number), [_objected(objection, kind)] if objection else []


def _named(name: str, label: str, fault: Fault) -> str:
    return fault.message.replace("The value", f"{name} ({label})", 1)


def _subject_kind(subject: FilingSubject) -> SubjectKind:
    """The kind a code tells by its first two characters (GB 32100), where the unit does not say."""
    if subject.kind is not None:
        return subject.kind
    if subject.code is None:
        return SubjectKind.natural_person
    if subject.code.startswith("92"):
        return SubjectKind.individual_business
    if subject.code.startswith("11"):
        return SubjectKind.government_unit
    return SubjectKind.legal_person


def _filled(
    kind: Kind, subject: FilingSubject, subject_kind: SubjectKind, raw: Mapping[str, object]
) -> tuple[dict[str, object], list[Fault]]:
    """The raw values with the subject's own key and name filled in; a value that contradicts them is a fault."""
    filled = dict(raw)
    named = {check.name_of(kind, key): key for key in raw}
    fields = {one.name for one in kind.fields}
    faults = []
    for names, value in (
        (("uscc",), subject.code),
        (_IDS, subject.id_number),
        (_NAMES, subject.name),
    ):
        # Where a kind has a party name, its plain name is another thing: the title of an inspection.
        for name in [one for one in names if one in fields][:1]:
            if not value:
                continue
            one = kind.field(name)
            if one.class_for(subject_kind) is None:
                continue
            sent = filled.get(named.get(name, name))
            if sent is None or not str(sent).strip():
                filled[named.get(name, name)] = value
            elif str(sent).strip().upper() != value.upper():
                faults.append(
                    fault(
                        name,
                        one.label.zh,
                        "subject_mismatch",
                        "does not agree with the subject of the filing",
                    )
                )
    return filled, faults


def _digest(key: bytes, filing: Filing, subject: FilingSubject, cleaned: Mapping[str, Any]) -> str:
    content = [filing.kind, subject.code, subject.id_number, sorted(filing.secrecy), cleaned]
    return hmac.new(key, orjson.dumps(content, option=orjson.OPT_SORT_KEYS), hashlib.sha256).hexdigest()


def name_in(one: Draft) -> str:
    """The subject's name as the filing gives it, or the empty text."""
    if one.subject.name:
        return one.subject.name.strip()
    return next((str(one.values[name]) for name in _NAMES if name in one.values), "")


def place_fault(
    one: Draft,
    subject: Mapping[str, Any] | None,
    pending: Mapping[str, Any] | None,
    operation: Operation,
) -> Fault | None:
    """Why a draft cannot take its place beside what is held of its subject and what waits for the checker."""
    if subject is not None and subject["kind"] != one.subject_kind.value and one.subject.kind is not None:
        return fault(
            "subject.kind", "主体类别", "subject_kind", "is not the kind under which the subject is held"
        )
    if subject is None and not name_in(one):
        return fault("subject.name", "主体名称", "required", "is required for a subject not yet held")
    if pending is not None and pending["record"]["content_hash"] != one.digest:
        return fault(
            "sourceRecordNo", "来源记录编号", "filing_pending", "has a filing that waits for the checker"
        )
    over = _retention_fault(one, operation)
    if over is not None:
        return over
    if one.old is None or one.unchanged:
        if one.filing.correction is None:
            return None
        names = CORRECTION_FIELDS[one.filing.correction.duty]
        return fault(*names, "nothing_corrected", "belongs to the change of a record already filed")
    if subject is None or one.old["subject"] != subject["_id"]:
        return fault("subject", "信用主体", "subject_changed", "a record cannot move to another subject")
    if not (one.filing.change_reason or "").strip():
        return fault(
            "changeReason",
            "变动理由",
            "required",
            "a changed record needs the reason of the change (Art. 55)",
        )
    return None


def _retention_fault(one: Draft, operation: Operation) -> Fault | None:
    """What may no longer be kept is not collected either (Art. 35, 36)."""
    if one.old is not None and one.old["state"] != "shielded":
        return None
    clocks = lifecycle.clocks(one.kind, one.subject_kind, one.facts, operation.regime)
    if one.old is None and not lifecycle.retention_over(clocks, operation.today):
        return None
    name = one.kind.conduct_ended_by if "removed" not in one.facts else "removedOn"
    label = one.kind.field(name).label.zh if name else "记录"
    return fault(
        name or "record", label, "retention_ended", "lies so far back that nothing may be kept of it"
    )
