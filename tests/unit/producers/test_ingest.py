"""Runs over files against the in-memory Kafka: nothing lost, nothing stopped, all told."""

import json
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from streams.errors import BrokerUnavailableError, InputError
from streams.producers import checkpoint, files
from streams.producers.base import EventWriter
from streams.producers.mapping import from_flags
from streams.producers.memory import MemoryProducer
from streams.producers.readers import ReadOptions
from tests.unit.producers.helpers import Ingestion, stop_after, tweet, write_lines


class Crash(BaseException):
    """What a kill is to the code: no handler of the program's own catches it."""


def test_every_row_arrives_in_order_under_its_author(ingestion: Ingestion, tweets: Path) -> None:
    summary = ingestion.run(tweets)

    assert [event["mention_id"] for event in ingestion.events()] == [
        f"tweets:{number}" for number in range(2_000)
    ]
    assert ingestion.kafka.delivered[8].key == b"user_1"
    assert (summary.read, summary.delivered, summary.rejected) == (2_000, 2_000, 0)
    assert summary.finished
    assert summary.rejected_rows is None
    assert any("tweet_id (guessed)" in line for line in ingestion.notebook.plans)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl.gz"])
def test_every_format_makes_the_same_events(
    ingestion: Ingestion, tmp_path: Path, name: str
) -> None:
    rows = [tweet(number) for number in range(10)]
    path = tmp_path / name
    if name == "a.csv":
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        write_lines(path, lines)
    elif name == "a.parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        write_lines(path, rows, packed=True)

    ingestion.run(path)

    reference = Ingestion(tmp_path / "other")
    reference.run(write_lines(tmp_path / "a.jsonl", rows))
    assert ingestion.events() == reference.events()
    assert len(reference.events()) == 10


def test_bad_rows_are_kept_with_line_and_reason(ingestion: Ingestion, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(1), "", "{broken", tweet(2, text=""), tweet(3)])

    summary = ingestion.run(path)

    assert (summary.read, summary.delivered, summary.rejected) == (4, 2, 2)
    rejected = ingestion.rejected()
    assert [(row["row"], row["line"]) for row in rejected] == [(2, 3), (3, 4)]
    assert "not JSON" in rejected[0]["reason"]
    assert rejected[0]["raw"] == "{broken\n"
    assert json.loads(rejected[1]["raw"])["tweet_id"] == 2
    assert summary.rejected_rows is not None


def test_strict_stops_at_the_first_bad_row_and_again_there(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(1), "{broken", tweet(3)])

    for _ in range(2):
        with pytest.raises(InputError, match=r"a\.jsonl, line 2: not JSON.*--strict"):
            ingestion.run(path, strict=True)

    assert [event["mention_id"] for event in ingestion.events()] == ["a:1"]
    assert ingestion.run(path).rejected == 1
    assert len(ingestion.events()) == 2


@pytest.mark.parametrize("calls", [1, 2, 3, 5, 7])
def test_a_stop_leaves_a_checkpoint_to_go_on_from(
    ingestion: Ingestion, tweets: Path, calls: int
) -> None:
    summary = ingestion.run(tweets, stop=stop_after(calls))
    assert not summary.finished

    rest = ingestion.run(tweets)

    assert rest.finished
    assert (rest.skipped, rest.read) == (summary.read, 2_000 - summary.read)
    ids = [event["mention_id"] for event in ingestion.events()]
    assert ids == [f"tweets:{number}" for number in range(2_000)]


@pytest.mark.parametrize("crash_at", [1, 255, 256, 700, 1_500, 1_999])
def test_a_kill_leaves_no_gap_and_repeats_only_the_tail(
    ingestion: Ingestion, tweets: Path, monkeypatch: pytest.MonkeyPatch, crash_at: int
) -> None:
    """The checkpoint on disk is all that survives; it must never be ahead of Kafka."""
    kafka = MemoryProducer()
    ingestion.kafka = kafka
    real = MemoryProducer.produce
    saved: list[tuple[int, int]] = []
    killed = False

    def produce(self: MemoryProducer, *args: object, **kwargs: object) -> None:
        nonlocal killed
        if len(self.delivered) + len(self) >= crash_at:
            killed = True
            raise Crash
        real(self, *args, **kwargs)  # type: ignore[arg-type]

    def save(path: Path, state: checkpoint.Checkpoint) -> None:
        if not killed:  # a kill runs no `finally`
            saved.append((state.rows, len(kafka.delivered)))
            original_save(path, state)

    original_save = checkpoint.save
    monkeypatch.setattr(checkpoint, "save", save)
    monkeypatch.setattr(MemoryProducer, "produce", produce)
    with pytest.raises(Crash):
        ingestion.run(tweets)
    monkeypatch.undo()

    assert all(rows <= delivered for rows, delivered in saved)
    before = len(kafka.delivered)
    ingestion.run(tweets)
    ids = [event["mention_id"] for event in ingestion.events()]
    assert set(ids) == {f"tweets:{number}" for number in range(2_000)}
    assert len(ids) == 2_000 + before - saved[-1][0]


def test_the_first_rejected_row_is_told_with_its_reason(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(1), "{bad", tweet(3), "{bad too"])

    ingestion.run(path)

    [note] = ingestion.notebook.notes
    assert note.startswith("2 rejected, kept in ")
    assert "rejected.jsonl; the first, line 2: " in note


def test_rows_rejected_before_a_stop_are_kept_once(ingestion: Ingestion, tmp_path: Path) -> None:
    rows: list[object] = [tweet(number) for number in range(1_000)]
    rows[100] = "{early"
    rows[900] = "{late"
    path = write_lines(tmp_path / "a.jsonl", rows)
    calls = 0

    def stop() -> bool:
        nonlocal calls
        calls += 1
        return calls > 3

    assert not ingestion.run(path, stop=stop).finished
    ingestion.run(path)

    assert [row["row"] for row in ingestion.rejected()] == [101, 901]


def test_rejects_past_the_checkpoint_are_dropped_on_resume(
    ingestion: Ingestion, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(1), "{bad", tweet(3), "{bad too"])
    summary = ingestion.run(path)
    stored = checkpoint.load(Path(summary.checkpoint))
    assert stored is not None
    # As a kill leaves it: rejects on disk, the checkpoint behind them, a line cut short.
    rolled_back = json.loads(Path(summary.checkpoint).read_text()) | {"rows": 2, "finished": False}
    Path(summary.checkpoint).write_text(json.dumps(rolled_back))
    with Path(summary.rejected_rows or "").open("a") as file:
        file.write('{"row": 9, "li')

    ingestion.run(path)

    assert [row["row"] for row in ingestion.rejected()] == [2, 4]


def test_a_finished_file_is_not_sent_again_unless_asked(ingestion: Ingestion, tweets: Path) -> None:
    ingestion.run(tweets)

    again = ingestion.run(tweets)
    assert (again.read, again.skipped, again.finished) == (0, 2_000, True)
    assert "--restart" in ingestion.notebook.notes[-1]

    ingestion.run(tweets, restart=True)
    ids = [event["mention_id"] for event in ingestion.events()]
    assert len(ids) == 4_000
    assert len(set(ids)) == 2_000


def test_a_changed_file_or_mapping_is_refused_with_the_remedy(
    ingestion: Ingestion, tweets: Path
) -> None:
    ingestion.run(tweets, stop=stop_after(3))

    with pytest.raises(InputError, match=r"the mapping or a reading option changed.*--restart"):
        ingestion.run(tweets, mapping=from_flags([], ["lang=es"]))
    with pytest.raises(InputError, match="reading option"):
        ingestion.run(tweets, read=ReadOptions(encoding="utf-8"))

    before = tweets.stat()
    tweets.write_bytes(tweets.read_bytes().replace(b"number 0", b"number X"))
    os.utime(tweets, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(InputError, match="the file's first bytes changed"):
        ingestion.run(tweets)

    write_lines(tweets, [tweet(1)])
    with pytest.raises(InputError, match="the file's size, the file's time of change"):
        ingestion.run(tweets)
    assert ingestion.run(tweets, restart=True).finished


def test_another_checkpoint_is_another_run(ingestion: Ingestion, tweets: Path) -> None:
    ingestion.run(tweets)

    summary = ingestion.run(tweets, checkpoint=tweets.with_name("mine.json"))

    assert summary.read == 2_000
    assert Path(summary.checkpoint).name == "mine.json"


def test_a_broken_checkpoint_says_so(ingestion: Ingestion, tweets: Path) -> None:
    path = tweets.with_name("mine.json")
    path.write_text("{")
    with pytest.raises(InputError, match=r"not a checkpoint.*--restart"):
        ingestion.run(tweets, checkpoint=path)

    ingestion.run(tweets, checkpoint=path, restart=True)
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(InputError, match="another version"):
        ingestion.run(tweets, checkpoint=path)


def test_two_runs_of_one_file_do_not_meet(ingestion: Ingestion, tweets: Path) -> None:
    path = tweets.with_name("mine.json")
    with (
        checkpoint.locked(path),
        pytest.raises(InputError, match="another run is ingesting"),
    ):
        ingestion.run(tweets, checkpoint=path)


def test_a_topic_that_lost_its_records_is_noticed(
    ingestion: Ingestion, tweets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingestion.run(tweets)
    asked: list[tuple[int, int]] = []

    def holds(self: EventWriter, partition: int, offset: int) -> bool:
        asked.append((partition, offset))
        return False

    monkeypatch.setattr(EventWriter, "holds", holds)

    with pytest.raises(InputError, match=r"no longer has them.*--restart"):
        ingestion.run(tweets)
    assert asked == [(0, 1_999)]


def test_when_kafka_gives_up_the_run_ends_and_the_next_goes_on(
    ingestion: Ingestion, tweets: Path
) -> None:
    ingestion.kafka.fail_after = 900
    with pytest.raises(BrokerUnavailableError, match="run the command again"):
        ingestion.run(tweets)
    ingestion.kafka.fail_after = None

    assert ingestion.run(tweets).finished
    ids = {event["mention_id"] for event in ingestion.events()}
    assert ids == {f"tweets:{number}" for number in range(2_000)}


def test_a_full_queue_is_waited_for(ingestion: Ingestion, tweets: Path) -> None:
    ingestion.kafka.queue_records = 50

    assert ingestion.run(tweets).delivered == 2_000


def test_a_stop_while_kafka_is_away_ends_at_once(
    ingestion: Ingestion, tweets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "STOP_FLUSH_SEC", 0.01)
    ingestion.kafka = MemoryProducer(down=True, queue_records=100)

    summary = ingestion.run(tweets, stop=stop_after(10))

    assert not summary.finished
    assert summary.delivered == 0
    ingestion.kafka = MemoryProducer()
    assert ingestion.run(tweets).delivered == 2_000


@pytest.mark.parametrize(
    "kafka",
    [MemoryProducer(max_value_bytes=5_000), MemoryProducer(broker_max_value_bytes=5_000)],
    ids=["client", "broker"],
)
def test_an_event_kafka_never_takes_is_rejected(
    ingestion: Ingestion, tmp_path: Path, kafka: MemoryProducer
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(1), tweet(2, text="x" * 6_000), tweet(3)])

    summary = ingestion.run(path, kafka=kafka)

    assert (summary.delivered, summary.rejected, summary.finished) == (2, 1, True)
    assert "Kafka does not take it" in ingestion.rejected()[0]["reason"]
    assert "x" * 6_000 in ingestion.rejected()[0]["raw"]


def test_damage_in_the_file_keeps_what_came_before(ingestion: Ingestion, tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "a.jsonl.gz",
        [tweet(number, noise=str(number * 7919)) for number in range(20_000)],
        packed=True,
    )
    path.write_bytes(path.read_bytes()[:-50_000])

    with pytest.raises(InputError, match="damaged"):
        ingestion.run(path)

    [stored] = (ingestion.run_dir / "checkpoints").glob("*.json")
    assert json.loads(stored.read_text())["rows"] == len(ingestion.events()) > 100
