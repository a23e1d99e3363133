"""A person is found everywhere, given out, erased, and not found again."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from deploy.kafka_jvm import KafkaJvm
from schemas.topics import TOPICS
from streams.errors import BrokerUnavailableError, InputError
from streams.migrate import migrate
from streams.privacy import receipts, topics
from streams.privacy.cli import export_command, forget_command
from streams.privacy.export import export
from streams.privacy.forget import forget, look
from streams.privacy.places import IMPERSONAL, TABLES, table_places
from streams.privacy.receipts import Receipt
from streams.privacy.registry import IMPERSONAL_TOPICS, all_places
from streams.privacy.subject import Subject, find_subject
from streams.privacy.topic_retention import apply_to_topics
from streams.privacy.topics import TopicPlace
from streams.settings import Settings
from streams.steps.pseudonyms import AuthorKeys
from streams.topic_admin import TopicAdmin
from streams.upkeep.deletions import carry_out
from streams.upkeep.marks import server_time
from tests.integration.privacy.people import (
    ANA,
    ANA_SAID,
    LUIS,
    LUIS_SAID,
    STAYS,
    events,
    fill_tables,
    fill_topics,
    read_by_workers,
)
from tests.integration.privacy.rows import ids, insert, mention
from tests.integration.privacy.waiting import wait_for

NO_KEYS = AuthorKeys()


def ana(client: Client, asked: str = ANA) -> Subject:
    return find_subject(client, asked, "", NO_KEYS)


def erase(settings: Settings, client: Client, **options: Any) -> Receipt:
    places = all_places(settings, client)
    return forget(client, places, ana(client), subject_hash="h", **options)


@pytest.mark.parametrize("asked", [ANA, "ana.example", "@Ana.Example"])
def test_a_person_is_found_by_id_and_by_handle(client: Client, asked: str) -> None:
    fill_tables(client)
    subject = ana(client, asked)
    assert subject.author_ids == {ANA}
    assert subject.handles == {"ana.example"}


def test_a_person_is_found_under_every_key(client: Client) -> None:
    keys = AuthorKeys.parse(f"1:{'a1' * 16},2@2026-01-01:{'b2' * 16}")
    pseudonyms = keys.all_of_author(ANA)
    insert(client, "mentions", *(mention(f"bluesky:{p}", p) for p in pseudonyms))
    subject = find_subject(client, ANA, "", keys)
    assert subject.author_ids == {ANA, *pseudonyms}  # as it was, for Kafka, orders, dead letters
    places = table_places(client)
    receipt = forget(client, places, subject, subject_hash="h")
    assert receipt.is_proven
    assert ids(client) == []


def test_looking_changes_nothing(settings: Settings, client: Client) -> None:
    fill_tables(client)
    findings = {f.place: f.found for f in look(client, all_places(settings, client), ana(client))}
    assert findings["clickhouse mentions"] == 2
    assert findings["clickhouse labels"] == 1
    assert findings["clickhouse orders"] == 2
    assert sorted(ids(client)) == sorted([ANA_SAID, LUIS_SAID, STAYS])


def test_every_table_is_left_without_the_person_and_others_keep_theirs(
    settings: Settings, client: Client
) -> None:
    fill_tables(client)
    receipt = erase(settings, client)
    assert receipt.found_columns == ()
    assert sorted(ids(client)) == sorted([LUIS_SAID, STAYS])
    [row] = client.query(
        "SELECT text, parent_text, parent_id, root_id, parent_author_id, mentioned_ids,"
        " mentioned_handles, links FROM mentions WHERE author_id = {id:String}",
        {"id": LUIS},
    ).result_rows
    assert row == (
        "hola ‹@› and @anabel, how are you",
        "",
        "",
        "",
        "",
        ["did:plc:eva"],
        ["eva.example"],
        ["https://example.org/shop"],
    )
    assert ids(client, "interactions", "interaction_id") == ["bluesky:follow-1"]
    assert ids(client, "interactions", "target_id") == [""]
    assert ids(client, "near_duplicates") == [LUIS_SAID]
    assert ids(client, "near_duplicates_by_time") == [LUIS_SAID]
    assert ids(client, "alert_evidence") == [LUIS_SAID]
    assert ids(client, "labels") == [STAYS]
    assert ids(client, "orders", "order_id") == ["o2"]
    assert ids(client, "orders", "referred_by") == [""]
    assert ids(client, "gestures", "gesture_id") == []
    assert ids(client, "dead_letters", "value") == ["something else"]
    assert ids(client, "deletions", "target_id") == []
    for text in (receipts.describe(receipt, "en"), receipts.describe(receipt, "es")):
        assert ANA not in text
    stored = client.query("SELECT receipt FROM erasure_receipts").result_rows[0][0]
    assert msgspec.json.decode(stored, type=Receipt).receipt_id == receipt.receipt_id
    assert ANA not in stored
    assert "ana" not in stored


def test_a_name_that_is_an_id_without_a_handle_leaves_what_others_say_of_it(
    settings: Settings, client: Client
) -> None:
    of_ana = mention("csv:1", "ana") | {"mentioned_handles": []}
    of_luis = mention("csv:2", "luis", text="@ana yes") | {"mentioned_handles": ["ana"]}
    insert(client, "mentions", of_ana, of_luis)
    subject = find_subject(client, "ana", "", NO_KEYS)
    receipt = forget(client, all_places(settings, client), subject, subject_hash="h")
    assert receipt.found_columns == ()
    rows = client.query("SELECT author_id, text, mentioned_handles FROM mentions").result_rows
    assert rows == [("luis", "‹@› yes", [])]


@pytest.mark.parametrize(
    ("named_ids", "handles", "left"),
    [
        ([], ["Ana.example", "eva.example"], ([], ["eva.example"])),  # a text alone, as in a CSV
        ([ANA], ["ana.example", "eva.example"], ([], ["eva.example"])),
        ([ANA, "did:plc:eva"], [], (["did:plc:eva"], [])),  # Bluesky's payload
    ],
)
def test_a_mention_may_name_as_many_ids_and_handles_as_it_likes(
    settings: Settings,
    client: Client,
    named_ids: list[str],
    handles: list[str],
    left: tuple[list[str], list[str]],
) -> None:
    fill_tables(client)
    named = {"mentioned_ids": named_ids, "mentioned_handles": handles}
    insert(client, "mentions", mention("bluesky:names", "someone") | named)
    assert erase(settings, client).found_columns == ()
    [row] = client.query(
        "SELECT mentioned_ids, mentioned_handles FROM mentions WHERE mention_id = 'bluesky:names'"
    ).result_rows
    assert row == left


def test_the_ledger_learns_where_erased_rows_were(settings: Settings, client: Client) -> None:
    fill_tables(client)
    erase(settings, client)
    rows = client.query("SELECT table_name, count() FROM erased GROUP BY 1 ORDER BY 1").result_rows
    assert dict(rows) == {
        "mentions": 1, "interactions": 1, "labels": 1, "orders": 1, "gestures": 1,
        "dead_letters": 1, "deletions": 1,
    }  # fmt: skip


def test_what_is_kept_on_purpose_stays_and_is_named(settings: Settings, client: Client) -> None:
    fill_tables(client)
    for what in ("REFRESH", "WAIT"):  # made of orders, and made anew as long as they are kept
        client.command(f"SYSTEM {what} VIEW customers_top_view")
    receipt = erase(settings, client, keep=["clickhouse orders"])
    assert ids(client, "orders", "order_id") == ["o1", "o2"]
    assert "clickhouse orders" in receipt.kept
    assert "clickhouse customers_top" in receipt.kept
    assert receipt.is_proven
    assert receipt.found_columns == ()
    with pytest.raises(InputError, match="no place 'orders' to keep"):
        erase(settings, client, keep=["orders"])


def test_the_search_finds_what_an_erasure_misses(settings: Settings, client: Client) -> None:
    fill_tables(client)
    client.command("CREATE TABLE new_table (note String) ENGINE = MergeTree ORDER BY ()")
    try:
        client.insert("new_table", [[f"about {ANA}"]], column_names=["note"])
        receipt = erase(settings, client)
    finally:
        client.command("DROP TABLE new_table SYNC")
    assert receipt.found_columns == ("new_table.note",)
    assert not receipt.is_proven
    assert "FOUND: new_table.note" in receipts.describe(receipt, "en")


def test_a_blocked_author_goes_whenever_something_comes(settings: Settings, client: Client) -> None:
    fill_tables(client)
    assert erase(settings, client, block=True).blocked
    since = server_time(client)
    insert(client, "mentions", mention("bluesky:new", ANA), mention("bluesky:other", LUIS))
    carry_out(client, since)
    assert "bluesky:new" not in ids(client)
    assert "bluesky:other" in ids(client)


def test_a_broker_that_cannot_delete_is_named_with_the_day(
    settings: Settings, client: Client
) -> None:
    """The local broker: records stay until it stops, and the receipt does not hide it."""
    fill_tables(client)
    fill_topics(settings)
    read_by_workers(settings)
    receipt = erase(settings, client)
    remains = {r.place: r for r in receipt.remains}
    assert remains["kafka mentions.raw.v1"].why == "expiry"
    assert remains["kafka mentions.raw.v1"].until is not None
    assert receipt.found_columns == ()


def test_an_export_has_everything_and_does_not_tell_of_others(
    settings: Settings, client: Client, tmp_path: Path
) -> None:
    fill_tables(client)
    path = tmp_path / "export.json"
    counts = export(client, all_places(settings, client), ana(client), path)
    document = json.loads(path.read_text())
    assert path.stat().st_mode & 0o777 == 0o600
    assert document["author_ids"] == [ANA]
    mentions = document["places"]["clickhouse mentions"]
    assert [m["mention_id"] for m in mentions if m["own"]] == [ANA_SAID]
    assert all(LUIS not in json.dumps(m["author_id"]) for m in mentions if m["own"])
    assert all("author_id" not in m for m in mentions if not m["own"])
    assert counts["clickhouse gestures"] == 1
    assert document["places"]["clickhouse gestures"][0]["cost"] == "1.0000"


def test_the_commands_show_do_and_give_out(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.local.local_settings", lambda: settings)
    fill_tables(client)
    run = CliRunner().invoke
    shown = run(forget_command, ["ana.example"])
    assert (shown.exit_code, f"ids: {ANA}" in shown.stdout) == (0, True)
    assert "nothing was changed" in shown.stderr
    given = run(export_command, [ANA])
    path = Path(given.stdout.strip())
    assert given.exit_code == 0
    assert path.parent == settings.run_dir / "exports"
    assert ANA not in path.name
    assert json.loads(path.read_text())["author_ids"] == [ANA]
    done = run(forget_command, [ANA, "--yes", "--language", "es"])
    assert done.exit_code == 0, done.output
    assert "Encontrado: nada." in done.stdout
    assert not path.exists()
    assert ANA_SAID not in ids(client)


def test_every_table_and_topic_is_a_place_or_says_why_not(client: Client) -> None:
    tables = {
        name
        for (name,) in client.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase()"
            " AND engine LIKE '%MergeTree'"
        ).result_rows
    }
    assert tables - {table.name for table in TABLES} - set(IMPERSONAL) == set()
    assert {spec.name for spec in TOPICS} >= set(IMPERSONAL_TOPICS)


LARGE = "bluesky:at://x/post/4"


class _Impatient(KafkaJvm):
    """Looks for files to remove every second instead of every five minutes."""

    def settings_text(self, node: int) -> str:
        return super().settings_text(node) + (
            "log.retention.check.interval.ms=1000\n"
            "log.segment.delete.delay.ms=1000\n"
            "log.initial.task.delay.ms=1000\n"
        )


@pytest.fixture
def kafka(settings: Settings, tmp_path: Path) -> Iterator[tuple[KafkaJvm, Settings]]:
    with _Impatient(tmp_path / "kafka") as broker:
        changed = replace(settings, kafka_bootstrap=broker.bootstrap)
        migrate(changed, dry_run=False, say=lambda _: None)
        yield broker, changed


def read_topic(
    settings: Settings, client: Client, topic: str
) -> list[tuple[object, dict[str, Any]]]:
    """All records of a topic that a reader of committed records gets."""
    [place] = [p for p in all_places(settings, client) if p.name == f"kafka {topic}"]
    assert isinstance(place, TopicPlace)
    records = list(place._read(place._offsets()))
    return [(r.key(), json.loads(r.value() or b"")) for r in records]


def add_large_record(settings: Settings) -> int:
    """One that the broker takes, and librdkafka would not send unless told to."""
    large = {"mention_id": LARGE, "ignored": "x" * 1_020_000}
    producer = Producer(
        {"bootstrap.servers": settings.kafka_bootstrap, "message.max.bytes": 2_000_000}
    )
    producer.produce(settings.mentions_topic, json.dumps(events()[2] | large).encode(), "x", 0)
    assert producer.flush(30) == 0
    return 1


@pytest.mark.kafka_jvm
def test_on_apache_kafka_the_person_leaves_the_topics_and_the_disk(
    kafka: tuple[KafkaJvm, Settings], client: Client
) -> None:
    broker, settings = kafka
    fill_tables(client)
    count = fill_topics(settings) + add_large_record(settings)
    read_by_workers(settings)
    topic_id = TopicAdmin(settings.kafka).topic("mentions.raw.v1")
    receipt = erase(settings, client)
    assert receipt.is_proven, receipts.describe(receipt, "en")
    assert {(r.place, r.why) for r in receipt.remains} == {
        ("kafka mentions.raw.v1", "disk"),
        ("kafka orders.v1", "disk"),
        ("kafka labels.v1", "disk"),
    }
    start, _ = TopicAdmin(settings.kafka).log_offsets("mentions.raw.v1", [0])[0]
    assert start >= count
    assert TopicAdmin(settings.kafka).topic("mentions.raw.v1") == topic_id
    kept = {
        value.get("mention_id"): value
        for _, value in read_topic(settings, client, "mentions.raw.v1")
    }
    assert set(kept) == {LUIS_SAID, STAYS, LARGE}
    assert kept[STAYS]["text"] == events()[2]["text"]
    assert kept[LUIS_SAID]["text"] == "hola ‹@› and @anabel, how are you"
    assert kept[LUIS_SAID].get("parent_text", "") == ""
    orders = read_topic(settings, client, "orders.v1")
    assert [(key, order["order_id"]) for key, order in orders] == [(LUIS.encode(), "o2")]
    assert [label["mention_id"] for _, label in read_topic(settings, client, "labels.v1")] == [
        STAYS
    ]
    data = broker.directory / "node-1" / "data"

    def on_disk() -> list[str]:
        files = [p for p in data.rglob("*.log*") if p.is_file()]
        return [p.name for p in files if ANA.encode() in p.read_bytes()]

    wait_for(lambda: on_disk() == [], "the broker's files to go")


@pytest.mark.kafka_jvm
def test_nothing_is_cut_that_no_worker_has_read(
    kafka: tuple[KafkaJvm, Settings], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, settings = kafka
    monkeypatch.setattr(topics, "PATIENCE_SEC", 1.0)
    fill_tables(client)
    count = fill_topics(settings)
    with pytest.raises(InputError, match=f"have still to read {count} records"):
        erase(settings, client)
    assert TopicAdmin(settings.kafka).log_offsets("mentions.raw.v1", [0])[0][0] == 0
    read_by_workers(settings)
    assert erase(settings, client).is_proven


@pytest.mark.kafka_jvm
def test_a_topic_gets_the_retention_that_was_asked_for_once(
    kafka: tuple[KafkaJvm, Settings],
) -> None:
    access = kafka[1].kafka
    assert apply_to_topics(access, {"mentions.raw.v1": 3}) == ["mentions.raw.v1: kept for 3 days"]
    # A broker tells of a change as soon as it has read it in the log of the controllers.
    wait_for(lambda: apply_to_topics(access, {"mentions.raw.v1": 3}) == [], "nothing to change")
    with pytest.raises(BrokerUnavailableError, match=r"retention of nothing\.v1 cannot be set"):
        apply_to_topics(access, {"nothing.v1": 3})
