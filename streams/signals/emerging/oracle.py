"""What nobody can beat: an oracle that knows what is usual, and all of a burst but when it comes.

It knows the rate of each series hour by hour, as one knows it afterwards, and of each burst the
number of mentions, the shape and how long it lasts. Of all rules that know as much and no more, one
that adds up the likelihood ratios of all moments at which the burst may have begun is the best or
next to it (Shiryaev 1963; Roberts 1966; Pollak 1985):

    R(t) = sum over begins s of  exp( sum over mentions i after s of log(1 + g(i - s) / rate(i))
                                      - mentions of the burst expected between s and t )

On talk that chance alone makes of those rates this is a bound. On real talk it is none, since real
talk comes in heaps that no rate explains; it shows what knowing everything would bring there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from streams.signals.emerging.background import Background
from streams.signals.emerging.backtest import GRACE_SEC, Found, merged, run
from streams.signals.emerging.bursts import (
    HOURS,
    SHAPES,
    SIZES,
    Burst,
    Shape,
    Size,
    arrived,
    arriving,
    mentions_of,
)
from streams.signals.emerging.points import HOUR_SEC, Floats, Ints, Points
from streams.signals.emerging.rivals import Method

NAME = "oracle"
_BEGINS = 24  # moments a burst may begin at, in its own length
_SMOOTH_HOURS = 12.0
_RHYTHM_PRIOR = 20.0
_LEAST_PER_HOUR = 1e-3


@dataclass(frozen=True)
class Rates:
    """Mentions per second of each series, hour by hour."""

    first_hour: int
    per_sec: Floats  # series x hours

    def at(self, series: int, at_sec: Floats) -> Floats:
        """The rate of a series at moments."""
        hour = (at_sec // HOUR_SEC).astype(np.int64) - self.first_hour
        return np.asarray(self.per_sec[series, np.clip(hour, 0, self.per_sec.shape[1] - 1)])


def rates_of(background: Background) -> Rates:
    """What each series was like hour by hour, as its own past and future tell.

    Of a series that was dealt into parts each has an equal share of what all of them tell.
    """
    first = int(background.begin_sec.min() // HOUR_SEC)
    hours = int(background.end_sec.max() // HOUR_SEC) - first + 1
    points = background.points
    cell = (points.at_sec // HOUR_SEC).astype(np.int64) - first
    wholes = np.unique(background.whole)
    per_sec = np.zeros((len(points.names), hours))
    reach = np.arange(-4 * int(_SMOOTH_HOURS), 4 * int(_SMOOTH_HOURS) + 1)
    kernel = np.exp(-0.5 * (reach / _SMOOTH_HOURS) ** 2)
    for whole in wholes:
        members = np.flatnonzero(background.whole == whole)
        inside = np.isin(points.series, members) & (cell >= 0) & (cell < hours)
        heard = np.bincount(cell[inside], minlength=hours).astype(np.float64)
        begin = int(background.begin_sec[members].min() // HOUR_SEC) - first
        end = int(background.end_sec[members].max() // HOUR_SEC) - first + 1
        listened = np.zeros(hours)
        listened[max(begin, 0) : end] = 1.0
        of_day = np.arange(first, first + hours) % 24
        n = np.bincount(of_day, heard * listened, minlength=24)
        e = np.bincount(of_day, listened, minlength=24) * n.sum() / max(listened.sum(), 1.0)
        rhythm = ((n + _RHYTHM_PRIOR) / (e + _RHYTHM_PRIOR))[of_day]
        near = np.convolve(heard * listened, kernel, mode="same")
        usual = np.convolve(rhythm * listened, kernel, mode="same")
        level = near / np.maximum(usual, 1e-9)
        per_hour = np.maximum(level * rhythm / len(members), _LEAST_PER_HOUR)
        per_sec[members] = per_hour / HOUR_SEC
    return Rates(first, per_sec)


def by_chance(background: Background, rates: Rates, seed: int) -> Background:
    """The same series with arrivals that chance alone makes of their rates."""
    rng = np.random.default_rng(seed)
    series, at = [], []
    hours = rates.per_sec.shape[1]
    begins = (rates.first_hour + np.arange(hours)) * HOUR_SEC
    for number in range(len(background.points.names)):
        counts = rng.poisson(rates.per_sec[number] * HOUR_SEC)
        moments = np.repeat(begins, counts) + rng.random(int(counts.sum())) * HOUR_SEC
        moments = moments[
            (moments >= background.begin_sec[number]) & (moments <= background.end_sec[number])
        ]
        series.append(np.full(len(moments), number))
        at.append(moments)
    points = Points.make(
        np.concatenate(series),
        np.concatenate(at),
        background.points.names,
        background.points.groups,
    )
    return replace(background, points=points)


def bound(
    background: Background, rates: Rates, bursts: Sequence[Burst], target: float, name: str = NAME
) -> list[Found]:
    """What the oracle finds and when, at the same rate of false alarms for each kind of burst."""
    parts = []
    for size in SIZES:
        for shape in SHAPES:
            for hours in HOURS:
                duration = hours * HOUR_SEC
                own = [
                    b
                    for b in bursts
                    if (b.size, b.shape, b.duration_sec) == (size, shape, duration)
                ]
                if own:
                    oracle = _Oracle(background, rates, size, shape, duration)
                    parts += run(background, [Method(name, oracle)], own, target)
    return merged(parts)


class _Oracle:
    """A score for one kind of burst: the log of R."""

    def __init__(
        self, background: Background, rates: Rates, size: Size, shape: Shape, duration: float
    ) -> None:
        self._rates, self._shape, self._duration = rates, shape, duration
        self._mentions = mentions_of(background, size)

    def __call__(self, points: Points, series: Ints, at_sec: Floats) -> Floats:
        scores = np.empty(len(series))
        for number in np.unique(series):
            asked = series == number
            own = points.at_sec[points.series == number]
            # Only what is near matters; what came long before any begin is left out.
            own = own[own > at_sec[asked].min() - self._duration - GRACE_SEC - HOUR_SEC]
            log_r = self._log_r(int(number), own)
            # Not after the moment itself, and of equal moments the last.
            scores[asked] = log_r[np.searchsorted(own, at_sec[asked], side="right") - 1]
        return scores

    def _log_r(self, number: int, at: Floats) -> Floats:
        """At each mention of a series, all begins within a burst's length and the grace counted."""
        step = self._duration / _BEGINS
        begins = _BEGINS + int(np.ceil(GRACE_SEC / step))
        begin = (at // step).astype(np.int64)[:, None] - np.arange(begins)[None, :]
        age = (at[:, None] - begin * step) / self._duration
        rate = self._rates.at(number, at)[:, None]
        mentions = self._mentions[number]
        share = np.where(age <= 1.0, arriving(self._shape, np.minimum(age, 1.0)), 0.0)
        gain = np.log1p(mentions * share / (self._duration * rate)).ravel()
        order = np.argsort(begin.ravel(), kind="stable")  # within a begin: as they came
        summed = np.cumsum(gain[order])
        sorted_begin = begin.ravel()[order]
        is_first = np.append(True, sorted_begin[1:] != sorted_begin[:-1])
        before = np.where(is_first, summed - gain[order], 0.0)
        summed -= np.maximum.accumulate(before)
        log_ratio = np.empty_like(gain)
        log_ratio[order] = summed
        expected = mentions * arrived(self._shape, np.minimum(age, 1.0))
        each = log_ratio.reshape(begin.shape) - expected
        highest = each.max(axis=1)
        return np.asarray(highest + np.log(np.exp(each - highest[:, None]).sum(axis=1)))
