"""Which books balance and which do not."""

from typing import Any

import pytest

from streams.reconcile import STORED, Balance, PartitionBalance, _partition

NONE = dict.fromkeys(STORED, 0)
ROWS = {"mentions": 5, "interactions": 2, "heartbeats": 1, "dead_letters": 1}


def partition(**changes: Any) -> PartitionBalance:
    values: dict[str, Any] = {
        "partition": 2,
        "log_start": 0,
        "log_end": 10,
        "committed": 10,
        "lag": 0,
        "batches": 3,
        "planned_from": 0,
        "planned_to": 10,
        "gaps": 0,
        "records": 10,
        "duplicates": 1,
        "filtered": 0,
        "planned": ROWS,
        "stored": ROWS,
    }
    return PartitionBalance(**{**values, **changes})


def balance(*partitions: PartitionBalance, **changes: Any) -> Balance:
    values: dict[str, Any] = {
        "topic": "t",
        "topic_id": "id",
        "partitions": list(partitions),
        "mentions": 5,
        "mentions_hourly": 5,
        "brand_mentions": 6,
        "brand_mentions_hourly": 6,
        "in_flight": False,
    }
    return Balance(**{**values, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"log_start": 4},  # retention has taken what was planned long ago
        {"committed": 7, "stored": NONE},  # three offsets are being written
        {"committed": 7, "stored": {**ROWS, "mentions": 4}},
        {"batches": 0, "planned_to": 0, "planned": NONE, "stored": NONE, "committed": 0},
    ],
)
def test_books_that_balance(changes: dict[str, Any]) -> None:
    assert partition(**changes).problems == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"gaps": 1}, "1 gaps or overlaps"),
        ({"planned_from": 3}, "offsets 0…2 were never planned"),
        ({"committed": 11}, "committed up to 11, planned only to 10"),
        ({"stored": {**ROWS, "mentions": 4}}, "mentions: 5 rows planned, 4 stored"),
        ({"stored": {**ROWS, "dead_letters": 2}}, "dead_letters: 1 rows planned, 2 stored"),
        ({"stored": {**ROWS, "interactions": 3}}, "interactions: 2 rows planned, 3 stored"),
        ({"stored": {**ROWS, "heartbeats": 2}}, "heartbeats: 1 rows planned, 2 stored"),
    ],
)
def test_books_that_do_not(changes: dict[str, Any], says: str) -> None:
    (problem,) = partition(**changes).problems
    assert says in problem


def test_what_was_committed_without_any_plan_is_a_problem() -> None:
    unplanned = {"batches": 0, "planned_to": 0, "planned": NONE, "stored": NONE}
    assert partition(**unplanned, committed=10).problems


def test_a_topic_names_the_partition_of_each_problem() -> None:
    found = balance(partition(), partition(partition=4, gaps=2)).problems
    assert found == ["partition 4: 2 gaps or overlaps between planned batches"]


def test_views_are_compared_when_nothing_is_on_its_way() -> None:
    wrong = {"mentions_hourly": 4, "brand_mentions_hourly": 9}
    assert balance(**wrong).problems == [
        "mentions has 5 rows, its view 4",
        "mentions name 6 brands, the view 9",
    ]
    assert balance(**wrong, in_flight=True).problems == []


def test_a_partition_nobody_has_read_yet_lags_by_what_the_log_has() -> None:
    fresh = _partition(0, (100, 150), 0, {}, NONE)
    assert (fresh.lag, fresh.batches, fresh.problems) == (50, 0, [])
    assert fresh.planned == NONE


def test_what_the_ledger_says_is_taken_over() -> None:
    plan = {"batches": 2, "planned_from": 1, "planned_to": 9, "gaps": 1, **ROWS}
    found = _partition(1, (1, 9), 9, plan, ROWS)
    assert (found.lag, found.planned, found.planned_from, found.gaps) == (0, ROWS, 1, 1)
