"""How soon the console's pages are there, how soon they answer a hand, and what they weigh.

Run with `python -m tests.bench.pages [--rounds 7]`: a local ClickHouse with a month of 4,000
mentions, `escucha console` in a process of its own, Chromium with an empty cache for each visit.

- first panel: from asking for the page to the first panel (else the page's own first content) being
  painted, as the page's clock has it; connecting and a cold cache are in it.
- interaction: from a real click or key to the next paint, by the browser's own Event Timing, which
  says nothing below 16 ms; the worst of each interaction's events.
- processor: of the page's main thread, in the same time; that of a busy machine is the same.
- bytes: all that the page loads but its data, as it is and as it travels with gzip.
"""

import argparse
import gzip
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from deploy.local.handles import ClickHouseHandle, start_clickhouse
from deploy.local.ports import free_ports
from tests.bench.signing_in import SignedIn
from tests.browser.conftest import CHROMIUM_ARGUMENTS, MIGRATIONS
from tests.browser.console_pages import NOWHERE, console_pages
from tests.browser.data import apply_schema, insert_story, refresh_kept
from tests.browser.serving import writing
from tests.integration.streams.helpers import clean_environment, command_line

# Notes when the first content has been painted: two frames after it is there.
_WATCH = """
window.firstPanel = null;
window.slowest = 0;
const look = () => {
  const panel = document.querySelector('.panel[aria-busy="false"]');
  const framed = document.querySelector(".panel");
  const contents = "main :is(li, form button, dl, table, .card, details, #ways > *)";
  const other = document.querySelector(contents);
  if (panel || (!framed && other && document.querySelector("h1")?.textContent.trim())) {
    requestAnimationFrame(() => { window.firstPanel = performance.now(); });
  } else requestAnimationFrame(look);
};
addEventListener("DOMContentLoaded", () => requestAnimationFrame(look));
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) window.slowest = Math.max(window.slowest, duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
localStorage.setItem("escucha.labelling", JSON.stringify({ labeller: "Ana" }));
"""
_PAGES = [path for path in console_pages() if path != NOWHERE]
_BOARD = "/d/escucha-listening"


def main() -> None:
    """Print two tables: pages, and interactions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with (
        tempfile.TemporaryDirectory() as folder,
        start_clickhouse(Path(folder) / "c") as clickhouse,
        sync_playwright() as playwright,
    ):
        with writing(clickhouse) as client:
            client.command(f"CREATE DATABASE IF NOT EXISTS {clickhouse.database}")
            apply_schema(client, MIGRATIONS)
            insert_story(client)
            refresh_kept(client)
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        with console(clickhouse, Path(folder)) as url:
            session = SignedIn(url, Path(folder) / "run")
            report_pages(browser, url, session, rounds)
            report_interactions(browser, url, session, rounds)
        browser.close()
        clickhouse.kill()


@contextmanager
def console(clickhouse: ClickHouseHandle, folder: Path) -> Iterator[str]:
    """The console as a command of its own."""
    port = free_ports(1)[0]
    environment = clean_environment(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        clickhouse_database=clickhouse.database,
        clickhouse_reader_user=clickhouse.reader_user,
        clickhouse_reader_password=clickhouse.reader_password,
        console_port=port,
        run_dir=folder / "run",
    )
    process = subprocess.Popen(
        command_line("console"), env=environment, cwd=folder, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/healthz").raise_for_status()
            break
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    try:
        yield url
    finally:
        process.terminate()
        process.wait(30)


def fresh(browser: Browser, session: SignedIn | None) -> Page:
    """A page of somebody, signed in or not, whose browser has kept nothing."""
    context = browser.new_context(locale="es-ES", viewport={"width": 1280, "height": 900})
    context.add_init_script(_WATCH)
    if session is not None:
        session.admit(context)
    return context.new_page()


class Clock:
    """Processor time of a page's main thread."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def read_ms(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        [busy_sec] = [one["value"] for one in metrics if one["name"] == "TaskDuration"]
        return float(busy_sec) * 1_000


def report_pages(browser: Browser, url: str, session: SignedIn, rounds: int) -> None:
    print("page                 first panel, ms: median  worst  processor    bytes  gzipped  files")
    for path in _PAGES:
        took, busy, loaded = [], [], set[str]()
        for _ in range(rounds):
            page = fresh(browser, None if path == "/login" else session)
            loaded = set()
            page.on("response", lambda answer, seen=loaded: seen.add(answer.url))  # type: ignore[misc]
            clock = Clock(page)
            page.goto(f"{url}{path}")
            page.wait_for_function("() => window.firstPanel !== null")
            busy.append(clock.read_ms())
            took.append(page.evaluate("window.firstPanel"))
            page.context.close()
        own = [address for address in loaded if "/api/" not in urlsplit(address).path]
        with session.client() as client:
            client.headers["accept-encoding"] = "identity"
            contents = [client.get(address).raise_for_status().content for address in own]
        raw = sum(map(len, contents))
        zipped = sum(min(len(body), len(gzip.compress(body, 5))) for body in contents)
        print(
            f"{path:<33} {statistics.median(took):13.0f} {max(took):6.0f}"
            f" {statistics.median(busy):10.0f} {raw:8,} {zipped:8,} {len(own):6}"
        )


def report_interactions(browser: Browser, url: str, session: SignedIn, rounds: int) -> None:
    print("interaction     to the next paint, ms: median  worst  processor")
    found: dict[str, list[tuple[float, float]]] = {}
    for _ in range(rounds):
        page = fresh(browser, session)
        page.goto(f"{url}{_BOARD}?refresh=")
        page.wait_for_function("() => window.firstPanel !== null")
        page.wait_for_load_state("networkidle")

        clock = Clock(page)
        before = clock.read_ms()

        def took(name: str, page: Page = page, clock: Clock = clock) -> None:
            nonlocal before
            # The browser tells of an event after the frame it waited for.
            page.evaluate("new Promise((done) => setTimeout(done, 300))")
            slowest = page.evaluate("window.slowest")
            found.setdefault(name, []).append((slowest, clock.read_ms() - before))
            page.evaluate("window.slowest = 0")
            before = clock.read_ms()

        page.evaluate("window.slowest = 0")
        page.locator("#theme").click()
        took("theme")
        page.locator("#language").click()
        took("language")
        menu = page.locator("#controls details").first
        menu.locator("summary").click()
        took("open a filter")
        menu.locator("input").first.click()
        took("choose a value")
        page.keyboard.press("Escape")
        took("close it by keyboard")
        page.locator(".panel.timeseries .tool").first.click()
        took("chart as table")
        page.context.close()
    for name, values in found.items():
        slowest, busy = zip(*values, strict=True)
        median, worst = statistics.median(slowest), max(slowest)
        print(f"{name:<38} {told(median):>6} {told(worst):>6} {statistics.median(busy):10.0f}")


def told(duration_ms: float) -> str:
    """What the browser does not mention was shorter than it mentions."""
    return f"{duration_ms:.0f}" if duration_ms else "<16"


if __name__ == "__main__":
    sys.exit(main())
