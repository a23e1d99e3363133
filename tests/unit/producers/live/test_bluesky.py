"""Bluesky's source through the runner against a Jetstream server that misbehaves, over a socket."""

import asyncio
import os
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from backports import zstd

from streams.errors import InputError
from streams.producers.live.bluesky import Bluesky, from_options
from streams.producers.live.bluesky_mapping import MappingError, map_message
from streams.producers.live.source import SourceRefusedError
from tests.builders import FakeRecord, deliver, make_worker, process_all
from tests.fakes.bluesky_lines import LIKE, START_US, did, line, mix, post, reaction, uri
from tests.fakes.jetstream import Jetstream, Manners
from tests.fakes.memory_kafka import Listening, identity
from tests.memory_clickhouse import MemoryClickHouse

DATA = Path(os.environ.get("ESCUCHA_DATA", Path(__file__).parents[5] / "shared" / "data"))
NOW = datetime(2026, 7, 5, tzinfo=UTC)
MIX = mix(400)
GARBAGE: list[str | bytes] = ["", "{", "null", "[]", "�" * 50, b"\x00\xff"]


@pytest.fixture
def listening(tmp_path: Path) -> Listening:
    return Listening(tmp_path / "bluesky.json")


def expected(lines: Sequence[bytes]) -> set[str]:
    """What should arrive of them."""
    events = (map_message(message, NOW)[1] for message in lines)
    return {identity(msgspec.json.decode(msgspec.json.encode(event))) for event in events if event}


async def hear(
    listening: Listening, server: Jetstream, ids: set[str], **options: Any
) -> tuple[list[str], Any]:
    """Listen until all of `ids` came; what came, and the summary."""
    source = Bluesky(**{"endpoint": server.url, "now": lambda: NOW, **options})
    summary = await listening.run(source, lambda: ids <= set(listening.ids()))
    return listening.ids(), summary


async def test_everything_the_server_plays_arrives_and_is_accounted_for(
    listening: Listening,
) -> None:
    async with Jetstream(MIX).serving() as server:
        ids, summary = await hear(listening, server, expected(MIX))
    assert set(ids) == expected(MIX)
    assert summary.received + summary.skipped == len(MIX)
    assert server.queries[0]["wantedCollections"] == [
        "app.bsky.feed.post",
        "app.bsky.feed.like",
        "app.bsky.feed.repost",
        "app.bsky.graph.follow",
    ]


@pytest.mark.parametrize(
    "manners",
    [
        [Manners(cut_after=n) for n in (0, 1, 37, 200)],
        [Manners(close_after=n) for n in (0, 90, 91)],
        [Manners(hang_after=n) for n in (0, 55)],
        [Manners(repeats=3)],
        [Manners(shuffle=16)],
        [Manners(refuse=503), Manners(refuse=500), Manners(refuse=502, cut_after=3)],
        [Manners(garbage=GARBAGE, cut_after=10)],
    ],
    ids=["cut", "closed", "hanging", "twice", "disorder", "away", "garbage"],
)
async def test_whatever_the_server_does_nothing_is_missing(
    listening: Listening, manners: list[Manners]
) -> None:
    ids = expected(MIX)
    async with Jetstream(MIX, manners=deque(manners)).serving() as server:
        heard, summary = await hear(listening, server, ids, stall_sec=0.2, rewind_sec=0.02)
    assert set(heard) == ids
    assert len(heard) >= len(ids)
    if len(manners) > 1:
        assert summary.reconnects >= len(manners)


async def test_garbage_is_kept_with_its_reason(listening: Listening) -> None:
    lines = [line(post(rkey="3kgood"))]
    garbage: list[str | bytes] = ["{", line(post(["no"])).decode(), b"\x28\xb5"]
    async with Jetstream(lines, manners=deque([Manners(garbage=garbage)])).serving() as server:
        _, summary = await hear(listening, server, expected(lines))
    assert summary.rejected == 3
    reasons = [entry["reason"] for entry in listening.rejected()]
    assert "not JSON" in reasons[0]
    assert "text is not a text" in reasons[1]
    assert "binary" in reasons[2]


async def test_a_server_that_hangs_is_found_out_by_a_ping(listening: Listening) -> None:
    ids = expected(MIX)
    async with Jetstream(MIX, manners=deque([Manners(hang_after=5)])).serving() as server:
        heard, summary = await hear(listening, server, ids, stall_sec=20, ping_sec=0.1)
    assert set(heard) == ids
    assert (summary.reconnects, summary.stalls) == (1, 0)


async def test_a_quiet_server_that_answers_pings_is_alive(listening: Listening) -> None:
    async with Jetstream().serving() as server:
        source = Bluesky(endpoint=server.url, stall_sec=0.3, ping_sec=0.05)
        loop = asyncio.get_running_loop()
        began = loop.time()
        summary = await listening.run(source, lambda: loop.time() > began + 1, heartbeat_sec=0.05)
    assert summary.reconnects == 0
    assert listening.heartbeats() >= 10


async def test_a_rate_limit_is_waited_out(listening: Listening) -> None:
    manners = deque([Manners(refuse=429, headers={"Retry-After": "1"})])
    async with Jetstream(MIX, manners=manners).serving() as server:
        began = asyncio.get_running_loop().time()
        await hear(listening, server, expected(MIX))
    assert asyncio.get_running_loop().time() - began >= 1
    assert "1 s of patience" in listening.notebook.notes[0]


async def test_what_the_server_will_never_serve_ends_the_run(listening: Listening) -> None:
    async with Jetstream(MIX, manners=deque([Manners(refuse=403)])).serving() as server:
        with pytest.raises(SourceRefusedError, match="forbids it: 403"):
            await hear(listening, server, {"none"})


async def test_nobody_at_the_address_is_tried_again(listening: Listening) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    source = Bluesky(endpoint="ws://127.0.0.1:1/subscribe")
    summary = await listening.run(source, lambda: loop.time() > began + 0.3)
    assert summary.reconnects > 2
    with pytest.raises(SourceRefusedError, match="not a URL"):
        await listening.run(Bluesky(endpoint="no address"))


@pytest.mark.parametrize("stop_at", [1, 57, 58, 200, 399])
async def test_a_resume_from_any_place_gives_the_same_ids(
    listening: Listening, stop_at: int
) -> None:
    ids = expected(MIX)
    async with Jetstream(MIX, manners=deque([Manners(hang_after=stop_at)])).serving() as server:
        source = Bluesky(endpoint=server.url, now=lambda: NOW, rewind_sec=0.005)
        await listening.run(source, lambda: server.sent >= stop_at)
        await hear(listening, server, ids, rewind_sec=0.005)
        asked = int(server.queries[-1]["cursor"][0])
    assert START_US - 5_000 <= asked <= START_US + stop_at * 1_000
    assert set(listening.ids()) == ids


async def test_the_recording_resumed_from_every_cursor_gives_the_same_table(
    tmp_path: Path,
) -> None:
    path = DATA / "fixtures" / "bluesky_jetstream" / "expected_v1.jsonl"
    if not path.exists():
        pytest.skip("real data: the Jetstream recording is absent; say where with ESCUCHA_DATA")
    lines = path.read_bytes().splitlines()
    ids = expected(lines)
    whole = Listening(tmp_path / "whole.json")
    async with Jetstream(lines).serving() as server:
        await hear(whole, server, ids)
    table = await stored_of(whole)
    assert [len(table[name]) for name in sorted(table)] == [4, 126, 17]
    for stop_at in range(1, len(lines)):
        listening = Listening(tmp_path / f"{stop_at}.json")
        manners = deque([Manners(cut_after=stop_at)])
        async with Jetstream(lines, manners=manners).serving() as server:
            # Times in the recording are up to 32 ms out of order.
            heard, _ = await hear(listening, server, ids, rewind_sec=0.04)
        assert set(heard) == ids, stop_at
        assert await stored_of(listening) == table, stop_at


async def stored_of(listening: Listening) -> dict[str, list[tuple[Any, ...]]]:
    """The tables that the pipeline makes of what arrived, row by row, but for places in Kafka."""
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [FakeRecord(n, record.body) for n, record in enumerate(listening.kafka.delivered)]
    _, batches = await deliver(worker.pipeline, log)
    assert await process_all(worker.pipeline, batches) == [None] * len(batches)
    columns = {
        "mentions": ("mention_id", "text", "parent_id", "published_at", "version", "counted"),
        "interactions": ("interaction_id", "kind", "target_id", "occurred_at"),
        "deletions": ("target", "target_id", "deleted_at"),
    }
    tables = {
        name: [tuple(row[column] for column in wanted) for row in clickhouse.tables[name]]
        for name, wanted in columns.items()
    }
    # The table of deletions keeps one row of a target; the others hold none twice by themselves.
    return {
        name: sorted(set(rows) if name == "deletions" else rows) for name, rows in tables.items()
    }


async def test_a_clock_that_runs_ahead_does_not_carry_the_cursor_away(listening: Listening) -> None:
    ahead = START_US + 3_600_000_000
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=START_US + 1)
    lines = [line(post(rkey="3k1")), line(post(rkey="3k2", time_us=ahead))]
    async with Jetstream(lines).serving() as server:
        await hear(listening, server, expected(lines), now=lambda: now)
    assert listening.cursor() == {"time_us": START_US + 1}


async def test_what_the_server_has_let_go_of_is_said(
    listening: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    lines = [line(post(rkey="3k1")), line(post(rkey="3k2", time_us=START_US + 1_000))]
    async with Jetstream(lines[:1]).serving() as server:
        await hear(listening, server, expected(lines[:1]))
    async with Jetstream(lines).serving() as server:
        await hear(listening, server, expected(lines))
    assert not gaps(caplog)
    later = [line(post(rkey="3k3", time_us=START_US + 3_600_000_000))]
    async with Jetstream(later).serving() as server:
        await hear(listening, server, expected(later))
    [gap] = gaps(caplog)
    assert "from 2026-07-04T14:38:08+00:00 to 2026-07-04T15:38:08+00:00" in gap


def gaps(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says is missing."""
    return [record.getMessage() for record in caplog.records if "missing" in record.getMessage()]


async def test_only_what_is_wanted_is_asked_for(listening: Listening) -> None:
    subject = {"uri": uri(5, "3k"), "cid": "b"}
    lines = [line(post(author=n, rkey=f"3k{n}")) for n in range(5)]
    lines += [line(reaction(LIKE, subject, author=n, rkey=f"3l{n}")) for n in range(5)]
    ids = {f"bluesky:{uri(3, '3k3')}"}
    async with Jetstream(lines).serving() as server:
        heard, _ = await hear(listening, server, ids, kinds=("posts",), dids=(did(3),))
    assert heard == list(ids)
    assert server.queries[0]["wantedDids"] == [did(3)]


async def test_more_accounts_than_a_url_holds_go_in_a_message(listening: Listening) -> None:
    lines = [line(post(author=n, rkey=f"3k{n}")) for n in range(500)]
    dids = tuple(did(n) for n in range(100, 500))
    async with Jetstream(lines).serving() as server:
        heard, _ = await hear(listening, server, expected(lines[100:]), dids=dids)
    assert set(heard) == expected(lines[100:])
    assert server.queries[0]["requireHello"] == ["true"]
    assert "wantedDids" not in server.queries[0]


def test_another_set_of_accounts_is_another_stream() -> None:
    one = Bluesky(dids=("did:plc:a", "did:plc:b"))
    assert one.scope == Bluesky(dids=("did:plc:b", "did:plc:a")).scope
    assert len({one.scope, Bluesky().scope, Bluesky(dids=("did:plc:a",)).scope}) == 3


async def test_a_compressed_stream_says_the_same(listening: Listening) -> None:
    dictionary = zstd.train_dict(MIX, 8_192).dict_content
    async with Jetstream(MIX, dictionary=dictionary).serving() as server:
        heard, summary = await hear(listening, server, expected(MIX), zstd_dictionary=dictionary)
    assert set(heard) == expected(MIX)
    assert summary.rejected == 0
    assert server.queries[0]["compress"] == ["true"]


def test_a_frame_that_unpacks_to_too_much_is_refused() -> None:
    from streams.producers.live.bluesky_wire import Inflate

    dictionary = zstd.train_dict(MIX, 8_192)
    inflate = Inflate(dictionary.dict_content, 1_000_000)
    bomb = zstd.compress(b"x" * 50_000_000, zstd_dict=dictionary)
    assert len(bomb) < 10_000
    with pytest.raises(MappingError, match="more than 1000000 bytes"):
        inflate(bomb)
    whole = zstd.compress(MIX[0], zstd_dict=dictionary)
    assert inflate(whole) == MIX[0]
    for broken in (b"", whole[:-4], b"no zstd at all"):
        with pytest.raises(MappingError):
            inflate(broken)


def test_options_that_cannot_be_meant_are_refused(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "endpoint": "ws://x/",
        "want": (),
        "did": (),
        "rewind_sec": 5.0,
        "zstd_dictionary": None,
        "user_agent": "x",
    }
    assert from_options(**{**given, "want": ("posts", "likes", "posts")}).kinds == (
        "posts",
        "likes",
    )
    for wrong, words in (
        ({"did": ("@ana.bsky.social",)}, "not a DID"),
        ({"did": (did(1),) * 10_001}, "10000 at most"),
        ({"zstd_dictionary": tmp_path / "none"}, "cannot be read"),
        ({"zstd_dictionary": Path(__file__)}, "not one"),
    ):
        with pytest.raises(InputError, match=words):
            from_options(**{**given, **wrong})
