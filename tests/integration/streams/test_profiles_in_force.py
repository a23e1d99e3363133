"""Workers under slower profiles, on the shipped model: who judges, and who is found out."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from skops import io as skops_io

from models import profiles
from models.accurate_store import CARD_FILE, HEADS_FILE, TRUSTED_TYPES, AccurateStore
from models.errors import ModelRefusedError
from models.profiles import Profile
from models.skops_file import rebuilt
from models.store import ModelStore
from streams.model_book import ModelBook, put_in_shadow
from streams.sinks.clickhouse import ClickHouse
from streams.training import SHIPPED
from tests.builders import mention, raw
from tests.integration.streams.helpers import Lane, Services, wait_for
from tests.unit.models.encoders import real_encoder

# The replies come after what they answer, of which their source tells the id alone.
TEXTS = (
    ("my flight was delayed three hours and nobody says anything", None),
    ("¿dónde puedo comprar un Nimbara?", None),
    ("¿Te apartamos el Nimbara hasta el sábado?", None),
    ("¿te paso los apuntes de historia?", None),
    ("sí porfa", 2),
    ("sí porfa", 3),
)


@pytest.fixture
def lane(services: Services, tmp_path: Path) -> Lane:
    real_encoder()
    shipped, store = ModelStore(SHIPPED), ModelStore(tmp_path / "store")
    version = shipped.versions()[-1]
    store.adopt(shipped, version)
    AccurateStore(store.place).adopt(AccurateStore(shipped.place), version)
    store.promote(version)
    lane = Lane.make(services, tmp_path)
    settings = {**vars(lane.settings), "model_store": Path(store.place)}
    return Lane(type(lane.settings)(**settings), lane.topic_id, lane.folder)


def judged(lane: Lane) -> dict[int, tuple[str, str, float]]:
    """Of each mention: which model judged it, its intent, and the chance of active intent."""
    with lane.client() as client:
        rows = client.query(
            "SELECT mention_id, model_version, intent, intent_active FROM mentions FINAL"
            " WHERE topic_id = {id:String} ORDER BY mention_id",
            {"id": lane.topic_id},
        ).result_rows
    return {int(str(row[0]).rsplit("-", 1)[1]): (row[1], row[2], row[3]) for row in rows}


def say(lane: Lane, numbers: range) -> None:
    lane.produce(
        raw(
            mention(
                f"csv:{lane.topic}-{number}",
                text=TEXTS[number][0],
                **(
                    {"kind": "reply", "parent_id": f"csv:{lane.topic}-{TEXTS[number][1]}"}
                    if TEXTS[number][1] is not None
                    else {}
                ),
            )
        )
        for number in numbers
    )
    wait_for(lambda: len(judged(lane)) == numbers.stop, "the mentions", 240.0)


def test_a_worker_judges_by_the_cascade_and_history_by_any_profile(lane: Lane) -> None:
    version = ModelStore(lane.settings.model_store).current()
    with lane.worker(model_profile="cascade") as worker:
        say(lane, range(4))
        say(lane, range(4, 6))
        assert worker.terminate() == 0
    found = judged(lane)
    store = ModelStore(lane.settings.model_store)
    accurate = profiles.load(store, profile="accurate")

    assert found[0][:2] == (f"{version}+fast", "none")
    assert found[1][:2] == (f"{version}+accurate", "active")
    assert {name for name, _, _ in found.values()} == {f"{version}+fast", f"{version}+accurate"}
    # The same words, judged with what they answer.
    assert found[4][0] == found[5][0] == f"{version}+accurate"
    assert found[4][2] > found[5][2] + 0.4

    for profile, names in (("accurate", {accurate.version}), ("fast", {version})):
        done = lane.run(
            *("models", "rescore", "--since", "2000-01-01", "--json"), model_profile=profile
        )
        assert done.returncode == 0, done.stderr
        assert {name for name, _, _ in judged(lane).values()} == names


def exchanged_heads(place: str, version: str) -> None:
    """Somebody puts other heads in the place of a version's, card and all."""
    folder = Path(place) / f"{version}+accurate"
    parts = rebuilt((folder / HEADS_FILE).read_bytes(), version, HEADS_FILE, TRUSTED_TYPES)
    parts["thresholds"] = np.zeros_like(parts["thresholds"])  # finds intent everywhere
    content = skops_io.dumps(parts)
    card = json.loads((folder / CARD_FILE).read_text())
    card["heads_sha256"] = hashlib.sha256(content).hexdigest()
    (folder / HEADS_FILE).write_bytes(content)
    (folder / CARD_FILE).write_text(json.dumps(card))
    assert AccurateStore(place).load(version)  # nothing in the store tells


async def test_heads_exchanged_with_their_card_are_found_out(lane: Lane) -> None:
    """By what ClickHouse kept when they were first in force, which no later row takes away."""
    store = ModelStore(lane.settings.model_store)
    version = store.current()
    with lane.client() as client:
        client.command("TRUNCATE TABLE model_versions")

    async with ClickHouse(lane.settings) as clickhouse:

        async def opened(profile: Profile) -> ModelBook:
            book = ModelBook(clickhouse, store, worker="w", profile=profile)
            await book.open()
            return book

        await opened("cascade")
        exchanged_heads(store.place, version)
        slower: tuple[Profile, ...] = ("cascade", "accurate")
        for profile in slower:
            with pytest.raises(ModelRefusedError, match="its heads and its card are not those"):
                await opened(profile)
        fast = await opened("fast")
        assert fast.in_force.current.version == version
        await put_in_shadow(clickhouse, f"{version}+accurate", by="test")
        try:
            await fast.refresh()
            assert fast.in_force.shadow is None
            assert "its heads and its card are not those" in fast.trouble
        finally:
            await put_in_shadow(clickhouse, "", by="test")
        with lane.client() as client:
            client.command("OPTIMIZE TABLE model_versions FINAL")  # the fast one's row remains
            assert client.query("SELECT count() FROM model_versions").first_row == (1,)
        with pytest.raises(ModelRefusedError, match="its heads and its card are not those"):
            await opened("accurate")
