"""Kafka topics as code: key, partitions, retention, compaction."""

from dataclasses import dataclass

DAY_MS = 24 * 60 * 60 * 1000


@dataclass(frozen=True)
class TopicSpec:
    """One topic; `escucha migrate` creates it and `escucha doctor` compares it.

    `retention_ms` is None where records are kept for good.
    """

    name: str
    key: str
    carries: str
    retention_ms: int | None
    compacted: bool = False
    partitions: int | None = None  # None: as the deployment sets for busy topics

    def config(self) -> dict[str, str]:
        """Broker settings of the topic, as the admin protocol takes them."""
        retention_ms = -1 if self.retention_ms is None else self.retention_ms
        return {
            "cleanup.policy": "compact" if self.compacted else "delete",
            "retention.ms": str(retention_ms),
        }


MENTIONS_RAW = TopicSpec(
    "mentions.raw.v1", key="author id", carries="Event", retention_ms=14 * DAY_MS
)
DEAD_LETTERS = TopicSpec(
    "dead_letters.v1",
    key="topic/partition/offset of the record",
    carries="DeadLetter",
    retention_ms=30 * DAY_MS,
    partitions=1,
)
PROGRESS = TopicSpec(
    "progress.v1", key="topic/partition", carries="Progress", retention_ms=DAY_MS, partitions=1
)
ALERTS = TopicSpec(
    "alerts.v1", key="alert id", carries="Alert", retention_ms=None, compacted=True, partitions=1
)
ORDERS = TopicSpec("orders.v1", key="author id", carries="Order", retention_ms=None, partitions=3)
GESTURES = TopicSpec(
    "gestures.v1", key="author id", carries="Gesture", retention_ms=None, partitions=1
)
LABELS = TopicSpec("labels.v1", key="mention id", carries="Label", retention_ms=None, partitions=1)

TOPICS: tuple[TopicSpec, ...] = (
    MENTIONS_RAW,
    DEAD_LETTERS,
    PROGRESS,
    ALERTS,
    ORDERS,
    GESTURES,
    LABELS,
)
