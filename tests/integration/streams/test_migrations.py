"""Tables and topics come into being once, from nothing and beside what is there."""

from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from deploy.local.handles import start_broker, start_clickhouse
from schemas.topics import TOPICS
from streams.errors import MigrationError
from streams.migrate import connect, migrate, migrations
from streams.settings import Settings
from streams.topic_admin import TopicAdmin
from tests.integration.streams.helpers import (
    Lane,
    Services,
    one_line_of,
    wait_for,
)


def run(settings: Settings, *, dry_run: bool = False) -> list[str]:
    said: list[str] = []
    migrate(settings, dry_run=dry_run, say=said.append)
    return said


def tables(settings: Settings) -> list[tuple[str, str]]:
    rows = connect(settings).query(
        "SELECT name, toString(uuid) FROM system.tables WHERE database = {database:String}"
        # A refresh makes its table anew, beside the old one.
        " AND NOT startsWith(name, '.tmp')"
        " AND concat(name, '_view') NOT IN (SELECT view FROM system.view_refreshes)"
        " ORDER BY name",
        {"database": settings.clickhouse_database},
    )
    return [(name, uuid) for name, uuid in rows.result_rows]


def topics(settings: Settings) -> dict[str, str]:
    admin = TopicAdmin(settings.kafka)
    found = {spec.name: admin.topic(spec.name) for spec in TOPICS}
    return {name: topic.topic_id for name, topic in found.items() if topic is not None}


def test_from_nothing(model_store: Path, tmp_path: Path) -> None:
    with start_broker(tmp_path / "b") as broker, start_clickhouse(tmp_path / "c") as clickhouse:
        settings = Services(broker, clickhouse, model_store).settings(tmp_path / "run")

        foretold = run(settings, dry_run=True)
        assert tables(settings) == []
        assert topics(settings) == {}

        assert run(settings) == foretold
        assert foretold[: len(migrations())] == [f"apply {m.name}" for m in migrations()]
        assert len(foretold) == len(migrations()) + len(TOPICS)
        made = tables(settings), topics(settings)
        assert {name for name, _ in made[0]} >= {"mentions", "ledger", "dead_letters"}
        assert set(made[1]) == {spec.name for spec in TOPICS}

        for dry_run in (False, True):
            assert run(settings, dry_run=dry_run) == [
                "tables are up to date",
                "topics are up to date",
            ]
        assert (tables(settings), topics(settings)) == made
        clickhouse.kill()


def test_a_missing_topic_is_made_and_the_others_are_left_alone(
    services: Services, tmp_path: Path
) -> None:
    settings = services.settings(tmp_path / "run")
    before = topics(settings)
    admin = AdminClient({"bootstrap.servers": settings.kafka_bootstrap})
    admin.delete_topics(["labels.v1"])["labels.v1"].result(10)
    wait_for(lambda: "labels.v1" not in topics(settings), "the topic to go")

    assert run(settings, dry_run=True)[-1] == "create topic labels.v1 with 1 partitions"
    assert "labels.v1" not in topics(settings)
    assert run(settings)[-1] == "create topic labels.v1 with 1 partitions"

    after = topics(settings)
    assert after.pop("labels.v1") != before.pop("labels.v1")
    assert after == before


def test_a_topic_of_another_name_is_made_with_the_partitions_of_the_settings(
    services: Services, tmp_path: Path
) -> None:
    settings = services.settings(tmp_path / "run", mentions_topic="mentions.of-a-test")

    assert run(settings)[-1] == "create topic mentions.of-a-test with 2 partitions"

    topic = TopicAdmin(settings.kafka).topic("mentions.of-a-test")
    assert topic is not None
    assert topic.partitions == 2


def test_a_database_of_a_newer_version_is_refused(lane: Lane) -> None:
    client = lane.client()
    newer = "9999_of_tomorrow"
    client.insert("schema_migrations", [[newer]], column_names=["name"])
    try:
        refused = lane.run("migrate")
        with pytest.raises(MigrationError, match=newer):
            run(lane.settings, dry_run=True)
    finally:
        client.command("DELETE FROM schema_migrations WHERE name = {name:String}", {"name": newer})

    assert refused.returncode == 1
    assert one_line_of(refused) == (
        "escucha: the database is newer than this version: it has 9999_of_tomorrow."
        " Upgrade Escucha; migrations only go forward"
    )
    assert run(lane.settings)[0] == "tables are up to date"


@pytest.mark.parametrize(
    ("command", "changes", "says"),
    [
        (
            "migrate",
            {"clickhouse_password": "wrong"},
            "refuses escucha: check ESCUCHA_CLICKHOUSE_USER",
        ),
        ("dead-letters list", {"clickhouse_url": "http://127.0.0.1:1"}, "connection refused"),
        ("migrate", {"clickhouse_database": "of_others"}, "Not enough privileges"),
        ("reconcile", {"clickhouse_database": "of_others"}, "of_others"),
        ("dead-letters list", {"clickhouse_database": "system"}, "dead_letters"),
    ],
)
def test_a_clickhouse_that_refuses_is_one_line(
    lane: Lane, command: str, changes: dict[str, str], says: str
) -> None:
    result = lane.run(*command.split(), **changes)

    assert result.returncode == 1
    assert says in one_line_of(result)
    assert lane.settings.clickhouse_password not in result.stderr.decode()
