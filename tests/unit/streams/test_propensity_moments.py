"""Authors are looked at only at moments whose outcome is known to the end."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pyarrow as pa
import pytest

from models.propensity import STATE
from streams.modelling.propensity import journeys
from streams.sinks.clickhouse import ClickHouse

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
WEEK = timedelta(days=7)


class Shop:
    """A database in which people spoke for ten weeks, and the last order is so old."""

    def __init__(self, last_order: datetime | None) -> None:
        self.last_order = last_order

    async def rows(self, sql: str) -> Sequence[Any]:
        last = int(self.last_order.timestamp() * 1000) if self.last_order else 0
        first = int((UNTIL - 10 * WEEK).timestamp() * 1000)
        return [[500 if self.last_order else 0, last, first, 100]]

    async def columns(self, sql: str, given: Mapping[str, Any]) -> pa.Table:
        columns: dict[str, Any] = {name: pa.array([], pa.float64()) for name in STATE}
        columns |= {"author_id": pa.array([], pa.string()), "bought": pa.array([], pa.uint8())}
        return pa.table(columns | {"weight": pa.array([], pa.uint32())})


def moments(last_order: datetime | None, until: datetime = UNTIL) -> Sequence[datetime]:
    found = journeys(
        cast("ClickHouse", Shop(last_order)),
        horizon_days=7,
        until=until,
        progress=lambda done: None,
    )
    return asyncio.run(found).moments


def test_orders_up_to_now_give_every_moment_but_the_last_horizon() -> None:
    assert list(moments(UNTIL - timedelta(hours=3))) == [UNTIL - n * WEEK for n in range(9, 0, -1)]


@pytest.mark.parametrize("days", [2, 10, 30])
def test_an_export_that_ends_earlier_takes_the_moments_after_it_away(days: int) -> None:
    last = UNTIL - timedelta(days=days)

    newest = moments(last)[-1]

    assert newest + WEEK <= last + WEEK / 10
    assert newest + WEEK >= last


def test_what_has_not_come_yet_is_no_outcome() -> None:
    now = UNTIL - timedelta(days=20)

    assert max(moments(now, until=UNTIL)) + WEEK <= now + WEEK / 10


def test_without_orders_there_are_moments_and_nothing_to_learn() -> None:
    assert len(moments(None)) == 9
