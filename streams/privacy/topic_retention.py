"""Retention of topics as the operator wants it, where it differs from schemas/topics.py."""

from collections.abc import Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from schemas.topics import DAY_MS
from streams.errors import BrokerUnavailableError
from streams.kafka_access import KafkaAccess
from streams.privacy.retention import FOR_EVER

RETENTION_MS = "retention.ms"
TIMEOUT_SEC = 10.0


def topic_settings(kafka: KafkaAccess, topic: str) -> dict[str, str] | None:
    """What a broker says of a topic; None where it does not answer such questions."""
    admin = AdminClient({**kafka.client_settings(), "log_level": 0})
    asked = ConfigResource(ResourceType.TOPIC, topic)
    try:
        [(_, future)] = admin.describe_configs([asked], request_timeout=TIMEOUT_SEC).items()
        return {name: entry.value for name, entry in future.result(timeout=TIMEOUT_SEC).items()}
    except (KafkaException, TimeoutError):
        return None


def apply_to_topics(kafka: KafkaAccess, days_by_topic: Mapping[str, int]) -> list[str]:
    """Set the retention of each topic where it differs; returns what was changed, in words.

    Raises BrokerUnavailableError when the broker does not answer, has no such topic, or (the
    local one) does not change settings.
    """
    changed = []
    admin = AdminClient(kafka.client_settings())
    for topic, days in days_by_topic.items():
        wanted = "-1" if days == FOR_EVER else str(days * DAY_MS)
        try:
            asked = ConfigResource(ResourceType.TOPIC, topic)
            [(_, future)] = admin.describe_configs([asked], request_timeout=TIMEOUT_SEC).items()
            if future.result(timeout=TIMEOUT_SEC)[RETENTION_MS].value == wanted:
                continue
            entry = ConfigEntry(RETENTION_MS, wanted, incremental_operation=AlterConfigOpType.SET)
            resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
            [(_, altered)] = admin.incremental_alter_configs(
                [resource], request_timeout=TIMEOUT_SEC
            ).items()
            altered.result(timeout=TIMEOUT_SEC)
        except (KafkaException, TimeoutError) as error:
            raise BrokerUnavailableError(
                f"the retention of {topic} cannot be set: {error}. Is it in"
                " ESCUCHA_RETENTION_DAYS under its right name?"
            ) from error
        changed.append(f"{topic}: kept {'for ever' if days == FOR_EVER else f'for {days} days'}")
    return changed
