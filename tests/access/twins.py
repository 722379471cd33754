"""Two databases that differ only in what one viewer may not see: every hidden value, row, person, consent, log entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bson.binary import Binary

from server.model.ids import new_id
from tests.access import oracle
from tests.makers import COMPANY, PERSON, TODAY, UNIT
from tests.platforms import CONSENTED, FADED_COMPANY, HIDDEN_COMPANY, World
from tests.viewers import Caller

Record = dict[str, Any]
Documents = dict[str, list[Record]]

HEAD_KEYS = {
    "lastUpdated": "updated_at",
    "submittedAt": "filed_at",
    "ruleSet": "rule_set",
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
FAR = "2098-01-01"
UNLISTED = {HIDDEN_COMPANY.key, FADED_COMPANY.key}
COPIED = (
    "subjects",
    "records",
    "record_versions",
    "filings",
    "consents",
    "units",
    "counters",
    "encryption_keys",
    "rule_sets",
    "regimes",
    "changes",
    "deliveries",
)


def footings(caller: Caller, record: Mapping[str, Any], owner: str) -> list[tuple[str, str | None]]:
    """Every audience (with purpose) the caller can be for a record about the party with key ``owner``."""
    made: list[tuple[str, str | None]] = [("public", None)]
    match caller.role.value:
        case "citizen" if caller.id_number == owner:
            made.append(("subject", None))
        case "agent" if caller.entity == owner:
            made.append(("subject", None))
        case "clerk":
            made.append(("subject", None))
        case "agency":
            made += [
                ("government", purpose)
                for purpose in ("inspection", "commendation", "public_service_appointment")
            ]
        case "provider" if record["unit"] == caller.unit:
            made.append(("internal", None))
        case "inquirer" if owner in (COMPANY.key, PERSON.key):
            made.append(("third_party", None))
    return made


def state_for(caller: Caller, record: Mapping[str, Any], owner: str, name: str) -> set[str]:
    """The forms in which the caller can get a field of a record on any of its footings."""
    code, stage = record["kind"], oracle.stage_of(record, TODAY)
    type_name = oracle.KINDS[code]["type"]
    got = set()
    for audience, purpose in footings(caller, record, owner):
        if name in oracle.ENVELOPE and not row_visible(audience, purpose, record):
            continue
        got.add(
            oracle.state_of(
                audience,
                code,
                name,
                record["subject_kind"],
                stage,
                purpose=purpose,
                consented=f"{type_name}.{name}" in CONSENTED,
            )
        )
    return got - {"WITHHELD"}


def row_visible(audience: str, purpose: str | None, record: Mapping[str, Any]) -> bool:
    """Whether the row exists for an audience: some field of the record itself is seen, or its subject may know it is held."""
    code, kind, stage = record["kind"], record["subject_kind"], oracle.stage_of(record, TODAY)
    stages = [stage]
    if audience == "subject" and stage == "DISCLOSURE_ENDED":
        stages.append("PUBLIC")  # what it once could see
    type_name = oracle.KINDS[code]["type"]
    return any(
        oracle.state_of(
            audience, code, name, kind, one, purpose=purpose, consented=f"{type_name}.{name}" in CONSENTED
        )
        != "WITHHELD"
        for name in oracle.fields_of(code)
        for one in stages
    )


class Differing:
    """Makes the twin of a database for one viewer, and counts what it changed so that nothing passes by default."""

    def __init__(self, caller: Caller, owners: Mapping[str, str], cipher: Callable[[str], Binary]) -> None:
        self._caller = caller
        self._owners = owners
        self._cipher = cipher
        self.values = self.rows = self.people = 0

    def twin(self, documents: Documents) -> Documents:
        """The documents of the other database."""
        made: Documents = {name: [dict(one) for one in found] for name, found in documents.items()}
        made["records"] = self._records(made["records"])
        made["subjects"] = self._subjects(made["subjects"])
        made["consents"] = [one for one in made["consents"] if one["grantee"] == self._caller.unit]
        if self._caller.unit != UNIT:
            made["filings"] = []
        kept = {one["_id"] for one in made["records"]}
        # What happened to a record that is hidden from the viewer may as well not have happened.
        made["changes"] = [one for one in made["changes"] if one["record"] in kept]
        made["counters"] = [{**one, "value": one["value"] + 70} for one in made["counters"]]
        return made

    def _records(self, records: list[Record]) -> list[Record]:
        kept: list[Record] = []
        for place, record in enumerate(records):
            owner = self._owners[record["subject"]]
            seen = any(row_visible(*footing, record) for footing in footings(self._caller, record, owner))
            # An auditor learns that a record is or was there, and to whom it was visible; never what it says.
            seen = seen or self._caller.role.value == "auditor"
            if not seen:
                self.rows += 1
                if place % 3 == 0:
                    continue
                if place % 3 == 1:
                    kept.append({**record, "_id": new_id("rec"), "source_no": record["source_no"] + "-copy"})
            kept.append(self._altered(record, owner))
        return kept

    def _altered(self, record: Record, owner: str) -> Record:
        """The record with every value changed that the caller never gets in that form."""
        code = record["kind"]
        made = {**record, "secrecy": ["privacy"], "catalogue_version": record["catalogue_version"]}
        for part, form in (("body", "SHOWN"), ("masked", "MASKED")):
            values = dict(record[part].get(code, {}))
            for name, value in values.items():
                if form not in state_for(self._caller, record, owner, name):
                    values[name] = self._other(value)
                    self.values += 1
            made[part] = {code: values}
        for name, key in HEAD_KEYS.items():
            if not state_for(self._caller, record, owner, name) and made[key] is not None:
                # The row rule itself stays as it was: only the dates' values change, not what they decide today.
                made[key] = self._date(made[key]) if key in ("disc_to", "keep_to") else self._other(made[key])
                self.values += 1
        return made

    def _date(self, day: str) -> str:
        return FAR if day > str(TODAY) else "2019-02-03"

    def _other(self, value: Any) -> Any:
        if isinstance(value, Binary):
            return self._cipher(COMPANY.key)
        if isinstance(value, list):
            return [*(self._other(one) for one in value), *(self._other(one) for one in value[:1])]
        if isinstance(value, dict):
            return {name: self._other(one) for name, one in value.items()}
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            return value + 1_234_567
        if isinstance(value, str):
            return "隐" + value[::-1]
        return value.replace(year=2020)

    def _subjects(self, subjects: list[Record]) -> list[Record]:
        kept = []
        for subject in subjects:
            owner = self._owners[subject["_id"]]
            made = {**subject, "version": 9, "created_at": subject["created_at"].replace(year=2021)}
            if owner in UNLISTED and self._caller.role.value not in ("agency", "clerk", "auditor"):
                self.people += 1
                continue
            basic = subject.get("basic")
            if subject["kind"] == oracle.PERSON and not self._knows_person(owner):
                self.people += 1
                if self.people % 2:
                    continue
                made["id_cipher"] = self._cipher(owner[::-1])
            if basic:
                made["basic"] = self._altered(basic, owner)
            kept.append(made)
        return kept

    def _knows_person(self, key: str) -> bool:
        match self._caller.role.value:
            case "agency" | "clerk" | "auditor":
                return True
            case "citizen":
                return self._caller.id_number == key
            case "inquirer":
                return key == PERSON.key
        return False


async def write(world: World, documents: Documents) -> None:
    """Put these documents in place of what the database holds."""
    for name, found in documents.items():
        collection = world.platform.mongo.db[name]
        await collection.delete_many({})
        if found:
            await collection.insert_many(found)


async def read(world: World) -> Documents:
    """Every document that a twin shares."""
    return {name: await world.platform.mongo.db[name].find({}).to_list() for name in COPIED}
