"""What is kept of alerts: each change once, five pieces of evidence, who had to do with us."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from schemas.business import Alert
from streams.signals.emerging import store
from streams.signals.emerging.live import Watch
from streams.signals.emerging.notify import outbox
from streams.signals.emerging.settings import DetectorSettings
from tests.integration.streams.helpers import Lane
from tests.integration.streams.talk import burst, changes, mentions, only_background

SYNC = {"lightweight_deletes_sync": 2}

pytestmark = pytest.mark.usefixtures("leaves_nothing")


@pytest.fixture
def client(lane: Lane) -> Iterator[Client]:
    with lane.client() as client:
        only_background(client)
        yield client


class Told:
    """A channel that keeps what it is told, and arrives always."""

    name = "told"
    wants_all = True

    def __init__(self) -> None:
        self.alerts: list[Alert] = []

    def send(self, alert: Alert) -> None:
        self.alerts.append(alert)
        assert len(self.alerts) < 9, "told again and again"


def test_a_token_whose_row_was_lost_hinders_nothing(lane: Lane, client: Client) -> None:
    """A kill of ClickHouse leaves such; here the token was spent on a row of another series."""
    mentions(client, burst("burst", 12))
    client.insert(
        "alerts",
        [["brand", "Otra", "es", 1, "another", "closed", datetime.now(UTC)]],
        column_names=["kind", "series", "lang", "change", "alert_id", "state", "at"],
        settings={"insert_deduplication_token": "brand\x1fNimbara\x1fes\x1f1"},
    )
    told = Told()
    outbox.register(client, told)
    watches = [Watch(client, DetectorSettings()) for _ in range(2)]
    [opened] = watches[0].look()
    assert watches[1].look() == []
    assert ("Nimbara", 1, "opened") in changes(client)
    client.insert(
        "alert_deliveries",
        [[told.name, "another", 9]],
        column_names=["channel", "alert_id", "change"],
        settings={"insert_deduplication_token": f"{told.name}/{opened.alert_id}/1"},
    )
    assert outbox.deliver(client, told) == 1
    assert outbox.deliver(client, told) == 0


def test_evidence_is_five_that_were_found_last(lane: Lane, client: Client) -> None:
    told = Told()
    outbox.register(client, told)
    mentions(client, burst("burst", 12))
    assert Watch(client, DetectorSettings()).look()
    mentions(client, burst("more", 30))
    [grown] = Watch(client, DetectorSettings()).look()
    assert grown.event == "growing"
    assert outbox.deliver(client, told) == 2
    assert [len(alert.evidence) for alert in told.alerts] == [5, 5]
    assert all(mention.startswith("test:more-") for mention in told.alerts[-1].evidence)


def test_before_contact_means_with_us_where_it_is_about_a_topic(lane: Lane, client: Client) -> None:
    """Who named a rival had still nothing to do with us: as the proactive share has it."""
    now = datetime.now(UTC)
    client.insert(
        "listened",
        [[9_999, "ours", "brand", "Nimbara", "Nimbara", 1]],
        column_names=["sequence", "version", "section", "name", "brand", "own"],
    )
    try:
        for who, brand in (("ana", "Otra"), ("ben", "Nimbara")):
            mentions(client, [(f"test:{who}-before", who, now - timedelta(hours=3), brand)])
            mentions(client, [(f"test:{who}-now", who, now, "Otra")])
        ids = ["test:ana-now", "test:ben-now"]
        shares = [
            store.about(client, ids, now - timedelta(hours=1), now + timedelta(hours=1), brand)[2]
            for brand in ("", "Otra")
        ]
    finally:
        client.command("DELETE FROM listened WHERE version = 'ours'", settings=SYNC)
    assert shares == [0.5, 0.5]
