"""The menu at the top of every page: what it lists, how it is worked, and that it fits."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from dashboards.console.menu import WORK

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
PERSON = "document.getElementById('person').textContent = 'Ana García Etxebarria · salir'"
BOARDS = (
    "Escucha en directo · Live listening",
    "Escuchar y reaccionar · Listen and react",
    "Analítica predictiva · Predictive analytics",
    "Medición · Measurement",
    "Valor del cliente social · Social customer value",
    "Modelos y etiquetas · Models and labels",
    "Canalización y modelos · Pipeline and models",
)


@pytest.fixture
def full(page: Page) -> Page:
    """A page whose server has every page there will be."""
    look = [{"path": f"/d/{number}", "title": title} for number, title in enumerate(BOARDS)]
    look[4]["path"] = "/d/escucha-value"  # the longest name
    work = [{"path": path, "title": title} for path, title in WORK]
    groups = [{"name": "look", "pages": look}, {"name": "work", "pages": work}]

    def answer(route: Route) -> None:
        route.fulfill(json={"groups": groups})

    page.route("**/api/pages", answer)
    return page


def group(page: Page, name: str) -> Any:
    return page.locator(f'.group[data-group="{name}"]')


@pytest.mark.parametrize("width_px", [360, 900, 1280, 1440])
def test_with_every_page_there_will_be_it_stays_one_line(
    full: Page, console_url: str, width_px: int
) -> None:
    full.set_viewport_size({"width": width_px, "height": 800})
    full.goto(f"{console_url}/d/escucha-value")
    expect(full.locator(".group-list a")).to_have_count(15)
    full.evaluate(PERSON)

    for language in ("Español", "English"):
        box = full.locator(".top").bounding_box()
        assert box is not None
        assert box["height"] <= 64, language
        assert full.evaluate("document.documentElement.scrollWidth") <= width_px
        # What stands in the line does not lie over its neighbour.
        overlaps = full.evaluate(
            """() => {
              const seen = [...document.querySelectorAll('.brand, .here-name, .menu-toggle, '
                + '.group-button, .group[data-group=work] a, #person, .ghost')]
                .filter((one) => one.checkVisibility() && !one.closest('.group-list:not(:has(*))'))
                .filter((one) => one.getBoundingClientRect().bottom <= 66 && one.innerText);
              const boxes = seen.map((one) => one.getBoundingClientRect())
                .sort((one, other) => one.left - other.left);
              return boxes.filter((box, at) => at && box.left < boxes[at - 1].right).length;
            }"""
        )
        assert overlaps == 0, language
        full.evaluate("document.getElementById('language').click()")


def test_a_group_is_opened_walked_through_and_closed_by_keys(
    page: Page, console_url: str, complaints: list[str]
) -> None:
    page.goto(f"{console_url}/leads")
    button = group(page, "look").get_by_role("button")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(group(page, "look").locator("a").first).to_be_hidden()
    button.focus()

    page.keyboard.press("ArrowDown")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(group(page, "look").locator("a").first).to_be_focused()
    page.keyboard.press("End")
    expect(group(page, "look").locator("a").last).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "false")

    page.keyboard.press("Enter")
    expect(group(page, "look").locator("a").first).to_be_visible()
    page.locator("h1").click()
    expect(group(page, "look").locator("a").first).to_be_hidden()
    assert complaints == []


def test_the_page_one_is_on_is_marked_and_named(page: Page, console_url: str) -> None:
    page.goto(console_url)
    expect(page.locator('[aria-current="page"]')).to_have_attribute("href", "/d/escucha-listening")
    expect(group(page, "look").get_by_role("button")).to_have_accessible_name(
        re.compile("Paneles.*Escucha proactiva")
    )

    group(page, "work").get_by_role("button").click()
    group(page, "work").get_by_role("link", name="Atender").click()

    expect(page).to_have_url(re.compile("/care$"))
    expect(page.locator('[aria-current="page"]')).to_have_text("Atender")
    expect(page.locator('[aria-current="page"]')).to_have_count(1)


def test_on_a_phone_it_is_one_sheet(page: Page, console_url: str, complaints: list[str]) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.goto(f"{console_url}/labels")
    expect(page.locator(".here-name")).to_have_text("Etiquetar")
    expect(page.get_by_role("link", name="Atender")).to_be_hidden()

    page.get_by_role("button", name="Menú").press("Enter")

    expect(page.get_by_role("link", name="Valor del cliente social")).to_be_visible()
    expect(page.get_by_role("link", name="Etiquetar")).to_have_attribute("aria-current", "page")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Care")).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Menu")).to_be_focused()
    expect(page.get_by_role("link", name="Care")).to_be_hidden()
    assert complaints == []


def test_an_address_that_leads_nowhere_says_so_and_what_there_is(
    page: Page, console_url: str
) -> None:
    answer = page.goto(f"{console_url}/d/nothing")

    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("Aquí no hay nada")
    expect(page.locator("#description")).to_contain_text("/d/nothing")
    page.locator("main").get_by_role("link", name="Valor del cliente social").click()
    expect(page.locator("h1")).to_have_text("Valor del cliente social")


def test_columns_beyond_the_edge_are_hinted_at_and_reached(page: Page, console_url: str) -> None:
    panels = httpx.get(f"{console_url}/api/dashboards/escucha-value").json()["panels"]
    [panel] = [one["id"] for one in panels if one["query"] == "value_influence"]

    def filled(route: Route) -> None:
        names = [f"column {number}" for number in range(30)]
        columns = [{"name": name, "kind": "number"} for name in names]
        route.fulfill(json={"panel": panel, "columns": columns, "rows": [[12_345.5] * 30]})

    page.route(f"**/panels/{panel}/data*", filled)
    page.goto(f"{console_url}/d/escucha-value")
    frame = page.locator('[data-query="value_influence"] .table-frame')
    expect(frame).to_have_class(re.compile("more-right"))
    last = frame.locator("td").last

    frame.locator(".table-more").click()
    expect(frame).to_have_class(re.compile("more-left"))
    frame.locator(".table-scroll").evaluate("one => one.scrollTo({left: one.scrollWidth})")

    expect(frame).not_to_have_class(re.compile("more-right"))
    cell, around = last.bounding_box(), frame.bounding_box()
    assert cell is not None
    assert around is not None
    assert cell["x"] + cell["width"] <= around["x"] + around["width"] + 1
