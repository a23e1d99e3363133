"""`escucha train` as it is typed: what it learns, keeps and puts in force."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.errors import ModelError
from models.evaluation_set import fingerprint
from models.heads import Model
from models.labels import LabelledMention
from models.store import ModelStore
from models.training import TrainingReport
from streams import clock
from streams.training import SHIPPED
from tests.unit.models.commanded import run, write

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def test_train_holds_the_natural_part_out_and_notes_what_it_learnt(
    store: ModelStore, own_corpus: list[LabelledMention], tmp_path: Path
) -> None:
    more = write(
        tmp_path / "ours.jsonl",
        [msgspec.structs.replace(own_corpus[0], id="ours", text="uno más")],
    )

    result = run(store, "train", "--seed", 3, "--on", more)

    assert result.exit_code == 0, result.exception
    assert "training on 61 labelled mentions, 60 held out to judge by; seed 3" in result.output
    assert "intent: 5 folds and the whole" in result.stderr
    assert "act.usage_tip: 5 folds and the whole" in result.stderr
    card = store.card()
    assert [(file.name, file.mentions) for file in card.data] == [
        ("mentions_es.jsonl", 60),
        ("ours.jsonl", 1),
    ]
    assert (card.held_out, card.training.seed) == (60, 3)
    assert card.trained_on[1:] == ["ours.jsonl"]
    assert fingerprint("uno más") in store.learnt()
    assert not {fingerprint(item.text) for item in own_corpus} & store.learnt()
    assert "ours.jsonl" in run(store, "models", "card").output
    assert run(store, "train", "--if-missing").output == ""
    assert store.versions() == [card.version]


def test_the_same_files_and_seed_give_the_same_model(
    store: ModelStore, own_corpus: list[LabelledMention], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(store, "train")
    later = clock.now() + timedelta(seconds=1)  # within one second it would be the same version
    monkeypatch.setattr(clock, "now", lambda: later)
    again = run(store, "train", "--no-promote", "--language", "es")
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert again.stdout.splitlines() == [
        "entrenando con 60 menciones etiquetadas, 60 apartadas para juzgar con ellas; semilla 7…",
        f"modelo {store.versions()[-1]} entrenado y guardado",
    ]
    assert "intención: 5 partes y el conjunto" in again.stderr
    assert "qué hace: usage_tip: 5 partes y el conjunto" in again.stderr

    one, two = (store.card(version) for version in store.versions())
    assert one.training == two.training
    before, after = (store.load(version).heads() for version in store.versions())
    for name, head in before.items():
        np.testing.assert_array_equal(head.coef_, after[name].coef_)
    assert store.current() == one.version


def test_a_model_that_is_no_better_stays_in_the_store(
    store: ModelStore, own_corpus: list[LabelledMention], versions: list[str]
) -> None:
    """The current one has the signs of intent wrong: first replaced, then not to be had back."""
    store.promote(versions[1])

    result = run(store, "train")

    assert result.exit_code == 0, result.exception
    assert store.current() == store.versions()[-1]
    assert store.history()[0].gate.startswith("no head is worse by more than")
    assert isinstance(run(store, "models", "promote", versions[1]).exception, ModelError)


def test_train_over_a_model_that_knows_the_corpus_says_how_to_judge_and_judges(
    store: ModelStore,
    own_corpus: list[LabelledMention],
    trained: tuple[Model, TrainingReport],
    tmp_path: Path,
) -> None:
    """As the model that comes along does: it has learnt what is held out."""
    learnt = [fingerprint(item.text) for item in own_corpus]
    knowing = store.save(*trained, trained_on=[], created_at=NOW, learnt=learnt).version
    store.promote(knowing, at=NOW)

    refused = run(store, "train")

    assert refused.exit_code == 1
    [stored] = [version for version in store.versions() if version != knowing]
    said = str(refused.exception)
    assert f"model {stored} is stored and not in force; {knowing} stays in force" in said
    assert "Could not be judged: all 60 mentions were learnt" in said
    assert f"escucha models promote {stored} --on FILE.jsonl" in said
    assert store.current() == knowing

    others = [
        msgspec.structs.replace(item, id=f"o-{item.id}", text=f"oh {item.text}")
        for item in own_corpus
    ]
    judged = write(tmp_path / "judge.jsonl", others)
    done = run(store, "train", "--seed", 8, "--judge-on", judged)
    assert done.exit_code == 0, done.exception
    assert store.current() not in (knowing, stored)
    assert store.history()[0].gate.startswith("no head is worse by more than")


def test_train_learns_from_a_teacher_by_a_recipe(
    store: ModelStore, versions: list[str], own_corpus: list[LabelledMention], tmp_path: Path
) -> None:
    posts, taught, recipe = (tmp_path / name for name in ("posts", "taught.jsonl", "recipe.json"))
    posts.write_text('{"text": "voy a comprar un barco", "lang": "es", "parent_text": "¿y?"}\n' * 3)
    taught.write_bytes(run(store, "classify", "--with-text", posts).stdout_bytes)
    recipe.write_text('{"min_mentions_per_feature": 1, "parent_scale": 0.5}')

    shares = ("--prevalence", 0.2, "--precision", 0.8)
    result = run(store, "train", "--teacher", taught, "--recipe", recipe, *shares, "--no-promote")

    assert result.exit_code == 0, result.exception
    assert "60 labelled mentions and 3 that a teacher judged" in result.output
    card = store.card(store.versions()[-1])
    assert (card.training.taught, card.training.recipe.min_mentions_per_feature) == (3, 1)
    assert (card.training.recipe.prevalence, card.training.recipe.precision) == (0.2, 0.8)
    assert "taught.jsonl, judged by a teacher" in card.trained_on
    assert fingerprint("voy a comprar un barco") in store.learnt(card.version)
    recipe.write_text('{"inverse_regularization": 1}')
    assert "no recipe has 'inverse_regularization'" in str(
        run(store, "train", "--recipe", recipe).exception
    )


def test_a_newer_model_that_comes_along_is_told_of_once_and_replaces_what_no_longer_fits(
    store: ModelStore, own_corpus: list[LabelledMention], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    run(store, "train")
    ours, newest = store.current(), ModelStore(SHIPPED).versions()[-1]

    said = run(store, "train", "--if-missing").output
    assert f"{ours} stays in force; a newer model comes along" in said
    assert f"escucha models promote {newest}" in said
    assert (store.current(), set(store.versions())) == (ours, {ours, newest})
    assert run(store, "train", "--if-missing").output == ""

    path = Path(store.place) / ours / "card.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card | {"classes": {"intent": ["no", "yes"]}}))
    assert f"{ours} was made for other classes" in run(store, "train", "--if-missing").output
    assert store.current() == newest


def test_the_model_that_comes_along_is_put_back_where_somebody_deleted_it(
    store: ModelStore,
) -> None:
    run(store, "train", "--if-missing")
    newest = store.current()
    shutil.rmtree(Path(store.place) / newest)

    assert "was put back" in run(store, "train", "--if-missing").output
    assert store.load().version == newest
    assert len(store.history()) == 1


def test_if_missing_trains_when_there_is_something_to_learn_from(
    store: ModelStore, own_corpus: list[LabelledMention]
) -> None:
    assert "promoted: the first model" in run(store, "train", "--if-missing", "--seed", 8).stdout


def test_over_the_model_that_comes_along_promote_needs_labels_that_it_has_not_learnt(
    store: ModelStore,
    trained: tuple[Model, TrainingReport],
    corpus: list[LabelledMention],
    tmp_path: Path,
) -> None:
    run(store, "train", "--if-missing")
    shipped = store.current()
    ours = store.save(*trained, trained_on=["made up"], created_at=NOW).version

    refused = run(store, "models", "promote", ours)

    assert (refused.exit_code, store.current()) == (1, shipped)
    said = str(refused.exception)
    assert f"{ours} is not promoted over {shipped}: could not be judged" in said
    assert "mentions were learnt by one of the two" in said
    assert "--on FILE.jsonl" in said

    labels = write(tmp_path / "judge.jsonl", corpus)
    promoted = json.loads(run(store, "models", "promote", ours, "--on", labels, "--json").stdout)
    assert (promoted["before"], store.current()) == (shipped, ours)
    assert (promoted["comparison"]["mentions"], promoted["verdict"]["passed"]) == (60, True)
    back = run(store, "models", "promote", shipped, "--on", labels)
    assert "could not be judged" not in str(back.exception)
    assert "intent: macro f1" in str(back.exception)
