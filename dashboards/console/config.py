"""What the console needs to know."""

from dataclasses import dataclass, field
from pathlib import Path

GENERATED = Path(__file__).parents[1] / "generated"


@dataclass(frozen=True)
class ConsoleConfig:
    """Where ClickHouse is and where the page is served; the user should be a read-only one."""

    clickhouse_url: str = "http://127.0.0.1:8123"
    ca_file: Path | None = None  # of https; None: the authorities that this machine trusts
    user: str = "grafana"
    password: str = field(default="", repr=False)
    database: str = "escucha"
    host: str = "127.0.0.1"
    port: int = 8080
    dashboards_dir: Path = GENERATED
    allowed_hosts: tuple[str, ...] = ()  # more names the page may be asked for under
    max_query_sec: int = 10
    max_result_rows: int = 20_000
    queries_at_once: int = 4
    answer_lifetime_sec: float = 1.0  # equal questions within it share one query
