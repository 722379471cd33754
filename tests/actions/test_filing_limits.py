"""What may not be filed, and that nothing of it is stored or logged anywhere (Art. 3, 7, 14, 15, 63, 64)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from server.actions.filing import Filing
from tests.makers import COLLECTOR, COMPANY, OTHER_UNIT, PERSON, TODAY, VEILED, a_penalty, a_person, a_record
from tests.platforms import World
from tests.viewers import MACHINE, OWNER_AGENT, VISITOR

SENTINEL = "嶧陽孤桐"


async def stored(world: World, text: str) -> list[str]:
    """The collections in which a text stands anywhere, in any document."""
    return [name for name, found in (await world.everything()).items() if text in str(found)]


async def refused(world: World, filing: Filing, **more: Any) -> list[str]:
    """The rules a filing breaks."""
    report = await world.file(filing, **more)
    assert not report.accepted
    return [fault.rule for fault in report.refused[0].faults]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"procedure": "simple"}, "simple_procedure"),
        ({"minorAndRemedied": True}, "minor_and_remedied"),
        ({"authorityCode": OTHER_UNIT}, "severity_by_penalising_unit"),
        ({"decidedOn": "2026-11-24"}, "future"),
        ({"penaltyTypes": ["fine"], "fineAmount": None}, "required"),
        ({"uscc": OTHER_UNIT}, "subject_mismatch"),
    ],
)
async def test_a_penalty_that_stays_out(world: World, changes: dict[str, Any], rule: str) -> None:
    """Worked examples 9 and 43; Art. 14, 15."""
    assert rule in await refused(world, a_penalty(**changes))
    assert not await world.platform.mongo.db["records"].count_documents({})


@pytest.mark.parametrize(
    ("born", "changes", "accepted"),
    [
        (date(2008, 11, 23), {}, True),
        (date(2008, 11, 24), {}, False),
        (date(2010, 1, 1), {"self_supporting": True}, True),
        (date(2012, 1, 1), {"self_supporting": True}, False),
        (date(1970, 1, 1), {"declared_lacking": True}, False),
    ],
)
async def test_only_persons_with_full_capacity(
    world: World, born: date, changes: dict[str, Any], accepted: bool
) -> None:
    """Art. 3."""
    person = a_person(born=born)
    filing = a_record("person_basic", person, day=TODAY)
    report = await world.file(replace(filing, subject=replace(filing.subject, **changes)))
    assert bool(report.accepted) == accepted
    if not accepted:
        assert report.refused[0].faults[0].rule == "no_full_civil_capacity"
        assert not await stored(world, person.name)


FORBIDDEN = [
    {"facts": f"当事人信仰佛教{SENTINEL}"},
    {"remarks": f"本人患有高血压{SENTINEL}"},
    {"content": f"血 型 为 A 型 {SENTINEL}"},
    {"facts": {"nested": [{"deep": f"名下房产{SENTINEL}"}]}},
    {"facts": [f"指纹信息{SENTINEL}"]},
    {f"宗教信仰{SENTINEL}": "x"},
    {"remarks": f"身份证{PERSON.key}，{SENTINEL}"},
    {"facts": f"经理王某，身份证{PERSON.key}{SENTINEL}"},
    {"officerNames": [f"艾滋病患者{SENTINEL}"]},
]


@pytest.mark.parametrize("changes", FORBIDDEN, ids=range(len(FORBIDDEN)))
async def test_forbidden_and_personal_data_is_stored_nowhere(world: World, changes: dict[str, Any]) -> None:
    """Art. 63, 64; worked example 13: not in records, not in filings, not in the log; not in the answer either."""
    filing = a_penalty(**changes)
    for by, more in ((MACHINE, {}), (MACHINE, {"all_or_nothing": True}), (MACHINE, {"dry_run": True})):
        report = await world.file(filing, by=by, **more)
        assert not report.accepted
        assert SENTINEL not in str(report)
    assert await world.platform.mongo.db["audit_entries"].count_documents({"outcome": "refused"})
    assert not await stored(world, SENTINEL)
    assert not await stored(world, PERSON.key)


@pytest.mark.parametrize("place", ["source_no", "change_reason"])
async def test_forbidden_data_hides_nowhere_in_the_frame(world: World, place: str) -> None:
    frame: dict[str, Any] = {place: f"患有糖尿病{SENTINEL}"}
    await world.file(replace(a_penalty(), **frame))
    named = a_penalty(number="2")
    await world.file(
        replace(named, subject=replace(named.subject, name=f"血型A{SENTINEL}"), values=dict(named.values))
    )
    assert not await stored(world, SENTINEL)


async def test_the_control_the_search_finds_what_is_stored(world: World) -> None:
    await world.filed(a_penalty(content=f"罚款{SENTINEL}元"))
    assert await stored(world, SENTINEL) == ["records"]


async def test_an_id_number_is_stored_as_ciphertext_only(world: World) -> None:
    """Design section 6: plain numbers reach neither the database nor the log."""
    await world.filed(a_record("person_basic", PERSON), a_penalty(PERSON))
    assert not await stored(world, PERSON.key)
    assert set(await stored(world, PERSON.name)) == {"records", "subjects"}


async def test_market_information_by_agreement_and_never_for_the_second_group(world: World) -> None:
    """Worked example 41: income under an agreement that names use, term and consequence; illness never."""
    by = MACHINE.but(unit=COLLECTOR)
    agreed: dict[str, Any] = {
        "agreementUse": "授信评估",
        "agreementTerm": "一年",
        "agreementConsequence": "可能影响授信",
    }
    income = replace(a_record("market_record", COMPANY, content="个人年收入12万", **agreed), agreement=True)
    illness = replace(a_record("market_record", COMPANY, "2", content="既往病史", **agreed), agreement=True)
    assert (await world.file(income, by=by)).accepted
    assert (await world.file(illness, by=by)).refused
    assert (await world.file(replace(income, source_no="3", agreement=False), by=by)).refused


async def test_a_state_secret_is_not_collected_and_other_secrets_are_not_published(world: World) -> None:
    """Art. 7."""
    assert "state_secret" in await refused(world, replace(a_penalty(), secrecy=("state_secret",)))
    await world.filed(replace(a_penalty(), secrecy=("commercial_secret",)))
    assert (await world.data(VISITOR, "{ records { totalCount } }"))["records"]["totalCount"] == 0
    assert (await world.data(OWNER_AGENT, "{ me { records { totalCount } } }"))["me"]["records"][
        "totalCount"
    ] == 1


async def test_what_the_search_takes_from_a_basic_record_hides_with_it(world: World) -> None:
    """A secret basic record shows neither area nor industry, nor lists the entity; turned secret it takes them back."""
    basic, text = a_record("entity_basic", VEILED), f'{{ entity(uscc: "{VEILED.key}") {{ area industry }} }}'
    await world.filed(replace(basic, secrecy=("privacy",)))
    assert (await world.data(VISITOR, text))["entity"] is None
    await world.filed(a_penalty(VEILED))
    assert (await world.data(VISITOR, text))["entity"] == {"area": None, "industry": None}
    await world.filed(replace(basic, change_reason="解密"))
    shown = (await world.data(VISITOR, text))["entity"]
    assert shown["area"] == "370881"
    await world.filed(replace(basic, secrecy=("privacy",), change_reason="再定密"))
    assert (await world.data(VISITOR, text))["entity"] == {"area": None, "industry": None}


async def test_an_entity_is_listed_as_long_as_one_of_its_records_is_published(world: World) -> None:
    """The last publication withdrawn, it is unheard of again; the search agrees."""
    text = f'{{ entity(uscc: "{VEILED.key}") {{ name }} entities(search: "{VEILED.name[3:7]}") {{ nodes {{ name }} }} }}'
    nobody: dict[str, Any] = {"entity": None, "entities": {"nodes": []}}
    somebody = {"entity": {"name": VEILED.name}, "entities": {"nodes": [{"name": VEILED.name}]}}
    await world.filed(replace(a_penalty(VEILED, "secret"), secrecy=("privacy",)))
    assert await world.data(VISITOR, text) == nobody
    await world.filed(a_penalty(VEILED))
    assert await world.data(VISITOR, text) == somebody
    await world.filed(replace(a_penalty(VEILED), secrecy=("privacy",), change_reason="定密"))
    assert await world.data(VISITOR, text) == nobody
