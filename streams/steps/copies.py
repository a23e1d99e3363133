"""What tells copies: a fingerprint of the words of a text, and bands that near copies share.

The canonical text is its words in order: case and accents folded; links, handles, emoji and
punctuation left out, as is a leading "RT @somebody". Digits stay: an advert for another model or
at another price is another text. A band is a part of a MinHash signature, so two texts that have
most of their words and pairs of neighbouring words in common share one almost surely, and
`streams.upkeep.near_duplicates` compares the texts themselves.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from streams.steps import kernels
from streams.steps.word_table import folding

MIN_WORDS: Final = 4
MIN_LETTERS: Final = 20  # with fewer of both, people say the same without copying
BANDS: Final = 8
ROWS_PER_BAND: Final = 3
_SEED: Final = 20_260_704  # of the signatures that are stored: never change it alone
_MIXER: Final = np.uint64(0x9E3779B97F4A7C15)


def signatures(
    texts: Sequence[str],
) -> tuple[npt.NDArray[np.uint64], list[npt.NDArray[np.uint64]]]:
    """Fingerprint and bands of each text; 0 and none for one too short to be judged."""
    characters, offsets = kernels.code_points(texts)
    hashes, ends, letters = kernels.words(characters, offsets, folding())
    usable = (np.diff(ends) >= MIN_WORDS) & (letters >= MIN_LETTERS)
    fingerprints, shingles, starts = kernels.shingles(hashes, ends, usable)
    nothing = np.zeros(0, np.uint64)
    bands: list[npt.NDArray[np.uint64]] = [nothing] * len(texts)
    rows = np.flatnonzero(usable)
    if rows.size:
        for row, row_bands in zip(rows.tolist(), _bands(shingles, starts, rows), strict=True):
            bands[row] = row_bands
    return fingerprints, bands


def _bands(
    shingles: npt.NDArray[np.uint64], starts: npt.NDArray[np.int64], rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.uint64]:
    """One row of BANDS numbers for each of `rows`; the number of a band is part of its hash."""
    row_starts = np.append(starts[rows], starts[-1]).astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(
        shingles, row_starts, BANDS * ROWS_PER_BAND, _SEED
    )
    digests = np.array(matrix.to_rows(), dtype=np.uint64).reshape(-1, BANDS, ROWS_PER_BAND)
    bands = np.broadcast_to(np.arange(1, BANDS + 1, dtype=np.uint64), digests.shape[:2]).copy()
    for part in range(ROWS_PER_BAND):
        bands = (bands ^ digests[:, :, part]) * _MIXER
        bands ^= bands >> np.uint64(32)
    return bands
