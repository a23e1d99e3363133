"""Where chaos happens: broker, ClickHouse, tables, a model, and the way the programs go to them."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from deploy.kafka_jvm import KafkaJvm
from deploy.local.clickhouse_files import EngineFolder
from deploy.local.handles import BrokerHandle, ClickHouseHandle, start_broker, start_clickhouse
from deploy.local.ports import LOOPBACK, free_ports
from streams.migrate import migrate
from streams.settings import Settings
from streams.training import train_if_missing
from tests.fakes.slow_proxy import SlowProxy
from tests.fakes.small_disk import Ballast, small_disk


class Broker(Protocol):
    """What a scenario needs of Tansu or Apache Kafka."""

    bootstrap: str

    def start(self, timeout_seconds: float = ...) -> object: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(frozen=True)
class Needs:
    """What a scenario wants to be otherwise than usual."""

    proxied: bool = False  # programs reach Kafka and ClickHouse through proxies
    disk_mb: int = 0  # ClickHouse's data lie on a file system of their own, as large as this
    upkeep: bool = False
    signals: bool = False
    bare: bool = False  # no model and no tables yet: the scenario makes them
    environment: Mapping[str, str] = field(default_factory=dict)  # of all programs


@dataclass
class Ground:
    """A stack for one scenario."""

    broker: Broker
    clickhouse: ClickHouseHandle
    settings: Settings  # past the proxies: for those who watch
    folder: Path
    environment: dict[str, str]  # of the programs
    kafka_network: SlowProxy | None = None
    clickhouse_network: SlowProxy | None = None
    disk: Ballast | None = None

    def watched(self) -> dict[str, int]:
        """Processes that are not programs of ours, for their memory."""
        found = {}
        if self.clickhouse.pid is not None and self.clickhouse.is_running:
            found["clickhouse"] = self.clickhouse.pid
        if isinstance(self.broker, KafkaJvm):
            found |= {f"broker-{node}": pid for node, pid in self.broker.pids().items()}
        elif isinstance(self.broker, BrokerHandle) and self.broker.pid is not None:
            found["broker"] = self.broker.pid
        return found


@contextlib.contextmanager
def ground(kind: str, folder: Path, needs: Needs = Needs()) -> Iterator[Ground]:
    """Broker and ClickHouse for a run, migrated, with the model that comes along."""
    with contextlib.ExitStack() as exits:
        kafka_network = clickhouse_network = disk = None
        broker: KafkaJvm | BrokerHandle
        if kind == "kafka":
            [port] = free_ports(1)
            advertised: tuple[int, ...] = ()
            if needs.proxied:
                kafka_network = exits.enter_context(SlowProxy(port))
                advertised = (kafka_network.port,)
            broker = exits.enter_context(
                KafkaJvm(folder / "kafka", port, advertised_ports=advertised)
            )
        else:
            broker = exits.enter_context(start_broker(folder / "tansu"))
        if needs.disk_mb:
            folder_of_data = EngineFolder.of(folder / "clickhouse").path
            disk = exits.enter_context(small_disk(folder_of_data, needs.disk_mb))
        clickhouse = exits.enter_context(start_clickhouse(folder / "clickhouse"))
        settings = Settings(
            kafka_bootstrap=broker.bootstrap,
            clickhouse_url=clickhouse.url,
            clickhouse_user=clickhouse.user,
            clickhouse_password=clickhouse.password,
            run_dir=folder / "run",
            model_store=folder / "run" / "models",
            batch_max_records=1_000,
        )
        if not needs.bare:
            train_if_missing(settings, say=lambda _: None)
            migrate(settings, dry_run=False, say=lambda _: None)
        inside = settings
        if kafka_network is not None:
            clickhouse_network = exits.enter_context(SlowProxy(clickhouse.http_port))
            inside = replace(
                settings,
                kafka_bootstrap=f"{LOOPBACK}:{kafka_network.port}",
                clickhouse_url=f"http://{LOOPBACK}:{clickhouse_network.port}",
            )
        yield Ground(
            broker,
            clickhouse,
            settings,
            folder,
            environment_of(inside) | dict(needs.environment),
            kafka_network,
            clickhouse_network,
            disk,
        )


def environment_of(settings: Settings) -> dict[str, str]:
    """What a program finds the stack by."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("ESCUCHA_")}
    return {
        **inherited,
        "ESCUCHA_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "ESCUCHA_CLICKHOUSE_URL": settings.clickhouse_url,
        "ESCUCHA_CLICKHOUSE_USER": settings.clickhouse_user,
        "ESCUCHA_CLICKHOUSE_PASSWORD": settings.clickhouse_password,
        "ESCUCHA_RUN_DIR": str(settings.run_dir),
        "ESCUCHA_MODEL_STORE": str(settings.model_store),
        "ESCUCHA_BATCH_MAX_RECORDS": str(settings.batch_max_records),
    }
