"""Renews kept tables now, for whoever cannot wait until ClickHouse does it by itself."""

from collections.abc import Callable
from typing import Final

from clickhouse_connect.driver.client import Client

# Kept of the views of value, for panels; a run makes them tell of itself at once.
OF_VALUE: Final = (
    "customers_top",
    "ratings_top",
    "bonds_top",
    "influence_top",
    "people_figures",
    "exchange_top",
    "referral_months",
    "gesture_days",
    "gestures_top",
    "interests_top",
)


def begin_to_renew(client: Client, tables: tuple[str, ...] = OF_VALUE) -> None:
    """Have ClickHouse make some kept tables anew; it does so by itself, soon after."""
    for table in tables:
        client.command("SYSTEM REFRESH VIEW {view:Identifier}", {"view": f"{table}_view"})


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
