from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.local.config import PORT_OPTIONS, StackConfig, default_run_dir
from deploy.local.errors import LocalStackError, MissingPartError
from deploy.local.passwords import Passwords, load_or_create
from deploy.local.services import build
from streams.cli import cli


def test_defaults_are_the_well_known_ports() -> None:
    assert StackConfig(run_dir=Path("x")).ports() == {
        "broker_port": 9092,
        "clickhouse_http_port": 8123,
        "clickhouse_tcp_port": 9000,
        "console_port": 8080,
    }


def test_an_option_wins_over_the_environment_which_wins_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, port in enumerate(PORT_OPTIONS):
        monkeypatch.setenv(port.variable, str(20000 + number))

    config = StackConfig.from_environment(run_dir=tmp_path, broker_port=7, console_port=None)

    assert list(config.ports().values()) == [7, 20001, 20002, 20003]


def test_a_port_that_is_no_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCUCHA_BROKER_PORT", "many")

    with pytest.raises(LocalStackError, match="ESCUCHA_BROKER_PORT=many"):
        StackConfig.from_environment()


@pytest.mark.parametrize("ports", [{"broker_port": 0}, {"broker_port": 8123}])
def test_impossible_ports_are_refused(tmp_path: Path, ports: dict[str, int]) -> None:
    with pytest.raises(LocalStackError):
        StackConfig(run_dir=tmp_path, **ports)  # type: ignore[arg-type]


def test_the_run_directory_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ESCUCHA_RUN_DIR", raising=False)
    assert default_run_dir() == Path(".escucha")

    monkeypatch.setenv("ESCUCHA_RUN_DIR", "/elsewhere")
    assert StackConfig().run_dir == Path("/elsewhere")


def test_a_saved_configuration_is_the_same_when_loaded(tmp_path: Path) -> None:
    config = StackConfig(
        run_dir=tmp_path, workers=3, console_command=None, extra_environment={"A": "b"}
    )

    config.save()

    assert StackConfig.load(tmp_path) == config
    assert (tmp_path / "stack.json").stat().st_mode & 0o077 == 0


def test_loading_nothing_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LocalStackError, match="escucha up"):
        StackConfig.load(tmp_path)


def test_services_find_everything_in_their_environment(tmp_path: Path) -> None:
    config = StackConfig(run_dir=tmp_path, broker_port=7001, extra_environment={"MORE": "yes"})
    passwords = load_or_create(tmp_path)

    found = config.environment(passwords)

    assert found["ESCUCHA_KAFKA_BOOTSTRAP"] == "127.0.0.1:7001"
    assert found["ESCUCHA_CLICKHOUSE_URL"] == "http://127.0.0.1:8123"
    assert found["ESCUCHA_CLICKHOUSE_USER"] == "escucha"
    assert found["ESCUCHA_CLICKHOUSE_PASSWORD"] == passwords.writer
    assert found["ESCUCHA_CLICKHOUSE_DATABASE"] == "escucha"
    assert found["ESCUCHA_CLICKHOUSE_READER_USER"] == "grafana"
    assert found["ESCUCHA_CLICKHOUSE_READER_PASSWORD"] == passwords.reader
    assert found["ESCUCHA_CONSOLE_PORT"] == "8080"
    assert found["ESCUCHA_RUN_DIR"] == str(tmp_path)
    assert found["MORE"] == "yes"


def test_services_start_in_order_and_the_forgetful_broker_takes_its_dependents_along(
    tmp_path: Path,
) -> None:
    config = StackConfig(run_dir=tmp_path, workers=2)

    services = build(config, load_or_create(tmp_path))

    assert [each.name for each in services] == [
        "broker",
        "clickhouse",
        "migrate",
        "worker-1",
        "worker-2",
        "upkeep",
        "console",
    ]
    anew = {each.name for each in services if "broker" in each.restarts_with}
    assert anew == {"migrate", "worker-1", "worker-2"}
    # Ctrl-C stops all of it within 10 s, also where a busy machine takes a second or two besides.
    assert sum(max(s.stop_grace_seconds for s in services if s.layer == n) for n in range(4)) <= 8


def test_commands_of_none_leave_services_out(tmp_path: Path) -> None:
    config = StackConfig(
        run_dir=tmp_path,
        migrate_command=None,
        worker_command=None,
        upkeep_command=None,
        console_command=None,
    )

    names = [each.name for each in build(config, load_or_create(tmp_path))]

    assert names == ["broker", "clickhouse"]
    assert "console_port" not in config.ports()


def test_a_missing_broker_binary_is_told_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CALF_TANSU_BIN", str(tmp_path / "nothing"))

    with pytest.raises(MissingPartError, match="deploy/kafka-jvm"):
        build(StackConfig(run_dir=tmp_path), load_or_create(tmp_path))


def test_metrics_ports_follow_each_other_and_upkeep_has_the_last(tmp_path: Path) -> None:
    config = StackConfig(run_dir=tmp_path, workers=2, metrics_port=9464)
    services = {each.name: each for each in build(config, Passwords("w", "r"))}
    given = {name: each.environment.get("ESCUCHA_METRICS_PORT") for name, each in services.items()}
    assert (given["worker-1"], given["worker-2"], given["upkeep"]) == ("9464", "9465", "9466")
    assert config.metrics_ports().keys() == {
        "metrics of worker-1",
        "metrics of worker-2",
        "metrics of upkeep",
    }
    with pytest.raises(LocalStackError, match="cannot share a port"):
        StackConfig(run_dir=tmp_path, workers=2, metrics_port=8079)  # the console's is the next


def test_without_a_port_each_takes_one_that_is_free(tmp_path: Path) -> None:
    config = StackConfig(run_dir=tmp_path, workers=2)
    services = {each.name: each for each in build(config, Passwords("w", "r"))}
    assert services["worker-2"].environment["ESCUCHA_METRICS_PORT"] == "0"
    assert services["worker-2"].port is None
    assert config.metrics_ports() == {}


def test_a_stack_for_a_restore_has_nobody_who_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[StackConfig] = []

    def up(config: StackConfig, **_: object) -> int:
        asked.append(config)
        return 0

    monkeypatch.setattr("deploy.local.control.up", up)
    for words in (("--workers", "0"), ()):
        CliRunner().invoke(cli, ["up", "--run-dir", str(tmp_path), *words])
    none, usual = ({each.name for each in build(one, Passwords("w", "r"))} for one in asked)
    assert usual - none == {"worker-1", "upkeep"}
    refused = CliRunner().invoke(cli, ["demo", "--run-dir", str(tmp_path), "--workers", "0"])
    assert "the demo needs a worker" in refused.output
