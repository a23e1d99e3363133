"""What networks answer: their payloads as events, streams cut anywhere, headers, HTML."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.mention import Event
from streams.producers.events import EventEncoder
from streams.producers.live.bluesky_mapping import MappingError, map_message
from streams.producers.live.contract import MAPPING_ERRORS
from streams.producers.live.html import text_of_html
from streams.producers.live.http import pause_asked
from streams.producers.live.mastodon_mapping import MastodonMapper
from streams.producers.live.mastodon_memory import IdMemory
from streams.producers.live.reddit_mapping import event_of as reddit_event
from streams.producers.live.reddit_mapping import read_thing
from streams.producers.live.rss_feed import FeedState, news_of
from streams.producers.live.rss_mapping import NotAFeedError, parse_feed
from streams.producers.live.sse import SseDecoder
from streams.producers.live.x_mapping import compliance_events, read_post
from streams.producers.live.x_mapping import event_of as x_event
from streams.producers.live.x_payload import Includes, SearchPage, StreamLine
from streams.producers.live.youtube_mapping import event_of as youtube_event
from streams.producers.live.youtube_mapping import read_comment, read_thread
from tests.fakes import bluesky_lines, feeds, mastodon, reddit, x, youtube
from tests.fuzz.engine import Target, plain
from tests.fuzz.outcomes import refused

NOW = datetime(2026, 7, 5, tzinfo=UTC)
_whole = msgspec.json.Decoder(Event).decode


def checked(event: Any) -> str:
    """An event that is one by the contract, and whose id finds its way to Kafka's key."""
    try:
        prepared = EventEncoder()(event)
    except ValueError as error:  # the runner keeps it as rejected
        return refused(error)
    assert _whole(prepared.value) is not None
    return type(event).__name__


def bluesky(content: bytes) -> str:
    """A message of Jetstream."""
    try:
        _, event = map_message(content, NOW)
    except MappingError as error:
        return refused(error)
    return "nothing" if event is None else checked(event)


def mastodon_status(content: bytes) -> str:
    """A status, and the same bytes as the id of a deletion."""
    mapper = MastodonMapper("here.example", IdMemory(), now=lambda: NOW)
    for read in (mapper.status, mapper.deletion):
        try:
            event = read(content)
        except MAPPING_ERRORS as error:
            said = refused(error)
        else:
            return "nothing" if event is None else checked(event)
    return said


def reddit_thing(content: bytes) -> str:
    """A comment or submission."""
    try:
        return checked(reddit_event(read_thing(content), now=lambda: NOW))
    except MAPPING_ERRORS as error:
        return refused(error)


def youtube_thread(content: bytes) -> str:
    """A thread with its first comment, or a comment."""
    try:
        thread, comment = read_thread(content)
        checked(youtube_event(comment, "video"))
        return f"thread, {len(thread.replies.comments) if thread.replies else 0} replies"
    except MAPPING_ERRORS:
        pass
    try:
        return checked(youtube_event(read_comment(content), "video"))
    except MAPPING_ERRORS as error:
        return refused(error)


def x_line(content: bytes) -> str:
    """A line of the filtered stream, a page of a search, a compliance message."""
    try:
        events = compliance_events(content)
        if events:
            return checked(events[0])
        line = msgspec.json.decode(content, type=StreamLine)
        if line.data:
            return checked(x_event(read_post(bytes(line.data)), Includes(line.includes)))
        page = msgspec.json.decode(content, type=SearchPage)
        for raw in page.data:
            checked(x_event(read_post(bytes(raw)), Includes(page.includes)))
    except MAPPING_ERRORS as error:
        return refused(error)
    return "nothing"


def rss(content: bytes) -> str:
    """A feed, as RSS or Atom or neither; its entries are news or unmapped."""
    headers = {"Content-Type": "application/xml", "Cache-Control": "max-age=10"}
    try:
        feed = parse_feed(content, "https://blog.example/feed", headers)
    except NotAFeedError as error:
        return refused(error)
    news = news_of(feed, FeedState(), kind="auto", since=None, now=NOW)
    for mention in news.mentions:
        checked(mention)
    assert len(news.mentions) + len(news.unmapped) + news.skipped >= len(feed.entries)
    return f"{min(len(news.mentions), 3)} news, {min(len(news.unmapped), 3)} unmapped"


def stream(content: bytes) -> str:
    """Server-sent events come out alike however the bytes are cut."""
    whole = SseDecoder(max_event_bytes=4_096).feed(content)
    for step in (1, 7) if len(content) < 5_000 else (4_095,):
        decoder, found = SseDecoder(max_event_bytes=4_096), []
        for at in range(0, len(content), step):
            found += decoder.feed(content[at : at + step])
        assert [(e.name, e.too_long) for e in found] == [(e.name, e.too_long) for e in whole]
        assert [e.data for e in found] == [e.data for e in whole]
    assert all(len(event.data) <= 4_096 for event in whole)
    return f"{min(len(whole), 5)} events, {sum(e.too_long for e in whole) > 0}"


def html(content: bytes) -> str:
    """HTML as text, whatever it is."""
    found = text_of_html(content.decode("utf-8", "replace"), base="https://blog.example/")
    assert "<script" not in found.text.lower() or b"&" in content or b"<" in content
    assert all(link.startswith(("http://", "https://")) for link in found.links)
    return f"{bool(found.text)}, {min(len(found.links), 3)} links"


def header(content: bytes) -> str:
    """How long a network asks to wait: a number or nothing."""
    said = content.decode("latin-1")
    for name in ("Retry-After", "x-rate-limit-reset"):
        wait = pause_asked({name: said}, NOW)
        assert wait is None or 0 <= wait <= 3_600
    return "nothing" if wait is None else "a wait"


def _json(*values: object) -> Callable[[], Sequence[bytes]]:
    return lambda: [json.dumps(value).encode() for value in values]


def feed_seeds() -> Sequence[bytes]:
    """A feed of each kind."""
    items = [feeds.item(n) for n in range(3)]
    entry = (
        "<entry><id>tag:a,2026:1</id><title>Uno</title><updated>2026-07-01T10:00:00Z</updated>"
        "<content type='html'>&lt;p&gt;hola&lt;/p&gt;</content><link href='/1'/></entry>"
    )
    return [feeds.rss(items).encode(), feeds.atom([entry]).encode()]


def thread() -> dict[str, Any]:
    """A thread of YouTube with a reply in it."""
    top = youtube.comment("Ug1", 5, "is it loud?")
    snippet = {"videoId": "v", "totalReplyCount": 1, "topLevelComment": top}
    replies = {"comments": [youtube.comment("Ug1.r1", 9, "no", parentId="Ug1")]}
    return {"kind": "youtube#commentThread", "id": "Ug1", "snippet": snippet, "replies": replies}


_DATES = (b"Wed, 21 Oct 2026 07:28:00 GMT", b"120", b"2026-07-05T00:00:10Z", b"1783209610")
_PAGE = b"<p>a <b>b</b> &amp; <a href='/c?d=1'>c</a><script>x</script><br>e</p><ul><li>f</ul>"
TARGETS = (
    Target(name="bluesky", what="messages of Jetstream", open=plain(bluesky), shape="json",
           seeds=lambda: bluesky_lines.mix(40, seed=3)),
    Target(name="mastodon", what="statuses and deletions", open=plain(mastodon_status),
    shape="json",
           seeds=_json(mastodon.status(1), mastodon.status(2, reblog=mastodon.status(3)),
                       mastodon.status(4, poll=None, card={"url": "https://a.example"}), "12")),
    Target(name="reddit", what="comments and submissions", open=plain(reddit_thing), shape="json",
           seeds=_json(reddit.comment(7), reddit.submission(8), reddit.comment(9, edited=1.5))),
    Target(name="youtube", what="threads and comments", open=plain(youtube_thread), shape="json",
           seeds=_json(thread(), youtube.comment("Ug1.r1", 9, "no", parentId="Ug1"))),
    Target(name="x", what="stream, search and compliance of X", open=plain(x_line), shape="json",
           seeds=_json(x.post(1), x.post(2, referenced_tweets=[{"type": "retweeted", "id": "5"}]),
                       {"data": [x.post(3)["data"]], "meta": {"newest_id": "3"}},
                       {"delete": {"tweet": {"id": "1", "author_id": "2"},
                                   "event_at": "2026-07-04T10:00:00Z"}})),
    Target(name="rss", what="feeds in RSS and Atom", open=plain(rss), shape="text",
    seeds=feed_seeds,
           words=(b"<item>", b"</item>", b"<title>", b"<pubDate>", b"<!ENTITY a 'b'>", b"&a;",
                  b"<!DOCTYPE a>", b"xml:base='//'", b"<georss:box>", b"<media:content/>")),
    Target(name="events-stream", what="server-sent events, cut anywhere", open=plain(stream),
           shape="text", seeds=lambda: [mastodon.message("update", '{"id": "1"}') * 3,
           b":thump\n\n"],
           words=(b"event: ", b"data: ", b"id: ", b"\r", b"\r\n\r\n", b":", b"\n\n")),
    Target(name="html", what="HTML as text", open=plain(html), shape="text", seeds=lambda: [_PAGE],
           words=(b"<p>", b"<div>", b"</", b"<table>", b"&#x0;", b"<template>", b"<a href='")),
    Target(name="retry-header", what="headers that ask for patience", open=plain(header),
           shape="text", seeds=lambda: _DATES),
)  # fmt: skip
