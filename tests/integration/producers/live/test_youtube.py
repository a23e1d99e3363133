import json
import logging
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from schemas.mention import Mention
from streams.producers.live.http import HttpOptions
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError
from tests.fakes.listening import Heard, hear, polls
from tests.fakes.polled import Trouble
from tests.fakes.youtube import CHANNEL, OTHER, VIDEO, FakeYouTube, refusal_body


def threads(*numbers: int) -> list[str]:
    return [f"youtube:Ug{number:04d}" for number in numbers]


async def test_comments_and_their_replies_come_once_with_parents_before_replies() -> None:
    async with FakeYouTube() as youtube:
        first, second = youtube.say(1), youtube.say(2)
        replies = [youtube.reply(first, n, 100 + n) for n in range(8)]
        heard = await hear(youtube.source(), polls(3))
    assert heard.ids == [f"youtube:{i}" for i in (first, *replies, second)]
    assert len(youtube.asked_for("/comments")) == 1  # a thread shows five of its eight replies
    query = youtube.asked_for("/commentThreads")[0].query
    assert (query["order"], query["part"], query["textFormat"]) == (
        "time",
        "snippet,replies",
        "plainText",
    )


async def test_new_threads_replies_and_edits_come_between_polls() -> None:
    async with FakeYouTube() as youtube:
        first = youtube.say(1)
        heard = await hear(youtube.source(), polls(1))
        youtube.say(2)
        late = [youtube.reply(first, n, 100 + n) for n in range(3)]
        await hear(youtube.source(), polls(3), cursor=heard.cursor, heard=heard)
        youtube.threads[VIDEO][-1]["snippet"] |= {
            "textOriginal": "changed my mind",
            "updatedAt": "2026-07-04T11:00:00Z",
        }
        await hear(youtube.source(), polls(5), cursor=heard.cursor, heard=heard)
    ids = [f"youtube:{i}" for i in (first, *late)]
    assert heard.ids == [ids[0], *ids[1:], *threads(2), ids[0]]
    edit = heard.events[-1]
    assert isinstance(edit, Mention)
    assert edit.text == "changed my mind"
    assert edit.edited_at is not None
    assert edit.edited_at - edit.published_at == timedelta(minutes=59, seconds=50)


async def test_a_long_absence_is_read_back_until_what_is_known() -> None:
    async with FakeYouTube() as youtube:
        youtube.page_size = 20
        for n in range(1, 31):
            youtube.say(n)
        first = await hear(youtube.source(), polls(1))
        assert first.ids == threads(*range(11, 31))  # the newest page is where it begins
        for n in range(31, 200):
            youtube.say(n)
        second = await hear(youtube.source(), polls(1), cursor=first.cursor)
    assert second.ids == threads(*range(31, 200))


async def test_a_resume_at_any_cursor_gives_each_comment_once() -> None:
    async with FakeYouTube() as youtube:
        youtube.page_size = 30
        for n in range(1, 25):
            youtube.say(n)
        begun = await hear(youtube.source(), polls(1))
        for n in range(25, 130):
            thread = youtube.say(n)
            for r in range(n % 9):
                youtube.reply(thread, r, n * 10 + r)
        whole = await hear(youtube.source(), polls(1), cursor=begun.cursor)
        assert len(whole.cursors) > 5
        for events, cursor in whole.cursors:
            rest = await hear(youtube.source(), polls(1), cursor=json.loads(json.dumps(cursor)))
            assert Counter(whole.ids[:events] + rest.ids) == Counter(whole.ids)
    assert max(Counter(whole.ids).values()) == 1
    assert len(whole.ids) == sum(1 + n % 9 for n in range(25, 130))


async def test_a_channel_is_listened_to_as_a_whole() -> None:
    async with FakeYouTube() as youtube:
        youtube.say(1, video=VIDEO)
        youtube.say(2, video=OTHER)
        heard = await hear(youtube.source(videos=(), channels=(CHANNEL,)), polls(2))
    assert heard.ids == threads(1, 2)
    other = heard.events[1]
    assert isinstance(other, Mention)
    assert other.root_id == f"youtube:{OTHER}"
    assert youtube.asked[0].query["allThreadsRelatedToChannelId"] == CHANNEL


async def test_a_video_without_comments_yet_is_heard_from_its_first_one_on() -> None:
    async with FakeYouTube() as youtube:
        heard = await hear(youtube.source(), polls(2))
        youtube.page_size = 2
        for n in range(1, 6):
            youtube.say(n)
        await hear(youtube.source(), polls(1), cursor=heard.cursor, heard=heard)
    assert heard.ids == threads(*range(1, 6))


@pytest.mark.parametrize("reason", ["commentsDisabled", "videoNotFound"])
async def test_a_video_without_comments_is_left_out_and_the_others_go_on(
    reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with FakeYouTube() as youtube:
        youtube.closed[VIDEO] = reason
        youtube.say(1, video=OTHER)
        with caplog.at_level(logging.WARNING):
            heard = await hear(youtube.source(videos=(VIDEO, OTHER)), polls(4))
    assert heard.ids == threads(1)
    assert caplog.text.count(reason) == 1
    assert len([a for a in youtube.asked if a.query.get("videoId") == VIDEO]) == 1


async def test_a_spent_quota_waits_until_midnight_in_the_pacific() -> None:
    async with FakeYouTube() as youtube:
        youtube.say(1)
        heard = await hear(youtube.source(), polls(1))
        youtube.troubles.append(Trouble("status", 403, body=refusal_body(403, "quotaExceeded")))
        with pytest.raises(SourceUnavailableError, match="quota") as caught:
            await hear(youtube.source(), polls(9), cursor=heard.cursor, heard=heard)
    assert caught.value.retry_after_sec is not None
    assert 60 <= caught.value.retry_after_sec <= 25 * 3_600 + 60


async def test_units_are_counted_over_restarts_and_nothing_is_asked_beyond_them() -> None:
    async with FakeYouTube() as youtube:
        youtube.say(1)
        source = youtube.source(daily_units=5, longest_sec=0.01)
        heard = await hear(source, polls(2))
        assert heard.cursor is not None
        assert heard.cursor["quota"][1] == 2
        with pytest.raises(SourceUnavailableError, match="5 units"):
            await hear(source, polls(99), cursor=heard.cursor, heard=heard)
    assert len(youtube.asked) == 5


async def test_a_wrong_key_is_refused_with_the_remedy_and_without_the_key() -> None:
    async with FakeYouTube() as youtube:
        with pytest.raises(SourceRefusedError, match="ESCUCHA_YOUTUBE_API_KEY") as caught:
            await hear(youtube.source(api_key="wrong-one"), polls(1))
        assert "wrong-one" not in str(caught.value)
        assert "wrong-one" not in repr(youtube.source(api_key="wrong-one"))
        assert not any("key" in asked.query for asked in youtube.asked)


@pytest.mark.parametrize(
    ("trouble", "wait_sec"),
    [
        (Trouble("status", 503), None),
        (Trouble("status", 429, {"Retry-After": "30"}), 30),
        (Trouble("status", 403, body=refusal_body(403, "rateLimitExceeded")), 60),
        (Trouble("truncate"), None),
        (Trouble("hang"), None),
    ],
)
async def test_outages_lose_nothing(trouble: Trouble, wait_sec: float | None) -> None:
    async with FakeYouTube() as youtube:
        youtube.page_size = 5
        for n in range(1, 6):
            youtube.say(n)
        source = youtube.source(http=HttpOptions(read_sec=0.2))
        heard = await hear(source, polls(1))
        for n in range(6, 30):
            youtube.say(n)
        youtube.troubles.append(trouble)
        with pytest.raises(SourceUnavailableError) as caught:
            await hear(source, polls(9), cursor=heard.cursor, heard=heard)
        assert caught.value.retry_after_sec == wait_sec
        await hear(source, polls(2), cursor=heard.cursor, heard=heard)
    assert heard.ids == threads(*range(1, 30))


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("malformed", path="/comments"),
        Trouble("status", 400, body=refusal_body(400, "processingFailure"), path="/comments"),
    ],
)
async def test_replies_that_cannot_be_read_now_come_with_a_later_poll(trouble: Trouble) -> None:
    async with FakeYouTube() as youtube:
        thread = [youtube.say(n) for n in range(1, 4)][1]
        replies = [youtube.reply(thread, n, 100 + n) for n in range(9)]
        youtube.troubles.append(trouble)
        heard = await hear(youtube.source(), polls(4))
    assert Counter(heard.ids) == Counter([*threads(1, 2, 3), *(f"youtube:{r}" for r in replies)])


async def test_bad_comments_are_kept_with_their_reason_once() -> None:
    async with FakeYouTube() as youtube:
        thread = youtube.say(1)
        youtube.say(2, publishedAt="yesterday")
        youtube.say(3, authorChannelId={}, authorDisplayName="")
        youtube.reply(thread, 1, 100, likeCount="many")
        youtube.say(4)
        heard = await hear(youtube.source(), polls(5))
    assert heard.ids == threads(1, 4)
    reasons = sorted(unmapped.reason for unmapped in heard.unmapped)
    assert len(reasons) == 3
    for words, reason in zip(("likeCount", "whose it is", "publishedAt"), reasons, strict=True):
        assert words in reason


async def test_an_answer_that_is_not_json_is_kept_and_polling_goes_on() -> None:
    async with FakeYouTube() as youtube:
        youtube.say(1)
        youtube.troubles.append(Trouble("malformed"))
        heard = await hear(youtube.source(), lambda h: bool(h.events))
    assert len(heard.unmapped) == 1


async def test_an_old_thread_that_shows_up_again_is_not_news() -> None:
    async with FakeYouTube() as youtube:
        for n in range(1, 251):
            youtube.say(n)
        heard = await hear(youtube.source(), polls(1))
        assert heard.ids == threads(*range(151, 251))
        del youtube.threads[VIDEO][:20]  # deleted: older ones move up into the page
        again = await hear(youtube.source(), polls(2), cursor=heard.cursor)
    assert again.ids == []


async def test_a_cursor_that_cannot_be_read_begins_anew_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cursor: dict[str, Any] = {"watched": {VIDEO: ["?"]}}
    async with FakeYouTube() as youtube:
        youtube.say(1)
        heard: Heard = await hear(youtube.source(), polls(1), cursor=cursor)
    assert heard.ids == threads(1)
    assert "begins anew" in caplog.text
