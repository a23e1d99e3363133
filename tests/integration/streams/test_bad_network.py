"""ClickHouse behind a network that breaks connections off."""

import asyncio
from dataclasses import replace

from deploy.local.ports import LOOPBACK
from streams.sinks.clickhouse import ClickHouse
from tests.fakes.slow_proxy import SlowProxy
from tests.integration.streams.helpers import Services


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
