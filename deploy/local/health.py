"""Whether a service answers. Each probe returns None when it does, else what it saw."""

import http.client
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.local.ports import LOOPBACK, is_listening

Probe = Callable[[], str | None]

PROBE_TIMEOUT_SECONDS = 2.0


def kafka(port: int) -> Probe:
    """Probe a broker: it must answer a metadata request, not only accept a connection."""

    def probe() -> str | None:
        if not is_listening(port):
            return f"nothing listens on port {port} yet"
        settings: dict[str, Any] = {
            "bootstrap.servers": f"{LOOPBACK}:{port}",
            "log_level": 0,
            "error_cb": lambda _error: None,  # else it writes to standard error by itself
        }
        client = AdminClient(settings)
        try:
            brokers = client.list_topics(timeout=PROBE_TIMEOUT_SECONDS).brokers
        except KafkaException as error:
            return str(error)
        return None if brokers else "the broker lists no brokers"

    return probe


def clickhouse(http_port: int, user: str, password: str) -> Probe:
    """Probe ClickHouse: it must run a query for this user."""

    def probe() -> str | None:
        connection = http.client.HTTPConnection(LOOPBACK, http_port, timeout=PROBE_TIMEOUT_SECONDS)
        try:
            connection.request(
                "POST",
                "/",
                body="SELECT 1",
                headers={"X-ClickHouse-User": user, "X-ClickHouse-Key": password},
            )
            response = connection.getresponse()
            body = response.read(500).decode(errors="replace").strip()
        except (OSError, http.client.HTTPException) as error:
            return str(error)
        finally:
            connection.close()
        return None if response.status == http.client.OK else body

    return probe


def tcp(port: int) -> Probe:
    """Probe anything that should listen on `port`."""

    def probe() -> str | None:
        return None if is_listening(port) else f"nothing listens on port {port} yet"

    return probe


def alive(port_file: Path, path: str = "/healthz") -> Probe:
    """Probe a program that serves its own health on the port that `port_file` names.

    It answers from a thread of its own, so no answer means that the whole process stands still.
    One that has not said its port serves nothing, and that is well.
    """

    def probe() -> str | None:
        try:
            port = int(port_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return None
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PROBE_TIMEOUT_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read(2_000)
            told = json.loads(body) if response.status != http.client.OK else {}
        except TimeoutError:
            return "it does not answer"
        except (OSError, ValueError, http.client.HTTPException) as error:
            return f"it does not answer: {error}"
        finally:
            connection.close()
        if response.status == http.client.OK:
            return None
        return "; ".join([*told.get("hangs", ()), *told.get("waits", ())]) or "it is not well"

    return probe


def port_file(run_dir: Path, name: str) -> Path:
    """Where a worker says on which port it serves its health."""
    return run_dir / "ready" / f"{name}.port"


def ready_file(path: Path) -> Probe:
    """Probe a program that writes its pid to `path` once it is ready."""

    def probe() -> str | None:
        try:
            pid = int(path.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return "it has not said yet that it is ready"
        return None if psutil.pid_exists(pid) else "the one that was ready has ended"

    return probe
