"""The real ClickHouse under what tests of single parts leave out: odd ids, merges, races, kills."""

import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client

from deploy.kafka_jvm import KafkaJvm
from streams.errors import SinkRejectedError
from streams.listening import backfill, stored
from streams.listening.history import HistoryRun, OldRecord, Stretch
from streams.migrate import connect, migrate
from streams.rule_book import RulesInForce
from streams.sinks.clickhouse import ClickHouse
from streams.steps.columns import Origin
from streams.steps.pseudonyms import AuthorKeys
from streams.upkeep.deletions import carry_out
from streams.upkeep.marks import server_time
from tests.builders import (
    ENRICHER,
    LISTENING,
    FakeModel,
    FakeRecord,
    Worker,
    deletion,
    deliver,
    interaction,
    make_worker,
    mention,
    process_all,
    raw,
)
from tests.integration.streams.helpers import Lane, Services, wait_for

SINCE, UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
TABLES = "mentions mentions_by_hour interactions deletions erased ledger backfills rule_versions"
NEWER = LISTENING.replace("Kolmio", "Otra").replace("firehose: matched", "firehose: everything")


def _empty(client: Client) -> None:
    [client.command(f"TRUNCATE TABLE {table} SYNC") for table in TABLES.split()]


@pytest.fixture
def client(services: Services) -> Iterator[Client]:
    """Empty tables: upkeep and rules reach across all of them."""
    with connect(services.settings(services.model_store), in_database=True) as client:
        _empty(client)
        yield client
        _empty(client)


@pytest.fixture
async def clickhouse(services: Services, client: Client) -> AsyncIterator[ClickHouse]:
    async with ClickHouse(services.settings(services.model_store)) as clickhouse:
        yield clickhouse


@pytest.fixture
def topic_id() -> str:
    return f"topic-{uuid.uuid4()}"


def worker_of(clickhouse: object, topic_id: str, **options: Any) -> Worker:
    async def the_topic_id(_: str) -> str:
        return topic_id

    return make_worker(clickhouse, topic_id=the_topic_id, **options)  # type: ignore[arg-type]


def log_of(*events: Mapping[str, Any], first_offset: int = 0) -> list[FakeRecord]:
    return [FakeRecord(n, raw(event)) for n, event in enumerate(events, start=first_offset)]


async def process(worker: Worker, log: list[FakeRecord], size: int = 20_000) -> None:
    _, batches = await deliver(worker.pipeline, log, position=log[0].offset, max_records=size)
    assert set(await process_all(worker.pipeline, batches)) == {None}


def one(client: Client, query: str) -> Any:
    return client.query(query).result_rows[0][0]


def exact(client: Client) -> tuple[int, int]:
    """What the ledger and the backfills planned, and what the view has counted."""
    return (
        one(
            client,
            "SELECT (SELECT sum(mentions) FROM ledger) + (SELECT sum(mentions) FROM backfills)",
        ),
        one(client, "SELECT sum(mentions) FROM mentions_by_hour"),
    )


def newer(sequence: int = 1) -> RulesInForce:
    return RulesInForce.of(sequence, NEWER, "newer.yaml", AuthorKeys())


async def test_a_batch_may_touch_as_many_minutes_as_it_has_records(
    clickhouse: ClickHouse, client: Client, topic_id: str
) -> None:
    start = datetime(2019, 1, 1, tzinfo=UTC)
    log = log_of(
        *(
            mention(
                f"csv:{n}", text="hola", published_at=(start + timedelta(minutes=3 * n)).isoformat()
            )
            for n in range(20_000)
        )
    )
    await process(worker_of(clickhouse, topic_id), log)
    await process(
        worker_of(clickhouse, topic_id), [FakeRecord(20_000 + r.offset, r.value) for r in log]
    )
    assert exact(client) == (20_000, 20_000)
    assert one(client, "SELECT sum(duplicates) FROM ledger") == 20_000


ODD = [
    "'",
    "\\",
    "\\'",
    "\0",
    '"',
    "{a:String}",
    "%00",
    "]",
    "\\N",
    "\\0",
    "ñ" * 508,
    "'" * 508,
    "\\" * 508,
]


async def test_odd_ids_are_found_again_as_parents_as_pages_and_as_duplicates(
    clickhouse: ClickHouse, client: Client, topic_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"csv:{odd}" for odd in ODD]
    originals = log_of(*(mention(one_id, text=f"el original {n}") for n, one_id in enumerate(ids)))
    await process(worker_of(clickhouse, topic_id), originals)
    replies = [
        mention(f"csv:r{n}", kind="reply", parent_id=one_id, text="sí")
        for n, one_id in enumerate(ids)
    ]
    again = log_of(*replies, *(mention(i) for i in ids), first_offset=100)
    await process(worker_of(clickhouse, topic_id), again)

    texts = client.query(
        "SELECT mention_id, parent_text FROM mentions WHERE kind = 'reply'"
    ).result_rows
    assert {row[0]: row[1] for row in texts} == {
        f"csv:r{n}": f"el original {n}" for n in range(len(ids))
    }
    assert one(client, "SELECT sum(duplicates) FROM ledger") == len(ids)

    monkeypatch.setattr(stored, "PAGE_ROWS", 1)
    rerun = await backfill.over_stored(clickhouse, newer(), since=SINCE, until=UNTIL)
    assert (rerun.read, rerun.rewritten) == (2 * len(ids), 2 * len(ids))
    assert one(client, "SELECT countIf(version = 1) FROM mentions FINAL") == 2 * len(ids)


async def test_two_thousand_parents_of_the_worst_letters_fit(
    clickhouse: ClickHouse, topic_id: str
) -> None:
    for letter in ("\0", "'", "\\", "ñ"):
        parents = (f"csv:{n}{letter * 500}" for n in range(300))
        log = log_of(
            *(
                mention(f"csv:{ord(letter)}-{n}", kind="reply", parent_id=parent)
                for n, parent in enumerate(parents)
            ),
            first_offset=1_000 * ord(letter),
        )
        await process(worker_of(clickhouse, topic_id), log)


async def test_merges_between_any_two_steps_change_no_count(
    clickhouse: ClickHouse, client: Client, topic_id: str
) -> None:
    log = log_of(
        mention("csv:1"),
        mention("csv:1", text="después", edited_at="2026-07-04T10:01:00Z"),
        mention("csv:2"),
        interaction("csv:like"),
        mention("csv:2", text="más tarde", edited_at="2026-07-04T10:02:00Z"),
        mention("csv:2", text="antes", edited_at="2026-07-04T10:01:00Z"),
    )
    for _ in range(2):  # the second time everything is repeated
        worker = worker_of(clickhouse, topic_id)
        delivery, batches = await deliver(worker.pipeline, log, max_records=2)
        for batch in batches:
            assert await process_all(worker.pipeline, [batch]) == [None]
            for table in ("mentions", "mentions_by_hour", "interactions", "ledger"):
                client.command(f"OPTIMIZE TABLE {table} FINAL")
        assert delivery.committable == 6
        assert exact(client) == (2, 2)
        found = client.query("SELECT mention_id, text FROM mentions FINAL ORDER BY 1").result_rows
        assert found == [("csv:1", "después"), ("csv:2", "más tarde")]


class Meanwhile(ClickHouse):
    """Something happens just before rows of mentions are written."""

    what: Any = None

    async def insert(self, table: str, block: pa.Table, token: str) -> None:
        if table == "mentions" and self.what is not None:
            what, self.what = self.what, None
            what()
        await super().insert(table, block, token)


async def test_a_mention_deleted_while_rules_run_over_it_stays_away(
    services: Services, client: Client, topic_id: str
) -> None:
    clickhouse = Meanwhile(services.settings(services.model_store))
    async with clickhouse:
        worker = worker_of(clickhouse, topic_id)
        await process(worker, log_of(mention("csv:1"), mention("csv:2")))
        client.command(
            "ALTER TABLE mentions UPDATE stored_at = stored_at - toIntervalDay(20) WHERE 1",
            settings={"mutations_sync": 1},
        )
        await process(worker, log_of(deletion("csv:1"), first_offset=2))
        clickhouse.what = lambda: carry_out(client, SINCE)
        since = server_time(client)
        await backfill.over_stored(clickhouse, newer(), since=SINCE, until=UNTIL)
        carry_out(client, since)
    assert one(client, "SELECT groupArray(mention_id) FROM mentions FINAL") == ["csv:2"]


async def test_a_blocked_author_stays_blocked_past_the_retention_of_deletions(
    clickhouse: ClickHouse, client: Client, topic_id: str
) -> None:
    insert = (
        "INSERT INTO deletions (target, target_id, source, deleted_at, kafka_timestamp, stored_at)"
        " SELECT 'author', '{}', 'csv', '{}', '2099-12-31', now() - INTERVAL 80 DAY"
    )
    client.command(insert.format("author", "2099-12-31"))
    client.command(insert.format("other", "2026-07-04"))
    carry_out(client, server_time(client))
    renewed = "SELECT target_id FROM deletions FINAL WHERE stored_at > now() - INTERVAL 1 DAY"
    assert client.query(renewed).result_rows == [("author",)]
    await process(worker_of(clickhouse, topic_id), log_of(mention("csv:1")))
    carry_out(client, server_time(client) - timedelta(minutes=2))
    assert one(client, "SELECT count() FROM mentions") == 0


async def test_a_page_is_rewritten_as_often_as_rows_of_it_are_due(
    clickhouse: ClickHouse, client: Client, topic_id: str
) -> None:
    worker = worker_of(clickhouse, topic_id)
    ends = [mention("csv:0"), mention("csv:9")]
    await process(worker, log_of(*ends))
    await backfill.over_stored(clickhouse, newer(), since=SINCE, until=UNTIL)
    for n in (1, 2):  # workers that have not taken the rules up yet
        late = [mention(f"csv:{n}{m}") for m in (0, 1)]
        await process(worker, log_of(*late, first_offset=10 * n))
        rerun = await backfill.over_stored(clickhouse, newer(), since=SINCE, until=UNTIL)
        assert rerun.rewritten == 2
        assert one(client, "SELECT countIf(version != 1) FROM mentions FINAL") == 0


HEARD_LATE = [mention("firehose:1", source="firehose", text="hoy llueve")]


async def rerun_of_history(clickhouse: ClickHouse, topic_id: str, log: list[FakeRecord]) -> None:
    run = HistoryRun(clickhouse, newer(), ENRICHER, FakeModel())  # type: ignore[arg-type]
    records = [OldRecord(r.offset, r.timestamp, r.key, r.value) for r in log]
    origin = Origin("mentions.raw.v1", topic_id, 0)
    await run._one(Stretch(origin, 0, log[-1].offset, records))


async def test_history_killed_between_plan_and_rows_is_completed_when_it_is_run_again(
    services: Services, client: Client, topic_id: str
) -> None:
    log = log_of(*HEARD_LATE)

    def killed() -> None:
        raise KeyboardInterrupt

    clickhouse = Meanwhile(services.settings(services.model_store))
    async with clickhouse:
        await process(worker_of(clickhouse, topic_id), log)
        assert one(client, "SELECT sum(filtered) FROM ledger") == 1
        clickhouse.what = killed
        with pytest.raises(KeyboardInterrupt):
            await rerun_of_history(clickhouse, topic_id, log)
        for _ in range(2):
            await rerun_of_history(clickhouse, topic_id, log)
    assert exact(client) == (1, 1)
    assert one(client, "SELECT count() FROM mentions") == 1


async def test_history_that_the_view_did_not_count_is_counted_when_it_is_run_again(
    clickhouse: ClickHouse, client: Client, topic_id: str
) -> None:
    log = log_of(*HEARD_LATE)
    await process(worker_of(clickhouse, topic_id), log)
    views = ("mentions_by_hour_view", "mentions_to_count_view")
    [client.command(f"DETACH TABLE {view}") for view in views]
    try:
        with pytest.raises(SinkRejectedError, match="are its views there"):
            await rerun_of_history(clickhouse, topic_id, log)
    finally:
        [client.command(f"ATTACH TABLE {view}") for view in views]
    assert exact(client) == (1, 0)
    await rerun_of_history(clickhouse, topic_id, log)
    assert exact(client) == (1, 1)
    assert one(client, "SELECT count() FROM mentions") == 1


ANA, LUIS = "did:plc:ana4711", "did:plc:luis"
RULES = """
brands: [{{name: Nimbara, own: true, accounts: [{{source: csv, id: nimbara-id}}]}}]
topics: [{{name: rain, rule: lluvia}}]
interests: []
keep: {{default: {keep}}}
"""


@pytest.fixture(params=["tansu", pytest.param("kafka", marks=pytest.mark.kafka_jvm)])
def lane(
    request: pytest.FixtureRequest, services: Services, client: Client, tmp_path: Path
) -> Iterator[Lane]:
    if request.param == "tansu":
        yield Lane.make(services, tmp_path)
        return
    with KafkaJvm(tmp_path / "kafka") as broker:
        kafka = replace(services, broker=broker)  # type: ignore[arg-type]
        migrate(kafka.settings(tmp_path / "run"), dry_run=False, say=lambda _: None)
        yield Lane.make(kafka, tmp_path)


def apply_rules(lane: Lane, keep: str) -> None:
    path = lane.folder / "listening.yaml"
    path.write_text(RULES.format(keep=keep), encoding="utf-8")
    assert lane.run("rules", "apply", path).returncode == 0


def said_by(author: str, number: int, text: str, **changes: Any) -> bytes:
    who = {"id": author, "handle": author.removeprefix("did:plc:")}
    post = f"csv:at://{author}/post/{number}"
    return raw(mention(post, author=who, text=text, **changes))


def liked_by(author: str) -> bytes:
    return raw(interaction(f"csv:{author}", author={"id": author}, target_author_id="nimbara-id"))


def test_who_is_forgotten_while_a_worker_runs_does_not_come_back(
    lane: Lane, client: Client
) -> None:
    """Neither as a copy of what was cut, nor with a replay, nor with rules over old records."""
    apply_rules(lane, "matched")
    hers = [said_by(ANA, n, f"un Nimbara {n}") for n in (0, 1, 2, 1, 0)]
    hers += [said_by(ANA, 3, "hoy llueve")]
    answer = {"parent_id": f"csv:at://{ANA}/post/0", "parent_author_id": ANA, "kind": "reply"}
    others = [said_by(LUIS, n, f"@ana4711 otro Nimbara {n}", **answer) for n in range(40)]
    others += [b"{", liked_by(LUIS)]
    planned = len(hers) + len(others) + 1

    with lane.worker(rules_refresh_sec=0.2) as worker:
        lane.produce(hers, key=ANA.encode())
        wait_for(lambda: lane.planned("records") == len(hers), "her records")
        lane.produce(others, key=LUIS.encode())
        # In a batch of its own: once it is gone, its token is forgotten with its part.
        lane.produce([liked_by(ANA)], key=ANA.encode(), partition=1)
        wait_for(lambda: lane.planned("records") == planned, "all records")
        counted = lane.planned("mentions")
        assert lane.balance_once_settled().problems == []
        done = lane.run("forget", ANA, "--yes", "--json")
        assert done.returncode == 0, done.stderr.decode()
        assert lane.balance_once_settled().problems == []
        assert lane.planned("mentions") == counted == 43
        worker.kill()

    with lane.worker(kafka_group=f"{lane.topic}-again", rules_refresh_sec=0.2) as again:
        lane.produce([said_by(LUIS, 99, "un Nimbara más")], key=LUIS.encode())
        wait_for(lambda: lane.planned("mentions") == counted + 1, "what came after")
        apply_rules(lane, "everything")
        back = lane.run("rules", "backfill", "--since", "2026-07-01")
        assert back.returncode == 0, back.stderr.decode()
        assert again.terminate() == 0
    carry_out(client, SINCE)
    for table in ("mentions", "interactions"):
        assert one(client, f"SELECT groupUniqArray(author_id) FROM {table}") == [LUIS]
    named = "SELECT countIf(parent_id != '' OR text LIKE '%ana4711%') FROM mentions FINAL"
    assert one(client, named) == 0
    assert exact(client) == (44, 44)
