"""The compiled loop behind `models.heads`: a sparse product and what makes it probabilities."""

import numpy as np
import numpy.typing as npt

from models.kernels import compiled


@compiled
def probabilities(
    values: npt.NDArray[np.float32],
    columns: npt.NDArray[np.int32],
    row_ends: npt.NDArray[np.int32],
    coefficients: npt.NDArray[np.float32],
    intercepts: npt.NDArray[np.float32],
    heads: npt.NDArray[np.int64],
) -> npt.NDArray[np.float32]:
    """Return the softmax, head by head, of a sparse matrix times stacked coefficients.

    `coefficients` has shape (n_features, n_outputs); head h owns the outputs from `heads[h]` up
    to `heads[h + 1]`. One with a single output is a yes or no: its sigmoid. scipy's own sparse
    product holds the GIL, so threads would queue for it.
    """
    n_rows = row_ends.size - 1
    n_outputs = intercepts.size
    scores = np.empty((n_rows, n_outputs), np.float32)
    for row in range(n_rows):
        scores[row] = intercepts
        start, end = row_ends[row], row_ends[row + 1]
        for at in range(start, end):
            value = values[at]
            weights = coefficients[columns[at]]
            for output in range(n_outputs):
                scores[row, output] += value * weights[output]
        for head in range(heads.size - 1):
            own = scores[row, heads[head] : heads[head + 1]]
            if own.size == 1:
                own[0] = 1 / (1 + np.exp(-own[0]))
            else:
                own[:] = np.exp(own - own.max())
                own /= own.sum()
    return scores
