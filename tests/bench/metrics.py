"""What metrics cost a worker: microseconds a batch, in the pipeline's own calls.

python -m tests.bench.metrics
"""

import time

import pyarrow as pa
from faust.types import TP

from streams import clock
from streams.delivery import PartitionDelivery, RecordBatch
from streams.ledger import Plan
from streams.metrics import Step
from streams.observer import Observer

BATCHES = 5_000
ROUNDS = 5
STEPS: tuple[Step, ...] = ("decide", "plan", "store", "announce")


def main() -> None:
    """Print the median of a few rounds, with and without what is measured."""
    # Whatever the size of the batch: nothing is done per mention.
    delivery = PartitionDelivery(TP("mentions.raw.v1", 0), 0, max_records=10_000)
    plan = Plan(
        topic="mentions.raw.v1",
        topic_id="t",
        kafka_partition=0,
        position=0,
        first_offset=0,
        last_offset=9_999,
        records=10_000,
        mentions=9_000,
        duplicates=500,
        filtered=400,
        dead_letters=50,
        heartbeats=50,
        worker="w",
    )
    beats = pa.table({"sent_at": pa.array([clock.now()] * 50, pa.timestamp("ms", tz="UTC"))})
    observer = Observer()
    took = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(BATCHES):
            batch = RecordBatch(delivery, 0, 9_999, [], was_planned=False)
            batch.fetched_at = time.monotonic()
            with observer.batch(batch):
                for step in STEPS:
                    with observer.step(step):
                        pass
                observer.stored(batch, plan, beats)
        took.append((time.process_time() - began) / BATCHES * 1e6)
    print(f"{sorted(took)[ROUNDS // 2]:.0f} µs of processor a batch (rounds {took})")


if __name__ == "__main__":
    main()
