"""The live page in a burst: what a viewer feels, and what the console and ClickHouse spend.

    python -m tests.bench.console_live --rate 20000 --seconds 15

Mentions are made up inside ClickHouse and stored as a worker stores them, two batches a second.
Viewers read the stream as browsers do; one of them is a Chromium, in which buttons are pressed.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil
from playwright.sync_api import Page, sync_playwright

from tests.bench.console_stack import ConsoleStack, console_stack

BATCHES_PER_SEC = 2
# From an input to what is painted after it, as the browser itself measures it, in steps of 8 ms.
WATCH = """
() => {
  window.felt = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.interactionId) felt.push(entry.duration);
    }
  }).observe({ type: "event", durationThreshold: 16, buffered: true });
  window.frames = [];
  let last = performance.now();
  const tick = (now) => { frames.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
}
"""


class Burst:
    """Stores mentions from a thread until it is ended."""

    def __init__(self, stack: ConsoleStack, rate: int) -> None:
        self._stack, self._rate = stack, rate
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.stored = 0

    def __enter__(self) -> "Burst":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        first, began = 10**9, time.monotonic()
        rows = self._rate // BATCHES_PER_SEC
        for number in range(10**6):
            if self._ended.wait(max(0.0, began + number / BATCHES_PER_SEC - time.monotonic())):
                return
            if rows:
                self._stack.make_up(first, rows, days=0)
            first += rows
            self.stored += rows


async def view(
    stack: ConsoleStack, viewers: int, ended: Callable[[], bool]
) -> list[dict[str, int]]:
    """How many mentions came and were sent to each viewer, and bytes."""

    async def one(client: httpx.AsyncClient, number: int) -> dict[str, int]:
        seen = {"looks": 0, "came": 0, "sent": 0, "bytes": 0}
        # Half of them with a filter of their own.
        query = {} if number % 2 == 0 else {"brand": "Volta", "least": str(number / 100)}
        async with client.stream("GET", "/api/live", params=query) as stream:
            stream.raise_for_status()
            async for line in stream.aiter_lines():
                seen["bytes"] += len(line)
                if line.startswith('data: {"came"'):
                    content = json.loads(line[6:])
                    seen["looks"] += 1
                    seen["came"] += content["came"]
                    seen["sent"] += len(content["mentions"])
                if ended():
                    break
        return seen

    limits = httpx.Limits(max_connections=None)
    cookies = stack.session.cookies
    async with httpx.AsyncClient(
        base_url=stack.url, cookies=cookies, timeout=60, limits=limits
    ) as client:
        return list(await asyncio.gather(*(one(client, number) for number in range(viewers))))


def spent(stack: ConsoleStack, rate: int, viewers: int, seconds: float) -> str:
    """A line of the table."""
    engine = psutil.Process(stack.clickhouse.pid)

    def engine_sec() -> float:
        return sum(engine.cpu_times()[:2])

    with Burst(stack, rate) as burst:
        began = time.monotonic()
        console, clickhouse = stack.busy_sec(), engine_sec()

        def ended() -> bool:
            return time.monotonic() - began > seconds + 2

        seen = asyncio.run(view(stack, viewers, ended)) if viewers and rate else []
        time.sleep(max(0.0, seconds + 2 - (time.monotonic() - began)))
        took = time.monotonic() - began
        console, clickhouse = stack.busy_sec() - console, engine_sec() - clickhouse
    line = (
        f"{rate:>7,}/s {viewers:>3} viewers  console {100 * console / took:5.1f} %"
        f"  ClickHouse {100 * clickhouse / took:5.1f} % of a core"
    )
    if seen:
        first = seen[0]
        line += (
            f"  {1000 * console / max(1, first['looks']):.1f} ms of the console a look;"
            f" a viewer was told of {first['came']:,} of {burst.stored:,}"
            f" and sent {first['sent']:,} ({first['bytes'] / took / 1024:,.0f} KiB/s)"
        )
    return line


def felt(stack: ConsoleStack, rate: int, seconds: float) -> str:
    """What somebody feels who presses buttons meanwhile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
        stack.session.admit(page.context)
        page.goto(f"{stack.url}/live")
        page.wait_for_selector('#pill[data-state="good"]')
        page.evaluate(WATCH)
        with Burst(stack, rate):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                press(page)
        figures: dict[str, Any] = page.evaluate(
            "() => ({felt, frames, nodes: document.querySelectorAll('#feed article').length,"
            " count: document.querySelector('#count').textContent})"
        )
        browser.close()
    events, frames = sorted(figures["felt"]), sorted(figures["frames"])
    quick = "all under 16 ms" if not events else f"the slowest {events[-1]:.0f} ms"
    if len(events) > 1:
        quick += f", p95 of those over 16 ms {events[int(0.95 * (len(events) - 1))]:.0f} ms"
    return (
        f"{rate:>7,}/s in Chromium: interactions {quick};"
        f" frames p99 {frames[int(0.99 * (len(frames) - 1))]:.0f} ms, longest {frames[-1]:.0f} ms;"
        f" {figures['nodes']} mentions in the page; “{figures['count']}”"
    )


def press(page: Page) -> None:
    """Pause, go on, choose a filter's box and take it back, walk down the list."""
    page.locator("#pause").click()
    page.wait_for_timeout(150)
    page.locator("#pause").click()
    page.wait_for_timeout(700)
    page.locator("#feed article").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
        page.wait_for_timeout(60)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(700)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--stored", type=int, default=1_000_000, help="mentions there before")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, console_stack(Path(folder)) as stack:
        stack.make_up(0, asked.stored, days=30)
        print(f"{asked.stored:,} mentions stored before")
        for rate in (0, 100, asked.rate):
            for viewers in (0, 1, 20):
                if rate or not viewers:
                    print(spent(stack, rate, viewers, asked.seconds), flush=True)
        for rate in (100, asked.rate):
            print(felt(stack, rate, asked.seconds), flush=True)
        print(f"the console held {stack.peak_mib():.0f} MiB at most")


if __name__ == "__main__":
    main()
