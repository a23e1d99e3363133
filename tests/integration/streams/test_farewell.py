"""A producer's goodbye goes all the way: what has ended in good order never counts as stalled."""

import json
from pathlib import Path

from tests.integration.streams.helpers import Lane, wait_for, write_posts


def test_an_ingest_that_has_ended_is_stopped_and_not_stalled(lane: Lane, tmp_path: Path) -> None:
    posts = write_posts(tmp_path / "farewell.jsonl", range(60))
    with lane.worker() as worker:
        sent = lane.run("ingest", posts, "--set", "source=farewell", "--heartbeat-sec", "1")
        assert sent.returncode == 0, sent.stderr.decode()
        wait_for(lambda: lane.count("heartbeats") >= 2, "the goodbye")
        assert worker.terminate() == 0

    told = json.loads(lane.run("sources", "--json").stdout)
    states = {source["source"]: source["state"] for source in told["sources"]}
    assert states["farewell"] == "stopped"
    assert told["last_hour"]["kept"] >= 60
