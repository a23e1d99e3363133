"""Collapses copies: near copies, reposts and giveaways point to the earliest mention of them.

The `parent` of a mention is the earliest one of the seven days before it that says the same; its
`original` is where the chain of parents begins. Both are decided by what is stored and not by the
order in which it came: a mention that comes late, an edit or a deletion make every later mention
that shares a band with it be looked at again, and whatever hangs on a changed one follow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from streams.sinks.clickhouse import ClickHouse
from streams.upkeep.copy_store import WINDOW, CopyStore, Key, Link, Moment, Stored, repost_key
from streams.upkeep.similarity import Wording, similarity, wording

CHUNK: Final = 2_000  # mentions looked at together
MAX_CANDIDATES: Final = 64  # different texts a mention is compared with, the earliest ones
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
    place, considered, compared, changed = (since, ""), 0, 0, 0
    review = sorted(await store.to_review(since))
    for first in range(0, len(review), CHUNK):
        looked_at, written = await _Pass(store).run({*review[first : first + CHUNK]}, set())
        compared, changed = compared + looked_at, changed + written
    while considered < limit:
        rows = await store.stored_after(*place, min(CHUNK, limit - considered))
        if not rows:
            break
        moments = {(published_at, id_) for _, id_, published_at, _ in rows}
        news = {id_ for _, id_, _, is_news in rows if is_news}
        looked_at, written = await _Pass(store).run(moments, news)
        considered, compared, changed = (
            considered + len(rows), compared + looked_at, changed + written,
        )  # fmt: skip
        place = rows[-1][:2]
    is_complete = considered < limit
    next_since = max(since, place[0] - OVERLAP) if is_complete else place[0]
    return CollapseReport(considered, compared, changed, next_since, is_complete)


class _Pass:
    """One chunk of mentions and what depends on them."""

    def __init__(self, store: CopyStore) -> None:
        self._store = store
        self._wording = lru_cache(maxsize=4 * CHUNK)(_wording)

    async def run(self, moments: set[Moment], news: set[str]) -> tuple[int, int]:
        """Decide for these mentions and for those they concern; how many, and how many changed."""
        store = self._store
        mentions = await store.current(moments)
        news |= {id_ for _, id_ in moments if id_ not in mentions}
        void = await store.keys_of(news)
        await store.index(mentions.values(), void)
        concerned = await store.later(_earliest(moments, mentions, void))
        mentions |= await store.current(m for m in concerned if m[1] not in mentions)
        decided = await self._decide(mentions)
        for at, id_ in moments:
            if id_ not in mentions:
                decided[id_] = _alone(id_, at)
        changed = await self._changes(decided)
        await store.write(changed)
        return len(mentions), len(changed)

    async def _decide(self, mentions: Mapping[str, Stored]) -> dict[str, Link]:
        """The link of each mention, with `original` still to be found."""
        firsts = await self._store.firsts(set().union(*(m.keys() for m in mentions.values())))
        reposted = await self._store.moments_of({m.reposted for m in mentions.values()} - {""})
        candidates = {id_: _candidates(m, firsts) for id_, m in mentions.items()}
        texts = dict(mentions)
        texts |= await self._store.current(
            moment
            for id_, found in candidates.items()
            for fingerprint, moment in found
            if fingerprint != mentions[id_].fingerprint and moment[1] not in texts
        )
        decided = {}
        for id_, mention in mentions.items():
            source = reposted.get(mention.reposted)
            if source is not None and source < mention.moment:
                decided[id_] = _link(mention, source[1], "repost", 1.0)
            else:
                decided[id_] = self._first_copied(mention, candidates[id_], texts)
        return decided

    def _first_copied(
        self,
        mention: Stored,
        candidates: Iterable[tuple[int, Moment]],
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


def _earliest(
    moments: set[Moment], mentions: Mapping[str, Stored], void: Mapping[str, set[Key]]
) -> dict[Key, datetime]:
    """For each key when the first of these mentions was published under it."""
    earliest: dict[Key, datetime] = {}
    for at, id_ in moments:
        keys = {repost_key(id_)} | void.get(id_, set())
        if id_ in mentions:
            keys |= mentions[id_].keys()
        for key in keys:
            earliest[key] = min(earliest.get(key, at), at)
    return earliest


def _candidates(
    mention: Stored, firsts: Mapping[Key, list[tuple[date, int, Moment]]]
) -> list[tuple[int, Moment]]:
    """The first mention of each text like this one in the days before it, in order."""
    today = mention.published_at.date()
    found: dict[int, Moment] = {}
    for key in {*mention.bands, mention.fingerprint} - {0}:
        for day, fingerprint, moment in firsts.get(key, ()):
            if today - day <= WINDOW and moment < mention.moment:
                found[fingerprint] = min(found.get(fingerprint, moment), moment)
    ordered = sorted(found.items(), key=lambda entry: entry[1])
    return ordered[:MAX_CANDIDATES]


def _wording(mention: Stored) -> Wording:
    return wording(mention.text, mention.brands)


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
