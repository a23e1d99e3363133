"""A full disk must not make answers empty: what "is not stored" would be stored twice."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from dashboards.console.config import ConsoleConfig
from dashboards.console.database import Database
from deploy.local.clickhouse_files import EngineFolder
from deploy.local.handles import ClickHouseHandle, start_clickhouse
from streams.errors import SinkUnavailableError
from streams.migrate import connect
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from tests.fakes.small_disk import Ballast, small_disk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="to mount a file system takes root")

ROWS = 1_000_000  # 8 MB
COUNT, ALL = "SELECT count() FROM numbers_kept", "SELECT n FROM numbers_kept"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ClickHouseHandle, Ballast]]:
    """A ClickHouse with a table, whose disk takes no byte more."""
    folder = tmp_path_factory.mktemp("full")
    with small_disk(EngineFolder.of(folder).path, 64) as ballast, start_clickhouse(folder) as it:
        with connect(settings_of(it), in_database=True) as client:
            client.command(
                f"CREATE TABLE numbers_kept ENGINE = MergeTree ORDER BY n AS"
                f" SELECT number AS n FROM numbers({ROWS})"
            )
        ballast.fill()
        yield it, ballast


def settings_of(clickhouse: ClickHouseHandle) -> Settings:
    return Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        sink_deadline_sec=0.1,
    )


async def test_a_worker_is_answered_and_its_inserts_are_to_be_tried_again(
    full: tuple[ClickHouseHandle, Ballast],
) -> None:
    async with ClickHouse(settings_of(full[0])) as clickhouse:
        assert [tuple(row) for row in await clickhouse.rows(COUNT)] == [(ROWS,)]
        assert len(await clickhouse.rows(ALL)) == ROWS
        numbers = await clickhouse.columns(ALL)
        assert numbers.num_rows == ROWS
        with pytest.raises(SinkUnavailableError, match="NOT_ENOUGH_SPACE"):
            await clickhouse.put("numbers_kept", numbers)


def test_upkeep_and_commands_are_answered(full: tuple[ClickHouseHandle, Ballast]) -> None:
    with connect(settings_of(full[0]), in_database=True) as client:
        assert client.query(COUNT).result_rows == [(ROWS,)]
        assert len(client.query(ALL).result_rows) == ROWS


async def test_the_console_is_answered(full: tuple[ClickHouseHandle, Ballast]) -> None:
    clickhouse = full[0]
    database = Database(
        ConsoleConfig(
            clickhouse_url=clickhouse.url,
            user=clickhouse.reader_user,
            password=clickhouse.reader_password,
        )
    )
    try:
        assert await database.version()
    finally:
        await database.close()


async def test_a_clickhouse_that_was_killed_starts_on_a_full_disk_and_takes_rows_once_it_has_room(
    full: tuple[ClickHouseHandle, Ballast],
) -> None:
    clickhouse, ballast = full
    clickhouse.kill()
    # What a kill has left: the table that a refreshing view fills, with nothing in its definition.
    store = EngineFolder.of(clickhouse.run_dir).path / "data" / "store"
    [database] = {file.parent for file in store.glob("*/*/numbers_kept.sql")}
    (database / f"%2Etmp%2Einner_id%2E{str(uuid4()).replace('-', '%2D')}.sql").touch()
    clickhouse.start()
    async with ClickHouse(settings_of(clickhouse)) as sink:
        numbers = await sink.columns(f"{ALL} LIMIT 5")
        assert numbers.num_rows == 5
        ballast.drop()
        await sink.put("numbers_kept", numbers)
        assert [tuple(row) for row in await sink.rows(COUNT)] == [(ROWS + 5,)]
