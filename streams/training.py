"""The model store of a deployment: its current model, and a first one where there is none."""

from collections.abc import Callable, Sequence
from pathlib import Path

import models
from models import profiles
from models.accurate_runs import train_heads
from models.accurate_store import AccurateCard, AccurateStore
from models.accurate_training import AccurateRecipe
from models.errors import ModelNotFoundError, PromotionRefusedError
from models.evaluation_set import EvaluationSet
from models.gate import promote as through_the_gate
from models.reports.cards import asked_for
from models.reports.words import Wording
from models.runs import gather, train_and_save
from models.store import CLASSES, ModelCard, ModelStore
from models.training import DEFAULT_RECIPE, Progress, Recipe
from streams import clock
from streams.errors import SettingsError
from streams.settings import Settings

SEED = 7
SHIPPED = Path(models.__file__).parent / "shipped"


def store_of(settings: Settings) -> ModelStore:
    """The store where the settings say it is."""
    return ModelStore(settings.model_store)


def current_model(settings: Settings) -> profiles.AnyModel:
    """The promoted model under the profile of the settings.

    Raises SettingsError with the remedy when there is none.
    """
    try:
        return profiles.load(store_of(settings), profile=settings.model_profile)
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

    A model in force stays; a newer one that comes along is only laid beside it, to be promoted.
    One in force that an older Escucha made for other classes is replaced.
    """
    store = store_of(settings)
    shipped = ModelStore(SHIPPED)
    newest = shipped.versions()[-1]
    try:
        version = store.current()
    except ModelNotFoundError:
        if on or learn_natural or seed != SEED:
            train(
                settings, say=say, seed=seed, on=on, learn_natural=learn_natural, progress=progress
            )
            return
    else:
        if version == newest and version not in store.versions():
            _lay(shipped, newest, store)  # somebody deleted it, perhaps because it was damaged
            say(f"model {newest}, which comes along and is in force, was put back")
        if store.card(version).classes == CLASSES:
            if newest > version and newest not in store.versions():
                _lay(shipped, newest, store)
                say(
                    f"{version} stays in force; a newer model comes along. It has learnt all of"
                    " the corpus, so judge it on labels of your own:"
                    f" escucha models compare {version} {newest} --on FILE.jsonl,"
                    f" then escucha models promote {newest} --on FILE.jsonl"
                )
            return
        say(f"{version} was made for other classes by an older Escucha")
    _lay(shipped, newest, store)
    store.promote(newest, at=clock.now())
    say(f"model {newest}, which comes along, is in force")


def _lay(shipped: ModelStore, version: str, store: ModelStore) -> None:
    store.adopt(shipped, version)
    AccurateStore(store.place).adopt(AccurateStore(SHIPPED), version)


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
    judge_on: Sequence[str] = (),
    progress: Progress = lambda estimator, done, fits: None,
) -> ModelCard:
    """Train on the corpus, the files `on` and those of `teachers`, save, promote through the gate.

    Of the corpus only each `every`th mention is learnt from; the gate judges on the files
    `judge_on`. Raises CorpusError naming file and line, before anything is learnt, and
    ModelRejectedError if the model is no good; and as `promote_trained` does.
    """
    if judge_on:
        EvaluationSet.read(judge_on)
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
        promote_trained(settings, card.version, say=say, judge_on=judge_on)
    return card


def promote_trained(
    settings: Settings,
    version: str,
    *,
    say: Callable[[str], None],
    judge_on: Sequence[str] = (),
) -> None:
    """Promote a new model through the gate, under the profile of the settings.

    A version without heads for it is judged by its fast model. Raises PromotionRefusedError, which
    says that the version stays in the store, what stays in force, and how to judge it.
    """
    store = store_of(settings)
    profile = profiles.best_of(store, version, settings.model_profile)
    try:
        outcome = through_the_gate(
            store, version, on=list(judge_on) or None, at=clock.now(), profile=profile
        )
    except PromotionRefusedError as error:
        raise PromotionRefusedError(
            f"model {version} is stored and not in force; {store.current()} stays in force."
            f" {error.reason[:1].upper()}{error.reason[1:]}. To judge it on labelled mentions that"
            f" neither has learnt: escucha models promote {version} --on FILE.jsonl (--force"
            " insists); the next time: escucha train --judge-on FILE.jsonl",
            error.reason,
        ) from error
    say(f"model {version} promoted: {outcome.gate}")


def train_accurate(
    settings: Settings,
    version: str,
    *,
    say: Callable[[str], None],
    seed: int = SEED,
    on: Sequence[Path] = (),
    learn_natural: bool = False,
    prevalence: float | None = None,
    precision: float | None = None,
    progress: Progress = lambda estimator, done, fits: None,
) -> AccurateCard:
    """Train heads of the accurate profile beside a stored model, and return their card.

    They are calibrated for a share of intent, and have thresholds for a precision: those given,
    else those of the stored model.
    Raises CorpusError naming file and line, ModelExistsError where it has some, and
    EncoderMissingError with the remedy.
    """
    data = gather(on, learn_natural=learn_natural)
    say(f"training the accurate profile on {len(data.items)} labelled mentions; seed {seed}…")
    card = train_heads(
        store_of(settings),
        version,
        data,
        seed=seed,
        created_at=clock.now(),
        recipe=AccurateRecipe(prevalence=prevalence, precision=precision),
        progress=progress,
    )
    share, chosen = asked_for(card.training.recipe, Wording("en"))
    say(f"heads of {card.version} trained: share of intent {share}, thresholds for {chosen}")
    if not card.training.languages:
        say("no language has 300 labelled mentions: neither could be heeded")
    return card
