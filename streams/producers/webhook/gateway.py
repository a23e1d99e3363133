"""From the requests to Kafka and back: one thread polls for all, and wakes who waits."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from confluent_kafka import KafkaError, Producer

from schemas.topics import MENTIONS_RAW
from streams.errors import BrokerUnavailableError
from streams.kafka_access import KafkaAccess, Refusals
from streams.producers.base import EventWriter, RecordRefusedError, producer_settings
from streams.producers.deliveries import PERMANENT_FAULTS, DeliveredRecord, KafkaFault
from streams.producers.heartbeats import Pulse
from streams.producers.webhook.items import ROUTES, Item

PRODUCER = "webhook"
POLL_SEC = 0.05
LINGER_MS = 5  # a sender waits for the answer: less than a file's rows do
FULL_NAP_SEC = 0.02
FLUSH_SEC = 5.0
SILENCE_BEATS = 3  # heartbeats without an answer until Kafka counts as away

log = logging.getLogger(__name__)


class Shipment:
    """The records of one request; done when Kafka has said a word on each."""

    __slots__ = ("_done", "_finished", "_left", "fault", "refused")

    def __init__(self, records: int, finished: "Callable[[Shipment], None]") -> None:
        loop = asyncio.get_running_loop()
        self._done: asyncio.Future[None] = loop.create_future()
        self._finished = finished
        self._left = records
        self.fault = ""
        self.refused = False

    def on_delivery(self, fault: KafkaFault | None, record: DeliveredRecord) -> None:
        """Kafka's word on one record; called by the polling thread only."""
        if fault is not None:
            self.fault = self.fault or fault.str()
            self.refused |= fault.code() in PERMANENT_FAULTS
        self._left -= 1
        if not self._left:
            self._finished(self)

    def settle(self) -> None:
        """Wake who waits; called in the event loop."""
        if not self._done.done():
            self._done.set_result(None)

    async def wait(self) -> None:
        """Return when Kafka has acknowledged all of it; raises as `Gateway.deliver`."""
        await self._done
        if self.refused:
            raise RecordRefusedError(f"Kafka does not take it: {self.fault}")
        if self.fault:
            raise BrokerUnavailableError(f"Kafka did not take all of it ({self.fault})")


class Gateway:
    """Delivers items and says when Kafka has them. Use as an async context manager."""

    def __init__(
        self,
        writers: Mapping[str, EventWriter],
        *,
        heartbeat_sec: float,
        deadline_sec: float,
        monotonic_sec: Callable[[], float] = time.monotonic,
    ) -> None:
        """`writers` by the contract's names of their topics; all share one client."""
        self._writers = writers
        self._pulse_writer = writers[MENTIONS_RAW.name]
        self._pulse = Pulse(PRODUCER, heartbeat_sec)
        self._heartbeat_sec = heartbeat_sec
        self._deadline_sec = deadline_sec
        self._monotonic_sec = monotonic_sec
        self._finished: list[Shipment] = []  # of this round; the polling thread's own
        self._heard_at = monotonic_sec()
        self._beats_heard = 0
        self._ended: list[str] = []
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @classmethod
    def connect(
        cls, kafka: KafkaAccess, mentions_topic: str, *, heartbeat_sec: float, deadline_sec: float
    ) -> "Gateway":
        """A gateway whose broker has answered and has all topics; else BrokerUnavailableError."""
        ended: list[str] = []
        refusals = Refusals(kafka)

        def on_error(error: KafkaError) -> None:
            refusals.note(error)
            if error.fatal():
                ended.append(error.str())

        settings = producer_settings(
            kafka, client_id="escucha-receive", delivery_timeout_sec=deadline_sec
        )
        # `is_well` tells of a Kafka that is away, so that only what ends the client matters here.
        client = Producer({**settings, "linger.ms": LINGER_MS, "error_cb": on_error})
        names = {route.topic: route.topic for route in ROUTES} | {MENTIONS_RAW.name: mentions_topic}
        writers = {
            topic: EventWriter.over(client, kafka, name, refusals) for topic, name in names.items()
        }
        gateway = cls(writers, heartbeat_sec=heartbeat_sec, deadline_sec=deadline_sec)
        gateway._ended = ended
        return gateway

    @property
    def is_well(self) -> bool:
        """Whether Kafka has answered a heartbeat lately; without heartbeats, always."""
        silence_sec = self._monotonic_sec() - self._heard_at
        return not self._heartbeat_sec or silence_sec < SILENCE_BEATS * self._heartbeat_sec

    @property
    def ended_by(self) -> str:
        """Why the Kafka client will never send again; empty while it may. Only a restart helps."""
        return self._ended[0] if self._ended else ""

    async def deliver(self, topic: str, items: Sequence[Item]) -> None:
        """Return when Kafka has acknowledged every item.

        Raises:
            RecordRefusedError: Kafka will never take one of them.
            BrokerUnavailableError: not all were acknowledged in time; some may have been.
        """
        writer = self._writers[topic]
        shipment = Shipment(len(items), self._finished.append)
        try:
            async with asyncio.timeout(self._deadline_sec + 1.0):
                for item in items:
                    # The queue tells nobody when it has room.
                    while not writer.send(item.value, item.key, shipment.on_delivery):  # noqa: ASYNC110
                        await asyncio.sleep(FULL_NAP_SEC)
                await shipment.wait()
        except TimeoutError as error:
            raise BrokerUnavailableError("Kafka did not answer in time") from error

    async def __aenter__(self) -> "Gateway":
        loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._poll, args=(loop,), name="kafka", daemon=True)
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop polling; by then nobody waits for an answer."""
        self._stopping.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)
        self._pulse.farewell(self._pulse_writer)
        left = await asyncio.to_thread(self._pulse_writer.flush, FLUSH_SEC)
        if left:
            log.warning("%d records were not acknowledged when the receiver stopped", left)
            self._pulse_writer.abandon()

    def _poll(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run delivery callbacks until told to stop; one wake-up of the loop for each round."""
        while not self._stopping.is_set():
            self._pulse_writer.poll(POLL_SEC)
            now_sec = self._monotonic_sec()
            try:
                self._pulse.beat(self._pulse_writer, now_sec)
            except BrokerUnavailableError as error:
                log.warning("heartbeat: %s", error)
            if self._pulse.acknowledged != self._beats_heard:
                self._beats_heard = self._pulse.acknowledged
                self._heard_at = now_sec
            if self._finished:
                done = self._finished.copy()
                self._finished.clear()
                loop.call_soon_threadsafe(_settle, done)


def _settle(done: Sequence[Shipment]) -> None:
    for shipment in done:
        shipment.settle()
