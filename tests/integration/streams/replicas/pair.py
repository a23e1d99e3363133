"""Two ClickHouses that are replicas of each other; each may be killed and started by itself."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest
from clickhouse_connect.driver.client import Client

from deploy.local.errors import ServiceFailedError
from deploy.local.handles import READY_TIMEOUT_SECONDS, ClickHouseHandle
from deploy.local.passwords import load_or_create
from deploy.local.ports import LOOPBACK, free_ports
from streams import migrate as migrate_module
from streams.cluster import on_cluster
from streams.migrate import connect
from streams.settings import Settings
from tests.integration.streams.batch_of_everything import TABLES
from tests.integration.streams.helpers import wait_for
from tests.integration.streams.replicas import engine
from tests.integration.streams.replicas.keeper import Keeper
from tests.integration.streams.replicas.parts import PartsServer

CLUSTER = "main"
# Of a few tables only: for each, Keeper is asked.
LAGS = f"table IN {TABLES} AND (active_replicas < 2 OR queue_size > 0)"
_CONFIGURATION = """<clickhouse>
    <zookeeper>
        <node><host>{host}</host><port>{keeper}</port></node>
        <session_timeout_ms>3000</session_timeout_ms>
        <!-- Sessions are told apart by a server's id, and these engines have none. -->
        <sessions_path>/clickhouse/sessions/{name}</sessions_path>
    </zookeeper>
    <macros><cluster>{cluster}</cluster><shard>01</shard><replica>{name}</replica></macros>
    <remote_servers><{cluster}><shard><internal_replication>true</internal_replication>
        {replicas}
    </shard></{cluster}></remote_servers>
</clickhouse>
"""
_REPLICA = """<replica>
            <host>{host}</host><port>{port}</port><user>escucha</user>
            <password from_env="ESCUCHA_CLICKHOUSE_PASSWORD"/>
        </replica>"""


class Replica(ClickHouseHandle):
    """One of them."""

    def __init__(self, run_dir: Path, http_port: int, tcp_port: int, parts_port: int) -> None:
        super().__init__(run_dir, http_port, tcp_port)
        self._introduced = self.run_dir / "introduced"
        self._environment[engine.PORT_VARIABLE] = str(parts_port)
        self._environment[engine.DONE_VARIABLE] = str(self._introduced)

    @property
    def data(self) -> Path:
        return self.run_dir / "clickhouse" / "data"

    def start(self, timeout_seconds: float = READY_TIMEOUT_SECONDS) -> Self:
        """Return when it answers, and its tables take rows."""
        if self.is_running:
            return self
        self._introduced.unlink(missing_ok=True)
        try:
            super().start(timeout_seconds)
        except ServiceFailedError:  # seen once: while it was away its port may have gone to others
            super().start(timeout_seconds)
        wait_for(lambda: self._introduced.exists() or not self.is_running, "an address")
        if not self._introduced.exists():
            log = self.log_path.read_text()
            if engine.REFUSAL in log:  # it is of the harness and the machine, not of Escucha
                pytest.skip(log[log.index(engine.REFUSAL) :])
            pytest.fail(log)
        with connect(self.settings(), in_database=True) as client:
            wait_for(lambda: not _count(client, "is_readonly"), f"{self.run_dir.name} to take rows")
        return self

    def settings(self, **changes: object) -> Settings:
        return Settings(
            clickhouse_url=self.url,
            clickhouse_user=self.user,
            clickhouse_password=self.password,
            clickhouse_cluster=CLUSTER,
            **changes,  # type: ignore[arg-type]
        )

    def _command(self) -> list[str]:
        python, _, _, *arguments = super()._command()
        return [python, "-m", engine.__name__, *arguments]


@dataclass(frozen=True)
class Pair:
    """Both of them, with all of our tables."""

    one: Replica
    two: Replica

    def settle(self) -> None:
        """Return when both run, know of each other, and have the same parts."""
        for replica in (self.one, self.two):
            replica.start()
        for replica in (self.one, self.two):
            with connect(replica.settings(), in_database=True) as client:
                wait_for(lambda: not _count(client, LAGS), "both replicas, with the same parts")


@contextlib.contextmanager
def replicas(folder: Path) -> Iterator[Pair]:
    """Start a Keeper and two ClickHouses, and migrate them."""
    ports = free_ports(6)
    names = ("one", "two")
    with contextlib.ExitStack() as stack:
        keeper = stack.enter_context(Keeper(folder / "keeper"))
        made = []
        for number, name in enumerate(names):
            http, tcp, parts = ports[number * 3 : number * 3 + 3]
            run_dir = folder / name
            load_or_create(run_dir)
            if made:  # a query that goes on to the other comes with this one's password
                for file in made[0].run_dir.iterdir():
                    if file.is_file():
                        shutil.copy(file, run_dir)
            config = run_dir / "clickhouse" / "config.d" / "replica.xml"
            config.parent.mkdir(parents=True)
            config.write_text(
                _CONFIGURATION.format(
                    host=LOOPBACK,
                    keeper=keeper.port,
                    name=name,
                    cluster=CLUSTER,
                    replicas="".join(
                        _REPLICA.format(host=LOOPBACK, port=ports[n * 3 + 1])
                        for n, _ in enumerate(names)
                    ),
                )
            )
            replica = Replica(run_dir, http, tcp, parts)
            made.append(replica)
            stack.callback(replica.kill)
            stack.enter_context(PartsServer(replica.data, parts))
            replica.start()
        pair = Pair(*made)
        _migrate(pair)
        pair.settle()
        yield pair


def _migrate(pair: Pair) -> None:
    """The tables of `escucha migrate`; the local engine has no worker for ON CLUSTER.

    Whatever it tells to all replicas is told to each, save an ALTER of a replicated table, which
    goes to the other by itself, as it does with ON CLUSTER.
    """
    with connect(pair.two.settings()) as other, pytest.MonkeyPatch.context() as patch:

        def told(statement: str, cluster: str, own: frozenset[str]) -> str:
            done = on_cluster(statement, cluster, own)
            here = done.replace(f" ON CLUSTER '{CLUSTER}'", "", 1)
            if here == done:
                return here
            if not here.startswith("CREATE DATABASE"):
                other.database = pair.two.database
            if not (here.startswith("ALTER TABLE") and _is_replicated(other, here.split()[2])):
                other.command(here)
            return here

        patch.setattr(migrate_module, "on_cluster", told)
        last = migrate_module.migrations()[-1].name
        migrate_module.migrate_up_to(pair.one.settings(), last, say=lambda _: None)


def _is_replicated(client: Client, table: str) -> bool:
    [[engine_name]] = client.query(
        "SELECT engine FROM system.tables"
        " WHERE database = currentDatabase() AND name = {name:String}",
        {"name": table},
    ).result_rows
    return str(engine_name).startswith("Replicated")


def _count(client: Client, condition: str) -> int:
    """Tables that a condition holds for."""
    return int(
        client.query(
            "SELECT count() FROM system.replicas"
            f" WHERE database = currentDatabase() AND {condition}"
        ).first_row[0]
    )
