"""What tests of search share: a console that searches, and the same searches by other means."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import httpx
from clickhouse_connect.driver.client import Client

from dashboards.console import ConsoleConfig, Writers
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from streams.listening.searching import Searching
from streams.settings import Settings
from tests.browser.serving import running

PATIENCE_MS = 60_000
MONTH = "from=now-30d&to=now"
RULE = 'recomienda OR "looking for"'
# The same by other means: ClickHouse's own search in texts.
ORACLE = "(positionCaseInsensitiveUTF8(text, 'recomienda') > 0 OR text LIKE '%Looking for%')"


def settings_of(clickhouse: ClickHouseHandle, **more: Any) -> Settings:
    """As the console has them; the pipeline's own password is not among them."""
    return Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_reader_user=clickhouse.reader_user,
        clickhouse_reader_password=clickhouse.reader_password,
        clickhouse_database=clickhouse.database,
        **more,
    )


@contextmanager
def searching(
    config: ConsoleConfig, clickhouse: ClickHouseHandle, *, search: Any = None, **more: Any
) -> Iterator[str]:
    """The address of a console that searches, wired as `escucha console` wires it."""
    writers = Writers(search=search or Searching(settings_of(clickhouse, **more)))
    with running(replace(config, port=free_ports(1)[0]), writers) as url:
        yield url


def stored(client: Client, condition: str, columns: str = "mention_id") -> list[tuple[Any, ...]]:
    rows = client.query(
        f"SELECT {columns} FROM mentions FINAL WHERE NOT is_deleted AND {condition}"
        " AND published_at > now() - INTERVAL 30 DAY ORDER BY published_at DESC, mention_id DESC"
    )
    return [tuple(row) for row in rows.result_rows]


def asked(url: str, **query: str) -> list[dict[str, Any]]:
    """All steps of a search."""
    with httpx.stream("GET", f"{url}/api/search", params=query, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        lines = [line[6:] for line in answer.iter_lines() if line.startswith("data: ")]
    return [httpx.Response(200, content=line).json() for line in lines]
