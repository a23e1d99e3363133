"""Apache Kafka from jars: what the chaos tests need of it."""

from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.kafka_jvm import KafkaJvm, available
from streams.kafka_access import KafkaAccess
from streams.topic_admin import TopicAdmin

pytestmark = [
    pytest.mark.kafka_jvm,
    pytest.mark.skipif(available() is not None, reason=available() or ""),
]


def produce(kafka: KafkaJvm, *values: str) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "acks": "all"})
    for value in values:
        producer.produce("t", value)
    assert producer.flush(20) == 0


def read(kafka: KafkaJvm, count: int) -> list[bytes | None]:
    consumer = Consumer(
        {"bootstrap.servers": kafka.bootstrap, "group.id": "g", "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition("t", 0, 0)])
    try:
        return [message.value() for message in consumer.consume(count, timeout=20)]
    finally:
        consumer.close()


def test_a_kill_and_a_restart_keep_what_was_acknowledged(tmp_path: Path) -> None:
    with KafkaJvm(tmp_path) as kafka:
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
        admin.create_topics([NewTopic("t", 1, 1)])["t"].result(20)
        produce(kafka, "a", "b")

        kafka.kill()
        assert not kafka.status()["ready"]
        kafka.start()
        produce(kafka, "c")

        assert read(kafka, 3) == [b"a", b"b", b"c"]
    assert kafka.status()["pids"] == {}


def test_three_secure_nodes_outlive_one(tmp_path: Path) -> None:
    """Brokers and controllers know each other by certificate, the client by TLS and password."""
    with KafkaJvm(tmp_path, brokers=3, secure=True) as kafka:
        assert kafka.security is not None
        settings = kafka.security.admin_settings(kafka.bootstrap)
        admin = AdminClient(settings)
        admin.create_topics([NewTopic("t", 1, 3)])["t"].result(30)
        admin.create_topics([NewTopic("one-copy", 1, 1)])["one-copy"].result(30)
        ours = TopicAdmin(
            KafkaAccess(
                kafka.bootstrap,
                "SASL_SSL",
                user=settings["sasl.username"],
                password=settings["sasl.password"],
                ca_file=kafka.security.ca_file,
            )
        )
        copies = {
            name: topic.replication for name in ("t", "one-copy") if (topic := ours.topic(name))
        }
        assert (ours.brokers(), copies) == (3, {"t": 3, "one-copy": 1})  # what doctor looks at
        kafka.kill_node(1)

        producer = Producer({**settings, "acks": "all"})
        producer.produce("t", "a")
        assert producer.flush(60) == 0
        kafka.kill()
