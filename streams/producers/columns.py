"""Finds out which column of a file is which field of a mention, by the names people give them."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Field of a mention, then the column names that mean it, the surest first.
COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        "mention_id", "tweet_id", "id_str", "post_id", "status_id", "message_id", "comment_id",
        "review_id", "uri", "id",
    ),
    "text": (
        "text", "full_text", "body", "tweet_text", "tweet", "message", "content", "comment",
        "review", "post", "texto", "mensaje", "contenido",
    ),
    "published_at": (
        "published_at", "created_at", "tweet_created", "published", "posted_at", "timestamp",
        "datetime", "date_time", "created", "created_utc", "date", "time", "fecha",
    ),
    "author": (
        "author_id", "user_id", "author.id", "user.id_str", "user.id", "account.id", "author",
        "user", "username", "user_name", "screen_name", "user.screen_name", "handle", "autor",
        "usuario", "name",
    ),
    "author_handle": (
        "author_handle", "screen_name", "user_screen_name", "handle", "username", "user_name",
        "author.handle", "author.username", "user.screen_name", "user.username", "account.acct",
    ),
    "author_name": (
        "author_name", "display_name", "author_display_name", "author.name", "user.name",
        "account.display_name", "name",
    ),
    "followers": (
        "followers", "followers_count", "follower_count", "user_followers", "author_followers",
        "author.followers", "user.followers_count", "account.followers_count",
    ),
    "lang": ("lang", "language", "idioma"),
    "url": ("url", "permalink", "link", "tweet_url", "post_url"),
    "parent_id": (
        "parent_id", "in_response_to_tweet_id", "in_reply_to_status_id_str",
        "in_reply_to_status_id", "in_reply_to_id", "in_reply_to", "reply_to_id", "reply_to",
    ),
    "root_id": ("root_id", "conversation_id", "thread_id"),
    "parent_text": ("parent_text", "in_reply_to_text"),
    "kind": ("kind",),
    "is_reply": ("is_reply",),
    "likes": ("likes", "like_count", "likes_count", "favorites", "favourites", "favorite_count"),
    "reposts": ("reposts", "repost_count", "retweets", "retweet_count", "shares", "share_count"),
    "replies": ("replies", "reply_count", "comments_count", "num_comments"),
    "quotes": ("quotes", "quote_count"),
    "views": ("views", "view_count", "impressions", "impression_count"),
}  # fmt: skip


@dataclass(frozen=True)
class Vocabulary:
    """The fields one kind of event has, and the column names that mean them, surest first."""

    names: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    time: str  # the field that says when it happened
    unique: tuple[str, ...] = ()  # fields that one value for all rows would make one event of
    # Fields that may come from a column, but only when asked: many files call other things so.
    asked: tuple[str, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict)  # what is done where a field has none

    @property
    def targets(self) -> tuple[str, ...]:
        """All fields, in the order in which people are told of them."""
        return (*self.names, *self.asked)


MENTIONS = Vocabulary(
    names=COLUMN_NAMES,
    required=("text", "published_at"),
    time="published_at",
    unique=("id",),
    asked=("source",),
    without={
        "id": "a digest of author, time and text: no id column",
        "author": "one per row, unknown: no author column",
    },
)
TARGETS = MENTIONS.targets

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[^a-z0-9.]+")
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")
_SOURCE_CHARS = 32


def guess_columns(
    columns: Iterable[str], taken: Mapping[str, str], vocabulary: Vocabulary = MENTIONS
) -> dict[str, str]:
    """Target to column for all that have a usual name; targets in `taken` are left alone.

    A column serves one target only.
    """
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(_plain(column), column)
    used = set(taken.values())
    guessed: dict[str, str] = {}
    for target, names in vocabulary.names.items():
        if target in taken:
            continue
        for name in names:
            if name in by_name and by_name[name] not in used:
                guessed[target] = by_name[name]
                used.add(by_name[name])
                break
    return guessed


def columns_of(records: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Every key of the records in order of appearance; an object's keys as `outer.inner`."""
    found: dict[str, None] = {}
    for record in records:
        for key, value in record.items():
            if isinstance(value, dict):
                found.update(dict.fromkeys(f"{key}.{inner}" for inner in value))
            else:
                found[key] = None
    return tuple(found)


def source_name(name: str) -> str:
    """`name` as the contract wants a source: lower case, digits and underscores."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = _NOT_A_NAME.sub("_", plain).strip("_")
    if not plain or not plain[0].isalpha():
        plain = f"file_{plain}".rstrip("_")
    return plain[:_SOURCE_CHARS].rstrip("_")


def source_of_file(path: Path) -> str:
    """The source's name when none is given: the file's, without its endings."""
    return source_name(path.name.split(".", 1)[0])


def _plain(column: str) -> str:
    bare = unicodedata.normalize("NFKD", column.strip())
    bare = "".join(c for c in bare if not unicodedata.combining(c))
    return _NOT_A_WORD.sub("_", _CAMEL.sub("_", bare).lower()).strip("_")
