"""How alike two texts are, and each text's nearest neighbour among many."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import sparse

SHINGLE = 5
_BLOCK = 512


def shingles(text: str) -> set[str]:
    """The runs of five characters of a text's words; of the text itself where it has none."""
    words = " ".join(re.findall(r"\w+", text.lower())) or text
    return {words[at : at + SHINGLE] for at in range(max(1, len(words) - SHINGLE + 1))}


def nearest(
    texts: Sequence[str], others: Sequence[str] | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """For each text the highest Jaccard similarity to another, and where that one is.

    Compares with `others` where given, else with the rest of `texts`.
    """
    vocabulary: dict[str, int] = {}
    left = _matrix(texts, vocabulary)
    right = left if others is None else _matrix(others, vocabulary)
    width = max(left.shape[1], right.shape[1])
    left.resize(left.shape[0], width)
    right.resize(right.shape[0], width)
    sizes = np.asarray(right.sum(axis=1)).ravel()
    best, where = np.empty(len(texts)), np.empty(len(texts), dtype=np.intp)
    for start in range(0, len(texts), _BLOCK):
        rows = left[start : start + _BLOCK]
        shared = (rows @ right.T).toarray()
        if others is None:
            shared[np.arange(len(shared)), np.arange(start, start + len(shared))] = 0
        own = np.asarray(rows.sum(axis=1)).ravel()
        similarity = shared / (own[:, None] + sizes[None, :] - shared)
        at = similarity.argmax(axis=1)
        where[start : start + len(at)] = at
        best[start : start + len(at)] = similarity[np.arange(len(at)), at]
    return best, where


def _matrix(texts: Sequence[str], vocabulary: dict[str, int]) -> sparse.csr_matrix:
    indptr: list[int] = [0]
    indices: list[int] = []
    for text in texts:
        indices.extend(vocabulary.setdefault(run, len(vocabulary)) for run in shingles(text))
        indptr.append(len(indices))
    ones = np.ones(len(indices), dtype=np.float32)
    return sparse.csr_matrix((ones, indices, indptr), shape=(len(texts), len(vocabulary)))
