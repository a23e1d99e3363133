"""The contiguous prefix, whatever the order of Kafka's reports."""

import random

import pytest
from confluent_kafka import KafkaError

from streams.producers import deliveries as module
from streams.producers.deliveries import Deliveries, OnDelivery, Position
from streams.producers.memory import MemoryRecord

RECORD = MemoryRecord(b"", b"{}", 2, 7)


def test_a_hole_holds_the_position_until_it_is_filled() -> None:
    module_rows = module.CHUNK_ROWS
    deliveries = Deliveries()
    reports = [deliveries.sending(row) for row in range(1, 2 * module_rows + 1)]

    for report in reports[1:]:
        report(None, RECORD)
    assert deliveries.position().rows == 0

    reports[0](None, RECORD)
    assert deliveries.position() == Position(2 * module_rows, 2 * module_rows, 0)
    assert deliveries.newest_record() is RECORD


def test_rejected_rows_count_and_do_not_hold() -> None:
    deliveries = Deliveries()
    deliveries.rejecting(1)
    report = deliveries.sending(2)
    deliveries.rejecting(3)
    assert deliveries.position().rows == 0

    report(None, RECORD)

    assert deliveries.position() == Position(3, 1, 2)
    assert deliveries.reported() == 1


def test_a_failure_holds_for_ever_and_is_told() -> None:
    deliveries = Deliveries()
    first, second = deliveries.sending(1), deliveries.sending(2)
    first(KafkaError(KafkaError._MSG_TIMED_OUT), RECORD)
    second(None, RECORD)

    assert deliveries.position().rows == 0
    assert "timed out" in deliveries.failure


def test_a_record_the_broker_refuses_becomes_a_rejected_row() -> None:
    refused: list[tuple[int, bytes | None]] = []
    deliveries = Deliveries(
        on_refusal=lambda row, reason, record: refused.append((row, record.value()))
    )
    first, second = deliveries.sending(1), deliveries.sending(2)
    first(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE), RECORD)
    second(None, RECORD)

    assert refused == [(2, b"{}")]
    assert deliveries.position() == Position(2, 1, 1)
    assert not deliveries.failure


def test_it_goes_on_from_where_an_earlier_run_ended() -> None:
    deliveries = Deliveries(Position(10, 8, 2))
    assert deliveries.position() == Position(10, 8, 2)

    deliveries.sending(11)(None, RECORD)

    assert deliveries.position() == Position(11, 9, 2)
    assert deliveries.reported() == 1


@pytest.mark.parametrize("seed", range(100))
def test_the_position_never_passes_an_undelivered_row(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_ROWS", 4)
    dice = random.Random(seed)
    rows = dice.randint(1, 40)
    deliveries = Deliveries()
    waiting: dict[int, OnDelivery] = {}
    read = 0
    while read < rows or waiting:
        if waiting and (read == rows or dice.random() < 0.4):
            waiting.pop(dice.choice(sorted(waiting)))(None, RECORD)
        else:
            read += 1
            if dice.random() < 0.2:
                deliveries.rejecting(read)
            else:
                waiting[read] = deliveries.sending(read)
        if dice.random() < 0.5:
            assert deliveries.position().rows < min(waiting, default=rows + 1)
    assert deliveries.position().rows == rows
