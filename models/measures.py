"""Figures for many weightings of the same mentions at once.

Each function takes weights of shape (weightings, mentions) and returns one value, or one row, for
each weighting: the first may be the sample as it is, the others resamples of it (a bootstrap is
nothing but whole-number weights). Where a figure is not defined, as the precision of a class that
was never decided for, it is NaN.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float64]
Values = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]

BINS: Final = 10  # of a reliability curve, equally wide
_WEIGHTS_AT_ONCE: Final = 400_000  # so that a chunk of resamples stays in the cache, 3 MB


class Agreement(NamedTuple):
    """What was decided against what is so, each (weightings, classes)."""

    precision: Values
    recall: Values
    f1: Values


class Reliability(NamedTuple):
    """Of each bin of probability, its weight, what was promised and what came, summed."""

    mass: Values
    promised: Values
    came: Values

    def error(self) -> Values:
        """Return the expected calibration error: how far promises are off, on average."""
        return ratio(np.abs(self.promised - self.came).sum(axis=1), self.mass.sum(axis=1))


def ratio(top: Values, bottom: Values) -> Values:
    """Return top / bottom, NaN where bottom is 0."""
    quotient: Values = np.full(top.shape, np.nan)
    return np.divide(top, bottom, out=quotient, where=bottom > 0)


def confusion(weights: Weights, truth: Indices, decided: Indices, classes: int) -> Values:
    """Return how much weight has each truth (rows) and decision (columns)."""
    cells = np.zeros((len(truth), classes * classes))
    cells[np.arange(len(truth)), truth * classes + decided] = 1
    return (weights @ cells).reshape(-1, classes, classes)


def agreement(table: Values) -> Agreement:
    """Return precision, recall and F1 of each class from a confusion."""
    right = np.diagonal(table, axis1=1, axis2=2)
    decided, so = table.sum(axis=1), table.sum(axis=2)
    return Agreement(ratio(right, decided), ratio(right, so), ratio(2 * right, decided + so))


def yes_or_no(weights: Weights, truth: Flags, decided: Flags) -> Agreement:
    """Return precision, recall and F1 of yes, each (weightings,)."""
    right = weights @ (truth & decided)
    said, so = weights @ decided, weights @ truth
    return Agreement(ratio(right, said), ratio(right, so), ratio(2 * right, said + so))


def average_precision(weights: Weights, truth: Flags, scores: Values) -> Values:
    """Return the average precision, as scikit-learn defines it; mentions of one score go together.

    NaN where nothing is true. A constant score has the share of what is true.
    """
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    sorted_weights = weights[:, order]
    found = np.cumsum(sorted_weights * truth[order], axis=1)[:, ends]
    looked_at = np.cumsum(sorted_weights, axis=1)[:, ends]
    steps = np.diff(found, axis=1, prepend=0)
    precision = np.nan_to_num(ratio(found, looked_at))
    return ratio((precision * steps).sum(axis=1), found[:, -1])


def reliability(weights: Weights, probabilities: Values, came: Flags) -> Reliability:
    """Return promises and outcomes by bins of probability."""
    bins = np.zeros((len(probabilities), BINS))
    bins[np.arange(len(bins)), np.minimum((probabilities * BINS).astype(np.intp), BINS - 1)] = 1
    return Reliability(
        weights @ bins, weights @ (bins * probabilities[:, None]), weights @ (bins * came[:, None])
    )


def resamples(mentions: int, number: int, seed: int) -> Iterator[Weights]:
    """Yield bootstrap weights in chunks, `number` rows in all; the same seed, the same rows."""
    random = np.random.default_rng(seed)
    at_once = max(1, _WEIGHTS_AT_ONCE // max(1, mentions))
    for start in range(0, number, at_once):
        rows = min(at_once, number - start)
        drawn = random.integers(mentions, size=(rows, mentions))
        drawn += np.arange(rows)[:, None] * mentions  # so that one count serves all rows
        counts = np.bincount(drawn.ravel(), minlength=rows * mentions)
        yield counts.reshape(rows, mentions).astype(np.float64)


def to_prevalence(weights: Weights, positive: Flags, settled: Flags, share: float) -> Weights:
    """Weigh positives and negatives so that positives have the `share`; unsettled ones stay.

    The total weight of the settled mentions stays what it was. A weighting that has no positives,
    or no negatives, cannot be weighed so and is returned as it is.
    """
    yes, no = weights @ (positive & settled), weights @ (~positive & settled)
    total = yes + no
    possible = (yes > 0) & (no > 0)
    for_yes = np.where(possible, share * ratio(total, yes), 1.0)
    for_no = np.where(possible, (1 - share) * ratio(total, no), 1.0)
    factors = np.where(positive, for_yes[:, None], for_no[:, None])
    return weights * np.where(settled, factors, 1.0)
