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


def test_two_brokers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="use 1, or 3"):
        kafka_jvm.KafkaJvm(tmp_path, brokers=2)


@pytest.mark.parametrize(("brokers", "replication", "in_sync"), [(1, 1, 1), (3, 3, 2)])
def test_replication_follows_the_number_of_brokers(
    tmp_path: Path, brokers: int, replication: int, in_sync: int
) -> None:
    plan = kafka_jvm.KafkaJvm(tmp_path, brokers=brokers).plan

    found = plan.properties(1, tmp_path)

    assert found["offsets.topic.replication.factor"] == replication
    assert found["transaction.state.log.replication.factor"] == replication
    assert found["min.insync.replicas"] == in_sync
    assert found["auto.create.topics.enable"] == "false"
    assert found["group.initial.rebalance.delay.ms"] == 0
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
