"""The console's routes, whichever there are, asked anything over a real ClickHouse."""

from dataclasses import replace
from pathlib import Path

from clickhouse_connect.driver.client import Client

from dashboards.console import ConsoleConfig
from deploy.local.handles import ClickHouseHandle
from tests.fuzz.api import explore
from tests.fuzz.engine import fuzz
from tests.fuzz.targets import TARGETS
from tests.fuzz.targets.api import WRITTEN, console
from tests.fuzz.targets.http import asking


def test_every_route_answers_or_refuses_whatever_it_is_asked(config: ConsoleConfig) -> None:
    target = replace(TARGETS["console"], open=asking(replace(config, answer_lifetime_sec=0.0)))
    result = fuzz(target, seed=20_261_130, inputs=len(target.seeds()) + 300)
    assert [f"{crash.why}\n{crash.content[:500]!r}" for crash in result.crashes] == []
    assert any(" 200 " in outcome for outcome in result.outcomes)


def test_what_it_answers_is_what_its_document_says(
    clickhouse: ClickHouseHandle, config: ConsoleConfig, writer: Client, tmp_path: Path
) -> None:
    """A few requests to each operation; `make fuzz` sends them for a minute."""
    try:
        with console(clickhouse, config, tmp_path) as api:
            operations = sum(map(len, api.document["paths"].values())) - len(api.without)
            result = explore("console-api", api, seed=1, edges=False, examples=2)
    finally:
        for table in WRITTEN:
            writer.command("TRUNCATE TABLE {name:Identifier}", {"name": table})
    assert [f"{crash.why}\n{crash.trace}\n{crash.content!r}" for crash in result.crashes] == []
    asked = {outcome.rpartition(" ")[0] for outcome in result.outcomes}
    assert len(asked) == operations
    assert sum(outcome.endswith(" 200") for outcome in result.outcomes) > operations / 3
