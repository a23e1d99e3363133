"""Apache ZooKeeper as the Keeper: what replicas agree through."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy import kafka_jvm
from deploy.local.child import leashed
from deploy.local.ports import LOOPBACK, free_ports

POM = Path(__file__).with_name("pom.xml")
READY_TIMEOUT_SEC = 60.0
# A tick is the least it can tell; a session lasts two of them at least.
SETTINGS = """
tickTime=500
dataDir={data}
clientPort={port}
clientPortAddress={host}
admin.enableServer=false
4lw.commands.whitelist=ruok
"""


def missing() -> str | None:
    """Return None when it can be started here, else the reason in plain words."""
    if not sys.platform.startswith("linux"):
        return "Replicas of the local engine are made on Linux only."
    if reason := kafka_jvm.available():
        return reason
    if not _jars().is_dir() and shutil.which("mvn") is None:
        return "ZooKeeper's jars are not fetched yet and Maven (mvn) is missing."
    return None


class Keeper:
    """A ZooKeeper in one folder; it ends with this process."""

    def __init__(self, folder: Path) -> None:
        self.port = free_ports(1)[0]
        self._folder = folder

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = self._folder.absolute() / "zoo.cfg"
        settings.write_text(
            SETTINGS.format(data=self._folder.absolute() / "data", port=self.port, host=LOOPBACK)
        )
        jars = _jars()
        if not jars.is_dir():
            kafka_jvm.fetch(POM, jars)
        with (self._folder / "keeper.log").open("wb") as log:
            self._process = subprocess.Popen(
                leashed(
                    [
                        *(kafka_jvm.java(), "-Xmx256m", "-XX:+UseSerialGC"),
                        "-Dzookeeper.forceSync=no",  # nobody pulls its plug
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                        *("-cp", f"{jars}/*"),
                        *("org.apache.zookeeper.server.quorum.QuorumPeerMain", str(settings)),
                    ]
                ),
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + READY_TIMEOUT_SEC
        while not self._answers():
            log_text = (self._folder / "keeper.log").read_text(errors="replace")
            assert self._process.poll() is None, log_text
            assert time.monotonic() < deadline, log_text
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=5) as connection:
                connection.sendall(b"ruok")
                return connection.recv(4) == b"imok"
        except OSError:
            return False


def _jars() -> Path:
    return kafka_jvm.jar_folder("keeper", POM)
