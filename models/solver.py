"""Softmax regression on soft targets over sparse rows, compiled.

scikit-learn's solvers want one class for each row: a soft target becomes a row for every class,
and L-BFGS then takes ten times as long for a slightly worse model (models/EXPERIMENTS.md). This is
Adagrad (Duchi et al. 2011), row by row: a feature that seldom occurs keeps a large step, which is
what word n-grams need. What comes out is a scikit-learn estimator like any other.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from models.kernels import compiled

EPOCHS: Final = 10
# The step falls in a line from this to nothing. By cross-validation: 0.02 to 0.1 are too small,
# 1.0 is no better.
STEP: Final = 0.3
RIDGE: Final = 1e-5
_START: Final = 1e-3  # of the sums of squares, so that a feature's first step is no leap


@compiled
def _learn(
    values: npt.NDArray[np.float32],
    columns: npt.NDArray[np.int32],
    row_ends: npt.NDArray[np.int64],
    targets: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    order: npt.NDArray[np.int64],
    epochs: int,
    step: float,
    ridge: float,
    coefficients: npt.NDArray[np.float32],
    intercepts: npt.NDArray[np.float32],
    squares: npt.NDArray[np.float32],
) -> None:
    """Fit coefficients (features, classes) and intercepts in place, seeing rows in `order`."""
    n_rows, n_classes = targets.shape
    intercept_squares = np.ones(n_classes, np.float32)
    scores = np.empty(n_classes, np.float32)
    for turn in range(order.size):
        row = order[turn]
        rate = np.float32(step * (1 - (turn // n_rows) / epochs))
        for k in range(n_classes):
            scores[k] = intercepts[k]
        start, end = row_ends[row], row_ends[row + 1]
        for at in range(start, end):
            own = coefficients[columns[at]]
            for k in range(n_classes):
                scores[k] += values[at] * own[k]
        highest = scores.max()
        total = np.float32(0)
        for k in range(n_classes):
            scores[k] = np.exp(scores[k] - highest)
            total += scores[k]
        for k in range(n_classes):  # from here on the slopes
            scores[k] = weights[row] * (scores[k] / total - targets[row, k])
            intercept_squares[k] += scores[k] * scores[k]
            intercepts[k] -= rate * scores[k] / np.sqrt(intercept_squares[k])
        for at in range(start, end):
            own, seen = coefficients[columns[at]], squares[columns[at]]
            for k in range(n_classes):
                slope = scores[k] * values[at] + np.float32(ridge) * own[k]
                seen[k] += slope * slope
                own[k] -= rate * slope / np.sqrt(seen[k])


def fit(
    rows: sparse.csr_matrix,
    targets: npt.NDArray[np.floating],
    weights: npt.NDArray[np.floating],
    seed: int,
) -> LogisticRegression:
    """Return an estimator fitted to probabilities (rows, classes); the same inputs, the same fit.

    Of two classes it keeps one row of coefficients, as scikit-learn does.
    """
    random = np.random.default_rng(seed)
    n_rows, n_classes = targets.shape
    order = np.concatenate([random.permutation(n_rows) for _ in range(EPOCHS)])
    coefficients = np.zeros((rows.shape[1], n_classes), np.float32)
    intercepts = np.zeros(n_classes, np.float32)
    _learn(
        np.asarray(rows.data, dtype=np.float32),
        np.asarray(rows.indices, dtype=np.int32),
        np.asarray(rows.indptr, dtype=np.int64),
        np.ascontiguousarray(targets, dtype=np.float32),
        np.asarray(weights, dtype=np.float32),
        order,
        EPOCHS,
        STEP,
        RIDGE,
        coefficients,
        intercepts,
        np.full(coefficients.shape, _START, np.float32),
    )
    head = LogisticRegression()
    head.classes_ = np.arange(n_classes)
    head.coef_, head.intercept_ = coefficients.T, intercepts
    if n_classes == 2:
        head.coef_, head.intercept_ = np.diff(head.coef_, axis=0), np.diff(head.intercept_)
    head.n_features_in_ = rows.shape[1]
    return head
