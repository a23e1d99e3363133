"""Counts stay exact whatever is killed: a run of the whole pipeline under fire.

    python -m tests.end_to_end.exactness --broker kafka --events 500000 --workers 3 \
        --worker-kills 20 --clickhouse-kills 5 --broker-restarts 3

Prints one JSON object at the end and exits 1 when anything does not balance.
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from deploy.kafka_jvm import KafkaJvm
from deploy.local.handles import ClickHouseHandle, start_broker, start_clickhouse
from models.labels import load_corpus
from models.store import ModelStore
from models.training import train
from streams.clock import now
from streams.migrate import connect, migrate
from streams.reconcile import Balance, reconcile
from streams.settings import Settings
from tests.end_to_end.malformed import MALFORMED, start_time, valid

SETTLE_TIMEOUT_SEC = 240.0


class Broker(Protocol):
    """What the run needs of Tansu or Apache Kafka."""

    bootstrap: str

    def restart(self) -> object: ...


@dataclass(frozen=True)
class Attack:
    """Size of a run and what is done to it."""

    events: int = 50_000
    workers: int = 3
    worker_kills: int = 5
    clickhouse_kills: int = 1
    broker_restarts: int = 0
    malformed_share: float = 0.01
    resent_share: float = 0.01
    events_per_second: int = 6_000
    seed: int = 7


@dataclass
class Sent:
    """What the producer knows it sent."""

    valid: int = 0
    resent: int = 0
    malformed: int = 0
    malformed_kinds: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Result:
    """What came of it."""

    sent: Sent
    balance: Balance
    distinct_mentions: int
    rows: int
    rows_collapsed: int
    dead_letters: int
    killed: dict[str, int]
    seconds: float
    problems: list[str]


@contextlib.contextmanager
def stack(broker: str, folder: Path) -> Iterator[tuple[Broker, ClickHouseHandle, Settings]]:
    """Broker and ClickHouse for a run, migrated, with a model to classify with."""
    with contextlib.ExitStack() as exits:
        kafka: Broker
        if broker == "kafka":
            kafka = exits.enter_context(KafkaJvm(folder / "kafka"))
        else:
            kafka = exits.enter_context(start_broker(folder / "tansu"))
        clickhouse = exits.enter_context(start_clickhouse(folder / "clickhouse"))
        settings = Settings(
            kafka_bootstrap=kafka.bootstrap,
            clickhouse_url=clickhouse.url,
            clickhouse_user=clickhouse.user,
            clickhouse_password=clickhouse.password,
            run_dir=folder / "run",
            model_store=folder / "run" / "models",
            batch_max_records=1_000,
        )
        model, report = train(list(load_corpus()), seed=7)
        store = ModelStore(settings.model_store)
        card = store.save(model, report, trained_on=["models/corpus"], created_at=now())
        store.promote(card.version)
        migrate(settings, dry_run=False, say=lambda _: None)
        yield kafka, clickhouse, settings


class Workers:
    """Worker processes that come back after each kill."""

    def __init__(self, settings: Settings, count: int, folder: Path) -> None:
        self._environment = {
            **os.environ,
            "ESCUCHA_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "ESCUCHA_CLICKHOUSE_URL": settings.clickhouse_url,
            "ESCUCHA_CLICKHOUSE_USER": settings.clickhouse_user,
            "ESCUCHA_CLICKHOUSE_PASSWORD": settings.clickhouse_password,
            "ESCUCHA_RUN_DIR": str(settings.run_dir),
            "ESCUCHA_BATCH_MAX_RECORDS": str(settings.batch_max_records),
        }
        self._folder = folder
        self._processes = [self._spawn(number) for number in range(count)]
        self._lock = threading.Lock()
        self.restarts_of_their_own = 0
        self._ending = threading.Event()
        self._guard = threading.Thread(target=self._restart_the_fallen, daemon=True)
        self._guard.start()

    def _spawn(self, number: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "streams.cli", "worker"]
        with (self._folder / f"worker-{number}.log").open("ab") as log:
            return subprocess.Popen(command, env=self._environment, stderr=log)

    def kill_one(self, random_: random.Random) -> None:
        """SIGKILL a worker; it is started again after up to a second."""
        with self._lock:
            number = random_.randrange(len(self._processes))
            process = self._processes[number]
            process.kill()
            process.wait()
            time.sleep(random_.random())
            self._processes[number] = self._spawn(number)

    def _restart_the_fallen(self) -> None:
        """What the supervisor does: a worker that ended by itself is started again."""
        while not self._ending.wait(1.0):
            with self._lock:
                for number, process in enumerate(self._processes):
                    if process.poll() is not None and not self._ending.is_set():
                        self.restarts_of_their_own += 1
                        self._processes[number] = self._spawn(number)

    def stop(self) -> list[int]:
        """SIGTERM all; returns their exit codes."""
        self._ending.set()
        self._guard.join()
        for process in self._processes:
            process.terminate()
        codes = []
        for process in self._processes:
            try:
                codes.append(process.wait(15))
            except subprocess.TimeoutExpired:
                process.kill()
                codes.append(process.wait())
        return codes


def send(settings: Settings, attack: Attack, sent: Sent) -> None:
    """Produce at a steady rate: distinct mentions, some sent twice, some malformed."""
    random_ = random.Random(attack.seed)
    kinds = list(MALFORMED)
    producer = Producer(
        {
            "bootstrap.servers": settings.kafka_bootstrap,
            "enable.idempotence": True,
            "linger.ms": 20,
            "delivery.timeout.ms": 300_000,
            "message.max.bytes": 1_040_000,  # one oversized record fits, alone in its batch
            "batch.size": 100_000,
            "log_level": 0,
        }
    )

    def on_delivery(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            sent.failures.append(error.str())

    def produce(value: bytes | None, key: str) -> None:
        while True:
            try:
                producer.produce(
                    settings.mentions_topic, value, key.encode(), on_delivery=on_delivery
                )
                return
            except BufferError:
                producer.poll(0.1)

    start, began = start_time(), time.monotonic()
    earlier: list[dict[str, object]] = []
    for number in range(attack.events):
        event = valid(number, random_, start, f"{attack.seed}")
        key = str(event["author"]["id"])  # type: ignore[index]
        lot = random_.random()
        if lot < attack.malformed_share:
            kind = kinds[sent.malformed % len(kinds)]
            produce(MALFORMED[kind](event), key)
            sent.malformed += 1
            sent.malformed_kinds[kind] = sent.malformed_kinds.get(kind, 0) + 1
        elif lot < attack.malformed_share + attack.resent_share and earlier:
            again = random_.choice(earlier)
            produce(json.dumps(again).encode(), str(again["author"]["id"]))  # type: ignore[index]
            sent.resent += 1
        else:
            produce(json.dumps(event).encode(), key)
            sent.valid += 1
            if number % 50 == 0:
                earlier.append(event)
        if number % 200 == 0:
            producer.poll(0)
            ahead = number / attack.events_per_second - (time.monotonic() - began)
            if ahead > 0:
                time.sleep(ahead)
    producer.flush()
    sent.seconds = time.monotonic() - began


def blows(attack: Attack, random_: random.Random) -> list[tuple[float, str]]:
    """When to hit what, as fractions of the producing time; every target early and late."""
    plan = (
        ["worker"] * attack.worker_kills
        + ["clickhouse"] * attack.clickhouse_kills
        + ["broker"] * attack.broker_restarts
    )
    return sorted((random_.uniform(0.05, 1.0), target) for target in plan)


def run(broker: str, attack: Attack, folder: Path) -> Result:
    """Do the whole run and compare the books."""
    began = time.monotonic()
    random_ = random.Random(attack.seed + 1)
    with stack(broker, folder) as (kafka, clickhouse, settings):
        workers = Workers(settings, attack.workers, folder)
        sent = Sent()
        producing = threading.Thread(target=send, args=(settings, attack, sent))
        producing.start()
        expected_sec = attack.events / attack.events_per_second
        start = time.monotonic()
        killed = {"worker": 0, "clickhouse": 0, "broker": 0}
        for moment, target in blows(attack, random_):
            time.sleep(max(0.0, start + moment * expected_sec - time.monotonic()))
            if target == "worker":
                workers.kill_one(random_)
            elif target == "clickhouse":
                clickhouse.kill()
                time.sleep(random_.random())
                clickhouse.start()
            else:
                kafka.restart()
            killed[target] += 1
            print(f"{time.monotonic() - start:6.1f} s: {target} hit", file=sys.stderr)
        producing.join()
        balance = _settled(settings)
        client = connect(settings, in_database=True)
        counts = client.query(
            "SELECT (SELECT uniqExact(mention_id) FROM mentions), (SELECT count() FROM mentions),"
            " (SELECT count() FROM mentions FINAL), (SELECT count() FROM dead_letters)"
        ).first_row
        workers.stop()
        killed["workers that ended by themselves"] = workers.restarts_of_their_own
    result = Result(
        sent, balance, *counts, killed=killed, seconds=time.monotonic() - began, problems=[]
    )
    result.problems.extend(_problems(attack, result))
    return result


def _settled(settings: Settings) -> Balance:
    """The books once nothing moves any more, or as they stand when time is up."""
    deadline = time.monotonic() + SETTLE_TIMEOUT_SEC
    while True:
        balance = reconcile(settings)
        if (not balance.in_flight and not balance.problems) or time.monotonic() > deadline:
            return balance
        time.sleep(1.0)


def _problems(attack: Attack, result: Result) -> list[str]:
    sent, balance = result.sent, result.balance
    records = sum(p.records for p in balance.partitions)
    lag = sum(p.lag for p in balance.partitions)
    duplicates = sum(p.duplicates for p in balance.partitions)
    # Two of the malformed kinds carry a good event inside; they must not have got through.
    checks = {
        "everything sent was delivered": not sent.failures,
        "distinct mentions = distinct valid events": result.distinct_mentions == sent.valid,
        "rows = distinct valid events": result.rows == sent.valid,
        "rows after collapsing = rows": result.rows_collapsed == result.rows,
        "duplicates = events sent twice": duplicates == sent.resent,
        "dead letters = malformed events": result.dead_letters == sent.malformed,
        "records in the ledger = events sent": records == attack.events,
        "consumer lag is 0": lag == 0,
        "nothing in flight": not balance.in_flight,
    }
    return [name for name, holds in checks.items() if not holds] + balance.problems


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--broker", choices=["tansu", "kafka"], default="kafka")
    for name, default in asdict(Attack()).items():
        option = "--" + name.replace("_", "-")
        parser.add_argument(option, type=type(default), default=default)
    arguments = vars(parser.parse_args())
    broker = arguments.pop("broker")
    with tempfile.TemporaryDirectory(prefix="escucha-exactness-") as folder:
        result = run(broker, Attack(**arguments), Path(folder))
        for log in sorted(Path(folder).glob("worker-*.log")):
            text = log.read_text()
            print(f"--- {log.name}\n{text[-3000:]}", file=sys.stderr)
    print(msgspec.json.format(msgspec.json.encode(asdict(result))).decode())
    return 1 if result.problems else 0


if __name__ == "__main__":
    sys.exit(main())
