"""Labelling as people do it: by keys, by touch, in two languages, up to the stored label."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from schemas import labels as contract
from tests.browser.data import HOSTILE_TEXT
from tests.browser.labelling import NOBODY, Stack
from tests.browser.serving import running

pytestmark = pytest.mark.browser

PHONE = {
    "locale": "en-GB",
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
CONTRAST = Path(__file__).with_name("contrast.js").read_text()


def begin(page: Page, url: str, name: str, **changes: Any) -> None:
    """Open the page as somebody, and wait for the first mention."""
    page.goto(f"{url}/labels")
    page.locator("#labeller").fill(name)
    if changes.get("show_model"):
        page.locator("#show-model").check()
    page.locator("#labeller").press("Enter")
    expect(page.locator("article.mention .text")).to_be_visible()


def mention_text(page: Page) -> str:
    return page.locator("article.mention .text").inner_text()


def progress(page: Page) -> Any:
    return page.locator(".session > span")


def test_ten_mentions_by_keyboard_arrive_as_labels(
    page: Page, stack: Stack, url: str, complaints: list[str]
) -> None:
    begin(page, url, "Begoña Ñ")
    texts = []
    for number in range(10):
        expect(progress(page)).to_have_text(f"{number} de 50")
        texts.append(mention_text(page))
        for key in "3e57al" if number % 2 else "1q480":
            page.keyboard.press(key)
        page.keyboard.press("Enter")
    expect(progress(page)).to_have_text("10 de 50")
    stack.wait_for_labels("Begoña Ñ", 10)

    rows = stack.labels("Begoña Ñ", "intent, stage, needs_reply, sentiment, acts, acts_judged")
    assert (
        rows
        == [
            ("none", "none", "no", "neutral", [], 1),
            ("active", "consideration", "yes", "negative", ["question", "usage_tip"], 1),
        ]
        * 5
    )
    how = stack.labels("Begoña Ñ", "how, guide_version, saw_model, thumb")
    assert [row[0] for row in how].count("random") == 2  # of ten: a fifth
    assert {row[1:] for row in how} == {(contract.GUIDE_VERSION, 0, 0)}
    stored = stack.client.query(
        "SELECT text FROM labels_current AS l INNER JOIN mentions_current AS m"
        " ON m.mention_id = l.mention_id WHERE labeller = 'Begoña Ñ' ORDER BY labelled_at"
    )
    assert [" ".join(text.split()) for (text,) in stored.result_rows] == [
        " ".join(text.split()) for text in texts
    ]
    assert complaints == []


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_ten_mentions_by_touch_on_a_phone_in_english(
    page: Page, stack: Stack, url: str, complaints: list[str]
) -> None:
    page.goto(f"{url}/labels")
    expect(page.locator("h1")).to_have_text("Label mentions")
    page.get_by_label("Your name").fill("Kim")
    page.get_by_role("button", name="Start").tap()
    for number in range(10):
        expect(progress(page)).to_have_text(f"{number} of 50")
        expect(page.get_by_role("radio", name="Latent")).not_to_be_checked()
        page.get_by_role("radio", name="Latent").tap()
        page.get_by_role("radio", name="Consideration").tap()
        page.get_by_role("radio", name="No", exact=True).tap()
        page.get_by_role("radio", name="Positive").tap()
        page.get_by_role("checkbox", name="None of these").tap()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="Save").tap()
    expect(progress(page)).to_have_text("10 of 50")
    stack.wait_for_labels("Kim", 10)

    assert set(stack.labels("Kim", "intent, stage, needs_reply, sentiment, acts_judged")) == {
        ("latent", "consideration", "no", "positive", 1)
    }
    assert complaints == []


def test_the_model_is_out_of_sight_until_the_person_has_judged(page: Page, url: str) -> None:
    begin(page, url, "Hal")
    expect(page.locator(".model")).to_have_count(0)
    expect(page.locator(".before")).to_be_empty()

    page.keyboard.press("1")
    page.keyboard.press("Enter")

    expect(page.locator(".before")).to_contain_text("El modelo decía:")
    expect(page.locator(".model")).to_have_count(0)


def test_a_label_given_in_sight_of_the_model_says_so(page: Page, stack: Stack, url: str) -> None:
    begin(page, url, "Ivy", show_model=True)
    expect(page.locator(".model")).to_contain_text("El modelo dice")

    page.keyboard.press("2")
    page.keyboard.press("Enter")

    stack.wait_for_labels("Ivy", 1)
    assert stack.labels("Ivy", "intent, saw_model") == [("latent", 1)]


def test_what_was_saved_can_be_undone_and_judged_again(
    page: Page, stack: Stack, url: str, complaints: list[str]
) -> None:
    begin(page, url, "Uma")
    text = mention_text(page)
    page.keyboard.press("3")
    page.keyboard.press("h")
    page.keyboard.press("Enter")
    stack.wait_for_labels("Uma", 1)

    page.keyboard.press("u")
    expect(page.locator("article.mention .text")).to_have_text(text)
    expect(page.get_by_role("radio", name="Activa")).to_be_checked()
    expect(page.get_by_role("checkbox", name="Elogio")).to_be_checked()
    stack.wait_for_labels("Uma", 0)
    page.keyboard.press("1")
    page.keyboard.press("Enter")

    stack.wait_for_labels("Uma", 1)
    # By then the person had seen what the model said.
    assert stack.labels("Uma", "intent, acts, saw_model") == [("none", ["praise"], 1)]
    page.keyboard.press("s")
    expect(progress(page)).to_have_text("1 de 50 · saltadas: 1")
    page.keyboard.press("u")
    expect(progress(page)).to_have_text("1 de 50")
    assert complaints == []


def test_nothing_is_saved_without_the_intent(page: Page, url: str) -> None:
    begin(page, url, "Noa")
    page.keyboard.press("q")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Di al menos la intención antes de guardar.")).to_be_visible()
    expect(progress(page)).to_have_text("0 de 50")


def test_a_dead_kafka_loses_no_label(page: Page, stack: Stack) -> None:
    config = stack.config()
    with stack.console(config, kafka=NOBODY) as url:
        begin(page, url, "Rut")
        for _ in range(3):
            page.keyboard.press("2")
            page.keyboard.press("Enter")
        expect(progress(page)).to_have_text("3 de 50")
        expect(page.locator(".outbox")).to_contain_text("Sin enviar: 3", timeout=30_000)
        expect(page.locator(".outbox")).to_contain_text("escucha status")
        page.reload()
        expect(page.locator(".outbox")).to_contain_text("Sin enviar: 3", timeout=30_000)
    assert stack.labels("Rut") == []

    with stack.console(config) as url:  # the same address, so the same browser storage
        page.goto(f"{url}/labels")
        stack.wait_for_labels("Rut", 3)
        expect(page.locator(".outbox")).to_be_empty()
        assert page.evaluate("Object.keys(localStorage).filter(k => k.includes('label.'))") == []


def test_a_label_the_contract_refuses_is_set_aside_and_told(page: Page, url: str) -> None:
    begin(page, url, "Eve")
    page.evaluate(
        "localStorage.setItem('escucha.label.0', JSON.stringify({mention_id: 'x', intent: 'no'}))"
    )
    page.keyboard.press("1")
    page.keyboard.press("Enter")

    expect(page.locator(".outbox")).to_contain_text("Rechazadas: 1")
    page.get_by_role("button", name="Descartarlas").click()
    expect(page.locator(".outbox")).to_be_empty()


def test_a_console_that_takes_no_labels_says_so(page: Page, stack: Stack) -> None:
    with running(stack.config()) as url:
        page.goto(f"{url}/labels")
        expect(page.locator("#notice")).to_contain_text("ESCUCHA_CONSOLE_LABELS=yes")
        page.goto(f"{url}/?from=now-7d")
        page.locator('section[data-query="latest_mentions"]').scroll_into_view_if_needed()
        expect(page.locator(".c-text").first).to_be_visible()
        expect(page.locator(".thumbs")).to_have_count(0)


def test_the_keys_the_guide_and_the_other_language(
    page: Page, url: str, complaints: list[str]
) -> None:
    begin(page, url, "Lía")
    page.keyboard.press("3")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Teclas")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("v")
    expect(page.locator("dl.guide:visible")).to_have_count(5)
    page.keyboard.press("v")
    expect(page.locator("dl.guide:visible")).to_have_count(0)

    text = mention_text(page)
    page.get_by_role("button", name="English").click()

    expect(page.locator("h1")).to_have_text("Label mentions")
    expect(page.get_by_role("radio", name="Active")).to_be_checked()
    assert mention_text(page) == text
    assert complaints == []


def test_the_guide_of_the_page_has_every_label_of_the_contract(page: Page, url: str) -> None:
    page.goto(f"{url}/labels")
    wanted = {
        "intent": list(contract.INTENTS),
        "stage": list(contract.STAGES),
        "needs_reply": list(contract.NEEDS_REPLY),
        "sentiment": list(contract.SENTIMENTS),
        "acts": list(contract.ACTS),
    }
    for lang in ("es", "en"):
        guide = page.evaluate(
            f"import('/static/js/labels/guide_{lang}.js').then((module) => module.guide)"
        )
        assert guide["version"] == contract.GUIDE_VERSION
        heads = {head: list(about["labels"]) for head, about in guide["heads"].items()}
        assert heads == wanted
        for about in guide["heads"].values():
            assert all(len(set(label["examples"])) == 2 for label in about["labels"].values())
    keys = page.evaluate("import('/static/js/labels/form.js').then((module) => module.KEYS)")
    used = [key for head in keys.values() for key in head.values()] + list("suv?")
    assert len(used) == len(set(used))
    assert {head: [*values] for head, values in keys.items()} == wanted | {
        "acts": [*wanted["acts"], "none"]
    }


@pytest.mark.parametrize(
    "page", [{"color_scheme": "light"}, {"color_scheme": "dark"}], indirect=True
)
def test_words_stand_out_and_every_control_has_a_name(
    page: Page, url: str, complaints: list[str]
) -> None:
    begin(page, url, "Ada")
    for key in "2wv":
        page.keyboard.press(key)
    assert page.evaluate(CONTRAST) == []
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a, input, select')]"
        ".filter((e) => !(e.innerText || e.ariaLabel || e.labels?.[0]?.innerText))"
        ".map((e) => e.outerHTML)"
    )
    assert unnamed == []
    assert complaints == []


def test_what_people_wrote_stays_text(page: Page, url: str) -> None:
    def hostile(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["mentions"][0] |= {
            "text": HOSTILE_TEXT,
            "parent_text": "<b>parent</b>",
            "url": "javascript:window.hacked=1",
        }
        route.fulfill(response=answer, json=body)

    page.route("**/api/labelling/offer", hostile)
    begin(page, url, "Zoe")

    expect(page.locator("article.mention .text")).to_have_text(HOSTILE_TEXT)
    expect(page.locator("article.mention .parent")).to_contain_text("<b>parent</b>")
    expect(page.locator("article.mention a")).to_have_count(0)
    assert page.evaluate("window.hacked") is None


def test_thumbs_on_the_latest_mentions_become_labels(
    page: Page, stack: Stack, url: str, complaints: list[str]
) -> None:
    page.goto(f"{url}/?from=now-30d&refresh=5s")
    table = page.locator('section[data-query="latest_mentions"]')
    table.scroll_into_view_if_needed()
    expect(table.locator("th").last).to_have_text("¿Acierta?")
    expect(table.locator("th", has_text="mention_id")).to_have_count(0)
    active = table.locator("tr", has=page.locator('.tag[data-value="active"]')).first
    active.get_by_role("button", name="De acuerdo").click()
    page.get_by_label("¿Cómo te llamas?").fill("Tom")
    page.keyboard.press("Enter")
    expect(active.get_by_role("status")).to_have_text("Guardado, gracias.")
    expect(active.get_by_role("button", name="De acuerdo")).to_have_attribute(
        "aria-pressed", "true"
    )
    none = table.locator("tr", has=page.locator('.tag[data-value="none"]')).first
    none.get_by_role("button", name="En desacuerdo").press("Enter")
    none.get_by_role("button", name="Latente").press("Enter")
    stack.wait_for_labels("Tom", 2)

    assert stack.labels("Tom", "intent, stage, how, thumb, saw_model") == [
        ("active", "", "thumb", 1, 1),
        ("latent", "", "thumb", 1, 1),
    ]
    active.get_by_role("button", name="De acuerdo").click()  # taken back
    stack.wait_for_labels("Tom", 1)
    assert complaints == []


def test_a_page_of_another_place_cannot_post_labels(page: Page, stack: Stack, url: str) -> None:
    send = """([url, mode, type, labeller]) => {
      const label = {mention_id: 'csv:1', labeller, labelled_at: new Date().toISOString(),
                     guide_version: '4', intent: 'active'};
      const body = JSON.stringify({labels: [label]});
      return fetch(url, {method: 'POST', mode, headers: {'content-type': type}, body})
        .then((answer) => answer.status, () => 'blocked');
    }"""
    target = f"{url}/api/labels"
    page.route("**/elsewhere", lambda route: route.fulfill(body="<p>elsewhere</p>"))
    page.goto(f"{url}/elsewhere".replace("127.0.0.1", "localhost"))  # another origin by its name
    assert page.evaluate(send, [target, "no-cors", "text/plain", "Mallory"]) == "blocked"
    assert page.evaluate(send, [target, "cors", "application/json", "Mallory"]) == "blocked"

    page.goto(f"{url}/labels")
    assert page.evaluate(send, [target, "cors", "application/json", "Nell"]) == 200

    stack.wait_for_labels("Nell", 1)  # what had been taken before would be there by now
    assert stack.labels("Mallory") == []
