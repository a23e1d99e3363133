"""The loop of `escucha signals`: wake, look, let the couriers know; until a signal."""

import logging
import os
import signal
import threading
import time
from pathlib import Path
from types import FrameType

from clickhouse_connect.driver.exceptions import ClickHouseError

from streams import clock
from streams.errors import EscuchaError, SinkUnavailableError
from streams.metrics import ROUND, Metrics
from streams.migrate import clickhouse_errors_as_ours, connect
from streams.readiness import ready_file
from streams.settings import Settings
from streams.signals.emerging.live import Watch
from streams.signals.emerging.notify import outbox
from streams.signals.emerging.notify.addresses import channels
from streams.signals.emerging.notify.channels import Channel
from streams.signals.emerging.settings import DetectorSettings
from streams.signals.emerging.wakeups import Wakeups
from streams.upkeep import marks
from streams.vitals import Pulse
from streams.vitals_server import VitalsServer

EXIT_OK = 0
EXIT_FAILED = 70
EXIT_UNAVAILABLE = 75
LOOK_AT_MOST_EVERY_SEC = 1.0
# Also without a word of new mentions: alerts fade by the clock, and Kafka may be away. Less than
# the ten seconds within which an alert has to be out; each look costs ClickHouse, also when idle.
LOOK_AT_LEAST_EVERY_SEC = 8.0
LOOK_SEC = 50.0  # one question of a look; less than the client's patience, or looks pile up
_GLANCE_SEC = 0.5  # so soon a signal is seen
MARK_EVERY_SEC = 60.0  # so often it says in ClickHouse that it looks
JOB = "signals"
STUCK_SEC = 600.0  # much longer than all questions of a look may take

log = logging.getLogger(__name__)


def run(settings: Settings, detector: DetectorSettings) -> int:
    """Watch until SIGTERM or SIGINT; returns the exit code. Raises as `watch_until` does."""
    stop = threading.Event()
    _stop_on_signals(stop)
    ready, pulse, metrics = ready_file(settings), Pulse(STUCK_SEC, time.monotonic()), None
    if settings.metrics_port is not None:
        metrics = Metrics()
        VitalsServer(
            metrics,
            lambda: pulse.judge(time.monotonic()),
            host=settings.metrics_host,
            port=settings.metrics_port,
            port_file=ready.with_suffix(".port") if ready else None,
            of_worker=False,
        )
    return watch_until(stop, settings, detector, ready, metrics, pulse)


def watch_until(
    stop: threading.Event,
    settings: Settings,
    detector: DetectorSettings,
    ready: Path | None,
    metrics: Metrics | None = None,
    pulse: Pulse | None = None,
) -> int:
    """Watch until `stop` is set; returns the exit code. Writes `ready` after the first look.

    `metrics` are told of each look, `pulse` also of attempts at one.
    Raises SettingsError when an address of the notices is wrong. Several may run: what one has
    written, another does not write again; notices may then come twice, under the same key.
    """
    ways = channels(settings)
    wakeups = Wakeups(settings.kafka)
    couriers: list[outbox.Courier] = []
    away_since: float | None = None
    watch: Watch | None = None
    marked_at = -MARK_EVERY_SEC
    try:
        while not stop.is_set():
            began = time.monotonic()
            if pulse is not None:
                pulse.turned_at = began
            try:
                with clickhouse_errors_as_ours():
                    if watch is None:
                        client = connect(settings, in_database=True, at_most_sec=LOOK_SEC)
                        for way in ways:
                            outbox.register(client, way)
                        watch = Watch(client, detector, settings.console_url)
                    changes = watch.look()
                    if began - marked_at >= MARK_EVERY_SEC:
                        marks.note(client, JOB, marks.server_time(client))
                        marked_at = began
            except SinkUnavailableError as error:
                away_since = began if away_since is None else away_since
                watch = None
                if began - away_since > settings.sink_deadline_sec:
                    log.error("signals stop: %s", error)
                    return EXIT_UNAVAILABLE
                log.warning("signals wait: %s", error)
                stop.wait(1.0)
                continue
            except (EscuchaError, ClickHouseError) as error:
                log.error("signals stop: %s", error)
                return EXIT_FAILED
            away_since = None
            if metrics is not None:
                metrics.show(ROUND, clock.now().timestamp(), program=JOB)
            if not couriers:
                couriers = _start(settings, ways, stop)
            if changes:
                for courier in couriers:
                    courier.news.set()
            if ready is not None:
                ready.write_text(str(os.getpid()), encoding="ascii")
                ready = None
            stop.wait(max(0.0, LOOK_AT_MOST_EVERY_SEC - (time.monotonic() - began)))
            _wait(wakeups, stop)
    finally:
        stop.set()
        for courier in couriers:
            courier.news.set()
        for courier in couriers:
            courier.join(2.0)  # what it is at is sent again by the next one
        wakeups.close()
    return EXIT_OK


def _start(settings: Settings, ways: list[Channel], stop: threading.Event) -> list[outbox.Courier]:
    couriers = [
        outbox.Courier(lambda: connect(settings, in_database=True, at_most_sec=LOOK_SEC), way, stop)
        for way in ways
    ]
    for courier in couriers:
        courier.start()
    return couriers


def _wait(wakeups: Wakeups, stop: threading.Event) -> None:
    """Until mentions have landed, or the time for a look has come all the same."""
    for _ in range(int(LOOK_AT_LEAST_EVERY_SEC / _GLANCE_SEC)):
        if stop.is_set() or wakeups.wait(_GLANCE_SEC):
            return


def _stop_on_signals(stop: threading.Event) -> None:
    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
