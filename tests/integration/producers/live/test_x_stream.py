import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from schemas.mention import Deletion
from streams.producers.live.source import Cursor, SourceRefusedError, SourceUnavailableError
from streams.producers.live.x import X
from streams.producers.live.x_client import Patience
from streams.producers.live.x_mapping import snowflake_of
from tests.fakes.listening import Heard, hear, polls
from tests.fakes.polled import Trouble
from tests.fakes.x import BEGIN, FakeX, ids, post, post_id
from tests.integration.producers.helpers import real_file


def recorded(name: str) -> list[dict[str, Any]]:
    """Recorded payloads, or skip: they are not part of the project."""
    file = real_file(f"fixtures/x_api_v2/{name}")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@asynccontextmanager
async def listening(
    source: X, server: FakeX, cursor: Cursor | None = None, heard: Heard | None = None
) -> AsyncIterator[Heard]:
    """A connected stream in the background; its end must be an outage or ours."""
    heard = heard or Heard()
    count = len(server.streams) + 1
    task = asyncio.create_task(hear(source, lambda _: False, cursor=cursor, heard=heard))
    try:
        await server.connected(count)
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Any, within_sec: float = 5.0) -> None:
    async with asyncio.timeout(within_sec):
        while not holds():  # noqa: ASYNC110 - of another task's list
            await asyncio.sleep(0.005)


async def test_the_recorded_stream_is_mapped_whole() -> None:
    lines = recorded("v2_filtered_stream_2_real_lines.ndjson")
    async with FakeX() as x, listening(x.source(rules=()), x) as heard:
        for line in lines:
            x.send(line)
        await until(lambda: len(heard.events) == 2)
        assert not heard.unmapped
        assert heard.ids == [f"x:{line['data']['id']}" for line in lines]


async def test_posts_of_the_stream_come_as_they_are_sent() -> None:
    async with FakeX() as x, listening(x.source(), x) as heard:
        x.publish(*(post(n) for n in range(5)))
        await until(lambda: len(heard.events) == 5)
        assert heard.ids == ids(0, 1, 2, 3, 4)
        empty = heard.empty
        await until(lambda: heard.empty > empty + 2)  # keep-alives are signs of life
    [asked] = x.asked_for("/search/stream")[-1:]
    assert "note_tweet" in asked.query["tweet.fields"]


async def test_rules_are_added_and_those_of_others_left_alone() -> None:
    async with FakeX() as x:
        x.rules = [
            {"id": "1", "value": "old words", "tag": "escucha"},
            {"id": "2", "value": "somebody else's", "tag": "theirs"},
            {"id": "3", "value": "nimbara", "tag": "escucha"},
        ]
        async with listening(x.source(rules=("nimbara", "kettle lang:es")), x):
            pass
        assert {(rule["value"], rule["tag"]) for rule in x.rules} == {
            ("somebody else's", "theirs"),
            ("nimbara", "escucha"),
            ("kettle lang:es", "escucha"),
        }
        changes = len([asked for asked in x.asked if asked.method == "POST"])
        async with listening(x.source(rules=("nimbara", "kettle lang:es")), x):
            pass
    assert changes == len([asked for asked in x.asked if asked.method == "POST"]) == 2


async def test_without_rules_none_is_touched() -> None:
    async with FakeX() as x:
        x.rules = [{"id": "1", "value": "kept", "tag": "escucha"}]
        async with listening(x.source(rules=()), x) as heard:
            x.publish(post(1))
            await until(lambda: heard.events)
        assert x.rules
        assert not x.asked_for("/rules")


async def test_a_rule_that_x_refuses_ends_the_run_with_its_words() -> None:
    async with FakeX() as x:
        x.refused_rules["from:"] = "missing a user"
        with pytest.raises(SourceRefusedError, match=r"from:.*missing a user"):
            await hear(x.source(rules=("from:",)), polls(1))


async def test_posts_of_another_programs_rules_are_skipped() -> None:
    async with FakeX() as x:
        x.rules = [{"id": "2", "value": "theirs", "tag": "theirs"}]
        x.matches = lambda value, payload: value in payload["data"]["text"]
        async with listening(x.source(), x) as heard:
            x.publish(post(1, "theirs alone"), post(2, "nimbara and theirs"))
            await until(lambda: heard.events)
            assert heard.ids == ids(2)
            assert heard.skipped == 1


async def test_what_was_said_while_disconnected_is_searched_for() -> None:
    async with FakeX() as x:
        x.page_size = 30
        source = x.source()
        async with listening(source, x) as heard:
            x.publish(*(post(n) for n in range(100, 110)))
            await until(lambda: len(heard.events) == 10)
        x.publish(*(post(n) for n in range(110, 300)), streamed=False)
        async with listening(source, x, heard.cursor, heard):
            x.publish(*(post(n) for n in range(300, 305)))
            await until(lambda: len(heard.events) >= 205, 20)
            assert heard.cursor is not None
            await until(lambda: "gaps" not in heard.cursor, 20)  # type: ignore[operator]
    assert Counter(heard.ids) == Counter(ids(*range(100, 305)))


async def test_a_recovery_that_is_cut_short_goes_on_where_it_was() -> None:
    async with FakeX() as x:
        x.page_size = 30
        source = x.source()
        async with listening(source, x) as heard:
            x.publish(post(100))
            await until(lambda: heard.events)
        x.publish(*(post(n) for n in range(101, 200)), streamed=False)
        async with listening(source, x, heard.cursor, heard):
            await until(lambda: len(heard.events) >= 31)
        asked = len(x.asked_for("/recent"))
        assert heard.cursor is not None
        [[_, since, before]] = heard.cursor["gaps"]
        assert int(since) < int(post_id(100))
        assert before is not None
        async with listening(source, x, json.loads(json.dumps(heard.cursor)), heard):
            await until(lambda: "gaps" not in (heard.cursor or {}), 20)
        assert x.asked_for("/recent")[asked].query["until_id"] == before
    assert Counter(heard.ids) == Counter(ids(*range(100, 200)))


async def test_what_is_said_before_the_first_post_was_heard_is_searched_for_too() -> None:
    async with FakeX() as x:
        async with listening(x.source(), x) as heard:
            await until(lambda: heard.empty)
        x.publish(post(1), streamed=False)
        async with listening(x.source(), x, heard.cursor, heard):
            await until(lambda: heard.events)
    assert heard.ids == ids(1)


async def test_a_search_that_limits_the_rate_does_not_end_the_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeX() as x:
        cursor = {"newest": post_id(10)}
        x.publish(post(11), streamed=False)
        x.troubles.append(Trouble("status", 429, {"x-rate-limit-reset": "99999"}, path="/recent"))
        async with listening(x.source(patience=Patience()), x, cursor) as heard:
            await until(lambda: "not closed yet" in caplog.text)
            x.publish(post(12))
            await until(lambda: heard.events)
            assert heard.ids == ids(12)
            assert heard.cursor is not None
            assert heard.cursor["gaps"]


async def test_a_gap_older_than_a_week_is_searched_as_far_as_it_goes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeX() as x:
        cursor = {"newest": str(snowflake_of(BEGIN - timedelta(days=30)))}
        x.publish(post(1), streamed=False)
        async with listening(x.source(), x, cursor) as heard:
            await until(lambda: heard.events)
    assert heard.ids == ids(1)
    assert "seven days" in caplog.text


async def test_duplicates_and_disorder_of_the_stream_are_harmless() -> None:
    async with FakeX() as x, listening(x.source(), x) as heard:
        x.publish(post(5), post(3), post(5), post(4), post(3))
        await until(lambda: len(heard.events) == 3)
        x.publish(post(6))
        await until(lambda: len(heard.events) == 4)
        assert heard.ids == ids(5, 3, 4, 6)
        assert heard.cursor is not None
        assert heard.cursor["newest"] == post_id(6)


async def test_a_cut_in_the_middle_of_a_message_is_an_outage_and_the_post_is_recovered() -> None:
    async with FakeX() as x:
        source, heard = x.source(), Heard()
        x.publish(post(1), streamed=False)
        task = asyncio.create_task(hear(source, polls(10_000), heard=heard))
        await x.connected()
        x.publish(post(2))
        await until(lambda: heard.events)
        whole = json.dumps(x.matched(post(3))).encode()
        x.published.append(post(3))
        x.send(whole[:60])
        await asyncio.sleep(0.1)
        x.cut_streams()
        with pytest.raises(SourceUnavailableError, match="cannot be reached"):
            await task
        async with listening(source, x, heard.cursor, heard):
            await until(lambda: len(heard.events) >= 3)
    assert Counter(heard.ids) == Counter(ids(1, 2, 3))


async def test_a_stream_without_a_byte_is_given_up_after_its_silence() -> None:
    async with FakeX() as x:
        x.silent = True
        with pytest.raises(SourceUnavailableError, match="in time"):
            await hear(x.source(silence_sec=0.2), polls(10_000))


async def test_a_stream_that_x_ends_is_taken_up_again_at_once() -> None:
    async with FakeX() as x:
        task = asyncio.create_task(hear(x.source(), polls(10_000)))
        await x.connected()
        x.close_streams()
        with pytest.raises(SourceUnavailableError, match="closed the stream") as caught:
            await task
    assert caught.value.retry_after_sec is None


@pytest.mark.parametrize(
    ("farewell", "error", "wait_sec"),
    [
        (
            {"errors": [{"title": "operational-disconnect", "detail": "by a deploy",
                         "disconnect_type": "UpstreamOperationalDisconnect"}]},
            SourceUnavailableError,
            None,
        ),
        (
            {"errors": [{"title": "Connections", "connection_issue": "TooManyConnections"}]},
            SourceUnavailableError,
            60.0,
        ),
        ({"disconnect": {"code": 4, "reason": "stalled"}}, SourceUnavailableError, None),
        ({"disconnect": {"code": 6, "reason": "revoked"}}, SourceRefusedError, None),
    ],
)  # fmt: skip
async def test_farewells_in_the_stream_are_understood(
    farewell: dict[str, Any], error: type[Exception], wait_sec: float | None
) -> None:
    async with FakeX() as x:
        task = asyncio.create_task(hear(x.source(patience=Patience()), polls(10_000)))
        await x.connected()
        x.send(farewell)
        with pytest.raises(error) as caught:
            await task
    assert getattr(caught.value, "retry_after_sec", None) == wait_sec


async def test_bad_lines_are_kept_with_their_reason_and_the_stream_goes_on() -> None:
    async with FakeX() as x, listening(x.source(rules=()), x) as heard:
        x.send(b'{"data":{"id":\r\n')
        x.send({"data": {"id": "no number", "text": "t", "author_id": "1"}})
        x.send({"errors": [{"title": "Some Warning", "detail": "nothing grave"}]})
        x.send(b"\xff\xfe\r\n")
        x.send([1, 2])
        x.send(b'{"data": "' + b"x" * (3 * 1024 * 1024) + b'"}\r\n')
        x.publish(post(1))
        await until(lambda: heard.events)
        reasons = [unmapped.reason for unmapped in heard.unmapped]
    assert len(reasons) == 6
    for words, reason in zip(
        ("truncated", "no number", "nothing grave", "malformed", "object", "not kept"),
        reasons,
        strict=True,
    ):
        assert words in reason


async def test_compliance_messages_take_back_posts_and_authors() -> None:
    told = {"tweet": {"id": "123", "author_id": "9"}, "event_at": "2026-07-04T10:00:00.000Z"}
    gone = {"user": {"id": "9"}, "event_at": "2026-07-04T10:00:00.000Z"}
    async with FakeX() as x, listening(x.source(rules=()), x) as heard:
        x.send({"data": {"delete": told}})
        x.send({"data": {"scrub_geo": gone}})
        x.send({"data": {"user_delete": gone}})
        await until(lambda: len(heard.events) == 3)
        deletions = [event for event in heard.events if isinstance(event, Deletion)]
    assert [(d.target, d.target_id, d.author_id) for d in deletions] == [
        ("mention", "x:123", "9"),
        ("interaction", "x:123", "9"),
        ("author", "9", "9"),
    ]
    assert heard.skipped == 1
