"""Faust's consumer thread, where aiokafka fetches: what is changed in it and why.

Kept apart from `streams/transport.py`, which has the delivery contract.
"""

import time
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from aiokafka.errors import IllegalStateError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

# A fetch of nothing but idle partitions holds up the next one on its connection, and with it the
# busy partitions, for so long at most. Faust has 1,500.
FETCH_WAIT_MS = 100


class RecordsAsRead(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka is untyped
    """Records as aiokafka's reader makes them: to copy each into a ConsumerRecord costs as much."""

    def _consumer_record(self, tp: Any, record: Any) -> Any:
        return record


class ConsumerThread(driver.AIOKafkaConsumerThread):
    """aiokafka in its thread, reading committed records only."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # Faust reads aborted transactions too
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS
        return consumer

    def check_membership(self) -> None:
        """Raise what ended the membership in the group, if anything did."""
        if self._consumer is not None and self._consumer._coordinator is not None:
            self._consumer._coordinator.check_errors()

    @property
    def is_member(self) -> bool:
        """Whether the broker has taken this consumer into its group."""
        coordinator = self._consumer._coordinator if self._consumer is not None else None
        return coordinator is not None and coordinator.generation >= 0

    def fetched(self, tp: TP) -> tuple[int, int] | None:
        """Where the fetcher of a partition stands, and where its log ended at the last answer.

        The end is that of committed records. The fetcher goes past what no batch has: control
        records, and what was compacted away. None before the first answer.
        """
        state = self._state_of(tp)
        if state is None:
            return None
        end = state.highwater if state.lso is None or state.lso < 0 else state.lso
        return (state.position, end) if state.has_valid_position and end is not None else None

    def log_end(self, tp: TP) -> int | None:
        """Where the log ended at the last answer; None before it, and once the partition went.

        A rebalance may come between a fetch and this question; aiokafka would fail an assertion.
        """
        state = self._state_of(tp)
        return None if state is None else state.highwater

    def _state_of(self, tp: TP) -> Any:
        if self._consumer is None:
            return None
        subscription = self._consumer._subscription.subscription
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None or tp not in assignment.tps:
            return None
        return assignment.state_value(driver.ensure_aiokafka_TP(tp))

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; False when the broker could not take it now. Stock Faust dies of that."""
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        wanted = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        if not wanted:
            return False
        try:
            await consumer.commit({driver.ensure_aiokafka_TP(tp): o for tp, o in wanted.items()})
        except (KafkaError, IllegalStateError) as error:
            self.log.warning("offsets not committed, will try again: %r", error)
            return False
        now = time.monotonic()
        self.tp_last_committed_at.update(dict.fromkeys(wanted, now))
        return len(wanted) == len(offsets)
