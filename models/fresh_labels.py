"""Whether chances still come true: calibration on labels that people gave lately.

Only labels of the random draw, given without a look at the model, are worth anything here: what is
offered for being uncertain is where a model is least sure, by design.

The expected calibration error is the mean distance of what bins of chance promised from what came
(M. Pakdaman Naeini, G. Cooper and M. Hauskrecht, Obtaining well calibrated probabilities using
Bayesian binning, AAAI 2015). On few labels it is far from 0 for a perfect model too, so it is
compared with what it would be if every chance were true: outcomes are drawn from the chances
themselves, as in the consistency resampling of J. Bröcker and L. Smith (Increasing the reliability
of reliability diagrams, Weather and Forecasting 22, 2007).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from models import measures

Chances = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MIN_LABELS: Final = 50
ALARM_ECE: Final = 0.1  # beyond what chance gives on average
FALSE_ALARM: Final = 1e-3
RESAMPLES: Final = 2_000
_Z: Final = 1.96


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval, after E. B. Wilson (1927); NaN of nothing."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class FreshCalibration:
    """How chances of yes compare with what people said.

    Attributes:
        ece: expected calibration error, with its 95 % bootstrap interval.
        noise: what it would be on average if the chances were true.
        floor: what it would exceed in one case of 1,000 if they were.
        precision, recall: of the model's yes as it was stored, so at its own threshold.
    """

    labels: int
    positives: int
    ece: float
    ece_low: float
    ece_high: float
    noise: float
    floor: float
    precision: Rate
    recall: Rate

    @property
    def is_alarm(self) -> bool:
        """Whether a person should look: promises are far off, and it is not chance."""
        enough = self.labels >= MIN_LABELS
        return enough and self.ece > self.floor and self.ece - self.noise >= ALARM_ECE


def wilson(hits: int, tries: int) -> Rate:
    """Return hits / tries and Wilson's interval."""
    if not tries:
        return Rate(np.nan, np.nan, np.nan)
    share, square = hits / tries, _Z**2
    middle = (hits + square / 2) / (tries + square)
    reach = _Z * np.sqrt(share * (1 - share) * tries + square / 4) / (tries + square)
    return Rate(share, max(0.0, float(middle - reach)), min(1.0, float(middle + reach)))


def calibration(
    chances: Chances, came: Flags, decided: Flags, *, seed: int = 7
) -> FreshCalibration:
    """Return the calibration of chances (n,) of yes, given what came and what was decided.

    Raises ValueError when there are no labels. The same seed gives the same figures.
    """
    n = len(chances)
    if not n:
        raise ValueError("no labels")
    error = measures.reliability(np.ones((1, n)), chances, came).error()
    resampled = np.concatenate(
        [
            measures.reliability(weights, chances, came).error()
            for weights in measures.resamples(n, RESAMPLES, seed)
        ]
    )
    by_chance = _errors_if_true(chances, seed)
    both = int((came & decided).sum())
    return FreshCalibration(
        labels=n,
        positives=int(came.sum()),
        ece=float(error[0]),
        ece_low=float(np.quantile(resampled, 0.025)),
        ece_high=float(np.quantile(resampled, 0.975)),
        noise=float(by_chance.mean()),
        floor=float(np.quantile(by_chance, 1 - FALSE_ALARM)),
        precision=wilson(both, int(decided.sum())),
        recall=wilson(both, int(came.sum())),
    )


def _errors_if_true(chances: Chances, seed: int) -> Chances:
    """The error of outcomes drawn from the chances themselves, many times."""
    random = np.random.default_rng(seed)
    bins = np.zeros((len(chances), measures.BINS))
    at = np.minimum((chances * measures.BINS).astype(np.intp), measures.BINS - 1)
    bins[np.arange(len(chances)), at] = 1
    promised = chances @ bins
    came = random.random((RESAMPLES, len(chances))) < chances
    errors: Chances = np.abs(came @ bins - promised).sum(axis=1) / len(chances)
    return errors
