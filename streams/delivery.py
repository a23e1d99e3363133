"""What was delivered from a partition and what of it is done: bookkeeping without I/O or clock.

Kept apart from the transport so that tests can drive it through every order of events.
"""

import bisect
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from aiokafka import ConsumerRecord
from faust.types import TP

Span = tuple[int, int]  # where a batch begins and its last offset, inclusive


class RecordBatch:
    """Consecutive records of one partition; the value of one stream item.

    Attributes:
        tp: topic and partition.
        position: where the batch begins, the offset after the batch before it. Offsets between
            `position` and the first record's are holes: compacted away, or control records.
        last_offset: where it ends, inclusive.
        records: one or more aiokafka records in offset order, keys and values as bytes; given
            back by `release` once nobody needs them.
        count: how many records it was made of.
        was_planned: its span comes from `Transport.planned_spans`.
        fetched_at: when its last record came, by the monotonic clock; 0 where nobody fetched.
        fetch_sec: how long that fetch took.
    """

    __slots__ = (
        "count",
        "delivery",
        "done",
        "fetch_sec",
        "fetched_at",
        "last_offset",
        "position",
        "records",
        "tp",
        "was_planned",
    )

    def __init__(
        self,
        delivery: "PartitionDelivery",
        position: int,
        last_offset: int,
        records: list[ConsumerRecord],
        *,
        was_planned: bool,
    ) -> None:
        self.delivery = delivery
        self.tp = delivery.tp
        self.position = position
        self.last_offset = last_offset
        self.records = records
        self.count = len(records)
        self.was_planned = was_planned
        self.done = False
        self.fetched_at = 0.0
        self.fetch_sec = 0.0

    def ack(self) -> None:
        """Mark the batch done, which lets its offsets be committed; stale batches are ignored."""
        self.delivery.ack(self)

    def release(self) -> None:
        """Let go of the records: their columns are on the way to the sink."""
        self.records = []

    @property
    def is_current(self) -> bool:
        """Whether this worker still owns the partition and has not gone back before the batch."""
        return self.delivery.current

    def __repr__(self) -> str:
        return (
            f"<RecordBatch {self.tp.topic}/{self.tp.partition} {self.position}…{self.last_offset}>"
        )


class PartitionDelivery:
    """What was delivered from one partition since the last seek, and what of it is done.

    Not safe to call from several threads: it belongs to the event loop.
    """

    def __init__(
        self,
        tp: TP,
        position: int,
        *,
        max_records: int,
        on_done: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Start at `position`, the next offset to deliver."""
        self.tp = tp
        self.position = position
        self.committed = position
        self.committable = position
        self.current = True
        self.broken = False  # a batch was given up before its plan: none after it may be planned
        self._max_records = max_records
        self._planned: deque[int] | None = None
        self._held: list[ConsumerRecord] = []  # the beginning of a planned batch
        self._outstanding: deque[RecordBatch] = deque()
        self._on_done = on_done

    @property
    def knows_plan(self) -> bool:
        """Whether `follow_plan` was called; before that nothing may be cut."""
        return self._planned is not None

    def follow_plan(self, spans: Sequence[Span]) -> None:
        """Cut again at the ends of batches that were planned before, in offset order."""
        self._planned = deque(end for _, end in spans if end >= self.position)

    @property
    def expected(self) -> int:
        """The next offset to come from the broker; records before it have been here."""
        return self._held[-1].offset + 1 if self._held else self.position

    @property
    def records_outstanding(self) -> int:
        """Records delivered and not done."""
        return sum(batch.count for batch in self._outstanding if not batch.done)

    @property
    def batches_outstanding(self) -> int:
        """Batches delivered and not done."""
        return sum(not batch.done for batch in self._outstanding)

    def lag(self, fetched: int, end: int) -> int:
        """Records before `end` that are not done; `fetched` is where the fetcher stands.

        When nothing is outstanding, what the fetcher has passed were holes.
        """
        done = self.committable if self.records_outstanding or self._held else fetched
        return max(0, end - max(done, self.committable))

    def cut(self, records: list[ConsumerRecord]) -> Iterator[RecordBatch]:
        """Batches out of newly fetched records: planned ones as planned, else as they come.

        Records that were delivered before are dropped. A planned batch whose end was not
        fetched yet is held back until it is.
        """
        expected = self.expected
        if records and records[0].offset < expected:
            records = [record for record in records if record.offset >= expected]
        records = self._held + records if self._held else records
        self._held = []
        start = 0
        while start < len(records):
            was_planned = bool(self._planned)
            if self._planned:
                end = self._planned[0]
                if records[-1].offset < end:
                    self._held = records[start:]
                    return
                self._planned.popleft()
                stop = bisect.bisect_right(records, end, lo=start, key=lambda r: r.offset)
                if stop == start:  # every record of it has been compacted away
                    self.position = end + 1
                    self._finish_empty()
                    continue
            else:
                # In equal parts: a large batch and a small one cost a peak of memory, and the
                # small one as much as the large one where it is stored.
                left = len(records) - start
                parts = math.ceil(left / self._max_records)
                stop = start + math.ceil(left / parts)
                end = records[stop - 1].offset
            batch = RecordBatch(
                self, self.position, end, records[start:stop], was_planned=was_planned
            )
            self._outstanding.append(batch)
            self.position = end + 1
            start = stop
            yield batch

    def _finish_empty(self) -> None:
        if not self._outstanding:
            self.committable = self.position

    def ack(self, batch: RecordBatch) -> None:
        """Note that `batch` is done and move `committable` over the done prefix."""
        if batch.done or not self.current:
            return
        batch.done = True
        self._on_done(batch.count)
        while self._outstanding and self._outstanding[0].done:
            self._outstanding.popleft()
            self.committable = self._outstanding[0].position if self._outstanding else self.position

    def close(self) -> None:
        """Make every batch delivered so far stale."""
        self.current = False
        self._held = []
        self._outstanding.clear()


class BatchOptions:
    """How batches are formed.

    Args:
        max_records: most records in one batch.
        max_in_flight: most records delivered and not done, in one worker.
        max_batches: most batches delivered and not done. While the sink is away, what comes waits
            in Kafka then, for large batches; thousands of small ones would take minutes to store.
        linger_sec: shortest time between fetches while they bring little.
    """

    def __init__(
        self,
        *,
        max_records: int = 2_000,
        max_in_flight: int = 40_000,
        max_batches: int = 64,
        linger_sec: float = 0.0,
    ) -> None:
        self.max_records = max_records
        self.max_in_flight = max_in_flight
        self.max_batches = max_batches
        self.linger_sec = linger_sec
