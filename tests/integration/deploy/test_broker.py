"""What Escucha relies on in the local broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.local.handles import BrokerHandle, start_broker


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerHandle]:
    with start_broker(tmp_path_factory.mktemp("broker")) as handle:
        yield handle


def create(broker: BrokerHandle, name: str, partitions: int = 1) -> str:
    """Return the new topic's id."""
    admin = AdminClient({"bootstrap.servers": broker.bootstrap})
    topic = NewTopic(name, partitions, 1, config={"retention.ms": "60000"})
    admin.create_topics([topic])[name].result(10)
    described = admin.describe_topics(TopicCollection([name]))[name].result(10)
    assert len(described.partitions) == partitions
    return str(described.topic_id)


def read(
    broker: BrokerHandle, topic: str, count: int, group: str = "g"
) -> list[tuple[object, ...]]:
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        found = consumer.consume(count, timeout=10)
        return [(m.key(), m.value(), m.offset(), m.headers(), m.timestamp()[1]) for m in found]
    finally:
        consumer.close()


def test_key_headers_and_timestamp_survive(broker: BrokerHandle) -> None:
    create(broker, "kept", partitions=1)
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    producer.produce("kept", b"v", b"k", headers={"reason": b"why"}, timestamp=1_700_000_000_000)
    producer.flush(10)

    assert read(broker, "kept", 1) == [(b"k", b"v", 0, [("reason", b"why")], 1_700_000_000_000)]


def test_a_topic_that_exists_is_not_made_twice(broker: BrokerHandle) -> None:
    create(broker, "once", partitions=3)

    with pytest.raises(KafkaException, match="already exists"):
        create(broker, "once", partitions=3)


def test_committed_offsets_are_kept_while_the_broker_runs(broker: BrokerHandle) -> None:
    create(broker, "committed")
    settings = {"bootstrap.servers": broker.bootstrap, "group.id": "keeper"}
    partition = TopicPartition("committed", 0, 7)
    consumer = Consumer(settings)
    consumer.commit(offsets=[partition], asynchronous=False)
    consumer.close()

    consumer = Consumer(settings)
    found = consumer.committed([partition], timeout=10)
    consumer.close()

    assert found[0].offset == 7


def test_a_topic_made_again_has_another_id(tmp_path: Path) -> None:
    """So that offsets from before a restart can be told from those after it."""
    with start_broker(tmp_path) as broker:
        before = create(broker, "again")

        broker.kill()
        broker.start()

        assert create(broker, "again") != before
