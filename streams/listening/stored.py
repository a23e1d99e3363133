"""Reads stored mentions back, a page at a time, so that rules can look at them again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

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
        newest = self.mentions[-1]
        return _milliseconds(newest.published_at) // 60_000, newest.mention_id


async def count(clickhouse: ClickHouse, since: datetime, until: datetime) -> int:
    """How many mentions were published from `since` to before `until`."""
    [[found]] = await clickhouse.rows(
        f"SELECT count() FROM mentions FINAL WHERE {_PERIOD}",  # noqa: S608 - a constant
        {"since": _milliseconds(since), "until": _milliseconds(until)},
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
    place = BEGIN
    while page := await page_after(clickhouse, since, until, place, whole_rows=whole_rows):
        yield page
        place = page.end


async def page_after(
    clickhouse: ClickHouse,
    since: datetime,
    until: datetime,
    place: Place,
    *,
    whole_rows: bool = False,
) -> Page | None:
    """The page of that period that begins after `place`; None when there is no more."""
    minute, after = place
    rows = await clickhouse.columns(
        _PAGE.format(columns="*" if whole_rows else ", ".join(FIELDS)),
        {
            "since": _milliseconds(since),
            "until": _milliseconds(until),
            "rows": PAGE_ROWS,
            "minute": max(minute, _milliseconds(since) // 60_000),
            "after": after,
        },
    )
    return _page(rows) if rows.num_rows else None


def _page(rows: pa.Table) -> Page:
    mentions = [
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
    return Page(rows, mentions, [m.text for m in mentions], [m.lang for m in mentions])


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
    AND (toStartOfMinute(published_at), mention_id)
        > (toDateTime({{minute:Int64}} * 60, 'UTC'), {{after:String}})
ORDER BY toStartOfMinute(published_at), mention_id
LIMIT {{rows:UInt32}}
"""
)
