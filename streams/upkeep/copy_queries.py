"""The questions that `copy_store` asks of many mentions at once; ClickHouse joins, Python decides.

`near_duplicate_bands` is read without FINAL: a question needs few of its rows, and FINAL would sort
all of them. What counts of an entry is its newest row, here by argMax.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

WINDOW_DAYS: Final = 7  # by whole days, UTC
MAX_CANDIDATES: Final = 64  # different texts a mention is compared with, the earliest ones
BEGIN: Final = (datetime.fromtimestamp(0, UTC), "")

_OWN_KEYS = "arrayDistinct(arrayFilter(key -> key != 0, arrayPushBack(bands, fingerprint)))"
_REPOSTED = "if(kind = 'repost', parent_id, '')"
_BY_MOMENT = (
    "toStartOfMinute(published_at) IN"
    " (SELECT toDateTime(arrayJoin({minutes:Array(UInt64)}) * 60, 'UTC'))"
    " AND mention_id IN {ids:Array(String)}"
)

_STORED = (
    "mention_id, published_at, fingerprint, bands, text, brands,"
    f" has(spam_reasons, 'giveaway') AS is_giveaway, {_REPOSTED} AS reposted"
)

CURRENT: Final = f"""
SELECT {_STORED}
FROM mentions FINAL
WHERE {_BY_MOMENT}
"""  # noqa: S608 - parts are constants, here and below

WITH_CANDIDATES: Final = f"""
WITH
    asked AS (SELECT {_STORED} FROM mentions FINAL WHERE {_BY_MOMENT}),
    keyed AS (SELECT mention_id, published_at, arrayJoin({_OWN_KEYS}) AS band FROM asked)
SELECT
    asked.mention_id, asked.published_at, asked.fingerprint, asked.bands, asked.text, asked.brands,
    asked.is_giveaway, asked.reposted, found.fingerprints, found.ats, found.ids
FROM asked
LEFT JOIN
(
    SELECT
        mention_id,
        groupArray(fingerprint) AS fingerprints,
        groupArray(tupleElement(moment, 1)) AS ats,
        groupArray(tupleElement(moment, 2)) AS ids
    FROM
    (
        SELECT
            a.mention_id AS mention_id,
            f.fingerprint AS fingerprint,
            min(f.moment) AS moment
        FROM keyed AS a
        INNER JOIN
        (
            SELECT
                band,
                toDate(published_at, 'UTC') AS day,
                fingerprint,
                min((published_at, mention_id)) AS moment
            FROM
            (
                SELECT band, published_at, mention_id, argMax(fingerprint, found_at) AS fingerprint
                FROM near_duplicate_bands
                WHERE band IN (SELECT band FROM keyed)
                GROUP BY band, published_at, mention_id
                HAVING argMax(is_deleted, found_at) = 0
            )
            GROUP BY band, day, fingerprint
        ) AS f ON f.band = a.band
        WHERE f.moment < (a.published_at, a.mention_id)
            AND toDate(a.published_at, 'UTC') - f.day <= {WINDOW_DAYS}
        GROUP BY mention_id, fingerprint
        ORDER BY mention_id, moment
        LIMIT {MAX_CANDIDATES} BY mention_id
    )
    GROUP BY mention_id
) AS found ON found.mention_id = asked.mention_id
"""  # noqa: S608

MOMENTS: Final = """
SELECT mention_id, argMax(published_at, version)
FROM mentions
WHERE mention_id IN {ids:Array(String)}
GROUP BY mention_id
HAVING argMax(is_deleted, version) = 0
"""

ENTRIES: Final = """
SELECT mention_id, band, published_at, argMax(fingerprint, found_at)
FROM near_duplicate_bands
WHERE mention_id IN {ids:Array(String)}
GROUP BY mention_id, band, published_at
HAVING argMax(is_deleted, found_at) = 0
"""

LATER: Final = """
SELECT band, published_at, mention_id
FROM near_duplicate_bands
WHERE band IN {keys:Array(UInt64)}
    AND published_at >= fromUnixTimestamp64Milli({first:Int64}, 'UTC')
GROUP BY band, published_at, mention_id
HAVING argMax(is_deleted, found_at) = 0
"""

_LINKS = (
    "SELECT mention_id, original, parent, reason, similarity, published_at"
    " FROM near_duplicates FINAL WHERE "
)
LINKS_OF: Final = _LINKS + "mention_id IN {ids:Array(String)}"
LINKS_TO: Final = _LINKS + "parent IN {ids:Array(String)}"


@dataclass(frozen=True, slots=True)
class Scope:
    """A stretch of mentions that are looked at together: after `begin`, up to `end`."""

    table: str
    at: str  # its column of moments; with mention_id the order of the stretches
    is_news: str  # whether a row is an edit or a deletion
    begin: tuple[datetime, str]
    end: tuple[datetime, str]
    since: datetime = BEGIN[0]
    rows: int = 0

    @classmethod
    def stored(cls, begin: tuple[datetime, str]) -> "Scope":
        """What was stored after that place."""
        return cls("mentions", "stored_at", "version >= 65536 OR is_deleted", begin, begin)

    @classmethod
    def to_review(cls, begin: tuple[datetime, str], since: datetime) -> "Scope":
        """What was noted for review since that moment."""
        return cls("copies_to_review", "published_at", "0", begin, begin, since)

    def up_to(self, end: tuple[datetime, str], rows: int) -> "Scope":
        """The stretch that ends there."""
        return replace(self, end=end, rows=rows)

    @property
    def parameters(self) -> dict[str, Any]:
        """What its queries are bound to."""
        return {
            "begin": milliseconds(self.begin[0]),
            "begin_id": self.begin[1],
            "end": milliseconds(self.end[0]),
            "end_id": self.end[1],
            "since": milliseconds(self.since),
        }

    @property
    def _after_begin(self) -> str:
        begin = "fromUnixTimestamp64Milli({begin:Int64}, 'UTC')"
        noted = " AND noted_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')"
        return (
            f"{self.at} >= {begin} AND ({self.at}, mention_id) > ({begin}, {{begin_id:String}})"
            + (noted if self.table == "copies_to_review" else "")
        )

    @property
    def _moments(self) -> str:
        end = "fromUnixTimestamp64Milli({end:Int64}, 'UTC')"
        return (
            f"SELECT published_at, mention_id, {self.is_news} AS is_news FROM {self.table}"  # noqa: S608
            f" WHERE {self._after_begin}"
            f" AND {self.at} <= {end} AND ({self.at}, mention_id) <= ({end}, {{end_id:String}})"
        )

    @property
    def _are_current(self) -> str:
        minutes = "SELECT toStartOfMinute(published_at), mention_id"
        return f"(toStartOfMinute(published_at), mention_id) IN ({minutes} FROM ({self._moments}))"

    @property
    def end_query(self) -> str:
        """How many rows are left, at most `limit`, and where the last of them stands."""
        return f"""
SELECT count(), tupleElement(max((at, id)) AS last, 1), tupleElement(last, 2)
FROM
(
    SELECT {self.at} AS at, mention_id AS id
    FROM {self.table}
    WHERE {self._after_begin}
    ORDER BY at, id
    LIMIT {{limit:UInt32}}
)
"""  # noqa: S608

    @property
    def news_query(self) -> str:
        """Moments of edits and deletions, and of what is deleted by now."""
        return f"""
SELECT published_at, mention_id
FROM ({self._moments})
WHERE is_news OR (toStartOfMinute(published_at), mention_id) NOT IN
    (SELECT toStartOfMinute(published_at), mention_id FROM mentions FINAL WHERE {self._are_current})
"""  # noqa: S608

    @property
    def index_query(self) -> str:
        """Write the keys of the current versions."""
        reposted = "if(reposted = '', [], [xxh3(concat('repost of ', reposted))])"
        return f"""
INSERT INTO near_duplicate_bands
    (band, published_at, mention_id, fingerprint, found_at, is_deleted)
SELECT
    arrayJoin(arrayConcat({_OWN_KEYS}, {reposted})),
    published_at,
    mention_id,
    fingerprint,
    fromUnixTimestamp64Milli({{found_at:Int64}}, 'UTC'),
    0
FROM
(
    SELECT published_at, mention_id, fingerprint, bands, {_REPOSTED} AS reposted
    FROM mentions FINAL
    WHERE {self._are_current}
)
"""  # noqa: S608

    @property
    def concerned_query(self) -> str:
        """Moments of all that share a key with these, of reposts and of what was a copy."""
        return f"""
WITH
    these AS
    (
        SELECT published_at, mention_id, fingerprint, bands, {_REPOSTED} AS reposted
        FROM mentions FINAL
        WHERE {self._are_current}
    ),
    mine AS
    (
        SELECT
            band,
            min(published_at) AS first,
            max(published_at) AS last,
            min(mention_id) AS owner
        FROM
        (
            SELECT
                published_at,
                mention_id,
                arrayJoin(
                    arrayPushBack({_OWN_KEYS}, xxh3(concat('repost of ', mention_id)))
                ) AS band
            FROM these
        )
        GROUP BY band
    )
SELECT tupleElement(moment, 1), tupleElement(moment, 2)
FROM
(
    SELECT arrayJoin(moments) AS moment
    FROM
    (
        SELECT
            groupUniqArrayIf(
                (b.published_at, b.mention_id),
                b.published_at >= mine.first
                    AND toDate(b.published_at, 'UTC') - toDate(mine.last, 'UTC') <= {WINDOW_DAYS}
            ) AS moments
        FROM
        (
            SELECT band, published_at, mention_id
            FROM near_duplicate_bands
            WHERE band IN (SELECT band FROM mine)
        ) AS b
        INNER JOIN mine ON mine.band = b.band
        GROUP BY b.band
        HAVING countIf(
            b.mention_id != mine.owner
                AND toDate(mine.first, 'UTC') - toDate(b.published_at, 'UTC') <= {WINDOW_DAYS}
                AND toDate(b.published_at, 'UTC') - toDate(mine.last, 'UTC') <= {WINDOW_DAYS}
        ) > 0
    )
    UNION DISTINCT
    SELECT (published_at, mention_id) FROM these WHERE reposted != ''
    UNION DISTINCT
    SELECT (published_at, mention_id)
    FROM these
    WHERE mention_id IN
    (
        SELECT mention_id
        FROM near_duplicates
        WHERE mention_id IN (SELECT mention_id FROM these)
    )
)
"""  # noqa: S608


def milliseconds(moment: datetime) -> int:
    """Since 1970, as the queries here take moments."""
    return int(moment.timestamp() * 1000)
