"""What a stored mention takes of ClickHouse, disk and processor: for `escucha size`.

    python -m tests.bench.disk [--posts 8000]

Real posts go through a worker and one round of upkeep; then parts are merged, as they are in time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from deploy.local.handles import start_broker, start_clickhouse
from streams.migrate import connect, migrate
from streams.settings import Settings
from streams.training import train_if_missing
from tests.bench.posts import texts

LONGEST_WAIT_SEC = 600.0
BEGIN = datetime(2026, 7, 1, tzinfo=UTC)


def main() -> None:
    """Print bytes a mention, by table, and a record's bytes as producers write it."""
    parser = argparse.ArgumentParser(description="What a stored mention takes of ClickHouse.")
    parser.add_argument("--posts", type=int, default=None, help="So many; default: all there are.")
    found = texts()[: parser.parse_args().posts]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with start_broker(folder / "broker") as broker, start_clickhouse(folder / "ch") as database:
            settings = Settings(
                kafka_bootstrap=broker.bootstrap,
                clickhouse_url=database.url,
                clickhouse_user=database.user,
                clickhouse_password=database.password,
                run_dir=folder,
                model_store=folder / "models",
                kafka_partitions=2,
            )
            migrate(settings, dry_run=False, say=lambda _: None)
            train_if_missing(settings, say=lambda _: None)
            names = "kafka_bootstrap clickhouse_url clickhouse_user clickhouse_password run_dir"
            given = {f"ESCUCHA_{n.upper()}": str(getattr(settings, n)) for n in names.split()}
            environment = {**os.environ, **given, "ESCUCHA_MODEL_STORE": str(folder / "models")}
            size = _write(folder / "posts.jsonl", found)
            engine = psutil.Process(database.pid)
            began = _processor_sec(engine)
            worker = subprocess.Popen(_command("worker"), env=environment)
            try:
                subprocess.run(
                    _command("ingest", str(folder / "posts.jsonl"), "--heartbeat-sec", "0"),
                    env=environment,
                    check=True,
                    capture_output=True,
                )
                _settle(settings, environment, len(found))
                used = _processor_sec(engine) - began
                print(f"ClickHouse: {used / len(found) * 1e6:.1f} µs of processor a mention")
                _measure(settings, len(found), size)
            finally:
                worker.terminate()
                worker.wait()


def _processor_sec(engine: psutil.Process) -> float:
    """Of the engine and what it started."""
    times = [each.cpu_times() for each in (engine, *engine.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))


def _settle(settings: Settings, environment: dict[str, str], number: int) -> None:
    with connect(settings, in_database=True) as client:
        deadline = time.monotonic() + LONGEST_WAIT_SEC
        while client.query("SELECT sum(records) FROM ledger").result_rows[0][0] < number:
            assert time.monotonic() < deadline
            time.sleep(0.5)
        time.sleep(2.0)  # the last block
        subprocess.run(_command("upkeep", "--once"), env=environment, check=True)


def _measure(settings: Settings, number: int, size: int) -> None:
    with connect(settings, in_database=True) as client:
        rows = client.query(
            "SELECT DISTINCT table FROM system.parts WHERE database = currentDatabase() AND active"
        ).result_rows
        for (table,) in rows:
            client.command(f"OPTIMIZE TABLE {table} FINAL")
        rows = client.query(
            "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts"
            " WHERE database = currentDatabase() AND active GROUP BY table ORDER BY 3 DESC"
        ).result_rows
    total = sum(row[2] for row in rows)
    print(f"{number:,} posts, {size / number:.0f} bytes a record as JSON")
    for table, count, on_disk in rows[:6]:
        print(f"  {table:24} {count:>9,} rows {on_disk / number:7.1f} bytes a mention")
    print(f"  all tables {total / number:.0f} bytes a mention")


def _write(path: Path, found: list[str]) -> int:
    with path.open("w", encoding="utf-8") as file:
        for number, text in enumerate(found):
            at = BEGIN + timedelta(seconds=number * 79)
            post = {
                "id": f"{number:016x}",
                "author": f"author-{number * 7_919 % 9_973}",
                "created_at": at.isoformat(),
                "text": text,
            }
            file.write(json.dumps(post, ensure_ascii=False) + "\n")
    return path.stat().st_size


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "streams.cli", *arguments]


if __name__ == "__main__":
    main()
