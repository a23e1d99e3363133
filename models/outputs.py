"""Where the numbers of each head stand when all heads are computed together."""

from typing import Final

import numpy as np

from models.predictions import HEADS


def estimators_of(name: str) -> list[tuple[str, int]]:
    """The estimators of a head, with how many outputs each has: one, or one for each class."""
    head = HEADS[name]
    if head.many:
        return [(f"{name}.{label}", 1) for label in head.classes]
    return [(name, len(head.classes))]


ESTIMATORS: Final = [estimator for name in HEADS for estimator in estimators_of(name)]
BOUNDS: Final = np.cumsum([0, *(width for _, width in ESTIMATORS)])
"""Estimator number n owns the outputs from BOUNDS[n] up to BOUNDS[n + 1]."""
ENDS: Final = np.cumsum([len(head.classes) for head in HEADS.values()])
N_OUTPUTS: Final = int(BOUNDS[-1])


def outputs_of(head: str) -> slice:
    """The outputs of a head, in the order of its classes."""
    end = int(ENDS[list(HEADS).index(head)])
    return slice(end - len(HEADS[head].classes), end)
