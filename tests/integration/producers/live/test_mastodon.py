import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest

from schemas.mention import Deletion, Mention
from streams.producers.live.mastodon import MastodonSource
from streams.producers.live.mastodon_api import StreamName
from streams.producers.live.secrets import Secret
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError
from tests.fakes.listening import Heard, hear, polls
from tests.fakes.mastodon import FakeMastodon, RecordedMastodon, message, status
from tests.fakes.polled import Trouble
from tests.integration.producers.helpers import real_file


def uris(*numbers: int) -> list[str]:
    return [f"mastodon:https://far.example/users/ana/statuses/{number}" for number in numbers]


def copy(cursor: Any) -> Any:
    return json.loads(json.dumps(cursor))


async def test_a_first_contact_begins_with_now() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1), status(2))
        source = server.source()

        async def speak() -> None:
            await server.listened_to()
            await asyncio.sleep(0.1)
            server.publish(status(3), status(4))

        speaking = asyncio.create_task(speak())
        heard = await hear(source, lambda it: len(it.events) == 2)
        await speaking
    assert heard.ids == uris(3, 4)
    assert heard.cursor is not None
    assert heard.cursor["newest"] == {"public": status(4)["id"]}


async def test_what_was_said_during_a_stop_comes_page_by_page_and_once() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        first = await hear(server.source(overlap_sec=0), polls(2))
        server.publish(*(status(n) for n in range(2, 202)))
        second = await hear(
            server.source(overlap_sec=0),
            lambda it: len(it.events) >= 200 and it.empty > 2,
            cursor=copy(first.cursor),
        )
    assert first.events == []
    assert second.ids == uris(*range(2, 202))
    pages = [it.query["min_id"] for it in server.asked_for("timelines") if "min_id" in it.query]
    assert len(pages) == 6  # five full ones and the empty one
    assert pages == sorted(pages)


async def test_a_restart_in_the_overlap_repeats_nothing_that_the_cursor_knows() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        first = await hear(server.source(), polls(2))
        server.publish(*(status(n) for n in range(2, 50)))
        second = await hear(
            server.source(), lambda it: len(it.events) >= 49 and it.empty > 8, cursor=first.cursor
        )
        third = await hear(server.source(), lambda it: it.empty > 2, cursor=copy(second.cursor))
        server.publish(
            status(30, uri="https://far.example/late", id=str(int(status(30)["id"]) + 1))
        )
        fourth = await hear(server.source(), lambda it: bool(it.events), cursor=copy(third.cursor))
    assert set(second.ids) == set(uris(*range(1, 50)))  # 1 was there before the first contact
    assert third.events == []
    assert fourth.ids == ["mastodon:https://far.example/late"]


async def test_the_catch_up_has_a_bound_and_says_when_it_is_met(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        source = server.source(max_catch_up=80, overlap_sec=0)
        first = await hear(source, polls(2))
        server.publish(*(status(n) for n in range(2, 300)))
        second = await hear(source, lambda it: it.empty > 4, cursor=first.cursor)
    assert second.ids == uris(*range(2, 82))
    assert "--max-catch-up" in caplog.text


async def test_nothing_falls_between_the_gap_and_the_stream() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        first = await hear(server.source(), polls(2))
        speaking = True

        async def speak() -> int:
            number = 2
            while speaking:
                server.publish(status(number))
                number += 1
                await asyncio.sleep(0.001)
                if number % 50 == 0:
                    server.cut()
            return number

        talker = asyncio.create_task(speak())
        heard, source = Heard(), server.source()
        cursor = copy(first.cursor)
        for _ in range(20):
            try:
                await hear(
                    source,
                    lambda it: len(it.events) > 400,
                    cursor=heard.cursor or cursor,
                    heard=heard,
                )
                break
            except SourceUnavailableError:
                continue
        speaking = False
        last = await talker
        await hear(source, lambda it: len(it.events) >= last - 1, cursor=heard.cursor, heard=heard)
    assert sorted(heard.ids) == sorted(uris(*range(1, last)))
    assert server.connections > 3


async def test_edits_and_deletions_name_the_same_mention_and_author() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        source = server.source()

        async def speak() -> None:
            await server.listened_to()
            await asyncio.sleep(0.05)
            server.publish(status(2))
            server.edit(status(2, "mejor", edited_at="2026-07-04T11:00:00.000Z"))
            server.edit(status(2, "mejor", edited_at="2026-07-04T11:00:00.000Z"))
            server.delete(status(2)["id"])
            server.delete("999")

        speaking = asyncio.create_task(speak())
        heard = await hear(source, lambda it: len(it.events) == 4)
        await speaking
    first, edit, gone, unknown = heard.events
    assert isinstance(first, Mention)
    assert isinstance(edit, Mention)
    assert isinstance(gone, Deletion)
    assert isinstance(unknown, Deletion)
    assert edit.mention_id == first.mention_id == gone.target_id
    assert edit.published_at == first.published_at
    assert edit.edited_at is not None
    assert edit.text == "mejor"
    assert gone.author_id == first.author.id == "https://far.example/users/ana"
    assert unknown.target_id == f"mastodon:{server.url.removeprefix('http://')}/999"
    assert heard.skipped == 1


async def test_a_deletion_after_a_restart_finds_its_mention() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        first = await hear(server.source(), polls(2))
        server.publish(status(2))
        second = await hear(
            server.source(), lambda it: len(it.events) == 2 and it.empty > 5, cursor=first.cursor
        )

        async def speak() -> None:
            await server.listened_to(3)
            server.delete(status(2)["id"])

        speaking = asyncio.create_task(speak())
        third = await hear(server.source(), lambda it: bool(it.events), cursor=copy(second.cursor))
        await speaking
    assert third.ids == uris(2)


async def test_two_streams_that_show_one_status_give_it_once() -> None:
    tagged = status(2, tags=[{"name": "Kettle"}])
    async with FakeMastodon() as server:
        server.publish(status(1))
        source = server.source("public", "hashtag:kettle")

        async def speak() -> None:
            await server.listened_to(2)
            await asyncio.sleep(0.05)
            server.publish(tagged)
            server.delete(tagged["id"])
            server.publish(status(3))

        speaking = asyncio.create_task(speak())
        heard = await hear(source, lambda it: len(it.events) == 3 and it.skipped == 3)
        await speaking
    assert sorted(heard.ids) == sorted([*uris(2, 2), *uris(3)])
    assert heard.cursor is not None
    assert set(heard.cursor["newest"]) == {"public", "hashtag:kettle"}
    asked = server.asked_for("streaming/hashtag")[0]
    assert asked.query == {"tag": "kettle"}


async def test_what_cannot_be_an_event_is_kept_with_its_reason() -> None:
    no_author = {**status(5), "account": None}
    async with FakeMastodon() as server:

        async def speak() -> None:
            await server.listened_to()
            await asyncio.sleep(0.05)
            server.write(message("update", '{"id": '))
            server.write(message("update", json.dumps(no_author)))
            server.write(message("update", json.dumps({**status(6), "uri": "has blanks"})))
            server.write(message("delete", '{"a": 1}'))
            server.write(b"event: update\ndata: \xff\xfe\n\n")
            server.write(message("filters_changed", ""))
            server.publish(status(7))

        speaking = asyncio.create_task(speak())
        heard = await hear(server.source(), lambda it: bool(it.events))
        await speaking
    assert heard.ids == uris(7)
    assert len(heard.unmapped) == 5
    assert all(it.reason for it in heard.unmapped)
    assert json.loads(heard.unmapped[1].payload) == no_author
    assert heard.skipped == 1


async def test_characters_and_events_may_be_cut_anywhere() -> None:
    raw = message("update", json.dumps(status(2, "ñandú 🦩"), ensure_ascii=False))
    async with FakeMastodon() as server:

        async def speak() -> None:
            await server.listened_to()
            for position in range(0, len(raw), 7):
                server.write(raw[position : position + 7].replace(b"\n", b"\r\n"))
                await asyncio.sleep(0.001)

        speaking = asyncio.create_task(speak())
        heard = await hear(server.source(), lambda it: bool(it.events))
        await speaking
    (event,) = heard.events
    assert isinstance(event, Mention)
    assert event.text == "ñandú 🦩"


async def test_half_a_message_is_dropped_and_comes_whole_from_the_timeline() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        source = server.source()

        async def speak() -> None:
            await server.listened_to()
            await asyncio.sleep(0.05)
            server.publish(status(2), silent=True)
            server.write(message("update", json.dumps(status(2)))[:200])
            await asyncio.sleep(0.05)
            server.cut()

        speaking, heard = asyncio.create_task(speak()), Heard()
        with pytest.raises(SourceUnavailableError):
            await hear(source, lambda it: bool(it.events), heard=heard)
        await speaking
        assert heard.events == []
        await hear(source, lambda it: len(it.events) == 2, cursor=heard.cursor, heard=heard)
    assert heard.ids == uris(1, 2)
    assert heard.unmapped == []


async def test_a_server_that_hangs_is_left() -> None:
    async with FakeMastodon() as server:
        server.thump_sec = 60
        with pytest.raises(SourceUnavailableError, match="does not answer in time"):
            await hear(server.source(read_sec=0.1), lambda _: False)
        server.troubles.append(Trouble("hang", path="timelines"))
        with pytest.raises(SourceUnavailableError, match="does not answer in time"):
            await hear(server.source(request_sec=0.1), lambda _: False, cursor={})


async def test_a_rate_limit_is_obeyed_to_the_second() -> None:
    async with FakeMastodon() as server:
        server.troubles.append(Trouble("status", 429, {"Retry-After": "77"}, path="timelines"))
        server.streaming_status = 404
        with pytest.raises(SourceUnavailableError) as caught:
            await hear(server.source(), lambda _: False)
    assert caught.value.retry_after_sec == 77


async def test_a_spent_rate_limit_is_waited_for_with_signs_of_life(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streams.producers.live.mastodon_feed._REST_SLICE_SEC", 0.05)
    async with FakeMastodon() as server:
        server.publish(status(1))
        first = await hear(server.source(), polls(2))
        server.headers.update({"X-RateLimit-Remaining": "0", "Retry-After": "0.5"})
        server.publish(status(2))
        heard = await hear(server.source(), lambda it: it.empty > 6, cursor=copy(first.cursor))
        asked = [it for it in server.asked_for("timelines") if "min_id" in it.query]
    assert heard.ids[-1:] == uris(2)
    assert len(asked) == 1


@pytest.mark.parametrize("refused", [401, 403, 404])
async def test_timelines_are_polled_where_there_is_no_stream(refused: int) -> None:
    async with FakeMastodon() as server:
        server.streaming_status = refused
        server.publish(status(1))
        added = iter(range(2, 50))

        def more(heard: Heard) -> bool:
            server.publish(status(next(added)))
            return len(heard.events) >= 20

        heard = await hear(server.source(overlap_sec=0), more)
    assert heard.ids[:20] == uris(*range(2, 22))
    assert len(server.asked_for("streaming")) == 1


async def test_a_key_is_sent_and_a_wrong_one_ends_the_run() -> None:
    async with FakeMastodon() as server:
        server.token = "right"  # noqa: S105
        heard = await hear(server.source(token=Secret("right")), polls(3))
        assert heard.steps >= 3
        with pytest.raises(SourceRefusedError, match="ESCUCHA_MASTODON_TOKEN") as caught:
            await hear(server.source(token=Secret("wrong")), lambda _: False)
        assert "wrong" not in str(caught.value)
        assert server.connections == 1


async def test_a_timeline_that_wants_a_key_says_so() -> None:
    async with FakeMastodon() as server:
        server.streaming_status = 401
        server.troubles.append(Trouble("status", 422, path="timelines"))
        server.troubles.append(Trouble("status", 401, path="streaming"))
        with pytest.raises(SourceRefusedError, match="ESCUCHA_MASTODON_TOKEN"):
            await hear(server.source(), lambda _: False)


async def test_a_timeline_that_is_not_json_is_asked_again_later() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        server.streaming_status = 404
        server.troubles.append(Trouble("answer", body={"error": "?"}, path="timelines"))
        source = server.source()
        with pytest.raises(SourceUnavailableError, match="no list in JSON"):
            await hear(source, lambda _: False)
        assert (await hear(source, polls(2))).steps == 2


async def test_a_slow_reader_does_not_make_the_source_read_on() -> None:
    async with FakeMastodon() as server:
        server.publish(status(1))
        first = await hear(server.source(), polls(2))
        server.publish(*(status(n) for n in range(2, 1500)))
        async with aclosing(server.source().listen(copy(first.cursor))) as steps:  # type: ignore[type-var]
            await anext(steps)
            await asyncio.sleep(0.3)
            pages = len([it for it in server.asked_for("timelines") if "min_id" in it.query])
    assert pages <= 10  # of 38


async def test_the_recorded_stream_gives_its_status() -> None:
    lines = real_file("fixtures/mastodon/test_stream_user_local.ndjson").read_text("utf-8")
    exchanges = [json.loads(line) for line in lines.splitlines()]
    for it in exchanges:  # the public stream has the same form as the user's
        it["uri"] = it["uri"].replace("/streaming/user", "/streaming/public")
        if it["uri"].endswith("/instance/"):
            it["body"] = {}
    async with RecordedMastodon(exchanges) as server:
        source, heard = MastodonSource(instance=server.url), Heard()
        with pytest.raises(SourceUnavailableError, match="ended"):
            await hear(source, lambda it: len(it.events) > 1, heard=heard)
    (event,) = heard.events
    assert isinstance(event, Mention)
    assert event.text == "it's cool guy"
    assert event.lang == "ja"
    assert event.author.handle.startswith("mastodonpy_test@")


async def test_the_recorded_timelines_are_heard_once_each() -> None:
    lines = real_file("fixtures/mastodon/test_public_tl.ndjson").read_text("utf-8")
    exchanges = [json.loads(line) for line in lines.splitlines()]
    for it in exchanges:
        if it["uri"].endswith("/instance/"):
            it["body"] = {}
    async with RecordedMastodon(exchanges) as server:
        source = MastodonSource(
            instance=server.url,
            streams=(StreamName.parse("public"), StreamName.parse("public:local")),
            poll_sec=0.05,
        )
        oldest = {"newest": {"public": "1", "public:local": "1"}}
        heard = await hear(source, polls(6), cursor=oldest)
    assert len(heard.ids) == len(set(heard.ids)) == 8
    assert heard.unmapped == []
    assert heard.skipped >= 8
