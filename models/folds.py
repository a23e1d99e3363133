"""Folds for cross-validation, in which near copies of a mention stay together."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

_VARYING: Final = re.compile(r"https?://\S+|@\w+|[\d\W_]+")


def skeleton(text: str) -> str:
    """Return what copies of a text share: its words, without handles, links, numbers and signs.

    The same advert with another price, or the same reply to another customer, has the same one.
    """
    return _VARYING.sub(" ", text.casefold()).strip()


def groups_of(texts: Sequence[str]) -> npt.NDArray[np.intp]:
    """Return a number for each text, the same for those with the same skeleton."""
    numbers: dict[str, int] = {}
    return np.array(
        [numbers.setdefault(skeleton(t) or t, len(numbers)) for t in texts], dtype=np.intp
    )


def folds_of(
    labels: npt.NDArray[np.intp], groups: npt.NDArray[np.intp], folds: int, seed: int
) -> npt.NDArray[np.intp]:
    """Return the fold of each mention; groups are whole, labels about as frequent in each fold.

    A group counts as its first mention's label. Raises ValueError where a label has fewer groups
    than there are folds.
    """
    _, firsts, which = np.unique(groups, return_index=True, return_inverse=True)
    strata = labels[firsts]
    if np.bincount(strata, minlength=int(labels.max()) + 1).min() < folds:
        raise ValueError(f"a label has fewer than {folds} mentions that differ")
    of_group = np.empty(len(firsts), dtype=np.intp)
    split = StratifiedKFold(folds, shuffle=True, random_state=seed).split(strata, strata)
    for fold, (_, held_out) in enumerate(split):
        of_group[held_out] = fold
    return of_group[which]
