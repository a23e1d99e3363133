"""What upkeep does: work on rows stored since a moment."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from streams.migrate import clickhouse_errors_as_ours
from streams.upkeep import marks

UNDER_WAY: Final = "is under way"  # the answer of work that goes on; it is asked again next round

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work on rows stored since a moment; repeatable, and harmless when it is run twice.

    `every_sec` is None for a job of every round. One that `keeps_mark` itself notes up to when it
    has looked.
    """

    name: str
    run: Callable[[Client, datetime], object]
    every_sec: float | None = None
    keeps_mark: bool = False


@clickhouse_errors_as_ours()
def run_job(client: Client, job: Job) -> object:
    """One run of a job; its mark moves only when it has ended well."""
    started = marks.server_time(client)
    result = job.run(client, marks.look_since(client, job.name))
    if not job.keeps_mark:
        marks.note(client, job.name, started)
    log.info("%s: %s", job.name, result)
    return result
