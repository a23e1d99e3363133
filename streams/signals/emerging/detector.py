"""From moments to scores: which series bring more intent than chance and habit explain.

A pure function: the same live, in backtest and in replay.
"""

from dataclasses import dataclass

import numpy as np

from streams.signals.emerging.baseline import LARGEST_SIZE, Baseline
from streams.signals.emerging.chance import begins_sec, log_alarm_rate, log_evidence
from streams.signals.emerging.points import HOUR_SEC, Bools, Floats, Ints, Points
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
    """How seldom chance would bring what was heard up to each moment, in all windows together.

    The window that is named is the one that says most of it.
    """
    settings = baseline.settings
    windows = np.array(settings.windows_min) * 60.0
    ends = points.up_to(series, at_sec)
    is_known = at_sec - baseline.first_sec >= settings.min_history_hours * HOUR_SEC
    counts, means, evidences = [], [], []
    for index, span in enumerate(windows):
        heard = ends - points.up_to(series, at_sec - span)
        mean = np.maximum(baseline.expected(series, at_sec - span, at_sec), 1e-9)
        scatter = baseline.scatter[series, index] + 1.0 / baseline.knowledge[series]
        evidence = log_evidence(
            heard.astype(np.float64),
            mean,
            np.minimum(1.0 / scatter, LARGEST_SIZE),
            settings.burst_deviations,
        )
        is_enough = is_known & (heard >= settings.min_authors)
        counts.append(heard)
        means.append(mean)
        evidences.append(np.where(is_enough, evidence, -np.inf))
    weights = np.log(begins_sec(windows))[:, None]
    window = np.argmax(np.stack(evidences) + weights, axis=0)
    which = np.arange(len(series))
    return Scores(
        log_rate=log_alarm_rate(evidences, windows),
        window=window,
        observed=np.stack(counts)[window, which],
        expected=np.stack(means)[window, which],
    )
