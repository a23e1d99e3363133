import asyncio
import gzip
import json
import logging
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from schemas.mention import Mention
from streams import clock
from streams.producers.live.source import SourceRefusedError
from tests.fakes.feeds import FeedServer, atom, item, rss
from tests.fakes.listening import Heard, hear, polls
from tests.fakes.polled import Trouble


def ids(*numbers: int) -> list[str]:
    return [f"rss:https://blog.example/?p={number}" for number in numbers]


def copy(cursor: Any) -> Any:
    return json.loads(json.dumps(cursor))


async def test_a_feed_is_heard_once_oldest_first_and_then_only_what_is_new() -> None:
    async with FeedServer() as server:
        server.put("/feed", rss([item(3), item(2), item(1)]))

        def more(heard: Heard) -> bool:
            if len(heard.events) == 3:
                server.put("/feed", rss([item(4), item(3), item(2)]))
            return len(heard.events) == 4 and heard.empty > 2

        heard = await hear(server.source("/feed"), more)
    assert heard.ids == ids(1, 2, 3, 4)
    assert 304 in server.answered


async def test_a_restart_tells_nothing_twice_and_asks_conditionally() -> None:
    async with FeedServer() as server:
        server.put("/feed", rss([item(1)]), Last_Modified="Sat, 04 Jul 2026 10:00:00 GMT")
        first = await hear(server.source("/feed"), lambda it: bool(it.events))
        second = await hear(server.source("/feed"), polls(2), cursor=copy(first.cursor))
        server.put("/feed", rss([item(n) for n in range(1, 4)]))
        third = await hear(
            server.source("/feed"), lambda it: bool(it.events), cursor=copy(second.cursor)
        )
    asked = server.asked_for("/feed")[1].headers
    assert second.events == []
    assert third.ids == ids(2, 3)
    assert asked["If-None-Match"].startswith('"')
    assert asked["If-Modified-Since"] == "Sat, 04 Jul 2026 10:00:00 GMT"


async def test_a_feed_without_marks_tells_nothing_twice_either() -> None:
    async with FeedServer() as server:
        server.put("/feed", rss([item(1), item(2)]))
        server.documents["/feed"].has_etag = False
        heard = await hear(server.source("/feed"), polls(3))
    assert heard.ids == ids(1, 2)
    assert heard.skipped >= 4
    assert set(server.answered) == {200}


async def test_an_edit_keeps_its_id_and_date_and_says_when() -> None:
    entry = (
        "<entry><id>tag:shop.example,2026:7</id><title>Kettle</title>"
        "<published>2026-07-04T10:00:00Z</published><updated>{}</updated>"
        '<link href="https://shop.example/7"/><content type="html">{}</content></entry>'
    )
    versions = [
        ("2026-07-04T10:00:00Z", "good"),
        ("2026-07-04T10:00:00Z", "a change that says nothing of itself"),
        ("2026-07-05T09:00:00Z", "better"),
        ("2026-07-05T09:00:00Z", "better"),
    ]
    async with FeedServer() as server:
        cursor, heard = None, Heard()
        for version in versions:
            server.put("/feed", atom([entry.format(*version)]))
            steps = heard.steps
            await hear(
                server.source("/feed"),
                lambda it, steps=steps: it.steps > steps,
                cursor=copy(cursor),
                heard=heard,
            )
            cursor = heard.cursor
    first, edit = heard.events
    assert isinstance(first, Mention)
    assert isinstance(edit, Mention)
    assert first.mention_id == edit.mention_id == "rss:tag:shop.example,2026:7"
    assert first.published_at == edit.published_at
    assert (first.edited_at, edit.edited_at) == (None, datetime(2026, 7, 5, 9, tzinfo=UTC))
    assert edit.text == "Kettle\n\nbetter"
    assert edit.lang == "en"


async def test_one_dead_feed_does_not_stop_the_others_and_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FeedServer() as server:
        server.put("/good", rss([item(1)]))
        server.put("/html", "<html><body>No feed here</body></html>")
        source = server.source("/missing?key=secret", "/good", "/html", "/slow")
        for _ in range(50):
            server.troubles.append(Trouble("hang", path="/slow"))
        heard = await hear(source, lambda it: it.empty > 8)
    assert heard.ids == ids(1)
    warnings = [it.getMessage() for it in caplog.records if it.levelno == logging.WARNING]
    assert sum("/missing" in it for it in warnings) == 1
    assert sum("/html" in it and "neither RSS nor Atom" in it for it in warnings) == 1
    assert "secret" not in caplog.text
    times = len(server.asked_for("/missing"))
    assert 2 <= times <= 6  # seldomer and seldomer


async def test_no_sign_of_life_when_every_feed_fails() -> None:
    async with FeedServer() as server:
        heard = Heard()
        with pytest.raises(TimeoutError):
            await hear(server.source("/a", "/b"), polls(1), heard=heard, within_sec=0.5)
    assert heard.steps == 0
    assert server.answered.count(404) >= 4


async def test_a_source_that_waits_shows_signs_of_life_while_a_feed_is_well() -> None:
    async with FeedServer() as server:
        server.put("/feed", rss([item(1)]))
        source = server.source("/feed", "/dead", poll_sec=60, life_sec=0.02)
        heard = await hear(source, polls(5))
    assert heard.ids == ids(1)
    assert len(server.asked_for("/feed")) == 1


async def test_a_feed_that_recovers_is_heard_again(caplog: pytest.LogCaptureFixture) -> None:
    async with FeedServer() as server:
        server.put("/feed", rss([item(1)]))
        for fate in ("status", "hang", "status"):
            server.troubles.append(Trouble(fate, path="/feed"))  # type: ignore[arg-type]
        heard = await hear(server.source("/feed", request_sec=0.1), lambda it: bool(it.events))
    assert heard.ids == ids(1)
    assert "answers again after 3 failures" in caplog.text


async def test_a_retry_after_is_obeyed_by_a_restart_too() -> None:
    async with FeedServer() as server:
        server.put("/other", rss([item(1)]))
        server.put("/feed", rss([item(2)]))
        server.troubles.append(Trouble("status", 429, {"Retry-After": "600"}, path="/feed"))
        source = server.source("/feed", "/other")
        first = await hear(source, lambda it: it.empty > 3)
        assert len(server.asked_for("/feed")) == 1
        await hear(server.source("/feed", "/other"), polls(3), cursor=copy(first.cursor))
        assert len(server.asked_for("/feed")) == 1
    assert first.ids == ids(1)


async def test_a_feed_that_asks_for_patience_gets_it() -> None:
    async with FeedServer() as server:
        server.put("/ttl", rss([item(1)], head="<ttl>60</ttl>"))
        server.put("/age", rss([item(2)]), Cache_Control="public, max-age=3600")
        server.put("/often", rss([item(3)], head="<ttl>0</ttl>"), Cache_Control="max-age=0")
        await hear(server.source("/ttl", "/age", "/often"), lambda it: it.empty > 6)
        assert len(server.asked_for("/ttl")) == len(server.asked_for("/age")) == 1
        assert len(server.asked_for("/often")) > 2


async def test_a_lasting_move_is_remembered_and_a_passing_one_is_not() -> None:
    async with FeedServer() as server:
        server.put("/new", rss([item(1)]))
        server.put("/moved", "", 301, Location="/new")
        server.put("/guest", "", 302, Location="/new")
        first = await hear(server.source("/moved"), lambda it: bool(it.events))
        await hear(server.source("/moved"), polls(2), cursor=copy(first.cursor))
        assert len(server.asked_for("/moved")) == 1
        await hear(server.source("/guest"), polls(2))
        assert len(server.asked_for("/guest")) >= 2


@pytest.mark.parametrize("where", ["file:///etc/passwd", "/loop", "http://[bad", "ftp://x/y"])
async def test_a_redirect_to_nowhere_is_a_failure_of_that_feed_alone(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with FeedServer() as server:
        server.put("/loop", "", 301, Location=where)
        server.put("/good", rss([item(1)]))
        heard = await hear(server.source("/loop", "/good"), polls(3))
    assert heard.ids == ids(1)
    assert "redirects" in caplog.text


async def test_a_feed_that_is_gone_is_asked_never_again() -> None:
    async with FeedServer() as server:
        server.put("/gone", "", 410)
        server.put("/good", rss([item(1)]))
        first = await hear(server.source("/gone", "/good"), polls(4))
        await hear(server.source("/gone", "/good"), polls(2), cursor=copy(first.cursor))
        assert len(server.asked_for("/gone")) == 1
        with pytest.raises(SourceRefusedError, match="every feed is gone"):
            await hear(server.source("/gone"), lambda _: False, cursor=copy(first.cursor))


async def test_old_entries_are_left_out_at_first_contact_only() -> None:
    since = datetime(2026, 7, 6, 10, tzinfo=UTC)
    async with FeedServer() as server:
        server.put("/feed", rss([item(n) for n in range(5)]))
        first = await hear(server.source("/feed", since=since), lambda it: bool(it.events))
        server.put("/feed", rss([item(n) for n in range(5)] + [item(-3)]))
        second = await hear(
            server.source("/feed", since=since), lambda it: bool(it.events), cursor=first.cursor
        )
    assert first.ids == ids(2, 3, 4)
    assert first.skipped == 2
    assert second.ids == ids(-3)


async def test_a_bomb_of_entities_and_a_flood_of_bytes_are_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = (
        rss([item(2, title="&a9;")])
        .replace(
            "<rss",
            f'<!DOCTYPE rss [<!ENTITY a0 "ha">{levels}<!ENTITY x SYSTEM "file:///etc/hostname">]><rss',
        )
        .replace("Cuerpo", "&x;Cuerpo")
    )
    zipped = gzip.compress(rss([item(3)]).encode() + b" " * 50_000_000)
    async with FeedServer() as server:
        server.put("/bomb", bomb)
        server.put("/flood", zipped, Content_Encoding="gzip")
        server.put("/good", rss([item(1)]))
        before = clock.now()
        heard = await hear(
            server.source("/bomb", "/flood", "/good", request_sec=5), polls(4), within_sec=20
        )
    assert set(heard.ids) <= set(ids(1, 2))
    assert all(isinstance(it, Mention) and len(it.text) < 1_000 for it in heard.events)
    assert "answers with more than" in caplog.text
    assert (clock.now() - before).total_seconds() < 10


async def test_encodings_and_dates_are_understood_as_they_are_in_the_wild() -> None:
    latin = rss([item(1, "Café con leña", pubDate="Sat, 04 Jul 2026 10:00:00")]).replace(
        'encoding="utf-8"', 'encoding="iso-8859-1"'
    )
    future = format_datetime(datetime(2100, 1, 1, tzinfo=UTC))
    odd = rss([item(2, pubDate="ayer"), item(3, pubDate=future), item(4, pubDate="")])
    async with FeedServer() as server:
        server.put("/latin", latin.encode("latin-1"))
        server.put(
            "/sixteen", rss([item(5, "Año nuevo")]).replace("utf-8", "utf-16").encode("utf-16")
        )
        server.put(
            "/header", rss([item(6, "Señal")]).encode(), Content_Type="text/xml; charset=utf-8"
        )
        server.put("/odd", odd)
        before = clock.now().replace(microsecond=0)
        heard = await hear(
            server.source("/latin", "/sixteen", "/header", "/odd"), lambda it: len(it.events) == 6
        )
    found = {it.mention_id: it for it in heard.events if isinstance(it, Mention)}
    latin_one, *_ = (found[key] for key in ids(1))
    assert latin_one.text.startswith("Café con leña\n\n")
    assert latin_one.published_at == datetime(2026, 7, 4, 10, tzinfo=UTC)
    assert found[ids(5)[0]].text.startswith("Año nuevo")
    assert found[ids(6)[0]].text.startswith("Señal")
    for key in ids(2, 3, 4):
        assert before <= found[key].published_at <= clock.now()


async def test_a_broken_feed_gives_what_can_be_read_of_it() -> None:
    async with FeedServer() as server:
        whole = rss([item(1), item(2)])
        server.put("/feed", whole[: whole.index("nota 2") + 3])
        heard = await hear(server.source("/feed"), lambda it: bool(it.events))
    assert ids(1)[0] in heard.ids


async def test_an_empty_entry_is_kept_with_its_reason_once() -> None:
    async with FeedServer() as server:
        server.put("/feed", rss([item(1), "<item><guid>x</guid></item>"]))
        server.documents["/feed"].has_etag = False
        heard = await hear(server.source("/feed"), polls(3))
    (unmapped,) = heard.unmapped
    assert "neither a title nor a text" in unmapped.reason
    assert json.loads(unmapped.payload)["id"] == "x"


async def test_a_large_feed_comes_in_steps_and_the_place_only_with_the_last() -> None:
    async with FeedServer() as server:
        server.put("/feed", rss([item(n) for n in range(1_100)]))
        heard = await hear(server.source("/feed", request_sec=20), lambda it: it.steps >= 10)
    assert len(heard.ids) == 1_000
    assert heard.skipped == 100
    assert [before for before, _ in heard.cursors] == [1_000]


async def test_a_cursor_that_cannot_be_read_is_refused_with_the_remedy() -> None:
    async with FeedServer() as server:
        with pytest.raises(SourceRefusedError, match="--restart"):
            await hear(server.source("/feed"), polls(1), cursor={"feeds": {"x": {"seen": 1}}})


async def test_two_hundred_feeds_are_read_a_few_at_a_time() -> None:
    at_once, most = 0, 0
    async with FeedServer() as server:
        paths = [f"/feed{n}" for n in range(200)]
        for number, path in enumerate(paths):
            server.put(path, rss([item(number)]))
        answer = server.answer

        async def counted(request: Any, asked: Any) -> Any:
            nonlocal at_once, most
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0.001)
            at_once -= 1
            return await answer(request, asked)

        server.answer = counted  # type: ignore[method-assign]
        heard = await hear(server.source(*paths, poll_sec=60), lambda it: len(it.events) == 200)
    assert most <= 8
    assert sorted(heard.ids) == sorted(ids(*range(200)))
