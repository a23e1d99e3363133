"""Models that change while workers run, one that judges beside, and history judged anew."""

import hashlib
import json
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pytest

from models.heads import Model
from models.store import CARD_FILE, CURRENT_FILE, MODEL_FILE, ModelStore
from tests.builders import mention, raw
from tests.integration.streams.helpers import Lane, Services, command_line, one_line_of, wait_for

TEXTS = ("hoy llueve mucho", "¿dónde puedo comprar un Nimbara?", "el Nimbara se ha roto otra vez")
FAST = {"model_refresh_sec": 0.2, "rules_refresh_sec": 0.2}


def second_model(store: ModelStore, number: int = 1) -> str:
    """A version like the current one that finds active intent almost everywhere."""
    card, model = store.card(), store.load()
    heads = model.heads()
    heads["intent"].intercept_ = heads["intent"].intercept_ + np.array([0, 0, 9], np.float32)
    changed = Model.from_heads(model.text, heads, parent=model.parent, languages=model.languages)
    at = datetime(2026, 1, number, tzinfo=UTC)
    return store.save(changed, card.training, trained_on=["a test"], created_at=at).version


class Sender:
    """Sends mentions with ids of their own, on a day of their own, over both partitions."""

    def __init__(self, lane: Lane, day: str) -> None:
        self.lane = lane
        self.day = day
        self.sent = 0

    def send(self, count: int, **changes: object) -> None:
        for partition in (0, 1):
            numbers = range(self.sent + partition, self.sent + count, 2)
            self.lane.produce(
                (raw(self.event(number, **changes)) for number in numbers), partition=partition
            )
        self.sent += count

    def event(self, number: int, **changes: object) -> dict[str, Any]:
        return mention(
            f"csv:{self.lane.topic}-{number}",
            text=TEXTS[number % 3],
            published_at=f"{self.day}T10:{number // 60 % 60:02}:{number % 60:02}Z",
            **changes,
        )

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Send on until the condition holds."""

        def holds() -> object:
            self.send(10)
            return condition()

        wait_for(holds, what)


@pytest.fixture
def store(services: Services, tmp_path: Path) -> ModelStore:
    """A store of one's own: the others must not see what is promoted here."""
    copytree(services.model_store, tmp_path / "store")
    return ModelStore(tmp_path / "store")


@pytest.fixture
def lane(services: Services, store: ModelStore, tmp_path: Path) -> Lane:
    lane = Lane.make(services, tmp_path)
    settings = {**vars(lane.settings), "model_store": Path(store.place)}
    return Lane(type(lane.settings)(**settings), lane.topic_id, lane.folder)


@pytest.fixture(autouse=True)
def no_shadow_of_others(lane: Lane) -> None:
    with lane.client() as client:
        for table in ("shadow_models", "worker_models", "model_versions"):
            client.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


def by_model(lane: Lane, table: str = "mentions FINAL") -> dict[str, int]:
    with lane.client() as client:
        rows = client.query(
            f"SELECT model_version, count() FROM {table} WHERE topic_id = {{id:String}}"
            " GROUP BY model_version",
            {"id": lane.topic_id},
        ).result_rows
    return {str(version): int(count) for version, count in rows}


def troubles(lane: Lane) -> str:
    with lane.client() as client:
        rows = client.query("SELECT trouble FROM worker_models FINAL").result_rows
    return "; ".join(str(trouble) for (trouble,) in rows)


def exchanged(store: ModelStore, version: str, other: str) -> None:
    """Somebody puts another model in the place of a version, card and all."""
    content = (Path(store.place) / other / MODEL_FILE).read_bytes()
    (Path(store.place) / version / MODEL_FILE).write_bytes(content)
    path = Path(store.place) / version / CARD_FILE
    sha256 = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_sha256": sha256}))
    assert store.load(version).version == version  # nothing in the store tells


def exact(lane: Lane, sent: int) -> None:
    """Everything sent is stored and counted once."""
    wait_for(lambda: lane.planned("records") == sent, "the last mentions")
    balance = lane.balance_once_settled()
    assert balance.problems == []
    assert lane.planned("mentions") == sent
    assert lane.count("mentions") == lane.count("mentions FINAL") == sent


def test_workers_take_up_what_is_promoted_and_go_on_where_it_is_broken(
    lane: Lane, store: ModelStore
) -> None:
    first, second, broken = store.current(), second_model(store), second_model(store, 2)
    (Path(store.place) / broken / MODEL_FILE).write_bytes(b"PK not a model")
    sender = Sender(lane, "2019-03-01")
    with lane.worker(**FAST) as worker:
        sender.until(lambda: by_model(lane).get(first), "the first model")
        store.promote(second)
        sender.until(lambda: by_model(lane).get(second), "the promoted model")

        (Path(store.place) / CURRENT_FILE).write_text(f"{broken}\n")
        wait_for(lambda: broken in troubles(lane), "the worker to refuse it")
        before = by_model(lane)[second]
        sender.until(lambda: by_model(lane)[second] > before, "the worker to go on")
        assert worker.is_running
        assert "is not taken up" in worker.said

        store.promote(first)  # a rollback
        before = by_model(lane)[first]
        sender.until(lambda: by_model(lane)[first] > before, "the rollback")
        wait_for(lambda: troubles(lane) == "", "the trouble to be over")
        exact(lane, sender.sent)
        (Path(store.place) / CURRENT_FILE).write_text(f"{broken}\n")
        assert worker.terminate() == 0
    assert set(by_model(lane)) == {first, second}

    with lane.worker(**FAST) as worker:  # starts under the broken one, with the one before
        before = by_model(lane)[first]
        sender.until(lambda: by_model(lane)[first] > before, "a worker that starts")
        exchanged(store, second, first)
        store.promote(second)
        said = "not those that were first in force"
        wait_for(lambda: said in troubles(lane), "the worker to find it out")
        before = by_model(lane)[first]
        sender.until(lambda: by_model(lane)[first] > before, "the worker to go on")
        exact(lane, sender.sent)
        assert worker.terminate() == 0
    with lane.client() as client:
        rows = client.query(
            "SELECT version, JSONExtractString(card, 'version') FROM model_versions FINAL"
            " ORDER BY since"
        ).result_rows
    assert rows == [(version, version) for version in (first, second, first)]


def test_a_shadow_judges_beside_until_it_is_off(lane: Lane, store: ModelStore) -> None:
    first, second = store.current(), second_model(store)
    sender = Sender(lane, "2019-03-02")
    assert "is in force" in one_line_of(lane.run("models", "shadow", first))
    assert one_line_of(lane.run("models", "shadow", "20200101T000000Z-00000000"))
    with lane.worker(**FAST) as worker:
        assert lane.run("models", "shadow", second).returncode == 0
        sender.until(lambda: by_model(lane, "shadow_judgements FINAL"), "the shadow")
        state = json.loads(lane.run("models", "shadow", "--json").stdout)
        assert state["shadow"] == second
        assert [(w["model_version"], w["shadow_version"]) for w in state["workers"]] == [
            (first, second)
        ]
        spanish = lane.run("models", "shadow", "--language", "es").stdout.decode()
        assert f"en sombra: {second}" in spanish
        assert f": {first}, en sombra {second}" in spanish
        assert lane.run("models", "shadow", "--off").returncode == 0
        wait_for(lambda: "no model is in shadow any more" in worker.said, "the end of it")
        exact(lane, sender.sent)
        beside = by_model(lane, "shadow_judgements FINAL")
        sender.send(20)
        exact(lane, sender.sent)
        assert by_model(lane, "shadow_judgements FINAL") == beside
        assert worker.terminate() == 0
    assert set(by_model(lane)) == {first}
    assert set(beside) == {second}
    assert lane.count("shadow_judgements") == beside[second]
    with lane.client() as client:
        [row] = client.query(
            "SELECT sum(mentions), sum(intent_differs), sum(stage_differs), sum(active_in_shadow)"
            " FROM shadow_disagreement WHERE day = '2019-03-02' AND model_version = {v:String}",
            {"v": second},
        ).result_rows
    mentions, intent, stage, active = row
    assert mentions == active == beside[second]
    assert intent > 0
    assert stage == 0


def rescore(lane: Lane, day: str) -> dict[str, Any]:
    done = lane.run("models", "rescore", "--json", "--since", day, "--until", f"{day[:-1]}9")
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout))


def test_a_replay_says_what_a_rescoring_then_does(lane: Lane, store: ModelStore) -> None:
    first, second = store.current(), second_model(store)
    sender = Sender(lane, "2019-04-01")
    with lane.worker(**FAST) as worker:
        sender.send(300)
        exact(lane, 300)
        with lane.client() as client:
            hourly = "SELECT intent, sum(mentions) FROM mentions_by_hour WHERE hour < '2019-04-09'"
            hourly += " AND hour >= '2019-04-01' GROUP BY intent ORDER BY intent"
            counted = client.query(hourly).result_rows
        period = ("--since", "2019-04-01", "--until", "2019-04-09")
        said = lane.run("models", "replay", second, *period, "--alert-threshold", "0.9")
        assert "300 mentions" in said.stdout.decode(), said
        told = json.loads(lane.run("models", "replay", second, *period, "--json").stdout)
        assert by_model(lane) == {first: 300}  # nothing was changed

        store.promote(second)
        assert rescore(lane, "2019-04-01")["changed"] == told["changed_at_all"] > 0
        again = rescore(lane, "2019-04-01")
        assert (again["rescored"], again["left"]) == (0, 0)
        assert by_model(lane) == {second: 300}
        with lane.client() as client:
            active = client.query(
                "SELECT countIf(intent = 'active'), countIf(intent_active >= 0.5) FROM mentions"
                " FINAL WHERE topic_id = {id:String}",
                {"id": lane.topic_id},
            ).first_row
            assert client.query(hourly).result_rows == counted
        entering = told["alerts"]["entering_mentions"]
        assert active == (300, told["alerts"]["before"] + entering)
        assert {one["mention_id"] for one in told["alerts"]["entering"]} <= {
            sender.event(n)["mention_id"] for n in range(300)
        }
        assert len(told["alerts"]["entering"]) == entering > 0

        # An edit wins over both, also when it comes after.
        edited = sender.event(0, edited_at="2019-04-02T10:00:00Z")
        lane.produce([raw({**edited, "text": "hoy no llueve"})])
        wait_for(lambda: lane.planned("edits") == 1, "the edit")
        balance = lane.balance_once_settled()
        assert worker.terminate() == 0
    assert balance.problems == []
    assert lane.count("mentions FINAL") == 300


def test_a_rescoring_that_is_killed_goes_on_where_it_was(lane: Lane, store: ModelStore) -> None:
    first, second = store.current(), second_model(store)
    sender = Sender(lane, "2019-05-01")
    with lane.worker(**FAST) as worker:
        sender.send(3_000)
        exact(lane, 3_000)
        store.promote(second)
        command = command_line(
            "models", "rescore", "--since", "2019-05-01", "--until", "2019-05-09"
        )
        process = subprocess.Popen(command, env=lane.environment(), cwd=lane.folder)
        wait_for(lambda: by_model(lane).get(second, 0) > 0, "the first page")
        process.send_signal(signal.SIGKILL)
        process.wait()
        sender.send(100)  # the stream goes on
        done = rescore(lane, "2019-05-01")  # waits until the turn of the killed one is over
        assert done["left"] == 0
        wait_for(lambda: lane.planned("records") == sender.sent, "the stream")
        assert worker.terminate() == 0
    assert by_model(lane) == {second: sender.sent}
    assert lane.balance_once_settled().problems == []
    assert first != second
