"""Learning the heads from labelled mentions, and measuring honestly what was learnt."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, log_loss
from threadpoolctl import threadpool_limits

from models import solver
from models.analyser import HashedText
from models.behaviour import BehaviourReport, check_behaviour
from models.bias import ANY, GroupRates, group_rates, sources, varieties
from models.by_language import LanguageFigures, OutOfFold, fit_languages, judged_unseen
from models.calibration import Labels, Scores, fit_temperature
from models.errors import CorpusError, ModelRejectedError
from models.folds import folds_of, groups_of, overlaps
from models.heads import Model, features
from models.labels import LabelledMention, is_own, label_set_hash
from models.predictions import HEADS, Predictions, Texts
from models.teaching import Targets, Taught


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """How to learn, apart from the features."""

    folds: int = 5
    # Features of a single mention cannot generalise; without them the model is a fifth the size.
    min_mentions_per_feature: int = 2
    # Of L-BFGS, which learns where there is no teacher; `models.solver` learns from one.
    inverse_regularisation: float = 10.0
    iterations: int = 1000
    # How much a mention of the project's own corpus counts beside one from elsewhere.
    corpus_weight: float = 1.0
    taught_weight: float = 1.0  # how much a mention that a teacher judged counts
    # The regularisation that parents' words meet is this squared of what the text's words meet.
    parent_scale: float = 1.0
    prevalence: float | None = None  # the share of intent to calibrate for; None as labelled
    # What share of the mentions found to have intent must be right; None: the best F1.
    precision: float | None = None


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
    languages: dict[str, LanguageFigures] = {}  # of those with a threshold of their own
    # Rates and errors by language variety, of intent yes or no and of needs_reply, cross-validated.
    bias: list[GroupRates] = []
    bias_by_source: list[GroupRates] = []  # the same by where mentions were found
    taught: int = 0  # mentions that a teacher judged
    taught_hash: str = ""  # of the teacher's files


Progress = Callable[[str, int, int], None]
"""Told the estimator, how many of its fits are done, and how many it has: folds and the last."""

DEFAULT_TEXT: Final = HashedText(sublinear_tf=True)
# What is answered says what a reply is about: its words do, their spelling adds nothing.
DEFAULT_PARENT: Final = HashedText(2**16, char_ngrams=None, sublinear_tf=True)
DEFAULT_RECIPE: Final = Recipe()
# Weights below this move no chance by more than 0.007 (of 3,000 posts; by 0.0002 on average).
_LEAST_WEIGHT: Final = 0.03


@dataclass(frozen=True, slots=True)
class _Rows:
    """What all heads learn from: features, how much each row counts, and near copies."""

    known: sparse.csr_matrix
    weights: npt.NDArray[np.float64]
    groups: npt.NDArray[np.intp]
    taught: sparse.csr_matrix
    pieces: sparse.csr_matrix  # (taught, known): which of the taught may be a part of which


def train(
    items: Sequence[LabelledMention],
    seed: int,
    *,
    text: HashedText = DEFAULT_TEXT,
    parent: HashedText | None = DEFAULT_PARENT,
    recipe: Recipe = DEFAULT_RECIPE,
    taught: Taught | None = None,
    progress: Progress = lambda estimator, done, fits: None,
) -> tuple[Model, TrainingReport]:
    """Return a model and its cross-validated report; the same inputs give the same model.

    The order of `items` does not matter. A head learns from the mentions whose label is settled,
    and from what a teacher made of those `taught`. Figures are of labelled mentions, each judged
    without itself, its near copies and pieces of it among the taught; yet a teacher that has
    learnt from it judged the others better for it, which flatters a little.
    Raises CorpusError when a class has fewer mentions that differ than there are folds, and
    ModelRejectedError when a head's log loss is not below that of guessing the class shares.
    """
    items = sorted(items, key=lambda item: item.id)
    taught = Taught.none() if taught is None else taught
    rows = _rows(items, taught, text, parent, recipe)
    heads: dict[str, LogisticRegression] = {}
    metrics: dict[str, HeadMetrics] = {}
    unseen: dict[str, OutOfFold] = {}
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
            head = _Head(name, rows, np.array(settled), labels, taught.targets(name), seed, recipe)
            heads[name], metrics[name], unseen[name] = head.train(progress)
    languages, figures = fit_languages(items, unseen, recipe.prevalence, recipe.precision)
    for head in heads.values():  # parents were learnt from scaled, and are read as they are
        head.coef_[:, text.n_features :] *= recipe.parent_scale
    # Half precision, and no weights that move nothing, change no judgement; files are far shorter.
    for head in heads.values():
        head.coef_ = head.coef_.astype(np.float16).astype(np.float32)
        head.coef_[np.abs(head.coef_) < _LEAST_WEIGHT] = 0
    model = Model.from_heads(text, heads, parent=parent, languages=languages)
    judged = judged_unseen(items, unseen, languages)
    report = TrainingReport(
        label_set_hash=label_set_hash(items),
        seed=seed,
        recipe=recipe,
        counts=counts,
        metrics=metrics,
        behaviour=check_behaviour(model),
        languages=figures,
        bias=_bias(items, judged, varieties(items)),
        bias_by_source=_bias(items, judged, sources(items)),
        taught=len(taught),
        taught_hash=taught.digest,
    )
    return model, report


def _bias(
    items: Sequence[LabelledMention], judged: Predictions, groups: Sequence[str]
) -> list[GroupRates]:
    return [
        row
        for row in group_rates(items, judged, groups)
        if (row.head, row.label) in (("intent", ANY), ("needs_reply", "yes"))
    ]


def _rows(
    items: Sequence[LabelledMention],
    taught: Taught,
    text: HashedText,
    parent: HashedText | None,
    recipe: Recipe,
) -> _Rows:
    texts = Texts(
        [item.text for item in items],
        [item.lang for item in items],
        [item.parent_text or "" for item in items],
    )
    own = np.array([is_own(item) for item in items])
    weights = np.ones(len(items))
    if not own.all():
        weights[own] = recipe.corpus_weight
    scales = np.ones(text.n_features + (parent.n_features if parent else 0), dtype=np.float32)
    scales[text.n_features :] = recipe.parent_scale
    scaling = sparse.diags(scales, format="csr", dtype=np.float32)
    return _Rows(
        features(texts, text, parent) @ scaling,
        weights,
        groups_of(texts.texts),
        features(taught.texts, text, parent) @ scaling,
        overlaps(taught.texts.texts, texts.texts),
    )


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


@dataclass(frozen=True, slots=True)
class _Head:
    """One estimator and what it learns from."""

    name: str
    rows: _Rows
    settled: npt.NDArray[np.intp]
    labels: Labels  # of the settled
    targets: Targets  # of the taught
    seed: int
    recipe: Recipe

    def train(self, progress: Progress) -> tuple[LogisticRegression, HeadMetrics, OutOfFold]:
        """Return the estimator, cooled, with figures and scores of mentions it had not seen."""
        recipe, labels = self.recipe, self.labels
        try:
            fold_of = folds_of(labels, self.rows.groups[self.settled], recipe.folds, self.seed)
        except ValueError as error:
            raise CorpusError(f"{self.name}: {error}") from error
        shares = np.empty((len(labels), int(labels.max()) + 1))
        scores: Scores = np.empty_like(shares)
        for fold in range(recipe.folds):
            learnt, held_out = fold_of != fold, fold_of == fold
            shares[held_out] = np.bincount(labels[learnt]) / learnt.sum()
            head = self._fit(learnt)
            scores[held_out] = _scores(head, self.rows.known[self.settled[held_out]])
            progress(self.name, fold + 1, recipe.folds + 1)

        # Each fold is cooled by the temperature of the others, so none is judged by its own labels.
        cooled = np.empty_like(scores)
        for fold in range(recipe.folds):
            own = fold_of == fold
            cooled[own] = scores[own] / fit_temperature(scores[~own], labels[~own])
        temperature = fit_temperature(scores, labels)
        metrics = _measure(labels, softmax(cooled, axis=1), shares, temperature)
        if metrics.log_loss >= metrics.baseline_log_loss:
            raise ModelRejectedError(
                f"{self.name}: log loss {metrics.log_loss:.3f},"
                f" baseline {metrics.baseline_log_loss:.3f}"
            )
        head = self._fit(np.ones(len(labels), dtype=np.bool_))
        progress(self.name, recipe.folds + 1, recipe.folds + 1)
        head.coef_ /= temperature
        head.intercept_ /= temperature
        return head, metrics, OutOfFold(self.settled, labels, scores, fold_of, temperature)

    def _fit(self, learnt: npt.NDArray[np.bool_]) -> LogisticRegression:
        """Fit on the columns that occur often enough; the rest get coefficients of zero."""
        own = self.settled[learnt]
        rows, weights = self.rows.known[own], self.rows.weights[own]
        mentions = np.bincount(rows.indices, minlength=rows.shape[1])
        at, chances = self._targets(learnt)
        if len(at):
            mentions += np.bincount(self.rows.taught[at].indices, minlength=rows.shape[1])
        kept = np.flatnonzero(mentions >= self.recipe.min_mentions_per_feature)
        if len(at):
            certain = np.eye(chances.shape[1])[self.labels[learnt]]
            head = solver.fit(
                sparse.vstack([rows[:, kept], self.rows.taught[at][:, kept]], format="csr"),
                np.concatenate([certain, chances]),
                np.append(weights, np.full(len(at), self.recipe.taught_weight)),
                self.seed,
            )
        else:
            head = LogisticRegression(
                C=self.recipe.inverse_regularisation, max_iter=self.recipe.iterations
            )
            head.fit(rows[:, kept].astype(np.float64), self.labels[learnt], sample_weight=weights)
        coefficients = np.zeros((len(head.coef_), rows.shape[1]), dtype=np.float32)
        coefficients[:, kept] = head.coef_
        head.coef_ = coefficients
        head.intercept_ = head.intercept_.astype(np.float32)
        head.n_features_in_ = rows.shape[1]
        return head

    def _targets(self, learnt: npt.NDArray[np.bool_]) -> Targets:
        """The teacher's, without pieces of mentions that are held out."""
        held_out = np.zeros(self.rows.pieces.shape[1])
        held_out[self.settled[~learnt]] = 1
        kept = (self.rows.pieces @ held_out)[self.targets.at] == 0
        return Targets(self.targets.at[kept], self.targets.chances[kept])


def _scores(head: LogisticRegression, rows: sparse.csr_matrix) -> Scores:
    """One column for each class; of yes or no, the one for no stays 0."""
    scores = np.asarray(head.decision_function(rows), dtype=np.float64)
    return scores if scores.ndim == 2 else np.column_stack([np.zeros_like(scores), scores])


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
