"""The panels of journeys and of care, run as the read-only user and held against their views."""

from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from tests.browser.data import insert_mention, refresh_kept
from tests.browser.test_panel_queries import BOARDS, NOW, ask, number

ALL = {"from": "now-90d", "to": "now"}


def test_the_share_heard_in_time_is_that_of_the_signals(console_url: str, writer: Client) -> None:
    refresh_kept(writer, ("first_contacts_kept", "intent_signals"))
    expected = writer.query(
        "SELECT countIf(empty(arrayFilter(c -> c.1 = brand AND c.2 <= at, firsts))) / count() FROM"
        " (SELECT s.at AS at, 'Volta' AS brand, f.firsts AS firsts FROM intent_signals AS s"
        " LEFT JOIN (SELECT source, author_id, groupArray((toString(brand), first_at)) AS firsts"
        " FROM first_contacts_kept GROUP BY source, author_id) AS f"
        " ON f.source = s.source AND f.author_id = s.author_id)"
    ).first_row[0]

    share = number(console_url, "proactive_share", ALL | {"var-brand": "Volta"})

    assert 0 < share < 1
    assert share == pytest.approx(expected)


def test_what_needed_a_reply_adds_up(console_url: str, writer: Client) -> None:
    refresh_kept(writer, ("care_items", "care_queue_top"))
    asked, in_time, pending = writer.query(
        "SELECT sum(asked), sum(in_time), sum(pending) FROM care_hourly WHERE definition = 'either'"
    ).first_row
    waiting, overdue = writer.query(
        "SELECT count(), countIf(is_overdue) FROM care_queue WHERE status = 'open'"
    ).first_row

    series = ask(console_url, "care_over_time", ALL)["series"]
    by_sentiment = ask(console_url, "care_by_sentiment", ALL)["rows"]

    assert asked > 100
    assert sum(sum(filter(None, one["values"])) for one in series) == asked
    assert sum(sum(row[1:]) for row in by_sentiment) == asked
    assert number(console_url, "care_in_time", ALL) == pytest.approx(in_time / (asked - pending))
    assert (number(console_url, "care_waiting"), number(console_url, "care_overdue")) == (
        waiting,
        overdue,
    )
    assert len(ask(console_url, "care_queue_top")["rows"]) == min(waiting, 50)


def test_what_is_not_yet_due_is_not_missed(console_url: str, writer: Client) -> None:
    """With a target of ten days much of what waits is still within its time."""
    period = {"from": "now-80d", "to": "now"}  # of its own: answers are kept for a moment
    columns = ["name", "value", "set_by"]
    writer.insert("signal_settings", [["care_target_minutes", 14_400, "eva"]], column_names=columns)
    asked_at = NOW - timedelta(days=20)
    told = {"author_id": "due-ana", "mention_id": "due-q", "source": "csv", "needs_reply": 1}
    insert_mention(writer, 910_000, asked_at, **told, kind="post")
    told = {"author_id": "due-us", "mention_id": "due-a", "source": "csv", "author_role": "care"}
    answers = {"kind": "reply", "parent_id": "due-q"}
    insert_mention(writer, 910_001, asked_at + timedelta(days=1), **told, **answers)
    try:
        refresh_kept(writer, ("care_items",))
        asked, in_time, waiting, late = writer.query(
            "SELECT count(), countIf(stopped_at <= due_at),"
            " countIf(stopped_at IS NULL AND due_at > now()),"
            " countIf(stopped_at IS NULL AND due_at < now()) FROM care_items"
        ).first_row
        share = number(console_url, "care_in_time", period)
        [[_, _, _, by_definition, *_], *_] = ask(console_url, "care_by_definition", period)["rows"]
        pending = writer.query(
            "SELECT sum(pending) FROM care_hourly WHERE definition = 'either'"
        ).first_row
    finally:
        writer.command("TRUNCATE TABLE signal_settings")
        writer.command("DELETE FROM mentions WHERE author_id LIKE 'due-%'")
        refresh_kept(writer, ("brand_accounts_kept", "care_items"))

    assert (in_time, waiting > 10, late > 10) == (1, True, True)
    assert pending == (waiting,)
    expected = pytest.approx(in_time / (asked - waiting))
    assert (share, by_definition) == (expected, expected)


def test_the_leads_of_a_panel_are_those_of_the_queue(console_url: str, writer: Client) -> None:
    refresh_kept(writer, ("first_contacts_kept", "intent_signals", "leads_top"))
    (leads,) = writer.query("SELECT countIf(is_open) FROM leads").first_row
    best = writer.query(
        "SELECT if(author_handle = '', author_id, author_handle) FROM leads WHERE is_open"
        " ORDER BY strength DESC, last_at DESC, source, author_id LIMIT 5"
    ).result_rows

    assert leads > 50
    assert number(console_url, "open_leads") == leads
    shown = ask(console_url, "leads_top")["rows"]
    assert [row[0] for row in shown[:5]] == [name for (name,) in best]


def test_who_is_likeliest_to_buy_comes_first(console_url: str, writer: Client) -> None:
    columns = ["author_id", "horizon_days", "as_of", "status", "probability", "evidence"]
    now = NOW.strftime("%Y-%m-%d 00:00:00")
    before = (NOW - timedelta(days=1)).strftime("%Y-%m-%d 00:00:00")
    writer.command(
        f"INSERT INTO propensity ({', '.join(columns)}) VALUES"
        f" ('ana', 14, '{now}', 'probability', 0.2, 'latent this month'),"
        f" ('ben', 14, '{now}', 'probability', 0.7, 'active this week'),"
        f" ('cai', 14, '{now}', 'too few orders', NULL, 'active this month'),"
        f" ('old', 14, '{before}', 'probability', 0.9, 'active this week')"
    )
    try:
        refresh_kept(writer, ("propensity_top",))
        rows = ask(console_url, "propensity_top")["rows"]
    finally:
        writer.command("TRUNCATE TABLE propensity")
        refresh_kept(writer, ("propensity_top",))

    assert [row[0] for row in rows] == ["ben", "ana", "cai"]
    assert rows[0][2] == pytest.approx(0.7)


@pytest.mark.browser
@pytest.mark.parametrize("uid", ["escucha-predictive", "escucha-measurement", "escucha-care"])
def test_the_dashboards_are_shown_without_a_complaint(
    page: Page, console_url: str, uid: str, complaints: list[str]
) -> None:
    page.goto(f"{console_url}/d/{uid}?from=now-90d&to=now")
    for query in BOARDS[uid]:
        panel = page.locator(f'section[data-query="{query}"]')
        panel.scroll_into_view_if_needed()
        expect(panel).to_have_attribute("aria-busy", "false", timeout=60_000)

    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert complaints == []


@pytest.mark.browser
def test_figures_lead_to_what_is_behind_them(
    page: Page, console_url: str, complaints: list[str]
) -> None:
    page.goto(f"{console_url}/d/escucha-listening?from=now-7d&to=now")
    brands = page.locator('section[data-query="brands"]')
    brands.scroll_into_view_if_needed()

    expect(brands.get_by_role("link", name="Volta")).to_have_attribute(
        "href", "/search?from=now-7d&to=now&brand=Volta", timeout=60_000
    )
    total = page.locator('section[data-query="mentions_total"]')
    expect(total.get_by_role("link")).to_have_attribute("href", "/search?from=now-7d&to=now")
    leads = page.locator('section[data-query="lead_time"]')
    expect(leads.get_by_role("link")).to_have_attribute("href", "/leads")
    assert complaints == []
