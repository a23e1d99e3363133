"""A real worker over its port: metrics that add up, hangs that are told, logs without secrets."""

import http.client
import json
import signal
from pathlib import Path

import psutil
from prometheus_client.parser import text_string_to_metric_families

from deploy.local import health
from tests.integration.streams.helpers import Lane, Services, Worker, wait_for, write_posts


class Vitals:
    """What a worker of this lane says over HTTP."""

    def __init__(self, lane: Lane) -> None:
        self.file = lane.settings.run_dir / "ready" / "worker-1.port"

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", int(self.file.read_text()), timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def is_ready(self) -> bool:
        return self.file.exists() and self.get("/readyz")[0] == 200

    def samples(self) -> dict[str, float]:
        """Sums of samples by name, records by fate and times by step."""
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(self.get("/metrics")[1]):
            for sample in family.samples:
                kind = sample.labels.get("fate") or sample.labels.get("step")
                name = f"{sample.name}/{kind}" if kind else sample.name
                found[name] = found.get(name, 0) + sample.value
        return found


def start(lane: Lane, **changes: object) -> Worker:
    return lane.worker(metrics_port=0, worker_name="worker-1", log_format="json", **changes)


def ingest(lane: Lane, file: Path, *arguments: str) -> None:
    result = lane.run("ingest", file, "--set", "source=lab", *arguments)
    assert result.returncode == 0, result.stderr.decode()


def test_metrics_add_up_and_a_process_that_stands_still_is_noticed(
    lane: Lane, tmp_path: Path
) -> None:
    vitals = Vitals(lane)
    posts = write_posts(tmp_path / "posts.jsonl", range(250))
    with start(lane) as worker:
        wait_for(vitals.is_ready, "the worker to be ready")
        ingest(lane, posts)
        ingest(lane, posts, "--restart")
        lane.produce([b"{"])
        wait_for(
            lambda: vitals.samples().get("escucha_records_total/dead_letters") == 1, "the letter"
        )
        wait_for(
            lambda: vitals.samples().get("escucha_records_total/duplicates") == 250, "the copies"
        )
        wait_for(lambda: vitals.samples()["escucha_lag_records"] == 0, "no lag")
        found = vitals.samples()
        assert found["escucha_records_total/mentions"] == lane.count("mentions") == 250
        assert found["escucha_batches_total"] == found["escucha_step_seconds_count/whole"] > 0
        assert found["escucha_freshness_seconds_count"] > 0
        assert found["escucha_model_info"] == found["escucha_rules_info"] == 1
        assert (found["escucha_alive"], found["escucha_ready"]) == (1, 1)
        assert found["escucha_memory_bytes"] > 50e6

        [process] = [
            p
            for p in psutil.Process().children(recursive=True)
            if p.cmdline()[-2:] == ["streams.cli", "worker"]
        ]
        alive = health.alive(vitals.file)
        assert alive() is None
        process.send_signal(signal.SIGSTOP)
        assert alive() == "it does not answer"
        process.send_signal(signal.SIGCONT)
        wait_for(lambda: alive() is None, "the worker to answer again")
        assert worker.terminate() == 0


def test_a_worker_whose_clickhouse_is_away_waits_and_is_not_called_hung(
    lane: Lane, services: Services, tmp_path: Path
) -> None:
    vitals = Vitals(lane)
    with start(lane, stall_sec=2) as worker:
        wait_for(vitals.is_ready, "the worker to be ready")
        services.clickhouse.kill()
        try:
            ingest(lane, write_posts(tmp_path / "away.jsonl", range(40)))
            wait_for(lambda: not vitals.is_ready(), "the worker to say that it waits")
            assert "it waits for ClickHouse" in vitals.get("/readyz")[1]
            wait_for(
                lambda: vitals.samples()["escucha_sink_failures_total"] > 6, "some more attempts"
            )
            assert vitals.get("/healthz")[0] == 200
        finally:
            services.clickhouse.start()
        wait_for(lambda: lane.count("mentions") == 40, "the rows")
        wait_for(vitals.is_ready, "the worker to be ready again")
        assert worker.is_running


def test_a_worker_that_gets_nothing_done_is_called_hung(
    lane: Lane, services: Services, tmp_path: Path
) -> None:
    vitals = Vitals(lane)
    with start(lane, stall_sec=2):
        wait_for(vitals.is_ready, "the worker to be ready")
        ingest(lane, write_posts(tmp_path / "before.jsonl", range(40)))
        wait_for(lambda: lane.count("mentions") == 40, "the rows before")
        engine = psutil.Process(services.clickhouse.pid)
        frozen = [engine, *engine.children(recursive=True)]
        for process in frozen:
            process.send_signal(signal.SIGSTOP)  # it takes connections and never answers
        try:
            ingest(lane, write_posts(tmp_path / "frozen.jsonl", range(40)))
            wait_for(lambda: vitals.get("/healthz")[0] == 503, "the worker to be called hung")
            said = json.loads(vitals.get("/healthz")[1])
            assert "records wait and none was acknowledged" in said["hangs"][0]
        finally:
            for process in frozen:
                process.send_signal(signal.SIGCONT)
        wait_for(lambda: lane.count("mentions") == 80, "the rows")
        wait_for(vitals.is_ready, "the worker to be well again")


def test_no_secret_stands_in_any_log_of_a_run_in_which_much_goes_wrong(
    lane: Lane, services: Services, tmp_path: Path
) -> None:
    password = lane.settings.clickhouse_password
    key = "c" * 64
    with start(lane, author_keys=f"1:{key}") as worker:
        wait_for(Vitals(lane).is_ready, "the worker to be ready")
        services.clickhouse.kill()
        ingest(lane, write_posts(tmp_path / "secrets.jsonl", range(20)))
        wait_for(lambda: "ClickHouse" in worker.said, "the worker to miss ClickHouse")
        services.clickhouse.start()
        wait_for(lambda: lane.count("mentions") == 20, "the rows")
        assert worker.terminate() == 0
        lines = worker.said.splitlines()
    other = "wrong-password"
    wrong = lane.run("-v", "worker", clickhouse_password=other, author_keys=f"1:{key}")
    assert wrong.returncode != 0

    assert [json.loads(line)["level"] for line in lines]  # each line is an object
    for said in (worker.said, wrong.stderr.decode(), wrong.stdout.decode()):
        for secret in (password, key, other):
            assert secret not in said
