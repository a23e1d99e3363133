"""Says how each source is: live, stalled, ended; and what came of it lately."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click
import msgspec
from clickhouse_connect.driver.client import Client

from streams import clock
from streams.migrate import clickhouse_errors_as_ours, connect
from streams.settings import Settings
from streams.topic_admin import TopicAdmin

STALLED = "stalled"
# In the order of who needs a person; schemas/clickhouse/0004_listening.sql decides which it is.
STATES = {
    STALLED: "stalled: four heartbeats in a row are missing",
    "unread": "unread: silent as far as was read, but records of the topic wait to be read",
    "live": "live",
    "unwatched": "unwatched: no heartbeats under this name, only its events tell of it",
    "stopped": "stopped: its producer said goodbye",
    "abandoned": "abandoned: stalled for more than 7 days",
}


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One producer or source, as the tables know it now."""

    source: str
    state: str  # a key of STATES
    last_sign_at: datetime  # of a producer its heartbeat, of an unwatched source its last event
    silent_sec: float  # since the source last showed life, or its producer began; 0 if unwatched
    patience_sec: float  # how long a live one may be silent
    kept_last_hour: int  # mentions and interactions that came, and were stored
    kept_last_day: int
    lag_p50_sec: float | None  # from publishing to storing, over the last day
    lag_p95_sec: float | None


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of all sources together; it does not know them apart."""

    records: int
    kept: int
    filtered: int
    duplicates: int
    dead_letters: int


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """All sources, and the flow of the last hour and day."""

    sources: list[Source]
    last_hour: Flow
    last_day: Flow

    @property
    def stalled(self) -> list[str]:
        """The names of those that are stalled."""
        return [source.source for source in self.sources if source.state == STALLED]


@clickhouse_errors_as_ours()
def look(settings: Settings, client: Client) -> Listening:
    """Read how all sources are; raises SinkUnavailableError, or BrokerUnavailableError.

    Kafka is asked only when a source looks stalled: while records wait to be read, its heartbeats
    may be among them.
    """
    sources = judged(settings, client, (_source(row) for row in _rows(client, _SOURCES)))
    hour, day = (_flow(client, hours) for hours in (1, 24))
    return Listening(sources=sources, last_hour=hour, last_day=day)


def judged(settings: Settings, client: Client, sources: Iterable[Source]) -> list[Source]:
    """The sources with `stalled` only where it is certain; those that need a person first."""
    found = list(sources)
    if any(source.state == STALLED for source in found):
        read_until = _read_until(settings, client)
        found = [_as_of(source, read_until) for source in found]
    return sorted(found, key=lambda source: (list(STATES).index(source.state), source.source))


def _as_of(source: Source, read_until: datetime | None) -> Source:
    """A stalled source is unread when its patience ended after what the pipeline has read."""
    if source.state != STALLED or read_until is None:
        return source
    unread_sec = (clock.now() - read_until).total_seconds()
    if source.silent_sec - unread_sec > source.patience_sec:
        return source
    return msgspec.structs.replace(source, state="unread")


def _read_until(settings: Settings, client: Client) -> datetime | None:
    """The moment up to which Kafka's records are stored; None when all of them are."""
    admin, name = TopicAdmin(settings.kafka), settings.mentions_topic
    topic = admin.topic(name)
    if topic is None:
        return None
    numbers = range(topic.partitions)
    ends = admin.log_offsets(name, numbers)
    committed = admin.committed(settings.kafka_group, name, numbers)
    if not any(admin.lag(name, ends, committed).values()):
        return None
    newest: datetime
    [[newest]] = client.query(_NEWEST, {"topic_id": topic.topic_id}).result_rows
    return newest.replace(tzinfo=UTC)


def _rows(client: Client, query: str) -> Iterable[dict[str, Any]]:
    yield from client.query(query).named_results()


def _source(row: dict[str, Any]) -> Source:
    at = row["last_sign_at"].replace(tzinfo=UTC)  # the client leaves UTC out
    return msgspec.convert(row | {"last_sign_at": at}, Source)


def _flow(client: Client, hours: int) -> Flow:
    [row] = client.query(_FLOW, {"hours": hours}).named_results()
    return msgspec.convert(row, Flow)


_SOURCES = """
SELECT
    source,
    state,
    last_sign_at,
    toFloat64(silent_sec) AS silent_sec,
    toFloat64(patience_sec) AS patience_sec,
    kept_last_hour,
    kept_last_day,
    if(kept_last_day > 0 AND isFinite(lag_p50_sec), lag_p50_sec, NULL) AS lag_p50_sec,
    if(kept_last_day > 0 AND isFinite(lag_p95_sec), lag_p95_sec, NULL) AS lag_p95_sec
FROM sources_heard
"""

_STATES = """
SELECT
    toString(producer) AS source,
    state,
    last_sign_at,
    toFloat64(silent_sec) AS silent_sec,
    toFloat64(patience_sec) AS patience_sec,
    0 AS kept_last_hour,
    0 AS kept_last_day,
    NULL AS lag_p50_sec,
    NULL AS lag_p95_sec
FROM producer_states
"""

_FLOW = """
SELECT
    sum(l.records) AS records,
    sum(l.mentions + l.edits + l.interactions) AS kept,
    sum(l.filtered) AS filtered,
    sum(l.duplicates) AS duplicates,
    sum(l.dead_letters) AS dead_letters
FROM ledger AS l
WHERE planned_at > now() - toIntervalHour({hours:UInt8})
"""

_NEWEST = """
SELECT max(at)
FROM
(
    SELECT max(kafka_timestamp) AS at FROM heartbeats WHERE topic_id = {topic_id:String}
    UNION ALL
    SELECT max(kafka_timestamp) FROM mentions
    WHERE topic_id = {topic_id:String} AND stored_at > now() - INTERVAL 7 DAY
)
"""


class StallWatch:
    """Knows which producers are stalled, to say so once when it begins and once when it ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stalled: dict[str, Source] = {}

    @property
    def stalled(self) -> int:
        """How many are stalled, as of the last look."""
        return len(self._stalled)

    def look(self, client: Client) -> list[str]:
        """What to tell since the last look; nothing while nothing changes."""
        sources = {row.source: row for row in map(_source, _rows(client, _STATES))}
        news = [
            f"source {name} is back; its last sign of life before was at {_at(before)}"
            for name, before in self._stalled.items()
            if name in sources and sources[name].state == "live"
        ]
        self._stalled = {
            name: before
            for name, before in self._stalled.items()
            if name in sources and sources[name].state == STALLED
        }
        fresh = [
            s for s in sources.values() if s.state == STALLED and s.source not in self._stalled
        ]
        for source in judged(self._settings, client, fresh):
            if source.state == STALLED:
                self._stalled[source.source] = source
                news.append(
                    f"source {source.source} is stalled: no sign of life for"
                    f" {source.silent_sec:.0f} s (last at {_at(source)}); is its producer running,"
                    " and does the network answer it?"
                )
        return news


def _at(source: Source) -> str:
    known = source.last_sign_at.timestamp() > 0
    return f"{source.last_sign_at:%Y-%m-%d %H:%M:%S} UTC" if known else "no time ever"


@click.command("sources")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def sources_command(as_json: bool) -> None:
    """Say how each source is; exits 1 when one is stalled.

    A producer says with its heartbeats that its source shows life, and says goodbye when it ends
    in good order. A source is stalled when four heartbeats in a row are missing.
    """
    from streams.local import local_settings

    settings = local_settings()
    with connect(settings, in_database=True) as client:
        listening = look(settings, client)
    click.echo(msgspec.json.encode(listening) if as_json else describe(listening))
    sys.exit(1 if listening.stalled else 0)


def describe(listening: Listening) -> str:
    """How the sources are, as text for people."""
    rows = [
        ("source", "state", "last sign of life (UTC)", "1 h", "24 h", "lag p50", "lag p95"),
        *(
            (
                source.source,
                source.state,
                _at(source).removesuffix(" UTC"),
                f"{source.kept_last_hour:,}",
                f"{source.kept_last_day:,}",
                _seconds(source.lag_p50_sec),
                _seconds(source.lag_p95_sec),
            )
            for source in listening.sources
        ),
    ]
    lines = _aligned(rows) if listening.sources else ["no source was heard yet"]
    for name, flow in (("hour", listening.last_hour), ("day", listening.last_day)):
        lines.append(
            f"last {name}: {flow.records:,} records read: {flow.kept:,} kept,"
            f" {flow.filtered:,} filtered out by the rules, {flow.duplicates:,} duplicates,"
            f" {flow.dead_letters:,} dead letters"
        )
    shown = {source.state for source in listening.sources}
    lines += [f"  {words}" for state, words in STATES.items() if state in shown and state != "live"]
    return "\n".join(lines)


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    numbers = 3  # columns from here on are aligned to the right
    return [
        "  ".join(
            cell.rjust(width) if column >= numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    for limit, size, unit in ((120, 1, "s"), (7_200, 60, "min"), (172_800, 3_600, "h")):
        if value < limit:
            return f"{value / size:.1f} {unit}"
    return f"{value / 86_400:.0f} days"
