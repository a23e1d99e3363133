"""The loop of `escucha upkeep`: each job in its turn, alone, until a signal."""

import asyncio
import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from streams import clock
from streams.errors import BrokerUnavailableError, EscuchaError, InputError, SinkUnavailableError
from streams.metrics import ROUND, Metrics
from streams.migrate import connect
from streams.privacy.retention import Retention, apply_to_tables
from streams.privacy.topic_retention import apply_to_topics
from streams.readiness import ready_file
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.sources import StallWatch
from streams.upkeep import deletions, drift_watch, parents_watch, value_watch
from streams.upkeep.apart import NO_ANSWER, Apart
from streams.upkeep.books import BOOKS_EVERY_SEC, Books
from streams.upkeep.drift_watch import DriftWatch
from streams.upkeep.jobs import UNDER_WAY, Job, run_job
from streams.upkeep.listened import are_new
from streams.upkeep.near_duplicates import CollapseReport, collapse
from streams.upkeep.parents_watch import ParentsWatch
from streams.upkeep.value_watch import ValueRuns
from streams.vitals import Verdict
from streams.vitals_server import VitalsServer

EXIT_OK = 0
EXIT_FAILED = 70  # a defect or a refusal: a person must look
EXIT_UNAVAILABLE = 75  # what it needs is away: starting again may help
PURGE_EVERY_SEC = 3_600.0  # it rewrites whole parts: seconds for each million rows
RETENTION_EVERY_SEC = 3_600.0
SOURCES_EVERY_SEC = 15.0
DRIFT_EVERY_SEC = 900.0
PROGRAM = "upkeep"  # in its metrics
_LEAVE_SEC = 2.5  # for the loop beside to end in good order

log = logging.getLogger(__name__)


def standard_jobs(
    settings: Settings,
    retention: Retention,
    metrics: Metrics | None = None,
    *,
    waits: bool = False,
) -> tuple[Job, ...]:
    """Deletions, copies, new rules in every round; the others now and then.

    With `metrics` also the books, for whoever reads them. `waits`: for jobs that run apart.
    """
    watch = StallWatch(settings)
    books: tuple[Job, ...] = ()
    if metrics is not None:
        job = Books(settings, metrics, lambda: watch.stalled)
        books = (Job("books", job, BOOKS_EVERY_SEC),)

    def watch_sources(client: Client, _since: datetime) -> list[str]:
        news = watch.look(client)
        for line in news:
            log.warning("%s", line)
        return news

    delete = Job(deletions.JOB, deletions.carry_out)

    def collapse_copies(client: Client, since: datetime) -> CollapseReport:
        return asyncio.run(_collapse(settings, since, lambda: run_job(client, delete)))

    drifts = DriftWatch(settings, waits=waits)
    note_rules = Apart(
        settings, "listened", "streams.upkeep.listened:note", is_due=are_new, waits=waits
    )

    def keep_no_longer(client: Client, _since: datetime) -> list[str]:
        changed = apply_to_tables(client, retention)
        return changed + apply_to_topics(settings.kafka, retention.topics)

    return (
        delete,
        Job("near_duplicates", collapse_copies),
        Job(parents_watch.JOB, ParentsWatch(settings, waits=waits), parents_watch.EVERY_SEC, True),
        Job(value_watch.JOB, ValueRuns(settings, waits=waits), value_watch.EVERY_SEC, True),
        Job("listened", note_rules, keeps_mark=True),
        Job("sources", watch_sources, SOURCES_EVERY_SEC),
        Job(drift_watch.JOB, drifts, DRIFT_EVERY_SEC, keeps_mark=True),
        *books,
        Job("purge", lambda client, _: deletions.purge(client), PURGE_EVERY_SEC),
        Job("retention", keep_no_longer, RETENTION_EVERY_SEC),
    )


async def _collapse(
    settings: Settings, since: datetime, between: Callable[[], object]
) -> CollapseReport:
    """`between`: what must not wait for the minutes that an archive of millions takes."""
    async with ClickHouse(settings) as clickhouse:
        report = await collapse(clickhouse, since)
        while not report.is_complete:
            between()
            report = await collapse(clickhouse, report.next_since)
        return report


def run(
    settings: Settings,
    jobs: Sequence[Job],
    *,
    once: bool = False,
    every_sec: float = 10.0,
    metrics: Metrics | None = None,
    beside: Callable[[threading.Event], int] | None = None,
) -> int:
    """Run the jobs until SIGTERM or SIGINT, or one round; returns the exit code.

    That of one round says whether all was done: nobody tries again what ran apart and did not
    answer, so it is EXIT_UNAVAILABLE. Without `once` the next round does.
    `beside` runs in a thread until the event is set; when it ends before, with its exit code, all
    ends. Raises InputError when another upkeep runs in this run directory. Jobs of two hosts at
    once do no harm, they only do the work twice.
    """
    stop = threading.Event()
    _stop_on_signals(stop)
    with only_one(settings.run_dir):
        ready = ready_file(settings)
        if metrics is not None and settings.metrics_port is not None and not once:
            VitalsServer(
                metrics,
                Verdict,  # its jobs may take as long as they take
                host=settings.metrics_host,
                port=settings.metrics_port,
                port_file=ready.with_suffix(".port") if ready else None,
                of_worker=False,
            )
        companion = _Companion(beside, stop) if beside is not None else None
        code = _rounds(settings, jobs, stop, ready, metrics, once=once, every_sec=every_sec)
        stop.set()
        return companion.code(code) if companion is not None else code


class _Companion:
    """Another loop of this process; its end is the end of the process."""

    def __init__(self, run: Callable[[threading.Event], int], stop: threading.Event) -> None:
        self._run, self._stop = run, stop
        self._code = EXIT_FAILED
        self._thread = threading.Thread(target=self._until_its_end, daemon=True, name="beside")
        self._thread.start()

    def code(self, other: int) -> int:
        """The exit code of both, once it has ended."""
        self._thread.join(_LEAVE_SEC)
        return other or self._code

    def _until_its_end(self) -> None:
        try:
            self._code = self._run(self._stop)
        except EscuchaError as error:
            log.error("upkeep stops: %s", error)
        finally:
            self._stop.set()


def _rounds(
    settings: Settings,
    jobs: Sequence[Job],
    stop: threading.Event,
    ready: Path | None,
    metrics: Metrics | None,
    *,
    once: bool,
    every_sec: float,
) -> int:
    due: dict[str, float] = {}
    away_since: float | None = None
    unanswered: list[str] = []  # in this round
    while not stop.is_set():
        began = time.monotonic()
        unanswered.clear()
        try:
            with connect(settings, in_database=True) as client:
                for job in jobs:
                    if stop.is_set():
                        break
                    if due.get(job.name, 0.0) <= began:
                        result = run_job(client, job)
                        pause_sec = 0.0 if result is UNDER_WAY else job.every_sec or 0.0
                        due[job.name] = began + pause_sec
                        if result == NO_ANSWER:
                            unanswered.append(job.name)
        except (BrokerUnavailableError, SinkUnavailableError) as error:
            away_since = began if away_since is None else away_since
            if once or began - away_since > settings.sink_deadline_sec:
                log.error("upkeep stops: %s", error)
                return EXIT_UNAVAILABLE
            log.warning("upkeep waits: %s", error)
        except (EscuchaError, ClickHouseError) as error:
            log.error("upkeep stops: %s", error)
            return EXIT_FAILED
        else:
            away_since = None
            if metrics is not None:
                metrics.show(ROUND, clock.now().timestamp(), program=PROGRAM)
            if ready is not None:
                ready.write_text(str(os.getpid()), encoding="ascii")
                ready = None
        if once:
            break
        stop.wait(max(0.0, every_sec - (time.monotonic() - began)))
    if once and unanswered:
        log.error("upkeep stops: no answer of %s; run it again", ", ".join(unanswered))
        return EXIT_UNAVAILABLE
    return EXIT_OK


@contextmanager
def only_one(run_dir: Path) -> Iterator[None]:
    """Hold the run directory's upkeep lock; the system frees it when the process ends."""
    run_dir.mkdir(parents=True, exist_ok=True)
    with (run_dir / "upkeep.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"another escucha upkeep runs in {run_dir}; the local stack starts one by itself"
            ) from error
        yield


def _stop_on_signals(stop: threading.Event) -> None:
    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
