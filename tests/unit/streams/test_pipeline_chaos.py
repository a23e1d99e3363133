"""Random schedules: workers die, sleep through rebalances and come back; the books stay exact.

A seed decides everything: which insert tears, who is killed at which await, who goes on working
on partitions that were taken from it, and how the new owner's fetches are cut.
"""

import asyncio
import os
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest
from faust.types import TP

from streams import retry
from streams.delivery import PartitionDelivery
from streams.errors import SinkUnavailableError
from streams.steps.duplicates import SeenIds
from tests.builders import (
    TOPIC,
    FakeRecord,
    Worker,
    heartbeat,
    interaction,
    make_worker,
    mention,
    raw,
)
from tests.memory_clickhouse import MemoryClickHouse

SEEDS = int(os.environ.get("ESCUCHA_TEST_CHAOS_SEEDS", "60"))
MAX_GENERATIONS = 12


def make_log(rng: random.Random, partition: int, records: int) -> list[FakeRecord]:
    """Records with holes between offsets, repeated ids and broken ones among them."""
    log, offset = [], 0
    for number in range(records):
        offset += 1 if rng.random() < 0.9 else rng.randrange(2, 5)
        at = f"2026-07-04T09:{rng.randrange(6):02d}:00Z"
        kind = rng.random()
        if kind < 0.7:
            repeated = number and rng.random() < 0.2
            name = rng.randrange(number) if repeated else number
            # An id belongs to one minute, as event time never changes for a mention.
            at = f"{2024 + name % 3}-07-04T09:{name % 6:02d}:00Z"
            value = raw(mention(f"csv:{partition}-{name}", published_at=at))
        elif kind < 0.8:
            value = raw(interaction(f"csv:like-{partition}-{number}", occurred_at=at))
        elif kind < 0.9:
            value = raw(heartbeat(number))
        else:
            value = b"{broken"
        log.append(FakeRecord(offset, value))
    return log


@dataclass
class Life:
    """A worker process: what it owns and what it is at."""

    worker: Worker
    deliveries: dict[int, PartitionDelivery] = field(default_factory=dict)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    failed: bool = False


class World:
    """A broker, a ClickHouse and the workers of one run."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.troubled = True
        self.clickhouse = MemoryClickHouse(
            self.trouble,
            SinkUnavailableError,
            rows_first=self.rng.random() < 0.3,
            deadline_sec=self.rng.choice([0.0, 0.02]),
        )
        self.logs = {p: make_log(self.rng, p, self.rng.randrange(20, 60)) for p in range(2)}
        self.committed = dict.fromkeys(self.logs, 0)
        self.zombies: list[Life] = []
        self.started = 0
        self.trouble_share = self.rng.choice([0.0, 0.01, 0.05, 0.15])

    async def trouble(self, call: str, table: str) -> str:
        for _ in range(self.rng.choice([0, 0, 1, 2, 5, 20])):
            await asyncio.sleep(0)
        if not self.troubled or self.rng.random() > self.trouble_share:
            return ""
        if call == "insert" and self.rng.random() < 0.7:
            return f"killed {self.rng.randrange(14)}"
        raise SinkUnavailableError(f"{call} {table}")

    def life(self, partitions: list[int]) -> Life:
        rejoining = [zombie for zombie in self.zombies if not zombie.failed]
        if rejoining and self.rng.random() < 0.4:
            zombie = self.rng.choice(rejoining)
            for delivery in zombie.deliveries.values():
                delivery.close()  # what it was at goes on, and is stale
            life = Life(zombie.worker)
        else:
            self.started += 1
            life = Life(make_worker(self.clickhouse, f"worker-{self.started}"))
        max_records = self.rng.randrange(3, 12)
        for p in partitions:
            tp = TP(TOPIC, p)
            life.deliveries[p] = PartitionDelivery(tp, self.committed[p], max_records=max_records)
        return life

    async def feed(self, life: Life, partition: int) -> None:
        """Fetch and cut, as the transport does, in fetches of any size."""
        delivery = life.deliveries[partition]
        delivery.follow_plan(
            await life.worker.pipeline.planned_spans(TOPIC, partition, delivery.position)
        )
        fetched = [r for r in self.logs[partition] if r.offset >= delivery.position]
        while fetched and delivery.current:
            size = self.rng.randrange(1, 15)
            part, fetched = fetched[:size], fetched[size:]
            for batch in delivery.cut(part):
                if not delivery.current:
                    return
                task = asyncio.create_task(life.worker.pipeline.process(batch))
                life.tasks.add(task)
                task.add_done_callback(lambda t: self.noticed(life, t))
            for _ in range(self.rng.choice([0, 3, 30])):
                await asyncio.sleep(0)

    def noticed(self, life: Life, task: "asyncio.Task[None]") -> None:
        life.tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            life.failed = True
            if not isinstance(task.exception(), SinkUnavailableError) and life not in self.zombies:
                assert "planned by others" in str(task.exception()), task.exception()

    def commit(self, life: Life) -> None:
        for p, delivery in life.deliveries.items():
            if delivery.current:
                self.committed[p] = max(self.committed[p], delivery.committable)

    async def generation(self, *, last: bool) -> None:
        """Split the partitions among workers, let them run a while, and end them somehow."""
        partitions = list(self.logs)
        split = self.rng.random() < 0.5
        lives = [self.life([p]) for p in partitions] if split else [self.life(partitions)]
        feeders = [asyncio.create_task(self.feed(li, p)) for li in lives for p in li.deliveries]
        steps = 10**6 if last else self.rng.randrange(0, 400)
        for step in range(steps):
            await asyncio.sleep(0)
            if step % 17 == 0:
                for life in lives:
                    self.commit(life)
            if all(f.done() for f in feeders) and not any(life.tasks for life in lives):
                break
            # A worker that failed stops soon, and not at once.
            if any(life.failed for life in lives) and self.rng.random() < 0.05:
                break
        for life in lives:
            if self.rng.random() < 0.7:
                self.commit(life)
        for feeder in feeders:
            feeder.cancel()
        for answer in await asyncio.gather(*feeders, return_exceptions=True):
            if isinstance(answer, Exception) and not isinstance(answer, SinkUnavailableError):
                raise answer
        for life in lives:
            await self.end(life)

    async def end(self, life: Life) -> None:
        fate = self.rng.choice(["killed", "revoked", "asleep", "asleep"])
        if fate == "killed":
            for task in list(life.tasks):
                task.cancel()
            await asyncio.gather(*life.tasks, return_exceptions=True)
        else:
            self.zombies.append(life)
        if fate != "asleep":
            for delivery in life.deliveries.values():
                delivery.close()

    async def run(self) -> None:
        for _ in range(self.rng.randrange(1, MAX_GENERATIONS)):
            await self.generation(last=False)
        self.troubled = False
        for _ in range(50):  # one that finds a plan of a zombie ends, and the next one reads it
            await self.generation(last=True)
            if all(self.committed[p] > log[-1].offset for p, log in self.logs.items()):
                break
        for life in self.zombies:
            await asyncio.gather(*life.tasks, return_exceptions=True)

    def check(self) -> None:
        tables = self.clickhouse.tables
        plans = defaultdict(list)
        for plan in sorted(tables["ledger"], key=lambda plan: plan["position"]):
            plans[plan["kafka_partition"]].append(plan)
        for p, log in self.logs.items():
            assert self.committed[p] == log[-1].offset + 1
            chain = plans[p]
            ends = [0, *(plan["last_offset"] + 1 for plan in chain)]
            assert [plan["position"] for plan in chain] == ends[:-1], "the chain of plans is broken"
            assert ends[-1] == log[-1].offset + 1
            assert sum(plan["records"] for plan in chain) == len(log)
            for table in ("mentions", "interactions", "heartbeats", "dead_letters"):
                planned = sum(plan[table] for plan in chain)
                stored = [o for q, o in self.clickhouse.stored(table) if q == p]
                assert len(set(stored)) == planned, table
                # Where rows come before their token, the tables absorb what comes twice.
                assert len(set(stored)) == len(stored) or self.clickhouse.rows_first, table
            bad = [r.offset for r in log if r.value == b"{broken"]
            assert [o for q, o in self.clickhouse.stored("dead_letters") if q == p] == bad
        ids = Counter({row["mention_id"]: 1 for row in tables["mentions"]})
        rows = Counter(row["mention_id"] for row in tables["mentions"])
        assert rows == ids or self.clickhouse.rows_first
        wanted = {
            row.value.split(b'"mention_id": "')[1].split(b'"')[0].decode()
            for log in self.logs.values()
            for row in log
            if row.value is not None and b'"mention_id"' in row.value
        }
        assert set(ids) == wanted
        assert self.clickhouse.view == ids


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_no_schedule_loses_a_row_or_stores_it_twice(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(seed)
    monkeypatch.setattr(retry, "FIRST_PAUSE_SEC", 0.0001)
    ids_in_memory = world.rng.choice([1, 5, 30, 200_000])
    monkeypatch.setattr(SeenIds.__init__, "__defaults__", (ids_in_memory,))
    await asyncio.wait_for(world.run(), 60)
    world.check()
