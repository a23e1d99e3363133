"""What upkeep shows of the whole installation, on a lane of its own."""

from prometheus_client.parser import text_string_to_metric_families

from streams.clock import now
from streams.metrics import Metrics
from streams.upkeep.books import Books
from tests.integration.streams.helpers import Lane, wait_for


def shown(lane: Lane, books: Books, metrics: Metrics) -> dict[str, float]:
    with lane.client() as client:
        books(client, now())
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.labels.get("topic", lane.topic) == lane.topic:
                found[sample.name] = sample.value
    return found


def test_lag_shows_without_any_worker_and_letters_until_they_are_replayed(lane: Lane) -> None:
    metrics = Metrics()
    books = Books(lane.settings, metrics, lambda: 2)
    before = shown(lane, books, metrics)
    lane.produce([b"{", b"}"])

    waiting = shown(lane, books, metrics)
    assert waiting["escucha_group_lag_records"] == 2
    assert waiting["escucha_sources_stalled"] == 2
    with lane.worker():
        wait_for(lambda: shown(lane, books, metrics)["escucha_group_lag_records"] == 0, "no lag")
    after = shown(lane, books, metrics)
    assert 0 < after["escucha_clickhouse_free_ratio"] <= 1
    assert "escucha_last_backup_timestamp_seconds" not in after
    assert after["escucha_dead_letters_waiting"] == before["escucha_dead_letters_waiting"] + 2

    with lane.client() as client:
        client.command(
            "INSERT INTO dead_letter_replays (topic_id, kafka_partition, kafka_offset)"
            " SELECT topic_id, kafka_partition, kafka_offset FROM dead_letters"
            " WHERE topic_id = {id:String}",
            {"id": lane.topic_id},
        )
    replayed = shown(lane, books, metrics)
    assert replayed["escucha_dead_letters_waiting"] == before["escucha_dead_letters_waiting"]


def test_a_hole_in_the_chain_shows(lane: Lane) -> None:
    metrics = Metrics()
    books = Books(lane.settings, metrics)
    before = shown(lane, books, metrics)["escucha_ledger_gaps"]
    where = {"id": f"{lane.topic_id}-of-a-test"}
    with lane.client() as client:
        for position in (0, 10, 21):
            client.command(
                "INSERT INTO ledger (topic_id, kafka_partition, position, last_offset)"
                f" VALUES ({{id:String}}, 0, {position}, {position + 9})",
                where,
            )
        try:
            assert shown(lane, books, metrics)["escucha_ledger_gaps"] == before + 1
        finally:
            client.command(
                "ALTER TABLE ledger DELETE WHERE topic_id = {id:String}",
                where,
                settings={"mutations_sync": 1},
            )
