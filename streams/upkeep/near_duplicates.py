"""Collapses copies: near copies, reposts and giveaways point to the earliest mention of them.

The `parent` of a mention is the earliest one of the seven days before it that says the same; its
`original` is where the chain of parents begins. Both are decided by what is stored and not by the
order in which it came: a mention that comes late, an edit or a deletion make every later mention
that shares a band with it be looked at again, and whatever hangs on a changed one follow.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from streams.sinks.clickhouse import ClickHouse
from streams.upkeep.copy_queries import BEGIN, Scope
from streams.upkeep.copy_store import (
    Asked,
    Candidate,
    CopyStore,
    Key,
    Link,
    Stored,
    repost_key,
)
from streams.upkeep.similarity import Wording, similarity, wording

CHUNK: Final = 20_000  # mentions looked at together; most of them are like no other
MAX_TEXTS: Final = 30_000  # of a stretch, kept to be compared again
# A block may become visible later than its stored_at says; that much is looked at again.
OVERLAP: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class CollapseReport:
    """What one pass did; the next one begins at `next_since`."""

    considered: int  # rows stored since
    compared: int  # mentions looked at, with the later ones they may be originals of
    changed: int  # rows written
    next_since: datetime
    is_complete: bool  # False when there was more than the limit


async def collapse(
    clickhouse: ClickHouse, since: datetime, *, limit: int = 200_000
) -> CollapseReport:
    """Bring `near_duplicates` up to date with what was stored since; may be run again any time."""
    store = CopyStore(clickhouse)
    considered, compared, changed = 0, 0, 0
    place = BEGIN
    while (scope := await store.next_review(place, since, CHUNK)) is not None:
        looked_at, written = await _Pass(store).run(scope)
        compared, changed, place = compared + looked_at, changed + written, scope.end
    place = (since, "")
    while considered < limit:
        scope = await store.next_stored(place, min(CHUNK, limit - considered))
        if scope is None:
            break
        looked_at, written = await _Pass(store).run(scope)
        considered, compared, changed = (
            considered + scope.rows, compared + looked_at, changed + written,
        )  # fmt: skip
        place = scope.end
    is_complete = considered < limit
    next_since = max(since, place[0] - OVERLAP) if is_complete else place[0]
    return CollapseReport(considered, compared, changed, next_since, is_complete)


class _Pass:
    """One stretch of mentions and what depends on them."""

    def __init__(self, store: CopyStore) -> None:
        self._store = store
        self._wordings: dict[str, Wording] = {}
        self._texts: dict[str, Stored] = {}

    async def run(self, scope: Scope) -> tuple[int, int]:
        """Decide for these mentions and for those they concern; how many, and how many changed."""
        store = self._store
        news = await store.news(scope)
        void = await store.keys_of(news)
        await store.index(scope)
        await store.forget_keys(await store.current((at, id_) for id_, at in news.items()), news)
        concerned = await store.concerned(scope) | await store.later(_spans(news, void))
        concerned |= {(at, id_) for id_, at in news.items()}
        decided: dict[str, Link] = {}
        asked: asyncio.Task[Asked] | None = None
        for part in [*store.parts(concerned), None]:
            # While one part is compared here, ClickHouse answers about the next.
            following = None if part is None else asyncio.create_task(store.with_candidates(part))
            if asked is not None:
                decided |= await self._decide(await asked)
            asked = following
        looked_at = len(decided)
        for id_, at in news.items():
            decided.setdefault(id_, _alone(id_, at))  # it is gone
        changed = await self._changes(decided)
        await store.write(changed)
        return looked_at, len(changed)

    async def _decide(self, asked: Asked) -> dict[str, Link]:
        """The link of each mention, with `original` still to be found."""
        reposted = await self._store.moments_of({m.reposted for m, _ in asked} - {""})
        if len(self._texts) >= MAX_TEXTS:
            self._texts.clear()
        texts = self._texts
        texts |= {mention.mention_id: mention for mention, _ in asked}
        texts |= await self._store.current(
            moment
            for mention, candidates in asked
            for fingerprint, moment in candidates
            if fingerprint != mention.fingerprint and moment[1] not in texts
        )
        decided = {}
        for mention, candidates in asked:
            source = reposted.get(mention.reposted)
            if source is not None and source < mention.moment:
                link = _link(mention, source[1], "repost", 1.0)
            else:
                link = self._first_copied(mention, candidates, texts)
            decided[mention.mention_id] = link
        return decided

    def _first_copied(
        self,
        mention: Stored,
        candidates: Iterable[Candidate],
        texts: Mapping[str, Stored],
    ) -> Link:
        for fingerprint, (_, id_) in candidates:
            if fingerprint == mention.fingerprint:
                return _link(mention, id_, "giveaway" if mention.is_giveaway else "exact", 1.0)
            other = texts.get(id_)
            if other is None:
                continue
            alike = similarity(self._wording(mention), self._wording(other))
            if alike:
                return _link(mention, id_, "giveaway" if mention.is_giveaway else "near", alike)
        return _alone(mention.mention_id, mention.published_at)

    def _wording(self, mention: Stored) -> Wording:
        found = self._wordings.get(mention.mention_id)
        if found is None:
            if len(self._wordings) >= MAX_TEXTS:
                self._wordings.clear()
            found = wording(mention.text, mention.brands)
            self._wordings[mention.mention_id] = found
        return found

    async def _changes(self, decided: dict[str, Link]) -> list[Link]:
        """Links that differ from what is stored, with their originals and all that follows."""
        known = await self._store.links("mention_id", decided)
        parents = {link.parent for link in decided.values()} - decided.keys()
        of_parents = await self._store.links("mention_id", parents)
        originals = {id_: link.original for id_, link in of_parents.items()}
        changed: dict[str, Link] = {}
        for link in sorted(decided.values(), key=lambda link: (link.published_at, link.mention_id)):
            if link.parent != link.mention_id:
                link = _rooted(link, originals.get(link.parent, link.parent))
            originals[link.mention_id] = link.original
            before = known.get(link.mention_id)
            if before is None and link.original == link.mention_id:
                continue
            if before is None or _differs(before, link):
                changed[link.mention_id] = link
        moved = set(changed)
        while moved:
            children = await self._store.links("parent", moved)
            moved = set()
            for id_, link in children.items():
                if id_ in decided or id_ == link.parent:
                    continue
                rooted = _rooted(link, originals.get(link.parent, link.parent))
                if rooted.original != link.original:
                    changed[id_], originals[id_] = rooted, rooted.original
                    moved.add(id_)
        return list(changed.values())


def _spans(
    news: Mapping[str, datetime], void: Mapping[str, set[Key]]
) -> dict[Key, tuple[datetime, datetime]]:
    """For each key under which news was found before, when the first and the last were said."""
    spans: dict[Key, tuple[datetime, datetime]] = {}
    for id_, at in news.items():
        for key in {repost_key(id_)} | void.get(id_, set()):
            first, last = spans.get(key, (at, at))
            spans[key] = min(first, at), max(last, at)
    return spans


def _link(mention: Stored, parent: str, reason: str, alike: float) -> Link:
    return Link(mention.mention_id, parent, parent, reason, alike, mention.published_at)


def _alone(mention_id: str, published_at: datetime) -> Link:
    return Link(mention_id, mention_id, mention_id, "", 0.0, published_at)


def _rooted(link: Link, original: str) -> Link:
    return Link(
        link.mention_id, original, link.parent, link.reason, link.similarity, link.published_at
    )


def _differs(before: Link, after: Link) -> bool:
    same = (before.original, before.parent, before.reason) == (
        after.original, after.parent, after.reason,
    )  # fmt: skip
    return not same or abs(before.similarity - after.similarity) > 1e-6
