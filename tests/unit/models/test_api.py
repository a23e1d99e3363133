"""Frames in, frames out; and the notebook runs as it stands."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from models import api
from models.errors import CorpusError, ModelNotFoundError, PromotionRefusedError
from models.heads import Model
from models.labels import LabelledMention, load_corpus
from models.predictions import HEADS, Texts
from models.store import ModelStore
from models.training import TrainingReport
from schemas.labels import ACTS, SENTIMENTS

NOTEBOOKS = Path(api.__file__).parent / "notebooks"


@pytest.fixture
def frame(corpus: list[LabelledMention]) -> pd.DataFrame:
    return pd.DataFrame([msgspec.structs.asdict(item) for item in corpus])


def test_predictions_keep_the_index_and_are_the_models(model: Model, frame: pd.DataFrame) -> None:
    part = frame.iloc[[5, 50, 20]].assign(lang=[None, "es", np.nan])

    found = api.predict(model, part)

    assert list(found.index) == [5, 50, 20]
    expected = model.predict(Texts(list(part.text), ["", "es", ""], [""] * 3))
    np.testing.assert_array_equal(found["intent_active"], expected.probabilities["intent"][:, 2])
    assert [HEADS["stage"].classes.index(label) for label in found["stage"]] == list(
        expected.labels["stage"]
    )
    assert [len(acts) for acts in found["act"]] == list(expected.acts.sum(axis=1))
    assert found.shape == (3, 5 + sum(len(head.classes) for head in HEADS.values()))
    renamed = part.rename(columns={"text": "comment"})
    pd.testing.assert_frame_equal(api.predict(model, renamed, text="comment"), found)
    assert api.predict(model, part.head(0)).empty


def test_a_frame_gives_back_the_mentions_it_was_made_of(
    frame: pd.DataFrame, corpus: list[LabelledMention]
) -> None:
    assert api.mentions(frame) == corpus
    bare = api.mentions(pd.DataFrame({"text": ["hola"], "lang": ["es"], "stage": [np.nan]}))
    assert (bare[0].id, bare[0].intent, bare[0].stage, bare[0].acts) == ("row-0", "", "", None)


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("intent", "maybe", "row 1: Invalid enum value 'maybe'"),
        ("lang", None, "row 1: .*lang"),
        ("acts", "question", "row 1: acts must be a list"),
        ("id", "m-0", "ids occur more than once"),
    ],
)
def test_a_wrong_row_is_named(frame: pd.DataFrame, column: str, value: Any, says: str) -> None:
    frame[column] = [value if n == 1 else one for n, one in enumerate(frame[column])]

    with pytest.raises(CorpusError, match=says):
        api.mentions(frame)


def test_figures_and_differences_are_frames(model: Model, frame: pd.DataFrame) -> None:
    frame["source"] = ["forum", "shop"] * 30

    found = api.evaluate(model, frame, resamples=20)
    same = api.compare(model, model, frame, resamples=20)

    assert set(found["kind"]) == {"all", "language", "source", "class"}
    assert set(found["head"]) == set(HEADS)
    all_of_it = found.query("head == 'stage' and kind == 'all' and figure == 'macro_f1'").iloc[0]
    assert all_of_it["low"] <= all_of_it["value"] <= all_of_it["high"]
    assert (same["difference"] == 0).all()
    rare = api.evaluate(model, frame, resamples=20, prevalence=0.05, alert_threshold=0.01)
    assert not rare.equals(found)


def test_a_model_is_trained_and_loaded(
    frame: pd.DataFrame, trained: tuple[Model, TrainingReport], tmp_path: Path
) -> None:
    told: list[str] = []

    _, report = api.train(frame, seed=7, progress=lambda name, done, of: told.append(name))

    assert report.label_set_hash == trained[1].label_set_hash
    assert told.count("intent") == 6
    store = ModelStore(tmp_path)
    card = store.save(*trained, trained_on=[], created_at=pd.Timestamp.now("UTC").to_pydatetime())
    store.promote(card.version)
    assert api.load(store=tmp_path).version == card.version


def test_a_notebook_keeps_promotes_and_goes_back(
    tmp_path: Path, trained: tuple[Model, TrainingReport], frame: pd.DataFrame
) -> None:
    heads = trained[0].heads()
    heads["intent"].coef_ = -heads["intent"].coef_
    worse = Model.from_heads(trained[0].text, heads, parent=trained[0].parent)
    report = msgspec.structs.replace(trained[1], seed=8)
    store, learnt = tmp_path / "models", frame.iloc[:4]
    assert api.versions(store=store).empty

    one = api.save(*trained, learnt, trained_on=["made up"], store=store)
    two = api.save(worse, report, learnt, store=store)

    assert api.promote(one, store=store).before is None
    with pytest.raises(PromotionRefusedError, match="intent: macro f1"):
        api.promote(two, frame, store=store)
    with pytest.raises(PromotionRefusedError, match="all 4 mentions were learnt"):
        api.promote(two, learnt, store=store)
    assert api.promote(two, frame, force=True, store=store).forced
    listed = api.versions(store=store).set_index("version")
    assert listed["current"].to_dict() == {one: False, two: True}
    assert api.card(store=store).version == two
    assert api.card(one, store=store).data[0].mentions == 4
    assert api.rollback(store=store) == one
    with pytest.raises(ModelNotFoundError, match="ESCUCHA_MODEL_PROFILE"):
        api.promote(f"{two}+accurate", frame, store=store)


def test_pandas_is_not_needed_to_import_it() -> None:
    program = "import sys; import models.api; sys.exit('pandas' in sys.modules)"
    blocked = (
        "import sys\n"
        "class No:\n"
        "    @staticmethod\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name == 'pandas': raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, No)\n"
    )
    subprocess.run([sys.executable, "-c", blocked + program], check=True)


def code_of(path: Path) -> list[str]:
    notebook = json.loads(path.read_text("utf-8"))
    assert notebook["nbformat"] == 4
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "clear the outputs before it is kept"
    return ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]


def run(cells: list[str]) -> dict[str, Any]:
    """Run code cells as a notebook does: what a cell ends with is its `Out`."""
    names: dict[str, Any] = {"Out": []}
    for number, cell in enumerate(cells):
        tree = ast.parse(cell, f"cell {number}")
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"cell {number}", "exec"), names)  # noqa: S102
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)  # noqa: S307
        names["Out"].append(value)
    return names


def test_the_notebook_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    items = load_corpus()
    if not {item.sentiment for item in items} >= set(SENTIMENTS):
        pytest.skip("the corpus has no labels of sentiment and acts yet")
    # A fifth, and the rarer acts whole: the whole corpus takes a minute.
    rare = {act: sum(act in (item.acts or ()) for item in items) for act in ACTS}
    kept = [
        item
        for n, item in enumerate(items)
        if n % 5 == 1 or any(rare[act] < 150 for act in item.acts or ())
    ]
    monkeypatch.setattr(api, "load_corpus", lambda: kept)

    names = run(code_of(NOTEBOOKS / "train_and_compare.ipynb"))

    learnt, held_out = names["Out"][1]
    assert learnt > 2 * held_out > 100
    intent = names["Out"][4]
    assert intent.loc["recall", "value"] == pytest.approx(intent.loc["recall", "value at 5 %"])
    assert intent.loc["precision", "value"] > intent.loc["precision", "value at 5 %"]
    rules = names["against_rules"].query("figure == 'macro_f1'").set_index("head")["difference"]
    assert rules["intent"] > 0
    assert names["Out"][-1] is True
