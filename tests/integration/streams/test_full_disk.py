"""A full disk must not make answers empty: what "is not stored" would be stored twice."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from uuid import uuid4

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from dashboards.console.config import ConsoleConfig
from dashboards.console.database import Database
from deploy.local.clickhouse_files import EngineFolder
from deploy.local.errors import ServiceFailedError
from deploy.local.handles import ClickHouseHandle, start_clickhouse
from streams.errors import SinkUnavailableError
from streams.migrate import connect
from streams.operate import clickhouse_checks
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from tests.fakes.small_disk import Ballast, small_disk
from tests.integration.streams.helpers import wait_for

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


# ClickHouse does not see that a definition finds no room, and says that all is done.
HARM = (
    "ALTER TABLE numbers_kept MODIFY COMMENT 'told on a full disk'",
    "ALTER TABLE numbers_halved MODIFY COMMENT 'told on a full disk'",
    "CREATE TABLE made_in_vain (n UInt64) ENGINE = MergeTree ORDER BY n",
)


def without_ids(definitions: Mapping[str, str]) -> dict[str, str]:
    """A refresh that failed is tried again once there is room, and makes its table anew."""
    return {name: re.sub("UUID '[^']*'", "", text) for name, text in definitions.items()}


def test_definitions_that_a_full_disk_empties_are_put_back(
    full: tuple[ClickHouseHandle, Ballast],
) -> None:
    clickhouse, ballast = full
    folder = EngineFolder.of(clickhouse.run_dir).path
    clickhouse.restart()
    with connect(settings_of(clickhouse), in_database=True) as client:
        [[rows]] = client.query(COUNT).result_rows
        client.command("CREATE TABLE numbers_halved (n UInt64) ENGINE = MergeTree ORDER BY n")
        client.command(
            "CREATE MATERIALIZED VIEW halving REFRESH EVERY 1 DAY TO numbers_halved AS"
            " SELECT n FROM numbers_kept WHERE n % 2 = 0"
        )
        client.command("SYSTEM WAIT VIEW halving")
        wait_for(lambda: len([*folder.glob("definitions/*/*.sql")]) == 3, "copies of definitions")
        before = definitions_of(folder)
        for statement in HARM:
            ballast.fill()  # a definition that is replaced frees some room
            client.command(statement)
        client.command("SYSTEM REFRESH VIEW halving")
        with pytest.raises(ClickHouseError, match="Empty query"):
            client.command("SYSTEM WAIT VIEW halving")
        [found] = clickhouse_checks._kept(client)
        assert found.says.startswith("halving is refreshed no more: ")
        assert "RUNBOOK, A full disk" in found.remedy
    assert [*definitions_of(folder).values()].count("") == 3, "there is nothing to mend"

    # While it runs: as soon as there is room.
    process = clickhouse.pid
    ballast.drop()
    wait_for(lambda: definitions_of(folder).keys() == before.keys(), "whole definitions")
    clickhouse.wait_until_ready()
    assert without_ids(definitions_of(folder)) == without_ids(before)
    assert clickhouse.pid == process
    renewed(clickhouse, rows)

    # Killed: at the next start, which says so as long as there is none.
    ballast.fill()
    with connect(settings_of(clickhouse), in_database=True) as client:
        client.command(HARM[0])
    clickhouse.kill()
    ballast.fill()  # what the kill freed
    with pytest.raises(ServiceFailedError, match="Make room and start again: nothing is lost"):
        clickhouse.start()
    ballast.drop()
    clickhouse.start()
    renewed(clickhouse, rows)


def definitions_of(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text() for path in folder.glob("data/store/*/*/[hmn]*.sql")}


def renewed(clickhouse: ClickHouseHandle, rows: int) -> None:
    """No row is gone, and the view fills its table again."""
    with connect(settings_of(clickhouse), in_database=True) as client:
        client.command("SYSTEM REFRESH VIEW halving")
        client.command("SYSTEM WAIT VIEW halving")
        halves = client.query("SELECT count() FROM numbers_halved").result_rows
        assert (client.query(COUNT).result_rows, halves[0][0] > 0) == ([(rows,)], True)
