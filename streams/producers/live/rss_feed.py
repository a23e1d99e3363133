"""What is known of one feed, and which of its entries are new.

Of every entry in the feed, and of some that have left it, digests are kept in the cursor: of its
id, of its words, and when it was published and updated. So a restart tells nothing twice, an edit
is told as such, and nothing of what was said lies in the checkpoint.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from schemas.mention import Mention
from streams.producers.live.contract import MAPPING_ERRORS, PayloadError, kept
from streams.producers.live.rss_mapping import Entry, Kind, ParsedFeed, read_entry, to_mention
from streams.producers.live.source import Unmapped

KEPT_AFTER_LEAVING = 200
_FUTURE = timedelta(minutes=1)


class SeenEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry that was seen."""

    digest: str
    published_sec: int
    updated_sec: int  # 0 if it said nothing
    is_told: bool  # False for what was too old at first contact


class FeedState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a cursor holds of a feed."""

    url: str = ""  # where it lives now; empty if it never moved
    etag: str = ""
    modified: str = ""
    not_before_sec: int = 0  # the server asked to be left alone until then
    is_gone: bool = False
    is_known: bool = False  # read at least once
    seen: dict[str, SeenEntry] = {}  # by digest of the mention_id, the latest to leave last


@dataclass
class News:
    """What a reading of a feed brought."""

    mentions: list[Mention] = field(default_factory=list)  # oldest first
    unmapped: list[Unmapped] = field(default_factory=list)
    skipped: int = 0  # known, too old, changed without saying so
    seen: dict[str, SeenEntry] = field(default_factory=dict)


def news_of(
    feed: ParsedFeed, state: FeedState, *, kind: Kind, since: datetime | None, now: datetime
) -> News:
    """New and edited entries of a feed that was read at `now`, and what to remember of all.

    `since` holds at first contact only: later, an entry that is new is news, whatever its date.
    """
    news = News(skipped=feed.left_out)
    in_feed: dict[str, SeenEntry] = {}
    for raw in feed.entries:
        try:
            entry = read_entry(feed, raw)
            key = hashlib.blake2b(entry.key.encode(), digest_size=8).hexdigest()
            if key in in_feed:
                news.skipped += 1
                continue
            before = state.seen.get(key)
            mention, seen = _take(feed, entry, before, state, kind=kind, since=since, now=now)
        except MAPPING_ERRORS as error:
            if not _was_seen_bad(state, raw, in_feed):
                news.unmapped.append(Unmapped(_payload(raw), str(error)))
            continue
        in_feed[key] = seen
        if mention is None:
            news.skipped += 1
        else:
            news.mentions.append(mention)
    news.mentions.sort(key=lambda it: it.edited_at or it.published_at)
    left = [(key, seen) for key, seen in state.seen.items() if key not in in_feed]
    news.seen = {**in_feed, **dict(left[:KEPT_AFTER_LEAVING])}
    return news


def _take(
    feed: ParsedFeed,
    entry: Entry,
    before: SeenEntry | None,
    state: FeedState,
    *,
    kind: Kind,
    since: datetime | None,
    now: datetime,
) -> tuple[Mention | None, SeenEntry]:
    updated_at = _not_after(entry.updated_at, now)
    updated_sec = _seconds(updated_at)
    if before is not None:
        is_changed = entry.digest != before.digest and updated_sec > max(
            before.updated_sec, before.published_sec
        )
        if not is_changed:
            return None, before
        seen = SeenEntry(entry.digest, before.published_sec, updated_sec, before.is_told)
        if not before.is_told:
            return None, seen
        published_at = datetime.fromtimestamp(before.published_sec, UTC)
        return (
            to_mention(feed, entry, kind=kind, published_at=published_at, edited_at=updated_at),
            seen,
        )
    published_at = _not_after(entry.published_at, now) or updated_at or now
    # Whole seconds, as they are remembered: an edit has to say the same.
    published_at = published_at.replace(microsecond=0)
    is_told = state.is_known or since is None or published_at >= since
    seen = SeenEntry(entry.digest, _seconds(published_at), updated_sec, is_told)
    if not is_told:
        return None, seen
    return to_mention(feed, entry, kind=kind, published_at=published_at), seen


def _not_after(moment: datetime | None, now: datetime) -> datetime | None:
    """The moment, or `now` for one to come: clocks and time zones of blogs are often wrong."""
    return now if moment is not None and moment > now + _FUTURE else moment


def _seconds(moment: datetime | None) -> int:
    return int(moment.timestamp()) if moment else 0


def _was_seen_bad(state: FeedState, raw: Any, in_feed: dict[str, SeenEntry]) -> bool:
    """True if this entry was among the unmapped before; it stays remembered."""
    key = "!" + hashlib.blake2b(_payload(raw), digest_size=8).hexdigest()
    in_feed[key] = SeenEntry("", 0, 0, False)
    return key in state.seen


def _payload(raw: Any) -> bytes:
    return kept(msgspec.json.encode(raw, enc_hook=str))


def rebuilt(states: object) -> dict[str, FeedState]:
    """The states out of a cursor; raises PayloadError for what is none."""
    try:
        return msgspec.convert(states, dict[str, FeedState])
    except msgspec.ValidationError as error:
        raise PayloadError(f"the checkpoint's feeds cannot be read ({error})") from error
