"""What the local stack consists of, and where it listens."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from deploy.local.clickhouse_files import (
    DATABASE,
    DEFAULT_MEMORY_BYTES,
    READER_USER,
    WRITER_USER,
)
from deploy.local.errors import LocalStackError
from deploy.local.passwords import Passwords
from deploy.local.ports import LOOPBACK

FILE_NAME = "stack.json"
REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class PortOption:
    """A port as the user sees it."""

    field: str
    purpose: str
    option: str
    variable: str

    @property
    def remedy(self) -> str:
        """Say how to choose another port."""
        return f"choose another with {self.option} or {self.variable}"


PORT_OPTIONS = (
    PortOption("broker_port", "the Kafka broker", "--broker-port", "ESCUCHA_BROKER_PORT"),
    PortOption(
        "clickhouse_http_port",
        "ClickHouse's HTTP interface",
        "--clickhouse-http-port",
        "ESCUCHA_CLICKHOUSE_HTTP_PORT",
    ),
    PortOption(
        "clickhouse_tcp_port",
        "ClickHouse's native interface",
        "--clickhouse-tcp-port",
        "ESCUCHA_CLICKHOUSE_TCP_PORT",
    ),
    PortOption("console_port", "the console", "--console-port", "ESCUCHA_CONSOLE_PORT"),
)


def default_run_dir() -> Path:
    """Return ESCUCHA_RUN_DIR, or `.escucha` in the current folder."""
    return Path(os.environ.get("ESCUCHA_RUN_DIR", ".escucha"))


def _app_command(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "streams.cli", *words)


@dataclass(frozen=True, kw_only=True)
class StackConfig:
    """One local stack. A command of None leaves that service out; so does `workers=0`."""

    run_dir: Path = field(default_factory=default_run_dir)
    broker_port: int = 9092
    clickhouse_http_port: int = 8123
    clickhouse_tcp_port: int = 9000
    console_port: int = 8080
    metrics_port: int = 0  # of the first worker, the next one has the next; 0: any free ones
    workers: int = 1
    clickhouse_memory_bytes: int = DEFAULT_MEMORY_BYTES
    migrate_command: tuple[str, ...] | None = field(default_factory=lambda: _app_command("migrate"))
    worker_command: tuple[str, ...] | None = field(default_factory=lambda: _app_command("worker"))
    upkeep_command: tuple[str, ...] | None = field(
        default_factory=lambda: _app_command("upkeep", "--with-signals")
    )
    console_command: tuple[str, ...] | None = field(default_factory=lambda: _app_command("console"))
    workers_say_ready: bool = False  # by writing their pid to <run_dir>/ready/<name>
    extra_environment: Mapping[str, str] = field(default_factory=dict)
    start_timeout_seconds: float = 60.0
    hang_seconds: float = 30.0  # a worker that says for so long that it hangs is started again

    def __post_init__(self) -> None:
        """Make the run directory absolute and refuse ports that cannot be."""
        object.__setattr__(self, "run_dir", Path(self.run_dir).absolute())
        ports = {**self.ports(), **self.metrics_ports()}
        bad = [name for name, port in ports.items() if not 0 < port < 65536]
        if bad:
            raise LocalStackError(f"Not a port number: {', '.join(bad)}. Use 1 to 65535.")
        if len(set(ports.values())) < len(ports):
            raise LocalStackError(f"Two services cannot share a port: {ports}. Choose others.")

    @classmethod
    def from_environment(cls, **overrides: Any) -> "StackConfig":
        """Return the defaults, changed by the environment's ports, changed by `overrides`.

        An override of None counts as not given, as an option left out of a command line.
        """
        values: dict[str, Any] = {}
        for port in PORT_OPTIONS:
            text = os.environ.get(port.variable)
            if text:
                try:
                    values[port.field] = int(text)
                except ValueError as error:
                    raise LocalStackError(f"{port.variable}={text} is not a port.") from error
        values.update({name: value for name, value in overrides.items() if value is not None})
        return cls(**values)

    def ports(self) -> dict[str, int]:
        """Return the ports this stack needs, by field name."""
        ports = {port.field: int(getattr(self, port.field)) for port in PORT_OPTIONS}
        if self.console_command is None:
            del ports["console_port"]
        return ports

    def metrics_ports(self) -> dict[str, int]:
        """Return the ports of metrics of workers and upkeep, where they are fixed."""
        if not self.metrics_port:
            return {}
        number = self.workers if self.worker_command else 0
        names = [f"worker-{at + 1}" for at in range(number)]
        ports = {f"metrics of {name}": self.metrics_port + at for at, name in enumerate(names)}
        if self.upkeep_command is not None:
            ports["metrics of upkeep"] = self.metrics_port + self.workers
        return ports

    @property
    def clickhouse_url(self) -> str:
        """Where ClickHouse answers HTTP."""
        return f"http://{LOOPBACK}:{self.clickhouse_http_port}"

    @property
    def kafka_bootstrap(self) -> str:
        """Where the broker answers."""
        return f"{LOOPBACK}:{self.broker_port}"

    def environment(self, passwords: Passwords) -> dict[str, str]:
        """Return what every service of the stack finds in its environment."""
        search_path = [str(REPOSITORY), os.environ.get("PYTHONPATH", "")]
        return {
            **os.environ,
            # `-m` would look into the current folder first, where another `deploy` may lie.
            "PYTHONSAFEPATH": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, search_path)),
            "PYTHONUNBUFFERED": "1",
            "NO_COLOR": "1",
            "ESCUCHA_RUN_DIR": str(self.run_dir),
            "ESCUCHA_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "ESCUCHA_CLICKHOUSE_URL": self.clickhouse_url,
            "ESCUCHA_CLICKHOUSE_USER": WRITER_USER,
            "ESCUCHA_CLICKHOUSE_DATABASE": DATABASE,
            "ESCUCHA_CLICKHOUSE_READER_USER": READER_USER,
            "ESCUCHA_CONSOLE_PORT": str(self.console_port),
            **passwords.as_environment(),
            **self.extra_environment,
        }

    def save(self) -> None:
        """Write the configuration into the run directory, for the detached supervisor."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        document = {**asdict(self), "run_dir": str(self.run_dir)}
        path = self.run_dir / FILE_NAME
        path.touch(mode=0o600)  # extra_environment may hold a secret
        path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, run_dir: Path) -> "StackConfig":
        """Return what save() wrote; raise LocalStackError when there is nothing usable."""
        path = run_dir / FILE_NAME
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            commands = {
                name: None if value is None else tuple(value)
                for name, value in document.items()
                if name.endswith("_command")
            }
            return cls(**{**document, **commands, "run_dir": run_dir})
        except (OSError, ValueError, TypeError) as error:
            raise LocalStackError(f"Cannot use {path}: {error}. Run `escucha up` again.") from error
