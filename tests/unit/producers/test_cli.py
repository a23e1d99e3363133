"""The command's words: what it passes on, prints, and exits with."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from streams.errors import BrokerUnavailableError, InputError
from streams.producers import cli
from streams.producers.base import EventWriter
from streams.producers.cli import ingest_command
from streams.producers.console import BarObserver, LineObserver, describe
from streams.producers.files import ingest
from streams.producers.memory import MemoryProducer
from streams.producers.options import IngestOptions, IngestSummary, Progress
from tests.unit.producers.helpers import tweet, write_lines


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> MemoryProducer:
    """The command against the in-memory Kafka."""
    kafka = MemoryProducer()

    def connected(options: IngestOptions, settings: Any, **given: Any) -> IngestSummary:
        return ingest(
            options, settings, connect=lambda: EventWriter("mentions.raw.v1", kafka), **given
        )

    monkeypatch.setattr(cli, "ingest", connected)
    monkeypatch.setenv("ESCUCHA_RUN_DIR", str(tmp_path / "run"))
    return kafka


def test_the_summary_is_json_and_the_mapping_goes_to_stderr(
    kafka: MemoryProducer, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(1, note="hola"), "{"])
    arguments = ["--map", "text=note", "--set", "source=Planes", "--speed", "60x", "--rate", "900"]

    result = CliRunner().invoke(ingest_command, [str(path), *arguments, "--heartbeat-sec", "0"])

    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert {name: summary[name] for name in ("read", "delivered", "rejected", "source")} == {
        "read": 2, "delivered": 1, "rejected": 1, "source": "planes",
    }  # fmt: skip
    assert summary["seconds"] >= 0
    assert summary["rows_per_second"] > 0
    assert "note (as asked)" in result.stderr
    assert json.loads(kafka.delivered[0].body)["text"] == "hola"


def test_a_mapping_file_and_csv_options_are_passed_on(
    kafka: MemoryProducer, tmp_path: Path
) -> None:
    (tmp_path / "mapping.yaml").write_text("map: {published_at: when}\ntime_format: '%d/%m/%Y'\n")
    (tmp_path / "data.txt").write_bytes("7#ma\xf1ana#04/07/2026\n".encode("cp1252"))

    result = CliRunner().invoke(
        ingest_command,
        [str(tmp_path / "data.txt"), "--format", "csv", "--delimiter", "#", "--encoding", "cp1252",
         "--columns", "id, text, when", "--mapping", str(tmp_path / "mapping.yaml"),
         "--timezone", "Europe/Madrid", "--heartbeat-sec", "0"],
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    event = json.loads(kafka.delivered[0].body)
    assert (event["text"], event["published_at"]) == ("mañana", "2026-07-03T22:00:00Z")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_in_good_order(
    kafka: MemoryProducer, tmp_path: Path, number: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_lines(tmp_path / "a.jsonl", [tweet(number) for number in range(2_000)])
    real = MemoryProducer.poll
    polls = 0

    def poll(self: MemoryProducer, timeout: float = 0.0) -> int:
        nonlocal polls
        polls += 1
        if polls == 3:
            os.kill(os.getpid(), number)
        return real(self, timeout)

    monkeypatch.setattr(MemoryProducer, "poll", poll)
    before = signal.getsignal(number)

    result = CliRunner().invoke(ingest_command, [str(path), "--heartbeat-sec", "0"])

    assert result.exit_code == code
    summary = json.loads(result.stdout)
    assert not summary["finished"]
    assert summary["delivered"] == summary["read"] == len(kafka.delivered) < 2_000
    assert "goes on from here" in result.stderr
    assert signal.getsignal(number) is before


def test_what_the_user_got_wrong_is_raised(tmp_path: Path) -> None:
    runner = CliRunner()
    for arguments in (["none.csv"], ["a.csv", "--speed", "fast"], ["a.csv", "--map", "text"],
                      ["a.csv", "--story-start", "soon"]):  # fmt: skip
        result = runner.invoke(ingest_command, arguments)
        assert isinstance(result.exception, InputError)


def test_an_unreachable_kafka_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.producers.base.CONNECT_TIMEOUT_SEC", 0.2)
    monkeypatch.setenv("ESCUCHA_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    monkeypatch.setenv("ESCUCHA_RUN_DIR", str(tmp_path))
    path = write_lines(tmp_path / "a.jsonl", [tweet(1)])

    result = CliRunner().invoke(ingest_command, [str(path)])

    assert isinstance(result.exception, BrokerUnavailableError)
    assert "127.0.0.1:9" in str(result.exception)
    assert "ESCUCHA_KAFKA_BOOTSTRAP" in str(result.exception)


def test_help_shows_examples() -> None:
    result = CliRunner().invoke(ingest_command, ["--help"])

    assert "escucha ingest tweets.csv" in result.output
    assert "--restart" in result.output


def progress(fraction: float, seconds: float = 10.0) -> Progress:
    return Progress(read=500, delivered=480, rejected=20, fraction=fraction, seconds=seconds)


def test_progress_in_words() -> None:
    assert describe(progress(0.5)) == (
        "50% of the file, 480 delivered, 20 rejected, 50 rows/s, about 10 s to go"
    )
    assert "about 1 min 30 s" in describe(progress(0.1))
    assert "about 2 h 46 min" in describe(progress(0.001001))
    assert "to go" not in describe(progress(1.0))


def test_lines_come_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    observer = LineObserver(lambda: now[0])
    for second in range(25):
        now[0] = float(second)
        observer.progress(progress(0.5))

    assert capsys.readouterr().err.count("50% of the file") == 2


def test_a_bar_can_be_shown_and_closed(capsys: pytest.CaptureFixture[str]) -> None:
    observer = BarObserver()
    observer.plan(["a", "b"])
    observer.progress(progress(0.5))
    observer.note("[not markup]")
    observer.close()

    assert "[not markup]" in capsys.readouterr().err
