"""Polled sources and a shop's files: by the commands, a broker and a worker to the tables."""

import json
from pathlib import Path
from typing import Any

from tests.fakes.feeds import FeedServer, item, rss
from tests.fakes.listen_command import ListenCommand
from tests.fakes.youtube import KEY, VIDEO, FakeYouTube
from tests.integration.producers.helpers import Topic
from tests.integration.streams.helpers import Lane
from tests.integration.streams.test_recordings import stored, until


def command(lane: Lane, *arguments: str) -> ListenCommand:
    topic = Topic(lane.settings.kafka_bootstrap, lane.topic)
    return ListenCommand(topic, lane.folder / "listener", (*arguments, "--heartbeat-sec", "0.2"))


def rows(lane: Lane, columns: str) -> list[tuple[Any, ...]]:
    with lane.client() as client:
        return list(
            client.query(
                f"SELECT {columns} FROM mentions FINAL WHERE topic_id = {{id:String}}"
                " ORDER BY mention_id",
                {"id": lane.topic_id},
            ).result_rows
        )


async def test_entries_of_feeds_are_stored_once_with_their_newest_text(lane: Lane) -> None:
    entries = {n: item(n, f"Nota {n}") for n in range(1, 41)}
    with lane.worker() as worker:
        async with FeedServer() as server:
            address = server.put("/feed", rss(entries.values()))
            twice = server.put("/category", rss(list(entries.values())[:20]))  # in both feeds
            listener = command(lane, "rss", "--feed", address, "--feed", twice, "--poll-sec", "10")
            await listener.start()
            await until(lambda: len(stored(lane)) == 40, "the entries")
            await listener.stop()
            corrected = {"description": "cambió de idea", "atom:updated": "2026-07-20T09:00:00Z"}
            entries[7] = item(7, "Nota 7, corregida", **corrected)
            entries[41] = item(41)
            server.put("/feed", rss(entries.values()))
            await listener.start()
            await until(lambda: len(rows(lane, "mention_id")) == 41, "the new entry")
            await until(lambda: lane.planned("edits") == 1, "the edit")
            summary = await listener.stop()
        assert summary["rejected"] == 0
        await until(lambda: not lane.balance_once_settled().in_flight, "the rest")
        found = rows(lane, "mention_id, source, text, edited_at > 0")
        assert lane.planned("heartbeats") > 0
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert balance.problems == []
    by_id = {row[0]: row for row in found}
    assert set(by_id) == {f"rss:https://blog.example/?p={n}" for n in range(1, 42)}
    assert {row[1] for row in found} == {"rss"}
    assert by_id["rss:https://blog.example/?p=7"][2:] == (
        "Nota 7, corregida\n\ncambió de idea", 1,
    )  # fmt: skip
    assert sum(edited for *_, edited in found) == 1


async def test_comments_and_replies_of_youtube_are_stored_once_with_their_parents(
    lane: Lane,
) -> None:
    with lane.worker() as worker:
        async with FakeYouTube() as server:
            threads = [server.say(n) for n in range(1, 31)]
            replies = {
                server.reply(thread, r, n * 10 + r): thread
                for n, thread in enumerate(threads, start=1)
                for r in range(n % 8)
            }
            listener = command(
                lane, "youtube", "--video", VIDEO, "--api-url", server.url, "--poll-sec", "1"
            )
            await listener.start(ESCUCHA_YOUTUBE_API_KEY=KEY)
            await until(lambda: len(stored(lane)) == 30 + len(replies), "the comments")
            await listener.kill()
            late = server.reply(threads[-1], 99, 5_000)
            replies[late] = threads[-1]
            server.threads[VIDEO][0]["snippet"] |= {
                "textOriginal": "changed my mind", "updatedAt": "2026-07-04T11:00:00Z",
            }  # fmt: skip
            await listener.start(ESCUCHA_YOUTUBE_API_KEY=KEY)
            await until(lambda: f"youtube:{late}" in stored(lane), "the late reply")
            await until(lambda: lane.planned("edits") == 1, "the edit")
            summary = await listener.stop()
        assert summary["rejected"] == 0
        await until(lambda: not lane.balance_once_settled().in_flight, "the rest")
        found = rows(lane, "mention_id, parent_id, text")
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert balance.problems == []
    parents = {row[0]: row[1] for row in found}
    assert parents.keys() == {f"youtube:{i}" for i in (*threads, *replies)}
    assert {f"youtube:{reply}": f"youtube:{of}" for reply, of in replies.items()} == {
        mention: parents[mention] for mention in parents if ".r" in mention
    }
    assert {row[0]: row[2] for row in found}[f"youtube:{threads[-1]}"] == "changed my mind"


async def test_orders_gestures_and_labels_of_files_reach_their_tables_once(
    lane: Lane, tmp_path: Path
) -> None:
    mine = f"forum:{lane.topic_id}"
    files = {
        "orders": [
            {"order_id": f"{mine}-{n}", "author_id": f"fan{n}", "amount": "10.50",
             "ordered_at": "2026-07-04T10:00:00Z", "currency": "EUR"}
            for n in range(40)
        ],
        "gestures": [
            {"gesture_id": f"{mine}-{n}", "author_id": f"fan{n}", "cost": "3",
             "given_at": "2026-07-05T10:00:00Z", "currency": "EUR", "description": "a poster"}
            for n in range(30)
        ],
        "labels": [
            {"mention_id": f"{mine}-{n}", "labeller": "ana", "guide_version": "3",
             "labelled_at": "2026-07-05T10:00:00Z", "intent": "active"}
            for n in range(20)
        ],
    }  # fmt: skip
    ids = {"orders": "order_id", "gestures": "gesture_id", "labels": "mention_id"}

    def kept(table: str) -> list[str]:
        with lane.client() as client:
            found = client.query(
                f"SELECT {ids[table]} FROM {table} WHERE startsWith({ids[table]}, {{m:String}})",
                {"m": f"{mine}-"},
            ).result_rows
        return sorted(name for (name,) in found)

    with lane.worker() as worker:
        for kind, events in files.items():
            file = tmp_path / f"{kind}.jsonl"
            file.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
            ran = lane.run("ingest", str(file), "--as", kind)
            assert ran.returncode == 0, ran.stderr.decode()
            assert json.loads(ran.stdout)["delivered"] == len(events), ran.stderr.decode()
        for kind, events in files.items():
            wanted = sorted(event[ids[kind]] for event in events)
            await until(lambda: len(kept(kind)) >= len(wanted), kind)  # noqa: B023
            assert kept(kind) == wanted
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert balance.problems == []
