"""Inputs that `python -m tests.fuzz` has found; each ended a producer or lost something."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.errors import InputError
from streams.producers.live.bluesky_mapping import map_message
from streams.producers.live.contract import MAPPING_ERRORS
from streams.producers.live.reddit_mapping import read_thing
from streams.producers.live.sse import SseDecoder
from streams.producers.live.x_mapping import compliance_events, read_post
from streams.producers.live.youtube_mapping import read_thread
from streams.producers.mapping import from_yaml
from tests.fakes.bluesky_lines import START_US, did
from tests.unit.producers.helpers import Ingestion, tweet

DEEP = b'{"kind": "t1", "id": "1", "more": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
NOW = datetime(2026, 7, 5, tzinfo=UTC)


@pytest.mark.parametrize("read", [read_thing, read_post, compliance_events, read_thread])
def test_what_is_nested_too_deeply_is_one_bad_payload(read: object) -> None:
    with pytest.raises(MAPPING_ERRORS):
        read(DEEP)  # type: ignore[operator]


@pytest.mark.parametrize("status", [{}, [], {"a": 1}, None, 7])
def test_an_account_whose_status_is_no_text_is_not_gone(status: object) -> None:
    account = {"active": False, "did": did(1), "status": status}
    message = {"kind": "account", "did": did(1), "time_us": START_US, "account": account}
    assert map_message(json.dumps(message).encode(), NOW) == (START_US, None)


@pytest.mark.parametrize("end", [b"\0", b"a"])
def test_utf_16_that_was_cut_in_a_character_is_named(tmp_path: Path, end: bytes) -> None:
    (tmp_path / "a.csv").write_bytes("id,author,text\n".encode("utf-16") + end)
    with pytest.raises(InputError, match="the text is not in its encoding"):
        Ingestion(tmp_path / "run").run(tmp_path / "a.csv")


def test_a_row_whose_type_is_a_list_is_a_row_like_others(tmp_path: Path) -> None:
    rows = [tweet(1, type=["mention"]), tweet(2)]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert Ingestion(tmp_path / "run").run(tmp_path / "a.jsonl").delivered == 2


def test_a_header_of_very_many_columns_is_read(tmp_path: Path) -> None:
    """Time must not grow with the square of their number."""
    names = [f"c{number}" for number in range(300_000)]
    (tmp_path / "a.csv").write_text(",".join(["text", *names, *names[:1]]) + "\n")
    with pytest.raises(InputError, match="two columns are named c0"):
        Ingestion(tmp_path / "run").run(tmp_path / "a.csv")


@pytest.mark.parametrize("text", ["[" * 5_000, "a: " + "{b: " * 5_000])
def test_a_mapping_that_is_nested_too_deeply_is_no_yaml(tmp_path: Path, text: str) -> None:
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(InputError, match="not YAML"):
        from_yaml(tmp_path / "map.yaml")


@pytest.mark.parametrize("size", [4_090, 4_091, 4_096, 4_097, 5_000])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_data_that_is_cut_is_said_to_be_however_it_arrives(size: int, step: int) -> None:
    """A message of nearly the limit, in small pieces, lost its end and passed for whole."""
    stream = b"data: " + b"a" * size + b"\n\n"
    decoder, found = SseDecoder(max_event_bytes=4_096), []
    for at in range(0, len(stream), step):
        found += decoder.feed(stream[at : at + step])
    assert [(len(event.data), event.too_long) for event in found] == [
        (min(size, 4_096), size > 4_096)
    ]
