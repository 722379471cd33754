"""Whatever is done to the log directly in the database is found, and the first broken link is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server.actions.audit_verify import verify
from server.audit.chain import START, link, sign_head
from server.audit.entry import from_plain
from server.audit.signing import SigningKey
from server.store.audit import PAGE
from server.store.mongo import Mongo
from tests.store.audit_tools import KEYS, Desk, as_raw, many_at_once, some, ten_entries
from tests.vectors.make_chains import KEY, NOON

STRANGER = SigningKey.from_seed(bytes(32))


@pytest_asyncio.fixture
async def desk(mongo: Mongo, tmp_path: Path) -> Desk:
    return await ten_entries(mongo, tmp_path / "audit")


CHANGES: dict[str, Any] = {
    "matter": "none",
    "actor_officer": "颜回",
    "actor_unit": None,
    "subject_token": "subject-token-9",
    "outcome": "refused",
    "kinds": [],
    "kinds.0.withheld": ["fineAmount"],
    "row_count": 0,
    "hidden_until": "2099-12-31",
    "officer_salt": "0" * 32,
    "hash": "0" * 64,
    "previous": "0" * 64,
    "form": 2,
    "more": "an additional field",
}


@pytest.mark.parametrize("field", CHANGES)
@pytest.mark.parametrize("seq", [0, 9])
async def test_a_changed_field_is_found_at_its_position(desk: Desk, field: str, seq: int) -> None:
    await desk.entries.update_one({"seq": seq}, {"$set": {field: CHANGES[field]}})
    chain = await desk.chain()
    # The first entry has zeros for the hash before it: nothing was changed.
    if (field, seq) == ("previous", 0):
        assert (await desk.verify()).intact
    else:
        assert await desk.first_broken() == (chain, seq)


@pytest.mark.parametrize("field", ["at", "tag", "reason", "chain", "hash"])
async def test_a_missing_field_is_found(desk: Desk, field: str) -> None:
    chain = await desk.chain()
    await desk.entries.update_one({"seq": 4}, {"$unset": {field: ""}})
    assert await desk.first_broken() == (chain, 4)


@pytest.mark.parametrize("position", [5.0, "5", None, -5, 5.5])
async def test_an_odd_position_is_found(desk: Desk, position: Any) -> None:
    await desk.entries.update_one({"seq": 5}, {"$set": {"seq": position}})
    assert await desk.first_broken() == (await desk.chain(), 5)


@pytest.mark.parametrize("seq", [0, 3, 6, 9])
async def test_a_removed_entry_is_found_at_its_position(desk: Desk, seq: int) -> None:
    await desk.entries.delete_one({"seq": seq})
    assert await desk.first_broken() == (await desk.chain(), seq)


@pytest.mark.parametrize(("one", "two"), [(1, 2), (0, 9), (5, 7)])
async def test_entries_that_changed_places_are_found(desk: Desk, one: int, two: int) -> None:
    first, second = await desk.at(one), await desk.at(two)
    await desk.entries.delete_many({"seq": {"$in": [one, two]}})
    await desk.entries.insert_many([first | {"seq": two}, second | {"seq": one}])
    assert await desk.first_broken() == (await desk.chain(), one)


@pytest.mark.parametrize(("seq", "anchor"), [(0, 3), (3, 3), (4, 5), (6, 9), (9, 9)])
async def test_a_change_with_all_hashes_made_to_fit_is_found_at_the_next_signed_place(
    desk: Desk, seq: int, anchor: int
) -> None:
    await desk.entries.update_one({"seq": seq}, {"$set": {"matter": "none"}})
    await desk.relink(seq)
    assert await desk.first_broken() == (await desk.chain(), anchor)


async def test_a_removed_entry_with_the_gap_closed_is_found(desk: Desk) -> None:
    await desk.entries.delete_one({"seq": 7})
    await desk.relink(7)
    assert await desk.first_broken() == (await desk.chain(), 9)


async def test_a_second_entry_at_one_position_is_found_even_across_a_page(desk: Desk) -> None:
    await many_at_once(desk.log, PAGE)
    chain = await desk.chain()
    await desk.entries.drop_index("place")
    for seq in (PAGE - 1, 2):
        await desk.entries.insert_one((await desk.at(seq)) | {"_id": f"second-{seq}"})
        assert await desk.first_broken() == (chain, seq)


async def forge(desk: Desk, chain: str, seq: int, previous: bytes) -> None:
    """A made-up entry, linked as the log links its own."""
    made = link(some(1, actor_officer=None, matter="made up")[0], chain, seq, previous)
    raw = await desk.at(1)
    assert made.entry is not None
    plain = {"actor_officer": None, "officer_salt": "", "matter": "made up", "at": made.entry.at}
    plain |= {"trace_id": "trace-0", "subject_token": "subject-token-0", "chain": chain}
    await desk.entries.insert_one(as_raw(made, raw | plain))


async def test_a_made_up_entry_after_the_head_is_found(desk: Desk) -> None:
    chain = await desk.chain()
    await forge(desk, chain, 10, bytes.fromhex((await desk.at(9))["hash"]))
    assert await desk.first_broken() == (chain, 10)


async def test_a_made_up_chain_is_found(desk: Desk) -> None:
    names = ["000", "001", "002", "zzz", "zzzz"]
    for name in reversed(names):
        await forge(desk, name, 0, START)
    report = await desk.verify()
    assert [(one.chain, one.seq) for one in report.broken] == [(name, 0) for name in names]
    await desk.entries.delete_many({"chain": {"$in": names}})
    assert (await desk.verify()).intact


async def test_a_made_up_chain_lacks_nothing_but_a_signed_head(desk: Desk) -> None:
    """The control: the forger of the tests above makes no other mistake that would be found."""
    await forge(desk, "zzz", 0, START)
    stored = await desk.entries.find_one({"chain": "zzz"})
    head = sign_head(KEY, "zzz", 0, bytes.fromhex(stored["hash"]), NOON)
    told = {"seq": 0, "hash": stored["hash"], "at": NOON, "key": KEY.id, "signature": head.signature.hex()}
    await desk.heads.insert_one({"_id": "zzz"} | told)
    assert (await desk.verify()).intact


async def test_an_entry_that_names_no_chain_is_found(desk: Desk) -> None:
    raw = await desk.at(1)
    for place in ({}, {"chain": None}, {"chain": ""}):
        await desk.entries.insert_one({k: v for k, v in raw.items() if k != "chain"} | place | {"_id": "odd"})
        assert await desk.first_broken() == ("", 0)
        await desk.entries.delete_one({"_id": "odd"})
    assert (await desk.verify()).intact


async def test_every_broken_chain_is_named_once(desk: Desk) -> None:
    other = desk.writer()
    await desk.write(4, other)
    names = sorted(await desk.entries.distinct("chain"))
    for name, seq in zip(names, (7, 2), strict=True):
        await desk.entries.delete_one({"chain": name, "seq": seq})
        await desk.entries.delete_one({"chain": name, "seq": seq + 1})
    report = await desk.verify()
    assert {(one.chain, one.seq) for one in report.broken} == set(zip(names, (7, 2), strict=True))
    assert "(1 more chains are broken.)" in report.sentence()


async def test_the_finding_repeats_nothing_an_entry_says(desk: Desk) -> None:
    await desk.entries.update_one({"seq": 2}, {"$set": {"matter": "secret-matter", "reason": "Ω secret Ω"}})
    assert "secret" not in repr(await desk.verify())


async def test_progress_is_told(desk: Desk) -> None:
    told: list[int] = []
    report = await verify(desk.mongo, KEYS, desk.folder, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == report.entries == 10


async def test_what_is_stored_is_the_entry_and_its_place_and_nothing_else(desk: Desk) -> None:
    raw = await desk.at(0)
    place = {name: raw.pop(name) for name in ("chain", "seq", "previous", "hash", "form")}
    assert place["previous"] == START.hex()
    raw["id"], raw["at"] = (
        raw.pop("_id"),
        f"{raw['at']:%Y-%m-%dT%H:%M:%S}.{raw['at'].microsecond // 1000:03d}Z",
    )
    assert from_plain(raw).id == raw["id"]
    assert KEY.pem() not in repr(raw).encode()
