"""Slices of a period: every moment once, newest first, and none too large where it can be cut."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.search import Place, Wanted
from streams.listening import slices as cutting
from streams.listening.slices import WIDTHS_MS, Slice, counts, slices

BEGIN = 1_790_000_000_000
MOMENTS = st.lists(
    st.one_of(
        st.integers(0, 4 * 3_600_000 - 1),
        st.integers(3_600_000, 3_600_000 + 2_000),  # a burst
    ),
    max_size=60,
)


class Counting:
    """Counts moments as ClickHouse counts rows."""

    def __init__(self, moments: Sequence[int]) -> None:
        self.moments = moments
        self.questions = 0

    async def rows(self, query: str, asked: Mapping[str, Any]) -> list[tuple[int, int]]:
        self.questions += 1
        width = asked["width"]
        found = Counter(
            moment // width * width
            for moment in self.moments
            if asked["since"] <= moment < asked["until"]
        )
        return sorted(found.items(), reverse=True)


@given(moments=MOMENTS, since=st.integers(0, 3_600_000), until=st.integers(7_200_000, 14_400_000))
async def test_every_moment_is_in_one_slice(moments: list[int], since: int, until: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cutting, "AT_MOST_ROWS", 8)
        patch.setattr(cutting, "FIRST_ROWS", 2)
        found = await cut([BEGIN + moment for moment in moments], BEGIN + since, BEGIN + until)

    inside = [BEGIN + moment for moment in moments if since <= moment < until]
    held = [[one for one in inside if part.since_ms <= one < part.until_ms] for part in found]
    assert sorted(chain.from_iterable(held)) == sorted(inside)
    assert [len(some) for some in held] == [part.rows for part in found]
    assert all(later.until_ms <= newer.since_ms for newer, later in pairwise(found))
    for some in held:
        assert len(some) <= 8 or len({moment // WIDTHS_MS[-1] for moment in some}) == 1


async def cut(moments: list[int], since_ms: int, until_ms: int) -> list[Slice]:
    clickhouse: Any = Counting(moments)
    hours = await counts(clickhouse, since_ms, until_ms, Wanted(), WIDTHS_MS[0])
    return [part async for part in slices(clickhouse, since_ms, until_ms, Wanted(), hours)]


async def test_hours_that_hold_little_are_counted_once() -> None:
    clickhouse: Any = Counting([BEGIN + hour * 3_600_000 for hour in range(1_000)])
    last = BEGIN + 1_000 * 3_600_000
    hours = await counts(clickhouse, BEGIN, last, Wanted(), WIDTHS_MS[0])
    found = [part async for part in slices(clickhouse, BEGIN, last, Wanted(), hours)]

    assert clickhouse.questions == 1
    assert len(found) == 1


def test_places_are_ordered_by_time_and_then_by_id() -> None:
    assert Place(2, "a:1") > Place(1, "a:2") > Place(1, "a:1") > Place(1)
    assert str(Place(17, "a:1/2")) == "17/a:1/2"
