from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mention import Event, Mention
from streams.errors import InputError
from streams.producers.live.contract import PayloadError
from streams.producers.live.rss import from_options
from streams.producers.live.rss_feed import KEPT_AFTER_LEAVING, FeedState, News, news_of, rebuilt
from streams.producers.live.rss_mapping import NotAFeedError, ParsedFeed, parse_feed
from tests.fakes.feeds import atom, item, rss

NOW = datetime(2026, 11, 1, tzinfo=UTC)
URL = "https://www.blog.example/feed.xml"


def read(document: str, url: str = URL) -> ParsedFeed:
    return parse_feed(document.encode(), url, {})


def news(document: str, state: FeedState | None = None, **options: Any) -> News:
    options = {"kind": "auto", "since": None, "now": NOW, **options}
    found = news_of(read(document), state or FeedState(), **options)
    for mention in found.mentions:
        assert msgspec.json.decode(msgspec.json.encode(mention), type=Event) == mention
    return found


def only(document: str, **options: Any) -> Mention:
    (mention,) = news(document, **options).mentions
    return mention


def known(found: News) -> FeedState:
    """The state after it, as it comes back from a cursor."""
    state = FeedState(is_known=True, seen=found.seen)
    return rebuilt({"x": msgspec.json.decode(msgspec.json.encode(state))})["x"]


def test_an_item_becomes_a_post_with_title_and_text() -> None:
    found = only(
        rss(
            [
                item(
                    1,
                    "Teteras &amp; más",
                    description="corto",
                    **{
                        "content:encoded": "<![CDATA[<p>Uno.</p><p>Dos <a href='/x'>x</a></p>"
                        "<script>no()</script>]]>",
                        "dc:creator": "Ana Ruiz",
                        "category": "cocina",
                    },
                )
            ]
        )
    )
    assert found.mention_id == "rss:https://blog.example/?p=1"
    assert found.text == "Teteras & más\n\nUno.\n\nDos x"
    assert found.published_at == datetime(2026, 7, 5, 10, tzinfo=UTC)
    assert (found.kind, found.lang, found.site) == ("post", "es-ES", "blog.example")
    assert found.url == "https://blog.example/1"
    assert found.links == ("https://blog.example/x",)
    assert (found.author.id, found.author.name) == ("blog.example/Ana Ruiz", "Ana Ruiz")
    assert found.hashtags == ()
    assert found.edited_at is None


def test_a_rating_makes_a_review_and_the_option_does_too() -> None:
    entry = (
        "<entry><id>7</id><title>Broke</title><updated>2026-07-04T10:00:00-07:00</updated>"
        "<author><name>Luz</name><uri>https://shop.example/u/luz</uri></author>"
        "<im:rating>{}</im:rating><content>It broke</content></entry>"
    )
    review = only(atom([entry.format(1)]))
    assert review.kind == "review"
    assert review.mention_id == "rss:www.blog.example/7"
    assert review.author.id == "https://shop.example/u/luz"
    assert review.published_at == datetime(2026, 7, 4, 17, tzinfo=UTC)
    assert only(atom([entry.format("")])).kind == "post"
    assert only(atom([entry.format(0)])).kind == "post"
    assert only(rss([item(1)]), kind="review").kind == "review"
    assert only(atom([entry.format(5)]), kind="post").kind == "post"


@pytest.mark.parametrize(
    ("changes", "mention_id"),
    [
        ({"guid": "tag:blog.example,2026:a"}, "rss:tag:blog.example,2026:a"),
        ({"guid": " 42 "}, "rss:www.blog.example/42"),
        ({"guid": "a b\u00a0c"}, "rss:www.blog.example/a%20b%C2%A0c"),
        ({"guid": ""}, "rss:https://blog.example/1"),
    ],
)
def test_an_id_is_the_entrys_own_or_its_link(changes: dict[str, str], mention_id: str) -> None:
    assert only(rss([item(1, **changes)])).mention_id == mention_id


def test_without_id_and_link_what_it_says_is_its_id() -> None:
    bare = item(1, guid="", link="")
    first, again = only(rss([bare])), only(rss([bare, bare]))
    assert first.mention_id == again.mention_id
    assert first.mention_id.startswith("rss:www.blog.example/")
    assert (first.url, first.site) == ("", "www.blog.example")


def test_an_endless_id_is_shortened_to_the_same_one_each_time() -> None:
    long = item(1, guid="https://x.example/" + "a" * 3_000)
    assert only(rss([long])).mention_id == only(rss([long])).mention_id
    assert len(only(rss([long])).mention_id) < 100


def test_addresses_of_authors_are_not_kept() -> None:
    mails = [item(n, author=f"w{n}@blog.example (Eva)") for n in (1, 2)]
    bare = [item(n, author=f"w{n}@blog.example") for n in (3, 4)]
    found = news(rss([*mails, *bare])).mentions
    assert "w1@" not in str(found)
    assert "w3@" not in str(found)
    assert [it.author.name for it in found[:2]] == ["Eva", "Eva"]
    assert found[2].author.id != found[3].author.id


def test_a_title_that_repeats_the_text_is_left_out() -> None:
    assert only(rss([item(1, "Hoy llueve…", description="Hoy llueve mucho")])).text == (
        "Hoy llueve mucho"
    )


def test_dates_that_cannot_be_are_replaced_and_stay_so() -> None:
    epoch = item(1, pubDate="Thu, 01 Jan 1970 00:00:00 +0000")
    first = news(rss([epoch]))
    (mention,) = first.mentions
    assert mention.published_at == NOW
    later = NOW + timedelta(days=1)
    edit = item(1, "Otra", pubDate="", **{"atom:updated": (NOW + timedelta(hours=1)).isoformat()})
    (edited,) = news(rss([edit]), known(first), now=later).mentions
    assert edited.published_at == NOW
    assert edited.edited_at == NOW + timedelta(hours=1)


def test_what_was_too_old_at_first_contact_is_not_told_when_it_is_edited() -> None:
    since = datetime(2026, 8, 1, tzinfo=UTC)
    first = news(rss([item(1)]), since=since)
    edit = item(1, "Otra", **{"atom:updated": "2026-10-01T00:00:00Z"})
    second = news(rss([edit]), known(first), since=since)
    assert (first.mentions, first.skipped) == ([], 1)
    assert (second.mentions, second.skipped) == ([], 1)


def test_entries_that_left_and_come_back_are_known_and_the_memory_is_bounded() -> None:
    first = news(rss([item(n) for n in range(300)]))
    second = news(rss([item(n) for n in range(300, 310)]), known(first))
    assert len(second.mentions) == 10
    assert len(second.seen) == 10 + KEPT_AFTER_LEAVING
    third = news(rss([item(n) for n in range(20)]), known(second))
    assert third.mentions == []


def test_a_page_is_no_feed_and_an_empty_feed_is_one() -> None:
    for page in ("<html><body>hola</body></html>", "", "{}", "\0\1\2"):
        with pytest.raises(NotAFeedError):
            read(page)
    assert list(read(rss([])).entries) == []


def test_a_cursor_of_something_else_is_refused() -> None:
    with pytest.raises(PayloadError):
        rebuilt({"https://x": {"seen": {"a": 5}}})


_PARTS = (
    "<item>",
    "</item>",
    "<title>",
    "<b>",
    "&amp;",
    "&#0;",
    "<!ENTITY a 'b'>",
    "]]>",
    "<guid>",
    "1",
    "<pubDate>",
    "2026",
    "<link>",
    "http://[",
    "<![CDATA[",
    "\x0b",
    "ñ",
)


@given(st.lists(st.sampled_from(_PARTS), max_size=30))
def test_no_feed_makes_it_raise(parts: list[str]) -> None:
    news(rss(["".join(parts)]))


def test_the_options_make_a_source(tmp_path: Path) -> None:
    file = tmp_path / "feeds.txt"
    file.write_text("# blogs\nhttps://a.example/feed\n\n  https://b.example/feed  \n", "utf-8")
    source = from_options(
        feeds=["https://a.example/feed"],
        feeds_file=file,
        kind="auto",
        since="2026-01-31",
        poll_sec=60,
        user_agent="x",
    )
    assert source.feeds == ("https://a.example/feed", "https://b.example/feed")
    assert source.since == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "since", "reason"),
    [
        ("", None, "no feed"),
        ("https://a.example\nblog.example/feed", None, "line 2"),
        ("https://a.example", "soon", "--since"),
    ],
)
def test_options_that_make_no_sense_name_the_place(
    tmp_path: Path, lines: str, since: str | None, reason: str
) -> None:
    file = tmp_path / "feeds.txt"
    file.write_text(lines, "utf-8")
    with pytest.raises(InputError, match=reason):
        from_options(
            feeds=[], feeds_file=file, kind="auto", since=since, poll_sec=60, user_agent="x"
        )
