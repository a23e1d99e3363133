"""The panels of journeys and of care, run as the read-only user and held against their views."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from tests.browser.data import refresh_kept
from tests.browser.test_panel_queries import panels_of

BOARDS = {uid: panels_of(uid) for uid in ("escucha-predictive", "escucha-care")}
MINE = [
    (uid, query)
    for uid, panels in BOARDS.items()
    for query, number in panels.items()
    if uid == "escucha-care" or number >= 100
]
ALL = {"from": "now-90d", "to": "now"}


def ask(url: str, uid: str, query: str, parameters: Mapping[str, Any] = ALL) -> Any:
    response = httpx.get(
        f"{url}/api/dashboards/{uid}/panels/{BOARDS[uid][query]}/data",
        params=parameters,
        timeout=30,
    )
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize(
    "filters",
    [{"from": "now-15m"}, {"from": "now-90d", "var-brand": "Volta", "var-topic": "precio"}],
    ids=["now", "filtered"],
)
@pytest.mark.parametrize(("uid", "query"), MINE)
def test_every_query_runs_as_the_read_only_user(
    console_url: str, uid: str, query: str, filters: dict[str, str]
) -> None:
    answer = ask(console_url, uid, query, filters | {"to": "now", "var-lang": "es"})

    assert "series" in answer or "rows" in answer


def test_the_share_heard_in_time_is_that_of_the_signals(console_url: str, writer: Client) -> None:
    refresh_kept(writer)
    expected = writer.query(
        "SELECT countIf(empty(arrayFilter(c -> c.1 = brand AND c.2 <= at, firsts))) / count() FROM"
        " (SELECT s.at AS at, 'Volta' AS brand, f.firsts AS firsts FROM intent_signals AS s"
        " LEFT JOIN (SELECT source, author_id, groupArray((toString(brand), first_at)) AS firsts"
        " FROM first_contacts GROUP BY source, author_id) AS f"
        " ON f.source = s.source AND f.author_id = s.author_id)"
    ).first_row[0]

    [[share]] = ask(
        console_url, "escucha-predictive", "proactive_share", ALL | {"var-brand": "Volta"}
    )["rows"]

    assert 0 < share < 1
    assert share == pytest.approx(expected)


def test_what_needed_a_reply_adds_up(console_url: str, writer: Client) -> None:
    refresh_kept(writer)
    asked, in_time = writer.query(
        "SELECT sum(asked), sum(in_time) FROM care_hourly WHERE definition = 'either'"
    ).first_row

    series = ask(console_url, "escucha-care", "care_over_time")["series"]
    by_sentiment = ask(console_url, "escucha-care", "care_by_sentiment")["rows"]

    assert asked > 100
    assert sum(sum(filter(None, one["values"])) for one in series) == asked
    assert sum(sum(row[1:]) for row in by_sentiment) == asked
    [[share]] = ask(console_url, "escucha-care", "care_in_time")["rows"]
    assert share == pytest.approx(in_time / asked)


@pytest.mark.browser
@pytest.mark.parametrize("uid", BOARDS)
def test_the_dashboards_are_shown_without_a_complaint(
    page: Page, console_url: str, uid: str, complaints: list[str]
) -> None:
    page.goto(f"{console_url}/d/{uid}?from=now-90d&to=now")
    for query in BOARDS[uid]:
        panel = page.locator(f'section[data-query="{query}"]')
        panel.scroll_into_view_if_needed()
        expect(panel).to_have_attribute("aria-busy", "false")

    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert complaints == []
