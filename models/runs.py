"""A run of training from files to the store: what is learnt from, what is kept to judge by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from models.evaluation_set import NATURAL, fingerprint
from models.labels import CORPUS_FILES, LabelledMention, label_set_hash, load_corpus
from models.store import DataFile, ModelCard, ModelStore
from models.teaching import Taught
from models.training import DEFAULT_RECIPE, Progress, Recipe, train

CORPUS = "the project's own corpus, models/corpus"


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Mentions to learn from, the files they are of, and how many were held out.

    `taught` are those that a teacher judged, without labels of people, of the `teachers`' files.
    """

    items: list[LabelledMention]
    files: list[DataFile]
    held_out: int
    taught: Taught
    teachers: list[str]


def gather(
    on: Sequence[str | Path] = (),
    *,
    learn_natural: bool = False,
    teachers: Sequence[Path] = (),
    every: int = 1,
) -> TrainingData:
    """Return the corpus, more labelled files, and what teachers made of unlabelled mentions.

    The natural part of the corpus is held out, so that a model can be judged by it; with
    `learn_natural` it is learnt too, and judging needs other mentions. Of the corpus only each
    `every`th mention is taken. Raises CorpusError naming file and line.
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
    taught = Taught.read(teachers) if teachers else Taught.none()
    return TrainingData(items, files, held_out, taught, [file.name for file in teachers])


def train_and_save(
    store: ModelStore,
    data: TrainingData,
    *,
    seed: int,
    created_at: datetime,
    recipe: Recipe = DEFAULT_RECIPE,
    progress: Progress = lambda estimator, done, fits: None,
) -> ModelCard:
    """Train, save, and return the card; the model is not current yet. Raises as `train` does."""
    model, report = train(data.items, seed, recipe=recipe, taught=data.taught, progress=progress)
    others = [file.name for file in data.files if file.name not in {f.name for f in CORPUS_FILES}]
    return store.save(
        model,
        report,
        trained_on=[CORPUS, *others, *(f"{name}, judged by a teacher" for name in data.teachers)],
        created_at=created_at,
        learnt=[
            fingerprint(text)
            for text in (*(item.text for item in data.items), *data.taught.texts.texts)
        ],
        data=data.files,
        held_out=data.held_out,
    )
