"""The page of rules as people use it: written, checked, tried, published, and looked back at."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from schemas.rules import Trial
from streams.listening import stored
from streams.listening.desk import RulesDesk
from streams.rule_book import RuleBook, RulesInForce
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from tests.browser.ruling import FIRST, SLOW_MS, publish

pytestmark = pytest.mark.browser

CONTRAST = Path(__file__).with_name("contrast.js").read_text()
PHONE = {
    "locale": "en-GB",
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}


def open_page(page: Page, url: str, me: str = "Berta") -> None:
    remembered = json.dumps(json.dumps({"labeller": me}))
    page.add_init_script(f"localStorage.setItem('escucha.labelling', {remembered})")
    page.goto(f"{url}/rules")
    expect(page.locator("#source")).not_to_have_value("")


def write(page: Page, text: str) -> None:
    page.locator("#source").fill(text)


def taken_up(settings: Settings) -> RulesInForce:
    """What a worker that looks now works by."""

    async def look() -> RulesInForce:
        async with ClickHouse(settings) as clickhouse:
            book = RuleBook(clickhouse, "brands: []")
            await book.refresh()
            return book.current

    with ThreadPoolExecutor(1) as pool:  # this thread has the browser's loop
        return pool.submit(lambda: asyncio.run(look())).result(timeout=60)


def test_a_mistake_is_shown_mended_tried_and_published(
    page: Page, rules_url: str, writer: Client, rules_settings: Settings, complaints: list[str]
) -> None:
    open_page(page, rules_url)
    expect(page.locator("#in-force")).to_contain_text("número 1, de Ana")
    expect(page.locator("#status")).to_contain_text("Sin errores · 2 marcas · 1 tema")
    expect(page.locator("#publish")).to_be_disabled()  # there is nothing to publish

    write(page, FIRST.replace("'retraso OR", "'retraso or").replace("own: true", "ownn: true"))
    mistakes = page.locator(".mistake")
    expect(mistakes).to_have_count(2)
    expect(mistakes.nth(0)).to_contain_text("Línea 4, columna 5")
    expect(mistakes.nth(0)).to_contain_text("¿querías decir `own:`?")
    expect(mistakes.nth(1)).to_contain_text("Línea 8, columna 20")
    expect(mistakes.nth(1)).to_contain_text("`or` en minúsculas no es un operador: escribe OR")
    expect(page.locator(".numbers .has-mistake")).to_have_text(["4", "8"])
    expect(page.locator(".paper .wrong").last).to_have_text("or")
    expect(page.locator("#publish")).to_be_disabled()
    expect(page.locator("#run")).to_be_disabled()
    mistakes.nth(1).press("Enter")
    expect(page.locator("#source")).to_be_focused()
    assert page.evaluate("document.getElementById('source').selectionStart") == FIRST.index(
        "OR"
    ) + len("n")

    mended = FIRST.replace("  - name: Kestrel\n", "").replace("retraso OR", "retraso* OR gusta OR")
    write(page, mended)
    expect(page.locator("#status")).to_contain_text("Sin errores · 1 marca")
    page.locator("#days").select_option("30")
    page.locator("#source").press("Control+Enter")

    lost = page.locator('.effect[data-name="Kestrel"]')
    expect(lost).to_be_visible(timeout=SLOW_MS)
    [[stored_before]] = writer.query(
        "SELECT uniqExact(mention_id) FROM mentions FINAL WHERE text ILIKE '%kestrel%'"
        " AND published_at > now() - INTERVAL 30 DAY"
    ).result_rows
    assert re.sub(r"\D", "", lost.locator(".effect-count.lost").inner_text()) == str(stored_before)
    lost.locator("summary").click()
    expect(lost.locator("mark").first).to_have_text("Kestrel")
    expect(page.locator(".effects > details summary").first).to_contain_text("sin cambios")

    page.locator("#publish").click()
    dialog = page.locator("dialog.publish")
    expect(dialog.locator("del")).to_have_count(2)
    expect(dialog.locator("del").first).to_contain_text("- name: Kestrel")
    expect(dialog.locator("#effect-sum")).to_contain_text(f"−{stored_before}")
    dialog.get_by_role("button", name="Publicar").click()
    assert page.locator("#reason:invalid").count() == 1  # a reason is asked for
    dialog.get_by_label("Por qué").fill("Kestrel ya no se vende")
    dialog.get_by_role("button", name="Publicar").click()

    expect(dialog.locator("#published")).to_contain_text("Las reglas 2 están en vigor")
    expect(dialog.locator("code")).to_have_text("escucha rules backfill --days 30")
    dialog.get_by_role("button", name="Cerrar").click()
    expect(page.locator(".version")).to_have_count(2)
    expect(page.locator(".version").first).to_contain_text("Kestrel ya no se vende")
    expect(page.locator("#draft")).to_have_text("Sin cambios")
    row = writer.query(
        "SELECT sequence, listening, applied_by, reason FROM rule_versions FINAL"
        " ORDER BY sequence DESC LIMIT 1"
    ).first_row
    assert row == (2, mended, "Berta", "Kestrel ya no se vende")
    in_force = taken_up(rules_settings)
    assert in_force.sequence == 2
    assert [brand.name for brand in in_force.rules.listening.brands] == ["Volta"]
    assert complaints == []


def test_of_two_who_publish_the_second_sees_what_the_first_did(
    page: Page, rules_url: str, writer: Client
) -> None:
    open_page(page, rules_url)
    write(page, FIRST.replace("Kestrel", "Nimbus"))
    theirs = FIRST.replace("Kestrel", "Aurora")
    assert publish(rules_url, theirs, 1, "Carla", "Aurora ha salido").status_code == 200
    expect(page.locator("#status")).to_contain_text("Sin errores")
    page.locator("#publish").click()
    dialog = page.locator("dialog.publish")
    dialog.get_by_label("Publicar sin probar").check()
    dialog.get_by_label("Por qué").fill("Nimbus es nuevo")

    dialog.get_by_role("button", name="Publicar", exact=True).click()

    expect(dialog.get_by_role("alert")).to_contain_text("Carla publicó la número 2")
    expect(dialog).to_contain_text("Aurora ha salido")
    expect(dialog.locator("ins")).to_contain_text("Aurora")
    [[newest]] = writer.query("SELECT max(sequence) FROM rule_versions").result_rows
    assert newest == 2
    dialog.get_by_role("button", name="Seguir con las mías").click()
    expect(dialog.locator("del")).to_contain_text("Aurora")
    expect(dialog.locator("ins")).to_contain_text("Nimbus")
    expect(dialog.get_by_label("Por qué")).to_have_value("Nimbus es nuevo")
    dialog.get_by_label("Publicar sin probar").check()
    dialog.get_by_role("button", name="Publicar", exact=True).click()
    expect(dialog.locator("#published")).to_contain_text("Las reglas 3")


def test_of_many_at_once_one_publishes(rules_url: str, writer: Client) -> None:
    def one(number: int) -> int:
        text = FIRST.replace("Kestrel", f"Rival {number}")
        return int(publish(rules_url, text, 1, f"person {number}").status_code)

    with ThreadPoolExecutor(6) as pool:
        codes = sorted(pool.map(one, range(6)))

    assert codes == [200] + [409] * 5
    found = writer.query("SELECT sequence FROM rule_versions FINAL ORDER BY sequence").result_rows
    assert found == [(1,), (2,)]


def test_a_draft_outlives_the_page_and_says_when_it_was_overtaken(
    page: Page, rules_url: str, complaints: list[str]
) -> None:
    open_page(page, rules_url)
    draft = FIRST.replace("Kestrel", "Nimbus")
    write(page, draft)
    expect(page.locator("#draft")).to_have_text("Borrador sin publicar")
    page.wait_for_function("() => JSON.parse(localStorage.getItem('escucha.rules'))?.text")
    assert publish(rules_url, FIRST.replace("Volta", "Voltaica"), 1, "Carla").status_code == 200

    page.reload()

    expect(page.locator("#source")).to_have_value(draft)
    expect(page.locator("#restored")).to_contain_text("Carla publicó la número 2")
    page.locator("#restored").get_by_role("button", name="Ver qué cambió").click()
    expect(page.locator("#restored ins")).to_contain_text("Voltaica")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#discard").click()
    expect(page.locator("#source")).to_have_value(FIRST.replace("Volta", "Voltaica"))
    page.reload()
    expect(page.locator("#restored")).to_be_hidden()
    expect(page.locator("#draft")).to_have_text("Sin cambios")
    assert complaints == []


def test_a_preview_tells_how_far_it_is_and_stops_when_it_is_cancelled(
    page: Page, rules_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, left, asked = threading.Event(), threading.Event(), list[object]()
    page_after, preview = stored.page_after, RulesDesk.preview

    async def held(*arguments: Any, **named: Any) -> Any:
        asked.append(arguments[3])
        if arguments[3] != stored.BEGIN:
            await asyncio.to_thread(go_on.wait, 60)
        return await page_after(*arguments, **named)

    async def watched(desk: RulesDesk, trial: Trial) -> AsyncGenerator[Any]:
        try:
            async with aclosing(preview(desk, trial)) as told:
                async for what in told:
                    yield what
        finally:
            left.set()

    monkeypatch.setattr(stored, "page_after", held)
    monkeypatch.setattr(RulesDesk, "preview", watched)
    small = {**(stored.rows_after.__kwdefaults__ or {}), "at_most": 500}
    monkeypatch.setattr(stored.rows_after, "__kwdefaults__", small)
    open_page(page, rules_url)
    write(page, FIRST.replace("Kestrel", "Nimbus"))
    expect(page.locator("#run")).to_be_enabled()
    page.locator("#days").select_option("30")

    page.locator("#run").click()
    progress = re.compile(r"500 de 4\.?\d{3} menciones")
    expect(page.locator("#preview")).to_contain_text(progress, timeout=SLOW_MS)
    expect(page.locator("progress")).to_have_js_property("value", 500)
    page.locator("#cancel").click()

    expect(page.locator("#preview")).to_contain_text("Prueba cancelada")
    assert left.wait(60)  # the server has noticed
    go_on.set()
    page.locator("#run").click()
    expect(page.locator('.effect[data-name="Nimbus"]')).to_be_visible(timeout=SLOW_MS)
    second = asked[2:]
    assert second.count(stored.BEGIN) == 1
    assert len(second) == len(set(second))  # nothing was read twice: the first had stopped
    page.locator("#source").press("End")
    page.keyboard.type(" ")
    expect(page.locator("#preview")).to_contain_text("El texto ha cambiado")


def test_the_editor_indents_numbers_and_lets_go_of_the_keyboard(page: Page, rules_url: str) -> None:
    open_page(page, rules_url)
    area = page.locator("#source")
    area.fill("topics:")
    area.press("End")

    area.press("Enter")  # deeper after a colon
    page.keyboard.type("- name: a")
    area.press("Enter")
    area.press("Tab")
    page.keyboard.type("rule: x")
    expect(area).to_have_value("topics:\n  - name: a\n    rule: x")
    area.press("Control+a")
    area.press("Tab")
    expect(area).to_have_value("  topics:\n    - name: a\n      rule: x")
    area.press("Shift+Tab")
    expect(area).to_have_value("topics:\n  - name: a\n    rule: x")
    area.press("Control+z")
    expect(area).to_have_value("  topics:\n    - name: a\n      rule: x")
    expect(page.locator(".numbers > div")).to_have_text(["1", "2", "3"])
    area.press("Escape")
    area.press("Tab")
    expect(area).not_to_be_focused()


def test_the_history_says_who_when_why_and_what_changed(
    page: Page, rules_url: str, complaints: list[str]
) -> None:
    second = FIRST.replace("Kestrel", "Kestrel & <b>Cía</b>")
    assert publish(rules_url, second, 1, "Carla", "<i>porque</i>").status_code == 200
    open_page(page, rules_url)
    newest = page.locator(".version").first
    expect(newest).to_contain_text("Carla")
    expect(newest.locator(".version-reason")).to_have_text("<i>porque</i>")

    newest.get_by_role("button", name="Qué cambió").press("Enter")
    expect(newest.locator("ins")).to_contain_text("Kestrel & <b>Cía</b>")
    expect(newest.locator("del")).to_contain_text("- name: Kestrel")
    page.locator(".version").last.get_by_role("button", name="Llevar al editor").click()

    expect(page.locator("#source")).to_have_value(FIRST)
    expect(page.locator("#publish")).to_be_enabled()
    assert complaints == []


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone_in_english(page: Page, rules_url: str, complaints: list[str]) -> None:
    open_page(page, rules_url)
    expect(page.locator("h1")).to_have_text("Rules")
    write(page, FIRST.replace("own: true", f"own: {'x' * 200}"))
    expect(page.locator(".mistake")).to_contain_text("true or false is wanted here")

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_text("How they are written").click()
    page.locator(".version").get_by_role("button", name="What changed").click()
    expect(page.locator(".version ins").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_can_be_read(page: Page, rules_url: str, theme: Any) -> None:
    page.emulate_media(color_scheme=theme)
    open_page(page, rules_url)
    write(page, "# c\ntopics: [{name: a, rule: '#b AND @c or lang:es'}]\n")
    expect(page.locator(".mistake")).to_be_visible()
    page.get_by_text("Cómo se escriben").click()

    assert page.evaluate(CONTRAST) == []
    write(page, FIRST.replace("Kestrel", "Nimbus"))
    expect(page.locator("#run")).to_be_enabled()
    page.locator("#run").click()
    expect(page.locator(".effect").first).to_be_visible(timeout=SLOW_MS)
    page.locator("#publish").click()
    expect(page.locator("dialog ins")).to_be_visible()
    assert page.evaluate(CONTRAST) == []


def test_who_may_not_edit_is_told_and_shown(page: Page, rules_url: str, console_url: str) -> None:
    page.goto(f"{console_url}/rules")

    expect(page.locator("#source")).to_have_value(FIRST)
    expect(page.locator("#source")).to_have_js_property("readOnly", True)
    expect(page.locator("#draft")).to_have_text("Desde esta consola solo se miran.")
    expect(page.locator("#publish")).to_be_hidden()
    answer = publish(console_url, FIRST, 1, "Eva")
    assert (answer.status_code, answer.json()["code"]) == (403, "no_rules")
