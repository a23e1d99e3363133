"""Evaluation counts what is there, says how sure it is, and compares with what words alone do."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from models.errors import CorpusError
from models.evaluated import Evaluation
from models.evaluation import evaluate
from models.evaluation_set import EvaluationSet, fingerprint
from models.heads import Model
from models.keyword_rules import KeywordRules
from models.labels import LabelledMention
from models.predictions import HEADS, Predictions, Texts
from schemas.labels import ACTS, INTENTS


class Oracle:
    """Knows the labels, and gives them this probability."""

    version = "oracle"

    def __init__(self, items: Sequence[LabelledMention], sure: float = 1.0) -> None:
        self.items, self.sure = {item.text: item for item in items}, sure

    def predict(self, texts: Texts) -> Predictions:
        items = [self.items[text] for text in texts.texts]
        probabilities = {}
        for name, head in HEADS.items():
            rows = np.full((len(items), len(head.classes)), 0.0)
            for row, item in zip(rows, items, strict=True):
                if head.many:
                    row[:] = [self.sure if act in (item.acts or ()) else 0 for act in ACTS]
                else:
                    row[:] = (1 - self.sure) / (len(head.classes) - 1)
                    row[head.classes.index(getattr(item, name))] = self.sure
            probabilities[name] = rows.astype(np.float32)
        return Predictions.most_probable(probabilities)


def relabelled(items: Sequence[LabelledMention], every: int) -> list[LabelledMention]:
    """Some mentions with no intent get one: mistakes of whoever goes by the old labels."""
    return [
        msgspec.structs.replace(item, intent="active")
        if n % every == 0 and item.intent == "none"
        else item
        for n, item in enumerate(items)
    ]


@pytest.fixture(scope="module")
def found(model: Model, corpus: list[LabelledMention]) -> Evaluation:
    return evaluate(model, EvaluationSet.of(relabelled(corpus, 4)), resamples=200, examples=3)


def test_whoever_knows_everything_is_perfect(corpus: list[LabelledMention]) -> None:
    found = evaluate(Oracle(corpus), EvaluationSet.of(corpus), resamples=50)

    for head in found.heads:
        for name, figure in head.figures.items():
            assert figure.value == pytest.approx(0 if name == "ece" else 1), (head.head, name)
            assert (figure.low, figure.high) == (figure.value, figure.value)
    intent = found.heads[0]
    assert intent.alert is not None
    assert intent.alert.confusion == [[30, 0], [0, 30]]
    assert intent.confusion == [[30, 0, 0], [0, 12, 0], [0, 0, 18]]
    assert (found.examples, found.not_labelled) == ([], [])


def test_figures_are_those_of_scikit_learn(
    found: Evaluation, model: Model, corpus: list[LabelledMention]
) -> None:
    items = relabelled(corpus, 4)
    truth = np.array([INTENTS.index(item.intent) for item in items])
    data = EvaluationSet.of(items)
    predictions = model.predict(data.texts())
    chance = 1 - predictions.probabilities["intent"][:, 0].astype(float)

    intent = found.heads[0]

    expected = f1_score(truth, predictions.labels["intent"], average="macro")
    assert intent.figures["macro_f1"].value == pytest.approx(expected)
    expected = average_precision_score(truth > 0, chance)
    assert intent.figures["average_precision"].value == pytest.approx(expected)
    expected = f1_score(truth > 0, chance >= 0.5)
    assert intent.figures["f1"].value == pytest.approx(expected)
    assert sum(map(sum, intent.confusion or [])) == len(items)
    for figure in intent.figures.values():
        assert figure.value is not None
        assert figure.low is not None
        assert figure.high is not None
        assert figure.low <= figure.value + 0.05
        assert figure.low < figure.high or figure.value == 1
    assert {(group.kind, group.name) for group in intent.groups} == {
        ("language", "es"),
        ("language", "en"),
    }
    assert [e.truth for e in found.examples if e.head == "intent"] == ["active"] * 3


def test_the_same_inputs_give_the_same_figures(
    found: Evaluation, model: Model, corpus: list[LabelledMention]
) -> None:
    data = EvaluationSet.of(relabelled(corpus, 4))

    assert evaluate(model, data, resamples=200, examples=3) == found
    assert msgspec.json.decode(msgspec.json.encode(found), type=Evaluation) == found
    other = evaluate(model, data, resamples=200, seed=8).heads[0].figures["macro_f1"]
    assert other.value == found.heads[0].figures["macro_f1"].value
    assert other != found.heads[0].figures["macro_f1"]


def test_baselines_are_what_guessing_reaches(found: Evaluation) -> None:
    alert = found.heads[0].alert
    assert alert is not None
    always, shares, keywords = alert.baselines

    assert alert.prevalence == pytest.approx(found.prevalence_in_file)
    assert (always.precision, always.recall) == (alert.prevalence, 1)
    assert always.f1 == pytest.approx(2 * alert.prevalence / (1 + alert.prevalence))
    assert shares.precision == shares.recall == shares.f1 == alert.prevalence
    assert keywords.name == "keywords"
    for baseline in alert.baselines:
        assert alert.f1.value is not None
        assert baseline.f1 is not None
        assert baseline.lift_f1 == pytest.approx(alert.f1.value / baseline.f1)


def test_a_rarer_intent_costs_precision_and_not_recall(
    model: Model, corpus: list[LabelledMention]
) -> None:
    mixed = [
        msgspec.structs.replace(item, intent="none" if item.intent == "active" else "active")
        if n % 5 == 0
        else item
        for n, item in enumerate(corpus)
    ]
    data = EvaluationSet.of(mixed)

    before, after = (
        evaluate(model, data, prevalence=share, resamples=50).heads[0].alert
        for share in (None, 0.05)
    )

    assert before is not None
    assert after is not None
    (_, wrong), (missed, right) = before.confusion
    assert wrong > 0
    assert after.prevalence == pytest.approx(0.05)
    assert after.recall.value == pytest.approx(before.recall.value)
    assert before.recall.value == pytest.approx(right / (right + missed))
    of_yes, of_no = 0.05 / before.prevalence, 0.95 / (1 - before.prevalence)
    expected = right * of_yes / (right * of_yes + wrong * of_no)
    assert after.precision.value == pytest.approx(expected)
    assert expected < (before.precision.value or 0)
    assert after.confusion == before.confusion  # counts are counts
    with pytest.raises(CorpusError, match="prevalence"):
        evaluate(model, EvaluationSet.of([i for i in corpus if i.intent == "none"]), prevalence=0.1)


def test_promises_that_are_too_high_show(corpus: list[LabelledMention]) -> None:
    """Sure of 0.9 and always right: off by a tenth, in the bin where that is promised."""
    stage = evaluate(Oracle(corpus, sure=0.9), EvaluationSet.of(corpus), resamples=10).heads[1]

    assert stage.figures["ece"].value == pytest.approx(0.1, abs=1e-6)
    (only,) = stage.reliability
    assert (only.mentions, only.came) == (60, 1)
    assert only.promised == pytest.approx(0.9, abs=1e-6)


def test_what_is_not_labelled_is_left_out_and_said(
    model: Model, corpus: list[LabelledMention]
) -> None:
    bare = [
        msgspec.structs.replace(item, sentiment="", acts=None, stage="" if n % 2 else item.stage)
        for n, item in enumerate(corpus)
    ]

    found = evaluate(model, EvaluationSet.of(bare), resamples=10)

    assert found.not_labelled == ["sentiment", "act"]
    assert [(head.head, head.mentions) for head in found.heads] == [
        ("intent", 60),
        ("stage", 30),
        ("needs_reply", 60),
    ]
    nothing = [
        msgspec.structs.replace(i, intent="", stage="", needs_reply="", sentiment="", acts=None)
        for i in corpus
    ]
    with pytest.raises(CorpusError, match="no mention has a settled label"):
        evaluate(model, EvaluationSet.of(nothing))


def test_a_file_tells_its_sources(
    tmp_path: Path, model: Model, corpus: list[LabelledMention]
) -> None:
    file = tmp_path / "real.jsonl"
    lines = []
    for number, item in enumerate(corpus):
        line = msgspec.to_builtins(item)
        line["source"] = "forum" if number < 30 else "shop" if number < 59 else "rare"
        lines.append(json.dumps(line))
    file.write_text("\n".join(lines))

    data = EvaluationSet.read([file])
    found = evaluate(model, data, resamples=10)

    groups = {(g.kind, g.name): g.mentions for g in found.heads[0].groups}
    assert groups[("source", "forum")] == 30
    assert groups[("source", "shop")] == 29
    assert ("source", "rare") not in groups  # one mention says nothing
    assert found.files == ["real.jsonl"]
    unseen = data.without({fingerprint(corpus[0].text.upper())})
    assert [item.id for item in unseen.items] == [item.id for item in corpus[1:]]
    assert len(unseen.sources) == 59


def test_a_group_has_what_its_mentions_alone_would_have(
    model: Model, corpus: list[LabelledMention]
) -> None:
    items = relabelled(corpus, 4)

    whole = evaluate(model, EvaluationSet.of(items), resamples=10)
    alone = evaluate(
        model, EvaluationSet.of([item for item in items if item.lang == "es"]), resamples=10
    )

    for head, own in zip(whole.heads, alone.heads, strict=True):
        group = next(one for one in head.groups if (one.kind, one.name) == ("language", "es"))
        asked = own.alert or own
        assert group.mentions == own.mentions < head.mentions
        assert group.confusion == own.confusion
        assert group.reliability == asked.reliability
        assert group.baselines == asked.baselines
        assert {n: f.value for n, f in group.figures.items()} == {
            n: f.value for n, f in own.figures.items()
        }


def test_a_file_that_can_be_read_once_tells_its_sources_too(
    tmp_path: Path, corpus: list[LabelledMention]
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    line = msgspec.json.encode(msgspec.structs.replace(corpus[0], source="forum"))
    with ThreadPoolExecutor(1) as pool:
        pool.submit(pipe.write_bytes, line)

        assert list(EvaluationSet.read([pipe]).sources) == ["forum"]


def test_files_without_mentions_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")

    with pytest.raises(CorpusError, match=r"no labelled mentions in .*empty\.jsonl"):
        EvaluationSet.read([tmp_path / "empty.jsonl"])
    with pytest.raises(CorpusError, match="No such file"):
        EvaluationSet.read([tmp_path / "nosuch.jsonl"])


@pytest.mark.parametrize(
    ("text", "lang", "expected"),
    [
        ("¿Dónde lo puedo comprar?", "es", {"intent": "active", "needs_reply": "yes"}),
        ("Mañana voy a comprar el Kolmio", "es", {"intent": "active", "stage": "decision"}),
        ("ojalá tener uno así", "es", {"intent": "latent", "stage": "consideration"}),
        ("quiero el reembolso YA", "es", {"intent": "none"}),
        ("I want a refund now", "en", {"intent": "none"}),
        ("how much is the blue one?", "en", {"intent": "active"}),
        ("i want one 😍", "en", {"intent": "latent", "sentiment": "positive"}),
        ("worst airline ever, never again", "en", {"stage": "advocacy", "sentiment": "negative"}),
        ("mi móvil no funciona", "es", {"stage": "use", "needs_reply": "yes"}),
        ("buenos días", "es", {"intent": "none", "needs_reply": "no"}),
        ("where can i buy it", "", {"intent": "active"}),
    ],
)
def test_keyword_rules_read_both_languages(text: str, lang: str, expected: dict[str, str]) -> None:
    found = KeywordRules().predict(Texts.plain([text], lang))

    for head, label in expected.items():
        index = HEADS[head].classes.index(label)
        assert found.labels[head].tolist() == [index]
        assert found.probabilities[head][0, index] == 1


def test_keyword_rules_of_nothing_are_nothing() -> None:
    found = KeywordRules().predict(Texts.plain([]))

    assert found.probabilities["stage"].shape == (0, 6)
    assert found.acts.shape == (0, 8)
