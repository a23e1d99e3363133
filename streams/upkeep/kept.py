"""Renews kept tables now, for whoever cannot wait until ClickHouse does it by itself."""

from collections.abc import Callable

from clickhouse_connect.driver.client import Client


def renew(client: Client, stop: Callable[[], bool] = lambda: False) -> None:
    """Make each kept table tell of what is stored now; returns early when told to stop."""
    views = client.query(
        "SELECT view FROM system.view_refreshes WHERE database = currentDatabase() ORDER BY view"
    ).result_rows
    for (view,) in [*views, *views]:  # twice, because some are made of others
        if stop():
            return
        client.command("SYSTEM REFRESH VIEW {view:Identifier}", {"view": view})
        client.command("SYSTEM WAIT VIEW {view:Identifier}", {"view": view})
