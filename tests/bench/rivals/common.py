"""What every rival does with a batch: Escucha's own steps, and its insert, but of one body.

That is how one would write it by hand; Escucha itself sends the body in pieces.
"""

import gc
import os
import threading
from collections.abc import Sequence

import clickhouse_connect
import msgspec
import numpy as np
import pyarrow as pa

from models.predictions import Texts
from models.store import ModelStore
from streams.rule_book import RulesInForce, text_of
from streams.rules.loading import EXAMPLE
from streams.settings import Settings
from streams.sinks.clickhouse import INSERT_SETTINGS, _arrow_stream, connection_arguments
from streams.steps import columns
from streams.steps.columns import Origin, Provenance
from streams.steps.decode import decode_batch
from streams.steps.enrich import Enricher
from streams.steps.pseudonyms import AuthorKeys

BATCH = int(os.environ.get("BENCH_BATCH", "8000"))  # larger blocks gain nothing more
TABLE = os.environ.get("BENCH_TABLE", "mentions")  # where the events of the topic end


class Record(msgspec.Struct, gc=False):
    """A Kafka record, whatever the client."""

    partition: int
    offset: int
    timestamp: int
    value: bytes | None
    key: bytes | None = None


class Steps:
    """Records to the block that is inserted; `threads` is for the text analyser alone."""

    def __init__(self, settings: Settings, threads: int = 1) -> None:
        self._model = ModelStore(settings.model_store).load()
        self._model.text.set_params(threads=threads)
        self._rules = RulesInForce.of(0, text_of(EXAMPLE), "bundled", AuthorKeys())
        self._enricher = Enricher()
        self._provenance = Provenance(
            Origin(settings.mentions_topic, "bench", 0),
            1,
            self._model.version,
            self._rules.sequence,
            self._rules.rules.version,
        )
        self._model.predict(Texts.plain(["warm up"]))
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 20)

    def __call__(self, records: Sequence[Record]) -> pa.Table:
        """Decode, match, enrich, classify, and lay out in columns; records of any partition."""
        decoded = decode_batch(records)
        if decoded.rejected:
            raise ValueError(decoded.rejected[0].reason)
        heard = self._enricher.hear(decoded, self._rules.rules, self._rules.pseudonymiser)
        if TABLE == "interactions":
            return _with_partitions(
                columns.interactions_table(
                    heard.interactions,
                    heard.interaction_records,
                    heard.interaction_brands,
                    self._provenance.origin,
                ),
                records,
            )
        enriched = self._enricher.enrich(heard, {})
        table = columns.mentions_table(
            heard,
            enriched,
            self._model.predict(enriched.texts),
            self._provenance,
            counted=np.ones(len(heard.mentions), dtype=bool),
        )
        return _with_partitions(table, records)


def _with_partitions(table: pa.Table, records: Sequence[Record]) -> pa.Table:
    partitions = pa.array(np.fromiter((r.partition for r in records), np.uint32, len(records)))
    return table.set_column(
        table.column_names.index("kafka_partition"), "kafka_partition", partitions
    )


class Inserter:
    """Blocking inserts with Escucha's settings; any number of threads may share it."""

    def __init__(self, settings: Settings) -> None:
        self._arguments = connection_arguments(settings)
        self._local = threading.local()

    def __call__(self, table: pa.Table, token: str) -> None:
        """Return when ClickHouse has acknowledged table and views."""
        client = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = clickhouse_connect.get_client(**self._arguments)
        client.raw_insert(
            TABLE,
            column_names=table.column_names,
            insert_block=_arrow_stream(table).to_pybytes(),
            settings={**INSERT_SETTINGS, "insert_deduplication_token": token},
            fmt="ArrowStream",
        )


def token(records: Sequence[Record]) -> str:
    """Name a block, so that ClickHouse need not hash it."""
    first = records[0]
    return f"{os.getpid()}/{first.partition}/{first.offset}"


def threads() -> int:
    """How many threads the analyser may use."""
    return int(os.environ["BENCH_THREADS"])
