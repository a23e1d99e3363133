"""The first thing that anybody tries."""

import csv
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from deploy.local.environment import stack_environment
from models.store import ModelStore
from streams.accounts import link
from streams.demo import STORY, rows_of
from streams.training import SHIPPED
from tests.integration.streams.helpers import clean_environment, escucha, wait_for
from tests.integration.streams.stack import LocalStack
from tests.report_reading import (
    Oracle,
    assert_pdf_says_the_same,
    assert_true,
    monday_of_last_week,
    read_page,
    read_pdf,
)

VALUE = """
SELECT author_id, value_items, value_trips, value_influence, value_collaboration,
    rank_transactions, rank_social
FROM social_customer_value
WHERE author_id IN ('luisa', 'juan')
ORDER BY author_id DESC
"""
LUISA = ("luisa", *map(Decimal, (654, 1_308, 3_924, 7_848)), 1, 2)
JUAN = ("juan", *map(Decimal, (218, 1_090, 7_630, 30_520)), 2, 1)
LEDGER = "SELECT kind, amount, net FROM gesture_ledger ORDER BY at"
COMPUTED = "Every dashboard has its figures now"
QUIET = "All sent. The page stays up"


def shipped(folder: Path) -> Path:
    """A store with the model that everybody gets: the story is written for its judgement."""
    models = folder / "models"
    store = ModelStore(models)
    of_package = ModelStore(SHIPPED)
    store.promote(store.adopt(of_package, of_package.versions()[-1]).version)
    return models


def assert_report(stack: LocalStack, folder: Path) -> None:
    """The weekly report of the story says what is stored, and values Luisa and Juan."""
    environment = stack.environment | stack_environment(stack.run_dir)
    told = escucha("report", environment=environment, cwd=folder)
    assert told.returncode == 0, told.stderr.decode()
    html, pdf = (folder / line for line in told.stdout.decode().splitlines())
    page = read_page(html)
    with stack.client() as client:
        assert_true(page, Oracle(client, monday_of_last_week(datetime.now(UTC))))
        gestures = client.query("SELECT author_id, net FROM gesture_returns").result_rows
        people = client.query("SELECT count() FROM influence").result_rows[0][0]
    assert [
        (row[0], float(row[6].replace(".", "").replace(",", ".")))
        for row in page.tables["Lo que vuelve de un gesto"]
    ] == [(author, float(net)) for author, net in gestures]
    assert len(page.tables["Influencia"]) == min(5, people)
    assert_pdf_says_the_same(page, read_pdf(pdf))


def test_the_story_is_told_with_its_figures_and_goes_on_live(tmp_path: Path) -> None:
    (tmp_path / "stack").mkdir()
    command = ("demo", "--no-browser", "--pace", "20")
    with LocalStack(tmp_path / "stack", shipped(tmp_path), *command) as stack:
        wait_for(lambda: COMPUTED in stack.said, "the figures of the history", 180)
        with stack.client() as client:
            assert [tuple(row) for row in client.query(VALUE).result_rows] == [LUISA, JUAN]
            assert [tuple(row) for row in client.query(LEDGER).result_rows] == [
                ("direct", Decimal(10), Decimal(10)),
                ("gesture", Decimal(-170), Decimal(-160)),
                ("referred", Decimal(300), Decimal(140)),
            ]
            wait_for(lambda: QUIET in stack.said, "the live part to end")
            told = len(rows_of(STORY / "mentions.jsonl"))
            live = [row for row in rows_of(STORY / "live.jsonl") if "text" in row]
            wait_for(lambda: stack.shown_mentions() == told + len(live), "all on the page")
            [(fresh,)] = client.query(
                "SELECT count() FROM mentions WHERE published_at > now() - INTERVAL 10 MINUTE"
                " AND text LIKE '%coral%' AND intent IN ('latent', 'active')"
            ).result_rows
            assert fresh >= 20
            assert_report(stack, tmp_path)
            [(people, chances, why)] = client.query(
                "SELECT count(), count(probability), groupUniqArray(toString(status))"
                " FROM propensity_top WHERE evidence != 'none'"
            ).result_rows
            assert (people >= 10, chances, why) == (True, 0, ["too few orders"])
            several = client.query(
                "SELECT handles, networks FROM part_of_networks WHERE length(networks) > 1"
                " ORDER BY networks"
            ).result_rows
            assert [networks for _, networks in several] == [
                ["demo", "demo_foro"],
                ["demo", "demo_video"],
            ]
            waiting = client.query("SELECT author_id, is_overdue FROM care_queue").result_rows
            [(resolved,)] = client.query(
                "SELECT count() FROM care_items WHERE author_id = 'sole_cadiz'"
                " AND resolved_at IS NOT NULL"
            ).result_rows
        assert {"nuria_ubeda", "owen_pembs"} <= {author for author, _ in waiting}
        assert "sole_cadiz" not in {author for author, _ in waiting}
        assert resolved == 1
        leads = json.dumps(stack.get("/api/leads"))
        assert "coral" in leads
        assert stack.get("/api/care")


def test_the_page_fills_up_and_ctrl_c_leaves_nothing_behind(
    model_store: Path, tmp_path: Path
) -> None:
    with LocalStack(tmp_path, model_store, "demo", "--no-browser", "--pace", "20") as stack:
        wait_for(lambda: "Streaming a bundled story" in stack.said, "the story to begin")
        [opening] = re.findall(r"Open +(http://127\.0\.0\.1:\d+/login#\S+)", stack.said)
        assert opening.endswith(f"#{link.read(stack.run_dir)}")
        logs = [path.read_text(errors="replace") for path in (stack.run_dir / "logs").iterdir()]
        assert not any(opening.partition("#")[2] in text for text in logs)
        assert stack.get("/healthz")["status"] == "ok"
        assert b"<html" in stack.get("/")
        wait_for(lambda: stack.shown_mentions() > 0, "the first mention on the page")
        first = stack.shown_mentions()
        wait_for(lambda: COMPUTED in stack.said, "the live part to begin", 180)
        wait_for(lambda: stack.shown_mentions() > first + 20, "more mentions on the page")

        code, left = stack.interrupt()  # in the middle of the story

        assert code == 0
        assert left == []
        assert stack.ports_are_free()
        assert "Traceback" not in stack.said
        assert stack.status.phase == "absent"


def test_an_own_file_is_streamed_at_full_speed(model_store: Path, tmp_path: Path) -> None:
    file = tmp_path / "mis posts.csv"
    now = datetime.now(UTC)
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["user", "date", "tweet"])
        for number in range(40):
            at = now - timedelta(minutes=number)
            rows.writerow([f"ana{number}", at.isoformat(), f"¿alguien vende un Zumo, nº {number}?"])

    with LocalStack(tmp_path, model_store, "demo", "--no-browser", file) as stack:
        wait_for(lambda: "All sent. The page stays up" in stack.said, "the file to be sent")
        wait_for(lambda: stack.shown_mentions() == 40, "all rows on the page")

        code, left = stack.interrupt()

        assert (code, left) == (0, [])


def test_ctrl_c_while_it_starts_is_obeyed_at_once(model_store: Path, tmp_path: Path) -> None:
    with LocalStack(tmp_path, model_store, "demo", "--no-browser") as stack:
        wait_for(lambda: "broker ready" in stack.said, "the broker")

        code, left = stack.interrupt()

        assert (code, left) == (0, [])
        assert "Dashboards" not in stack.said
        assert stack.status.phase == "absent"


@pytest.fixture
def hangup_ends() -> Iterator[None]:
    """As in a terminal: tests that were started under nohup hand down that nothing ends by it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_is_closed_while_figures_are_computed_leaves_nothing_behind(
    model_store: Path, tmp_path: Path, hangup_ends: None
) -> None:
    with LocalStack(tmp_path, model_store, "demo", "--no-browser") as stack:
        wait_for(lambda: "2 of 3  Computing" in stack.said, "the history to be sent")

        code, left = stack.interrupt(signal.SIGHUP)

        assert (code, left) == (0, [])
        assert "Traceback" not in stack.said
        assert stack.ports_are_free()


def test_a_stack_that_runs_already_is_left_alone(tmp_path: Path) -> None:
    others = """
import os, sys, time
from pathlib import Path
from deploy.local import ownership, state
folder = Path(sys.argv[1])
with ownership.sole_owner(folder):
    own = state.ProcessIdentity.of(os.getpid())
    state.write(folder, state.StackRecord(
        phase="ready", supervisor=own, started_at=state.now_text(), ports={}))
    print("runs", flush=True)
    time.sleep(600)
"""
    command = [sys.executable, "-c", others, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as stack:
        try:
            assert stack.stdout is not None
            assert stack.stdout.readline() == b"runs\n"
            result = escucha(
                *("demo", "--no-browser"),
                environment=clean_environment(run_dir=tmp_path),
                cwd=tmp_path,
            )
            assert result.returncode == 1
            assert b"A stack already runs" in result.stderr
            assert b"Traceback" not in result.stderr
            assert stack.poll() is None
        finally:
            stack.kill()
