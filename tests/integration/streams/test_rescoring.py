"""Judging history anew beside edits, rules that are run again, deletions, and a second run."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from models.predictions import HEADS, Predictions, Texts
from streams.errors import InputError
from streams.listening import backfill, stored
from streams.listening import turn as turns
from streams.listening.turn import turn
from streams.migrate import connect
from streams.modelling import rescore as rescoring
from streams.modelling.replay import replay
from streams.modelling.replay_text import as_text
from streams.modelling.rescore import Rescored, rescore
from streams.rule_book import RulesInForce
from streams.sinks.clickhouse import ClickHouse
from streams.steps.pseudonyms import AuthorKeys
from streams.upkeep.deletions import carry_out
from streams.upkeep.marks import EPOCH, server_time
from tests.builders import (
    LISTENING,
    FakeModel,
    FakeRecord,
    FixedModels,
    deletion,
    deliver,
    make_worker,
    mention,
    process_all,
    raw,
)
from tests.integration.streams.helpers import Services

SINCE, UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
TABLES = (
    "mentions mentions_by_hour deletions erased ledger rule_versions rewrites shadow_judgements"
)


class Eager(FakeModel):
    """Sees active intent everywhere."""

    def predict(self, texts: Texts) -> Predictions:
        chances = dict(super().predict(texts).probabilities)
        chances["intent"] = chances["intent"][:, ::-1].copy()
        return Predictions.most_probable(chances)


class Killed(Eager):
    """Does not live to see its second page."""

    pages = 0

    def predict(self, texts: Texts) -> Predictions:
        self.pages += 1
        if self.pages > 1:
            raise KeyboardInterrupt
        return super().predict(texts)


@pytest.fixture
def client(services: Services) -> Iterator[Client]:
    """Empty tables: what is rescored here is everything there is."""
    with connect(services.settings(services.model_store), in_database=True) as client:
        for table in TABLES.split():
            client.command(f"TRUNCATE TABLE {table} SYNC")
        yield client
        for table in TABLES.split():
            client.command(f"TRUNCATE TABLE {table} SYNC")


@pytest.fixture
async def clickhouse(services: Services, client: Client) -> AsyncIterator[ClickHouse]:
    async with ClickHouse(services.settings(services.model_store)) as clickhouse:
        yield clickhouse


class Stream:
    """Mentions through the pipeline, one batch after the other."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse
        self._topic_id = f"topic-{uuid.uuid4()}"
        self._next = 0

    async def send(self, *events: Mapping[str, Any], models: FixedModels | None = None) -> None:
        async def the_topic_id(_: str) -> str:
            return self._topic_id

        worker = make_worker(
            self._clickhouse,  # type: ignore[arg-type]
            topic_id=the_topic_id,
            models=models,
        )
        log = [FakeRecord(n, raw(event)) for n, event in enumerate(events, start=self._next)]
        _, batches = await deliver(worker.pipeline, log, position=self._next)
        assert set(await process_all(worker.pipeline, batches)) == {None}
        self._next += len(events)


@pytest.fixture
def stream(clickhouse: ClickHouse) -> Stream:
    return Stream(clickhouse)


@pytest.fixture
def pages_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "PAGE_ROWS", 2)
    for name in ("FIRST_PAGE", "SMALLEST_PAGE"):
        monkeypatch.setattr(rescoring, name, 2)


def rules(sequence: int, brand: str = "Otra") -> RulesInForce:
    listening = LISTENING.replace("Kolmio", brand)
    return RulesInForce.of(sequence, listening, "newer.yaml", AuthorKeys())


async def anew(clickhouse: ClickHouse, model: FakeModel) -> Rescored:
    return await rescore(clickhouse, model, since=SINCE, until=UNTIL)


async def run_again(clickhouse: ClickHouse, sequence: int, brand: str = "Otra") -> None:
    await backfill.over_stored(clickhouse, rules(sequence, brand), since=SINCE, until=UNTIL)


def current(client: Client) -> list[tuple[Any, ...]]:
    """Of each mention: who judged it, how, which rules matched it, its text."""
    return [
        tuple(row)
        for row in client.query(
            "SELECT mention_id, model_version, intent, bitAnd(version, 65535) - rescored, brands,"
            " text FROM mentions FINAL ORDER BY mention_id"
        ).result_rows
    ]


@pytest.mark.usefixtures("pages_of_two")
async def test_rules_and_models_keep_what_the_other_did_in_any_order(
    clickhouse: ClickHouse, client: Client, stream: Stream
) -> None:
    await stream.send(*(mention(f"csv:{n}", text="Otra o Nimbara") for n in range(5)))
    assert (await anew(clickhouse, Eager("two"))).rescored == 5
    await run_again(clickhouse, 1)
    expected = [
        (f"csv:{n}", "two", "active", 1, ["Nimbara", "Otra"], "Otra o Nimbara") for n in range(5)
    ]
    assert current(client) == expected
    await run_again(clickhouse, 2, brand="Kolmio")
    assert (await anew(clickhouse, FakeModel("three"))).changed == 5
    assert current(client) == [
        (*row[:1], "three", "none", 2, ["Nimbara"], row[5]) for row in expected
    ]
    assert (await anew(clickhouse, FakeModel("three"))).rescored == 0
    assert (await anew(clickhouse, Eager("two"))).rescored == 5  # after a rollback
    assert {row[1:4] for row in current(client)} == {("two", "active", 2)}
    counted = client.query("SELECT intent, mentions FROM mentions_by_hour FINAL").result_rows
    assert counted == [("none", 5)]  # by the first judgement, once


@pytest.mark.usefixtures("pages_of_two")
async def test_rules_and_models_at_the_same_time_take_turns(
    clickhouse: ClickHouse, client: Client, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "ASK_EVERY_SEC", 0.05)
    await stream.send(*(mention(f"csv:{n}", text="Otra") for n in range(20)))
    await asyncio.gather(run_again(clickhouse, 1), anew(clickhouse, Eager("two")))
    assert {row[1:5] for row in map(_hashable, current(client))} == {
        ("two", "active", 1, ("Otra",))
    }


def _hashable(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:4], tuple(row[4]), row[5])


async def test_an_edit_wins_whether_it_comes_before_or_after(
    clickhouse: ClickHouse, client: Client, stream: Stream
) -> None:
    edits = [
        mention(f"csv:{n}", text="después", edited_at="2026-07-04T10:01:00Z") for n in range(2)
    ]
    await stream.send(mention("csv:0"), mention("csv:1"), edits[0])
    for version in ("two", "three", "four"):
        assert (await anew(clickhouse, Eager(version))).rescored == 2
    assert [row[1:3] for row in current(client)] == [("four", "active")] * 2
    await stream.send(edits[1])
    assert [(row[1], row[2], row[5]) for row in current(client)] == [
        ("four", "active", "después"),
        ("fake-1", "none", "después"),
    ]
    await stream.send(mention("csv:0"), mention("csv:1"), *edits)  # sent again: all known
    assert len(current(client)) == 2
    assert client.query("SELECT sum(duplicates) FROM ledger").first_row[0] == 4


@pytest.mark.usefixtures("pages_of_two")
async def test_a_run_that_was_killed_is_gone_on_with(
    clickhouse: ClickHouse, client: Client, stream: Stream
) -> None:
    await stream.send(*(mention(f"csv:{n}") for n in range(6)))
    with pytest.raises(KeyboardInterrupt):
        await anew(clickhouse, Killed("two"))
    assert [row[1] for row in current(client)] == ["two"] * 2 + ["fake-1"] * 4
    assert (await anew(clickhouse, Eager("two"))).rescored == 4
    assert {row[1:3] for row in current(client)} == {("two", "active")}


async def test_a_second_rewriter_waits_and_gives_up_and_a_sleeper_loses_its_turn(
    clickhouse: ClickHouse, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "ASK_EVERY_SEC", 0.05)
    monkeypatch.setattr(turns, "PATIENCE_SEC", 0.2)
    async with turn(clickhouse, "the first") as first:
        await first.keep()
        with pytest.raises(InputError, match="the first"):
            async with turn(clickhouse, "the second"):
                pytest.fail("both have it")
        _sleep_a_minute(client)
        async with turn(clickhouse, "the third") as third:
            await third.keep()
            with pytest.raises(InputError, match="stood still"):
                await first.keep()
    async with turn(clickhouse, "the fourth") as fourth:
        await fourth.keep()


def _sleep_a_minute(client: Client) -> None:
    """As if whoever has a turn now had said so a minute ago."""
    rows = client.query("SELECT holder, what, ended, seen_at - 60 FROM rewrites").result_rows
    client.command("TRUNCATE TABLE rewrites SYNC")
    client.insert("rewrites", rows, column_names=["holder", "what", "ended", "seen_at"])


async def test_what_was_deleted_meanwhile_does_not_come_back(
    clickhouse: ClickHouse, client: Client, stream: Stream
) -> None:
    class Meanwhile(Eager):
        def predict(self, texts: Texts) -> Predictions:
            carry_out(client, EPOCH)
            return super().predict(texts)

    both = FixedModels(FakeModel("one"), FakeModel("beside"))
    await stream.send(mention("csv:1"), mention("csv:2"), models=both)
    await stream.send(deletion("csv:1"))
    since = server_time(client)
    await anew(clickhouse, Meanwhile("two"))
    carry_out(client, since)
    assert [row[:2] for row in current(client)] == [("csv:2", "two")]
    left = client.query("SELECT mention_id FROM shadow_judgements FINAL").result_rows
    assert left == [("csv:2",)]


async def test_a_replay_counts_by_direction_language_and_brand(
    clickhouse: ClickHouse, client: Client, stream: Stream
) -> None:
    await stream.send(
        mention("csv:1", text="¿dónde puedo comprar un Nimbara?"),
        mention("csv:2", text="hoy llueve mucho en la ciudad"),
        mention("csv:3", text="the weather is very nice today, isn't it"),
    )
    before = current(client)
    found = await replay(clickhouse, Eager("two"), since=SINCE, until=UNTIL, threshold=0.5)
    assert current(client) == before
    assert (found.mentions, found.changed) == (3, {"intent": 3, "stage": 0, "needs_reply": 0})
    [direction] = found.directions
    assert (direction.head, direction.before, direction.after) == ("intent", "none", "active")
    assert (found.alerts.before, found.alerts.after, found.alerts.entering_mentions) == (0, 3, 3)
    groups = {(g.kind, g.name): (g.mentions, g.changed["intent"], g.entering) for g in found.groups}
    assert groups == {
        ("lang", "es"): (2, 2, 2),
        ("lang", "en"): (1, 1, 1),
        ("brand", "Nimbara"): (1, 1, 1),
        ("brand", ""): (2, 2, 2),
    }
    leads = found.leads
    people = client.query("SELECT uniqExact(source, author_id) FROM mentions FINAL").result_rows
    assert (leads.before, leads.after, leads.leaving_people) == (0, people[0][0], 0)
    assert leads.entering_people == len(leads.entering) == leads.after
    assert {one.mention_id for one in leads.entering} <= {"csv:1", "csv:2", "csv:3"}
    assert "leads): 0 now" in as_text(found)
    spanish = as_text(found, "es")
    assert f"cambiarían {found.changed_at_all} de {found.mentions} menciones (" in spanish
    assert "(oportunidades): 0 ahora" in spanish
    assert "\nmarca   Nimbara" in spanish
    assert not [word for word in ("mentions", "enter", "would", "now") if word in spanish]
    back = await replay(clickhouse, FakeModel("one"), since=SINCE, until=UNTIL, threshold=0.5)
    assert (back.changed_at_all, back.directions, back.alerts.after) == (0, [], 0)
    assert HEADS["intent"].classes[-1] == "active"
