"""What a model does differently in each language: how it reads scores, and when it decides.

Scores come from the same coefficients in every language. They are then multiplied and shifted so
that probabilities are honest in that language (`models.calibration` fits how). A mention has
intent where its chance of any reaches the threshold of its language, and other heads lean by a
little to classes that would else hardly be decided for. All were chosen on mentions that the model
had not seen. A language that a model does not know is read by the first row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from models.outputs import BOUNDS, N_OUTPUTS, outputs_of
from models.predictions import HEADS, LabelIndices, Predictions, Probabilities

DEFAULT_THRESHOLD: Final = np.nan  # no threshold: the most probable class


@dataclass(frozen=True, slots=True, eq=False)
class Languages:
    """Rows of numbers, the first for any language that is not among `names`, then one for each.

    Attributes:
        names: ISO 639-1 codes, of the rows from the second on.
        scales: (1 + names, N_OUTPUTS), above 0, by which scores are multiplied.
        shifts: (1 + names, N_OUTPUTS), what is then added to them.
        thresholds: (1 + names,) chance of any intent from which a mention has intent; NaN for
            whichever class is the most probable.
        leanings: (1 + names, N_OUTPUTS) what is added to log chances before the largest of a
            head with one answer is decided for.
    """

    names: tuple[str, ...]
    scales: npt.NDArray[np.float32]
    shifts: npt.NDArray[np.float32]
    thresholds: npt.NDArray[np.float64]
    leanings: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        rows = 1 + len(self.names)
        numbers = (self.scales, self.shifts, self.leanings)
        shapes = [one.shape for one in numbers]
        if shapes != [(rows, N_OUTPUTS)] * 3 or self.thresholds.shape != (rows,):
            raise ValueError(f"expected {rows} rows of {N_OUTPUTS} outputs, got {shapes}")
        if not all(np.isfinite(one).all() for one in numbers):
            raise ValueError("scales, shifts and leanings must be finite")
        if (self.scales <= 0).any():
            raise ValueError("scales must be above 0")
        for first, last in pairwise(BOUNDS.tolist()):
            if (self.scales[:, first:last] != self.scales[:, first : first + 1]).any():
                raise ValueError("the classes of one head must have the same scale")

    @classmethod
    def alike(cls) -> Self:
        """All languages as they come: nothing scaled or shifted, the most probable class."""
        return cls(
            (),
            np.ones((1, N_OUTPUTS), np.float32),
            np.zeros((1, N_OUTPUTS), np.float32),
            np.full(1, DEFAULT_THRESHOLD),
            np.zeros((1, N_OUTPUTS), np.float32),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """The inverse of `arrays`; raises KeyError, TypeError or ValueError for what is none."""
        return cls(
            tuple(str(name) for name in arrays["names"]),
            np.asarray(arrays["scales"], dtype=np.float32),
            np.asarray(arrays["shifts"], dtype=np.float32),
            np.asarray(arrays["thresholds"], dtype=np.float64),
            np.asarray(arrays["leanings"], dtype=np.float32),
        )

    def arrays(self) -> dict[str, Any]:
        """What a model file holds of it."""
        return {
            "names": list(self.names),
            "scales": self.scales,
            "shifts": self.shifts,
            "thresholds": self.thresholds,
            "leanings": self.leanings,
        }

    def rows(self, langs: Iterable[str]) -> npt.NDArray[np.intp]:
        """The row of each mention; "es-MX" is read as "es"."""
        known = {name: number for number, name in enumerate(self.names, start=1)}
        return np.array([known.get(lang[:2].lower(), 0) for lang in langs], dtype=np.intp)

    def threshold(self, lang: str) -> float | None:
        """The threshold of a language, None where the most probable class decides."""
        found = float(self.thresholds[self.rows([lang])[0]])
        return None if np.isnan(found) else found

    def decide(
        self, probabilities: Mapping[str, Probabilities], langs: Sequence[str]
    ) -> Predictions:
        """Decide as each mention's language does.

        The first class of intent is "none"; where the threshold is reached the likelier of the
        others is decided for, however likely "none" is.
        """
        rows = self.rows(langs)
        made = Predictions.most_probable(probabilities)
        labels = {
            name: self._leaning(name, probabilities[name], rows, most_probable)
            for name, most_probable in made.labels.items()
        }
        thresholds = self.thresholds[rows]
        given = ~np.isnan(thresholds)
        if given.any():
            chances = probabilities["intent"]
            some = 1 + chances[:, 1:].argmax(axis=1)
            # In double precision, as whoever reads the stored chances compares them.
            reached = 1 - chances[:, 0].astype(np.float64) >= np.where(given, thresholds, 0)
            labels["intent"] = np.where(given, np.where(reached, some, 0), labels["intent"])
        return Predictions(probabilities, labels, made.acts)

    def _leaning(
        self,
        name: str,
        chances: Probabilities,
        rows: npt.NDArray[np.intp],
        most_probable: LabelIndices,
    ) -> LabelIndices:
        leanings = self.leanings[:, outputs_of(name)]
        if not leanings.any():
            return most_probable
        weights = np.exp(leanings)  # chances times these, largest where log chances plus leanings
        decided: LabelIndices = (chances * weights[rows]).argmax(axis=1)
        return decided

    def leaning(self, lang: str) -> dict[str, dict[str, float]]:
        """The leanings of a language by head and class, of the heads that have any."""
        own = self.leanings[self.rows([lang])[0]]
        return {
            name: dict(zip(head.classes, map(float, own[outputs_of(name)]), strict=True))
            for name, head in HEADS.items()
            if own[outputs_of(name)].any()
        }
