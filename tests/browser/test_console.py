"""The page as people see it."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from tests.browser.data import HOSTILE_AUTHOR, HOSTILE_TEXT, insert_mention

pytestmark = pytest.mark.browser


def panel(page: Page, query: str) -> Any:
    return page.locator(f'section[data-query="{query}"]')


def shown_number(page: Page, query: str) -> int:
    number = panel(page, query).locator(".stat-number")
    expect(number).to_have_text(re.compile(r"\d"))
    return int(re.sub(r"\D", "", number.inner_text()))


def test_the_numbers_of_the_page_are_those_of_sql(
    page: Page, console_url: str, writer: Client, complaints: list[str]
) -> None:
    page.goto(console_url)
    mentions, active = writer.query(
        "SELECT uniqExact(mention_id), uniqExactIf(mention_id, intent = 'active') FROM mentions"
        " WHERE published_at >= now() - INTERVAL 30 DAY"
    ).first_row
    stages = dict(
        writer.query(
            "SELECT stage, uniqExact(mention_id) FROM mentions WHERE stage != 'none'"
            " AND published_at >= now() - INTERVAL 30 DAY GROUP BY stage"
        ).result_rows
    )

    # Rollups count an insert: a mention the other tests stored twice is counted twice there.
    assert abs(shown_number(page, "mentions_total") - mentions) <= 2
    assert abs(shown_number(page, "active_intent_total") - active) <= 2
    panel(page, "journey_stages").scroll_into_view_if_needed()
    totals = panel(page, "journey_stages").locator(".bar-total")
    expect(totals).to_have_count(5)
    shown = sum(int(re.sub(r"\D", "", text)) for text in totals.all_inner_texts())
    assert abs(shown - sum(stages.values())) <= 2
    assert complaints == []


def test_language_switches_without_losing_the_data(
    page: Page, console_url: str, complaints: list[str]
) -> None:
    page.goto(console_url)
    heading = panel(page, "mentions_total").locator("h3")
    expect(heading).to_have_text("Menciones")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    before = shown_number(page, "mentions_total")

    page.get_by_role("button", name="English").click()

    expect(heading).to_have_text("Mentions")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("h1")).to_have_text("Proactive listening")
    assert shown_number(page, "mentions_total") == before
    page.reload()
    expect(heading).to_have_text("Mentions")
    assert complaints == []


@pytest.mark.parametrize("page", [{"locale": "en-GB"}], indirect=True)
def test_the_page_speaks_the_browsers_language(page: Page, console_url: str) -> None:
    page.goto(console_url)

    expect(page.locator("h1")).to_have_text("Proactive listening")


def test_period_and_filter_change_the_numbers_and_the_address(
    page: Page, console_url: str, writer: Client, complaints: list[str]
) -> None:
    page.goto(console_url)
    everything = shown_number(page, "mentions_total")

    page.get_by_label("Periodo").select_option("now-7d")
    expect(panel(page, "mentions_total").locator(".stat-number")).not_to_have_text(
        f"{everything:,}".replace(",", ".")
    )
    week = shown_number(page, "mentions_total")
    page.locator('details[data-name="lang"] summary').click()
    page.get_by_role("checkbox", name="en", exact=True).check()
    expect(page.locator('details[data-name="lang"] .menu-value')).to_have_text("en")
    page.wait_for_function(
        "old => document.querySelector('[data-query=mentions_total] .stat-number').textContent"
        ".replace(/\\D/g, '') !== String(old)",
        arg=week,
    )

    expected = writer.query(
        "SELECT uniqExact(mention_id) FROM mentions"
        " WHERE lang = 'en' AND published_at >= now() - INTERVAL 7 DAY"
    ).first_row[0]
    assert abs(shown_number(page, "mentions_total") - expected) <= 2
    assert "from=now-7d" in page.url
    assert "var-lang=en" in page.url
    assert complaints == []


def test_what_people_write_stays_text(page: Page, console_url: str, complaints: list[str]) -> None:
    page.goto(f"{console_url}/?from=now-1h")
    panel(page, "latest_mentions").scroll_into_view_if_needed()
    row = panel(page, "latest_mentions").locator("tr", has_text=HOSTILE_TEXT)

    expect(row).to_have_count(1)
    expect(row.locator("td.c-author")).to_have_text(HOSTILE_AUTHOR)
    expect(row.locator("td.c-url a")).to_have_count(0)  # its address is javascript:
    assert row.locator("img, script, b").count() == 0
    assert page.evaluate("window.hacked") is None
    links = panel(page, "latest_mentions").locator("td.c-url a")
    expect(links.first).to_have_attribute("rel", "noopener noreferrer")
    expect(links.first).to_have_attribute("href", re.compile("^https://example.org/"))
    assert complaints == []


def test_a_mention_appears_without_a_reload(
    page: Page, console_url: str, writer: Client, complaints: list[str]
) -> None:
    page.goto(f"{console_url}/?from=now-1h&refresh=5s")
    panel(page, "latest_mentions").scroll_into_view_if_needed()
    rows = panel(page, "latest_mentions").locator("tbody tr")
    expect(rows.first).to_be_visible()

    insert_mention(writer, 910_000, datetime.now(UTC), text="acaba de llegar")

    expect(panel(page, "latest_mentions").locator("tr.arrived")).to_contain_text(
        "acaba de llegar", timeout=12_000
    )
    assert complaints == []


def test_a_paused_page_asks_nothing(page: Page, console_url: str) -> None:
    page.goto(f"{console_url}/?refresh=5s")
    shown_number(page, "mentions_total")
    page.get_by_role("button", name="Pausar").click()
    page.wait_for_timeout(500)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.wait_for_timeout(6_000)

    assert asked == []
    expect(page.locator("#pill")).to_have_text("En pausa")


def test_a_chart_can_be_read_as_a_table(
    page: Page, console_url: str, complaints: list[str]
) -> None:
    page.goto(console_url)
    chart = panel(page, "intent_by_hour")
    expect(chart.locator("canvas")).to_be_visible()

    chart.get_by_role("button", name="Ver como tabla").press("Enter")

    expect(chart.locator("th")).to_have_text(["Momento", "Activa", "Latente", "Sin intención"])
    assert chart.locator("tbody tr").count() > 20
    chart.get_by_role("button", name="Ver como gráfica").press("Enter")
    expect(chart.locator("canvas")).to_be_visible()
    assert complaints == []


@pytest.mark.parametrize("width_px", [360, 390, 768])
def test_nothing_scrolls_sideways_on_a_phone(
    page: Page, console_url: str, width_px: int, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": width_px, "height": 740})
    for board, queries in {
        "escucha-listening": ("mentions_total", "latest_mentions", "touchpoint_questions"),
        "escucha-models": ("ledger_gap", "sources", "ledger_by_partition", "latest_dead_letters"),
    }.items():
        page.goto(f"{console_url}/d/{board}")
        shown_number(page, queries[0])
        for query in queries[1:]:
            panel(page, query).scroll_into_view_if_needed()
            expect(panel(page, query).locator("tbody tr").first).to_be_visible(timeout=60_000)

        assert page.evaluate("document.documentElement.scrollWidth") <= width_px
    assert complaints == []


def test_an_empty_period_says_so_in_words(page: Page, console_url: str) -> None:
    page.goto(f"{console_url}/?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")

    expect(panel(page, "volume_by_language").locator(".panel-message")).to_contain_text(
        "Sin datos todavía"
    )
    page.goto(f"{console_url}/d/escucha-models?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")
    panel(page, "latest_dead_letters").scroll_into_view_if_needed()
    expect(panel(page, "latest_dead_letters").locator(".panel-message")).to_contain_text(
        "Ninguna carta muerta"
    )


def test_a_lost_console_is_told_and_found_again(page: Page, console_url: str) -> None:
    page.goto(f"{console_url}/?refresh=5s")
    before = shown_number(page, "mentions_total")

    page.context.set_offline(True)
    expect(page.locator("#notice")).to_contain_text("No se llega a la consola", timeout=15_000)
    assert shown_number(page, "mentions_total") == before  # what is known stays

    page.context.set_offline(False)
    expect(page.locator("#notice")).to_be_hidden(timeout=25_000)


def test_the_theme_can_be_switched_and_is_remembered(page: Page, console_url: str) -> None:
    page.goto(console_url)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)

    page.get_by_role("button", name="Cambiar a oscuro").click()

    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark
