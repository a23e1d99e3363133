"""The compiled loop behind `models.heads`: a sparse product and what makes it probabilities."""

import numpy as np
import numpy.typing as npt

from models.kernels import compiled


@compiled
def add(
    scores: npt.NDArray[np.float32],
    values: npt.NDArray[np.float32],
    columns: npt.NDArray[np.int32],
    row_ends: npt.NDArray[np.int32],
    coefficients: npt.NDArray[np.float32],
    rows: npt.NDArray[np.int64],
    first: int,
) -> None:
    """Add a sparse matrix times coefficients to some rows of the scores.

    Row n of the matrix goes to `rows[n]`; its columns count from the coefficients' row `first`.
    scipy's own sparse product holds the GIL, so threads would queue for it.
    """
    n_outputs = scores.shape[1]
    for row in range(row_ends.size - 1):
        own = scores[rows[row]]
        for at in range(row_ends[row], row_ends[row + 1]):
            value = values[at]
            weights = coefficients[first + columns[at]]
            for output in range(n_outputs):
                own[output] += value * weights[output]


@compiled
def to_probabilities(
    scores: npt.NDArray[np.float32],
    heads: npt.NDArray[np.int64],
    scales: npt.NDArray[np.float32],
    shifts: npt.NDArray[np.float32],
    languages: npt.NDArray[np.int64],
) -> None:
    """Turn scores into probabilities in place, head by head, as each row's language has it.

    Head h owns the outputs from `heads[h]` up to `heads[h + 1]`: their softmax. One with a single
    output is a yes or no: its sigmoid.
    """
    for row in range(scores.shape[0]):
        scale, shift = scales[languages[row]], shifts[languages[row]]
        for output in range(scores.shape[1]):
            scores[row, output] = scores[row, output] * scale[output] + shift[output]
        for head in range(heads.size - 1):
            own = scores[row, heads[head] : heads[head + 1]]
            if own.size == 1:
                own[0] = 1 / (1 + np.exp(-own[0]))
            else:
                own[:] = np.exp(own - own.max())
                own /= own.sum()
