"""Reads stored mentions back, a page at a time, so that rules can look at them again."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from schemas.mention import Account, Author, Mention
from streams.sinks.clickhouse import ClickHouse

PAGE_ROWS = 10_000

# What rules can ask of a mention.
FIELDS = [
    *("mention_id", "source", "site", "kind", "url", "text", "lang", "published_at"),
    *("author_id", "author_handle", "author_name", "author_is_bot", "author_role", "followers"),
    *("parent_id", "parent_author_id", "root_id", "quoted_id", "hashtags", "links"),
    *("mentioned_ids", "mentioned_handles"),
]


Place = tuple[int, str]  # minute since 1970 and mention_id: the order of the table
BEGIN: Place = (-(2**62), "")


@dataclass(frozen=True, slots=True)
class Page:
    """Some mentions in the order of the table, as rows and as events; one entry per mention."""

    rows: pa.Table
    mentions: list[Mention]
    texts: list[str]
    langs: list[str]

    @property
    def end(self) -> Place:
        """Where the next page begins."""
        return end_of(self.rows)


@dataclass(frozen=True)
class Only:
    """Narrows stored mentions down, by a condition on their newest version."""

    condition: str = "1"
    parameters: Mapping[str, Any] = field(default_factory=dict)


EVERY = Only()


async def count(
    clickhouse: ClickHouse, since: datetime, until: datetime, only: Only = EVERY
) -> int:
    """How many mentions were published from `since` to before `until`."""
    [[found]] = await clickhouse.rows(
        f"SELECT count() FROM mentions FINAL WHERE {_PERIOD} AND {only.condition}",  # noqa: S608
        {**only.parameters, **_period(since, until)},
    )
    return int(found)


async def oldest_before(clickhouse: ClickHouse, moment: datetime) -> datetime | None:
    """When the oldest mention was published, if it was before `moment`."""
    [[found, oldest]] = await clickhouse.rows(
        "SELECT count(), min(published_at) FROM mentions WHERE NOT is_deleted"
        " AND published_at < fromUnixTimestamp64Milli({moment:Int64}, 'UTC')",
        {"moment": _milliseconds(moment)},
    )
    return oldest if found else None


async def pages(
    clickhouse: ClickHouse, since: datetime, until: datetime, *, whole_rows: bool = False
) -> AsyncIterator[Page]:
    """Mentions published from `since` to before `until`, by their newest version.

    `whole_rows`: `Page.rows` has every column, else those of `FIELDS`.
    """
    place: Place | None = BEGIN
    while place is not None:
        page = await page_after(clickhouse, since, until, place, whole_rows=whole_rows)
        if page is not None:
            yield page
        place = page.end if page else None


async def page_after(
    clickhouse: ClickHouse,
    since: datetime,
    until: datetime,
    place: Place,
    *,
    whole_rows: bool = False,
) -> Page | None:
    """The page of that period that begins after `place`; None when there is no more."""
    columns = None if whole_rows else FIELDS
    found = await rows_after(clickhouse, since, until, place, columns=columns)
    return _page(found) if found.num_rows else None


async def rows(
    clickhouse: ClickHouse,
    since: datetime,
    until: datetime,
    *,
    columns: Sequence[str],
    page_rows: Callable[[], int],
) -> AsyncIterator[pa.Table]:
    """The same as rows without the events: `columns`, with mention_id and published_at.

    `page_rows` is asked before each page how long it may be.
    """
    place = BEGIN
    while True:
        found = await rows_after(
            clickhouse, since, until, place, columns=columns, at_most=page_rows()
        )
        if found.num_rows == 0:
            return
        yield found
        place = end_of(found)


async def rows_after(
    clickhouse: ClickHouse,
    since: datetime,
    until: datetime,
    place: Place,
    *,
    columns: Sequence[str] | None = None,
    only: Only = EVERY,
    at_most: int = PAGE_ROWS,
) -> pa.Table:
    """Rows of that period that come after `place`, every column or `columns`; empty at the end."""
    minute, after = place
    return await clickhouse.columns(
        _PAGE.format(columns=", ".join(columns or ["*"]), only=only.condition),
        {
            **only.parameters,
            **_period(since, until),
            "rows": at_most,
            "minute": max(minute, _milliseconds(since) // 60_000),
            "after": after,
        },
    )


def end_of(rows: pa.Table) -> Place:
    """Where the rows after these begin; of mention_id and published_at."""
    [newest] = rows.slice(rows.num_rows - 1).select(["mention_id", "published_at"]).to_pylist()
    return _milliseconds(newest["published_at"]) // 60_000, newest["mention_id"]


def _page(rows: pa.Table) -> Page:
    mentions = events_of(rows)
    return Page(rows, mentions, [m.text for m in mentions], [m.lang for m in mentions])


def events_of(rows: pa.Table) -> list[Mention]:
    """The mentions of rows that have all of `FIELDS`."""
    return [
        Mention(
            mention_id=row["mention_id"],
            source=row["source"],
            site=row["site"],
            kind=row["kind"],
            author=Author(
                id=row["author_id"],
                handle=row["author_handle"],
                name=row["author_name"],
                followers=row["followers"],
                is_bot=bool(row["author_is_bot"]),
            ),
            text=row["text"],
            lang=row["lang"],
            url=row["url"],
            parent_id=row["parent_id"],
            parent_author_id=row["parent_author_id"],
            root_id=row["root_id"],
            quoted_id=row["quoted_id"],
            published_at=row["published_at"],
            hashtags=tuple(row["hashtags"]),
            links=tuple(row["links"]),
            mentioned=(
                *(Account(id=one) for one in row["mentioned_ids"]),
                *(Account(handle=one) for one in row["mentioned_handles"]),
            ),
        )
        for row in rows.select(FIELDS).to_pylist()
    ]


def _period(since: datetime, until: datetime) -> dict[str, int]:
    return {"since": _milliseconds(since), "until": _milliseconds(until)}


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


_PERIOD = """
published_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND published_at < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND NOT is_deleted
"""

_PAGE = (
    """
SELECT {columns}
FROM mentions FINAL
WHERE """
    + _PERIOD.replace("{", "{{").replace("}", "}}")
    + """
    AND published_at >= toDateTime64({{minute:Int64}} * 60, 3, 'UTC')
    AND {only}
    AND (toStartOfMinute(published_at), mention_id)
        > (toDateTime({{minute:Int64}} * 60, 'UTC'), {{after:String}})
ORDER BY toStartOfMinute(published_at), mention_id
LIMIT {{rows:UInt32}}
"""
)
