"""Mastodon's statuses as events.

A mention is `mastodon:<URI of the status>`, the same on every instance; `mastodon_memory` says how
deletions and replies, which name local ids, find it. Statuses for followers or for those named
are nobody's business here and are left out, though an account's token may see them.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from schemas.mention import Account, Author, Deletion, Engagement, Interaction, Mention
from streams import clock
from streams.producers.live.contract import distinct, fitting, short, text_of
from streams.producers.live.html import HtmlText, text_of_html
from streams.producers.live.mastodon_ids import StatusIds
from streams.producers.live.mastodon_memory import DELETED, IdMemory, Known

SOURCE = "mastodon"
_HEARD = frozenset({"public", "unlisted"})
_LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_MOST = 2**53
_QUOTE_FALLBACK = "quote-inline"  # "RE: <link>", for programs that know no quotes

_Instant = Annotated[datetime, Meta(tz=True)]
_Name = Annotated[str, Meta(min_length=1)]


class _Person(msgspec.Struct, frozen=True):
    id: _Name
    acct: _Name
    uri: str | None = None  # since Mastodon 4.2
    url: str | None = None
    display_name: str | None = ""
    followers_count: int | None = 0  # -1 where hidden
    bot: bool | None = False


class _Named(msgspec.Struct, frozen=True):
    acct: str | None = ""


class _Tag(msgspec.Struct, frozen=True):
    name: str | None = ""


class _Card(msgspec.Struct, frozen=True):
    url: str | None = ""


class _Quote(msgspec.Struct, frozen=True):
    """Mastodon's wrapper with a state, or, as forks do, the quoted status itself."""

    quoted_status: "_Quoted | None" = None
    quoted_status_id: str | None = None
    uri: str | None = None


class _Quoted(msgspec.Struct, frozen=True):
    uri: str | None = None


class Status(msgspec.Struct, frozen=True):
    """What is read of a status."""

    id: _Name
    uri: _Name
    created_at: _Instant
    account: _Person
    content: str | None = ""
    spoiler_text: str | None = ""
    url: str | None = None
    visibility: str | None = "public"
    language: str | None = None
    in_reply_to_id: str | None = None
    in_reply_to_account_id: str | None = None
    edited_at: _Instant | None = None
    reblog: "Status | None" = None
    quote: _Quote | None = None
    tags: list[_Tag] | None = None
    mentions: list[_Named] | None = None
    card: _Card | None = None
    favourites_count: int | None = 0
    reblogs_count: int | None = 0
    replies_count: int | None = 0
    quotes_count: int | None = 0


_decode = msgspec.json.Decoder(Status).decode


class MastodonMapper:
    """Maps what one instance says, in its order."""

    def __init__(
        self,
        host: str,
        memory: IdMemory,
        ids: StatusIds | None = None,
        *,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._host = host
        self._ids = ids
        self._memory = memory
        self._now = now

    def status(self, payload: bytes | msgspec.Raw) -> Mention | Interaction | None:
        """The event of a new or edited status; None if it is not to be heard or was handed on.

        Raises one of MAPPING_ERRORS for a payload that is no status.
        """
        status = _decode(payload)
        edited_ms = int(status.edited_at.timestamp() * 1000) if status.edited_at else 0
        memory = self._memory
        if status.visibility not in _HEARD or memory.handed_on(status.id, edited_ms):
            return None
        event = self._repost(status, status.reblog) if status.reblog else self._mention(status)
        is_repost = isinstance(event, Interaction)
        event_id = event.interaction_id if isinstance(event, Interaction) else event.mention_id
        root_id = "" if isinstance(event, Interaction) else event.root_id
        memory.step += 1
        memory.remember(
            status.id,
            Known(
                event_id, event.author.id, root_id or event_id, edited_ms, is_repost, memory.step
            ),
        )
        if self._ids is not None:
            self._ids.add(status.id, event_id, event.author.id, is_repost=is_repost)
        return event

    def deletion(self, payload: bytes) -> Deletion | None:
        """The deletion of a local id, None if it was handed on.

        Raises one of MAPPING_ERRORS for what is no id.
        """
        local_id = _checked_id(payload.decode("utf-8").strip().strip('"'))
        memory = self._memory
        if memory.handed_on(local_id, DELETED):
            return None
        known = self._known(local_id) or Known(self._local_id(local_id), "", "", 0, False, -1)
        deletion = fitting(
            Deletion(
                target="interaction" if known.is_repost else "mention",
                target_id=known.event_id,
                source=SOURCE,
                author_id=known.author_id,
                deleted_at=self._now(),
            )
        )
        memory.step += 1
        memory.remember(local_id, known._replace(edited_ms=DELETED, step=memory.step))
        if self._ids is not None:
            self._ids.drop(local_id)
        return deletion

    def _known(self, local_id: str) -> Known | None:
        """What the status is called, as far as it was seen: also long ago, before a restart."""
        known = self._memory.get(local_id)
        if known is None and self._ids is not None and (found := self._ids.get(local_id)):
            event_id, author_id, is_repost = found
            known = Known(event_id, author_id, "", 0, is_repost, -1)
        return known

    def _mention(self, status: Status) -> Mention:
        shown = text_of_html(
            status.content or "", drop_class=_QUOTE_FALLBACK if status.quote else ""
        )
        warning = text_of_html(status.spoiler_text or "").text
        quoted_id = self._quoted_id(status.quote)
        parent = self._known(status.in_reply_to_id) if status.in_reply_to_id else None
        parent_id = root_id = parent_author_id = ""
        if status.in_reply_to_id:
            parent_id = parent.event_id if parent else self._local_id(status.in_reply_to_id)
            root_id = parent.root_id if parent else ""
            if status.in_reply_to_account_id == status.account.id:
                parent_author_id = _author_id(status.account, self._host)
            elif parent:
                parent_author_id = parent.author_id
        return fitting(
            Mention(
                mention_id=f"{SOURCE}:{status.uri}",
                source=SOURCE,
                author=self._author(status.account),
                text=text_of("\n\n".join(part for part in (warning, shown.text) if part)),
                published_at=status.created_at,
                edited_at=status.edited_at,
                lang=_language(status.language),
                url=short(status.url or status.uri),
                parent_id=parent_id,
                root_id=root_id,
                parent_author_id=parent_author_id,
                quoted_id=quoted_id,
                kind="reply" if parent_id else "quote" if quoted_id else "post",
                engagement=Engagement(
                    likes=_count(status.favourites_count),
                    reposts=_count(status.reblogs_count),
                    replies=_count(status.replies_count),
                    quotes=_count(status.quotes_count),
                ),
                site=short(self._site(status.account)),
                hashtags=self._hashtags(status, shown),
                links=distinct((*shown.links, (status.card and status.card.url) or "")),
                mentioned=tuple(
                    Account(handle=handle)
                    for handle in distinct(
                        self._handle(it.acct) for it in status.mentions or () if it.acct
                    )
                ),
            )
        )

    def _repost(self, status: Status, original: Status) -> Interaction:
        return fitting(
            Interaction(
                interaction_id=f"{SOURCE}:{status.uri}",
                source=SOURCE,
                author=self._author(status.account),
                kind="repost",
                target_id=f"{SOURCE}:{original.uri}",
                target_author_id=_author_id(original.account, self._host),
                occurred_at=status.created_at,
            )
        )

    def _author(self, person: _Person) -> Author:
        return Author(
            id=_author_id(person, self._host),
            handle=short(self._handle(person.acct)),
            name=short(person.display_name or ""),
            followers=_count(person.followers_count),
            is_bot=bool(person.bot),
        )

    def _handle(self, acct: str) -> str:
        return acct if "@" in acct else f"{acct}@{self._host}"

    def _site(self, person: _Person) -> str:
        return self._handle(person.acct).rpartition("@")[2].lower()

    def _hashtags(self, status: Status, shown: HtmlText) -> tuple[str, ...]:
        return distinct(tag.name or "" for tag in status.tags or ()) or distinct(shown.hashtags)

    def _quoted_id(self, quote: _Quote | None) -> str:
        if quote is None:
            return ""
        if uri := quote.uri or (quote.quoted_status and quote.quoted_status.uri):
            return f"{SOURCE}:{uri}"
        known = self._memory.get(quote.quoted_status_id)
        if known:
            return known.event_id
        return self._local_id(quote.quoted_status_id) if quote.quoted_status_id else ""

    def _local_id(self, local_id: str) -> str:
        return f"{SOURCE}:{self._host}/{local_id}"


def host_of(instance: str) -> str:
    """The host of an instance's address, with its port where it has one."""
    return urlsplit(instance).netloc.rpartition("@")[2].lower()


def _author_id(person: _Person, host: str) -> str:
    acct = person.acct if "@" in person.acct else f"{person.acct}@{host}"
    return person.uri or person.url or acct


def _checked_id(local_id: str) -> str:
    """The id; raises msgspec.ValidationError for what cannot be one, such as an object."""
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", local_id, re.ASCII):
        raise msgspec.ValidationError("a deletion names no status id")
    return local_id


def _count(number: int | None) -> int:
    return min(max(number or 0, 0), _MOST)


def _language(code: str | None) -> str:
    code = (code or "").replace("_", "-")
    return code if _LANG.fullmatch(code) else ""
