"""Faust transport whose stream items are record batches: the delivery contract of Escucha.

Stock Faust spends 80–120 µs of its own on each event. Here one stream item is what one fetch
brought from one partition, so that cost is paid once per batch. The contract:

- A batch counts as done only when `RecordBatch.ack` was called. Faust's own acknowledgement,
  which also happens when it skips an event, commits nothing.
- Only a contiguous prefix of done batches is committed; an unfinished batch holds the commits
  of its partition back.
- After every rebalance and seek all partitions start again at their committed offset (at the
  beginning of the log where nothing is committed), and batches from before are stale: their
  ack is ignored.
- Records and batches in flight (delivered, not done) are bounded.
- Batches that somebody has planned before (`Transport.planned_spans`) are cut at the same ends
  again, so that a redelivered batch is the same batch.

What this leans on inside Faust is listed in streams/faust_inside.py; tests/contract checks it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence, Set
from typing import Any, ClassVar, cast

import faust
from aiokafka.consumer import fetcher
from aiokafka.errors import IllegalStateError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT
from faust.types.tuples import ConsumerMessage, Message
from mode.utils.futures import notify

from streams.delivery import BatchOptions, PartitionDelivery, RecordBatch, Span
from streams.errors import TruncatedLogError
from streams.fetching import ConsumerThread, RecordsAsRead

SMALL_FETCH = 5  # less than this part of the largest batch waits for company

PlannedSpans = Callable[[TP, int], Awaitable[Sequence[Span]]]


async def _nothing_planned(tp: TP, position: int) -> Sequence[Span]:
    return ()


class Consumer(driver.Consumer):
    """Feeds record batches to the streams and commits what they have done."""

    transport: "Transport"
    _thread: ConsumerThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deliveries: dict[TP, PartitionDelivery] = {}
        self._seeks = 0
        self._seeking = asyncio.Lock()  # one at a time: fetcher and deliveries stand together
        self.in_flight = 0  # records delivered and not done
        self._at_the_door = 0  # of these, those of a batch that waits for room
        self._room = asyncio.Event()
        self._room.set()
        self.fetched_at = 0.0  # when the broker last answered, if only with nothing
        self._fetch_sec = 0.0
        self._fetched_records = 0

    def _new_consumer_thread(self) -> ConsumerThread:
        return ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    def check_membership(self) -> None:
        """Raise what ended the membership in the group; Faust would wait without end."""
        self._thread.check_membership()

    @property
    def is_member(self) -> bool:
        """Whether the broker has taken this consumer into its group."""
        return self._thread.is_member

    # -- what others may look at

    def lags(self) -> dict[TP, int]:
        """Records of each assigned partition that are in Kafka and not done."""
        fetched = {tp: self._thread.fetched(tp) for tp in self._deliveries}
        return {tp: self._deliveries[tp].lag(*found) for tp, found in fetched.items() if found}

    def done(self) -> tuple[object, ...]:
        """Another value whenever something was done, or partitions or positions changed."""
        return (self._seeks, *((tp, one.committable) for tp, one in self._deliveries.items()))

    # -- fetch

    async def getmany(
        self,
        timeout: float,  # noqa: ASYNC109 - Faust's signature
    ) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Yield one message per batch; its value is a RecordBatch."""
        if not await self._wait_for_room(timeout):
            return
        await self._linger()
        seeks = self._seeks
        asked_at = time.monotonic()
        fetched = dict((await self._wait_next_records(timeout))[0] or {})
        self.fetched_at = time.monotonic()
        self._fetch_sec = self.fetched_at - asked_at
        self._fetched_records = sum(map(len, fetched.values()))
        if not fetched or self.should_stop:
            return
        if not self.flow_active:
            await self._seek_again()  # fetched around a rebalance
            return
        if seeks != self._seeks or self._seeking.locked():
            # Fetched around a seek: nobody can tell from which position.
            await self._fetch_again(fetched.keys())
            return
        # Each partition's records belong to the delivery of this moment: a seek that comes while
        # plans are asked for or room is waited for makes that delivery stale, and them too.
        deliveries = {tp: self._deliveries.get(tp) for tp in fetched}
        for tp, delivery in deliveries.items():
            if delivery is None:
                await self._seek_again()
                return
            if not await self._open(tp, delivery):
                continue
            for batch in delivery.cut(fetched.pop(tp)):  # nobody else keeps them
                if not delivery.current:
                    break
                self.in_flight += batch.count
                self._at_the_door = batch.count
                batch.fetched_at, batch.fetch_sec = self.fetched_at, self._fetch_sec
                may_enter = await self._room_for(delivery)
                self._at_the_door = 0
                if not may_enter:
                    break
                if not self.has_room:
                    self._room.clear()
                yield tp, self._message(batch)
            if not self._flows:
                return  # the rebalance under way ends with a seek

    async def _open(self, tp: TP, delivery: PartitionDelivery) -> bool:
        """Learn what was planned before the first cut; False when the records come again."""
        if delivery.knows_plan:
            return True
        highwater = self._thread.log_end(tp)
        if highwater is not None and highwater < delivery.position:
            raise TruncatedLogError(
                f"{tp.topic}/{tp.partition} ends at {highwater} and offsets up to"
                f" {delivery.position} are committed: the log was cut or the topic made again."
                f" To read it from the beginning, delete the offsets of group {self.app.conf.id}"
            )
        spans = await self.transport.planned_spans(tp, delivery.position)
        if not delivery.current:
            return False
        if spans and spans[0][0] < delivery.position:
            # Somebody set the offset back into a batch; half of it would be another batch.
            await self.seek(tp, spans[0][0])
            return False
        delivery.follow_plan(spans)
        return True

    async def _room_for(self, delivery: PartitionDelivery) -> bool:
        """Wait for room; False when the batch in hand comes again or nobody wants it any more."""
        while not await self._wait_for_room(1.0):
            if not self._flows or not delivery.current:
                return False
        return self._flows and delivery.current

    @property
    def _flows(self) -> bool:
        return self.flow_active and not self.should_stop

    async def _wait_for_room(self, at_most_sec: float) -> bool:
        if self._room.is_set():
            return True
        try:
            async with asyncio.timeout(at_most_sec):
                await self._room.wait()
        except TimeoutError:
            return False
        return True

    async def _linger(self) -> None:
        """Let small fetches wait for company: fewer, larger inserts at no loss of throughput."""
        if self._fetched_records < self._options.max_records // SMALL_FETCH:
            pause = self.fetched_at + self._options.linger_sec - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)

    def _message(self, batch: RecordBatch) -> ConsumerMessage:
        newest = batch.records[-1]
        return ConsumerMessage(
            batch.tp.topic,
            batch.tp.partition,
            batch.last_offset,
            newest.timestamp / 1000.0,
            newest.timestamp_type,
            None,
            None,
            cast(Any, batch),  # Faust means bytes; RecordBatchSchema hands it on as it is
            None,
            0,
            0,
            batch.tp,
            generation_id=self.app.consumer_generation_id,
        )

    @property
    def _options(self) -> BatchOptions:
        return self.transport.options

    @property
    def has_room(self) -> bool:
        """Whether more may be delivered before something is done."""
        batches = sum(delivery.batches_outstanding for delivery in self._deliveries.values())
        options = self._options
        # Whoever waits at the door is not in its own way: a batch may be larger than the limit.
        inside = self.in_flight - self._at_the_door
        return inside < options.max_in_flight and batches < options.max_batches

    def _on_done(self, records: int) -> None:
        self.in_flight -= records
        if self.has_room:
            self._room.set()

    # -- acknowledge and commit

    def ack(self, message: Message) -> bool:
        """Faust is through with the message. Says nothing about its records: see RecordBatch."""
        message.acked = True
        self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)
        return True

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit the done prefix of every partition that has a new one."""
        offsets = {
            tp: delivery.committable
            for tp, delivery in self._deliveries.items()
            if delivery.committable > delivery.committed
            and (topics is None or tp in topics or tp.topic in topics)
        }
        deliveries = {tp: self._deliveries[tp] for tp in offsets}
        if not offsets or not await self._commit(offsets):
            return False
        for tp, offset in offsets.items():
            deliveries[tp].committed = offset
        return True

    # -- seek and rebalance

    async def perform_seek(self) -> None:
        """Go back to the committed offset of every assigned partition and forget what was sent.

        Stock Faust leaves a partition without a committed offset where it stands, which loses
        what was fetched and not processed; here it goes back to the beginning of the log.
        """
        async with self._seeking:
            self._forget()
            assigned = self.assignment()
            if not assigned:
                return
            committed = await self._thread.seek_to_committed()
            fresh = [tp for tp in assigned if not committed.get(tp)]
            beginnings = await self._thread.earliest_offsets(*fresh) if fresh else {}
            if beginnings:
                await self._thread.seek_wait({TP(*tp): start for tp, start in beginnings.items()})
            for tp in assigned:
                self._deliver_from(tp, committed.get(tp) or beginnings[tp])

    async def seek(self, partition: TP, offset: int) -> None:
        """Go to `offset` in one partition."""
        await self.seek_wait({partition: offset})

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Go to the given offsets and wait until the fetcher is there."""
        async with self._seeking:
            self._seeks += 1
            for tp in partitions:
                self._drop(tp)
            await super().seek_wait(partitions)
            for tp, offset in partitions.items():
                self._deliver_from(tp, offset)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Hand partitions over: what is being processed may finish and is committed first."""
        await super().on_partitions_revoked(revoked)
        deadline = time.monotonic() + self.app.conf.broker_session_timeout / 3
        # What is not done by then is redelivered to the next owner.
        while self._unacked_messages and time.monotonic() < deadline:  # noqa: ASYNC110 - Faust's set
            await asyncio.sleep(0.02)
        await self.commit()
        self._forget()

    async def _fetch_again(self, fetched: Set[TP]) -> None:
        """Put the fetcher back to where each delivery stands: what a seek asked for holds."""
        async with self._seeking:
            standing = {
                tp: self._deliveries[tp].expected for tp in fetched & self._deliveries.keys()
            }
            try:
                await self._thread.seek_wait(standing)
            except (KafkaError, IllegalStateError, TimeoutError) as error:
                self._put_off(error)
        if len(standing) < len(fetched):
            await self._seek_again()

    async def _seek_again(self) -> None:
        try:
            await self.perform_seek()
        except (KafkaError, IllegalStateError, TimeoutError) as error:
            self._put_off(error)

    def _put_off(self, error: Exception) -> None:
        # A rebalance is under way; it ends with a seek of its own.
        self.log.info("seek put off to the end of the rebalance: %r", error)

    def _deliver_from(self, tp: TP, position: int) -> None:
        self._read_offset[tp] = None  # Faust's own filter; PartitionDelivery does its work
        self._deliveries[tp] = PartitionDelivery(
            tp,
            position,
            max_records=self._options.max_records,
            on_done=self._on_done,
        )

    def _drop(self, tp: TP) -> None:
        if (delivery := self._deliveries.pop(tp, None)) is not None:
            self._on_done(delivery.records_outstanding)
            delivery.close()

    def _forget(self) -> None:
        self._seeks += 1
        for tp in list(self._deliveries):
            self._drop(tp)


class Transport(driver.Transport):
    """`batchkafka://host:port`, found by Faust through the entry points `faust.transports`."""

    Consumer: ClassVar[type[Consumer]] = Consumer

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # For all consumers of the process: aiokafka lets nobody choose.
        fetcher.PartitionRecords = RecordsAsRead
        self.options = BatchOptions()
        self.planned_spans: PlannedSpans = _nothing_planned


class RecordBatchSchema(faust.Schema[Any, Any]):
    """Hands the RecordBatch to the agent as it is: bytes are decoded by a step, not by Faust."""

    def compile(self, app: AppT, *args: Any, **kwargs: Any) -> Callable[..., Awaitable[Any]]:
        """Return Faust's decode function."""

        async def decode(message: Message, *, propagate: bool = False) -> Any:
            return app.create_event(None, message.value, {}, message)

        return decode
