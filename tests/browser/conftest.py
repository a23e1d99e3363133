"""A real ClickHouse with a story in it, the console in front of it, and Chromium."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from dashboards.console import ConsoleConfig
from deploy.local.handles import ClickHouseHandle, start_broker, start_clickhouse
from deploy.local.ports import free_ports
from streams.migrate import migrate
from streams.settings import Settings
from tests.browser.data import apply_schema, insert_story, refresh_kept
from tests.browser.labelling import Stack, environment_of
from tests.browser.ruling import FIRST, publish, ruling
from tests.browser.serving import running, writing
from tests.browser.shelving import Shelf, shelf_at
from tests.integration.streams.helpers import small_model
from tests.needs import BROWSER, missing

MIGRATIONS = Path(__file__).parents[2] / "schemas" / "clickhouse"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHandle]:
    """The local stack's ClickHouse, migrated and filled."""
    with start_clickhouse(tmp_path_factory.mktemp("clickhouse")) as handle:
        with writing(handle) as client:
            client.command(f"CREATE DATABASE IF NOT EXISTS {handle.database}")
            apply_schema(client, MIGRATIONS)
            insert_story(client)
            refresh_kept(client)
        yield handle


@pytest.fixture(scope="package")
def writer(clickhouse: ClickHouseHandle) -> Iterator[Client]:
    """What the tests compare the page with, and what adds to the story."""
    with writing(clickhouse) as client:
        yield client


@pytest.fixture(scope="package")
def config(clickhouse: ClickHouseHandle) -> ConsoleConfig:
    """The console as the local stack runs it: as the read-only user."""
    return ConsoleConfig(
        clickhouse_url=clickhouse.url,
        user=clickhouse.reader_user,
        password=clickhouse.reader_password,
        database=clickhouse.database,
        port=free_ports(1)[0],
    )


@pytest.fixture(scope="package")
def console_url(config: ConsoleConfig) -> Iterator[str]:
    """The address of a running console."""
    with running(config) as url:
        yield url


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium without a window; the test is skipped, in CI failed, where there is none."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        missing("Chromium is not installed: apt install chromium", BROWSER)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console said; a page that is well says nothing."""
    return []


@pytest.fixture
def page(browser: Browser, complaints: list[str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh browser; parametrize it indirectly with context options."""
    options: dict[str, Any] = {"locale": "es-ES", "viewport": {"width": 1280, "height": 900}}
    context = browser.new_context(**(options | getattr(request, "param", {})))
    page = context.new_page()

    def heard(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Broker, ClickHouse with a small story, and a worker, for labels from page to table."""
    folder = tmp_path_factory.mktemp("labelling")
    small_model(folder / "models")
    with start_broker(folder / "b") as broker, start_clickhouse(folder / "c") as clickhouse:
        where = {
            "kafka_bootstrap": broker.bootstrap,
            "clickhouse_url": clickhouse.url,
            "clickhouse_user": clickhouse.user,
            "clickhouse_password": clickhouse.password,
            "run_dir": folder / "run",
            "model_store": folder / "models",
        }
        migrate(Settings(**where, kafka_partitions=1), dry_run=False, say=lambda _: None)
        with writing(clickhouse) as client:
            insert_story(client, mentions=600)
            stack = Stack(broker, clickhouse, client, environment_of(**where), folder)
            with stack.worker():
                yield stack
        clickhouse.kill()


@pytest.fixture(scope="package")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """A store of models; who uses it begins anew."""
    return shelf_at(tmp_path_factory.mktemp("shelf") / "models")


@pytest.fixture(scope="package")
def url(stack: Stack) -> Iterator[str]:
    """The address of a console whose labels go to that stack's Kafka."""
    with stack.console() as url:
        yield url


@pytest.fixture(scope="package")
def rules_settings(
    clickhouse: ClickHouseHandle, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """What a worker beside the console of rules works by."""
    return Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=tmp_path_factory.mktemp("rules"),
    )


@pytest.fixture(scope="package")
def rules_console(rules_settings: Settings, config: ConsoleConfig) -> Iterator[str]:
    """The address of a console that may publish rules."""
    with ruling(rules_settings, config) as url:
        yield url


@pytest.fixture
def rules_url(rules_console: str, writer: Client) -> Iterator[str]:
    """The same, with Ana's first rules in force and none of another test."""
    writer.command("TRUNCATE TABLE rule_versions")
    assert publish(rules_console, FIRST, 0, "Ana").status_code == 200
    yield rules_console
    writer.command("TRUNCATE TABLE rule_versions")
