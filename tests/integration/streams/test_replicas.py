"""Exactly once on two replicas that agree through a real Keeper."""

import asyncio
import dataclasses
import uuid
from collections.abc import Callable, Iterator

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from streams.cluster import refreshed
from streams.errors import SinkUnavailableError
from streams.migrate import connect, migrations, replicas_of
from streams.operate.restore import STAGING, make_staging
from streams.sinks.clickhouse import ClickHouse
from tests.integration.streams.batch_of_everything import TABLES, exact, process, worker_of
from tests.integration.streams.helpers import wait_for
from tests.integration.streams.replicas import keeper
from tests.integration.streams.replicas.pair import CLUSTER, Pair, Replica, replicas
from tests.needs import KAFKA, missing

OWN = refreshed(statement for m in migrations() for statement in m.statements)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    if reason := keeper.missing():
        missing(reason, KAFKA)
    with replicas(tmp_path_factory.mktemp("replicas")) as pair:
        yield pair


@pytest.fixture
def pair(made: Pair) -> Pair:
    made.settle()
    with client_of(made.one) as client:
        for table in TABLES:
            client.command(f"TRUNCATE TABLE {table} SYNC", settings={"alter_sync": "2"})
    return made


def client_of(replica: Replica) -> Client:
    return connect(replica.settings(), in_database=True)


async def work(replica: Replica, topic_id: str, name: str) -> bool:
    """Have a worker take the log to a replica; returns whether it was planned before."""
    async with ClickHouse(replica.settings()) as clickhouse:
        return await process(worker_of(clickhouse, topic_id, name))


def both_exact(pair: Pair) -> None:
    pair.settle()
    for replica in (pair.one, pair.two):
        with client_of(replica) as client:
            exact(client)


def test_every_table_is_on_both_and_every_view_fills_its_own(pair: Pair) -> None:
    for replica in (pair.one, pair.two):
        with client_of(replica) as client:
            engines = client.query(
                "SELECT name, engine FROM system.tables WHERE database = currentDatabase()"
                " AND (endsWith(engine, 'MergeTree') OR engine = 'Null')"
                " AND NOT startsWith(name, '.tmp')"  # of a refresh under way
            ).result_rows
            own = {name for name, engine in engines if not engine.startswith("Replicated")}
            assert own == {*OWN, "mentions_to_count"}
            assert len(engines) > 80
            client.command("SYSTEM REFRESH VIEW sources_kept_view")
            client.command("SYSTEM WAIT VIEW sources_kept_view")
            with pytest.raises(DatabaseError, match="This combination doesn't work"):
                client.command(
                    "CREATE MATERIALIZED VIEW refused REFRESH EVERY 1 HOUR TO value_people"
                    " AS SELECT * FROM value_people"
                )


async def test_a_batch_is_there_once_whichever_replica_is_killed_and_asked(pair: Pair) -> None:
    topic_id = f"topic-{uuid.uuid4()}"
    assert not await work(pair.one, topic_id, "first")
    pair.one.kill()
    assert await work(pair.two, topic_id, "second")
    both_exact(pair)
    assert await work(pair.one, topic_id, "third")
    both_exact(pair)


def never_reached(client: Client, table: str, year: str) -> None:
    """As when it was killed before this block, or this part of it: neither rows nor token."""
    for (partition,) in client.query(
        "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase() AND"
        " active AND table = {name:String} AND startsWith(partition, {year:String})",
        {"name": table, "year": year},
    ).result_rows:
        client.command(
            f"ALTER TABLE {table} DROP PARTITION ID '{partition}'", settings={"alter_sync": "2"}
        )


def only_the_token(client: Client, table: str, year: str) -> None:
    """As when the one replica that had the rows was lost with them."""
    client.command(
        f"ALTER TABLE {table} DELETE WHERE startsWith(_partition_id, {{year:String}})",
        {"year": year},
        settings={"mutations_sync": "2"},
    )


# Keeper takes a part and its token together, so there are never rows without their token.
@pytest.mark.parametrize(
    ("table", "year", "how"),
    [
        ("mentions", "", only_the_token),
        ("mentions_by_hour", "", never_reached),
        ("ledger", "", only_the_token),
    ],
)
async def test_the_next_worker_completes_what_is_half_there(
    pair: Pair, table: str, year: str, how: Callable[[Client, str, str], None]
) -> None:
    topic_id = f"topic-{uuid.uuid4()}"
    assert not await work(pair.one, topic_id, "first")
    with client_of(pair.one) as client:
        how(client, table, year)
        assert not client.query(
            f"SELECT count() FROM {table} WHERE startsWith(_partition_id, {{year:String}})",
            {"year": year},
        ).first_row[0]

    assert await work(pair.one, topic_id, "second") is not (table == "ledger")
    both_exact(pair)
    assert await work(pair.two, topic_id, "third")
    both_exact(pair)


async def test_a_batch_begun_while_a_replica_is_away_lands_once_when_it_is_back(
    pair: Pair,
) -> None:
    """One of two is no majority: it is waited for."""
    pair.two.kill()
    with client_of(pair.one) as client:
        wait_for(lambda: active_replicas(client) == 1, "Keeper to miss the other")
    async with ClickHouse(pair.one.settings()) as clickhouse:
        worker = worker_of(clickhouse, f"topic-{uuid.uuid4()}", "first")
        begun = asyncio.create_task(process(worker))
        while "TOO_FEW_LIVE_REPLICAS" not in clickhouse.trouble:
            assert not begun.done()
            await asyncio.sleep(0.1)
        await asyncio.to_thread(pair.two.start)
        assert not await begun
    both_exact(pair)


async def test_a_replica_that_lags_is_waited_for_and_nothing_is_stored_twice(pair: Pair) -> None:
    """As of three when two have taken a batch and the third is asked by the next worker."""
    topic_id = f"topic-{uuid.uuid4()}"
    with client_of(pair.two) as client:
        for table in TABLES:
            client.command(f"SYSTEM STOP FETCHES {table}")
        try:
            no_quorum = dataclasses.replace(pair.one.settings(), clickhouse_cluster="")
            async with ClickHouse(no_quorum) as clickhouse:
                assert not await process(worker_of(clickhouse, topic_id, "first"))
            second = asyncio.create_task(work(pair.two, topic_id, "second"))
            while not client.query(
                "SELECT count() FROM system.processes WHERE query LIKE 'SYSTEM SYNC REPLICA%'"
            ).first_row[0]:
                assert not second.done(), second
                await asyncio.sleep(0.1)
        finally:
            for table in TABLES:
                client.command(f"SYSTEM START FETCHES {table}")
    assert await second
    both_exact(pair)


def test_two_equal_blocks_that_are_both_meant_are_both_kept(pair: Pair) -> None:
    """As on one server, in tables that have no window of tokens."""
    with client_of(pair.one) as client:
        for table in ("value_answers", "value_people"):
            for _ in range(2):
                client.command(f"INSERT INTO {table} (run) VALUES (7)")
            assert client.query(f"SELECT count() FROM {table}").first_row[0] == 2, table


@pytest.mark.parametrize("table", ["mentions", "ledger"])
async def test_what_is_restored_on_one_replica_is_on_both(pair: Pair, table: str) -> None:
    await work(pair.one, f"topic-{uuid.uuid4()}", "first")
    with client_of(pair.one) as client:
        make_staging(client, table)
        client.command(f"INSERT INTO {STAGING} SELECT * FROM {table}")
        partitions = client.query(
            "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase()"
            " AND active AND table = {name:String}",
            {"name": STAGING},
        ).result_rows
        client.command(f"TRUNCATE TABLE {table} SYNC", settings={"alter_sync": "2"})
        for (partition,) in partitions:
            client.command(f"ALTER TABLE {table} REPLACE PARTITION ID '{partition}' FROM {STAGING}")
        client.command(f"DROP TABLE {STAGING} SYNC")
    both_exact(pair)


def test_the_cluster_is_counted_as_clickhouse_knows_it(pair: Pair) -> None:
    with client_of(pair.one) as client:
        assert replicas_of(client, CLUSTER) == replicas_of(client, "{cluster}") == {1: 2}
        assert replicas_of(client, "nowhere") == replicas_of(client, "{nowhere}") == {}


async def test_an_insert_during_which_a_session_with_keeper_ended_is_tried_again(
    pair: Pair,
) -> None:
    """ClickHouse then says UNEXPECTED_ZOOKEEPER_ERROR, Bad version, and has stored nothing."""
    impatient = dataclasses.replace(pair.one.settings(), sink_deadline_sec=0.0)
    async with ClickHouse(impatient) as clickhouse:
        with pytest.raises(SinkUnavailableError, match="Bad version"):
            await clickhouse.rows(
                "SELECT throwIf(1, 'Bad version', toInt16(244))"
                " SETTINGS allow_custom_error_code_in_throwif = 1"
            )


def active_replicas(client: Client) -> int:
    return int(
        client.query(
            "SELECT active_replicas FROM system.replicas WHERE table = 'ledger'"
        ).first_row[0]
    )
