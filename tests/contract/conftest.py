"""Both brokers, once for all tests of this folder."""

from collections.abc import Iterator

import pytest

from deploy.kafka_jvm import KafkaJvm
from deploy.local.handles import start_broker


@pytest.fixture(
    scope="package",
    params=["tansu", pytest.param("kafka", marks=pytest.mark.kafka_jvm)],
)
def bootstrap(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Address of a running broker: Tansu, then Apache Kafka."""
    folder = tmp_path_factory.mktemp(str(request.param))
    broker = KafkaJvm(folder) if request.param == "kafka" else start_broker(folder)
    with broker:
        yield broker.bootstrap


@pytest.fixture(scope="package")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an Apache Kafka, for what Tansu does not do."""
    with KafkaJvm(tmp_path_factory.mktemp("kafka-only")) as broker:
        yield broker.bootstrap
