"""Reddit, YouTube and X through the runner to a broker, killed and resumed on the way."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.polled import PolledServer
from tests.fakes.reddit import FakeReddit, comment, submission
from tests.fakes.x import FakeX, post, post_id
from tests.fakes.youtube import FakeYouTube
from tests.integration.producers.helpers import REPOSITORY, Topic

KILLS = 5


@dataclass
class Listener:
    """`tests.fakes.listener`, started again and again on one checkpoint."""

    server: PolledServer
    name: str
    topic: Topic
    checkpoint: Path
    summaries: list[dict[str, Any]] = field(default_factory=list)
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        asked = len(self.server.asked)
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.fakes.listener", self.name, self.server.url),
            *(self.topic.bootstrap, self.topic.name, str(self.checkpoint)),
            cwd=REPOSITORY,
            stdout=asyncio.subprocess.PIPE,
        )
        await self.until(lambda: len(self.server.asked) > asked)

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> dict[str, Any]:
        assert self.process is not None
        self.process.terminate()
        out, _ = await asyncio.wait_for(self.process.communicate(), 20)
        assert self.process.returncode == 0
        summary: dict[str, Any] = json.loads(out)
        return summary

    def delivered(self) -> int:
        """By all runs, as the checkpoint says."""
        if not self.checkpoint.exists():
            return 0
        return int(json.loads(self.checkpoint.read_bytes())["delivered"])

    async def until(self, holds: Callable[[], bool], within_sec: float = 20.0) -> None:
        async with asyncio.timeout(within_sec):
            while not holds():
                assert self.process is None or self.process.returncode is None, "it ended"
                await asyncio.sleep(0.01)


def say_reddit(server: Any, number: int) -> list[str]:
    server.comments.add(comment(number))
    server.submissions.add(submission(number))
    names = (server.comments.items[0], server.submissions.items[0])
    return [f"reddit:{item['data']['name']}" for item in names]


def say_youtube(server: Any, number: int) -> list[str]:
    thread = server.say(number)
    replies = [server.reply(thread, n, number * 10 + n) for n in range(number % 3)]
    return [f"youtube:{i}" for i in (thread, *replies)]


def say_x(server: Any, number: int) -> list[str]:
    server.publish(post(number))
    return [f"x:{post_id(number)}"]


CASES = [
    pytest.param("reddit", FakeReddit, say_reddit, id="reddit"),
    pytest.param("youtube", FakeYouTube, say_youtube, id="youtube"),
    pytest.param("x", FakeX, say_x, id="x"),
]


@pytest.mark.parametrize(("name", "make", "say"), CASES)
async def test_killed_again_and_again_it_misses_nothing(
    name: str, make: Any, say: Any, topic: Topic, tmp_path: Path
) -> None:
    said: list[str] = []
    async with make() as server:
        listener = Listener(server, name, topic, tmp_path / "checkpoint.json")
        number = 0

        def more(count: int) -> None:
            nonlocal number
            for _ in range(count):
                number += 1
                said.extend(say(server, number))

        more(5)
        await listener.start()
        if name == "x":  # what was said before anybody ever listened is not its business
            await server.connected()
            said.clear()
        more(5)
        await listener.until(lambda: listener.delivered() >= len(said))
        for _ in range(KILLS):
            more(20)  # some of it is on its way when it is killed
            await asyncio.sleep(0.05)
            await listener.kill()
            more(15)  # nobody listens
            before = listener.delivered()
            await listener.start()
            more(5)
            await listener.until(lambda before=before: listener.delivered() > before)  # type: ignore[misc]
        async with asyncio.timeout(60):
            # In a thread: reading takes seconds, and the fake has to answer meanwhile.
            while set(said) - {m["mention_id"] for m in await asyncio.to_thread(topic.mentions, 0)}:
                assert listener.process is not None
                assert listener.process.returncode is None, "it ended"
        await listener.stop()
    counts = Counter(m["mention_id"] for m in topic.mentions(len(said)))
    if name == "x":  # the overlap of its search reaches back before the first connection
        counts = Counter({i: n for i, n in counts.items() if i in set(said)})
    assert set(counts) == set(said)
    # What Kafka had and the checkpoint had not comes again, with the same id: few, and once a kill.
    assert max(counts.values()) <= KILLS + 1
    assert counts.total() - len(said) <= KILLS * 60


@pytest.mark.parametrize(("name", "make", "say"), CASES)
async def test_stopped_and_started_again_each_mention_is_in_kafka_once(
    name: str, make: Any, say: Any, topic: Topic, tmp_path: Path
) -> None:
    said: list[str] = []
    async with make() as server:
        listener = Listener(server, name, topic, tmp_path / "checkpoint.json")
        for number in range(1, 4):
            await listener.start()
            if name == "x":
                await server.connected()
            said += say(server, 2 * number)
            count = len(said)
            await listener.until(lambda count=count: listener.delivered() >= count)  # type: ignore[misc]
            summary = await listener.stop()
            assert summary["rejected"] == 0
            if number < 3:  # while it is stopped
                said += say(server, 2 * number + 1)
        counts = Counter(m["mention_id"] for m in topic.mentions(len(said)))
    assert counts == Counter(said)
