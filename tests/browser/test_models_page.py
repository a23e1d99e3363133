"""The page of models as people use it, on a real store: comparing, promoting, rolling back."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.console import ConsoleConfig, Writers
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from models.accurate_store import CARD_FILE, AccurateStore
from models.store import ModelStore
from streams.modelling.keeper import ModelKeeper
from streams.settings import Settings
from streams.training import SHIPPED
from tests.browser.serving import running
from tests.browser.shelving import Shelf
from tests.integration.streams.helpers import wait_for

pytestmark = pytest.mark.browser

PHONE = {
    "locale": "en-GB",
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
LONG_MS = 120_000  # a comparison loads scikit-learn in a process of its own, on a busy machine


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A busy machine takes its time."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def kept(writer: Client, shelf: Shelf) -> Iterator[Client]:
    """The store as it was, with the first model in force."""
    shelf.begin_anew()
    yield writer
    for table in ("model_comparisons", "shadow_models", "worker_models"):
        writer.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


@pytest.fixture(scope="module")
def url(
    clickhouse: ClickHouseHandle, config: ConsoleConfig, shelf: Shelf, tmp_path_factory: Any
) -> Iterator[str]:
    settings = Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=tmp_path_factory.mktemp("run"),
        model_store=shelf.place,
    )
    with (
        ModelKeeper(settings, resamples=40) as keeper,
        running(replace(config, port=free_ports(1)[0]), Writers(models=keeper)) as url,
    ):
        yield url


def open_page(page: Page, url: str, me: str = "Ana") -> None:
    page.goto(f"{url}/models")
    page.evaluate(
        "me => localStorage.setItem('escucha.labelling', JSON.stringify({labeller: me}))", me
    )
    page.reload()
    expect(page.locator("#now")).to_contain_text("·")


def item(page: Page, version: str) -> Any:
    return page.locator(f'[data-version="{version}"]')


def name_of(page: Page, version: str) -> str:
    return item(page, version).locator("h3").inner_text()


def post(url: str, what: str, **said: Any) -> Any:
    return httpx.post(
        f"{url}/api/models/{what}",
        json={"made_by": "Ben"} | said,
        headers={"origin": url},
        timeout=60,
    )


def compared(url: str, a: str, b: str) -> str:
    """The id of a comparison, once it has ended."""
    began = post(url, "compare", a=a, b=b)
    assert began.status_code == 200, began.text

    def has_ended() -> bool:
        return httpx.get(f"{url}/api/models/running", timeout=60).json()["running"] is None

    wait_for(has_ended, "the comparison to end", LONG_MS / 1000)
    return str(began.json()["id"])


def test_a_worse_model_is_refused_by_the_gate_and_an_equal_one_promoted_with_a_reason(
    page: Page, url: str, kept: Client, shelf: Shelf, complaints: list[str]
) -> None:
    open_page(page, url)
    expect(item(page, shelf.current)).to_contain_text("En vigor")
    item(page, shelf.broken).get_by_role("button", name="Promover…").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("todavía no ha comparado")
    dialog.get_by_role("button", name="Preguntar a la puerta").press("Enter")
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    # One at a time.
    busy = post(url, "compare", a=shelf.current, b=shelf.equal)
    assert (busy.status_code, busy.json()["code"]) == (409, "models_busy")
    expect(dialog).to_contain_text("La puerta no la deja pasar", timeout=LONG_MS)
    made, verdict, gate = kept.query(
        "SELECT id, passed, gate FROM model_comparisons FINAL"
    ).first_row
    assert verdict == 0
    expect(dialog.locator("blockquote")).to_have_text(gate)
    dialog.get_by_label("Por qué").fill("a ver")
    expect(dialog.get_by_role("button", name="Seguir")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    # What the page shows is what was kept: figures, intervals, and what they allow to say.
    intent = page.locator("#comparison tr", has=page.get_by_role("rowheader", name="Intención"))
    expect(intent.first).to_contain_text("peor")
    answer = httpx.get(f"{url}/api/models/comparison", params={"id": made}, timeout=60)
    figures = answer.json()["found"]
    [head] = [one for one in figures["comparison"]["heads"] if one["head"] == "intent"]
    [f1] = [one for one in head["differences"] if one["name"] == "macro_f1"]
    assert set(figures["languages"]) == {"en", "es"}
    expect(intent.first).to_contain_text(f"{f1['a']:.3f}".replace(".", ","))
    expect(intent.first.locator("svg .point")).to_have_count(1)
    expect(page.locator("#comparison tr", has_text="en español").first).to_contain_text("peor")

    page.get_by_text("Comparaciones anteriores").click()
    item(page, shelf.equal).get_by_role("button", name="Promover…").click()
    dialog.get_by_role("button", name="Preguntar a la puerta").click()
    expect(dialog).to_contain_text("La puerta la deja pasar", timeout=LONG_MS)
    dialog.get_by_label("Por qué").fill("aprendió de las etiquetas de noviembre")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Se pondrá en vigor")
    assert shelf.store.current() == shelf.current  # not before it was confirmed
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_contain_text("está en vigor")
    promoted = shelf.store.promotion()
    assert (promoted.version, promoted.promoted_by, promoted.reason, promoted.forced) == (
        shelf.equal, "Ana", "aprendió de las etiquetas de noviembre", False,
    )  # fmt: skip
    expect(page.locator("#now")).to_contain_text("aprendió de las etiquetas de noviembre")

    page.get_by_role("button", name="Volver al anterior…").press("Enter")
    dialog.get_by_label("Por qué").fill("falla <b>mucho</b>")
    dialog.get_by_role("button", name="Seguir").click()
    dialog.get_by_role("button", name="Sí, volver").click()
    expect(page.locator("#told")).to_contain_text("vuelve a estar en vigor")
    assert shelf.store.current() == shelf.current
    expect(page.locator("#history tbody tr").first).to_contain_text("falla <b>mucho</b>")
    expect(page.locator("#history tbody tr")).to_have_count(len(shelf.store.history()))
    assert complaints == []


def test_of_two_who_put_another_model_in_force_the_second_is_told(
    page: Page, url: str, kept: Client, shelf: Shelf
) -> None:
    first = "refused-before"  # as the test above has the gate say it
    kept.command(
        "INSERT INTO model_comparisons (id, a, b, asked_by, asked_at, state, passed, gate) VALUES"
        " ({id:String}, {a:String}, {b:String}, 'Ben', now64(3), 'done', 0, 'intent: worse')",
        {"id": first, "a": shelf.current, "b": shelf.broken},
    )
    open_page(page, url)
    item(page, shelf.broken).get_by_role("button", name="Promover…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Por qué").fill("probar")
    dialog.get_by_label("aunque la puerta").check()
    dialog.get_by_role("button", name="Seguir").click()
    wanted = {"version": shelf.broken, "instead_of": shelf.current, "reason": "x"}
    refused = post(url, "promote", comparison=first, **wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "model_refused")
    unasked = post(url, "promote", comparison="nothing", force=True, **wanted)
    assert unasked.json()["code"] == "model_refused"
    assert shelf.store.current() == shelf.current
    assert post(url, "promote", comparison=first, force=True, **wanted).status_code == 200

    dialog.get_by_role("button", name="Sí, promover").click()

    expect(dialog.locator(".fault")).to_contain_text("Otra persona cambió el modelo en vigor antes")
    newest = shelf.store.promotion()
    assert (newest.version, newest.promoted_by, newest.forced) == (shelf.broken, "Ben", True)
    assert len(shelf.store.history()) == 2
    expect(page.locator("#now")).to_contain_text("promovido a la fuerza")


def test_a_comparison_can_be_cancelled_and_what_cannot_be_judged_says_why(
    page: Page, url: str, kept: Client, shelf: Shelf
) -> None:
    open_page(page, url)
    page.locator("#compare-b").select_option("keyword-rules")
    page.locator("#compare").get_by_role("button", name="Comparar").press("Enter")
    job = page.locator("#running")
    expect(job).to_contain_text("que pidió Ana")
    job.get_by_role("button", name="Cancelar").press("Enter")
    expect(job).to_be_hidden(timeout=LONG_MS)
    assert kept.query("SELECT state, asked_by FROM model_comparisons").first_row == (
        "cancelled", "Ana",
    )  # fmt: skip
    compared(url, shelf.current, shelf.knowing)
    page.reload()
    expect(page.locator("#comparison")).to_contain_text("La puerta no ha podido juzgar")
    expect(page.locator("#comparison")).to_contain_text("Etiquetar")
    [[gate]] = kept.query("SELECT gate FROM model_comparisons WHERE state = 'failed'").result_rows
    assert "were learnt" in gate


def test_shadow_and_workers_are_as_clickhouse_has_them(
    page: Page, url: str, kept: Client, shelf: Shelf, complaints: list[str]
) -> None:
    kept.command(
        "INSERT INTO worker_models (worker, model_version, shadow_version, trouble) VALUES"
        " ('worker-1', {version:String}, '', {trouble:String})",
        {
            "version": shelf.current,
            "trouble": f"model x is not taken up: {shelf.place}/x/card.json: No such file",
        },
    )
    open_page(page, url)
    item(page, shelf.equal).get_by_role("button", name="Poner en sombra").press("Enter")
    expect(page.locator("#told")).to_contain_text("pasa a la sombra")
    expect(item(page, shelf.equal).locator(".badge")).to_have_text("En sombra")
    assert kept.query("SELECT version, set_by FROM shadow_models").result_rows == [
        (shelf.equal, "Ana")
    ]
    page.get_by_text("Lo que juzgan los procesos").click()
    expect(page.locator("#now")).to_contain_text("worker-1")
    expect(page.locator(".trouble")).to_contain_text("not taken up: …: No such file")
    assert post(url, "shadow", version=shelf.current).json()["code"] == "model_refused"
    page.locator("#now").get_by_role("button", name="Quitar de la sombra").click()
    expect(page.locator("#now")).to_contain_text("Ninguno. Un modelo en sombra")
    assert complaints == []


def heads_beside(shelf: Shelf, **recipe: float) -> Path:
    """The card of heads beside the model in force, with figures by language."""
    shipped = ModelStore(SHIPPED)
    version = shipped.versions()[-1]
    card = AccurateStore(SHIPPED).card(version)
    languages = shipped.card(version).training.languages
    training = msgspec.structs.replace(
        card.training,
        recipe=msgspec.structs.replace(card.training.recipe, **recipe),
        languages=languages,
    )
    card = msgspec.structs.replace(card, version=shelf.current, training=training)
    folder = shelf.place / f"{shelf.current}+accurate"
    folder.mkdir()
    (folder / CARD_FILE).write_bytes(msgspec.json.encode(card))
    return folder


def test_a_card_says_what_it_learnt_how_good_it_is_and_where_it_fails_and_no_place(
    page: Page, url: str, kept: Client, shelf: Shelf, complaints: list[str]
) -> None:
    damaged = shelf.place / "20261101T000000Z-00000000"
    damaged.mkdir()
    (damaged / "card.json").write_text("{")
    beside = heads_beside(shelf, prevalence=0.05)
    answers: list[str] = []
    page.on("response", lambda answer: answers.append(answer.url))
    open_page(page, url)
    card = item(page, shelf.current)
    card.get_by_text("Ficha").press("Enter")
    expect(card).to_contain_text(re.compile("Calibrado como en las etiquetas.*Calibrado como si 5"))
    training = shelf.store.card(shelf.current).training
    expect(card).to_contain_text("a part of the corpus")
    expect(card).to_contain_text("ours.jsonl, juzgado por un maestro")
    f1 = f"{training.metrics['intent'].macro_f1:.3f}".replace(".", ",")
    chance = f"{training.metrics['intent'].prevalence:.3f}".replace(".", ",")
    row = card.locator("tr", has=page.get_by_role("rowheader", name="Intención", exact=True)).first
    expect(row).to_contain_text(f1)
    expect(row).to_contain_text(chance)
    expect(card).to_contain_text("casos inconfundibles")
    expect(card).to_contain_text("Sesgos por variedad de la lengua")
    expect(card.get_by_role("region", name="Sesgos").first).to_contain_text("Intención: todas")
    expect(item(page, damaged.name)).to_contain_text("card.json")
    for path in ("", "/running", f"/card?version={shelf.current}", "/card?version=../../etc"):
        said = httpx.get(f"{url}/api/models{path}").text
        assert str(shelf.place) not in said
        assert str(shelf.place.parent) not in said
    assert httpx.get(f"{url}/api/models/card?version=../x").status_code == 404
    for folder in (damaged, beside):
        shutil.rmtree(folder)
    assert complaints == []


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone_in_english(
    page: Page, url: str, kept: Client, shelf: Shelf, complaints: list[str]
) -> None:
    open_page(page, url)
    expect(page.locator("h1")).to_have_text("Models")
    item(page, shelf.current).get_by_text("Card").tap()
    expect(item(page, shelf.current)).to_contain_text("Where it fails most")
    item(page, shelf.equal).get_by_role("button", name="Promote…").tap()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_can_be_read(
    page: Page, url: str, kept: Client, shelf: Shelf, theme: str
) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    open_page(page, url)
    item(page, shelf.current).get_by_text("Ficha").click()
    expect(item(page, shelf.current)).to_contain_text("Donde más falla")
    assert page.evaluate(CONTRAST) == []


def test_who_may_not_change_models_only_sees_them(
    page: Page, clickhouse: ClickHouseHandle, config: ConsoleConfig, kept: Client, shelf: Shelf
) -> None:
    settings = Settings(clickhouse_url=clickhouse.url, model_store=shelf.place)
    with (
        ModelKeeper(settings, may_change=False) as keeper,
        running(replace(config, port=free_ports(1)[0]), Writers(models=keeper)) as url,
    ):
        open_page(page, url)
        expect(item(page, shelf.current)).to_contain_text("En vigor")
        expect(page.locator("#compare")).to_contain_text("solo se mira")
        expect(page.get_by_role("button", name=re.compile("Promover|sombra"))).to_have_count(0)
        for what in ("compare", "cancel", "promote", "roll-back", "shadow"):
            assert post(url, what).json()["code"] == "no_models"


def test_a_console_without_a_store_says_so(page: Page, console_url: str) -> None:
    page.goto(f"{console_url}/models")
    expect(page.locator("#notice")).to_contain_text("no se ven")
