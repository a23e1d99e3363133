from pathlib import Path

import pytest

from deploy import kafka_jvm
from deploy.local.errors import LocalStackError


def test_a_cluster_keeps_its_plan(tmp_path: Path) -> None:
    first = kafka_jvm.KafkaJvm(tmp_path, 21000, brokers=3)

    again = kafka_jvm.KafkaJvm(tmp_path)

    assert again.plan == first.plan
    assert again.bootstrap == "127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002"


def test_another_plan_for_the_same_folder_is_refused(tmp_path: Path) -> None:
    kafka_jvm.KafkaJvm(tmp_path, 21000)

    with pytest.raises(LocalStackError, match="cluster of 1 on port 21000"):
        kafka_jvm.KafkaJvm(tmp_path, 21001)
    with pytest.raises(LocalStackError, match="another --dir"):
        kafka_jvm.KafkaJvm(tmp_path, brokers=3)


def properties(kafka: kafka_jvm.KafkaJvm) -> dict[str, str]:
    """The settings of the first node as Java reads them: of two lines of a name the last holds."""
    lines = (line for line in kafka.settings_text(1).splitlines() if line and line[0] != "#")
    return dict(line.split("=", 1) for line in lines)


def test_a_secure_cluster_keeps_nothing_in_the_clear(tmp_path: Path) -> None:
    kafka = kafka_jvm.KafkaJvm(tmp_path, brokers=3, secure=True)

    found = properties(kafka)

    assert "PLAINTEXT" not in found["listener.security.protocol.map"]
    assert found["listeners"].count("127.0.0.1") == 3
    assert found["allow.everyone.if.no.acl.found"] == "false"
    assert str(tmp_path) in found["ssl.keystore.location"]
    assert kafka_jvm.KafkaJvm(tmp_path).security == kafka.security
    with pytest.raises(LocalStackError, match="with TLS and passwords"):
        kafka_jvm.KafkaJvm(tmp_path, secure=False)
    for private in ("ca.key", "broker.key", "broker.pem", "admin.password"):
        assert (tmp_path / "security" / private).stat().st_mode & 0o077 == 0, private


def test_two_brokers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="use 1, or 3"):
        kafka_jvm.KafkaJvm(tmp_path, brokers=2)


@pytest.mark.parametrize(("brokers", "replication", "in_sync"), [(1, 1, 1), (3, 3, 2)])
def test_replication_follows_the_number_of_brokers(
    tmp_path: Path, brokers: int, replication: int, in_sync: int
) -> None:
    found = properties(kafka_jvm.KafkaJvm(tmp_path, brokers=brokers))

    assert found["offsets.topic.replication.factor"] == str(replication)
    assert found["transaction.state.log.replication.factor"] == str(replication)
    assert found["min.insync.replicas"] == str(in_sync)
    assert found["auto.create.topics.enable"] == "false"
    assert found["group.initial.rebalance.delay.ms"] == "0"
    assert "127.0.0.1" in found["listeners"]
    assert len(found["controller.quorum.voters"].split(",")) == brokers


def test_missing_java_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    assert "Java is missing" in (kafka_jvm.available() or "")


def test_an_old_java_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_jvm, "_java", lambda: "java")
    monkeypatch.setattr(kafka_jvm, "_java_version", lambda _java: 11)

    assert "Java 11 is too old" in (kafka_jvm.available() or "")


def test_missing_maven_matters_only_before_the_jars_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kafka_jvm, "_java", lambda: "java")
    monkeypatch.setattr(kafka_jvm, "_java_version", lambda _java: 21)
    monkeypatch.setattr(kafka_jvm, "_jar_folder", lambda: tmp_path / "jars")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "Maven (mvn) is missing" in (kafka_jvm.available() or "")
    (tmp_path / "jars").mkdir()
    assert kafka_jvm.available() is None
