"""Texts and sets of words as the steps compare them: without case and accents."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from models.features import folding_table
from streams.steps import kernels


def folding() -> npt.NDArray[np.uint32]:
    """The folding of case and accents that `kernels.words` is called with everywhere."""
    return folding_table(lowercase=True, strip_accents=True)


def word_table(
    groups: Mapping[int, Iterable[str]],
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint16]]:
    """A hash table from the words of each group to the bits of the groups they are in.

    Open addressing, 0 is free, at most half of the places are taken. Raises ValueError for what
    is not one word.
    """
    bits: dict[str, int] = {}
    for group, words in groups.items():
        for word in words:
            bits[word] = bits.get(word, 0) | 1 << group
    characters, offsets = kernels.code_points(list(bits))
    hashes, ends, _ = kernels.words(characters, offsets, folding())
    if (np.diff(ends) != 1).any():
        raise ValueError("each entry must be one word")
    size = 1 << (2 * len(bits)).bit_length()
    keys, values = np.zeros(size, np.uint64), np.zeros(size, np.uint16)
    for key, value in zip(hashes.tolist(), bits.values(), strict=True):
        place = key % size
        while keys[place] not in (0, key):
            place = (place + 1) % size
        keys[place] = key
        values[place] |= value
    return keys, values
