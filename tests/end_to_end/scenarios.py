"""What is done to the pipeline, each by its name; seeded, so that it can be done again."""

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.kafka_jvm import KafkaJvm
from tests.end_to_end.fleet import Fleet
from tests.end_to_end.ground import Ground, Needs
from tests.end_to_end.malformed import MALFORMED, start_time, valid
from tests.end_to_end.proof import settled
from tests.end_to_end.traffic import Sender, Stream
from tests.fakes.slow_proxy import CALM, Weather

START_SEC = 240.0  # on a machine that has much else to do
KILLED = ("worker", "clickhouse", "broker", "producer", "upkeep", "signals")


@dataclass(frozen=True)
class Options:
    """Size of a run."""

    seed: int = 7
    workers: int = 2
    rounds: int = 200  # of kills
    events: int = 5_000_000  # of the backlog; 50 M take ten times as long
    rate: float = 500.0  # events/s while harm is done
    scale: float = 1.0  # of times: 1 is what the names say, CI has less


@dataclass
class Run:
    """A scenario under way: what it may use, and what it has to say."""

    ground: Ground
    fleet: Fleet
    sender: Sender
    options: Options
    faults: Counter[str] = field(default_factory=Counter)
    healed: list[float] = field(default_factory=list)  # when each fault had ended
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.options.seed + 1)
        self._began = time.monotonic()

    def add_worker(self, **environment: str) -> str:
        """One worker more."""
        return self.fleet.add("worker", environment=environment)

    def stream(self, rate: float | None = None) -> Stream:
        """Mentions at a steady rate."""
        return Stream(self.sender, rate or self.options.rate)

    def wait(self, seconds: float) -> None:
        """Let time go by, less of it in a shorter run."""
        time.sleep(seconds * self.options.scale)

    def fault(self, name: str) -> None:
        """Note that harm was done."""
        self.faults[name] += 1
        print(f"{time.monotonic() - self._began:7.1f} s: {name}", file=sys.stderr, flush=True)

    def heal(self) -> None:
        """Note that the harm has ended."""
        self.healed.append(time.time())

    def warm_up(self) -> None:
        """Return when what was sent is stored, and so the workers are up."""
        self.sender.burst(200)
        self.sender.finish()
        settled(self.ground.settings)


@dataclass(frozen=True)
class Scenario:
    """`workers`: how many there are at the start, where the scenario itself has a say in it."""

    name: str
    act: Callable[[Run], None]
    needs: Needs = Needs()  # noqa: RUF009 - frozen
    workers: int | None = None
    trusts_sender: bool = False  # to read the topic once more would take too long


def kills(run: Run) -> None:
    """kill -9 of any process at any moment."""
    file = run.ground.folder / "posts.jsonl"
    rows = 100 * run.options.rounds
    _write_posts(file, rows, run.options.seed)
    slowly = ("ingest", str(file), "--rate", "40", "--heartbeat-sec", "2")
    run.warm_up()
    run.fleet.add("producer", *slowly, once=True)
    hit = list(KILLED)
    for _ in range(run.options.rounds):
        run.sender.burst(run.random.randrange(200, 800))
        time.sleep(run.random.random())
        target = run.random.choice(hit)
        if target == "producer" and not run.fleet.names(target):  # it is done
            hit.remove(target)
            target = "worker"
        _kill(run, target)
    while run.fleet.names("producer"):
        time.sleep(0.2)
    run.sender.sent.good += rows  # by their ids in the topic


def exactness(run: Run) -> None:
    """Half a million events at full speed, and kill -9 of workers, ClickHouse and broker."""
    scale = run.options.scale
    events, per_second = int(500_000 * scale), 6_000
    blows = ["worker"] * max(5, round(20 * scale)) + ["clickhouse"] * max(1, round(5 * scale))
    if isinstance(run.ground.broker, KafkaJvm):  # the local one would forget everything
        blows += ["broker"] * max(1, round(3 * scale))
    plan = sorted((run.random.uniform(0.05, 1.0), target) for target in blows)
    began = time.monotonic()
    with Stream(run.sender, per_second, events) as stream:
        for moment, target in plan:
            time.sleep(max(0.0, began + moment * events / per_second - time.monotonic()))
            _kill(run, target)
        stream.wait()


def broker_down(run: Run) -> None:
    """The broker is away for five minutes."""
    run.warm_up()
    with run.stream():
        run.wait(10)
        run.ground.broker.kill()
        run.fault("broker away")
        run.wait(300)
        run.ground.broker.start(START_SEC)
        run.heal()
        run.wait(15)


def clickhouse_down(run: Run) -> None:
    """ClickHouse is away for five minutes."""
    run.warm_up()
    with run.stream():
        run.wait(10)
        run.ground.clickhouse.kill()
        run.fault("clickhouse away")
        run.wait(300)
        run.ground.clickhouse.start(START_SEC)
        run.heal()
        run.wait(15)


def disk_full(run: Run) -> None:
    """ClickHouse's disk is full to the last byte, three times, once with a kill in between."""
    disk = run.ground.disk
    assert disk is not None
    run.warm_up()
    with run.stream():
        for number in range(3):
            run.wait(8)
            disk.fill()
            run.fault("disk full")
            for _ in range(6):  # merges and dropped parts free some: it stays full
                run.wait(5)
                disk.fill()
            if number == 1:
                run.ground.clickhouse.kill()
                run.fault("kill -9 clickhouse on a full disk")
            disk.drop()
            run.ground.clickhouse.start(START_SEC)
            run.heal()
        run.wait(10)


def slow_network(run: Run) -> None:
    """Latency, jitter, a narrow pipe, stalls and cut connections to Kafka and ClickHouse."""
    networks = [run.ground.kafka_network, run.ground.clickhouse_network]
    weathers = {
        "latency 50-150 ms": Weather(latency_sec=0.05, jitter_sec=0.1),
        "latency 0.5-1 s": Weather(latency_sec=0.5, jitter_sec=0.5),
        "200 kB/s": Weather(latency_sec=0.02, bytes_per_sec=200_000),
        "30 kB/s": Weather(latency_sec=0.02, bytes_per_sec=30_000),
        "stalled": Weather(stalled=True),
    }
    run.warm_up()
    with run.stream(min(run.options.rate, 200)):
        for name, weather in weathers.items():
            for which, network in zip(("kafka", "clickhouse"), networks, strict=True):
                assert network is not None
                network.weather = weather
                run.fault(f"{which}: {name}")
                run.wait(20)
                if weather.stalled:
                    run.wait(60)  # past every session and request timeout of ours
                network.weather = CALM
                run.heal()
                run.wait(5)
        for _ in range(10):
            for network in networks:
                assert network is not None
                network.cut()
            run.fault("all connections cut")
            run.heal()
            run.wait(2)


def clock_jumps(run: Run) -> None:
    """The clock of one of the workers jumps by an hour or two, forward and back."""
    clock = run.ground.folder / "clock"
    clock.write_text("+0", encoding="ascii")
    run.add_worker(
        LD_PRELOAD=str(_libfaketime()),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    run.warm_up()
    with run.stream():
        for jump in ("+3600", "-3600", "+7200", "-7200", "+3600", "+0"):
            run.wait(5)
            clock.write_text(jump, encoding="ascii")
            run.fault(f"clock at {jump} s")
            run.heal()
            run.wait(10)


def rebalances(run: Run) -> None:
    """Every ten seconds another number of workers, from one to six."""
    run.warm_up()
    with run.stream():
        for _ in range(12):
            wanted = run.random.choice([n for n in range(1, 7) if n != len(run.fleet.names())])
            while len(names := run.fleet.names()) > wanted:
                run.fleet.stop(run.random.choice(names))
            while len(run.fleet.names()) < wanted:
                run.add_worker()
            run.fault(f"{wanted} workers")
            run.heal()
            run.wait(10)


def poison(run: Run) -> None:
    """Each kind of malformed record in rows, batches of only bad ones, past the ceiling too."""
    run.warm_up()
    sender = run.sender
    for kind in MALFORMED:
        big = kind in {"too long a record", "too long a text", "nested"}
        for _ in range(5 if big else 60):
            sender.bad(kind)
        sender.burst(20)
        run.faults[kind] += 1
    for _ in range(50):  # as large as they may be, and good
        sender.good(text="ñ😍" * 16_000)
    sender.finish()
    for _ in range(3):
        for _ in range(5_000):
            sender.bad("null")
        run.fault("5,000 bad ones in a row")
        sender.burst(500)
    settled(run.ground.settings)
    run.heal()
    worker = run.fleet.names("worker")[0]
    for _ in range(11_000):
        sender.bad("html", partition=0)
    run.fault("11,000 bad ones in a row in one partition")
    sender.finish()
    deadline = time.monotonic() + 120
    while not run.fleet.ends["worker 70"]:
        if time.monotonic() > deadline:
            run.problems.append("no worker stopped at the ceiling of dead letters")
            break
        time.sleep(0.2)
    said = "".join(run.fleet.log_of(name) for name in run.fleet.names("worker"))
    if "raise ESCUCHA_DEAD_LETTER_CEILING" not in said:
        run.problems.append(f"{worker} did not say what to do about the ceiling")
    while names := run.fleet.names("worker"):
        run.fleet.stop(names[0])
    for _ in range(run.options.workers):
        run.add_worker(ESCUCHA_DEAD_LETTER_CEILING="20000")
    run.heal()


def backlog(run: Run) -> None:
    """A long topic from its beginning; memory must not grow with what is behind."""
    began = time.monotonic()
    _preload(run)
    run.notes.append(f"sent in {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    run.fault(f"{run.sender.sent.records:,} records behind")
    run.heal()
    for _ in range(run.options.workers):
        run.add_worker()
    settled(run.ground.settings, timeout_sec=7_200)
    took = time.monotonic() - began
    run.notes.append(f"{run.sender.sent.records / took:,.0f} records/s")
    series = [now for _, now in run.fleet.memory.series if "worker" in now]
    for role in ("worker", "clickhouse"):
        early, late = (
            max(now.get(role, 0.0) for now in part)
            for part in (series[len(series) // 10 : len(series) // 2], series[len(series) // 2 :])
        )
        run.notes.append(f"{role}: {early:.0f} MB in the first half, {late:.0f} MB in the second")


def _kill(run: Run, target: str) -> None:
    """SIGKILL one of the kind, and start it again after a moment."""
    if target == "clickhouse":
        run.ground.clickhouse.kill()
        time.sleep(run.random.random())
        run.ground.clickhouse.start(START_SEC)
    elif target == "broker":
        run.ground.broker.kill()
        time.sleep(run.random.random())
        run.ground.broker.start(START_SEC)
    else:
        run.fleet.kill(run.random.choice(run.fleet.names(target)), run.random)
    run.fault(f"kill -9 {target}")
    run.heal()


def _preload(run: Run) -> None:
    for number in range(run.options.events):
        run.sender.any()
        if number % 1_000 == 0:
            run.sender.burst(0)
    run.sender.finish()


def _write_posts(file: Path, rows: int, seed: int) -> None:
    random_, start = random.Random(seed), start_time()
    with file.open("w", encoding="utf-8") as lines:
        for number in range(rows):
            event = valid(number, random_, start, f"file-{seed}")
            flat = {**event, "author_id": event["author"]["id"]}  # type: ignore[index]
            del flat["author"], flat["type"]
            lines.write(json.dumps(flat) + "\n")


def _libfaketime() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        raise SystemExit("libfaketime is missing: apt-get install faketime")
    return found[0]


SCENARIOS = {
    each.name: each
    for each in (
        Scenario("kills", kills, Needs(upkeep=True, signals=True)),
        Scenario("exactness", exactness, workers=3),
        Scenario("broker-down", broker_down, Needs(upkeep=True, signals=True)),
        Scenario("clickhouse-down", clickhouse_down, Needs(upkeep=True, signals=True)),
        Scenario("disk-full", disk_full, Needs(disk_mb=256, upkeep=True, signals=True)),
        Scenario("slow-network", slow_network, Needs(proxied=True)),
        Scenario("clock-jumps", clock_jumps),
        Scenario("rebalances", rebalances, workers=1),
        Scenario("poison", poison),
        Scenario("backlog", backlog, workers=0, trusts_sender=True),
    )
}
