"""MinHash signatures of a batch, folded into the bands that near copies share.

Compiled like `streams.steps.kernels`, without the GIL. Changing anything here makes stored bands
useless: near copies of what is stored would no longer be found.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from models.kernels import compiled

BANDS: Final = 8
ROWS_PER_BAND: Final = 3
HASHES: Final = BANDS * ROWS_PER_BAND
SEED: Final = 20_260_705

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_MIXER = np.uint32(0x85EBCA6B)
_HIGHEST = np.uint32(0xFFFFFFFF)


@compiled
def _multipliers() -> npt.NDArray[np.uint32]:
    """An odd factor and a mask for each hash: SplitMix64 from SEED on; shape (2, HASHES)."""
    found = np.empty((2, HASHES), np.uint32)
    state = np.uint64(SEED)
    for which in range(2):
        for number in range(HASHES):
            state += _GOLDEN
            mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            found[which, number] = np.uint32(mixed >> _HALF)
    found[0] |= np.uint32(1)
    return found


@compiled
def bands(
    shingles: npt.NDArray[np.uint64], starts: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
) -> npt.NDArray[np.uint64]:
    """BANDS numbers for each of `rows`; the number of a band is part of its hash.

    The shingles of row r are `shingles[starts[r]:starts[r + 1]]`, well mixed hashes.
    """
    found = np.empty((rows.size, BANDS), np.uint64)
    multipliers = _multipliers()
    factors, masks = multipliers[0], multipliers[1]
    smallest = np.empty(HASHES, np.uint32)
    for place, row in enumerate(rows):
        smallest[:] = _HIGHEST
        for at in range(starts[row], starts[row + 1]):
            shingle = np.uint32(shingles[at] >> _HALF)
            for number in range(HASHES):
                value = np.uint32((shingle ^ masks[number]) * factors[number])
                value = np.uint32((value ^ (value >> np.uint32(15))) * _MIXER)
                smallest[number] = min(smallest[number], value)
        for band in range(BANDS):
            state = np.uint64(band + 1)
            for part in range(ROWS_PER_BAND):
                state = (state ^ np.uint64(smallest[band * ROWS_PER_BAND + part])) * _GOLDEN
                state ^= state >> _HALF
            found[place, band] = state
    return found
