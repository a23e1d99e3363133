"""What the contenders share: a broker, a ClickHouse, models; and a fresh database for each run."""

import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from clickhouse_connect.driver.client import Client

from deploy.local.handles import start_broker, start_clickhouse
from deploy.local.ports import LOOPBACK, free_ports
from models.analyser import HashedText
from models.labels import load_corpus
from models.store import ModelStore
from models.training import DEFAULT_TEXT, train
from streams.migrate import connect, migrate
from streams.settings import Settings

REPOSITORY = Path(__file__).parents[2]
MODELS: dict[str, HashedText] = {
    "words": HashedText(char_ngrams=None, sublinear_tf=True),
    "shipped": DEFAULT_TEXT,
}


@dataclass(frozen=True)
class Stack:
    """Addresses and processes that a bench works with."""

    settings: Settings
    clickhouse_pid: int
    broker: str
    logs: Path

    def fresh_database(self) -> Client:
        """Drop what the last contender stored, migrate anew, and return a client for it."""
        with connect(self.settings) as client:
            name = {"name": self.settings.clickhouse_database}
            client.command("DROP DATABASE IF EXISTS {name:Identifier} SYNC", name)
            # It is the user's default database: without it nobody could log in to make it.
            client.command("CREATE DATABASE {name:Identifier}", name)
        migrate(self.settings, dry_run=False, say=lambda _: None)
        client = connect(self.settings, in_database=True)
        # Kept tables are made anew every few minutes, whoever is measured at that moment.
        client.command("SYSTEM STOP VIEWS")
        return client

    def with_model(self, name: str) -> "Stack":
        """Return the same stack, with another model current."""
        store = self.settings.run_dir / "models" / name
        return replace(self, settings=replace(self.settings, model_store=store))

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a contender needs to find everything."""
        settings = self.settings
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("ESCUCHA_")}
        return {
            **inherited,
            "PYTHONPATH": str(REPOSITORY),
            "ESCUCHA_RUN_DIR": str(settings.run_dir),
            "ESCUCHA_MODEL_STORE": str(settings.model_store),
            "ESCUCHA_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
            "ESCUCHA_CLICKHOUSE_URL": settings.clickhouse_url,
            "ESCUCHA_CLICKHOUSE_USER": settings.clickhouse_user,
            "ESCUCHA_CLICKHOUSE_PASSWORD": settings.clickhouse_password,
            "ESCUCHA_CLICKHOUSE_DATABASE": settings.clickhouse_database,
            **more,
        }


@contextmanager
def running(run_dir: Path, *, kafka_jvm: bool = False) -> Iterator[Stack]:
    """Start everything, with topics; stop it on the way out, also when told to by SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as exits:
        if kafka_jvm:
            bootstrap = exits.enter_context(_apache_kafka(run_dir / "kafka"))
        else:
            bootstrap = exits.enter_context(start_broker(run_dir)).bootstrap
        clickhouse = exits.enter_context(start_clickhouse(run_dir))
        settings = Settings(
            run_dir=run_dir,
            kafka_bootstrap=bootstrap,
            clickhouse_url=clickhouse.url,
            clickhouse_user=clickhouse.user,
            clickhouse_password=clickhouse.password,
            clickhouse_database=clickhouse.database,
        )
        logs = run_dir / "logs"
        logs.mkdir(exist_ok=True)
        assert clickhouse.pid is not None
        stack = Stack(settings, clickhouse.pid, "Apache Kafka" if kafka_jvm else "Tansu", logs)
        stack.fresh_database().close()
        yield stack


@contextmanager
def _apache_kafka(folder: Path) -> Iterator[str]:
    if importlib.util.find_spec("deploy.kafka_jvm") is None:
        raise RuntimeError("deploy.kafka_jvm is not here; leave --kafka-jvm out")
    port = free_ports(1)[0]
    command = [str(REPOSITORY / "deploy" / "kafka-jvm" / "kafka.sh")]
    place = ["--dir", str(folder)]
    subprocess.run([*command, "start", *place, "--port", str(port)], check=True)
    try:
        yield f"{LOOPBACK}:{port}"
    finally:
        subprocess.run([*command, "stop", *place], check=True)


def train_models(run_dir: Path, names: list[str]) -> None:
    """Train on the project's corpus and promote, each model in a store of its own."""
    items = load_corpus()
    for name in names:
        model, report = train(items, seed=0, text=MODELS[name])
        store = ModelStore(run_dir / "models" / name)
        card = store.save(
            model, report, trained_on=["the project's corpus"], created_at=datetime.now(UTC)
        )
        store.promote(card.version)
