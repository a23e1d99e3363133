"""The folder that the embedded ClickHouse runs in, and the environment it reads."""

import shutil
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

from deploy.local.clickhouse_definitions import Definitions
from deploy.local.passwords import Passwords

DATABASE = "escucha"
WRITER_USER = "escucha"
READER_USER = "grafana"
DEFAULT_MEMORY_BYTES = 2 * 1024**3

HTTP_PORT_VARIABLE = "ESCUCHA_CLICKHOUSE_HTTP_PORT"
TCP_PORT_VARIABLE = "ESCUCHA_CLICKHOUSE_TCP_PORT"
MEMORY_VARIABLE = "ESCUCHA_CLICKHOUSE_MEMORY_BYTES"

TEMPLATES = Path(__file__).parents[1] / "clickhouse"
_PLACES = {
    "local-config.xml": "config.xml",
    "named-collection.xml": "config.d/escucha.xml",
    "local-users.xml": "users.xml",
    "users.xml": "users.d/escucha.xml",
}


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """What differs from one local ClickHouse to the next."""

    http_port: int
    tcp_port: int
    memory_bytes: int = DEFAULT_MEMORY_BYTES

    def as_environment(self, passwords: Passwords) -> dict[str, str]:
        """Return the variables that the configuration files name in from_env."""
        return {
            HTTP_PORT_VARIABLE: str(self.http_port),
            TCP_PORT_VARIABLE: str(self.tcp_port),
            MEMORY_VARIABLE: str(self.memory_bytes),
            **passwords.as_environment(),
        }


@dataclass(frozen=True)
class EngineFolder:
    """`<run-dir>/clickhouse`: its configuration and its data."""

    path: Path

    @classmethod
    def of(cls, run_dir: Path) -> "EngineFolder":
        """Return the folder of a run directory, which need not exist yet."""
        return cls(run_dir.absolute() / "clickhouse")

    @property
    def lock(self) -> Path:
        """The file that the one engine of this folder holds locked."""
        return self.path / "lock"

    def definitions(self) -> Definitions:
        """The tables' definitions in it, and their copies."""
        return Definitions(self.path)

    def prepare(self) -> None:
        """Write the configuration afresh and make what the engine wants to find at its start.

        Raises LocalStackError when a table's definition is lost and cannot be had again.
        """
        for template, place in _PLACES.items():
            target = self.path / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(TEMPLATES / template, target)
        self.definitions().restore()
        metadata = self.path / "data" / "metadata"
        metadata.mkdir(parents=True, exist_ok=True)
        # Without it the system database lives in memory, and what it holds is lost at each stop.
        system = metadata / "system.sql"
        if not system.exists():
            system.write_text(
                f"ATTACH DATABASE _ UUID '{uuid.uuid4()}'\nENGINE = Atomic\n", encoding="utf-8"
            )


def launcher_command(run_dir: Path) -> list[str]:
    """Return the command line of the launcher; EngineSettings.as_environment() goes with it."""
    return [
        sys.executable,
        "-m",
        "deploy.local.clickhouse",
        "--run-dir",
        str(run_dir.absolute()),
        "--stop-with-parent",
    ]
