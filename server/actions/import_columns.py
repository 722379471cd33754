"""From the headings of an import file to filings: which column is which field, and whom a row is about (Art. 21)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from server.actions.filing import SOURCE_NO_MOST, Filing, FilingSubject
from server.actions.import_rows import Row, column_name, is_blank, unusable
from server.catalogue import forbidden, personal, values
from server.catalogue.check import AGREEMENT, name_of
from server.catalogue.fault import Fault
from server.catalogue.identifiers import as_text
from server.catalogue.kind import Family, Kind, SubjectKind
from server.rules import acting

EXTRAS: Mapping[str, str] = {
    "sourceRecordNo": "来源记录编号",
    "subjectCode": "主体代码",
    "subjectIdNumber": "公民身份号码",
    "subjectName": "主体名称",
    "subjectKind": "主体类别",
    "selfSupporting": "视为完全民事行为能力",
    "declaredLacking": "宣告无完全民事行为能力",
    "changeReason": "变动理由",
    "secrecy": "涉密标识",
    "maker": "报送人",
    "checker": "审核人",
}
"""Columns of the filing's own frame with their labels. A field of the kind that is called the same comes first."""

_EXTRA_OF = {word: name for name, label in EXTRAS.items() for word in (name, label)}
_NATURAL_KEYS = frozenset({"CF_WSH", "XK_WSH"})
_SUBJECT_KINDS = {
    "自然人": SubjectKind.natural_person,
    "法人": SubjectKind.legal_person,
    "非法人组织": SubjectKind.unincorporated,
    "个体工商户": SubjectKind.individual_business,
    "机关单位": SubjectKind.government_unit,
} | {kind.value: kind for kind in SubjectKind}
_OPEN_KINDS = frozenset({"法人及非法人组织", "organisation"})
_PARTIES = {
    "natural_person": SubjectKind.natural_person,
    "individual_business": SubjectKind.individual_business,
}
_SECRECY = {
    "商业秘密": "commercial_secret",
    "个人隐私": "privacy",
    "隐私": "privacy",
    "国家秘密": "state_secret",
}
_BOOLEANS = {"是": True, "true": True, "1": True, "否": False, "false": False, "0": False}
_NONE = frozenset({"否", "无", "0", "false"})
_NAME_MOST = 50
_ECHOED = re.compile(r"(?!(?:.*[0-9]){6})[\w()（）*/、%-]{1,40}")
_SOURCE = ("sourceRecordNo", "来源记录编号")

_BESIDE = {
    "subject": ("subjectCode", "uscc", "subjectIdNumber", "partyIdNumber", "idNumber"),
    "subject.code": ("subjectCode", "uscc"),
    "subject.idNumber": ("subjectIdNumber", "partyIdNumber", "idNumber"),
    "subject.name": ("subjectName", "partyName", "name"),
    "subject.kind": ("subjectKind", "partyCategory"),
    "attestation": ("checker", "maker"),
    "sourceRecordNo": ("sourceRecordNo", "documentNumber"),
}
"""Where to look for the column of a fault that speaks of the filing's frame."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the caller says for all rows; names given here count before those in columns."""

    maker: str | None = None
    checker: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row as a filing with the names of the two who stand for it (Art. 23)."""

    row: Row
    filing: Filing = field(repr=False)
    maker: str = field(repr=False)
    checker: str = field(repr=False)


class Columns:
    """How the headings of one file map to a kind; every heading is resolved once."""

    def __init__(self, kind: Kind, defaults: Defaults, headings: Iterable[str] = ()) -> None:
        """Raises BadInput for headings of a table that are unknown or mean the same twice."""
        self._kind = kind
        self._defaults = defaults
        self._meaning: dict[str, str | None] = {}
        self._place = {heading: column_name(index) for index, heading in enumerate(headings)}
        names = {one.name for one in kind.fields}
        self._ids = tuple(one for one in ("partyIdNumber", "idNumber") if one in names)
        # A kind with a party of its own may use `name` for something else, such as an inspection's title.
        self._names = tuple(one for one in ("partyName", "name") if one in names)[:1]
        self._natural = any(one.code in _NATURAL_KEYS for one in kind.fields)
        _check_headings(kind, tuple(headings), [self.meaning(heading) for heading in headings])

    def meaning(self, heading: str) -> str | None:
        """The field or extra column a heading means, None for neither."""
        if heading not in self._meaning:
            plain = unicodedata.normalize("NFKC", "".join(heading.split())).strip("*")
            found = name_of(self._kind, heading) or name_of(self._kind, plain)
            found = found or name_of(self._kind, plain.translate(_FULL_WIDTH)) or _EXTRA_OF.get(plain)
            if len(self._meaning) > _REMEMBERED:
                self._meaning.clear()
            self._meaning[heading] = found
        return self._meaning[heading]

    def filing(self, row: Row, today: date) -> Prepared | tuple[Fault, ...]:
        """The filing of a row, or why there can be none."""
        given: dict[str, object] = {}
        extras: dict[str, object] = {}
        faults: list[Fault] = []
        for heading, value in row.cells.items():
            name = self.meaning(heading)
            place = extras if name in EXTRAS else given
            # An unknown key of a JSON object stays as it is: the check of the values refuses it.
            key = name or heading
            if key in place:
                faults.append(Fault(key, "", "twice", f"{key} is given twice."))
            place[key] = value
        texts = {name: _text(value) for name, value in extras.items()}
        maker, checker = self._attestation(texts, faults)
        subject = self._subject(given, texts, today, faults)
        number = texts.get("sourceRecordNo") or self._natural_number(given, today, faults)
        if faults:
            return tuple(faults)
        market = self._kind.family is Family.market
        filing = Filing(
            kind=self._kind.code,
            source_no=number,
            subject=subject,
            values=given,
            change_reason=texts.get("changeReason") or self._defaults.reason,
            secrecy=_secrecy(texts.get("secrecy", "")),
            agreement=market and not any(is_blank(given.get(name)) for name in AGREEMENT),
        )
        return Prepared(row, filing, maker, checker)

    def place_of(self, row: Row, fault_field: str) -> tuple[str, str]:
        """Column and heading of a fault's field in this row; empty texts where there is no such column."""
        names = _BESIDE.get(fault_field, (fault_field,))
        headings = tuple(self._place) or tuple(row.cells)
        for name in names:
            for heading in headings:
                if self.meaning(heading) == name:
                    return self._place.get(heading, ""), heading
        return "", ""

    def place(self, heading: str) -> str:
        """The column under a heading; empty for JSON Lines, which has none."""
        return self._place.get(heading, "")

    def _attestation(self, texts: Mapping[str, str], faults: list[Fault]) -> tuple[str, str]:
        maker = (self._defaults.maker or texts.get("maker", "")).strip()
        checker = (self._defaults.checker or texts.get("checker", "")).strip()
        for name, text in (("maker", maker), ("checker", checker)):
            fault = name_fault(name, text)
            if fault is not None:
                faults.append(fault)
        objection = acting.two_people(maker, checker)
        if objection is not None:
            zh, en = objection.sentence.zh, objection.sentence.en
            faults.append(
                Fault("checker", EXTRAS["checker"], objection.code, f"checker (审核人): {en}（{zh}）.")
            )
        return maker, checker

    def _subject(
        self, given: dict[str, object], texts: Mapping[str, str], today: date, faults: list[Fault]
    ) -> FilingSubject:
        """From the extra columns, else from the kind's own fields, which are then filled from the subject."""
        kind = self._subject_kind(given, texts, today, faults)
        code, number = texts.get("subjectCode"), texts.get("subjectIdNumber")
        if code is None and number is None:
            own = next((one for one in self._ids if not is_blank(given.get(one))), None)
            if own is not None and (kind is SubjectKind.natural_person or is_blank(given.get("uscc"))):
                number = _text(given.pop(own))
            elif not is_blank(given.get("uscc")):
                code = _text(given.pop("uscc"))
        name = texts.get("subjectName")
        if name is None and self._names and not is_blank(given.get(self._names[0])):
            name = _text(given.pop(self._names[0]))
        return FilingSubject(
            code=code,
            id_number=number,
            name=name,
            kind=kind,
            self_supporting=_truth(texts, "selfSupporting", faults),
            declared_lacking=_truth(texts, "declaredLacking", faults),
        )

    def _subject_kind(
        self, given: Mapping[str, object], texts: Mapping[str, str], today: date, faults: list[Fault]
    ) -> SubjectKind | None:
        word = texts.get("subjectKind")
        if word is not None:
            if word not in _SUBJECT_KINDS and word not in _OPEN_KINDS:
                sentence = f"must be one of {', '.join(kind.value for kind in SubjectKind)}"
                faults.append(
                    Fault("subjectKind", "主体类别", "choice", f"subjectKind (主体类别) {sentence}.")
                )
            return _SUBJECT_KINDS.get(word)
        party = given.get("partyCategory")
        if is_blank(party) or self._kind.meant_by("partyCategory") is None:
            return None
        chosen = values.clean(self._kind.field("partyCategory"), party, today=today)
        return _PARTIES.get(chosen) if isinstance(chosen, str) else None

    def _natural_number(self, given: Mapping[str, object], today: date, faults: list[Fault]) -> str:
        """Document number and authority identify a licence or penalty where the unit gives no number of its own."""
        if not self._natural:
            faults.append(Fault(*_SOURCE, "required", "sourceRecordNo (来源记录编号) is required."))
            return ""
        parts: list[str] = []
        for name in ("authorityCode", "documentNumber"):
            one = self._kind.field(name)
            raw = given.get(name)
            sentence = f"{name} ({one.label.zh}) is required."
            cleaned = (
                Fault(name, one.label.zh, "required", sentence)
                if is_blank(raw)
                else values.clean(one, raw, today=today)
            )
            if isinstance(cleaned, Fault):
                faults.append(cleaned)
            else:
                parts.append(str(cleaned))
        number = "/".join(parts)
        if len(number) <= SOURCE_NO_MOST:
            return number
        if len(parts[-1]) > SOURCE_NO_MOST:
            sentence = f"is required where the document number has more than {SOURCE_NO_MOST} characters"
            faults.append(Fault(*_SOURCE, "required", f"sourceRecordNo (来源记录编号) {sentence}."))
        return parts[-1]


_REMEMBERED = 1_000
_FULL_WIDTH = str.maketrans("()", "（）")


def _check_headings(kind: Kind, headings: tuple[str, ...], meanings: list[str | None]) -> None:
    unknown = [index for index, name in enumerate(meanings) if name is None]
    # Where most headings mean nothing, the first row may well hold data, and data are not repeated.
    echo = len(unknown) * 2 < len(meanings)
    if unknown:
        named = ", ".join(_named(index, headings[index], echo=echo) for index in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        raise unusable(
            f"Not a heading of {kind.code} ({kind.name.zh}): column {named}{more}; nothing was imported. "
            f"`qufu-credit catalogue template {kind.code}` prints the headings.",
            "unknown_heading",
        )
    for index, name in enumerate(meanings):
        first = meanings.index(name)
        if first < index:
            raise unusable(
                f"Columns {_named(first, headings[first], echo=True)} and "
                f"{_named(index, headings[index], echo=True)} mean the same ({name}); nothing was imported.",
                "duplicate_heading",
            )


def _named(index: int, heading: str, *, echo: bool) -> str:
    shown = echo and _ECHOED.fullmatch(heading[:40]) is not None
    return f"{column_name(index)} “{heading[:20]}”" if shown else column_name(index)


def name_fault(name: str, text: str) -> Fault | None:
    """The fault of a maker's or checker's name, which is kept with every record."""
    label = EXTRAS[name]
    if not text:
        return Fault(name, label, "required", f"{name} ({label}) is required (Art. 23).")
    if len(text) > _NAME_MOST or not text.isprintable():
        sentence = f"must have 1 to {_NAME_MOST} printable characters"
        return Fault(name, label, "length", f"{name} ({label}) {sentence}.")
    if forbidden.find(text, path=name) is not None or personal.find(text, published=True) is not None:
        sentence = "holds personal or forbidden data (Art. 63, 64)"
        return Fault(name, label, "personal_data", f"{name} ({label}) {sentence}.")
    return None


def _text(value: object) -> str:
    if isinstance(value, list):
        return ";".join(map(_text, value))
    text = as_text(value)
    return (str(value) if text is None else text).strip()


def _secrecy(text: str) -> tuple[str, ...]:
    words = [word for word in re.split(r"[、,，;；|\s]+", text) if word and word not in _NONE]
    return tuple(dict.fromkeys(_SECRECY.get(word, word) for word in words))


def _truth(texts: Mapping[str, str], name: str, faults: list[Fault]) -> bool:
    word = texts.get(name, "否").lower()
    if word not in _BOOLEANS:
        label = EXTRAS[name]
        faults.append(Fault(name, label, "boolean", f"{name} ({label}) must be true or false (是 or 否)."))
    return _BOOLEANS.get(word, False)
