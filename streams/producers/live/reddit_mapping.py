"""Reddit's things (t1 comments, t3 submissions) as events."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from selectolax.lexbor import LexborHTMLParser

from schemas.mention import MAX_LIST_ITEMS, Account, Author, Deletion, Engagement, Mention
from streams import clock
from streams.producers.live.contract import (
    PayloadError,
    distinct,
    fitting,
    moment,
    short,
    text_of,
)

SOURCE = "reddit"
SITE_URL = "https://www.reddit.com"
_GONE = frozenset({"[deleted]", "[removed]", "[ Removed by Reddit ]", "[deleted by user]"})
_FULLNAME = re.compile(r"t[13]_[0-9a-z]{1,12}")
_PROFILE = re.compile(r"^(?:https?://(?:www\.)?reddit\.com)?/u(?:ser)?/([\w-]{2,40})/?$")


class _Common(msgspec.Struct, frozen=True):
    name: str
    subreddit: str
    created_utc: float
    author: str | None = None
    author_fullname: str | None = None
    permalink: str | None = None
    edited: bool | float | None = False
    score: float | None = 0
    subreddit_name_prefixed: str | None = None


class Comment(_Common, frozen=True, tag_field="kind", tag="t1"):
    """What is read of a t1."""

    body: str = ""
    body_html: str | None = None
    link_id: str = ""
    parent_id: str = ""
    link_title: str | None = None


class Submission(_Common, frozen=True, tag_field="kind", tag="t3"):
    """What is read of a t3."""

    title: str = ""
    selftext: str = ""
    selftext_html: str | None = None
    url: str | None = None
    is_self: bool = False
    num_comments: float | None = 0
    removed_by_category: str | None = None


class _Envelope(msgspec.Struct, frozen=True):
    kind: str
    data: msgspec.Raw


_KINDS: dict[str, type[Comment] | type[Submission]] = {"t1": Comment, "t3": Submission}
_envelope = msgspec.json.Decoder(_Envelope).decode


@dataclass(frozen=True, slots=True)
class Thing:
    """One item of a listing, read but not yet an event."""

    data: Comment | Submission
    payload: bytes

    @property
    def number(self) -> int:
        """The id as a number: ids of a kind grow with time."""
        return int(self.data.name[3:], 36)

    @property
    def is_gone(self) -> bool:
        """Deleted by its author or removed by a moderator."""
        if isinstance(self.data, Comment):
            return self.data.body.strip() in _GONE
        return (
            self.data.selftext.strip() in _GONE
            or self.data.title.strip() in _GONE
            or self.data.removed_by_category is not None
        )

    @property
    def state(self) -> str:
        """What tells its versions apart: empty, the second of its edit, or `!` when it is gone."""
        if self.is_gone:
            return "!"
        return f"~{int(self.data.edited)}" if self.data.edited else ""


def read_thing(payload: bytes) -> Thing:
    """A listing's child; raises one of MAPPING_ERRORS when it is not a comment or submission."""
    envelope = _envelope(payload)
    if (kind := _KINDS.get(envelope.kind)) is None:
        raise PayloadError(f"kind {envelope.kind[:40]!r} is neither a comment nor a submission")
    fields = msgspec.json.decode(envelope.data)
    if not isinstance(fields, dict):
        raise PayloadError("its data is not an object")
    data = msgspec.convert({**fields, "kind": envelope.kind}, kind)
    if not _FULLNAME.fullmatch(data.name) or data.name[:2] != envelope.kind:
        raise PayloadError(f"{data.name[:40]!r} is not the full name of a {envelope.kind}")
    return Thing(data, payload)


def event_of(thing: Thing, now: Callable[[], datetime] = clock.now) -> Mention | Deletion:
    """The event a thing is; raises one of MAPPING_ERRORS where the schema does not take it."""
    data = thing.data
    if thing.is_gone:
        return fitting(
            Deletion(
                target="mention",
                target_id=mention_id(data.name),
                source=SOURCE,
                author_id=_author_id(data) if data.author not in (None, *_GONE) else "",
                deleted_at=now(),
            )
        )
    return fitting(_comment(data) if isinstance(data, Comment) else _submission(data))


def mention_id(fullname: str) -> str:
    """`reddit:t1_x`."""
    return f"{SOURCE}:{fullname}"


def _comment(data: Comment) -> Mention:
    links, people = _anchors(data.body_html)
    is_reply = data.parent_id.startswith("t1_")
    return Mention(
        mention_id=mention_id(data.name),
        source=SOURCE,
        author=_author(data),
        text=text_of(data.body),
        published_at=moment(data.created_utc),
        edited_at=_edited_at(data),
        kind="reply" if is_reply else "comment",
        parent_id=mention_id(data.parent_id) if data.parent_id else "",
        root_id=mention_id(data.link_id) if data.link_id else "",
        parent_text="" if is_reply else text_of(data.link_title or ""),
        url=_url(data, f"/comments/{data.link_id[3:]}/_/{data.name[3:]}/"),
        site=_site(data),
        links=links,
        mentioned=people,
        engagement=Engagement(likes=_count(data.score)),
    )


def _submission(data: Submission) -> Mention:
    links, people = _anchors(data.selftext_html)
    text = f"{data.title}\n\n{data.selftext}" if data.selftext.strip() else data.title
    return Mention(
        mention_id=mention_id(data.name),
        source=SOURCE,
        author=_author(data),
        text=text_of(text),
        published_at=moment(data.created_utc),
        edited_at=_edited_at(data),
        kind="post",
        url=_url(data, f"/comments/{data.name[3:]}/"),
        site=_site(data),
        links=distinct([*([] if data.is_self or not data.url else [data.url]), *links]),
        mentioned=people,
        engagement=Engagement(likes=_count(data.score), replies=_count(data.num_comments)),
    )


def _author(data: _Common) -> Author:
    return Author(id=_author_id(data), handle=short(data.author or "[deleted]"))


def _author_id(data: _Common) -> str:
    return data.author_fullname or f"u/{data.author or '[deleted]'}"


def _edited_at(data: _Common) -> datetime | None:
    # Very old edits say true and no time.
    if isinstance(data.edited, bool) or not data.edited:
        return None
    return moment(data.edited)


def _url(data: _Common, otherwise: str) -> str:
    return short(SITE_URL + (data.permalink or otherwise))


def _site(data: _Common) -> str:
    return short(data.subreddit_name_prefixed or f"r/{data.subreddit}")


def _count(raw: float | None) -> int:
    return max(0, int(raw or 0))  # a score may be negative


def _anchors(html: str | None) -> tuple[tuple[str, ...], tuple[Account, ...]]:
    """Where the text's links lead, and the people it names."""
    if not html:
        return (), ()
    targets = [node.attributes.get("href") or "" for node in LexborHTMLParser(html).css("a[href]")]
    people = distinct(found[1] for href in targets if (found := _PROFILE.match(href)))
    links = distinct(
        href
        for href in targets
        if href.startswith(("http://", "https://")) and not _PROFILE.match(href)
    )
    return links, tuple(Account(handle=name) for name in people)[:MAX_LIST_ITEMS]
