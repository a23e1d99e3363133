"""Training is deterministic, measured honestly, and refuses what is no better than guessing."""

from concurrent.futures import ThreadPoolExecutor
from itertools import compress
from random import Random

import msgspec
import numpy as np
import pytest
from scipy.special import softmax

from models.analyser import HashedText
from models.calibration import fit_temperature
from models.errors import CorpusError, ModelRejectedError
from models.heads import Model, features
from models.labels import LabelledMention, label_set_hash
from models.predictions import HEADS, Texts
from models.training import TrainingReport, train
from schemas.labels import ACTS, INTENTS, NEEDS_REPLY, SENTIMENTS, STAGES


def test_it_learns_what_is_there_to_learn(
    trained: tuple[Model, TrainingReport], corpus: list[LabelledMention]
) -> None:
    model, report = trained

    for metrics in report.metrics.values():
        assert metrics.log_loss < metrics.baseline_log_loss
        assert metrics.average_precision > metrics.prevalence
        assert metrics.mentions == len(corpus)
    assert report.metrics["intent"].macro_f1 > 0.8
    assert report.counts["intent"] == {"none": 30, "latent": 12, "active": 18}
    assert report.counts["lang"] == {"es": 30, "en": 30}
    assert report.label_set_hash == label_set_hash(corpus)
    predictions = model.predict(
        Texts.plain(["voy a comprar un coche mañana", "my X200 stopped working again"])
    )
    assert [INTENTS[index] for index in predictions.labels["intent"]] == ["active", "none"]
    assert [STAGES[index] for index in predictions.labels["stage"]] == ["decision", "use"]
    assert [NEEDS_REPLY[index] for index in predictions.labels["needs_reply"]] == ["no", "yes"]
    assert SENTIMENTS[predictions.labels["sentiment"][1]] == "negative"
    assert list(compress(ACTS, predictions.acts[1])) == ["incident", "complaint"]


def test_the_report_has_rates_by_variety_of_mentions_not_seen(
    trained: tuple[Model, TrainingReport], corpus: list[LabelledMention]
) -> None:
    rows = {(row.head, row.group): row for row in trained[1].bias}

    assert set(rows) == {
        (head, group)
        for head in ("intent", "needs_reply")
        for group in ("", "es-unknown", "en-unknown")
    }
    everyone = rows["intent", ""]
    assert (everyone.labelled.hits, everyone.labelled.of) == (30, len(corpus))
    assert everyone.missed.share < 0.3
    assert rows["needs_reply", "en-unknown"].labelled.hits == 12


def test_the_report_has_rates_by_source_of_mentions_not_seen(
    corpus: list[LabelledMention], small_text: HashedText
) -> None:
    found_at = {"none": "forum", "latent": "", "active": "shop"}
    items = [
        msgspec.structs.replace(
            one, source=found_at[one.intent], draw="" if one.intent == "active" else "balanced"
        )
        for one in corpus
    ]

    report = train(items, seed=7, text=small_text)[1]

    rows = {(row.head, row.group): row for row in report.bias_by_source}
    assert set(rows) == {
        (head, group)
        for head in ("intent", "needs_reply")
        for group in ("", "forum", "shop", "corpus")
    }
    hits = {group: row.labelled.hits for (head, group), row in rows.items() if head == "intent"}
    assert hits == {"": 30, "forum": 0, "shop": 18, "corpus": 12}
    assert "labelled" in rows["intent", "forum"].apart


def test_the_same_inputs_give_the_same_model_whatever_their_order(
    trained: tuple[Model, TrainingReport], corpus: list[LabelledMention], small_text: HashedText
) -> None:
    shuffled = Random(1).sample(corpus, len(corpus))

    again, report = train(shuffled, seed=7, text=small_text)

    assert report == trained[1]
    texts = Texts.plain([item.text for item in corpus])
    for name in HEADS:
        np.testing.assert_array_equal(
            again.predict(texts).probabilities[name], trained[0].predict(texts).probabilities[name]
        )


def test_predictions_are_those_of_the_scikit_learn_heads(
    model: Model, corpus: list[LabelledMention]
) -> None:
    texts = [*(item.text for item in corpus), "", "\ud800", "palabras nunca vistas"]
    answered = ["", "¿cuál prefieres?", *("" for _ in texts[2:])]
    given = Texts(texts, [""] * len(texts), answered)
    rows = features(given, model.text, model.parent)

    predictions = model.predict(given)

    heads = model.heads()
    for name, head in HEADS.items():
        probabilities = predictions.probabilities[name]
        assert probabilities.dtype == np.float32
        assert probabilities.shape == (len(texts), len(head.classes))
        if head.many:
            estimators = [heads[f"{name}.{label}"] for label in head.classes]
            expected = np.column_stack([one.predict_proba(rows)[:, 1] for one in estimators])
            np.testing.assert_array_equal(predictions.acts, probabilities > 0.5)
        else:
            expected = heads[name].predict_proba(rows)
            np.testing.assert_array_equal(predictions.labels[name], probabilities.argmax(axis=1))
        np.testing.assert_allclose(probabilities, expected, atol=1e-6)


def test_no_texts_no_predictions(model: Model) -> None:
    predictions = model.predict(Texts.plain([]))

    assert predictions.probabilities["intent"].shape == (0, 3)
    assert predictions.labels["stage"].shape == (0,)
    assert predictions.acts.shape == (0, 8)


def test_threads_may_share_a_model(model: Model, corpus: list[LabelledMention]) -> None:
    batches = [Texts.plain([f"{item.text} {turn}" for item in corpus] * 10) for turn in range(40)]
    alone = [model.predict(batch).probabilities["stage"] for batch in batches]

    with ThreadPoolExecutor(8) as pool:
        shared = list(pool.map(model.predict, batches))

    for expected, predictions in zip(alone, shared, strict=True):
        np.testing.assert_array_equal(predictions.probabilities["stage"], expected)


def test_a_model_no_better_than_the_class_shares_is_rejected(
    corpus: list[LabelledMention], small_text: HashedText
) -> None:
    nonsense = [
        msgspec.structs.replace(item, text="".join(Random(item.id).choices("abcdef ", k=200)))
        for item in corpus
    ]

    with pytest.raises(ModelRejectedError, match=r"log loss .* baseline"):
        train(nonsense, seed=0, text=small_text)


def test_a_class_with_too_few_mentions_is_named(corpus: list[LabelledMention]) -> None:
    without = [item for item in corpus if item.stage != "advocacy"]

    with pytest.raises(CorpusError, match="stage 'advocacy': 0 mentions"):
        train(without, seed=0)


def test_an_unsettled_label_teaches_only_the_other_head(
    corpus: list[LabelledMention], small_text: HashedText
) -> None:
    items = [msgspec.structs.replace(corpus[0], stage=""), *corpus[1:]]

    _, report = train(items, seed=0, text=small_text)

    assert report.metrics["intent"].mentions == len(corpus)
    assert report.metrics["stage"].mentions == len(corpus) - 1


def test_the_temperature_undoes_overconfidence() -> None:
    random = np.random.default_rng(0)
    honest = random.normal(size=(20_000, 3)) * 2
    labels = np.array([random.choice(3, p=row) for row in softmax(honest, axis=1)])

    assert fit_temperature(honest, labels) == pytest.approx(1, abs=0.05)
    assert fit_temperature(honest * 4, labels) == pytest.approx(4, rel=0.05)


def test_a_model_of_other_shapes_or_not_finite_is_refused(model: Model) -> None:
    with pytest.raises(ValueError, match="expected coefficients"):
        Model(HashedText(2**4), np.zeros((2**4, 9), np.float32), np.zeros(9, np.float32))
    with pytest.raises(ValueError, match="finite"):
        Model(HashedText(2), np.full((2, 22), np.nan, np.float32), np.zeros(22, np.float32))
    heads = model.heads()
    with pytest.raises(ValueError, match="expected"):
        Model.from_heads(model.text, {"stage": heads["stage"]})
    with pytest.raises(ValueError, match="classes"):
        Model.from_heads(model.text, {**heads, "intent": heads["stage"]})
