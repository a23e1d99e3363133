"""What is deleted or answered long after it was heard, by a listener that was started again."""

import asyncio
import json
from pathlib import Path

import pytest

from schemas.mention import Deletion, Mention
from streams.producers.live import mastodon_memory
from streams.producers.live.mastodon_memory import IN_CURSOR
from tests.fakes.listening import Heard, hear, polls
from tests.fakes.mastodon import FakeMastodon, status


def deletions(heard: Heard) -> list[Deletion]:
    return [event for event in heard.events if isinstance(event, Deletion)]


async def test_after_a_restart_replies_and_deletions_find_what_is_older_than_the_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mastodon_memory, "_SNAPSHOT_EVERY_SEC", 0.0)  # a cursor as of its moment
    many = [status(number) for number in range(1, IN_CURSOR + 102)]
    async with FakeMastodon() as server:
        server.publish(many[0])
        source = server.source(ids_folder=tmp_path)
        first = await hear(source, polls(2))
        server.publish(*many[1:])
        second = await hear(source, lambda it: len(it.events) == len(many), cursor=first.cursor)
        cursor = json.loads(json.dumps(second.cursor))
        old = many[1]["id"]
        assert old not in {known[0] for known in cursor["ids"]}

        reply = status(9_000, "sí, por favor", in_reply_to_id=old, in_reply_to_account_id="7")

        async def speak() -> None:
            await server.listened_to(3)
            server.publish(reply)
            server.delete(old)

        speaking = asyncio.create_task(speak())
        fresh = server.source(ids_folder=tmp_path)
        third = await hear(fresh, lambda it: bool(deletions(it)), cursor=cursor)
        await speaking
    [gone] = deletions(third)
    author = "https://far.example/users/ana"
    [answer] = [it for it in third.events if isinstance(it, Mention) and it.kind == "reply"]
    assert (answer.parent_id, answer.parent_author_id) == (gone.target_id, author)
    assert (gone.target_id, gone.author_id) == (f"mastodon:{author}/statuses/2", author)
