"""How often a sender may ask, and that strangers neither fill the log nor shut senders out."""

import asyncio
import gzip
import json

import pytest

from streams.producers.webhook.limits import BURST_SEC, MOST_REMEMBERED, RateLimit
from tests.unit.producers.webhook.helpers import SECRET, Sender, mention, receiver

OTHER = "another-secret-of-tests"


class Clock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.sec = 100.0

    def __call__(self) -> float:
        return self.sec


def test_turns_are_taken_and_come_back_with_time() -> None:
    clock = Clock()
    limit = RateLimit(10, clock)
    assert [limit.wait_sec("a") for _ in range(int(10 * BURST_SEC))] == [0.0] * 20
    assert limit.wait_sec("a") == pytest.approx(0.1)
    assert limit.wait_sec("b") == 0.0
    clock.sec += 0.11
    assert limit.wait_sec("a") == 0.0
    assert limit.wait_sec("a") > 0
    clock.sec += 1_000
    assert sum(limit.wait_sec("a") == 0.0 for _ in range(50)) == 20


def test_the_memory_for_names_is_bounded_and_the_busy_ones_stay() -> None:
    clock = Clock()
    limit = RateLimit(0.5, clock)
    assert limit.wait_sec("busy") == 0.0
    for number in range(MOST_REMEMBERED + 50):
        limit.wait_sec(f"stranger {number}")
        if number % 1_000 == 0:
            assert limit.wait_sec("busy") > 0
    assert len(limit._left) == MOST_REMEMBERED


def test_nothing_is_limited_by_zero() -> None:
    limit = RateLimit(0)
    assert not any(limit.wait_sec("a") for _ in range(10_000))


async def test_a_sender_over_its_limit_waits_and_the_others_do_not() -> None:
    async with receiver(secrets=(SECRET, OTHER), requests_per_sec=0.5) as running:
        first = await running.sender.post("/v1/events", mention(1))
        second = await running.sender.post("/v1/events", mention(2))
        other = await Sender(running.client, OTHER).post("/v1/events", mention(3))
        assert [first.status_code, second.status_code, other.status_code] == [202, 429, 202]
        assert second.json()["code"] == "too_often"
        assert int(second.headers["retry-after"]) >= 1
        delivered = [event["mention_id"] for event in running.delivered("mentions.raw.v1")]
        assert delivered == ["forum:1", "forum:3"]


async def test_strangers_are_told_why_only_so_often_and_senders_still_get_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with receiver(refusals_per_sec=1.5) as running:
        stranger = Sender(running.client, "not-the-secret-at-all")
        answers = [await stranger.post("/v1/events", mention(n)) for n in range(40)]
        codes = [answer.status_code for answer in answers]
        assert codes[:3] == [401, 401, 401]
        assert 429 in codes
        assert set(codes) == {401, 429}
        assert len(caplog.records) == codes.count(401)
        assert (await running.sender.post("/v1/events", mention(99))).status_code == 202


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "gzip, identity"])
async def test_what_is_packed_is_refused_before_it_is_unpacked(coding: str) -> None:
    bomb = gzip.compress(bytes(50 * 1024 * 1024))
    async with receiver() as running:
        refused = await running.sender.post(
            "/v1/events", bomb, headers={"content-encoding": coding}
        )
        assert (refused.status_code, refused.json()["code"]) == (415, "unknown_form")
        assert running.delivered("mentions.raw.v1") == []


async def test_a_signature_of_five_minutes_ago_is_worth_nothing_and_repeating_is_harmless() -> None:
    """The window is what limits a request that somebody has recorded; ids do the rest."""
    async with receiver() as running:
        late = await running.sender.post("/v1/events", mention(1), at_sec=1_783_159_200)
        assert late.status_code == 401
        raw = json.dumps(mention(2)).encode()
        again = await asyncio.gather(*(running.sender.post("/v1/events", raw) for _ in range(2)))
        assert [answer.status_code for answer in again] == [202, 202]
        keys = {event["mention_id"] for event in running.delivered("mentions.raw.v1")}
        assert keys == {"forum:2"}
