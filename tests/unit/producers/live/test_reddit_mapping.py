import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.mention import Account, Deletion, Event, Mention
from streams.producers.live.contract import MAPPING_ERRORS, PayloadError
from streams.producers.live.reddit_mapping import event_of, read_thing
from tests.fakes.reddit import comment, submission


def mapped(thing: dict[str, Any]) -> Mention:
    event = event_of(read_thing(json.dumps(thing).encode()))
    assert isinstance(event, Mention)
    return event


def test_a_comment_on_a_submission_is_a_comment() -> None:
    mention = mapped(comment(36 * 36, "the lid sticks", score=-4))
    assert mention.mention_id == "reddit:t1_100"
    assert (mention.kind, mention.text) == ("comment", "the lid sticks")
    assert mention.parent_id == mention.root_id == "reddit:t3_abc"
    assert mention.parent_text == "Which kettle?"
    assert (mention.author.id, mention.author.handle) == ("t2_1", "reader_1")
    assert mention.site == "r/kettles"
    assert mention.url == "https://www.reddit.com/r/kettles/comments/abc/which/100/"
    assert mention.published_at == datetime.fromtimestamp(1_790_000_000 + 1296, UTC)
    assert mention.edited_at is None
    assert mention.engagement.likes == 0  # a score below nothing is no like


def test_a_comment_on_a_comment_is_a_reply_whose_parent_text_is_not_known() -> None:
    mention = mapped(comment(7, parent_id="t1_zz", score=12))
    assert (mention.kind, mention.parent_id) == ("reply", "reddit:t1_zz")
    assert (mention.root_id, mention.parent_text) == ("reddit:t3_abc", "")
    assert mention.engagement.likes == 12


def test_an_edit_carries_its_time_and_the_first_publication() -> None:
    first, second = mapped(comment(7)), mapped(comment(7, edited=1_790_000_100.0))
    assert second.mention_id == first.mention_id
    assert second.published_at == first.published_at
    assert second.edited_at == datetime.fromtimestamp(1_790_000_100, UTC)


def test_an_edit_of_the_years_without_edit_times_is_still_read() -> None:
    assert mapped(comment(7, edited=True)).edited_at is None


def test_an_older_comment_without_ids_of_its_author_and_link_is_named_otherwise() -> None:
    thing = comment(36)
    for absent in ("author_fullname", "permalink", "subreddit_name_prefixed"):
        del thing["data"][absent]
    mention = mapped(thing)
    assert mention.author.id == "u/reader_1"
    assert mention.url == "https://www.reddit.com/comments/abc/_/10/"
    assert mention.site == "r/kettles"


def test_links_and_people_come_from_the_rendered_text() -> None:
    html = (
        '<p><a href="https://nimbara.example/k?a=1&amp;b=2">it</a> <a href="/u/tea_fan">u</a>'
        '<a href="https://www.reddit.com/user/ben/">b</a> <a href="/r/tea">r/tea</a></p>'
    )
    mention = mapped(comment(7, body_html=html))
    assert mention.links == ("https://nimbara.example/k?a=1&b=2",)
    assert mention.mentioned == (Account(handle="tea_fan"), Account(handle="ben"))


def test_a_submission_is_its_title_then_its_text() -> None:
    mention = mapped(submission(36, "Which kettle?", selftext="Under 30 euros."))
    assert (mention.mention_id, mention.kind) == ("reddit:t3_10", "post")
    assert mention.text == "Which kettle?\n\nUnder 30 euros."
    assert (mention.engagement.likes, mention.engagement.replies) == (3, 2)
    assert mention.links == ()


def test_a_link_submission_keeps_its_link() -> None:
    mention = mapped(submission(36, is_self=False, url="https://nimbara.example/"))
    assert (mention.text, mention.links) == ("Which kettle?", ("https://nimbara.example/",))


@pytest.mark.parametrize(
    "thing",
    [
        comment(7, "[deleted]", author="[deleted]", author_fullname=None),
        comment(7, "[removed]"),
        comment(7, "[ Removed by Reddit ]"),
    ],
)
def test_what_was_taken_back_is_a_deletion(thing: dict[str, Any]) -> None:
    event = event_of(read_thing(json.dumps(thing).encode()))
    assert isinstance(event, Deletion)
    assert (event.target, event.target_id) == ("mention", "reddit:t1_7")


def test_a_removed_submission_is_a_deletion() -> None:
    gone = submission(7, selftext="still here?", removed_by_category="moderator")
    event = event_of(read_thing(json.dumps(gone).encode()))
    assert isinstance(event, Deletion)
    assert event.author_id == "t2_asker"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{", "truncated"),
        (b'{"kind":"t5","data":{}}', "t5"),
        (b'{"kind":"t1","data":[]}', "not an object"),
        (b'{"kind":"t1","data":{}}', "missing required field"),
        (json.dumps(comment(7, name="t3_7")).encode(), "full name"),
        (json.dumps(comment(7, created_utc="soon")).encode(), "created_utc"),
        (json.dumps(comment(7, created_utc=-5)).encode(), "not a time"),
        (json.dumps(comment(7, author_fullname=" x ")).encode(), "id"),
    ],
)
def test_a_bad_payload_says_why(payload: bytes, reason: str) -> None:
    with pytest.raises(MAPPING_ERRORS) as caught:
        event_of(read_thing(payload))
    assert reason in str(caught.value)


_values = st.one_of(
    st.none(), st.booleans(), st.floats(), st.text(max_size=20), st.integers(), st.just("[deleted]")
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(comment(1)["data"])), _values))
def test_whatever_a_field_holds_the_result_fits_the_schema_or_is_refused(
    fields: dict[str, Any],
) -> None:
    try:
        event = event_of(read_thing(json.dumps(comment(7, **fields)).encode()))
    except MAPPING_ERRORS:
        return
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


def test_the_errors_of_mapping_are_one_family() -> None:
    assert issubclass(PayloadError, ValueError)
