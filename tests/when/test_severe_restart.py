"""Art. 35 in the register: new dishonest conduct begins a listing's ten years anew, and its revocation undoes that."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.actions.filing import Correction
from server.actions.withdraw import Withdrawal, withdraw_records
from server.rules.duties import Duty
from tests.makers import COMPANY, OTHER_COMPANY, a_record
from tests.platforms import MEMBERS, World
from tests.viewers import MACHINE, OWNER_AGENT
from tests.when.conftest import at_midnight, swept

LISTED, REMOVED = date(2021, 5, 6), "2023-07-10"
LISTING = a_record("severe_list_entry", COMPANY, day=LISTED, removedOn=REMOVED, conductEndedOn="2023-06-30")


async def kept_to(world: World, identifier: str) -> str:
    found = await world.platform.mongo.db["records"].find_one({"_id": identifier})
    assert found is not None
    return str(found["keep_to"])


def penalty(day: date, number: str = "1", **more: Any) -> Any:
    return a_record("administrative_penalty", COMPANY, number, day=day, **more)


async def test_conduct_within_the_ten_years_begins_them_anew(world: World) -> None:
    """Example 17's rule: the last day of the ten years counts; D3: from the day of the conduct, of any severity."""
    [listing] = await world.filed(LISTING)
    assert await kept_to(world, listing) == "2033-07-10"
    await world.filed(penalty(date(2025, 3, 4), penaltyTypes=["warning"], fineAmount=None))
    assert await kept_to(world, listing) == "2035-03-04"
    await world.filed(penalty(date(2026, 8, 1), "2", conductEndedOn="2026-07-20"))
    assert await kept_to(world, listing) == "2036-07-20", "the conduct's end, not the decision's day"


async def test_conduct_before_the_removal_and_other_subjects_conduct_do_not_count(world: World) -> None:
    [listing] = await world.filed(LISTING)
    await world.filed(
        penalty(date(2022, 1, 5)),
        a_record("administrative_penalty", OTHER_COMPANY, day=date(2025, 3, 4)),
        a_record("honour", COMPANY, day=date(2025, 3, 4)),
    )
    assert await kept_to(world, listing) == "2033-07-10"


async def test_order_of_filing_makes_no_difference(world: World) -> None:
    """In one batch, before or after the listing."""
    filed = await world.filed(penalty(date(2025, 3, 4)), LISTING, penalty(date(2026, 2, 3), "2"))
    assert await kept_to(world, filed[1]) == "2036-02-03"


async def test_a_listing_filed_after_the_conduct_knows_of_it(world: World) -> None:
    await world.filed(penalty(date(2025, 3, 4)))
    [listing] = await world.filed(LISTING)
    assert await kept_to(world, listing) == "2035-03-04"


async def test_revoking_the_conducts_record_undoes_the_restart(world: World) -> None:
    """Art. 35, 58: as if it had never been recorded; what only it had let in falls away with it."""
    [listing] = await world.filed(LISTING)
    first = penalty(date(2025, 3, 4))
    await world.filed(first)
    assert await kept_to(world, listing) == "2035-03-04"
    withdrawal = Withdrawal(
        first.kind, first.source_no, Correction(Duty.REVOCATION, date(2026, 11, 20)), "处罚决定被撤销"
    )
    report = await withdraw_records(world.operation(MACHINE), [withdrawal], attestation=MEMBERS)
    assert not report.refused
    assert await kept_to(world, listing) == "2033-07-10"
    events = await world.platform.mongo.db["changes"].find({"record": listing}).to_list()
    assert [one["cause"] for one in sorted(events, key=lambda one: one["_id"])] == [
        "filed",
        "recomputed",
        "recomputed",
    ]


async def test_a_corrected_date_of_the_conduct_moves_the_restart(world: World) -> None:
    [listing] = await world.filed(LISTING)
    first = penalty(date(2025, 3, 4))
    await world.filed(first)
    moved = replace(first, values={**first.values, "decidedOn": "2025-09-01"}, change_reason="更正决定日期")
    await world.filed(moved)
    assert await kept_to(world, listing) == "2035-09-01"


async def test_a_refiled_listing_keeps_what_it_knows(world: World) -> None:
    await world.filed(LISTING)
    await world.filed(penalty(date(2025, 3, 4)))
    changed = replace(
        LISTING, values={**LISTING.values, "removalReason": "期满移出"}, change_reason="补充移出原因"
    )
    [listing] = await world.filed(changed)
    assert await kept_to(world, listing) == "2035-03-04"


async def test_conduct_that_becomes_known_late_takes_a_listing_out_of_its_shield(world: World) -> None:
    """Conduct within the ten years begins them anew also when its record comes after they were over."""
    with world.back_then(date(2016, 5, 3)):
        [listing] = await world.filed(
            a_record("severe_list_entry", COMPANY, day=date(2014, 3, 1), removedOn="2016-05-03")
        )
    at_midnight(world, date(2026, 5, 4))
    assert (await swept(world)).shielded == 1
    await world.filed(penalty(date(2026, 5, 2), conductEndedOn="2026-04-30"))
    assert await kept_to(world, listing) == "2036-04-30"
    found = await world.platform.mongo.db["records"].find_one({"_id": listing})
    assert found is not None
    assert (found["state"], found["announced"]) == ("active", "NOT_PUBLIC")


@pytest.mark.parametrize("language", ["sentence", "sentenceZh"])
async def test_the_subject_is_told_in_plain_words(world: World, language: str) -> None:
    """Art. 55: until when, and by which article."""
    await world.filed(LISTING)
    text = f"{{ me {{ records {{ nodes {{ publicity {{ {language} }} retention {{ {language} end disclosureEnd basis {{ of ruleSet article }} }} }} }} }} }}"
    [shown] = (await world.data(OWNER_AGENT, text))["me"]["records"]["nodes"]
    assert shown["retention"]["end"] == "2033-07-10"
    assert shown["retention"]["disclosureEnd"] == "2028-06-30"
    cited = {
        "sentence": ("Shandong regulation on social credit, Shandong Art. 38", "Art. 35"),
        "sentenceZh": ("依据《山东省社会信用条例》第38条", "依据《曲阜市社会信用管理办法（试行）》第35条"),
    }
    for text in ("2033-07-10", "2028-06-30", *cited[language]):
        assert text in shown["retention"][language]
    assert "2023-07-13" in shown["publicity"][language]
    assert {one["of"] for one in shown["retention"]["basis"]} == {"disclosureEnd", "end"}
