"""One broker and one ClickHouse for all tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.handles import start_broker, start_clickhouse
from streams.migrate import migrate
from tests.integration.producers.webhook.helpers import ReceiverProcess, Stack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("services")
    with start_broker(folder / "broker") as broker, start_clickhouse(folder / "ch") as clickhouse:
        stack = Stack(broker, clickhouse, folder)
        migrate(stack.settings, dry_run=False, say=lambda _: None)
        yield stack
        clickhouse.kill()  # a clean stop takes seconds, and nobody reads its data again


@pytest.fixture
def receiver(stack: Stack, tmp_path: Path) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(stack, tmp_path) as process:
        yield process
