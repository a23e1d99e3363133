"""What one look at the texts of a batch tells; the steps share it instead of looking each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.kernels import compiled
from streams.steps import kernels
from streams.steps.word_table import folding

Survey = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]
Ends = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reading:
    """Of each text what `kernels.survey` counts, and what `kernels.words` finds."""

    survey: Survey
    hashes: Hashes
    ends: Ends  # where the words of each text begin, and where the last one's end
    letters: npt.NDArray[np.int32]

    @classmethod
    def of(cls, texts: Sequence[str]) -> "Reading":
        """Read texts."""
        characters, offsets = kernels.code_points(texts)
        hashes, ends, letters = kernels.words(characters, offsets, folding())
        return cls(kernels.survey(characters, offsets, folding()), hashes, ends, letters)

    @property
    def words(self) -> Ends:
        """How many words each text has."""
        return np.diff(self.ends)

    def only(self, kept: npt.NDArray[np.bool_]) -> "Reading":
        """The same without the other texts; `kept` is a mask."""
        if kept.all():
            return self
        hashes, ends = _gathered(self.hashes, self.ends, np.flatnonzero(kept))
        return Reading(self.survey[kept], hashes, ends, self.letters[kept])

    def anew(self, rows: Sequence[int], texts: Sequence[str]) -> "Reading":
        """The same but for these rows, whose texts are others now."""
        if not rows:
            return self
        changed = Reading.of(texts)
        count = len(self.letters)
        order = np.arange(count)
        order[rows] = np.arange(count, count + len(rows))
        hashes, ends = _gathered(
            np.concatenate((self.hashes, changed.hashes)),
            np.concatenate((self.ends, changed.ends[1:] + self.ends[-1])),
            order,
        )
        survey, letters = self.survey.copy(), self.letters.copy()
        survey[rows], letters[rows] = changed.survey, changed.letters
        return Reading(survey, hashes, ends, letters)


@compiled
def _gathered(hashes: Hashes, ends: Ends, rows: npt.NDArray[np.int64]) -> tuple[Hashes, Ends]:
    """The words of these texts, in this order."""
    new_ends = np.zeros(rows.size + 1, np.int64)
    for place, row in enumerate(rows):
        new_ends[place + 1] = new_ends[place] + ends[row + 1] - ends[row]
    found = np.empty(new_ends[-1], np.uint64)
    for place, row in enumerate(rows):
        found[new_ends[place] : new_ends[place + 1]] = hashes[ends[row] : ends[row + 1]]
    return found, new_ends
