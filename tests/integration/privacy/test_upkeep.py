"""`escucha upkeep` as a process: within a minute, alone, and gone at a signal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from streams.errors import InputError, SinkRejectedError
from streams.privacy.places import TABLES
from streams.privacy.retention import (
    DEFAULT_DAYS,
    STORED_COLUMN,
    Retention,
    apply_to_tables,
)
from streams.settings import Settings
from streams.upkeep import apart, marks, service
from streams.upkeep.jobs import UNDER_WAY, Job, run_job
from streams.upkeep.near_duplicates import CollapseReport
from tests.integration.privacy.rows import deletion, ids, insert, mention
from tests.integration.privacy.waiting import PATIENCE_SEC, wait_for

REPOSITORY = Path(__file__).parents[3]
PROGRAM = "import sys; from streams.upkeep.cli import upkeep_command as c; c(sys.argv[1:])"


def environment(settings: Settings) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if "ESCUCHA" not in name},
        "ESCUCHA_CLICKHOUSE_URL": settings.clickhouse_url,
        "ESCUCHA_CLICKHOUSE_USER": settings.clickhouse_user,
        "ESCUCHA_CLICKHOUSE_PASSWORD": settings.clickhouse_password,
        "ESCUCHA_RUN_DIR": str(settings.run_dir),
        "ESCUCHA_WORKER_NAME": "upkeep",
        "PYTHONPATH": str(REPOSITORY),
    }


@contextmanager
def upkeep(
    settings: Settings, *arguments: str, **changes: str
) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env=environment(settings) | changes,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def is_ready(settings: Settings) -> bool:
    return (settings.run_dir / "ready" / "upkeep").exists()


def test_deletions_and_edits_are_carried_out_within_a_minute(
    settings: Settings, client: Client
) -> None:
    with upkeep(settings, "--every-sec", "1") as process:
        wait_for(lambda: is_ready(settings), "upkeep")
        insert(client, "mentions", mention("bluesky:1"), mention("bluesky:2", text="old"))
        insert(client, "mentions", mention("bluesky:2", text="new", version=65_536))
        insert(client, "deletions", deletion("mention", "bluesky:1"))
        took = wait_for(lambda: ids(client, column="text") == ["new"], "old and deleted to go")
        assert took < 60.0
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=PATIENCE_SEC)
    assert (process.returncode, out, said) == (0, b"", b"")


def test_a_deletion_does_not_wait_for_the_copies_of_an_archive(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions of new mentions take the search for copies minutes, a stretch at a time."""
    seen: list[list[str]] = []

    async def stretch(_clickhouse: object, since: datetime) -> CollapseReport:
        seen.append(ids(client))
        number = len(seen)
        if number == 1:
            insert(client, "mentions", mention("bluesky:1"), mention("bluesky:2"))
            insert(client, "deletions", deletion("mention", "bluesky:1"))
        return CollapseReport(0, 0, 0, since, is_complete=number == 2)

    monkeypatch.setattr(service, "collapse", stretch)
    jobs = service.standard_jobs(settings, Retention.parse(""))
    run_job(client, next(job for job in jobs if job.name == "near_duplicates"))
    assert seen == [[], ["bluesky:2"]]


def test_killed_in_its_work_it_goes_on_when_it_is_started_again(
    settings: Settings, client: Client
) -> None:
    for number in range(3):
        insert(client, "mentions", mention(f"bluesky:{number}"), mention(f"bluesky:{number}b"))
        insert(client, "deletions", deletion("mention", f"bluesky:{number}"))
        with upkeep(settings, "--every-sec", "1") as process:
            time.sleep(0.3 + number * 0.15)
            process.kill()
    with upkeep(settings, "--once") as process:
        _, said = process.communicate(timeout=PATIENCE_SEC)
    assert process.returncode == 0, said.decode()
    assert ids(client) == ["bluesky:0b", "bluesky:1b", "bluesky:2b"]


def test_two_do_not_run_at_once(settings: Settings) -> None:
    with (
        service.only_one(settings.run_dir),
        pytest.raises(InputError, match="another escucha upkeep runs"),
        service.only_one(settings.run_dir),
    ):
        pass
    with service.only_one(settings.run_dir):
        pass


def test_without_clickhouse_one_round_says_so_and_exits_75(settings: Settings) -> None:
    with upkeep(settings, "--once", ESCUCHA_CLICKHOUSE_URL="http://127.0.0.1:1") as process:
        _, said = process.communicate(timeout=PATIENCE_SEC)
    assert process.returncode == service.EXIT_UNAVAILABLE
    assert b"upkeep stops: ClickHouse at http://127.0.0.1:1 does not answer" in said


def test_a_mark_moves_only_when_the_job_has_ended_well(settings: Settings, client: Client) -> None:
    def fail(_client: Client, _since: object) -> None:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - any
        run_job(client, Job("job", fail))
    assert marks.look_since(client, "job") == marks.EPOCH
    run_job(client, Job("job", lambda *_: None))
    lag = marks.server_time(client) - marks.look_since(client, "job")
    assert marks.MARGIN <= lag < marks.MARGIN * 2


def test_retention_is_applied_once_and_taken_back(settings: Settings, client: Client) -> None:
    first = apply_to_tables(client, Retention.parse("mentions=90"))
    assert "mentions: kept for 90 days" in first
    assert apply_to_tables(client, Retention.parse("mentions=90")) == []
    assert apply_to_tables(client, Retention.parse("mentions=0")) == ["mentions: kept for ever"]
    apply_to_tables(client, Retention.parse(""))
    assert apply_to_tables(client, Retention.parse("")) == []


def test_every_table_about_people_says_how_long_it_keeps_them(client: Client) -> None:
    """A new place without a retention would keep people for ever, and nobody would have said so."""
    definitions = dict(
        client.query(
            "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
        ).result_rows
    )
    computed_anew = {t.name for t in TABLES if t.kept_by or t.name.startswith("value_")}
    silent = {
        table.name
        for table in TABLES
        if table.name not in DEFAULT_DAYS and " TTL " not in definitions[table.name]
    }
    assert silent - computed_anew == set()
    columns = {name: STORED_COLUMN.get(name, "stored_at") for name in DEFAULT_DAYS}
    for name, column in columns.items():
        client.query(f"SELECT {column} FROM {name} LIMIT 0")


def test_what_is_past_its_retention_goes(settings: Settings, client: Client) -> None:
    apply_to_tables(client, Retention.parse("dead_letters=1"))
    rows = [["r", "2020-01-01 00:00:00"], ["r2", "2099-01-01 00:00:00"]]
    client.command(
        "INSERT INTO dead_letters (reason, seen_at) VALUES"
        + ",".join(f"('{reason}', '{at}')" for reason, at in rows)
    )
    client.command("OPTIMIZE TABLE dead_letters FINAL")
    assert ids(client, "dead_letters", "reason") == ["r2"]
    apply_to_tables(client, Retention.parse(""))


def test_what_runs_apart_answers_later_and_hands_its_errors_on(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(REPOSITORY)
    doubled = apart.Apart(settings, "doubled", f"{__name__}:slowly")
    job = Job("doubled", doubled, keeps_mark=True)
    assert run_job(client, job) == UNDER_WAY
    wait_for(lambda: doubled.answers, "an answer")
    assert run_job(client, job) == f"since {marks.EPOCH.year}"
    assert marks.look_since(client, "doubled") > marks.EPOCH
    failing = apart.Apart(settings, "failing", f"{__name__}:wrongly", waits=True)
    with pytest.raises(SinkRejectedError, match="as it should"):
        run_job(client, Job("failing", failing, keeps_mark=True))
    assert marks.look_since(client, "failing") == marks.EPOCH


def test_what_was_killed_apart_is_tried_again(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(REPOSITORY)
    killed = apart.Apart(settings, "killed", f"{__name__}:suddenly", waits=True)
    assert run_job(client, Job("killed", killed, keeps_mark=True)) == apart.NO_ANSWER
    assert not killed.is_under_way


def test_one_round_exits_75_when_what_runs_apart_did_not_answer(
    settings: Settings,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.syspath_prepend(REPOSITORY)
    monkeypatch.setattr(service, "_stop_on_signals", lambda _: None)  # pytest keeps its own
    killed = apart.Apart(settings, "killed", f"{__name__}:suddenly", waits=True)
    others: list[str] = []
    jobs = [
        Job("killed", killed, keeps_mark=True),
        Job("other", lambda *_: others.append("had its turn")),
    ]
    assert service.run(settings, jobs, once=True) == service.EXIT_UNAVAILABLE
    assert others == ["had its turn"]
    assert "no answer of killed; run it again" in caplog.text
    assert service.run(settings, jobs[1:], once=True) == service.EXIT_OK


def slowly(_settings: Settings, client: Client, since: datetime) -> str:
    client.query("SELECT sleep(0.5)")
    return f"since {since.year}"


def wrongly(_settings: Settings, _client: Client, _since: datetime) -> None:
    raise SinkRejectedError("as it should")


def suddenly(_settings: Settings, _client: Client, _since: datetime) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
