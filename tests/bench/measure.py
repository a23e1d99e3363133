"""One contender, one run: how fast it emptied the topic, and what that took."""

import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from clickhouse_connect.driver.client import Client

from tests.bench.contenders import Contender
from tests.bench.stack import Stack

POLL_SEC = 0.25
STOP_SEC = 20.0


class RunFailedError(Exception):
    """A contender died, stalled, or stored something else than what was sent."""


@dataclass(frozen=True)
class Run:
    """What one run measured; processor time per event is that of the part that was timed."""

    events_per_second: float
    cpu_us: float
    clickhouse_cpu_us: float
    peak_rss_mb: float
    inserts: int


class Watched:
    """A contender's process, its log and its use of memory and processor."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                command, env=environment, stdout=file, stderr=subprocess.STDOUT
            )
        self._seen = psutil.Process(self._process.pid)
        self.peak_rss_mb = 0.0

    def sample(self) -> float:
        """Note memory; return the processor seconds so far. Raises when it is gone."""
        if self._process.poll() is not None:
            raise RunFailedError(f"ended with {self._process.returncode}:\n{self.tail()}")
        status = Path(f"/proc/{self._seen.pid}/status")
        if status.exists():  # Linux keeps the highest itself
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if "VmHWM" not in lines:  # it has just ended, and nobody has waited for it yet
                raise RunFailedError(f"ended:\n{self.tail()}")
            rss_mb = int(lines["VmHWM"].split()[0]) / 1024
        else:
            rss_mb = self._seen.memory_info().rss / 1024**2
        self.peak_rss_mb = max(self.peak_rss_mb, rss_mb)
        return processor_seconds(self._seen)

    def stop(self) -> None:
        """End it as a service manager would."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SEC)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def tail(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-1_500:]


def processor_seconds(process: psutil.Process) -> float:
    """Return what a process and its threads have used."""
    times = process.cpu_times()
    return float(times.user + times.system)


def drain(
    stack: Stack,
    contender: Contender,
    events: int,
    threads: int,
    name: str,
    timeout_sec: float,
    table: str = "mentions",
) -> Run:
    """Let `contender` store all events in a fresh database with a fresh consumer group.

    The clock runs from the first block stored to the last, by the server's `stored_at`; the rows
    of the first block do not count. So neither the start of an interpreter nor the joining of a
    group is in the rate. Raises RunFailedError unless exactly the events sent are stored.
    """
    with stack.fresh_database() as client:
        clickhouse = psutil.Process(stack.clickhouse_pid)
        environment = stack.environment(
            ESCUCHA_KAFKA_GROUP=f"bench-{name}-{time.time_ns()}",
            ESCUCHA_CLASSIFY_THREADS=str(threads),
            BENCH_THREADS=str(threads),
            BENCH_TABLE=table,
        )
        process = Watched(contender.command(), environment, stack.logs / f"{name}.log")
        try:
            deadline = time.monotonic() + timeout_sec
            first: tuple[int, float, float] | None = None
            rows = 0
            while rows < events:
                if time.monotonic() > deadline:
                    raise RunFailedError(f"{rows} of {events} rows stored:\n{process.tail()}")
                time.sleep(POLL_SEC)
                rows = _count(client, table)
                now = (rows, process.sample(), processor_seconds(clickhouse))
                if rows and first is None:
                    first = now
            assert first is not None
        finally:
            process.stop()
        timed = max(1, now[0] - first[0])
        return Run(
            events_per_second=_rate(client, events, table),
            cpu_us=(now[1] - first[1]) / timed * 1e6,
            clickhouse_cpu_us=(now[2] - first[2]) / timed * 1e6,
            peak_rss_mb=process.peak_rss_mb,
            inserts=int(client.command(f"SELECT uniqExact(stored_at) FROM {table}")),
        )


def _count(client: Client, table: str) -> int:
    return int(client.command(f"SELECT count() FROM {table}"))


def _rate(client: Client, events: int, table: str) -> float:
    in_view = "(SELECT sum(mentions) FROM mentions_by_hour)" if table == "mentions" else "count()"
    [(rows, offsets, counted, seconds, after_first)] = client.query(
        f"WITH (SELECT min(stored_at) FROM {table}) AS first"
        f" SELECT count(), uniqExact(kafka_partition, kafka_offset), {in_view},"
        " (toUnixTimestamp64Milli(max(stored_at)) - toUnixTimestamp64Milli(first)) / 1000,"
        f" countIf(stored_at > first) FROM {table}"
    ).result_rows
    if not rows == offsets == counted == events:
        raise RunFailedError(
            f"{events} events sent, {rows} rows of {offsets} offsets stored, {counted} counted"
        )
    return float(after_first / seconds)
