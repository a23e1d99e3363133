"""Signs of life, to every partition."""

import json

import pytest

from streams.errors import BrokerUnavailableError
from streams.producers.base import EventWriter
from streams.producers.heartbeats import send_heartbeats
from streams.producers.memory import MemoryProducer


def test_each_partition_gets_one_each_time() -> None:
    kafka = MemoryProducer()
    clock = iter(float(second) / 2 for second in range(100))
    turns = iter([False] * 6 + [True])

    arrived = send_heartbeats(
        EventWriter("mentions.raw.v1", kafka, partitions=3),
        stop=lambda: next(turns),
        monotonic_sec=lambda: next(clock),
    )

    beats = [json.loads(record.body) for record in kafka.delivered]
    assert arrived == len(beats) == 9 + 1
    assert [beat["sequence"] for beat in beats] == list(range(10))
    assert [record.partition_id for record in kafka.delivered][:9] == [0, 1, 2] * 3
    assert [beat["sign"] for beat in beats] == ["alive"] * 9 + ["goodbye"]
    assert {record.key for record in kafka.delivered} == {b"pulse"}


def test_a_kafka_that_takes_none_ends_it() -> None:
    kafka = MemoryProducer(fail_after=0)

    with pytest.raises(BrokerUnavailableError):
        send_heartbeats(EventWriter("mentions.raw.v1", kafka), stop=lambda: False)
