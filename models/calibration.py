"""Making probabilities honest: of the mentions given 70 %, about 70 % should be right."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

_LOG_BOUNDS: Final = (-3.0, 3.0)  # temperatures from 0.05 to 20
# A shift costs its square times so many mentions: of a few hundred mentions, a class that is
# absent by chance must not be shifted out of reach.
_RIDGE: Final = 5.0
# Thresholds whose F1 is within this share of the best are as good; the middle one is taken.
_AS_GOOD: Final = 0.99
_STEPS: Final = np.arange(-1.5, 1.51, 0.25)
_LEANING_COST: Final = 0.003
_ROUNDS: Final = 2

Scores = npt.NDArray[np.float64]
Labels = npt.NDArray[np.intp]
Weights = npt.NDArray[np.float64]


class Reading(NamedTuple):
    """How scores are to be read: divided by the temperature, then shifted class by class."""

    temperature: float
    shifts: npt.NDArray[np.float64]

    def of(self, scores: Scores) -> Scores:
        """Return scores (n, classes) as they are to go into the softmax."""
        read: npt.NDArray[np.float64] = scores / self.temperature + self.shifts
        return read


def fit_temperature(scores: Scores, labels: Labels, weights: Weights | None = None) -> float:
    """Return the temperature that scores (n, classes) must be divided by before the softmax.

    It minimises the log loss (Guo et al. 2017, "On Calibration of Modern Neural Networks"). Give
    it scores of mentions the model was not trained on, or it will find none needed.
    """
    shares = _shares(labels, weights)

    def loss(log_temperature: float) -> float:
        log_probabilities = log_softmax(scores / np.exp(log_temperature), axis=1)
        return float(-(shares * log_probabilities[np.arange(len(labels)), labels]).sum())

    return float(np.exp(minimize_scalar(loss, bounds=_LOG_BOUNDS, method="bounded").x))


def fit_reading(scores: Scores, labels: Labels, weights: Weights | None = None) -> Reading:
    """Return the temperature and the shift of each class with which the log loss is least.

    Shifts are kept small by a ridge and sum to zero. Unseen mentions, as for `fit_temperature`.
    """
    shares = _shares(labels, weights)
    rows, classes = np.arange(len(labels)), scores.shape[1]

    def loss(found: npt.NDArray[np.float64]) -> float:
        log_probabilities = log_softmax(scores / np.exp(found[0]) + found[1:], axis=1)
        own = -(shares * log_probabilities[rows, labels]).sum()
        return float(own + _RIDGE / len(labels) * (found[1:] ** 2).sum())

    start = np.array([np.log(fit_temperature(scores, labels, weights)), *np.zeros(classes)])
    bounds = [_LOG_BOUNDS, *[(-5.0, 5.0)] * classes]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
    return Reading(float(np.exp(found[0])), found[1:] - found[1:].mean())


def best_threshold(
    chances: npt.NDArray[np.float64],
    yes: npt.NDArray[np.bool_],
    weights: Weights,
    precision: float | None = None,
) -> float:
    """Return the chance from which to say yes for the highest F1 on unseen mentions.

    F1 is flat near its best, and where exactly it peaks is chance: of the thresholds that are
    within 1 % of it, the middle one is returned. With a `precision` it is the one that finds most
    while at least this share of what it finds is right, as the chances themselves promise: counts
    of what came true sway with a few mentions. Where none promises as much, the surest one.
    """
    order = np.argsort(-chances, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(chances[order])), len(order) - 1)
    found = np.cumsum((weights * yes)[order])[ends]
    said = np.cumsum(weights[order])[ends]
    at = chances[order][ends]
    if precision is not None:
        promised = np.cumsum((weights * chances)[order])[ends] / said
        return float(at[promised >= min(precision, promised[0])].min())
    f1 = 2 * found / (said + (weights * yes).sum())
    good = at[f1 >= _AS_GOOD * f1.max()]
    return float((good.min() + good.max()) / 2)


def best_leanings(log_chances: Scores, labels: Labels, weights: Weights) -> npt.NDArray[np.float64]:
    """Return what to add to the log chance of each class before the largest decides.

    The most probable class is right most often, and hardly ever a rare one. With these the mean
    of the classes' F1 is highest, found by trying steps of a quarter, class by class, on unseen
    mentions; each step costs a little, so that small gains, which are chance, are left alone.
    """
    classes = log_chances.shape[1]
    leanings = np.zeros(classes)

    def worth(tried: npt.NDArray[np.float64]) -> float:
        decided = (log_chances + tried).argmax(axis=1)
        right = np.bincount(labels, weights * (decided == labels), classes)
        all_of_both = np.bincount(decided, weights, classes) + np.bincount(labels, weights, classes)
        f1 = 2 * right / np.where(all_of_both > 0, all_of_both, 1)
        return float(f1.mean() - _LEANING_COST * np.abs(tried).sum())

    best = worth(leanings)
    for _ in range(_ROUNDS):
        for k in range(classes):
            for step in _STEPS:
                tried = leanings.copy()
                tried[k] = step
                if (found := worth(tried)) > best + 1e-9:
                    best, leanings = found, tried
    return leanings


def _shares(labels: Labels, weights: Weights | None) -> Weights:
    given = np.ones(len(labels)) if weights is None else weights
    shares: Weights = given / given.sum()
    return shares
