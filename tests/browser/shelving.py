"""A store of models for the tests of their page: trained in a moment, each with its purpose."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from models.analyser import HashedText
from models.evaluation_set import NATURAL, fingerprint
from models.heads import Model
from models.labels import load_corpus
from models.store import ModelStore
from models.training import Recipe, train

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Shelf:
    """A store with a model in force, its equal, a broken one, and one that learnt all there is."""

    place: Path
    store: ModelStore
    current: str
    equal: str
    broken: str
    knowing: str

    def begin_anew(self) -> None:
        """Forget what was promoted: the first model is in force, as if it had always been."""
        (self.place / "current").unlink(missing_ok=True)
        self.store.promote(self.current)


def shelf_at(place: Path) -> Shelf:
    """Train and save all of them; none is in force yet."""
    store = ModelStore(place)
    corpus = load_corpus()
    items = [item for item in corpus if item.draw != NATURAL][::4]
    recipe = Recipe(folds=2, iterations=50, min_mentions_per_feature=3, inverse_regularisation=1.0)
    model, report = train(items, seed=7, text=HashedText(2**13), recipe=recipe)
    heads = model.heads()
    heads["intent"].coef_ = -heads["intent"].coef_
    broken = Model.from_heads(
        model.text, heads, parent=model.parent, languages=model.languages, version=""
    )
    learnt = [fingerprint(item.text) for item in items]
    every = [fingerprint(item.text) for item in corpus]

    def save(one: Model, days: int, known: list[str]) -> str:
        return store.save(
            one,
            report,
            trained_on=["a part of the corpus", "ours.jsonl, judged by a teacher"],
            created_at=NOW + timedelta(days=days),
            learnt=known,
        ).version

    found = [save(*one) for one in (
        (model, 0, learnt), (model, 1, learnt), (broken, 2, learnt), (model, 3, every),
    )]  # fmt: skip
    return Shelf(place, store, *found)
