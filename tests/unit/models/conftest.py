"""A corpus small enough to learn in a second, and models learnt from it."""

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import msgspec
import pytest

from models import evaluation_set, runs
from models.analyser import HashedText
from models.evaluation_set import fingerprint
from models.heads import Model
from models.labels import LabelledMention
from models.store import ModelStore
from models.training import TrainingReport, train
from schemas.labels import Act, Intent, Language, NeedsReply, Sentiment, Stage
from tests.unit.models.commanded import write

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
STORED_AT = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
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
    one = store.save(*trained, trained_on=["made up"], created_at=STORED_AT)
    two = store.save(
        worse,
        trained[1],
        trained_on=[],
        created_at=STORED_AT + timedelta(minutes=1),
        learnt=[fingerprint(corpus[0].text)],
    )
    store.promote(one.version, at=STORED_AT)
    return [one.version, two.version]


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
