"""Mastodon through the command to a broker, killed on the way."""

import asyncio
import random
from collections import Counter
from pathlib import Path

from tests.fakes.listen_command import ListenCommand
from tests.fakes.mastodon import FakeMastodon, status
from tests.integration.producers.helpers import Topic

KILLS = 6


async def test_kills_and_cuts_leave_no_gap(topic: Topic, tmp_path: Path) -> None:
    rng = random.Random(7)
    async with FakeMastodon() as server:
        server.publish(status(0))
        command = ListenCommand(topic, tmp_path, ("mastodon", "--instance", server.url))
        await command.start()
        # Killed before its first checkpoint, a run was never there: the next begins with now.
        await _until_newest(command, status(0)["id"])
        number, speaking = 1, True

        async def speak() -> None:
            nonlocal number
            while speaking:
                server.publish(status(number))
                number += 1
                await asyncio.sleep(0.004)

        talker = asyncio.create_task(speak())
        for _ in range(KILLS):
            opened = server.connections
            await asyncio.sleep(rng.uniform(0.1, 0.8))
            if rng.random() < 0.3:
                server.cut()
            await command.kill()
            await asyncio.sleep(rng.uniform(0, 0.5))
            await command.start()
            await server.listened_to(opened + 1)
        speaking = False
        await talker
        await _until_newest(command, status(number - 1)["id"])
        summary = await command.stop()
        found = await asyncio.to_thread(topic.mentions, number - 1)
    times = Counter(it["mention_id"] for it in found)
    wanted = {f"mastodon:https://far.example/users/ana/statuses/{n}" for n in range(1, number)}
    assert number > 300
    assert wanted <= set(times)
    assert set(times) - wanted <= {"mastodon:https://far.example/users/ana/statuses/0"}
    # A run killed before its checkpoint sends again what it sent: the worker drops that by id.
    assert max(times.values()) <= KILLS + 1
    assert summary["rejected"] == 0


async def _until_newest(command: ListenCommand, local_id: str) -> None:
    async with asyncio.timeout(30):
        while True:
            cursor = command.checkpoint().get("cursor") or {}
            if cursor.get("newest", {}).get("public") == local_id:
                return
            await asyncio.sleep(0.05)


async def test_a_stop_and_a_start_send_each_status_once(topic: Topic, tmp_path: Path) -> None:
    async with FakeMastodon() as server:
        server.publish(status(0))
        arguments = ("mastodon", "--instance", server.url, "--heartbeat-sec", "0")
        command = ListenCommand(topic, tmp_path, arguments)
        await command.start()
        await _until_newest(command, status(0)["id"])
        server.publish(*(status(n) for n in range(1, 101)))
        server.delete(status(50)["id"])
        await command.until_delivered(101)
        await command.stop()
        server.publish(*(status(n) for n in range(101, 201)), silent=True)
        await command.start()
        await command.until_delivered(201)
        summary = await command.stop()
        records = await asyncio.to_thread(topic.records, 201)
    assert summary["delivered"] == 100
    assert len(records) == 201
    assert {key for key, _, _ in records} == {b"https://far.example/users/ana"}
    assert len({partition for _, _, partition in records}) == 1  # a deletion after its mention
