"""Feeds through the command to a broker, killed on the way."""

import asyncio
import random
from collections import Counter
from pathlib import Path

from tests.fakes.feeds import FeedServer, item, rss
from tests.fakes.listen_command import ListenCommand
from tests.integration.producers.helpers import Topic

KILLS = 6
FEEDS = 10


async def test_kills_leave_no_gap(topic: Topic, tmp_path: Path) -> None:
    rng = random.Random(7)
    written: dict[int, list[int]] = {feed: [] for feed in range(FEEDS)}
    async with FeedServer() as server:

        def write(entries: int) -> None:
            for feed, numbers in written.items():
                first = feed * 10_000 + len(numbers)
                numbers.extend(range(first, first + entries))
                server.put(f"/feed{feed}", rss(item(n) for n in numbers[-40:]))

        write(20)
        server.put("/dead", "", 500)
        addresses = [f"{server.url}/feed{feed}" for feed in range(FEEDS)]
        file = tmp_path / "feeds.txt"
        file.write_text("\n".join((f"{server.url}/dead", *addresses)), "utf-8")
        command = ListenCommand(topic, tmp_path, ("rss", "--feeds-file", str(file)))
        for _ in range(KILLS):
            asked = len(server.asked)
            await command.start()
            async with asyncio.timeout(20):
                while len(server.asked) < asked + 5:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.01)
            await asyncio.sleep(rng.uniform(0, 1.2))
            await command.kill()
            write(10)
            # Nothing may leave a feed unread: forty entries hold four writings.
            if len(written[0]) % 30 == 0:
                await _read_all(command, server)
        await _read_all(command, server)
        wanted = {f"rss:https://blog.example/?p={n}" for it in written.values() for n in it}
        found = await asyncio.to_thread(topic.mentions, len(wanted))
    times = Counter(it["mention_id"] for it in found)
    assert len(wanted) == FEEDS * (20 + 10 * KILLS)
    assert set(times) == wanted


async def _read_all(command: ListenCommand, server: FeedServer) -> None:
    """Run until every feed's newest state is in the checkpoint, then stop in peace."""
    asked = len(server.asked)
    await command.start()
    etags = {path: server.etag(path) for path in server.documents if "feed" in path}
    async with asyncio.timeout(30):
        while True:
            feeds = ((command.checkpoint().get("cursor") or {}).get("feeds")) or {}
            known = {url.removeprefix(server.url): it.get("etag") for url, it in feeds.items()}
            is_read = all(known.get(path) == etag for path, etag in etags.items())
            if is_read and len(server.asked) >= asked + len(etags):
                break
            await asyncio.sleep(0.05)
    await command.stop()


async def test_a_second_run_sends_nothing_again(topic: Topic, tmp_path: Path) -> None:
    async with FeedServer() as server:
        address = server.put("/feed", rss(item(n) for n in range(30)))
        arguments = ("rss", "--feed", address, "--heartbeat-sec", "0")
        command = ListenCommand(topic, tmp_path, arguments)
        await command.start()
        await command.until_delivered(30)
        await command.stop()
        await _read_all(command, server)
        records = await asyncio.to_thread(topic.records, 30)
    assert len(records) == 30
    assert server.answered == [200, 304]
