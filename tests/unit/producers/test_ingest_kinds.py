"""Kinds of files and of rhythm: events, stories, paced runs, files that are not understood."""

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest

from streams.errors import InputError
from streams.producers.mapping import from_flags
from streams.producers.pacing import Speed
from tests.unit.producers.helpers import NOW, Ingestion, stop_after, tweet, write_lines


def test_events_pass_unchanged_and_take_no_mapping(ingestion: Ingestion, tmp_path: Path) -> None:
    good = {
        "type": "mention", "mention_id": "x:1", "source": "x", "author": {"id": "a"}, "text": "t",
        "published_at": "2026-07-04T10:00:00Z",
    }  # fmt: skip
    path = write_lines(tmp_path / "a.jsonl", [good, {**good, "source": "X"}, good])

    summary = ingestion.run(path)

    assert [record.body for record in ingestion.kafka.delivered] == [json.dumps(good).encode()] * 2
    assert (summary.rejected, ingestion.rejected()[0]["line"]) == (1, 2)
    with pytest.raises(InputError, match="events already"):
        ingestion.run(path, mapping=from_flags(["text=t"], []), restart=True)


def story(tmp_path: Path) -> Path:
    rows = [
        {"id": str(n), "offset_minutes": n * 30, "author": "a", "text": "b", "source": "demo"}
        for n in range(5)
    ]
    return write_lines(tmp_path / "story.jsonl", rows)


def test_a_story_ends_now_and_keeps_its_start_when_resumed(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    path = story(tmp_path)
    ingestion.run(path, stop=stop_after(3), speed=Speed(1e9))
    assert 0 < len(ingestion.events()) < 5

    assert ingestion.run(path).finished

    times = [event["published_at"] for event in ingestion.events()]
    assert times[-1] == "2026-07-04T10:00:00Z"
    assert times[0] == "2026-07-04T08:00:00Z"
    with pytest.raises(InputError, match="it is a story"):
        ingestion.run(path, mapping=from_flags(["text=t"], []), restart=True)


def test_a_story_begins_when_told(ingestion: Ingestion, tmp_path: Path) -> None:
    start = NOW + timedelta(days=1)

    ingestion.run(story(tmp_path), story_start=start, mapping=from_flags([], ["source=Theatre"]))

    assert ingestion.events()[0]["published_at"] == "2026-07-05T10:00:00Z"
    assert ingestion.events()[0]["mention_id"] == "theatre:20260705T100000-0"


def test_a_start_for_what_is_no_story_is_refused(ingestion: Ingestion, tweets: Path) -> None:
    with pytest.raises(InputError, match="--story-start is for rows with offset_minutes"):
        ingestion.run(tweets, story_start=NOW)


def test_the_rhythm_is_kept_and_disorder_told(ingestion: Ingestion, tmp_path: Path) -> None:
    order = [0, 10, 5, 20]
    path = write_lines(tmp_path / "a.jsonl", [tweet(number) for number in order])

    started = time.monotonic()
    summary = ingestion.run(path, speed=Speed(100.0))

    assert 0.19 < time.monotonic() - started < 2
    assert summary.delivered == 4
    assert any("1 of 4 rows are older" in note for note in ingestion.notebook.notes)


def test_the_rate_is_a_ceiling(ingestion: Ingestion, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(number) for number in range(60)])

    assert ingestion.run(path, rate=200.0).rows_per_second < 230


def test_heartbeats_tell_of_a_run(ingestion: Ingestion, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(number) for number in range(30)])

    summary = ingestion.run(path, rate=100.0, heartbeat_sec=0.1)

    beats = [event for event in ingestion.events() if event["type"] == "heartbeat"]
    assert [beat["sequence"] for beat in beats] == list(range(len(beats)))
    assert len(beats) >= 2
    assert {beat["producer"] for beat in beats} == {"a"}
    assert [beat["sign"] for beat in beats] == ["alive"] * (len(beats) - 1) + ["goodbye"]
    assert summary.delivered == 30


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["no json", "at all"], "none of the first 100 lines is a JSON object"),
        ([{"a": 1}], "no column looks like text.*There are: a"),
        ([{"text": "a"}], "no column looks like published_at"),
    ],
)
def test_a_file_that_is_not_understood_says_what_to_do(
    ingestion: Ingestion, tmp_path: Path, rows: list[object], reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        ingestion.run(write_lines(tmp_path / "a.jsonl", rows))


def test_a_constant_time_that_is_none_is_refused(ingestion: Ingestion, tweets: Path) -> None:
    with pytest.raises(InputError, match="published_at: 'soon' is not a time"):
        ingestion.run(tweets, mapping=from_flags([], ["published_at=soon"]))
