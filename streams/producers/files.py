"""Sends a file's rows to Kafka as events; can be killed at any moment and go on."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from streams import clock
from streams.errors import InputError
from streams.producers import checkpoint as checkpoints
from streams.producers.base import EventWriter, RecordRefusedError
from streams.producers.checkpoint import Checkpoint, FileIdentity, TopicMark
from streams.producers.deliveries import DeliveredRecord, Deliveries, Position
from streams.producers.events import Prepared
from streams.producers.heartbeats import Pulse
from streams.producers.options import (
    IngestOptions,
    IngestSettings,
    IngestSummary,
    Observer,
    Progress,
)
from streams.producers.pacing import Pacer
from streams.producers.plan import IngestPlan, make_plan
from streams.producers.readers import Reader, Row, Unreadable, open_reader
from streams.producers.rejects import RejectedRows

ROWS_PER_TICK = 256
STOP_FLUSH_SEC = 5.0
_NAP_SEC = 0.1
_SHORTEST_WAIT_SEC = 0.002  # Kafka's poll counts milliseconds; less adds up and is waited later
_DISORDER_SHARE = 0.05

Stop = Callable[[], bool]


class _Stopped(Exception):  # noqa: N818 - not an error
    """The caller asked to stop."""


def never() -> bool:
    """A stop that never comes."""
    return False


def ingest(
    options: IngestOptions,
    settings: IngestSettings,
    *,
    observer: Observer | None = None,
    stop: Stop = never,
    connect: Callable[[], EventWriter] | None = None,
    now: Callable[[], datetime] = clock.now,
) -> IngestSummary:
    """Deliver every row of a file or keep it as rejected; return what was done.

    Returns with `finished=False` when `stop` said so. Raises InputError for a file, mapping or
    checkpoint that is wrong, BrokerUnavailableError when Kafka is. In every case the checkpoint
    says how far rows are delivered, and the same call goes on from there.
    """
    topic = options.topic(settings.mentions_topic)
    observer = observer or Observer()
    if not options.file.is_file():
        open_reader(options.file, options.read).close()  # says what is wrong with it
        raise InputError(f"{options.file}: not a regular file")
    path = options.checkpoint or checkpoints.default_path(settings.run_dir, options.file, topic)
    with checkpoints.locked(path):
        stored = None if options.restart else checkpoints.load(path)
        story_start = stored.story_start if stored else ""
        plan = make_plan(options, stored_story_start=story_start, now=now)
        fresh = Checkpoint(
            file=FileIdentity.of(options.file),
            topic=topic,
            mapping=plan.digest,
            story_start=plan.story_start.isoformat() if plan.story_start else "",
        )
        if stored:
            checkpoints.refuse_if_changed(stored, fresh, path)
        observer.plan([f"{options.file.name}: source {plan.source}, topic {topic}", *plan.lines])
        writer = (
            connect()
            if connect
            else EventWriter.connect(
                settings.kafka, topic, client_id=f"escucha-ingest-{plan.source}"
            )
        )
        if stored:
            _refuse_if_topic_lost(stored, writer, options, topic)
        rejected_path = path.with_name(path.name.removesuffix(".json") + ".rejected.jsonl")
        with (
            RejectedRows(rejected_path, stored.rows if stored else 0) as rejects,
            closing(open_reader(options.file, options.read)) as reader,
        ):
            start = stored or fresh
            return _Run(
                options, plan, reader, writer, rejects, path, start, observer, stop
            ).execute()


def _refuse_if_topic_lost(
    stored: Checkpoint, writer: EventWriter, options: IngestOptions, topic: str
) -> None:
    if stored.mark and not writer.holds(stored.mark.partition, stored.mark.offset):
        raise InputError(
            f"{options.file}: {stored.rows} rows were delivered, but topic {topic!r} no longer "
            "has them (the broker was emptied, or it is another one); --restart sends the file "
            "from its first row"
        )


class _Run:
    """One pass over the file."""

    def __init__(
        self,
        options: IngestOptions,
        plan: IngestPlan,
        reader: Reader,
        writer: EventWriter,
        rejects: RejectedRows,
        path: Path,
        start: Checkpoint,
        observer: Observer,
        stop: Stop,
    ) -> None:
        self._options = options
        self._plan = plan
        self._writer = writer
        self._rejects = rejects
        self._start = start
        self._observer = observer
        self._stop = stop
        self._reader = reader
        self._path = path  # of the checkpoint
        self._deliveries = Deliveries(
            Position(start.rows, start.delivered, start.rejected), self._refused_by_broker
        )
        self._pacer = Pacer(options.speed, options.rate, time.monotonic)
        # Topics of business events carry nothing else.
        self._pulse = Pulse(plan.source, 0 if options.kind else options.heartbeat_sec)
        self._rejected = 0
        self._first_rejected = ""
        self._mark = start.mark
        self._started = self._next_save = time.monotonic()
        self._saved: Checkpoint | None = None

    def execute(self) -> IngestSummary:
        finished = self._start.finished
        if finished:
            self._observer.note(
                f"all {self._start.rows} rows were delivered before; --restart sends them again"
            )
            return self._summary(finished=True)
        if self._start.rows:
            self._observer.note(f"going on after row {self._start.rows}")
        try:
            self._send_all()
            self._drain()
            finished = True
            self._part()
        except _Stopped:
            self._writer.flush(STOP_FLUSH_SEC)
            self._part()
        except InputError:
            with suppress(_Stopped):
                self._drain()
                self._part()
            raise
        finally:
            self._save(finished=finished)
            if len(self._writer):
                self._writer.abandon()
            self._warn_of_disorder()
            self._tell_of_rejected()
            self._observer.progress(self._progress())
        return self._summary(finished=finished)

    def _send_all(self) -> None:
        mapper, send, tick = self._plan.mapper, self._send, self._tick
        paced = not self._pacer.idle
        rows = self._reader.rows()
        number = self._skip(rows)
        tick()
        for line, row in rows:
            number += 1
            if isinstance(row, Unreadable):
                self._reject(number, line, row.reason)
            else:
                try:
                    event = mapper(row)
                except ValueError as error:
                    self._reject(number, line, str(error))
                else:
                    if paced:
                        self._wait(event.event_time)
                    send(number, line, event)
            if not number % ROWS_PER_TICK or paced:
                tick()

    def _skip(self, rows: Iterator[tuple[int, Row | Unreadable]]) -> int:
        """Pass over rows that earlier runs settled."""
        skipped = 0
        while skipped < self._start.rows and next(rows, None) is not None:
            skipped += 1
            if not skipped % 10_000 and self._stop():
                raise _Stopped
        return skipped

    def _send(self, number: int, line: int, event: Prepared) -> None:
        on_delivery = self._deliveries.sending(number)
        try:
            while not self._writer.send(event.value, event.key, on_delivery):
                self._writer.poll(_NAP_SEC / 2)
                self._tick()
        except RecordRefusedError as error:
            self._deliveries.refused()
            self._keep(number, line, str(error), self._reader.raw())

    def _reject(self, number: int, line: int, reason: str) -> None:
        if self._options.strict:
            place = f"line {line}" if line else f"row {number}"
            raise InputError(
                f"{self._options.file}, {place}: {reason}; mend the row, or leave --strict out "
                "to keep such rows aside"
            )
        self._deliveries.rejecting(number)
        self._keep(number, line, reason, self._reader.raw())

    def _refused_by_broker(self, row: int, reason: str, record: DeliveredRecord) -> None:
        # The broker's word comes late: the row is known to within its chunk, the event exactly.
        self._keep(row, 0, f"Kafka does not take it: {reason}", record.value())

    def _keep(self, number: int, line: int, reason: str, raw: object) -> None:
        place = f"line {line}" if line else f"row {number}"
        self._first_rejected = self._first_rejected or f"{place}: {reason}"
        self._rejected += 1
        self._rejects.add(number, line, reason, raw)

    def _wait(self, event_time: datetime) -> None:
        due = time.monotonic() + self._pacer.wait_sec(event_time)
        while (remaining := due - time.monotonic()) > _SHORTEST_WAIT_SEC:
            self._writer.poll(min(remaining, _NAP_SEC))
            self._tick()

    def _tick(self) -> None:
        """Everything that must happen now and then."""
        self._writer.poll(0)
        if self._deliveries.failure:
            raise self._writer.failure(self._deliveries.failure)
        if self._stop():
            raise _Stopped
        moment = time.monotonic()
        self._pulse.beat(self._writer, moment)
        if moment >= self._next_save:
            self._next_save = moment + self._options.checkpoint_sec
            self._save(finished=False)
            self._observer.progress(self._progress())

    def _drain(self) -> None:
        """Wait until every record sent has been reported."""
        while self._writer.flush(_NAP_SEC):
            self._tick()
        if self._deliveries.failure:
            raise self._writer.failure(self._deliveries.failure)

    def _part(self) -> None:
        """Say that this is the end: whoever watches must not take it for a stall."""
        self._pulse.farewell(self._writer)
        self._writer.flush(STOP_FLUSH_SEC)

    def _save(self, *, finished: bool) -> None:
        position = self._deliveries.position()
        self._rejects.save()
        if newest := self._deliveries.newest_record():
            partition, offset = newest.partition(), newest.offset()
            if partition is not None and offset is not None:
                self._mark = TopicMark(partition=partition, offset=offset)
        current = Checkpoint(
            file=self._start.file,
            topic=self._start.topic,
            mapping=self._start.mapping,
            story_start=self._start.story_start,
            rows=position.rows,
            delivered=position.delivered,
            rejected=position.rejected,
            finished=finished,
            mark=self._mark,
        )
        if current != self._saved:
            checkpoints.save(self._path, current)
            self._saved = current

    def _progress(self) -> Progress:
        return Progress(
            read=self._deliveries.last_row - self._start.rows,
            delivered=self._deliveries.reported(),
            rejected=self._rejected,
            fraction=self._reader.fraction(),
            seconds=time.monotonic() - self._started,
        )

    def _warn_of_disorder(self) -> None:
        late = self._pacer.out_of_order
        if late > _DISORDER_SHARE * max(self._pacer.rows, 1):
            self._observer.note(
                f"{late} of {self._pacer.rows} rows are older than a row before them and were sent "
                "at once; sort the file by time for a true rhythm"
            )

    def _tell_of_rejected(self) -> None:
        if self._rejected:
            self._observer.note(
                f"{self._rejected} rejected, kept in {self._rejects.path}; the first,"
                f" {self._first_rejected}"
            )

    def _summary(self, *, finished: bool) -> IngestSummary:
        progress = self._progress()
        return IngestSummary(
            file=str(self._options.file),
            topic=self._start.topic,
            source=self._plan.source,
            skipped=self._start.rows,
            read=progress.read,
            delivered=progress.delivered,
            rejected=progress.rejected,
            finished=finished,
            seconds=round(progress.seconds, 3),
            rows_per_second=round(progress.read / max(progress.seconds, 1e-9), 1),
            checkpoint=str(self._path),
            rejected_rows=str(self._rejects.path) if self._rejects.path.exists() else None,
        )
