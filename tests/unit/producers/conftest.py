from pathlib import Path

import pytest

from tests.unit.producers.helpers import Ingestion, tweet, write_lines


@pytest.fixture
def ingestion(tmp_path: Path) -> Ingestion:
    return Ingestion(tmp_path / "run")


@pytest.fixture
def tweets(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "tweets.jsonl", [tweet(number) for number in range(2_000)])
