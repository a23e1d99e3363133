"""Computes the value of social customers anew from what is stored: a run (streams/signals/value).

A run is written under its own number and seen by the views only when it is finished, so it may be
killed anywhere: a later one drops what is left of it. Runs of two hosts at once do no harm, the
later one is shown. The one before stays until the next, for whoever is reading it.
"""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from streams.errors import InputError
from streams.privacy.turns import Statements
from streams.rules.loading import read_listening
from streams.settings import Settings
from streams.signals.value.steps import KEPT, WORKING, Step, steps
from streams.upkeep.kept import begin_to_renew

A_MS: Final = 1_024  # run numbers of a millisecond: two hosts may begin in the same
ABANDONED: Final = 3_600_000 * A_MS  # a run that began an hour ago and is not done was killed

_AFTER: Final = {"03_ties": "members"}  # steps in Python, after those in SQL

log = logging.getLogger(__name__)


class Interrupted(Exception):  # noqa: N818 - no error: the run is given up
    """Somebody is being forgotten; a run that goes on would bring them back."""


def run_apart(_settings: Settings, client: Client, _since: datetime) -> tuple[int, float] | None:
    """A run for upkeep: its number and seconds; None while somebody is being forgotten."""
    began = time.monotonic()
    try:
        run = compute(client)
    except Interrupted:
        return None
    begin_to_renew(client)
    return run, time.monotonic() - began


def compute(client: Client) -> int:
    """Compute a run and show it; returns its number. Raises Interrupted when somebody is forgotten.

    On return the views read it, and of finished runs only the one before is left beside it.
    """
    began = time.monotonic()
    [[run, shown]] = client.query(
        "SELECT greatest(toUnixTimestamp64Milli(now64(3)) * {a_ms:UInt64} + rand() % {a_ms:UInt64},"
        " max(run) + 1), max(run) FROM value_runs",
        {"a_ms": A_MS},
    ).result_rows
    turn = Statements(client)
    try:
        with _page(turn):
            _declare(client, run)
        for step in steps():
            with _page(turn):
                _insert(client, step, run)
                if _AFTER.get(step.name) == "members":
                    _find_communities(client, run)
        with _page(turn):
            client.insert(
                "value_runs", [[run, time.monotonic() - began]], column_names=["run", "seconds"]
            )
    except Interrupted:
        _drop(client, KEPT + WORKING, lambda other: other == run)
        raise
    finally:
        turn.clean()
    _drop(client, KEPT, lambda other: other < max(shown, run - ABANDONED) and other != shown)
    _drop(client, WORKING, lambda other: other == run or other < run - ABANDONED)
    return int(run)


def _insert(client: Client, step: Step, run: int) -> None:
    began = time.monotonic()
    client.command(step.statement, {"run": run})
    log.debug("value %s: %.2f s", step.name, time.monotonic() - began)


def _declare(client: Client, run: int) -> None:
    """Note the attributes, campaigns and own brands of the rules in force."""
    found = client.query(
        "SELECT listening, version FROM rule_versions FINAL ORDER BY sequence DESC LIMIT 1"
    ).result_rows
    if not found:
        return
    [[listening, version]] = found
    try:
        parsed = read_listening(listening, version, bundled_interests=True)
    except InputError as error:
        log.warning("value: rules %s cannot be read: %s", version, error)
        return
    rows = [
        *([run, "attribute", attribute.name] for attribute in parsed.attributes),
        *([run, "campaign", campaign.name] for campaign in parsed.campaigns),
        *([run, "own brand", brand.name] for brand in parsed.brands if brand.own),
    ]
    if rows:
        client.insert("value_declared", rows, column_names=["run", "kind", "name"])


def _find_communities(client: Client, run: int) -> None:
    # The graph library is loaded when there is a graph: upkeep stays small until then.
    from streams.signals.value.communities import communities

    ties = client.query_arrow(
        "SELECT one, other, answers FROM value_ties WHERE run = {run:UInt64} ORDER BY one, other",
        {"run": run},
    )
    if not ties.num_rows:
        return
    ends = pa.chunked_array([*ties["one"].chunks, *ties["other"].chunks]).combine_chunks()
    coded = ends.dictionary_encode()
    codes = np.asarray(coded.indices, dtype=np.int64)
    edges = np.column_stack([codes[: ties.num_rows], codes[ties.num_rows :]])
    numbers = communities(
        edges, np.asarray(ties["answers"], dtype=np.float64), len(coded.dictionary)
    )
    in_one = pa.array(numbers > 0)
    members = pa.table(
        {
            "run": pa.array(np.full(len(numbers), run, dtype=np.uint64)).filter(in_one),
            "author_id": coded.dictionary.filter(in_one),
            "community": pa.array(numbers).filter(in_one),
        }
    )
    if members.num_rows:
        client.insert_arrow("value_members", members)


@contextmanager
def _page(turn: Statements) -> Iterator[None]:
    """Hold off who forgets, for one step; raises Interrupted while somebody does."""
    with turn.page() as is_forgetting:
        if is_forgetting:
            raise Interrupted
        yield


def _drop(client: Client, tables: Sequence[str], is_over: Callable[[int], bool]) -> None:
    """Drop the partitions of the runs that are over."""
    rows = client.query(
        "SELECT DISTINCT table, partition_id FROM system.parts WHERE database = currentDatabase()"
        " AND active AND table IN {tables:Array(String)}",
        {"tables": list(tables)},
    ).result_rows
    for table, partition in rows:
        if is_over(int(partition)):
            client.command(
                "ALTER TABLE {table:Identifier} DROP PARTITION ID {partition:String}",
                {"table": table, "partition": partition},
            )
