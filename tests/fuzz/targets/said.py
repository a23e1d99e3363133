"""What operators write: rules, listening files, and settings."""

import json
from collections.abc import Callable, Sequence

import msgspec

from schemas.mention import Author, Mention
from streams import clock
from streams.errors import EscuchaError
from streams.privacy.retention import Retention
from streams.producers.webhook.signatures import secrets_in
from streams.rules.compiled import CompiledRules
from streams.rules.errors import ListeningError, RuleError
from streams.rules.loading import read_listening
from streams.rules.parser import parse
from streams.settings import Settings, logging_of_environment
from streams.steps.pseudonyms import AuthorKeys
from tests.builders import LISTENING
from tests.fuzz.engine import Target, plain
from tests.fuzz.outcomes import refused

RULES = (
    "nimbara", '"quiero comprar" AND NOT (usado OR roto)', "comprar NEAR/5 móvil",
    "likes > 10 AND lang:es", "tel* OR #oferta OR @nimbara",
    "source:bluesky author.followers >= 100",
    'kind:review AND "no funciona"', "(a OR b) (c OR d) NOT e",
)  # fmt: skip
RULE_WORDS = tuple(
    word.encode()
    for word in (
        "AND",
        "OR",
        "NOT",
        "NEAR/3",
        "(",
        ")",
        '"',
        "*",
        "#",
        "@",
        "lang:",
        "source:",
        ">",
        "<=",
        "~",
    )
)
LISTENED = """
brands:
  - name: Nimbara
    own: true
    handles: ["@nimbara"]
    products: [{name: Nimbara Uno}]
    exclude: 'mosaico*'
topics:
  - name: ready to buy
    rule: >
      ("voy a" NEAR/3 (~comprar OR ~pedir)) OR "me lo llevo"
    exclude: 'type:repost'
campaigns:
  - {name: Sin Letra, brand: Nimbara, rule: '#SinLetra', from: 2026-11-01, to: 2026-11-30}
attributes:
  - {name: battery, rule: 'batería OR battery'}
interests: []
care_accounts: ["@nimbara_help"]
employees: []
keep: {default: everything, bluesky: matched}
"""
HUSH = "hush-hush-"
SECRET = frozenset(
    f"ESCUCHA_{name}"
    for name in (
        "KAFKA_PASSWORD", "CLICKHOUSE_PASSWORD", "AUTHOR_KEYS", "ALERTS_WEBHOOK",
        "ALERTS_WEBHOOK_SECRET", "WEBHOOK_SECRETS", "ALERTS_TO",
    )
)  # fmt: skip
HEARD = [
    Mention(
        mention_id="csv:1", source="csv", author=Author(id="a"),
        text="quiero comprar un nimbara 😀",
        published_at=clock.now(),
    )
]  # fmt: skip


def rule(content: bytes) -> str:
    """A rule is read or every mistake has its place within it."""
    text = content.decode("utf-8", "replace")
    try:
        parse(text)
    except RuleError as error:
        assert error.problems
        assert all(0 <= p.start <= p.end <= len(text) for p in error.problems)
        return refused(error.problems[0].message)  # type: ignore[arg-type]
    return "a rule"


def listening(content: bytes) -> str:
    """A listening file is compiled and asked about a mention, or every mistake has its place."""
    text = content.decode("utf-8", "replace")
    try:
        found = read_listening(text)
    except ListeningError as error:
        lines = len(text.splitlines()) + 2  # YAML ends lines at other characters too
        assert error.problems
        assert all(1 <= p.line <= lines and p.column >= 1 for p in error.problems)
        return refused(error.problems[0].message)  # type: ignore[arg-type]
    except EscuchaError as error:
        return refused(error)
    rules = CompiledRules(found)
    [hits] = rules.match(HEARD, [HEARD[0].text], ["es"])
    return f"{len(found.brands)} brands, {len(hits.brands)} heard"


def settings(content: bytes) -> str:
    """Any environment makes settings or a SettingsError that does not show a secret."""
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        return "no environment"
    if not isinstance(said, dict):
        return "no environment"
    environment = {
        str(name): str(value)
        for name, value in said.items()
        if str(name) in SECRET or "hush" not in str(value)
    }
    try:
        made = Settings.from_environment(environment)
        made.kafka.client_settings()
        logging_of_environment(environment)
        Retention.parse(made.retention_days)
        AuthorKeys.parse(made.author_keys)
        secrets_in(environment.get("ESCUCHA_WEBHOOK_SECRETS", ""))
    except EscuchaError as error:
        assert "hush-hush" not in str(error), "a secret is shown"
        return refused(error)
    assert "hush-hush" not in repr(made)
    return "settings"


def settings_seeds() -> Sequence[bytes]:
    """Environments of each setting."""
    whole = {
        f"ESCUCHA_{one.name.upper()}": str(one.default) for one in msgspec.structs.fields(_Shown)
    }
    secret = {
        "ESCUCHA_KAFKA_SECURITY": "sasl_ssl", "ESCUCHA_KAFKA_USER": "ana",
        "ESCUCHA_KAFKA_PASSWORD": "hush-hush", "ESCUCHA_CLICKHOUSE_PASSWORD": "hush-hush",
        "ESCUCHA_AUTHOR_KEYS": f"1:{HUSH * 5},2@2027-01-01:{HUSH * 5}",
        "ESCUCHA_ALERTS_WEBHOOK": "https://hooks.example/hush-hush",
        "ESCUCHA_ALERTS_WEBHOOK_SECRET": "hush-hush", "ESCUCHA_WEBHOOK_SECRETS": HUSH * 3,
        "ESCUCHA_ALERTS_TO": "mailto://ana:hush-hush@mail.example",
    }  # fmt: skip
    return [
        json.dumps(one).encode()
        for one in (whole, secret, {"ESCUCHA_RETENTION_DAYS": "mentions=90,mentions.raw.v1=3"})
    ]


class _Shown(msgspec.Struct):
    """Settings whose default says how they look."""

    kafka_bootstrap: str = "127.0.0.1:9092"
    kafka_partitions: int = 6
    clickhouse_url: str = "http://127.0.0.1:8123"
    clickhouse_database: str = "escucha"
    batch_linger_ms: int = 200
    sink_deadline_sec: float = 900.0
    model_profile: str = "fast"
    console_port: int = 8080
    console_labels: str = "yes"
    log_format: str = "json"
    alerts_language: str = "es"


def _texts(*texts: str) -> Callable[[], Sequence[bytes]]:
    return lambda: [text.encode() for text in texts]


def listening_seeds() -> Sequence[bytes]:
    """Small ones: the one that comes along takes a third of a second to read."""
    return [LISTENING.encode(), LISTENED.encode()]


TARGETS = (
    Target(name="rule", what="one rule of the rule language", seeds=_texts(*RULES),
           open=plain(rule), shape="text", words=RULE_WORDS),
    Target(name="listening", what="a listening file: YAML, rules, compiled and asked",
           seeds=listening_seeds, open=plain(listening), shape="text",
           words=(*RULE_WORDS, b"brands:", b"- ", b"{name: x}", b"rule: >", b"&a", b"*a", b"<<:"),
           most_sec=20.0),
    Target(name="settings", what="settings out of an environment", seeds=settings_seeds,
           open=plain(settings), shape="json"),
)  # fmt: skip
