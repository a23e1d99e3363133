"""The live page: what is stored appears by itself, as ClickHouse has it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.console import ConsoleConfig
from deploy.local.ports import free_ports
from tests.browser.data import HOSTILE_AUTHOR, HOSTILE_TEXT, HOSTILE_URL
from tests.browser.mentions import card, cards, ids, say, visiting
from tests.browser.serving import running
from tests.fakes.relay import Relay

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
PATIENCE_MS = 60_000
PHONE = {
    "locale": "en-GB",
    "viewport": {"width": 360, "height": 780},
    "has_touch": True,
    "is_mobile": True,
}
ACTIVE = {
    "intent": "active",
    "intent_latent": 0.06,
    "intent_active": 0.91,
    "stage": "decision",
    "brands": ["Volta"],
    "topics": ["precio"],
    "text": "Mañana ME COMPRO la Volta, ¿alguien sabe el precio?",
    "intent_words": ["me", "compro", "precio"],
    "url": "https://example.org/bluesky/live",
}


@pytest.fixture
def people(writer: Client) -> Iterator[Client]:
    with visiting(writer) as client:
        yield client


def open_live(page: Page, url: str, query: str = "") -> None:
    page.goto(f"{url}/live{query}")
    expect(page.locator("#pill")).to_have_attribute("data-state", "good", timeout=PATIENCE_MS)


def test_a_mention_appears_with_why(
    page: Page, console_url: str, people: Client, complaints: list[str]
) -> None:
    open_live(page, console_url)
    [mention_id] = say(people, ACTIVE)

    expect(cards(page).first).to_have_attribute("data-id", mention_id, timeout=PATIENCE_MS)
    shown = card(page, mention_id)
    expect(shown.locator(".text")).to_have_text(str(ACTIVE["text"]))
    expect(shown.locator(".text mark")).to_have_text(["ME", "COMPRO", "precio"])
    expect(shown.locator(".why-word")).to_have_text(["me", "compro", "precio"])
    expect(shown.locator("h2")).to_have_text("voz0")
    expect(shown.locator(".badge")).to_have_text(["Activa 91 %", "Decisión"])
    expect(shown.locator(".facts")).to_have_text(
        "bluesky" + "es" + "Volta" + "precio" + "Ver original"
    )
    expect(shown.get_by_role("link")).to_have_attribute("href", str(ACTIVE["url"]))
    stored = people.query(
        "SELECT toUnixTimestamp64Milli(published_at) FROM mentions_current"
        " WHERE mention_id = {id:String}",
        {"id": mention_id},
    ).first_row[0]
    shown_at = shown.locator("time").get_attribute("datetime") or ""
    assert page.evaluate("text => Date.parse(text)", shown_at) == stored
    expect(page.locator("#count")).to_have_text("Mostradas 1 de 1 desde que abriste")
    assert complaints == []


def test_what_was_there_before_is_what_clickhouse_has(
    page: Page, console_url: str, writer: Client
) -> None:
    open_live(page, console_url, "?brand=Volta&intent=yes&least=0.7")
    expect(cards(page)).to_have_count(50, timeout=PATIENCE_MS)

    expected = writer.query(
        "SELECT mention_id FROM mentions_current WHERE has(brands, 'Volta') AND intent != 'none'"
        " AND if(intent = 'active', intent_active, intent_latent) >= toFloat32(0.7)"
        " ORDER BY published_at DESC, mention_id DESC LIMIT 50"
    ).result_rows
    assert ids(page) == [row[0] for row in expected]


def test_what_people_write_stays_text(
    page: Page, console_url: str, people: Client, complaints: list[str]
) -> None:
    open_live(page, console_url)
    words = ["onerror", "<script>"]
    hostile = {"text": HOSTILE_TEXT, "author_handle": HOSTILE_AUTHOR, "url": HOSTILE_URL}
    [mention_id] = say(people, hostile | {"intent_words": words, "parent_text": HOSTILE_TEXT})

    shown = card(page, mention_id)
    expect(shown.locator(".text")).to_have_text(HOSTILE_TEXT, timeout=PATIENCE_MS)
    expect(shown.locator("h2")).to_have_text(HOSTILE_AUTHOR)
    expect(shown.get_by_role("link")).to_have_count(0)
    assert shown.locator("img, script, b").count() == 0
    assert page.evaluate("window.hacked") is None
    assert complaints == []


def test_only_what_the_filters_let_through(page: Page, console_url: str, people: Client) -> None:
    open_live(page, console_url)
    page.get_by_label("Marca").select_option("Volta")
    page.get_by_label("Idioma").select_option("es")
    page.get_by_label("Probabilidad").select_option("0.7")
    assert page.url.endswith("/live?brand=Volta&lang=es&least=0.7")
    expect(page.locator("#pill")).to_have_attribute("data-state", "good", timeout=PATIENCE_MS)

    fits, *others = say(
        people,
        ACTIVE,
        ACTIVE | {"brands": ["Nimbus"]},
        ACTIVE | {"lang": "en"},
        ACTIVE | {"intent_active": 0.6},
        ACTIVE | {"intent": "none"},
    )
    expect(card(page, fits)).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#count")).to_contain_text("Mostradas 1 de 1")
    for other in others:
        expect(card(page, other)).to_have_count(0)

    page.reload()

    expect(page.get_by_label("Marca")).to_have_value("Volta")
    expect(card(page, fits)).to_be_visible(timeout=PATIENCE_MS)
    expect(card(page, others[0])).to_have_count(0)


def test_pausing_counts_what_waits(page: Page, console_url: str, people: Client) -> None:
    open_live(page, console_url)
    expect(cards(page)).to_have_count(50, timeout=PATIENCE_MS)
    page.get_by_role("button", name="Pausar").press("Enter")
    expect(page.locator("#pill")).to_have_text("En pausa")
    waiting = say(people, ACTIVE, ACTIVE, ACTIVE)

    expect(page.locator("#fresh")).to_have_text("Mostrar 3 nuevas", timeout=PATIENCE_MS)
    assert not set(waiting) & set(ids(page))
    page.locator("#fresh").click()

    expect(card(page, waiting[0])).to_be_visible(timeout=PATIENCE_MS)
    assert set(waiting) == set(ids(page)[:3])
    expect(page.locator("#pill")).to_have_text("En directo")
    expect(page.locator("#fresh")).to_be_hidden()


def test_nothing_moves_under_who_reads(page: Page, console_url: str, people: Client) -> None:
    open_live(page, console_url)
    expect(cards(page).nth(40)).to_be_attached(timeout=PATIENCE_MS)
    before = ids(page)
    cards(page).first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    here = page.evaluate("document.activeElement.dataset.id")
    assert here == before[3]
    [mention_id] = say(people, ACTIVE)
    expect(page.locator("#fresh")).to_have_text("Mostrar 1 nueva", timeout=PATIENCE_MS)
    assert ids(page) == before

    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Seguir")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("p")
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.dataset.id") == before[0]
    assert page.locator('#feed article[tabindex="0"]').count() == 1
    page.evaluate("document.activeElement.blur()")

    expect(cards(page).first).to_have_attribute("data-id", mention_id)


def test_a_burst_is_sampled_and_says_so(
    page: Page, console_url: str, people: Client, complaints: list[str]
) -> None:
    open_live(page, console_url)
    for part in range(2):
        say(people, *[ACTIVE] * 10_000, first=part * 10_000)

    expect(page.locator("#count")).to_contain_text("de 20.000", timeout=PATIENCE_MS)
    expect(page.locator("#count")).to_contain_text("se enseña una muestra")
    expect(page.locator("#feed")).to_have_attribute("aria-busy", "false", timeout=PATIENCE_MS)
    shown = int((page.locator("#count").text_content() or "").split()[1])
    assert 40 <= shown <= 80
    assert len(ids(page)) <= 200
    page.get_by_role("button", name="Pausar").click()
    expect(page.get_by_role("button", name="Seguir")).to_be_visible()
    assert complaints == []


def test_the_list_stays_bounded(page: Page, console_url: str, people: Client) -> None:
    open_live(page, console_url)
    expect(cards(page)).to_have_count(50, timeout=PATIENCE_MS)
    for part in range(6):
        first = part * 30
        last = say(people, *[ACTIVE] * 30, first=first)
        expect(card(page, last[-1])).to_be_attached(timeout=PATIENCE_MS)

    expect(cards(page)).to_have_count(200)


def test_clickhouse_goes_and_comes_back(page: Page, config: ConsoleConfig, people: Client) -> None:
    with Relay(urlsplit(config.clickhouse_url).port or 0) as relay:
        through = replace(
            config, clickhouse_url=f"http://127.0.0.1:{relay.port}", port=free_ports(1)[0]
        )
        with running(through) as url:
            open_live(page, url)
            relay.cut()
            expect(page.locator("#pill-text")).to_have_text(
                "ClickHouse no responde; se reintenta", timeout=PATIENCE_MS
            )
            [meanwhile] = say(people, ACTIVE)
            relay.mend()

            expect(page.locator("#pill-text")).to_have_text("En directo", timeout=PATIENCE_MS)
            expect(card(page, meanwhile)).to_be_visible(timeout=PATIENCE_MS)
            expect(page.locator("#count")).to_contain_text("Mostradas 1 de 1")
            page.goto("about:blank")


def test_rows_that_are_rewritten_are_no_news(console_url: str, people: Client) -> None:
    with httpx.stream("GET", f"{console_url}/api/live", timeout=60) as stream:
        lines = stream.iter_lines()
        assert '"live"' in next(line for line in lines if line.startswith("data:"))
        rewritten = {"counted": 0, "version": 5}
        say(people, ACTIVE | rewritten, ACTIVE | {"is_deleted": 1}, first=10)
        say(people, ACTIVE, first=20)
        came = json.loads(next(line for line in lines if line.startswith("data:"))[5:])

    assert came["came"] == 1
    assert [one["mention_id"] for one in came["mentions"]] == ["bluesky:stream-20"]


@pytest.mark.parametrize(
    "page",
    [
        {"color_scheme": "light", "reduced_motion": "reduce"},
        {"color_scheme": "dark", "reduced_motion": "reduce"},
    ],
    indirect=True,
)
def test_everything_can_be_read(page: Page, console_url: str, people: Client) -> None:
    say(people, ACTIVE, ACTIVE | {"intent": "latent"})
    open_live(page, console_url)
    expect(card(page, "bluesky:stream-0")).to_be_visible(timeout=PATIENCE_MS)

    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone_and_speaks_english(
    page: Page, console_url: str, people: Client, complaints: list[Any]
) -> None:
    say(people, ACTIVE)
    open_live(page, console_url)
    expect(card(page, "bluesky:stream-0").locator(".badge").first).to_have_text("Active 91%")
    expect(page.locator("h1")).to_have_text("Live")

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
