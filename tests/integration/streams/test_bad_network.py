"""ClickHouse behind a network that breaks connections off."""

import asyncio
import uuid
from dataclasses import replace
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from deploy.local.ports import LOOPBACK
from streams.errors import SinkUnavailableError
from streams.migrate import connect
from streams.sinks import clickhouse as sink
from streams.sinks.clickhouse import ClickHouse, connection_arguments
from tests.fakes.slow_proxy import SlowProxy
from tests.integration.streams.helpers import Services, wait_for


async def test_a_question_whose_connection_is_cut_is_asked_again_while_the_first_still_runs(
    services: Services,
) -> None:
    """The client repeats it under the same id, which ClickHouse refuses until the first ends."""
    settings = services.settings(services.model_store)
    with SlowProxy(services.clickhouse.http_port) as network:
        behind = replace(settings, clickhouse_url=f"http://{LOOPBACK}:{network.port}")
        async with ClickHouse(behind) as clickhouse, ClickHouse(settings) as watcher:
            await clickhouse.rows("SELECT 1")  # a connection that is kept, and used again
            asked = asyncio.create_task(
                clickhouse.rows("SELECT count(), sum(sleepEachRow(0.1)) FROM numbers(20)")
            )
            running = "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow%'"
            while (await watcher.rows(running))[0][0] < 2:  # noqa: ASYNC110 - its own is one
                await asyncio.sleep(0.05)
            network.cut()
            async with asyncio.timeout(60):
                assert [row[0] for row in await asked] == [20]


SLOW = "SELECT sum(sleepEachRow(0.1)), '{}' FROM numbers(900) SETTINGS max_block_size = 1"


def running(client: Client, mark: str) -> int:
    """How many questions with this mark ClickHouse works on."""
    return int(
        client.query(
            "SELECT count() FROM system.processes WHERE position(query, {mark:String}) > 0"
            " AND position(query, 'sleepEachRow') > 0 AND position(query, 'processes') = 0",
            {"mark": mark},
        ).result_rows[0][0]
    )


async def test_a_question_that_was_given_up_on_does_not_run_on_beside_the_next(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(*given: Any) -> dict[str, Any]:
        return connection_arguments(*given) | {"send_receive_timeout": 1}

    monkeypatch.setattr(sink, "connection_arguments", impatient)
    settings = replace(services.settings(services.model_store), sink_deadline_sec=3)
    mark = str(uuid.uuid4())
    with connect(services.settings(services.model_store), in_database=True) as watcher:
        async with ClickHouse(settings) as clickhouse:
            with pytest.raises(SinkUnavailableError):
                await clickhouse.rows(SLOW.format(mark))
            wait_for(lambda: running(watcher, mark) == 0, "all of them to end", 20)


def test_a_look_ends_by_itself_when_it_takes_too_long(services: Services) -> None:
    settings = services.settings(services.model_store)
    with (
        connect(settings, in_database=True, at_most_sec=1) as client,
        pytest.raises(DatabaseError, match="TIMEOUT_EXCEEDED"),
    ):
        client.query(SLOW.format("look"))
