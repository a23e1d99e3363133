"""What ClickHouse knows of copies: the questions and the inserts of `near_duplicates`."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import pyarrow as pa
from xxhash import xxh3_64_intdigest

from streams import clock
from streams.sinks.clickhouse import ClickHouse

INSTANT: Final = pa.timestamp("ms", tz="UTC")
WINDOW: Final = timedelta(days=7)  # by whole days, UTC
MAX_PARAMETERS: Final = 1_000  # in one question; they travel in its URL,
MAX_PARAMETER_BYTES: Final = 100_000  # where ClickHouse takes 128 KiB of each
Key = int
Moment = tuple[datetime, str]  # published_at, mention_id: the order of originals


@dataclass(frozen=True, slots=True)
class Stored:
    """The current version of a mention, as far as copies are concerned."""

    mention_id: str
    published_at: datetime
    fingerprint: int
    bands: tuple[int, ...]
    text: str
    brands: tuple[str, ...]
    is_giveaway: bool
    reposted: str  # mention_id of what it reposts, "" for none

    @property
    def moment(self) -> Moment:
        """Where it stands among all mentions."""
        return self.published_at, self.mention_id

    def keys(self) -> set[Key]:
        """Under what it is found."""
        keys = {*self.bands, self.fingerprint} - {0}
        return keys | {repost_key(self.reposted)} if self.reposted else keys


@dataclass(frozen=True, slots=True)
class Link:
    """That a mention is a copy; of itself, if it turned out to be none."""

    mention_id: str
    original: str
    parent: str
    reason: str
    similarity: float
    published_at: datetime


def repost_key(mention_id: str) -> Key:
    """Under what the reposts of a mention are found."""
    return xxh3_64_intdigest(f"repost of {mention_id}".encode())


def milliseconds(moment: datetime) -> int:
    """Since 1970, as the queries here take moments."""
    return int(moment.timestamp() * 1000)


class CopyStore:
    """Reads mentions and keeps `near_duplicates` and `near_duplicate_bands`."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def stored_after(
        self, stored_at: datetime, mention_id: str, limit: int
    ) -> list[tuple[datetime, str, datetime, bool]]:
        """Rows in the order they were stored: stored_at, id, published_at, whether it is news.

        News is an edit or a deletion: before, it was found under other keys.
        """
        rows = await self._clickhouse.rows(
            "SELECT stored_at, mention_id, published_at, version >= 65536 OR is_deleted"
            " FROM mentions WHERE stored_at >= fromUnixTimestamp64Milli({at:Int64}, 'UTC')"
            " AND (stored_at, mention_id)"
            " > (fromUnixTimestamp64Milli({at:Int64}, 'UTC'), {id:String})"
            " ORDER BY stored_at, mention_id LIMIT {limit:UInt32}",
            {"at": milliseconds(stored_at), "id": mention_id, "limit": limit},
        )
        return [(_utc(at), id_, _utc(published), bool(news)) for at, id_, published, news in rows]

    async def to_review(self, since: datetime) -> set[Moment]:
        """Copies whose original went away since that moment."""
        rows = await self._clickhouse.rows(
            "SELECT DISTINCT published_at, mention_id FROM copies_to_review"
            " WHERE noted_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')",
            {"since": milliseconds(since)},
        )
        return {(_utc(at), id_) for at, id_ in rows}

    async def current(self, moments: Iterable[Moment]) -> dict[str, Stored]:
        """Current versions of these mentions; those that are gone are missing."""
        found: dict[str, Stored] = {}
        for part in _parts(set(moments)):
            rows = await self._clickhouse.rows(
                "SELECT mention_id, published_at, fingerprint, bands, text, brands,"
                " has(spam_reasons, 'giveaway'), if(kind = 'repost', parent_id, '')"
                " FROM mentions FINAL WHERE toStartOfMinute(published_at) IN"
                " (SELECT toDateTime(arrayJoin({minutes:Array(UInt64)}) * 60, 'UTC'))"
                " AND mention_id IN {ids:Array(String)}",
                {
                    "minutes": sorted({milliseconds(at) // 60_000 for at, _ in part}),
                    "ids": [id_ for _, id_ in part],
                },
            )
            for id_, at, fingerprint, bands, text, brands, giveaway, reposted in rows:
                found[id_] = Stored(
                    id_,
                    _utc(at),
                    fingerprint,
                    tuple(bands),
                    text,
                    tuple(brands),
                    bool(giveaway),
                    reposted,
                )
        return found

    async def moments_of(self, mention_ids: Collection[str]) -> dict[str, Moment]:
        """When these were published, as far as they are stored."""
        found: dict[str, Moment] = {}
        for part in _parts(set(mention_ids)):
            rows = await self._clickhouse.rows(
                "SELECT mention_id, published_at FROM mentions FINAL"
                " WHERE mention_id IN {ids:Array(String)}",
                {"ids": part},
            )
            found.update({id_: (_utc(at), id_) for id_, at in rows})
        return found

    async def index(self, mentions: Collection[Stored], gone: Mapping[str, set[Key]]) -> None:
        """Make `mentions` findable under their keys, and the `gone` no longer under those."""
        rows = [(key, m.published_at, m.mention_id, m.fingerprint, 0)
                for m in mentions for key in sorted(m.keys())]  # fmt: skip
        current = {m.mention_id: m.keys() for m in mentions}
        for id_, entries in (await self._entries(gone)).items():
            stale = [row for row in entries if row[0] not in current.get(id_, set())]
            rows += [(key, at, id_, fingerprint, 1) for key, at, fingerprint in stale]
        if not rows:
            return
        keys, ats, ids, fingerprints, deleted = zip(*rows, strict=True)
        await self._insert(
            "near_duplicate_bands",
            {
                "band": pa.array(keys, pa.uint64()),
                "published_at": pa.array(ats, INSTANT),
                "mention_id": pa.array(ids, pa.string()),
                "fingerprint": pa.array(fingerprints, pa.uint64()),
                "is_deleted": pa.array(deleted, pa.uint8()),
            },
        )

    async def keys_of(self, mention_ids: Collection[str]) -> dict[str, set[Key]]:
        """Under what these were found until now."""
        entries = await self._entries(mention_ids)
        return {id_: {key for key, _, _ in rows} for id_, rows in entries.items()}

    async def _entries(
        self, mention_ids: Collection[str]
    ) -> dict[str, list[tuple[Key, datetime, int]]]:
        found: dict[str, list[tuple[Key, datetime, int]]] = {}
        for part in _parts(set(mention_ids)):
            rows = await self._clickhouse.rows(
                "SELECT mention_id, band, published_at, fingerprint FROM near_duplicate_bands FINAL"
                " WHERE mention_id IN {ids:Array(String)}",
                {"ids": part},
            )
            for id_, key, at, fingerprint in rows:
                found.setdefault(id_, []).append((key, _utc(at), fingerprint))
        return found

    async def later(self, earliest: Mapping[Key, datetime]) -> set[Moment]:
        """Indexed mentions that may be copies of what was published then under these keys."""
        found: set[Moment] = set()
        for part in _parts(set(earliest)):
            rows = await self._clickhouse.rows(
                "SELECT band, published_at, mention_id FROM near_duplicate_bands FINAL"
                " WHERE band IN {keys:Array(UInt64)}"
                " AND published_at >= fromUnixTimestamp64Milli({first:Int64}, 'UTC')",
                {"keys": part, "first": milliseconds(min(earliest[key] for key in part))},
            )
            for key, naive, id_ in rows:
                at, first = _utc(naive), earliest[key]
                if at >= first and at.date() - first.date() <= WINDOW:
                    found.add((at, id_))
        return found

    async def firsts(self, keys: Collection[Key]) -> dict[Key, list[tuple[date, int, Moment]]]:
        """Under each key, of each day and fingerprint the first mention."""
        found: dict[Key, list[tuple[date, int, Moment]]] = {}
        for part in _parts(set(keys)):
            rows = await self._clickhouse.rows(
                "SELECT band, toDate(published_at, 'UTC') AS day, fingerprint,"
                " min((published_at, mention_id)) FROM near_duplicate_bands FINAL"
                " WHERE band IN {keys:Array(UInt64)} GROUP BY band, day, fingerprint",
                {"keys": part},
            )
            for key, day, fingerprint, (at, id_) in rows:
                found.setdefault(key, []).append((day, fingerprint, (_utc(at), id_)))
        return found

    async def links(self, column: str, ids: Collection[str]) -> dict[str, Link]:
        """What is known of the mentions with these ids, or with these parents."""
        found: dict[str, Link] = {}
        select = (
            "SELECT mention_id, original, parent, reason, similarity, published_at"
            " FROM near_duplicates FINAL WHERE "
        )
        question = {
            "mention_id": select + "mention_id IN {ids:Array(String)}",
            "parent": select + "parent IN {ids:Array(String)}",
        }[column]
        for part in _parts(set(ids)):
            rows = await self._clickhouse.rows(question, {"ids": part})
            for id_, original, parent, reason, alike, at in rows:
                found[id_] = Link(id_, original, parent, reason, alike, _utc(at))
        return found

    async def write(self, links: Sequence[Link]) -> None:
        """Replace what was known of these mentions."""
        if not links:
            return
        await self._insert(
            "near_duplicates",
            {
                "mention_id": pa.array([link.mention_id for link in links], pa.string()),
                "original": pa.array([link.original for link in links], pa.string()),
                "parent": pa.array([link.parent for link in links], pa.string()),
                "reason": pa.array([link.reason for link in links], pa.string()),
                "similarity": pa.array([link.similarity for link in links], pa.float32()),
                "published_at": pa.array([link.published_at for link in links], INSTANT),
            },
        )

    async def _insert(self, table: str, columns: dict[str, Any]) -> None:
        rows = len(columns["mention_id"])
        columns["found_at"] = pa.array([clock.now()] * rows, INSTANT)
        await self._clickhouse.put(table, pa.table(columns))


def _utc(moment: datetime) -> datetime:
    """The client leaves the zone out where it is UTC."""
    return moment.replace(tzinfo=UTC)


def _parts(items: Collection[Any]) -> Iterator[list[Any]]:
    """The items in order, in parts that fit into one question."""
    part: list[Any] = []
    size = 0
    for item in sorted(items):
        length = len(quote(str(item))) + 10  # with quotes and comma
        if part and (len(part) == MAX_PARAMETERS or size + length > MAX_PARAMETER_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part
