"""A producer that ends in good order says so; one that fails does not."""

import json

from streams.producers.base import EventWriter
from streams.producers.heartbeats import Pulse
from streams.producers.memory import MemoryProducer


def beats(kafka: MemoryProducer) -> list[tuple[int, str]]:
    found = [json.loads(record.body) for record in kafka.delivered]
    return [(beat["sequence"], beat["sign"]) for beat in found]


def test_a_farewell_is_the_last_heartbeat() -> None:
    kafka = MemoryProducer()
    writer, pulse = EventWriter("mentions.raw.v1", kafka), Pulse("bluesky", 5.0)

    pulse.hello(writer)
    pulse.beat(writer, 0.0)
    pulse.farewell(writer)
    pulse.farewell(writer)
    pulse.beat(writer, 10.0)
    writer.flush(1.0)

    assert beats(kafka) == [(0, "hello"), (1, "alive"), (2, "goodbye")]
    assert {json.loads(record.body)["every_sec"] for record in kafka.delivered} == {5.0}


def test_who_never_gave_a_sign_of_life_takes_no_leave() -> None:
    kafka = MemoryProducer()
    writer = EventWriter("mentions.raw.v1", kafka)

    without = Pulse("csv", 0.0)
    without.hello(writer)
    without.farewell(writer)
    Pulse("bluesky", 5.0).farewell(writer)
    writer.flush(1.0)

    assert beats(kafka) == []
