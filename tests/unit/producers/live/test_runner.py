"""The runner with sources of a few lines: what reaches Kafka, what the checkpoint says, and what
happens when the source or Kafka fails."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.mention import Author, Deletion, Mention
from streams import clock
from streams.errors import BrokerUnavailableError, InputError
from streams.producers.live import resume
from streams.producers.live.backoff import Backoff
from streams.producers.live.source import (
    Cursor,
    Received,
    SourceRefusedError,
    SourceUnavailableError,
    Unmapped,
)
from streams.producers.memory import MemoryProducer
from tests.fakes.memory_kafka import TOPIC, Listening

NOW = datetime(2026, 7, 4, tzinfo=UTC)


def mention(number: int, text: str = "a text") -> Mention:
    return Mention(
        mention_id=f"toy:{number}",
        source="toy",
        author=Author(id=f"author {number % 7}"),
        text=text,
        published_at=NOW,
    )


@dataclass
class Toy:
    """Numbers as mentions from the cursor on; what `faults` holds is raised before that number."""

    end: int = 100
    faults: dict[int, list[Exception | None]] = field(default_factory=dict)  # None: hang
    step: int = 1
    listened: list[Cursor | None] = field(default_factory=list)
    stall_sec: float = 10.0
    scope: str = ""
    name: str = "toy"
    yielded: int = 0

    async def listen(self, cursor: Cursor | None) -> AsyncIterator[Received]:
        self.listened.append(cursor)
        first = cursor["next"] if cursor else 0
        for number in range(first, self.end, self.step):
            if waiting := self.faults.get(number):
                fault = waiting.pop(0)
                if fault is None:
                    await asyncio.sleep(3600)
                else:
                    raise fault
            after = min(number + self.step, self.end)
            events = [mention(n) for n in range(number, after)]
            yield Received(events, {"next": after})
            self.yielded = after


@pytest.fixture
def listening(tmp_path: Path) -> Listening:
    return Listening(tmp_path / "toy.json")


async def test_a_finite_source_is_delivered_whole_and_in_order(listening: Listening) -> None:
    summary = await listening.run(Toy(1_000))
    assert listening.ids() == [f"toy:{n}" for n in range(1_000)]
    assert {r.key for r in listening.kafka.delivered} == {f"author {n}".encode() for n in range(7)}
    assert (summary.received, summary.delivered, summary.finished) == (1_000, 1_000, True)
    assert listening.cursor() == {"next": 1_000}


async def test_a_source_that_is_away_is_called_again_with_the_newest_cursor(
    listening: Listening,
) -> None:
    away = SourceUnavailableError("the network sleeps")
    toy = Toy(100, faults={10: [away, away], 50: [away]})
    summary = await listening.run(toy)
    assert toy.listened == [None, {"next": 10}, {"next": 10}, {"next": 50}]
    assert listening.ids() == [f"toy:{n}" for n in range(100)]
    assert summary.reconnects == 3
    assert "the network sleeps" in listening.notebook.notes[0]


async def test_a_source_that_falls_silent_is_left_and_called_again(listening: Listening) -> None:
    toy = Toy(100, faults={10: [None]}, stall_sec=0.1)
    summary = await listening.run(toy)
    assert toy.listened == [None, {"next": 10}]
    assert (summary.stalls, summary.reconnects, summary.delivered) == (1, 1, 100)
    assert "no sign of life" in listening.notebook.notes[0]


async def test_a_pause_the_network_asks_for_is_waited(listening: Listening) -> None:
    toy = Toy(20, faults={10: [SourceUnavailableError("slower", retry_after_sec=0.4)]})
    began = asyncio.get_running_loop().time()
    await listening.run(toy)
    assert asyncio.get_running_loop().time() - began >= 0.4


async def test_a_refusal_ends_the_run_with_what_came_before_delivered(listening: Listening) -> None:
    toy = Toy(100, faults={10: [SourceRefusedError("renew the key")]})
    with pytest.raises(SourceRefusedError, match="renew the key"):
        await listening.run(toy)
    assert len(listening.ids()) == 10
    assert listening.cursor() == {"next": 10}


async def test_an_error_of_the_source_itself_is_not_hidden(listening: Listening) -> None:
    toy = Toy(100, faults={10: [ZeroDivisionError("a fault of ours")]})
    with pytest.raises(ZeroDivisionError):
        await listening.run(toy)
    assert listening.cursor() == {"next": 10}


async def test_a_stop_delivers_what_was_taken_and_the_next_run_goes_on(
    listening: Listening,
) -> None:
    toy = Toy(100_000)
    summary = await listening.run(toy, lambda: len(listening.kafka.delivered) > 300)
    assert not summary.finished
    assert summary.delivered == summary.received
    next_number = listening.cursor()["next"]
    assert next_number == summary.received
    again = Toy(next_number + 50)
    await listening.run(again)
    assert again.listened == [{"next": next_number}]
    assert listening.ids() == [f"toy:{n}" for n in range(next_number + 50)]


async def test_the_cursor_on_disk_never_passes_what_kafka_confirmed(listening: Listening) -> None:
    listening.kafka.fail_after = 700
    with pytest.raises(BrokerUnavailableError):
        await listening.run(Toy(100_000))
    delivered = len(listening.kafka.delivered)
    assert delivered == 700
    cursor = listening.cursor()
    assert (cursor or {"next": 0})["next"] <= delivered
    listening.kafka.fail_after = None
    await listening.run(Toy(2_000))
    assert set(listening.ids()) == {f"toy:{n}" for n in range(2_000)}


async def test_while_kafka_is_down_the_source_is_not_read_on(listening: Listening) -> None:
    listening.kafka = MemoryProducer(queue_records=50, down=True)
    toy = Toy(100_000)

    async def recover() -> None:
        await asyncio.sleep(0.5)
        assert toy.yielded <= 50
        assert len(listening.kafka) == 50
        toy.end = 500
        listening.kafka.down = False

    async with asyncio.TaskGroup() as group:
        group.create_task(recover())
        run = group.create_task(listening.run(toy, lambda: len(listening.kafka.delivered) >= 500))
    assert run.result().stalls == 0
    assert listening.ids()[:500] == [f"toy:{n}" for n in range(500)]


async def test_a_stop_while_kafka_is_down_ends_soon_and_loses_nothing(listening: Listening) -> None:
    listening.kafka = MemoryProducer(queue_records=50, down=True)
    began = asyncio.get_running_loop().time()
    summary = await listening.run(
        Toy(1_000), lambda: asyncio.get_running_loop().time() > began + 0.3, stop_flush_sec=0.2
    )
    assert asyncio.get_running_loop().time() - began < 2
    assert (summary.delivered, listening.cursor()) == (0, None)
    listening.kafka.down = False
    await listening.run(Toy(1_000))
    assert listening.ids() == [f"toy:{n}" for n in range(1_000)]


@dataclass
class Odd:
    """Yields what it was given, then ends."""

    steps: Sequence[Received]
    stall_sec: float = 10.0
    scope: str = ""
    name: str = "odd"

    async def listen(self, cursor: Cursor | None) -> AsyncIterator[Received]:
        for step in self.steps:
            yield step


async def test_what_cannot_be_an_event_is_kept_with_its_reason_and_counted(
    listening: Listening,
) -> None:
    source = Odd(
        [
            Received([mention(1)], unmapped=[Unmapped(b'{"no": \xff}', "not JSON")], skipped=2),
            Received([mention(2, "x" * 200_000), mention(3, "half \ud800")], {"next": 4}),
            Received(skipped=3),
        ]
    )
    summary = await listening.run(source)
    assert (summary.received, summary.delivered, summary.rejected, summary.skipped) == (4, 1, 3, 5)
    reasons = [entry["reason"] for entry in listening.rejected()]
    assert reasons[0] == "not JSON"
    assert "contract" in reasons[1]
    assert "Unicode" in reasons[2]
    assert "toy:3" in listening.rejected()[2]["raw"]
    assert summary.rejected_events
    assert listening.cursor() == {"next": 4}


async def test_what_kafka_refuses_is_kept_and_does_not_hold_the_cursor(
    listening: Listening,
) -> None:
    listening.kafka = MemoryProducer(max_value_bytes=3_000, broker_max_value_bytes=2_000)
    steps = [mention(1), mention(2, "x" * 2_500), mention(3, "x" * 4_000), mention(4)]
    summary = await listening.run(Odd([Received(steps, {"next": 5})]))
    assert (summary.delivered, summary.rejected) == (2, 2)
    assert all("Kafka does not take it" in entry["reason"] for entry in listening.rejected())
    assert listening.cursor() == {"next": 5}


async def test_a_full_rejects_file_makes_room_for_newer_ones(listening: Listening) -> None:
    unmapped = [Unmapped(f"{n} {'x' * 500}".encode(), "no") for n in range(5_000)]
    source = Odd([Received(unmapped=unmapped[n : n + 50]) for n in range(0, 5_000, 50)])
    summary = await listening.run(source, rejects_max_bytes=1_000_000)
    assert summary.rejected == 5_000
    files = list(listening.checkpoint.parent.glob("*.jsonl"))
    assert len(files) == 2
    assert all(file.stat().st_size <= 1_000_000 for file in files)


async def test_deletions_travel_with_the_key_of_their_author(listening: Listening) -> None:
    gone = [
        Deletion(
            target="mention", target_id="odd:1", source="odd", author_id="ana", deleted_at=NOW
        ),
        Deletion(target="author", target_id="ben", source="odd", deleted_at=NOW),
    ]
    await listening.run(Odd([Received(gone)]))
    assert [record.key for record in listening.kafka.delivered] == [b"ana", b"ben"]


async def test_heartbeats_stop_when_the_source_shows_no_life(listening: Listening) -> None:
    toy = Toy(20, faults={10: [None] * 100}, stall_sec=0.3)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await listening.run(
        toy,
        lambda: loop.time() > began + 1.5,
        heartbeat_sec=0.05,
        backoff=lambda: Backoff(first_sec=0.0),
    )
    assert 3 <= listening.heartbeats() <= 8  # of the 30 that a living source would have


def signs(listening: Listening) -> list[str]:
    events = [json.loads(record.body) for record in listening.kafka.delivered]
    return [event["sign"] for event in events if event["type"] == "heartbeat"]


async def test_a_run_says_hello_and_if_it_ends_in_order_goodbye(listening: Listening) -> None:
    await listening.run(Toy(10), heartbeat_sec=5.0)
    assert (signs(listening)[0], signs(listening)[-1]) == ("hello", "goodbye")

    loop = asyncio.get_running_loop()
    until = loop.time() + 0.3
    hanging = Toy(20, faults={12: [None]})
    await listening.run(hanging, lambda: loop.time() > until, heartbeat_sec=5.0)
    assert signs(listening).count("goodbye") == 2


async def test_a_source_that_refuses_is_no_end_in_good_order(listening: Listening) -> None:
    with pytest.raises(SourceRefusedError):
        await listening.run(Toy(10, faults={3: [SourceRefusedError("no")]}), heartbeat_sec=5.0)
    assert "hello" in signs(listening)
    assert "goodbye" not in signs(listening)


async def test_an_empty_step_is_a_sign_of_life(listening: Listening) -> None:
    @dataclass
    class Quiet(Odd):
        async def listen(self, cursor: Cursor | None) -> AsyncIterator[Received]:
            for _ in range(12):
                await asyncio.sleep(0.05)
                yield Received()

    summary = await listening.run(Quiet([], stall_sec=0.2), heartbeat_sec=0.05)
    assert summary.reconnects == 0
    assert listening.heartbeats() >= 6


async def test_a_limit_ends_the_run(listening: Listening) -> None:
    summary = await listening.run(Toy(1_000), limit=25)
    assert (summary.delivered, summary.finished) == (25, True)
    assert listening.cursor() == {"next": 25}


async def test_a_checkpoint_of_another_stream_is_refused(listening: Listening) -> None:
    await listening.run(Toy(10))
    with pytest.raises(InputError, match="belongs to toy ''"):
        await listening.run(Toy(10, scope="elsewhere"))
    listening.checkpoint.write_text("{")
    with pytest.raises(InputError, match="--restart"):
        await listening.run(Toy(10))
    summary = await listening.run(Toy(10), restart=True)
    assert summary.delivered == 10


async def test_a_topic_that_lost_what_was_delivered_is_not_taken_for_the_old_one(
    listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    await listening.run(Toy(10))
    monkeypatch.setattr("streams.producers.base.EventWriter.holds", lambda *_: False)
    with pytest.raises(InputError, match="10 events were delivered") as raised:
        await listening.run(Toy(20))
    assert "--resume-anyway" in str(raised.value)
    summary = await listening.run(Toy(20), resume_anyway=True)
    assert summary.delivered == 10
    summary = await listening.run(Toy(20), restart=True)
    assert summary.delivered == 20


async def test_two_runs_do_not_share_a_checkpoint_at_once(listening: Listening) -> None:
    toy = Toy(100, faults={10: [None]})
    async with asyncio.TaskGroup() as group:
        done: list[Any] = []
        first = group.create_task(listening.run(toy, lambda: bool(done)))
        while toy.yielded < 10:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        with pytest.raises(InputError, match="listening to toy"):
            await listening.run(Toy(100))
        done.append(1)
    assert first.result().delivered == 10


async def test_the_summary_and_checkpoint_are_json_for_programs(listening: Listening) -> None:
    await listening.run(Toy(10))
    stored = json.loads(listening.checkpoint.read_bytes())
    assert stored["topic"] == TOPIC
    assert stored["delivered"] == 10
    await listening.run(Toy(30))
    stored = json.loads(listening.checkpoint.read_bytes())
    assert stored["delivered"] == 30
    loaded = resume.load(listening.checkpoint, source="toy", scope="", topic=TOPIC)
    assert loaded is not None
    assert loaded.cursor == {"next": 30}


async def test_a_stop_during_a_pause_ends_at_once(listening: Listening) -> None:
    toy = Toy(20, faults={10: [SourceUnavailableError("in an hour", retry_after_sec=3600)]})
    summary = await listening.run(toy, lambda: bool(listening.notebook.notes), within_sec=5)
    assert (summary.delivered, summary.finished) == (10, False)


async def test_the_lag_is_by_the_networks_clock_where_it_tells_one(listening: Listening) -> None:
    long_ago = clock.now() - timedelta(hours=2)
    steps = [Received([mention(1)], as_of=long_ago)]
    assert 7_200 <= ((await listening.run(Odd(steps))).lag_sec or 0) < 7_260
    steps = [Received([mention(1)])]
    assert (await listening.run(Odd(steps))).lag_sec == pytest.approx(
        (clock.now() - NOW).total_seconds(), abs=60
    )
