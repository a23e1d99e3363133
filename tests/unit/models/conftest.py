"""A corpus small enough to learn in a second, and models learnt from it."""

from itertools import product

import pytest

from models.analyser import HashedText
from models.heads import Model
from models.labels import LabelledMention
from models.training import TrainingReport, train
from schemas.labels import Act, Intent, Language, NeedsReply, Sentiment, Stage

Phrase = tuple[Language, Intent, Stage, NeedsReply, Sentiment, tuple[Act, ...], str]
PHRASES: tuple[Phrase, ...] = (
    ("es", "active", "decision", "no", "neutral", (), "voy a comprar {} mañana, ya lo pago"),
    ("en", "active", "decision", "yes", "neutral", ("order_status",), "ordered {}, where is it"),
    (
        "es",
        "active",
        "consideration",
        "yes",
        "neutral",
        ("question", "asks_recommendation"),
        "¿cuál me recomendáis, {} u otro? busco precio",
    ),
    ("en", "latent", "consideration", "no", "positive", (), "wish I could afford {} some day"),
    ("es", "latent", "consideration", "no", "positive", (), "ojalá tener {}, qué ganas"),
    (
        "en",
        "none",
        "use",
        "yes",
        "negative",
        ("incident", "complaint"),
        "my {} stopped working again, please help",
    ),
    ("es", "none", "use", "no", "positive", ("praise", "usage_tip"), "un truco con {}: va genial"),
    ("en", "none", "awareness", "no", "neutral", (), "{} launch event video is out now #ad"),
    (
        "es",
        "none",
        "advocacy",
        "no",
        "positive",
        ("gives_recommendation",),
        "os recomiendo {} a todos, de verdad",
    ),
    ("en", "none", "none", "no", "neutral", (), "good morning everyone, lovely rain near {}"),
)
THINGS = ("un portátil", "the X200", "este móvil", "a Zeta phone", "la cámara", "that router")


@pytest.fixture(scope="session")
def corpus() -> list[LabelledMention]:
    return [
        LabelledMention(
            id=f"m-{number}",
            text=phrase.format(thing),
            lang=lang,
            intent=intent,
            stage=stage,
            needs_reply=needs_reply,
            sentiment=sentiment,
            acts=acts,
        )
        for number, ((lang, intent, stage, needs_reply, sentiment, acts, phrase), thing) in (
            enumerate(product(PHRASES, THINGS))
        )
    ]


@pytest.fixture(scope="session")
def small_text() -> HashedText:
    return HashedText(2**12)


@pytest.fixture(scope="session")
def trained(corpus: list[LabelledMention], small_text: HashedText) -> tuple[Model, TrainingReport]:
    return train(corpus, seed=7, text=small_text)


@pytest.fixture(scope="session")
def model(trained: tuple[Model, TrainingReport]) -> Model:
    return trained[0]
