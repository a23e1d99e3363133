"""Runs the rules in force over mentions that are stored.

It can be stopped and run again at any point: a row's version says which rules matched it.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from streams.errors import InputError
from streams.listening import stored
from streams.listening.turn import turn
from streams.privacy.turns import PageTooOldError, Rewriting
from streams.rule_book import RulesInForce
from streams.rules.compiled import Hits
from streams.sinks.clickhouse import ClickHouse
from streams.steps import columns, row_versions

_MATCHED = ("brands", "topics", "campaigns", "attributes", "interests")

Progress = Callable[[int], None]


@dataclass(slots=True)
class Rerun:
    """What a run over stored mentions did."""

    read: int = 0
    rewritten: int = 0  # now carry the rules in force; most match as before
    changed: int = 0  # of those, mentions that match otherwise than before


async def over_stored(
    clickhouse: ClickHouse,
    rules: RulesInForce,
    *,
    since: datetime,
    until: datetime,
    progress: Progress = lambda done: None,
    say: Callable[[str], None] = lambda line: None,
) -> Rerun:
    """Match stored mentions of the period again; each row is replaced by one that says so.

    A row that newer rules have matched stays as it is. The stream may go on meanwhile; while
    somebody is being forgotten, this waits.
    """
    done = Rerun()
    if rules.sequence == 0:
        raise InputError("the bundled rules are in force: apply rules first, escucha rules apply")
    turns = Rewriting(clickhouse, say)
    place: stored.Place | None = stored.BEGIN
    async with turn(clickhouse, "escucha rules backfill") as mine:
        while place is not None:
            with suppress(PageTooOldError):
                async with turns.page():
                    await mine.keep()
                    place = await _one_page(clickhouse, rules, since, until, place, turns, done)
            progress(done.read)
    await turns.clean()
    return done


async def _one_page(
    clickhouse: ClickHouse,
    rules: RulesInForce,
    since: datetime,
    until: datetime,
    place: stored.Place,
    turns: Rewriting,
    done: Rerun,
) -> stored.Place | None:
    """Match the page after `place` again; returns where the next one begins, None at the end."""
    page = await stored.page_after(clickhouse, since, until, place, whole_rows=True)
    if page is None:
        return None
    due = row_versions.rules_sequences(page.rows) < rules.sequence
    if due.any():
        hits = rules.rules.match(page.mentions, page.texts, page.langs)
        rows = _rewritten(page.rows, hits, rules)
        await clickhouse.put("mentions", rows.filter(pa.array(due)), turns.check)
        done.changed += int((due & _differ(page.rows, rows)).sum())
        done.rewritten += int(due.sum())
    done.read += len(page.mentions)
    return page.end


def _rewritten(rows: pa.Table, hits: Sequence[Hits], rules: RulesInForce) -> pa.Table:
    changed = {
        **{name: columns.lists([getattr(h, name) for h in hits]) for name in _MATCHED},
        "author_role": pa.array([h.author_role for h in hits], pa.string()),
        "rules_version": pa.array([rules.rules.version] * len(hits), pa.string()),
        "version": pa.array(row_versions.with_rules(rows, rules.sequence)),
        "counted": pa.array(np.zeros(len(hits), dtype=np.uint8)),
    }
    for name, column in changed.items():
        rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows


def _differ(before: pa.Table, after: pa.Table) -> npt.NDArray[np.bool_]:
    different = np.zeros(before.num_rows, dtype=bool)
    for name in (*_MATCHED, "author_role"):
        pairs = zip(before[name].to_pylist(), after[name].to_pylist(), strict=True)
        different |= np.fromiter((a != b for a, b in pairs), bool, before.num_rows)
    return different
