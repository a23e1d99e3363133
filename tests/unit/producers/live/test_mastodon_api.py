import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import InputError
from streams.producers.live.mastodon import MastodonSource, from_options
from streams.producers.live.mastodon_api import StreamName, back_in_time, id_order


@pytest.mark.parametrize(
    ("text", "stream", "timeline"),
    [
        ("public", ("/api/v1/streaming/public", {}), ("/api/v1/timelines/public", {})),
        (
            "public:local",
            ("/api/v1/streaming/public/local", {}),
            ("/api/v1/timelines/public", {"local": "true"}),
        ),
        (
            "hashtag:té",
            ("/api/v1/streaming/hashtag", {"tag": "té"}),
            ("/api/v1/timelines/tag/t%C3%A9", {}),
        ),
        (
            "hashtag:local:#sed",
            ("/api/v1/streaming/hashtag/local", {"tag": "sed"}),
            ("/api/v1/timelines/tag/sed", {"local": "true"}),
        ),
    ],
)
def test_a_stream_has_its_timeline(text: str, stream: object, timeline: object) -> None:
    name = StreamName.parse(text)
    assert (name.stream, name.timeline) == (stream, timeline)
    assert StreamName.parse(name.text) == name


@pytest.mark.parametrize(
    "text", ["", "user", "public:mine", "hashtag:", "hashtag:a b", "hashtag:a/b"]
)
def test_other_streams_are_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(InputError, match="public:local"):
        StreamName.parse(text)


@given(st.integers(0, 10**18), st.integers(0, 10**18))
def test_ids_sort_as_their_numbers(one: int, other: int) -> None:
    assert (id_order(str(one)) < id_order(str(other))) == (one < other)


def test_an_id_goes_back_in_time_where_it_holds_one() -> None:
    newest = "117020593378945190"
    assert (int(newest) - int(back_in_time(newest, 60))) >> 16 == 60_000
    assert back_in_time("12345", 60) == "12345"
    assert back_in_time("01HXYZABCDEFGHJKMNPQRSTVWX", 60) == "01HXYZABCDEFGHJKMNPQRSTVWX"


def options(**changes: object) -> MastodonSource:
    return from_options(
        **{  # type: ignore[arg-type]
            "instance": "mastodon.social",
            "streams": (),
            "hashtags": (),
            "poll_sec": 20.0,
            "max_catch_up": 10,
            "user_agent": "x",
            **changes,
        }
    )


def test_the_options_make_a_source_and_its_scope(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCUCHA_MASTODON_TOKEN", "very-secret")
    source = options(hashtags=("b", "a"))
    assert source.instance == "https://mastodon.social"
    assert source.scope == "mastodon.social hashtag:a hashtag:b"
    assert "very-secret" not in repr(source)
    assert source.token == "very-secret"  # noqa: S105 - a test's
    assert options().scope == "mastodon.social public"


@pytest.mark.parametrize(
    "instance", ["", "https://", "https://a.example/b", "ftp://a", "a b", "@a"]
)
def test_an_instance_that_is_no_address_is_refused(instance: str) -> None:
    with pytest.raises(InputError, match="write it as https"):
        options(instance=instance)
