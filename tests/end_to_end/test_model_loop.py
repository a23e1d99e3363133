"""A data scientist's loop on the local stack: label, train, gate, shadow, promote, roll back."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from models.analyser import HashedText
from models.evaluation_set import fingerprint
from models.heads import Model
from models.labels import LabelledMention, load_corpus
from models.runs import gather
from models.store import ModelStore
from models.training import Recipe, train
from schemas.labels import GUIDE_VERSION
from streams.accounts import link
from tests.integration.streams.helpers import escucha, wait_for
from tests.integration.streams.stack import LocalStack

LABELS = 50
CORPUS = [item for item in load_corpus() if item.draw == "balanced" and item.lang in {"es", "en"}]
TRUTH = {item.text: item for item in CORPUS}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    """A stack whose model has learnt little, and nothing of what the gate judges by."""
    items = gather(every=6).items
    text, recipe = HashedText(2**16, sublinear_tf=True), Recipe(folds=3)
    model, report = train(items, seed=7, text=text, recipe=recipe)
    store = ModelStore(tmp_path / "first")
    learnt = [fingerprint(item.text) for item in items]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    card = store.save(model, report, trained_on=["a sixth"], created_at=at, learnt=learnt)
    store.promote(card.version)
    with LocalStack(tmp_path, tmp_path / "first", "up") as stack:
        wait_for(stack.is_ready, "the stack to be ready")
        yield stack


class Scientist:
    """Types commands, and labels in the console; looks into the tables like anybody."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.folder = stack.folder
        self._unsaid = iter(CORPUS[::7])

    def run(self, *arguments: object) -> Any:
        ran = escucha(*arguments, environment=self.stack.environment, cwd=self.folder)
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout.decode()

    def refused(self, *arguments: object) -> str:
        ran = escucha(*arguments, environment=self.stack.environment, cwd=self.folder)
        assert ran.returncode == 1, ran.stdout.decode()
        return ran.stderr.decode()

    def hear(self, name: str, count: int) -> None:
        """People say something new, and it comes in by a file."""
        file = self.folder / f"{name}.jsonl"
        with file.open("w", encoding="utf-8") as out:
            for number in range(count):
                post = {
                    "id": f"{name}-{number}",
                    "author": f"{name}_{number}",
                    "created_at": datetime.now(UTC).isoformat(),
                    "text": next(self._unsaid).text,
                }
                out.write(json.dumps(post, ensure_ascii=False) + "\n")
        self.run("ingest", file)
        wait_for(lambda: sum(self.judged(name).values()) == count, f"the mentions of {name}")

    def judged(self, name: str, table: str = "mentions FINAL") -> dict[str, int]:
        """How many of these mentions each model judged."""
        rows = self.stack.client().query(
            f"SELECT model_version, count() FROM {table}"
            " WHERE position(mention_id, {name:String}) > 0 GROUP BY model_version",
            {"name": f":{name}-"},
        )
        return {str(version): int(count) for version, count in rows.result_rows}

    def judging(self) -> tuple[str, str]:
        """The models of the worker: the one in force, and the one in shadow."""
        [[version, shadow]] = (
            self.stack.client()
            .query("SELECT model_version, shadow_version FROM worker_models FINAL")
            .result_rows
        )
        return str(version), str(shadow)

    def label(self, count: int) -> None:
        """Judge what the page offers, by the same questions and answers as the page."""
        url = f"http://127.0.0.1:{self.stack.ports['console_port']}"
        labelled: list[str] = []
        with httpx.Client(base_url=url, headers={"origin": url}, timeout=30) as page:
            token = {"token": link.read(self.stack.run_dir)}
            assert page.post("/api/session/link", json=token).status_code == 200
            page.headers["x-escucha-csrf"] = page.get("/api/session").json()["csrf"]
            while len(labelled) < count:
                ask = {"labeller": "local", "seen": labelled}
                offered = page.post("/api/labelling/offer", json=ask).json()["mentions"]
                assert offered, "nothing more is offered"
                labels = [label_of(one) for one in offered][: count - len(labelled)]
                answer = page.post("/api/labels", json={"labels": labels})
                assert answer.json() == {"saved": len(labels)}, answer.text
                labelled += [label["mention_id"] for label in labels]
        wait_for(lambda: self.stored_labels() == count, "the labels to be stored")

    def stored_labels(self) -> int:
        found = self.stack.client().query("SELECT count() FROM labels_current").result_rows
        return int(found[0][0])


def label_of(offered: dict[str, Any]) -> dict[str, Any]:
    """What a careful person answers: the labels that the corpus has of this text."""
    truth: LabelledMention = TRUTH[offered["text"]]
    return {
        "mention_id": offered["mention_id"],
        "labeller": "local",
        "labelled_at": datetime.now(UTC).isoformat(),
        "guide_version": GUIDE_VERSION,
        "intent": truth.intent or None,
        "stage": truth.stage or None,
        "needs_reply": truth.needs_reply == "yes" if truth.needs_reply else None,
        "sentiment": truth.sentiment or None,
        "acts": truth.acts,
        "how": offered["how"],
    }


def worse_than(store: ModelStore, version: str) -> str:
    """A model that sees active intent almost everywhere."""
    card, model = store.card(version), store.load(version)
    heads = model.heads()
    heads["intent"].intercept_ = heads["intent"].intercept_ + np.array([0, 0, 9], np.float32)
    changed = Model.from_heads(model.text, heads, parent=model.parent, languages=model.languages)
    return store.save(
        changed, card.training, trained_on=["a test"], created_at=datetime(2026, 1, 2, tzinfo=UTC)
    ).version


def versions(store: ModelStore, known: Sequence[str]) -> list[str]:
    return [one for one in store.versions() if one not in known]


def test_label_train_gate_shadow_promote_roll_back(stack: LocalStack) -> None:
    pia = Scientist(stack)
    store = ModelStore(stack.run_dir / "models")
    first, known = store.current(), store.versions()

    pia.hear("before", 150)
    assert pia.judged("before") == {first: 150}
    pia.label(LABELS)

    exported = pia.run("labels", "export", stack.folder / "labels.jsonl")
    assert exported.startswith(f"{LABELS} labelled mentions")
    arguments = ("--on", stack.folder / "labels.jsonl", "--every", "3", "--no-promote")
    pia.run("train", *arguments)
    [second] = versions(store, known)
    assert [file.mentions for file in store.card(second).data][-1] == LABELS
    assert store.current() == first  # nothing is in force that nobody promoted

    worse = worse_than(store, second)
    assert "intent" in pia.refused("models", "promote", worse)
    assert store.current() == first

    pia.run("models", "shadow", second)
    wait_for(lambda: pia.judging() == (first, second), "the model to go into shadow")
    pia.hear("shadow", 40)
    assert pia.judged("shadow") == {first: 40}
    wait_for(
        lambda: pia.judged("shadow", "shadow_judgements FINAL") == {second: 40},
        "the judgements in shadow",
    )

    promoted = json.loads(pia.run("models", "promote", second, "--json"))
    assert (promoted["version"], promoted["before"]) == (second, first)
    wait_for(lambda: pia.judging() == (second, ""), "the worker to take up the new model")
    pia.hear("after", 40)
    assert pia.judged("after") == {second: 40}

    pia.run("models", "rollback")
    # And what was promoted is not in shadow again.
    wait_for(lambda: pia.judging() == (first, ""), "the worker to go back")
    pia.hear("again", 40)
    assert pia.judged("again") == {first: 40}
    assert pia.judged("after") == {second: 40}  # every row keeps who judged it

    assert pia.run("reconcile").endswith("exact: every record is accounted for\n")
