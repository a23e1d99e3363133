"""The whole local stack under its supervisor, with stand-ins for the app's own services."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import AdminClient

from deploy.local.config import StackConfig
from deploy.local.control import down, up
from deploy.local.errors import AlreadyRunningError, PortInUseError, ServiceFailedError
from deploy.local.ports import free_ports, is_free
from deploy.local.state import ProcessIdentity, ServiceRecord, StackRecord, now_text, read, write
from deploy.local.status import ServiceStatus, status

MIGRATE = """
import os
from confluent_kafka.admin import AdminClient, NewTopic
admin = AdminClient({"bootstrap.servers": os.environ["ESCUCHA_KAFKA_BOOTSTRAP"]})
admin.create_topics([NewTopic("mentions", 1, 1)])["mentions"].result(10)
print("made the topic")
"""
WORKER = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (print("bye", flush=True), sys.exit(0)))
print("working", flush=True)
time.sleep(600)
"""
CONSOLE = """
import http.server, os
address = ("127.0.0.1", int(os.environ["ESCUCHA_CONSOLE_PORT"]))
http.server.ThreadingHTTPServer(address, http.server.BaseHTTPRequestHandler).serve_forever()
"""


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.fixture
def config(tmp_path: Path) -> Iterator[StackConfig]:
    broker, http, tcp, console = free_ports(4)
    config = StackConfig(
        run_dir=tmp_path / "run",
        broker_port=broker,
        clickhouse_http_port=http,
        clickhouse_tcp_port=tcp,
        console_port=console,
        migrate_command=python(MIGRATE),
        worker_command=python(WORKER),
        upkeep_command=None,
        console_command=python(CONSOLE),
    )
    yield config
    down(config.run_dir, say=lambda _line: None)


@pytest.fixture
def said() -> list[str]:
    return []


def service(config: StackConfig, name: str) -> ServiceStatus:
    return next(each for each in status(config.run_dir).services if each.name == name)


def wait_for(condition: Callable[[], bool], timeout_seconds: float = 20) -> None:
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def living(config: StackConfig) -> list[psutil.Process]:
    record = read(config.run_dir)
    assert record is not None
    supervisor = record.supervisor.find()
    return [
        *(process for _, process in record.living_processes()),
        *([supervisor] if supervisor else []),
    ]


def is_gone(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True


def topics(config: StackConfig) -> set[str]:
    admin = AdminClient({"bootstrap.servers": config.kafka_bootstrap, "log_level": 0})
    return set(admin.list_topics(timeout=5).topics)


def test_up_status_restarts_and_down(config: StackConfig, said: list[str]) -> None:
    assert up(config, detach=True, say=said.append) == 0

    assert any("it forgets all of them" in line for line in said)
    assert status(config.run_dir).healthy
    names = [each.name for each in status(config.run_dir).services]
    assert names == ["broker", "clickhouse", "migrate", "worker-1", "console"]
    passwords = (config.run_dir / "secrets.env").read_text().split()
    written = "".join(path.read_text() for path in (config.run_dir / "logs").iterdir())
    assert all(line.partition("=")[2] not in written for line in passwords)

    with pytest.raises(AlreadyRunningError, match="escucha down"):
        up(config, say=said.append)

    _kill_and_expect_back(config, "worker-1")
    _kill_and_expect_back(config, "clickhouse")
    worker = service(config, "worker-1").pid
    _kill_and_expect_back(config, "broker")
    wait_for(lambda: status(config.run_dir).healthy)
    assert "mentions" in topics(config)  # the broker had forgotten it
    assert service(config, "worker-1").pid != worker
    assert "console" in status(config.run_dir).table()

    processes = living(config)
    began = time.monotonic()
    assert down(config.run_dir, say=said.append)
    assert time.monotonic() - began < 10
    assert all(is_gone(process) for process in processes)
    assert all(is_free(port) for port in config.ports().values())
    assert status(config.run_dir).phase == "absent"
    assert not down(config.run_dir, say=said.append)


def _kill_and_expect_back(config: StackConfig, name: str) -> None:
    before = service(config, name)
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)

    def is_back() -> bool:
        now = service(config, name)
        return now.restarts == before.restarts + 1 and now.healthy and now.pid != before.pid

    wait_for(is_back)


def test_a_killed_supervisor_blocks_nothing(config: StackConfig, said: list[str]) -> None:
    up(config, detach=True, say=said.append)
    children = living(config)
    supervisor = status(config.run_dir).supervisor_pid
    assert supervisor is not None

    os.kill(supervisor, signal.SIGKILL)
    if sys.platform == "linux":
        wait_for(lambda: all(is_gone(process) for process in children))
    else:
        assert status(config.run_dir).phase == "orphaned"

    assert up(config, detach=True, say=said.append) == 0
    assert status(config.run_dir).healthy


def test_what_a_killed_supervisor_left_is_found_and_stopped(
    config: StackConfig, said: list[str]
) -> None:
    """As on a system that does not tell children of their parent's death."""
    with subprocess.Popen(python("import time; time.sleep(600)")) as orphan:
        record = StackRecord(
            phase="ready",
            supervisor=ProcessIdentity(pid=orphan.pid, born_at_seconds=0),
            started_at=now_text(),
            ports=config.ports(),
            services=[ServiceRecord(name="worker-1", process=ProcessIdentity.of(orphan.pid))],
        )
        config.run_dir.mkdir()
        write(config.run_dir, record)
        assert status(config.run_dir).phase == "orphaned"

        assert down(config.run_dir, say=said.append)

        orphan.wait(10)
    assert any("worker-1" in line for line in said)


def test_ctrl_c_stops_everything_in_time(config: StackConfig) -> None:
    config.save()
    code = (
        "import sys; from pathlib import Path; from deploy.local.config import StackConfig; "
        "from deploy.local.control import up; "
        f"sys.exit(up(StackConfig.load(Path({str(config.run_dir)!r}))))"
    )
    with subprocess.Popen(python(code), stderr=subprocess.PIPE, text=True) as supervisor:
        wait_for(lambda: status(config.run_dir).healthy)
        children = living(config)
        began = time.monotonic()
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(10) == 0
        assert time.monotonic() - began < 10
        assert supervisor.stderr is not None
        assert "broker ready" in supervisor.stderr.read()

    assert all(is_gone(process) for process in children)
    assert (config.run_dir / "logs" / "worker-1.log").read_text().endswith("bye\n")


@pytest.mark.parametrize("detach", [False, True])
def test_a_taken_port_is_named_before_anything_starts(config: StackConfig, detach: bool) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", config.console_port))
        other.listen()

        expected = ServiceFailedError if detach else PortInUseError
        with pytest.raises(expected, match=f"Port {config.console_port}.*--console-port"):
            up(config, detach=detach, say=lambda _line: None)

    assert is_free(config.broker_port)


def test_a_failing_migration_ends_the_start_with_its_words(
    config: StackConfig, tmp_path: Path
) -> None:
    failing = StackConfig(
        run_dir=tmp_path / "run",
        broker_port=config.broker_port,
        clickhouse_http_port=config.clickhouse_http_port,
        clickhouse_tcp_port=config.clickhouse_tcp_port,
        migrate_command=python("import sys; sys.exit('column age is gone')"),
        worker_command=None,
        upkeep_command=None,
        console_command=None,
    )

    with pytest.raises(ServiceFailedError, match="column age is gone"):
        up(failing, detach=True, say=lambda _line: None)

    assert status(failing.run_dir).phase == "absent"
    assert all(is_free(port) for port in failing.ports().values())
