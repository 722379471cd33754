"""Ranges that widen find everything, in order, and never read much more than they return."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from server.store.paging import WIDEN, pipeline, widening

SIZE = 1_000


class Shelf:
    """Hits at known positions, remembering what was read of it."""

    def __init__(self, hits: list[int], size: int) -> None:
        self.size = size
        self.hits = sorted(hits)
        self.reads: list[tuple[int, int]] = []

    async def positions(self) -> int:
        return self.size

    async def fetch(self, offset: int, width: int, limit: int) -> list[int]:
        self.reads.append((offset, width))
        return [hit for hit in self.hits if offset <= hit < offset + width][:limit]


@given(
    hits=st.sets(st.integers(0, SIZE - 1), max_size=200),
    limit=st.integers(1, 50),
    first=st.integers(1, 100),
)
async def test_the_first_hits_are_found_in_order_and_none_is_missed(
    hits: set[int], limit: int, first: int
) -> None:
    shelf = Shelf(list(hits), SIZE)
    assert await widening(shelf.fetch, shelf.positions, limit, first) == shelf.hits[:limit]


@given(hits=st.sets(st.integers(0, SIZE - 1), max_size=100), first=st.integers(1, 50))
async def test_ranges_follow_each_other_without_gap_or_overlap(hits: set[int], first: int) -> None:
    shelf = Shelf(list(hits), SIZE)
    await widening(shelf.fetch, shelf.positions, 1_001, first)
    end = 0
    for offset, width in shelf.reads:
        assert offset == end
        end = offset + width
    assert end == SIZE


async def test_an_empty_register_of_a_million_positions_takes_few_reads() -> None:
    shelf = Shelf([], 1_000_000)
    assert await widening(shelf.fetch, shelf.positions, 20, 20) == []
    assert len(shelf.reads) <= 7
    assert shelf.reads[1][1] == 20 * WIDEN


async def test_where_everything_matches_one_read_is_enough() -> None:
    shelf = Shelf(list(range(1_000)), 1_000)
    assert len(await widening(shelf.fetch, shelf.positions, 20, 20)) == 20
    assert shelf.reads == [(0, 20)]


def test_the_indexed_part_of_a_page_stands_apart() -> None:
    stages = pipeline({"kind": "x"}, {"state": "active"}, {"order": -1}, 5, {"kind": 1})
    assert [next(iter(stage)) for stage in stages] == ["$match", "$match", "$sort", "$limit", "$project"]
    assert len(pipeline({"kind": "x"}, {}, {"order": -1}, 5, {"kind": 1})) == 4


async def test_a_list_that_ends_after_its_first_hits_is_known_to_end_after_few_reads() -> None:
    shelf = Shelf(list(range(20)), 1_000_000)
    assert await widening(shelf.fetch, shelf.positions, 21, 21) == list(range(20))
    assert len(shelf.reads) <= 9
