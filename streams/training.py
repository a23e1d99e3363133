"""The model store of a deployment: its current model, and a first one where there is none."""

from collections.abc import Callable

from models.errors import ModelNotFoundError
from models.heads import Model
from models.labels import load_corpus
from models.store import ModelStore
from models.training import train as fit
from streams import clock
from streams.errors import SettingsError
from streams.settings import Settings

TRAINED_ON = ["the project's own corpus, models/corpus"]


def current_model(settings: Settings) -> Model:
    """The promoted model; raises SettingsError with the remedy when there is none."""
    try:
        return ModelStore(settings.model_store).load()
    except ModelNotFoundError as error:
        raise SettingsError(
            f"{error}: run escucha train, or say with ESCUCHA_MODEL_STORE where models are"
        ) from error


def train_if_missing(settings: Settings, *, say: Callable[[str], None], seed: int = 7) -> None:
    """Train on the project's corpus unless a model is there; takes some seconds."""
    try:
        ModelStore(settings.model_store).current()
    except ModelNotFoundError:
        train(settings, seed=seed, say=say)


def train(settings: Settings, *, say: Callable[[str], None], seed: int = 7) -> None:
    """Train on the project's corpus, save and promote; raises ModelRejectedError if no good."""
    items = list(load_corpus())
    say(f"training a model on {len(items)} labelled mentions (once)…")
    model, report = fit(items, seed)
    store = ModelStore(settings.model_store)
    card = store.save(model, report, trained_on=TRAINED_ON, created_at=clock.now())
    store.promote(card.version)
    say(f"model {card.version} trained and promoted")
