"""Short versions of chaos; `make chaos` is the long one."""

from pathlib import Path

import pytest

from tests.end_to_end.chaos import run
from tests.end_to_end.scenarios import SCENARIOS, Options

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "broker", "options"),
    [
        pytest.param("kills", "kafka", Options(rounds=6), marks=pytest.mark.kafka_jvm),
        ("exactness", "tansu", Options(scale=0.1)),
    ],
)
def test_counts_are_exact(name: str, broker: str, options: Options, tmp_path: Path) -> None:
    result = run(SCENARIOS[name], options, tmp_path, broker)

    assert result.proof.problems == []
    assert sum(result.faults.values()) >= 6
