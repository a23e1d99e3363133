import json
import logging
from collections import Counter
from typing import Any

import pytest

from streams.producers.live.http import HttpOptions
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError
from streams.producers.live.x import X
from tests.fakes.listening import hear, polls
from tests.fakes.polled import Trouble
from tests.fakes.x import FakeX, ids, post
from tests.integration.producers.helpers import real_file


def recorded(name: str) -> list[dict[str, Any]]:
    """Recorded payloads, or skip: they are not part of the project."""
    file = real_file(f"fixtures/x_api_v2/{name}")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def test_the_recorded_search_is_read_and_says_what_it_lacks() -> None:
    [search] = recorded("v2_test_client_search_recent_tweets.ndjson")
    body = search["body"]
    async with FakeX() as x:
        # It was recorded without the fields that this source asks for.
        x.troubles.append(Trouble("answer", path="/recent", body=body))
        bare = await hear(x.source(mode="search"), polls(1))
        whole = {**body, "data": [{**item, "author_id": "7"} for item in body["data"]]}
        x.troubles.append(Trouble("answer", path="/recent", body=whole))
        full = await hear(x.source(mode="search"), polls(1))
    assert Counter(unmapped.reason for unmapped in bare.unmapped) == {
        "post: a post without author_id": 10
    }
    assert full.ids == [f"x:{item['id']}" for item in reversed(body["data"])]


async def test_a_wrong_token_is_refused_with_the_remedy_and_without_the_token() -> None:
    wrong = {"bearer_token": "wrong-one"}
    async with FakeX() as x:
        with pytest.raises(SourceRefusedError, match="ESCUCHA_X_BEARER_TOKEN") as caught:
            await hear(x.source(**wrong), polls(1))
    assert "wrong-one" not in str(caught.value)
    assert "wrong-one" not in repr(x.source(**wrong))


async def test_limits_and_errors_grow_the_pause_as_x_states_it() -> None:
    async with FakeX() as x:
        source = x.source(rules=(), http=HttpOptions(read_sec=0.2))
        waits = []
        for trouble in (
            *(Trouble("status", 503) for _ in range(3)),
            *(Trouble("status", 429) for _ in range(2)),
            *(Trouble("truncate") for _ in range(2)),
        ):
            x.troubles.append(trouble)
            with pytest.raises(SourceUnavailableError) as caught:
                # Search, since a stream's answer has no length to be cut short of.
                await hear(source if trouble.fate == "status" else searching(source), polls(1))
            waits.append(caught.value.retry_after_sec)
    assert waits == [5, 10, 20, 60, 120, 0.25, 0.5]


def searching(source: X) -> X:
    return X(
        bearer_token=source.bearer_token,
        rules=("nimbara",),
        mode="search",
        api_url=source.api_url,
        http=source.http,
        patience=source.patience,
    )


async def test_a_limit_is_waited_out_until_it_is_renewed() -> None:
    async with FakeX() as x:
        headers = {"x-rate-limit-remaining": "0", "x-rate-limit-reset": "840"}
        x.troubles.append(Trouble("status", 429, headers))
        with pytest.raises(SourceUnavailableError) as caught:
            await hear(x.source(mode="search"), polls(1))
    assert caught.value.retry_after_sec == 840


async def test_search_alone_brings_every_post_once_across_pages_and_restarts() -> None:
    async with FakeX() as x:
        x.page_size = 10
        source = x.source(mode="search")
        x.publish(*(post(n) for n in range(5)))
        heard = await hear(source, polls(2))
        assert heard.ids == ids(*range(5))
        x.publish(*(post(n) for n in range(5, 60)))
        await hear(source, lambda h: len(h.events) >= 25, cursor=heard.cursor, heard=heard)
        cursor = json.loads(json.dumps(heard.cursor))
        assert cursor["gaps"]
        x.publish(post(60))
        await hear(source, lambda h: len(h.events) >= 61, cursor=cursor, heard=heard)
    assert Counter(heard.ids) == Counter(ids(*range(61)))


async def test_a_post_that_search_finds_late_is_not_missed() -> None:
    async with FakeX() as x:
        source = x.source(mode="search")
        x.publish(post(1), post(20))
        heard = await hear(source, polls(1))
        x.publish(post(15))
        await hear(source, lambda h: len(h.events) >= 3, cursor=heard.cursor, heard=heard)
    assert heard.ids == ids(1, 20, 15)


async def test_a_query_that_x_refuses_ends_a_search_with_its_words() -> None:
    async with FakeX() as x:
        x.troubles.append(Trouble("status", 400, body={"errors": [{"message": "bad operator"}]}))
        with pytest.raises(SourceRefusedError, match="bad operator"):
            await hear(x.source(mode="search"), polls(1))


async def test_a_cursor_that_cannot_be_read_begins_anew_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeX() as x:
        x.publish(post(1))
        with caplog.at_level(logging.WARNING):
            heard = await hear(x.source(mode="search"), polls(1), cursor={"gaps": "??"})
    assert heard.ids == ids(1)
    assert "begins anew" in caplog.text
