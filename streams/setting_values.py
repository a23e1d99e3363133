"""How the value of each setting is written; what is written otherwise is told with the remedy."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal, get_args
from urllib.parse import urlsplit

from streams.kafka_access import MECHANISMS, PROTOCOLS, Mechanism, Protocol

Profile = Literal["fast", "accurate", "cascade"]


def _positive_int(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit() or int(raw) < 1:
        raise ValueError("give a whole number of at least 1")
    return int(raw)


def _whole_number(raw: str) -> int:
    if not raw.isascii() or not raw.isdigit():
        raise ValueError("give a whole number of at least 0")
    return int(raw)


def _seconds(raw: str) -> float:
    try:
        seconds = float(raw)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86_400 * 365:
        raise ValueError("give a number of seconds above 0, for example 6 or 0.5")
    return seconds


def _port(raw: str) -> int:
    if not _is_port(raw):
        raise ValueError("give a port between 1 and 65535")
    return int(raw)


def _is_port(raw: str) -> bool:
    return raw.isascii() and raw.isdigit() and len(raw) < 10 and 1 <= int(raw) <= 65_535


def _bootstrap(raw: str) -> str:
    for server in raw.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not _is_port(port):
            raise ValueError("give host:port, or several with commas between them")
    return raw


def _http_url(raw: str) -> str:
    try:
        parts = urlsplit(raw)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, an address with half a bracket
        usable = None
    if not usable:
        raise ValueError("give an address such as http://127.0.0.1:8123")
    if parts.username or parts.password:
        raise ValueError("put user and password in their own variables, not in the address")
    return raw


def _word(raw: str) -> str:
    if not raw.strip():
        raise ValueError("give a name, it is empty")
    return raw


def _name(raw: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", raw):
        raise ValueError("give a name of letters, digits and _")
    return raw


def _place(raw: str) -> Path | str:
    return raw if "://" in raw else Path(raw)  # a Path would make one slash of the two


def _port_or_any(raw: str) -> int:
    return 0 if raw == "0" else _port(raw)


def _log_format(raw: str) -> str:
    if raw not in {"text", "json"}:
        raise ValueError("say text or json")
    return raw


def _url_or_none(raw: str) -> str:
    return _http_url(raw) if raw else raw


def _language(raw: str) -> str:
    if raw not in {"es", "en"}:
        raise ValueError("say es or en")
    return raw


def _profile(raw: str) -> str:
    if raw not in get_args(Profile):
        raise ValueError(f"say one of {', '.join(get_args(Profile))}")
    return raw


def _yes_or_no(raw: str) -> bool:
    if raw not in {"yes", "no"}:
        raise ValueError("say yes or no")
    return raw == "yes"


def _protocol(raw: str) -> Protocol:
    for protocol in PROTOCOLS:
        if raw.upper() == protocol:
            return protocol
    raise ValueError(f"give one of {', '.join(PROTOCOLS)}")


def _mechanism(raw: str) -> Mechanism:
    for mechanism in MECHANISMS:
        if raw.upper() == mechanism:
            return mechanism
    raise ValueError(f"give one of {', '.join(MECHANISMS)}")


# By field of Settings; each raises ValueError with what to write instead.
PARSERS: Final[Mapping[str, Callable[[str], object]]] = {
    "kafka_bootstrap": _bootstrap,
    "kafka_security": _protocol,
    "kafka_sasl_mechanism": _mechanism,
    "kafka_user": str,
    "kafka_password": str,
    "kafka_ca_file": Path,
    "kafka_cert_file": Path,
    "kafka_key_file": Path,
    "kafka_partitions": _positive_int,
    "kafka_replication": _positive_int,
    "kafka_session_timeout_sec": _seconds,
    "kafka_group": _word,
    "mentions_topic": _word,
    "clickhouse_url": _http_url,
    "clickhouse_ca_file": Path,
    "clickhouse_cluster": str,
    "clickhouse_user": _word,
    "clickhouse_password": str,
    "clickhouse_database": _name,
    "clickhouse_reader_user": _word,
    "clickhouse_reader_password": str,
    "batch_max_records": _positive_int,
    "batch_linger_ms": _whole_number,
    "records_in_flight": _positive_int,
    "classify_threads": _positive_int,
    "inserts_in_flight": _positive_int,
    "sink_deadline_sec": _seconds,
    "dead_letter_ceiling": _positive_int,
    "commit_interval_sec": _seconds,
    "listening_file": Path,
    "retention_days": str,
    "rules_refresh_sec": _seconds,
    "model_refresh_sec": _seconds,
    "author_keys": str,
    "model_store": _place,
    "model_profile": _profile,
    "worker_name": _word,
    "console_host": _word,
    "console_port": _port,
    "console_hosts": str,
    "console_labels": _yes_or_no,
    "console_proxies": str,
    "oidc_issuer": _url_or_none,
    "oidc_client_id": str,
    "oidc_client_secret": str,
    "oidc_label": _word,
    "oidc_scopes": _word,
    "oidc_name_claim": _word,
    "oidc_role_claim": _word,
    "oidc_roles": str,
    "oidc_ca_file": Path,
    "metrics_host": _word,
    "metrics_port": _port_or_any,
    "stall_sec": _seconds,
    "log_format": _log_format,
    "traces_url": _url_or_none,
    "console_url": _http_url,
    "search_sec": _seconds,
    "export_max_rows": _positive_int,
    "alerts_to": str,
    "alerts_file": Path,
    "alerts_webhook": _url_or_none,  # compose hands over an empty one
    "alerts_webhook_secret": str,
    "alerts_language": _language,
}
