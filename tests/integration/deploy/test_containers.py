"""What containers start, started here: Kafka by its script, ClickHouse with the server's files."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.certificates import Authority
from deploy.kafka_jvm import SHARED, jars
from deploy.kafka_security import BROKER, SECURE
from deploy.kafka_users import client_settings, main, roles
from deploy.local.clickhouse_files import TEMPLATES
from deploy.local.handles import start_clickhouse
from deploy.local.ports import free_ports
from streams.migrate import connect
from streams.settings import Settings

START = SHARED.with_name("start.sh")
PATIENCE_SEC = 90.0
ADMIN_PASSWORD = "quiet-river-of-an-admin"  # noqa: S105


@contextmanager
def kafka_as_in_compose(folder: Path) -> Iterator[tuple[str, Path]]:
    """Run deploy/kafka/start.sh with the secure profile's files; give its address and authority."""
    authority = Authority.at(folder / "certificates")
    authority.issue("kafka", ("localhost",), BROKER)
    clients, brokers, controllers = free_ports(3)
    here = folder / "here.properties"  # what a container has by its network and its volumes
    here.write_text(
        f"listeners=CLIENTS://127.0.0.1:{clients},BROKERS://127.0.0.1:{brokers},"
        f"CONTROLLER://127.0.0.1:{controllers}\n"
        f"advertised.listeners=CLIENTS://localhost:{clients},BROKERS://localhost:{brokers}\n"
        f"controller.quorum.voters=1@localhost:{controllers}\n"
        f"log.dirs={folder / 'data'}\n"
        f"ssl.keystore.location={folder / 'certificates' / 'kafka.pem'}\n"
        f"ssl.truststore.location={authority.ca_file}\n",
        encoding="utf-8",
    )
    tools = folder / "bin"  # in the image they are shell scripts around the same classes
    tools.mkdir()
    for name, entry in (
        ("kafka-storage.sh", "kafka.tools.StorageTool"),
        ("kafka-server-start.sh", "kafka.Kafka"),
    ):
        script = f"#!/bin/sh\nexec java -Xmx512m -XX:+UseSerialGC -cp '{jars()}/*' {entry} \"$@\"\n"
        (tools / name).write_text(script, encoding="utf-8")
        (tools / name).chmod(0o755)
    with (folder / "kafka.log").open("wb") as log:
        process = subprocess.Popen(
            ["bash", str(START)],
            env={
                **os.environ,
                "KAFKA_BIN": str(tools),
                "KAFKA_FILES": f"{SHARED} {SECURE} {here}",
                "KAFKA_SETTINGS": str(folder / "kafka.properties"),
                "KAFKA_CLUSTER_ID": "MkU3OEVBNTcwNTJENDM2Qg",
                "KAFKA_ADMIN_PASSWORD": ADMIN_PASSWORD,
            },
            stdout=log,
            stderr=log,
        )
    try:
        yield f"localhost:{clients}", authority.ca_file
    finally:
        process.kill()  # it is java by now: the script ends with exec
        process.wait()


@pytest.mark.kafka_jvm
def test_kafkas_script_starts_it_and_its_users_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with kafka_as_in_compose(tmp_path) as (bootstrap, ca_file):
        admin = AdminClient(
            {**client_settings(bootstrap, ca_file, "admin", ADMIN_PASSWORD), "log_level": 0}
        )
        deadline = time.monotonic() + PATIENCE_SEC
        while True:
            try:
                admin.list_topics(timeout=5)
                break
            except KafkaException:
                log = (tmp_path / "kafka.log").read_text(encoding="utf-8")
                assert time.monotonic() < deadline, log[-3_000:]

        monkeypatch.setenv("ESCUCHA_KAFKA_ADMIN_PASSWORD", ADMIN_PASSWORD)
        for role in roles():
            monkeypatch.setenv(f"ESCUCHA_KAFKA_{role.upper()}_PASSWORD", f"{role}-by-the-river")
        assert main(["--bootstrap", bootstrap, "--ca-file", str(ca_file)]) == 0
        assert capsys.readouterr().out == f"users: {', '.join(roles())}\n"
        made = admin.describe_user_scram_credentials(list(roles()))
        assert [future.result(20).user for future in made.values()] == list(roles())

    text = (tmp_path / "kafka.properties").read_text(encoding="utf-8")
    assert ADMIN_PASSWORD not in text
    assert (tmp_path / "kafka.properties").stat().st_mode & 0o077 == 0


def test_clickhouse_takes_the_servers_file(tmp_path: Path) -> None:
    folder = tmp_path / "clickhouse" / "config.d"
    folder.mkdir(parents=True)
    (folder / "server.xml").write_bytes((TEMPLATES / "server.xml").read_bytes())
    (folder / "zz-here.xml").write_text(
        "<clickhouse><listen_host replace='replace'>127.0.0.1</listen_host></clickhouse>",
        encoding="utf-8",
    )
    with start_clickhouse(tmp_path) as clickhouse:
        settings = Settings(
            clickhouse_url=clickhouse.url,
            clickhouse_user=clickhouse.user,
            clickhouse_password=clickhouse.password,
        )
        with connect(settings) as client:
            found = client.query(
                "SELECT value FROM system.server_settings WHERE name = 'max_concurrent_queries'"
            )
        clickhouse.kill()
    assert found.result_rows == [("200",)]
