"""HTTP of live sources: limits hold, and each answer becomes the error that it means."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from streams.producers.live.backoff import Backoff
from streams.producers.live.http import (
    LONGEST_WAIT_SEC,
    Fetched,
    HttpOptions,
    get,
    open_session,
    pause_asked,
    refuse,
)
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError

NOW = datetime(2026, 7, 4, 10, tzinfo=UTC)
KEY = "a-very-secret-key"


@asynccontextmanager
async def answering(response: web.Response, pause_sec: float = 0) -> AsyncIterator[str]:
    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(pause_sec)
        return response

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def fetch(url: str, **limits: float) -> Fetched:
    options = HttpOptions(
        total_sec=limits.get("total_sec", 5), max_response_bytes=int(limits.get("most", 10_000))
    )
    async with open_session(options) as session:
        return await get(
            session,
            url,
            params={"key": KEY},
            what="the network",
            remedy="renew the key",
            options=options,
        )


async def test_an_answer_comes_whole() -> None:
    async with answering(web.Response(text="fine", headers={"ETag": "7"})) as url:
        answer = await fetch(url)
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"fine", "7")


async def test_a_body_too_large_is_refused_packed_or_not() -> None:
    big = web.Response(text="x" * 1_000_000)
    big.enable_compression()
    async with answering(big) as url:
        with pytest.raises(SourceRefusedError, match="more than 10000 bytes"):
            await fetch(url)


async def test_an_answer_that_does_not_come_is_a_reason_to_try_again() -> None:
    async with answering(web.Response(), pause_sec=1) as url:
        with pytest.raises(SourceUnavailableError, match="in time"):
            await fetch(url, total_sec=0.1)


async def test_no_error_shows_a_key() -> None:
    errors: list[BaseException] = []
    for status in (401, 429, 500):
        async with answering(web.Response(status=status)) as url:
            with pytest.raises((SourceRefusedError, SourceUnavailableError)) as raised:
                await fetch(url)
            errors.append(raised.value)
    for url in ("http://127.0.0.1:1/", "no address", "http://[broken/"):
        with pytest.raises((SourceRefusedError, SourceUnavailableError)) as raised:
            await fetch(url)
        errors.append(raised.value)
    assert all(KEY not in str(error) for error in errors)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 599])
def test_what_passes_is_tried_again(status: int) -> None:
    with pytest.raises(SourceUnavailableError) as raised:
        refuse(status, {"Retry-After": "7"}, what="x", remedy="y", now=lambda: NOW)
    assert raised.value.retry_after_sec == 7


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 422, 451, 301])
def test_what_stays_ends_the_run_with_the_remedy(status: int) -> None:
    with pytest.raises(SourceRefusedError, match=f"{status}.*renew the key"):
        refuse(status, {}, what="x", remedy="renew the key")


@pytest.mark.parametrize(
    ("headers", "wait_sec"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=90), usegmt=True)}, 90),
        ({"Retry-After": format_datetime(NOW - timedelta(days=9), usegmt=True)}, 0),
        ({"Retry-After": "-5"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "1e30"}, LONGEST_WAIT_SEC),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 900)}, 900),
        ({"x-ratelimit-remaining": "0.0", "x-ratelimit-reset": "58"}, 58),
        ({"x-ratelimit-remaining": "12", "x-ratelimit-reset": "58"}, None),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-07-04T10:05:00.000Z"}, 300),
        ({"Retry-After": "3", "x-ratelimit-reset": "58"}, 3),
    ],
)
def test_the_pause_is_what_the_network_says(
    headers: dict[str, str], wait_sec: float | None
) -> None:
    assert pause_asked(CIMultiDict(headers), NOW) == wait_sec


@given(st.dictionaries(st.sampled_from(["Retry-After", "x-ratelimit-reset"]), st.text()))
def test_no_header_breaks_or_stops_for_ever(headers: dict[str, str]) -> None:
    wait_sec = pause_asked(headers, NOW)
    assert wait_sec is None or 0 <= wait_sec <= LONGEST_WAIT_SEC


@given(st.lists(st.tuples(st.floats(0, 100), st.none() | st.floats(0, 1_000)), max_size=40))
def test_pauses_are_never_shorter_than_asked_nor_much_longer(
    failures: list[tuple[float, float | None]],
) -> None:
    backoff = Backoff()
    for lived_sec, asked_sec in failures:
        pause = backoff.pause_sec(lived_sec, asked_sec)
        assert (asked_sec or 0) <= pause <= (asked_sec or 0) + 60


def test_pauses_grow_and_begin_anew_after_a_healthy_connection() -> None:
    backoff = Backoff()
    highest = []
    for _ in range(8):
        most = min(60.0, 2.0**backoff.failures)
        assert backoff.pause_sec(0, None) <= most
        highest.append(most)
    assert highest[-1] == 60
    assert backoff.pause_sec(31, None) <= 1
