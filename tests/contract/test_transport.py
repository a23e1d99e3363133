"""The delivery contract of streams/transport.py, on Tansu and on Apache Kafka."""

import asyncio
import contextlib
import itertools

import pytest
from confluent_kafka import Producer
from faust.types import TP

from streams.delivery import RecordBatch, Span
from tests.contract.readers import Reader, Topic, acknowledge, running, until, until_committed


async def test_every_record_is_delivered_once_in_order_and_committed(bootstrap: str) -> None:
    topic = Topic(bootstrap, partitions=3)
    topic.produce(3_000)

    async with running(Reader(topic, acknowledge)) as reader:
        await until(lambda: len(reader.values) == 3_000, "all is delivered")
        await until_committed(topic, [1_000] * 3)

    for partition in range(3):
        assert [v for v in reader.values if v % 3 == partition] == list(range(partition, 3_000, 3))
    assert all(len(batch.records) <= 100 for batch in reader.batches)


async def test_a_batch_that_raised_holds_the_commits_back_and_comes_again(bootstrap: str) -> None:
    topic = Topic(bootstrap)
    topic.produce(1_000)

    async def fail_in_the_middle(_: Reader, batch: RecordBatch) -> None:
        if batch.position == 300:
            raise ValueError("on purpose")
        batch.ack()

    async with running(Reader(topic, fail_in_the_middle)) as reader:
        await until(lambda: len(reader.values) == 1_000, "all is delivered")
        await until_committed(topic, [300])
        await asyncio.sleep(1)  # and no further
        assert topic.committed() == [300]
    assert len(reader.errors) == 1

    async with running(Reader(topic, acknowledge)) as second:
        await until(lambda: len(second.values) == 700, "the rest comes again")
        await until_committed(topic, [1_000])
    assert second.values == list(range(300, 1_000))


async def test_batches_done_out_of_order_commit_only_the_contiguous_prefix(bootstrap: str) -> None:
    topic = Topic(bootstrap)
    topic.produce(500)
    first_may_end = asyncio.Event()

    async def first_is_slow(_: Reader, batch: RecordBatch) -> None:
        if batch.position == 0:
            await first_may_end.wait()
        batch.ack()

    async with running(Reader(topic, first_is_slow)) as reader:
        await until(lambda: len(reader.values) == 500, "all is delivered")
        await asyncio.sleep(1)
        assert topic.committed() == [0]
        first_may_end.set()
        await until_committed(topic, [500])


async def test_a_slow_sink_bounds_the_records_in_flight(bootstrap: str) -> None:
    topic = Topic(bootstrap)
    topic.produce(5_000)
    most = 0

    async def slow(reader: Reader, batch: RecordBatch) -> None:
        nonlocal most
        most = max(most, reader.records_in_flight)
        await asyncio.sleep(0.02)
        batch.ack()

    async with running(Reader(topic, slow, max_in_flight=300)) as reader:
        await until(lambda: len(reader.values) == 5_000, "all is delivered")
        await until_committed(topic, [5_000])

    assert reader.values == list(range(5_000))
    assert most <= 300 + 100


async def test_a_batch_that_is_larger_than_the_limit_comes_when_nothing_else_is_there(
    bootstrap: str,
) -> None:
    topic = Topic(bootstrap)
    topic.produce(1_000)

    async def slow(_: Reader, batch: RecordBatch) -> None:
        await asyncio.sleep(0.01)
        batch.ack()

    async with running(Reader(topic, slow, max_in_flight=60)) as reader:
        await until_committed(topic, [1_000])
    assert reader.values == list(range(1_000))


async def test_what_trickles_in_while_the_sink_is_away_waits_for_few_large_batches(
    bootstrap: str,
) -> None:
    topic = Topic(bootstrap)
    sink_is_back = asyncio.Event()

    async def wait(_: Reader, batch: RecordBatch) -> None:
        await sink_is_back.wait()
        batch.ack()

    async with running(Reader(topic, wait, max_batches=5)) as reader:
        for number in range(40):
            topic.produce(1, start=number)
            if number < 5:
                await until(lambda n=number: len(reader.batches) > n, "it comes by itself")
        await asyncio.sleep(1)
        assert len(reader.batches) == 5
        sink_is_back.set()
        await until(lambda: reader.values == list(range(40)), "all is delivered")
        await until_committed(topic, [40])
    assert len(reader.batches) < 15


async def test_three_workers_come_and_go_and_nothing_is_missing(bootstrap: str) -> None:
    topic = Topic(bootstrap, partitions=6)
    topic.produce(6_000)
    done: set[int] = set()

    async def steadily(_: Reader, batch: RecordBatch) -> None:
        await asyncio.sleep(0.01)
        batch.ack()
        if batch.done:
            done.update(int(record.value) for record in batch.records)

    async with running(Reader(topic, steadily, max_records=50)) as first:
        await until(lambda: len(done) > 500, "the first works")
        async with contextlib.AsyncExitStack() as others:
            second, third = [
                await others.enter_async_context(running(Reader(topic, steadily, max_records=50)))
                for _ in range(2)
            ]
            await until(
                lambda: all(len(r.consumer.assignment()) == 2 for r in (first, second, third)),
                "each has two partitions",
            )
            topic.produce(6_000, start=6_000)
            await until(lambda: second.batches != [] and third.batches != [], "all work")
        topic.produce(6_000, start=12_000)
        await until(lambda: len(done) == 18_000, "all is done")
        await until_committed(topic, [3_000] * 6)


async def test_a_batch_from_before_a_rebalance_is_stale_and_its_ack_ignored(bootstrap: str) -> None:
    topic = Topic(bootstrap, partitions=2)
    topic.produce(200)
    hold = asyncio.Event()

    async def hang(_: Reader, batch: RecordBatch) -> None:
        await hold.wait()
        batch.ack()

    async with running(Reader(topic, hang)) as first:
        await until(lambda: len(first.values) == 200, "the first has it all")
        before = list(first.batches)
        async with running(Reader(topic, acknowledge)) as second:
            await until(lambda: len(second.values) == 100, "the second has its partition")
            assert not any(batch.is_current for batch in before)
            hold.set()
            await until_committed(topic, [100, 100])  # the first got its partition again
    assert not any(batch.done for batch in before)


async def test_seek_delivers_again_from_there(bootstrap: str) -> None:
    topic = Topic(bootstrap)
    topic.produce(300)

    async with running(Reader(topic, acknowledge)) as reader:
        await until(lambda: len(reader.values) == 300, "all is delivered")
        for again in range(1, 9):  # a fetch from before may wait for records, or bring those after
            await reader.consumer.seek(TP(topic.name, 0), 120)
            expected = 300 + 180 * again
            await until(lambda e=expected: len(reader.values) == e, "the rest comes again")
    assert reader.values[300:] == list(range(120, 300)) * 8


async def test_paused_partitions_bring_nothing_until_they_are_resumed(bootstrap: str) -> None:
    topic = Topic(bootstrap, partitions=2)

    async with running(Reader(topic, acknowledge)) as reader:
        await until(lambda: len(reader.consumer.assignment()) == 2, "partitions are assigned")
        await until(lambda: reader.consumer.flow_active, "the flow is on")
        paused = {TP(topic.name, 1)}
        reader.consumer.pause_partitions(paused)
        await asyncio.sleep(2)  # a fetch that was under way may still bring some
        topic.produce(200)
        await until(lambda: len(reader.values) == 100, "the other partition is delivered")
        await asyncio.sleep(1)
        assert {value % 2 for value in reader.values} == {0}
        reader.consumer.resume_partitions(paused)
        await until(lambda: len(reader.values) == 200, "the paused one too")


async def test_planned_batches_are_cut_at_the_same_ends(bootstrap: str) -> None:
    topic = Topic(bootstrap)
    topic.produce(500)
    reader = Reader(topic, acknowledge)

    async def planned_spans(tp: TP, position: int) -> list[Span]:
        return [(0, 9), (10, 29), (30, 419)]

    reader.transport.planned_spans = planned_spans
    async with running(reader):
        await until(lambda: len(reader.values) == 500, "all is delivered")

    spans = [(batch.position, batch.last_offset) for batch in reader.batches]
    assert spans[:4] == [(0, 9), (10, 29), (30, 419), (420, 499)]
    assert [batch.was_planned for batch in reader.batches[:4]] == [True, True, True, False]


async def test_offsets_set_back_into_a_batch_bring_the_whole_batch_again(bootstrap: str) -> None:
    topic = Topic(bootstrap)
    topic.produce(100)
    reader = Reader(topic, acknowledge)

    async def planned_spans(tp: TP, position: int) -> list[Span]:
        return [span for span in [(0, 29), (30, 59), (60, 99)] if span[1] >= position]

    reader.transport.planned_spans = planned_spans
    async with running(reader):
        await until(lambda: len(reader.values) == 100, "all is delivered")
        await reader.consumer.seek(TP(topic.name, 0), 40)
        await until(lambda: len(reader.values) == 170, "the batch with offset 40 comes again")

    spans = [(batch.position, batch.last_offset) for batch in reader.batches[3:]]
    assert spans == [(30, 59), (60, 99)]


async def test_a_seek_while_plans_are_asked_for_makes_the_fetch_stale(bootstrap: str) -> None:
    topic = Topic(bootstrap, partitions=2)
    topic.produce(200)
    reader = Reader(topic, acknowledge)
    asked = 0

    async def planned_spans(tp: TP, position: int) -> list[Span]:
        nonlocal asked
        asked += 1
        if asked == 2:
            await reader.consumer.perform_seek()
        return [(0, 9), (10, 99)]

    reader.transport.planned_spans = planned_spans
    async with running(reader):
        await until_committed(topic, [100, 100])

    spans = {(batch.tp.partition, batch.position, batch.last_offset) for batch in reader.batches}
    assert spans == {(0, 0, 9), (0, 10, 99), (1, 0, 9), (1, 10, 99)}


async def test_nothing_is_lost_when_nothing_was_committed_before_a_rebalance(
    bootstrap: str,
) -> None:
    """Stock Faust leaves such partitions where they stand."""
    topic = Topic(bootstrap, partitions=2)
    topic.produce(400)

    async def never(_: Reader, batch: RecordBatch) -> None:
        """Take it and do nothing."""

    async with running(Reader(topic, never)) as first:
        await until(lambda: len(first.values) == 400, "the first has it all")
        async with running(Reader(topic, acknowledge)) as second:
            await until(lambda: len(second.values) == 200, "the second begins at the beginning")
    assert sorted(second.values) in (list(range(0, 400, 2)), list(range(1, 400, 2)))


async def test_a_stop_is_prompt_and_commits_what_is_done(bootstrap: str) -> None:
    topic = Topic(bootstrap)
    topic.produce(1_000)

    async with running(Reader(topic, acknowledge)) as reader:
        await until(lambda: len(reader.values) == 1_000, "all is delivered")
        async with asyncio.timeout(10):
            await reader.app.stop()

    assert topic.committed() == [1_000]


@pytest.mark.kafka_jvm
async def test_partitions_that_are_added_are_read_before_long(kafka: str) -> None:
    """So is what a broker that was just starting did not show to the leader of the group."""
    topic = Topic(kafka)
    topic.produce(10)

    async with running(Reader(topic, acknowledge)) as reader:
        await until(lambda: len(reader.values) == 10, "the first partition is read")
        topic.grow(3)
        topic.produce(30, start=10)
        await until(lambda: sorted(reader.values) == list(range(40)), "the others are, too")


@pytest.mark.kafka_jvm
async def test_control_records_and_aborted_transactions_leave_holes(kafka: str) -> None:
    topic = Topic(kafka)
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": topic.name})
    producer.init_transactions(30)
    for number in range(20):
        producer.begin_transaction()
        for record in range(5):
            producer.produce(topic.name, str(number * 5 + record).encode())
        if number % 2:
            producer.abort_transaction(30)
        else:
            producer.commit_transaction(30)

    async with running(Reader(topic, acknowledge, max_records=7)) as reader:
        await until(lambda: len(reader.values) == 50, "the committed ones are delivered")
        last = reader.batches[-1].last_offset
        await until_committed(topic, [last + 1])

    assert reader.values == [n * 5 + r for n in range(0, 20, 2) for r in range(5)]
    spans = [(batch.position, batch.last_offset) for batch in reader.batches]
    assert all(before[1] + 1 == after[0] for before, after in itertools.pairwise(spans))


@pytest.mark.kafka_jvm
async def test_compacted_topics_leave_holes(kafka: str) -> None:
    topic = Topic(
        kafka,
        **{
            "cleanup.policy": "compact",
            "segment.ms": "100",
            "min.cleanable.dirty.ratio": "0.001",
            "max.compaction.lag.ms": "100",
        },
    )
    for start in range(0, 500, 100):
        topic.produce(100, start=start)
        await asyncio.sleep(0.3)
    async with asyncio.timeout(60):
        while await asyncio.to_thread(_records, topic) > 300:
            topic.produce(1, start=499)
            await asyncio.sleep(1)
    left = await asyncio.to_thread(_records, topic)

    async with running(Reader(topic, acknowledge)) as reader:
        await until(lambda: len(reader.values) >= left, "what is left is delivered")
        await until_committed(topic, [reader.batches[-1].last_offset + 1])

    assert reader.values[-1] == 499
    assert reader.batches[-1].last_offset >= 499
    assert len(reader.values) < 500


def _records(topic: Topic) -> int:
    from confluent_kafka import Consumer, KafkaError, TopicPartition

    consumer = Consumer(
        {"bootstrap.servers": topic.bootstrap, "group.id": "count", "enable.partition.eof": True}
    )
    try:
        consumer.assign([TopicPartition(topic.name, 0, 0)])
        found = 0
        while True:
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error() and message.error().code() == KafkaError._PARTITION_EOF:
                return found
            found += 1
    finally:
        consumer.close()
