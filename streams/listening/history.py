"""Runs the rules in force over Kafka's history: stores what was filtered out when it came.

Read in stretches of fixed offsets. What a stretch adds is planned in `backfills` before it is
stored, so that a run that was stopped half way is repeated alike, and so that the books balance.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from confluent_kafka import Consumer, KafkaError, TopicPartition

from models.predictions import Classifier
from streams.batches.parents import parents_of
from streams.batches.seen import BEYOND_ALL, SeenEvents
from streams.errors import BrokerUnavailableError
from streams.landing import Landing, Place, batch_number, claim
from streams.privacy.turns import PageTooOldError, Rewriting
from streams.rule_book import RulesInForce
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.steps import columns
from streams.steps.columns import Origin, Provenance
from streams.steps.decode import decode_batch
from streams.steps.enrich import Enricher, Heard
from streams.topic_admin import TopicAdmin

STRETCH_OFFSETS = 5_000
READ_TIMEOUT_SEC = 30.0


@dataclass(frozen=True, slots=True)
class OldRecord:
    """A record as the steps need it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records of one partition from `position` to `last_offset`; holes are left out."""

    origin: Origin
    position: int
    last_offset: int
    records: list[OldRecord]


class History:
    """What the workers have read so far and Kafka still has."""

    def __init__(self, settings: Settings) -> None:
        """Look where each partition begins, and how far it was read. Blocks."""
        self._settings = settings
        admin = TopicAdmin(settings.kafka)
        self._topic = settings.mentions_topic
        found = admin.topic(self._topic)
        if found is None:
            raise BrokerUnavailableError(f"there is no topic {self._topic}: run escucha migrate")
        self._topic_id = found.topic_id
        partitions = range(found.partitions)
        starts = admin.log_offsets(self._topic, partitions)
        committed = admin.committed(settings.kafka_group, self._topic, partitions)
        self._spans = {p: (starts[p][0], committed.get(p, starts[p][0])) for p in partitions}

    @property
    def offsets(self) -> int:
        """How many offsets there are to read; records are at most as many."""
        return sum(max(0, end - start) for start, end in self._spans.values())

    def stretches(self) -> Iterator[Callable[[], Stretch]]:
        """What reads each stretch, partition after partition; raises BrokerUnavailableError.

        Read it when it is stored: until then Kafka's records may be erased.
        """
        consumer = Consumer(
            {
                **self._settings.kafka.client_settings(),
                "group.id": "escucha-backfill",  # never joined: partitions are assigned by hand
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
            }
        )
        try:
            for partition, (start, end) in self._spans.items():
                origin = Origin(self._topic, self._topic_id, partition)
                # Stretches are cut at fixed offsets, so that another run cuts the same.
                for begin in range(start - start % STRETCH_OFFSETS, end, STRETCH_OFFSETS):
                    first, stop = max(begin, start), min(begin + STRETCH_OFFSETS, end)

                    def read(origin: Origin = origin, begin: int = begin, first: int = first,
                             stop: int = stop) -> Stretch:  # fmt: skip
                        records = self._read(consumer, origin.partition, first, stop)
                        return Stretch(origin, begin, stop - 1, records)

                    yield read
        finally:
            consumer.close()

    def _read(self, consumer: Consumer, partition: int, first: int, stop: int) -> list[OldRecord]:
        consumer.assign([TopicPartition(self._topic, partition, first)])
        records: list[OldRecord] = []
        deadline = time.monotonic() + READ_TIMEOUT_SEC
        while time.monotonic() < deadline:
            for message in consumer.consume(STRETCH_OFFSETS, timeout=0.5):
                error, offset = message.error(), message.offset()
                if error is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        return records
                    raise BrokerUnavailableError(f"reading {self._topic}: {error.str()}")
                if offset is None or offset >= stop:
                    return records
                records.append(
                    OldRecord(offset, message.timestamp()[1], message.key(), message.value())
                )
                if offset == stop - 1:
                    return records
        raise BrokerUnavailableError(
            f"Kafka at {self._settings.kafka_bootstrap} did not give {self._topic}/{partition}"
            f" from {first} on in {READ_TIMEOUT_SEC:.0f} s"
        )


@dataclass(slots=True)
class Reread:
    """What a run over Kafka's history did."""

    read: int = 0
    mentions: int = 0
    interactions: int = 0


@dataclass(frozen=True)
class HistoryRun:
    """Stores what was filtered out when it came and the rules in force keep."""

    clickhouse: ClickHouse
    rules: RulesInForce
    enricher: Enricher
    model: Classifier
    _seen: dict[int, SeenEvents] = field(default_factory=dict)

    async def over(
        self,
        history: History,
        progress: Callable[[int], None] = lambda done: None,
        say: Callable[[str], None] = lambda line: None,
    ) -> Reread:
        """Go through all of it; a second run finds nothing left to do.

        While somebody is being forgotten, this waits.
        """
        done = Reread()
        turns = Rewriting(self.clickhouse, say)
        for read in history.stretches():
            is_stored = False
            while not is_stored:
                with suppress(PageTooOldError):
                    async with turns.page():
                        stretch = read()
                        mentions, interactions = await self._one(stretch, turns.check)
                        is_stored = True
            done.read += len(stretch.records)
            done.mentions += mentions
            done.interactions += interactions
            progress(done.read)
        await turns.clean()
        return done

    async def _one(
        self, stretch: Stretch, check: Callable[[], None] = lambda: None
    ) -> tuple[int, int]:
        """Store what is missing of a stretch; returns how many mentions and interactions.

        `check` is called before anything is stored, and ends it by raising.
        """
        place = {
            "rules_version": self.rules.rules.version,
            "topic_id": stretch.origin.topic_id,
            "partition": stretch.origin.partition,
            "position": stretch.position,
            "last": stretch.last_offset,
        }
        known = {offset for (offset,) in await self.clickhouse.rows(_KNOWN, place)}
        landing = Landing(self.clickhouse, check)
        planned_to = -1
        for last_offset, token, offsets, edits in await self.clickhouse.rows(_PLANS, place):
            await self._repeat(stretch, landing, token, set(offsets), set(edits))
            planned_to = max(planned_to, last_offset)
        heard = self._hear(stretch)
        _keep_only(heard, lambda offset: offset > planned_to and offset not in known)
        seen = self._seen.setdefault(
            stretch.origin.partition, SeenEvents(self.clickhouse, stretch.origin)
        )
        versions = await seen.drop_from(
            heard, position=stretch.position, done=stretch.position, own_from=BEYOND_ALL
        )
        first = versions.first[versions.fresh]
        if heard.mentions or heard.interactions:
            token = _token(place)
            check()
            plan = _plan_row(place, heard, first)
            await claim(self.clickhouse, "backfills", plan, token, lambda: self._planned(place))
            await self._store(stretch, landing, heard, first, token)
        return len(heard.mentions), len(heard.interactions)

    async def _planned(self, place: dict[str, Any]) -> Sequence[Sequence[Any]]:
        return await self.clickhouse.rows(_PLANNED, place)

    async def _repeat(
        self, stretch: Stretch, landing: Landing, token: str, offsets: set[int], edits: set[int]
    ) -> None:
        """Store what an earlier run planned, as far as it is not stored."""
        heard = self._hear(stretch)
        _keep_only(heard, lambda offset: offset in offsets)
        first = np.array([r.offset not in edits for r in heard.records], dtype=bool)
        await self._store(stretch, landing, heard, first, token)

    def _hear(self, stretch: Stretch) -> Heard:
        rules = self.rules
        return self.enricher.hear(decode_batch(stretch.records), rules.rules, rules.pseudonymiser)

    async def _store(
        self, stretch: Stretch, landing: Landing, heard: Heard, first: Any, token: str
    ) -> None:
        async def land(table: str, block: pa.Table) -> None:
            # Another run may be at the same stretch; rows of other batches lie between these.
            await landing.land(table, block, token=token, place=place, planned=None, fresh=False)

        origin = stretch.origin
        place = Place(origin.topic_id, origin.partition, stretch.position, stretch.last_offset)
        if heard.mentions:
            parents = await parents_of(self.clickhouse, heard)
            enriched = self.enricher.enrich(heard, parents)
            provenance = Provenance(
                origin,
                batch_number(token, stretch.position),
                self.model.version,
                self.rules.sequence,
                self.rules.rules.version,
            )
            block = columns.mentions_table(
                heard, enriched, self.model.predict(enriched.texts), provenance, counted=first
            )
            await land("mentions", block)
        if heard.interactions:
            block = columns.interactions_table(
                heard.interactions,
                heard.interaction_records,
                heard.interaction_brands,
                origin,
            )
            await land("interactions", block)


def _keep_only(heard: Heard, wanted: Callable[[int], bool]) -> None:
    heard.only(
        np.array([wanted(record.offset) for record in heard.records], dtype=bool),
        np.array([wanted(record.offset) for record in heard.interaction_records], dtype=bool),
    )


def _plan_row(place: dict[str, Any], heard: Heard, first: Any) -> pa.Table:
    offsets = [record.offset for record in heard.records]
    edits = [offset for offset, is_first in zip(offsets, first, strict=True) if not is_first]
    offsets += [record.offset for record in heard.interaction_records]
    return pa.table(
        {
            "rules_version": [place["rules_version"]],
            "topic_id": [place["topic_id"]],
            "kafka_partition": pa.array([place["partition"]], pa.uint32()),
            "position": pa.array([place["position"]], pa.uint64()),
            "last_offset": pa.array([place["last"]], pa.uint64()),
            "mentions": pa.array([len(heard.mentions) - len(edits)], pa.uint32()),
            "edits": pa.array([len(edits)], pa.uint32()),
            "interactions": pa.array([len(heard.interactions)], pa.uint32()),
            "offsets": pa.array([offsets], pa.list_(pa.uint64())),
            "edit_offsets": pa.array([edits], pa.list_(pa.uint64())),
        }
    )


def _token(place: dict[str, Any]) -> str:
    return "backfill/{rules_version}/{topic_id}/{partition}/{position}/{last}".format(**place)


_PLANS = """
SELECT
    last_offset,
    concat('backfill/', rules_version, '/', topic_id, '/', toString(kafka_partition), '/',
        toString(position), '/', toString(last_offset)) AS token,
    offsets,
    edit_offsets
FROM backfills
WHERE rules_version = {rules_version:String} AND topic_id = {topic_id:String}
    AND kafka_partition = {partition:UInt32} AND position = {position:UInt64}
ORDER BY last_offset
"""

_PLANNED = """
SELECT 1 FROM backfills
WHERE rules_version = {rules_version:String} AND topic_id = {topic_id:String}
    AND kafka_partition = {partition:UInt32} AND position = {position:UInt64}
    AND last_offset = {last:UInt64}
"""

_OF_THE_STRETCH = """
topic_id = {topic_id:String} AND kafka_partition = {partition:UInt32}
    AND kafka_offset BETWEEN {position:UInt64} AND {last:UInt64}
"""

_KNOWN = f"""
SELECT kafka_offset FROM mentions WHERE {_OF_THE_STRETCH}
UNION DISTINCT
SELECT kafka_offset FROM interactions WHERE {_OF_THE_STRETCH}
UNION DISTINCT
SELECT kafka_offset FROM erased WHERE {_OF_THE_STRETCH}
"""  # noqa: S608 - made of the constant above
