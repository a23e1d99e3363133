"""The page of alerts: how it is opened, and what stands on it."""

from typing import Any

from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page

from tests.browser.crowds import watch


def open_page(page: Page, url: str, query: str = "", me: str = "Ana") -> None:
    """The page of alerts, as somebody of that name."""
    page.goto(f"{url}/alerts{query}")
    page.evaluate(
        "me => localStorage.setItem('escucha.labelling', JSON.stringify({labeller: me}))", me
    )
    page.reload()


def item(page: Page, name: str) -> Any:
    return page.locator("li.item", has=page.get_by_role("heading", name=name, exact=True))


def seen(crowd: Client) -> dict[str, tuple[str, bool]]:
    return {change.series.name: (change.event, change.notice) for change in watch(crowd)}
