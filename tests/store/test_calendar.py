"""The stored calendar: every version kept, seeded once however many begin together, and shown as it is."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import strawberry
from beanie import init_beanie

from schema.calendar import WorkCalendarYearView, calendar_view
from schema.scalars import SCALARS
from server.actions.calendar_seed import library_notices
from server.errors import Conflict
from server.rules.workdays import Deadline, WorkCalendar, YearNotice
from server.store.calendar import Calendars, CalendarYearDocument
from server.store.mongo import Mongo, Session

AT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
LIBRARY = library_notices()
NEXT = YearNotice(
    2027,
    0,
    "国办发明电〔2026〕7号",
    "中国政府网",
    {date(2026, 12, 31): "元旦", date(2027, 1, 1): "元旦"},
    {date(2026, 12, 26): "元旦"},
)
CHANGED = replace(NEXT, holidays={**NEXT.holidays, date(2027, 1, 4): "元旦"})


async def put(mongo: Mongo, notice: YearNotice, by: str = "admin") -> YearNotice:
    """Store a notice in a transaction of its own."""

    async def work(session: Session) -> YearNotice:
        return await Calendars(mongo).put(notice, AT, by, session)

    return await mongo.transact(work)


async def test_what_is_stored_comes_back_as_it_was(mongo: Mongo) -> None:
    await init_beanie(database=mongo.db, document_models=[CalendarYearDocument])
    stored = await put(mongo, NEXT)
    assert stored == replace(NEXT, version=1)
    assert await Calendars(mongo).all() == [stored]
    raw: Any = await mongo.db["calendar_years"].find_one({"_id": "2027/1"})
    assert (raw["loaded_by"], raw["loaded_at"]) == ("admin", AT)
    assert CalendarYearDocument.model_validate(raw).makeups == {"2026-12-26": "元旦"}
    indexes = await mongo.db["calendar_years"].index_information()
    assert indexes["year"]["key"] == [("year", 1), ("version", -1)]


async def test_a_changed_notice_is_a_new_version_and_the_old_one_stays(mongo: Mongo) -> None:
    await put(mongo, NEXT)
    assert (await put(mongo, CHANGED)).version == 2
    assert (await put(mongo, NEXT)).version == 3
    assert [(one.year, one.version) for one in await Calendars(mongo).all()] == [
        (2027, 3),
        (2027, 2),
        (2027, 1),
    ]
    current = await Calendars(mongo).current()
    assert current.years[2027].version == 3
    assert current.is_workday(date(2027, 1, 4))


async def test_the_same_notice_again_writes_nothing(mongo: Mongo) -> None:
    first = await put(mongo, NEXT)
    assert await put(mongo, replace(NEXT, version=9), by="somebody else") == first
    assert await mongo.db["calendar_years"].count_documents({}) == 1


class Late(Calendars):
    """Reads what stood before the others wrote."""

    async def _newest(self, year: int, session: Session | None) -> YearNotice | None:
        return None


async def test_a_version_taken_meanwhile_is_a_conflict(mongo: Mongo) -> None:
    await put(mongo, NEXT)
    with pytest.raises(Conflict):
        await Late(mongo).put(CHANGED, AT, "admin")
    assert [one.version for one in await Calendars(mongo).all()] == [1]


async def test_administrators_who_load_together_get_a_version_each_or_are_told(mongo: Mongo) -> None:
    await put(mongo, NEXT)
    notices = [replace(CHANGED, notice=f"notice {n}") for n in range(4)]
    outcomes = await asyncio.gather(*(put(mongo, one) for one in notices), return_exceptions=True)
    stored = [one for one in outcomes if isinstance(one, YearNotice)]
    assert all(isinstance(one, YearNotice | Conflict) for one in outcomes)
    assert stored
    assert sorted(one.version for one in stored) == list(range(2, len(stored) + 2))
    assert len(await Calendars(mongo).all()) == len(stored) + 1


async def test_a_transaction_that_ends_badly_leaves_no_version(mongo: Mongo) -> None:
    await put(mongo, NEXT)

    async def work(session: Session) -> None:
        assert (await Calendars(mongo).put(CHANGED, AT, "admin", session)).version == 2
        assert (await Calendars(mongo).current(session)).years[2027].version == 2
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await mongo.transact(work)
    assert (await Calendars(mongo).current()).years[2027].version == 1


async def test_a_new_installation_knows_the_shipped_years(mongo: Mongo) -> None:
    calendars = Calendars(mongo)
    assert (await calendars.current()).valid_through is None
    assert await calendars.seed(LIBRARY, AT) == len(LIBRARY)
    calendar = await calendars.current()
    assert (calendar.first, calendar.valid_through) == (date(2004, 1, 1), date(2026, 12, 21))
    assert calendar.after(date(2025, 9, 28), 3) == Deadline(date(2025, 10, 9), False)
    assert {one.version for one in calendar.years.values()} == {1}


async def test_seeding_again_changes_nothing_that_an_administrator_loaded(mongo: Mongo) -> None:
    calendars = Calendars(mongo)
    await put(mongo, replace(CHANGED, year=2027))
    own = next(one for one in LIBRARY if one.year == 2026)
    await put(mongo, replace(own, notice="国办发明电〔2025〕7号"))
    assert await calendars.seed([*LIBRARY, NEXT], AT) == len(LIBRARY) - 1
    assert await calendars.seed([*LIBRARY, NEXT], AT) == 0
    years = (await calendars.current()).years
    assert (years[2026].notice, years[2027]) == ("国办发明电〔2025〕7号", replace(CHANGED, version=1))


async def test_workers_that_seed_together_make_each_year_once(mongo: Mongo) -> None:
    counts = await asyncio.gather(*(Calendars(mongo).seed(LIBRARY, AT) for _ in range(5)))
    assert sum(counts) == len(LIBRARY)
    assert len(await Calendars(mongo).all()) == len(LIBRARY)


async def test_anyone_may_read_a_year_with_its_days_and_its_origin() -> None:
    """Everybody can check a deadline (Art. 57 to 61)."""
    calendar = WorkCalendar.of([*LIBRARY, replace(NEXT, version=2, source="")])

    @strawberry.type
    class Query:
        @strawberry.field
        def calendar(self, year: int) -> WorkCalendarYearView | None:
            return calendar_view(calendar, year)

    schema = strawberry.Schema(Query, config=strawberry.schema.config.StrawberryConfig(scalar_map=SCALARS))
    query = """query ($year: Int!) { calendar(year: $year) {
        year notice source version validThrough workdays days { date kind name } } }"""
    answer = schema.execute_sync(query, {"year": 2025})
    assert answer.errors is None
    assert answer.data is not None
    found = answer.data["calendar"]
    days = {one.pop("date"): one for one in found.pop("days")}
    assert found == {
        "year": 2025,
        "notice": "国务院办公厅关于2025年部分节假日安排的通知",
        "source": LIBRARY[0].source,
        "version": 0,
        "validThrough": "2027-12-21",
        "workdays": 248,
    }
    assert len(days) == 365
    assert days["2025-09-28"] == {"kind": "MAKEUP", "name": "国庆节"}
    assert days["2025-10-01"] == {"kind": "HOLIDAY", "name": "国庆节"}
    assert days["2025-10-09"] == {"kind": "WORKDAY", "name": None}
    assert days["2025-10-12"] == {"kind": "WEEKEND", "name": None}
    later = schema.execute_sync(query, {"year": 2027}).data
    assert later is not None
    assert (later["calendar"]["version"], later["calendar"]["source"]) == (2, None)
    assert schema.execute_sync(query, {"year": 2028}).data == {"calendar": None}
