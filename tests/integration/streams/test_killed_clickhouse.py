"""A ClickHouse killed between the two halves of keeping a block: its token and its rows.

The kill itself is over in a tenth of a millisecond, so its traces are made by hand: what a block
leaves in the folder of its table when only one half was done.
"""

import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from deploy.local.handles import ClickHouseHandle, start_clickhouse
from streams import migrate as migrate_module
from streams import rule_book
from streams.migrate import connect, migrate
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from tests.builders import LISTENING, deliver, process_all
from tests.integration.streams.batch_of_everything import LOG, TABLES, exact, process, worker_of
from tests.integration.streams.helpers import Services


@pytest.fixture(scope="module")
def server(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A ClickHouse of its own, to be killed."""
    with start_clickhouse(tmp_path_factory.mktemp("killed")) as clickhouse:
        killed = Services(services.broker, clickhouse, services.model_store)
        migrate(killed.settings(killed.model_store), dry_run=False, say=lambda _: None)
        yield killed
        clickhouse.kill()


@pytest.fixture
def settings(server: Services) -> Settings:
    return server.settings(server.model_store)


@pytest.fixture
async def clickhouse(settings: Settings) -> AsyncIterator[ClickHouse]:
    async with ClickHouse(settings) as clickhouse:
        yield clickhouse


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with connect(settings, in_database=True) as client:
        for table in TABLES:
            client.command(f"TRUNCATE TABLE {table} SYNC")
        yield client


def only_the_token(folder: Path, parts: list[str]) -> None:
    """As when it was killed after it noted the token and before it kept the part."""
    for part in parts:
        shutil.rmtree(folder / part)


def only_the_rows(folder: Path, parts: list[str]) -> None:
    """As when it was killed after it kept the part and before it noted the token."""
    for log in (folder / "deduplication_logs").iterdir():
        lines = [line for line in log.read_text().splitlines() if line.split("\t")[1] not in parts]
        log.write_text("".join(f"{line}\n" for line in lines))


def break_off(
    handle: ClickHouseHandle,
    client: Client,
    table: str,
    how: Callable[[Path, list[str]], None],
    year: str = "",
) -> None:
    """Kill ClickHouse and leave of the newest blocks of `table` (of a year) what `how` leaves."""
    [[[path]]] = client.query(
        "SELECT data_paths FROM system.tables WHERE database = currentDatabase()"
        " AND name = {name:String}",
        {"name": table},
    ).result_rows
    parts = client.query(
        "SELECT name FROM system.parts WHERE database = currentDatabase() AND active"
        " AND table = {name:String} AND startsWith(partition, {year:String})",
        {"name": table, "year": year},
    ).result_rows
    assert parts
    handle.kill()
    how(handle.run_dir / "clickhouse" / path, [name for (name,) in parts])
    handle.start()


@pytest.mark.parametrize("how", [only_the_token, only_the_rows])
@pytest.mark.parametrize(
    ("table", "year"),
    [
        ("mentions", ""),
        ("mentions", "2025"),
        ("mentions_by_hour", ""),
        ("mentions_by_hour", "2026"),
        ("interactions", ""),
        ("heartbeats", ""),
        ("dead_letters", ""),
        ("ledger", ""),
    ],
)
async def test_the_next_worker_completes_what_is_half_there(
    server: Services,
    clickhouse: ClickHouse,
    client: Client,
    table: str,
    year: str,
    how: Callable[[Path, list[str]], None],
) -> None:
    topic_id = f"topic-{uuid.uuid4()}"
    assert not await process(worker_of(clickhouse, topic_id, "first"))
    exact(client)

    break_off(server.clickhouse, client, table, how, year)

    lost = table == "ledger" and how is only_the_token
    assert await process(worker_of(clickhouse, topic_id, "second")) is not lost
    exact(client)
    assert await process(worker_of(clickhouse, topic_id, "third"))
    exact(client)


async def test_rules_can_be_applied_under_a_number_whose_row_was_lost(
    server: Services, clickhouse: ClickHouse, client: Client
) -> None:
    newer = LISTENING.replace("Kolmio", "Otra")
    await rule_book.apply(clickhouse, LISTENING, name="first.yaml", by="ana")
    break_off(server.clickhouse, client, "rule_versions", only_the_token)

    applied = await rule_book.apply(clickhouse, newer, name="second.yaml", by="luis")

    assert (applied.sequence, applied.applied_by) == (1, "luis")
    assert [one.version for one in await rule_book.versions(clickhouse)] == [applied.version]


async def test_a_batch_from_before_the_view_told_its_batches_is_not_counted_again(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade between the rows of a batch and the commit of its offsets."""
    everything = migrate_module.migrations()
    with start_clickhouse(tmp_path) as handle:
        settings = Services(services.broker, handle, services.model_store).settings(tmp_path)
        monkeypatch.setattr(migrate_module, "migrations", lambda: everything[:7])
        migrate(settings, dry_run=False, say=lambda _: None)
        with connect(settings, in_database=True) as client:
            client.command(
                "INSERT INTO mentions (mention_id, published_at, topic_id, kafka_offset)"
                " SELECT concat('csv:', toString(number)), toDateTime64(concat(toString("
                "2024 + number % 3), '-03-01 10:00:00'), 3, 'UTC'), 'old', number FROM numbers(30)"
            )
            client.command(
                "INSERT INTO ledger (topic_id, last_offset, records, mentions)"
                " VALUES ('old', 29, 30, 30)"
            )
        monkeypatch.setattr(migrate_module, "migrations", lambda: everything)
        migrate(settings, dry_run=False, say=lambda _: None)
        async with ClickHouse(settings) as clickhouse:
            worker = worker_of(clickhouse, "old", "after")
            _, batches = await deliver(worker.pipeline, LOG[:30])
            assert batches[0].was_planned
            assert await process_all(worker.pipeline, batches) == [None]
        with connect(settings, in_database=True) as client:
            row = client.query(
                "SELECT count(), (SELECT sum(mentions) FROM mentions_by_hour) FROM mentions"
            ).first_row
        assert row == (30, 30)
        handle.kill()
