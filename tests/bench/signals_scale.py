"""How long each view of the signals takes at 1 and at 5 million mentions.

    python -m tests.bench.signals_scale [--mentions 1000000 5000000] [--only NAME …] [--keep DIR]
                                        [--kept]

For each size: a ClickHouse of its own, the made-up world of `signals_world`, then every view three
times, the median told: read whole (`SELECT *`, all rows, thrown away by the server), and its first
50 rows as a panel would ask for them. What upkeep has to compute first is timed beside. With
`--keep` the data stay in DIR/<count> and are taken from there the next time.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from deploy.local.handles import ClickHouseHandle, start_clickhouse
from streams.migrate import connect, migrations
from streams.settings import Settings
from streams.upkeep import value
from tests.bench.signals_world import fill

ROUNDS: Final = 3
TOO_LONG_SEC: Final = 120

# What has to be computed before views are read: each room of the signals adds its own.
PREPARE: Final[tuple[tuple[str, Callable[[Settings, Client], object]], ...]] = (
    ("value", lambda _settings, client: value.compute(client)),
)


@contextmanager
def world(count: int, keep: Path | None) -> Iterator[tuple[Settings, Client]]:
    """A ClickHouse that has the world of so many mentions, made now unless it was kept."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if keep is None else keep / str(count)
        folder.mkdir(parents=True, exist_ok=True)
        with start_clickhouse(folder) as server:
            settings = settings_of(server, folder)
            with connect(settings, in_database=True) as client:
                migrate_tables(client)
                [[rows]] = client.query("SELECT count() FROM mentions").result_rows
                if not rows:
                    began = time.monotonic()
                    fill(client, count)
                    print(f"{count:,} mentions written in {time.monotonic() - began:.0f} s")
                yield settings, client


def settings_of(server: ClickHouseHandle, folder: Path) -> Settings:
    """How to reach it; there is no broker."""
    return Settings(
        clickhouse_url=server.url,
        clickhouse_user=server.user,
        clickhouse_password=server.password,
        run_dir=folder / "run",
    )


def migrate_tables(client: Client) -> None:
    """Make what is missing; statements that were run before do nothing."""
    client.command(
        "CREATE TABLE IF NOT EXISTS bench_migrations (name String) ENGINE = MergeTree ORDER BY name"
    )
    done = {name for (name,) in client.query("SELECT name FROM bench_migrations").result_rows}
    for migration in migrations():
        if migration.name not in done:
            for statement in migration.statements:
                client.command(statement)
            client.insert("bench_migrations", [[migration.name]], ["name"])


def views(client: Client, only: list[str]) -> list[str]:
    """Names of all plain views, or of the given ones."""
    rows = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
        " ORDER BY name"
    ).result_rows
    return [name for (name,) in rows if not only or name in only]


def kept(client: Client, only: list[str]) -> list[str]:
    """Names of all tables that a refreshable view makes anew, or of the given ones."""
    rows = client.query(
        "SELECT view FROM system.view_refreshes WHERE database = currentDatabase() ORDER BY view"
    ).result_rows
    names = [str(view).removesuffix("_view") for (view,) in rows]
    return [name for name in names if not only or name in only]


def refreshed(client: Client, table: str) -> float:
    """How long ClickHouse takes to make a kept table anew; raises RuntimeError when it cannot."""
    view = {"view": f"{table}_view"}
    began = time.monotonic()
    client.command("SYSTEM REFRESH VIEW {view:Identifier}", view)
    while True:  # to wait for it in one question would take longer than a question may
        [[status, fault]] = client.query(
            "SELECT status, exception FROM system.view_refreshes"
            " WHERE database = currentDatabase() AND view = {view:String}",
            view,
        ).result_rows
        if status == "Scheduled":
            break
        time.sleep(0.02)
    if fault:
        raise RuntimeError(f"{table}: {fault[:200]}")
    return time.monotonic() - began


def seconds(client: Client, query: str) -> float:
    """Median time of a query by the clock; raises ClickHouseError when it takes too long."""
    spent = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        client.command(query, settings={"max_execution_time": TOO_LONG_SEC})
        spent.append(time.monotonic() - began)
        if spent[-1] > 10:
            break
    return statistics.median(spent)


def told(client: Client, query: str) -> str:
    """The same in words."""
    try:
        return f"{seconds(client, query):8.3f} s"
    except ClickHouseError as error:
        return f"  fails: {str(error).partition('Exception: ')[2][:80]}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.signals_scale")
    parser.add_argument("--mentions", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--only", nargs="+", default=[], help="views; all if not given")
    parser.add_argument("--keep", type=Path, help="where the data stay")
    parser.add_argument("--kept", action="store_true", help="kept tables, and a refresh of each")
    options = parser.parse_args()
    for count in options.mentions:
        with world(count, options.keep) as (settings, client):
            for name, work in PREPARE:
                began = time.monotonic()
                work(settings, client)
                print(f"{count:,} {name}: {time.monotonic() - began:.1f} s", flush=True)
            if options.kept:
                _tell_kept(client, count, options.only)
                continue
            for view in views(client, options.only):
                whole = told(client, f"SELECT * FROM {view} FORMAT Null")
                first = told(client, f"SELECT * FROM {view} LIMIT 50 FORMAT Null")
                print(f"{count:,} {view:28} whole {whole}   first 50 {first}", flush=True)


def _tell_kept(client: Client, count: int, only: list[str]) -> None:
    """One refresh after the other, and nothing beside: a server that starts makes all at once."""
    every = kept(client, [])
    for name in every:
        client.command("SYSTEM STOP VIEW {view:Identifier}", {"view": f"{name}_view"})
    for told_now in (False, True):  # twice, because some are made of others
        for name in every:
            view = {"view": f"{name}_view"}
            client.command("SYSTEM START VIEW {view:Identifier}", view)
            spent = refreshed(client, name)  # of the first round, with the one that was due
            if told_now and (not only or name in only):
                spent = refreshed(client, name)
                first = told(client, f"SELECT * FROM {name} LIMIT 50 FORMAT Null")
                print(f"{count:,} {name:28} made in {spent:6.1f} s   first 50 {first}", flush=True)
            client.command("SYSTEM STOP VIEW {view:Identifier}", view)


if __name__ == "__main__":
    main()
