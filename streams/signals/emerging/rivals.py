"""The detector and the two usual alarms as the backtest sees them: a score at moments."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from streams.signals.emerging.baseline import Baseline, fit
from streams.signals.emerging.detector import score
from streams.signals.emerging.points import HOUR_SEC, Floats, Ints, Points
from streams.signals.emerging.settings import DetectorSettings

REFIT_SEC = 6 * HOUR_SEC


@dataclass(frozen=True)
class Method:
    """The higher the score, the more unusual; asked at each mention, or when an hour is over."""

    name: str
    score: Callable[[Points, Ints, Floats], Floats]
    on_the_hour: bool = False

    def moments(self, at_sec: Floats) -> Floats:
        """When it looks, given when mentions of a series come."""
        if not self.on_the_hour:
            return at_sec
        return np.asarray(np.unique(np.ceil(at_sec / HOUR_SEC)) * HOUR_SEC)


@dataclass
class Detector:
    """The detector, with a baseline that is made anew from the background every six hours."""

    background: Points
    settings: DetectorSettings
    _baselines: dict[int, Baseline] = field(default_factory=dict)

    def __call__(self, points: Points, series: Ints, at_sec: Floats) -> Floats:
        """Minus the log of the false alarms per week."""
        scores = np.empty(len(series))
        cells = (at_sec // REFIT_SEC).astype(np.int64)
        for cell in np.unique(cells):
            of_cell = cells == cell
            found = score(points, self._baseline(int(cell)), series[of_cell], at_sec[of_cell])
            scores[of_cell] = -found.log_rate
        return scores

    def _baseline(self, cell: int) -> Baseline:
        if cell not in self._baselines:
            self._baselines[cell] = fit(self.background, cell * REFIT_SEC, self.settings)
        return self._baselines[cell]


def ratio(points: Points, series: Ints, at_sec: Floats, least: int) -> Floats:
    """The last hour against the mean hour of the 24 before it, an event added to that mean.

    Without the addition it does worse: a quiet day makes two mentions a sensation.
    """
    last = points.count(series, at_sec - HOUR_SEC, at_sec)
    mean = points.count(series, at_sec - 25 * HOUR_SEC, at_sec - HOUR_SEC) / 24
    return np.where(last >= least, last / (mean + 1.0), -np.inf)


def deviations(points: Points, series: Ints, at_sec: Floats, least: int) -> Floats:
    """By how many standard deviations the last hour lies above the mean of a week's hours.

    0.3 is added to the deviation, else a series without mentions divides by nothing.
    """
    last = points.count(series, at_sec - HOUR_SEC, at_sec)
    edges = at_sec[None, :] - HOUR_SEC * np.arange(1, 170)[:, None]
    before = points.up_to(np.broadcast_to(series, edges.shape), edges)
    hours = before[:-1] - before[1:]
    z = (last - hours.mean(0)) / (hours.std(0) + 0.3)
    return np.where(last >= least, z, -np.inf)


def methods(background: Points, settings: DetectorSettings) -> list[Method]:
    """The detector first; the usual alarms as they are used, on the hour, and at their best.

    All keep to the same least number of authors.
    """
    by_ratio = partial(ratio, least=settings.min_authors)
    by_deviations = partial(deviations, least=settings.min_authors)
    return [
        Method("escucha", Detector(background, settings)),
        Method("last hour / 24 h mean, on the hour", by_ratio, on_the_hour=True),
        Method("mean + k sd, on the hour", by_deviations, on_the_hour=True),
        Method("last hour / 24 h mean, at each mention", by_ratio),
        Method("mean + k sd, at each mention", by_deviations),
    ]
