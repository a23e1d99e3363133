"""The model store of a deployment: its current model, and a first one where there is none."""

from collections.abc import Callable, Sequence
from pathlib import Path

import models
from models.errors import ModelNotFoundError
from models.gate import promote as through_the_gate
from models.heads import Model
from models.runs import gather, train_and_save
from models.store import ModelCard, ModelStore
from models.training import DEFAULT_RECIPE, Progress, Recipe
from streams import clock
from streams.errors import SettingsError
from streams.settings import Settings

SEED = 7
SHIPPED = Path(models.__file__).parent / "shipped"


def store_of(settings: Settings) -> ModelStore:
    """The store where the settings say it is."""
    return ModelStore(settings.model_store)


def current_model(settings: Settings) -> Model:
    """The promoted model; raises SettingsError with the remedy when there is none."""
    try:
        return store_of(settings).load()
    except ModelNotFoundError as error:
        raise SettingsError(
            f"{error}: run escucha train, or say with ESCUCHA_MODEL_STORE where models are"
        ) from error


def train_if_missing(
    settings: Settings,
    *,
    say: Callable[[str], None],
    seed: int = SEED,
    on: Sequence[Path] = (),
    learn_natural: bool = False,
    progress: Progress = lambda estimator, done, fits: None,
) -> None:
    """Have a model: the one that comes along, or one trained on the corpus and the files `on`.

    Nothing happens where one is in force.
    """
    store = store_of(settings)
    try:
        store.current()
        return
    except ModelNotFoundError:
        pass
    if on or learn_natural or seed != SEED:
        train(settings, say=say, seed=seed, on=on, learn_natural=learn_natural, progress=progress)
        return
    shipped = ModelStore(SHIPPED)
    card = store.adopt(shipped, shipped.versions()[-1])
    store.promote(card.version, at=clock.now())
    say(f"model {card.version}, which comes along, is in force")


def train(
    settings: Settings,
    *,
    say: Callable[[str], None],
    seed: int = SEED,
    on: Sequence[Path] = (),
    learn_natural: bool = False,
    teachers: Sequence[Path] = (),
    recipe: Recipe = DEFAULT_RECIPE,
    every: int = 1,
    promote: bool = True,
    progress: Progress = lambda estimator, done, fits: None,
) -> ModelCard:
    """Train on the corpus, the files `on` and those of `teachers`, save, promote through the gate.

    Of the corpus only each `every`th mention is learnt from. Raises CorpusError naming file and
    line, ModelRejectedError if the model is no good, and PromotionRefusedError if the current one
    is better; then the model stays in the store.
    """
    data = gather(on, learn_natural=learn_natural, teachers=teachers, every=every)
    taught = f" and {len(data.taught)} that a teacher judged" if len(data.taught) else ""
    kept = f", {data.held_out} held out to judge by" if data.held_out else ""
    say(f"training on {len(data.items)} labelled mentions{taught}{kept}; seed {seed}…")
    store = store_of(settings)
    card = train_and_save(
        store, data, seed=seed, created_at=clock.now(), recipe=recipe, progress=progress
    )
    say(f"model {card.version} trained and saved")
    if promote:
        outcome = through_the_gate(store, card.version, at=clock.now())
        say(f"model {card.version} promoted: {outcome.gate}")
    return card
