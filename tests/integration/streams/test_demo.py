"""The first thing that anybody tries."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.integration.streams.helpers import wait_for
from tests.integration.streams.stack import LocalStack


def test_the_page_fills_up_and_ctrl_c_leaves_nothing_behind(
    model_store: Path, tmp_path: Path
) -> None:
    with LocalStack(tmp_path, model_store, "demo", "--no-browser", "--rate", "40") as stack:
        wait_for(lambda: "Streaming a bundled story" in stack.said, "the story to begin")
        assert stack.get("/healthz")["status"] == "ok"
        assert b"<html" in stack.get("/")
        wait_for(lambda: stack.shown_mentions() > 0, "the first mention on the page")
        first = stack.shown_mentions()
        wait_for(lambda: stack.shown_mentions() > first + 20, "more mentions on the page")

        code, took_sec, left = stack.interrupt()  # in the middle of the story

        assert code == 0
        assert took_sec < 10
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

        code, took_sec, left = stack.interrupt()

        assert (code, left) == (0, [])
        assert took_sec < 10
