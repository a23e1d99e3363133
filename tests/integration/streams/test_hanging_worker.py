"""The local stack starts a worker again that hangs, and no log of all that holds a password."""

import http.client
import os
import signal
from pathlib import Path

from streams.reconcile import reconcile
from tests.integration.streams.helpers import escucha, wait_for, write_posts
from tests.integration.streams.stack import LocalStack


def test_a_worker_that_stands_still_is_started_again_and_nothing_is_lost(
    model_store: Path, tmp_path: Path
) -> None:
    with LocalStack(tmp_path, model_store, "up", "--workers", "2") as stack:
        wait_for(stack.is_ready, "the stack to be ready", 120)
        ports = {each.name: each.port for each in stack.status.services}
        metered = [ports["worker-1"], ports["worker-2"], ports["upkeep"]]
        assert None not in metered
        assert len(set(metered)) == 3
        for port in metered:
            connection = http.client.HTTPConnection("127.0.0.1", int(port or 0), timeout=10)
            connection.request("GET", "/metrics")
            assert b"escucha_" in connection.getresponse().read()
            connection.close()

        frozen = stack.pid_of("worker-1")
        assert frozen is not None
        os.kill(frozen, signal.SIGSTOP)
        wait_for(
            lambda: any(
                each.name == "worker-1" and "not answer" in (each.detail or "")
                for each in stack.status.services
            ),
            "the status to show it",
        )
        file = write_posts(tmp_path / "posts.jsonl", range(60))
        sent = escucha("ingest", file, environment=stack.environment, cwd=tmp_path)
        assert sent.returncode == 0, sent.stderr.decode()
        wait_for(
            lambda: stack.pid_of("worker-1") not in {frozen, None} and stack.is_ready(),
            "another worker-1",
            120,
        )
        wait_for(lambda: not reconcile(stack.settings()).in_flight, "all to be stored")
        assert reconcile(stack.settings()).problems == []
        assert "it hangs: it does not answer" in stack.said

        secrets = [
            line.partition("=")[2]
            for line in (stack.run_dir / "secrets.env").read_text().splitlines()
        ]
        logs = [*(stack.run_dir / "logs").iterdir(), tmp_path / "said.log"]
        assert len(logs) >= 6
        assert len(secrets) == 2
        for log in logs:
            written = log.read_text(errors="replace")
            assert [secret for secret in secrets if secret in written] == [], log.name
        code, left = stack.interrupt()
        assert (code, left) == (0, [])
