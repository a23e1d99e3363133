"""How long each panel's question takes at 10 and at 100 million mentions.

    python -m tests.bench.panel_times [--mentions 100000000] [--keep DIR] [--fill-only]
        [--only WORD …]

A ClickHouse of its own (the local stack's configuration), the world of `panel_world`, then every
panel, variable and annotation of every generated dashboard: its question over the dashboard's own
period, all values chosen, as the read-only user, 20 times after one to warm up; p50 and p95 by the
client's clock, with what ClickHouse read. Prints a table in Markdown; what is above 200 ms stands
out. With `--keep` the data stay in DIR/<count> and are taken from there the next time.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from dashboards.build import render
from dashboards.macros import MacroContext, expand
from dashboards.timerange import TimeRange, duration
from dashboards.variables import interpolate
from deploy.local.handles import ClickHouseHandle, start_clickhouse
from tests.bench.panel_kept import fill_kept
from tests.bench.panel_world import fill_mentions
from tests.bench.signals_scale import migrate_tables

ROUNDS: Final = 20
LIMIT_MS: Final = 200
MEMORY_BYTES: Final = 8 * 1024**3


@dataclass(frozen=True)
class Question:
    """One query of a dashboard, ready to be asked."""

    board: str
    kind: str
    name: str
    period: str
    sql: str


@dataclass(frozen=True)
class Took:
    """How long it took, and what was read."""

    question: Question
    p50_ms: float
    p95_ms: float
    rows: int
    megabytes: float
    error: str = ""


def questions() -> Iterator[Question]:
    """Every question of every dashboard over its own period; equal ones of two boards twice."""
    for text in render().values():
        board = json.loads(text)
        period = board["time"]["from"]
        span = TimeRange.parse(period, board["time"]["to"])
        all_values = {
            one["name"]: one.get("allValue", "")
            for one in board.get("templating", {}).get("list", [])
            if one["type"] == "query"
        }

        def prepared(
            sql: str,
            points: int,
            interval: str,
            span: TimeRange = span,
            alls: Mapping[str, str] = all_values,
        ) -> str:
            minimum = {"minimum": duration(interval)} if interval else {}
            context = MacroContext(span, span.interval(points, **minimum))
            return interpolate(expand(sql, context), dict.fromkeys(alls, ()), alls)

        asked: list[tuple[str, str, int, str]] = [
            ("panel", panel["targets"][0]["rawSql"], panel.get("maxDataPoints", 100),
             panel.get("interval", ""))
            for panel in board["panels"]
            if panel.get("targets")
        ]  # fmt: skip
        asked += [
            ("variable", f"-- query: variable_{one['name']}\n{one['query']}", 100, "")
            for one in board.get("templating", {}).get("list", [])
            if one["type"] == "query"
        ]
        asked += [
            ("annotation", one["target"]["rawSql"], 100, "")
            for one in board.get("annotations", {}).get("list", [])
            if one.get("target", {}).get("rawSql")
        ]
        for kind, sql, points, interval in asked:
            name = sql.splitlines()[0].removeprefix("-- query: ")
            yield Question(board["uid"], kind, name, period, prepared(sql, points, interval))


def measure(reader: Client, question: Question) -> Took:
    """Ask 20 times after once; a question that fails or takes over 30 s is asked no more."""
    spent: list[float] = []
    summary: dict[str, Any] = {}
    for turn in range(ROUNDS + 1):
        began = time.perf_counter()
        try:
            summary = dict(reader.query(question.sql).summary)
        except ClickHouseError as error:
            return Took(question, 0, 0, 0, 0, str(error).partition("Exception: ")[2][:60])
        if turn:
            spent.append((time.perf_counter() - began) * 1000)
        if sum(spent) > 30_000:
            break
    spent.sort()
    return Took(
        question,
        statistics.median(spent),
        spent[max(0, round(0.95 * len(spent)) - 1)],
        int(summary.get("read_rows", 0)),
        int(summary.get("read_bytes", 0)) / 1e6,
    )


@contextmanager
def world(count: int, keep: Path | None) -> Iterator[tuple[ClickHouseHandle, Client]]:
    """A ClickHouse that has so many mentions, made now unless it was kept."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) if keep is None else keep / str(count)
        folder.mkdir(parents=True, exist_ok=True)
        with (
            start_clickhouse(folder, memory_bytes=MEMORY_BYTES) as server,
            writing(server) as client,
        ):
            client.command("SYSTEM STOP VIEWS")  # the kept tables are filled, not computed
            migrate_tables(client)
            client.command("SYSTEM STOP VIEWS")
            [[rows]] = client.query("SELECT count() FROM mentions").result_rows
            if not rows:
                began = time.monotonic()
                fill_mentions(client, count)
                print(f"{count:,} mentions written in {time.monotonic() - began:.0f} s", flush=True)
            began = time.monotonic()
            fill_kept(client)
            print(f"kept tables in {time.monotonic() - began:.0f} s", flush=True)
            while client.query("SELECT count() FROM system.merges").result_rows[0][0]:
                time.sleep(1)
            yield server, client


@contextmanager
def writing(server: ClickHouseHandle) -> Iterator[Client]:
    """A client that waits for hours."""
    client = clickhouse_connect.get_client(
        dsn=server.url,
        username=server.user,
        password=server.password,
        send_receive_timeout=4 * 3600,
    )
    try:
        client.command("CREATE DATABASE IF NOT EXISTS {d:Identifier}", {"d": server.database})
        client.database = server.database
        yield client
    finally:
        client.close()


@contextmanager
def reading(server: ClickHouseHandle) -> Iterator[Client]:
    """The read-only user, as the console and Grafana are."""
    client = clickhouse_connect.get_client(
        dsn=server.url,
        username=server.reader_user,
        password=server.reader_password,
        database=server.database,
        settings={"max_execution_time": 30},
    )
    try:
        yield client
    finally:
        client.close()


def told(took: Took) -> str:
    """One line of the table."""
    mark = "**" if took.error or took.p95_ms > LIMIT_MS else ""
    asked = f"{took.question.board.removeprefix('escucha-')} | {took.question.name}"
    if took.error:
        return f"| {asked} | {took.question.period} | {mark}{took.error}{mark} | | | |"
    return (
        f"| {asked} | {took.question.period} | {took.p50_ms:.0f} | {mark}{took.p95_ms:.0f}{mark}"
        f" | {took.rows:,} | {took.megabytes:.1f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.panel_times")
    parser.add_argument("--mentions", type=int, default=100_000_000)
    parser.add_argument("--keep", type=Path, help="where the data stay")
    parser.add_argument("--fill-only", action="store_true", help="write the world, ask nothing")
    parser.add_argument("--only", nargs="+", default=[], help="parts of names of questions")
    options = parser.parse_args()
    with world(options.mentions, options.keep) as (server, _), reading(server) as reader:
        if options.fill_only:
            return
        print("| board | question | period | p50 ms | p95 ms | rows read | MB read |")
        print("|---|---|---|---:|---:|---:|---:|")
        found = []
        for question in questions():
            if not options.only or any(word in question.name for word in options.only):
                found.append(measure(reader, question))
                print(told(found[-1]), flush=True)
        slow = [one for one in found if one.error or one.p95_ms > LIMIT_MS]
        print(f"\n{len(found)} questions, {len(slow)} above {LIMIT_MS} ms or failing")


if __name__ == "__main__":
    main()
