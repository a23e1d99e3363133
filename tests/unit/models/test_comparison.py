"""Two models on the same mentions, and the gate between a new one and the one in force."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models import evaluation_set
from models.comparison import Difference, compare, judge
from models.errors import CorpusError, ModelRefusedError, PromotionRefusedError
from models.evaluated import Figure
from models.evaluation import evaluate
from models.evaluation_set import EvaluationSet, fingerprint
from models.gate import FIRST, promote
from models.heads import Model
from models.labels import LabelledMention
from models.predictions import HEADS, Predictions, Texts
from models.store import MODEL_FILE, ModelStore
from models.training import TrainingReport

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
Trained = tuple[Model, TrainingReport]


class Spoilt:
    """Another model, whose intent is upside down for some of the texts."""

    version = "spoilt"

    def __init__(self, model: Model, every: int) -> None:
        self.model, self.every = model, every

    def predict(self, texts: Texts) -> Predictions:
        predictions = self.model.predict(texts)
        intent = predictions.probabilities["intent"].copy()
        intent[:: self.every] = intent[:: self.every, ::-1]
        return Predictions.most_probable({**predictions.probabilities, "intent": intent})


def bad_heads(model: Model) -> Model:
    """A model that has the signs of intent wrong."""
    heads = model.heads()
    heads["intent"].coef_ = -heads["intent"].coef_
    return Model.from_heads(model.text, heads, parent=model.parent)


def relabelled(items: Sequence[LabelledMention], every: int) -> list[LabelledMention]:
    """Some labels that neither model knows of."""
    return [
        msgspec.structs.replace(item, intent="active") if n % every == 0 else item
        for n, item in enumerate(items)
    ]


@pytest.fixture
def unlike(corpus: list[LabelledMention]) -> list[LabelledMention]:
    """Mentions that nobody has learnt: the same phrases, said a little otherwise."""
    return [
        msgspec.structs.replace(item, id=f"new-{item.id}", text=f"hey {item.text} ok")
        for item in corpus
    ]


def written(path: Path, items: Sequence[LabelledMention]) -> Path:
    path.write_text("\n".join(json.dumps(msgspec.to_builtins(item)) for item in items))
    return path


def test_a_model_is_as_good_as_itself(model: Model, corpus: list[LabelledMention]) -> None:
    found = compare(model, model, EvaluationSet.of(corpus), resamples=50, examples=5)

    assert found.examples == []
    for head in found.heads:
        assert head.disagree == 0
        for one in head.differences:
            assert one.a == one.b
            assert (one.difference.value, one.difference.low, one.difference.high) == (0, 0, 0)
    assert judge(found).passed


def test_differences_are_paired_and_texts_are_shown(
    model: Model, corpus: list[LabelledMention]
) -> None:
    found = compare(model, Spoilt(model, 3), EvaluationSet.of(corpus), resamples=200, examples=4)

    intent, stage = found.heads[:2]
    assert intent.disagree > 10
    for one in intent.differences[:1]:
        assert one.a is not None
        assert one.b is not None
        assert one.difference.value == pytest.approx(one.b - one.a)
        assert one.difference.high is not None
        assert one.difference.high < 0
    assert stage.disagree == 0
    assert [(example.head, example.a != example.b) for example in found.examples] == (
        [("intent", True)] * 4
    )
    assert found.examples[0].truth == found.examples[0].a
    verdict = judge(found)
    assert not verdict.passed
    assert all(reason.startswith("intent: ") for reason in verdict.reasons)
    assert judge(found, margin=1).passed


@pytest.mark.parametrize(
    ("value", "low", "high", "passes"),
    [
        (-0.019, -0.03, -0.01, True),  # within the margin, however sure
        (-0.03, -0.05, -0.01, False),  # beyond the margin and beyond chance
        (-0.03, -0.08, 0.02, True),  # may be chance
        (-0.11, -0.30, 0.08, False),  # may be chance, and is too much
        (0.05, 0.01, 0.09, True),
        (None, None, None, True),
    ],
)
@pytest.mark.parametrize("name", ["macro_f1", "average_precision", "recall"])
def test_what_stands_in_the_way(
    model: Model,
    corpus: list[LabelledMention],
    name: str,
    value: float | None,
    low: float | None,
    high: float | None,
    passes: bool,
) -> None:
    same = compare(model, model, EvaluationSet.of(corpus), resamples=10)
    one = Difference(name=name, a=0.8, b=0.8 + (value or 0), difference=Figure(value, low, high))
    head = msgspec.structs.replace(same.heads[1], differences=[one])

    verdict = judge(msgspec.structs.replace(same, heads=[same.heads[0], head, *same.heads[2:]]))

    assert verdict.passed is (passes or name == "recall")  # a threshold trades it for precision
    if not verdict.passed:
        assert verdict.sentence().startswith(f"stage: {name.replace('_', ' ')} 0.")


def test_few_mentions_judge_nobody(model: Model, corpus: list[LabelledMention]) -> None:
    found = compare(model, Spoilt(model, 1), EvaluationSet.of(corpus[:40]), resamples=20)

    verdict = judge(found)

    assert not verdict.passed
    assert set(verdict.not_judged) == set(HEADS)
    assert "too few labelled mentions" in verdict.sentence()


def test_the_gate_lets_the_first_and_an_equal_one_pass(
    tmp_path: Path, trained: Trained, unlike: list[LabelledMention]
) -> None:
    store = ModelStore(tmp_path / "models")
    one, two = (
        store.save(*trained, trained_on=[], created_at=NOW + timedelta(minutes=n)).version
        for n in range(2)
    )
    file = written(tmp_path / "new.jsonl", unlike)

    first = promote(store, one, on=[str(file)])
    second = promote(store, two, on=[str(file)], at=NOW)

    assert (first.before, first.gate) == (None, FIRST)
    assert (second.before, second.forced) == (one, False)
    assert second.gate == "no head is worse by more than 0.02"
    assert store.current() == two
    assert store.history()[0].gate == second.gate


def test_the_gate_refuses_a_worse_one_unless_forced(
    tmp_path: Path, trained: Trained, unlike: list[LabelledMention]
) -> None:
    store = ModelStore(tmp_path / "models")
    good = store.save(*trained, trained_on=[], created_at=NOW).version
    bad = store.save(
        bad_heads(trained[0]), trained[1], trained_on=[], created_at=NOW + timedelta(hours=1)
    ).version
    file = str(written(tmp_path / "new.jsonl", unlike))
    promote(store, good)

    with pytest.raises(PromotionRefusedError, match=r"intent: macro f1 0\.\d+, current") as caught:
        promote(store, bad, on=[file])
    assert "--force" in str(caught.value)
    assert store.current() == good
    outcome = promote(store, bad, on=[file], force=True)

    assert outcome.forced
    assert store.current() == bad
    assert store.history()[0].forced
    assert "worse by" in store.history()[0].gate
    assert store.rollback() == good


def test_the_gate_leaves_out_what_either_has_learnt(
    tmp_path: Path, trained: Trained, unlike: list[LabelledMention]
) -> None:
    store = ModelStore(tmp_path / "models")
    learnt = {fingerprint(item.text) for item in unlike}
    one, two, three = (
        store.save(
            *trained,
            trained_on=[],
            created_at=NOW + timedelta(minutes=n),
            learnt=part,
        ).version
        for n, part in enumerate([(), learnt, {fingerprint(unlike[0].text)}])
    )
    file = str(written(tmp_path / "new.jsonl", unlike))
    promote(store, one)

    with pytest.raises(PromotionRefusedError, match="all 60 mentions were learnt"):
        promote(store, two, on=[file])
    outcome = promote(store, three, on=[file])

    assert outcome.comparison is not None
    assert (outcome.comparison.mentions, outcome.comparison.learnt) == (59, 1)
    back = promote(store, one, on=[file])  # now the current one knows that mention
    assert back.comparison is not None
    assert back.comparison.learnt == 1


def test_nothing_natural_to_judge_by_is_said(
    tmp_path: Path, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_set, "natural_part", list)
    store = ModelStore(tmp_path / "models")
    one, two = (
        store.save(*trained, trained_on=[], created_at=NOW + timedelta(minutes=n)).version
        for n in range(2)
    )
    promote(store, one)

    with pytest.raises(PromotionRefusedError, match="no labelled mentions in natural"):
        promote(store, two)
    assert promote(store, two, force=True).forced


def test_a_file_that_cannot_be_read_and_a_damaged_model_are_told(
    tmp_path: Path, trained: Trained, unlike: list[LabelledMention]
) -> None:
    store = ModelStore(tmp_path / "models")
    one, two = (
        store.save(*trained, trained_on=[], created_at=NOW + timedelta(minutes=n)).version
        for n in range(2)
    )
    promote(store, one)
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{")
    with pytest.raises(CorpusError, match=r"bad\.jsonl:1"):
        promote(store, two, on=[str(bad)])

    file = str(written(tmp_path / "new.jsonl", unlike))
    (tmp_path / "models" / one / MODEL_FILE).write_bytes(b"")
    with pytest.raises(PromotionRefusedError, match="could not be judged"):
        promote(store, two, on=[file])
    assert promote(store, two, on=[file], force=True).forced  # the way out of a damaged store

    (tmp_path / "models" / one / MODEL_FILE).write_bytes(b"x")
    with pytest.raises(ModelRefusedError):  # no force loads what was tampered with
        promote(store, one, force=True)


def test_paired_intervals_are_narrower_than_the_two_apart(
    model: Model, corpus: list[LabelledMention]
) -> None:
    data = EvaluationSet.of(relabelled(corpus, 4))
    spoilt = Spoilt(model, 30)

    difference = compare(model, spoilt, data, resamples=400).heads[0].differences[0].difference

    apart = [
        evaluate(one, data, resamples=400).heads[0].figures["macro_f1"] for one in (model, spoilt)
    ]
    widths = [(one.high or 0) - (one.low or 0) for one in (difference, *apart)]
    assert 0 < widths[0] < 0.8 * np.hypot(*widths[1:])
