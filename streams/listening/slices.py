"""Stored mentions newest first, in slices of time that hold a bounded number of them.

The table is sorted by time upwards, and merging versions (FINAL) goes that way, too. So a period is
cut into slices beforehand, by counting: hours, where they hold too many minutes, then seconds.
Each slice is read whole and the next one lies before it. A mention never changes its time, so its
versions lie in the same slice.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from schemas.search import Wanted
from streams.sinks.clickhouse import ClickHouse

WIDTHS_MS: Final = (3_600_000, 60_000, 1_000)
FIRST_ROWS: Final = 4_000  # so that the first page comes soon
AT_MOST_ROWS: Final = 25_000  # held in memory at a time, unless a second brings more


@dataclass(frozen=True, slots=True)
class Slice:
    """From `since_ms` to before `until_ms`; about so many rows."""

    since_ms: int
    until_ms: int
    rows: int


Counts = Sequence[tuple[int, int]]  # where a stretch of one width begins, and its rows


async def counts(
    clickhouse: ClickHouse, since_ms: int, until_ms: int, wanted: Wanted, width_ms: int
) -> Counts:
    """Rows of each stretch that has some, newest first; versions of a mention count apart."""
    rows = await clickhouse.rows(
        _COUNTS, {"since": since_ms, "until": until_ms, "width": width_ms, **wanted.parameters}
    )
    return [(int(start), int(found)) for start, found in rows]


async def slices(
    clickhouse: ClickHouse, since_ms: int, until_ms: int, wanted: Wanted, hours: Counts
) -> AsyncIterator[Slice]:
    """Cut the period, newest slice first; `hours` are the counts of the first width."""
    aim, begin, end, rows = FIRST_ROWS, until_ms, until_ms, 0
    async for start, width, found in _pieces(clickhouse, since_ms, until_ms, wanted, hours, 0):
        if rows and rows + found > aim:
            yield Slice(begin, end, rows)
            end, rows, aim = begin, 0, min(2 * aim, AT_MOST_ROWS)
        if not rows:
            end = min(end, start + width)
        begin, rows = max(start, since_ms), rows + found
    if rows:
        yield Slice(begin, end, rows)


async def _pieces(
    clickhouse: ClickHouse,
    since_ms: int,
    until_ms: int,
    wanted: Wanted,
    stretches: Counts,
    level: int,
) -> AsyncIterator[tuple[int, int, int]]:
    """Start, width and rows of stretches that hold few enough, cut smaller where they do not."""
    width = WIDTHS_MS[level]
    for start, found in stretches:
        if found <= AT_MOST_ROWS or level + 1 == len(WIDTHS_MS):
            yield start, width, found
            continue
        first, last = max(since_ms, start), min(until_ms, start + width)
        smaller = await counts(clickhouse, first, last, wanted, WIDTHS_MS[level + 1])
        async for piece in _pieces(clickhouse, first, last, wanted, smaller, level + 1):
            yield piece


async def rows_of(
    clickhouse: ClickHouse, part: Slice, wanted: Wanted, columns: Sequence[str]
) -> pa.Table:
    """Mentions of a slice by their newest version, in no order."""
    return await clickhouse.columns(
        _ROWS.format(columns=", ".join(columns)),
        {"since": part.since_ms, "until": part.until_ms, **wanted.parameters},
    )


_PERIOD = """
published_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND published_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND NOT is_deleted
    AND ({brand:String} = '' OR has(brands, {brand:String}))
    AND ({topic:String} = '' OR has(topics, {topic:String}))
    AND ({lang:String} = '' OR lang = {lang:String})
    AND ({source:String} = '' OR source = {source:String})
    AND (NOT {intent_only:UInt8} OR intent != 'none')
    AND (
        {least:Float32} = 0
        OR intent != 'none'
            AND if(intent = 'active', intent_active, intent_latent) >= {least:Float32}
    )
"""

_COUNTS = f"""
SELECT
    intDiv(toUnixTimestamp64Milli(published_at), {{width:Int64}}) * {{width:Int64}} AS start,
    count()
FROM mentions
WHERE {_PERIOD}
GROUP BY start
ORDER BY start DESC
"""  # noqa: S608 - of the constants above

_ROWS = "\n".join(
    ("SELECT {columns} FROM mentions FINAL WHERE", _PERIOD.replace("{", "{{").replace("}", "}}"))
)
