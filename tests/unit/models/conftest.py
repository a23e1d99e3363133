"""A corpus small enough to learn in a second, and models learnt from it."""

from itertools import product

import pytest

from models.analyser import HashedText
from models.heads import Model
from models.labels import LabelledMention
from models.training import TrainingReport, train
from schemas.labels import Intent, Language, Stage

PHRASES: tuple[tuple[Language, Intent, Stage, str], ...] = (
    ("es", "active", "decision", "voy a comprar {} mañana, ya lo tengo pedido"),
    ("en", "active", "decision", "just ordered {}, paying today"),
    ("es", "active", "consideration", "¿cuál me recomendáis, {} u otro? busco precio"),
    ("en", "latent", "consideration", "wish I could afford {} some day"),
    ("es", "latent", "consideration", "ojalá tener {}, qué ganas"),
    ("en", "none", "use", "my {} stopped working again, please help"),
    ("es", "none", "use", "llevo un año usando {} y falla la pantalla"),
    ("en", "none", "awareness", "{} launch event video is out now #ad"),
    ("es", "none", "advocacy", "os recomiendo {} a todos, de verdad"),
    ("en", "none", "none", "good morning everyone, lovely rain near {}"),
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
            needs_reply="no",
        )
        for number, ((lang, intent, stage, phrase), thing) in enumerate(product(PHRASES, THINGS))
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
