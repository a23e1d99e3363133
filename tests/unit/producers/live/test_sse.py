from hypothesis import given
from hypothesis import strategies as st

from streams.producers.live.sse import ServerSentEvent, SseDecoder

_LINES = st.sampled_from(
    [
        b"event: update",
        b"event:delete",
        b"data: {}",
        b"data",
        "data: ñ🦩".encode(),
        b":thump",
        b"",
        b"id: 3",
        b"retry: 10",
        b"data:  two blanks",
        b"nonsense",
        b": ",
    ]
)
_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
_LETTERS = st.lists(st.tuples(_LINES, _ENDS), max_size=30).map(
    lambda lines: b"".join(line + end for line, end in lines)
)


def _whole(raw: bytes) -> list[ServerSentEvent]:
    return SseDecoder().feed(raw)


def test_events_have_names_and_data_of_many_lines() -> None:
    assert _whole(b"event: update\ndata: a\ndata: b\n\ndata:c\n\n") == [
        ServerSentEvent("update", b"a\nb"),
        ServerSentEvent("message", b"c"),
    ]


def test_a_comment_is_a_sign_of_life_and_changes_nothing() -> None:
    found = _whole(b"event: update\n:thump\ndata: a\n\n")
    assert [it.name for it in found] == [":", "update"]
    assert found[0].is_comment


def test_an_event_without_an_end_or_data_is_none() -> None:
    assert _whole(b"event: update\ndata: half") == []
    assert _whole(b"event: update\n\n") == []


def test_a_mark_of_byte_order_is_no_letter() -> None:
    assert _whole(b"\xef\xbb\xbfdata: a\n\n") == [ServerSentEvent("message", b"a")]


@given(_LETTERS, st.lists(st.integers(1, 9), max_size=60))
def test_where_the_bytes_are_cut_changes_nothing(raw: bytes, sizes: list[int]) -> None:
    decoder, found, position = SseDecoder(), [], 0
    for size in [*sizes, len(raw)]:
        found += decoder.feed(raw[position : position + size])
        position += size
    # A \r at the very end may be half of \r\n either way.
    assert found == _whole(raw)


@given(_LETTERS)
def test_the_three_ends_of_a_line_mean_the_same(raw: bytes) -> None:
    unix = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert (
        _whole(unix) == _whole(unix.replace(b"\n", b"\r\n")) == _whole(unix.replace(b"\n", b"\r"))
    )


def test_an_event_past_the_limit_is_cut_and_the_next_is_whole() -> None:
    decoder = SseDecoder(max_event_bytes=10)
    found = decoder.feed(b"data: 0123456789abcdef\n\ndata: ok\n\n")
    assert [(it.data, it.too_long) for it in found] == [(b"0123456789", True), (b"ok", False)]
    many = decoder.feed(b"data: 01234567\n" * 5 + b"\n")
    assert [it.too_long for it in many] == [True]
    assert len(many[0].data) == 10


def test_a_line_without_end_is_not_kept_whole() -> None:
    decoder = SseDecoder(max_event_bytes=100)
    for _ in range(1_000):
        assert decoder.feed(b"x" * 1_000) == []
    assert len(decoder._rest) <= 1_100
    assert decoder.feed(b"\ndata: ok\n\n")[-1] == ServerSentEvent("message", b"ok")
