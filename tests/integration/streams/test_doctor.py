"""`escucha doctor` on real services: what a newcomer gets wrong, made by hand, and its remedy."""

import json
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from streams.migrate import connect
from streams.operate import doctor
from streams.operate.broker_checks import broker
from streams.operate.clickhouse_checks import clickhouse
from streams.operate.content_checks import model, rules
from streams.operate.findings import Check, Finding, Patient
from streams.operate.machine_checks import disk, memory, python, secret_files, variables
from streams.operate.stack_checks import left_behind, local_ports
from streams.settings import Settings
from streams.upkeep import marks
from tests.integration.streams.helpers import Services, clean_environment, escucha

NAMED = frozenset({"ESCUCHA_KAFKA_BOOTSTRAP", "ESCUCHA_CLICKHOUSE_URL"})


def examined(
    check: Check, settings: Settings, *, variables: frozenset[str] = NAMED, stack: bool = False
) -> dict[str, Finding]:
    """Findings by name, the worst of each."""
    patient = Patient(
        settings=settings, variables=variables, run_dir=settings.run_dir, stack_runs=stack
    )
    found = sorted(check(patient), key=lambda f: ("ok", "skipped", "warn", "bad").index(f.state))
    return {finding.check: finding for finding in found}


@pytest.fixture
def settings(services: Services, tmp_path: Path) -> Settings:
    return services.settings(
        tmp_path / "run",
        clickhouse_reader_user=services.clickhouse.reader_user,
        clickhouse_reader_password=services.clickhouse.reader_password,
    )


def test_a_well_installation_has_nothing_to_mend(settings: Settings) -> None:
    for check in (python, memory, disk, secret_files, variables, left_behind, model, rules):
        bad = {n: f for n, f in examined(check, settings).items() if f.state == "bad"}
        assert bad == {}
    assert examined(broker, settings)["broker"].state == "ok"
    found = examined(clickhouse, settings)
    assert {n for n, f in found.items() if f.state == "bad"} == set()
    assert {"clickhouse", "clock", "migrations", "rights", "reader"} <= {
        n for n, f in found.items() if f.state == "ok"
    }


def test_services_that_are_away_are_named_with_the_remedy(settings: Settings) -> None:
    away = replace(settings, kafka_bootstrap="127.0.0.1:1", clickhouse_url="http://127.0.0.1:1")
    assert "ESCUCHA_KAFKA_BOOTSTRAP" in examined(broker, away)["broker"].remedy
    assert examined(clickhouse, away)["clickhouse"].state == "bad"


def test_before_the_first_start_nothing_is_wrong(settings: Settings) -> None:
    away = replace(settings, kafka_bootstrap="127.0.0.1:1", clickhouse_url="http://127.0.0.1:1")
    for check, name in ((broker, "broker"), (clickhouse, "clickhouse")):
        finding = examined(check, away, variables=frozenset())[name]
        assert finding.state == "skipped"
        assert "escucha up" in finding.remedy


def test_topics_and_tables_that_are_missing(settings: Settings) -> None:
    other = replace(settings, mentions_topic="mentions.none", clickhouse_database="nothing")
    assert examined(broker, other)["topics"].remedy == "Run: escucha migrate"
    found = examined(clickhouse, other)
    assert "escucha migrate" in found["migrations"].remedy
    assert found["rights"].state == "bad"


def test_a_password_that_is_wrong(settings: Settings) -> None:
    other = "wrong-password"
    found = examined(clickhouse, replace(settings, clickhouse_password=other))
    assert found["clickhouse"].state == "bad"
    assert other not in found["clickhouse"].says
    found = examined(clickhouse, replace(settings, clickhouse_reader_password=other))
    assert "GRANT SELECT" in found["reader"].remedy


def test_where_the_readers_password_is_not_given_it_is_not_called_wrong(settings: Settings) -> None:
    found = examined(clickhouse, replace(settings, clickhouse_reader_password=""))
    assert found["reader"].state == "skipped"


def test_workers_that_refuse_a_model_and_signals_that_run_no_more(settings: Settings) -> None:
    with connect(settings, in_database=True) as client:
        client.command(
            "INSERT INTO worker_models (worker, model_version, trouble)"
            " VALUES ('of-a-test', 'v', 'made for other classes')"
        )
        try:
            found = examined(clickhouse, settings)["workers"]
            assert (found.state, "of-a-test refuses a model" in found.says) == ("warn", True)
            client.command("TRUNCATE TABLE worker_models")
            found = examined(clickhouse, settings)["workers"]
            assert (found.state, "No worker was heard" in found.says) == ("warn", True)
        finally:
            client.command("TRUNCATE TABLE worker_models")
        marks.note(client, "signals", marks.server_time(client))
        assert examined(clickhouse, settings)["signals"].state == "ok"
        client.command(
            "ALTER TABLE upkeep_marks DELETE WHERE job = 'signals'", settings={"mutations_sync": 1}
        )
        found = examined(clickhouse, settings)["signals"]
        assert (found.state, "never yet" in found.says) == ("warn", True)


def test_backups_that_are_old_or_were_never_taken(settings: Settings) -> None:
    with connect(settings, in_database=True) as client:
        assert "No backup" in examined(clickhouse, settings)["backup"].says
        assert "backup" not in examined(clickhouse, settings, stack=True)
        now = marks.server_time(client)
        try:
            marks.note(client, "backup", now - timedelta(days=9))
            found = examined(clickhouse, settings)["backup"]
            assert (found.state, "9 days old" in found.says) == ("warn", True)
            marks.note(client, "backup", now)
            assert examined(clickhouse, settings)["backup"].state == "ok"
        finally:
            client.command(
                "ALTER TABLE upkeep_marks DELETE WHERE job = 'backup'",
                settings={"mutations_sync": 1},
            )


def test_a_reader_who_may_read_the_consoles_accounts(settings: Settings) -> None:
    assert examined(clickhouse, settings)["reader-accounts"].state == "ok"
    writer = replace(
        settings,
        clickhouse_reader_user=settings.clickhouse_user,
        clickhouse_reader_password=settings.clickhouse_password,
    )
    found = examined(clickhouse, writer)["reader-accounts"]
    assert found.state == "bad"
    assert "REVOKE SELECT ON escucha.console_accounts FROM escucha" in found.remedy


def test_more_partitions_wanted_than_there_are(settings: Settings) -> None:
    found = examined(broker, replace(settings, kafka_partitions=64))
    assert "never added by itself" in found["topics"].remedy


def test_a_slip_of_the_pen_and_a_value_that_cannot_be(settings: Settings) -> None:
    found = examined(variables, settings, variables=frozenset({"ESCUCHA_KAFKA_BOOTSTRAPS"}))
    assert found["settings"].remedy == "Is it ESCUCHA_KAFKA_BOOTSTRAP?"
    found = examined(variables, replace(settings, retention_days="mentions=soon"))
    assert found["settings"].state == "bad"


def test_passwords_that_others_can_read(settings: Settings) -> None:
    settings.run_dir.mkdir()
    path = settings.run_dir / "secrets.env"
    path.write_text("x")
    path.chmod(0o644)
    assert examined(secret_files, settings)["secrets"].remedy == f"Run: chmod 600 {path}"


def test_a_model_that_is_missing_and_one_that_is_broken(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    none = replace(settings, model_store=tmp_path / "none")
    assert "escucha train" in examined(model, none)["model"].remedy
    broken = tmp_path / "broken"
    current = (services.model_store / "current").read_text()
    version = current.splitlines()[0]
    (broken / version).mkdir(parents=True)
    (broken / "current").write_text(current)
    card = (services.model_store / version / "card.json").read_bytes()
    (broken / version / "card.json").write_bytes(card)
    (broken / version / "model.skops").write_bytes(b"nothing")
    found = examined(model, replace(settings, model_store=broken))["model"]
    assert (found.state, "rollback" in found.remedy) == ("bad", True)


def test_rules_that_cannot_be_used(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "listening.yaml"
    file.write_text("topics:\n  - {name: t, rule: 'a AND'}\n")
    found = examined(rules, replace(settings, listening_file=file))["rules"]
    assert found.remedy == f"Correct it; to look again: escucha rules check {file}"


def test_a_port_that_somebody_else_has(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("ESCUCHA_CONSOLE_PORT", str(port))
        found = examined(local_ports, settings, variables=frozenset())["ports"]
        assert examined(local_ports, settings)["ports"].state == "skipped"
    assert f"Port {port}" in found.says
    assert "--console-port" in found.remedy


def test_a_check_that_breaks_stops_no_other(settings: Settings) -> None:
    def breaks(patient: Patient) -> list[Finding]:
        raise RuntimeError("no")

    patient = Patient(
        settings=settings, variables=NAMED, run_dir=settings.run_dir, stack_runs=False
    )
    report = doctor.examine(patient, (breaks, python))
    assert [one.check for one in report.findings][:2] == ["breaks", "python"]
    assert not report.ok
    assert doctor.describe(report).endswith("1 to mend, 0 to look at.")


def test_the_command_says_it_in_words_and_in_json(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    environment = clean_environment(
        kafka_bootstrap=settings.kafka_bootstrap,
        clickhouse_url=settings.clickhouse_url,
        clickhouse_password=settings.clickhouse_password,
        clickhouse_reader_password=settings.clickhouse_reader_password,
        model_store=settings.model_store,
        run_dir=tmp_path / "run",
        kafka_partitions=2,
    )
    told = escucha("doctor", "--json", environment=environment, cwd=tmp_path)
    report = json.loads(told.stdout)
    assert (told.returncode, report["ok"]) == (0, True), report
    assert settings.clickhouse_password.encode() not in told.stdout

    told = escucha(
        "doctor", environment={**environment, "ESCUCHA_KAFKA_BOOTSTRAP": "nonsense"}, cwd=tmp_path
    )
    assert told.returncode == 1
    assert "give host:port" in told.stdout.decode()
