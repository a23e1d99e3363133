"""The page of alerts as people use it, with alerts that the detector made of stored mentions."""

import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, Route, expect

from dashboards.console import ConsoleConfig, Writers
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from streams.settings import Settings
from streams.signals.emerging.acting import AlertDesk
from streams.signals.emerging.notify import outbox
from streams.signals.emerging.notify.channels import UndeliveredError
from tests.browser import crowds
from tests.browser.alerts_page import item, open_page, seen
from tests.browser.crowds import URL, Receiver, changes, many, newest, post, said, store, watch
from tests.browser.data import HOSTILE_TEXT
from tests.browser.serving import running

pytestmark = pytest.mark.browser

PHONE = {
    "locale": "en-GB",
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
TABLES = ("alerts", "alert_evidence", "alert_counts", "alert_deliveries", "alert_faults")


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A busy machine takes its time."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def url(
    clickhouse: ClickHouseHandle, config: ConsoleConfig, tmp_path_factory: Any
) -> Iterator[str]:
    settings = Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=tmp_path_factory.mktemp("alerts"),
    )
    with (
        AlertDesk(settings) as desk,
        running(replace(config, port=free_ports(1)[0]), Writers(alerts=desk)) as url,
    ):
        yield url


@pytest.fixture(scope="module")
def quiet(writer: Client) -> Iterator[Client]:
    """A month in which two brands are spoken of now and then."""
    rng = random.Random(3)
    now = datetime.now(UTC)
    store(
        writer,
        [
            said(number, now - timedelta(days=1 + 27 * rng.random()), brand, lang=lang)
            for number, (brand, lang) in enumerate((("Nimbara", "es"), ("Otrora", "en")) * 80)
        ],
    )
    yield writer
    writer.command("DELETE FROM mentions WHERE author_id LIKE 'crowd-%'")


@pytest.fixture
def crowd(quiet: Client) -> Iterator[Client]:
    """All at once many would buy one of them, and somebody wants to be told."""
    many(quiet, 1_000, "Nimbara", 14)
    many(quiet, 2_000, "Otrora", 9, lang="en", text="Looking to buy an {brand}, which shop?")
    outbox.register(quiet, Receiver())
    yield quiet
    quiet.command("DELETE FROM mentions WHERE author_id LIKE 'crowd-____'")
    for table in TABLES:
        quiet.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


def test_an_alert_shows_what_it_rests_on_as_it_is_stored(
    page: Page, url: str, crowd: Client, complaints: list[str]
) -> None:
    many(crowd, 1_500, "Nimbara", 1, text=HOSTILE_TEXT, intent_active=0.99)
    assert {c.series.name for c in watch(crowd)} == {"Nimbara", "Otrora"}
    receiver = Receiver()
    receiver.takes = False
    for _ in range(2):
        with pytest.raises(UndeliveredError):
            outbox.deliver(crowd, receiver)
    open_page(page, url)
    alert = item(page, "Nimbara")

    observed, words, version = crowd.query(
        "SELECT observed, words, settings_version FROM alerts WHERE series = 'Nimbara'"
    ).first_row
    expect(alert).to_contain_text(f"{observed} personas distintas desde")
    expect(alert).to_contain_text("casi seguro que no es azar (más del 99,9 %)")
    expect(alert).to_contain_text("más de mil años")
    expect(alert).to_contain_text("“" + "”, “".join(words) + "”")
    expect(alert).to_contain_text("100 % no había tenido trato con la marca")
    expect(alert).to_contain_text(version)
    expect(alert).to_contain_text("Gravedad 10 de 10")
    alert.get_by_text("4 menciones más").press("Enter")
    expect(alert.locator("figure")).to_have_count(5)
    texts = crowd.query(
        "SELECT text FROM mentions FINAL WHERE mention_id IN (SELECT mention_id FROM alert_evidence"
        " WHERE alert_id IN (SELECT alert_id FROM alerts WHERE series = 'Nimbara'))"
    ).result_rows
    assert HOSTILE_TEXT in {text for (text,) in texts}
    assert set(alert.locator("blockquote").all_inner_texts()) == {text for (text,) in texts}
    assert page.evaluate("window.hacked") is None
    expect(alert.get_by_role("link", name="Ver original").first).to_have_attribute(
        "href", re.compile(r"^https://example\.org/\d+$")
    )
    # The chart has drawn what the detector counted, and says so to who cannot see it.
    expect(alert.locator("canvas")).to_be_visible()
    people, usual = crowd.query(
        "SELECT sum(observed), sum(expected) FROM alert_counts FINAL WHERE alert_id IN"
        " (SELECT alert_id FROM alerts WHERE series = 'Nimbara')"
    ).first_row
    assert people == observed
    assert 0 < usual < 5
    expect(alert.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile(f"Nimbara: {people} personas")
    )
    expect(alert.locator(".told")).to_contain_text("Al abrirse, Correo (0123): sin entregar")
    expect(alert.locator(".told")).to_contain_text("2 intentos")
    expect(alert.locator(".told")).to_contain_text("it answered 503")
    crowds.refuse_for_good(crowd, receiver)
    assert outbox.deliver(crowd, Receiver()) == 1
    page.reload()
    expect(item(page, "Otrora").locator(".told")).to_contain_text("Correo (0123): entregado")
    lost = item(page, "Nimbara").locator(".told")
    expect(lost).to_contain_text("no se entregará: quien lo recibe lo rechaza (it answered 422)")
    expect(lost).to_contain_text("tras 4 intentos")
    assert complaints == []


def test_who_has_it_in_hand_or_silences_it_is_told_of_no_more_until_then(
    page: Page, url: str, crowd: Client, complaints: list[str]
) -> None:
    assert len(watch(crowd)) == 2
    open_page(page, url)
    nimbara, otrora = item(page, "Nimbara"), item(page, "Otrora")
    nimbara.get_by_role("button", name="Me ocupo").press("Enter")
    expect(nimbara).to_contain_text("Atendida por Ana")
    otrora.get_by_role("button", name="Silenciar").press("Enter")
    expect(otrora.get_by_label("Durante")).to_be_focused()
    page.keyboard.press("Tab")  # from what to choose to the button that does it
    page.keyboard.press("Enter")
    expect(otrora).to_contain_text("Silenciada hasta")
    until = newest(crowd, "Otrora", "snoozed_until")
    assert abs(until.replace(tzinfo=UTC) - datetime.now(UTC) - timedelta(hours=1)) < timedelta(
        minutes=2
    )

    many(crowd, 3_000, "Nimbara", 30)
    many(crowd, 4_000, "Otrora", 30, lang="en")
    growing = ("growing", False)
    assert seen(crowd) == {"Nimbara": growing, "Otrora": growing}
    assert outbox.deliver(crowd, Receiver()) == 2  # of when they opened, nothing since

    page.reload()
    expect(nimbara).to_contain_text("Crece")
    nimbara.get_by_role("button", name="Ya no la atiendo").click()
    expect(nimbara.get_by_role("button", name="Me ocupo")).to_be_visible()
    otrora.get_by_role("button", name="Volver a avisar").click()
    expect(otrora).not_to_contain_text("Silenciada hasta")
    many(crowd, 5_000, "Nimbara", 60)
    many(crowd, 6_000, "Otrora", 60, lang="en")
    growing = ("growing", True)
    assert seen(crowd) == {"Nimbara": growing, "Otrora": growing}
    assert outbox.deliver(crowd, Receiver()) == 2
    assert [row[:4] for row in changes(crowd, "Nimbara")] == [
        (1, "opened", "", ""),
        (2, "acknowledged", "Ana", "Ana"),
        (3, "growing", "", "Ana"),
        (4, "released", "Ana", ""),
        (5, "growing", "", ""),
    ]
    page.reload()
    nimbara.get_by_text("Historial").press("Enter")
    expect(nimbara.locator(".events li")).to_have_count(5)
    expect(nimbara.locator(".events li").nth(4)).to_contain_text("(con aviso)")
    assert complaints == []


def test_news_do_not_take_a_form_from_who_began_while_they_were_asked_for(
    page: Page, url: str, crowd: Client
) -> None:
    watch(crowd)
    page.clock.install()
    open_page(page, url)
    expect(item(page, "Nimbara")).to_be_visible()
    asked: list[Route] = []
    page.route("**/api/alerts?*", lambda route: asked.append(route))
    page.clock.fast_forward(16_000)  # the page asks for news
    form = item(page, "Nimbara").get_by_label("Durante")
    item(page, "Nimbara").get_by_role("button", name="Silenciar").click()
    page.wait_for_function("() => document.activeElement.tagName === 'SELECT'")
    with page.expect_response("**/api/alerts?*") as answered:
        asked[0].continue_()
    answered.value.finished()
    page.evaluate("() => new Promise(requestAnimationFrame)")
    expect(form).to_be_focused()


def test_what_was_done_can_be_undone_and_noted(page: Page, url: str, crowd: Client) -> None:
    watch(crowd)
    open_page(page, url)
    alert = item(page, "Nimbara")
    alert.get_by_role("button", name="Silenciar").click()
    alert.get_by_label("Durante").select_option("own")
    alert.get_by_label("Hasta", exact=False).last.fill("2020-01-01T10:00")
    alert.locator(".snooze-form button").click()  # a time that is over is refused by the form
    assert [row[1] for row in changes(crowd, "Nimbara")] == ["opened"]
    wanted = datetime.now() + timedelta(days=3)  # noqa: DTZ005 - as the reader's clock says
    alert.get_by_label("Hasta", exact=False).last.fill(f"{wanted:%Y-%m-%dT%H:%M}")
    alert.locator(".snooze-form button").click()
    expect(alert.locator(".fate")).to_contain_text("Guardado.")
    alert.get_by_role("button", name="Deshacer").press("Enter")
    expect(alert).not_to_contain_text("Silenciada hasta")
    alert.get_by_role("button", name="Añadir nota").press("Enter")
    page.keyboard.type("la campaña de ayer <b>")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(alert.locator(".note")).to_contain_text("la campaña de ayer <b>")
    assert [(row[1], row[2], row[4]) for row in changes(crowd, "Nimbara")] == [
        ("opened", "", ""),
        ("snoozed", "Ana", ""),
        ("woken", "Ana", ""),
        ("noted", "Ana", "la campaña de ayer <b>"),
    ]


def test_of_two_people_at_once_the_second_sees_what_the_first_did(
    page: Page, url: str, crowd: Client
) -> None:
    watch(crowd)
    open_page(page, url, me="Ben")
    alert = item(page, "Nimbara")
    alert.get_by_role("button", name="Añadir nota").click()
    alert.get_by_label("Nota", exact=True).fill("la llevo yo")
    assert post(url, newest(crowd, "Nimbara", "alert_id"), 1).status_code == 200

    alert.get_by_role("button", name="Guardar").click()

    expect(alert.locator(".fate")).to_contain_text("Cambió entretanto")
    expect(alert).to_contain_text("Atendida por Ana")
    expect(alert.get_by_label("Nota", exact=True)).to_have_value("la llevo yo")
    assert [row[1] for row in changes(crowd, "Nimbara")] == ["opened", "acknowledged"]
    alert.get_by_role("button", name="Guardar").click()
    expect(alert.locator(".note")).to_contain_text("la llevo yo")


def test_of_many_acts_on_one_change_exactly_one_is_kept(url: str, crowd: Client) -> None:
    watch(crowd)
    alert_id = newest(crowd, "Nimbara", "alert_id")

    def act(number: int) -> tuple[int, str]:
        answer = post(url, alert_id, 1, made_by=f"person {number}")
        item = answer.json()["item"]
        return answer.status_code, item["acknowledged_by"] if item else ""

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(act, range(8)))

    assert sorted(code for code, _ in found) == [200] + [409] * 7
    [(_, _, by, _, _)] = changes(crowd, "Nimbara")[1:]
    assert {name for _, name in found} == {by}  # whoever lost is shown who won


def test_the_filters_hold_and_a_notice_leads_to_its_own_alert(
    page: Page, url: str, crowd: Client, complaints: list[str]
) -> None:
    watch(crowd)
    open_page(page, url, "?state=open")
    expect(page.locator("li.item")).to_have_count(2)
    page.locator("#filter-series").select_option("Otrora")
    expect(page.locator("li.item")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?state=open&series=Otrora$"))
    page.locator("#filter-lang").select_option("es")
    expect(page.locator("#alerts")).to_have_text("Ninguna alerta con estos filtros.")
    page.locator("#filter-lang").select_option("en")
    page.locator("#filter-state").select_option("acknowledged")
    expect(page.locator("#alerts")).to_have_text("Ninguna alerta con estos filtros.")

    link = newest(crowd, "Otrora", "link")
    assert link == f"{URL}/alerts?id={newest(crowd, 'Otrora', 'alert_id')}"
    page.goto(link.replace(URL, url))
    expect(page.locator("li.item")).to_have_count(1)
    expect(item(page, "Otrora").locator("figure")).to_have_count(5)
    page.get_by_role("link", name="Ver todas las alertas").click()
    expect(page.locator("li.item")).to_have_count(2)
    page.goto(f"{url}/alerts?id=nothing")
    expect(page.locator("#alerts")).to_have_text("Esa alerta ya no existe.")
    assert complaints == []


def test_what_goes_on_stands_before_what_is_over(page: Page, url: str, crowd: Client) -> None:
    watch(crowd)
    crowd.command("DELETE FROM mentions WHERE author_id LIKE 'crowd-1___'")
    assert {c.series.name: c.event for c in watch(crowd)} == {"Nimbara": "fading"}
    open_page(page, url)
    expect(page.locator("li.item h2")).to_have_text(["Otrora", "Nimbara"])
    expect(item(page, "Nimbara")).to_contain_text("Se apaga")
    # A note in between puts the end off by nothing, and changes what the detector said by nothing.
    assert (
        post(url, newest(crowd, "Nimbara", "alert_id"), 2, act="note", note="x").status_code == 200
    )
    rows = crowd.query(
        "SELECT state, state_at FROM alerts FINAL WHERE series = 'Nimbara' ORDER BY change"
    ).result_rows
    assert rows[2] == rows[1]


@pytest.mark.parametrize(
    ("act", "status"),
    [
        ({"act": "note", "note": " "}, 400),
        ({"act": "snooze"}, 400),
        ({"act": "snooze", "until": "2020-01-01T00:00:00Z"}, 400),
        ({"act": "snooze", "until": "2999-01-01T00:00:00Z"}, 400),
        ({"act": "snooze", "until": "2999-01-01T00:00:00"}, 400),
        ({"act": "close"}, 400),
        ({"made_by": " "}, 400),
        ({"colour": "red"}, 400),
        ({"alert_id": "nothing"}, 404),
        ({"expected_change": 7}, 409),
    ],
)
def test_an_act_that_cannot_be_meant_is_refused(
    url: str, writer: Client, act: dict[str, Any], status: int
) -> None:
    writer.command(
        "INSERT INTO alerts (kind, series, lang, change, alert_id, event, state, severity)"
        " VALUES ('brand', 'Refusal', 'es', 1, 'refusal', 'opened', 'open', 1)"
    )
    answer = post(url, **{"alert_id": "refusal", "expected_change": 1, **act})
    assert answer.status_code == status, answer.text
    assert len(changes(writer, "Refusal")) == 1
    writer.command("TRUNCATE TABLE alerts")


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_it_fits_a_phone_in_english(
    page: Page, url: str, crowd: Client, complaints: list[str]
) -> None:
    many(crowd, 1_500, "Nimbara", 1, text="x" * 300, intent_active=0.99)
    watch(crowd)
    open_page(page, url)
    expect(page.locator("h1")).to_have_text("Alerts")
    item(page, "Nimbara").get_by_role("button", name="Snooze").tap()
    item(page, "Nimbara").locator(".snooze-form select").select_option("own")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    item(page, "Otrora").get_by_role("button", name="I take it in hand").tap()
    expect(item(page, "Otrora")).to_contain_text("Ana has it in hand")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_can_be_read(page: Page, url: str, crowd: Client, theme: str) -> None:
    watch(crowd)
    post(url, newest(crowd, "Nimbara", "alert_id"), 1)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    open_page(page, url)
    expect(item(page, "Nimbara")).to_contain_text("Atendida por Ana")
    assert page.evaluate(CONTRAST) == []


def test_who_may_not_act_is_told(page: Page, console_url: str, crowd: Client) -> None:
    watch(crowd)
    page.goto(f"{console_url}/alerts")
    expect(page.locator("#count")).to_contain_text("solo se mira")
    expect(item(page, "Nimbara").get_by_role("button", name="Me ocupo")).to_have_count(0)
    refused = post(console_url, newest(crowd, "Nimbara", "alert_id"), 1)
    assert (refused.status_code, refused.json()["code"]) == (403, "no_desk")
