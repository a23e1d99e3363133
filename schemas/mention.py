"""What flows in `mentions.raw.v1`: one Kafka record is one `Event`, as JSON.

Rules that keep old and new programs talking to each other:

- a new field has a default, so that older messages still decode;
- an unknown field is ignored, so that newer messages still decode;
- a field never changes its meaning: a new meaning is a new field.

The structs hold texts, numbers and one another, so no cycles: `gc=False` spares the garbage
collector a look at each.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_TEXT_CHARS = 100_000
MAX_ID_CHARS = 512
MAX_LIST_ITEMS = 200
# Patterns end in `$(?!\n)`: Python's `$` also matches before a last newline, ECMAScript's does not.

Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_ID_CHARS,
        pattern=r"^\S(?:.*\S)?$(?!\n)",
        description="Not empty and without blanks at its ends.",
    ),
]
MentionId = Annotated[
    str,
    Meta(
        max_length=MAX_ID_CHARS,
        pattern=r"^[a-z][a-z0-9_]*:\S+$(?!\n)",
        description="`<source>:<the source's own id>`: the same text always has the same id.",
        examples=["bluesky:at://did:plc:abc/app.bsky.feed.post/3k", "csv:42"],
    ),
]
SourceName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]{0,31}$(?!\n)",
        description="Where it was said.",
        examples=["bluesky", "csv"],
    ),
]
Instant = Annotated[
    datetime,
    Meta(tz=True, description="RFC 3339 with an offset, for example 2026-07-04T10:00:00Z."),
]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Text = Annotated[str, Meta(max_length=MAX_TEXT_CHARS)]
ShortText = Annotated[str, Meta(max_length=2_048)]
ShortTexts = Annotated[tuple[ShortText, ...], Meta(max_length=MAX_LIST_ITEMS)]
LanguageCode = Annotated[
    str,
    Meta(
        pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{1,8})*)?$(?!\n)",
        description="BCP 47; empty if not known.",
    ),
]


class Author(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who said it, as the source tells it at that moment."""

    id: Annotated[Id, Meta(description="Also the Kafka key: an author's events stay in order.")]
    handle: ShortText = ""
    name: ShortText = ""
    followers: Count = 0
    is_bot: bool = False  # says so itself


class Account(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An account that a text names; a network may give its id, its handle or both."""

    id: ShortText = ""
    handle: ShortText = ""


class Engagement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Reactions counted by the source when the event was made."""

    likes: Count = 0
    reposts: Count = 0
    replies: Count = 0
    quotes: Count = 0
    views: Count = 0


class Mention(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag="mention"):
    """One text by one author in one source; sent again with `edited_at`, its newer version."""

    mention_id: MentionId
    source: SourceName
    author: Author
    text: Text
    published_at: Annotated[
        Instant, Meta(description="Event time; never changes for a mention_id.")
    ]
    lang: LanguageCode = ""
    url: ShortText = ""
    parent_id: ShortText = ""  # mention_id of what it answers or reposts
    root_id: ShortText = ""  # mention_id of the thread's first mention
    parent_text: Text = ""  # a reply is judged with its parent
    kind: Literal["post", "reply", "repost", "quote", "review", "comment"] = "post"
    engagement: Engagement = Engagement()
    edited_at: Instant | None = None  # when this version was written; None for the first one
    parent_author_id: ShortText = ""
    quoted_id: ShortText = ""  # mention_id of what it quotes
    site: ShortText = ""  # place within the source: a subreddit, an instance, a blog's host
    hashtags: ShortTexts = ()  # without the #
    links: ShortTexts = ()  # where they lead, as far as the payload says
    mentioned: Annotated[tuple[Account, ...], Meta(max_length=MAX_LIST_ITEMS)] = ()


class Interaction(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag="interaction"
):
    """A reaction without words of its own; the reactive signals of a network."""

    interaction_id: MentionId
    source: SourceName
    author: Author
    kind: Literal["like", "follow", "repost", "bookmark"]
    target_id: ShortText  # a mention_id, or an author's id for a follow
    target_author_id: ShortText = ""  # whose mention it was; for a follow the same as target_id
    occurred_at: Instant


class Deletion(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag="deletion"
):
    """A network takes something back; whatever of it is stored must go."""

    target: Literal["mention", "interaction", "author"]
    target_id: Id  # a mention_id, an interaction_id or, for everything they said, an author's id
    source: SourceName
    author_id: ShortText = ""  # whose it was, where the network says so
    deleted_at: Instant


class Heartbeat(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", tag="heartbeat"
):
    """A producer's sign of life; measures freshness and uncovers stalled sources."""

    producer: SourceName
    sequence: Count
    sent_at: Instant
    every_sec: Annotated[
        float, Meta(ge=0, le=86_400, description="How soon the next one follows; 0: not said.")
    ] = 0.0
    sign: Annotated[
        Literal["alive", "hello", "goodbye"],
        Meta(
            description="alive: the source shows life. hello: the producer starts, and the source "
            "has not shown any yet. goodbye: the producer ends in good order; its silence is no "
            "alarm."
        ),
    ] = "alive"


Event = Mention | Interaction | Deletion | Heartbeat
EVENT_TYPES: tuple[type[msgspec.Struct], ...] = (Mention, Interaction, Deletion, Heartbeat)
