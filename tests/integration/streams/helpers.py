"""A topic of one's own on the shared services, and the commands as a user runs them."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, Producer, TopicPartition

from deploy.local.handles import BrokerHandle, ClickHouseHandle
from models.analyser import HashedText
from models.labels import load_corpus
from models.store import ModelStore
from models.training import Recipe, train
from schemas.topics import TopicSpec
from streams.clock import now
from streams.kafka_access import KafkaAccess
from streams.migrate import connect
from streams.reconcile import Balance, reconcile
from streams.settings import Settings
from streams.topic_admin import TopicAdmin

REPOSITORY = Path(__file__).parents[3]
PARTITIONS = 2
PATIENCE_SEC = 120.0  # for a loaded machine; what is awaited mostly takes a second or two

_numbers = itertools.count(1)


def wait_for(condition: Callable[[], object], what: str, timeout_sec: float = PATIENCE_SEC) -> None:
    """Return when the condition holds; fail with `what` when it does not in time."""
    deadline = time.monotonic() + timeout_sec
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_sec:.0f} s for {what}"
        time.sleep(0.05)


def small_model(store: Path) -> str:
    """Train on every fourth labelled mention, which takes a moment, promote, and name it."""
    model, report = train(
        load_corpus()[::4],
        seed=7,
        text=HashedText(2**13),
        recipe=Recipe(
            folds=2, iterations=50, min_mentions_per_feature=3, inverse_regularisation=1.0
        ),
    )
    models = ModelStore(store)
    card = models.save(model, report, trained_on=["a part of models/corpus"], created_at=now())
    models.promote(card.version)
    return card.version


def clean_environment(**variables: object) -> dict[str, str]:
    """This process's environment without any setting of Escucha but the given ones."""
    inherited = {name: value for name, value in os.environ.items() if "ESCUCHA" not in name}
    given = {f"ESCUCHA_{name.upper()}": str(value) for name, value in variables.items()}
    given = {"ESCUCHA_LANG": "en", **given}
    return {**inherited, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", **given}


def escucha(
    *arguments: object,
    environment: Mapping[str, str],
    cwd: Path,
    stdin: bytes | None = None,
) -> "subprocess.CompletedProcess[bytes]":
    """Run a command to its end, away from the repository, as somebody who installed it would."""
    return subprocess.run(
        command_line(*arguments),
        env=environment,
        cwd=cwd,
        input=stdin or b"",
        capture_output=True,
        check=False,
        timeout=PATIENCE_SEC * 2,
    )


def command_line(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "streams.cli", *map(str, arguments)]


def one_line_of(result: "subprocess.CompletedProcess[bytes]") -> str:
    """What a command that refused said: one line, and no traceback."""
    said = result.stderr.decode()
    assert "Traceback" not in said, said
    [line] = said.splitlines()
    return line


@dataclass(frozen=True)
class Services:
    """Broker, ClickHouse and model that all tests of this folder share."""

    broker: BrokerHandle
    clickhouse: ClickHouseHandle
    model_store: Path

    def settings(self, run_dir: Path, **changes: Any) -> Settings:
        return Settings(
            kafka_bootstrap=self.broker.bootstrap,
            clickhouse_url=self.clickhouse.url,
            clickhouse_user=self.clickhouse.user,
            clickhouse_password=self.clickhouse.password,
            run_dir=run_dir,
            model_store=self.model_store,
            kafka_partitions=PARTITIONS,
            batch_max_records=100,
            **changes,
        )


@dataclass(frozen=True)
class Lane:
    """A topic and a consumer group for one test; tables are shared, rows told by topic_id."""

    settings: Settings
    topic_id: str
    folder: Path

    @classmethod
    def make(cls, services: Services, folder: Path) -> "Lane":
        name = f"mentions.lane-{next(_numbers)}"
        settings = services.settings(folder / "run", mentions_topic=name, kafka_group=name)
        admin = TopicAdmin(settings.kafka)
        spec = TopicSpec(name, key="author id", carries="Event", retention_ms=None)
        admin.create(spec, partitions=PARTITIONS, replication=1)
        topic = admin.topic(name)
        assert topic is not None
        return cls(settings, topic.topic_id, folder)

    @property
    def topic(self) -> str:
        return self.settings.mentions_topic

    def environment(self, **changes: object) -> dict[str, str]:
        settings = self.settings
        names = (
            "kafka_bootstrap kafka_group mentions_topic clickhouse_url clickhouse_user"
            " clickhouse_password run_dir model_store kafka_partitions batch_max_records"
        )
        return clean_environment(
            **{name: getattr(settings, name) for name in names.split()} | changes
        )

    def run(
        self, *arguments: object, stdin: bytes | None = None, **changes: object
    ) -> "subprocess.CompletedProcess[bytes]":
        return escucha(
            *arguments, environment=self.environment(**changes), cwd=self.folder, stdin=stdin
        )

    def worker(self, **changes: object) -> "Worker":
        return Worker(self.environment(**changes), self.folder)

    def client(self) -> Client:
        return connect(self.settings, in_database=True)

    def count(self, table: str) -> int:
        """Rows of this lane."""
        return int(self.scalar(f"SELECT count() FROM {table} WHERE topic_id = {{topic_id:String}}"))

    def planned(self, column: str) -> int:
        """Sum of a column of this lane's ledger."""
        return int(
            self.scalar(f"SELECT sum({column}) FROM ledger WHERE topic_id = {{topic_id:String}}")
        )

    def scalar(self, query: str) -> Any:
        with self.client() as client:
            return client.query(query, {"topic_id": self.topic_id}).first_row[0]

    def balance_once_settled(self) -> Balance:
        """The books when nothing is on its way."""
        deadline = time.monotonic() + PATIENCE_SEC
        while (balance := reconcile(self.settings)).in_flight and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not balance.in_flight, balance
        return balance

    def produce(
        self, values: Iterable[bytes | None], key: bytes | None = b"author", partition: int = 0
    ) -> None:
        produce(self.settings.kafka_bootstrap, self.topic, values, key, partition)

    def records(self, topic: str | None = None, partitions: int = 1) -> list[dict[str, Any]]:
        """All records of a topic as it ends now, tombstones with None for a value."""
        return read_all(self.settings.kafka_bootstrap, topic or self.topic, partitions)


class Worker:
    """`escucha worker` in a process of its own, killed at the end if it has not ended before."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._log = folder / f"worker-{next(_numbers)}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command_line("worker"), env=environment, cwd=folder, stdout=log, stderr=log
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()
        if error is not None:
            sys.stderr.write(f"--- the worker said\n{self.said[-5_000:]}\n")

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def terminate(self, within_sec: float = 10.0) -> int:
        """Send SIGTERM; return the exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(within_sec)

    def kill(self) -> None:
        """As kill -9 does."""
        self._process.kill()
        self._process.wait()

    def wait(self) -> int:
        """Return the exit code once it has ended by itself."""
        return self._process.wait(PATIENCE_SEC)


def produce(
    bootstrap: str,
    topic: str,
    values: Iterable[bytes | None],
    key: bytes | None = b"author",
    partition: int = 0,
) -> None:
    """Write records as they are; on return the broker has them all."""
    failures: list[str] = []
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 5, "log_level": 0})
    for value in values:
        producer.produce(
            topic,
            value,
            key,
            partition=partition,
            on_delivery=lambda error, _: failures.append(error.str()) if error else None,
        )
    assert producer.flush(PATIENCE_SEC) == 0
    assert failures == []


def read_all(bootstrap: str, topic: str, partitions: int) -> list[dict[str, Any]]:
    """All records of a topic up to where it ends now."""
    ends = TopicAdmin(KafkaAccess(bootstrap)).log_offsets(topic, range(partitions))
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "reader", "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(topic, p, start) for p, (start, _) in ends.items()])
    left = sum(end - start for start, end in ends.values())
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE_SEC
    try:
        while len(found) < left:
            assert time.monotonic() < deadline, f"{len(found)} of {left} records of {topic} came"
            for message in consumer.consume(left - len(found), 0.2):
                assert message.error() is None
                found.append(
                    {
                        "partition": message.partition(),
                        "offset": message.offset(),
                        "key": message.key(),
                        "value": message.value(),
                        "headers": dict(message.headers() or ()),
                    }
                )
    finally:
        consumer.close()
    return sorted(found, key=lambda record: (record["partition"], record["offset"]))


def write_posts(path: Path, numbers: Sequence[int]) -> Path:
    """A file as a user has one: JSON lines of invented posts, some of which want to buy."""
    with path.open("w", encoding="utf-8") as file:
        for number in numbers:
            post = {
                "id": f"{path.stem}-{number}",
                "author": f"author_{number % 17}",
                "created_at": f"2026-07-04T{10 + number // 3600:02}:{number // 60 % 60:02}:"
                f"{number % 60:02}Z",
                "text": f"¿dónde puedo comprar un Nimbara? número {number}",
            }
            file.write(json.dumps(post, ensure_ascii=False) + "\n")
    return path
