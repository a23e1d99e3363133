"""The compiled loop behind `models.heads`: a sparse product and what makes it probabilities."""

import numpy as np
import numpy.typing as npt

from models.kernels import compiled


@compiled
def _sum_in_registers(
    values: npt.NDArray[np.float32],
    columns: npt.NDArray[np.int32],
    coefficients: npt.NDArray[np.float32],
    sums: npt.NDArray[np.float32],
) -> None:
    """Add one row's products to as many sums as the shipped heads have; in memory it is slower."""
    s0, s1, s2, s3, s4 = sums[0], sums[1], sums[2], sums[3], sums[4]
    s5, s6, s7, s8 = sums[5], sums[6], sums[7], sums[8]
    for at in range(values.size):
        value = values[at]
        weights = coefficients[columns[at]]
        s0 += value * weights[0]
        s1 += value * weights[1]
        s2 += value * weights[2]
        s3 += value * weights[3]
        s4 += value * weights[4]
        s5 += value * weights[5]
        s6 += value * weights[6]
        s7 += value * weights[7]
        s8 += value * weights[8]
    sums[0], sums[1], sums[2], sums[3], sums[4] = s0, s1, s2, s3, s4
    sums[5], sums[6], sums[7], sums[8] = s5, s6, s7, s8


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
        if n_outputs == REGISTERS:
            _sum_in_registers(values[start:end], columns[start:end], coefficients, scores[row])
        else:
            for at in range(start, end):
                scores[row] += values[at] * coefficients[columns[at]]
        for head in range(heads.size - 1):
            own = scores[row, heads[head] : heads[head + 1]]
            if own.size == 1:
                own[0] = 1 / (1 + np.exp(-own[0]))
            else:
                own[:] = np.exp(own - own.max())
                own /= own.sum()
    return scores
