"""What the Helm chart makes of Kafka: KEDA's lag, certificates of roles; and images by digest."""

from typing import Any

import pytest

from tests.unit.deploy.test_chart import (
    BY_CERTIFICATE,
    EVERYTHING,
    ROLES,
    containers,
    helm,
    named,
    pods,
    render,
)


def test_workers_follow_their_lag() -> None:
    objects = render(EVERYTHING)
    scaled = named(objects, "ScaledObject", "listening-worker")["spec"]
    deployment = named(objects, "Deployment", "listening-worker")
    environment = {v["name"]: v.get("value") for _, c in containers([deployment]) for v in c["env"]}
    [trigger] = scaled["triggers"]

    assert scaled["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert "replicas" not in deployment["spec"]  # else an upgrade would undo KEDA's number
    assert trigger["metadata"]["consumerGroup"] == environment["ESCUCHA_KAFKA_GROUP"]
    assert trigger["metadata"]["topic"] == environment["ESCUCHA_MENTIONS_TOPIC"]
    assert trigger["metadata"]["bootstrapServers"] == environment["ESCUCHA_KAFKA_BOOTSTRAP"]
    assert (trigger["metadata"]["sasl"], trigger["metadata"]["tls"]) == ("scram_sha512", "enable")
    assert trigger["metadata"]["lagThreshold"] == "50000"
    access = named(objects, "TriggerAuthentication", trigger["authenticationRef"]["name"])["spec"]
    assert access["secretTargetRef"][0]["key"] == "kafka-worker-password"
    assert access["configMapTargetRef"][0]["name"] == "kafka-ca"


def test_each_role_shows_its_own_certificate() -> None:
    objects = render(BY_CERTIFICATE)
    operators = {"listening-migrate", "listening-upkeep"}
    seen = set()
    for name, pod in pods(objects):
        part = name.removeprefix("listening-")
        role = "operator" if name in operators else part
        role = "producer" if part in {"receiver", "listen-bluesky"} else role
        [volume] = [v for v in pod["spec"]["volumes"] if v["name"] == "kafka-certificate"]
        assert volume["secret"] == {"secretName": f"{role}-tls", "defaultMode": 0o440}, name
        for container in pod["spec"]["containers"]:
            given = {v["name"]: v.get("value") for v in container["env"]}
            folder = "/etc/escucha/kafka-certificate"
            assert given["ESCUCHA_KAFKA_CERT_FILE"] == f"{folder}/tls.crt", name
            assert given["ESCUCHA_KAFKA_KEY_FILE"] == f"{folder}/tls.key", name
            assert "ESCUCHA_KAFKA_USER" not in given
        seen.add(role)
    assert seen == set(ROLES)

    [trigger] = named(objects, "ScaledObject", "listening-worker")["spec"]["triggers"]
    assert (trigger["metadata"].get("sasl"), trigger["metadata"]["tls"]) == (None, "enable")
    access = named(objects, "TriggerAuthentication", trigger["authenticationRef"]["name"])["spec"]
    assert access["secretTargetRef"] == [
        {"parameter": "cert", "name": "worker-tls", "key": "tls.crt"},
        {"parameter": "key", "name": "worker-tls", "key": "tls.key"},
    ]
    assert access["configMapTargetRef"][0]["parameter"] == "ca"


@pytest.mark.parametrize(
    ("kafka", "complaint"),
    [
        ({"security": "PLAINTEXT", "certificates": {"secrets": {"worker": "w"}}}, "over TLS only"),
        ({"certificates": {"secrets": {"worker": "w"}}}, "lacks the role"),
    ],
)
def test_certificates_that_would_not_do_are_refused(kafka: dict[str, Any], complaint: str) -> None:
    with pytest.raises(helm.HelmError, match=complaint):
        render({"kafka": kafka})


def test_more_workers_than_partitions_are_refused() -> None:
    with pytest.raises(helm.HelmError, match="the rest would idle"):
        render({"kafka": {"partitions": 4}})


def test_an_image_can_be_pinned_by_digest() -> None:
    digest = f"sha256:{'0' * 64}"
    values = {**EVERYTHING, "image": {"repository": "registry.example.org/e", "digest": digest}}
    images = {container["image"] for _, container in containers(render(values))}
    assert images == {f"registry.example.org/e@{digest}"}
    assert all(":0" in container["image"] for _, container in containers(render(EVERYTHING)))
