"""Settings of every program, resolved once from the environment; the only reader of it."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Final, Literal, TypeVar

from streams import secrecy
from streams.errors import SettingsError
from streams.kafka_access import KafkaAccess, Mechanism, Protocol
from streams.setting_values import PARSERS, Profile

T = TypeVar("T")

# Mentions in a batch where nothing else is said: sentence encoders read a hundred a second, and a
# batch is stored as a whole.
_SMALLER_BATCHES: Final[Mapping[str, int]] = {"accurate": 500, "cascade": 2_000}


@dataclass(frozen=True)
class Settings:
    """What a program of the pipeline needs to know; one field, one `ESCUCHA_…` variable."""

    kafka_bootstrap: str = "127.0.0.1:9092"
    kafka_security: Protocol = "PLAINTEXT"
    kafka_sasl_mechanism: Mechanism = "SCRAM-SHA-512"
    kafka_user: str = ""
    kafka_password: str = field(default="", repr=False)
    kafka_ca_file: Path | None = None  # None: the authorities that this machine trusts
    kafka_cert_file: Path | None = None  # a client certificate, where the brokers want one
    kafka_key_file: Path | None = None
    kafka_partitions: int = 6
    kafka_replication: int = 1
    kafka_session_timeout_sec: float = 6.0
    kafka_group: str = "escucha-mentions"
    mentions_topic: str = "mentions.raw.v1"

    clickhouse_url: str = "http://127.0.0.1:8123"
    clickhouse_ca_file: Path | None = None  # of https; None: what this machine trusts
    clickhouse_cluster: str = ""  # of replicas: migrations ON CLUSTER; empty: one server
    clickhouse_user: str = "escucha"
    clickhouse_password: str = field(default="", repr=False)
    clickhouse_database: str = "escucha"
    clickhouse_reader_user: str = "grafana"
    clickhouse_reader_password: str = field(default="", repr=False)

    batch_max_records: int = 10_000  # of one stream item; bounds the size of an insert
    batch_linger_ms: int = 200  # how long a small fetch waits for company
    records_in_flight: int = 24_000  # fetched and not yet acknowledged, in one worker
    classify_threads: int = 2
    inserts_in_flight: int = 4
    sink_deadline_sec: float = 900.0  # how long a worker outlasts a dead ClickHouse
    dead_letter_ceiling: int = 10_000  # in a row, per partition
    commit_interval_sec: float = 1.0

    listening_file: Path | None = None  # rules that hold until others are applied
    retention_days: str = ""  # as in mentions=90,dead_letters=7; see streams/privacy/retention.py
    rules_refresh_sec: float = 5.0  # how soon a worker takes up what was applied
    model_refresh_sec: float = 5.0  # how soon a worker takes up a promoted model
    author_keys: str = field(default="", repr=False)  # pseudonymises authors; empty: not
    model_store: Path | str = Path(".escucha/models")  # or an address of object storage
    model_profile: Profile = "fast"  # which of a version's two models judges; see models/README.md
    run_dir: Path = Path(".escucha")
    worker_name: str = ""  # given by the local stack; empty: nobody waits for it to be ready
    console_host: str = "127.0.0.1"
    console_port: int = 8080
    console_hosts: str = ""  # more names, commas between, under which the page may be asked for
    console_labels: bool = True  # no: nothing can be changed from this console
    console_proxies: str = ""  # addresses of proxies, commas between, that say who asks
    console_url: str = "http://127.0.0.1:8080"  # as readers of a notice reach it
    search_sec: float = 30.0  # how long a search may take; then it says what it has
    export_max_rows: int = 1_000_000  # of one file; the newest
    alerts_to: str = field(default="", repr=False)  # addresses for apprise, spaces between them
    alerts_file: Path | None = None  # the same, one a line; webhooks with their secret
    alerts_webhook: str = field(default="", repr=False)
    alerts_webhook_secret: str = field(default="", repr=False)
    alerts_language: str = "es"  # of notices

    oidc_issuer: str = ""  # a provider of OpenID Connect for the console; see deploy/README.md
    oidc_client_id: str = ""
    oidc_client_secret: str = field(default="", repr=False)
    oidc_label: str = "OpenID Connect"  # what its button says
    oidc_scopes: str = "openid profile email"
    oidc_name_claim: str = "preferred_username"
    oidc_role_claim: str = "groups"  # dots lead into objects
    oidc_roles: str = ""  # as in staff=viewer,care-team=agent; *=viewer is everybody
    oidc_ca_file: Path | None = None

    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None  # /metrics, /healthz, /readyz; 0: any that is free
    stall_sec: float = 120.0  # so long without work done while there is some, and it hangs
    log_format: str = "text"  # or json
    traces_url: str = ""  # OTLP over HTTP; empty: no traces

    def __post_init__(self) -> None:
        """Raises SettingsError when settings do not fit together."""
        _ = self.kafka
        if self.clickhouse_ca_file is None:
            return
        if not self.clickhouse_url.startswith("https://"):
            raise SettingsError(
                "ESCUCHA_CLICKHOUSE_CA_FILE is set and ESCUCHA_CLICKHOUSE_URL does not begin with"
                " https://, so nothing would be encrypted"
            )
        if not self.clickhouse_ca_file.is_file():
            raise SettingsError(
                f"ESCUCHA_CLICKHOUSE_CA_FILE={self.clickhouse_ca_file}: there is no such file"
            )

    @property
    def kafka(self) -> KafkaAccess:
        """Where Kafka is and the way in; every client takes its connection from it."""
        return KafkaAccess(
            self.kafka_bootstrap,
            self.kafka_security,
            self.kafka_sasl_mechanism,
            self.kafka_user,
            self.kafka_password,
            self.kafka_ca_file,
            self.kafka_cert_file,
            self.kafka_key_file,
        )

    @classmethod
    def from_environment(
        cls,
        environment: Mapping[str, str] | None = None,
        *,
        defaults: Mapping[str, str] | None = None,
    ) -> "Settings":
        """Read `ESCUCHA_…` variables; raises SettingsError naming the variable and the remedy.

        `defaults` are variables to go by where the environment has none.
        """
        environment = {**(defaults or {}), **(os.environ if environment is None else environment)}
        if "ESCUCHA_BRANDS_FILE" in environment:
            raise SettingsError(
                "ESCUCHA_BRANDS_FILE is now ESCUCHA_LISTENING_FILE; the same file is valid"
            )
        run_dir = Path(environment.get("ESCUCHA_RUN_DIR", ".escucha"))
        values: dict[str, object] = {"run_dir": run_dir, "model_store": run_dir / "models"}
        for name, parse in PARSERS.items():
            variable = f"ESCUCHA_{name.upper()}"
            raw = _from_file(environment, variable) if name in _SECRETS else None
            if (raw := environment.get(variable) if raw is None else raw) is not None:
                values[name] = _parsed(variable, raw, parse)
        smaller = _SMALLER_BATCHES.get(str(values.get("model_profile")))
        if smaller is not None:
            values.setdefault("batch_max_records", smaller)
        return cls(**values)  # type: ignore[arg-type]


def logging_of_environment(environment: Mapping[str, str] | None = None) -> tuple[str, list[str]]:
    """How logs are to look, and what must not stand in them; raises SettingsError.

    Apart from Settings, since a program logs before it has read them, and what is wrong with them.
    """
    environment = os.environ if environment is None else environment
    raw = environment.get("ESCUCHA_LOG_FORMAT", "text")
    form = str(_parsed("ESCUCHA_LOG_FORMAT", raw, PARSERS["log_format"]))
    return form, secrecy.secrets_of(environment, _hidden())


def is_secret(variable: str) -> bool:
    """Whether a variable, or the file that it names, holds a secret."""
    return secrecy.is_secret(variable, _hidden())


def _hidden() -> frozenset[str]:
    return frozenset(f"ESCUCHA_{one.name.upper()}" for one in fields(Settings) if not one.repr)


def language_of_environment(environment: Mapping[str, str] | None = None) -> Literal["es", "en"]:
    """In which language to speak to whoever types: ESCUCHA_LANG, else as their machine does."""
    environment = os.environ if environment is None else environment
    names = ("ESCUCHA_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    told = next((environment[name] for name in names if environment.get(name)), "")
    return "es" if told.lower().startswith("es") else "en"


def given_variables(environment: Mapping[str, str] | None = None) -> frozenset[str]:
    """Names of the ESCUCHA_ variables that are set, whether or not there is such a setting."""
    environment = os.environ if environment is None else environment
    return frozenset(name for name in environment if name.startswith("ESCUCHA_"))


def choose_arrow_pool() -> None:
    """Have Arrow take memory from the system, unless told otherwise; call it before Arrow is there.

    Its other pools set a gibibyte aside when they are first asked, and keep freed batches resident.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def _from_file(environment: Mapping[str, str], variable: str) -> str | None:
    """What the file holds that `…_FILE` names: how Docker and Kubernetes hand secrets over."""
    file = environment.get(f"{variable}_FILE")
    if not file:
        return None
    if environment.get(variable):
        raise SettingsError(f"{variable} and {variable}_FILE are both set; keep one")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable}_FILE={file}: cannot be read ({error})") from error


def _parsed(variable: str, raw: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(raw)
    except ValueError as error:
        # An address may hold a password, that of a webhook is one.
        hidden = "@" in raw or variable == "ESCUCHA_ALERTS_WEBHOOK"
        shown = "" if hidden else f" (it is {raw!r})"
        raise SettingsError(f"{variable}: {error}{shown}") from error


_SECRETS = frozenset(
    {
        "alerts_webhook",
        "alerts_webhook_secret",
        "author_keys",
        "clickhouse_password",
        "clickhouse_reader_password",
        "kafka_password",
        "oidc_client_secret",
    }
)
