"""The commands of data scientists, as they are typed."""

import json
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from models import evaluation_set, runs
from models.errors import ModelError
from models.evaluated import Evaluation
from models.evaluation_set import fingerprint
from models.heads import Model
from models.labels import LabelledMention
from models.store import ModelStore
from models.training import TrainingReport
from streams import clock
from streams.cli import cli
from streams.errors import EscuchaError
from streams.training import SHIPPED

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture
def versions(
    store: ModelStore, trained: tuple[Model, TrainingReport], corpus: list[LabelledMention]
) -> list[str]:
    """Two stored models, the first one current; one mention is known to the second."""
    heads = trained[0].heads()
    heads["intent"].coef_ = -heads["intent"].coef_
    worse = Model.from_heads(trained[0].text, heads, parent=trained[0].parent)
    one = store.save(*trained, trained_on=["made up"], created_at=NOW)
    two = store.save(
        worse,
        trained[1],
        trained_on=[],
        created_at=NOW + timedelta(minutes=1),
        learnt=[fingerprint(corpus[0].text)],
    )
    store.promote(one.version, at=NOW)
    return [one.version, two.version]


@pytest.fixture
def labelled(tmp_path: Path, corpus: list[LabelledMention]) -> Path:
    return write(tmp_path / "labelled.jsonl", corpus)


def write(path: Path, items: Sequence[LabelledMention], draw: str = "") -> Path:
    lines = [
        json.dumps({**msgspec.to_builtins(item), "draw": draw, "source": "forum"}) for item in items
    ]
    path.write_text("\n".join(lines))
    return path


def run(store: ModelStore, *arguments: object) -> Result:
    """What a command answers; our errors are for `main`, which makes a line of them."""
    result = CliRunner().invoke(
        cli,
        [str(argument) for argument in arguments],
        env={"ESCUCHA_MODEL_STORE": store.place, "ESCUCHA_RUN_DIR": store.place},
    )
    if result.exception and not isinstance(
        result.exception, (SystemExit, EscuchaError, ModelError)
    ):
        raise result.exception
    return result


@pytest.mark.parametrize(
    "name",
    ["train", "evaluate", "classify", "models"]
    + [f"models {name}" for name in ("list", "card", "compare", "promote", "rollback")],
)
def test_help_has_an_example(store: ModelStore, name: str) -> None:
    result = run(store, *name.split(), "--help")

    assert result.exit_code == 0
    assert f"  escucha {name.split()[0]}" in result.output.replace("| escucha", "  escucha")


def test_list_and_card(store: ModelStore, versions: list[str]) -> None:
    listed = run(store, "models", "list").output.splitlines()
    as_json = json.loads(run(store, "models", "list", "--json").output)

    assert listed[0].startswith(f"  {versions[1]}")
    assert listed[1].startswith(f"* {versions[0]}")
    assert [(one["version"], one["current"]) for one in as_json["models"]] == [
        (versions[1], False),
        (versions[0], True),
    ]
    assert as_json["history"][0]["version"] == versions[0]
    card = run(store, "models", "card").output
    assert f"model {versions[0]}" in card
    assert "on made up" in card
    assert "intent" in card
    assert (
        json.loads(run(store, "models", "card", versions[1], "--json").output)["version"]
        == (versions[1])
    )
    missing = run(store, "models", "card", "20200101T000000Z-00000000")
    assert "escucha models list shows what is there" in str(missing.exception)


def test_a_damaged_card_hides_no_other_model(store: ModelStore, versions: list[str]) -> None:
    (Path(store.place) / versions[1] / "card.json").write_text("{")

    result = run(store, "models", "list")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"* {versions[0]}")
    assert f"! {versions[1]}: card.json" in result.stderr
    listed = json.loads(run(store, "models", "list", "--json").stdout)
    assert [one["version"] for one in listed["models"]] == versions[:1]


def test_an_empty_store_says_what_to_do(store: ModelStore) -> None:
    result = run(store, "models", "list")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "run escucha train" in result.stderr
    assert "no model was promoted" in str(run(store, "models", "rollback").exception)


def test_evaluate_as_text_json_and_page(
    store: ModelStore, versions: list[str], labelled: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    options = ("--on", labelled, "--resamples", 20)

    text = run(store, "evaluate", *options, "--prevalence", 0.05, "--language", "es").output
    both = run(store, "evaluate", *options, "--json", "--html", page, "--examples", 0)

    assert f"Evaluación del modelo {versions[0]}" in text
    assert f"{versions[0]} did not note what it learnt from" in both.stderr
    assert "Ponderado" in text
    found = msgspec.json.decode(both.stdout, type=Evaluation)
    assert (found.mentions, found.files, found.examples) == (60, ["labelled.jsonl"], [])
    assert {"source", "language"} == {group.kind for group in found.heads[0].groups}
    assert page.read_text("utf-8").startswith("<!doctype html>")
    rules = run(store, "evaluate", *options, "--model", "keyword-rules", "--json").stdout
    assert json.loads(rules)["model"] == "keyword-rules"


def test_evaluate_leaves_out_what_was_learnt(
    store: ModelStore,
    versions: list[str],
    labelled: Path,
    tmp_path: Path,
    corpus: list[LabelledMention],
) -> None:
    options = ("evaluate", "--model", versions[1], "--resamples", 10, "--json", "--on")

    found = json.loads(run(store, *options, labelled).stdout)
    everything = json.loads(run(store, *options, labelled, "--include-learnt").stdout)
    only_learnt = run(store, *options, write(tmp_path / "one.jsonl", corpus[:1]))

    assert (found["mentions"], found["learnt"]) == (59, 1)
    assert (everything["mentions"], everything["learnt"]) == (60, 0)
    assert "--include-learnt" in str(only_learnt.exception)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("evaluate",), "say what to measure on: --on FILE.jsonl"),
        (("evaluate", "--on", "nosuch.jsonl"), "nosuch.jsonl: No such file"),
        (("evaluate", "--on", "LABELLED", "--model", "x"), "not a version: 'x'"),
        (("evaluate", "--on", "LABELLED", "--html", "/nosuch/x.html"), "give another --html"),
        (("train", "--on", "nosuch.jsonl"), "nosuch.jsonl: No such file"),
        (("train", "--teacher", "nosuch.jsonl"), "nosuch.jsonl: No such file"),
        (("train", "--teacher", "LABELLED"), "`str`"),
        (("train", "--recipe", "LABELLED"), "a recipe is as in"),
        (("train", "--if-missing", "--prevalence", "0.1"), "--if-missing takes no"),
        (("train", "--if-missing", "--precision", "0.9"), "--if-missing takes no"),
        (
            ("train", "--profile", "accurate", "--beside", "x", "--prevalence", "0.1"),
            "are of the fast model",
        ),
        (("evaluate", "--on", "CSV"), "a line is as escucha evaluate --help shows"),
        (("models", "compare", "current", "x", "--on", "LABELLED"), "not a version: 'x'"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(
    store: ModelStore,
    versions: list[str],
    labelled: Path,
    arguments: tuple[str, ...],
    says: str,
) -> None:
    table = labelled.with_suffix(".csv")
    table.write_text("text,intent\nhola,none\n")
    files = {"LABELLED": str(labelled), "CSV": str(table)}

    result = run(store, *(files.get(one, one) for one in arguments))

    assert result.exit_code == 1
    assert says in str(result.exception)


def test_compare_shows_which_is_better_and_where(
    store: ModelStore, versions: list[str], labelled: Path
) -> None:
    options = ("--on", labelled, "--resamples", 50, "--examples", 2)

    text = run(store, "models", "compare", *versions, *options).output
    found = json.loads(
        run(store, "models", "compare", "current", versions[1], *options, "--json").stdout
    )

    assert "worse" in text
    assert (found["a"], found["b"], found["learnt"]) == (*versions, 1)
    assert found["heads"][0]["differences"][0]["difference"]["high"] < 0
    assert {example["head"] for example in found["examples"]} == {"intent"}
    assert found["examples"][0]["text"] in text


def test_promote_goes_through_the_gate_and_back(
    store: ModelStore, versions: list[str], labelled: Path
) -> None:
    refused = run(store, "models", "promote", versions[1], "--on", labelled)
    assert refused.exit_code == 1
    assert "intent: macro f1" in str(refused.exception)
    assert store.current() == versions[0]

    forced = run(store, "models", "promote", versions[1], "--on", labelled, "--force")
    assert f"{versions[1]} is current by force: intent: macro f1" in forced.output
    assert f"back to {versions[0]}: escucha models rollback" in forced.output
    assert "promoted, forced" in run(store, "models", "list").output

    back = run(store, "models", "rollback")
    assert back.output == f"{versions[0]} is current again, in place of {versions[1]}\n"
    assert store.current() == versions[0]
    equal = run(store, "models", "promote", versions[0], "--on", labelled, "--json")
    assert json.loads(equal.stdout)["verdict"]["passed"]


@pytest.fixture
def own_corpus(
    tmp_path: Path, corpus: list[LabelledMention], monkeypatch: pytest.MonkeyPatch
) -> list[LabelledMention]:
    """A project whose corpus is small: what is balanced, and as much that is natural."""
    natural = [
        msgspec.structs.replace(item, id=f"n-{item.id}", text=f"well {item.text}")
        for item in corpus
    ]
    files = (
        write(tmp_path / "mentions_es.jsonl", corpus, "balanced"),
        write(tmp_path / "natural_es.jsonl", natural, "natural"),
    )
    monkeypatch.setattr(runs, "CORPUS_FILES", files)
    monkeypatch.setattr(evaluation_set, "natural_part", lambda: natural)
    return natural


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
    again = run(store, "train", "--no-promote")
    assert (first.exit_code, again.exit_code) == (0, 0)

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


def test_classify_takes_the_model_that_comes_along_where_none_is(
    store: ModelStore, tmp_path: Path
) -> None:
    lines = tmp_path / "lines.jsonl"
    lines.write_bytes(b"x" * 9_000_000 + b'\n{"text": "where can I buy it?"}\n')

    result = run(store, "classify", lines)

    too_long, judged = map(json.loads, result.stdout.splitlines())
    assert too_long == {"error": "the line is over 4194304 bytes long", "line": 1}
    assert judged["model_version"] == store.current()
    assert "comes along" in result.stderr


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
