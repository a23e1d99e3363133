"""What ClickHouse knows of copies: the questions and the inserts of `near_duplicates`."""

import asyncio
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import pyarrow as pa
from xxhash import xxh3_64_intdigest

from streams import clock
from streams.sinks.clickhouse import ClickHouse
from streams.upkeep import copy_queries as sql
from streams.upkeep.copy_queries import Scope, milliseconds

INSTANT: Final = pa.timestamp("ms", tz="UTC")
WINDOW: Final = timedelta(days=sql.WINDOW_DAYS)
MAX_PARAMETERS: Final = 4_000  # in one question; they travel in its URL,
MAX_PARAMETER_BYTES: Final = 100_000  # where ClickHouse takes 128 KiB of each
QUESTIONS_AT_ONCE: Final = 4
_ESCAPED = re.compile(r"[^A-Za-z0-9_.~-]")
Key = int
Moment = tuple[datetime, str]  # published_at, mention_id: the order of originals


Candidate = tuple[int, Moment]  # fingerprint and first mention of a text
Part = dict[str, Any]  # parameters of a question about some mentions


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


Asked = list[tuple[Stored, list[Candidate]]]  # mentions with what they may be copies of


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


class CopyStore:
    """Reads mentions and keeps `near_duplicates` and `near_duplicate_bands`."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def next_stored(self, place: tuple[datetime, str], limit: int) -> Scope | None:
        """The next rows after that place in the order they were stored."""
        return await self._next(Scope.stored(place), limit)

    async def next_review(
        self, place: tuple[datetime, str], since: datetime, limit: int
    ) -> Scope | None:
        """The next copies whose original went away since that moment."""
        return await self._next(Scope.to_review(place, since), limit)

    async def _next(self, scope: Scope, limit: int) -> Scope | None:
        [[rows, at, id_]] = await self._clickhouse.rows(
            scope.end_query, {**scope.parameters, "limit": limit}
        )
        return scope.up_to((_utc(at), id_), rows) if rows else None

    async def news(self, scope: Scope) -> dict[str, datetime]:
        """Of these mentions the edited and deleted ones: they were found under other keys before.

        By id, when they were published.
        """
        rows = await self._clickhouse.rows(scope.news_query, scope.parameters)
        return {id_: _utc(at) for at, id_ in rows}

    async def index(self, scope: Scope) -> None:
        """Make these mentions findable under their keys."""
        await self._clickhouse.rows(
            scope.index_query, {**scope.parameters, "found_at": milliseconds(clock.now())}
        )

    async def concerned(self, scope: Scope) -> set[Moment]:
        """What has to be decided: mentions that share a key with these or are among them.

        Those of `scope` that share none, are no repost and no copy until now stand alone.
        """
        rows = await self._clickhouse.rows(scope.concerned_query, scope.parameters)
        return {(_utc(at), id_) for at, id_ in rows}

    async def _answers(
        self, question: str, parameters: Iterable[dict[str, Any]]
    ) -> list[Sequence[Sequence[Any]]]:
        """Answers of one question about several parts, some asked at once."""
        few = asyncio.Semaphore(QUESTIONS_AT_ONCE)

        async def ask(part: dict[str, Any]) -> Sequence[Sequence[Any]]:
            async with few:
                return await self._clickhouse.rows(question, part)

        return await asyncio.gather(*map(ask, parameters))

    def parts(self, moments: Iterable[Moment]) -> Iterator[Part]:
        """These mentions in parts that fit into one question."""
        minutes = {id_: milliseconds(at) // 60_000 for at, id_ in moments}
        for part in _parts(sorted(minutes, key=lambda id_: (minutes[id_], id_))):
            yield {"minutes": sorted({minutes[id_] for id_ in part}), "ids": part}

    async def current(self, moments: Iterable[Moment]) -> dict[str, Stored]:
        """Current versions of these mentions; those that are gone are missing."""
        answers = await self._answers(sql.CURRENT, self.parts(moments))
        return {row[0]: _stored(row) for rows in answers for row in rows}

    async def with_candidates(self, part: Part) -> Asked:
        """Current versions, each with what it may be a copy of.

        That is the first mention of each text like it in the days before, in order; at most
        `MAX_CANDIDATES`, and none after one of its own text, which decides.
        """
        found: Asked = []
        for row in await self._clickhouse.rows(sql.WITH_CANDIDATES, part):
            mention = _stored(row)
            candidates: list[Candidate] = []
            for fingerprint, at, other in zip(*row[8:], strict=True):
                candidates.append((fingerprint, (_utc(at), other)))
                if fingerprint == mention.fingerprint:
                    break
            found.append((mention, candidates))
        return found

    async def moments_of(self, mention_ids: Collection[str]) -> dict[str, Moment]:
        """When these were published, as far as they are stored."""
        found: dict[str, Moment] = {}
        for part in _parts(mention_ids):
            rows = await self._clickhouse.rows(sql.MOMENTS, {"ids": part})
            found.update({id_: (_utc(at), id_) for id_, at in rows})
        return found

    async def forget_keys(self, mentions: Mapping[str, Stored], before: Collection[str]) -> None:
        """Let these ids no longer be found under keys that their current versions lack.

        Whose copies that may concern is noted first, for a run that is killed after this.
        """
        rows = [
            (key, at, id_, fingerprint)
            for id_, entries in (await self._entries(before)).items()
            for key, at, fingerprint in entries
            if id_ not in mentions or key not in mentions[id_].keys()  # noqa: SIM118 - a method of ours
        ]
        if not rows:
            return
        spans: dict[Key, tuple[datetime, datetime]] = {}
        for key, at, _, _ in rows:
            first, last = spans.get(key, (at, at))
            spans[key] = min(first, at), max(last, at)
        await self._note_for_review(await self.later(spans))
        keys, ats, ids, fingerprints = zip(*rows, strict=True)
        await self._insert(
            "near_duplicate_bands",
            {
                "band": pa.array(keys, pa.uint64()),
                "published_at": pa.array(ats, INSTANT),
                "mention_id": pa.array(ids, pa.string()),
                "fingerprint": pa.array(fingerprints, pa.uint64()),
                "is_deleted": pa.array([1] * len(rows), pa.uint8()),
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
        for part in _parts(mention_ids):
            rows = await self._clickhouse.rows(sql.ENTRIES, {"ids": part})
            for id_, key, at, fingerprint in rows:
                found.setdefault(id_, []).append((key, _utc(at), fingerprint))
        return found

    async def _note_for_review(self, moments: Collection[Moment]) -> None:
        if moments:
            ats, ids = zip(*sorted(moments), strict=True)
            noted = {"mention_id": pa.array(ids), "published_at": pa.array(ats, INSTANT)}
            await self._clickhouse.put("copies_to_review", pa.table(noted))

    async def later(self, spans: Mapping[Key, tuple[datetime, datetime]]) -> set[Moment]:
        """Indexed mentions that may be copies of what was published then under these keys.

        `spans`: when the first and when the last of them was.
        """
        found: set[Moment] = set()
        for part in _parts(spans):
            rows = await self._clickhouse.rows(
                sql.LATER, {"keys": part, "first": milliseconds(min(spans[key][0] for key in part))}
            )
            for key, naive, id_ in rows:
                at, (first, last) = _utc(naive), spans[key]
                if at >= first and at.date() - last.date() <= WINDOW:
                    found.add((at, id_))
        return found

    async def links(self, column: str, ids: Collection[str]) -> dict[str, Link]:
        """What is known of the mentions with these ids, or with these parents."""
        found: dict[str, Link] = {}
        question = {"mention_id": sql.LINKS_OF, "parent": sql.LINKS_TO}[column]
        for rows in await self._answers(question, ({"ids": part} for part in _parts(ids))):
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


def _stored(row: Sequence[Any]) -> Stored:
    id_, at, fingerprint, bands, text, brands, giveaway, reposted = row[:8]
    return Stored(
        id_, _utc(at), fingerprint, tuple(bands), text, tuple(brands), bool(giveaway), reposted
    )


def _parts(items: Collection[Any]) -> Iterator[list[Any]]:
    """The items in parts that fit into one question; each once."""
    part: list[Any] = []
    size = 0
    for item in dict.fromkeys(items):
        length = _length(str(item)) + 10  # with quotes and comma
        if part and (len(part) == MAX_PARAMETERS or size + length > MAX_PARAMETER_BYTES):
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part


def _length(item: str) -> int:
    """At least the length of the item in a URL."""
    return len(item) + 2 * len(_ESCAPED.findall(item)) if item.isascii() else len(quote(item))
