"""Somebody is forgotten while rules run over what is stored: nothing of them comes back."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client

from streams.listening import backfill, stored
from streams.listening.history import HistoryRun, OldRecord, Stretch
from streams.migrate import connect
from streams.privacy import turns
from streams.privacy.forget import forget
from streams.privacy.places import table_places
from streams.privacy.receipts import Receipt
from streams.privacy.subject import find_subject
from streams.rule_book import RulesInForce
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.steps.columns import Origin
from streams.steps.pseudonyms import AuthorKeys
from tests.builders import ENRICHER, LISTENING, FakeModel, raw
from tests.integration.privacy.people import ANA, LUIS, STAYS, events, fill_tables
from tests.integration.privacy.rows import AT, ids, insert, mention

RULES = RulesInForce.of(1, LISTENING, "newer.yaml", AuthorKeys())
SINCE, UNTIL = AT - timedelta(days=1), AT + timedelta(days=1)
TRACES = ("ana.example", "@Ana", ANA, "my own words")


class Meanwhile(ClickHouse):
    """Something happens after the first page was read and before it is written."""

    what: Callable[[], None] | None = None

    async def insert(self, table: str, block: pa.Table, token: str) -> None:
        if table == "mentions" and self.what is not None:
            what, self.what = self.what, None
            what()
        await super().insert(table, block, token)


class Forget:
    """`forget` of Ana in a thread of its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.said: list[str] = []
        self.receipts: list[Receipt] = []
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with connect(self._settings, in_database=True) as client:
            subject = find_subject(client, ANA, "", AuthorKeys())
            places = table_places(client)
            self.receipts.append(
                forget(client, places, subject, subject_hash="h", say=self.said.append)
            )

    def begin(self) -> None:
        """Return once it waits, or is done."""
        self._thread.start()
        while self._thread.is_alive() and not any("waits" in line for line in self.said):
            time.sleep(0.01)

    def end(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()
        [receipt] = self.receipts
        assert receipt.is_proven


def assert_nothing_is_left(client: Client) -> None:
    for table in ("mentions", "interactions"):
        rows = client.query(f"SELECT * FROM {table}").result_rows
        found = [trace for trace in TRACES if trace in repr(rows)]
        assert found == [], f"{table} has {found}"


async def test_pages_of_stored_mentions_bring_nobody_back(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_tables(client)
    monkeypatch.setattr(stored, "PAGE_ROWS", 2)
    forgetting = Forget(settings)
    clickhouse = Meanwhile(settings)
    async with clickhouse:
        clickhouse.what = forgetting.begin
        rerun = await backfill.over_stored(clickhouse, RULES, since=SINCE, until=UNTIL)
    forgetting.end()
    assert rerun.rewritten >= 2
    assert any("waits for a page" in line for line in forgetting.said)
    assert {STAYS} < set(ids(client))
    assert_nothing_is_left(client)
    assert ids(client, "upkeep_marks", "job") == []


async def test_records_of_kafka_bring_nobody_back(settings: Settings, client: Client) -> None:
    fill_tables(client)
    client.command("TRUNCATE TABLE mentions")  # filtered out when they came
    records = [
        OldRecord(offset, int(AT.timestamp() * 1000), b"k", raw(event))
        for offset, event in enumerate(events()[:3])
    ]
    stretch = Stretch(Origin(settings.mentions_topic, "topic", 0), 0, 2, records)
    history: Any = SimpleNamespace(stretches=lambda: iter([lambda: stretch]))
    forgetting = Forget(settings)
    clickhouse = Meanwhile(settings)
    async with clickhouse:
        clickhouse.what = forgetting.begin
        run = HistoryRun(clickhouse, RULES, ENRICHER, FakeModel())  # type: ignore[arg-type]
        assert (await run.over(history)).mentions == 3
    forgetting.end()
    assert set(ids(client, "mentions", "author_id")) == {LUIS, "x"}
    assert_nothing_is_left(client)


async def test_a_reply_out_of_kafkas_history_has_the_text_of_its_parent(
    settings: Settings, client: Client
) -> None:
    insert(client, "mentions", mention("bluesky:1"))
    reply = events()[2] | {"mention_id": "bluesky:2", "kind": "reply", "parent_id": "bluesky:1"}
    records = [OldRecord(0, int(AT.timestamp() * 1000), b"k", raw(reply))]
    stretch = Stretch(Origin(settings.mentions_topic, "topic", 0), 0, 0, records)
    history: Any = SimpleNamespace(stretches=lambda: iter([lambda: stretch]))
    async with ClickHouse(settings) as clickhouse:
        run = HistoryRun(clickhouse, RULES, ENRICHER, FakeModel())  # type: ignore[arg-type]
        assert (await run.over(history)).mentions == 1
    assert ids(client, "mentions", "parent_text") == ["", "text of bluesky:1"]


async def test_a_backfill_waits_while_somebody_is_forgotten_and_goes_on(
    settings: Settings, client: Client
) -> None:
    fill_tables(client)
    said: list[str] = []
    released = threading.Event()
    began = turns.Forgetting(client, said.append)

    def told(line: str) -> None:
        said.append(line)
        client.command(  # what it waits for has gone on and is done
            "ALTER TABLE mentions UPDATE text = 'changed' WHERE author_id = {id:String}",
            {"id": LUIS},
            settings={"mutations_sync": 1},
        )
        manager.__exit__(None, None, None)
        released.set()

    manager = began.turn()
    manager.__enter__()
    async with ClickHouse(settings) as clickhouse:
        await backfill.over_stored(clickhouse, RULES, say=told, since=SINCE, until=UNTIL)
    assert released.is_set()
    assert "waits until escucha forget is done" in said[0]
    query = "SELECT text FROM mentions FINAL WHERE author_id = {id:String}"
    assert client.query(query, {"id": LUIS}).result_rows == [("changed",)]


async def test_a_page_that_took_too_long_is_read_again(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_tables(client)
    waited = iter([True, False, False, False, False])

    def check(_self: turns.Rewriting) -> None:
        if next(waited):
            client.command(
                "ALTER TABLE mentions UPDATE text = 'changed' WHERE 1",
                settings={"mutations_sync": 1},
            )
            raise turns.PageTooOldError

    monkeypatch.setattr(turns.Rewriting, "check", check)
    async with ClickHouse(settings) as clickhouse:
        rerun = await backfill.over_stored(clickhouse, RULES, since=SINCE, until=UNTIL)
    assert rerun.read == 3
    assert set(ids(client, "mentions", "text")) == {"changed"}


@pytest.mark.parametrize("side", [turns.FORGETTING, turns.REWRITING])
def test_the_turn_of_one_that_was_killed_ends_by_itself(client: Client, side: str) -> None:
    client.command(
        "INSERT INTO upkeep_marks (job, mark)"
        " SELECT {job:String}, now64(3) + toIntervalMillisecond(1500)",
        {"job": f"{side}killed"},
    )

    def at_it() -> bool:
        [[count, _]] = client.query(turns._UNTIL, {"job": side}).result_rows
        return bool(count)

    assert at_it()
    deadline = time.monotonic() + 20
    while at_it():
        assert time.monotonic() < deadline
        time.sleep(0.05)
