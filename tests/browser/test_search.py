"""Search as people do it: what is found, mistakes, progress, beside ClickHouse."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.console import ConsoleConfig
from deploy.local.handles import ClickHouseHandle
from schemas.search import Ask, Place, Step
from streams.listening.searching import Searching
from tests.browser.mentions import card, cards, ids, say, visiting
from tests.browser.searching import (
    MONTH,
    ORACLE,
    PATIENCE_MS,
    RULE,
    asked,
    searching,
    settings_of,
    stored,
)

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
PHONE = {
    "locale": "en-GB",
    "viewport": {"width": 360, "height": 780},
    "has_touch": True,
    "is_mobile": True,
}


@pytest.fixture(scope="module")
def url(clickhouse: ClickHouseHandle, config: ConsoleConfig) -> Iterator[str]:
    """A console that searches."""
    with searching(config, clickhouse) as url:
        yield url


@pytest.fixture
def people(writer: Client) -> Iterator[Client]:
    with visiting(writer) as client:
        yield client


def count(page: Page) -> Any:
    return page.locator("#count")


def test_a_search_finds_what_clickhouse_has(
    page: Page, url: str, writer: Client, complaints: list[str]
) -> None:
    page.goto(f"{url}/search")
    page.get_by_label("Qué buscar").fill(RULE)
    page.get_by_label("Periodo").select_option("now-30d")
    page.get_by_label("Qué buscar").press("Enter")
    expected = [row[0] for row in stored(writer, ORACLE)]
    assert len(expected) > 110

    expect(count(page)).to_have_text(f"{len(expected)} menciones", timeout=PATIENCE_MS)
    expect(cards(page)).to_have_count(50)
    assert list(ids(page)) == expected[:50]
    marks = cards(page).locator(".text mark").all_text_contents()
    assert len(marks) == 50
    assert {mark.lower() for mark in marks} == {"recomienda", "looking for"}
    assert "from=now-30d" in page.url
    assert complaints == []


def test_pages_go_on_where_the_last_one_ended(page: Page, url: str, people: Client) -> None:
    page.goto(f"{url}/search?q={RULE}&{MONTH}")
    expect(cards(page)).to_have_count(50, timeout=PATIENCE_MS)
    expected = [row[0] for row in stored(people, ORACLE)]
    say(people, {"text": "¿quién me recomienda algo?"})  # newer than the search

    more = page.get_by_role("button", name="Mostrar más")
    for shown in (100, min(150, len(expected))):
        more.click()
        expect(cards(page)).to_have_count(shown, timeout=PATIENCE_MS)
    while more.is_visible():
        before = cards(page).count()
        more.click()
        expect(cards(page).nth(before)).to_be_attached(timeout=PATIENCE_MS)
        expect(page.locator("#more:disabled")).to_have_count(0)

    assert list(ids(page)) == expected


def test_an_address_holds_the_search(page: Page, url: str, writer: Client) -> None:
    query = f"q=~comprar+OR+lang:en&brand=Volta&lang=es&source=reddit&intent=yes&{MONTH}"
    page.goto(f"{url}/search?{query}")
    condition = (
        "match(text, '(?i)\\\\bcompro\\\\b') AND has(brands, 'Volta') AND lang = 'es'"
        " AND source = 'reddit' AND intent != 'none'"
    )
    expected = [row[0] for row in stored(writer, condition)]

    assert expected
    expect(count(page)).to_contain_text(str(len(expected)), timeout=PATIENCE_MS)
    expect(cards(page)).to_have_count(len(expected), timeout=PATIENCE_MS)
    assert list(ids(page)) == expected
    expect(page.get_by_label("Qué buscar")).to_have_value("~comprar OR lang:en")
    expect(page.get_by_label("Marca")).to_have_value("Volta")
    page.get_by_label("Fuente").select_option("")
    expect(count(page)).not_to_have_text(f"{len(expected)} menciones", timeout=PATIENCE_MS)
    page.go_back()
    expect(count(page)).to_contain_text(str(len(expected)), timeout=PATIENCE_MS)
    expect(page.get_by_label("Fuente")).to_have_value("reddit")


def test_fields_and_the_empty_search(url: str, people: Client) -> None:
    say(people, {"kind": "reply", "parent_id": "bluesky:p", "hashtags": ["Oferta"]}, first=30)
    say(people, {"followers": 5_000, "links": ["https://example.org"]}, first=31)
    for rule, condition in (
        ("type:reply", "kind = 'reply'"),
        ("followers:>1000 has:link", "followers > 1000 AND notEmpty(links)"),
        ("#oferta", "has(hashtags, 'Oferta')"),
        ("author:@voz31", "author_handle = 'voz31'"),
        ("lang:pt", "lang = 'pt'"),
        ("", "1"),
    ):
        steps = asked(url, q=rule, count="yes", **{"from": "now-30d"})
        assert steps[-1]["is_exact"]
        assert steps[-1]["found"] == len(stored(people, condition)), rule


def test_a_mistake_is_shown_at_its_place(page: Page, url: str, complaints: list[str]) -> None:
    page.goto(f"{url}/search")
    page.get_by_label("Qué buscar").fill("😀 móvil or lnag:es")
    page.get_by_role("button", name="Buscar", exact=True).click()

    problems = page.locator(".problem")
    expect(problems).to_have_count(2, timeout=PATIENCE_MS)
    first, second = problems.all()
    expect(first).to_contain_text("Línea 1, columna 9: or en minúsculas no es un operador")
    expect(first).to_contain_text('escribe OR, o "or" entre comillas')
    expect(first.locator("mark")).to_have_text("or")
    expect(second).to_contain_text("campo desconocido lnag:")
    expect(second).to_contain_text("¿querías decir lang:?")
    expect(page.locator("#found")).to_be_hidden()
    second.get_by_role("button", name="Ir al sitio").click()
    assert page.evaluate("getSelection().toString()") == "lnag:"

    page.get_by_role("button", name="English").click()
    expect(first).to_contain_text("or in lower case is no operator")
    page.get_by_label("What to search for").fill("móvil")
    page.get_by_label("What to search for").press("Enter")
    expect(count(page)).to_contain_text("mention", timeout=PATIENCE_MS)
    expect(page.locator(".problem")).to_have_count(0)
    assert complaints == []


def test_examples_are_tried_with_a_click(page: Page, url: str, complaints: list[str]) -> None:
    page.goto(f"{url}/search")
    for button in page.locator(".example").all():
        button.click()
        expect(count(page)).to_have_text(
            re.compile("^(Ninguna mención|[0-9.]+ menci)"), timeout=PATIENCE_MS
        )
        expect(page.get_by_label("Qué buscar")).to_have_value(button.text_content() or "")
        expect(page.locator(".problem")).to_have_count(0)
    assert complaints == []


class Gated:
    """Searches for real, and waits before each step until it is let on."""

    def __init__(self, searching: Searching) -> None:
        self._searching = searching
        self.go_on = asyncio.Event()
        self.ended = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searching, name)

    async def search(
        self, ask: Ask, after: Place | None, *, counts_all: bool
    ) -> AsyncIterator[Step]:
        try:
            async for step in self._searching.search(ask, after, counts_all=counts_all):
                yield step
                await self.go_on.wait()
        finally:
            self.ended += 1


def test_a_long_search_shows_progress_and_can_be_cancelled(
    page: Page, clickhouse: ClickHouseHandle, config: ConsoleConfig, complaints: list[str]
) -> None:
    gated = Gated(Searching(settings_of(clickhouse)))
    with searching(config, clickhouse, search=gated) as url:
        page.goto(f"{url}/search?q=compro&{MONTH}")
        expect(page.locator("#progress")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#reach")).to_contain_text("Miradas 0 de unas")
        page.get_by_role("button", name="Cancelar").press("Enter")

        expect(page.locator("#reach")).to_contain_text("Cancelada: miradas 0")
        expect(page.locator("#progress")).to_be_hidden()
        page.get_by_role("button", name="Buscar", exact=True).click()
        expect(page.locator("#progress")).to_be_visible(timeout=PATIENCE_MS)
        assert gated.ended == 1  # the console stopped, too
        page.goto("about:blank")
    assert complaints == []


def test_when_the_time_is_over_it_says_at_least(
    page: Page, clickhouse: ClickHouseHandle, config: ConsoleConfig, writer: Client
) -> None:
    hours = itertools.count(step=3_600)  # an hour between two looks at the clock
    search = Searching(settings_of(clickhouse), elapsed_sec=lambda: next(hours))
    with searching(config, clickhouse, search=search) as url:
        say(writer, *[{"text": "compro"}] * 4_500, first=1_000)
        try:
            page.goto(f"{url}/search?q=compro&{MONTH}")
            expect(count(page)).to_have_text(
                re.compile(r"^Al menos [0-9.]+ menciones$"), timeout=PATIENCE_MS
            )
            expect(page.locator("#reach")).to_contain_text("Se acabó el tiempo: miradas")
            end = asked(url, q="compro", count="yes", **{"from": "now-30d"})[-1]
            assert not end["is_exact"]
            assert 4_500 <= end["found"] <= end["looked_at"] < end["total"]
        finally:
            writer.command("DELETE FROM mentions WHERE author_id LIKE 'stream-%'")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"q": "NOT x"}, 400, "bad_rule"),
        ({"q": "x" * 2_001}, 400, "bad_request"),
        ({"from": "yesterday"}, 400, "bad_request"),
        ({"from": "now", "to": "now-1d"}, 400, "bad_request"),
        ({"after": "here"}, 400, "bad_request"),
        ({"least": "7"}, 400, "bad_request"),
        ({"format": "xls"}, 400, "bad_request"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    url: str, query: dict[str, str], status: int, code: str
) -> None:
    path = "/api/search/export" if "format" in query else "/api/search"
    answer = httpx.get(url + path, params=query, timeout=60)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if code == "bad_rule":
        assert set(answer.json()["problems"][0]["remedy"]) == {"en", "es"}


def test_a_console_without_a_searcher_says_so(page: Page, console_url: str) -> None:
    page.goto(f"{console_url}/search")

    expect(page.locator("#notice")).to_contain_text("no tiene con qué buscar")
    assert httpx.get(f"{console_url}/api/search?q=x").status_code == 403


@pytest.mark.parametrize(
    "page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True
)
def test_everything_can_be_read(page: Page, url: str) -> None:
    page.goto(f"{url}/search?q=compro&{MONTH}")
    expect(count(page)).to_contain_text("menciones", timeout=PATIENCE_MS)
    page.locator("#save summary").click()
    page.get_by_label("Qué buscar").fill("a or b")

    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone_and_speaks_english(page: Page, url: str, people: Client) -> None:
    [mention_id] = say(people, {"text": "compro https://example.org/" + "x" * 200})
    page.goto(f"{url}/search?q=compro&{MONTH}")
    expect(card(page, mention_id)).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("link", name="Parquet")).to_be_visible()

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
