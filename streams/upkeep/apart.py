"""Work in a process of its own that ends with it.

What loads compiled code or takes minutes: upkeep stays small, and its other jobs go on meanwhile.
"""

import importlib
import logging
import multiprocessing
import signal
from collections.abc import Callable
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Final

from clickhouse_connect.driver.client import Client

from streams import logs
from streams.migrate import connect
from streams.settings import Settings, logging_of_environment
from streams.upkeep.jobs import UNDER_WAY, Job, run_job

NO_ANSWER: Final = "ended without an answer; it is tried again"

log = logging.getLogger(__name__)


class Apart:
    """The `run` of a job with `keeps_mark`: starts the work, and later has its answer.

    `work` names a function as `module:function`, of settings, client and since when to look; this
    process never imports it. What it returns or raises comes back here.
    """

    def __init__(
        self,
        settings: Settings,
        name: str,
        work: str,
        *,
        is_due: Callable[[Client], bool] = lambda _: True,
        waits: bool = False,
    ) -> None:
        """`waits`: for the answer, instead of saying that it is under way."""
        self._given = settings, name, work
        self._is_due = is_due
        self._waits = waits
        self._process: SpawnProcess | None = None
        self._answer: Connection | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether it was started and its answer was not had yet."""
        return self._process is not None

    @property
    def answers(self) -> bool:
        """Whether its answer is there to be had, or it has ended without one."""
        return self._answer is not None and self._answer.poll()

    def __call__(self, client: Client, _since: datetime) -> Any:
        """The answer, UNDER_WAY, or "not due"; raises what the work raised."""
        if self._process is None or self._answer is None:
            if not self._is_due(client):
                return "not due"
            self._process, self._answer = self._start()
        if not (self._waits or self.answers):
            return UNDER_WAY
        process, pipe = self._process, self._answer
        self._process = self._answer = None
        try:
            answer = pipe.recv()
        except EOFError:
            log.warning("%s %s", self._given[1], NO_ANSWER)
            return NO_ANSWER
        finally:
            pipe.close()
            process.join()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _start(self) -> tuple[SpawnProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        verbose = logging.getLogger().isEnabledFor(logging.INFO)
        # A daemon ends with this process, when that ends in good order; else with its work.
        process = context.Process(target=_work, args=(theirs, verbose, *self._given), daemon=True)
        process.start()
        theirs.close()  # else its end would not be seen here
        return process, ours


def _work(pipe: Connection, verbose: bool, settings: Settings, name: str, work: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started this, who ends it
    form, secrets = logging_of_environment()
    logs.configure(form, verbose=verbose, secrets=secrets)
    module, _, function = work.partition(":")
    try:
        run = partial(getattr(importlib.import_module(module), function), settings)
        with connect(settings, in_database=True) as client:
            answer = run_job(client, Job(name, run))
    except Exception as error:  # noqa: BLE001 - it is raised again where the answer is waited for
        answer = error
    pipe.send(answer)
