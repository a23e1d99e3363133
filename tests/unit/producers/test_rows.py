"""Rows become mentions that the contract's decoder takes, or a reason."""

import json
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.mention import Event
from streams.producers.mapping import MappingRequest, from_flags, resolve
from streams.producers.rows import EventLines, MappedRows, identifier
from streams.producers.story import StoryRows
from tests.unit.producers.helpers import NOW, tweet

COLUMNS = ("id", "text", "date", "user", "lang", "likes", "parent_id", "kind", "url")


def mapper_for(
    *columns: str, objects: bool = False, request: MappingRequest | None = None
) -> MappedRows:
    mapping = resolve(
        request or MappingRequest(),
        place="a",
        file_format="jsonl" if objects else "csv",
        columns=columns,
        default_source="a",
    )
    return MappedRows(mapping, columns, objects=objects)


def mention(record: dict[str, object], request: MappingRequest | None = None) -> dict[str, Any]:
    """The event a JSON line becomes."""
    user = record.get("user")
    columns = [*record, *(f"user.{key}" for key in user)] if isinstance(user, dict) else [*record]
    prepared = mapper_for(*columns, objects=True, request=request)(json.dumps(record).encode())
    event: dict[str, Any] = json.loads(prepared.value)
    assert prepared.key.decode() == event["author"]["id"]
    return event


def test_a_row_of_a_support_file_keeps_its_thread() -> None:
    columns = ("tweet_id", "author_id", "created_at", "text", "in_response_to_tweet_id")
    prepared = mapper_for(*columns)(
        [
            "2",
            "115712",
            "Sat Jul 04 10:00:00 +0000 2026",
            "and what now?",
            "3.0",
        ]
    )

    assert prepared.key == b"115712"
    assert prepared.event_time == NOW
    event = json.loads(prepared.value)
    expected = {
        "type": "mention",
        "mention_id": "a:2",
        "source": "a",
        "text": "and what now?",
        "published_at": "2026-07-04T10:00:00Z",
        "lang": "",
        "url": "",
        "parent_id": "a:3",
        "root_id": "",
        "parent_text": "",
        "kind": "reply",
    }
    assert event | expected == event


def test_without_an_id_the_same_row_always_has_the_same() -> None:
    row = {"text": "hola", "date": "2026-07-04", "user": "ana"}

    assert mention(row)["mention_id"] == mention(dict(reversed(row.items())))["mention_id"]
    for change in ({"text": "hola!"}, {"date": "2026-07-05"}, {"user": "eva"}):
        assert mention({**row, **change})["mention_id"] != mention(row)["mention_id"]


def test_without_an_author_each_row_has_one_of_its_own() -> None:
    one = mention({"id": 1, "text": "a", "date": "2026-07-04"})
    two = mention({"id": 2, "text": "a", "date": "2026-07-04"})

    assert one["author"]["id"] == "unknown:a:1"
    assert two["author"]["id"] != one["author"]["id"]


def test_all_fields_find_their_place() -> None:
    event = mention(
        tweet(
            7,
            screen_name="ana_7",
            display_name=" Ana ",
            followers_count="1,204",
            language="es_MX",
            permalink="https://x.example/7",
            conversation_id=5.0,
            in_reply_to_status_id="6.0",
            favorite_count=3.0,
            retweet_count="",
            view_count=None,
        )
    )

    assert event["author"] == {
        "id": "user_0", "handle": "ana_7", "name": "Ana", "followers": 1204, "is_bot": False,
    }  # fmt: skip
    assert event["lang"] == "es-MX"
    assert event["url"] == "https://x.example/7"
    assert (event["parent_id"], event["root_id"]) == ("a:6", "a:5")
    assert event["kind"] == "reply"
    assert event["engagement"]["likes"] == 3
    assert event["engagement"]["views"] == 0


def test_a_column_inside_an_object_can_be_mapped() -> None:
    record = {
        "id": 1, "text": "a", "date": "2026-07-04", "user": {"id": 9, "screen_name": "ana"},
    }  # fmt: skip
    assert mention(record)["author"]["id"] == "9"
    assert mention(record)["author"]["handle"] == "ana"

    literal = {"id": 1, "text": "a", "date": "2026-07-04", "a.b": "eva"}
    assert mention(literal, from_flags(["author=a.b"], []))["author"]["id"] == "eva"


@pytest.mark.parametrize(
    ("flags", "field", "expected"),
    [
        (["kind=k"], "kind", "review"),
        (["source=shop"], "source", "la_tienda"),
        (["lang=k"], "lang", ""),
    ],
)
def test_columns_asked_for(flags: list[str], field: str, expected: str) -> None:
    record = tweet(1, k=" Review", shop="La Tienda")

    assert mention(record, from_flags(flags, []))[field] == expected


def test_constants_fill_every_row() -> None:
    request = from_flags([], ["published_at=2026-07-04", "author=ana", "lang=es", "kind=review"])

    event = mention({"id": 1, "text": "a"}, request)

    assert event["author"]["id"] == "ana"
    assert (event["lang"], event["kind"]) == ("es", "review")


@pytest.mark.parametrize(
    ("given_id", "expected"),
    [
        ("a:7", "a:7"),
        ("7 8", "a:7%208"),
        ("at://did:plc:x/post/1", "a:at://did:plc:x/post/1"),
        (570306133677760513, "a:570306133677760513"),
        (7.0, "a:7"),
        (" 7.00 ", "a:7"),
        ("7.5", "a:7.5"),
    ],
)
def test_ids(given_id: object, expected: str) -> None:
    assert mention(tweet(1, tweet_id=given_id))["mention_id"] == expected


def test_a_mention_id_is_kept_whole() -> None:
    record = {
        "mention_id": "bluesky:1",
        "text": "a",
        "date": "2026-07-04",
        "parent_id": "bluesky:0",
    }

    assert mention(record)["mention_id"] == "bluesky:1"
    assert mention(record)["parent_id"] == "bluesky:0"


@pytest.mark.parametrize("flag", [True, "true", "1", "sí", 1])
def test_a_flag_makes_a_reply(flag: object) -> None:
    assert mention(tweet(1, is_reply=flag))["kind"] == "reply"
    assert mention(tweet(1, is_reply="no"))["kind"] == "post"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": ""}, "the text is empty"),
        ({"text": "  \n"}, "the text is empty"),
        ({"text": None}, "the text is empty"),
        ({"text": ["a"]}, "text expected, not list"),
        ({"text": "x" * 100_001}, r"against the contract: .*`\$\.text`"),
        ({"text": "\ud83d"}, "half an emoji"),
        ({"text": "\udcff"}, "not UTF-8"),
        ({"created_at": "soon"}, "'soon' is not a time"),
        ({"created_at": None}, "the time is missing"),
        ({"author": ""}, "the author is empty"),
        ({"author": None}, "the author is empty"),
        ({"author": "a\nb"}, "against the contract"),
        ({"author": {"id": 1}}, "author is not one value but dict"),
        ({"tweet_id": ""}, "the id is empty"),
        ({"tweet_id": "5.703e+17"}, "id 5.703e.17 has lost digits; export it as text"),
        ({"tweet_id": 5.70306133677760513e17}, "has lost digits"),
        ({"tweet_id": 1.5}, "is not an id"),
        ({"tweet_id": "x" * 600}, "against the contract"),
        ({"likes": "many"}, "likes 'many' is not a whole number"),
        ({"likes": 1.5}, "likes '1.5' is not a whole number"),
        ({"likes": "1,5"}, "likes '1,5' is not a whole number"),
        ({"likes": -1}, r"\$\.engagement\.likes"),
        ({"kind": "thread"}, "kind 'thread' is none of comment, post"),
    ],
)
def test_a_bad_row_says_why(change: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        mention(tweet(1, **change))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'"a"', "not a JSON object"),
        (b'{"text":"\xff"}', "not UTF-8"),
        (b'{"text":' + b"[" * 100_000, "nested too deeply|not JSON"),
    ],
)
def test_a_line_that_is_no_object_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        mapper_for("text", "date", objects=True)(line)


def test_what_pythons_writer_emits_is_taken() -> None:
    record = tweet(1, in_reply_to_id=float("nan"), likes=float("nan"))

    assert mention(record)["parent_id"] == ""
    assert mention(record)["engagement"]["likes"] == 0


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            ["id", "text", "date", "user", "lang", "likes", "parent_id", "kind", "url"]
        ),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text())
        ),
    )
)
def test_any_object_is_an_event_or_a_reason(record: dict[str, object]) -> None:
    mapper = mapper_for(*COLUMNS, objects=True)
    full = {"id": 1, "text": "a", "date": "2026-07-04", "user": "b", **record}
    try:
        prepared = mapper(json.dumps(full).encode())
    except ValueError:
        return
    msgspec.json.decode(prepared.value, type=Event)


def test_whole_numbers_that_a_database_wrote_as_decimals_are_ids() -> None:
    assert identifier(Decimal("570306133677760513"), "id") == "570306133677760513"
    assert identifier(Decimal("7.00"), "id") == "7"
    with pytest.raises(ValueError, match="is not an id"):
        identifier(Decimal("1.5"), "id")


@given(st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.booleans(), st.binary()))
def test_an_id_is_clean_or_refused(value: object) -> None:
    try:
        text = identifier(value, "id")
    except ValueError:
        return
    assert text == text.strip()


def test_events_pass_byte_for_byte() -> None:
    line = b'{"type": "mention",  "mention_id":"a:1","source":"a","author":{"id":"x"},"text":"y",'
    line += b'"published_at":"2026-07-04T10:00:00Z","of_tomorrow":[1]}'
    prepared = EventLines()(line + b"\r\n")

    assert (prepared.key, prepared.value, prepared.event_time) == (b"x", line, NOW)

    beat = b'{"type":"heartbeat","producer":"p","sequence":1,"sent_at":"2026-07-04T10:00:00Z"}'
    assert EventLines()(beat).key == b"p"
    with pytest.raises(ValueError, match=r"not an event: .*mention_id"):
        EventLines()(line.replace(b"a:1", b"1"))


def test_a_story_row_falls_into_its_minute() -> None:
    row = json.dumps(
        {"id": "s-2", "offset_minutes": 90.5, "author": "ana", "author_name": "Ana", "followers": 3,
         "lang": "es", "text": "hola", "parent_id": "s-1", "likes": 1, "reposts": 2,
         "source": "demo"}
    ).encode()  # fmt: skip

    event = json.loads(StoryRows(NOW, "story")(row).value)

    assert event["mention_id"] == "demo:20260704T100000-s-2"
    assert event["parent_id"] == "demo:20260704T100000-s-1"
    assert event["published_at"] == "2026-07-04T11:30:30Z"
    assert event["kind"] == "reply"
    assert event["engagement"]["reposts"] == 2
    forced = json.loads(StoryRows(NOW, "other", always=True)(row).value)
    assert forced["source"] == "other"


@pytest.mark.parametrize(
    ("kind", "target", "target_id", "owner"),
    [
        ("like", "s-1", "demo:20260704T100000-s-1", "bea"),
        ("follow", "bea", "bea", "bea"),
    ],
)
def test_a_story_row_with_a_target_is_a_reaction(
    kind: str, target: str, target_id: str, owner: str
) -> None:
    row = {"id": "r-1", "offset_minutes": 2, "author": "ana", "kind": kind, "target": target}
    line = json.dumps(row | {"target_author": "bea", "source": "demo"}).encode()

    event = json.loads(StoryRows(NOW, "story")(line).value)

    assert event["type"] == "interaction"
    assert event["interaction_id"] == "demo:20260704T100000-r-1"
    assert (event["kind"], event["target_id"]) == (kind, target_id)
    assert event["target_author_id"] == owner
    assert event["occurred_at"] == "2026-07-04T10:02:00Z"


def test_a_story_row_says_its_kind_and_place() -> None:
    row = {"id": "s-1", "offset_minutes": -5, "author": "ana", "text": "bien", "kind": "review"}

    event = json.loads(StoryRows(NOW, "demo")(json.dumps(row | {"site": "foro"}).encode()).value)

    assert (event["kind"], event["site"]) == ("review", "foro")
    assert event["published_at"] == "2026-07-04T09:55:00Z"
    with pytest.raises(ValueError, match="against the contract"):
        StoryRows(NOW, "demo")(json.dumps(row | {"kind": "song"}).encode())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"offset_minutes": "soon"}, "offset_minutes is not a number"),
        ({"offset_minutes": 1e300}, "out of range"),
        ({"id": None}, "the id is empty"),
        ({"author": ""}, "the author is empty"),
        ({"text": " "}, "the text is empty"),
        ({"likes": "2"}, "likes is not a whole number"),
        ({"lang": "Spanish"}, "against the contract"),
    ],
)
def test_a_bad_story_row_says_why(change: dict[str, object], reason: str) -> None:
    row = {"id": "1", "offset_minutes": 1, "author": "a", "text": "b", **change}

    with pytest.raises(ValueError, match=reason):
        StoryRows(datetime(2026, 1, 1, tzinfo=UTC), "story")(json.dumps(row).encode())


def test_columns_of_ever_new_languages_and_sources_take_no_more_memory() -> None:
    request = from_flags(["source=source"], [])
    mapper = mapper_for("text", "date", "lang", "source", "user", request=request)
    event = json.loads(mapper(["a", "2026-07-04", " ES_mx ", "El País", "ana"]).value)
    assert (event["lang"], event["source"]) == ("es-mx", "el_pais")
    long = "x" * 900
    tracemalloc.start()
    try:
        for number in range(8_000):
            mapper(["a", "2026-07-04", f"{long}{number}", f"{number}{long}", "ana"])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 6_000_000  # 8,000 of each would be over 14 MB


def test_a_text_in_the_place_of_a_language_or_a_source_is_cut_and_kept_nowhere() -> None:
    request = from_flags(["source=source"], [])
    mapper = mapper_for("text", "date", "lang", "source", "user", request=request)
    endless = "z" * 3_000_000
    event = json.loads(mapper(["a", "2026-07-04", endless, endless, "ana"]).value)
    assert not event["lang"]
    assert set(event["source"]) == {"z"}
