"""deploy/compose against the Compose Specification, the files it mounts and the real commands.

No Docker engine is needed; what only an engine can say (that images exist) is not tested.
"""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest
import yaml
from jsonschema import Draft202012Validator

from deploy.local.clickhouse import SUPPORTED_CHDB_CORE
from deploy.probe import main as probe
from streams.cli import cli
from streams.settings import Settings

REPOSITORY = Path(__file__).parents[3]
COMPOSE = REPOSITORY / "deploy" / "compose"
SCHEMA = REPOSITORY / "tests" / "vendor" / "compose-spec" / "compose-spec.json"
EXAMPLE = dict(
    line.split("=", 1)
    for line in (COMPOSE / ".env.example").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")
ENDS = {"migrate", "kafka-users", "storage"}


def read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((COMPOSE / name).read_text(encoding="utf-8"))
    return document


def filled_in(text: str, values: dict[str, str]) -> str:
    """`text` with its variables as compose replaces them."""

    def value(found: re.Match[str]) -> str:
        name, how, otherwise = found.groups()
        assert name in values or how == ":-", f"{name} is neither set nor has a default"
        return values.get(name) or (otherwise if how == ":-" else "filled-in")

    return _VARIABLE.sub(value, text)


def merged(*names: str) -> dict[str, Any]:
    """The services, as compose merges files: maps by name, lists end to end, the rest replaced."""

    def merge(one: Any, other: Any, key: str = "") -> Any:
        if isinstance(one, dict) and isinstance(other, dict):
            return one | {k: merge(one[k], v, k) if k in one else v for k, v in other.items()}
        if isinstance(one, list) and isinstance(other, list) and key in {"volumes", "tmpfs"}:
            return one + other
        return other

    services: dict[str, Any] = {}
    for name in names:
        document = yaml.safe_load(filled_in((COMPOSE / name).read_text(encoding="utf-8"), EXAMPLE))
        services = merge(services, document["services"])
    return services


PLAIN = merged("compose.yaml")
SECURE = merged("compose.yaml", "secure.yaml")
BOTH = pytest.mark.parametrize("services", [PLAIN, SECURE], ids=["plain", "secure"])


@pytest.mark.parametrize("name", ["compose.yaml", "secure.yaml"])
def test_compose_can_read_it(name: str) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    errors = Draft202012Validator(schema).iter_errors(read(name))
    assert [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in errors] == []


def test_the_schema_finds_a_mistake() -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    document = read("compose.yaml")
    document["services"]["worker"]["read_onyl"] = True
    assert list(Draft202012Validator(schema).iter_errors(document))


@pytest.mark.parametrize("name", ["compose.yaml", "secure.yaml"])
def test_the_example_names_every_variable(name: str) -> None:
    used = {m.group(1) for m in _VARIABLE.finditer((COMPOSE / name).read_text(encoding="utf-8"))}
    left_at_their_defaults = {"ESCUCHA_LOG_FORMAT", "KAFKA_HEAP_OPTS"}
    assert used - set(EXAMPLE) <= left_at_their_defaults


def test_the_example_has_no_password() -> None:
    for name, value in EXAMPLE.items():
        if re.search("PASSWORD|SECRET|KEYS|TOKEN", name):
            assert value == "", name


@BOTH
def test_every_service_is_bounded_and_may_do_little(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["user"].split(":")[0] not in {"", "0", "root"}, name
        assert service["tmpfs"], f"{name}: a read-only root needs somewhere to scribble"
        limits = service["deploy"]["resources"]["limits"]
        assert {"cpus", "memory", "pids"} <= set(limits), name
        # A listener ends by itself, and whether its network speaks is for `escucha sources`.
        listens = service.get("command", [""])[0] == "listen"
        assert ("healthcheck" in service) is not (name in ENDS or listens), name
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), f"{name} is open to the world at {port}"


@BOTH
def test_every_file_that_is_mounted_is_there(services: dict[str, Any]) -> None:
    named = set(read("compose.yaml")["volumes"])
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            source, target, *mode = volume.split(":")
            if not source.startswith("."):
                assert source in named, f"{name}: {source}"
                continue
            assert mode == ["ro"], f"{name}: {target} can be written to"
            if not source.startswith("./certificates/"):  # those are the operator's
                assert (COMPOSE / source).exists(), f"{name}: {source}"


@BOTH
def test_what_waits_waits_for_something_that_says_when(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ENDS else "service_healthy"
            assert how["condition"] == wanted, f"{name} on {other}"


def own(services: dict[str, Any]) -> dict[str, Any]:
    return {n: s for n, s in services.items() if s["image"].startswith("escucha:")}


@BOTH
def test_the_commands_are_escuchas(services: dict[str, Any]) -> None:
    programs = {"worker", "upkeep", "signals", "console", "migrate", "bluesky", "receiver"}
    assert programs <= set(own(services))
    for name, service in own(services).items():
        if "entrypoint" in service:
            continue
        command: click.Command = cli
        context = click.Context(cli)
        words = list(service["command"])
        while isinstance(command, click.Group):
            found = command.get_command(context, words.pop(0))
            assert found is not None, name
            command = found
        command.make_context(name, words, resilient_parsing=False)


@BOTH
def test_the_settings_are_escuchas(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = {  # of the listeners, of the operator's tools, of the metrics' server
        "ESCUCHA_USER_AGENT",
        "ESCUCHA_WEBHOOK_SECRETS",
        "ESCUCHA_MASTODON_TOKEN",
        "ESCUCHA_REDDIT_CLIENT_ID",
        "ESCUCHA_REDDIT_CLIENT_SECRET",
        "ESCUCHA_YOUTUBE_API_KEY",
        "ESCUCHA_X_BEARER_TOKEN",
    }
    known = {f"ESCUCHA_{name.upper()}" for name in Settings.__dataclass_fields__} | elsewhere
    known |= {"ESCUCHA_METRICS_HOST", "ESCUCHA_METRICS_PORT", "ESCUCHA_LOG_FORMAT"}
    ca = tmp_path / "ca.pem"
    ca.write_text("")
    for name, service in own(services).items():
        given = {n: str(v) for n, v in service["environment"].items() if n.startswith("ESCUCHA_")}
        if "entrypoint" in service:
            continue
        assert set(given) <= known, name
        for variable in given:
            if variable.endswith("_CA_FILE"):
                assert any(v.split(":")[1] == given[variable] for v in service["volumes"]), name
                given[variable] = str(ca)
        settings = Settings.from_environment(given)
        encrypted = (settings.kafka.security, settings.clickhouse_url.partition(":")[0])
        assert encrypted == (("SASL_SSL", "https") if services is SECURE else ("PLAINTEXT", "http"))


@BOTH
def test_who_talks_to_strangers_has_no_key_to_the_database(services: dict[str, Any]) -> None:
    for name, service in own(services).items():
        given = set(service["environment"])
        if service["command"][0] in {"listen", "receive"}:
            assert "ESCUCHA_CLICKHOUSE_PASSWORD" not in given, name
        if service["command"][0] in {"listen", "receive", "console", "signals"}:
            assert "ESCUCHA_AUTHOR_KEYS" not in given, name


@BOTH
def test_what_has_to_reach_the_world_can_and_nothing_else(services: dict[str, Any]) -> None:
    out = {name for name, service in services.items() if "outside" in service["networks"]}
    sources = {"bluesky", "mastodon", "rss", "reddit", "youtube", "x", "receiver"}
    # Notices of alerts; a provider of sign-ins; plugins and mail; backups.
    assert out == sources | {"signals", "console", "grafana", "storage"}


@BOTH
def test_backups_by_object_storage_have_keys_and_all_that_upkeep_has(
    services: dict[str, Any],
) -> None:
    storage, upkeep = services["storage"], services["upkeep"]
    keys = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"}
    assert keys <= set(storage["environment"])
    assert storage["environment"]["AWS_DEFAULT_REGION"]  # empty would be a host without a name
    assert storage["volumes"] == upkeep["volumes"]
    of_metrics = {"ESCUCHA_METRICS_HOST", "ESCUCHA_METRICS_PORT"}
    assert set(upkeep["environment"]) - of_metrics <= set(storage["environment"])
    assert storage["profiles"] == ["storage"]  # nobody starts it by `up`
    for name, service in services.items():
        assert name == "storage" or not keys & set(service["environment"]), name


def test_every_source_can_be_switched_on() -> None:
    from streams.producers.live.cli import listen_command

    assert isinstance(listen_command, click.Group)
    switched = {
        s["command"][1] for s in own(PLAIN).values() if s.get("command", [""])[0] == "listen"
    }
    assert switched == set(listen_command.list_commands(click.Context(listen_command)))


def test_each_role_of_kafka_gets_its_password() -> None:
    from deploy.kafka_users import roles

    given = set(SECURE["kafka-users"]["environment"])
    assert {f"ESCUCHA_KAFKA_{role.upper()}_PASSWORD" for role in roles()} <= given


def test_images_are_of_the_versions_that_are_tested() -> None:
    pom = (REPOSITORY / "deploy" / "kafka-jvm" / "pom.xml").read_text(encoding="utf-8")
    kafka = re.search(r"<kafka\.version>(.+)</kafka\.version>", pom)
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    sdk = re.search(r"^grafana-foundation-sdk==\d+!([\d.]+)", lock, re.MULTILINE)
    assert kafka is not None
    assert sdk is not None
    clickhouse = ".".join(SUPPORTED_CHDB_CORE.split(".")[:2])
    assert PLAIN["kafka"]["image"] == f"apache/kafka:{kafka[1]}"
    assert PLAIN["clickhouse"]["image"] == f"clickhouse/clickhouse-server:{clickhouse}"
    assert PLAIN["grafana"]["image"] == f"grafana/grafana:{sdk[1]}"
    plugin = PLAIN["grafana"]["environment"]["GF_INSTALL_PLUGINS"]
    assert re.fullmatch(r"grafana-clickhouse-datasource \d+\.\d+\.\d+", plugin)


def test_images_can_be_pinned_by_digest() -> None:
    text = (COMPOSE / "compose.yaml").read_text(encoding="utf-8")
    names = ("KAFKA_IMAGE", "CLICKHOUSE_IMAGE", "GRAFANA_IMAGE", "ESCUCHA_IMAGE")
    pinned = {name: f"{name.lower()}:1@sha256:{'0' * 64}" for name in names}
    services = yaml.safe_load(filled_in(text, {**EXAMPLE, **pinned}))["services"]
    assert {service["image"] for service in services.values()} == set(pinned.values())


def test_kafka_and_clickhouse_have_the_files_of_the_local_stack() -> None:
    """tests/integration/deploy starts both with these very files."""
    from deploy.kafka_jvm import SHARED
    from deploy.kafka_security import SECURE as SECURED
    from deploy.local.clickhouse_files import TEMPLATES

    def sources(name: str) -> set[Path]:
        return {(COMPOSE / v.split(":")[0]).resolve() for v in SECURE[name]["volumes"]}

    assert {SHARED, SECURED} <= sources("kafka")
    assert {TEMPLATES / "users.xml", TEMPLATES / "named-collection.xml"} <= sources("clickhouse")


def test_what_the_secure_files_name_is_mounted() -> None:
    """Certificates are where Kafka's and ClickHouse's own files look for them."""
    from deploy.kafka_security import SECURE as SECURED
    from deploy.local.clickhouse_files import TEMPLATES

    def targets(name: str) -> set[str]:
        return {volume.split(":")[1] for volume in SECURE[name]["volumes"]}

    kafka = re.findall(r"^ssl\..*location=(\S+)$", SECURED.read_text(), re.MULTILINE)
    tls = ElementTree.fromstring((TEMPLATES / "tls.xml").read_bytes())  # noqa: S314 - our own
    clickhouse = [
        tls.findtext(f"openSSL/server/{each}") for each in ("certificateFile", "privateKeyFile")
    ]
    assert len(kafka) == 2
    assert set(kafka) <= targets("kafka")
    assert set(clickhouse) <= targets("clickhouse")
    assert "KAFKA_ADMIN_PASSWORD" in SECURE["kafka"]["environment"]


def test_grafana_over_tls_is_the_same_data_source() -> None:
    grafana = REPOSITORY / "deploy" / "grafana"
    [plain] = yaml.safe_load(
        (grafana / "provisioning" / "datasources" / "escucha.yaml").read_text(encoding="utf-8")
    )["datasources"]
    [secure] = yaml.safe_load((grafana / "secure" / "escucha.yaml").read_text(encoding="utf-8"))[
        "datasources"
    ]
    assert secure["jsonData"].pop("tlsAuthWithCACert") is True
    ca = secure["secureJsonData"].pop("tlsCACert").removeprefix("$__file{").removesuffix("}")
    assert ca in {volume.split(":")[1] for volume in SECURE["grafana"]["volumes"]}
    assert secure["jsonData"].pop("secure") is True
    assert plain["jsonData"].pop("secure") is False
    assert secure == plain


def test_a_probe_asks_this_machine_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert probe(["http://example.org/"]) == 1
    assert "only a port of this machine" in capsys.readouterr().err
    assert probe(["http://127.0.0.1:1/healthz"]) == 1
    assert probe([]) == 2
