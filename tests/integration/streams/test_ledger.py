"""The ledger's questions, answered by a real ClickHouse."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from clickhouse_connect.driver.client import Client

from streams.errors import OwnershipLostError
from streams.ledger import Ledger, Plan
from streams.migrate import connect
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from tests.integration.streams.helpers import Services

pytestmark = pytest.mark.usefixtures("leaves_nothing")


@pytest.fixture
def settings(services: Services) -> Settings:
    return services.settings(services.model_store)


@pytest.fixture
async def ledger(settings: Settings) -> AsyncIterator[Ledger]:
    async with ClickHouse(settings) as clickhouse:
        yield Ledger(clickhouse)


@pytest.fixture
def client(settings: Settings) -> Client:
    return connect(settings, in_database=True)


@pytest.fixture
def first() -> Plan:
    """Offsets 100 to 199 of a topic that nobody else has."""
    return Plan(
        topic="mentions.ledger",
        topic_id=f"topic-{uuid.uuid4()}",
        kafka_partition=3,
        position=100,
        first_offset=100,
        last_offset=199,
        records=100,
        mentions=60,
        interactions=20,
        heartbeats=10,
        duplicates=5,
        dead_letters=5,
        filtered=0,
        worker="worker-1",
        model_version="model-1",
    )


def at(plan: Plan, position: int, last_offset: int, **changes: object) -> Plan:
    return replace(
        plan, position=position, first_offset=position, last_offset=last_offset, **changes
    )


def counted(plan: Plan, *, records: int, dead_letters: int) -> Plan:
    others = {"interactions": 0, "heartbeats": 0, "duplicates": 0, "filtered": 0}
    mentions = records - dead_letters
    return replace(plan, records=records, dead_letters=dead_letters, mentions=mentions, **others)


def plans_of(client: Client, plan: Plan) -> list[tuple[int, str]]:
    return [
        tuple(row)
        for row in client.query(
            "SELECT position, worker FROM ledger WHERE topic_id = {id:String} ORDER BY position",
            {"id": plan.topic_id},
        ).result_rows
    ]


async def test_who_plans_a_position_first_has_it(
    ledger: Ledger, client: Client, first: Plan
) -> None:
    await ledger.plan(first)
    await ledger.plan(first)  # an answer that was lost, asked for again

    with pytest.raises(OwnershipLostError, match=r"mentions\.ledger/3 at 100: planned by others"):
        await ledger.plan(replace(first, worker="worker-2"))

    assert plans_of(client, first) == [(100, "worker-1")]


@pytest.mark.parametrize(
    ("position", "last_offset"), [(150, 250), (100, 150), (50, 100), (50, 400), (199, 199)]
)
async def test_a_plan_that_overlaps_another_is_refused(
    ledger: Ledger, first: Plan, position: int, last_offset: int
) -> None:
    await ledger.plan(first)

    with pytest.raises(OwnershipLostError):
        await ledger.plan(at(first, position, last_offset, worker="worker-2"))


async def test_a_plan_that_comes_too_late_is_refused(ledger: Ledger, first: Plan) -> None:
    await ledger.plan(at(first, 200, 299))

    with pytest.raises(OwnershipLostError):
        await ledger.plan(first)


@pytest.mark.parametrize(
    "other", [{"kafka_partition": 4}, {"topic_id": "another-" + str(uuid.uuid4())}]
)
async def test_other_partitions_and_topics_are_no_hindrance(
    ledger: Ledger, first: Plan, other: dict[str, object]
) -> None:
    await ledger.plan(replace(first, worker="worker-2", **other))

    await ledger.plan(first)
    await ledger.plan(at(first, 200, 299))


@pytest.mark.parametrize(
    ("position", "spans"),
    [
        (0, [(100, 199), (200, 249), (250, 349)]),
        (100, [(100, 199), (200, 249), (250, 349)]),
        (101, [(100, 199), (200, 249), (250, 349)]),
        (199, [(100, 199), (200, 249), (250, 349)]),
        (200, [(200, 249), (250, 349)]),
        (349, [(250, 349)]),
        (350, []),
    ],
)
async def test_planned_spans_are_those_from_a_position_on_and_the_one_around_it(
    ledger: Ledger, first: Plan, position: int, spans: list[tuple[int, int]]
) -> None:
    for start, end in ((100, 199), (200, 249), (250, 349)):
        await ledger.plan(at(first, start, end))
    await ledger.plan(at(first, 0, 999, kafka_partition=4))

    assert await ledger.planned_spans(first.topic_id, 3, position) == spans


async def test_dead_letters_in_a_row_end_at_the_first_good_record(
    ledger: Ledger, first: Plan
) -> None:
    async def plan(position: int, records: int, dead_letters: int) -> None:
        batch = at(first, position, position + records - 1)
        await ledger.plan(counted(batch, records=records, dead_letters=dead_letters))

    await plan(0, 10, 10)
    await plan(10, 10, 9)
    await plan(20, 10, 10)
    await plan(30, 7, 7)

    async def in_a_row(position: int) -> int:
        return await ledger.dead_letters_in_a_row(first.topic_id, 3, position)

    assert await in_a_row(37) == 17
    assert await in_a_row(30) == 10
    assert await in_a_row(20) == 0
    assert await in_a_row(10) == 10
    assert await in_a_row(0) == 0
    assert await ledger.dead_letters_in_a_row(first.topic_id, 4, 37) == 0


def store(client: Client, table: str, plan: Plan, *offsets: int, partition: int = 3) -> None:
    """Rows of a table that a batch left, with nothing in them but where they come from."""
    times = {"mentions": "published_at", "interactions": "occurred_at", "heartbeats": "sent_at"}
    time, value = (f", {times[table]}", ", now64(3)") if table in times else ("", "")
    name = {"mentions": "mention_id", "interactions": "interaction_id"}.get(table)
    name, key = (
        (
            f", {name}",
            ", concat('a:', toString(number), '/', {id:String}, '/', toString({partition:UInt32}))",
        )
        if name
        else ("", "")
    )
    client.command(
        f"INSERT INTO {table} (topic_id, kafka_partition, kafka_offset{time}{name})"
        f" SELECT {{id:String}}, {{partition:UInt32}}, number{value}{key}"
        " FROM (SELECT arrayJoin({offsets:Array(UInt64)}) AS number)",
        {"id": plan.topic_id, "partition": partition, "offsets": list(offsets)},
    )
