"""A reply is judged with its parent, from the network's socket to the chances in ClickHouse.

The network tells a reply's parent by its id alone; whether the parent was stored before, comes
later or is edited, the reply ends with its newest text and the judgement made with it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from models.predictions import Texts
from models.store import ModelStore
from streams.training import SHIPPED
from streams.upkeep import deletions, late_parents, marks, parents_watch
from streams.upkeep.jobs import Job, run_job
from tests.fakes.bluesky_lines import START_US, instant, line, post, uri
from tests.fakes.jetstream import Jetstream
from tests.integration.streams.helpers import Lane, Services
from tests.integration.streams.test_listening_end_to_end import keeps_all, listen, until

OFFER = "Este mes la matrícula del gimnasio sale gratis, ¿te hacemos la ficha?"
MATCH = "falta uno para el partido del domingo"
YES = "venga, me apunto"
SELLER, FRIEND, BUYER, FAN = 1, 2, 3, 4


@pytest.fixture
def lane(services: Services, tmp_path: Path) -> Lane:
    """Judged by the model that comes along: it has learnt what a parent changes."""
    shipped, store = ModelStore(SHIPPED), ModelStore(tmp_path / "store")
    version = shipped.versions()[-1]
    store.adopt(shipped, version)
    store.promote(version)
    lane = Lane.make(services, tmp_path)
    settings = {**vars(lane.settings), "model_store": Path(store.place)}
    return Lane(type(lane.settings)(**settings), lane.topic_id, lane.folder)


def key(lane: Lane, author: int) -> str:
    """Of an author's only post; tests share tables, and an id is stored once."""
    return f"k{author}x{lane.topic.rpartition('-')[2]}"


def said(
    lane: Lane, author: int, text: str, moment: int, answers: int = 0, edit: bool = False
) -> bytes:
    """A post of this author; an edit keeps when it was written."""
    answered = {"uri": uri(answers, key(lane, answers)), "cid": "x"}
    reply = {"reply": {"parent": answered, "root": answered}} if answers else {}
    record = {"langs": ["es"], **reply}
    message = post(text, author=author, time_us=START_US + moment, rkey=key(lane, author), **record)
    if edit:
        message["commit"]["operation"] = "update"
        message["commit"]["record"]["createdAt"] = instant(START_US)
    return line(message)


def rows(lane: Lane) -> dict[int, tuple[Any, ...]]:
    """By author: the parent's text, and the chances of intent."""
    names = {f"bluesky:{uri(author, key(lane, author))}": author for author in range(1, 5)}
    with lane.client() as client:
        found = client.query(
            "SELECT mention_id, parent_text, intent_latent, intent_active, stage_probability,"
            " needs_reply_probability FROM mentions FINAL WHERE topic_id = {id:String}",
            {"id": lane.topic_id},
        ).result_rows
    return {names[str(row[0])]: tuple(row[1:]) for row in found}


def wanted(lane: Lane, parent: str) -> tuple[Any, ...]:
    """What the model says of the reply when it reads this parent."""
    model = ModelStore(lane.settings.model_store)
    judged = model.load(model.current()).predict(Texts([YES], ["es"], [parent]))
    chances, stage = judged.probabilities, judged.labels["stage"][0]
    return (
        parent,
        *(pytest.approx(float(chances["intent"][0, n]), abs=1e-6) for n in (1, 2)),
        pytest.approx(float(chances["stage"][0, stage]), abs=1e-6),
        pytest.approx(float(chances["needs_reply"][0, 1]), abs=1e-6),
    )


def test_the_model_tells_the_two_replies_apart(lane: Lane) -> None:
    """Else the tests below would show nothing."""
    alone, offered, asked = (wanted(lane, parent)[2].expected for parent in ("", OFFER, MATCH))
    assert offered > asked + 0.1 > alone + 0.1


@asynccontextmanager
async def heard(lane: Lane, *posts: bytes) -> AsyncIterator[Jetstream]:
    """A network that has said this, the listener and a worker; all well when they end."""
    with lane.worker(listening_file=keeps_all(lane)) as worker:
        async with Jetstream(posts).serving() as server:
            process = listen(lane, server, "--checkpoint", str(lane.folder / "place.json"))
            try:
                yield server
            finally:
                process.terminate()
                await asyncio.to_thread(process.communicate, timeout=60)
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert balance.problems == []


async def test_a_reply_to_what_is_stored_is_judged_with_it(lane: Lane) -> None:
    async with heard(lane, said(lane, SELLER, OFFER, 1), said(lane, FRIEND, MATCH, 2)) as server:
        await until(lambda: len(rows(lane)) == 2, "the parents", 120.0)
        server.add(
            said(lane, BUYER, YES, 3, answers=SELLER), said(lane, FAN, YES, 4, answers=FRIEND)
        )
        await until(lambda: len(rows(lane)) == 4, "the replies", 120.0)
    found = rows(lane)
    assert found[BUYER] == wanted(lane, OFFER)
    assert found[FAN] == wanted(lane, MATCH)


async def test_a_reply_that_comes_before_its_parent_is_judged_again_with_it(lane: Lane) -> None:
    replies = said(lane, BUYER, YES, 1, answers=SELLER), said(lane, FAN, YES, 2, answers=FRIEND)
    async with heard(lane, *replies) as server:
        await until(lambda: len(rows(lane)) == 2, "the replies", 120.0)
        assert rows(lane)[BUYER] == rows(lane)[FAN] == wanted(lane, "")

        server.add(said(lane, SELLER, OFFER, 3), said(lane, FRIEND, MATCH, 4))
        await until(lambda: len(rows(lane)) == 4, "the parents", 120.0)
        ran = lane.run("upkeep", "--once")
        assert (ran.returncode, ran.stderr.decode()) == (0, "")
        assert rows(lane)[BUYER] == wanted(lane, OFFER)
        assert rows(lane)[FAN] == wanted(lane, MATCH)

        written = versions(lane)
        assert not look_again(lane)
        assert versions(lane) == written  # a second look changes nothing

        server.add(said(lane, SELLER, MATCH, 5, edit=True))
        await until(lambda: lane.planned("edits") == 1, "the edit")
        await until(lambda: not lane.balance_once_settled().in_flight, "its row")
        assert await asyncio.to_thread(look_again, lane)
        assert rows(lane)[BUYER] == wanted(lane, MATCH)
        assert OFFER not in texts_of_all_versions(lane)


def look_again(lane: Lane) -> bool:
    """What upkeep does in a round about edits and parents; says whether a reply lacked a text."""
    with lane.client() as client:
        run_job(client, Job(deletions.JOB, deletions.carry_out))
        if is_due := parents_watch.is_due(client):
            late_parents.work(lane.settings, client, marks.EPOCH)
        return is_due


def versions(lane: Lane) -> list[tuple[Any, ...]]:
    query = "SELECT mention_id, version FROM mentions WHERE topic_id = {id:String} ORDER BY ALL"
    with lane.client() as client:
        return list(client.query(query, {"id": lane.topic_id}).result_rows)


def texts_of_all_versions(lane: Lane) -> set[str]:
    with lane.client() as client:
        found = client.query(
            "SELECT text, parent_text FROM mentions WHERE topic_id = {id:String}",
            {"id": lane.topic_id},
        ).result_rows
    return {text for row in found for text in row}
