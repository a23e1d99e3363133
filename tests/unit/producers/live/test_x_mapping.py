import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.mention import Account, Event, Interaction, Mention
from streams.producers.live.contract import MAPPING_ERRORS
from streams.producers.live.x_mapping import event_of, moment_of, read_post, snowflake_of
from streams.producers.live.x_payload import Includes, RawIncludes
from streams.producers.live.x_progress import Gap, Progress, queries_of
from tests.fakes.x import post, post_id


def mapped(payload: dict[str, Any]) -> Event:
    includes = msgspec.json.decode(json.dumps(payload.get("includes", {})), type=RawIncludes)
    return event_of(read_post(json.dumps(payload["data"]).encode()), Includes(includes))


def mention_of(payload: dict[str, Any]) -> Mention:
    event = mapped(payload)
    assert isinstance(event, Mention)
    return event


def with_posts(payload: dict[str, Any], *posts: dict[str, Any]) -> dict[str, Any]:
    includes = {**payload["includes"], "tweets": [other["data"] for other in posts]}
    return {**payload, "includes": includes}


def test_a_post_carries_its_author_and_its_reactions() -> None:
    metrics = {
        "like_count": 5,
        "retweet_count": 4,
        "reply_count": 3,
        "quote_count": 2,
        "impression_count": 99,
        "bookmark_count": 1,
    }
    mention = mention_of(post(7, "the lid &amp; the base &lt;3", public_metrics=metrics))
    assert (mention.mention_id, mention.kind, mention.lang) == (f"x:{post_id(7)}", "post", "en")
    assert mention.text == "the lid & the base <3"
    assert mention.author.id == "102"
    assert (mention.author.handle, mention.author.followers) == ("reader_102", 42)
    assert mention.url == f"https://x.com/reader_102/status/{post_id(7)}"
    assert (mention.engagement.likes, mention.engagement.reposts) == (5, 4)
    assert (mention.engagement.replies, mention.engagement.quotes) == (3, 2)
    assert mention.engagement.views == 99
    assert (mention.edited_at, mention.root_id, mention.parent_id) == (None, "", "")


def test_a_reply_knows_parent_root_and_the_parents_words() -> None:
    reply = post(
        9,
        conversation_id=post_id(1),
        in_reply_to_user_id="101",
        referenced_tweets=[{"type": "replied_to", "id": post_id(6)}],
    )
    mention = mention_of(with_posts(reply, post(6, "which &amp; why?")))
    assert mention.kind == "reply"
    assert (mention.parent_id, mention.root_id) == (f"x:{post_id(6)}", f"x:{post_id(1)}")
    assert (mention.parent_text, mention.parent_author_id) == ("which & why?", "101")


def test_a_quote_names_what_it_quotes_and_has_no_parent() -> None:
    quote = post(9, referenced_tweets=[{"type": "quoted", "id": post_id(6)}])
    mention = mention_of(quote)
    assert (mention.kind, mention.quoted_id, mention.parent_id) == ("quote", f"x:{post_id(6)}", "")


def test_a_repost_is_an_interaction_with_the_first_version_of_its_target() -> None:
    original = post(6, edit_history_tweet_ids=[post_id(4), post_id(6)])
    repost = post(9, "RT …", referenced_tweets=[{"type": "retweeted", "id": post_id(6)}])
    event = mapped(with_posts(repost, original))
    assert isinstance(event, Interaction)
    assert (event.kind, event.interaction_id) == ("repost", f"x:{post_id(9)}")
    assert event.target_id == f"x:{post_id(4)}"
    assert event.target_author_id == "101"
    assert mapped(repost).target_id == f"x:{post_id(6)}"  # type: ignore[union-attr]


def test_versions_of_a_post_share_id_and_publication() -> None:
    first = mention_of(post(1))
    second = mention_of(post(5, "better", edit_history_tweet_ids=[post_id(1), post_id(5)]))
    assert second.mention_id == first.mention_id
    assert second.published_at == first.published_at
    assert second.edited_at is not None
    assert second.edited_at - second.published_at == timedelta(seconds=4)
    assert second.url.endswith(post_id(5))


def test_the_whole_of_a_long_post_is_read_with_its_own_entities() -> None:
    note = {
        "text": "long " * 100,
        "entities": {"hashtags": [{"tag": "té"}], "mentions": [{"username": "ben", "id": "8"}]},
    }
    mention = mention_of(post(1, "long long…", note_tweet=note))
    assert mention.text == "long " * 100
    assert mention.hashtags == ("té",)
    assert mention.mentioned == (Account(id="8", handle="ben"),)


def test_links_lead_where_the_payload_says_and_own_pictures_are_none() -> None:
    urls = [
        {"url": "https://t.co/a", "expanded_url": "https://bit.example/a",
         "unwound_url": "https://nimbara.example/kettle"},
        {"url": "https://t.co/b", "expanded_url": "https://tea.example/"},
        {"url": "https://t.co/c", "expanded_url": "https://x.com/i/photo/1", "media_key": "3_1"},
        {"url": "https://t.co/d"},
    ]  # fmt: skip
    assert mention_of(post(1, entities={"urls": urls})).links == (
        "https://nimbara.example/kettle",
        "https://tea.example/",
        "https://t.co/d",
    )


@pytest.mark.parametrize(
    ("raw", "lang"),
    [
        ("und", ""),
        ("qme", ""),
        ("zxx", ""),
        ("es", "es"),
        ("iw", "he"),
        ("zh-TW", "zh-TW"),
        ("?", ""),
    ],
)
def test_what_is_no_language_is_empty(raw: str, lang: str) -> None:
    assert mention_of(post(1, lang=raw)).lang == lang


def test_a_snowflake_tells_when_it_was_given() -> None:
    moment = datetime(2022, 6, 8, 2, 18, 12, tzinfo=UTC)
    told = moment_of(1534359106945003520)  # of the API's documentation, made at that second
    assert told is not None
    assert timedelta(0) <= told - moment < timedelta(seconds=1)
    assert moment_of(snowflake_of(moment)) == moment


def test_ids_of_the_years_before_snowflakes_need_a_date() -> None:
    old = {"data": {"id": "20", "text": "just setting up", "author_id": "12"}}
    with pytest.raises(MAPPING_ERRORS, match="does not say when"):
        mapped(old)
    old["data"]["created_at"] = "2006-03-21T20:50:14.000Z"
    assert mention_of(old).published_at.year == 2006


def test_an_author_who_did_not_come_along_is_an_id() -> None:
    payload = post(1)
    payload["includes"] = {"users": [{"username": "no id"}, 7]}
    assert mention_of(payload).author == type(mention_of(payload).author)(id="101")


_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=9), st.just(post_id(2))),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "type", "text", "urls", "tag"]), inner, max_size=3),
    ),
    max_leaves=5,
)
_names = [*post(1)["data"], "note_tweet", "entities", "referenced_tweets", "in_reply_to_user_id"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(_names), _values))
def test_whatever_a_field_holds_the_result_fits_the_schema_or_is_refused(
    fields: dict[str, Any],
) -> None:
    payload = post(1)
    payload["data"].update(fields)
    try:
        event = mapped(payload)
    except MAPPING_ERRORS:
        return
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


def test_rules_share_searches_as_long_as_they_fit() -> None:
    rules = ["nimbara lang:es", "kettle OR tetera", "x" * 600, "y" * 500, "z" * 512, "last"]
    queries, too_long = queries_of(rules)
    assert queries[0] == "(nimbara lang:es) OR (kettle OR tetera)"
    assert too_long == ["x" * 600]
    assert all(len(query) <= 512 for query in queries)
    for rule in rules:
        assert rule in too_long or any(rule in query for query in queries)


def test_progress_survives_json_and_forgets_what_came_long_ago() -> None:
    progress = Progress(newest=5, polled={"q": 7}, gaps=[Gap("q", 3, 9), Gap("r", 2)])
    assert all(progress.is_news(str(n)) for n in range(300))
    again = Progress.from_cursor(json.loads(json.dumps(progress.to_cursor())))
    assert again.to_cursor() == progress.to_cursor()
    assert not again.is_news("299")
    assert again.is_news("0")


def test_gaps_do_not_grow_without_bound() -> None:
    progress = Progress()
    for since in range(1, 200):
        progress.open_gaps(["q"], since)
        progress.gaps[-1].until = since + 1  # each broken off after its first page
    assert len(progress.gaps) <= 20
    assert min(gap.since for gap in progress.gaps) == 1
