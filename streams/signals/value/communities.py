"""Communities: who belongs together by whom they answer."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from graspologic_native import leiden_csr
from numpy.typing import NDArray
from scipy import sparse

SMALLEST: Final = 3  # two people are a pair
_SEED: Final = 5  # any will do; the same graph must give the same communities
_ITERATIONS: Final = 2  # the second mends most of what the first left; more gain little


def communities(
    edges: NDArray[np.int64], weights: Sequence[float] | NDArray[np.float64], people: int
) -> NDArray[np.uint32]:
    """The community of each person 0 … people-1: 1 is the largest, 0 is none.

    By the Leiden method (Traag et al. 2019, doi 10.1038/s41598-019-41695-z) on modularity,
    undirected; answers are the weights. Equal input gives equal output.
    """
    found = np.zeros(people, dtype=np.uint32)
    if not len(edges):
        return found
    one_way = sparse.csr_matrix((np.asarray(weights, dtype=float), edges.T), shape=(people, people))
    ties = sparse.csr_matrix(one_way + one_way.T)
    ties.sort_indices()
    _, community_of = leiden_csr(
        ties.indptr.astype(np.int64),
        ties.indices.astype(np.int32),
        ties.data,
        people,
        iterations=_ITERATIONS,
        seed=_SEED,
    )
    membership = np.empty(people, dtype=np.int64)
    membership[list(community_of)] = list(community_of.values())
    sizes = np.bincount(membership)
    first = np.full(len(sizes), people, dtype=np.int64)
    np.minimum.at(first, membership, np.arange(people))
    numbers = np.zeros(len(sizes), dtype=np.uint32)
    kept = [n for n in np.lexsort((first, -sizes)) if sizes[n] >= SMALLEST]
    numbers[kept] = np.arange(1, len(kept) + 1, dtype=np.uint32)
    return numbers[membership]
