"""The page of `escucha evaluate` in a browser: light, dark, narrow, and alone with itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from models.evaluation import evaluate
from models.evaluation_set import EvaluationSet
from models.keyword_rules import KeywordRules
from models.labels import LabelledMention
from models.reports.page import evaluation_page

pytestmark = pytest.mark.browser

TEXTS = ("¿dónde lo puedo comprar?", "no me funciona </td><script>window.hit = 1</script>")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    items = [
        LabelledMention(
            id=str(number),
            text=f"{TEXTS[number % 2]} {number}",
            lang="es",
            intent="active" if number % 3 else "none",
            stage="consideration" if number % 2 else "use",
            needs_reply="yes",
            sentiment="negative",
            acts=("question",) if number % 4 else (),
        )
        for number in range(40)
    ]
    found = evaluate(KeywordRules(), EvaluationSet.of(items), resamples=20, examples=5)
    path: Path = tmp_path_factory.mktemp("page") / "evaluation.html"
    path.write_text(evaluation_page(found, "es"), "utf-8")
    return path.as_uri()


@pytest.fixture(params=[("light", 1280), ("dark", 390)], ids=["laptop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    scheme, width = request.param
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda one: asked.append(one.url))
    page.on("console", lambda one: said.append(one.text))
    page.goto(address)
    yield page
    assert asked == [address]
    assert said == []
    page.close()


def test_it_fits_shows_and_runs_nothing(page: Page) -> None:
    assert page.title() == "Evaluación del modelo keyword-rules"
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("window.hit") is None
    assert page.get_by_text("<script>window.hit = 1</script>").count() > 0
    pictures = page.get_by_role("img")
    assert pictures.count() >= 10
    assert all(box and box["width"] <= width for box in (p.bounding_box() for p in pictures.all()))
    assert page.get_by_role("img", name="Intención: fiabilidad").is_visible()
    assert page.get_by_role("table", name="Clases").count() == 5


def test_it_follows_light_and_dark(page: Page) -> None:
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    ink = page.evaluate("getComputedStyle(document.body).color")

    assert (ground == "rgb(20, 23, 26)") is dark
    assert ground != ink
