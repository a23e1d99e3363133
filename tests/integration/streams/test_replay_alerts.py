"""What a replay tells of alerts, beside what the watch says of the same rows in ClickHouse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from models.predictions import Predictions, Texts
from streams.modelling.replay import replay
from streams.modelling.replay_text import as_text
from streams.signals.emerging import store
from streams.signals.emerging.lifecycle import Series
from streams.signals.emerging.live import Watch
from streams.signals.emerging.settings import DetectorSettings
from streams.signals.emerging.watching import Heard
from streams.sinks.clickhouse import ClickHouse
from tests.builders import FakeModel
from tests.integration.streams.helpers import Lane
from tests.integration.streams.talk import burst, mentions, only_background

pytestmark = pytest.mark.usefixtures("leaves_nothing")


@pytest.fixture
def client(lane: Lane) -> Iterator[Client]:
    with lane.client() as client:
        only_background(client)
        yield client


class Reader(FakeModel):
    """Sees intent where a text says so."""

    def predict(self, texts: Texts) -> Predictions:
        chances = dict(super().predict(texts).probabilities)
        says_so = ["quiero" in text for text in texts.texts]
        chances["intent"][says_so] = chances["intent"][says_so, ::-1]
        return Predictions.most_probable(chances)


async def test_a_replay_tells_which_alerts_would_open_or_not(lane: Lane, client: Client) -> None:
    today = datetime.now(UTC) - timedelta(hours=20)
    quiet = {"intent": "none", "intent_active": 0.0}
    mentions(client, burst("stored", 12))
    mentions(client, burst("found", 12, "Otra"), text="quiero {}", **quiet)
    mentions(client, burst("common", 12, "Third"), text="quiero {}")
    mentions(client, burst("bot", 12, "Fourth"), text="quiero", author_is_bot=1, **quiet)
    mentions(client, burst("won", 12, "Fourth"), text="quiero", spam_reasons=["giveaway"], **quiet)
    mentions(client, burst("copy", 12, "Fourth"), text="quiero", fingerprint=77, **quiet)
    until = datetime.now(UTC) + timedelta(seconds=1)

    async with ClickHouse(lane.settings) as clickhouse:
        found = await replay(clickhouse, Reader("new"), since=today, until=until)

    alerts = found.emerging
    assert [one.name for one in alerts.not_opening] == ["Nimbara"]
    assert [one.name for one in alerts.opening] == ["Otra"]
    assert [pair.before.name for pair in alerts.both] == ["Third"]
    assert "would open      brand Otra (es) since" in as_text(found)
    standing = [*alerts.not_opening, *(pair.before for pair in alerts.both)]
    moments = sorted({one.opened_at for one in standing})
    live = [
        change
        for at in moments
        for change in Watch(client, DetectorSettings(), now=lambda at=at: at).look()
        if change.event == "opened"
    ]
    assert sorted((c.series.name, c.observed, c.since) for c in live) == sorted(
        (one.name, one.observed, one.since) for one in standing
    )


def test_a_replay_hears_what_the_watch_hears(lane: Lane, client: Client) -> None:
    settings, until = DetectorSettings(), datetime.now(UTC)
    since = until - timedelta(days=50)
    mentions(client, burst("same", 6), fingerprint=77)
    mentions(client, burst("none", 6), intent="none")
    table = client.query_arrow(*store.said_query(since, until, until, settings))
    own = store.said_of(table).heard(since.timestamp(), until.timestamp())
    live = store.heard(client, since, until, settings)
    assert len(own.number) == 601
    assert _rows(own) == _rows(live)


def _rows(heard: Heard) -> list[tuple[Series, float, int, str]]:
    names = [heard.series[number] for number in heard.number]
    return sorted(zip(names, heard.at_sec, heard.author, heard.mention, strict=True))
