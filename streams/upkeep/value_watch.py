"""When upkeep computes the value of social customers anew (`value.py`, which runs apart)."""

import time
from datetime import datetime
from typing import Final

from clickhouse_connect.driver.client import Client

from streams.settings import Settings
from streams.upkeep.apart import NO_ANSWER, Apart
from streams.upkeep.jobs import UNDER_WAY

JOB: Final = "value"
EVERY_SEC: Final = 60.0  # how often it looks whether anything changed
REST: Final = 20  # a run is followed by so many times its own duration of rest

# What figures are made of. A change of any part of these is a reason to compute anew.
SOURCES: Final = (
    "mentions", "interactions", "orders", "gestures", "near_duplicates", "value_settings",
    "exchange_rates", "rule_versions",
)  # fmt: skip
_STORED: Final = """
SELECT table, sum(rows), max(max_block_number)
FROM system.parts
WHERE database = currentDatabase() AND active AND table IN {tables:Array(String)}
GROUP BY table
UNION ALL
SELECT table, count(), max(toUInt64OrZero(extract(mutation_id, '[0-9]+')))
FROM system.mutations
WHERE database = currentDatabase() AND table IN {tables:Array(String)}
GROUP BY table
ORDER BY ALL
"""


class ValueRuns:
    """The job: a run when something changed, and not too often."""

    def __init__(self, settings: Settings, *, waits: bool = False) -> None:
        self._run = Apart(settings, JOB, "streams.upkeep.value:run_apart", waits=waits)
        self._seen: object = None
        self._about: object = None  # what the run under way is about
        self._not_before = 0.0

    def __call__(self, client: Client, since: datetime) -> str:
        """What was done, in words."""
        if not self._run.is_under_way:
            if time.monotonic() < self._not_before:
                return "rests"
            self._about = what_is_stored(client)
            if self._about == self._seen:
                return "nothing new"
        answer = self._run(client, since)
        if answer in {UNDER_WAY, NO_ANSWER}:
            return str(answer)
        if answer is None:
            return "waits until escucha forget is done"
        run, spent = answer
        self._seen = self._about
        self._not_before = time.monotonic() + REST * spent
        return f"run {run} in {spent:.1f} s"


def what_is_stored(client: Client) -> object:
    """Something that differs when any source of the figures does; merging parts changes nothing."""
    return client.query(_STORED, {"tables": list(SOURCES)}).result_rows
