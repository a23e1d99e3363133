"""Communities: who belongs together by whom they answer."""

import random
from collections.abc import Sequence
from typing import Final

import igraph
import numpy as np
from numpy.typing import NDArray

SMALLEST: Final = 3  # two people are a pair
_SEED: Final = 5  # any will do; the same graph must give the same communities
_RESOLUTION: Final = 1.0
_ROUNDS: Final = 3


def communities(
    edges: NDArray[np.int64], weights: Sequence[float] | NDArray[np.float64], people: int
) -> NDArray[np.uint32]:
    """The community of each person 0 … people-1: 1 is the largest, 0 is none.

    By the Leiden method (Traag, Waltman and van Eck 2019, doi 10.1038/s41598-019-41695-z) on
    modularity, undirected; answers are the weights. Equal input gives equal output.
    """
    found = np.zeros(people, dtype=np.uint32)
    if not len(edges):
        return found
    igraph.set_random_number_generator(random.Random(_SEED))  # noqa: S311 - no secret
    graph = igraph.Graph(n=people, edges=edges)
    clustering = graph.community_leiden(
        objective_function="modularity",
        weights=list(weights),
        resolution=_RESOLUTION,
        n_iterations=_ROUNDS,
    )
    membership = np.asarray(clustering.membership, dtype=np.int64)
    sizes = np.bincount(membership)
    first = np.full(len(sizes), people, dtype=np.int64)
    np.minimum.at(first, membership, np.arange(people))
    numbers = np.zeros(len(sizes), dtype=np.uint32)
    kept = [n for n in np.lexsort((first, -sizes)) if sizes[n] >= SMALLEST]
    numbers[kept] = np.arange(1, len(kept) + 1, dtype=np.uint32)
    return numbers[membership]
