"""Gives replies the texts of what they answer, where those came later, and judges them anew.

A reply and its parent are of two people, so they come through two partitions, in any order; and a
parent that is edited loses its old text in its replies too (`deletions.py`). What a worker judged
without the text is judged again with it.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from models.errors import ModelError
from models.predictions import Classifier
from streams.batches.parents import texts_of
from streams.errors import SettingsError
from streams.listening.turn import Turn, turn
from streams.modelling.rescore import judged_anew
from streams.privacy.turns import PageTooOldError, Rewriting
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse, in_chunks
from streams.training import current_model
from streams.upkeep import marks
from streams.upkeep.parents_watch import JOB, ORPHANS, span

PAGE_BYTES: Final = 20_000  # of ids: a few hundred replies, which any profile judges in seconds
WORK_SEC: Final = 20.0  # then somebody else may rewrite mentions; the rest is for the next round


@dataclass(slots=True)
class Attached:
    """What one run did; `is_complete` is False when there was more."""

    replies: int = 0
    is_complete: bool = True

    def __str__(self) -> str:
        """In words, for the log."""
        return f"{self.replies} replies judged with their parents" + (
            "" if self.is_complete else "; more wait"
        )


def work(settings: Settings, client: Client, _since: datetime) -> str:
    """For upkeep: attach, and note up to when. Raises SettingsError where no model can judge."""
    started = marks.server_time(client)
    given = span(client, started)
    try:
        model = current_model(settings)
    except ModelError as error:
        raise SettingsError(str(error)) from error
    done = asyncio.run(_work(settings, model, given))
    if done.is_complete:
        marks.note(client, JOB, started)
    return str(done)


async def _work(settings: Settings, model: Classifier, given: dict[str, int]) -> Attached:
    async with ClickHouse(settings) as clickhouse:
        return await attach(clickhouse, model, given)


async def attach(clickhouse: ClickHouse, model: Classifier, given: dict[str, int]) -> Attached:
    """On return replies carry the newest text of their parent, and a judgement made with it.

    `given` is a `span`. Rules that matched a row stay, and so do edits that come meanwhile. Raises
    InputError when somebody else keeps rewriting mentions.
    """
    done = Attached()
    until = time.monotonic() + WORK_SEC
    turns = Rewriting(clickhouse)
    async with turn(clickhouse, "upkeep: texts of parents") as mine:
        while rows := await clickhouse.rows(ORPHANS, given):
            orphans = {str(mention_id): int(minute) for mention_id, minute in rows}
            before = done.replies
            for ids in in_chunks(list(orphans), PAGE_BYTES):
                if time.monotonic() > until:
                    done.is_complete = False
                    break
                minutes = sorted({orphans[one] for one in ids})
                done.replies += await _page(clickhouse, model, ids, minutes, turns, mine)
            # A parent may be gone by now: then there is nothing to attach, now or later.
            if not done.is_complete or done.replies == before:
                break
    await turns.clean()
    return done


async def _page(
    clickhouse: ClickHouse,
    model: Classifier,
    ids: Sequence[str],
    minutes: Sequence[int],
    turns: Rewriting,
    mine: Turn,
) -> int:
    """Rewrite these replies; returns how many got a text."""
    while True:
        with suppress(PageTooOldError):
            async with turns.page():
                await mine.keep()
                rows = await clickhouse.columns(_REPLIES, {"ids": ids, "minutes": minutes})
                parents: list[Any] = rows["parent_id"].to_pylist()
                texts = await texts_of(clickhouse, list(dict.fromkeys(parents)))
                found = np.array([bool(texts.get(one)) for one in parents], dtype=bool)
                if not found.any():
                    return 0
                rows = _with_texts(rows.filter(pa.array(found)), texts)
                judged = await asyncio.to_thread(judged_anew, rows, model)
                await clickhouse.put("mentions", judged, turns.check)
                return judged.num_rows


def _with_texts(rows: pa.Table, texts: dict[str, str]) -> pa.Table:
    column = rows.column_names.index("parent_text")
    parents: list[Any] = rows["parent_id"].to_pylist()
    known = [texts[parent] for parent in parents]
    return rows.set_column(column, "parent_text", pa.array(known, pa.string()))


_REPLIES = """
SELECT *
FROM mentions FINAL
WHERE toStartOfMinute(published_at) IN
    (SELECT toDateTime(arrayJoin({minutes:Array(UInt64)}), 'UTC'))
    AND mention_id IN {ids:Array(String)}
    AND parent_text = ''
    AND NOT is_deleted
"""
