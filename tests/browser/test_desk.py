"""The queues of leads and of care as people work through them, up to the stored event."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.console import ConsoleConfig
from deploy.local.handles import ClickHouseHandle
from tests.browser.data import HOSTILE_TEXT
from tests.browser.desk_page import (
    CONTRAST,
    SURE,
    console,
    events,
    item,
    open_page,
    people_of_ours,
    say,
)

pytestmark = pytest.mark.browser

PHONE = {
    "locale": "en-GB",
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


@pytest.fixture(scope="module")
def url(
    clickhouse: ClickHouseHandle, config: ConsoleConfig, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with console(clickhouse, config, tmp_path_factory.mktemp("desk")) as url:
        yield url


@pytest.fixture
def people(writer: Client) -> Iterator[Client]:
    with people_of_ours(writer):
        yield writer


def test_a_lead_is_taken_worked_on_and_noted_by_keyboard(
    page: Page, url: str, people: Client, complaints: list[str]
) -> None:
    say(
        people, 1, "lola", **SURE, stage="decision", text="me compro el Volta hoy", brands=["Volta"]
    )
    open_page(page, url, "leads")
    lead = item(page, "@lola")
    expect(page.locator("li.item").first).to_contain_text("@lola")  # the strongest and freshest
    expect(lead).to_contain_text("Lista para comprar")
    expect(lead).to_contain_text("me compro el Volta hoy")

    lead.get_by_role("button", name="Me la quedo").press("Enter")
    expect(lead).to_contain_text("La llevas tú")
    lead.get_by_label("Estado").select_option("working")
    expect(lead.locator(".fate")).to_have_text("Guardado.")
    lead.get_by_role("button", name="Añadir nota").press("Enter")
    page.keyboard.type("le he escrito")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(lead.locator(".note")).to_contain_text("le he escrito")

    assert events(people, "lead_events", "lola") == [
        (1, "assigned", "Ana", "Ana"),
        (2, "status", "working", "Ana"),
        (3, "note", "le he escrito", "Ana"),
    ]
    lead.locator(".events summary").press("Enter")
    expect(lead.locator(".events li")).to_have_count(3)
    expect(lead.locator(".events li").nth(1)).to_contain_text("Ana: En curso")
    assert complaints == []


def test_of_two_people_at_once_the_second_sees_what_the_first_did_and_keeps_the_note(
    page: Page, url: str, people: Client
) -> None:
    say(people, 2, "marco", **SURE)
    open_page(page, url, "leads", me="Ben")
    lead = item(page, "@marco")
    lead.get_by_role("button", name="Añadir nota").click()
    lead.get_by_label("Nota", exact=True).fill("mía")
    change = {"source": "bluesky", "subject": "desk-marco", "expected_version": 0}
    first = httpx.post(
        f"{url}/api/leads/change",
        json=change | {"kind": "assigned", "value": "Ana", "made_by": "Ana"},
        headers={"origin": url},
    )
    assert first.status_code == 200, first.text

    lead.get_by_role("button", name="Guardar").click()

    expect(lead.locator(".fate")).to_contain_text("Otra persona la cambió antes")
    expect(lead).to_contain_text("La lleva Ana")
    expect(lead.get_by_label("Nota", exact=True)).to_have_value("mía")
    assert events(people, "lead_events", "marco") == [(1, "assigned", "Ana", "Ana")]
    lead.get_by_role("button", name="Guardar").click()
    expect(lead.locator(".note")).to_contain_text("mía")


def test_of_many_changes_of_one_version_exactly_one_is_kept(url: str, people: Client) -> None:
    say(people, 3, "nadia", **SURE)

    def take(number: int) -> int:
        answer = httpx.post(
            f"{url}/api/leads/change",
            json={
                "source": "bluesky",
                "subject": "desk-nadia",
                "expected_version": 0,
                "kind": "assigned",
                "value": f"person {number}",
                "made_by": f"person {number}",
            },
            headers={"origin": url},
            timeout=30,
        )
        return answer.status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(take, range(8)))

    assert sorted(codes) == [200] + [409] * 7
    assert len(events(people, "lead_events", "nadia")) == 1


def test_a_token_whose_row_was_lost_hinders_no_change(url: str, people: Client) -> None:
    """A kill of ClickHouse leaves such; here the token was spent on a row of another lead."""
    say(people, 3, "nadia", **SURE)
    people.insert(
        "lead_events",
        [["bluesky", "desk-another", 1, "e", "note", "x", "kim"]],
        column_names=["source", "author_id", "version", "event_id", "kind", "value", "made_by"],
        settings={"insert_deduplication_token": "bluesky/desk-nadia/1"},
    )
    change = {"source": "bluesky", "subject": "desk-nadia", "expected_version": 0}
    answer = httpx.post(
        f"{url}/api/leads/change",
        json=change | {"kind": "note", "value": "rang", "made_by": "eva"},
        headers={"origin": url},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    assert len(events(people, "lead_events", "nadia")) == 1


def test_an_order_closes_a_lead_and_later_intent_opens_it_anew(
    page: Page, url: str, people: Client, complaints: list[str]
) -> None:
    say(people, 4, "olga", **SURE)
    open_page(page, url, "leads")
    expect(item(page, "@olga")).to_be_visible()
    people.command(
        "INSERT INTO orders (order_id, author_id, ordered_at, amount, currency, items)"
        " VALUES ('o1', 'desk-olga', now64(3) - INTERVAL 20 MINUTE, 10, 'EUR', 1)"
    )

    page.reload()
    expect(page.locator("li.item").first).to_be_visible()
    expect(item(page, "@olga")).to_have_count(0)
    page.locator("#filter-show").select_option("closed")
    expect(item(page, "@olga")).to_contain_text("Ha comprado")
    say(people, 20, "olga", **SURE, text="y ahora busco otro")
    page.locator("#filter-show").select_option("open")
    expect(item(page, "@olga")).to_contain_text("1 señal")
    assert complaints == []


def test_a_rival_is_one_that_the_rules_do_not_call_ours(
    page: Page, url: str, people: Client
) -> None:
    people.command(
        "INSERT INTO listened (sequence, version, section, name, brand, own)"
        " VALUES (1, 'a', 'brand', 'Volta', 'Volta', 1), (1, 'a', 'brand', 'Kestrel', 'Kestrel', 0)"
    )
    unhappy = {"sentiment": "negative", "acts": ["complaint"], "stage": "consideration"}
    say(people, 5, "pau", **SURE, **unhappy, brands=["Kestrel"])
    say(people, 6, "quim", **SURE, **unhappy, brands=["Volta"])

    open_page(page, url, "leads?kind=unhappy_with_rival")

    expect(item(page, "@pau")).to_contain_text("Descontenta con un rival")
    expect(item(page, "@quim")).to_have_count(0)


def test_a_lead_says_which_product_it_is_about(page: Page, url: str, people: Client) -> None:
    people.command(
        "INSERT INTO listened (sequence, version, section, name, brand, own)"
        " VALUES (1, 'a', 'product', 'Móvil Uno', 'Volta', 1),"
        " (1, 'a', 'product', 'Uno', 'Volta', 1), (1, 'a', 'product', 'Unos', 'Volta', 1),"
        " (1, 'a', 'product', 'C++ Due', 'Volta', 1)"
    )
    text = "¿Dónde compro el MOVIL uno? ¿O el c++-due?"
    say(people, 7, "rita", **SURE, brands=["Volta"], text=text)

    open_page(page, url, "leads")

    names = item(page, "@rita").locator(".facts").first.locator(".brand-name")
    expect(names).to_have_text(["C++ Due", "Móvil Uno", "Uno", "Volta"])


def test_care_waits_until_the_brand_answers_or_somebody_settles_it(
    page: Page, url: str, people: Client, complaints: list[str]
) -> None:
    say(people, 7, "rosa", needs_reply=1, text="¿cuándo llega mi pedido?")
    say(people, 8, "saul", needs_reply=1, text=HOSTILE_TEXT)
    open_page(page, url, "care")
    expect(item(page, "@rosa")).to_contain_text("Pide respuesta")
    expect(item(page, "@saul")).to_contain_text(HOSTILE_TEXT)
    assert page.evaluate("window.hacked") is None

    say(people, 9, "marca", author_role="care", kind="reply", parent_id="bluesky:desk-7")
    item(page, "@saul").get_by_label("Estado").select_option("dismissed")
    expect(item(page, "@saul").locator(".fate")).to_have_text("Guardado.")
    page.reload()

    expect(page.locator("li.item").first).to_be_visible()
    expect(item(page, "@rosa")).to_have_count(0)
    expect(item(page, "@saul")).to_have_count(0)
    page.locator("#filter-show").select_option("closed")
    expect(item(page, "@saul")).to_contain_text("Descartada")
    assert events(people, "care_events", "saul") == [(1, "status", "dismissed", "Ana")]
    assert complaints == []


@pytest.mark.parametrize("page", [PHONE], indirect=True)
@pytest.mark.parametrize("path", ["leads", "care"])
def test_a_queue_fits_a_phone_in_english(
    page: Page, url: str, path: str, people: Client, complaints: list[str]
) -> None:
    needs = {"needs_reply": 1} if path == "care" else {}
    say(people, 10, "tess", **SURE, **needs, text="x" * 300, brands=["A brand of many words"])
    open_page(page, url, path)
    expect(item(page, "@tess")).to_be_visible()
    expect(page.locator("h1")).to_have_text({"leads": "Leads", "care": "Care"}[path])

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    item(page, "@tess").get_by_role("button", name="I take it").tap()
    expect(item(page, "@tess")).to_contain_text("You have it")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["leads", "care"])
def test_everything_can_be_read(
    page: Page, url: str, path: str, theme: str, people: Client
) -> None:
    needs = {"needs_reply": 1} if path == "care" else {}
    say(people, 11, "uma", **SURE, **needs, stage="decision", brands=["Volta"])
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    open_page(page, url, path)
    expect(item(page, "@uma")).to_be_visible()

    assert page.evaluate(CONTRAST) == []


def test_an_empty_queue_says_so_in_words(page: Page, url: str) -> None:
    page.goto(f"{url}/leads?kind=unhappy_with_rival&show=closed&owner=-")

    expect(page.locator("#queue")).to_have_text("Ninguna oportunidad con estos filtros.")


def test_the_target_is_set_where_the_queue_is(page: Page, url: str, people: Client) -> None:
    say(people, 14, "xena", needs_reply=1)
    open_page(page, url, "care")
    expect(page.locator("#target")).to_have_value("60")

    page.locator("#target").fill("120")
    page.locator("#target").press("Enter")

    expect(page.locator("#count")).to_contain_text("120")
    assert people.query(
        "SELECT value, set_by FROM signal_settings WHERE name = 'care_target_minutes'"
    ).result_rows == [(120, "Ana")]
    answer = httpx.post(
        f"{url}/api/care/target", json={"minutes": 0, "made_by": "Ana"}, headers={"origin": url}
    )
    assert answer.status_code == 400
    people.command("TRUNCATE TABLE signal_settings")


def test_who_may_not_change_anything_is_told(page: Page, console_url: str, people: Client) -> None:
    say(people, 12, "vera", **SURE)
    page.goto(f"{console_url}/leads")

    expect(page.locator("#count")).to_contain_text("solo se mira")
    expect(item(page, "@vera").get_by_role("button", name="Me la quedo")).to_have_count(0)
    refused = httpx.post(
        f"{console_url}/api/leads/change", json={}, headers={"origin": console_url}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "no_desk")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"subject": "desk-nobody"}, 404),
        ({"kind": "status", "value": "sold"}, 400),
        ({"kind": "note", "value": " "}, 400),
        ({"kind": "due", "value": "tomorrow"}, 400),
        ({"made_by": ""}, 400),
        ({"expected_version": -1}, 400),
        ({"colour": "red"}, 400),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused(
    url: str, people: Client, change: dict[str, Any], status: int
) -> None:
    say(people, 13, "wim", **SURE)
    good = {
        "source": "bluesky",
        "subject": "desk-wim",
        "expected_version": 0,
        "kind": "assigned",
        "value": "Ana",
        "made_by": "Ana",
    }
    answer = httpx.post(f"{url}/api/leads/change", json=good | change, headers={"origin": url})

    assert answer.status_code == status, answer.text
    assert events(people, "lead_events", "wim") == []
    elsewhere = httpx.post(f"{url}/api/leads/change", json=good, headers={"origin": "http://evil"})
    assert elsewhere.status_code == 403


def test_the_pages_are_in_the_menu(page: Page, url: str) -> None:
    page.goto(url)
    menu = page.get_by_role("navigation")
    menu.get_by_role("button", name="Trabajo").click()
    menu.get_by_role("link", name="Oportunidades").click()

    expect(page).to_have_url(re.compile("/leads$"))
    menu.get_by_role("button", name="Trabajo").click()
    expect(menu.get_by_role("link", name="Oportunidades")).to_have_attribute("aria-current", "page")
