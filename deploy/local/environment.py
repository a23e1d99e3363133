"""What a program beside a running local stack needs to find in its environment."""

from pathlib import Path

from deploy.local import passwords, state
from deploy.local.clickhouse_files import DATABASE, READER_USER, WRITER_USER
from deploy.local.config import default_run_dir
from deploy.local.ports import LOOPBACK


def stack_environment(run_dir: Path | None = None) -> dict[str, str]:
    """`ESCUCHA_…` variables of the stack in `run_dir`; none when there is no stack."""
    directory = (run_dir or default_run_dir()).absolute()
    record = state.read(directory)
    if record is None:
        return {}
    ports = record.ports
    return {
        "ESCUCHA_RUN_DIR": str(directory),
        "ESCUCHA_KAFKA_BOOTSTRAP": f"{LOOPBACK}:{ports['broker_port']}",
        "ESCUCHA_CLICKHOUSE_URL": f"http://{LOOPBACK}:{ports['clickhouse_http_port']}",
        "ESCUCHA_CLICKHOUSE_USER": WRITER_USER,
        "ESCUCHA_CLICKHOUSE_DATABASE": DATABASE,
        "ESCUCHA_CLICKHOUSE_READER_USER": READER_USER,
        "ESCUCHA_CONSOLE_PORT": str(ports["console_port"]),
        **passwords.load_or_create(directory).as_environment(),
    }
