"""The local broker forgets everything when it dies; the stack goes on and the books stay exact."""

import json
from pathlib import Path

from streams.reconcile import reconcile
from tests.integration.streams.helpers import escucha, wait_for, write_posts
from tests.integration.streams.stack import LocalStack


def test_the_stack_heals_after_its_broker_was_killed(model_store: Path, tmp_path: Path) -> None:
    def run(*arguments: object) -> str:
        result = escucha(*arguments, environment=stack.environment, cwd=tmp_path)
        assert result.returncode == 0, result.stderr.decode()
        return result.stdout.decode()

    def rows() -> dict[str, int]:
        query = "SELECT topic_id, count() FROM mentions GROUP BY topic_id"
        return dict(stack.client().query(query).result_rows)

    with LocalStack(tmp_path, model_store, "up") as stack:
        wait_for(stack.is_ready, "the stack to be ready")
        before = write_posts(tmp_path / "before.jsonl", range(60))
        run("ingest", before)
        wait_for(lambda: list(rows().values()) == [60], "the rows of the first file")
        [old_topic_id] = rows()
        old = {name: stack.pid_of(name) for name in ("broker", "worker-1", "clickhouse")}

        stack.kill("broker")
        wait_for(
            lambda: stack.is_ready() and stack.pid_of("broker") != old["broker"],
            "the stack to be ready again",
        )
        assert stack.pid_of("worker-1") != old["worker-1"]
        assert stack.pid_of("clickhouse") == old["clickhouse"]

        again = escucha("ingest", before, environment=stack.environment, cwd=tmp_path)
        assert again.returncode == 1
        assert "no longer has them" in again.stderr.decode()
        run("ingest", before, "--restart")
        run("ingest", write_posts(tmp_path / "after.jsonl", range(100, 130)))
        wait_for(lambda: len(rows()) == 2, "rows of the new topic")
        wait_for(lambda: sum(rows().values()) == 90, "the rows of the second file")
        wait_for(lambda: not reconcile(stack.settings()).in_flight, "all to be committed")

        books = json.loads(run("reconcile", "--json"))
        assert books["topic_id"] in rows().keys() - {old_topic_id}
        assert rows() == {old_topic_id: 60, books["topic_id"]: 30}
        assert sum(partition["duplicates"] for partition in books["partitions"]) == 60
        assert run("reconcile").endswith("exact: every record is accounted for\n")

        code, left = stack.interrupt()
        assert (code, left) == (0, [])
