"""A real ClickHouse with a story in it, the console in front of it, and Chromium."""

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import clickhouse_connect
import pytest
import uvicorn
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from dashboards.console import ConsoleConfig, create_app
from dashboards.console.labelling import SaveLabels
from deploy.local.handles import ClickHouseHandle, start_clickhouse
from deploy.local.ports import free_ports
from tests.browser.data import apply_schema, insert_story

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


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHandle]:
    """The local stack's ClickHouse, migrated and filled."""
    with start_clickhouse(tmp_path_factory.mktemp("clickhouse")) as handle:
        with writing(handle) as client:
            client.command(f"CREATE DATABASE IF NOT EXISTS {handle.database}")
            apply_schema(client, MIGRATIONS)
            insert_story(client)
        yield handle


@contextmanager
def writing(handle: ClickHouseHandle) -> Iterator[Client]:
    """A client that may insert."""
    client = clickhouse_connect.get_client(
        dsn=handle.url,
        username=handle.user,
        password=handle.password,
        database=handle.database,
    )
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(scope="session")
def writer(clickhouse: ClickHouseHandle) -> Iterator[Client]:
    """What the tests compare the page with, and what adds to the story."""
    with writing(clickhouse) as client:
        yield client


@pytest.fixture(scope="session")
def config(clickhouse: ClickHouseHandle) -> ConsoleConfig:
    """The console as the local stack runs it: as the read-only user."""
    return ConsoleConfig(
        clickhouse_url=clickhouse.url,
        user=clickhouse.reader_user,
        password=clickhouse.reader_password,
        database=clickhouse.database,
        port=free_ports(1)[0],
    )


@pytest.fixture(scope="session")
def console_url(config: ConsoleConfig) -> Iterator[str]:
    """The address of a running console."""
    with running(config) as url:
        yield url


@contextmanager
def running(config: ConsoleConfig, save_labels: SaveLabels | None = None) -> Iterator[str]:
    """Serve a console from a thread while the block runs."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(config, save_labels),
            host=config.host,
            port=config.port,
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 15
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the console did not start")
        time.sleep(0.05)
    yield f"http://{config.host}:{config.port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; the test is skipped where there is none."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    if executable is None:
        pytest.skip("Chromium is not installed: apt install chromium")
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
