import asyncio
import json
import logging
from collections import Counter
from typing import Any

import pytest

from schemas.mention import Deletion, Mention
from streams.producers.live.http import HttpOptions
from streams.producers.live.reddit import Reddit
from streams.producers.live.source import (
    Received,
    SourceRefusedError,
    SourceUnavailableError,
)
from tests.fakes.listening import Heard, hear, polls
from tests.fakes.polled import Trouble
from tests.fakes.reddit import FakeReddit, comment, submission
from tests.integration.producers.helpers import real_file

ONLY_COMMENTS: dict[str, Any] = {"kinds": ("comments",)}


def recording(name: str) -> list[dict[str, Any]]:
    """The recorded listings of a stream, or skip: they are not part of the project."""
    with real_file(f"fixtures/reddit/TestSubredditStreams.{name}.ndjson").open("rb") as lines:
        return [json.loads(line)["body"] for line in lines]


def names(tape: list[dict[str, Any]]) -> set[str]:
    return {f"reddit:{item['data']['name']}" for body in tape for item in body["data"]["children"]}


async def test_every_comment_of_the_recording_comes_exactly_once() -> None:
    tape = recording("test_comments")
    async with FakeReddit() as reddit:
        reddit.tapes["comments"] = tape
        heard = await hear(
            reddit.source(**ONLY_COMMENTS),
            lambda _: reddit.positions.get("comments", 0) > len(tape) + 2,
        )
    assert not heard.unmapped
    assert Counter(heard.ids) == Counter(names(tape))
    assert len(heard.ids) == 417


async def test_the_recording_resumed_at_any_cursor_gives_each_comment_once() -> None:
    tape = recording("test_comments")
    async with FakeReddit() as reddit:
        source = reddit.source(**ONLY_COMMENTS)
        reddit.tapes["comments"] = tape
        positions: list[int] = []

        def done(_: Heard) -> bool:
            positions.append(reddit.positions.get("comments", 0))
            return positions[-1] > len(tape) + 2

        whole = await hear(source, done)
        at_cursor = list(zip(whole.cursors, positions, strict=True))
        assert len(at_cursor) > 20
        for (events, cursor), position in at_cursor:
            # Read again from the answer that was being read when the cursor was made.
            reddit.positions["comments"] = max(0, position - 1)
            rest = await hear(
                source,
                lambda _: reddit.positions["comments"] > len(tape) + 2,
                cursor=json.loads(json.dumps(cursor)),
            )
            assert Counter(whole.ids[:events] + rest.ids) == Counter(names(tape))


async def test_every_submission_of_the_recording_comes_exactly_once() -> None:
    tape = recording("test_submissions")
    async with FakeReddit() as reddit:
        reddit.tapes["new"] = tape
        heard = await hear(
            reddit.source(kinds=("submissions",)),
            lambda _: reddit.positions.get("new", 0) > len(tape) + 1,
        )
    assert not heard.unmapped
    assert Counter(heard.ids) == Counter(names(tape))


async def test_both_kinds_are_polled_and_told_apart() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(comment(1), comment(2))
        reddit.submissions.add(submission(1))
        heard = await hear(reddit.source(), polls(6))
    assert Counter(heard.ids) == Counter(["reddit:t1_1", "reddit:t1_2", "reddit:t3_1"])
    query = reddit.asked_for("/r/kettles/new")[0].query
    assert query == {"limit": "100", "raw_json": "1"}


async def test_new_items_between_polls_come_once_and_in_order() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 60)))
        added = iter(range(60, 300))

        def feed(heard: Heard) -> bool:
            reddit.comments.add(*(comment(n) for _, n in zip(range(7), added, strict=False)))
            return len(heard.events) >= 299

        heard = await hear(reddit.source(**ONLY_COMMENTS), feed)
    numbers = [int(i.removeprefix("reddit:t1_"), 36) for i in heard.ids]
    assert numbers == list(range(1, 300))
    assert any("before" in asked.query for asked in reddit.asked)


async def test_a_deleted_pivot_does_not_silence_the_source() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 31)))
        first = await hear(reddit.source(**ONLY_COMMENTS), polls(1))
        before = len(reddit.asked)
        for n in range(20, 31):  # the newest, the pivot among them
            reddit.comments.remove(comment(n)["data"]["name"])
        reddit.comments.add(comment(31))
        second = await hear(
            reddit.source(**ONLY_COMMENTS), lambda heard: bool(heard.events), cursor=first.cursor
        )
    asked = [a.query for a in reddit.asked[before:] if "comments" in a.path]
    assert second.ids == ["reddit:t1_v"]
    assert "before" in asked[0]
    assert "before" not in asked[1]


async def test_an_item_that_shows_up_late_behind_newer_ones_is_not_missed() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in (*range(1, 40), 41, 42)))
        first = await hear(reddit.source(**ONLY_COMMENTS), polls(1))
        reddit.comments.items.insert(2, comment(40))
        second = await hear(
            reddit.source(**ONLY_COMMENTS), lambda h: bool(h.events), cursor=first.cursor
        )
    assert second.ids == ["reddit:t1_14"]


async def test_a_subreddit_that_was_empty_is_heard_from_its_first_item_on() -> None:
    async with FakeReddit() as reddit:
        first = await hear(reddit.source(**ONLY_COMMENTS), polls(1))
        reddit.comments.add(*(comment(n) for n in range(1, 250)))
        second = await hear(reddit.source(**ONLY_COMMENTS), polls(1), cursor=first.cursor)
    assert [int(i.removeprefix("reddit:t1_"), 36) for i in second.ids] == list(range(1, 250))


async def test_a_gap_of_many_pages_is_closed_page_by_page() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 50)))
        first = await hear(reddit.source(**ONLY_COMMENTS), polls(1))
        reddit.comments.add(*(comment(n) for n in range(50, 700)))
        reddit.comments.remove("t1_18")  # the pivot (44) is gone too
        second = await hear(reddit.source(**ONLY_COMMENTS), polls(1), cursor=first.cursor)
    numbers = [int(i.removeprefix("reddit:t1_"), 36) for i in second.ids]
    assert numbers == list(range(50, 700))
    assert second.steps > 6  # a cursor after every page
    assert "comments_gaps" not in (second.cursor or {})


async def test_many_new_items_above_a_living_pivot_are_fetched_forwards() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 50)))
        first = await hear(reddit.source(**ONLY_COMMENTS), polls(1))
        reddit.comments.add(*(comment(n) for n in range(50, 400)))
        second = await hear(
            reddit.source(**ONLY_COMMENTS), lambda h: len(h.events) >= 350, cursor=first.cursor
        )
    assert [int(i.removeprefix("reddit:t1_"), 36) for i in second.ids] == list(range(50, 400))
    assert not any("after" in asked.query for asked in reddit.asked)


async def test_a_gap_longer_than_reddit_lists_is_counted_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 50)))
        first = await hear(reddit.source(**ONLY_COMMENTS), polls(1))
        reddit.comments.items.clear()
        reddit.comments.add(*(comment(n) for n in range(60, 1_500)))
        with caplog.at_level(logging.WARNING):
            second = await hear(reddit.source(**ONLY_COMMENTS), polls(1), cursor=first.cursor)
    assert len(second.events) == 1_000
    assert second.cursor is not None
    assert second.cursor["comments_gaps"] == 1
    assert "could not be closed" in caplog.text


async def test_an_edit_and_a_deletion_of_a_seen_comment_come_through_once() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 20)))
        first = await hear(reddit.source(**ONLY_COMMENTS), polls(1))
        reddit.comments.items[3] = comment(16, "changed my mind", edited=1_790_000_500.0)
        reddit.comments.items[8] = comment(11, "[deleted]", author="[deleted]")
        second = await hear(reddit.source(**ONLY_COMMENTS), polls(25), cursor=first.cursor)
    deletion, edit = sorted(second.events, key=lambda event: type(event).__name__)
    assert isinstance(deletion, Deletion)
    assert isinstance(edit, Mention)
    assert (deletion.target_id, edit.mention_id) == ("reddit:t1_b", "reddit:t1_g")
    assert edit.edited_at is not None


async def test_a_token_is_renewed_when_it_ends_and_when_it_is_refused() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(comment(1))
        taken_back: list[int] = []

        def take_back(heard: Heard) -> bool:
            if heard.steps in (2, 4):
                reddit.valid = "another"
                taken_back.append(heard.steps)
            return heard.empty >= 6

        await hear(reddit.source(**ONLY_COMMENTS), take_back)
    assert len(reddit.asked_for("access_token")) == 1 + len(taken_back)


async def test_a_wrong_key_is_refused_with_the_remedy_and_without_the_key() -> None:
    wrong = {"client_secret": "wrong-one"}
    async with FakeReddit() as reddit:
        with pytest.raises(SourceRefusedError, match="ESCUCHA_REDDIT_CLIENT_ID") as caught:
            await hear(reddit.source(**wrong), polls(1))
    assert "wrong-one" not in str(caught.value)
    assert "wrong-one" not in repr(reddit.source(**wrong))


async def test_a_key_that_gets_tokens_and_no_listing_is_refused_after_one_renewal() -> None:
    async with FakeReddit() as reddit:
        reddit.troubles.extend(Trouble("status", 401, path="/comments") for _ in range(2))
        with pytest.raises(SourceRefusedError, match="401"):
            await hear(reddit.source(**ONLY_COMMENTS), polls(1))
    assert len(reddit.asked_for("access_token")) == 2


async def test_a_private_subreddit_is_refused() -> None:
    async with FakeReddit() as reddit:
        reddit.troubles.append(Trouble("status", 403, path="/comments"))
        with pytest.raises(SourceRefusedError, match="public subreddit"):
            await hear(reddit.source(**ONLY_COMMENTS), polls(1))


async def test_the_rate_limit_is_spread_over_its_window() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(comment(1))
        reddit.headers = {"X-Ratelimit-Remaining": "4.0", "X-Ratelimit-Reset": "1"}
        started = asyncio.get_running_loop().time()
        await hear(reddit.source(**ONLY_COMMENTS), polls(4))
        elapsed = asyncio.get_running_loop().time() - started
    assert elapsed > 0.6  # three pauses of a quarter of a second


async def test_a_spent_limit_asks_for_the_pause_that_reddit_names() -> None:
    async with FakeReddit() as reddit:
        headers = {"X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "77"}
        reddit.troubles.append(Trouble("status", 429, headers, path="/comments"))
        with pytest.raises(SourceUnavailableError) as caught:
            await hear(reddit.source(**ONLY_COMMENTS), polls(1))
    assert caught.value.retry_after_sec == 77


@pytest.mark.parametrize("fate", ["truncate", "hang"])
async def test_a_broken_or_hanging_answer_is_an_outage_and_nothing_is_lost(fate: Any) -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 30)))
        source = reddit.source(http=HttpOptions(read_sec=0.2), **ONLY_COMMENTS)
        heard = await hear(source, polls(1))
        reddit.comments.add(*(comment(n) for n in range(30, 50)))
        reddit.troubles.append(Trouble(fate, path="/comments"))
        with pytest.raises(SourceUnavailableError):
            await hear(source, polls(9), cursor=heard.cursor, heard=heard)
        await hear(source, lambda h: len(h.events) >= 49, cursor=heard.cursor, heard=heard)
    assert Counter(heard.ids) == Counter(names([reddit.comments.page({"limit": "100"})]))


async def test_bad_payloads_are_kept_with_their_reason_and_the_rest_comes_through() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(comment(1), comment(2, created_utc="never"), comment(3))
        reddit.comments.items.insert(0, {"kind": "more", "data": {"name": "t1_x"}})
        heard = await hear(reddit.source(**ONLY_COMMENTS), polls(12))
    assert heard.ids == ["reddit:t1_1", "reddit:t1_3"]
    reasons = sorted(unmapped.reason for unmapped in heard.unmapped)
    assert len(reasons) == 2  # once each, though every poll brings them
    assert "created_utc" in reasons[0]
    assert "more" in reasons[1]


async def test_an_answer_that_is_not_json_is_kept_and_polling_goes_on() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 30)))
        reddit.troubles.append(Trouble("malformed", path="/comments"))
        heard = await hear(reddit.source(**ONLY_COMMENTS), polls(2))
    assert len(heard.unmapped) == 1
    assert "not a listing" in heard.unmapped[0].reason
    assert len(heard.events) == 29


async def test_a_malformed_page_on_the_way_back_does_not_leave_a_gap() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 50)))
        first = await hear(reddit.source(**ONLY_COMMENTS), polls(1))
        for n in range(40, 50):
            reddit.comments.remove(comment(n)["data"]["name"])
        reddit.comments.add(*(comment(n) for n in range(50, 400)))
        source = reddit.source(**ONLY_COMMENTS)
        reddit.troubles.append(Trouble("answer", path="/comments", body=reddit.comments.page({})))
        reddit.troubles[0].body["data"]["children"] = []
        reddit.troubles.append(Trouble("answer", path="/comments", body=_newest(reddit)))
        reddit.troubles.append(Trouble("malformed", path="/comments"))
        second = await hear(source, lambda h: len(h.events) >= 350, cursor=first.cursor)
    assert len(second.unmapped) == 1
    assert [int(i.removeprefix("reddit:t1_"), 36) for i in second.ids] == list(range(50, 400))


def _newest(reddit: FakeReddit) -> Any:
    return reddit.comments.page({"limit": "100"})


async def test_busy_listings_are_polled_sooner_than_quiet_ones() -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(*(comment(n) for n in range(1, 100)))
        source = reddit.source(shortest_sec=0.0, longest_sec=0.5)

        def feed(_: Heard) -> bool:
            newest = int(reddit.comments.items[0]["data"]["id"], 36)
            reddit.comments.add(*(comment(newest + n) for n in range(1, 90)))
            return len(reddit.asked_for("/comments")) > 12

        await hear(source, feed)
    assert len(reddit.asked_for("/new")) <= 4


async def test_a_cursor_that_cannot_be_read_begins_anew_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with FakeReddit() as reddit:
        reddit.comments.add(comment(1))
        heard = await hear(
            reddit.source(**ONLY_COMMENTS), polls(1), cursor={"comments": "what? ever"}
        )
    assert heard.ids == ["reddit:t1_1"]
    assert "begins anew" in caplog.text


def test_runs_of_the_same_subreddits_share_a_scope() -> None:
    keys = {"client_id": "a", "client_secret": "b"}
    one = Reddit(subreddits=("Tea", "kettles"), **keys)
    other = Reddit(subreddits=("kettles", "tea"), **keys)
    assert one.scope == other.scope == "r/kettles+tea"
    assert Reddit(subreddits=("tea",), kinds=("comments",), **keys).scope == "r/tea comments"
    assert Received().events == ()
