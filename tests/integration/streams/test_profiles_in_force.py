"""A worker under the cascade, and history judged anew by another profile, on the shipped model."""

from pathlib import Path

import pytest

from models import profiles
from models.accurate_store import AccurateStore
from models.store import ModelStore
from streams.training import SHIPPED
from tests.builders import mention, raw
from tests.integration.streams.helpers import Lane, Services, wait_for
from tests.unit.models.encoders import real_encoder

TEXTS = (
    ("my flight was delayed three hours and nobody says anything", ""),
    ("¿dónde puedo comprar un Nimbara?", ""),
    ("yes please", "@vellumdesk: Shall I put one Nimbara aside for you?"),
    ("yes please", "@dana_k: coming to the match with the Nimbara team on saturday?"),
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


def judged(lane: Lane) -> dict[str, tuple[str, str]]:
    """Of each mention: which model judged it, and its intent."""
    with lane.client() as client:
        rows = client.query(
            "SELECT mention_id, model_version, intent FROM mentions FINAL"
            " WHERE topic_id = {id:String} ORDER BY mention_id",
            {"id": lane.topic_id},
        ).result_rows
    return {
        str(one).rsplit("-", 1)[1]: (str(version), str(intent)) for one, version, intent in rows
    }


def test_a_worker_judges_by_the_cascade_and_history_by_any_profile(lane: Lane) -> None:
    version = ModelStore(lane.settings.model_store).current()
    with lane.worker(model_profile="cascade") as worker:
        lane.produce(
            (
                raw(
                    mention(
                        f"csv:{lane.topic}-{number}",
                        text=text,
                        **({"parent_text": parent, "parent_id": "csv:x"} if parent else {}),
                    )
                )
                for number, (text, parent) in enumerate(TEXTS)
            )
        )
        wait_for(lambda: len(judged(lane)) == len(TEXTS), "the mentions", 240.0)
        assert worker.terminate() == 0
    found = judged(lane)
    store = ModelStore(lane.settings.model_store)
    accurate = profiles.load(store, profile="accurate")

    assert found["0"] == (f"{version}+fast", "none")
    assert found["1"] == (f"{version}+accurate", "active")
    assert {name for name, _ in found.values()} == {f"{version}+fast", f"{version}+accurate"}

    for profile, names in (("accurate", {accurate.version}), ("fast", {version})):
        done = lane.run(
            *("models", "rescore", "--since", "2000-01-01", "--json"), model_profile=profile
        )
        assert done.returncode == 0, done.stderr
        assert {name for name, _ in judged(lane).values()} == names
