"""Which books balance and which do not."""

from typing import Any

import pytest

from streams.ledger import TABLES, Account
from streams.reconcile import Balance, PartitionBalance, _add, _partition, describe

NONE = dict.fromkeys(TABLES, Account(0, 0, 0))
ROWS = {
    "mentions": Account(planned=5, least=4, stored=5),  # one of them is an edit
    "interactions": Account(2, 0, 2),
    "deletions": Account(0, 0, 0),
    "heartbeats": Account(1, 0, 1),
    "orders": Account(0, 0, 0),
    "gestures": Account(0, 0, 0),
    "labels": Account(0, 0, 0),
    "dead_letters": Account(1, 1, 1),
}


def stored(**rows: int) -> dict[str, Account]:
    changed = {t: Account(ROWS[t].planned, ROWS[t].least, count) for t, count in rows.items()}
    return {"accounts": {**ROWS, **changed}}  # type: ignore[dict-item]


def partition(**changes: Any) -> PartitionBalance:
    values: dict[str, Any] = {
        "topic": "t",
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
        "accounts": ROWS,
        "erased": 0,
    }
    return PartitionBalance(**{**values, **changes})


def balance(*partitions: PartitionBalance, **changes: Any) -> Balance:
    values: dict[str, Any] = {
        "topic": "t",
        "topic_id": "id",
        "partitions": list(partitions),
        "business": [],
        "mentions": 4,
        "mentions_planned": 5,
        "mentions_by_hour": 5,
        "in_flight": False,
    }
    return Balance(**{**values, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"log_start": 4},  # retention has taken what was planned long ago
        {"committed": 7, **stored(mentions=0, dead_letters=0)},  # three offsets are being written
        {"committed": 7, **stored(mentions=3)},
        {"batches": 0, "planned_to": 0, "accounts": NONE, "committed": 0},
        stored(mentions=4),  # an older version was merged away
        stored(interactions=0, heartbeats=0),
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
        (stored(mentions=3), "mentions: 5 rows planned, 3 stored"),
        (stored(dead_letters=2), "dead_letters: 1 rows planned, 2 stored"),
        (stored(interactions=3), "interactions: 2 rows planned, 3 stored"),
        (stored(heartbeats=2), "heartbeats: 1 rows planned, 2 stored"),
    ],
)
def test_books_that_do_not(changes: dict[str, Any], says: str) -> None:
    (problem,) = partition(**changes).problems
    assert says in problem


def test_what_was_committed_without_any_plan_is_a_problem() -> None:
    unplanned = {"batches": 0, "planned_to": 0, "accounts": NONE}
    assert partition(**unplanned, committed=10).problems


def test_a_topic_names_the_partition_of_each_problem() -> None:
    found = balance(partition(), partition(partition=4, gaps=2)).problems
    assert found == ["t/4: 2 gaps or overlaps between planned batches"]


def test_views_are_compared_when_nothing_is_on_its_way() -> None:
    assert balance(mentions_by_hour=4).problems == ["5 mentions planned, the view counts 4"]
    assert balance(mentions_by_hour=4, in_flight=True).problems == []


def test_a_partition_nobody_has_read_yet_has_no_books() -> None:
    fresh = _partition("t", 0, (100, 150), 0, 50, {}, {})
    assert (fresh.lag, fresh.batches, fresh.problems) == (50, 0, [])
    assert fresh.accounts == NONE


def test_what_the_ledger_says_is_taken_over() -> None:
    plan = {"batches": 2, "planned_from": 1, "planned_to": 9, "gaps": 1}
    plan |= {"planned_mentions": 5, "least_mentions": 4}
    found = _partition("t", 1, (1, 9), 9, 0, plan, {"mentions": {"stored": 5, "erased": 2}})
    assert (found.lag, found.planned_from, found.gaps, found.erased) == (0, 1, 1, 2)
    assert found.accounts["mentions"] == ROWS["mentions"]


def test_what_a_backfill_kept_moves_from_filtered_to_stored() -> None:
    plan = {"planned_mentions": 5, "least_mentions": 5, "filtered": 10}
    _add(plan, {"rows_of_mentions": 4, "least_mentions": 3, "rows_of_interactions": 2})
    assert plan == {
        "planned_mentions": 9,
        "least_mentions": 8,
        "planned_interactions": 2,
        "filtered": 4,
    }


def test_offsets_without_a_record_are_told_where_there_are_some() -> None:
    assert "no record" not in describe(balance(partition()))

    told = describe(balance(partition(), partition(empty=1_200)))

    assert "1,200 offsets among them held no record" in told
    assert told.endswith("exact: every record is accounted for")
