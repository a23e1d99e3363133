"""A run of training from files to the store: what is learnt from, what is kept to judge by."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from models.evaluation_set import NATURAL, fingerprint
from models.labels import CORPUS_FILES, LabelledMention, label_set_hash, load_corpus
from models.store import DataFile, ModelCard, ModelStore
from models.training import Progress, train

CORPUS = "the project's own corpus, models/corpus"


class TrainingData(msgspec.Struct, frozen=True):
    """Mentions to learn from, the files they are of, and how many were held out."""

    items: list[LabelledMention]
    files: list[DataFile]
    held_out: int


def gather(
    on: Sequence[str | Path] = (), *, learn_natural: bool = False, every: int = 1
) -> TrainingData:
    """Return the corpus and more labelled files; raises CorpusError naming file and line.

    The natural part of the corpus is held out, so that a model can be judged by it; with
    `learn_natural` it is learnt too, and judging needs other mentions. Of the corpus only each
    `every`th mention is taken.
    """
    load_corpus([*CORPUS_FILES, *map(Path, on)])  # an id may occur once in all of them
    items: list[LabelledMention] = []
    files: list[DataFile] = []
    held_out = 0
    for file in (*CORPUS_FILES, *map(Path, on)):
        found = load_corpus([file])
        if file in CORPUS_FILES and not learn_natural:
            kept = [item for item in found if item.draw != NATURAL]
            held_out += len(found) - len(kept)
            found = kept
        if file in CORPUS_FILES:
            found = found[::every]
        if found:
            files.append(
                DataFile(name=file.name, mentions=len(found), label_set_hash=label_set_hash(found))
            )
        items += found
    return TrainingData(items, files, held_out)


def train_and_save(
    store: ModelStore,
    data: TrainingData,
    *,
    seed: int,
    created_at: datetime,
    progress: Progress = lambda estimator, done, fits: None,
) -> ModelCard:
    """Train, save, and return the card; the model is not current yet. Raises as `train` does."""
    model, report = train(data.items, seed, progress=progress)
    others = [file.name for file in data.files if file.name not in {f.name for f in CORPUS_FILES}]
    return store.save(
        model,
        report,
        trained_on=[CORPUS, *others],
        created_at=created_at,
        learnt=[fingerprint(item.text) for item in data.items],
        data=data.files,
        held_out=data.held_out,
    )
