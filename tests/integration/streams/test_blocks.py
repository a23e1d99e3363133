"""Blocks of rows in a real ClickHouse: in once, and found again by minute."""

import uuid
from collections.abc import AsyncIterator, Sequence

import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client

from streams.batches.seen import STORED_IDS
from streams.migrate import connect
from streams.sinks.clickhouse import ClickHouse
from streams.steps.columns import Origin
from streams.steps.duplicates import hash_ids
from tests.builders import (
    FakeRecord,
    Worker,
    deliver,
    interaction,
    make_worker,
    mention,
    mentions_block,
    raw,
)
from tests.integration.streams.helpers import Services

pytestmark = pytest.mark.usefixtures("leaves_nothing")


@pytest.fixture
async def clickhouse(services: Services) -> AsyncIterator[ClickHouse]:
    async with ClickHouse(services.settings(services.model_store)) as clickhouse:
        yield clickhouse


@pytest.fixture
def client(services: Services) -> Client:
    return connect(services.settings(services.model_store), in_database=True)


@pytest.fixture
def origin() -> Origin:
    return Origin("mentions.blocks", f"topic-{uuid.uuid4()}", 0)


@pytest.fixture
def source() -> str:
    """Tells the rows of a test from others in the views."""
    return f"lab{uuid.uuid4().hex[:12]}"


def block_of(source: str, times: Sequence[str], origin: Origin, first_offset: int = 0) -> pa.Table:
    """One mention per time, of two brands, of one and of none in turn."""
    texts = ("Nimbara o Zumo", "un Nimbara", "un móvil")
    records = [
        FakeRecord(
            offset,
            raw(
                mention(
                    f"{source}:{offset}",
                    source=source,
                    text=texts[offset % 3],
                    published_at=time,
                )
            ),
        )
        for offset, time in enumerate(times, start=first_offset)
    ]
    return mentions_block(records, origin)


def counts(client: Client, source: str) -> tuple[int, int]:
    row = client.query(
        "SELECT (SELECT count() FROM mentions WHERE source = {source:String}),"
        " (SELECT sum(mentions) FROM mentions_by_hour WHERE source = {source:String})",
        {"source": source},
    ).first_row
    return row[0], row[1]


TIMES = [f"2026-07-04T10:00:{second:02}Z" for second in range(60)]
OVER_YEARS = [f"{2003 + number % 23}-03-0{1 + number % 9}T10:00:00Z" for number in range(60)]


@pytest.mark.parametrize("times", [TIMES, OVER_YEARS], ids=["one hour", "23 years"])
async def test_the_same_token_twice_counts_once_in_table_and_views(
    clickhouse: ClickHouse, client: Client, origin: Origin, source: str, times: list[str]
) -> None:
    block = block_of(source, times, origin)

    for _ in range(3):
        await clickhouse.insert("mentions", block, f"{origin.topic_id}/0/0")

        assert counts(client, source) == (60, 60)


async def test_the_next_position_has_another_token(
    clickhouse: ClickHouse, client: Client, origin: Origin, source: str
) -> None:
    for position in (0, 60):
        block = block_of(source, TIMES, origin, position)
        await clickhouse.insert("mentions", block, f"{origin.topic_id}/0/{position}")

    assert counts(client, source) == (120, 120)


async def test_a_block_that_reached_its_table_and_not_its_views_is_completed(
    clickhouse: ClickHouse, client: Client, origin: Origin, source: str
) -> None:
    block, token = block_of(source, OVER_YEARS, origin), f"{origin.topic_id}/0/0"
    client.command("DETACH TABLE mentions_by_hour_view")
    try:
        await clickhouse.insert("mentions", block, token)
        assert counts(client, source) == (60, 0)
    finally:
        client.command("ATTACH TABLE mentions_by_hour_view")

    for _ in range(2):
        await clickhouse.insert("mentions", block, token)

    assert counts(client, source) == (60, 60)


@pytest.fixture
def worker(clickhouse: ClickHouse, origin: Origin) -> Worker:
    async def topic_id(_: str) -> str:
        return origin.topic_id

    return make_worker(clickhouse, topic_id=topic_id)  # type: ignore[arg-type]


async def stored_ids(
    clickhouse: ClickHouse, origin: Origin, minutes: list[int], own_from: int
) -> set[int]:
    found = await clickhouse.columns(
        STORED_IDS["mentions"],
        {
            "minutes": minutes,
            "first": min(minutes),
            "last": max(minutes),
            "topic_id": origin.topic_id,
            "partition": origin.partition,
            "own_from": own_from,
        },
    )
    return set(found["hash"].to_pylist())


def hashes(source: str, *offsets: int) -> set[int]:
    return set(hash_ids([f"{source}:{offset}" for offset in offsets]).tolist())


async def test_a_batchs_own_rows_and_later_ones_are_not_seen(
    clickhouse: ClickHouse, origin: Origin, source: str
) -> None:
    minute = 1_751_623_200 // 60
    times = ["2025-07-04T10:00:00Z"] * 3
    await clickhouse.insert("mentions", block_of(source, times, origin, 99), origin.topic_id)
    beside = Origin(origin.topic, origin.topic_id, 1)
    await clickhouse.insert("mentions", block_of(source, times, beside, 500), "1" + source)
    elsewhere = Origin(origin.topic, "another-" + source, 0)
    await clickhouse.insert("mentions", block_of(source, times, elsewhere, 600), "2" + source)
    others = {500, 501, 502, 600, 601, 602}

    for position, seen in ((99, ()), (100, (99,)), (101, (99, 100)), (102, (99, 100, 101))):
        found = await stored_ids(clickhouse, origin, [minute], position)
        assert found == hashes(source, *others, *seen)


async def test_ids_are_of_the_minutes_that_were_asked_for(
    clickhouse: ClickHouse, origin: Origin, source: str
) -> None:
    times = [
        "2024-02-29T09:59:59.999Z",
        "2024-02-29T10:00:00Z",
        "2024-02-29T10:00:59.999Z",
        "2024-02-29T10:01:00Z",
        "2024-02-29T10:02:30+00:00",
        "2024-02-29T15:03:00+05:00",
        "2001-01-01T00:00:00Z",
    ]
    await clickhouse.insert("mentions", block_of(source, times, origin), source)
    minute = 1_709_200_800 // 60

    assert await stored_ids(clickhouse, origin, [minute], 1_000) == hashes(source, 1, 2)
    assert await stored_ids(clickhouse, origin, [minute + 2, minute], 1_000) == hashes(
        source, 1, 2, 4
    )
    assert await stored_ids(clickhouse, origin, [minute + 3], 1_000) == hashes(source, 5)
    millennium = 978_307_200 // 60
    assert await stored_ids(clickhouse, origin, [minute - 1, millennium], 1_000) == hashes(
        source, 0, 6
    )
    assert await stored_ids(clickhouse, origin, [minute - 2], 1_000) == set()


async def test_what_another_topic_brought_is_a_duplicate_and_an_own_half_written_batch_is_not(
    clickhouse: ClickHouse, client: Client, worker: Worker, origin: Origin, source: str
) -> None:
    times = ["2023-05-05T10:00:00Z"] * 4
    before = Origin(origin.topic, "before-" + source, 0)
    await clickhouse.insert("mentions", block_of(source, times[:2], before), source)
    # Offsets 2 and 3 are there because a worker died between its rows and its acknowledgement.
    await clickhouse.insert(
        "mentions", block_of(source, times[2:], origin, 2), f"{origin.topic_id}/0/0"
    )
    records = [
        FakeRecord(
            offset, raw(mention(f"{source}:{offset}", source=source, published_at=times[offset]))
        )
        for offset in range(4)
    ]

    _, [batch] = await deliver(worker.pipeline, records)
    await worker.pipeline.process(batch)

    [progress] = [progress for progress, _ in worker.announced]
    assert progress.mentions == 2
    assert counts(client, source) == (4, 4)
    assert batch.delivery.committable == 4


async def test_what_was_merged_or_erased_since_does_not_stop_a_late_redelivery(
    clickhouse: ClickHouse, client: Client, worker: Worker, origin: Origin, source: str
) -> None:
    """The ledger still has rows that a merge, or somebody's right, has taken."""
    events = [
        mention(f"{source}:1", source=source),
        mention(f"{source}:1", source=source, edited_at="2026-07-04T10:01:00Z"),
        mention(f"{source}:2", source=source),
        interaction(f"{source}:like", source=source),
    ]
    records = [FakeRecord(offset, raw(event)) for offset, event in enumerate(events)]
    _, [batch] = await deliver(worker.pipeline, records)
    await worker.pipeline.process(batch)
    client.command("OPTIMIZE TABLE mentions FINAL")
    client.command(
        "INSERT INTO erased (table_name, topic_id, kafka_partition, kafka_offset, reason)"
        " SELECT 'mentions', topic_id, kafka_partition, kafka_offset, 'forget' FROM mentions"
        " WHERE mention_id = {id:String}",
        {"id": f"{source}:2"},
    )
    client.command("DELETE FROM mentions WHERE mention_id = {id:String}", {"id": f"{source}:2"})
    assert counts(client, source) == (1, 2)
    delivery, [again] = await deliver(worker.pipeline, records)
    assert again.was_planned
    await worker.pipeline.process(again)

    assert delivery.committable == 4
    assert counts(client, source) == (1, 2)
