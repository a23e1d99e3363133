"""Signing in as people do it: by a password, by the one-time address, and out again."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.console import ConsoleConfig, Writers
from dashboards.console.menu import WORK
from deploy.local.handles import ClickHouseHandle
from deploy.local.ports import free_ports
from schemas.accounts import ROLES, Identity, Role
from streams.accounts import book, link, sessions
from streams.accounts.keeper import Keeper
from streams.desk import Desk
from streams.settings import Settings
from tests.browser.data import insert_mention
from tests.browser.serving import running

pytestmark = pytest.mark.browser

PASSWORD = "quiet river under stones"  # noqa: S105 - of nobody
CONTRAST = Path(__file__).with_name("contrast.js").read_text()
PHONE = {"locale": "en-GB", "viewport": {"width": 360, "height": 740}, "has_touch": True}
ENGLISH_DARK = {"locale": "en-GB", "color_scheme": "dark"}
REFUSED = "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
TABLES = ("console_accounts", "console_sessions", "console_sign_ins", "console_audit")


@dataclass(frozen=True)
class Console:
    """One with accounts, and where it keeps them."""

    url: str
    client: Client
    run_dir: Path
    cookie: str


@pytest.fixture(scope="module")
def served(
    clickhouse: ClickHouseHandle, config: ConsoleConfig, writer: Client, tmp_path_factory: Any
) -> Iterator[Console]:
    settings = Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=tmp_path_factory.mktemp("login"),
    )
    with (
        Keeper(settings, opens_by_link=True) as keeper,
        Desk(settings) as desk,
        running(
            config := replace(config, port=free_ports(1)[0]), Writers(desk=desk, accounts=keeper)
        ) as url,
    ):
        yield Console(url, writer, settings.run_dir, f"escucha-{config.port}")


@pytest.fixture
def console(served: Console) -> Iterator[Console]:
    """The console, without what another test left in its tables."""
    yield served
    for table in TABLES:
        served.client.command(f"TRUNCATE TABLE {table}")


def token_of(console: Console, name: str, role: Role) -> str:
    """A session of somebody with that role."""
    account = book.of_provider(console.client, Identity("https://issuer", name, name, role))
    assert account is not None
    return sessions.begin(console.client, account, "password")


def be(page: Page, console: Console, name: str, role: Role) -> None:
    """Give the browser a session of somebody with that role."""
    token = token_of(console, name, role)
    page.context.add_cookies([{"name": console.cookie, "value": token, "url": console.url}])


def is_well(page: Page) -> None:
    """No text too faint to read, nothing wider than the window."""
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_page_asks_who_it_is_and_goes_on_to_what_was_wanted(
    page: Page, console: Console, complaints: list[str]
) -> None:
    book.add(console.client, "ana", "agent", PASSWORD, "test")

    page.goto(f"{console.url}/leads?show=all")
    expect(page).to_have_url(f"{console.url}/login?next=%2Fleads%3Fshow%3Dall")
    expect(page.get_by_label("Nombre")).to_be_focused()
    is_well(page)
    page.keyboard.type("ana")
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("no son correctos")
    expect(page.get_by_label("Contraseña")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{console.url}/leads?show=all")
    expect(page.locator("summary.account-name, .account summary")).to_have_text("ana")
    assert complaints == [REFUSED]
    assert page.evaluate("document.cookie") == ""


def test_who_is_signed_in_is_asked_for_no_name(
    page: Page, console: Console, complaints: list[str]
) -> None:
    insert_mention(
        console.client,
        800_002,
        datetime.now(UTC),
        mention_id="csv:login-1",
        source="csv",
        author_id="login-ana",
        author_handle="login-ana",
        text="Quiero comprar unas Volta",
        intent="active",
        intent_latent=0.0,
        intent_active=1.0,
    )
    be(page, console, "ana", "agent")

    page.goto(f"{console.url}/leads")
    card = page.locator("[data-key='csv/login-ana']")
    card.get_by_role("button", name="Me la quedo").click()

    expect(card.locator(".owner")).to_have_text("La llevas tú")
    assert console.client.query(
        "SELECT kind, value, made_by FROM lead_events WHERE author_id = 'login-ana'"
    ).result_rows == [("assigned", "ana", "ana")]
    assert complaints == []
    for table in ("mentions", "lead_events"):
        console.client.command(f"DELETE FROM {table} WHERE author_id = 'login-ana'")


def test_who_may_not_see_a_page_is_told_which_role_it_takes(
    page: Page, console: Console, complaints: list[str]
) -> None:
    be(page, console, "eva", "viewer")

    page.goto(f"{console.url}/labels")

    expect(page.locator("#ways")).to_contain_text("Has entrado como eva (lectura).")
    expect(page.locator("#ways")).to_contain_text("Esa página es para atención.")
    is_well(page)
    page.get_by_role("link", name="Ir a la primera página").click()
    expect(page.locator(".account summary")).to_have_text("eva")
    expect(page.locator("#grid, #panels, main").first).to_be_visible()
    page.goto(f"{console.url}/leads")
    expect(page.locator("#count, #queue").first).to_be_attached()
    assert complaints == []


@pytest.mark.parametrize("role", ROLES)
def test_the_menu_lists_what_its_reader_may_open_and_nothing_else(
    console: Console, role: Role
) -> None:
    session = {console.cookie: token_of(console, "eva", role)}
    with httpx.Client(base_url=console.url, cookies=session, timeout=60) as client:
        groups = client.get("/api/pages").json()["groups"]
        listed = {page["path"] for group in groups for page in group["pages"]}
        opened = {
            path: client.get(path).status_code for path in listed | {path for path, _ in WORK}
        }

    assert listed == {path for path, status in opened.items() if status == 200}
    assert ("/labels" in listed) is (role != "viewer")
    assert any(path.startswith("/d/") for path in listed)


def test_the_menu_of_somebody_else_does_not_stay(page: Page, console: Console) -> None:
    be(page, console, "ana", "agent")
    page.goto(f"{console.url}/leads")
    expect(page.locator(".group a[href='/labels']")).to_have_count(1)

    be(page, console, "eva", "viewer")
    page.goto(f"{console.url}/leads")
    expect(page.locator(".account summary")).to_have_text("eva")
    expect(page.locator(".group a[href='/labels']")).to_have_count(0)
    expect(page.locator(".group a[href='/care']")).to_have_count(1)


@pytest.mark.parametrize("page", [PHONE], indirect=True)
def test_the_way_out_is_on_every_page_and_leads_back(
    page: Page, console: Console, complaints: list[str]
) -> None:
    be(page, console, "ana", "agent")
    for path in ("/", "/leads", "/care", "/labels", "/api"):
        page.goto(console.url + path)
        expect(page.locator(".account summary")).to_have_text("ana")
    toggle = page.get_by_role("button", name="Menu", exact=True)
    toggle.click()
    page.locator(".account summary").click()
    expect(page.locator(".account-menu")).to_contain_text("Agent")
    is_well(page)
    page.keyboard.press("Escape")
    expect(page.locator(".account-menu")).to_be_hidden()
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    page.locator(".account summary").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_label("Password")).to_be_visible()
    is_well(page)
    page.goto(f"{console.url}/care")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Fcare$"))
    assert complaints == []


def test_a_page_that_is_open_when_its_session_ends_asks_again(page: Page, console: Console) -> None:
    be(page, console, "ana", "agent")
    page.goto(f"{console.url}/leads?show=all")
    expect(page.locator(".account summary")).to_have_text("ana")

    book.set_disabled(console.client, "ana", True, "test")
    deadline = time.monotonic() + 60
    while "/login" not in page.url:  # what is only read may go by a look of a second ago
        assert time.monotonic() < deadline
        with page.expect_response("**/api/leads?*"):
            page.locator("#filter-show").select_option("closed")
        page.wait_for_timeout(200)

    expect(page).to_have_url(re.compile(r"/login\?next=%2Fleads%3Fshow%3Dclosed$"))


@pytest.mark.parametrize("page", [ENGLISH_DARK], indirect=True)
def test_the_one_time_address_opens_the_page_once(
    page: Page, console: Console, complaints: list[str]
) -> None:
    link.offer(console.run_dir)
    opening = link.address(console.run_dir, console.url)

    page.goto(opening)
    expect(page).to_have_url(f"{console.url}/")
    expect(page.locator(".account summary")).to_have_text("local")
    assert complaints == []

    page.context.clear_cookies()
    page.goto("about:blank")
    page.goto(opening)
    expect(page.get_by_role("alert")).to_contain_text("used before")
    expect(page.locator("#ways")).to_contain_text("escucha users link")
    assert opening.partition("#")[2] not in page.url
    is_well(page)
    assert complaints == [REFUSED]


def test_the_address_of_another_site_is_not_gone_on_to(page: Page, console: Console) -> None:
    be(page, console, "ana", "agent")
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        page.goto(f"{console.url}/login?next={elsewhere}")
        expect(page).to_have_url(f"{console.url}/")


def test_the_description_of_the_api_can_be_read(
    page: Page, console: Console, complaints: list[str]
) -> None:
    be(page, console, "ana", "viewer")
    page.goto(f"{console.url}/api")
    route = page.locator("details.route").filter(has_text="/api/leads/change")
    expect(route.locator(".role")).to_have_text("agent")
    route.locator("summary").click()
    expect(route.locator("pre").first).to_contain_text("expected_version: integer")
    is_well(page)
    page.get_by_role("button", name="English").click()
    expect(page.locator("#title")).to_have_text("The console's API")
    assert complaints == []
