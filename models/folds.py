"""Folds for cross-validation: near copies stay together, and pieces of mentions with them."""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.model_selection import StratifiedKFold

_COMMON: Final = 50  # texts that a pair of words may be in and still tell one from another
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


def overlaps(pieces: Sequence[str], whole: Sequence[str], least: float = 0.25) -> sparse.csr_matrix:
    """Return which of the `whole` texts each piece may be a part of, (pieces, whole), as ones.

    A piece is taken for a part of a text that has at least that share of its pairs of words. Pairs
    that many texts have do not count.
    """
    having: dict[tuple[str, str], list[int]] = {}
    for number, text in enumerate(whole):
        for pair in _pairs(text):
            having.setdefault(pair, []).append(number)
    rows: list[int] = []
    columns: list[int] = []
    for number, piece in enumerate(pieces):
        telling = [texts for pair in _pairs(piece) if len(texts := having.get(pair, [])) <= _COMMON]
        found = Counter(text for texts in telling for text in texts)
        own = [text for text, shared in found.items() if shared >= least * len(telling)]
        rows += [number] * len(own)
        columns += own
    ones = np.ones(len(rows), dtype=np.int8)
    return sparse.csr_matrix((ones, (rows, columns)), shape=(len(pieces), len(whole)))


def _pairs(text: str) -> set[tuple[str, str]]:
    return set(pairwise(text.split()))
