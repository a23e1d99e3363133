"""Trying again: until it works, until the deadline, and never for what time does not heal."""

import asyncio

import pytest

from streams import retry
from streams.errors import SinkRejectedError, SinkUnavailableError


class Clock:
    """Sleeping moves it, nothing else does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []
        monkeypatch.setattr(retry.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(retry.asyncio, "sleep", self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


class Flaky:
    """Fails some times, then answers."""

    def __init__(self, failures: int, error: type[Exception] = SinkUnavailableError) -> None:
        self.failures = failures
        self.error = error
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error(f"attempt {self.calls}")
        return "done"


async def run(attempt: Flaky, deadline_sec: float = 60.0) -> str:
    return await retry.until_deadline(
        attempt, retry_on=SinkUnavailableError, deadline_sec=deadline_sec, what="ClickHouse"
    )


async def test_what_works_is_tried_once(clock: Clock) -> None:
    attempt = Flaky(0)
    assert await run(attempt) == "done"
    assert (attempt.calls, clock.pauses) == (1, [])


async def test_pauses_double_up_to_a_limit_with_jitter(clock: Clock) -> None:
    assert await run(Flaky(14), deadline_sec=600.0) == "done"
    wanted = retry.FIRST_PAUSE_SEC
    for pause in clock.pauses:
        assert 0.5 * wanted <= pause <= 1.5 * wanted
        wanted = min(wanted * 2, retry.LONGEST_PAUSE_SEC)
    assert len(clock.pauses) == 14


async def test_the_last_error_is_raised_at_the_deadline_and_not_much_later(clock: Clock) -> None:
    attempt = Flaky(10**6)
    with pytest.raises(SinkUnavailableError, match=f"attempt {'[0-9]'}"):
        await run(attempt, deadline_sec=20.0)
    assert clock.now == pytest.approx(1_020.0)
    assert attempt.calls == len(clock.pauses) + 1  # the last attempt is made at the deadline


async def test_other_errors_are_not_tried_again(clock: Clock) -> None:
    attempt = Flaky(1, SinkRejectedError)
    with pytest.raises(SinkRejectedError):
        await run(attempt)
    assert (attempt.calls, clock.pauses) == (1, [])


async def test_cancelling_ends_it_at_once() -> None:
    attempt = Flaky(10**6)
    task = asyncio.create_task(run(attempt))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_each_retry_is_logged_with_what_it_waits_for(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    await run(Flaky(1))
    assert "ClickHouse: attempt 1; trying again for 60 s" in caplog.text
