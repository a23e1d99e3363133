"""Jetstream's messages as events: each field finds its place, and nothing a network sends raises
anything but a reason."""

import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mention import Account, Deletion, Event, Interaction, Mention
from streams.producers.events import EventEncoder
from streams.producers.live.bluesky_mapping import MappingError, map_message
from tests.fakes.bluesky_lines import (
    FOLLOW,
    LIKE,
    POST,
    REPOST,
    START_US,
    commit,
    did,
    line,
    post,
    reaction,
    uri,
)

NOW = datetime(2026, 7, 5, tzinfo=UTC)
SEEN_AT = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START_US)
DATA = Path(os.environ.get("ESCUCHA_DATA", Path(__file__).parents[5] / "shared" / "data"))


def event_of(message: object) -> Event | None:
    _, event = map_message(line(message), NOW)
    if event is not None:
        EventEncoder()(event)
    return event


def mention_of(message: object) -> Mention:
    event = event_of(message)
    assert isinstance(event, Mention)
    return event


def reason_of(message: object) -> str:
    with pytest.raises(MappingError) as raised:
        map_message(message if isinstance(message, bytes) else line(message), NOW)
    return str(raised.value)


def test_a_post_is_a_mention_with_an_id_that_is_its_uri() -> None:
    mention = mention_of(post("Buen café", rkey="3k1", langs=["es-MX", "en"]))
    assert mention.mention_id == f"bluesky:at://{did(1)}/app.bsky.feed.post/3k1"
    assert mention.url == f"https://bsky.app/profile/{did(1)}/post/3k1"
    assert mention.author.id == did(1)
    assert (mention.text, mention.lang, mention.kind) == ("Buen café", "es-MX", "post")
    assert mention.published_at == SEEN_AT
    assert mention.edited_at is None


def test_a_reply_names_its_parent_its_root_and_whose_the_parent_is() -> None:
    parent, root = {"uri": uri(5, "3kp"), "cid": "b"}, {"uri": uri(6, "3kr"), "cid": "b"}
    mention = mention_of(post(reply={"parent": parent, "root": root}))
    assert mention.kind == "reply"
    assert mention.parent_id == f"bluesky:{uri(5, '3kp')}"
    assert mention.root_id == f"bluesky:{uri(6, '3kr')}"
    assert mention.parent_author_id == did(5)


@pytest.mark.parametrize("with_media", [False, True])
def test_a_quote_names_what_it_quotes(with_media: bool) -> None:
    record: dict[str, Any] = {"$type": "app.bsky.embed.record", "record": {"uri": uri(7, "3kq")}}
    if with_media:
        record = {
            "$type": "app.bsky.embed.recordWithMedia",
            "record": record,
            "media": {
                "$type": "app.bsky.embed.external",
                "external": {"uri": "https://example.org/card"},
            },
        }
    mention = mention_of(post(embed=record))
    assert (mention.kind, mention.quoted_id) == ("quote", f"bluesky:{uri(7, '3kq')}")
    assert mention.links == (("https://example.org/card",) if with_media else ())


def test_an_embedded_list_is_not_a_quote() -> None:
    listed = {"uri": uri(7, "3kq", "app.bsky.graph.list")}
    mention = mention_of(post(embed={"$type": "app.bsky.embed.record", "record": listed}))
    assert (mention.kind, mention.quoted_id) == ("post", "")


def test_links_hashtags_and_accounts_come_from_facets_tags_and_cards_each_once() -> None:
    facet = "app.bsky.richtext.facet#"
    features = [
        {"$type": f"{facet}link", "uri": "https://example.org/a"},
        {"$type": f"{facet}tag", "tag": "sale"},
        {"$type": f"{facet}mention", "did": did(9)},
        {"$type": "org.example.other#thing", "uri": "https://example.org/no"},
    ]
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "https://example.org/a"}}
    mention = mention_of(
        post(facets=[{"features": features}], tags=["sale", "summer", " "], embed=card)
    )
    assert mention.links == ("https://example.org/a",)
    assert mention.hashtags == ("sale", "summer")
    assert mention.mentioned == (Account(id=did(9)),)


def test_an_update_is_the_same_mention_with_the_time_of_the_edit() -> None:
    first, second = post(rkey="3k1"), post("better", rkey="3k1", time_us=START_US + 60_000_000)
    second["commit"]["operation"] = "update"
    second["commit"]["record"]["createdAt"] = first["commit"]["record"]["createdAt"]
    edited = mention_of(second)
    assert edited.mention_id == mention_of(first).mention_id
    assert edited.published_at == mention_of(first).published_at
    assert edited.edited_at == SEEN_AT + timedelta(minutes=1)


def test_a_like_and_a_repost_name_the_post_and_whose_it_is() -> None:
    for collection, kind in ((LIKE, "like"), (REPOST, "repost")):
        event = event_of(reaction(collection, {"uri": uri(3, "3kt"), "cid": "b"}, rkey="3kl"))
        assert isinstance(event, Interaction)
        assert event.interaction_id == f"bluesky:at://{did(2)}/{collection}/3kl"
        assert (event.kind, event.author.id) == (kind, did(2))
        assert (event.target_id, event.target_author_id) == (f"bluesky:{uri(3, '3kt')}", did(3))


def test_a_follow_names_the_account_twice() -> None:
    event = event_of(reaction(FOLLOW, did(4)))
    assert isinstance(event, Interaction)
    assert (event.kind, event.target_id, event.target_author_id) == ("follow", did(4), did(4))


@pytest.mark.parametrize(
    ("collection", "target"), [(POST, "mention"), (LIKE, "interaction"), (FOLLOW, "interaction")]
)
def test_a_deletion_names_what_its_creation_was_called(collection: str, target: str) -> None:
    event = event_of(commit(did(1), START_US, "delete", collection, "3kx"))
    assert isinstance(event, Deletion)
    assert (event.target, event.target_id) == (target, f"bluesky:at://{did(1)}/{collection}/3kx")
    assert (event.author_id, event.deleted_at) == (did(1), SEEN_AT)


@pytest.mark.parametrize(
    ("facts", "gone"),
    [
        ({"active": False, "status": "deleted"}, True),
        ({"active": False, "status": "takendown"}, True),
        ({"active": False, "status": "deactivated"}, False),
        ({"active": False}, False),
        ({"active": True, "status": "deleted"}, False),
        ({"active": True}, False),
    ],
)
def test_only_an_account_that_is_gone_takes_its_words_along(
    facts: dict[str, object], gone: bool
) -> None:
    event = event_of({"did": did(1), "time_us": START_US, "kind": "account", "account": facts})
    assert (event is not None) is gone
    if isinstance(event, Deletion):
        assert (event.target, event.target_id, event.author_id) == ("author", did(1), did(1))


@pytest.mark.parametrize(
    "message",
    [
        {"did": did(1), "time_us": START_US, "kind": "identity", "identity": {}},
        {"did": did(1), "time_us": START_US, "kind": "of the future"},
        commit(did(1), START_US, "create", "app.bsky.graph.block", "3kx"),
        commit(did(1), START_US, "delete", "org.example.thing", "3kx"),
    ],
)
def test_what_is_not_meant_to_be_an_event_is_skipped(message: object) -> None:
    assert event_of(message) is None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2026-07-04T14:38:08.000+00:00", True),
        ("2023-01-01T00:00:00Z", True),  # moved here from elsewhere with its date
        ("2026-07-04T14:42:00Z", True),  # a clock four minutes fast
        ("2026-07-04T15:00:00Z", False),
        ("2022-10-31T23:59:59Z", False),  # before the network
        ("0001-01-01T00:00:00+14:00", False),
        ("9999-12-31T23:59:59-14:00", False),
        ("2026-07-04T14:38:08", False),  # nobody knows in which zone
        ("yesterday", False),
        (17, False),
        (None, False),
    ],
)
def test_a_time_that_cannot_be_gives_way_to_when_the_server_saw_it(
    written: object, kept: bool
) -> None:
    published_at = mention_of(post(createdAt=written)).published_at
    expected = datetime.fromisoformat(written) if kept and isinstance(written, str) else SEEN_AT
    assert published_at == expected


def test_odd_extras_are_left_out_and_the_words_stay() -> None:
    mention = mention_of(
        post(
            "still heard",
            langs=["not a language!"],
            reply="a text",
            embed=[1],
            facets={"features": 1},
            tags=[None, 7, "x" * 3_000, "fine"],
        )
    )
    assert (mention.text, mention.lang, mention.hashtags) == ("still heard", "", ("fine",))
    many = mention_of(post(tags=[str(number) for number in range(1_000)]))
    assert len(many.hashtags) == 200


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"text": "\xff"}', "not JSON"),
        (b'{"text": "\\ud800"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ({"kind": "commit"}, "time_us"),
        ({"kind": "commit", "time_us": True}, "time_us"),
        ({"kind": "commit", "time_us": 10**30}, "time_us"),
        ({"kind": "commit", "time_us": 1}, "not a time of Bluesky"),
        ({"kind": "commit", "time_us": START_US}, "commit is not an object"),
        ({"time_us": START_US}, "kind is missing"),
        ({"kind": "account", "time_us": START_US}, "account"),
        ({**post(), "did": 5}, "did is missing"),
        ({**post(), "did": "did:plc:a b"}, "no URI"),
        (post(rkey="x" * 500), "more than 512"),
        (post(rkey="a/b"), "no URI"),
        (post(["no"]), "text is not a text"),
        (reaction(LIKE, "at://x"), "subject"),
        (reaction(LIKE, {"uri": "https://example.org"}), "subject"),
        (reaction(FOLLOW, {"uri": uri(1, "x")}), "subject"),
        (commit(did(1), START_US, "create", POST, "3k"), "record"),
        (commit(did(1), START_US, "bless", POST, "3k"), "operation"),
    ],
)
def test_what_should_be_an_event_and_cannot_has_a_reason(message: object, reason: str) -> None:
    assert reason in reason_of(message)


def test_a_text_longer_than_the_contract_takes_is_refused_by_the_contract() -> None:
    _, event = map_message(line(post("x" * 100_001)), NOW)
    assert event is not None
    with pytest.raises(ValueError, match="contract"):
        EventEncoder()(event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.data())
def test_whatever_stands_in_a_field_it_is_an_event_none_or_a_reason(data: st.DataObject) -> None:
    reference = {"uri": uri(1, "3k"), "cid": "b"}
    whole = [
        post(
            reply={"parent": reference, "root": reference},
            embed={"$type": "app.bsky.embed.record", "record": reference},
            facets=[{"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "x"}]}],
            tags=["y"],
        ),
        reaction(LIKE, reference),
        reaction(FOLLOW, did(3)),
        {"did": did(1), "time_us": START_US, "kind": "account", "account": {"active": False}},
    ]
    message = data.draw(st.sampled_from(whole))
    place: Any = message
    while True:
        name = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else [0]))
        if not isinstance(place[name], (dict, list)) or not place[name] or data.draw(st.booleans()):
            break
        place = place[name]
    place[name] = data.draw(json_values)
    assert outcome(json.dumps(message).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_none_or_a_reason(payload: bytes) -> None:
    assert outcome(payload)


def outcome(payload: bytes) -> str:
    """What becomes of it; whatever else is raised fails the test."""
    try:
        _, event = map_message(payload, NOW)
    except MappingError as error:
        return str(error)
    try:
        return "skipped" if event is None else str(EventEncoder()(event).key)
    except ValueError as error:  # as the runner asks the contract
        return str(error)


def test_every_message_of_the_recording_is_accounted_for() -> None:
    path = DATA / "fixtures" / "bluesky_jetstream" / "expected_v1.jsonl"
    if not path.exists():
        pytest.skip("real data: the Jetstream recording is absent; say where with ESCUCHA_DATA")
    found: Counter[str] = Counter()
    for message in path.read_bytes().splitlines():
        _, event = map_message(message, NOW)
        if event is None:
            found["skipped"] += 1
            continue
        EventEncoder()(event)
        found[event.kind if isinstance(event, Interaction) else type(event).__name__] += 1
    assert found == {
        "like": 105,
        "repost": 15,
        "follow": 6,
        "Mention": 17,
        "Deletion": 4,
        "skipped": 5,
    }
    assert found.total() == 152
