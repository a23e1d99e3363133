"""Quix Streams: a batching sink that is flushed at every checkpoint."""

from collections.abc import Iterator
from itertools import chain
from tempfile import mkdtemp

from quixstreams import Application
from quixstreams.sinks import BatchingSink, SinkBatch

from streams.settings import Settings
from tests.bench.rivals.common import BATCH, Inserter, Record, Steps, threads, token


class Sink(BatchingSink):
    """One block per checkpoint: `flush` of the base class would make one for each partition."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._steps = Steps(settings, threads())
        self._insert = Inserter(settings)

    def flush(self) -> None:
        """Classify and insert what came in since the last checkpoint."""
        records = list(chain.from_iterable(map(_records, self._batches.values())))
        self._batches.clear()
        if records:
            self._insert(self._steps(records), token(records))

    def write(self, batch: SinkBatch) -> None:
        """Never called: `flush` does the work."""


def _records(batch: SinkBatch) -> Iterator[Record]:
    partition = batch.partition
    return (Record(partition, item.offset, item.timestamp, item.value) for item in batch)


def main() -> None:
    """Run until a signal."""
    settings = Settings.from_environment()
    app = Application(
        broker_address=settings.kafka_bootstrap,
        consumer_group=settings.kafka_group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        commit_every=BATCH,
        commit_interval=1.0,
        consumer_extra_config={
            "session.timeout.ms": 6_000,
            "queued.min.messages": 40_000,
            "fetch.wait.max.ms": 50,
        },
        state_dir=mkdtemp(),
        loglevel="WARNING",
    )
    topic = app.topic(settings.mentions_topic, key_deserializer="bytes", value_deserializer="bytes")
    app.dataframe(topic).sink(Sink(settings))
    app.run()


if __name__ == "__main__":
    main()
