"""What the transport leans on inside Faust and its Kafka client, and whether it is there.

Each name is one that the next version may rename without a word, as it is nobody else's. A worker
does not start where one is missing; what they do is tested by tests/contract.
"""

import inspect
from collections.abc import Callable, Sequence

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher, subscription_state
from aiokafka.consumer.group_coordinator import GroupCoordinator
from faust.transport.drivers import aiokafka as driver

FAUST_VERSIONS = ("0.15.3",)
FAUST_INTERNALS: dict[type, tuple[str, ...]] = {
    driver.Consumer: (
        "_commit",
        "_new_consumer_thread",
        "_read_offset",
        "_thread",
        "_unacked_messages",
        "_wait_next_records",
        "_waiting_for_ack",
        "ack",
        "assignment",
        "commit",
        "flow_active",
        "force_commit",
        "getmany",
        "on_partitions_revoked",
        "perform_seek",
        "seek",
        "seek_wait",
        "should_stop",
    ),
    driver.AIOKafkaConsumerThread: (
        "_commit",
        "_consumer",
        "_create_worker_consumer",
        "_ensure_consumer",
        "earliest_offsets",
        "seek_to_committed",
        "seek_wait",
        "tp_last_committed_at",
    ),
    faust.App: (
        "consumer_generation_id",
        "crash_reason",
        "crashed",
        "create_event",
        "rebalancing",
        "started",
    ),
    faust.Stream: ("events", "noack"),
    AIOKafkaConsumer: ("_coordinator", "_fetch_max_wait_ms", "_isolation_level", "_subscription"),
    GroupCoordinator: ("check_errors", "generation"),
    fetcher.PartitionRecords: ("_consumer_record",),
    subscription_state.SubscriptionState: ("subscription",),
    subscription_state.Assignment: ("state_value", "tps"),
    subscription_state.TopicPartitionState: ("has_valid_position", "highwater", "lso", "position"),
}


def check_faust(problems: Callable[[str], None]) -> None:
    """Report each thing of `FAUST_INTERNALS` that this Faust lacks."""
    if faust.__version__ not in FAUST_VERSIONS:
        problems(f"Faust {faust.__version__} is not one of the tested versions {FAUST_VERSIONS}")
    for owner, names in FAUST_INTERNALS.items():
        for name in names:
            if not _has(owner, name):
                problems(f"{owner.__module__}.{owner.__qualname__} has no {name}")


def _has(owner: type, name: str) -> bool:
    return hasattr(owner, name) or any(
        name in inspect.get_annotations(c) or name in _named_at_birth(c) for c in owner.__mro__
    )


def _named_at_birth(owner: type) -> Sequence[str]:
    """The attributes that a class's own `__init__` speaks of."""
    code = getattr(vars(owner).get("__init__"), "__code__", None)
    return code.co_names if code is not None else ()
