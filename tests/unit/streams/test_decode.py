"""Bytes to events: whatever comes in, each record has one fate and its neighbours keep theirs."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.steps.decode import MAX_REASON_CHARS, MAX_RECORD_BYTES, Decoded, decode_batch
from tests.builders import (
    WRITTEN_AT_MS,
    FakeRecord,
    heartbeat,
    interaction,
    mention,
    raw,
)

GOOD = raw(mention())
DAY_MS = 24 * 3600 * 1000


def without(name: str, event: dict[str, Any] | None = None) -> bytes:
    return raw({k: v for k, v in (event or mention()).items() if k != name})


def author(**changes: Any) -> bytes:
    return raw(mention(author={"id": "author", **changes}))


NOT_JSON: dict[str, bytes | None] = {
    "tombstone": None,
    "empty": b"",
    "blank": b"   ",
    "newline": b"\n",
    "zero byte": b"\x00",
    "truncated": GOOD[:-1],
    "truncated in a string": GOOD[:20],
    "truncated in a character": raw(mention(text="x"))[:-30] + b"\xc3",
    "text": b"hello",
    "html": b"<html></html>",
    "invalid UTF-8": GOOD.replace(b"quiero", b"\xff\xfe\xfd"),
    "UTF-8 of a surrogate": GOOD.replace(b"quiero", b"\xed\xa0\x80"),
    "overlong UTF-8": GOOD.replace(b"quiero", b"\xc0\x80"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "UTF-16": GOOD.decode().encode("utf-16"),
    "gzip": b"\x1f\x8b\x08\x00" + GOOD,
    "avro with a schema id": b"\x00\x00\x00\x00\x01" + GOOD,
    "lone surrogate": raw(mention(text="\ud800")),
    "lone surrogate at the end": raw(mention(text="x\udfff")),
    "lone surrogate in the type": raw(mention(type="\ud800")),
    "lone surrogate in an unknown field": raw(mention(more="\ud800")),
    "NaN": raw(mention(engagement={"likes": float("nan")})),
    "infinity": raw(mention(engagement={"likes": float("inf")})),
    "comment": GOOD[:-1] + b"/* */}",
    "trailing comma": GOOD[:-1] + b",}",
    "single quotes": GOOD.replace(b'"', b"'"),
    "control character in a string": GOOD.replace(b"quiero", b"a\nb"),
    "bad escape": GOOD.replace(b"quiero", rb"\x41"),
    "two objects": GOOD + GOOD,
    "two objects on lines": GOOD + b"\n" + GOOD,
    "two objects with a comma": GOOD + b"," + GOOD,
    "end of one and beginning of another": GOOD[41:] + GOOD[:41],
    "nested too deep in an unknown field": b'{"type":"mention","x":' + b"[" * 100_000,
    "objects nested too deep": b'{"type":"mention","x":' + b'{"a":' * 100_000,
    "oversize": raw(mention(more="x" * MAX_RECORD_BYTES)),
}

NOT_AN_EVENT: dict[str, bytes] = {
    "null": b"null",
    "number": b"17",
    "huge number": b"1" + b"0" * 400,
    "string": b'"mention"',
    "true": b"true",
    "array": b"[]",
    "array of a mention": b"[" + GOOD + b"]",
    "array nested too deep": b"[" * 100_000,
    "empty object": b"{}",
    "no type": without("type"),
    "type is null": raw(mention(type=None)),
    "type is a number": raw(mention(type=1)),
    "type in capitals": raw(mention(type="Mention")),
    "unknown type": raw(mention(type="tweet")),
    "type twice": b'{"type":"mention",' + raw(heartbeat())[1:],
    "no mention_id": without("mention_id"),
    "no author": without("author"),
    "no text": without("text"),
    "no published_at": without("published_at"),
    "author without id": raw(mention(author={})),
    "author is a string": raw(mention(author="a")),
    "author is null": raw(mention(author=None)),
    "text is null": raw(mention(text=None)),
    "text is a number": raw(mention(text=1)),
    "text is too long": raw(mention(text="x" * 100_001)),
    "parent text is too long": raw(mention(parent_text="x" * 100_001)),
    "id without source": raw(mention("1")),
    "id with nothing behind the source": raw(mention("csv:")),
    "id with a blank": raw(mention("csv:a b")),
    "id in capitals": raw(mention("CSV:1")),
    "id is empty": raw(mention("")),
    "id is a number": raw(mention(mention_id=1)),
    "id is too long": raw(mention("csv:" + "x" * 512)),
    "author id is empty": author(id=""),
    "author id begins with a blank": author(id=" a"),
    "author id ends with a blank": author(id="a "),
    "author id is a number": author(id=7),
    "source is empty": raw(mention(source="")),
    "source in capitals": raw(mention(source="CSV")),
    "source is too long": raw(mention(source="c" * 33)),
    "kind is unknown": raw(mention(kind="tweet")),
    "language is a sentence": raw(mention(lang="spanish!")),
    "likes are negative": raw(mention(engagement={"likes": -1})),
    "likes are a fraction": raw(mention(engagement={"likes": 1.5})),
    "likes are text": raw(mention(engagement={"likes": "1"})),
    "likes are true": raw(mention(engagement={"likes": True})),
    "likes are beyond exact numbers": raw(mention(engagement={"likes": 2**53 + 1})),
    "likes do not fit 64 bits": raw(mention(engagement={"likes": 2**64})),
    "followers do not fit anything": author(followers=10**400),
    "date is a number": raw(mention(published_at=1_783_159_200)),
    "date has no offset": raw(mention(published_at="2026-07-04T10:00:00")),
    "date has no time": raw(mention(published_at="2026-07-04")),
    "date is in words": raw(mention(published_at="yesterday")),
    "date is empty": raw(mention(published_at="")),
    "date is null": raw(mention(published_at=None)),
    "date does not exist": raw(mention(published_at="2026-02-30T10:00:00Z")),
    "month 13": raw(mention(published_at="2026-13-01T10:00:00Z")),
    "hour 25": raw(mention(published_at="2026-07-04T25:00:00Z")),
    "leap second": raw(mention(published_at="2026-06-30T23:59:60Z")),
    "offset of 25 hours": raw(mention(published_at="2026-07-04T10:00:00+25:00")),
    "year 10000": raw(mention(published_at="10000-01-01T00:00:00Z")),
    "year 0": raw(mention(published_at="0000-01-01T00:00:00Z")),
    "year 1 east of Greenwich": raw(mention(published_at="0001-01-01T00:00:00+14:00")),
    "last century": raw(mention(published_at="1999-12-31T23:59:59.999Z")),
    "last century, by its offset": raw(mention(published_at="2000-01-01T00:30:00+01:00")),
    "in two days": raw(mention(published_at="2026-07-06T10:00:00Z")),
    "end of time": raw(mention(published_at="9999-12-31T23:59:59-12:00")),
    "interaction without target": without("target_id", interaction()),
    "interaction of unknown kind": raw(interaction(kind="poke")),
    "interaction in two days": raw(interaction(occurred_at="2026-07-06T10:00:00Z")),
    "interaction of last century": raw(interaction(occurred_at="1970-01-01T00:00:00Z")),
    "heartbeat without sequence": without("sequence", heartbeat()),
    "heartbeat with negative sequence": raw(heartbeat(-1)),
    "heartbeat in two days": raw(heartbeat(sent_at="2026-07-06T10:00:00Z")),
    "heartbeat of last century": raw(heartbeat(sent_at="1970-01-01T00:00:00Z")),
}


def decode(*values: bytes | None, timestamp: int = WRITTEN_AT_MS) -> Decoded:
    return decode_batch([FakeRecord(n, v, timestamp=timestamp) for n, v in enumerate(values)])


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_not_json_is_rejected_alone(name: str) -> None:
    reject_between_good_ones(NOT_JSON[name], "decode")


@pytest.mark.parametrize("name", NOT_AN_EVENT)
def test_what_is_no_event_is_rejected_alone(name: str) -> None:
    reject_between_good_ones(NOT_AN_EVENT[name], "validate")


def reject_between_good_ones(value: bytes | None, stage: str) -> None:
    before, after = raw(mention("csv:before")), raw(heartbeat(7))
    decoded = decode(before, value, after, raw(interaction()))
    assert [m.mention_id for m in decoded.mentions] == ["csv:before"]
    assert [h.sequence for h in decoded.heartbeats] == [7]
    assert [i.interaction_id for i in decoded.interactions] == ["csv:like-1"]
    (rejected,) = decoded.rejected
    assert (rejected.record.offset, rejected.stage) == (1, stage)
    assert 0 < len(rejected.reason) <= MAX_REASON_CHARS
    rejected.reason.encode()  # Arrow and Kafka take UTF-8 only


def test_each_list_lies_beside_its_records() -> None:
    decoded = decode(raw(heartbeat(1)), raw(mention("csv:1")), b"", raw(interaction("csv:2")))
    assert [r.offset for r in decoded.heartbeat_records] == [0]
    assert [r.offset for r in decoded.mention_records] == [1]
    assert [r.record.offset for r in decoded.rejected] == [2]
    assert [r.offset for r in decoded.interaction_records] == [3]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (GOOD[:-1], b"}" + GOOD),
        (GOOD[:50], GOOD[50:]),
        (GOOD + b"," + GOOD[:-1], b"}"),
        (b"[" + GOOD, GOOD + b"]"),
        (b'{"type":"mention","text":"', b'","mention_id":"csv:9"}'),
        (b'{"a":[', b"]}"),
    ],
)
def test_neighbours_that_would_merge_when_joined_do_not(left: bytes, right: bytes) -> None:
    decoded = decode(left, GOOD, right)
    assert [r.record.offset for r in decoded.rejected] == [0, 2]
    assert [r.offset for r in decoded.mention_records] == [1]


def test_of_a_field_written_twice_the_last_one_counts_every_time() -> None:
    (found,) = decode(GOOD[:-1] + b',"text":"last"}').mentions
    assert found.text == "last"


def test_unknown_fields_of_newer_producers_are_ignored() -> None:
    (found,) = decode(raw(mention(mood={"deep": [1, 2, {"deeper": None}]}))).mentions
    assert found.mention_id == "csv:1"


def test_odd_characters_of_a_text_survive() -> None:
    text = "a\x00b\n\r\u2028\ufeff😀é\u0301\U0010ffff"
    (found,) = decode(raw(mention(text=text))).mentions
    assert found.text == text


@pytest.mark.parametrize(
    "at",
    [
        "2000-01-01T00:00:00Z",
        "2026-07-05T10:00:00Z",
        "2026-07-05T12:00:00+02:00",
        "2026-07-04T10:00:00.123456Z",
        "2026-07-04t10:00:00z",
    ],
)
def test_plausible_dates_at_their_limits(at: str) -> None:
    assert len(decode(raw(mention(published_at=at))).mentions) == 1


def test_the_future_is_judged_by_the_record_and_not_by_the_clock() -> None:
    """So a redelivery years later decides the same."""
    value = raw(mention(published_at="2026-07-04T10:00:00Z"))
    assert decode(value, timestamp=WRITTEN_AT_MS - DAY_MS).mentions
    assert decode(value, timestamp=WRITTEN_AT_MS - DAY_MS - 1).rejected


def test_the_largest_record_is_taken_and_one_byte_more_is_not() -> None:
    padding = MAX_RECORD_BYTES - len(raw(mention(more="")))
    assert decode(raw(mention(more="x" * padding))).mentions
    (rejected,) = decode(raw(mention(more="x" * (padding + 1)))).rejected
    assert "longer than" in rejected.reason


@pytest.mark.parametrize("timestamp", [-1, 0, -(2**63), 2**63 - 1, WRITTEN_AT_MS * 1000])
def test_timestamps_that_no_clock_shows_do_not_stop_decoding(timestamp: int) -> None:
    decoded = decode(GOOD, b"{", timestamp=timestamp)
    assert fates(decoded) == 2


@pytest.mark.parametrize(
    "value",
    [
        raw(mention("csv:1\n")),
        author(id="a\n"),
        raw(mention(source="csv\n")),
        raw(mention(lang="es\n")),
    ],
)
def test_a_newline_at_the_end_of_an_id_is_refused(value: bytes) -> None:
    assert decode(value).rejected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
MUTATED = st.builds(
    lambda event, field, value: json.dumps({**event, field: value}).encode(),
    st.sampled_from([mention(), interaction(), heartbeat()]),
    st.sampled_from(["type", "mention_id", "author", "text", "published_at", "lang", "sent_at"]),
    JSON,
)
SPLICED = st.builds(
    lambda at, junk, cut: GOOD[:at] + junk + GOOD[at + cut :],
    st.integers(0, len(GOOD)),
    st.binary(max_size=4),
    st.integers(0, 4),
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.none() | st.binary(max_size=40) | MUTATED | SPLICED | st.just(GOOD), max_size=8),
    st.integers(-(2**63), 2**63 - 1),
)
def test_nothing_raises_and_nothing_vanishes(values: list[bytes | None], timestamp: int) -> None:
    records = [FakeRecord(n, v, timestamp=timestamp) for n, v in enumerate(values)]
    decoded = decode_batch(records)
    assert fates(decoded) == len(records)
    alone = [decode_batch([record]) for record in records]
    assert [r.reason for d in alone for r in d.rejected] == [r.reason for r in decoded.rejected]
    assert [m for d in alone for m in d.mentions] == decoded.mentions
    for rejected in decoded.rejected:
        rejected.reason.encode()


def fates(decoded: Decoded) -> int:
    offsets = [r.record.offset for r in decoded.rejected]
    for events, records in (
        (decoded.mentions, decoded.mention_records),
        (decoded.interactions, decoded.interaction_records),
        (decoded.heartbeats, decoded.heartbeat_records),
    ):
        assert len(events) == len(records)
        offsets += [r.offset for r in records]
    assert len(set(offsets)) == len(offsets)
    return len(offsets)
