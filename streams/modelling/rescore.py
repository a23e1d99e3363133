"""Judges stored mentions anew by the model in force.

It can be stopped and run again at any point: each row says which model judged it.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.predictions import Classifier, Texts, versions_of
from streams.listening import stored
from streams.listening.turn import turn
from streams.privacy.turns import PageTooOldError, Rewriting
from streams.sinks.clickhouse import ClickHouse
from streams.steps import columns, row_versions

Progress = Callable[[int], None]

LABELS: Final = ("intent", "stage", "needs_reply", "sentiment", "acts")
# A page is written back soon after it was read, so that upkeep, which looks back two minutes,
# finds what was deleted meanwhile; models differ in speed by a factor of hundreds.
SECONDS_PER_PAGE: Final = 5.0
FIRST_PAGE: Final = 1_000
SMALLEST_PAGE: Final = 100


@dataclass(slots=True)
class Rescored:
    """What a run over stored mentions did."""

    version: str
    rescored: int = 0  # now carry the judgement of the model
    changed: int = 0  # of those, mentions with another label than before


class Pace:
    """How many mentions to read at once."""

    def __init__(self) -> None:
        self.rows = FIRST_PAGE
        self._began = time.monotonic()

    def start(self) -> int:
        """Rows of the next page, which begins now."""
        self._began = time.monotonic()
        return self.rows

    def done(self, rows: int) -> None:
        """Learn from a page how long the next one may be."""
        rate = rows / max(time.monotonic() - self._began, 1e-3)
        wanted = min(int(rate * SECONDS_PER_PAGE), 4 * self.rows)
        self.rows = max(SMALLEST_PAGE, min(wanted, stored.PAGE_ROWS))


def judged_by_others(model: Classifier) -> stored.Only:
    """Mentions that another model has judged."""
    ours = list(versions_of(model))
    return stored.Only("model_version NOT IN {models:Array(String)}", {"models": ours})


async def rescore(
    clickhouse: ClickHouse,
    model: Classifier,
    *,
    since: datetime,
    until: datetime,
    progress: Progress = lambda done: None,
    say: Callable[[str], None] = lambda line: None,
) -> Rescored:
    """On return every mention of the period that was stored before carries the model's judgement.

    The stream may go on meanwhile: an edit stays newer than what is written here, and rules that
    matched a row stay. Counts by hour keep the labels of the first judgement.
    """
    done = Rescored(model.version)
    pace = Pace()
    turns = Rewriting(clickhouse, say)
    place: stored.Place | None = stored.BEGIN
    async with turn(clickhouse, "escucha models rescore") as mine:
        while place is not None:
            with suppress(PageTooOldError):
                async with turns.page():
                    await mine.keep()
                    rows = await stored.rows_after(
                        clickhouse,
                        since,
                        until,
                        place,
                        only=judged_by_others(model),
                        at_most=pace.start(),
                    )
                    place = await _rewrite(clickhouse, model, rows, turns, done)
                pace.done(rows.num_rows)
            progress(done.rescored)
    await turns.clean()
    return done


async def _rewrite(
    clickhouse: ClickHouse, model: Classifier, rows: pa.Table, turns: Rewriting, done: Rescored
) -> stored.Place | None:
    """Judge and store a page; returns where the next one begins, None at the end."""
    if rows.num_rows == 0:
        return None
    judged = await asyncio.to_thread(judged_anew, rows, model)
    await clickhouse.put("mentions", judged, turns.check)
    done.rescored += rows.num_rows
    done.changed += int(_differ(rows, judged).sum())
    return stored.end_of(rows)


def texts_of(rows: pa.Table) -> Texts:
    """What the model read of stored mentions when they came."""
    said: list[Any] = [rows[name].to_pylist() for name in ("text", "lang", "parent_text")]
    return Texts(*said)


def judged_anew(rows: pa.Table, model: Classifier) -> pa.Table:
    """Whole rows of `mentions` as this model judges them, newer than they were."""
    versions, rescored = row_versions.judged_anew(rows)
    predictions = model.predict(texts_of(rows))
    changed = {
        **columns.judgements(predictions),
        "model_version": columns.judged_by(predictions, model.version),
        "version": pa.array(versions),
        "rescored": pa.array(rescored),
        "counted": pa.array(np.zeros(rows.num_rows, dtype=np.uint8)),
    }
    for name, column in changed.items():
        rows = rows.set_column(rows.column_names.index(name), name, column)
    return rows


def _differ(before: pa.Table, after: pa.Table) -> npt.NDArray[np.bool_]:
    different = np.zeros(before.num_rows, dtype=bool)
    for name in LABELS:
        pairs = zip(before[name].to_pylist(), after[name].to_pylist(), strict=True)
        different |= np.fromiter((a != b for a, b in pairs), bool, before.num_rows)
    return different
