"""A cut tail, a changed head and a changed checkpoint are found, with and without the published copies."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from server.actions.audit_verify import CHECKPOINTS, verify
from server.audit.chain import START
from server.audit.proof import Range, sign_checkpoint
from server.audit.signing import SigningKey
from server.store.audit import AuditStore
from server.store.mongo import Mongo
from tests.store.audit_tools import Desk, ten_entries
from tests.vectors.make_chains import KEY, NOON

STRANGER = SigningKey.from_seed(bytes(32))


@pytest_asyncio.fixture
async def desk(mongo: Mongo, tmp_path: Path) -> Desk:
    return await ten_entries(mongo, tmp_path / "audit")


async def cut(desk: Desk, keep: int) -> None:
    await desk.entries.delete_many({"seq": {"$gte": keep}})


@pytest.mark.parametrize("keep", [0, 4, 5, 8, 9])
async def test_a_cut_tail_is_found_against_the_signed_head(desk: Desk, keep: int) -> None:
    chain = await desk.chain()
    desk.forget_copies()
    await cut(desk, keep)
    assert await desk.first_broken() == (chain, keep)


@pytest.mark.parametrize("keep", [0, 4, 5])
async def test_a_cut_tail_without_its_head_is_found_against_the_checkpoints(desk: Desk, keep: int) -> None:
    chain = await desk.chain()
    desk.forget_copies()
    await cut(desk, keep)
    await desk.heads.delete_many({})
    assert await desk.first_broken() == (chain, keep)


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
    assert await desk.first_broken() == (await desk.chain(), 10)


async def test_an_older_genuine_head_alone_is_found(desk: Desk) -> None:
    older = await desk.heads.find_one()
    await desk.write(3)
    await desk.heads.replace_one({"_id": older["_id"]}, older)
    desk.forget_copies()
    assert await desk.first_broken() == (await desk.chain(), 10)


async def test_a_head_older_than_the_last_checkpoint_is_found(desk: Desk) -> None:
    older = await desk.heads.find_one()
    await desk.write(3)
    await desk.anchor()
    await desk.heads.replace_one({"_id": older["_id"]}, older)
    assert await desk.first_broken() == (await desk.chain(), 10)


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
    broken = await desk.first_broken()
    # Up to the last checkpoint the chain is bound without its head.
    assert broken == (chain, 6)


async def test_a_head_signed_by_a_stranger_is_found(desk: Desk) -> None:
    report = await verify(desk.mongo, {STRANGER.id: STRANGER.public}, desk.folder)
    assert {one.chain for one in report.broken} == {await desk.chain(), CHECKPOINTS}


async def test_a_removed_head_is_found(desk: Desk) -> None:
    desk.forget_copies()
    await desk.heads.delete_many({})
    assert await desk.first_broken() == (await desk.chain(), 6)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "nonsense", None])
async def test_a_damaged_published_head_is_named(desk: Desk, text: str | None) -> None:
    chain = await desk.chain()
    copy = desk.folder / "heads" / f"{chain}.json"
    copy.write_text(copy.read_text().replace('"seq":9', '"seq":8') if text is None else text)
    report = await desk.verify()
    assert [one.chain for one in report.broken] == [chain]
    assert "published head" in report.broken[0].why


async def test_a_published_head_under_another_name_is_named(desk: Desk) -> None:
    chain = await desk.chain()
    (desk.folder / "heads" / "other.json").write_text((desk.folder / "heads" / f"{chain}.json").read_text())
    assert await desk.first_broken() == ("other", 0)


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
    assert await desk.first_broken() == (CHECKPOINTS, number)


async def test_the_last_checkpoints_removed_are_found_by_the_copy(desk: Desk) -> None:
    await desk.checkpoints.delete_one({"number": 1})
    assert await desk.first_broken() == (CHECKPOINTS, 1)


async def test_a_checkpoint_made_anew_with_the_stolen_key_is_found_by_the_copy(desk: Desk) -> None:
    """Even whoever holds the key cannot exchange what was published."""
    await desk.checkpoints.delete_one({"number": 1})
    await desk.mongo.db["audit_anchors"].delete_many({})
    await desk.mongo.db["audit_anchors"].insert_one({"_id": await desk.chain(), "seq": 3})
    elsewhere = Desk(desk.mongo, desk.folder.parent / "elsewhere")
    assert await elsewhere.anchor() == 1
    assert (await elsewhere.verify()).intact
    assert await desk.first_broken() == (CHECKPOINTS, 1)


async def test_a_damaged_published_copy_is_named(desk: Desk) -> None:
    copy = desk.folder / "checkpoints.jsonl"
    copy.write_text(copy.read_text().replace('"number":1', '"number":2'))
    assert await desk.first_broken() == (CHECKPOINTS, 1)
    copy.write_text("nonsense\n")
    assert await desk.first_broken() == (CHECKPOINTS, 0)


async def test_wrong_anchors_show_as_an_overlap(desk: Desk) -> None:
    await desk.mongo.db["audit_anchors"].update_one({"_id": await desk.chain()}, {"$set": {"seq": 2}})
    await desk.anchor()
    assert await desk.first_broken() == (CHECKPOINTS, 2)


@pytest.mark.parametrize("name", ["000000000005", "999999999999", "zzz", "²"])
async def test_a_checkpoint_beyond_a_gap_is_found_in_no_time(desk: Desk, name: str) -> None:
    desk.forget_copies()
    stored = await desk.checkpoints.find_one({"number": 1})
    await desk.checkpoints.insert_one(stored | {"_id": name})
    assert await desk.first_broken() == (CHECKPOINTS, 2)


async def test_a_root_that_was_signed_but_is_not_the_entries_is_found(desk: Desk) -> None:
    chain, top = await desk.chain(), await desk.at(9)
    last = await AuditStore(desk.mongo).last_checkpoint()
    assert last is not None
    part = Range(chain, 6, 9, bytes.fromhex(top["hash"]))
    wrong = sign_checkpoint(KEY, 2, NOON, last.hash(), [part], START)
    assert await AuditStore(desk.mongo).add_checkpoint(wrong)
    assert await desk.first_broken() == (CHECKPOINTS, 2)


async def test_an_entry_before_the_beginning_is_found(desk: Desk) -> None:
    await desk.entries.insert_one((await desk.at(3)) | {"_id": "before", "seq": -1})
    assert await desk.first_broken() == (await desk.chain(), 0)
