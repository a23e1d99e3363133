"""Passwords, certificates and what is shown of them."""

import re
from pathlib import Path

import pytest
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from streams.app import faust_app
from streams.errors import SettingsError
from streams.kafka_access import KafkaAccess, Protocol
from streams.settings import Settings

SASL = {
    "ESCUCHA_KAFKA_SECURITY": "sasl_ssl",
    "ESCUCHA_KAFKA_USER": "worker",
    "ESCUCHA_KAFKA_PASSWORD": "quiet-river",
}


def test_all_that_a_secure_kafka_needs_can_be_said(tmp_path: Path) -> None:
    ca, cert, key = (tmp_path / name for name in ("ca.pem", "a.crt", "a.key"))
    for file in (ca, cert, key):
        file.write_text("")

    kafka = Settings.from_environment(
        {
            **SASL,
            "ESCUCHA_KAFKA_SASL_MECHANISM": "plain",
            "ESCUCHA_KAFKA_CA_FILE": str(ca),
            "ESCUCHA_KAFKA_CERT_FILE": str(cert),
            "ESCUCHA_KAFKA_KEY_FILE": str(key),
        }
    ).kafka

    assert kafka.client_settings() == {
        "bootstrap.servers": "127.0.0.1:9092",
        "log_level": 0,
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "worker",
        "sasl.password": "quiet-river",
        "ssl.endpoint.identification.algorithm": "https",
        "ssl.ca.location": str(ca),
        "ssl.certificate.location": str(cert),
        "ssl.key.location": str(key),
    }


def test_nothing_said_is_in_the_clear_and_silent() -> None:
    assert KafkaAccess("a:1").client_settings() == {"bootstrap.servers": "a:1", "log_level": 0}
    assert KafkaAccess("a:1").ssl_context() is None


def test_a_password_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("quiet-river\n")
    names = ("CLICKHOUSE_PASSWORD", "CLICKHOUSE_READER_PASSWORD", "AUTHOR_KEYS")

    settings = Settings.from_environment({f"ESCUCHA_{name}_FILE": str(file) for name in names})

    found = (settings.clickhouse_password, settings.clickhouse_reader_password)
    assert (*found, settings.author_keys) == ("quiet-river",) * 3


def test_no_password_is_shown() -> None:
    settings = Settings.from_environment({**SASL, "ESCUCHA_CLICKHOUSE_PASSWORD": "quiet-river"})

    assert "quiet-river" not in repr(settings) + repr(settings.kafka)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"ESCUCHA_KAFKA_PASSWORD": ""}, "needs ESCUCHA_KAFKA_USER and ESCUCHA_KAFKA_PASSWORD"),
        ({"ESCUCHA_KAFKA_USER": ""}, "needs ESCUCHA_KAFKA_USER and ESCUCHA_KAFKA_PASSWORD"),
        ({"ESCUCHA_KAFKA_SECURITY": "SSL"}, "SSL sends neither user nor password"),
        ({"ESCUCHA_KAFKA_SECURITY": "PLAINTEXT"}, "PLAINTEXT sends neither user nor password"),
        ({"ESCUCHA_KAFKA_CA_FILE": "/no/where"}, "CA_FILE=/no/where: there is no such file"),
        ({"ESCUCHA_KAFKA_CERT_FILE": __file__}, "CERT_FILE and ESCUCHA_KAFKA_KEY_FILE together"),
        (
            {"ESCUCHA_KAFKA_SECURITY": "SASL_PLAINTEXT", "ESCUCHA_KAFKA_CA_FILE": __file__},
            "does not encrypt; set it to SSL or SASL_SSL",
        ),
        ({"ESCUCHA_KAFKA_PASSWORD_FILE": __file__}, "are both set; keep one"),
        ({"ESCUCHA_AUTHOR_KEYS_FILE": "/no/where"}, "KEYS_FILE=/no/where: cannot be read"),
        ({"ESCUCHA_CLICKHOUSE_CA_FILE": __file__}, "does not begin with https://"),
        (
            {
                "ESCUCHA_CLICKHOUSE_CA_FILE": "/no/where",
                "ESCUCHA_CLICKHOUSE_URL": "https://clickhouse:8443",
            },
            "ESCUCHA_CLICKHOUSE_CA_FILE=/no/where: there is no such file",
        ),
    ],
)
def test_what_does_not_fit_together_is_said_and_no_password_with_it(
    changes: dict[str, str], complaint: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(complaint)) as caught:
        Settings.from_environment({**SASL, **changes})
    assert "quiet-river" not in str(caught.value)


def test_a_file_that_is_no_certificate_is_named() -> None:
    kafka = KafkaAccess("a:1", "SSL", ca_file=Path(__file__))
    with pytest.raises(SettingsError, match=r"ESCUCHA_KAFKA_CA_FILE=.*not certificates in PEM"):
        kafka.ssl_context()


@pytest.mark.parametrize("security", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
async def test_the_workers_client_gets_what_the_others_get(
    security: Protocol, tmp_path: Path
) -> None:
    who = {"kafka_user": "worker", "kafka_password": "quiet-river"} if "SASL" in security else {}
    settings = Settings(run_dir=tmp_path, kafka_security=security, **who)  # type: ignore[arg-type]

    app = faust_app(settings)

    given = credentials_to_aiokafka_auth(app.conf.broker_credentials, app.conf.ssl_context)
    assert given["security_protocol"] == security
    assert (given.get("ssl_context") is not None) == security.endswith("SSL")
    if who:
        assert given["sasl_mechanism"] == settings.kafka_sasl_mechanism
        assert given["sasl_plain_username"] == "worker"
        assert given["sasl_plain_password"] == "quiet-river"  # noqa: S105
