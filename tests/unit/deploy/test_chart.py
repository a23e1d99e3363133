"""The Helm chart, rendered by Helm's own library and held against Kubernetes' schemas, offline."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from jsonschema import Draft202012Validator

from streams.cli import cli
from streams.settings import Settings

helm = pytest.importorskip("helm_python", reason="helm-python-sdk is not installed")
kubernetes = pytest.importorskip("kubernetes_validate")

CHART = Path(__file__).parents[3] / "deploy" / "kubernetes" / "escucha"
CRDS = Path(__file__).parents[2] / "vendor" / "crds"
OLDEST, NEWEST = "1.27", "1.37"  # of Chart.yaml, and the newest whose schemas we have
EVERYTHING: dict[str, Any] = {
    "producers": {
        "bluesky": {"enabled": True},
        "mastodon": {
            "enabled": True,
            "args": ["mastodon", "--hashtag", "zapatillas"],
            "env": {"ESCUCHA_USER_AGENT": "us"},
            "secretEnv": {"ESCUCHA_MASTODON_TOKEN": {"name": "networks", "key": "mastodon"}},
            "resources": {"limits": {"memory": "512Mi"}},
        },
    },
    "receiver": {"enabled": True},
    "kafka": {"ca": {"configMap": "kafka-ca"}},
    "clickhouse": {"ca": {"configMap": "clickhouse-ca"}, "cluster": "main"},
    "secret": {"authorKeys": True},
    "console": {"hosts": ["escucha.example.org"], "ingress": {"enabled": True}},
    "networkPolicy": {
        "consoleFrom": [{"podSelector": {"matchLabels": {"app": "ingress"}}}],
        "receiverFrom": [{"podSelector": {"matchLabels": {"app": "ingress"}}}],
        "extraEgress": [{"ports": [{"protocol": "TCP", "port": 4318}]}],
    },
    "settings": {"ESCUCHA_BATCH_LINGER_MS": 100},
    "secretSettings": {"ESCUCHA_ALERTS_WEBHOOK_SECRET": {"name": "hooks", "key": "secret"}},
    "signals": {
        "env": {"ESCUCHA_ALERTS_LANGUAGE": "en"},
        "secretEnv": {"ESCUCHA_ALERTS_TO": {"name": "hooks", "key": "addresses"}},
    },
    "worker": {"nodeSelector": {"pool": "spare"}, "tolerations": [{"key": "spare"}]},
    "image": {"pullSecrets": [{"name": "registry"}]},
    "persistence": {"storageClass": "shared"},
}
BARE: dict[str, Any] = {
    "kafka": {"security": "PLAINTEXT"},
    "clickhouse": {"url": "http://clickhouse:8123"},
    "worker": {"autoscaling": {"enabled": False}},
    "console": {"enabled": False},
    "migrate": {"enabled": False},
    "metrics": {"serviceMonitor": {"enabled": False}},
    "networkPolicy": {"enabled": False},
    "persistence": {"existingClaim": "models"},
}
ON_ONE_NODE: dict[str, Any] = {
    "persistence": {"accessMode": "ReadWriteOnce"},
    "signals": {"enabled": False},
}
OUTSIDE: dict[str, Any] = {
    "settings": {"ESCUCHA_MODEL_STORE": "s3://bucket/models"},
    "console": {"env": {"ESCUCHA_OIDC_ISSUER": "https://sign-in.example.org"}},
}
ROLES = ("worker", "producer", "signals", "console", "operator")
BY_CERTIFICATE: dict[str, Any] = {
    "producers": {"bluesky": {"enabled": True}},
    "receiver": {"enabled": True},
    "kafka": {
        "security": "SSL",
        "ca": {"configMap": "kafka-ca"},
        "certificates": {"secrets": {role: f"{role}-tls" for role in ROLES}},
    },
}
VARIANTS = {
    "defaults": {},
    "everything": EVERYTHING,
    "bare": BARE,
    "on one node": ON_ONE_NODE,
    "outside": OUTSIDE,
    "paused": {"paused": True},
    "by certificate": BY_CERTIFICATE,
}


def render(values: dict[str, Any], release: str = "listening") -> list[dict[str, Any]]:
    """Every object of a release."""
    texts = helm.Chart.load(CHART).render(values, name=release, namespace="marketing")
    found: list[dict[str, Any]] = []
    for path, text in texts.items():
        if path.endswith(".yaml"):
            found += [document for document in yaml.safe_load_all(text) if document]
    return found


def pods(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for each in objects:
        if each["kind"] in {"Deployment", "Job"}:
            yield each["metadata"]["name"], each["spec"]["template"]


def containers(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, pod in pods(objects):
        for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]):
            yield name, container


def named(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    [found] = [o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name]
    return found


@pytest.fixture(params=VARIANTS, scope="module")
def objects(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    return render(VARIANTS[request.param])


def test_helm_finds_nothing_wrong() -> None:
    report = helm.lint(CHART)
    assert report["errors"] == []
    assert {m["error"] for m in report["messages"]} <= {"icon is recommended"}


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_would_take_it(objects: list[dict[str, Any]], version: str) -> None:
    own = [each for each in objects if each["apiVersion"].partition("/")[0] not in CRD_GROUPS]
    assert own
    for each in own:
        kubernetes.validate(each, version, strict=True)


CRD_GROUPS = ("keda.sh", "monitoring.coreos.com")


def test_the_operators_of_others_would_take_it(objects: list[dict[str, Any]]) -> None:
    for each in objects:
        if each["apiVersion"].partition("/")[0] in CRD_GROUPS:
            errors = list(_crd(each["kind"]).iter_errors(each))
            assert [e.message for e in errors] == [], each["metadata"]["name"]


def test_the_schemas_find_mistakes() -> None:
    objects = render({})
    deployment = named(objects, "Deployment", "listening-worker")
    deployment["spec"]["template"]["spec"]["continers"] = []
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(deployment, NEWEST, strict=True)
    scaled = named(objects, "ScaledObject", "listening-worker")
    scaled["spec"]["maxReplicas"] = 3
    assert list(_crd("ScaledObject").iter_errors(scaled))


def test_names_of_two_releases_do_not_meet() -> None:
    def names(release: str) -> set[tuple[str, str]]:
        return {(o["kind"], o["metadata"]["name"]) for o in render(EVERYTHING, release)}

    assert len(names("one")) == len(render(EVERYTHING, "one"))
    assert not names("one") & names("two")


def test_every_pod_may_do_little(objects: list[dict[str, Any]]) -> None:
    for name, pod in pods(objects):
        context = pod["spec"]["securityContext"]
        assert (context["runAsNonRoot"], context["runAsUser"]) == (True, 10001), name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
    for name, container in containers(objects):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True, name
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert "memory" in container["resources"]["limits"], name
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert {"/tmp", "/var/lib/escucha"} <= mounts, name  # noqa: S108


def test_every_mount_has_its_volume_and_every_file_its_mount(
    objects: list[dict[str, Any]],
) -> None:
    volumes = {name: {v["name"] for v in pod["spec"]["volumes"]} for name, pod in pods(objects)}
    for name, container in containers(objects):
        mounts = container["volumeMounts"]
        assert {mount["name"] for mount in mounts} <= volumes[name], name
        for variable in container["env"]:
            if variable["name"].endswith("_FILE"):
                folder = str(Path(variable["value"]).parent)
                assert folder in {mount["mountPath"] for mount in mounts}, variable


def test_no_password_is_in_an_object(objects: list[dict[str, Any]]) -> None:
    for name, container in containers(objects):
        for variable in container["env"]:
            if re.search("PASSWORD|SECRET|TOKEN|AUTHOR_KEYS", variable["name"]):
                assert set(variable) == {"name", "valueFrom"}, name
                assert set(variable["valueFrom"]) == {"secretKeyRef"}, name


def test_commands_and_settings_are_escuchas(objects: list[dict[str, Any]], tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    of_others = {"METRICS_HOST", "METRICS_PORT", "LOG_FORMAT", "USER_AGENT", "MASTODON_TOKEN"}
    known = {name.upper() for name in Settings.__dataclass_fields__} | of_others
    known |= {"WEBHOOK_SECRETS"}
    for name, container in containers(objects):
        if "command" in container:  # none of ours: it waits
            continue
        command: click.Command = cli
        words = list(container["args"])
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(cli), words.pop(0))
            assert found is not None, name
            command = found
        command.make_context(name, words, resilient_parsing=False)

        given = {v["name"]: str(v.get("value", "from-a-secret")) for v in container["env"]}
        assert len(given) == len(container["env"]), f"{name} has a variable twice"
        assert {variable.removeprefix("ESCUCHA_") for variable in given} <= known, name
        given |= {variable: str(ca) for variable in given if variable.endswith("_FILE")}
        Settings.from_environment(given)


def test_what_selects_pods_selects_some(objects: list[dict[str, Any]]) -> None:
    labels = [pod["metadata"]["labels"] for _, pod in pods(objects)]
    for each in objects:
        spec = each.get("spec", {})
        selector: dict[str, str] = {}
        if each["kind"] == "Service":
            selector = spec["selector"]
        elif each["kind"] in {"Deployment", "PodDisruptionBudget"}:
            selector = spec["selector"]["matchLabels"]
        elif each["kind"] == "NetworkPolicy":
            selector = spec["podSelector"]["matchLabels"]
        else:
            continue
        if each["metadata"]["name"].endswith("-outward"):
            continue  # of producers, which may all be switched off
        assert any(selector.items() <= of.items() for of in labels), each["metadata"]["name"]


def test_prometheus_finds_what_has_metrics() -> None:
    objects = render({})
    for component in ("worker", "upkeep", "signals"):
        monitor = named(objects, "ServiceMonitor", f"listening-{component}")["spec"]
        service = named(objects, "Service", f"listening-{component}")
        pod = named(objects, "Deployment", f"listening-{component}")["spec"]["template"]
        wanted = monitor["selector"]["matchLabels"]
        assert wanted.items() <= service["metadata"]["labels"].items()
        assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
        [port] = pod["spec"]["containers"][0]["ports"]
        assert port["name"] == service["spec"]["ports"][0]["targetPort"]
        assert monitor["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]


def test_an_upgrade_leaves_the_account_of_running_pods_alone() -> None:
    """Helm deletes a hook before it makes it anew, and tokens end with their account."""
    objects = render({})
    for name, pod in pods(objects):
        account = named(objects, "ServiceAccount", pod["spec"]["serviceAccountName"])
        is_hook = "helm.sh/hook" in account["metadata"].get("annotations", {})
        assert is_hook is (name == "listening-migrate")


def test_its_alarms_are_those_of_the_runbook() -> None:
    rules = yaml.safe_load((CHART.parents[1] / "prometheus" / "alerts.yaml").read_text("utf-8"))
    assert named(render({}), "PrometheusRule", "listening")["spec"] == rules


def labelled(values: dict[str, Any], label: str) -> set[str]:
    return {
        name.removeprefix("listening-")
        for name, pod in pods(render(values))
        if label in pod["metadata"]["labels"]
    }


def test_who_may_reach_the_world() -> None:
    assert labelled({}, "escucha/outward") == {"signals"}
    everything = {"signals", "listen-bluesky", "listen-mastodon"}
    assert labelled(EVERYTHING, "escucha/outward") == everything
    # Object storage is out there, and so is a provider of sign-ins.
    assert labelled(OUTSIDE, "escucha/outward") == {"signals", "worker", "upkeep", "console"}
    assert "upkeep" in labelled({"upkeep": {"outward": True}}, "escucha/outward")


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS)
def test_who_shares_the_volume_can_be_placed(values: dict[str, Any]) -> None:
    for name, pod in pods(render(values)):
        claims = [v for v in pod["spec"]["volumes"] if "persistentVolumeClaim" in v]
        assert bool(claims) is ("escucha/state" in pod["metadata"]["labels"]), name
        together = pod["spec"].get("affinity")
        assert bool(together) is bool(claims and values is ON_ONE_NODE), name
        if together:
            [term] = together["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            wanted = term["labelSelector"]["matchLabels"]
            assert wanted.items() <= pod["metadata"]["labels"].items(), name


def test_console_and_workers_see_the_same_models() -> None:
    assert {"worker", "console"} <= labelled({}, "escucha/state")
    assert not {"worker", "console"} & labelled(OUTSIDE, "escucha/state")


def test_each_role_gets_its_own_password_alone() -> None:
    for name, container in containers(render(EVERYTHING)):
        given = {v["name"]: v.get("value", v.get("valueFrom")) for v in container["env"]}
        key = given["ESCUCHA_KAFKA_PASSWORD"]["secretKeyRef"]["key"]
        assert key == f"kafka-{given['ESCUCHA_KAFKA_USER']}-password", name
        operators = {"listening-migrate", "listening-upkeep"}
        assert (given["ESCUCHA_KAFKA_USER"] == "operator") is (name in operators)


@pytest.mark.parametrize("values", [{}, BARE], ids=["with KEDA", "without"])
def test_a_release_can_be_paused_for_a_restore(values: dict[str, Any]) -> None:
    objects = render({**values, "paused": True})
    worker = named(objects, "Deployment", "listening-worker")["spec"]
    if values:
        assert worker["replicas"] == 0
    else:
        scaled = named(objects, "ScaledObject", "listening-worker")["metadata"]
        assert scaled["annotations"] == {"autoscaling.keda.sh/paused-replicas": "0"}
    assert named(objects, "Deployment", "listening-signals")["spec"]["replicas"] == 0
    upkeep = named(objects, "Deployment", "listening-upkeep")["spec"]
    [waits] = upkeep["template"]["spec"]["containers"]
    assert (upkeep["replicas"], waits["command"]) == (1, ["sleep", "infinity"])
    assert "args" not in waits
    assert "livenessProbe" not in waits


@pytest.mark.parametrize(
    "values",
    [
        {"kafka": {"security": "TLS"}},
        {"kafka": {"bootstrap": "kafka"}},
        {"clickhouse": {"url": "clickhouse:8123"}},
        {"console": {"labels": True}},
        {"secret": {"name": ""}},
        {"image": {"digest": "latest"}},
        {"kafka": {"certificates": {"secrets": {"wroker": "kafka-tls"}}}},
    ],
)
def test_mistaken_values_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(helm.HelmError):
        helm.Chart.load(CHART).validate_schema(values)


def test_tables_are_migrated_before_anything_else_of_a_version_runs() -> None:
    job = named(render({}), "Job", "listening-migrate")
    account = named(
        render({}), "ServiceAccount", job["spec"]["template"]["spec"]["serviceAccountName"]
    )
    hooks = job["metadata"]["annotations"]
    assert hooks["helm.sh/hook"] == "pre-install,pre-upgrade"
    # Hooks run before the release's own objects: what the job needs has to be a hook as well.
    assert account["metadata"]["annotations"]["helm.sh/hook"] == hooks["helm.sh/hook"]
    assert int(account["metadata"]["annotations"]["helm.sh/hook-weight"]) < int(
        hooks["helm.sh/hook-weight"]
    )
    volumes = job["spec"]["template"]["spec"]["volumes"]
    assert not [v for v in volumes if "persistentVolumeClaim" in v]  # made after the hook


def test_nobody_comes_in_who_is_not_named() -> None:
    policies = [o for o in render(EVERYTHING) if o["kind"] == "NetworkPolicy"]
    [closed] = [p for p in policies if p["metadata"]["name"] == "listening"]
    assert closed["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert not closed["spec"].get("ingress")
    everyone = closed["spec"]["podSelector"]["matchLabels"]
    for name, pod in pods(render(EVERYTHING)):
        assert everyone.items() <= pod["metadata"]["labels"].items(), name
    opened = {p["metadata"]["name"] for p in policies if p["spec"].get("ingress")}
    assert opened == {
        f"listening-to-{name}" for name in ("worker", "upkeep", "signals", "console", "receiver")
    }
    assert "listening-to-console" not in {o["metadata"]["name"] for o in render({})}


def _crd(kind: str) -> Draft202012Validator:
    """The schema of a custom resource, where nothing is taken that it does not name."""
    return Draft202012Validator(json.loads((CRDS / f"{kind}.json").read_text(encoding="utf-8")))
