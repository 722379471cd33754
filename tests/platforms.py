"""A running application on a database of its own, asked over HTTP, and a small city to ask about."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

import httpx
from starlette.applications import Starlette

from server.actions.audit_log import Writing
from server.actions.file_records import file_records
from server.actions.filing import Attestation, Filing, FilingReport
from server.actions.operation import Operation
from server.actions.platform import Platform
from server.app import create_app, prepare
from server.model.ids import new_id
from server.settings import Settings
from tests.makers import (
    AGENCY_UNIT,
    BANK,
    CATALOGUE,
    COLLECTOR,
    COMPANY,
    COOPERATIVE,
    NOW,
    ORGAN,
    OTHER_BANK,
    OTHER_COMPANY,
    OTHER_PERSON,
    OTHER_UNIT,
    PERSON,
    SHOP,
    UNIT,
    VEILED,
    Party,
    a_company,
    a_penalty,
    a_record,
    years_ago,
)
from tests.viewers import MACHINE, Caller

MEMBERS = Attestation("宰予", "闵损")


@dataclass(slots=True)
class World:
    """An application with its database, and the clock all its requests are judged by."""

    settings: Settings
    app: Starlette
    client: httpx.AsyncClient
    clock: list[datetime]
    headers: dict[tuple[Caller, datetime], dict[str, str]] = field(default_factory=dict)

    @property
    def platform(self) -> Platform:
        platform: Platform = self.app.state.platform
        return platform

    async def ask(
        self, caller: Caller, query: str, variables: Mapping[str, Any] | None = None, **more: Any
    ) -> httpx.Response:
        """One GraphQL request as ``caller``."""
        key = (caller, self.clock[0])
        if key not in self.headers:
            self.headers[key] = caller.headers(self.settings, self.clock[0])
        body = {"query": query, "variables": dict(variables or {}), **more}
        return await self.client.post("/graphql", json=body, headers=self.headers[key])

    async def data(
        self, caller: Caller, query: str, variables: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The data of an answer that must be free of errors."""
        answer = (await self.ask(caller, query, variables)).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    @contextmanager
    def back_then(self, day: date) -> Iterator[None]:
        """Let it be that day, in the city's morning, for the block."""
        kept, self.clock[0] = (
            self.clock[0],
            self.clock[0].replace(year=day.year, month=day.month, day=day.day),
        )
        try:
            yield
        finally:
            self.clock[0] = kept

    def operation(self, caller: Caller) -> Operation:
        """An operation as an action gets it, outside HTTP."""
        return Operation(self.platform, caller.viewer(), self.clock[0], "test-trace")

    async def file(self, *filings: Filing, by: Caller = MACHINE, **more: Any) -> FilingReport:
        """Put records into force as a machine client does."""
        return await file_records(self.operation(by), filings, attestation=MEMBERS, **more)

    async def filed(self, *filings: Filing, by: Caller = MACHINE) -> list[str]:
        """The ids of records that must all be accepted."""
        report = await self.file(*filings, by=by)
        assert not report.refused, report.refused
        return [one.id for one in report.accepted]

    async def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Every document of every collection."""
        names = await self.platform.mongo.db.list_collection_names()
        return {name: await self.platform.mongo.db[name].find({}).to_list() for name in sorted(names)}

    async def log(self) -> list[dict[str, Any]]:
        """The entries of the log, oldest first."""
        entries = await self.platform.mongo.db["audit_entries"].find({}).sort("_id", 1).to_list()
        return entries

    async def subject_id(self, party: Party) -> str:
        """Our own id of a party that is held."""
        subjects = self.platform.mongo.db["subjects"]
        key = (
            {"id_cipher": await self.platform.cipher.encrypt(party.key)}
            if party.is_person
            else {"code": party.key}
        )
        found = await subjects.find_one(key)
        assert found is not None
        return str(found["_id"])


@asynccontextmanager
async def running(settings: Settings, *, listeners: Sequence[Any] = ()) -> AsyncIterator[World]:
    """The application of these settings on its prepared database."""
    assert settings.mongo_url is not None
    clock = [NOW]
    await prepare(settings, settings.mongo_url)
    app = create_app(settings, listeners=listeners, now=lambda: clock[0])
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://qufu.test") as client:
            yield World(settings, app, client, clock)


def a_unit(
    code: str, name: str, *, family: str = "public", items: Iterable[str] | None = None, **more: Any
) -> dict[str, Any]:
    """A unit that may file these kinds, by default all."""
    kinds = list(CATALOGUE.kinds) if items is None else list(items)
    return {
        "_id": code,
        "version": 1,
        "name": name,
        "family": family,
        "items": kinds,
        "may_withhold_log": False,
    } | more


UNITS = (
    a_unit(UNIT, "曲阜市市场监督管理局"),
    a_unit(OTHER_UNIT, "曲阜市应急管理局", items=["administrative_penalty", "administrative_licence"]),
    a_unit(AGENCY_UNIT, "曲阜市行政审批服务局", items=[], may_withhold_log=True),
    a_unit(BANK, "曲阜农村商业银行", family="market", items=[]),
    a_unit(OTHER_BANK, "曲阜村镇银行", family="market", items=[]),
    a_unit(COLLECTOR, "曲阜市食品行业协会", family="market", items=["market_record", "member_credit"]),
)

HIDDEN_COMPANY = a_company("曲阜市舞雩信息有限公司", 41)
"""Known here only by a record that was never public."""
FADED_COMPANY = a_company("曲阜市弦歌物流有限公司", 42)
"""Known here only by a penalty whose publicity has ended."""

VEILED_COMPANY = VEILED
"""Its penalty is public; its basic record is flagged as secret."""


def every_kind(party: Party, *, day: date = date(2026, 5, 6)) -> list[Filing]:
    """One record of every kind that may be about such a party."""
    return [
        a_record(kind.code, party, day=day)
        for kind in CATALOGUE.kinds.values()
        if party.kind in kind.subjects
    ]


def penalties_in_every_stage(party: Party) -> list[Filing]:
    """Penalties that are public, were never public and are past publicity."""
    return [
        a_penalty(party, "warning", penaltyTypes=["warning"], fineAmount=None),
        a_record("administrative_penalty", party, "past", day=years_ago(4)),
        replace(a_penalty(party, "secret"), secrecy=("commercial_secret",)),
    ]


OLDER = years_ago(7)


def ended_penalty(party: Party) -> Filing:
    """A penalty past all disclosure by now, and for a person past its retention: such are filed in their time only."""
    return a_record("administrative_penalty", party, "ended", day=OLDER, conductEndedOn=OLDER.isoformat())


async def populate(world: World) -> None:
    """The small city: every party with every kind, in every stage."""
    await world.platform.units.put([dict(one) for one in UNITS])
    for party in (COMPANY, SHOP, ORGAN, PERSON):
        await world.filed(*every_kind(party), *penalties_in_every_stage(party))
        with world.back_then(OLDER):
            await world.filed(ended_penalty(party))
    for party in (OTHER_COMPANY, COOPERATIVE, OTHER_PERSON):
        basic = "person_basic" if party.is_person else "entity_basic"
        await world.filed(a_record(basic, party), a_record("severe_list_entry", party), a_penalty(party))
    await world.filed(a_record("administrative_penalty", FADED_COMPANY, day=years_ago(4)))
    await world.filed(replace(a_penalty(HIDDEN_COMPANY), secrecy=("privacy",)))
    await world.filed(
        a_penalty(VEILED_COMPANY), replace(a_record("entity_basic", VEILED_COMPANY), secrecy=("privacy",))
    )
    elsewhere = {"authorityCode": OTHER_UNIT, "dataSourceCode": OTHER_UNIT}
    await world.filed(
        *(a_penalty(one, "other", **elsewhere) for one in (COMPANY, PERSON)), by=MACHINE.but(unit=OTHER_UNIT)
    )
    gone = await world.filed(a_penalty(COMPANY, "shielded"), a_penalty(PERSON, "shielded"))
    # No deed shields a record yet; its state is what counts.
    await world.platform.mongo.db["records"].update_many(
        {"_id": {"$in": gone}}, {"$set": {"state": "withdrawn"}}
    )


CONSENTED = (
    "AdministrativePenalty.fineAmount",
    "AdministrativePenalty.decidedOn",
    "AdministrativePenalty.severity",
    "AdministrativePenalty.partyIdNumber",
    "MarketRecord.terms",
    "PersonBasic.name",
    "PersonBasic.idNumber",
    "EntityBasic.registeredCapital",
)


async def consented(
    world: World, grantor: Party, *, fields: Iterable[str] = CONSENTED, **changes: Any
) -> str:
    """The id of a consent in the database, active today unless changed."""
    identifier = changes.pop("_id", new_id("con"))
    document = {
        "_id": identifier,
        "version": 1,
        "grantor": await world.subject_id(grantor),
        "grantee": BANK,
        "purpose": "loan_approval",
        "purpose_text": "贷款审批",
        "fields": list(fields),
        "valid_from": "2026-11-01",
        "valid_to": "2026-12-01",
        "max_uses": 100_000,
        "uses": 0,
        "state": "active",
        "notice": "已告知",
        "proof": "签名",
        "created_at": NOW,
    } | changes

    async def work(writing: Writing) -> None:
        await world.platform.consents.add(document, writing.session)

    await world.platform.log.transact(work)
    return str(identifier)
