"""Upkeep's look at drift (`drift.py`, which runs apart) and what it says of it."""

import logging
from datetime import datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from streams.settings import Settings
from streams.upkeep.apart import Apart

JOB: Final = "drift"

log = logging.getLogger(__name__)


class DriftWatch:
    """The job: tells each alarm once, and again when it has been over in between."""

    def __init__(self, settings: Settings, *, waits: bool = False) -> None:
        self._look = Apart(settings, JOB, "streams.upkeep.drift_words:look_apart", waits=waits)
        self._ringing: frozenset[tuple[str, ...]] = frozenset()

    def __call__(self, client: Client, since: datetime) -> list[str] | str:
        """New alarms in words, or why there is no answer."""
        alarms = self._look(client, since)
        if isinstance(alarms, str):
            return alarms
        news = [words for series, words in alarms if series not in self._ringing]
        self._ringing = frozenset(series for series, _ in alarms)
        for line in news:
            log.warning("%s", line)
        return news
