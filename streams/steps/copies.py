"""What tells copies: a fingerprint of the words of a text, and bands that near copies share.

The canonical text is its words in order: case and accents folded; links, handles, emoji and
punctuation left out, as is a leading "RT @somebody". Digits stay: an advert for another model or
at another price is another text. A band is a part of a MinHash signature, so two texts that have
most of their words and pairs of neighbouring words in common share one almost surely, and
`streams.upkeep.near_duplicates` compares the texts themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from streams.steps import kernels, minhash
from streams.steps.reading import Reading

MIN_WORDS: Final = 4
MIN_LETTERS: Final = 20  # with fewer of both, people say the same without copying
BANDS: Final = minhash.BANDS


@dataclass(frozen=True, slots=True)
class Bands:
    """The bands of each text, BANDS or none; `bands[row]` are those of one."""

    numbers: npt.NDArray[np.uint64]  # shape (texts that have some, BANDS)
    starts: npt.NDArray[np.int32]  # in `numbers` laid flat; where the last one's end, too

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> npt.NDArray[np.uint64]:
        return self.numbers.ravel()[self.starts[row] : self.starts[row + 1]]


def signatures(
    texts: Sequence[str], reading: Reading | None = None
) -> tuple[npt.NDArray[np.uint64], Bands]:
    """Fingerprint and bands of each text; 0 and none for one too short to be judged."""
    reading = Reading.of(texts) if reading is None else reading
    usable = (reading.words >= MIN_WORDS) & (reading.letters >= MIN_LETTERS)
    fingerprints, shingles, starts = kernels.shingles(reading.hashes, reading.ends, usable)
    numbers = minhash.bands(shingles, starts, np.flatnonzero(usable))
    band_starts = np.zeros(len(usable) + 1, np.int32)
    np.cumsum(usable, out=band_starts[1:])
    return fingerprints, Bands(numbers, band_starts * np.int32(BANDS))
