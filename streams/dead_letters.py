"""Dead letters for people: list them, look at one, send them back after a fix."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.errors import BrokerUnavailableError, InputError
from streams.kafka_access import LARGEST_RECORD_BYTES, PARTITIONER
from streams.migrate import clickhouse_errors_as_ours
from streams.settings import Settings

REPLAY_HEADER = "escucha-replay-of"
FLUSH_TIMEOUT_SEC = 30.0
POLL_SEC = 0.1
_NAME = re.compile(r"(.+)/(\d{1,9})/(\d{1,19})", re.ASCII)


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter as it lies in ClickHouse."""

    topic: str
    topic_id: str
    partition: int
    offset: int
    stage: str
    reason: str
    key: bytes | None  # None: the record had none, which is not an empty one
    value: bytes | None  # None: a tombstone
    kafka_timestamp: datetime
    replayed: bool

    @property
    def name(self) -> str:
        """How commands name it."""
        return f"{self.topic}/{self.partition}/{self.offset}"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """How many letters share a reason."""

    stage: str
    reason: str
    letters: int
    waiting: int
    newest: datetime


_LETTERS = """
SELECT
    topic, topic_id, kafka_partition, kafka_offset, stage, reason, key, value, kafka_timestamp,
    (topic_id, kafka_partition, kafka_offset) IN
        (SELECT topic_id, kafka_partition, kafka_offset FROM dead_letter_replays) AS replayed
FROM dead_letters
"""

_OF_TOPIC = "({topic:String} = '' OR topic = {topic:String})"

MAX_REASONS = 200

_REASONS = f"""
SELECT
    stage, reason, count() AS letters, countIf(NOT replayed), max(kafka_timestamp),
    count() OVER () AS kinds
FROM ({_LETTERS})
WHERE {_OF_TOPIC}
GROUP BY stage, reason
ORDER BY letters DESC
LIMIT {MAX_REASONS}
"""  # noqa: S608 - both parts are constants above


@clickhouse_errors_as_ours()
def reasons(client: Client, *, topic: str = "") -> tuple[list[Reason], int]:
    """Reasons, or those of one topic, the most frequent first; and how many more there are."""
    rows = client.query(_REASONS, {"topic": topic}).result_rows
    found = [Reason(stage=r[0], reason=r[1], letters=r[2], waiting=r[3], newest=r[4]) for r in rows]
    return found, (rows[0][5] - len(rows) if rows else 0)


@clickhouse_errors_as_ours()
def show(client: Client, name: str) -> Letter:
    """The newest letter of this name; raises InputError when there is none."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise InputError(f"{name}: name a letter as topic/partition/offset")
    topic, partition, offset = parts.groups()
    found = list(
        _letters(
            client,
            "WHERE topic = {topic:String} AND kafka_partition = {partition:UInt32}"
            " AND kafka_offset = {offset:UInt64} ORDER BY seen_at DESC LIMIT 1",
            {"topic": topic, "partition": int(partition), "offset": int(offset)},
        )
    )
    if not found:
        raise InputError(f"{name}: there is no such dead letter; see escucha dead-letters list")
    return found[0]


@clickhouse_errors_as_ours()
def waiting(client: Client, *, reason_contains: str, limit: int, topic: str = "") -> list[Letter]:
    """Letters never replayed whose reason contains a text, oldest first; of a topic or of all."""
    return list(
        _letters(
            client,
            "WHERE NOT replayed AND positionCaseInsensitive(reason, {reason:String}) > 0"
            f" AND {_OF_TOPIC}"
            " ORDER BY kafka_timestamp, kafka_partition, kafka_offset LIMIT {limit:UInt32}",
            {"reason": reason_contains, "topic": topic, "limit": limit},
        )
    )


def _letters(client: Client, where: str, parameters: dict[str, Any]) -> Iterator[Letter]:
    result = client.query(
        f"{_LETTERS} {where}", parameters, column_formats={"key": "bytes", "value": "bytes"}
    )
    for row in result.result_rows:
        yield Letter(
            topic=row[0],
            topic_id=row[1],
            partition=row[2],
            offset=row[3],
            stage=row[4],
            reason=row[5],
            key=row[6],
            value=row[7],
            kafka_timestamp=row[8],
            replayed=bool(row[9]),
        )


@clickhouse_errors_as_ours()
def replay(settings: Settings, client: Client, letters: Sequence[Letter]) -> int:
    """Write the letters' own bytes to their topic again and note it; returns how many.

    Raises BrokerUnavailableError when a letter was not delivered; all others were sent, and those
    delivered are noted, so that calling again sends the rest.
    """
    delivered: list[Letter] = []
    failures: list[KafkaError] = []
    producer = Producer(
        {
            **settings.kafka.client_settings(),
            "enable.idempotence": True,
            "delivery.timeout.ms": int(FLUSH_TIMEOUT_SEC * 1000),
            "partitioner": PARTITIONER,  # behind what else its author has said
            "message.max.bytes": LARGEST_RECORD_BYTES,
        }
    )

    def report(letter: Letter, error: KafkaError | None) -> None:
        if error is None:
            delivered.append(letter)
        else:
            failures.append(error)

    for letter in letters:

        def on_delivery(error: KafkaError | None, _: Message, letter: Letter = letter) -> None:
            report(letter, error)

        while True:
            try:
                producer.produce(
                    letter.topic,
                    value=letter.value,
                    key=letter.key,
                    headers={
                        REPLAY_HEADER: f"{letter.topic_id}/{letter.partition}/{letter.offset}"
                    },
                    on_delivery=on_delivery,
                )
            except BufferError:
                producer.poll(POLL_SEC)
                continue
            except KafkaException as error:
                failures.append(error.args[0])
            break
        producer.poll(0)
    producer.flush(FLUSH_TIMEOUT_SEC)
    if delivered:
        client.insert(
            "dead_letter_replays",
            [[letter.topic_id, letter.partition, letter.offset] for letter in delivered],
            column_names=["topic_id", "kafka_partition", "kafka_offset"],
        )
    if len(delivered) < len(letters):
        reason = failures[0].str() if failures else "no answer"
        raise BrokerUnavailableError(
            f"{len(delivered)} of {len(letters)} letters sent again, then: {reason}."
            " Run the command once more for the rest"
        )
    return len(delivered)
