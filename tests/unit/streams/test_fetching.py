"""What Faust's consumer thread says of a partition that a rebalance has just taken away."""

from types import SimpleNamespace
from typing import Any

from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.structs import TopicPartition
from faust.types import TP

from streams.fetching import ConsumerThread


def thread(*assigned: int) -> ConsumerThread:
    """A thread that never started, whose consumer has these partitions of `t`."""
    made: Any = ConsumerThread.__new__(ConsumerThread)
    subscription = SubscriptionState()
    subscription.subscribe({"t"})
    subscription.assign_from_subscribed({TopicPartition("t", number) for number in assigned})
    made._consumer = SimpleNamespace(_subscription=subscription)
    found: ConsumerThread = made
    return found


async def test_where_a_log_ends_is_unknown_once_its_partition_went() -> None:
    assert thread(0).log_end(TP("t", 1)) is None


async def test_where_a_log_ends_is_what_the_last_answer_said() -> None:
    one: Any = thread(0)
    state = one._state_of(TP("t", 0))
    assert one.log_end(TP("t", 0)) is None
    state.highwater = 7
    assert one.log_end(TP("t", 0)) == 7
