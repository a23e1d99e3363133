"""From moments to scores: which series bring more intent than chance and habit explain.

A pure function: the same live, in backtest and in replay.
"""

from dataclasses import dataclass

import numpy as np

from streams.signals.emerging.baseline import LARGEST_SIZE, Baseline
from streams.signals.emerging.chance import log_alarm_rate
from streams.signals.emerging.points import HOUR_SEC, WEEK_SEC, Bools, Floats, Ints, Points
from streams.signals.emerging.settings import DetectorSettings


@dataclass(frozen=True)
class Scores:
    """For each (series, moment) asked about, the window in which most stands out."""

    log_rate: Floats  # log of the false alarms per week at a threshold of what was heard
    window: Ints  # index into windows_min
    observed: Ints
    expected: Floats

    def is_unusual(self, settings: DetectorSettings, series: int) -> Bools:
        """Whether chance would bring it more seldom than one of so many series may alarm."""
        return np.asarray(self.log_rate <= np.log(settings.rate_allowed(series)))


def score(points: Points, baseline: Baseline, series: Ints, at_sec: Floats) -> Scores:
    """How seldom chance would bring what the windows up to each moment hold.

    The rate is that of all windows together: the rarest one's, times how many there are.
    """
    settings = baseline.settings
    best = np.full(len(series), np.inf)
    window = np.zeros(len(series), np.int64)
    observed = np.zeros(len(series), np.int64)
    expected = np.zeros(len(series))
    ends = points.up_to(series, at_sec)
    is_known = at_sec - baseline.first_sec >= settings.min_history_hours * HOUR_SEC
    for index, minutes in enumerate(settings.windows_min):
        span = minutes * 60.0
        heard = ends - points.up_to(series, at_sec - span)
        mean = np.maximum(baseline.expected(series, at_sec - span, at_sec), 1e-9)
        scatter = baseline.scatter[series, index] + 1.0 / baseline.knowledge[series]
        rate = log_alarm_rate(
            heard.astype(np.float64),
            mean,
            np.minimum(1.0 / scatter, LARGEST_SIZE),
            np.asarray(span / WEEK_SEC),
        )
        rate = np.where(is_known & (heard >= settings.min_authors), rate, np.inf)
        better = rate < best
        best = np.where(better, rate, best)
        window = np.where(better, index, window)
        observed = np.where(better, heard, observed)
        expected = np.where(better, mean, expected)
    return Scores(best + np.log(len(settings.windows_min)), window, observed, expected)
