import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.mention import Event, Mention
from streams.errors import InputError
from streams.producers.live.contract import MAPPING_ERRORS
from streams.producers.live.youtube import from_options
from streams.producers.live.youtube_client import Quota
from streams.producers.live.youtube_mapping import event_of, read_comment
from streams.producers.live.youtube_watch import REMEMBERED_REPLIES, SeenThread, Watch
from tests.fakes.youtube import CHANNEL, VIDEO, at, comment


def mapped(raw: dict[str, Any], above: dict[str, Any] | None = None) -> Mention:
    parent = read_comment(json.dumps(above).encode()) if above else None
    return event_of(read_comment(json.dumps(raw).encode()), VIDEO, parent)


def test_a_comment_answers_its_video() -> None:
    mention = mapped(comment("Ug1", 5, "is it loud?"))
    assert (mention.mention_id, mention.kind, mention.text) == (
        "youtube:Ug1",
        "comment",
        "is it loud?",
    )
    assert mention.parent_id == mention.root_id == f"youtube:{VIDEO}"
    assert (mention.author.id, mention.author.handle) == ("UCreader1", "reader1")
    assert mention.engagement.likes == 2
    assert mention.url == f"https://www.youtube.com/watch?v={VIDEO}&lc=Ug1"
    assert mention.edited_at is None


def test_a_reply_carries_its_parent_and_the_parents_words() -> None:
    reply = comment("Ug1.r1", 9, "no", parentId="Ug1")
    mention = mapped(reply, comment("Ug1", 5, "is it loud?"))
    assert (mention.kind, mention.parent_id) == ("reply", "youtube:Ug1")
    assert mention.root_id == f"youtube:{VIDEO}"
    assert (mention.parent_text, mention.parent_author_id) == ("is it loud?", "UCreader1")


def test_a_later_version_is_an_edit_of_the_same_mention() -> None:
    mention = mapped(comment("Ug1", 5, updatedAt=at(65)))
    assert mention.edited_at is not None
    assert (mention.edited_at - mention.published_at).total_seconds() == 60


def test_an_author_without_a_channel_goes_by_name() -> None:
    mention = mapped(comment("Ug1", 5, authorChannelId={"value": ""}, authorDisplayName="Ana"))
    assert (mention.author.id, mention.author.handle, mention.author.name) == ("Ana", "", "Ana")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"publishedAt": None}, "publishedAt"),
        ({"authorChannelId": {}, "authorDisplayName": " "}, "whose it is"),
        ({"likeCount": 2**60}, "likes"),
    ],
)
def test_a_bad_comment_says_why(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(MAPPING_ERRORS, match=reason):
        mapped(comment("Ug1", 5, **fields))


_values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=9), st.just(at(3)), st.just({})
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(comment("a", 1)["snippet"])), _values))
def test_whatever_a_field_holds_the_result_fits_the_schema_or_is_refused(
    fields: dict[str, Any],
) -> None:
    try:
        event = mapped(comment("Ug1", 5, **fields))
    except MAPPING_ERRORS:
        return
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


@settings(deadline=None)
@given(st.lists(st.integers(1, 60), max_size=80), st.integers(0, 79))
def test_replies_in_order_come_once_however_often_they_are_shown(
    steps: list[int], cut: int
) -> None:
    second, replies = 0, []
    for number, step in enumerate(steps):
        second += step
        replies.append(read_comment(json.dumps(comment(f"a.{number}", second)).encode()))
    seen, taken = SeenThread(), []
    for shown in (replies[:cut], replies, replies):
        news = [reply for reply in shown if seen.wants(reply)]
        for reply in news:
            seen.take(reply)
        taken += news
        watch = Watch(floor=0)
        watch.take("a", seen)
        seen = Watch.from_cursor(json.loads(json.dumps(watch.to_cursor()))).threads["a"]
    assert [reply.id for reply in taken] == [reply.id for reply in replies]
    assert len(seen.versions) <= REMEMBERED_REPLIES


def test_the_day_of_the_quota_ends_at_midnight_in_the_pacific() -> None:
    moment = datetime(2026, 7, 4, 6, 0, tzinfo=UTC)  # 23:00 on the 3rd there
    quota = Quota(10, now=lambda: moment)
    quota.spend()
    assert (quota.day, quota.left()) == ("2026-07-03", 9)
    assert quota.seconds_left() == 3_600 + 60
    moment = datetime(2026, 7, 4, 7, 0, tzinfo=UTC)
    assert quota.left() == 10


def test_the_day_that_clocks_are_set_back_is_an_hour_longer() -> None:
    quota = Quota(10, now=lambda: datetime(2026, 11, 1, 7, 0, tzinfo=UTC))  # midnight there
    assert quota.seconds_left() == 25 * 3_600 + 60


@pytest.mark.parametrize(
    "raw",
    [
        "kettle-0_42",
        "https://www.youtube.com/watch?v=kettle-0_42&t=3",
        "https://youtu.be/kettle-0_42?si=x",
        "https://www.youtube.com/shorts/kettle-0_42",
    ],
)
def test_a_video_is_given_by_id_or_address(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCUCHA_YOUTUBE_API_KEY", "k")
    source = from_options(
        videos=(raw,),
        channels=(CHANNEL,),
        poll_sec=1,
        daily_units=1,
        api_url="http://there/",
        user_agent="u",
    )
    assert source.api_url == "http://there"
    assert source.videos == ("kettle-0_42",)
    assert source.scope == f"{CHANNEL} kettle-0_42"


@pytest.mark.parametrize(
    ("videos", "channels", "words"),
    [((), (), "--video ID"), (("short",), (), "address"), ((), ("@handle",), "begins with UC")],
)
def test_what_is_no_id_is_refused_with_the_remedy(
    videos: tuple[str, ...], channels: tuple[str, ...], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        from_options(
            videos=videos, channels=channels, poll_sec=1, daily_units=1, api_url="", user_agent="u"
        )
