"""Everything over TLS and with passwords: it works, and what is wrong is refused in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Producer

from dashboards.console.config import ConsoleConfig
from dashboards.console.database import Database
from dashboards.console.errors import DatabaseAwayError
from deploy.certificates import Authority
from deploy.kafka_jvm import KafkaJvm
from deploy.local.handles import ClickHouseHandle, start_clickhouse
from schemas.business import Alert
from schemas.pipeline import Progress
from streams.errors import BrokerUnavailableError, SinkRejectedError, SinkUnavailableError
from streams.migrate import connect
from streams.producers.labels import LabelWriter
from streams.reconcile import reconcile
from streams.settings import Settings
from streams.signals.emerging.notify.channels import KafkaChannel
from streams.signals.emerging.wakeups import Wakeups
from streams.sinks.clickhouse import ClickHouse
from streams.topic_admin import TopicAdmin
from tests.fakes.tls_proxy import TlsProxy
from tests.integration.streams.helpers import (
    Worker,
    clean_environment,
    escucha,
    one_line_of,
    small_model,
    wait_for,
)

pytestmark = pytest.mark.kafka_jvm

PASSWORDS = {
    role: f"{role}-drives-a-quiet-river"
    for role in ("worker", "producer", "signals", "console", "operator")
}
POSTS = """id,author_id,published_at,text
1,ana,2026-07-04T10:00:00Z,¿dónde compro el Nimbara?
2,bo,2026-07-04T10:01:00Z,my Nimbara broke again
"""


@dataclass(frozen=True)
class Secure:
    """Apache Kafka and ClickHouse that let nobody in who cannot show a password over TLS."""

    kafka: KafkaJvm
    clickhouse: ClickHouseHandle
    https_port: int
    folder: Path

    @property
    def ca_file(self) -> Path:
        assert self.kafka.security is not None
        return self.kafka.security.ca_file

    @property
    def other_ca_file(self) -> Path:
        """An authority that has signed nothing here."""
        return Authority.at(self.folder / "other-authority", "somebody else").ca_file

    def variables(self, role: str, **changes: object) -> dict[str, object]:
        return {
            "kafka_bootstrap": self.kafka.bootstrap,
            "kafka_security": "SASL_SSL",
            "kafka_user": role,
            "kafka_password": PASSWORDS[role],
            "kafka_ca_file": self.ca_file,
            "kafka_partitions": 2,
            "clickhouse_url": f"https://localhost:{self.https_port}",
            "clickhouse_ca_file": self.ca_file,
            "clickhouse_user": self.clickhouse.user,
            "clickhouse_password": self.clickhouse.password,
            "run_dir": self.folder / "run",
            **changes,
        }

    def environment(self, role: str, **changes: object) -> dict[str, str]:
        return clean_environment(**self.variables(role, **changes))

    def settings(self, role: str, **changes: object) -> Settings:
        variables: Mapping[str, str] = {
            f"ESCUCHA_{name.upper()}": str(value)
            for name, value in self.variables(role, **changes).items()
        }
        return Settings.from_environment(variables)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("secure")
    with KafkaJvm(folder / "kafka", secure=True) as kafka:
        assert kafka.security is not None
        kafka.security.create_users(kafka.bootstrap, PASSWORDS)
        issued = Authority.at(kafka.security.folder).issue("clickhouse", ("localhost",))
        with (
            start_clickhouse(folder / "ch") as clickhouse,
            TlsProxy(clickhouse.http_port, issued.certificate, issued.key) as proxy,
        ):
            small_model(folder / "run" / "models")
            secure = Secure(kafka, clickhouse, proxy.port, folder)
            done = escucha("migrate", environment=secure.environment("operator"), cwd=folder)
            assert done.returncode == 0, done.stderr.decode()
            yield secure
            clickhouse.kill()


def test_the_pipeline_works_with_the_least_rights(secure: Secure) -> None:
    file = secure.folder / "posts.csv"
    file.write_text(POSTS, encoding="utf-8")
    operator = secure.settings("operator")

    sent = escucha(
        "ingest", file, "--set", "source=blog", environment=secure.environment("producer"),
        cwd=secure.folder,
    )  # fmt: skip
    assert sent.returncode == 0, sent.stderr.decode()
    with (
        Worker(secure.environment("worker"), secure.folder) as worker,
        connect(operator, in_database=True) as client,
    ):
        wait_for(
            lambda: (
                (worker.is_running, client.query("SELECT count() FROM mentions").first_row[0])
                == (True, 2)
            ),
            "both mentions",
            timeout_sec=180.0,  # a fresh checkout compiles its kernels in the first batch
        )
        wait_for(lambda: reconcile(operator).in_flight == 0, "the offsets to be committed")

    balance = reconcile(operator)
    assert balance.problems == []
    assert (balance.mentions, balance.mentions_by_hour) == (2, 2)


@pytest.mark.parametrize("role", ["worker", "producer", "operator"])
@pytest.mark.parametrize("wrong", ["password", "authority"])
def test_each_program_says_why_kafka_refuses_it(secure: Secure, role: str, wrong: str) -> None:
    file = secure.folder / "posts.csv"
    file.write_text(POSTS, encoding="utf-8")
    command: dict[str, tuple[object, ...]] = {
        "worker": ("worker",),
        "producer": ("ingest", file, "--set", "source=blog", "--restart"),
        "operator": ("reconcile",),
    }
    changes: dict[str, object] = (
        {"kafka_password": "a-wrong-guess"}
        if wrong == "password"
        else {"kafka_ca_file": secure.other_ca_file}
    )

    refused = escucha(
        *command[role], environment=secure.environment(role, **changes), cwd=secure.folder
    )

    assert refused.returncode != 0
    said = refused.stderr.decode()
    if wrong == "password":
        assert f"refuses {role}" in said
        assert "check ESCUCHA_KAFKA_USER, ESCUCHA_KAFKA_PASSWORD" in said
        assert "a-wrong-guess" not in said
    else:
        assert "check that ESCUCHA_KAFKA_CA_FILE" in said
        assert str(secure.other_ca_file) in said
    assert "Traceback" not in said


async def test_the_console_says_why_no_label_is_saved(secure: Secure) -> None:
    settings = secure.settings("console", kafka_password="a-wrong-guess")  # noqa: S106
    with LabelWriter(settings.kafka) as writer:
        assert "check ESCUCHA_KAFKA_USER" in await writer.save([])


def test_nobody_may_do_more_than_its_work(secure: Secure) -> None:
    created = escucha(
        "migrate",
        environment=secure.environment("worker", mentions_topic="mentions.of-a-worker"),
        cwd=secure.folder,
    )
    assert "Kafka does not allow worker to do this" in one_line_of(created)

    console = TopicAdmin(secure.settings("console").kafka)
    assert console.topic("labels.v1") is not None
    with pytest.raises(BrokerUnavailableError, match="does not allow console to do this"):
        console.topic("mentions.raw.v1")


def test_signals_hear_of_mentions_and_tell_of_alerts(secure: Secure) -> None:
    now = datetime.now(UTC)
    landed = Progress(
        topic="mentions.raw.v1", partition=0, first_offset=0, last_offset=1, mentions=2,
        newest_published_at=now, stored_at=now,
    )  # fmt: skip
    signals = secure.settings("signals").kafka
    wakeups = Wakeups(signals)
    worker = Producer(secure.settings("worker").kafka.client_settings())

    def is_told() -> bool:  # it begins at the end, wherever that is when it gets there
        worker.produce("progress.v1", msgspec.json.encode(landed))
        assert worker.flush(20) == 0
        return wakeups.wait(1.0)

    wait_for(is_told, "signals to be woken")
    wakeups.close()
    KafkaChannel(signals).send(
        Alert(
            alert_id="of-a-test", opened_at=now, since=now, series="Nimbara", severity=3,
            observed=9, expected=1.0,
        )
    )  # fmt: skip
    with pytest.raises(BrokerUnavailableError, match="does not allow signals to do this"):
        TopicAdmin(signals).topic("mentions.raw.v1")


def test_who_restores_may_set_the_group_back_and_nobody_else(secure: Secure) -> None:
    group = Settings().kafka_group
    admin = TopicAdmin(secure.settings("operator").kafka, deadline_sec=60.0)
    admin.set_committed(group, {("gestures.v1", 0): 0})
    assert admin.committed(group, "gestures.v1", [0]) == {0: 0}
    console = TopicAdmin(secure.settings("console").kafka, deadline_sec=60.0)
    with pytest.raises(BrokerUnavailableError, match="does not allow console to do this"):
        console.set_committed(group, {("labels.v1", 0): 0})


def test_a_client_in_the_clear_gets_nothing(secure: Secure) -> None:
    plain = Settings(kafka_bootstrap=secure.kafka.bootstrap)
    with pytest.raises(BrokerUnavailableError, match="ESCUCHA_KAFKA_SECURITY right"):
        TopicAdmin(plain.kafka, deadline_sec=1.0).topic("mentions.raw.v1")


async def test_clickhouse_is_told_from_an_impostor(secure: Secure) -> None:
    wrong = secure.settings("worker", clickhouse_ca_file=secure.other_ca_file)

    with pytest.raises(SinkUnavailableError, match="check that ESCUCHA_CLICKHOUSE_CA_FILE"):
        connect(wrong)
    with pytest.raises(SinkRejectedError, match="check that ESCUCHA_CLICKHOUSE_CA_FILE"):
        async with ClickHouse(wrong) as clickhouse:
            await clickhouse.rows("SELECT 1")
    by_another_name = replace(
        secure.settings("worker"), clickhouse_url=f"https://127.0.0.1:{secure.https_port}"
    )
    with pytest.raises(SinkUnavailableError, match="this names the host in ESCUCHA_CLICKHOUSE_URL"):
        connect(by_another_name)


async def test_a_wrong_password_of_clickhouse_is_said_and_not_shown(secure: Secure) -> None:
    wrong = secure.settings("worker", clickhouse_password="a-wrong-guess")  # noqa: S106

    with pytest.raises(SinkUnavailableError, match="check ESCUCHA_CLICKHOUSE_USER") as of_command:
        connect(wrong)
    with pytest.raises(SinkRejectedError, match="check ESCUCHA_CLICKHOUSE_USER") as of_worker:
        async with ClickHouse(wrong) as clickhouse:
            await clickhouse.rows("SELECT 1")
    assert "a-wrong-guess" not in str(of_command.value) + str(of_worker.value)


async def test_the_console_reads_over_tls_and_names_a_certificate_it_does_not_trust(
    secure: Secure,
) -> None:
    config = ConsoleConfig(
        clickhouse_url=f"https://localhost:{secure.https_port}",
        ca_file=secure.ca_file,
        user=secure.clickhouse.reader_user,
        password=secure.clickhouse.reader_password,
    )
    trusting = Database(config)
    assert await trusting.version()
    await trusting.close()

    database = Database(replace(config, ca_file=secure.other_ca_file))
    with pytest.raises(DatabaseAwayError, match="certificate is not trusted"):
        await database.version()
    await database.close()
