"""Learning the heads from labelled mentions, and measuring honestly what was learnt."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, log_loss
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from models.analyser import HashedText
from models.behaviour import BehaviourReport, check_behaviour
from models.calibration import Labels, Scores, fit_temperature
from models.errors import CorpusError, ModelRejectedError
from models.heads import Model
from models.labels import LabelledMention, label_set_hash
from models.predictions import HEADS


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How to learn, apart from the features."""

    folds: int = 5
    # Features of a single mention cannot generalise; without them the model is a fifth the size.
    min_mentions_per_feature: int = 2
    inverse_regularisation: float = 10.0
    iterations: int = 1000


class HeadMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """Cross-validated: every mention was judged by a model that had not seen it.

    `baseline_log_loss` is that of guessing the class shares. `average_precision` is that of
    telling any class but "none" from "none"; guessing has the `prevalence` on average.
    """

    mentions: int
    log_loss: float
    baseline_log_loss: float
    macro_f1: float
    average_precision: float
    prevalence: float
    temperature: float


class TrainingReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a model was trained on and how well it did."""

    label_set_hash: str
    seed: int
    recipe: Recipe
    counts: dict[str, dict[str, int]]  # of "lang" and of each estimator: label to mentions
    metrics: dict[str, HeadMetrics]  # one for each estimator
    behaviour: BehaviourReport | None = None  # of the model itself; models from before have none


Progress = Callable[[str, int, int], None]
"""Told the estimator, how many of its fits are done, and how many it has: folds and the last."""

DEFAULT_TEXT: Final = HashedText(sublinear_tf=True)
DEFAULT_RECIPE: Final = Recipe()


def train(
    items: Sequence[LabelledMention],
    seed: int,
    *,
    text: HashedText = DEFAULT_TEXT,
    recipe: Recipe = DEFAULT_RECIPE,
    progress: Progress = lambda estimator, done, fits: None,
) -> tuple[Model, TrainingReport]:
    """Return a model and its cross-validated report; the same inputs give the same model.

    The order of `items` does not matter. A head learns from the mentions whose label is settled.
    Raises CorpusError when a class has fewer mentions than there are folds, and
    ModelRejectedError when a head's log loss is not below that of guessing the class shares.
    """
    items = sorted(items, key=lambda item: item.id)
    rows = text.transform([item.text for item in items])
    heads: dict[str, LogisticRegression] = {}
    metrics: dict[str, HeadMetrics] = {}
    counts: dict[str, dict[str, int]] = {"lang": dict(Counter(str(item.lang) for item in items))}
    # L-BFGS works on short vectors: BLAS threads only wait for each other, which took 65 s in
    # place of 4 on two busy cores.
    with threadpool_limits(limits=1):
        for name, classes, answers in _questions(items):
            settled = [at for at, answer in enumerate(answers) if answer is not None]
            labels = np.array([answers[at] for at in settled], dtype=np.intp)
            counts[name] = dict(
                zip(classes, np.bincount(labels, minlength=len(classes)).tolist(), strict=True)
            )
            for label, count in counts[name].items():
                if count < recipe.folds:
                    raise CorpusError(f"{name} {label!r}: {count} mentions, need {recipe.folds}")
            heads[name], metrics[name] = _train_head(
                name, rows[settled], labels, seed, recipe, progress
            )
    model = Model.from_heads(text, heads)
    report = TrainingReport(
        label_set_hash=label_set_hash(items),
        seed=seed,
        recipe=recipe,
        counts=counts,
        metrics=metrics,
        behaviour=check_behaviour(model),
    )
    return model, report


def _questions(
    items: Sequence[LabelledMention],
) -> Iterator[tuple[str, tuple[str, ...], list[int | None]]]:
    """Each estimator's name, its classes, and the answer of each item where it is settled."""
    for name, head in HEADS.items():
        if not head.many:
            labels = [getattr(item, name) for item in items]
            yield name, head.classes, [head.classes.index(one) if one else None for one in labels]
            continue
        for act in head.classes:
            done = [None if item.acts is None else int(act in item.acts) for item in items]
            yield f"{name}.{act}", ("no", "yes"), done


def _train_head(
    name: str,
    rows: sparse.csr_matrix,
    labels: Labels,
    seed: int,
    recipe: Recipe,
    progress: Progress,
) -> tuple[LogisticRegression, HeadMetrics]:
    folds = StratifiedKFold(recipe.folds, shuffle=True, random_state=seed)
    fold_of = np.empty(len(labels), dtype=np.intp)
    shares = np.empty((len(labels), int(labels.max()) + 1))
    scores: Scores = np.empty_like(shares)
    for fold, (learnt, held_out) in enumerate(folds.split(rows, labels)):
        fold_of[held_out] = fold
        shares[held_out] = np.bincount(labels[learnt]) / len(learnt)
        scores[held_out] = _scores(_fit(rows[learnt], labels[learnt], recipe), rows[held_out])
        progress(name, fold + 1, recipe.folds + 1)

    # Each fold is cooled by the temperature of the others, so none is judged by its own labels.
    cooled = np.empty_like(scores)
    for fold in range(recipe.folds):
        own = fold_of == fold
        cooled[own] = scores[own] / fit_temperature(scores[~own], labels[~own])
    temperature = fit_temperature(scores, labels)
    metrics = _measure(labels, softmax(cooled, axis=1), shares, temperature)
    if metrics.log_loss >= metrics.baseline_log_loss:
        raise ModelRejectedError(
            f"{name}: log loss {metrics.log_loss:.3f}, baseline {metrics.baseline_log_loss:.3f}"
        )
    head = _fit(rows, labels, recipe)
    progress(name, recipe.folds + 1, recipe.folds + 1)
    # Half precision changes no judgement, and a file of the model is half as long.
    head.coef_ = (head.coef_ / temperature).astype(np.float16).astype(np.float32)
    head.intercept_ /= temperature
    return head, metrics


def _scores(head: LogisticRegression, rows: sparse.csr_matrix) -> Scores:
    """One column for each class; of yes or no, the one for no stays 0."""
    scores = np.asarray(head.decision_function(rows), dtype=np.float64)
    return scores if scores.ndim == 2 else np.column_stack([np.zeros_like(scores), scores])


def _fit(rows: sparse.csr_matrix, labels: Labels, recipe: Recipe) -> LogisticRegression:
    """Fit on the columns that occur often enough; the rest get coefficients of zero."""
    mentions = np.bincount(rows.indices, minlength=rows.shape[1])
    kept = np.flatnonzero(mentions >= recipe.min_mentions_per_feature)
    head = LogisticRegression(C=recipe.inverse_regularisation, max_iter=recipe.iterations)
    head.fit(rows[:, kept].astype(np.float64), labels)
    coefficients = np.zeros((len(head.coef_), rows.shape[1]), dtype=np.float32)
    coefficients[:, kept] = head.coef_
    head.coef_ = coefficients
    head.intercept_ = head.intercept_.astype(np.float32)
    head.n_features_in_ = rows.shape[1]
    return head


def _measure(
    labels: Labels,
    probabilities: npt.NDArray[np.float64],
    shares: npt.NDArray[np.float64],
    temperature: float,
) -> HeadMetrics:
    classes = np.arange(probabilities.shape[1])
    any_class = labels > 0
    return HeadMetrics(
        mentions=len(labels),
        log_loss=float(log_loss(labels, probabilities, labels=classes)),
        baseline_log_loss=float(log_loss(labels, shares, labels=classes)),
        macro_f1=float(f1_score(labels, probabilities.argmax(axis=1), average="macro")),
        average_precision=float(average_precision_score(any_class, 1 - probabilities[:, 0])),
        prevalence=float(any_class.mean()),
        temperature=temperature,
    )
