"""What upkeep shows for the whole installation: gaps, letters, silent sources, room, lag.

A worker knows its own partitions only, and says nothing when it is dead.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from clickhouse_connect.driver.client import Client

from streams.errors import BrokerUnavailableError
from streams.metrics import Metrics
from streams.settings import Settings
from streams.steps.business import KIND_OF_TOPIC
from streams.topic_admin import TopicAdmin

BOOKS_EVERY_SEC = 30.0

log = logging.getLogger(__name__)


class Books:
    """A job of upkeep that reads the books and shows them as gauges."""

    def __init__(
        self, settings: Settings, metrics: Metrics, stalled: Callable[[], int] = lambda: 0
    ) -> None:
        self._settings, self._metrics, self._stalled = settings, metrics, stalled

    def __call__(self, client: Client, _since: datetime) -> str:
        """Read once; says what it found."""
        [[gaps]] = client.query(_GAPS).result_rows
        [[letters]] = client.query(_LETTERS).result_rows
        self._metrics.show("escucha_ledger_gaps", gaps)
        self._metrics.show("escucha_dead_letters_waiting", letters)
        self._metrics.show("escucha_sources_stalled", self._stalled())
        room: dict[tuple[str, ...], float] = {
            (str(disk),): float(share) for disk, share in client.query(_ROOM).result_rows
        }
        self._metrics.show_all("escucha_clickhouse_free_ratio", room)
        [[backups, newest]] = client.query(_BACKUP).result_rows
        if backups:
            self._metrics.show("escucha_last_backup_timestamp_seconds", newest)
        try:
            lags = self._lags()
        except BrokerUnavailableError as error:
            log.warning("the group's lag is not known: %s", error)
            lags = {}
        self._metrics.show_all("escucha_group_lag_records", lags)
        return f"{gaps} gaps, {letters} letters wait, lag {sum(lags.values()):.0f}"

    def _lags(self) -> dict[tuple[str, ...], float]:
        admin = TopicAdmin(self._settings.kafka)
        found: dict[tuple[str, ...], float] = {}
        for name in (self._settings.mentions_topic, *KIND_OF_TOPIC):
            topic = admin.topic(name)
            if topic is None:
                continue
            numbers = range(topic.partitions)
            committed = admin.committed(self._settings.kafka_group, name, numbers)
            ends = admin.log_offsets(name, numbers)
            found[(name,)] = float(sum(admin.lag(name, ends, committed).values()))
        return found


_GAPS = """
SELECT countIf(position != before AND before != 0)
FROM
(
    SELECT
        position,
        lagInFrame(last_offset + 1, 1, 0) OVER (
            PARTITION BY topic_id, kafka_partition ORDER BY position
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS before
    FROM ledger
    WHERE planned_at > now() - INTERVAL 1 DAY
)
"""

_BACKUP = "SELECT count(), toUnixTimestamp(max(mark)) FROM upkeep_marks WHERE job = 'backup'"

_ROOM = "SELECT name, free_space / total_space FROM system.disks WHERE total_space > 0"

_LETTERS = """
SELECT count()
FROM dead_letters
WHERE (topic_id, kafka_partition, kafka_offset) NOT IN
    (SELECT topic_id, kafka_partition, kafka_offset FROM dead_letter_replays)
"""
