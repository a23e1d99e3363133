"""Apache Kafka from Maven's jars, without Docker: one node, or three, on this machine only.

`deploy/kafka-jvm/kafka.sh start|stop|status --dir DIR` for people, KafkaJvm for tests. A node keeps
its data in its folder: kill(), then start(), continues as a real broker does after a power cut.
"""

import argparse
import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import platformdirs
import psutil
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.kafka_plan import load_or_make
from deploy.kafka_security import SECURE, KafkaSecurity
from deploy.local.child import describe_exit, leashed, stop_processes
from deploy.local.errors import LocalStackError, MissingPartError, ServiceFailedError
from deploy.local.logs import last_lines
from deploy.local.ports import LOOPBACK, require_free
from deploy.local.state import ProcessIdentity

FILES = Path(__file__).with_name("kafka-jvm")
SHARED = Path(__file__).with_name("kafka") / "server.properties"
MINIMUM_JAVA = 17
READY_TIMEOUT_SECONDS = 60.0
# Three nodes cannot all leave in peace: the last ones have no quorum left to say goodbye to.
STOP_TIMEOUT_SECONDS = 8.0
HEAP = "-Xmx512m"


def available() -> str | None:
    """Return None when Kafka can be started here, else the reason in plain words."""
    command = _java()
    if command is None:
        return f"Java is missing: install a JDK or JRE of version {MINIMUM_JAVA} or newer."
    version = _java_version(command)
    if version < MINIMUM_JAVA:
        return f"Java {version} is too old for Kafka 4: install {MINIMUM_JAVA} or newer."
    if not _jar_folder().is_dir() and shutil.which("mvn") is None:
        return "Kafka's jars are not fetched yet and Maven (mvn) is missing: install Maven once."
    return None


def jars() -> Path:
    """Return the folder of Kafka's jars, fetched with Maven the first time.

    Raises MissingPartError when that fails.
    """
    folder = _jar_folder()
    if folder.is_dir():
        return folder
    reason = available()
    if reason is not None:
        raise MissingPartError(reason)
    return fetch(FILES / "pom.xml", folder)


def fetch(pom: Path, folder: Path) -> Path:
    """Return `folder` with the jars that `pom` names; raises MissingPartError when Maven fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        command = ["mvn", "-B", "-q", "-f", str(pom), "dependency:copy-dependencies"]
        done = subprocess.run(  # noqa: S603
            [*command, "-DincludeScope=runtime", f"-DoutputDirectory={scratch}/jars"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise MissingPartError(f"Maven could not fetch the jars:\n{done.stdout[-2000:]}")
        with contextlib.suppress(OSError):  # another process was faster: its jars are as good
            Path(scratch, "jars").rename(folder)
    return folder


class KafkaJvm:
    """One Kafka cluster in one folder. Unless `stays`, on Linux it ends with this process."""

    def __init__(
        self,
        directory: Path,
        port: int | None = None,
        *,
        brokers: int | None = None,
        secure: bool | None = None,
        stays: bool = False,
        advertised_ports: Sequence[int] = (),
    ) -> None:
        """Plan the cluster (of one), or take up the plan an earlier start left in `directory`.

        The nodes listen on `port` and the ports after it, or on free ones. Raises LocalStackError
        when `directory` holds a cluster with another port or another number of brokers. `secure`:
        clients need TLS and SASL/SCRAM, and may do what ACLs allow; `security` has the users.
        Clients are told `advertised_ports`, one a node, where something stands before the nodes.
        """
        self.directory = directory.absolute()
        self.plan = load_or_make(self.directory, port, brokers, secure)
        self.security = KafkaSecurity.at(self.directory / "security") if self.plan.secure else None
        self.bootstrap = ",".join(f"{LOOPBACK}:{each}" for each in self.plan.broker_ports)
        self._stays = stays
        self._advertised_ports = tuple(advertised_ports)
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, timeout_seconds: float = READY_TIMEOUT_SECONDS) -> Self:
        """Start every node that does not run; return when the cluster answers."""
        for node in self.plan.nodes:
            self.start_node(node)
        self.wait_ready(timeout_seconds)
        return self

    def start_node(self, node: int) -> None:
        """Start one node, formatting its storage the first time, without waiting for it."""
        if self._process(node) is not None:
            return
        plan = self.plan
        for ports in (plan.broker_ports, plan.controller_ports, plan.inner_ports):
            if not ports:
                continue
            port = ports[node - 1]
            require_free(port, f"Kafka node {node}", "choose another --dir and --port")
        folder = self._folder(node)
        folder.mkdir(parents=True, exist_ok=True)
        settings = folder / "server.properties"
        settings.write_text(self.settings_text(node), encoding="utf-8")
        if not (folder / "data" / "meta.properties").exists():
            self._format(settings)
        with (folder / "kafka.log").open("ab") as log:
            command = [*_java_command(), "kafka.Kafka", str(settings)]
            child = subprocess.Popen(  # noqa: S603
                command if self._stays else leashed(command),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children[node] = child
        identity = ProcessIdentity.of(child.pid)
        if identity is not None:
            (folder / "pid.json").write_text(json.dumps(asdict(identity)), encoding="utf-8")

    def wait_ready(self, timeout_seconds: float = READY_TIMEOUT_SECONDS) -> None:
        """Return when every started node serves clients; raise ServiceFailedError if one does not.

        A node that was killed on purpose is not waited for.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self._answers():
            for node, child in self._children.items():
                if child.poll() is not None:
                    self._give_up(node, describe_exit(child.returncode))
            if time.monotonic() > deadline:
                self._give_up(1, f"not ready after {timeout_seconds:.0f} s")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop all nodes cleanly; return when they are gone."""
        # Together: the last of several cannot hand its leadership over, and would wait for it.
        processes = [p for node in self.plan.nodes if (p := self._process(node)) is not None]
        stop_processes(processes, STOP_TIMEOUT_SECONDS)
        self._reap()

    def kill(self) -> None:
        """End all nodes as a power cut would; return when they are gone."""
        for node in self.plan.nodes:
            self.kill_node(node)

    def kill_node(self, node: int) -> None:
        """End one node as a power cut would; return when it is gone."""
        process = self._process(node)
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)
                process.wait(10)
        self._reap()

    def restart(self) -> Self:
        """Stop cleanly and start again on the same data."""
        self.stop()
        return self.start()

    def status(self) -> dict[str, Any]:
        """Return pids and whether the cluster answers."""
        pids = self.pids()
        return {
            "bootstrap": self.bootstrap,
            "brokers": len(self.plan.broker_ports),
            "pids": pids,
            "ready": bool(pids) and self._answers(),
        }

    def pids(self) -> dict[int, int]:
        """Return the processes of the nodes that run."""
        return {node: process.pid for node in self.plan.nodes if (process := self._process(node))}

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        started = [node for node in self.plan.nodes if self._process(node) is not None]
        settings: dict[str, Any] = {
            "bootstrap.servers": self.bootstrap,
            "log_level": 0,
            "error_cb": lambda _error: None,
            **(self.security.admin_settings(self.bootstrap) if self.security else {}),
        }
        try:
            seen = AdminClient(settings).list_topics(timeout=2).brokers
        except KafkaException:
            return False
        return bool(started) and set(started) <= set(seen)

    def _give_up(self, node: int, why: str) -> None:
        path = self._folder(node) / "kafka.log"
        self.kill()
        tail = "\n".join(last_lines(path, 20))
        raise ServiceFailedError(f"Kafka node {node}: {why}. The last lines of {path}:\n{tail}")

    def _format(self, settings: Path) -> None:
        tool = ["kafka.tools.StorageTool", "format", "--ignore-formatted"]
        done = subprocess.run(  # noqa: S603
            # With "=", since one id in 64 begins with a dash and would be taken for an option.
            [
                *(*_java_command(), *tool, f"--cluster-id={self.plan.cluster_id}"),
                *("-c", str(settings)),
                *(self.security.words_of_format() if self.security else ()),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServiceFailedError(f"Kafka could not format its storage:\n{done.stderr[-2000:]}")

    def _process(self, node: int) -> psutil.Process | None:
        try:
            text = (self._folder(node) / "pid.json").read_text(encoding="utf-8")
            return ProcessIdentity(**json.loads(text)).find()
        except (OSError, ValueError, TypeError):
            return None

    def _reap(self) -> None:
        self._children = {n: child for n, child in self._children.items() if child.poll() is None}

    def settings_text(self, node: int) -> str:
        """The files that every deployment shares, then what is otherwise here: it holds."""
        text = SHARED.read_text(encoding="utf-8")
        otherwise = self.plan.properties(node, self._folder(node) / "data", self._advertised_ports)
        if self.security is not None:
            text += SECURE.read_text(encoding="utf-8")
            otherwise |= self.security.properties()
        return text + "".join(f"{key}={value}\n" for key, value in otherwise.items())

    def _folder(self, node: int) -> Path:
        return self.directory / f"node-{node}"


def jar_folder(room: str, pom: Path) -> Path:
    """Where the jars of `pom` are kept; by its content, so other versions get another folder."""
    key = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    return Path(platformdirs.user_cache_dir("escucha")) / room / key


def _jar_folder() -> Path:
    return jar_folder("kafka-jvm", FILES / "pom.xml")


def java() -> str:
    """Return the command; raises MissingPartError without one."""
    command = _java()
    if command is None:
        raise MissingPartError(available() or "Java is missing.")
    return command


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")


def _java_version(command: str) -> int:
    done = subprocess.run([command, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r'version "(\d+)', done.stderr)
    return int(found.group(1)) if found else 0


def _java_command() -> list[str]:
    logging = f"-Dlog4j2.configurationFile={FILES / 'log4j2.properties'}"
    return [java(), HEAP, "-XX:+UseSerialGC", logging, "-cp", f"{jars()}/*"]


def main(arguments: list[str] | None = None) -> int:
    """Start, stop or inspect a cluster; JSON on standard output."""
    parser = argparse.ArgumentParser(prog="kafka.sh", description=__doc__)
    parser.add_argument("command", choices=("start", "stop", "status"))
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, help="The first broker's (default: a free one).")
    parser.add_argument("--brokers", type=int, choices=(1, 3))
    parser.add_argument(
        "--secure",
        action="store_true",
        default=None,
        help="TLS and SASL/SCRAM; DIR/security has ca.pem and the password of the user admin.",
    )
    options = parser.parse_args(arguments)
    try:
        reason = available()
        if reason is not None:
            raise MissingPartError(reason)
        kafka = KafkaJvm(
            options.dir, options.port, brokers=options.brokers, secure=options.secure, stays=True
        )
        if options.command == "start":
            kafka.start()
        elif options.command == "stop":
            kafka.stop()
        sys.stdout.write(json.dumps(kafka.status()) + "\n")
    except LocalStackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
