"""X's posts, reposts and compliance messages as events."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from schemas.mention import (
    MAX_LIST_ITEMS,
    Account,
    Author,
    Deletion,
    Engagement,
    Event,
    Interaction,
    Mention,
)
from streams.producers.live.contract import PayloadError, distinct, fitting, short, text_of
from streams.producers.live.x_payload import Entities, Includes, Post

SOURCE = "x"
SITE_URL = "https://x.com"
_EPOCH_MS = 1_288_834_974_657  # of snowflake ids
_FIRST_SNOWFLAKE = 29_700_859_247  # smaller ids were counted, and say nothing of time
_ID = re.compile(r"[0-9]{1,19}")
_LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")
# Not languages: unknown, nothing to read, only mentions, cashtags, hashtags, media, too short.
_NO_LANGUAGE = frozenset({"und", "zxx", "art", "qam", "qct", "qht", "qme", "qst"})
_OLD_CODES = {"in": "id", "iw": "he", "ji": "yi"}
_ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))  # the only three X writes
_POST_GONE = frozenset({"delete", "drop"})
_AUTHOR_GONE = frozenset({"user_delete", "user_suspend", "user_protect"})


class _Ref(msgspec.Struct, frozen=True):
    id: str
    author_id: str = ""


class _Compliance(msgspec.Struct, frozen=True):
    event_at: datetime
    tweet: _Ref | None = None
    user: _Ref | None = None


def read_post(payload: bytes) -> Post:
    """A post; raises one of MAPPING_ERRORS."""
    post = msgspec.json.decode(payload, type=Post)
    if not _ID.fullmatch(post.id):
        raise PayloadError(f"{post.id[:40]!r} is not the id of a post")
    if not post.author_id:
        raise PayloadError("a post without author_id")
    return post


def event_of(post: Post, includes: Includes) -> Mention | Interaction:
    """A repost as Interaction, anything else as Mention; raises one of MAPPING_ERRORS."""
    references = {reference.type: reference.id for reference in post.referenced_tweets}
    if (original := references.get("retweeted")) is not None:
        repeated = includes.posts.get(original)
        return fitting(
            Interaction(
                interaction_id=f"{SOURCE}:{post.id}",
                source=SOURCE,
                author=_author(post.author_id, includes),
                kind="repost",
                target_id=_mention_id(original, includes),
                target_author_id=repeated.author_id if repeated else "",
                occurred_at=_written_at(post.id, post.created_at),
            )
        )
    return fitting(_mention(post, includes, references))


def compliance_events(payload: bytes) -> Sequence[Event] | None:
    """Deletions by a compliance message; empty if it takes nothing back, None if it is a post."""
    fields = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    if len(fields) != 1 or "id" in fields:
        return None
    [(kind, raw)] = fields.items()
    if kind not in _POST_GONE | _AUTHOR_GONE:
        return ()
    told = msgspec.json.decode(raw, type=_Compliance)
    if told.tweet is not None and kind in _POST_GONE:
        # It may have been a repost, and nothing here says so.
        return [
            fitting(
                Deletion(
                    target=target,
                    target_id=f"{SOURCE}:{told.tweet.id}",
                    source=SOURCE,
                    author_id=told.tweet.author_id,
                    deleted_at=_aware(told.event_at),
                )
            )
            for target in ("mention", "interaction")
        ]
    if told.user is None:
        raise PayloadError(f"a compliance message {kind!r} that names nobody")
    return [
        fitting(
            Deletion(
                target="author",
                target_id=told.user.id,
                source=SOURCE,
                author_id=told.user.id,
                deleted_at=_aware(told.event_at),
            )
        )
    ]


def moment_of(snowflake: int) -> datetime | None:
    """When an id was given; None for those of before November 2010."""
    if snowflake < _FIRST_SNOWFLAKE:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=(snowflake >> 22) + _EPOCH_MS)


def snowflake_of(moment: datetime) -> int:
    """The smallest id that can have been given at a moment."""
    return max(0, round(moment.timestamp() * 1_000) - _EPOCH_MS) << 22


def _mention(post: Post, includes: Includes, references: dict[str, str]) -> Mention:
    first = _first_version(post)
    # All versions of a post share the moment of the first one; its id tells it.
    published_at = _written_at(first, post.created_at if first == post.id else "")
    parent, quoted = references.get("replied_to"), references.get("quoted")
    answered = includes.posts.get(parent or "")
    entities = post.note_tweet.entities if post.note_tweet else post.entities
    author = _author(post.author_id, includes)
    metrics = post.public_metrics
    is_thread = parent is not None and post.conversation_id not in ("", post.id)
    return Mention(
        mention_id=f"{SOURCE}:{first}",
        source=SOURCE,
        author=author,
        text=text_of(_unescaped(post.note_tweet.text if post.note_tweet else post.text)),
        published_at=published_at,
        edited_at=None if first == post.id else _written_at(post.id, post.created_at),
        lang=_lang(post.lang),
        url=short(f"{SITE_URL}/{author.handle or 'i'}/status/{post.id}"),
        kind="reply" if parent else "quote" if quoted else "post",
        parent_id=_mention_id(parent, includes) if parent else "",
        root_id=f"{SOURCE}:{post.conversation_id}" if is_thread else "",
        parent_text=text_of(_unescaped(_whole_text(answered))) if answered else "",
        parent_author_id=(post.in_reply_to_user_id or (answered.author_id if answered else ""))
        if parent
        else "",
        quoted_id=_mention_id(quoted, includes) if quoted else "",
        hashtags=distinct(tag.tag for tag in entities.hashtags),
        links=_links(entities),
        mentioned=tuple(
            Account(id=named.id, handle=named.username)
            for named in entities.mentions[:MAX_LIST_ITEMS]
        ),
        engagement=Engagement(
            likes=metrics.like_count,
            reposts=metrics.retweet_count,
            replies=metrics.reply_count,
            quotes=metrics.quote_count,
            views=metrics.impression_count,
        ),
    )


def _first_version(post: Post) -> str:
    candidates = [i for i in post.edit_history_tweet_ids if _ID.fullmatch(i)]
    first = min(candidates, key=int, default=post.id)
    return first if int(first) <= int(post.id) else post.id


def _mention_id(post_id: str, includes: Includes) -> str:
    """The mention of a post that is referred to, by its first version where that is known."""
    known = includes.posts.get(post_id)
    return f"{SOURCE}:{_first_version(known) if known and _ID.fullmatch(known.id) else post_id}"


def _written_at(post_id: str, created_at: str) -> datetime:
    if (moment := moment_of(int(post_id))) is not None:
        return moment
    try:
        return _aware(datetime.fromisoformat(created_at))
    except ValueError as error:
        raise PayloadError(f"post {post_id} does not say when it was written") from error


def _author(author_id: str, includes: Includes) -> Author:
    user = includes.users.get(author_id)
    if user is None:
        return Author(id=author_id)
    return Author(
        id=author_id,
        handle=short(user.username),
        name=short(user.name),
        followers=max(0, user.public_metrics.followers_count),
    )


def _links(entities: Entities) -> tuple[str, ...]:
    return distinct(
        url.unwound_url or url.expanded_url or url.url for url in entities.urls if not url.media_key
    )


def _whole_text(post: Post) -> str:
    return post.note_tweet.text if post.note_tweet else post.text


def _lang(raw: str) -> str:
    code = _OLD_CODES.get(raw, raw)
    return "" if code in _NO_LANGUAGE or not _LANG.fullmatch(code) else code


def _unescaped(text: str) -> str:
    for escape, character in _ESCAPES:
        text = text.replace(escape, character)
    return text


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
