"""Short versions of the exactness run; `make exactness` is the long one."""

from pathlib import Path

import pytest

from tests.end_to_end.exactness import Attack, run

pytestmark = pytest.mark.slow


@pytest.mark.kafka_jvm
def test_counts_are_exact_on_apache_kafka_while_everything_is_killed(tmp_path: Path) -> None:
    attack = Attack(events=50_000, worker_kills=5, clickhouse_kills=1, broker_restarts=1)

    result = run("kafka", attack, tmp_path)

    assert result.problems == []


def test_counts_are_exact_on_the_local_broker_while_workers_and_clickhouse_are_killed(
    tmp_path: Path,
) -> None:
    attack = Attack(events=50_000, worker_kills=5, clickhouse_kills=1)

    result = run("tansu", attack, tmp_path)

    assert result.problems == []
