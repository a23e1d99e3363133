"""bytewax: Kafka in, in batches; a sink that is handed whole batches.

It commits no offsets to Kafka: bytewax keeps them in a recovery store of its own, off here.
"""

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.run import cli_main

from streams.settings import Settings
from tests.bench.rivals.common import BATCH, Inserter, Record, Steps, threads, token


class Partition(StatelessSinkPartition[KafkaSourceMessage]):
    """Classifies and inserts what one read of the source brought."""

    def __init__(self, settings: Settings) -> None:
        self._steps = Steps(settings, threads())
        self._insert = Inserter(settings)

    def write_batch(self, items: list[KafkaSourceMessage]) -> None:
        """Return when the block is stored."""
        records = [Record(m.partition, m.offset, m.timestamp[1], m.value) for m in items]
        if records:
            self._insert(self._steps(records), token(records))


class Sink(DynamicSink[KafkaSourceMessage]):
    """One partition for each worker; there is one worker."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def build(self, step_id: str, worker_index: int, worker_count: int) -> Partition:
        """Make the worker's end of the sink."""
        return Partition(self._settings)


def main() -> None:
    """Run until a signal."""
    settings = Settings.from_environment()
    source = KafkaSource(
        [settings.kafka_bootstrap],
        [settings.mentions_topic],
        batch_size=BATCH,
        add_config={"queued.min.messages": "40000", "fetch.wait.max.ms": "50"},
    )
    flow = Dataflow("bench")
    op.output("store", op.input("read", flow, source), Sink(settings))
    cli_main(flow)


if __name__ == "__main__":
    main()
