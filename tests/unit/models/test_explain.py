"""What tokens contribute adds up to the score, and the compiled loop equals its definition."""

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models import explain, kernels
from models.analyser import HashedText
from models.explain import Explainer, contrasts, contributions
from models.heads import N_OUTPUTS, Model
from models.predictions import HEADS, Texts
from tests.unit.models.texts import SETTINGS, TEXTS

NAMES = list(HEADS)


def made_up(parameters: dict[str, Any]) -> tuple[HashedText, Explainer, np.ndarray, np.ndarray]:
    """A text transform with random weights for every output."""
    text = HashedText(**{"n_features": 2**10, **parameters})
    random = np.random.default_rng(3)
    coefficients = random.normal(size=(text.n_features, N_OUTPUTS)).astype(np.float32)
    intercepts = random.normal(size=N_OUTPUTS).astype(np.float32)
    return text, Explainer(text, coefficients, intercepts), coefficients, intercepts


@given(texts=TEXTS, parameters=SETTINGS, head=st.sampled_from(NAMES), seed=st.integers(0, 7))
@example(texts=["", "👍🏽 e\u0301l", "\ud83d"], parameters={}, head="intent", seed=1)
@example(texts=["a a a a b a"], parameters={"alternate_sign": True, "n_features": 2}, head="act",
         seed=0)  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_the_compiled_contributions_are_those_of_the_definition(
    texts: list[str], parameters: dict[str, Any], head: str, seed: int
) -> None:
    text, explainer, _, _ = made_up(parameters)
    labels = [(seed + number) % len(HEADS[head].classes) for number in range(len(texts))]

    found = explainer.explain(texts, head, labels)

    rest = {k: v for k, v in text.get_params().items() if k not in ("n_features", "threads")}
    for one, explanation, label in zip(texts, found, labels, strict=True):
        expected = contributions(one, explainer.weights(head)[:, label], rest)
        places = [(part.start, part.end) for part in expected]
        assert [(part.start, part.end) for part in explanation.contributions] == places
        np.testing.assert_allclose(
            [part.amount for part in explanation.contributions],
            [part.amount for part in expected],
            rtol=1e-9,
            atol=1e-12,
        )


@given(texts=TEXTS, parameters=SETTINGS, head=st.sampled_from(NAMES))
@settings(max_examples=200, deadline=None)
def test_contributions_and_intercept_add_up_to_the_difference_of_scores(
    texts: list[str], parameters: dict[str, Any], head: str
) -> None:
    text, explainer, coefficients, intercepts = made_up(parameters)
    # In double precision from the values the model reads, outputs as they stand in the stack.
    scores = text.transform(texts).astype(np.float64) @ coefficients.astype(np.float64) + intercepts
    first = sum(len(HEADS[name].classes) for name in NAMES[: NAMES.index(head)])
    own = scores[:, first : first + len(HEADS[head].classes)]

    for label, name in enumerate(HEADS[head].classes):
        others = np.delete(own, label, axis=1)
        if HEADS[head].many:
            expected = own[:, label]
        elif head in ("intent", "stage") and name != "none":
            expected = own[:, label] - own[:, 0]
        else:
            expected = own[:, label] - others.mean(axis=1)
        found = explainer.explain(texts, head, [label] * len(texts))
        size = 1 + np.abs(text.transform(texts)).sum(axis=1).A1 if texts else np.ones(0)
        totals = np.array([explanation.total for explanation in found])
        assert np.all(np.abs(totals - expected) <= 1e-5 * size)


def test_a_total_is_the_log_of_what_the_probabilities_say(model: Model) -> None:
    texts = ["voy a comprar un portátil mañana", "my Zeta phone stopped working again, help!"]
    chances = model.predict(Texts.plain(texts)).probabilities

    for row, text in enumerate(texts):
        (active,) = model.explainer.explain([text], "intent", [2])
        (reply,) = model.explainer.explain([text], "needs_reply", [1])
        (act,) = model.explainer.explain([text], "act", [3])
        (none,) = model.explainer.explain([text], "intent", [0])
        p, q, r = chances["intent"][row], chances["needs_reply"][row], chances["act"][row][3]

        assert (active.against, none.against, reply.against) == ("none", "", "")
        assert active.total == pytest.approx(np.log(p[2] / p[0]), abs=1e-4)
        assert none.total == pytest.approx(np.log(p[0]) - np.log(p[1:]).mean(), abs=1e-4)
        assert reply.total == pytest.approx(np.log(q[1] / q[0]), abs=1e-4)
        assert 1 / (1 + np.exp(-act.total)) == pytest.approx(r, abs=1e-6)


def test_every_contrast_compares_like_with_like() -> None:
    for head in HEADS:
        sums = contrasts(head).sum(axis=0)
        np.testing.assert_allclose(sums, HEADS[head].many, atol=1e-12)


def test_places_are_those_of_the_text_as_written(model: Model) -> None:
    text = "😀 ¿Dónde  COMPRO?\u200d 👍🏽 https://x.example/a e\u0301sa @ana"

    (found,) = model.explainer.explain([text], "intent", [2])

    assert [text[part.start : part.end] for part in found.contributions] == [
        *(
            "😀",
            "¿",
            "Dónde",
            "COMPRO",
            "?\u200d",
            "👍🏽",
            "https://x.example/a",
            "e\u0301sa",
            "@ana",
        )
    ]


def test_a_bigram_is_shared_equally_and_a_character_ngram_stays_in_its_word() -> None:
    text = HashedText(2**16, char_ngrams=(3, 3), norm=None)
    explainer = Explainer(text, np.ones((2**16, N_OUTPUTS), np.float32), np.zeros(N_OUTPUTS))

    (found,) = explainer.explain(["ya compro"], "act", [0])

    # "ya": itself, half of "ya compro", " ya", "ya ". "compro": itself, half, six trigrams.
    assert [part.amount for part in found.contributions] == [3.5, 7.5]


def test_driving_words_are_for_the_intent_and_none_without(model: Model) -> None:
    texts = ["voy a COMPRAR mañana, comprar ya https://x.example @ana", "good morning everyone", ""]
    intents = np.array([2, 0, 1])

    words = model.explainer.intent_words(texts, intents)

    assert len(words[0]) <= explain.MAX_WORDS
    assert "comprar" in words[0]
    assert list(words[0]).count("comprar") == 1
    assert not [word for word in words[0] if "@" in word or "x.example" in word]
    assert words[1:] == [(), []]
    (found,) = model.explainer.explain(texts[:1], "intent", [2])
    strongest = max(found.contributions, key=lambda part: part.amount)
    assert texts[0][strongest.start : strongest.end].lower() in words[0]


def test_words_that_argue_against_are_not_driving(model: Model) -> None:
    text = "good morning everyone, lovely rain"
    (found,) = model.explainer.explain([text], "intent", [2])
    against = {text[p.start : p.end].lower() for p in found.contributions if p.amount <= 0}

    assert against
    assert not against & set(model.explainer.intent_words([text], np.array([2]))[0])


def test_predictions_carry_the_words(model: Model) -> None:
    predictions = model.predict(Texts.plain(["voy a comprar un portátil", "good morning everyone"]))

    assert predictions.labels["intent"].tolist() == [2, 0]
    assert "comprar" in predictions.intent_words[0]
    assert list(predictions.intent_words[1]) == []
    assert len(model.predict(Texts.plain([])).intent_words) == 0


def test_long_batches_are_explained_in_parts(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["voy a comprar", "", "lo quiero ya", "x" * 50, "¿precio?"]
    whole = model.explainer.explain(texts, "stage", [1, 2, 3, 4, 5])

    monkeypatch.setattr(explain, "_CHUNK_CHARS", 20)

    assert model.explainer.explain(texts, "stage", [1, 2, 3, 4, 5]) == whole


def test_it_releases_the_gil_and_is_compiled_once(model: Model) -> None:
    kernel: Any = explain.explain_rows
    model.explainer.explain(["warm"], "intent", [1])
    before = len(kernel.signatures)

    model.explainer.explain(["", "\ud800"], "act", [0, 1])

    assert kernel.targetoptions["nogil"]
    assert len(kernel.signatures) == before


def test_machine_code_made_with_other_kernels_is_not_used() -> None:
    """Changing a constant that is frozen into the code changes what the code is kept under."""
    code = (
        "import json, sys; from models import kernels\n"
        "kernels.MULTIPLIER += int(sys.argv[1])\n"
        "from models import explain_kernels\n"
        "print(json.dumps(explain_kernels._stamp()))"
    )
    stamps = [
        json.loads(subprocess.check_output([sys.executable, "-c", code, change]))
        for change in ("0", "0", "2")
    ]

    assert stamps[0] == stamps[1] != stamps[2]
    assert kernels.MULTIPLIER & 1
