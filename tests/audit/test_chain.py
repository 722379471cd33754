"""A chain tells the first position at which it was tampered with."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.audit.chain import (
    START,
    Anchor,
    Broken,
    ChainCheck,
    Head,
    Intact,
    Link,
    leaf_hash,
    node_hash,
    verify_chain,
)
from server.audit.entry import Malformed, canonical, from_plain, plain
from server.audit.signing import SigningKey, key_id
from tests.vectors import make_chains
from tests.vectors.make_chains import CHAIN, FOLDER, KEY, a_chain, an_entry, head_of, relinked

KEYS = {KEY.id: KEY.public}
FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_vector_breaks_where_it_says(path: Any) -> None:
    data = json.loads(path.read_text("utf-8"))
    public = bytes.fromhex(data["public_key"])
    told = data["head"]
    head = Head(
        data["chain"],
        told["seq"],
        bytes.fromhex(told["hash"]),
        datetime.fromisoformat(told["at"]),
        told["key"],
        bytes.fromhex(told["signature"]),
    )
    links = [make_chains.from_vector(item) for item in data["links"]]
    verdict = verify_chain(data["chain"], links, head=head, keys={key_id(public): public})
    if data["breaks_at"] is None:
        assert verdict == Intact(data["chain"], head.seq, head.hash)
    else:
        assert isinstance(verdict, Broken)
        assert (verdict.chain, verdict.seq) == (data["chain"], data["breaks_at"])


def test_the_vectors_are_what_the_script_makes() -> None:
    assert {path.name: path.read_text("utf-8") for path in FILES} == make_chains.texts()


def test_leaf_and_node_hashes_are_those_of_rfc_6962() -> None:
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    both = node_hash(leaf_hash(b""), leaf_hash(b"\x00"))
    assert both.hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"


def test_without_a_head_a_cut_tail_goes_unseen_and_with_one_it_does_not() -> None:
    links = a_chain([an_entry(number) for number in range(5)])
    assert isinstance(verify_chain(CHAIN, links[:3]), Intact)
    assert verify_chain(CHAIN, links[:3], head=head_of(links), keys=KEYS) == Broken(
        CHAIN, 3, "entries are missing up to 4, which the signed head names"
    )


def test_a_head_signed_by_another_key_or_for_another_chain_is_no_head() -> None:
    links = a_chain([an_entry(number) for number in range(3)])
    stranger = SigningKey.from_seed(bytes(32))
    assert isinstance(verify_chain(CHAIN, links, head=head_of(links, stranger), keys=KEYS), Broken)
    # A stranger's key under our key's name does not help either.
    posing = {KEY.id: stranger.public}
    assert isinstance(verify_chain(CHAIN, links, head=head_of(links), keys=posing), Broken)
    assert isinstance(verify_chain("other", links, head=head_of(links), keys=KEYS), Broken)
    older = replace(head_of(links), seq=1)
    assert isinstance(verify_chain(CHAIN, links, head=older, keys=KEYS), Broken)


def test_an_empty_chain_without_a_head_is_intact() -> None:
    assert verify_chain(CHAIN, []) == Intact(CHAIN, -1, START)


def test_an_entry_of_another_chain_does_not_fit() -> None:
    links = a_chain([an_entry(number) for number in range(3)])
    foreign = a_chain([an_entry(number) for number in range(3)], "018f0000000000000000000000000002")
    verdict = verify_chain(CHAIN, [links[0], foreign[1], links[2]])
    assert isinstance(verdict, Broken)
    assert verdict.seq == 1


def test_what_is_stored_but_no_entry_breaks_its_position() -> None:
    links = a_chain([an_entry(number) for number in range(3)])
    links[1] = Link(CHAIN, 1, b"", b"", None, "kinds missing or unknown")
    assert verify_chain(CHAIN, links) == Broken(CHAIN, 1, "the entry is damaged: kinds missing or unknown")
    unsalted = replace(links[2], seq=1, entry=replace(an_entry(1), officer_salt=""))
    verdict = verify_chain(CHAIN, [links[0], replace(unsalted, previous=links[0].hash)])
    assert isinstance(verdict, Broken)
    assert verdict.seq == 1


def test_rewriting_from_the_middle_is_found_at_the_first_anchor_after_it() -> None:
    links = a_chain([an_entry(number) for number in range(9)])
    assert links[4].entry is not None
    forged = relinked([*links[:4], replace(links[4], entry=replace(links[4].entry, row_count=9)), *links[5:]])
    anchors = [Anchor(links[seq].seq, links[seq].hash, "checkpoint") for seq in (2, 5, 8)]
    check = ChainCheck(CHAIN, anchors)
    for item in forged:
        check.feed(item)
    verdict = check.finish()
    assert isinstance(verdict, Broken)
    assert verdict.seq == 5


def test_an_anchor_given_when_the_chain_is_there_holds_at_once() -> None:
    links = a_chain([an_entry(number) for number in range(2)])
    check = ChainCheck(CHAIN)
    for item in links:
        check.feed(item)
    check.expect(Anchor(1, links[1].hash, "head"))
    assert check.finish() == Intact(CHAIN, 1, links[1].hash)
    check.expect(Anchor(1, START, "head"))
    verdict = check.finish()
    assert isinstance(verdict, Broken)
    assert verdict.seq == 1


def test_an_anchor_the_chain_has_passed_says_nothing_any_more() -> None:
    """Who reads a head older than what was checked must look at that himself: the hash is gone."""
    links = a_chain([an_entry(number) for number in range(3)])
    check = ChainCheck(CHAIN)
    for item in links:
        check.feed(item)
    check.expect(Anchor(0, START, "head"))
    assert check.finish() == Intact(CHAIN, 2, links[2].hash)


GOOD = a_chain([an_entry(number) for number in range(6)])


@given(where=st.integers(0, 5), at=st.integers(0, 10_000), flip=st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_any_changed_byte_of_any_entry_changes_its_hash(where: int, at: int, flip: int) -> None:
    item = GOOD[where]
    assert item.entry is not None
    data = bytearray(canonical(item.entry, item.chain, item.seq, item.previous))
    data[at % len(data)] ^= flip
    assert leaf_hash(bytes(data)) != item.hash


def _leaves(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(data, dict):
        return [leaf for key in data for leaf in _leaves(data[key], (*path, key))]
    if isinstance(data, list):
        return [leaf for key, inner in enumerate(data) for leaf in _leaves(inner, (*path, key))]
    return [path]


@given(where=st.integers(0, 5), data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_changed_field_of_any_stored_entry_is_found_at_its_position(
    where: int, data: st.DataObject
) -> None:
    item = GOOD[where]
    assert item.entry is not None
    stored: dict[str, Any] = plain(item.entry)
    path = data.draw(st.sampled_from(_leaves(stored)))
    target: Any = stored
    for key in path[:-1]:
        target = target[key]
    old = target[path[-1]]
    new = data.draw(
        st.one_of(st.text(max_size=8), st.integers(0, 9), st.floats(0, 9), st.booleans(), st.none())
    )
    target[path[-1]] = new
    try:
        changed = replace(item, entry=from_plain(stored))
    except Malformed as fault:
        changed = replace(item, entry=None, fault=str(fault))
    verdict = verify_chain(CHAIN, [*GOOD[:where], changed, *GOOD[where + 1 :]])
    if type(new) is type(old) and new == old:
        assert isinstance(verdict, Intact)
    else:
        assert isinstance(verdict, Broken)
        assert verdict.seq == where
