"""Knows which rows have reached Kafka, in the order they were read, with no hole before them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from confluent_kafka import KafkaError

CHUNK_ROWS = 512

# Reasons that a record keeps however often it is sent.
PERMANENT_FAULTS = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_RECORD})

OnDelivery = Callable[["KafkaFault | None", "DeliveredRecord"], None]


class KafkaFault(Protocol):
    """The part of confluent_kafka.KafkaError that is used here."""

    def code(self) -> int: ...
    def str(self) -> str: ...


class DeliveredRecord(Protocol):
    """The part of confluent_kafka.Message that is used here."""

    def partition(self) -> int | None: ...
    def offset(self) -> int | None: ...
    def value(self) -> bytes | None: ...


OnRefusal = Callable[[int, str, DeliveredRecord], None]


@dataclass(slots=True)
class Chunk:
    """Neighbouring rows that share one delivery callback, so that a row costs no object."""

    last_row: int = 0  # newest row whose fate has been decided: handed to Kafka or rejected
    sent: int = 0
    reported: int = 0
    rejected: int = 0
    newest: DeliveredRecord | None = None
    on_failure: Callable[[str], None] | None = field(default=None, repr=False)
    on_refusal: OnRefusal | None = field(default=None, repr=False)

    def on_delivery(self, fault: KafkaFault | None, record: DeliveredRecord) -> None:
        """Kafka's word on one record; a failed one keeps the chunk open for ever."""
        if fault is None:
            self.reported += 1
            self.newest = record
        elif fault.code() in PERMANENT_FAULTS:
            self.refuse()
            if self.on_refusal:
                self.on_refusal(self.last_row, fault.str(), record)
        elif self.on_failure:
            self.on_failure(fault.str())

    def withdraw(self) -> None:
        """A row that was counted as sent was not handed over, and never will be in this run."""
        self.sent -= 1

    def refuse(self) -> None:
        """A row that was counted as sent is rejected after all."""
        self.sent -= 1
        self.rejected += 1

    @property
    def settled(self) -> bool:
        return self.sent == self.reported


@dataclass(slots=True)
class Position:
    """Everything up to and including row `rows` has been delivered or rejected."""

    rows: int = 0
    delivered: int = 0
    rejected: int = 0


class Deliveries:
    """The contiguous prefix of delivered rows.

    Chunks settle in any order; the prefix grows only over chunks that are settled.
    """

    def __init__(
        self,
        start: Position | None = None,
        on_refusal: OnRefusal | None = None,
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        self._on_refusal = on_refusal
        self._chunk_rows = chunk_rows
        self._start = start or Position()
        self._done = Position(self._start.rows, self._start.delivered, self._start.rejected)
        self._newest: DeliveredRecord | None = None
        self._open: deque[Chunk] = deque([self._new_chunk()])
        self._last_row = self._start.rows
        self.failure = ""

    @property
    def last_row(self) -> int:
        """The newest row read, whatever became of it."""
        return self._last_row

    def sending(self, row: int) -> OnDelivery:
        """Count `row` as handed to Kafka; give the result to produce() as its callback."""
        chunk = self._current(row)
        chunk.sent += 1
        return chunk.on_delivery

    def rejecting(self, row: int) -> None:
        """Count `row` as rejected."""
        self._current(row).rejected += 1

    def refused(self) -> None:
        """The row counted by the latest `sending` was not taken: count it as rejected."""
        self._open[-1].refuse()

    def withdrawn(self) -> None:
        """The row counted by the latest `sending` was not handed over: the run ends before it."""
        self._open[-1].withdraw()

    def position(self) -> Position:
        """How far rows are delivered without a hole."""
        done = self._done
        while self._open:
            chunk = self._open[0]
            if not chunk.settled:
                break
            self._open.popleft()
            self._newest = chunk.newest or self._newest
            done.rows = max(done.rows, chunk.last_row)
            done.delivered += chunk.reported
            done.rejected += chunk.rejected
        if not self._open:
            self._open.append(self._new_chunk())
        return Position(done.rows, done.delivered, done.rejected)

    def reported(self) -> int:
        """Records Kafka has acknowledged since the start, holes or not."""
        return (
            self._done.delivered
            - self._start.delivered
            + sum(chunk.reported for chunk in self._open)
        )

    def newest_record(self) -> DeliveredRecord | None:
        """A recently delivered record: where in the topic this run has come to."""
        return self._newest

    def _new_chunk(self) -> Chunk:
        return Chunk(on_failure=self._fail, on_refusal=self._on_refusal)

    def _fail(self, reason: str) -> None:
        self.failure = self.failure or reason

    def _current(self, row: int) -> Chunk:
        chunk = self._open[-1]
        if chunk.sent + chunk.rejected >= self._chunk_rows:
            chunk = self._new_chunk()
            self._open.append(chunk)
        chunk.last_row = self._last_row = row
        return chunk
