"""`escucha up` and `escucha demo` as a person runs them, on ports and in a folder of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from clickhouse_connect.driver.client import Client

from deploy.local import state
from deploy.local.environment import stack_environment
from deploy.local.ports import free_ports, is_free
from deploy.local.status import StackStatus, status
from streams.accounts import link
from streams.migrate import connect
from streams.settings import Settings
from tests.integration.streams.helpers import PATIENCE_SEC, clean_environment, command_line

_BOARD = "escucha-listening"
_MENTIONS_PANEL = 1


class LocalStack:
    """A command that runs a whole stack; killed with all it started when the test is over."""

    def __init__(self, folder: Path, model_store: Path, *arguments: object) -> None:
        self.folder = folder
        self.run_dir = folder / "run"
        shutil.copytree(model_store, self.run_dir / "models")
        names = ("broker_port", "clickhouse_http_port", "clickhouse_tcp_port", "console_port")
        self.ports = dict(zip(names, free_ports(4), strict=True))
        self.environment: Mapping[str, str] = clean_environment(
            run_dir=self.run_dir, kafka_partitions=2, **self.ports
        )
        self._log = folder / "said.log"
        cookies = urllib.request.HTTPCookieProcessor()
        self._browser = urllib.request.build_opener(cookies)
        self._is_in = False
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command_line(*arguments),
                env=self.environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._own = psutil.Process(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            logs = "\n".join(
                f"--- {path.name}\n{path.read_text(errors='replace')[-3_000:]}"
                for path in [self._log, *sorted((self.run_dir / "logs").glob("*.log"))]
            )
            sys.stderr.write(logs)
        for process in self.processes():
            if is_alive(process):
                process.kill()
        self._process.wait(PATIENCE_SEC)

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def status(self) -> StackStatus:
        return status(self.run_dir)

    def is_ready(self) -> bool:
        assert self._process.poll() is None, self.said
        return self.status.healthy

    def pid_of(self, service: str) -> int | None:
        return next(each.pid for each in self.status.services if each.name == service)

    def processes(self) -> list[psutil.Process]:
        """Everything that belongs to it: the command, the supervisor, services, their children."""
        found = {self._process.pid: self._own}
        record = state.read(self.run_dir)
        if record is not None:
            of_record = [process for _, process in record.living_processes()]
            supervisor = record.supervisor.find()
            for process in [*of_record, *([supervisor] if supervisor else [])]:
                found[process.pid] = process
        for process in list(found.values()):
            if is_alive(process):
                found.update({child.pid: child for child in process.children(recursive=True)})
        return list(found.values())

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> tuple[int, list[psutil.Process]]:
        """Press Ctrl-C; return exit code and what is still alive.

        How long that may take is a sum of what each service is given (tests/unit/deploy).
        """
        processes = self.processes()
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE_SEC)
        return code, [process for process in processes if is_alive(process)]

    def ports_are_free(self) -> bool:
        return all(is_free(port) for port in self.ports.values())

    def settings(self) -> Settings:
        return Settings.from_environment(stack_environment(self.run_dir))

    def client(self) -> Client:
        return connect(self.settings(), in_database=True)

    def get(self, path: str) -> Any:
        """What the console answers."""
        url = f"http://127.0.0.1:{self.ports['console_port']}"
        if not self._is_in:
            self._sign_in(url)
        with self._browser.open(url + path, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if "json" in answer.headers["content-type"] else body

    def _sign_in(self, url: str) -> None:
        """By the one-time address, as whoever started the stack."""
        body = json.dumps({"token": link.read(self.run_dir)}).encode()
        headers = {"content-type": "application/json", "origin": url}
        request = urllib.request.Request(f"{url}/api/session/link", body, headers)  # noqa: S310
        with self._browser.open(request, timeout=PATIENCE_SEC) as answer:
            self._is_in = answer.status == 200

    def shown_mentions(self) -> int:
        """The first number on the page."""
        data = self.get(
            f"/api/dashboards/{_BOARD}/panels/{_MENTIONS_PANEL}/data?from=now-30d&to=now"
        )
        return int(data["rows"][0][0]) if data["rows"] else 0

    def kill(self, service: str) -> None:
        """End a service as a power cut would."""
        pid = self.pid_of(service)
        assert pid is not None
        os.kill(pid, signal.SIGKILL)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
