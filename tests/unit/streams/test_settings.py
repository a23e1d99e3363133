"""Settings: every variable is read, and every mistake is named with its remedy."""

import dataclasses
from pathlib import Path

import pytest

from streams.errors import SettingsError
from streams.setting_values import PARSERS
from streams.settings import Settings

WRONG = {
    "ESCUCHA_KAFKA_BOOTSTRAP": ["", "localhost", "localhost:", ":9092", "a:1,", "a:x", "a:70000"],
    "ESCUCHA_KAFKA_PARTITIONS": ["", "0", "-1", "1.5", "six", "٣", "²", "1_000"],
    "ESCUCHA_KAFKA_REPLICATION": ["0"],
    "ESCUCHA_KAFKA_SESSION_TIMEOUT_SEC": ["", "0", "-1", "nan", "inf", "1e99", "six"],
    "ESCUCHA_KAFKA_GROUP": ["", "  "],
    "ESCUCHA_KAFKA_SECURITY": ["", "TLS", "SASL"],
    "ESCUCHA_KAFKA_SASL_MECHANISM": ["", "SCRAM", "GSSAPI"],
    "ESCUCHA_MENTIONS_TOPIC": [""],
    "ESCUCHA_CLICKHOUSE_URL": [
        "",
        "localhost",
        "localhost:8123",
        "ftp://localhost",
        "http://",
        "http://:8123",
        "http://localhost:abc",
        "http://localhost:99999",
        "http://localhost:0",
        "http://[::1",
    ],
    "ESCUCHA_CLICKHOUSE_USER": [""],
    "ESCUCHA_CLICKHOUSE_DATABASE": [""],
    "ESCUCHA_CLICKHOUSE_READER_USER": [" "],
    "ESCUCHA_BATCH_MAX_RECORDS": ["0"],
    "ESCUCHA_BATCH_LINGER_MS": ["", "-1", "0.5"],
    "ESCUCHA_RECORDS_IN_FLIGHT": ["0"],
    "ESCUCHA_CLASSIFY_THREADS": ["0"],
    "ESCUCHA_INSERTS_IN_FLIGHT": ["0"],
    "ESCUCHA_SINK_DEADLINE_SEC": ["0"],
    "ESCUCHA_DEAD_LETTER_CEILING": ["0"],
    "ESCUCHA_COMMIT_INTERVAL_SEC": ["0"],
    "ESCUCHA_CONSOLE_HOST": [""],
    "ESCUCHA_CONSOLE_PORT": ["0", "65536", "-1", "http", "9" * 5_000],
}


@pytest.mark.parametrize(
    ("variable", "raw"), [(variable, raw) for variable, raws in WRONG.items() for raw in raws]
)
def test_a_mistake_names_the_variable_and_the_remedy(variable: str, raw: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({variable: raw})
    text = str(caught.value)
    assert text.startswith(f"{variable}: give ")
    assert repr(raw) in text


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({"ESCUCHA_CLICKHOUSE_URL": "http://ana:s3cret@localhost:8123"})
    assert "in their own variables" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_passwords_are_not_shown() -> None:
    settings = Settings.from_environment(
        {
            "ESCUCHA_CLICKHOUSE_PASSWORD": "s3cret-one",
            "ESCUCHA_CLICKHOUSE_READER_PASSWORD": "s3cret-two",
        }
    )
    assert settings.clickhouse_password == "s3cret-one"  # noqa: S105
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in str(settings)
    for name in (f.name for f in dataclasses.fields(Settings)):
        if "password" in name or "secret" in name or "token" in name:
            assert name not in repr(settings)


def test_every_setting_but_the_run_folder_has_a_parser() -> None:
    assert {f.name for f in dataclasses.fields(Settings)} - set(PARSERS) == {"run_dir"}


def test_every_setting_can_be_set() -> None:
    values = {
        "kafka_bootstrap": "a:1, [::1]:2",
        "kafka_partitions": "12",
        "kafka_session_timeout_sec": "0.5",
        "clickhouse_url": "https://clickhouse.example",
        "batch_linger_ms": "0",
        "listening_file": "a/listening.yaml",
        "console_port": "65535",
    }
    settings = Settings.from_environment({f"ESCUCHA_{n.upper()}": v for n, v in values.items()})
    assert settings.kafka_bootstrap == "a:1, [::1]:2"
    assert settings.kafka_partitions == 12
    assert settings.kafka_session_timeout_sec == 0.5
    assert settings.batch_linger_ms == 0
    assert settings.listening_file == Path("a/listening.yaml")
    assert settings.console_port == 65_535


def test_nothing_set_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()


def test_the_run_folder_moves_the_models_unless_they_have_their_own() -> None:
    moved = Settings.from_environment({"ESCUCHA_RUN_DIR": "run"})
    assert moved.model_store == Path("run/models")
    own = Settings.from_environment({"ESCUCHA_RUN_DIR": "run", "ESCUCHA_MODEL_STORE": "m"})
    assert (own.run_dir, own.model_store) == (Path("run"), Path("m"))


def test_the_environment_is_read_when_nothing_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCUCHA_KAFKA_GROUP", "from the environment")
    monkeypatch.setenv("ESCUCHA_KAFKA_PARTITIONS", "9")
    assert Settings.from_environment().kafka_group == "from the environment"
    with_defaults = Settings.from_environment(
        defaults={"ESCUCHA_KAFKA_PARTITIONS": "3", "ESCUCHA_CONSOLE_PORT": "1"}
    )
    assert (with_defaults.kafka_partitions, with_defaults.console_port) == (9, 1)


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().kafka_group = "other"  # type: ignore[misc]


def test_the_variable_of_before_is_named_with_its_heir() -> None:
    with pytest.raises(SettingsError, match="ESCUCHA_LISTENING_FILE"):
        Settings.from_environment({"ESCUCHA_BRANDS_FILE": "brands.yaml"})


def test_yes_is_yes_and_anything_else_is_refused() -> None:
    with pytest.raises(SettingsError, match="ESCUCHA_CONSOLE_LABELS: say yes or no"):
        Settings.from_environment({"ESCUCHA_CONSOLE_LABELS": "true"})


def test_models_may_be_kept_at_an_address() -> None:
    """A path would make one slash of the two."""
    assert Settings.from_environment({"ESCUCHA_MODEL_STORE": "s3://bucket/models"}).model_store == (
        "s3://bucket/models"
    )
    found = Settings.from_environment({"ESCUCHA_MODEL_STORE": "models"}).model_store
    assert found == Path("models")
