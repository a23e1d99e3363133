"""Communities: who belongs together by whom they answer."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sknetwork.clustering import Louvain

SMALLEST: Final = 3  # two people are a pair
_SEED: Final = 5  # any will do; the same graph must give the same communities


def communities(
    edges: NDArray[np.int64], weights: Sequence[float] | NDArray[np.float64], people: int
) -> NDArray[np.uint32]:
    """The community of each person 0 … people-1: 1 is the largest, 0 is none.

    By the Louvain method (Blondel et al. 2008, doi 10.1088/1742-5468/2008/10/P10008) on Newman's
    modularity, undirected; answers are the weights. Equal input gives equal output.
    """
    found = np.zeros(people, dtype=np.uint32)
    if not len(edges):
        return found
    ties = sparse.csr_matrix((np.asarray(weights, dtype=float), edges.T), shape=(people, people))
    louvain = Louvain(modularity="newman", random_state=_SEED)
    membership: NDArray[np.int64] = louvain.fit_predict(ties + ties.T).astype(np.int64)
    sizes = np.bincount(membership)
    first = np.full(len(sizes), people, dtype=np.int64)
    np.minimum.at(first, membership, np.arange(people))
    numbers = np.zeros(len(sizes), dtype=np.uint32)
    kept = [n for n in np.lexsort((first, -sizes)) if sizes[n] >= SMALLEST]
    numbers[kept] = np.arange(1, len(kept) + 1, dtype=np.uint32)
    return numbers[membership]
