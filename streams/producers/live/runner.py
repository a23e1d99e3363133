"""Carries what a live source says to Kafka: every record reported, resumable, bounded, watched."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any, cast

import msgspec

from schemas.mention import Event
from streams.errors import InputError
from streams.producers import checkpoint as checkpoints
from streams.producers.base import EventWriter, RecordRefusedError
from streams.producers.checkpoint import TopicMark
from streams.producers.deliveries import DeliveredRecord, Deliveries
from streams.producers.events import EventEncoder, Prepared
from streams.producers.heartbeats import Pulse
from streams.producers.live import resume
from streams.producers.live.progress import (
    Lag,
    ListenObserver,
    ListenOptions,
    ListenProgress,
    ListenSummary,
)
from streams.producers.live.resume import Cursors, LiveCheckpoint
from streams.producers.live.source import Received, Source, SourceUnavailableError
from streams.producers.rejects import RejectedRows

_TICK_SEC = 0.02
_FULL_NAP_SEC = 0.01
_FAREWELL_SEC = 2.0
_CHUNK_EVENTS = 64  # a stream is slower than a file: small, so that the cursor keeps up
_BREATH_EVENTS = 64  # a busy source must not keep the ticker from its turn


async def run_source(
    source: Source,
    writer: EventWriter,
    *,
    checkpoint_path: Path,
    options: ListenOptions | None = None,
    stop: asyncio.Event | None = None,
    observer: ListenObserver | None = None,
) -> ListenSummary:
    """Deliver what `source` says until it ends or `stop` is set; return what was done.

    Raises SourceRefusedError when a person must act, InputError for a checkpoint that does not
    fit, BrokerUnavailableError when Kafka gives up. In every case the checkpoint holds a cursor
    before which everything is delivered or kept as rejected, and the same call goes on there.
    """
    options = options or ListenOptions()
    observer = observer or ListenObserver()
    with checkpoints.locked(checkpoint_path, f"listening to {source.name}"):
        fresh = LiveCheckpoint(source=source.name, scope=source.scope, topic=writer.topic)
        stored = None
        if not options.restart:
            stored = resume.load(
                checkpoint_path, source=source.name, scope=source.scope, topic=writer.topic
            )
        if stored and not options.resume_anyway:
            await _refuse_if_topic_lost(stored, writer)
        rejects_path = checkpoint_path.with_name(f"{checkpoint_path.stem}.rejected.jsonl")
        with RejectedRows(rejects_path, None, options.rejects_max_bytes) as rejects:
            run = _Run(source, writer, checkpoint_path, stored or fresh, rejects, options, observer)
            return await run.execute(stop or asyncio.Event())


async def _refuse_if_topic_lost(stored: LiveCheckpoint, writer: EventWriter) -> None:
    mark = stored.mark
    if mark and not await asyncio.to_thread(writer.holds, mark.partition, mark.offset):
        raise InputError(
            f"{stored.source}: {stored.delivered} events were delivered, but topic "
            f"{stored.topic!r} no longer has them (the broker was emptied, or it is another one); "
            "--resume-anyway goes on after them, --restart begins with what the source offers now"
        )


class _Run:
    """One run, over as many connections as it takes."""

    def __init__(
        self,
        source: Source,
        writer: EventWriter,
        path: Path,
        start: LiveCheckpoint,
        rejects: RejectedRows,
        options: ListenOptions,
        observer: ListenObserver,
    ) -> None:
        self._source = source
        self._writer = writer
        self._path = path
        self._start = start
        self._rejects = rejects
        self._options = options
        self._observer = observer
        self._cursor = start.cursor  # newest, delivered or not: where to reconnect
        self._cursors = Cursors(start.cursor)
        self._deliveries = Deliveries(on_refusal=self._refused_by_broker, chunk_rows=_CHUNK_EVENTS)
        self._pulse = Pulse(source.name, options.heartbeat_sec)
        self._encode = EventEncoder()
        self._lag = Lag()
        self._lag_sec: float | None = None
        self._mark = start.mark
        self._saved: LiveCheckpoint | None = None
        self._sign_of_life = float("-inf")
        self._received = self._rejected = self._skipped = 0
        self._reconnects = self._stalls = 0
        self._unbreathed = 0
        self._state = "connecting"
        self._started = self._next_save = time.monotonic()

    async def execute(self, stop: asyncio.Event) -> ListenSummary:
        if self._cursor is not None:
            self._observer.note(f"{self._source.name}: going on where Kafka last confirmed")
        self._pulse.hello(self._writer)
        listening = asyncio.create_task(self._listen())
        ticking = asyncio.create_task(self._tick_for_ever())
        stopping = asyncio.create_task(stop.wait())
        tasks = (listening, ticking, stopping)
        finished = False
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if not (listening.done() or ticking.done()):  # asked to stop
                await _cancel(listening)
                await self._drain(self._options.stop_flush_sec)
            else:
                if not ticking.done():
                    await self._drain(None if listening.exception() is None else 5.0, stop)
                if self._deliveries.failure:
                    raise self._writer.failure(self._deliveries.failure)
                for ended in (ticking, listening):
                    if ended.done() and (error := ended.exception()):
                        raise error
                finished = not len(self._writer)
            if not len(self._writer):  # Kafka has all of it, so it will take one more
                self._pulse.farewell(self._writer)
                await self._drain(_FAREWELL_SEC)
        finally:
            for task in tasks:
                await _cancel(task)
            self._writer.poll(0)
            self._save()
            if len(self._writer):
                self._writer.abandon()
            self._observer.progress(self._progress())
        return self._summary(finished=finished)

    async def _listen(self) -> None:
        """Connect, take, and connect again; returns when the source ends or the limit is met."""
        loop, source, limit = asyncio.get_running_loop(), self._source, self._options.limit
        backoff = self._options.backoff()
        while True:
            began, asked_sec = loop.time(), None
            try:
                async with asyncio.timeout(source.stall_sec) as watchdog:
                    steps = cast(AsyncGenerator[Received, None], source.listen(self._cursor))
                    async with aclosing(steps):
                        async for received in steps:
                            watchdog.reschedule(None)  # Kafka may take its time
                            self._note_life()
                            await self._take(received)
                            if limit is not None and self._received >= limit:
                                return
                            watchdog.reschedule(loop.time() + source.stall_sec)
                return
            except TimeoutError:
                self._stalls += 1
                reason = f"no sign of life for {source.stall_sec:g} s"
            except SourceUnavailableError as error:
                reason, asked_sec = str(error), error.retry_after_sec
            pause = backoff.pause_sec(loop.time() - began, asked_sec)
            self._reconnects += 1
            self._state = f"connecting again: {reason}"
            if backoff.failures <= 3 or not backoff.failures % 10:
                self._observer.note(f"{source.name}: {reason}; again in {pause:.1f} s")
            await asyncio.sleep(pause)

    def _note_life(self) -> None:
        self._sign_of_life = time.monotonic()
        self._state = ""

    async def _take(self, received: Received) -> None:
        for unmapped in received.unmapped:
            self._reject(unmapped.reason, unmapped.payload)
        for event in received.events:
            try:
                prepared = self._encode(event)
            except ValueError as error:
                self._reject(str(error), _as_is(event))
                continue
            if received.as_of is None:
                self._lag.saw(prepared.event_time)
            await self._send(prepared)
        self._skipped += received.skipped
        if received.as_of is not None:
            self._lag.saw(received.as_of)
        if received.cursor is not None:
            self._cursor = received.cursor
            self._cursors.add(self._received, received.cursor)
        self._unbreathed += 1
        if self._unbreathed >= _BREATH_EVENTS:
            await self._breathe()

    async def _send(self, event: Prepared) -> None:
        self._received += 1
        on_delivery = self._deliveries.sending(self._received)
        try:
            # Kafka's client calls nobody when there is room again; the ticker makes some.
            while not self._writer.send(event.value, event.key, on_delivery):  # noqa: ASYNC110
                await asyncio.sleep(_FULL_NAP_SEC)
        except RecordRefusedError as error:
            self._deliveries.refused()
            self._keep(self._received, str(error), event.value)
        except asyncio.CancelledError:
            self._deliveries.withdrawn()
            self._received -= 1
            raise
        self._unbreathed += 1
        if self._unbreathed >= _BREATH_EVENTS:
            await self._breathe()

    async def _breathe(self) -> None:
        self._unbreathed = 0
        await asyncio.sleep(0)

    def _reject(self, reason: str, payload: bytes) -> None:
        self._received += 1
        self._deliveries.rejecting(self._received)
        self._keep(self._received, reason, payload)

    def _refused_by_broker(self, number: int, reason: str, record: DeliveredRecord) -> None:
        self._keep(number, f"Kafka does not take it: {reason}", record.value() or b"")

    def _keep(self, number: int, reason: str, payload: bytes) -> None:
        self._rejected += 1
        self._rejects.add(number, 0, reason, payload)

    async def _tick_for_ever(self) -> None:
        """Everything that must happen now and then; ends only by raising."""
        while True:
            self._tick()
            await asyncio.sleep(_TICK_SEC)

    def _tick(self) -> None:
        self._writer.poll(0)
        if self._deliveries.failure:
            raise self._writer.failure(self._deliveries.failure)
        moment = time.monotonic()
        if moment - self._sign_of_life <= self._source.stall_sec:
            self._pulse.beat(self._writer, moment)
        if moment >= self._next_save:
            self._next_save = moment + self._options.checkpoint_sec
            self._save()
            self._observer.progress(self._progress())

    async def _drain(self, most_sec: float | None, stop: asyncio.Event | None = None) -> None:
        """Wait for the reports that are due; at most `most_sec`, or a while after `stop`."""
        deadline = None if most_sec is None else time.monotonic() + most_sec
        while len(self._writer) and not self._deliveries.failure:
            if deadline is None and stop and stop.is_set():
                deadline = time.monotonic() + self._options.stop_flush_sec
            if deadline is not None and time.monotonic() > deadline:
                return
            self._writer.poll(0)
            await asyncio.sleep(_FULL_NAP_SEC)

    def _save(self) -> None:
        self._rejects.save()
        position = self._deliveries.position()
        if newest := self._deliveries.newest_record():
            partition, offset = newest.partition(), newest.offset()
            if partition is not None and offset is not None:
                self._mark = TopicMark(partition=partition, offset=offset)
        current = LiveCheckpoint(
            source=self._start.source,
            scope=self._start.scope,
            topic=self._start.topic,
            cursor=self._cursors.safe(position.rows),
            delivered=self._start.delivered + position.delivered,
            rejected=self._start.rejected + position.rejected,
            skipped=self._start.skipped + self._skipped,
            mark=self._mark,
        )
        if current != self._saved:
            resume.save(self._path, current)
            self._saved = current

    def _progress(self) -> ListenProgress:
        if (lag_sec := self._lag.seconds()) is not None:
            self._lag_sec = lag_sec
        return ListenProgress(
            received=self._received,
            delivered=self._deliveries.reported(),
            rejected=self._rejected,
            skipped=self._skipped,
            waiting=len(self._writer),
            reconnects=self._reconnects,
            lag_sec=lag_sec,
            state=self._state,
        )

    def _summary(self, *, finished: bool) -> ListenSummary:
        seconds = time.monotonic() - self._started
        return ListenSummary(
            source=self._start.source,
            scope=self._start.scope,
            topic=self._start.topic,
            received=self._received,
            delivered=self._deliveries.reported(),
            rejected=self._rejected,
            skipped=self._skipped,
            reconnects=self._reconnects,
            stalls=self._stalls,
            finished=finished,
            seconds=round(seconds, 3),
            events_per_second=round(self._received / max(seconds, 1e-9), 1),
            lag_sec=self._lag_sec,
            checkpoint=str(self._path),
            rejected_events=str(self._rejects.path) if self._rejects.path.exists() else None,
        )


def _as_is(event: Event) -> bytes:
    """The event for the rejects; what is no Unicode in it stays readable as an escape."""
    return json.dumps(msgspec.to_builtins(event)).encode()


async def _cancel(task: asyncio.Task[Any]) -> None:
    """End the task; what it raised before is for whoever looks at it."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.wait([task])
