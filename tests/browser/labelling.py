"""A whole stack for the labelling page: broker, ClickHouse, a worker, and consoles before them."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from dashboards.console import ConsoleConfig, Writers
from deploy.local.handles import BrokerHandle, ClickHouseHandle
from deploy.local.ports import free_ports
from streams.kafka_access import KafkaAccess
from streams.producers.labels import LabelWriter
from tests.browser.serving import running

PATIENCE_SEC = 60.0
NOBODY = "127.0.0.1:1"


@dataclass(frozen=True)
class Stack:
    """What the tests drive and what they look into."""

    broker: BrokerHandle
    clickhouse: ClickHouseHandle
    client: Client
    environment: dict[str, str]
    folder: Path

    def config(self) -> ConsoleConfig:
        """A console of its own on a free port, as the read-only user."""
        return ConsoleConfig(
            clickhouse_url=self.clickhouse.url,
            user=self.clickhouse.reader_user,
            password=self.clickhouse.reader_password,
            database=self.clickhouse.database,
            port=free_ports(1)[0],
        )

    @contextmanager
    def console(
        self, config: ConsoleConfig | None = None, kafka: str | None = None
    ) -> Iterator[str]:
        """The address of a console whose labels go to Kafka, as `escucha console` wires it."""
        with (
            LabelWriter(KafkaAccess(kafka or self.broker.bootstrap), deadline_sec=5.0) as labels,
            running(config or self.config(), Writers(labels=labels.save)) as url,
        ):
            yield url

    def labels(self, labeller: str, columns: str = "*", where: str = "1") -> list[tuple[Any, ...]]:
        """Labels in force of one person, by the order in which they were given."""
        rows = self.client.query(
            f"SELECT {columns} FROM labels_current WHERE labeller = {{name:String}} AND ({where})"
            " ORDER BY labelled_at",
            {"name": labeller},
        )
        return [tuple(row) for row in rows.result_rows]

    def wait_for_labels(self, labeller: str, count: int, where: str = "1") -> None:
        """Return once the worker has stored so many."""
        deadline = time.monotonic() + PATIENCE_SEC
        while (found := len(self.labels(labeller, "mention_id", where))) != count:
            assert time.monotonic() < deadline, f"{found} labels of {count} came"
            time.sleep(0.1)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """`escucha worker` in a process of its own."""
        log = self.folder / "worker.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "streams.cli", "worker"],
                env=self.environment,
                cwd=self.folder,
                stdout=out,
                stderr=out,
            )
        try:
            yield
        finally:
            process.kill()
            process.wait()
            sys.stderr.write(f"--- the worker said\n{log.read_text(errors='replace')[-3_000:]}\n")


def environment_of(**variables: object) -> dict[str, str]:
    """This process's environment without any setting of Escucha but the given ones."""
    inherited = {name: value for name, value in os.environ.items() if "ESCUCHA" not in name}
    return inherited | {f"ESCUCHA_{name.upper()}": str(value) for name, value in variables.items()}
