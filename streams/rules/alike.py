"""Hits that ask the same of the same word: one closer look decides all of them.

Compiled like `streams.rules.scan`. Characters are compared, not only their hashes, so nobody can
make two words pass for one.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from models.kernels import compiled
from streams.rules.scan import Ints, Points, mix

FREE: Final = -1
_SEED = np.uint64(0x452821E638D01377)

Rows = npt.NDArray[np.int64]


@compiled
def alike(
    hits: Ints, row_ends: Rows, doubtful: npt.NDArray[np.bool_], langs: Ints, points: Points
) -> tuple[Rows, Rows, Rows]:
    """Return the hits of doubtful atoms, their rows, and which of them is the first one like each.

    `doubtful` has one entry per atom, `langs` one number per row; `points` is what was scanned.
    """
    count = 0
    for hit in range(hits.shape[0]):
        count += doubtful[hits[hit, 0]]
    found, rows, first = (
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
    )
    size = 16
    while size < 2 * count:
        size *= 2
    places = np.full(size, FREE, np.int64)
    filled = 0
    hit = 0
    for row in range(row_ends.size):
        while hit < row_ends[row]:
            atom, start, end = hits[hit, 0], hits[hit, 2], hits[hit, 3]
            if doubtful[atom]:
                state = mix(mix(_SEED, np.uint32(atom)), np.uint32(langs[row]))
                for at in range(start, end):
                    state = mix(state, points[at])
                place = np.int64(state & np.uint64(size - 1))
                while places[place] != FREE:
                    other = places[place]
                    if langs[rows[other]] == langs[row] and _same(hits, found[other], hit, points):
                        break
                    place = (place + 1) & (size - 1)
                if places[place] == FREE:
                    places[place] = filled
                found[filled], rows[filled], first[filled] = hit, row, places[place]
                filled += 1
            hit += 1
    return found, rows, first


@compiled
def _same(hits: Ints, one: int, other: int, points: Points) -> bool:
    """Whether two hits are of one atom and of words written alike."""
    start, length = hits[one, 2], hits[one, 3] - hits[one, 2]
    begin = hits[other, 2]
    if hits[one, 0] != hits[other, 0] or hits[other, 3] - begin != length:
        return False
    for at in range(length):  # noqa: SIM110  # compiled: a generator would not be
        if points[start + at] != points[begin + at]:
            return False
    return True
