"""The pages of leads and care: a console that may change things, and people in their queues."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page

from dashboards.console import ConsoleConfig, Writers
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from streams.desk import Desk
from streams.settings import Settings
from tests.browser.data import insert_mention
from tests.browser.serving import running

SURE = {"intent": "active", "intent_latent": 0.0, "intent_active": 1.0}
CONTRAST = Path(__file__).with_name("contrast.js").read_text()


@contextmanager
def console(clickhouse: ClickHouseHandle, config: ConsoleConfig, folder: Path) -> Iterator[str]:
    """A console that may change things, wired as `escucha console` wires it."""
    settings = Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=folder,
    )
    with (
        Desk(settings) as desk,
        running(replace(config, port=free_ports(1)[0]), Writers(desk=desk)) as url,
    ):
        yield url


@contextmanager
def people_of_ours(writer: Client) -> Iterator[None]:
    """People, orders and decisions that a test adds are gone afterwards."""
    yield
    for table in ("mentions", "orders", "lead_events", "care_events"):
        writer.command(f"DELETE FROM {table} WHERE author_id LIKE 'desk-%'")
    writer.command("DELETE FROM listened WHERE 1")


def say(client: Client, number: int, author: str, **values: Any) -> None:
    """A mention of just now by somebody of the test's own."""
    # What waits longest within the 14 days of the queue comes first in it.
    ago = timedelta(days=14) if values.get("needs_reply") or "parent_id" in values else timedelta(0)
    at = datetime.now(UTC) - ago + timedelta(minutes=number - (0 if ago else 30))
    quiet = {"intent": "none", "stage": "none", "acts": [], "needs_reply": 0, "brands": []}
    who = {"author_id": f"desk-{author}", "author_handle": author, "source": "bluesky"}
    given = {"mention_id": f"bluesky:desk-{number}"} | quiet | who | values
    insert_mention(client, 700_000 + number, at, **given)


def open_page(page: Page, url: str, path: str, me: str = "Ana") -> None:
    page.goto(f"{url}/{path}")
    page.evaluate(
        "me => localStorage.setItem('escucha.labelling', JSON.stringify({labeller: me}))", me
    )
    page.reload()


def item(page: Page, name: str) -> Any:
    return page.locator("li.item", has=page.get_by_role("heading", name=name, exact=True))


def events(client: Client, table: str, author: str) -> list[tuple[Any, ...]]:
    rows = client.query(
        f"SELECT version, kind, value, made_by FROM {table} WHERE author_id = {{author:String}}"
        " ORDER BY version",
        {"author": f"desk-{author}"},
    )
    return [tuple(row) for row in rows.result_rows]
