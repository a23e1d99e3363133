"""The example of a new source in the README is complete and works."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import web
from click.testing import CliRunner

from streams.producers.live import cli
from tests.fakes.memory_kafka import Listening

README = Path(cli.__file__).with_name("README.md")
MODULE = "streams.producers.live.guestbook"


@pytest.fixture
def module() -> Iterator[ModuleType]:
    source, entry = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    made = ModuleType(MODULE)
    sys.modules[MODULE] = made
    before = dict(cli.SOURCES)
    try:
        exec(compile(source, str(README), "exec"), made.__dict__)  # noqa: S102 - our own README
        exec(entry, {"SOURCES": cli.SOURCES, "Entry": cli.Entry})  # noqa: S102
        yield made
    finally:
        cli.SOURCES.clear()
        cli.SOURCES.update(before)
        del sys.modules[MODULE]


def entry(number: int, words: str = "what a fine place") -> dict[str, object]:
    return {
        "number": number,
        "guest": f"guest {number % 3}",
        "words": words,
        "written": "2026-07-04T10:00:00Z",
    }


@asynccontextmanager
async def guestbook(entries: list[dict[str, object]], busy: int = 0) -> AsyncIterator[str]:
    left = iter(range(busy))

    async def answer(request: web.Request) -> web.Response:
        if next(left, None) is not None:
            return web.Response(status=429, headers={"Retry-After": "0"})
        after = int(request.query["after"])
        return web.json_response([it for it in entries if int(str(it["number"])) > after])

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def test_the_example_delivers_goes_on_and_waits_when_told_to(
    module: ModuleType, tmp_path: Path
) -> None:
    listening = Listening(tmp_path / "guestbook.json")
    entries = [entry(number) for number in range(1, 6)]
    async with guestbook(entries, busy=2) as url:
        source = module.from_options(url=url, every_sec=0.02)
        summary = await listening.run(source, lambda: len(listening.ids()) == 5)
        assert summary.reconnects == 2
        assert listening.cursor() == {"after": 5}
        entries += [entry(6), {**entry(7), "words": 5}]
        await listening.run(source, lambda: len(listening.ids()) == 6)
        await asyncio.sleep(0)
    assert listening.ids() == [f"guestbook:{number}" for number in range(1, 7)]


def test_the_example_is_a_command_with_its_options(module: ModuleType) -> None:
    shown = CliRunner().invoke(cli.listen_command, ["guestbook", "--help"])
    assert shown.exit_code == 0
    assert "--url" in shown.output
    assert "--limit" in shown.output


def test_the_example_is_forty_lines_without_its_imports() -> None:
    source, _ = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    lines = [line for line in source.splitlines() if line]
    assert len([line for line in lines if not line.startswith(("import ", "from "))]) <= 40
