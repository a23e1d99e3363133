"""Whether counts are exact, by what is in the topic: it is read once more, by other means."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams.errors import BrokerUnavailableError, SinkUnavailableError
from streams.migrate import connect
from streams.reconcile import Balance, reconcile
from streams.settings import Settings
from streams.topic_admin import TopicAdmin
from tests.end_to_end.traffic import BAD, HEADER, Sent

SETTLE_SEC = 600.0


@dataclass
class Truth:
    """What the topic holds."""

    records: int = 0
    good: int = 0  # distinct ones
    again: int = 0
    bad: int = 0
    heartbeats: int = 0

    @classmethod
    def of(cls, sent: Sent) -> "Truth":
        """As the one sender says, where nothing else wrote and it was never killed."""
        return cls(sent.records, sent.good, sent.again, sent.bad)


@dataclass
class Proof:
    """The books of a run, and what does not balance in them."""

    truth: Truth
    rows: int
    dead_letters: int
    duplicates: int
    lag: int
    gaps: int
    views: int
    problems: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether all of it balances."""
        return not self.problems


def read_topic(settings: Settings) -> Truth:
    """Read the mentions' topic from its beginning to its end."""
    topic = settings.mentions_topic
    admin = TopicAdmin(settings.kafka)
    found = admin.topic(topic)
    assert found is not None
    ends = admin.log_offsets(topic, range(found.partitions))
    open_ = {number for number, (start, end) in ends.items() if end > start}
    reader = Consumer(
        {
            **settings.kafka.client_settings(),
            "group.id": "lab",  # never joined
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    truth, ids = Truth(), set()
    reader.assign([TopicPartition(topic, number, ends[number][0]) for number in open_])
    while open_:
        for message in reader.consume(10_000, timeout=10):
            error = message.error()
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                open_.discard(message.partition())
                continue
            truth.records += 1
            says = _says(message.headers(), message.value())
            if says == BAD:
                truth.bad += 1
            elif says == b"":
                truth.heartbeats += 1
            else:
                truth.again += says in ids
                ids.add(says)
    reader.close()
    truth.good = len(ids)
    return truth


def _says(headers: Sequence[tuple[str, bytes]] | None, value: bytes | None) -> bytes:
    """BAD, the id of a mention, or nothing for a sign of life."""
    for name, said in headers or ():
        if name == HEADER:
            return said
    event = msgspec.json.decode(value or b"")  # from a producer of the product
    return str(event["mention_id"]).encode() if event["type"] == "mention" else b""


def settled(settings: Settings, timeout_sec: float = SETTLE_SEC) -> Balance:
    """The books once nothing moves any more, or as they stand when time is up."""
    deadline = time.monotonic() + timeout_sec
    while True:
        try:
            balance = reconcile(settings)
        except (BrokerUnavailableError, SinkUnavailableError):
            if time.monotonic() > deadline:
                raise
        else:
            done = not balance.in_flight and not balance.problems
            if done or time.monotonic() > deadline:
                return balance
        time.sleep(0.5)


def prove(settings: Settings, sent: Sent, truth: Truth | None = None) -> Proof:
    """Wait until all is stored; compare tables, views and ledger with the topic."""
    balance = settled(settings)
    truth = truth or read_topic(settings)
    with connect(settings, in_database=True) as client:
        counts = client.query(_COUNTS).first_row
        distinct, rows, collapsed, letters, places, batches = counts
        views, disagreeing = _views(client)
    lag = sum(p.lag for p in balance.partitions)
    gaps = sum(p.gaps for p in balance.partitions)
    duplicates = sum(p.duplicates for p in balance.partitions)
    checks: Mapping[str, bool] = {
        "the topic holds every good mention that was sent": truth.good >= sent.good,
        "rows = distinct valid events": rows == truth.good,
        "distinct mentions = distinct valid events": distinct == truth.good,
        "rows after collapsing = rows": collapsed == rows,
        "duplicates = events sent twice": duplicates == truth.again,
        "dead letters = malformed events": letters == truth.bad == places,
        "records in the ledger = records in the topic": sum(p.records for p in balance.partitions)
        == truth.records,
        "consumer lag is 0": lag == 0,
        "the ledger has no gap": gaps == 0 and batches > 0,
        "nothing in flight": not balance.in_flight,
    }
    problems = [name for name, holds in checks.items() if not holds]
    problems += [f"view {name}" for name in disagreeing]
    return Proof(truth, rows, letters, duplicates, lag, gaps, views, [*problems, *balance.problems])


_COUNTS = """
SELECT
    (SELECT uniqExact(mention_id) FROM mentions), (SELECT count() FROM mentions),
    (SELECT count() FROM mentions FINAL), (SELECT count() FROM dead_letters),
    (SELECT uniqExact(topic_id, kafka_partition, kafka_offset) FROM dead_letters),
    (SELECT count() FROM ledger)
"""

_BY_HOUR = "hour, source, lang, intent, stage"
_COUNTED_OTHERWISE = f"""
SELECT count() FROM
(
    SELECT {_BY_HOUR}, sum(mentions) AS counted FROM mentions_by_hour GROUP BY {_BY_HOUR}
) AS view
FULL JOIN
(
    SELECT toStartOfHour(published_at) AS hour, source, lang, intent, stage, count() AS rows
    FROM mentions FINAL GROUP BY {_BY_HOUR}
) AS stored USING ({_BY_HOUR})
WHERE counted != rows
"""


_COPIED_OTHERWISE = """
SELECT count()
FROM
(
    SELECT published_at, mention_id, original, parent, found_at FROM near_duplicates FINAL
    EXCEPT ALL
    SELECT published_at, mention_id, original, parent, found_at FROM near_duplicates_by_time FINAL
)
"""
# Counted until some minutes ago; panels add what was stored since.
_HEARD_OTHERWISE = """
WITH
    (SELECT max(as_of) FROM heard_by_hour) AS counted_until,
    (SELECT max(counted_from) FROM heard_by_hour) AS since
SELECT
    (SELECT sum(mentions) FROM heard_by_hour WHERE by = 'all')
    + (
        SELECT uniqExact(mention_id) FROM mentions
        WHERE counted = 1 AND stored_at > counted_until AND published_at >= since
    ) != (SELECT count() FROM mentions FINAL WHERE published_at >= since)
"""
_OTHERWISE = {
    "heard_by_hour": _HEARD_OTHERWISE,
    "mentions_by_hour": _COUNTED_OTHERWISE,
    "near_duplicates_by_time": _COPIED_OTHERWISE,
}


def _views(client: Client) -> tuple[int, list[str]]:
    """How many materialized views were compared with their tables, and which disagree."""
    found = client.query(
        "SELECT name, as_select, position(create_table_query, ' REFRESH EVERY ') > 0,"
        " extract(create_table_query, ' TO (?:\\w+\\.)?(\\w+)')"
        " FROM system.tables WHERE database = currentDatabase() AND engine = 'MaterializedView'"
    ).result_rows
    disagreeing = []
    for name, select, refreshed, target in found:
        if refreshed:
            try:
                disagrees = _refreshed_otherwise(client, name, select, target)
            except DatabaseError as error:  # it cannot be refreshed any more: that is found, too
                disagreeing.append(f"{name}: {str(error)[:300]}")
                continue
        else:
            # Both that count by hour, together: what one leaves out the other counts.
            assert target in _OTHERWISE, f"no comparison is written for {name}"
            disagrees = client.query(_OTHERWISE[target]).first_row[0] != 0
        if disagrees:
            disagreeing.append(name)
    return len(found), disagreeing


def _refreshed_otherwise(client: Client, name: str, select: str, target: str) -> bool:
    """Whether a view that recomputes keeps another number of rows than its question finds."""
    client.command(f"SYSTEM REFRESH VIEW {name}")
    client.command(f"SYSTEM WAIT VIEW {name}")
    if target in _OTHERWISE:
        return bool(client.query(_OTHERWISE[target]).first_row[0])
    kept, asked = client.query(
        f"SELECT (SELECT count() FROM {target}), (SELECT count() FROM ({select}))"
    ).first_row
    return bool(kept != asked)
