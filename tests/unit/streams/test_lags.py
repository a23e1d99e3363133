"""Lag of a partition from what the fetcher and the delivery know, holes at the end included."""

import pytest
from faust.types import TP

from streams.delivery import PartitionDelivery
from tests.builders import FakeRecord


def delivery(*offsets: int, start: int = 0) -> tuple[PartitionDelivery, list[object]]:
    made = PartitionDelivery(TP("t", 0), start, max_records=2)
    made.follow_plan(())
    return made, list(made.cut([FakeRecord(at) for at in offsets]))  # type: ignore[misc]


def test_what_is_not_done_lags_however_far_it_was_fetched() -> None:
    made, batches = delivery(0, 1, 2, 3)
    assert made.lag(fetched=4, end=10) == 10
    batches[0].ack()  # type: ignore[attr-defined]
    assert made.lag(fetched=4, end=10) == 8
    batches[1].ack()  # type: ignore[attr-defined]
    assert made.lag(fetched=4, end=10) == 6


@pytest.mark.parametrize("fetched", [5, 7])
def test_holes_at_the_end_of_the_log_are_no_lag(fetched: int) -> None:
    made, batches = delivery(0, 1)
    assert made.lag(fetched=fetched, end=7) == 7
    batches[0].ack()  # type: ignore[attr-defined]
    assert made.lag(fetched=fetched, end=7) == 7 - fetched


def test_a_planned_batch_whose_end_has_not_come_yet_lags() -> None:
    made = PartitionDelivery(TP("t", 0), 0, max_records=10)
    made.follow_plan([(0, 5)])
    assert list(made.cut([FakeRecord(0), FakeRecord(1)])) == []  # type: ignore[list-item]
    assert made.lag(fetched=2, end=6) == 6


def test_an_end_that_is_behind_is_no_negative_lag() -> None:
    made, _ = delivery(start=9)
    assert made.lag(fetched=9, end=4) == 0
