"""What the console needs to know."""

from dataclasses import dataclass, field
from pathlib import Path

from dashboards.console.provider import ProviderConfig

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
    public_url: str = ""  # as browsers reach it, where a proxy with https stands before it
    proxies: tuple[str, ...] = ()  # whose word on where a request comes from is taken
    provider: ProviderConfig | None = None  # of OpenID Connect
    sign_ins_per_min: int = 30  # from one place, in one process
    max_query_sec: int = 10
    max_result_rows: int = 20_000
    queries_at_once: int = 4
    answer_lifetime_sec: float = 1.0  # equal questions within it share one query

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return self.host in {"127.0.0.1", "::1", "localhost"}
