"""Runs one worker until a signal or an error; what it exits with tells a supervisor why.

Faust's own worker command restarts a failed agent in place, which would skip the failed batch,
and then ignores SIGTERM for minutes. This one stops for good and lets the next worker take over.
"""

import asyncio
import ctypes
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import faust
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.app import build_app, make_model_book, make_rule_book
from streams.errors import (
    BrokerUnavailableError,
    EscuchaError,
    OwnershipLostError,
    SinkUnavailableError,
)
from streams.metrics import Metrics
from streams.observer import Observer
from streams.readiness import ready_file
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.topic_admin import TopicAdmin
from streams.tracing import make_tracer
from streams.transport import Consumer
from streams.vitals import Vitals
from streams.vitals_server import VitalsServer
from streams.watching import Watch

EXIT_OK = 0
EXIT_FAILED = 70  # a defect or a refusal: a person must look
EXIT_UNAVAILABLE = 75  # what it depends on is away: starting again may help
STOP_TIMEOUT_SEC = 4.0
WATCH_INTERVAL_SEC = 0.5
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # of glibc's malloc.h
_OWN_MAPPING_BYTES = 1024 * 1024

RESTART_HELPS = (SinkUnavailableError, BrokerUnavailableError, OwnershipLostError)

log = logging.getLogger(__name__)


def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT (exit 0), or until something fails (exit 70 or 75)."""
    status = asyncio.run(_run(settings))
    logging.shutdown()
    sys.stdout.flush()
    # Threads of Kafka clients that lost their broker can hold the interpreter's exit up.
    os._exit(status)


async def _run(settings: Settings) -> int:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[BaseException | None] = loop.create_future()

    def end(error: BaseException | None = None) -> None:
        if not ended.done():
            ended.set_result(error)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    _keep_memory_low()
    metrics, vitals = Metrics(), Vitals(settings.stall_sec)
    ready = ready_file(settings)
    if settings.metrics_port is not None:
        # A daemon's thread: it ends with the process, and answers until then.
        VitalsServer(
            metrics,
            lambda: vitals.judge(time.monotonic()),
            host=settings.metrics_host,
            port=settings.metrics_port,
            port_file=ready.with_suffix(".port") if ready else None,
        )
    failed = partial(metrics.count, "escucha_sink_failures_total")
    async with ClickHouse(settings, failed=failed) as clickhouse:
        models = make_model_book(settings, clickhouse)
        await models.open()
        rules = make_rule_book(settings, clickhouse)
        await rules.open()
        if settings.kafka.security != "PLAINTEXT":
            # aiokafka would only log why a broker refuses it, and say that none answered.
            admin = TopicAdmin(settings.kafka)
            await asyncio.to_thread(admin.topic, settings.mentions_topic)
        tracer = make_tracer(settings.traces_url, worker=models.worker)
        app = build_app(settings, clickhouse, models, rules, end, Observer(metrics, tracer))
        loop.set_exception_handler(lambda _, context: _unhandled(context))
        starting = asyncio.create_task(app.start())
        starting.add_done_callback(lambda task: _end_if_failed(task, end))
        looks = Watch(settings, app, clickhouse, models, rules, metrics, vitals)
        watch = asyncio.create_task(_watch(app, looks, end, ready))
        watch.add_done_callback(lambda task: _end_if_failed(task, end))
        reloading = [
            asyncio.create_task(rules.watch(settings.rules_refresh_sec)),
            asyncio.create_task(models.watch(settings.model_refresh_sec)),
        ]
        for task in reloading:
            task.add_done_callback(lambda task: _end_if_failed(task, end))
        _tune_garbage_collector()
        error = await ended
        watch.cancel()
        for task in reloading:
            task.cancel()
        status = _status(error)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_SEC):
                await app.stop()
                await asyncio.to_thread(tracer.close)
        except TimeoutError:
            log.warning("not everything stopped in %.0f s; leaving", STOP_TIMEOUT_SEC)
        return status


def _end_if_failed(task: asyncio.Task[None], end: Callable[[BaseException | None], None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        end(error)


async def _watch(
    app: faust.App,
    looks: Watch,
    end: Callable[[BaseException | None], None],
    ready: Path | None,
) -> None:
    """End the worker when Faust has crashed or the broker has put it out of its group.

    Says once, by its pid in the file `ready`, that it has joined.
    """
    while True:
        await asyncio.sleep(WATCH_INTERVAL_SEC)
        if app.crashed:
            end(app.crash_reason or RuntimeError("Faust crashed"))
        elif app.started:
            try:
                cast(Consumer, app.consumer).check_membership()
            except (KafkaError, RuntimeError) as error:
                end(error)
        if await looks.look() and ready is not None:
            _write_pid(ready)
            ready = None


def _write_pid(path: Path) -> None:
    path.write_text(str(os.getpid()), encoding="ascii")


def _status(error: BaseException | None) -> int:
    if error is None:
        return EXIT_OK
    if isinstance(error, RESTART_HELPS):
        log.error("worker stops: %s", error)
        return EXIT_UNAVAILABLE
    if isinstance(error, KafkaConnectionError):
        log.error("worker stops, Kafka cannot be reached (ESCUCHA_KAFKA_BOOTSTRAP?): %s", error)
        return EXIT_UNAVAILABLE
    if isinstance(error, EscuchaError):
        log.error("worker stops: %s", error)
        return EXIT_FAILED
    log.error("worker stops", exc_info=error)
    return EXIT_FAILED


def _unhandled(context: dict[str, Any]) -> None:
    log.error("unhandled: %s", context.get("message"), exc_info=context.get("exception"))


def _keep_memory_low() -> None:
    """Give memory back: a heap for each thread keeps freed batches resident.

    Blocks as large as a column or an insert get a mapping of their own, which goes when they do;
    left alone, glibc takes them from a heap that they leave full of holes.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _OWN_MAPPING_BYTES)


def _tune_garbage_collector() -> None:
    """Batches are acyclic: look for cycles rarely, and never in what start-up made."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
