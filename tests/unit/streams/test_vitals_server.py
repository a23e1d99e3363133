"""What the server of a worker's health answers, over a real socket."""

import http.client
import json
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import health
from streams.errors import SettingsError
from streams.metrics import Metrics
from streams.vitals import Verdict
from streams.vitals_server import VitalsServer


class Patient:
    """A worker whose state the test sets."""

    def __init__(self, port_file: Path) -> None:
        self.verdict = Verdict()
        self.metrics = Metrics()
        self.server = VitalsServer(
            self.metrics, lambda: self.verdict, host="127.0.0.1", port=0, port_file=port_file
        )

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Patient]:
    patient = Patient(tmp_path / "ready" / "worker-1.port")
    yield patient
    patient.server.close()


def test_one_that_is_well_says_so_everywhere(patient: Patient) -> None:
    assert [patient.get(path)[0] for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3
    text = patient.get("/metrics")[1].decode()
    assert "escucha_alive 1.0" in text
    assert "escucha_memory_bytes " in text


def test_one_that_waits_is_alive_and_not_ready(patient: Patient, tmp_path: Path) -> None:
    patient.verdict = Verdict(waits=("it waits for ClickHouse: refused",))
    assert patient.get("/healthz")[0] == 200
    status, body = patient.get("/readyz?verbose")
    assert status == 503
    assert json.loads(body)["waits"] == ["it waits for ClickHouse: refused"]
    file = tmp_path / "ready" / "worker-1.port"
    assert health.alive(file)() is None
    assert health.alive(file, "/readyz")() == "it waits for ClickHouse: refused"


def test_one_that_hangs_is_neither(patient: Patient, tmp_path: Path) -> None:
    patient.verdict = Verdict(hangs=("its event loop has not turned for 40 s",))
    assert [patient.get(path)[0] for path in ("/healthz", "/readyz")] == [503, 503]
    assert "escucha_alive 0.0" in patient.get("/metrics")[1].decode()
    trouble = health.alive(tmp_path / "ready" / "worker-1.port")()
    assert trouble == "its event loop has not turned for 40 s"


def test_the_probe_tells_one_that_is_gone_from_one_that_serves_nothing(
    patient: Patient, tmp_path: Path
) -> None:
    patient.server.close()
    trouble = health.alive(tmp_path / "ready" / "worker-1.port")()
    assert trouble is not None
    assert "does not answer" in trouble
    assert health.alive(tmp_path / "none.port")() is None


def test_upkeep_is_no_ready_worker() -> None:
    """Else the alarm that no worker is ready would never ring while upkeep lives."""
    metrics = Metrics()
    server = VitalsServer(metrics, Verdict, host="127.0.0.1", port=0, of_worker=False)
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    server.close()
    assert "escucha_alive 1.0" in text
    assert "escucha_ready" not in text


def test_anything_else_is_not_found(patient: Patient) -> None:
    assert patient.get("/secrets")[0] == 404


def test_a_port_that_is_taken_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1:{port}"):
            VitalsServer(Metrics(), Verdict, host="127.0.0.1", port=port)
