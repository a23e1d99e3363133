"""What a model does differently in each language: how it reads scores, and when it decides.

Scores come from the same coefficients in every language. They are then multiplied and shifted so
that probabilities are honest in that language (`models.calibration` fits how), and a mention has
intent where its chance of any reaches the threshold of its language. Both were chosen on mentions
that the model had not seen. A language that a model does not know is read by the first row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from models.outputs import BOUNDS, N_OUTPUTS
from models.predictions import Predictions, Probabilities

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
    """

    names: tuple[str, ...]
    scales: npt.NDArray[np.float32]
    shifts: npt.NDArray[np.float32]
    thresholds: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        rows = 1 + len(self.names)
        shapes = (self.scales.shape, self.shifts.shape, self.thresholds.shape)
        if shapes != ((rows, N_OUTPUTS), (rows, N_OUTPUTS), (rows,)):
            raise ValueError(f"expected {rows} rows of {N_OUTPUTS} outputs, got {shapes}")
        if not (np.isfinite(self.scales).all() and np.isfinite(self.shifts).all()):
            raise ValueError("scales and shifts must be finite")
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
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> Self:
        """The inverse of `arrays`; raises KeyError, TypeError or ValueError for what is none."""
        return cls(
            tuple(str(name) for name in arrays["names"]),
            np.asarray(arrays["scales"], dtype=np.float32),
            np.asarray(arrays["shifts"], dtype=np.float32),
            np.asarray(arrays["thresholds"], dtype=np.float64),
        )

    def arrays(self) -> dict[str, Any]:
        """What a model file holds of it."""
        return {
            "names": list(self.names),
            "scales": self.scales,
            "shifts": self.shifts,
            "thresholds": self.thresholds,
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
        """Decide for the most probable class, and for intent where its threshold is reached.

        The first class of intent is "none"; where the threshold is reached the likelier of the
        others is decided for, however likely "none" is.
        """
        made = Predictions.most_probable(probabilities)
        thresholds = self.thresholds[self.rows(langs)]
        given = ~np.isnan(thresholds)
        if not given.any():
            return made
        chances = probabilities["intent"]
        some = 1 + chances[:, 1:].argmax(axis=1)
        # In double precision, as whoever reads the stored chances compares them.
        reached = 1 - chances[:, 0].astype(np.float64) >= np.where(given, thresholds, 0)
        intents = np.where(given, np.where(reached, some, 0), made.labels["intent"])
        return Predictions(
            probabilities, {**made.labels, "intent": intents.astype(np.intp)}, made.acts
        )
