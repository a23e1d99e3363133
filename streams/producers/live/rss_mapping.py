"""Entries of RSS and Atom feeds as mentions.

An entry is `rss:<its id>` where that id is a URI, which is the same in every feed that carries it;
`rss:<host>/<its id>` where it is a mere word or number. Without an id its link takes that place,
without a link a digest of what it says. Categories are no hashtags and are left out; e-mail
addresses of authors are not kept.
"""

import calendar
import hashlib
import io
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import feedparser

from schemas.mention import MAX_ID_CHARS, Author, Mention
from streams.producers.live.contract import PayloadError, distinct, fitting, short, text_of
from streams.producers.live.html import HtmlText, absolute_link, text_of_html
from streams.producers.times import time_parser

SOURCE = "rss"
MAX_ENTRIES = 1_000
_read_time = time_parser()
Kind = Literal["auto", "post", "review"]
_URI = re.compile(r"(?:https?://|tag:|urn:)\S+", re.ASCII | re.IGNORECASE)
_MAIL = re.compile(r"(?:mailto:)?[^\s@()<>\[\],;]+@[^\s@()<>\[\],;]+")
_LANG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_FIRST_YEAR = 1990  # before the web a date is a slip, such as the epoch
# What feedparser has been seen to raise on crafted documents: it promises nothing.
_PARSER_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_PLAIN = frozenset({"text/plain", "text"})


class NotAFeedError(Exception):
    """A document that is no feed."""


@dataclass(frozen=True)
class ParsedFeed:
    """As much of a feed as is used."""

    entries: Sequence[Mapping[str, Any]]  # by feedparser's names
    lang: str
    title: str
    url: str
    ttl_sec: float
    left_out: int  # entries past MAX_ENTRIES


@dataclass(frozen=True)
class Entry:
    """An entry with what decides whether it is new, edited or known."""

    key: str  # its mention_id
    title: str
    body: str
    links: tuple[str, ...]
    link: str
    published_at: datetime | None
    updated_at: datetime | None
    raw: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Same words, same digest."""
        said = f"{self.title}\0{self.body}".encode("utf-8", "replace")
        return hashlib.blake2b(said, digest_size=6).hexdigest()


def parse_feed(body: bytes, url: str, headers: Mapping[str, str]) -> ParsedFeed:
    """The feed in `body`; raises NotAFeedError. Nothing is fetched and no entity is expanded.

    Takes milliseconds per entry: not for the event loop.
    """
    try:
        return _parsed(body, url, headers)
    except _PARSER_FAULTS as error:
        raise NotAFeedError(f"cannot be read ({type(error).__name__})") from error


def _parsed(body: bytes, url: str, headers: Mapping[str, str]) -> ParsedFeed:
    # A stream, since feedparser would take text for an address or the name of a file.
    found = feedparser.parse(
        io.BytesIO(body),
        # Its address is not told: feedparser would make a URL of it and every short id.
        response_headers={"content-type": headers.get("Content-Type", "")},
        sanitize_html=False,  # only text is taken out of it, by `text_of_html`
        resolve_relative_uris=False,
    )
    if not found.entries and not found.version:
        why = found.get("bozo_exception")
        raise NotAFeedError(f"neither RSS nor Atom ({type(why).__name__ if why else 'no entries'})")
    feed = found.feed
    ttl = str(feed.get("ttl") or "")
    return ParsedFeed(
        # Plain dicts: feedparser's own answer with the date of one thing for another.
        entries=[dict(it) for it in found.entries[:MAX_ENTRIES]],
        lang=str(feed.get("language") or ""),
        title=short(text_of_html(str(feed.get("title") or "")).text),
        url=url,
        ttl_sec=60.0 * int(ttl) if ttl.isascii() and ttl.isdigit() and len(ttl) < 7 else 0.0,
        left_out=max(len(found.entries) - MAX_ENTRIES, 0),
    )


def read_entry(feed: ParsedFeed, raw: Mapping[str, Any]) -> Entry:
    """What an entry says; raises PayloadError if it says nothing."""
    link = absolute_link(str(raw.get("feedburner_origlink") or raw.get("link") or ""), feed.url)
    title = text_of_html(str(raw.get("title") or "")).text
    content, is_plain = _content(raw)
    shown = HtmlText(content) if is_plain else text_of_html(content, base=link or feed.url)
    body = shown.text.strip()
    if not title and not body:
        raise PayloadError("the entry has neither a title nor a text")
    return Entry(
        key=_key(feed, str(raw.get("id") or ""), link, f"{title}\0{body}"),
        title=title,
        body=body,
        links=shown.links,
        link=link,
        published_at=_moment(raw, "published") or _moment(raw, "created"),
        updated_at=_moment(raw, "updated"),
        raw=raw,
    )


def to_mention(
    feed: ParsedFeed,
    entry: Entry,
    *,
    kind: Kind,
    published_at: datetime,
    edited_at: datetime | None = None,
) -> Mention:
    """The mention of an entry; raises one of contract.MAPPING_ERRORS."""
    site = host_of(entry.link or feed.url)
    is_review = kind == "review" or (kind == "auto" and _has_rating(entry.raw))
    # Many small blogs repeat the beginning of the text as its title.
    has_title = entry.title and not entry.body.startswith(entry.title.rstrip("….").rstrip())
    text = "\n\n".join(part for part in (entry.title if has_title else "", entry.body) if part)
    return fitting(
        Mention(
            mention_id=entry.key,
            source=SOURCE,
            author=_author(feed, entry.raw, site),
            text=text_of(text),
            published_at=published_at,
            edited_at=edited_at,
            lang=_language(entry.raw, feed),
            url=short(entry.link),
            kind="review" if is_review else "post",
            site=short(site),
            links=distinct(entry.links),
        )
    )


def host_of(url: str) -> str:
    """The host of an address, in small letters; empty if there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _key(feed: ParsedFeed, own_id: str, link: str, said: str) -> str:
    own_id = own_id.strip()
    if own_id and not _URI.match(own_id):
        own_id = f"{host_of(feed.url)}/{own_id}"
    if not (found := own_id or link):
        digest = hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest()
        found = f"{host_of(feed.url)}/{digest}"
    # What is no blank stays as it is, so that the same id has always been the same.
    key = f"{SOURCE}:" + "".join(quote(it) if it.isspace() else it for it in found)
    if len(key) > MAX_ID_CHARS:
        digest = hashlib.blake2b(found.encode("utf-8", "replace"), digest_size=16).hexdigest()
        key = f"{SOURCE}:{host_of(feed.url)}/{digest}"
    return key.encode("utf-8", "replace").decode("utf-8")


def _content(raw: Mapping[str, Any]) -> tuple[str, bool]:
    """The longest text that an entry offers, and whether it is plain."""
    offers = [
        (str(it.get("value") or ""), str(it.get("type") or "") in _PLAIN)
        for it in raw.get("content") or ()
        if isinstance(it, Mapping)
    ]
    detail = raw.get("summary_detail")
    is_plain = isinstance(detail, Mapping) and str(detail.get("type") or "") in _PLAIN
    offers.append((str(raw.get("summary") or ""), is_plain))
    text, is_plain = max(offers, key=lambda it: len(it[0]))
    # Many feeds call plain what is HTML.
    return text, is_plain and not re.search(r"</?[a-zA-Z][^<>]*>|&#?\w+;", text)


def _author(feed: ParsedFeed, raw: Mapping[str, Any], site: str) -> Author:
    detail = raw.get("author_detail")
    detail = detail if isinstance(detail, Mapping) else {}
    # feedparser tells name and address apart only for short domains, so it is done here.
    said = str(raw.get("author") or detail.get("name") or "")
    mails = _MAIL.findall(said)
    name = " ".join(_MAIL.sub(" ", said).split()).strip(" ()<>[],;")
    page = absolute_link(str(detail.get("href") or ""), feed.url)
    if not name and mails:
        # Tells writers of a site apart and holds no address.
        name_id = hashlib.blake2b(f"{site}\0{mails[0]}".lower().encode(), digest_size=8).hexdigest()
    else:
        name_id = name
    place = site or SOURCE
    return Author(
        id=(page or (f"{place}/{name_id}" if name_id else place))[:MAX_ID_CHARS].strip(),
        handle="",
        name=short(name or feed.title),
    )


def _has_rating(raw: Mapping[str, Any]) -> bool:
    """True if the entry's author rates something; a video's average stars are no review."""
    for key, value in raw.items():
        if key.endswith("rating") and not key.startswith(("media_", "itunes_")):
            given = value.get("value") if isinstance(value, Mapping) else value
            try:
                if float(str(given).partition("/")[0]) > 0:
                    return True
            except ValueError:
                continue
    return False


def _language(raw: Mapping[str, Any], feed: ParsedFeed) -> str:
    details = [*(raw.get("content") or ()), raw.get("summary_detail"), raw.get("title_detail")]
    for code in (*(it.get("language") for it in details if isinstance(it, Mapping)), feed.lang):
        code = str(code or "").strip().replace("_", "-")
        head, dash, rest = code.partition("-")
        code = f"{head.lower()}{dash}{rest}"
        if _LANG.fullmatch(code):
            return code
    return ""


def _moment(raw: Mapping[str, Any], name: str) -> datetime | None:
    """A date in UTC, which it is taken for where it names no zone; None for a slip."""
    parsed, moment = raw.get(f"{name}_parsed"), None
    try:
        if isinstance(parsed, time.struct_time):
            moment = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        elif raw.get(name):
            moment = _read_time(raw[name])
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment and moment.year >= _FIRST_YEAR else None
