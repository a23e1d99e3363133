"""A run of training for the accurate profile, from files to heads beside a stored fast model."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from models.accurate import Accurate
from models.accurate_store import AccurateCard, AccurateStore
from models.accurate_training import (
    DEFAULT_RECIPE,
    AccurateRecipe,
    Progress,
    train_accurate,
)
from models.behaviour import check_behaviour
from models.encoder.sentences import Encoder, shared_encoder
from models.errors import ModelExistsError
from models.evaluation_set import fingerprint
from models.labels import CORPUS_FILES, label_set_hash, load_corpus
from models.runs import CORPUS, TrainingData
from models.store import ModelStore

# Learnt from beside the corpus: short replies, each under posts that make it mean different things,
# and more Spanish intent in the manner of real posts.
MORE_FILES: Final = tuple(
    Path(__file__).parent / "corpus" / name for name in ("replies.jsonl", "intent_es.jsonl")
)


def train_heads(
    store: ModelStore,
    version: str,
    data: TrainingData,
    *,
    seed: int,
    created_at: datetime,
    recipe: AccurateRecipe = DEFAULT_RECIPE,
    encoder: Encoder | None = None,
    trained_on: Sequence[str] = (),
    progress: Progress = lambda step, done, of: None,
) -> AccurateCard:
    """Train heads, save them beside a stored version, and return their card.

    Where the recipe says no prevalence or precision, those of the fast model hold: a cascade
    gives out chances of both. `trained_on` says in words what `data` is, by default its files.
    Raises as `train_accurate` and `AccurateStore.save` do, before anything is learnt where the
    version has heads, ModelNotFoundError where the version is not stored, and EncoderMissingError
    with the remedy where the sentence encoders are not installed.
    """
    fast, learnt_by = store.load(version), store.card(version).training.recipe
    kept = AccurateStore(store.place)
    if kept.has(version):
        raise ModelExistsError(
            f"{version} has heads already, which are never changed: escucha models card {version}"
            " says how they are calibrated; escucha train --profile accurate makes a new version"
        )
    encoder = shared_encoder() if encoder is None else encoder
    recipe = msgspec.structs.replace(
        recipe,
        prevalence=learnt_by.prevalence if recipe.prevalence is None else recipe.prevalence,
        precision=learnt_by.precision if recipe.precision is None else recipe.precision,
    )
    items = [*data.items, *load_corpus(MORE_FILES)]
    heads, report = train_accurate(
        items, seed, encoder, recipe=recipe, fast=learnt_by, progress=progress
    )
    others = [file.name for file in data.files if file.name not in {f.name for f in CORPUS_FILES}]
    return kept.save(
        heads,
        report,
        version=version,
        created_at=created_at,
        trained_on=list(trained_on) or [CORPUS, *others],
        label_set_hash=label_set_hash(items),
        learnt=[fingerprint(item.text) for item in items],
        behaviour=check_behaviour(Accurate(fast, heads, encoder)),
    )
