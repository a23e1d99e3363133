"""The hub of the live stream: one look for all, bounded for each, and quiet without anybody."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from dashboards.console import live
from dashboards.console.errors import BadRequestError, BusyError, DatabaseAwayError
from dashboards.console.live import Hub, Viewer
from dashboards.console.tail import Came
from dashboards.console.wanted import wanted_of
from schemas.search import Wanted

ALL = Wanted()
VOLTA = Wanted(brand="Volta")


class Looks:
    """In place of the tail: what each look gives, or the error it ends with."""

    def __init__(self) -> None:
        self.asked: list[list[Wanted]] = []
        self.begun = 0
        self.next: asyncio.Queue[dict[Wanted, int] | Exception] = asyncio.Queue()

    async def begin(self) -> None:
        self.begun += 1

    async def look(self, filters: Sequence[Wanted]) -> list[Came]:
        self.asked.append(list(filters))
        given = await self.next.get()
        if isinstance(given, Exception):
            raise given
        return [Came(given.get(one, 0), [{"mention_id": f"x:{one.brand}"}]) for one in filters]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    monkeypatch.setattr(live, "EVERY_SEC", 0.0)
    return Looks()


@pytest.fixture
async def hub(looks: Looks) -> AsyncIterator[Hub]:
    hub = Hub(lambda: looks)  # type: ignore[arg-type,return-value]
    yield hub
    await hub.close()


async def following(viewer: Viewer, name: str) -> dict[str, Any]:
    """The next event of that name."""
    async with asyncio.timeout(10):
        async for frame in viewer.frames():
            head, data = frame.decode().strip().split("\ndata: ")
            if head == f"event: {name}":
                content: dict[str, Any] = json.loads(data)
                return content
    raise AssertionError("the frames ended")


async def test_many_viewers_are_one_question(hub: Hub, looks: Looks) -> None:
    viewers = [hub.join(ALL) for _ in range(20)] + [hub.join(VOLTA)]
    for viewer in viewers:
        assert await following(viewer, "state") == {"state": "live", "code": ""}

    looks.next.put_nowait({ALL: 7, VOLTA: 2})
    came = [(await following(viewer, "mentions"))["came"] for viewer in viewers]

    assert came == [7] * 20 + [2]
    assert looks.begun == 1
    assert looks.asked[0] == [ALL, VOLTA]


async def test_who_reads_slowly_loses_looks_and_no_numbers(hub: Hub, looks: Looks) -> None:
    slow, quick = hub.join(ALL), hub.join(ALL)
    for _ in range(50):
        looks.next.put_nowait({ALL: 1_000})
        assert (await following(quick, "mentions"))["came"] == 1_000

    frames = slow.frames()
    counts = []
    async with asyncio.timeout(10):
        while sum(counts) < 50_000:
            frame = (await anext(frames)).decode()
            if frame.startswith("event: mentions"):
                counts.append(json.loads(frame.strip().split("data: ")[1])["came"])

    assert counts == [50_000 - 1_000 * live.LOOKS_KEPT, *[1_000] * live.LOOKS_KEPT]


async def test_nobody_there_asks_nothing(hub: Hub, looks: Looks) -> None:
    viewer = hub.join(ALL)
    looks.next.put_nowait({ALL: 1})
    await following(viewer, "mentions")
    hub.leave(ALL, viewer)
    asked = len(looks.asked)
    looks.next.put_nowait({ALL: 1})
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(looks.asked) <= asked + 1  # the one that was under way
    assert looks.next.qsize() == 1

    again = hub.join(ALL)
    await following(again, "state")

    assert looks.begun == 2  # what came meanwhile is no news


async def test_everybody_is_told_when_clickhouse_goes_and_comes(hub: Hub, looks: Looks) -> None:
    viewer = hub.join(ALL)
    assert (await following(viewer, "state"))["state"] == "live"
    looks.next.put_nowait(DatabaseAwayError("gone", "wait"))
    assert await following(viewer, "state") == {"state": "away", "code": "database_away"}
    late = hub.join(ALL)
    assert (await following(late, "state"))["state"] == "away"

    looks.next.put_nowait({ALL: 3})

    assert (await following(viewer, "mentions"))["came"] == 3
    assert (await following(late, "state"))["state"] == "live"


async def test_there_is_room_for_so_many_and_no_more(hub: Hub) -> None:
    for number in range(live.MAX_FILTERS):
        hub.join(Wanted(brand=str(number)))
    with pytest.raises(BusyError):
        hub.make_room(ALL)
    hub.make_room(Wanted(brand="0"))
    for _ in range(live.MAX_VIEWERS - live.MAX_FILTERS):
        hub.join(Wanted(brand="0"))
    with pytest.raises(BusyError):
        hub.make_room(Wanted(brand="0"))


@pytest.mark.parametrize(
    "address", ["least=2", "least=nan", "least=x", "intent=no", f"brand={'x' * 201}"]
)
def test_filters_that_cannot_be_meant_are_refused(address: str) -> None:
    with pytest.raises(BadRequestError):
        wanted_of(QueryParams(address))


def test_filters_are_read_from_the_address() -> None:
    assert wanted_of(QueryParams("brand=Volta&lang=es&intent=yes&least=0.5")) == Wanted(
        brand="Volta", lang="es", intent_only=True, least=0.5
    )


async def test_a_console_that_goes_lets_everybody_go(hub: Hub) -> None:
    viewer = hub.join(ALL)
    await following(viewer, "state")

    async def all_frames() -> list[bytes]:
        return [frame async for frame in viewer.frames()]

    reading = asyncio.create_task(all_frames())
    await asyncio.sleep(0)
    hub.end()

    assert await asyncio.wait_for(reading, 10) == []
