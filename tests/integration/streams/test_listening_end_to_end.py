"""From a network to the tables: recordings counted whole, and everything killed on the way."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from schemas.mention import Deletion, Interaction, Mention
from streams.producers.live.bluesky_mapping import map_message
from tests.fakes.bluesky_lines import FOLLOW, LIKE, POST, REPOST, mix
from tests.fakes.jetstream import Jetstream
from tests.fakes.reddit import FakeReddit
from tests.integration.producers.helpers import real_file
from tests.integration.streams.helpers import REPOSITORY, Lane, command_line

LATER = datetime(2026, 7, 5, tzinfo=UTC)
CURSORS = 8
KILLS = 10
COLLECTIONS = (POST, LIKE, REPOST, FOLLOW)  # what the listener asks Jetstream for


def listen(lane: Lane, server: Jetstream, *arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command_line("listen", "bluesky", "--endpoint", server.url, *arguments),
        env=lane.environment(),
        cwd=lane.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def keeps_all(lane: Lane) -> Path:
    """Rules that store everything of Bluesky, too."""
    path = lane.folder / "listening.yaml"
    path.write_text("keep: {default: everything, bluesky: everything}\n")
    return path


async def summary_of(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    out, err = await asyncio.to_thread(process.communicate, timeout=60)
    assert out, err.decode()
    summary: dict[str, Any] = json.loads(out)
    return summary


async def until(condition: Callable[[], object], what: str, within_sec: float = 60.0) -> None:
    deadline = time.monotonic() + within_sec
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < deadline, f"waited {within_sec:.0f} s for {what}"
        await asyncio.sleep(0.1)


def ids_stored(lane: Lane) -> dict[str, list[str]]:
    """By table, in order, as they are inserted: a second row of an id would show."""
    with lane.client() as client:
        return {
            "mentions": _column(client, lane, "mentions", "mention_id"),
            "interactions": _column(client, lane, "interactions", "interaction_id"),
            "deletions": sorted(set(_column(client, lane, "deletions", "target_id"))),
        }


def _column(client: Client, lane: Lane, table: str, name: str) -> list[str]:
    rows = client.query(
        f"SELECT {name} FROM {table} WHERE topic_id = {{id:String}} ORDER BY {name}",
        {"id": lane.topic_id},
    ).result_rows
    return [value for (value,) in rows]


def expected(lines: list[bytes]) -> dict[str, list[str]]:
    """What the tables must hold: each event once."""
    events = [event for line in lines for event in [map_message(line, LATER)[1]] if event]
    first_versions = {e.mention_id for e in events if isinstance(e, Mention) and not e.edited_at}
    versions = {
        (e.mention_id, e.edited_at)
        for e in events
        if isinstance(e, Mention) and (e.edited_at or e.mention_id in first_versions)
    }
    return {
        "mentions": sorted(mention_id for mention_id, _ in versions),
        "interactions": sorted({e.interaction_id for e in events if isinstance(e, Interaction)}),
        "deletions": sorted({e.target_id for e in events if isinstance(e, Deletion)}),
    }


async def test_the_jetstream_recording_is_accounted_for_and_any_cursor_gives_the_same_table(
    lane: Lane,
) -> None:
    path = real_file("fixtures/bluesky_jetstream/expected_v1.jsonl")
    lines = path.read_bytes().splitlines()
    assert len(lines) == 152
    with lane.worker(listening_file=keeps_all(lane)) as worker:
        async with Jetstream(lines).serving() as server:
            end_us = max(json.loads(line)["time_us"] for line in lines)
            checkpoint = lane.folder / "first.json"
            first = await listen_up_to(end_us, lane, server, checkpoint)
            unasked = sum(_collection(line) not in ("", *COLLECTIONS) for line in lines)
            told = first["delivered"] + first["skipped"] + first["rejected"]
            assert told + unasked == len(lines), first
            records = int(first["delivered"])
            await settled(lane, records)
            table = ids_stored(lane)
            assert table == expected(lines)
            assert events_planned(lane) == records
            assert lane.planned("filtered") == lane.planned("dead_letters") == 0

            stored = json.loads(checkpoint.read_bytes())
            dice = random.Random(3)
            for number in range(CURSORS):
                cursor = json.loads(dice.choice(lines))["time_us"]
                place = lane.folder / f"cursor-{number}.json"
                place.write_text(json.dumps({**stored, "cursor": {"time_us": cursor}}))
                again = await listen_up_to(end_us, lane, server, place)
                records += int(again["delivered"])
            await settled(lane, records)
        assert ids_stored(lane) == table
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert balance.problems == []


async def settled(lane: Lane, events: int) -> None:
    """Return when so many events are in the ledger, and their rows in the tables."""
    await until(lambda: events_planned(lane) >= events, f"{events} events in the ledger")
    await until(lambda: not lane.balance_once_settled().in_flight, "their rows")


def events_planned(lane: Lane) -> int:
    return lane.planned("records") - lane.planned("heartbeats")


async def listen_up_to(
    end_us: int, lane: Lane, server: Jetstream, checkpoint: Path
) -> dict[str, Any]:
    """Listen until the newest message is delivered; returns the summary."""
    sent = server.sent
    process = listen(lane, server, "--checkpoint", str(checkpoint), "--rewind-sec", "0")
    await until(lambda: server.sent > sent and _cursor(checkpoint) == end_us, "the last message")
    process.terminate()
    return await summary_of(process)


async def test_of_all_of_bluesky_a_newcomer_gets_what_the_bundled_rules_match_and_is_told_so(
    lane: Lane,
) -> None:
    lines = mix(400, rate=1_000)
    texts = ["look at my phone, the screen is gone", "¿dónde puedo comprar el Nimbara Uno?"]
    said = [message for message in map(json.loads, lines) if _collection_made(message) == POST]
    end_us = json.loads(lines[-1])["time_us"] + len(texts)
    for number, (message, text) in enumerate(zip(said, texts, strict=False), start=1):
        message["commit"]["record"]["text"] = text
        message["commit"]["rkey"] += "x"
        message["time_us"] = end_us - len(texts) + number
        lines.append(json.dumps(message).encode())
    checkpoint = lane.folder / "first.json"
    with lane.worker() as worker:
        async with Jetstream(lines).serving() as server:
            process = listen(lane, server, "--checkpoint", str(checkpoint), "--rewind-sec", "0")
            await until(lambda: _cursor(checkpoint) == end_us, "the last message")
            process.terminate()
            out, err = await asyncio.to_thread(process.communicate, timeout=60)
        await settled(lane, int(json.loads(out)["delivered"]))
        with lane.client() as client:
            found = _column(client, lane, "mentions", "text")
        assert lane.planned("filtered") > 300
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert found == sorted(texts)
    assert balance.problems == []
    assert "keep: {bluesky: …}" in err.decode()
    assert "escucha rules apply FILE" in err.decode()


async def test_the_overlapping_reddit_recordings_yield_each_comment_and_submission_once(
    lane: Lane,
) -> None:
    tapes = {}
    for listing, kind in (("comments", "comments"), ("new", "submissions")):
        name = f"fixtures/reddit/TestSubredditStreams.test_{kind}.ndjson"
        tapes[listing] = [
            json.loads(line)["body"] for line in real_file(name).read_bytes().splitlines()
        ]
    items = [i for tape in tapes.values() for body in tape for i in body["data"]["children"]]
    names = {f"reddit:{item['data']['name']}" for item in items}
    with lane.worker() as worker:
        for run in ("one", "two"):  # the second from the beginning again, all of it overlapping
            async with FakeReddit() as reddit:
                reddit.tapes |= tapes
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "tests.fakes.listener", "reddit", reddit.url),
                    *(lane.settings.kafka_bootstrap, lane.topic, str(lane.folder / run)),
                    cwd=REPOSITORY,
                    stdout=asyncio.subprocess.DEVNULL,
                )
                await until(
                    lambda: all(
                        reddit.positions.get(kind, 0) > len(tape) + 1
                        for kind, tape in tapes.items()
                    ),
                    "all polls",
                )
                process.terminate()
                await process.wait()
        await until(lambda: lane.planned("duplicates") >= len(names), "the second run")
        assert ids_stored(lane)["mentions"] == sorted(names)
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert balance.problems == []


@pytest.mark.slow
async def test_producer_and_worker_killed_ten_times_each_leave_no_gap_and_no_duplicate(
    lane: Lane, tmp_path: Path
) -> None:
    lines = mix(12_000, rate=10_000)
    dice = random.Random(11)
    end_us = json.loads(lines[-1])["time_us"]
    checkpoint = tmp_path / "bluesky.json"
    async with Jetstream(lines[:1_000]).serving() as server:
        arguments = ("--checkpoint", str(checkpoint), "--rewind-sec", "0.05")
        process = listen(lane, server, *arguments)
        worker = lane.worker(listening_file=keeps_all(lane))
        feeding = asyncio.create_task(_feed(server, lines[1_000:], over_sec=45.0))
        try:
            for _ in range(KILLS):
                await asyncio.sleep(dice.uniform(0.5, 4.0))
                process.kill()
                await asyncio.to_thread(process.communicate)
                process = listen(lane, server, *arguments)
                await asyncio.sleep(dice.uniform(0.5, 3.0))
                worker.kill()
                worker = lane.worker(listening_file=keeps_all(lane))
            await feeding
            await until(lambda: _cursor(checkpoint) == end_us, "the last message")
            process.terminate()
            await summary_of(process)
            await until(lambda: lane.balance_once_settled().in_flight is False, "the worker", 120)
        finally:
            process.kill()
            worker.kill()
    assert ids_stored(lane) == expected(lines)
    assert lane.balance_once_settled().problems == []


async def _feed(server: Jetstream, lines: list[bytes], *, over_sec: float) -> None:
    steps = 200
    for step in range(steps):
        server.add(*lines[step * len(lines) // steps : (step + 1) * len(lines) // steps])
        await asyncio.sleep(over_sec / steps)


def _collection(line: bytes) -> str:
    return str(json.loads(line).get("commit", {}).get("collection", ""))


def _collection_made(message: dict[str, Any]) -> str:
    commit = message.get("commit", {})
    return str(commit["collection"]) if commit.get("operation") == "create" else ""


def _cursor(checkpoint: Path) -> int:
    if not checkpoint.exists():
        return 0
    stored: dict[str, Any] = msgspec.json.decode(checkpoint.read_bytes())
    return int((stored["cursor"] or {}).get("time_us", 0))
