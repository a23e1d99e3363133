"""`escucha listen bluesky` as a process, with a Jetstream over a socket and a real broker.

It is killed, stopped, cut off from Kafka, and sent to another broker.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil

from deploy.local.handles import BrokerHandle, start_broker
from streams.producers.live.bluesky_mapping import map_message
from tests.fakes.bluesky_lines import mix
from tests.fakes.jetstream import Jetstream, Manners
from tests.fakes.memory_kafka import identity
from tests.integration.producers.helpers import REPOSITORY, Topic

NOW = datetime(2026, 7, 5, tzinfo=UTC)
PROGRAM = (
    "from streams.errors import EscuchaError\n"
    "from streams.producers.live.cli import listen_command\n"
    "try:\n"
    "    listen_command(prog_name='escucha listen')\n"
    "except EscuchaError as error:\n"
    "    raise SystemExit(f'escucha: {error}')\n"
)


def expected(lines: list[bytes]) -> set[str]:
    events = (map_message(message, NOW)[1] for message in lines)
    return {identity(msgspec.json.decode(msgspec.json.encode(event))) for event in events if event}


@dataclass
class Listener:
    """The command, its checkpoint and what it wrote."""

    topic: Topic
    run_dir: Path
    server: Jetstream
    arguments: list[str] = field(default_factory=list)
    process: "subprocess.Popen[str] | None" = None

    @property
    def checkpoint(self) -> Path:
        return self.run_dir / "bluesky.json"

    def start(self, *more: str) -> "subprocess.Popen[str]":
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", PROGRAM, "bluesky", "--endpoint", self.server.url),
                *("--checkpoint", str(self.checkpoint), *self.arguments, *more),
            ],
            cwd=REPOSITORY,
            env={
                **os.environ,
                "ESCUCHA_KAFKA_BOOTSTRAP": self.topic.bootstrap,
                "ESCUCHA_MENTIONS_TOPIC": self.topic.name,
                "ESCUCHA_RUN_DIR": str(self.run_dir),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        return self.process

    def stored(self) -> dict[str, Any]:
        try:
            stored: dict[str, Any] = json.loads(self.checkpoint.read_bytes())
        except FileNotFoundError:
            return {"cursor": None, "delivered": 0}
        return stored

    def kill(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    async def until(self, holds: Callable[[], bool], within_sec: float = 60) -> None:
        assert self.process is not None
        deadline = time.monotonic() + within_sec
        while not holds():
            assert time.monotonic() < deadline, self.stored()
            assert self.process.poll() is None, self.process.communicate()[1]
            await asyncio.sleep(0.02)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> dict[str, Any]:
        """Ask it to end and return its summary."""
        assert self.process is not None
        self.process.send_signal(number)
        out, err = await asyncio.to_thread(self.process.communicate, timeout=30)
        assert self.process.returncode == 128 + number, err
        assert "goes on from here" in err
        summary: dict[str, Any] = json.loads(out)
        return summary


async def read_ids(topic: Topic, at_least: int) -> list[str]:
    records = await asyncio.to_thread(topic.records, at_least)
    events = [json.loads(value) for _, value, _ in records]
    return [identity(event) for event in events if event["type"] != "heartbeat"]


async def test_killed_ten_times_it_leaves_no_gap(topic: Topic, tmp_path: Path) -> None:
    lines = mix(6_000, rate=10_000)
    ids, end_us = expected(lines), json.loads(lines[-1])["time_us"]
    dice = random.Random(7)
    slow = deque([Manners(pause_sec=0.0005)] * 11)
    async with Jetstream(lines, manners=slow).serving() as server:
        listener = Listener(topic, tmp_path, server, ["--rewind-sec", "0.01"])
        try:
            for kill in range(10):
                listener.start()
                connections = kill + 1
                await listener.until(lambda: len(server.queries) >= connections)  # noqa: B023
                await asyncio.sleep(dice.uniform(0.0, 2.5))
                listener.kill()
            places = [int(query["cursor"][0]) for query in server.queries if "cursor" in query]
            assert len(set(places)) > 2  # it did go on, and not from the start each time
            listener.start()
            await listener.until(lambda: listener.stored()["cursor"] == {"time_us": end_us})
            summary = await listener.stop()
        finally:
            listener.kill()
    assert summary["received"] == summary["delivered"] + summary["rejected"]
    arrived = await read_ids(topic, len(ids))
    assert set(arrived) == ids
    assert len(arrived) >= len(ids)


async def test_stopped_and_started_it_goes_on_and_its_authors_stay_in_their_partitions(
    topic: Topic, tmp_path: Path
) -> None:
    lines = mix(3_000, rate=10_000)
    ids, end_us = expected(lines), json.loads(lines[-1])["time_us"]
    slow = deque([Manners(pause_sec=0.0005)])
    async with Jetstream(lines, manners=slow).serving() as server:
        listener = Listener(topic, tmp_path, server, ["--rewind-sec", "0"])
        try:
            listener.start()
            await listener.until(lambda: listener.stored()["delivered"] > 100)
            first = await listener.stop(signal.SIGINT)
            assert first["delivered"] == first["received"] < len(ids)
            listener.start()
            await listener.until(lambda: listener.stored()["cursor"] == {"time_us": end_us})
            second = await listener.stop()
        finally:
            listener.kill()
    # Without a rewind only the newest message comes again.
    assert first["delivered"] + second["delivered"] <= len(ids) + 1
    records = topic.records(len(ids))
    partitions: dict[bytes, set[int]] = {}
    for key, _, partition in records:
        partitions.setdefault(key, set()).add(partition)
    assert all(len(found) == 1 for found in partitions.values())
    assert set(await read_ids(topic, len(ids))) == ids


async def test_a_topic_that_is_gone_stops_it_with_the_remedy(topic: Topic, tmp_path: Path) -> None:
    lines = mix(200)
    async with Jetstream(lines).serving() as server:
        listener = Listener(topic, tmp_path, server, ["--limit", "100"])
        process = listener.start()
        out, _ = await asyncio.to_thread(process.communicate, timeout=30)
        assert json.loads(out)["delivered"] >= 100
        with start_broker(tmp_path / "other") as other:
            listener.topic = Topic(other.bootstrap, topic.name).create()
            process = listener.start()
            _, err = await asyncio.to_thread(process.communicate, timeout=30)
            assert process.returncode == 1
            assert "no longer has them" in err
            assert "--resume-anyway" in err
            process = listener.start("--restart")
            out, err = await asyncio.to_thread(process.communicate, timeout=30)
            assert process.returncode == 0, err
            assert json.loads(out)["delivered"] >= 100


async def test_while_kafka_is_away_it_holds_little_and_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    lines = mix(120_000, rate=100_000)
    ids = expected(lines)
    with start_broker(tmp_path / "broker") as broker:
        topic = Topic(broker.bootstrap, "mentions.away").create()
        async with Jetstream(lines, manners=deque([Manners()])).serving() as server:
            listener = Listener(topic, tmp_path, server)
            try:
                process = listener.start()
                await listener.until(lambda: listener.stored()["delivered"] > 1_000)
                memory = psutil.Process(process.pid)
                with suspended(broker):
                    await asyncio.sleep(3)
                    before, sent = memory.memory_info().rss, server.sent
                    await asyncio.sleep(3)
                    grown, read_on = memory.memory_info().rss - before, server.sent - sent
                    assert server.sent < len(lines), "all was taken before Kafka was away"
                    assert grown < 16 * 2**20
                    assert read_on < 5_000
                end_us = json.loads(lines[-1])["time_us"]
                await listener.until(lambda: listener.stored()["cursor"] == {"time_us": end_us})
                summary = await listener.stop()
            finally:
                listener.kill()
        assert (summary["reconnects"], summary["stalls"]) == (0, 0)
        assert summary["delivered"] == len(ids)
        assert set(await read_ids(topic, len(ids))) == ids


class suspended:  # noqa: N801 - reads as a word
    """Within it the broker is stopped as by a debugger: connected, and silent."""

    def __init__(self, broker: BrokerHandle) -> None:
        assert broker.pid is not None
        tree = psutil.Process(broker.pid)
        self._processes = [tree, *tree.children(recursive=True)]

    def __enter__(self) -> None:
        for process in self._processes:
            process.suspend()

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()
