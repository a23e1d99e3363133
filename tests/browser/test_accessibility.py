"""Every page of the console: axe, language, title, width, and all of it by keyboard.

Two visits of each page show it in both themes, languages and widths; those of four pages together
cover every combination of the three.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect

from dashboards.console import ConsoleConfig, Writers
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from streams.desk import Desk
from streams.kafka_access import KafkaAccess
from streams.listening.desk import RulesDesk
from streams.listening.searching import Searching
from streams.modelling.keeper import ModelKeeper
from streams.producers.labels import LabelWriter
from streams.signals.emerging import store
from streams.signals.emerging.acting import AlertDesk
from streams.signals.emerging.lifecycle import Change, Series
from streams.signals.emerging.settings import DetectorSettings
from tests.browser.axe import findings
from tests.browser.console_pages import NOWHERE, console_pages
from tests.browser.labelling import NOBODY
from tests.browser.ruling import FIRST, publish
from tests.browser.searching import settings_of
from tests.browser.serving import running
from tests.integration.streams.helpers import small_model

pytestmark = pytest.mark.browser

STOPS: Final = Path(__file__).with_name("stops.js").read_text()
KNOWN: Final = """
localStorage.setItem("escucha.labelling", JSON.stringify({ labeller: "Ana" }));
"""
# The first dashboard is also the first page.
_PAGES: Final = [path for path in console_pages() if path != "/d/escucha-listening"]


class Visit(NamedTuple):
    theme: Literal["light", "dark"]
    language: str
    width: int


# Of each pair, the second is the opposite of the first.
VISITS: Final = (
    (Visit("light", "es", 1280), Visit("dark", "en", 390)),
    (Visit("dark", "es", 1280), Visit("light", "en", 390)),
    (Visit("light", "en", 1280), Visit("dark", "es", 390)),
    (Visit("dark", "en", 1280), Visit("light", "es", 390)),
)
HEIGHT: Final = 900
TALLEST: Final = 12_000
# A few hours and a few people show all there is to see in a tenth of the time; and while Tab is on
# its way, no control is made anew.
FEW_HOURS: Final = "?from=now-6h&refresh="
FEW_PEOPLE: Final = 4
FEW_SAY: Final = {
    "/live": "?brand=Volta&lang=en&intent=yes&least=0.9",
}
# What lets go of the keyboard before Tab: in the editor of rules Tab indents.
LEAVING: Final = {"/rules": ("Escape",)}
# Pages that fill up after they are there, and what with; panels say so by themselves.
ITEMS: Final = {
    "/leads": "#queue li.item",
    "/care": "#queue li.item",
    "/labels": "#desk form.judgement",
    "/live": "#feed article",
    "/rules": "#versions .version",
    "/alerts": "li.item",
    "/models": "[data-version]",
}


@pytest.fixture(scope="module")
def url(
    clickhouse: ClickHouseHandle,
    config: ConsoleConfig,
    writer: Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """A console on which everything may be done, in front of a story with an alert in it."""
    folder = tmp_path_factory.mktemp("pages")
    small_model(folder / "models")
    settings = settings_of(
        clickhouse,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=folder,
        model_store=folder / "models",
    )
    now = datetime.now(UTC)
    heard = writer.query("SELECT mention_id FROM mentions ORDER BY mention_id LIMIT 3").result_rows
    alert = Change(
        series=Series("brand", "Nimbus", "es"), change=1, alert_id="a11y", event="opened",
        state="open", at=now, opened_at=now, since=now - timedelta(minutes=9), severity=8,
        observed=21, expected=2.4, window_min=20, false_per_week=1e-9, sure=0.99999, watched=40,
        before_contact=0.75, words=("comprar",), link="https://example.org/", notice=True,
        evidence=tuple(mention for (mention,) in heard),
    )  # fmt: skip
    store.append(writer, alert, DetectorSettings())
    with (
        pytest.MonkeyPatch.context() as patched,
        LabelWriter(KafkaAccess(NOBODY), deadline_sec=5.0) as labels,
        Desk(settings) as desk,
        RulesDesk(settings) as rules,
        AlertDesk(settings) as alerts,
        ModelKeeper(settings) as models,
        running(
            replace(config, port=free_ports(1)[0]),
            Writers(
                labels=labels.save,
                desk=desk,
                rules=rules,
                alerts=alerts,
                models=models,
                search=Searching(settings),
            ),
        ) as url,
    ):
        patched.setattr("dashboards.console.desk.MAX_ITEMS", FEW_PEOPLE)
        assert publish(url, FIRST, 0, "Ana").status_code == 200
        yield url
    for table in ("alerts", "alert_evidence", "rule_versions"):
        writer.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Page]:
    """Somebody with a name of their own, who goes from page to page."""
    context = browser.new_context(
        locale="es-ES",
        viewport={"width": 1280, "height": HEIGHT},
        reduced_motion="reduce",  # what moves is painted for nobody here
    )
    context.add_init_script(KNOWN)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield page
    context.close()


@pytest.fixture
def page(reader: Page, complaints: list[str]) -> Iterator[Page]:
    """The same, and what the browser's console says meanwhile."""

    def heard(said: ConsoleMessage) -> None:
        if said.type == "error":
            complaints.append(said.text)

    def broke(error: Error) -> None:
        complaints.append(str(error))

    reader.on("console", heard)
    reader.on("pageerror", broke)
    yield reader
    reader.goto("about:blank")
    reader.remove_listener("console", heard)
    reader.remove_listener("pageerror", broke)


@pytest.mark.parametrize(("number", "path"), list(enumerate(_PAGES)), ids=_PAGES)
def test_anybody_can_use_it(
    page: Page, url: str, number: int, path: str, complaints: list[str]
) -> None:
    is_board = path == "/" or path.startswith("/d/")
    wide, narrow = VISITS[number % len(VISITS)]
    page.emulate_media(color_scheme=wide.theme)
    page.set_viewport_size({"width": wide.width, "height": HEIGHT})
    page.goto(f"{url}{path}{FEW_HOURS if is_board else FEW_SAY.get(path, '')}")
    expect(page.locator("h1").first).to_have_text(re.compile(r"\w"), timeout=60_000)
    if path in ITEMS:
        page.locator(ITEMS[path]).first.wait_for()
    drawn(page)
    see_all(page)
    problems = by_keyboard(page, LEAVING.get(path, ()))
    for visit in (wide, narrow):
        turn_to(page, visit)
        if visit.language == "en":  # on one of the two widths
            open_some(page)
        problems += [f"{visit}: {problem}" for problem in looked_at(page, visit)]
    # That the page is not there, the browser says by itself.
    problems += [said for said in complaints if path != NOWHERE or "404" not in said]
    assert problems == []


def looked_at(page: Page, visit: Visit) -> list[str]:
    """What is wrong with the page as it stands."""
    problems = findings(page)
    if (language := page.locator("html").get_attribute("lang")) != visit.language:
        problems.append(f"its language is said to be {language}")
    if (width := page.evaluate("document.documentElement.scrollWidth")) > visit.width:
        problems.append(f"it is {width} px wide")
    heading = page.locator("h1").first.inner_text().strip()
    if page.title() != f"{heading} – Escucha":
        problems.append(f"its title is {page.title()!r}, its heading {heading!r}")
    return problems


def turn_to(page: Page, visit: Visit) -> None:
    """Look at the same page in another theme, language and width, without loading it again."""
    page.emulate_media(color_scheme=visit.theme)
    if page.locator("html").get_attribute("lang") != visit.language:
        page.locator("#language").evaluate("button => button.click()")  # it may be in a menu
    page.set_viewport_size({"width": visit.width, "height": HEIGHT})
    drawn(page)


def open_some(page: Page) -> None:
    """Open the first of each kind of thing that can be opened: menu, explanation, choice."""
    for closed in (
        ".top button[aria-expanded='false']", "main button[aria-expanded='false']",
        "main details:not([open]) > summary",
    ):  # fmt: skip
        found = page.locator(f"{closed} >> visible=true")
        if found.count():
            found.first.evaluate("control => control.click()")


def see_all(page: Page) -> None:
    """Have all of the page in sight for a moment, so that all of it is asked for and drawn."""
    tall = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
    page.set_viewport_size({"width": 1280, "height": tall})
    drawn(page)
    page.set_viewport_size({"width": 1280, "height": HEIGHT})


def by_keyboard(page: Page, leaving: Sequence[str]) -> list[str]:
    """What Tab does not reach, and what does not show that it has the focus."""
    lengths = page.evaluate(STOPS)
    for part, length in enumerate(lengths):
        if part:
            page.evaluate("stops.jump()")
        for pressed in range(2 * length + 20):  # a page may move the focus itself
            if pressed % 5 == 0 and page.evaluate("stops.done()"):
                break
            for key in (*leaving, "Tab"):
                page.keyboard.press(key)
    missed, unseen, jumped = page.evaluate("[stops.missed(), stops.unseen(), stops.positive()]")
    return [
        *(f"Tab does not reach {one}" for one in missed),
        *(f"has the focus and does not show it: {one}" for one in unseen),
        *(f"takes Tab out of its order: {one}" for one in jumped),
    ]


def drawn(page: Page) -> None:
    """Return when nothing in sight waits for an answer."""
    page.wait_for_function(
        """() => ![...document.querySelectorAll('[aria-busy="true"]')].some((part) => {
          const { top, bottom } = part.getBoundingClientRect();
          return part.checkVisibility() && bottom > 0 && top < innerHeight;
        })""",
        timeout=60_000,
    )
