"""Whatever is done to the log directly in the database is found, and the first broken link is named."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server.actions.audit_verify import CHECKPOINTS, verify
from server.audit.chain import START, link
from server.audit.entry import from_plain
from server.audit.signing import SigningKey
from server.store.audit import PAGE
from server.store.mongo import Mongo
from tests.store.audit_tools import KEYS, Desk, a_desk, as_raw, many_at_once, some
from tests.vectors.make_chains import KEY

STRANGER = SigningKey.from_seed(bytes(32))


@pytest_asyncio.fixture
async def desk(mongo: Mongo, tmp_path: Path) -> AsyncIterator[Desk]:
    """Ten entries: 0 to 3 in checkpoint 0, 4 and 5 in checkpoint 1, 6 to 9 bound by the signed head only."""
    made = await a_desk(mongo, tmp_path / "audit")
    for count in (4, 2, 4):
        await many_at_once(made.log, count)
        if count != 4 or await made.checkpoints.count_documents({}) == 0:
            await made.anchor()
    report = await made.verify()
    assert report.intact, report.sentence()
    assert (report.entries, report.checkpoints, report.unanchored) == (10, 2, 4)
    yield made


async def first_broken(desk: Desk) -> tuple[str, int]:
    """Chain and position of the first fault, which the sentence names too."""
    report = await desk.verify()
    assert not report.intact, report.sentence()
    first = report.broken[0]
    assert f"BROKEN: chain {first.chain}, position {first.seq}: {first.why}." in report.sentence()
    return first.chain, first.seq


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
@pytest.mark.parametrize("seq", [0, 5, 9])
async def test_a_changed_field_is_found_at_its_position(desk: Desk, field: str, seq: int) -> None:
    await desk.entries.update_one({"seq": seq}, {"$set": {field: CHANGES[field]}})
    chain = await desk.chain()
    # The first entry has zeros for the hash before it: nothing was changed.
    if (field, seq) == ("previous", 0):
        assert (await desk.verify()).intact
    else:
        assert await first_broken(desk) == (chain, seq)


@pytest.mark.parametrize("field", ["at", "tag", "reason", "chain", "hash"])
async def test_a_missing_field_is_found(desk: Desk, field: str) -> None:
    chain = await desk.chain()
    await desk.entries.update_one({"seq": 4}, {"$unset": {field: ""}})
    assert await first_broken(desk) == (chain, 4)


@pytest.mark.parametrize("position", [5.0, "5", None, -5, 5.5])
async def test_an_odd_position_is_found(desk: Desk, position: Any) -> None:
    await desk.entries.update_one({"seq": 5}, {"$set": {"seq": position}})
    assert await first_broken(desk) == (await desk.chain(), 5)


@pytest.mark.parametrize("seq", [0, 3, 6, 9])
async def test_a_removed_entry_is_found_at_its_position(desk: Desk, seq: int) -> None:
    await desk.entries.delete_one({"seq": seq})
    assert await first_broken(desk) == (await desk.chain(), seq)


@pytest.mark.parametrize(("one", "two"), [(1, 2), (0, 9), (5, 7)])
async def test_entries_that_changed_places_are_found(desk: Desk, one: int, two: int) -> None:
    first, second = await desk.at(one), await desk.at(two)
    await desk.entries.delete_many({"seq": {"$in": [one, two]}})
    await desk.entries.insert_many([first | {"seq": two}, second | {"seq": one}])
    assert await first_broken(desk) == (await desk.chain(), one)


@pytest.mark.parametrize(("seq", "anchor"), [(0, 3), (3, 3), (4, 5), (6, 9), (9, 9)])
async def test_a_change_with_all_hashes_made_to_fit_is_found_at_the_next_signed_place(
    desk: Desk, seq: int, anchor: int
) -> None:
    await desk.entries.update_one({"seq": seq}, {"$set": {"matter": "none"}})
    await desk.relink(seq)
    assert await first_broken(desk) == (await desk.chain(), anchor)


async def test_a_removed_entry_with_the_gap_closed_is_found(desk: Desk) -> None:
    await desk.entries.delete_one({"seq": 7})
    await desk.relink(7)
    assert await first_broken(desk) == (await desk.chain(), 9)


async def test_a_second_entry_at_one_position_is_found_even_across_a_page(desk: Desk) -> None:
    await many_at_once(desk.log, PAGE)
    chain = await desk.chain()
    await desk.entries.drop_index("place")
    for seq in (PAGE - 1, 2):
        await desk.entries.insert_one((await desk.at(seq)) | {"_id": f"second-{seq}"})
        assert await first_broken(desk) == (chain, seq)


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
    assert await first_broken(desk) == (chain, 10)


async def test_a_made_up_chain_is_found(desk: Desk) -> None:
    for name in ("000", "zzz"):
        await forge(desk, name, 0, START)
    report = await desk.verify()
    assert [(one.chain, one.seq) for one in report.broken] == [("000", 0), ("zzz", 0)]
    await desk.entries.delete_many({"chain": {"$in": ["000", "zzz"]}})
    assert (await desk.verify()).intact


async def test_made_up_chains_are_proper_links_apart_from_the_head(desk: Desk) -> None:
    """The control: the forger of the tests above makes no mistake that would be found for another reason."""
    await forge(desk, "zzz", 0, START)
    report = await desk.verify()
    assert [one.why for one in report.broken] == ["its signed head is missing"] or report.broken[0].seq == 1


async def test_an_entry_that_names_no_chain_is_found(desk: Desk) -> None:
    raw = await desk.at(1)
    del raw["chain"]
    await desk.entries.insert_one(raw | {"_id": "nameless"})
    assert await first_broken(desk) == ("", 0)


# Cutting off the tail


async def cut(desk: Desk, keep: int) -> None:
    await desk.entries.delete_many({"seq": {"$gte": keep}})


@pytest.mark.parametrize("keep", [0, 4, 5, 8, 9])
async def test_a_cut_tail_is_found_against_the_signed_head(desk: Desk, keep: int) -> None:
    chain = await desk.chain()
    desk.forget_copies()
    await cut(desk, keep)
    assert await first_broken(desk) == (chain, keep)


@pytest.mark.parametrize("keep", [0, 4, 5])
async def test_a_cut_tail_without_its_head_is_found_against_the_checkpoints(desk: Desk, keep: int) -> None:
    chain = await desk.chain()
    desk.forget_copies()
    await cut(desk, keep)
    await desk.heads.delete_many({})
    assert await first_broken(desk) == (chain, keep)


@pytest.mark.parametrize("keep", [0, 4, 6, 9])
@pytest.mark.parametrize("checkpoints", [True, False])
async def test_a_cut_tail_without_its_head_is_found_against_the_published_copies(
    desk: Desk, keep: int, checkpoints: bool
) -> None:
    chain = await desk.chain()
    await cut(desk, keep)
    await desk.heads.delete_many({})
    if not checkpoints:
        await desk.checkpoints.delete_many({})
    report = await desk.verify()
    assert (chain, keep) in [(one.chain, one.seq) for one in report.broken]
    assert ((CHECKPOINTS, 0) in [(one.chain, one.seq) for one in report.broken]) is not checkpoints


async def test_a_cut_tail_with_an_older_genuine_head_is_found_against_the_published_head(desk: Desk) -> None:
    older = await desk.heads.find_one()
    await desk.write(3)
    await cut(desk, 10)
    await desk.heads.replace_one({"_id": older["_id"]}, older)
    assert await first_broken(desk) == (await desk.chain(), 10)


async def test_an_older_genuine_head_alone_is_found(desk: Desk) -> None:
    older = await desk.heads.find_one()
    await desk.write(3)
    await desk.heads.replace_one({"_id": older["_id"]}, older)
    desk.forget_copies()
    assert await first_broken(desk) == (await desk.chain(), 10)
    await desk.anchor()
    await desk.heads.replace_one({"_id": older["_id"]}, older)


async def test_everything_removed_is_found_by_the_copies(desk: Desk) -> None:
    chain = await desk.chain()
    for name in await desk.mongo.db.list_collection_names():
        await desk.mongo.db[name].delete_many({})
    assert {(one.chain, one.seq) for one in (await desk.verify()).broken} == {(chain, 0), (CHECKPOINTS, 0)}


# Heads


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 8},
        {"seq": 11},
        {"seq": 9.0},
        {"hash": "0" * 64},
        {"hash": "nonsense"},
        {"key": STRANGER.id},
        {"signature": "00" * 64},
        {"signature": None},
        {"more": 1},
    ],
    ids=str,
)
async def test_a_changed_head_is_found(desk: Desk, change: dict[str, Any]) -> None:
    chain = await desk.chain()
    desk.forget_copies()
    await desk.heads.update_one({"_id": chain}, {"$set": change})
    broken = await first_broken(desk)
    # Up to the last checkpoint the chain is bound without its head.
    assert broken == (chain, 6)


async def test_a_head_signed_by_a_stranger_is_found(desk: Desk) -> None:
    report = await verify(desk.mongo, {STRANGER.id: STRANGER.public}, desk.folder)
    assert {one.chain for one in report.broken} == {await desk.chain(), CHECKPOINTS}


async def test_a_removed_head_is_found(desk: Desk) -> None:
    desk.forget_copies()
    await desk.heads.delete_many({})
    assert await first_broken(desk) == (await desk.chain(), 6)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "nonsense", None])
async def test_a_damaged_published_head_is_named(desk: Desk, text: str | None) -> None:
    chain = await desk.chain()
    copy = desk.folder / "heads" / f"{chain}.json"
    copy.write_text(copy.read_text().replace('"seq":9', '"seq":8') if text is None else text)
    report = await desk.verify()
    assert [one.chain for one in report.broken] == [chain]
    assert "published head" in report.broken[0].why


# Checkpoints

Tamper = Callable[[Desk], Awaitable[Any]]

CHECKPOINT_FAULTS: dict[str, tuple[int, Tamper]] = {
    "first removed": (0, lambda desk: desk.checkpoints.delete_one({"number": 0})),
    "root": (1, lambda desk: desk.checkpoints.update_one({"number": 1}, {"$set": {"root": "0" * 64}})),
    "range": (0, lambda desk: desk.checkpoints.update_one({"number": 0}, {"$set": {"ranges.0.last": 2}})),
    "signature": (1, lambda desk: desk.checkpoints.update_one({"number": 1}, {"$set": {"signature": ""}})),
    "number": (0, lambda desk: desk.checkpoints.update_one({"number": 0}, {"$set": {"number": 1}})),
    "type": (1, lambda desk: desk.checkpoints.update_one({"number": 1}, {"$set": {"at": "noon"}})),
    "field": (1, lambda desk: desk.checkpoints.update_one({"number": 1}, {"$set": {"more": 1}})),
}


@pytest.mark.parametrize("copies", [True, False], ids=["with copies", "without copies"])
@pytest.mark.parametrize("fault", CHECKPOINT_FAULTS)
async def test_a_changed_checkpoint_is_found(desk: Desk, fault: str, copies: bool) -> None:
    number, tamper = CHECKPOINT_FAULTS[fault]
    if not copies:
        desk.forget_copies()
    await tamper(desk)
    assert await first_broken(desk) == (CHECKPOINTS, number)


async def test_the_last_checkpoints_removed_are_found_by_the_copy(desk: Desk) -> None:
    await desk.checkpoints.delete_one({"number": 1})
    assert await first_broken(desk) == (CHECKPOINTS, 1)


async def test_a_checkpoint_made_anew_with_the_stolen_key_is_found_by_the_copy(desk: Desk) -> None:
    """Even whoever holds the key cannot exchange what was published."""
    await desk.checkpoints.delete_one({"number": 1})
    await desk.mongo.db["audit_anchors"].delete_many({})
    await desk.mongo.db["audit_anchors"].insert_one({"_id": await desk.chain(), "seq": 3})
    elsewhere = Desk(desk.mongo, desk.folder.parent / "elsewhere")
    assert await elsewhere.anchor() == 1
    assert (await elsewhere.verify()).intact
    assert await first_broken(desk) == (CHECKPOINTS, 1)


async def test_a_damaged_published_copy_is_named(desk: Desk) -> None:
    copy = desk.folder / "checkpoints.jsonl"
    copy.write_text(copy.read_text().replace('"number":1', '"number":2'))
    assert await first_broken(desk) == (CHECKPOINTS, 1)
    copy.write_text("nonsense\n")
    assert await first_broken(desk) == (CHECKPOINTS, 0)


async def test_wrong_anchors_show_as_an_overlap(desk: Desk) -> None:
    await desk.mongo.db["audit_anchors"].update_one({"_id": await desk.chain()}, {"$set": {"seq": 2}})
    await desk.anchor()
    assert await first_broken(desk) == (CHECKPOINTS, 2)


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
