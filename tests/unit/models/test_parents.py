"""A reply is judged with what it answers, and everything else as if there were no parents."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.analyser import HashedText
from models.heads import N_OUTPUTS, Model, features
from models.labels import LabelledMention
from models.languages import Languages
from models.outputs import BOUNDS
from models.predictions import HEADS, Texts
from models.store import ModelStore
from models.training import TrainingReport, train
from schemas.labels import INTENTS

QUESTIONS = ("¿Cuál te vas a comprar?", "what laptop are you ordering?", "¿lo encargas hoy, {}?")
REMARKS = ("Bonita puesta de sol hoy", "the match was dull", "mi gata {} duerme otra vez")
REPLIES = ("el rojo, {}", "that one {}", "pues sí {}", "the second {}", "ese mismo {}")
PEOPLE = ("ana", "bo", "cruz", "dee")


@pytest.fixture(scope="module")
def replies(corpus: list[LabelledMention]) -> list[LabelledMention]:
    """The small corpus, and replies that only what they answer tells apart."""
    made: list[LabelledMention] = []
    for parents, intent, stage in ((QUESTIONS, "active", "decision"), (REMARKS, "none", "none")):
        for parent in parents:
            for reply in REPLIES:
                for person in PEOPLE:
                    text, parent_text = reply.format(person), parent.format(person)
                    plain = {"text": text, "parent_text": parent_text}
                    labels = {"intent": intent, "stage": stage, "needs_reply": "no", "lang": "es"}
                    one = {"id": f"r-{len(made)}", "sentiment": "neutral", "acts": []}
                    made.append(msgspec.convert({**plain, **labels, **one}, LabelledMention))
    return [*corpus, *made]


@pytest.fixture(scope="module")
def answering(
    replies: list[LabelledMention], small_text: HashedText
) -> tuple[Model, TrainingReport]:
    return train(replies, seed=7, text=small_text, parent=HashedText(2**10, char_ngrams=None))


def intents(model: Model, texts: Texts) -> list[str]:
    return [INTENTS[label] for label in model.predict(texts).labels["intent"]]


def test_what_is_answered_decides(answering: tuple[Model, TrainingReport]) -> None:
    model, _ = answering
    reply = ["el rojo, eva"] * 3
    parents = ["¿cuál te compras?", "qué bonita puesta de sol", "what are you ordering today?"]

    assert intents(model, Texts(reply, ["es"] * 3, parents)) == ["active", "none", "active"]


def test_without_parents_nothing_tells_such_replies_apart(
    replies: list[LabelledMention], small_text: HashedText
) -> None:
    blind, _ = train(replies, seed=7, text=small_text, parent=None)
    parents = ["¿cuál te compras?", "qué bonita puesta de sol"]
    chances = blind.predict(Texts(["el rojo, eva"] * 2, ["es"] * 2, parents)).probabilities

    np.testing.assert_array_equal(chances["intent"][0], chances["intent"][1])


def test_texts_that_answer_nothing_are_scored_as_by_a_model_without_parents(
    answering: tuple[Model, TrainingReport], replies: list[LabelledMention]
) -> None:
    model, _ = answering
    heads = model.heads()
    for head in heads.values():
        head.coef_ = head.coef_[:, : model.text.n_features]
    blind = Model.from_heads(model.text, heads)
    texts = [item.text for item in replies]
    mixed = Texts(texts, [""] * len(texts), [item.parent_text or "" for item in replies])
    alone = [n for n, parent in enumerate(mixed.parents) if not parent]

    for name in HEADS:
        expected = blind.predict(Texts.plain(texts)).probabilities[name]
        plain = model.predict(Texts.plain(texts)).probabilities[name]
        among_replies = model.predict(mixed).probabilities[name]
        np.testing.assert_array_equal(plain, expected)
        np.testing.assert_array_equal(among_replies[alone], expected[alone])
    assert (model.predict(mixed).probabilities["intent"] != plain_of(model, texts)).any()


def plain_of(model: Model, texts: list[str]) -> np.ndarray:
    return model.predict(Texts.plain(texts)).probabilities["intent"]


def test_the_words_of_a_parent_are_no_words_of_the_reply() -> None:
    text, parent = HashedText(2**8), HashedText(2**6)
    rows = features(Texts(["sí", ""], ["es"] * 2, ["", "voy a comprar"]), text, parent)

    assert rows.shape == (2, 2**8 + 2**6)
    assert rows[0, 2**8 :].nnz == 0
    assert rows[1, : 2**8].nnz == 0
    assert rows[1, 2**8 :].nnz > 0


def read_apart() -> Languages:
    """Languages whose every number differs, with scales alike within a head."""
    random = np.random.default_rng(5)
    widths = np.diff(BOUNDS)
    scales = np.repeat(random.uniform(0.5, 2, (3, len(widths))), widths, axis=1)
    shifts = random.normal(size=(3, N_OUTPUTS))
    leanings = random.normal(size=(3, N_OUTPUTS)).astype(np.float32)
    return Languages(
        ("en", "es"),
        scales.astype(np.float32),
        shifts.astype(np.float32),
        np.full(3, np.nan),
        leanings,
    )


@pytest.mark.parametrize("lang", ["", "es", "en"])
def test_parts_of_text_parent_and_language_add_up_to_what_the_chances_say(lang: str) -> None:
    random = np.random.default_rng(3)
    coefficients = random.normal(size=(2**10 + 2**8, N_OUTPUTS)).astype(np.float32)
    model = Model(
        HashedText(2**10),
        coefficients,
        random.normal(size=N_OUTPUTS).astype(np.float32),
        parent=HashedText(2**8, char_ngrams=None),
        languages=read_apart(),
    )
    given = Texts(["el rojo, eva", "mi X200 no va"], [lang] * 2, ["¿Cuál te compras, eva?", ""])
    chances = model.predict(given).probabilities

    for name, head in HEADS.items():
        for label in range(len(head.classes)):
            explained = model.explainer.explain(
                given.texts, name, [label] * 2, langs=given.langs, parents=given.parents
            )
            for row, found in enumerate(explained):
                p = chances[name][row].astype(np.float64)
                if head.many:
                    due = np.log(p[label] / (1 - p[label]))
                elif found.against:
                    due = np.log(p[label] / p[0])
                else:
                    due = np.log(p[label]) - np.log(np.delete(p, label)).mean()
                assert found.total == pytest.approx(due, abs=2e-4)
                assert bool(found.parent) == bool(given.parents[row])
                words = [given.parents[row][part.start : part.end] for part in found.parent]
                assert words == (["¿", "Cuál", "te", "compras", "eva", "?"] if row == 0 else [])


def test_a_reply_s_driving_words_are_its_own(answering: tuple[Model, TrainingReport]) -> None:
    given = Texts(["el rojo, eva"], ["es"], ["¿Cuál te compras, eva?"])

    (words,) = answering[0].predict(given).intent_words

    assert words
    assert set(words) <= {"el", "rojo", "eva"}


def test_parents_and_languages_are_kept(
    answering: tuple[Model, TrainingReport], tmp_path: Path
) -> None:
    made, report = answering
    model = Model.from_heads(made.text, made.heads(), parent=made.parent, languages=read_apart())
    store = ModelStore(tmp_path)
    card = store.save(model, report, trained_on=[], created_at=datetime(2026, 11, 29, tzinfo=UTC))

    loaded = store.load(card.version)

    given = Texts(["el rojo, eva"] * 2, ["es", "en"], ["¿Cuál te compras, eva?", "ok"])
    for name in HEADS:
        np.testing.assert_array_equal(
            loaded.predict(given).probabilities[name], model.predict(given).probabilities[name]
        )
    for lang in ("", "en", "es"):
        assert loaded.languages.leaning(lang) == model.languages.leaning(lang) != {}
    assert card.parent_features is not None
    assert card.parent_features["n_features"] == 2**10
    assert card.thresholds == {"other": None, "en": None, "es": None}


def test_half_precision_in_the_file_loses_nothing(
    answering: tuple[Model, TrainingReport], tmp_path: Path
) -> None:
    made, report = answering
    store = ModelStore(tmp_path)
    card = store.save(made, report, trained_on=[], created_at=datetime(2026, 11, 29, tzinfo=UTC))

    for name, head in store.load(card.version).heads().items():
        np.testing.assert_array_equal(head.coef_, made.heads()[name].coef_)
