from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from deploy.local.handles import BrokerHandle, start_broker
from tests.integration.producers.helpers import Command, Topic

_numbers = count()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerHandle]:
    with start_broker(tmp_path_factory.mktemp("broker")) as handle:
        yield handle


@pytest.fixture
def topic(broker: BrokerHandle) -> Topic:
    return Topic(broker.bootstrap, f"mentions.{next(_numbers)}").create()


@pytest.fixture
def command(topic: Topic, tmp_path: Path) -> Command:
    return Command(topic, tmp_path / "run")
